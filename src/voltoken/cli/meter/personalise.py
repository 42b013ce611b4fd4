"""``voltoken meter personalise``: the meters of an order come to their unique keys, by tokens as in life."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from voltoken.cli.commands import Command
from voltoken.cli.failures import METER_REFUSED, FileTrouble, WrongFile, warn
from voltoken.cli.keys import (
    ALGORITHMS,
    METER,
    SAMPLE_WARNING,
    SOURCES,
    VENDING_ATTRIBUTES,
    KeyOptions,
    describe,
    key_document,
)
from voltoken.cli.meter.bench import TIME
from voltoken.cli.meter.files import MeterFile, changing, read
from voltoken.cli.meter.folder import side_by_side, table, write_json
from voltoken.cli.meter.orders import (
    KEY_CHANGE,
    KEY_CHANGE_COLUMNS,
    METER_COLUMNS,
    METERS,
    TARGET,
    meter_row,
    pans,
    read_first_keys,
    read_order,
    state_path,
)
from voltoken.cli.parameters import gather, json_option
from voltoken.cli.progress import progress
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sources import VENDING, Material, load_key, read_json, shown_name
from voltoken.errors import MeterFileError, MeterOff
from voltoken.meter import Order, TokenResult
from voltoken.meter import personalise as enter_set
from voltoken.sts import EA, DecoderKey, Deriver, MeterPAN, STATables, VendingKey

_SHOWN_MAX: Final = 20
"""How many meters that failed are listed; the table has them all."""
_CHANGED, _HAD_IT, _FAILED = "changed", "had the key", "failed"
_UNABLE: Final = (FileTrouble, WrongFile, MeterFileError, MeterOff)
"""Why one meter cannot be asked, while others can."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is done to every meter of an order, and with what."""

    folder: Path
    order: Order
    material: Material
    options: KeyOptions
    tables: STATables | None
    time: datetime | None
    carry_sgc: bool

    def first_keys(self) -> Iterator[DecoderKey]:
        """Yield the keys with which the meters left the line."""
        default = self.order.default_key
        if default is None:
            yield from read_first_keys(self.folder, self.order)
            return
        deriver = Deriver(default, self.order.ea)
        for pan in pans(self.order):
            yield deriver.derive(pan, self.order.ti)

    def new_key(self, pan: MeterPAN) -> tuple[DecoderKey, tuple[str, ...]]:
        """Return the unique key of a meter, and what to be cautious about."""
        return replace(self.options, pan=pan, ea=self.order.ea).derive(self.material)

    def now(self, kept: MeterFile) -> datetime:
        """Return when tokens are entered, never before what the meter has seen."""
        time = self.time or datetime.now(UTC)
        return time if kept.last is None else max(time, kept.last)

    def vending_key(self) -> VendingKey:
        """Return the vending key of the unique keys."""
        return replace(self.options, pan=next(pans(self.order))).vending_key_of(self.material)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one meter.

    key: the one it has now. answer: to its last token, or why it could not be asked. is_done: it has the
    new key. is_changed: it took it now. tokens: of its set.
    """

    pan: MeterPAN
    key: DecoderKey = field(repr=False)
    answer: str
    is_done: bool
    is_changed: bool = False
    tokens: tuple[str, ...] = ()


_OPTIONS: Final = (SOURCES[0], METER[1], *VENDING_ATTRIBUTES, *ALGORITHMS[1:])
"""The options about the unique keys; the order says the rest."""


@click.command(
    cls=Command,
    epilog="voltoken meter personalise order-1 --vending-key file:vending.json --ti 01\n"
    "voltoken meter personalise stock --default-key file:vddk.json --vending-key file:vudk.json --ti 01",
)
@click.argument("path", metavar="FOLDER")
@click.option(
    "--default-key",
    metavar="SOURCE",
    help="The default vending key of the order, where the meters were made with one.",
)
@click.option(
    "--carry-sgc", is_flag=True, help="EA07: a third token with the supply group code, if the model takes it."
)
@TIME
@gather("key", KeyOptions, _OPTIONS)
@json_option
@click.pass_context
def personalise(
    ctx: click.Context,
    path: str,
    default_key: str | None,
    time: datetime | None,
    key: KeyOptions,
    *,
    carry_sgc: bool,
    as_json: bool,
) -> None:
    """Bring the meters of an order from their first keys to the unique keys of a supply group.

    FOLDER is what voltoken meter manufacture made. Every meter is given its key change tokens, as at the
    end of the line. Meters that have the key are left alone, so that the same command finishes what was
    interrupted. The tokens tell the new key to whoever knows the old one: key-change.csv is a secret.
    """
    folder = Path(path)
    order = read_order(folder, lambda: _default_key(default_key))
    tables = key.tables() if order.ea is EA.STA else None
    job = Job(folder, order, key.vending_material(), key, tables, time, carry_sgc)
    cautions = _check(job)
    for caution in cautions:
        warn(caution)
    _keep_target(job)
    with progress(order.quantity, title="Personalising") as step:
        counts, failed = _run(job, step)
    if as_json:
        answer(_document(job, counts, failed, cautions))
    else:
        _show(job, counts, failed)
    if counts[_FAILED]:
        ctx.exit(METER_REFUSED)


def _default_key(source: str | None) -> Material:
    """Return the default vending key. Raises UsageError when none is named."""
    if source is None:
        raise click.UsageError("These meters have keys for stock: name their vending key with --default-key.")
    return load_key(source, VENDING)


def _check(job: Job) -> tuple[str, ...]:
    """Return what to be cautious about. Raises what would stop every meter alike, before any is touched."""
    _, cautions = job.new_key(next(pans(job.order)))
    for pan, first in zip(pans(job.order), job.first_keys(), strict=True):
        try:
            kept = read(str(state_path(job.folder, pan)), job.tables)
            # A rehearsal: nothing of what is entered here is written.
            enter_set(
                kept.meter,
                first,
                job.new_key(pan)[0],
                job.now(kept),
                sta_tables=job.tables,
                carry_sgc=job.carry_sgc,
            )
            break
        except _UNABLE:
            continue
    if job.tables is not None and job.tables.is_sample:
        cautions = (*cautions, SAMPLE_WARNING)
    return cautions


def _keep_target(job: Job) -> None:
    """Note to which key the order is brought, once and for all: sets for two keys do not mix.

    Raises WrongFile when it was brought to another one before.
    """
    new, _ = job.new_key(next(pans(job.order)))
    target = key_document(job.vending_key()) | {
        "ti": new.ti,
        "check_value_of_first_meter": new.check_value.value,
    }
    path = job.folder / TARGET
    if not path.exists():
        write_json(path, target)
    elif read_json(str(path), "target") != target:
        raise WrongFile(
            f"{shown_name(str(path))}: these meters are on their way to another key, described there. "
            "Finish with the same key and options; voltoken key change-set leads on from there."
        )


def _run(job: Job, step: Callable[[], None]) -> tuple[dict[str, int], list[Outcome]]:
    """Bring every meter to its key; return the counts, and the first of those that failed."""
    counts = dict.fromkeys((_CHANGED, _HAD_IT, _FAILED), 0)
    failed: list[Outcome] = []
    with ExitStack() as stack:
        meters = stack.enter_context(table(job.folder / METERS, METER_COLUMNS, private=False))
        changes = stack.enter_context(table(job.folder / KEY_CHANGE, KEY_CHANGE_COLUMNS, private=True))
        pairs = zip(pans(job.order), job.first_keys(), strict=True)
        outcomes = stack.enter_context(closing(side_by_side(lambda pair: _bring(job, *pair), pairs)))
        for outcome in outcomes:
            meters(meter_row(outcome.pan, outcome.key, job.order.profile))
            changes((outcome.pan, outcome.answer, *outcome.tokens, *[""] * (4 - len(outcome.tokens))))
            counts[_FAILED if not outcome.is_done else _CHANGED if outcome.is_changed else _HAD_IT] += 1
            if not outcome.is_done and len(failed) < _SHOWN_MAX:
                failed.append(outcome)
            step()
    return counts, failed


def _bring(job: Job, pan: MeterPAN, first: DecoderKey) -> Outcome:
    """Give a meter its tokens and keep what came of it, also when it refused one."""
    new, _ = job.new_key(pan)
    try:
        with changing(str(state_path(job.folder, pan)), job.tables) as kept:
            if kept.meter.pan != pan:
                raise MeterFileError(f"The file holds another meter, {kept.meter.pan}.")
            kept.last = job.now(kept)
            done = enter_set(
                kept.meter, first, new, kept.last, sta_tables=job.tables, carry_sgc=job.carry_sgc
            )
            if done.is_complete:
                kept.base_date = new.base_date
    except _UNABLE as error:
        return Outcome(pan, first, error.message, is_done=False)
    tokens = tuple(number.digits for number in done.tokens)
    last = done.results[-1] if done.results else TokenResult.ACCEPT
    key = new if done.is_complete else first
    return Outcome(pan, key, last.value, done.is_complete, bool(done.results), tokens)


def _document(
    job: Job, counts: dict[str, int], failed: list[Outcome], cautions: tuple[str, ...]
) -> dict[str, Any]:
    new, _ = job.new_key(next(pans(job.order)))
    key = key_document(job.vending_key()) | {"ti": new.ti, "ea": new.ea.value}
    return {
        "folder": str(job.folder),
        "key": key,
        "counts": counts,
        "failed": [{"pan": outcome.pan, "answer": outcome.answer} for outcome in failed],
        "public": [METERS, TARGET],
        "secret": [KEY_CHANGE],
        "cautions": list(cautions),
    }


def _show(job: Job, counts: dict[str, int], failed: list[Outcome]) -> None:
    """Show the counts, and which meters did not take their tokens."""
    new, _ = job.new_key(next(pans(job.order)))
    screen = Screen()
    screen.title(f"Personalised: {job.folder}")
    rows = [(name, str(count)) for name, count in counts.items() if count or name == _CHANGED]
    rows += [
        ("key", describe(new)),
        ("for everybody", f"{METERS}, {TARGET}"),
        ("secret", f"{KEY_CHANGE}: the tokens, as they were entered"),
    ]
    screen.facts(rows)
    for outcome in failed:
        screen.line()
        screen.line(f"{screen.style(outcome.pan, 'bad')}  {outcome.answer}")
    if counts[_FAILED] > len(failed):
        screen.text(f"... and {counts[_FAILED] - len(failed)} more; {KEY_CHANGE} has them all.", "quiet")
    screen.line()
