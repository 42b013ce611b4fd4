"""A meter lives at random, in any order, with power cuts anywhere, and the books always agree."""

from __future__ import annotations

import random

import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests.property.meter_books import MODELS, Sold
from tests.property.meter_life import Cut, Life
from voltoken.meter import EntryPath, Memory, TamperKind
from voltoken.sts import EA

KINDS = ("credit", "credit", "credit", "flag", "limit", "clear credit", "clear tamper")
AGAIN = st.lists(st.integers(0, 8), max_size=3).map(tuple)
CUTS = st.none() | st.builds(Cut, st.integers(0, 9), AGAIN, st.booleans())
PATHS = st.sampled_from(EntryPath)
POWERED = precondition(lambda machine: machine.life.meter.is_powered)


class MeterMachine(RuleBasedStateMachine):
    """Everything that can happen to a meter, in any order."""

    tokens = Bundle("tokens")
    life: Life

    @initialize(model=st.sampled_from(MODELS), ea=st.sampled_from([EA.STA, EA.MISTY1]))
    def install(self, model: str, ea: EA) -> None:
        """Begin with a new meter."""
        self.life = Life(model, ea)

    @rule(target=tokens, kind=st.sampled_from(KINDS), number=st.integers(0, 999))
    def sell(self, kind: str, number: int) -> Sold:
        """Sell a token, which may be entered at any time."""
        return self.life.sell(kind, number)

    @POWERED
    @rule(target=tokens, kind=st.sampled_from(KINDS), number=st.integers(0, 999), path=PATHS, cut=CUTS)
    def sell_and_enter(self, kind: str, number: int, path: EntryPath, cut: Cut | None) -> Sold:
        """Sell a token and enter it at once."""
        sold = self.life.sell(kind, number)
        self.life.enter(sold, path, cut)
        return sold

    @POWERED
    @rule(sold=tokens, path=PATHS, cut=CUTS)
    def enter(self, sold: Sold, path: EntryPath, cut: Cut | None) -> None:
        """Enter any token that was ever sold."""
        self.life.enter(sold, path, cut)

    @POWERED
    @rule(sold=tokens, place=st.integers(0, 19), by=st.integers(1, 9), path=PATHS)
    def mistype(self, sold: Sold, place: int, by: int, path: EntryPath) -> None:
        """Enter a token with a wrong digit."""
        self.life.mistype(sold, place, by, path)

    @rule(roll_over=st.booleans(), carry_sgc=st.booleans())
    def plan_key_change(self, roll_over: bool, carry_sgc: bool) -> None:
        """Make a key change set, one at a time."""
        self.life.plan_key_change(roll_over=roll_over, carry_sgc=carry_sgc)

    @POWERED
    @rule(places=st.lists(st.integers(0, 3), min_size=1, max_size=2), path=PATHS, cut=CUTS)
    def enter_sections(self, places: list[int], path: EntryPath, cut: Cut | None) -> None:
        """Enter one or two sections of the outstanding set."""
        self.life.enter_sections(places, path, cut)

    @POWERED
    @rule(places=st.permutations(range(4)), path=PATHS, cut=CUTS)
    def enter_a_set(self, places: list[int], path: EntryPath, cut: Cut | None) -> None:
        """Enter the whole outstanding set in any order."""
        self.life.enter_sections(places, path, cut)

    @POWERED
    @rule(quantity=st.integers(0, 20_000), seconds=st.sampled_from([60, 900, 3600]), cut=CUTS)
    def use(self, quantity: int, seconds: int, cut: Cut | None) -> None:
        """Draw energy, sometimes too much."""
        self.life.use(quantity, seconds, cut)

    @POWERED
    @rule(kind=st.sampled_from(TamperKind), cut=CUTS)
    def tamper(self, kind: TamperKind, cut: Cut | None) -> None:
        """Tamper with the meter."""
        self.life.tamper(kind, cut)

    @POWERED
    @rule(path=PATHS)
    def test_load_switch(self, path: EntryPath) -> None:
        """Enter the public test token."""
        self.life.test_load_switch(path)

    @POWERED
    @rule(emergency=st.booleans(), cut=CUTS)
    def press(self, emergency: bool, cut: Cut | None) -> None:
        """Press a key."""
        self.life.press(emergency=emergency, cut=cut)

    @rule(seconds=st.sampled_from([1, 20, 300, 601, 7_200, 40_000]))
    def tick(self, seconds: int) -> None:
        """Let time pass."""
        self.life.tick(seconds)

    @rule(again=AGAIN)
    def switch_power(self, again: tuple[int, ...]) -> None:
        """Cut or restore the power."""
        self.life.switch_power(again)

    @rule()
    def save_and_load(self) -> None:
        """Write the meter to a file and read it back."""
        self.life.save_and_load()

    @invariant()
    def the_books_agree(self) -> None:
        """Compare the meter with the books after every step."""
        self.life.check()

    def teardown(self) -> None:
        """Say what was reached, for ``pytest --hypothesis-show-statistics``."""
        for name in self.life.seen if hasattr(self, "life") else ():
            event(name)


