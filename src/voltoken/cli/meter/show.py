"""``voltoken meter show``: a meter at a glance, and all it knows but its key."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import click

from voltoken.cli.commands import Command
from voltoken.cli.glass import draw_meter, printable
from voltoken.cli.meter.bench import (
    FILE,
    POWER_OFF,
    TIME,
    iso,
    lockouts,
    masked,
    reading,
    skin_of,
    state,
    supply_line,
)
from voltoken.cli.meter.files import MeterFile, read
from voltoken.cli.parameters import json_option
from voltoken.cli.screen import Screen, answer
from voltoken.meter import FlatPrice, Meter
from voltoken.sts import KeyChangeSection, TIDClock, TokenNumber

Rows = list[tuple[str, str]]


@click.command(cls=Command, epilog="voltoken meter show my.meter\nvoltoken meter show my.meter --json")
@FILE
@click.option("--memory", is_flag=True, help="List all TIDs that the meter remembers.")
@click.option(
    "--tokens", is_flag=True, help="Show the last tokens whole, not only their first and last digits."
)
@TIME
@json_option
def show(path: str, time: datetime | None, *, memory: bool, tokens: bool, as_json: bool) -> None:
    """Show a meter: its glass and lamps, its key without the key, what it remembers. Changes nothing."""
    file = read(path)
    now = time or max(filter(None, (datetime.now(UTC), file.last)))
    if as_json:
        answer(_document(file, now, whole=tokens))
        return
    meter, screen = file.meter, Screen()
    screen.line()
    draw_meter(screen, meter, (skin_of(meter).idle_text(meter),))
    screen.line()
    screen.facts([*_now(meter), *_credit(meter)])
    screen.title("Key")
    screen.facts(_key(file, now))
    screen.title("What it remembers")
    screen.facts([*_memory(file), *_tokens(meter, whole=tokens), *_events(meter), *_story(file)])
    if memory:
        screen.title("TIDs")
        screen.facts([(str(tid), _when(file, tid)) for tid in meter.memory.tids])
    screen.line()


def _now(meter: Meter) -> Rows:
    rows = [("meter", f"{meter.pan}, {printable(meter.profile.title)}")]
    if not meter.is_powered:
        unfinished = "a change was interrupted; it is finished when the power is back"
        return [*rows, POWER_OFF, *([("unfinished", unfinished)] if meter.memory.journal is not None else [])]
    if meter.memory.fuse is not None:
        rows.append(
            ("power", f"on, but it fails by itself after {meter.memory.fuse} more writes of the memory")
        )
    return [*rows, ("supply", supply_line(meter))]


def _credit(meter: Meter) -> Rows:
    low = "; the alarm is on" if meter.is_low else ""
    rows = [
        ("credit", f"{reading(meter, 'credit')}; alarm at {reading(meter, 'low_credit')}{low}"),
        ("used in all", reading(meter, "total")),
    ]
    if meter.memory.balance.emergency != "off":
        rows.append(("emergency", f"{meter.memory.balance.emergency.value}, {reading(meter, 'lent')} lent"))
    if isinstance(meter.price, FlatPrice):
        rows.append(("price", f"{meter.price.price} {printable(meter.profile.currency)} for a unit"))
    if meter.memory.limits.power_w is not None:
        rows.append(("power limit", reading(meter, "power_limit")))
    return rows


def _key(file: MeterFile, now: datetime) -> Rows:
    meter = file.meter
    key = meter.memory.key
    known = [
        *((f"SGC {key.sgc}",) if key.sgc is not None else ()),
        *((f"KRN {int(key.krn)}",) if key.krn is not None else ()),
        *((f"TI {key.ti}",) if key.ti is not None else ()),
        key.kt.name,
        "never expires" if key.ken == 255 else f"KEN {int(key.ken)}",
    ]
    rows = [
        ("key", f"{', '.join(known)}{', a test key' if key.test else ''}"),
        ("check value", f"{key.check_value}"),
        ("encryption", f"EA{key.ea.value}, {key.ea.key_bits} bits"),
    ]
    missing = meter.missing_sections(now)
    if missing:
        have = [number for number in range(1, 5) if number in _sections(meter)]
        rows.append(("key change", f"begun: {_list(have)} of the set are here, {_list(missing)} missing"))
    elif meter.memory.pending.sections:
        rows.append(("key change", "begun too long ago: what came is forgotten with the next one"))
    for path, count, wait_s in lockouts(meter, now):
        wait = f"; no token for {wait_s} s" if wait_s else ""
        rows.append((path.value, f"wrong tokens in a row: {count}{wait}"))
    return rows


def _sections(meter: Meter) -> list[int]:
    """Return the numbers of the key change sections in the memory."""
    return sorted(_section_number(section) for section in meter.memory.pending.sections)


def _section_number(section: KeyChangeSection) -> int:
    """Return which section of a set it is, from the name of its layout."""
    return int(next(sign for sign in section.layout.name if sign.isdecimal()))


def _list(numbers: Iterable[int]) -> str:
    return " and ".join(map(str, numbers))


def _memory(file: MeterFile) -> Rows:
    """Return a summary of the memory of TIDs."""
    tids = file.meter.memory.tids
    return [
        ("memory", f"{len(tids)} TIDs, {len(set(tids))} different"),
        ("oldest", f"{tids[0]}{_in_brackets(_when(file, tids[0]))}; tokens below it are refused"),
        ("newest", f"{tids[-1]}{_in_brackets(_when(file, tids[-1]))}"),
    ]


def _when(file: MeterFile, tid: int) -> str:
    """Return the time of a TID, empty where the base date is not known."""
    if file.base_date is None or tid == 0:
        return ""
    return iso(TIDClock(file.base_date).moment_of(tid))


def _in_brackets(text: str) -> str:
    return f" ({text})" if text else ""


def _tokens(meter: Meter, *, whole: bool) -> Rows:
    """Return the last tokens."""
    history = meter.memory.history
    rows = []
    for number, entry in enumerate(history.last_credit, 1):
        amount = reading(meter, f"credit_amount_{number}")
        rows.append(
            ("last credit" if number == 1 else "before it", f"{_token(entry.token, whole=whole)}  {amount}")
        )
    for number, token in enumerate(history.last_management, 1):
        rows.append(("last management" if number == 1 else "before it", _token(token, whole=whole)))
    return rows


def _token(digits: str, *, whole: bool) -> str:
    return TokenNumber.parse(digits).grouped if whole else masked(digits)


def _events(meter: Meter) -> Rows:
    history, tamper = meter.memory.history, meter.memory.tamper
    seen = "noticed, not yet cleared; " if tamper.condition else ""
    counted = f"cover {tamper.cover}, terminal {tamper.terminal}, magnet {tamper.magnet}"
    rows = [
        ("tokens", f"credit {history.credit_tokens}, management {history.management_tokens}"),
        ("events", f"power cuts {history.power_failures}, overloads {history.overload_trips}"),
        ("tampering", f"{seen}{counted}"),
    ]
    if meter.last_result is not None:
        rows.append(("last answer", meter.last_result.value))
    return rows


def _story(file: MeterFile) -> Rows:
    story = file.story
    return [] if story is None else [("story", f"{len(story.steps)} steps since {iso(story.begins)}")]


def _document(file: MeterFile, now: datetime, *, whole: bool) -> dict[str, Any]:
    """Return all that is in the file but keys, parts of keys, and, unless asked for, whole tokens."""
    meter = file.meter
    document = file.document()
    cells = document["cells"]
    cells["key"] = {name: value for name, value in cells["key"].items() if name != "key"}
    cells["key"]["check_value"] = meter.memory.key.check_value.value
    cells["pending"]["sections"] = _sections(meter)
    if not whole:
        history = cells["history"]
        for entry in history["last_credit"]:
            entry["token"] = masked(entry["token"])
        history["last_management"] = [masked(token) for token in history["last_management"]]
    if document["journal"] is not None:
        document["journal"] = sorted(document["journal"])  # its values hold keys and tokens
    if file.story is not None:
        document["bench"]["story"] = {"begins": iso(file.story.begins), "steps": len(file.story.steps)}
    del document["note"]
    return (
        document
        | state(file, now)
        | {
            "missing_sections": list(meter.missing_sections(now)),
            "lockout_s": {path.value: wait_s for path, _, wait_s in lockouts(meter, now)},
        }
    )
