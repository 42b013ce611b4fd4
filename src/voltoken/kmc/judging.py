"""An act judged by its lines: whether it follows from its request, its approvals, and what vouches for it.

``voltoken.kmc.replay`` says who vouches for what.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NoReturn

from voltoken import canonical
from voltoken.access import BreakGlass, Request
from voltoken.errors import CentreFileError, CentreSealed
from voltoken.kmc.engine import check_approved, check_signed, following
from voltoken.kmc.former import is_same
from voltoken.kmc.jobs import proved
from voltoken.kmc.keyless import REPLACED, carried_without_keys, may_destroy, may_keep
from voltoken.kmc.papers import read_glass, said_facts
from voltoken.kmc.plans import look_at
from voltoken.kmc.register import Look
from voltoken.kmc.state import Filed, State
from voltoken.kmc.values import DESTROYED, ENTRY, GLASS, SECRET, Entry, Event, entry_event

_PROVING: Final = "check_proof"
"""The job of acts whose facts are in what people signed."""


def judge_act(state: State, act: Sequence[Event], at: datetime, *, signed: bool) -> None:
    """Judge the lines of a whole act, from the one that carries it out to the one that closes it.

    at: when they were written. signed: a head of the centre's own key vouches for them.
    Raises CentreFileError, and what engine and jobs raise.
    """
    carried, closed = act[0].facts, act[-1].facts
    filed = opened(state, carried)
    request = filed.request
    expect(carried.keys() == {"request", "facts", "files"}, "it does not say what its kind says")
    if closed != {"request": request.request_id, "outcome": "done"}:
        refuse("it closes another request than the one that was carried out")
    glass = _glass_of(act, filed)
    if not signed:
        _judge_unsigned(state, act, request.request_id, at, glass)
        return
    look = look_at(state, request, at, carried["facts"])
    check_signed(state, look, request, filed.signature, at)
    check_approved(state, look, filed, at, glass)
    if look.step.job == _PROVING:
        said = "the centre found out something else than the proof says that people signed"
        expect(carried["facts"] == proved(look.after), said)
    _check_entries(state, look, [event for event in act if event.kind == ENTRY], request)
    _check_secrets(state, look, act)


def _check_entries(state: State, look: Look, found: Sequence[Event], request: Request) -> None:
    """See that an act makes exactly the entries that follow from its request."""
    wanted = [entry_event(look.after, look.step.name, request.request_id)]
    asked = request.body.get("values")
    given = asked if isinstance(asked, Mapping) else ()
    known = [{*_values_of(look.before), *given, *look.step.given}]
    for entry in following(look):
        wanted.append(entry_event(entry, f"after {request.act}", request.request_id))
        known.append({*_values_of(state.entry(entry.register, entry.entry_id))})
    if len(found) != len(wanted) or not all(map(is_same, found, wanted, known)):
        refuse(f"request {request.request_id} does not lead to what the lines before it say")


def _check_secrets(state: State, look: Look, act: Sequence[Event]) -> None:
    """See that an act touches the secrets of its job, and that none takes the place of another."""
    kept = {*state.secrets}
    for event in act:
        if event.kind not in {SECRET, DESTROYED}:
            continue
        name = str(event.facts["name"])
        may = may_keep if event.kind == SECRET else may_destroy
        if not may(look.step.job, name) or (event.kind == DESTROYED and name not in kept):
            refuse(f"it has nothing to do with the secret {name:.60}")
        if event.kind == SECRET and name in kept and not name.startswith(REPLACED):
            refuse(f"it puts another secret in the place of {name:.60}")
        (kept.add if event.kind == SECRET else kept.discard)(name)


def _judge_unsigned(
    state: State, act: Sequence[Event], request_id: str, at: datetime, glass: BreakGlass | None
) -> None:
    """Judge an act that no head vouches for: it is what anybody would write without any key."""
    if any(event.kind in {SECRET, DESTROYED} for event in act):
        refuse("it keeps or destroys a secret, and the centre did not sign it")
    try:
        wanted = carried_without_keys(state, request_id, at, glass)
    except CentreSealed:
        refuse("only an unsealed centre does this, and it did not sign it")
    expect_written(act, wanted)


def opened(state: State, facts: Mapping[str, Any]) -> Filed:
    """Return the request of a line, which has to be open. Raises CentreFileError and KeyError."""
    filed = state.requests.get(str(facts["request"]))
    if filed is None:
        refuse("there is no such request")
    if filed.outcome:
        refuse(f"its request was closed before: {filed.outcome}")
    return filed


def _values_of(entry: Entry | None) -> Collection[str]:
    return () if entry is None else entry.values.keys()


def _glass_of(act: Sequence[Event], filed: Filed) -> BreakGlass | None:
    """Return the glass that was broken for an act, None where its approvals are there."""
    glasses = [event for event in act if event.kind == GLASS]
    if len(glasses) > 1:
        refuse("one act has two broken glasses")
    if not glasses:
        return None
    glass = read_glass(glasses[0].facts)
    told = said_facts(filed.request.request_id, glass) | {"act": filed.request.act}
    expect(glasses[0] == Event(GLASS, told, alarm=True), "it is not the glass that was broken")
    return glass


def expect_written(found: Sequence[Event], wanted: Sequence[Event]) -> None:
    """Raise CentreFileError for lines other than this program writes, to the byte."""
    expect([*map(_written, found)] == [*map(_written, wanted)], "without its keys no centre writes this")


def _written(event: Event) -> tuple[str, str, bool]:
    """Return a line as it is written: a list that was read is no tuple."""
    return event.kind, canonical.write(event.facts), event.alarm


def expect(holds: bool, why: str) -> None:  # noqa: FBT001 - it is what is said, not a switch
    """Refuse a line unless something holds. Raises CentreFileError."""
    if not holds:
        refuse(why)


def refuse(why: str) -> NoReturn:
    """Raise CentreFileError."""
    raise CentreFileError(why)
