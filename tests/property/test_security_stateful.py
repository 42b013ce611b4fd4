"""A module lives at random beside books that are kept by hand, and never does what it must not do.

The books know nothing of rules: they write down what came out, and check what may never come out. That two
different tokens share a TID, that a counter is wrong or a limit passed, that a request has two answers,
that a meter is led back across a roll-over, that a sealed module makes more than tests.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.property.module_requests import LIMIT, REFS, callers, ids, refs, requests, small_desk
from tests.unit.security.desk import NOW, register
from voltoken.security import (
    Answer,
    CreditRequest,
    IssuedToken,
    IssueRequest,
    KeyChangeRequest,
    KeyChangeSet,
    KeyRef,
    ManagementRequest,
    MeterTestToken,
    Refusal,
    Usage,
)

Held = tuple[str, str]
"""A decoder key of a meter, by the name of its vending key and the tariff index."""


@dataclass(frozen=True)
class Step:
    """A set that a meter was given, as the books see it."""

    start: Held
    end: Held
    roll_over: bool
    tokens: tuple[int, ...]


class Module(RuleBasedStateMachine):
    """What is asked of the module, and what the books make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = small_desk()
        self.answered: dict[str, tuple[str, IssueRequest, Answer]] = {}
        self.tokens: dict[tuple[str, int], set[int]] = {}
        self.approved: dict[tuple[str, IssueRequest], datetime] = {}
        self.recovered: dict[tuple[str, int], int] = {}
        self.used = dict.fromkeys(REFS, (0, 0))
        self.steps: dict[str, list[Step]] = {}
        self.step_of: dict[str, Step] = {}
        self.limits = dict.fromkeys(REFS, LIMIT)

    # ------------------------------------------------------------------ what is asked

    @rule(rows=st.lists(st.tuples(requests, st.integers(0, 15)), min_size=1, max_size=7), caller=callers)
    def ask(self, rows: list[tuple[IssueRequest, int]], caller: str) -> None:
        """Ask for several things at once."""
        made = self.desk.decide(
            *(one for one, _ in rows), caller=caller, chance=bytes(rnd for _, rnd in rows)
        )
        for (request, _), decision in zip(rows, made, strict=True):
            self.book(caller, request, decision.answer)

    @precondition(lambda self: self.answered)
    @rule(place=st.integers(0, 99), rnd=st.integers(0, 255))
    def ask_again(self, place: int, rnd: int) -> None:
        """Ask for something that was answered before."""
        caller, request, answer = list(self.answered.values())[place % len(self.answered)]
        again = self.desk.ask(request, caller, rnd)
        if self.desk.sealed:
            assert isinstance(again, MeterTestToken | Refusal)
        else:
            assert again == answer == self.desk.fetch(request.request_id, caller)
            assert self.desk.fetch(request.request_id, "other" if caller == "till" else "till") is None

    @rule(request=requests, caller=callers, wait=st.sampled_from([0, 30, 90]))
    def ask_with_approval(self, request: IssueRequest, caller: str, wait: int) -> None:
        """Have a request approved, and ask, perhaps too late."""
        lasting = timedelta(hours=1)
        self.desk.approve(request, lasting, caller)
        self.approved[caller, request] = self.desk.now + lasting  # until then, also when it is asked later
        self.desk.now += timedelta(minutes=wait)
        self.book(caller, request, self.desk.ask(request, caller))
        self.desk.now -= timedelta(minutes=wait)

    def is_approved(self, caller: str, request: IssueRequest) -> bool:
        """Whether a request may do what the rules about recoveries forbid."""
        until = self.approved.get((caller, request))
        return until is not None and self.desk.now <= until

    @precondition(lambda self: any(self.steps.values()) and not self.desk.sealed)
    @rule(place=st.integers(0, 9), ref=refs, approved=st.booleans(), names=st.tuples(ids, ids))
    def mix_two_sets(self, place: int, ref: KeyRef, approved: bool, names: tuple[str, str]) -> None:
        """Have a meter given a second set under one key, and lead it away from the mixture."""
        asked = [row for row in self.answered.values() if isinstance(row[1], KeyChangeRequest)]
        caller, first, _ = asked[place % len(asked)]
        assert isinstance(first, KeyChangeRequest)
        second = replace(first, request_id=names[0], new_key=ref, sections=())
        self.ask_with_approval(second, caller, 0)
        sections = (first.request_id, names[0], names[0], names[0])
        recovery = replace(second, request_id=names[1], sections=sections)
        if approved:
            self.ask_with_approval(recovery, caller, 0)
        else:
            self.book(caller, recovery, self.desk.ask(recovery, caller))

    @rule(minutes=st.integers(-4000, 4000))
    def set_the_clock(self, minutes: int) -> None:
        """Let the clock stand somewhere else."""
        self.desk.now = NOW + timedelta(minutes=minutes)

    @rule()
    def seal_or_unseal(self) -> None:
        """Seal the module, or unseal it."""
        self.desk.sealed = not self.desk.sealed

    @rule(one=refs, limit=st.integers(0, 2 * LIMIT))
    def load_again(self, one: KeyRef, limit: int) -> None:
        """Delete a key and load it again with other limits."""
        self.desk.delete(one)
        self.desk.load(register(one, ulm=limit, clm=100 * limit))
        self.limits[one] = limit

    # ------------------------------------------------------------------ what the books say

    def book(self, caller: str, request: IssueRequest, answer: Answer | Refusal) -> None:
        """Write down what came out."""
        event(answer.code if isinstance(answer, Refusal) else type(answer).__name__)
        if isinstance(answer, Refusal):
            return
        if self.desk.sealed:
            assert isinstance(answer, MeterTestToken)
            return
        if request.request_id in self.answered:
            assert self.answered[request.request_id] == (caller, request, answer)
            return
        self.answered[request.request_id] = caller, request, answer
        if isinstance(answer, IssuedToken):
            assert isinstance(request, CreditRequest | ManagementRequest)
            self._book_token(caller, request, answer)
        elif isinstance(answer, KeyChangeSet):
            assert isinstance(request, KeyChangeRequest)
            self._book_change(caller, request, answer)

    def _book_token(
        self, caller: str, request: CreditRequest | ManagementRequest, answer: IssuedToken
    ) -> None:
        """All keys of the books count from one base date, so a meter and a TID name a minute."""
        spot = str(request.meter.pan), int(request.tid)
        there = self.tokens.setdefault(spot, set())
        assert not there or self.is_approved(caller, request)
        there.add(int(answer.token))
        self.recovered[spot] = self.recovered.get(spot, 0) + 1
        if isinstance(request, CreditRequest) and answer.steps is not None:
            units, money = self.used[request.key]
            gained = max(answer.steps, 0)
            if request.service.is_currency:
                money += gained
                assert not gained or money <= 100 * self.limits[request.key]
            else:
                units += gained
                assert not gained or units <= self.limits[request.key]
            self.used[request.key] = units, money

    def _book_change(self, caller: str, request: KeyChangeRequest, answer: KeyChangeSet) -> None:
        step = Step(
            (str(request.key), request.meter.ti),
            (str(request.new_key), request.new_ti),
            answer.roll_over,
            tuple(int(one.token) for one in answer.tokens),
        )
        steps = self.steps.setdefault(str(request.meter.pan), [])
        if request.sections:
            assert self.is_approved(caller, request)
        self.step_of[request.request_id] = step
        if steps and steps[-1] == step:
            return  # printed again
        # What a mixture was made of never became the key of the meter.
        torn = [self.step_of[one] for one in request.sections]
        steps.append(step)
        for place, rolled in enumerate(steps):
            if rolled.roll_over:
                starts = {one.start for one in steps[: place + 1]}
                ends = {one.end for one in steps[:place] if one not in torn}
                assert step.end not in starts | ends

    @invariant()
    def the_counters_are_the_sums_of_the_answers(self) -> None:
        """Also of keys that were deleted and loaded again."""
        for ref, (units, money) in self.used.items():
            assert self.desk.memory.usage(ref) == Usage(units, money)

    @invariant()
    def the_memory_counts_every_token(self) -> None:
        """One claim for each token of a meter and a TID."""
        for (pan, tid), count in self.recovered.items():
            assert self.desk.memory.attempts(pan, "14", tid) == count
        assert self.desk.memory.issued() == len(self.answered)


def live(lives: int, steps: int) -> None:
    """Let so many modules live for so many steps."""
    effort = settings(max_examples=lives, stateful_step_count=steps, deadline=None)
    run_state_machine_as_test(Module, settings=effort)


def test_a_module_keeps_its_promises() -> None:
    live(15, 20)


@pytest.mark.slow
def test_a_module_keeps_its_promises_for_long() -> None:
    live(200, 50)
