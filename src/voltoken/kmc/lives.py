"""The lives of entries, read from the tables alone: which states there are, and which leads to which.

What a table says is all that can happen: the engine takes no other step, and what follows from the step of
another entry has a step of its own too. So questions such as "is there a way back from compromised" are
answered here, for every register.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from voltoken.kmc.register import ADD, Register, Step


@dataclass(frozen=True, slots=True)
class Arrow:
    """A step from one state to another. source: empty for a step that makes the entry."""

    source: str
    step: Step
    target: str


def arrows(register: Register) -> Iterator[Arrow]:
    """Yield every way from one state to another, in the order of the steps; births first of each step."""
    for step in register.steps:
        if not step.sources:
            yield Arrow("", step, step.target or "")
        for source in step.sources:
            yield Arrow(source, step, step.target or source)


def reached(register: Register, state: str) -> frozenset[str]:
    """Return the states that an entry can come to from a state; that state only if there is a way back.

    state: empty for all that an entry can ever be in.
    """
    leads: dict[str, set[str]] = {}
    for arrow in arrows(register):
        if arrow.source != arrow.target:
            leads.setdefault(arrow.source, set()).add(arrow.target)
    found: set[str] = set()
    ahead = [state]
    while ahead:
        new = leads.get(ahead.pop(), set()) - found
        found |= new
        ahead += new
    return frozenset(found)


def faults(register: Register, registers: Mapping[str, Register]) -> tuple[str, ...]:
    """Return what is wrong with a table, as sentences; nothing for one that is sound.

    registers: all of them, for the ids that its fields name.
    """
    return tuple(f"{register.name}: {fault}" for fault in _faults(register, registers))


def _faults(register: Register, registers: Mapping[str, Register]) -> Iterator[str]:
    yield from _faults_of_states(register)
    yield from _faults_of_fields(register, registers)
    names = [step.name for step in register.steps]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"two steps are called {name}"
    for step in register.steps:
        yield from _faults_of_step(register, step)


def _faults_of_states(register: Register) -> Iterator[str]:
    possible = reached(register, "")
    for state in register.states:
        if state not in possible:
            yield f"no entry is ever {state}"
        leaves = bool(reached(register, state) - {state})
        if leaves and state in register.terminal:
            yield f"{state} is the end, and a step leads out of it"
        if not leaves and state not in register.terminal:
            yield f"no step leads out of {state}, and it is not called an end"
    for state in sorted((possible | register.terminal) - register.states.keys()):
        yield f"{state or 'nothing'} is no state of it"


def _faults_of_fields(register: Register, registers: Mapping[str, Register]) -> Iterator[str]:
    names = [field.name for field in register.fields]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"two fields are called {name}"
    used = {name for step in register.steps for name in (*step.fields, *step.given)}
    for name in names:
        if name in ("register", "id", "state"):
            yield f"no field can be called {name}"
        if name not in used:
            yield f"no step fills in {name}"
    for name in sorted(used - set(names)):
        yield f"a step takes {name}, which is no field"
    for field in register.fields:
        if field.kind.refers and field.kind.refers not in registers:
            yield f"{field.name} names entries of {field.kind.refers}, which is no register"


def _faults_of_step(register: Register, step: Step) -> Iterator[str]:
    for source in step.sources:
        if source not in register.states:
            yield f"{step.name} leads from {source}, which is no state of it"
    if step.name == ADD and (step.sources or step.inner):
        yield f"{ADD} is the step that makes an entry, and is asked for"
    if step.name != ADD and not step.sources and not step.inner:
        yield f"{step.name} leads from nowhere: only {ADD} and inner steps make entries"
    if not step.sources and step.target is None:
        yield f"{step.name} makes an entry, and says in no state"
    if step.inner and (step.approvals or step.job or step.follow or step.glass):
        yield f"{step.name} is inner: approvals, jobs and what follows belong to the step that leads to it"
    if step.glass and not step.approvals:
        yield f"{step.name} needs no approvals, so there is no glass to break"
    if step.present and (step.approvals or step.inner or not step.job):
        yield f"{step.name} is done by whoever is there: a job, that nobody approves and nothing leads to"
    if step.given and not (step.job or step.inner):
        yield f"{step.name}: nobody fills in {', '.join(step.given)}"
