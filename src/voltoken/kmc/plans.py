"""What a request would do to its entry: the half of the engine that looks, and asks the rules.

Nothing here knows of signatures. A request that passes may still lack rights or approvals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from voltoken.access import Request
from voltoken.errors import ActRefused
from voltoken.kmc.kinds import SIGNATURE
from voltoken.kmc.register import ADD, Field, Look, Register, Step, references_are_there
from voltoken.kmc.registers import REGISTERS
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry

UNSIGNED = "0" * 128
"""Stands in a draft where the signature will be."""
BODY = frozenset({"id", "register", "step", "values", "version"})
"""What the body of a request consists of."""
CLEAR = ""
"""What is given for a field that is not required, to have nothing in it again."""
Facts = dict[str, str | int | tuple[str, ...]]
"""What the limits of a right are held against."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a request would do. before: None for a new entry. after: without what the centre fills in."""

    register: Register
    step: Step
    before: Entry | None
    after: Entry


def domain_of(state: State) -> str:
    """Return what every request of a centre is bound to, so that it is worth nothing in another one.

    The first line of the log is in it, and so are those who founded the centre: nobody can change them
    later and keep what people signed.
    """
    return f"voltoken-kmc/{state.centre_id}/{state.birth}"


def table_of(name: object) -> Register:
    """Return a register by its name. Raises ActRefused (``register``)."""
    found = REGISTERS.get(name) if isinstance(name, str) else None
    if found is None:
        raise ActRefused("register", f"There is no register {name!r:.40}; there are {', '.join(REGISTERS)}.")
    return found


def planned(
    state: State,
    request: Request,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
    *,
    approver: str = "",
) -> Plan:
    """Return what a request does to its entry, when all rules hold.

    facts: the fields that the centre itself fills in; None while nothing is carried out yet.
    approver: who is about to approve it, besides those who have. Raises ActRefused and FieldError.
    """
    look = look_at(state, request, now, facts or {})
    if approver:
        look = replace(look, approvers=(*look.approvers, approver))
    ask_rules(look)
    return plan_of(look)


def plan_of(look: Look) -> Plan:
    """Return the part of a look that people are shown."""
    return Plan(look.register, look.step, look.before, look.after)


def look_at(state: State, request: Request, now: datetime, facts: Mapping[str, Any]) -> Look:
    """Return what rules look at. Raises ActRefused and FieldError."""
    body = request.body
    if request.domain != domain_of(state):
        raise ActRefused("centre", f"The request is not for the centre {state.centre_id}.")
    _check_body(body)
    register = table_of(body.get("register"))
    step = register.step(str(body.get("step")))
    if step.inner:
        raise ActRefused(
            "inner", f"{register.name} {step.name} follows from another act, and is not asked for."
        )
    if request.act != f"{register.name}.{step.name}":
        raise ActRefused("no_step", "The request names one act and holds another.")
    entry_id = register.identifier.value("id", body.get("id"))
    before = state.entry(register.name, entry_id)
    given = _given(register, step, body.get("values"), facts)
    if step.name == ADD:
        after = _added(
            register, step, before, Entry(register.name, entry_id, 1, "", given, now, request.maker)
        )
    else:
        after = _changed(step, before, body, Entry(register.name, entry_id, 0, "", given, now, request.maker))
    filed = state.requests.get(request.request_id)
    approvers = () if filed is None else tuple(one.person_id for one in filed.approvals)
    return Look(state, register, step, before, after, facts, now, request.maker, approvers)


def _check_body(body: Mapping[str, Any]) -> None:
    """Refuse a body with other members than ``request_of`` gives it: nobody would see what they mean."""
    if (
        body.keys() != BODY
        or body["version"].__class__ is not int
        or not isinstance(body["values"], Mapping)
        or not all(isinstance(body[name], str) for name in ("register", "id", "step"))
    ):
        raise ActRefused("fields", f"The body of a request has {', '.join(sorted(BODY))}, and nothing else.")


def ask_rules(look: Look) -> None:
    """Ask every rule that a step has to keep. Raises ActRefused."""
    for rule in (references_are_there, *look.register.rules, *look.step.rules):
        rule(look)


