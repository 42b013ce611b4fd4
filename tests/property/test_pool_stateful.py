"""A pool lives at random: modules die anywhere, callers ask again, and no request has two tokens."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from hypothesis import Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.unit.testing.bench import KEY, REGISTER, SECRET, Clock, credit, fake
from voltoken.drivers.pool import Breaker, ModulePool
from voltoken.drivers.pool.placement import Homes, Outcome
from voltoken.errors import (
    ModuleLimit,
    ModuleOutcomeUnknown,
    ModuleRefused,
    ModuleUnavailable,
    ResultMissing,
)
from voltoken.security import Answer, CreditRequest, IssuedToken, Refusal
from voltoken.testing import Death, DyingModule

NAMES = ("a", "b", "c")
FATES = st.fixed_dictionaries({name: st.none() | st.sampled_from(Death) for name in NAMES})
VENDS = st.tuples(st.integers(0, 4), st.integers(1, 2))
"""A vend, which has a meter and a TID, and a line of it: both lines want a token for that TID."""


def request_of(vend: tuple[int, int]) -> CreditRequest:
    """Return the request for one line of a vend."""
    number, line = vend
    return credit(number, request_id=f"v{number}:{line}")


class PoolMachine(RuleBasedStateMachine):
    """Everything that can happen to a pool, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.fates: dict[str, Death | None] = dict.fromkeys(NAMES)
        self.fakes = {name: fake(name, self.clock) for name in NAMES}
        self.mortals = {name: DyingModule(self.fakes[name], partial(self.fate, name)) for name in NAMES}
        self.answers: dict[str, Answer] = {}
        self.lost: dict[str, str] = {}
        self.pool = ModulePool(
            "pool",
            dict(self.mortals),
            self.clock,
            refresh=timedelta(seconds=20),
            breaker=Breaker(2, timedelta(seconds=5), timedelta(seconds=20)),
        )

    def fate(self, name: str, _call: int) -> Death | None:
        """Say how a module dies in its next call."""
        return self.fates[name]

    @rule(vend=VENDS, fates=FATES)
    def issue(self, vend: tuple[int, int], fates: dict[str, Death | None]) -> None:
        """Ask for a token, new or again, while some modules die."""
        self.fates = fates
        request = request_of(vend)
        try:
            self.note(self.pool.issue_credit(request))
        except ModuleOutcomeUnknown as error:
            event("lost")
            self.lost[request.request_id] = str(error.detail["module"])
        except (ModuleRefused, ModuleLimit) as error:
            event(f"refused: {error.refusal}")
            assert request.request_id not in self.answers
        except ModuleUnavailable:
            event("unavailable")

    @rule(vends=st.lists(VENDS, max_size=8), fates=FATES)
    def issue_many(self, vends: list[tuple[int, int]], fates: dict[str, Death | None]) -> None:
        """Ask for many tokens, also twice for the same one, while some modules die."""
        self.fates = fates
        requests = [request_of(vend) for vend in vends]
        try:
            answers = self.pool.issue_many(requests)
        except ModuleOutcomeUnknown:
            event("part of a batch lost")
            return
        assert [one.request_id for one in answers] == [one.request_id for one in requests]
        for answer in answers:
            if not isinstance(answer, Refusal):
                self.note(answer)

    @rule(vend=VENDS)
    def fetch(self, vend: tuple[int, int]) -> None:
        """Ask what came of a request."""
        request_id = request_of(vend).request_id
        try:
            self.note(self.pool.fetch_result(request_id))
        except ResultMissing:
            assert request_id not in self.made()
        except ModuleUnavailable:
            away = any(one.down or self.fakes[name].sealed for name, one in self.mortals.items())
            assert away

    @rule(name=st.sampled_from(NAMES), down=st.booleans())
    def lose_or_find(self, name: str, down: bool) -> None:
        """Cut the line to a module, or mend it."""
        self.mortals[name].down = down

    @rule(name=st.sampled_from(NAMES), sealed=st.booleans())
    def seal_or_unseal(self, name: str, sealed: bool) -> None:
        """Seal a module, or unseal it."""
        self.fakes[name].sealed = sealed

    @rule(name=st.sampled_from(NAMES), there=st.booleans())
    def load_or_delete(self, name: str, there: bool) -> None:
        """Delete the key of a module, or load it again."""
        if not there:
            self.fakes[name].delete_key(KEY)
        elif not self.fakes[name].list_keys():
            self.fakes[name].load_key(REGISTER, SECRET)

    @rule(seconds=st.sampled_from([1, 5, 30]))
    def wait(self, seconds: int) -> None:
        """Let rests end and lists grow old."""
        self.clock.go_on(seconds)

    def note(self, answer: Answer) -> None:
        """Check an answer: always the same one, and on record in the module that was said to have it."""
        assert isinstance(answer, IssuedToken)
        assert self.answers.setdefault(answer.request_id, answer) == answer
        assert self.made()[answer.request_id] == [answer.module_id]
        assert self.lost.get(answer.request_id, answer.module_id) == answer.module_id

    def made(self) -> dict[str, list[str]]:
        """Return in which modules each request id has made a token."""
        found: dict[str, list[str]] = {}
        for name, module in self.fakes.items():
            for record in module.made:
                found.setdefault(record.request_id, []).append(name)
        return found

    @invariant()
    def no_request_is_carried_out_twice(self) -> None:
        """One token for a request id, at most."""
        assert all(len(where) == 1 for where in self.made().values())

    @invariant()
    def no_tid_has_two_tokens(self) -> None:
        """One token for a meter and TID, at most, whichever lines of the vend asked for it."""
        made = [(one.pan, one.tid) for module in self.fakes.values() for one in module.made]
        assert len(made) == len(set(made))


PoolMachine.TestCase.settings = settings(stateful_step_count=40)
TestPool = pytest.mark.slow(PoolMachine.TestCase)

HUNT = settings(
    max_examples=500,
    stateful_step_count=40,
    derandomize=True,
    database=None,
    report_multiple_bugs=False,
    phases=[Phase.generate],
)


def test_a_pool_that_remembers_no_request_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Homes, "of", lambda _, __: None)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(PoolMachine, settings=HUNT)


def test_a_pool_that_takes_a_lost_answer_for_no_answer_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Homes.leave

    def leave(homes: Homes, marks: tuple[str, ...], module: str, outcome: Outcome) -> None:
        honest(homes, marks, module, Outcome.NOTHING if outcome is Outcome.UNKNOWN else outcome)

    monkeypatch.setattr(Homes, "leave", leave)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(PoolMachine, settings=HUNT)
