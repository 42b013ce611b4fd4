"""What happens when somebody asks a centre for something: the same for every register.

    file      somebody asks, and signs the request with a key of his own
    approve   others look at exactly this request, and sign its hash
    carry out the request is judged by signatures alone, the rules are asked once more, the entry changes

All functions return the lines that have to be in the log before anything else happens, or raise; they change
nothing. ``request_of`` makes a request, ``planned`` shows what it would do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from voltoken.access import (
    Actor,
    Approval,
    AuditEvent,
    BreakGlass,
    Request,
    Review,
    Verdict,
    Via,
    check_approval,
    judge,
    judge_glass,
    judge_review,
    permit,
    refusal_event,
    verify,
)
from voltoken.errors import AccessError, ActRefused, ApprovalRefused, VoltokenError
from voltoken.kmc.papers import approval_facts, request_facts, said_facts
from voltoken.kmc.plans import (
    Facts,
    Plan,
    ask_rules,
    domain_of,
    facts_before,
    facts_in,
    facts_of,
    look_at,
    plain,
    plan_of,
    planned,
    table_of,
)
from voltoken.kmc.register import ADD, Look, Step
from voltoken.kmc.state import Filed, State
from voltoken.kmc.values import APPROVAL, CLOSED, GLASS, REFUSED, REQUEST, REVIEWED, Entry, Event, entry_event

REQUEST_DAYS: Final = timedelta(days=7)
"""So long a request can be approved and carried out."""


def request_of(
    state: State,
    maker: str,
    register: str,
    step: str,
    entry_id: str,
    values: Mapping[str, Any],
    *,
    request_id: str,
    now: datetime,
) -> Request:
    """Return a request as its maker is to sign it, with all values in their plain form.

    Raises ActRefused and FieldError for one that would be refused at once.
    """
    table = table_of(register)
    chosen = table.step(step)
    entry_id = table.identifier.value("id", entry_id)
    before = state.entry(register, entry_id)
    body = {
        "register": register,
        "id": entry_id,
        "step": step,
        "version": before.version if before is not None and step != ADD else 0,
        "values": plain(table, chosen, values),
    }
    request = Request(
        domain=domain_of(state),
        request_id=request_id,
        act=f"{register}.{step}",
        body=body,
        maker=maker,
        made_at=now,
        until=now + REQUEST_DAYS,
        needs=chosen.approvals,
    )
    planned(state, request, now)
    return request


def file(state: State, request: Request, signature: bytes, now: datetime) -> tuple[Event, ...]:
    """Take in a signed request.

    Raises ActRefused, AccessDenied, ApprovalRefused (``maker_forged``) and FieldError.
    """
    if request.request_id in state.requests:
        raise ActRefused("request_exists", f"A request {request.request_id} was filed before. Give a new id.")
    look = look_at(state, request, now, {})
    ask_rules(look)
    needed = look.step.approvals
    if request.needs != needed:
        raise look.refuse("fields", f"This act needs {needed} approvals; the request says otherwise.")
    check_signed(state, look, request, signature, now)
    return (Event(REQUEST, request_facts(request, signature)),)


def approve(state: State, request_id: str, approval: Approval, now: datetime) -> tuple[Event, ...]:
    """Take in an approval or a rejection; its maker may reject, that is withdraw, a request as well.

    Raises ActRefused, AccessDenied and ApprovalRefused.
    """
    filed = open_request(state, request_id)
    facts = approval_facts(request_id, approval)
    if approval.verdict is Verdict.REJECT and approval.person_id == filed.request.maker:
        person = state.person(approval.person_id)
        if person is None or person.public_key is None or approval.request_hash != filed.request.hash:
            raise ApprovalRefused("other_request", "The withdrawal is for another request.")
        if not verify(person.public_key, approval.signed_bytes(), approval.signature):
            raise ApprovalRefused("forged", "The signature under the withdrawal is not that of its maker.")
        return Event(APPROVAL, facts), Event(CLOSED, {"request": request_id, "outcome": "withdrawn"})
    if approval.verdict is Verdict.APPROVE:
        plan = planned(state, filed.request, now, approver=approval.person_id)
    else:
        plan = plan_of(look_at(state, filed.request, now, {}))
    # Looked at now, and not only when all are there: a forged or foreign one is refused at once.
    for limits in _limits(plan):
        check_approval(filed.request, approval, state, limits, now)
    if any(one.person_id == approval.person_id for one in filed.approvals):
        raise ApprovalRefused("twice", f"{approval.person_id} has approved {request_id} before.")
    if approval.verdict is Verdict.REJECT:
        return Event(APPROVAL, facts), Event(CLOSED, {"request": request_id, "outcome": "rejected"})
    return (Event(APPROVAL, facts),)


def carry_out(
    state: State,
    request_id: str,
    facts: Mapping[str, Any],
    now: datetime,
    glass: BreakGlass | None = None,
) -> tuple[Event, ...]:
    """Carry out a request that is approved.

    facts: the fields that the centre fills in, as the step's job found them. glass: in place of approvals.
    Raises ActRefused, AccessDenied, ApprovalRefused and FieldError.
    """
    filed = open_request(state, request_id)
    look = look_at(state, filed.request, now, facts)
    missing = [name for name in look.step.given if facts.get(name) is None]
    if missing:
        raise look.refuse("fields", f"The centre has to fill in {', '.join(missing)} itself.")
    ask_rules(look)
    check_signed(state, look, filed.request, filed.signature, now)
    check_approved(state, look, filed, now, glass)
    events = []
    if glass is not None:
        told = said_facts(request_id, glass) | {"act": filed.request.act}
        events.append(Event(GLASS, told, alarm=True))
    events.append(entry_event(look.after, look.step.name, request_id))
    events += [entry_event(entry, f"after {filed.request.act}", request_id) for entry in following(look)]
    return (*events, Event(CLOSED, {"request": request_id, "outcome": "done"}))


def ready(state: State, request_id: str, now: datetime, glass: BreakGlass | None = None) -> tuple[str, ...]:
    """Return who approved a request that may be carried out.

    Raises ActRefused, AccessDenied, and ApprovalRefused (``missing`` tells how many more are needed).
    """
    filed = open_request(state, request_id)
    look = look_at(state, filed.request, now, {})
    ask_rules(look)
    check_signed(state, look, filed.request, filed.signature, now)
    return check_approved(state, look, filed, now, glass)


def review(state: State, request_id: str, found: Review, now: datetime) -> tuple[Event, ...]:
    """Close the review of an act that was done without its approvals, by somebody else.

    Raises ActRefused (``no_review``), and ApprovalRefused with the reasons of ``access.judge_review``.
    """
    filed, glass = state.requests.get(request_id), state.reviews.get(request_id)
    if filed is None or glass is None:
        raise ActRefused("no_review", f"No review of {request_id!r:.60} is open.")
    body = filed.request.body
    entry = state.entry(str(body.get("register")), str(body.get("id")))
    limits: Facts = {} if entry is None else facts_in(entry)
    then = state.breakers.get(request_id)
    judge_review(filed.request, glass, found, state, limits, now, closed=False, breaker=then)
    return (Event(REVIEWED, said_facts(request_id, found)),)


def check_signed(state: State, look: Look, request: Request, signature: bytes, now: datetime) -> None:
    """Check that a request is what its maker signed, that it is open, and that the maker may ask for it.

    No rule is asked. Raises ApprovalRefused and AccessDenied.
    """
    person = state.person(request.maker)
    if person is None or person.public_key is None:
        raise ApprovalRefused("unknown", f"{request.maker!r:.60} is nobody this centre knows.")
    if not verify(person.public_key, request.signed_bytes(), signature):
        raise ApprovalRefused(
            "maker_forged", f"The signature under the request is not that of {request.maker}."
        )
    if now < request.made_at:
        raise ApprovalRefused("not_yet", "The request is dated later than now. Look at the clocks.")
    if now >= request.until:
        raise ApprovalRefused("expired", f"Request {request.request_id} has expired. Make a new one.")
    actor = Actor(request.maker, Via.KEY, person.roles, second_factor=True)
    # What may be done within limits is done to something within them, and leaves it within them.
    for limits in _limits(plan_of(look)):
        permit(state, actor, request.act, limits, now)


def check_approved(
    state: State, look: Look, filed: Filed, now: datetime, glass: BreakGlass | None = None
) -> tuple[str, ...]:
    """Return who approved a request, judged by signatures alone; nobody where glass is broken for it.

    No rule is asked. Raises ApprovalRefused.
    """
    request = filed.request
    if glass is not None:
        if not look.step.glass:
            raise ApprovalRefused("glass", f"{request.act} is never done without its approvals.")
        for limits in _limits(plan_of(look)):
            judge_glass(request, glass, state, limits, now)
        return ()
    if request.needs < look.step.approvals:
        raise ApprovalRefused("missing", f"{request.act} needs {look.step.approvals} approvals. Ask again.")
    approvers: tuple[str, ...] = ()
    for limits in _limits(plan_of(look)):
        used = bool(filed.outcome)
        approvers = judge(request, filed.signature, filed.approvals, state, limits, now, used=used)
    return approvers


def _limits(plan: Plan) -> list[Facts]:
    """Return the facts of the entry as it stands and as it becomes, once when they are the same."""
    before, after = facts_before(plan), facts_of(plan)
    return [after] if before == after else [before, after]


def open_request(state: State, request_id: str) -> Filed:
    """Return a request that is still open. Raises ActRefused (``unknown``, ``closed``)."""
    filed = state.requests.get(request_id)
    if filed is None:
        raise ActRefused(
            "unknown", f"There is no request {request_id!r:.60}. List them: voltoken kmc requests"
        )
    if filed.outcome:
        raise ApprovalRefused("used", f"Request {request_id} is closed: {filed.outcome}.")
    return filed


def refused(error: VoltokenError, by: str, act: str, request_id: str = "") -> Event:
    """Return the line of an act that was refused. What looks like forgery is an alarm."""
    told: dict[str, Any] = {"by": by, "act": act, "request": request_id, "code": error.code}
    if isinstance(error, AccessError):
        found: AuditEvent = refusal_event(error, by, act)
        return Event(REFUSED, told | {"reason": error.reason}, found.alarm)
    return Event(REFUSED, told | {"reason": str(error.detail.get("reason", ""))})


def following(look: Look) -> Iterator[Entry]:
    """Yield the entries that change together with one.

    Raises ActRefused (``follow``) for one that no step of its register leads to.
    """
    for follow in look.step.follow:
        for entry in follow(look):
            before = look.state.entry(entry.register, entry.entry_id)
            table = table_of(entry.register)
            if not any(_leads(step, before, entry) for step in table.steps):
                raise look.refuse("follow", f"{entry} cannot follow to {entry.state}: no step leads there.")
            yield entry


def _leads(step: Step, before: Entry | None, after: Entry) -> bool:
    """Say whether a step leads from an entry to another version of it, or makes it."""
    if before is None:
        return not step.sources and after.state == step.target
    return before.state in step.sources and after.state == (step.target or before.state)
