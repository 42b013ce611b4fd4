"""The lives of all entries: no path leads back, in the tables, and in centres to which anything is done.

The tables are walked; then centres live at random, once as they are, and once with no rule but the tables,
so that every step of every register is taken.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.kmc.town import KEY, SEEDS, furnished
from voltoken import canonical
from voltoken.access import Verdict, approve_request, sign_request
from voltoken.errors import AccessError, ActRefused, CentreFileError, FieldError
from voltoken.kmc import (
    ADD,
    APPROVAL,
    CLOSED,
    CREATED,
    DESTROYED,
    ENTRY,
    GLASS,
    OFFICER,
    REGISTERS,
    REQUEST,
    REVIEWED,
    SECRET,
    Entry,
    Event,
    Kind,
    Register,
    State,
    Step,
    approve,
    arrows,
    carry_out,
    file,
    plans,
    reached,
    request_of,
)
from voltoken.security.keyload import exchange_public

BAD = frozenset({"compromised", "destroyed", "destroyed_compromised"})
"""States from which nothing may ever come back into use."""
GOOD = frozenset({"active", "pre_active", "suspended", "registered", "trusted", "challenged", "applied"})
"""States in which a key, a module or a centre is in use, or may be again."""


@pytest.mark.parametrize("name", REGISTERS)
def test_no_path_leads_from_a_bad_state_back_into_use(name: str) -> None:
    register = REGISTERS[name]
    for state in BAD & register.states.keys():
        assert not reached(register, state) & GOOD


@pytest.mark.parametrize("name", REGISTERS)
def test_nothing_leads_out_of_an_end(name: str) -> None:
    register = REGISTERS[name]
    for arrow in arrows(register):
        assert arrow.source not in register.terminal


def test_a_centre_that_is_lost_is_not_trusted_again() -> None:
    assert not reached(REGISTERS["centre"], "lost") & GOOD


def test_a_table_with_a_way_back_would_be_found_out() -> None:
    module = REGISTERS["module"]
    cured = replace(module, steps=(*module.steps, Step("cure", "x", ("compromised",), "registered")))
    assert "registered" in reached(cured, "compromised")


# ---------------------------------------------------------------- kinds

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10**6) | st.text(max_size=8) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
LIKELY = ["07", "93", "yes", "KE", "2026-11-21", "a,b", "123456", "2026-11-21T08:00:00Z"]
KINDS = sorted({(name, one.name) for name, table in REGISTERS.items() for one in table.fields})


@given(st.sampled_from(KINDS), JSON | st.sampled_from(LIKELY))
def test_every_kind_gives_a_plain_value_that_stays_as_it_is_or_says_no(
    names: tuple[str, str], value: Any
) -> None:
    field = REGISTERS[names[0]].field(names[1])
    assert field is not None
    try:
        found = field.kind.value(names[1], value)
    except FieldError:
        return
    stored = json.loads(canonical.write({"value": found}))["value"]
    assert field.kind.value(names[1], stored) == found


# ---------------------------------------------------------------- lines

FACTS = ("request", "domain", "act", "body", "maker", "made_at", "until", "needs", "signature", "hash")
MORE = ("by", "verdict", "at", "reason", "centre_id", "rehearsal_days", "name", "sealed", "outcome")
OF_ENTRY = ("register", "id", "version", "state", "values", "since")
TAKEN = (CREATED, ENTRY, REQUEST, APPROVAL, CLOSED, SECRET, DESTROYED, GLASS, REVIEWED)


@given(
    st.sampled_from(TAKEN),
    st.dictionaries(
        st.sampled_from([*FACTS, *MORE, *OF_ENTRY]), JSON | st.sampled_from([*LIKELY, "ab" * 32, "ab" * 64])
    ),
)
def test_every_line_is_taken_in_or_refused_and_nothing_else_happens(kind: str, facts: dict[str, Any]) -> None:
    state = State()
    try:
        state.take(Event(kind, facts))
    except CentreFileError:
        return
    assert state.lines == 1


# ---------------------------------------------------------------- centres at random

POOL: tuple[Any, ...] = (
    *("123456", "123457", "07", "0108", "07-00000000", "KE", "UG", "123456/1", "123456/2", "123456/3"),
    *("eve", "dave", "x1", "x2", "1", "2", "C1.x1.1", "C1.x1.2", "00000000", "00000999", "KES", "14"),
    *("2026-11-21", "2027-11-21", "2030-01-01", "2026-11-22T08:00:00Z", "2030-01-01T00:00:00Z"),
    *(1, 2, 64, 160, 255, True, False, [1], [1, 2], ["04"], ["electricity"], ["person.*", "role.*"]),
    *({}, {"4.1": {"name": "minutes"}}, [{"item": "4.1", "text": "x"}], {"clm": 5}, {"country": ["KE"]}),
    *(KEY["eve"], KEY["mallory"], KEY["box-1"], KEY["box-2"], "ab" * 32, "ab" * 64, "0A1B2C"),
    *(exchange_public(bytes([1]) * 32).hex(), exchange_public(bytes([2]) * 32).hex(), "600727000000000009"),
)
"""What somebody may give for something: each field takes what its kind reads."""


@cache
def fitting(kind: Kind) -> tuple[Any, ...]:
    """Return what of the pool a kind takes, and the words that it names itself."""
    words = kind.name.removesuffix(",...").split("|")
    return tuple(value for value in (*POOL, *words) if _takes(kind, value))


def samples(state: State, kind: Kind) -> list[Any]:
    """Return values of a kind that may do."""
    if not kind.refers:
        return list(fitting(kind))
    names = [entry.entry_id for entry in state.of(kind.refers)]
    return [[name] for name in names] if kind.many else list(names)


def _takes(kind: Kind, value: object) -> bool:
    try:
        kind.value("x", value)
    except FieldError:
        return False
    return True


def without_rules(register: Register) -> Register:
    """Return a table in which nothing holds but its life."""
    steps = tuple(replace(step, rules=(), follow=()) for step in register.steps)
    return replace(register, rules=(), steps=steps)


class LivingCentre:
    """Two officers do anything that any table lets them do, and fill in whatever fits."""

    def __init__(self, tables: Mapping[str, Register], seed: int) -> None:
        """Open a furnished centre in which the tables are these, and a seed decides."""
        self.tables, self.chance = tables, random.Random(seed)
        self.state, self.now, self.asked = State(), BEGUN.now, 0
        self.log = list(BEGUN.log)
        for line in self.log:
            self.state.take(line)

    def live(self, acts: int) -> None:
        """Do so many acts, with days between."""
        for _ in range(acts):
            self.act()
            self.now += timedelta(hours=self.chance.choice((1, 1, 1, 20, 4000)))

    def act(self) -> None:
        """Take a step of an entry, any of them."""
        register, step, entry_id = self.choose()
        names = [name for name in step.fields if self.is_given(register, name)]
        values = {name: self.draw(register, name) for name in names}
        facts = {name: self.draw(register, name) for name in step.given}
        self.asked += 1
        request_id = f"x{self.asked}"
        try:
            asked = (self.state, "alice", register.name, step.name, entry_id, values)
            request = request_of(*asked, request_id=request_id, now=self.now)
            self.take(file(self.state, request, sign_request(request, SEEDS["alice"]), self.now))
            if step.approvals:
                said = approve_request(request, "bob", Verdict.APPROVE, "", self.now, SEEDS["bob"])
                self.take(approve(self.state, request_id, said, self.now))
            self.take(carry_out(self.state, request_id, facts, self.now))
        except (ActRefused, FieldError, AccessError, CentreFileError):
            return
        TAKEN_STEPS.add((register.name, step.name))

    def choose(self) -> tuple[Register, Step, str]:
        """Return a step that an entry may take, or one that makes an entry."""
        register = self.tables[self.chance.choice(sorted(self.tables))]
        entries = [entry for entry in self.state.of(register.name) if entry.entry_id not in STAY]
        if entries and self.chance.randrange(4):
            entry = self.chance.choice(entries)
            steps = [step for step in register.steps if entry.state in step.sources and not step.inner]
            if steps:
                return register, self.chance.choice(steps), entry.entry_id
        return register, register.step(ADD), self.chance.choice(fitting(register.identifier))

    def is_given(self, register: Register, name: str) -> bool:
        """Give all that must be given, and some of the rest."""
        field = register.field(name)
        assert field is not None
        return field.required or not field.kind.refers or self.chance.randrange(2) == 1

    def draw(self, register: Register, name: str) -> Any:
        """Return a value for a field."""
        field = register.field(name)
        assert field is not None
        return self.chance.choice(samples(self.state, field.kind) or [None])

    def take(self, events: tuple[Event, ...]) -> None:
        """Take lines in, and look at every entry that they change."""
        for line in events:
            if line.kind == ENTRY:
                self.look(Entry.of(line.facts))
            self.log.append(line)
            self.state.take(line)

    def look(self, after: Entry) -> None:
        """See that an entry goes where its table leads, one version at a time, and nothing comes back."""
        before = self.state.entry(after.register, after.entry_id)
        source = "" if before is None else before.state
        ways = {(arrow.source, arrow.target) for arrow in arrows(self.tables[after.register])}
        assert (source, after.state) in ways
        assert after.version == (1 if before is None else before.version + 1)
        assert not (source in BAD and after.state in GOOD)

    def check(self) -> None:
        """See that the log alone gives the same registers to the byte, and that officers are left."""
        again = State()
        for line in self.log:
            again.take(Event(line.kind, json.loads(canonical.write(line.facts)), line.alarm))
        assert again.export() == self.state.export()
        active = self.state.where("person", state="active")
        assert self.tables is BARE or sum(OFFICER in one.get("roles") for one in active) >= 2


BEGUN = furnished()
BARE = {name: without_rules(table) for name, table in REGISTERS.items()}
STAY = frozenset({"alice", "bob", OFFICER})
"""Without them nobody could act any more: that they stay as they are is for other tests."""
SEED = st.integers(0, 1 << 32)
TAKEN_STEPS: set[tuple[str, str]] = set()


@pytest.mark.slow
@settings(max_examples=6)
@given(SEED)
def test_no_entry_of_a_centre_ever_leaves_its_path(seed: int) -> None:
    centre = LivingCentre(REGISTERS, seed)
    centre.live(200)
    centre.check()


@pytest.mark.slow
def test_no_entry_leaves_its_path_where_nothing_holds_but_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "REGISTERS", BARE)
    TAKEN_STEPS.clear()
    for seed in range(6):
        centre = LivingCentre(BARE, seed)
        centre.live(400)
        centre.check()
    asked = {(name, step.name) for name, table in BARE.items() for step in table.steps if not step.inner}
    assert len(TAKEN_STEPS) > len(asked) * 3 // 4, sorted(asked - TAKEN_STEPS)
    assert {("module", "compromise"), ("vending_key", "compromise"), ("centre", "compromise")} <= TAKEN_STEPS


def test_a_way_back_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    module = BARE["module"]
    cured = replace(
        module, steps=(*module.steps, Step("cure", "x", ("compromised",), "registered")), terminal=frozenset()
    )
    monkeypatch.setattr(plans, "REGISTERS", {**BARE, "module": cured})
    with pytest.raises(AssertionError):
        LivingCentre({"module": cured}, 1).live(400)
