"""A log judged line by line, as somebody would who believes nobody: what it says must follow from signatures.

Every line that changes a register has to follow from a request, which its maker signed and had the right
to make at that moment, and from approvals that others signed. So a line that was put into a log counts for
nothing without the keys of people, whoever wrote it and whatever else he could sign.

**Up to the last signed head** the centre's own key vouches for what people do not sign: what the centre
itself found out (a check value, a number, a digest), its secrets, its files. The rules of registers are not
asked again there: a later version may have stricter ones, and what was allowed once stays in the log. Two
things can therefore never change from version to version: an act needs no more approvals than when it was
done, and it leads to the entries that it led to. What a module is registered with has to be what its proof
says, which people signed: not even the centre's key puts another one there.

**After it** nothing vouches but the signatures of people. There a line is taken only when this program, with
the rules of today and without any key, would write the very same one (``voltoken.kmc.keyless``). Whoever can
write the file, and has no key, can therefore

- leave out or cut off lines after the last head, and cut the log back to any earlier head that is still in
  the file: only a witness who keeps heads elsewhere notices;
- carry out a request that its approvers have signed and that takes no key of the centre, which takes no
  right at the centre's own machine either; dated within the request's time and not before the last line;
- put in lines that are for people only, such as a refusal.

Whoever has the centre's root key can besides write anew, for acts that people asked for and approved, what
the centre finds out (check values, numbers and digests of files, which secret stands under a name), back to
the first head that a witness has.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from voltoken.access import Verdict, check_approval, verify
from voltoken.errors import CentreFileError, VoltokenError
from voltoken.kmc.engine import approve, check_signed, file, review
from voltoken.kmc.founding import founders_digest
from voltoken.kmc.judging import expect, expect_written, judge_act, opened, refuse
from voltoken.kmc.keyless import CARRIED
from voltoken.kmc.papers import (
    approval_facts,
    read_approval,
    read_request,
    read_review,
    request_facts,
)
from voltoken.kmc.plans import facts_of, look_at, plan_of
from voltoken.kmc.state import CREATED, State
from voltoken.kmc.values import (
    APPROVAL,
    CLOSED,
    DESTROYED,
    ENTRY,
    GLASS,
    REFUSED,
    REQUEST,
    REVIEWED,
    SECRET,
    Event,
)

_ACT: Final = frozenset({SECRET, DESTROYED, GLASS, ENTRY})
"""Lines between the one that carries out a request and the one that closes it."""


class Replay:
    """Takes in the lines of a log, in order, and judges each before the state takes it."""

    def __init__(self, state: State, *, signed: int, aside: frozenset[str] = frozenset()) -> None:
        """Begin with an empty state, which ``take`` fills.

        signed: the number of the last line that a head of the centre's own key vouches for. That the head is
        genuine is for the caller to see. aside: kinds of lines that are for people only, besides refusals;
        any other kind is refused.
        """
        self._state = state
        self._signed = signed
        self._aside = aside | {REFUSED}
        self._founding = 0
        self._founded: list[Event] = []
        self._act: list[Event] = []

    def take(self, event: Event, at: datetime) -> None:
        """Take in the next line. at: when it was written.

        Raises CentreFileError, naming the line, for one that does not follow from what people signed.
        """
        state = self._state
        number = state.lines + len(self._act) + 1
        try:
            if (event.kind == CREATED) != (number == 1):
                refuse("only the first line says that the centre was made")
            if self._act or event.kind == CARRIED:
                self._collect(event, at)
                return
            self._judge(event, at, number)
        except (VoltokenError, LookupError, TypeError, ValueError, AttributeError) as error:
            why = error.message if isinstance(error, VoltokenError) else "it does not say what its kind says"
            raise CentreFileError(_named(number, why, unsigned=number > self._signed)) from None
        state.take(event)

    def finish(self) -> None:
        """Say that there are no more lines. Raises CentreFileError when the last act is incomplete."""
        if self._act:
            raise CentreFileError(
                f"Line {self._state.lines + 1} of the log begins an act that has no end: lines were cut off."
            )

    def _judge(self, event: Event, at: datetime, number: int) -> None:
        """Judge a line that stands alone."""
        state, facts = self._state, event.facts
        if event.kind == CREATED:
            self._founding = 1 + int(facts["founding"])
        elif number <= self._founding:
            self._judge_founding(event, number)
        elif event.kind in _ACT:
            refuse("no request leads to it")
        elif event.kind == REQUEST:
            self._judge_request(event, at)
        elif event.kind == APPROVAL:
            self._judge_approval(event, at)
        elif event.kind == CLOSED:
            self._judge_rejection(facts)
        elif event.kind == REVIEWED:
            reviewed = review(state, str(facts["request"]), read_review(facts), at)
            expect(reviewed == (event,), "it is not the review that was signed")
        elif event.kind not in self._aside:
            refuse("no program of this version writes such a line")

    def _judge_founding(self, event: Event, number: int) -> None:
        """Judge a line that no request leads to, and with the last one whether they are those of line 1."""
        if event.kind not in {ENTRY, SECRET} or event.facts.get("request"):
            refuse("it is none of those that a centre begins with")
        self._founded.append(event)
        if number == self._founding:
            same = founders_digest(self._founded) == self._state.created.get("founders")
            expect(same, "up to here they are not those that line 1 names")

    def _judge_request(self, event: Event, at: datetime) -> None:
        state = self._state
        request, signature = read_request(event.facts)
        if self._is_unsigned():
            expect_written([event], file(state, request, signature, at))
            return
        if request.request_id in state.requests:
            refuse("its request was filed before")
        look = look_at(state, request, at, {})
        if request.needs < look.step.approvals:
            refuse(f"such an act needs {look.step.approvals} approvals")
        check_signed(state, look, request, signature, at)
        expect_written([event], [Event(REQUEST, request_facts(request, signature))])

    def _judge_approval(self, event: Event, at: datetime) -> None:
        state, approval = self._state, read_approval(event.facts)
        filed = opened(self._state, event.facts)
        if self._is_unsigned():
            wanted = approve(state, filed.request.request_id, approval, at)
            expect_written([event], wanted[:1])
            return
        expect_written([event], [Event(APPROVAL, approval_facts(filed.request.request_id, approval))])
        if approval.verdict is Verdict.REJECT and approval.person_id == filed.request.maker:
            person = state.person(approval.person_id)
            key = None if person is None else person.public_key
            if approval.request_hash != filed.request.hash or key is None:
                refuse("it takes back another request")
            if not verify(key, approval.signed_bytes(), approval.signature):
                refuse(f"the signature is not that of {approval.person_id}")
            return
        plan = plan_of(look_at(state, filed.request, at, {}))
        check_approval(filed.request, approval, state, facts_of(plan), at)

    def _judge_rejection(self, facts: Mapping[str, Any]) -> None:
        filed = opened(self._state, facts)
        last = filed.approvals[-1] if filed.approvals else None
        if last is None or last.verdict is not Verdict.REJECT:
            refuse("nobody rejected that request")
        outcome = "withdrawn" if last.person_id == filed.request.maker else "rejected"
        if facts != {"request": filed.request.request_id, "outcome": outcome}:
            refuse("its request came to another end")

    def _collect(self, event: Event, at: datetime) -> None:
        """Take down the lines of an act, and judge them together when it ends."""
        if self._act and event.kind not in _ACT | {CLOSED}:
            refuse("it stands in the middle of an act")
        self._act.append(event)
        if event.kind != CLOSED:
            return
        act, self._act = self._act, []
        judge_act(self._state, act, at, signed=not self._is_unsigned(len(act)))
        for one in act:
            self._state.take(one)

    def _is_unsigned(self, lines: int = 1) -> bool:
        """Whether the last of so many lines that come next stands after the last signed head."""
        return self._state.lines + lines > self._signed


def _named(number: int, why: str, *, unsigned: bool) -> str:
    told = f"Line {number} of the log was inserted or edited: {why.rstrip('.')}."
    if unsigned:
        told += (
            " No signed head vouches for it; if another version of this program wrote it, unseal with that."
        )
    return told