def plain(register: Register, step: Step, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return given values in their plain form, which is that of what is plain already.

    A field that is None was not given; one that is empty is cleared.
    Raises ActRefused (``fields``) and FieldError.
    """
    found: dict[str, Any] = {}
    for name, value in values.items():
        one = register.field(name)
        if one is None or name not in step.fields:
            allowed = ", ".join(step.fields) or "nothing"
            raise ActRefused(
                "fields", f"{name!r:.40} is not given in {register.name} {step.name}; it takes {allowed}."
            )
        if value == CLEAR and isinstance(value, str) and not one.required and step.name != ADD:
            found[name] = CLEAR
        elif value is not None:
            found[name] = one.kind.value(name, value)
    needed = [one.name for one in register.fields if one.required and one.name in step.fields]
    missing = [name for name in needed if step.name == ADD and name not in found]
    if missing:
        raise ActRefused("fields", f"{register.name} {step.name} needs {', '.join(missing)}.")
    return found


def drafted(register: Register, entry_id: str, values: Mapping[str, Any], now: datetime) -> Entry:
    """Return the entry that ``add`` would make, signed by nobody yet, so that it can be signed.

    Raises ActRefused and FieldError.
    """
    step = register.step(ADD)
    unsigned = {one.name: UNSIGNED for one in register.fields if one.kind is SIGNATURE and one.required}
    given = plain(register, step, unsigned | dict(values))
    shown = {one.name: _default(one) for one in register.fields} | given
    return Entry(
        register.name, register.identifier.value("id", entry_id), 1, step.target or "", shown, now, ""
    )


def facts_of(plan: Plan) -> Facts:
    """Return what the limits of a right are held against: the id and all plain values of the entry."""
    return facts_in(plan.after)


def facts_before(plan: Plan) -> Facts:
    """Return the same of the entry as it stands; a limit holds for what is changed and what it becomes."""
    return facts_in(plan.after if plan.before is None else plan.before)


def facts_in(entry: Entry) -> Facts:
    """Return the texts, whole numbers and lists of texts of an entry, its register and its id with them."""
    found: Facts = {}
    for name, value in entry.values.items():
        if isinstance(value, str | int) and not isinstance(value, bool):
            found[name] = value
        elif isinstance(value, list | tuple) and all(isinstance(text, str) for text in value):
            found[name] = tuple(value)
    return found | {"register": entry.register, "id": entry.entry_id}


def _given(register: Register, step: Step, values: object, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is given in a step, by whoever asks and by the centre itself, in its plain form."""
    found = plain(register, step, values if isinstance(values, Mapping) else {})
    for one in register.fields:
        if found.get(one.name) == CLEAR:
            found[one.name] = _default(one)
        if one.name in step.given and facts.get(one.name) is not None:
            found[one.name] = one.kind.value(one.name, facts[one.name])
    return found


def _default(one: Field) -> Any:
    """Return what stands in a field to which nothing was given, as plain values."""
    if isinstance(one.default, tuple):
        return list(one.default)
    return dict(one.default) if isinstance(one.default, Mapping) else one.default


def _added(register: Register, step: Step, before: Entry | None, made: Entry) -> Entry:
    if before is not None:
        raise ActRefused("exists", f"{before} is there already. Change it, or give another id.")
    values = {one.name: _default(one) for one in register.fields} | dict(made.values)
    return Entry(made.register, made.entry_id, 1, step.target or "", values, made.since, made.by)


def _changed(step: Step, before: Entry | None, body: Mapping[str, Any], made: Entry) -> Entry:
    if before is None:
        raise ActRefused("unknown", f"There is no {made}. Add it first.")
    if before.state not in step.sources:
        allowed = " or ".join(step.sources)
        raise ActRefused("state", f"{before} is {before.state}; {step.name} needs it to be {allowed}.")
    if before.version != body.get("version"):
        raise ActRefused(
            "changed", f"{before} changed since the request was made. Look at it, and ask again."
        )
    values = {**before.values, **made.values}
    state = step.target or before.state
    return Entry(made.register, made.entry_id, before.version + 1, state, values, made.since, made.by)
