"""What to do when somebody else has a key, a module or a centre: the change plan of a drill, and its report.

STS has no message that ends a key. A key dies in the field when the last meter is away from it, a module when
it gets no more files and its keys run out. So the plan is always the same three things: stop what goes out,
make something new, lead the meters there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from voltoken.errors import ActRefused
from voltoken.kmc.authorisations import AUTHORISATION
from voltoken.kmc.keys import FULL, GONE, VENDING_KEY, all_of, ref_of
from voltoken.kmc.planning.curve import milestones
from voltoken.kmc.planning.drill import Drill, Subject
from voltoken.kmc.planning.holdings import USABLE, modules_with
from voltoken.kmc.planning.rollover import latest_base_date, next_krn
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry


@dataclass(frozen=True, slots=True)
class Measure:
    """A thing to do. act: what to ask the centre for, empty where it is done elsewhere."""

    number: int
    text: str
    act: str


def change_plan(state: State, found: Drill) -> tuple[Measure, ...]:
    """Return what to do, in order."""
    steps = [
        ("Report the incident, so that everybody knows.", "incident add"),
        *_first(state, found),
        *(step for sgc in found.groups for step in _of_group(state, found, sgc)),
        ("Note what was done at once.", "incident contain"),
        ("Look at the findings, and at whoever signed for what was lost.", ""),
        ("When the last revision is done, close the incident with what was learnt.", "incident close"),
    ]
    return tuple(Measure(number, text, act) for number, (text, act) in enumerate(steps, 1))


def _first(state: State, found: Drill) -> Iterator[tuple[str, str]]:
    """Yield what comes before the keys: the thing itself is taken out of use."""
    if found.subject is Subject.MODULE:
        module = state.entry("module", found.subject_id)
        if module is not None and module.state != "compromised":
            yield (
                f"Mark module {found.subject_id}: it gets no more keys.",
                f"module compromise {found.subject_id}",
            )
        for one in state.where(AUTHORISATION, module=found.subject_id, state="granted"):
            yield (
                f"Take back what was authorised for it for {one.get('sgc')}.",
                (f"authorisation withdraw {one.entry_id}"),
            )
        yield "Register another module in its place.", "module add"
    elif found.subject is Subject.CENTRE and found.subject_id == state.centre_id:
        yield (
            "Stop releasing files: seal the centre. Make a new root, and new signing keys.",
            "centre_key add",
        )
        yield "Retire the signing keys that may be known.", "centre_key compromise"
        yield (
            "Send modules a new list of centres to trust; check its fingerprint with them.",
            "trust_list add",
        )
    elif found.subject is Subject.CENTRE:
        yield f"Suspend centre {found.subject_id}.", f"centre suspend {found.subject_id}"
        yield "Send modules a new list of centres to trust, without it.", "trust_list add"
        for sgc in found.groups:
            group = state.entry("supply_group", sgc)
            if group is not None and group.get("centre") == found.subject_id:
                yield f"Take over supply group {sgc}, with its owner's signature.", "transfer take_over"


def _of_group(state: State, found: Drill, sgc: str) -> Iterator[tuple[str, str]]:
    """Yield what is to be done about a group: stop its keys, make a new one, lead meters there."""
    entries = (state.entry(VENDING_KEY, one) for one in found.keys)
    keys = [one for one in entries if one is not None and one.get("sgc") == sgc]
    for key in keys:
        yield from _stop(state, found, key)
    if keys:
        yield from _new_key(state, found, sgc)
    for key in keys:
        on_it = sum(meter.setup.key == str(ref_of(key)) for meter in found.meters)
        counted = f"{on_it:,} meters are" if found.clock is not None else "All meters are"
        yield f"{counted} led away from {key.entry_id}, in waves.", "revision add"
        if key.state not in GONE:
            step = f"vending_key destroy_compromised {key.entry_id}"
            yield f"Destroy {key.entry_id} when the last meter is away.", step


def _stop(state: State, found: Drill, key: Entry) -> Iterator[tuple[str, str]]:
    """Yield how a key is marked, and how modules learn of it."""
    name = key.entry_id
    if key.state == "destroyed":
        step = f"vending_key found_compromised {name}"
        yield f"Mark {name}: it may be known, although it is destroyed.", step
    elif key.state not in GONE | {"compromised"}:
        yield f"Mark {name}: it may be known.", f"vending_key compromise {name}"
    others = [
        one for one in modules_with(state, key) if one != found.subject_id and _state_of(state, one) in USABLE
    ]
    if key.state not in GONE and others:
        told = f"{', '.join(others[:3])}{' ...' if len(others) > 3 else ''}"
        text = f"Send {told} a file: credit under {name} ends, key changes go on."
        yield text, f"key_file add, for {others[0]}"


def _new_key(state: State, found: Drill, sgc: str) -> Iterator[tuple[str, str]]:
    """Yield how the new key of a group comes to be, unless there is one that nobody has."""
    latest = latest_base_date(state, sgc)
    free = [one for one in all_of(state, sgc) if one.entry_id not in found.keys]
    ready = [one for one in free if one.state in FULL and one.get("base_date") == latest]
    if ready:
        yield f"{ready[-1].entry_id} is there, and not known to anybody: use it.", ""
        return
    asked = [one for one in free if one.state == "requested"]
    try:
        name = asked[-1].entry_id if asked else f"{sgc}/{next_krn(state, sgc, _krns_in(found, sgc))}"
    except ActRefused as error:
        yield error.message, ""
        return
    year = "" if latest is None else f" on base date {latest.instant.year} or a later one,"
    step = f"vending_key {'generate' if asked else 'add'} {name}"
    yield f"Make {name},{year} with the owner's authorisations.", step


def _krns_in(found: Drill, sgc: str) -> set[int]:
    names = (name.partition("/") for name in found.in_meters)
    return {int(krn) for group, _, krn in names if group == sgc}


def _state_of(state: State, module_id: str) -> str:
    module = state.entry("module", module_id)
    return "" if module is None else module.state


def report(state: State, found: Drill, plan: tuple[Measure, ...]) -> tuple[str, ...]:
    """Return the text of the incident's entry, a line each, as it can be read out or printed."""
    what = {"key": "vending key", "module": "module", "centre": "centre"}[found.subject.value]
    lines = [
        f"{what} {found.subject_id}, {found.at:%Y-%m-%d %H:%M} UTC, centre {state.centre_id}",
        f"Keys that somebody may have: {_listed(found.keys)}.",
        f"Modules that hold them: {_listed(found.modules)}.",
        f"Key files they are in: {_listed(found.files)}.",
        f"Supply groups: {_listed(found.groups)}.",
    ]
    if found.clock is not None:
        lines.append(f"Meters on them: {len(found.meters):,}.")
        for one in milestones(found.clock):
            when = "never, as things are" if one.days is None else f"after {one.days:,} days, on {one.on}"
            lines.append(f"  {one.percent} % led away {when}.")
    lines.append(f"Tokens concerned: {len(found.tokens):,}.")
    lines += [f"  {one.count:,} tokens: {one.text}" for one in found.findings]
    if found.unread:
        lines.append(f"Rows of the lists that cannot be read, and are not counted: {found.unread:,}.")
    lines.append("What to do:")
    lines += [f"  {one.number}. {one.text}" for one in plan]
    return tuple(lines)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"
