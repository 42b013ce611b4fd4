"""A log judged line by line, as somebody would who believes nobody: what it says must follow from signatures.

Every line that changes a register has to follow from a request, which its maker signed and had the right
to make at that moment, and from approvals that others signed. So a line that was put into a log counts for
nothing without the keys of people, whoever wrote it and whatever else he could sign.

The rules of registers are not asked again: a later version may have stricter ones, and what was allowed once
stays in the log. Two things can therefore never change from version to version: an act needs no more
approvals than when it was done, and it leads to the entries that it led to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NoReturn

from voltoken import canonical
from voltoken.access import Verdict, check_approval, verify
from voltoken.errors import CentreFileError, VoltokenError
from voltoken.kmc.engine import check_approved, check_signed, following, review
from voltoken.kmc.papers import read_approval, read_glass, read_request, read_review, said_facts
from voltoken.kmc.plans import facts_of, look_at, plan_of
from voltoken.kmc.register import Look
from voltoken.kmc.state import CREATED, Filed, State
from voltoken.kmc.values import (
    APPROVAL,
    CLOSED,
    DESTROYED,
    ENTRY,
    GLASS,
    REQUEST,
    REVIEWED,
    SECRET,
    Entry,
    Event,
)

CARRIED: Final = "act.carried_out"
"""A request is carried out; what it did follows in the next lines, to the one that closes it. The facts are
what the centre itself found out, and the files that it made, by name with their SHA-256."""

_ACT: Final = frozenset({SECRET, DESTROYED, GLASS, ENTRY})
"""Lines between the one that carries out a request and the one that closes it."""


def carried_event(request_id: str, facts: Mapping[str, Any], files: Mapping[str, str]) -> Event:
    """Return the line before those of an act. files: SHA-256 by name."""
    return Event(CARRIED, {"request": request_id, "facts": dict(facts), "files": dict(files)})


def founders_digest(events: Iterable[Event]) -> str:
    """Return SHA-256 over the lines that a centre begins with: the first line holds it.

    Requests are bound to the first line, so nobody can change who founded a centre and keep what was signed.
    """
    found = hashlib.sha256()
    for event in events:
        found.update(canonical.write({"kind": event.kind, "facts": event.facts}).encode("ascii") + b"\n")
    return found.hexdigest()


class Replay:
    """Takes in the lines of a log, in order, and judges each before the state takes it."""

    def __init__(self, state: State) -> None:
        """Begin with an empty state, which ``take`` fills."""
        self._state = state
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
                _refuse("only the first line says that the centre was made")
            if self._act or event.kind == CARRIED:
                self._collect(event, at)
                return
            self._judge(event, at, number)
        except CentreFileError as error:
            raise CentreFileError(_named(number, error.message)) from None
        except (VoltokenError, KeyError, TypeError, ValueError, AttributeError) as error:
            why = error.message if isinstance(error, VoltokenError) else "it does not say what its kind says"
            raise CentreFileError(_named(number, why)) from None
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
            _refuse("no request leads to it")
        elif event.kind == REQUEST:
            self._judge_request(facts, at)
        elif event.kind == APPROVAL:
            self._judge_approval(facts, at)
        elif event.kind == CLOSED:
            self._judge_rejection(facts)
        elif event.kind == REVIEWED:
            reviewed = review(state, str(facts["request"]), read_review(facts), at)
            _expect(reviewed == (event,), "it is not the review that was signed")

    def _judge_founding(self, event: Event, number: int) -> None:
        """Judge a line that no request leads to, and with the last one whether they are those of line 1."""
        if event.kind not in {ENTRY, SECRET} or event.facts.get("request"):
            _refuse("it is none of those that a centre begins with")
        self._founded.append(event)
        if number == self._founding:
            same = founders_digest(self._founded) == self._state.created.get("founders")
            _expect(same, "up to here they are not those that line 1 names")

    def _judge_request(self, facts: Mapping[str, Any], at: datetime) -> None:
        state = self._state
        request, signature = read_request(facts)
        if request.request_id in state.requests:
            _refuse("its request was filed before")
        look = look_at(state, request, at, {})
        if request.needs < look.step.approvals:
            _refuse(f"such an act needs {look.step.approvals} approvals")
        check_signed(state, look, request, signature, at)

    def _judge_approval(self, facts: Mapping[str, Any], at: datetime) -> None:
        state, approval = self._state, read_approval(facts)
        filed = self._open(facts)
        if approval.verdict is Verdict.REJECT and approval.person_id == filed.request.maker:
            person = state.person(approval.person_id)
            key = None if person is None else person.public_key
            if approval.request_hash != filed.request.hash or key is None:
                _refuse("it takes back another request")
            if not verify(key, approval.signed_bytes(), approval.signature):
                _refuse(f"the signature is not that of {approval.person_id}")
            return
        plan = plan_of(look_at(state, filed.request, at, {}))
        check_approval(filed.request, approval, state, facts_of(plan), at)

    def _judge_rejection(self, facts: Mapping[str, Any]) -> None:
        filed = self._open(facts)
        last = filed.approvals[-1] if filed.approvals else None
        if last is None or last.verdict is not Verdict.REJECT:
            _refuse("nobody rejected that request")
        if facts["outcome"] != ("withdrawn" if last.person_id == filed.request.maker else "rejected"):
            _refuse("its request came to another end")

    def _collect(self, event: Event, at: datetime) -> None:
        """Take down the lines of an act, and judge them together when it ends."""
        if self._act and event.kind not in _ACT | {CLOSED}:
            _refuse("it stands in the middle of an act")
        self._act.append(event)
        if event.kind != CLOSED:
            return
        act, self._act = self._act, []
        self._judge_act(act, at)
        for one in act:
            self._state.take(one)

    def _judge_act(self, act: Sequence[Event], at: datetime) -> None:
        carried, closed = act[0].facts, act[-1].facts
        filed = self._open(carried)
        if closed != {"request": filed.request.request_id, "outcome": "done"}:
            _refuse("it closes another request than the one that was carried out")
        glasses = [event for event in act if event.kind == GLASS]
        if len(glasses) > 1:
            _refuse("one act has two broken glasses")
        glass = read_glass(glasses[0].facts) if glasses else None
        if glass is not None:
            told = said_facts(filed.request.request_id, glass) | {"act": filed.request.act}
            _expect(glasses[0] == Event(GLASS, told, alarm=True), "it is not the glass that was broken")
        look = look_at(self._state, filed.request, at, carried["facts"])
        check_signed(self._state, look, filed.request, filed.signature, at)
        check_approved(self._state, look, filed, at, glass)
        found = [Entry.of(event.facts) for event in act if event.kind == ENTRY]
        wanted = [look.after, *following(look)]
        if len(found) != len(wanted) or not all(map(_same, found, wanted)):
            _refuse(f"request {filed.request.request_id} does not lead to what the lines before it say")
        self._check_steps(look, act, filed.request.request_id)

    def _check_steps(self, look: Look, act: Sequence[Event], request_id: str) -> None:
        """See that every entry of an act names its request: whoever looks for the reason finds it."""
        for event in act:
            if event.kind == ENTRY and event.facts.get("request") != request_id:
                _refuse(f"an entry of {look.register.name} names another request")

    def _open(self, facts: Mapping[str, Any]) -> Filed:
        filed = self._state.requests.get(str(facts["request"]))
        if filed is None:
            _refuse("there is no such request")
        if filed.outcome:
            _refuse(f"its request was closed before: {filed.outcome}")
        return filed


def _same(found: Entry, wanted: Entry) -> bool:
    """Whether an entry is the one that an act leads to; fields that came or went since do not count."""
    if (found.register, found.entry_id, found.version, found.state, found.since, found.by) != (
        *(wanted.register, wanted.entry_id, wanted.version, wanted.state, wanted.since, wanted.by),
    ):
        return False
    shared = found.values.keys() & wanted.values.keys()
    # As they are written: a list that was read is no tuple.
    said, meant = ({name: one.values[name] for name in shared} for one in (found, wanted))
    return canonical.write(said) == canonical.write(meant)


def _named(number: int, why: str) -> str:
    return f"Line {number} of the log was inserted or edited: {why.rstrip('.')}."


def _expect(holds: bool, why: str) -> None:  # noqa: FBT001 - it is what is said, not a switch
    if not holds:
        _refuse(why)


def _refuse(why: str) -> NoReturn:
    raise CentreFileError(why)
