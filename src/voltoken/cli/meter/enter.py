"""``voltoken meter enter``: type tokens into a virtual meter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import click

from voltoken.cli.commands import Command
from voltoken.cli.draw import draw_steps
from voltoken.cli.failures import METER_REFUSED, warn
from voltoken.cli.glass import draw_glass, lamps_of
from voltoken.cli.keys import BASE_DATE_WARNING, DEFAULT_BASE_DATE
from voltoken.cli.meter.bench import (
    FILE,
    POWER_OFF,
    TABLES,
    TIME,
    masked,
    need_power,
    note,
    pick_time,
    reading,
    skin_of,
    state,
    supply_line,
    tables_of,
    warn_of_sample,
)
from voltoken.cli.meter.files import MeterFile, changing
from voltoken.cli.meter.words import Words, words_of
from voltoken.cli.parameters import convert, gather, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sources import shown_name
from voltoken.errors import CarrierError, FieldError, ScenarioError
from voltoken.meter import Answer, EntryPath, TokenResult
from voltoken.sts import EA, BaseDate, Explanation, KeyChangeSection, STATables, TokenNumber, explain

_DIGITS: Final = 20


@dataclass(frozen=True, slots=True)
class Entered:
    """One token that was entered, and all that is shown about it. number: None when it is no token."""

    text: str
    number: TokenNumber | None
    answer: Answer
    frames: tuple[str, ...]
    lamps: tuple[tuple[str, str], ...]
    words: Words
    explanation: Explanation | None


def split_tokens(words: Iterable[str]) -> Iterator[str]:
    """Yield the tokens in what was typed.

    A comma ends a token. Groups are put together until there are 20 digits; words that are no groups of
    digits are taken as they come, for the meter to refuse.
    """
    held: list[str] = []
    for word in words:
        *ended, last = word.split(",")
        for part in ended:
            held.append(part)
            yield from _whole(held)
            held = []
        held.append(last)
        if sum(map(_count, held)) >= _DIGITS:
            yield from _whole(held)
            held = []
    yield from _whole(held)


def _whole(held: Iterable[str]) -> Iterator[str]:
    text = " ".join(part.strip() for part in held if part.strip())
    if text:
        yield text


def _count(text: str) -> int:
    return sum(sign.isdecimal() for sign in text)


def _path(text: str) -> EntryPath:
    if text not in set(EntryPath):
        raise FieldError("path", text, ", ".join(EntryPath))
    return EntryPath(text)


@dataclass(frozen=True, slots=True)
class How:
    """How tokens are entered. entry: the way in. explain: the path of each is shown."""

    entry: EntryPath
    time: datetime | None = None
    base_date: BaseDate | None = None
    sta_tables: str | None = None
    explain: bool = False


_OPTIONS: Final = (
    click.option(
        "--path",
        "entry",
        metavar="PATH",
        default="keypad",
        callback=convert(_path),
        help="The way in: keypad, remote, port or card.  [default: keypad]",
    ),
    TIME,
    click.option("--explain", is_flag=True, help="Show the path of each token; for test keys only."),
    click.option(
        "--base-date",
        metavar="93|14|35",
        callback=convert(BaseDate),
        help="From which TIDs count now, after a roll-over; no meter knows it.",
    ),
    TABLES,
)


@click.command(
    cls=Command,
    epilog="voltoken meter enter my.meter 1274 7104 3681 8571 6778\n"
    "voltoken meter enter my.meter 6971 1552 9914 7186 5164, 0718 3021 2410 3126 3712\n"
    "voltoken meter enter my.meter 12747104368185716778 --path remote --time 2026-11-01T10:00",
)
@FILE
@click.argument("tokens", metavar="TOKEN...", nargs=-1, required=True)
@gather("how", How, _OPTIONS)
@json_option
@click.pass_context
def enter(ctx: click.Context, path: str, tokens: tuple[str, ...], how: How, *, as_json: bool) -> None:
    """Enter tokens of 20 digits.

    Blanks between the groups do not matter: digits are put together until there are 20 of them. For several
    tokens go on after the first; a comma between them is safer, because it ends a token whose digits are too
    few. All are entered at the same time, one after the other.
    """
    texts = list(split_tokens(tokens))
    if not texts:
        raise click.UsageError("No token was given: 20 digits.")
    tables = tables_of(how.sta_tables)
    with changing(path, tables) as file:
        need_power(file)
        warn_of_sample(file.meter, tables)
        _need_sample(file, tables)
        now = pick_time(file, how.time)
        file.base_date = how.base_date or file.base_date
        explained = how.explain and _may_explain(file)
        done = [_enter(file, texts[0], now, how.entry, explained=explained)]
        for text in texts[1:]:
            if file.meter.is_powered:
                done.append(_enter(file, text, now, how.entry, explained=explained))
        file.base_date = how.base_date or file.base_date
    left = len(texts) - len(done)
    if as_json:
        tried = {"path": how.entry.value, "tokens": list(map(_document, done)), "left": left}
        answer(state(file, now) | tried)
    else:
        _show(file, done, left)
    if left or not all(entered.answer.result.is_accepted for entered in done):
        ctx.exit(METER_REFUSED)


def _need_sample(file: MeterFile, tables: STATables) -> None:
    """Refuse licensed tables in a story, which has to happen again without them. Raises ScenarioError."""
    if file.story is not None and file.meter.memory.key.ea is EA.STA and not tables.is_sample:
        raise ScenarioError("A story of EA07 runs on the sample tables: leave out --sta-tables.")


def _may_explain(file: MeterFile) -> bool:
    """Whether the key of a meter may be looked into; warn if not."""
    if not file.meter.memory.key.test:
        warn("--explain shows the path of tokens under test keys only; this key is not marked as one.")
        return False
    if file.base_date is None:
        warn(BASE_DATE_WARNING)
    return True


def _enter(file: MeterFile, text: str, now: datetime, entry: EntryPath, *, explained: bool) -> Entered:
    """Enter one token; raises MeterOff without power."""
    meter = file.meter
    try:
        number: TokenNumber | None = TokenNumber.parse(text)
    except CarrierError:
        number = None
    before = meter.cipher if explained else None
    said = meter.enter(text, now, entry)
    lamps = lamps_of(meter)
    frames = skin_of(meter).frames(said, meter)
    note(file, now, "enter", said, token=text, path=entry.value)
    if said.result is TokenResult.ACCEPT and isinstance(said.token, KeyChangeSection):
        _follow_roll_over(file)
    explanation = explain(text, before, file.base_date or DEFAULT_BASE_DATE) if before is not None else None
    return Entered(text, number, said, frames, lamps, words_of(file, number, said), explanation)


def _follow_roll_over(file: MeterFile) -> None:
    """Forget the base date when the meter has forgotten its TIDs: the new one is not in the tokens."""
    if not any(file.meter.memory.tids):
        file.base_date = None


def _document(entered: Entered) -> dict[str, Any]:
    """Return one entry for JSON; the token is masked."""
    said = entered.answer
    document: dict[str, Any] = {
        "token": masked(entered.number.digits) if entered.number is not None else None,
        "result": said.result.value,
        "code": said.result.code,
        "accepted": said.result.is_accepted,
        "meaning": entered.words.meaning,
        "advice": entered.words.advice,
        "credited_counts": said.credited,
        "missing": list(said.missing),
        "lockout_s": said.lockout_s,
        "glass": list(entered.frames),
        "tests": [shown._asdict() for shown in said.tests],
    }
    if entered.explanation is not None:
        steps = [step._asdict() for step in entered.explanation.steps]
        document["explanation"] = {"summary": entered.explanation.summary, "steps": steps}
    return document


def _show(file: MeterFile, done: list[Entered], left: int) -> None:
    """Show what the glass showed for each token, what it means, and how the meter stands then."""
    screen = Screen()
    for entered in done:
        screen.line()
        if len(done) + left > 1:
            text = entered.number.grouped if entered.number is not None else shown_name(entered.text)
            screen.text(text, "strong")
        draw_glass(screen, entered.frames, entered.lamps)
        screen.line()
        _tell(screen, entered)
        if entered.explanation is not None:
            screen.line()
            draw_steps(screen, entered.number, entered.explanation)
    screen.line()
    rows = [("credit", reading(file.meter, "credit")), ("supply", supply_line(file.meter))]
    if not file.meter.is_powered:
        rows[1] = POWER_OFF
    screen.facts(rows)
    if left:
        screen.line()
        screen.text(f"Not entered, because the power is gone: {left} of {left + len(done)} tokens.", "bad")
    screen.line()


def _tell(screen: Screen, entered: Entered) -> None:
    """Show a verdict with its code and in words."""
    said = entered.answer
    code = "" if said.result.code is None else f" ({said.result.code})"
    sign, style = ("\u2713", "good") if said.result.is_accepted else ("\u2717", "bad")
    screen.text(
        f"{sign} {said.result.value}{code}. {entered.words.meaning.removeprefix('Accepted. ')}", style
    )
    if entered.words.advice:
        screen.text(entered.words.advice, indent=4)
    screen.facts([(shown.name.replace("_", " "), shown.text) for shown in said.tests], indent=4)