MeterMachine.TestCase.settings = settings(stateful_step_count=50)
TestMeterLife = pytest.mark.slow(MeterMachine.TestCase)


# ---------------------------------------------------------------------- that it gets anywhere


def step(life: Life, tokens: list[Sold], chance: random.Random) -> None:
    """Sell a token, and let one thing happen."""
    path = chance.choice(list(EntryPath))
    again = tuple(chance.choices(range(9), k=chance.randrange(3)))
    cut = chance.choice([None, Cut(chance.randrange(10), again, chance.random() < 0.5)])
    if not life.meter.is_powered:
        life.switch_power(again)
    tokens.append(life.sell(chance.choice(KINDS), chance.randrange(999)))
    acts = [
        lambda: life.enter(tokens[-1], path, cut),
        lambda: life.enter(chance.choice(tokens[-40:]), path, cut),
        lambda: life.mistype(tokens[-1], chance.randrange(20), 1, path),
        lambda: life.plan_key_change(roll_over=chance.random() < 0.5, carry_sgc=True),
        lambda: life.enter_sections(chance.sample(range(4), 4), path, cut),
        lambda: life.use(chance.randrange(9_000), chance.choice([900, 3600]), cut),
        lambda: life.tamper(TamperKind.COVER, cut),
        lambda: life.test_load_switch(path),
        lambda: life.press(emergency=chance.random() < 0.5, cut=cut),
        lambda: life.tick(chance.choice([1, 300, 7_200, 40_000])),
        life.switch_power,
        life.save_and_load,
    ]
    chance.choices(acts, weights=[6, 3, 1, 1, 2, 4, 0.3, 0.3, 1, 2, 0.5, 0.5])[0]()
    life.check()


def test_a_life_reaches_every_state_worth_reaching() -> None:
    seen = sum(
        (_lived(model, seed).seen for seed, model in enumerate(MODELS)), start=_lived("strict", 9).seen
    )
    wanted = {
        *("Accept", "1stKCT", "2ndKCT", "3rdKCT", "4thKCT", "OverflowError", "FunctionError"),
        *("OldError", "UsedError", "CRCError", "lockout", "key change", "key change with roll-over"),
        *("cut before", "cut after", "cut again", "cut with a journal", "saved with a journal", "emergency"),
        *("open: credit", "open: power limit", "open: tamper", "open: service"),
    }
    assert {name for name in wanted if seen[name] < 3} == set()


def _lived(model: str, seed: int) -> Life:
    life = Life(model, EA.MISTY1 if seed % 2 else EA.STA)
    chance, tokens = random.Random(seed), list[Sold]()
    for _ in range(600):
        step(life, tokens, chance)
    return life


@pytest.mark.parametrize("forgotten", ["tids", "balance", "key"])
def test_a_memory_that_forgets_is_found_out(forgotten: str, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Memory.write

    def write(memory: Memory, cell: str, value: object) -> None:
        honest(memory, cell, getattr(memory, cell) if cell == forgotten else value)

    monkeypatch.setattr(Memory, "write", write)
    with pytest.raises(AssertionError):
        _lived("single-phase", 3)


def test_a_meter_without_a_journal_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def commit(memory: Memory, changes: dict[str, object]) -> None:
        for cell, value in changes.items():
            memory.write(cell, value)

    monkeypatch.setattr(Memory, "commit", commit)
    with pytest.raises(AssertionError):
        _lived("single-phase", 3)
