"""What else happens to a virtual meter: time, power cuts, tampering, short codes, the reconnect key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from voltoken.cli.commands import Command
from voltoken.cli.failures import METER_REFUSED
from voltoken.cli.glass import draw_meter
from voltoken.cli.meter.bench import (
    FILE,
    TIME,
    need_power,
    note,
    pick_time,
    skin_of,
    span,
    span_options,
    state,
    supply_line,
)
from voltoken.cli.meter.files import MeterFile, changing, read
from voltoken.cli.parameters import convert, json_option, number
from voltoken.cli.screen import Screen, answer
from voltoken.errors import FieldError
from voltoken.meter import Skin, TamperKind


def _tell(
    file: MeterFile, now: datetime, text: str, more: dict[str, Any], *, good: bool = True, as_json: bool
) -> None:
    """Show what happened, on the glass and in a sentence, or all of it as JSON."""
    if as_json:
        answer(state(file, now) | more | {"summary": text})
        return
    meter, screen = file.meter, Screen()
    shown = more.get("glass") or skin_of(meter).idle_text(meter)
    screen.line()
    draw_meter(screen, meter, (shown,))
    screen.line()
    screen.text(text, "good" if good else "bad")
    screen.line()


@click.command(
    cls=Command,
    epilog="voltoken meter wait my.meter --minutes 10\nvoltoken meter wait my.meter --time 2027-01-01",
)
@FILE
@span_options
@TIME
@json_option
def wait(
    path: str,
    seconds: int | None,
    minutes: int | None,
    hours: int | None,
    time: datetime | None,
    *,
    as_json: bool,
) -> None:
    """Let time pass: trips end, waiting times end, friendly hours begin and end.

    Give how long, counted from now or from the last command if that is later, or the --time it is then.
    """
    lasting = span(seconds, minutes, hours)
    if lasting is not None and time is not None:
        raise click.UsageError("Give how long to wait, or the --time it is then; not both.")
    with changing(path) as file:
        now = pick_time(file, time)
        if lasting is not None:
            now = pick_time(file, now + lasting)
        if file.meter.is_powered:
            file.meter.wait(now)
        note(file, now, "wait")
    meter = file.meter
    text = f"The supply is {supply_line(meter)}." if meter.is_powered else "The meter has no power."
    _tell(file, now, text, {}, good=meter.is_powered, as_json=as_json)


@click.command(
    cls=Command,
    epilog="voltoken meter cut my.meter\n"
    "voltoken meter cut my.meter --after-writes 2\n"
    "voltoken meter cut my.meter --restore",
)
@FILE
@click.option("--stay-off", is_flag=True, help="Do not give the power back.")
@click.option("--restore", is_flag=True, help="Only give it back.")
@click.option(
    "--after-writes",
    metavar="N",
    callback=convert(number("after-writes", "a whole number, 0 or more")),
    help="Cut it by itself, after so many more writes of the memory; 0 is before the next.",
)
@TIME
@json_option
def cut(
    path: str,
    after_writes: int | None,
    time: datetime | None,
    *,
    stay_off: bool,
    restore: bool,
    as_json: bool,
) -> None:
    """Cut the power and give it back. What the meter keeps only while it has power is gone.

    With --after-writes the power fails in the middle of whatever the meter writes next: entering a token
    takes several writes. The meter then stays off until --restore.
    """
    if stay_off + restore + (after_writes is not None) > 1:
        raise click.UsageError("Only one of --stay-off, --restore and --after-writes makes sense.")
    with changing(path) as file:
        now = pick_time(file, time)
        text = _cut(file, now, after_writes, stay_off=stay_off, restore=restore)
    _tell(file, now, text, {"armed": after_writes}, good=file.meter.is_powered, as_json=as_json)


def _cut(file: MeterFile, now: datetime, after_writes: int | None, *, stay_off: bool, restore: bool) -> str:
    """Switch the power and return what happened in a sentence."""
    meter = file.meter
    if after_writes is not None:
        meter.arm_cut(after_writes)
        note(file, now, "arm_cut", writes=after_writes)
        when = "before the next write" if after_writes == 0 else f"after {after_writes} more writes"
        return f"The power will fail by itself {when} of the memory."
    if not restore:
        meter.cut_power()
        note(file, now, "cut")
    if stay_off:
        return "The meter has no power."
    finishing = not meter.is_powered and meter.memory.journal is not None
    meter.restore_power(now)
    note(file, now, "restore")
    if not meter.is_powered:
        return "The power failed again while the meter was starting."
    if finishing:
        return "The meter has power again, and has finished what the power cut had interrupted."
    return "The meter has power." if restore else "The power was cut, and is back."


def _kind(text: str) -> TamperKind:
    if text not in set(TamperKind):
        raise FieldError("kind", text, ", ".join(TamperKind))
    return TamperKind(text)


@click.command(cls=Command, epilog="voltoken meter tamper my.meter cover")
@FILE
@click.argument("kind", callback=convert(_kind))
@TIME
@json_option
def tamper(path: str, kind: TamperKind, time: datetime | None, *, as_json: bool) -> None:
    """Open a cover (cover, terminal) or hold a magnet to the meter (magnet).

    A meter that detects it shows it and may switch off, until a ClearTamperCondition token is entered.
    """
    with changing(path) as file:
        now = pick_time(file, time)
        need_power(file)
        file.meter.tamper(kind, now)
        note(file, now, "tamper", kind=kind.value)
    meter = file.meter
    count = getattr(meter.memory.tamper, kind.value)
    seen = "noticed and counted" if meter.memory.tamper.condition else "counted, without consequences"
    text = f"{kind.value.capitalize()}: {seen}, {count} so far. The supply is {supply_line(meter)}."
    if not meter.is_powered:
        text = "The power failed before the meter could count it."
    more = {"kind": kind.value, "count": count, "condition": meter.memory.tamper.condition}
    _tell(file, now, text, more, good=not meter.memory.tamper.condition, as_json=as_json)


@click.command(cls=Command, epilog="voltoken meter code my.meter 37\nvoltoken meter code my.meter")
@FILE
@click.argument("code", required=False)
@TIME
@json_option
@click.pass_context
def code(ctx: click.Context, path: str, code: str | None, time: datetime | None, *, as_json: bool) -> None:
    """Key in a short code, which shows something or does something. Without CODE: which codes there are.

    Codes that end in dots take as many more digits.
    """
    if code is None:
        _list(skin_of(read(path).meter), as_json=as_json)
        return
    with changing(path) as file:
        now = pick_time(file, time)
        need_power(file)
        shown = skin_of(file.meter).press(file.meter, code, now)
        note(file, now, "press", shown, code=code)
    more = {"code": code, "title": shown.title or None, "glass": shown.text}
    text = shown.title or "This meter has no such code. voltoken meter code FILE lists those it has."
    text = f"{text[:1].upper()}{text[1:]}{'.' if shown.is_known else ''}"
    _tell(file, now, text, more, good=shown.is_known, as_json=as_json)
    if not shown.is_known:
        ctx.exit(METER_REFUSED)


def _list(skin: Skin, *, as_json: bool) -> None:
    """Show the codes of a skin."""
    rows: Sequence[tuple[str, str]] = [
        *((code, row.title) for code, row in skin.codes.items()),
        *((f"{code}{'.' * action.digits}", action.title) for code, action in skin.actions.items()),
    ]
    if as_json:
        answer([{"code": code, "title": title} for code, title in rows])
        return
    screen = Screen()
    screen.title(skin.title)
    screen.facts(rows)
    screen.line()


@click.command(cls=Command, epilog="voltoken meter reconnect my.meter")
@FILE
@TIME
@json_option
@click.pass_context
def reconnect(ctx: click.Context, path: str, time: datetime | None, *, as_json: bool) -> None:
    """Press the key that closes the switch, as meters want it that do not close it by themselves."""
    with changing(path) as file:
        now = pick_time(file, time)
        need_power(file)
        connected = file.meter.reconnect(now)
        note(file, now, "reconnect")
    text = f"The supply is {supply_line(file.meter)}."
    if not file.meter.is_powered:
        text = "The power failed."
    _tell(file, now, text, {"connected": connected}, good=connected, as_json=as_json)
    if not connected:
        ctx.exit(METER_REFUSED)
