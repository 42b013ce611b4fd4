"""A run from table to table: segments made here or by workers, kept as they come, joined at the end."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from voltoken import __version__
from voltoken.cli.batch.formats import arrow
from voltoken.cli.batch.options import Run, as_document
from voltoken.cli.batch.plain import line_of
from voltoken.cli.batch.plan import SEGMENT_BYTES, Plan, check_columns, kind_of, plan_of
from voltoken.cli.batch.steps import Settings, Step
from voltoken.cli.batch.work import (
    WorkFolder,
    join_csv,
    manifest_of,
    private_file,
    table_identity,
)
from voltoken.cli.batch.worker import Job, finished, keys_of, step_of, total_of
from voltoken.cli.durable import sync_folder
from voltoken.cli.failures import FileTrouble, say, warn
from voltoken.cli.keys import UNCHECKED_WARNING
from voltoken.cli.progress import progress
from voltoken.cli.sources import shown_name, warn_if_readable
from voltoken.cli.times import When

REFUSED: Final = 10
"""Exit code when some rows were refused."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a run has come to. note: rows, tokens and refused rows by code. resumed: segments found done."""

    job: Job
    step: Step
    cautions: tuple[str, ...]
    note: dict[str, Any]
    seconds: float
    made_now: int
    resumed: int
    segments: int


def run_batch(name: str, settings: Settings, run: Run) -> Result:
    """Make a table of a table. Raises what is wrong with the run as a whole, never for a row."""
    started = time.monotonic()
    out_kind = _check_places(run)
    for path in (*settings.keys, *settings.to_keys):
        warn_if_readable(path, "key file")
    step = step_of(name, settings)
    plan = plan_of(run.source, run.segment_bytes or SEGMENT_BYTES)
    check_columns(plan, step.needed(settings), step.known, step.added)
    if plan.kind == "parquet":
        arrow().check_types(plan.path, step.known, all_as_text=out_kind == "csv")
    elif out_kind == "parquet":
        arrow()
    cautions = _warn(step)
    folder = WorkFolder(run.out)
    held = folder.held(fresh=run.fresh)
    with _explained(run.out), held, _interruptible(folder, len(plan.segments)):
        options = {"out": out_kind, "rows": as_document(settings), "tables": _tables_identity(settings)}
        manifest = manifest_of(name, __version__, plan, options, keys_of(step))
        begun = folder.begin(manifest | {"time": settings.when.moment().isoformat()})
        job = Job(
            name,
            replace(settings, when=_fixed(settings.when, begun["time"])),
            str(Path(run.source).absolute()),
            plan.kind,
            out_kind,
            plan.columns,
            folder.path.absolute(),
            keys_of(step),
        )
        resumed = len(folder.notes)
        made_now = _make(plan, job, folder, run)
        if manifest_of(name, __version__, plan, options, keys_of(step)) != manifest:
            raise FileTrouble(f"table {shown_name(run.source)}: it was changed while it was worked on.")
        _join(plan, step, folder, job, run)
        folder.is_done = True
    note = total_of(folder.notes.values())
    return Result(
        job, step, cautions, note, time.monotonic() - started, made_now, resumed, len(plan.segments)
    )


def _fixed(when: When, begun: str) -> When:
    """Return the time of issue for all rows: now is when the run began, however often it is continued."""
    return when if when.tid is not None else replace(when, time=datetime.fromisoformat(begun))


def _check_places(run: Run) -> str:
    """Refuse to write over anything by accident. Returns the kind of the output."""
    out = Path(run.out)
    kind = kind_of(run.out)
    if out.exists() and not run.force:
        raise FileTrouble(f"{shown_name(run.out)} exists already; --force replaces it.")
    if Path(run.source).resolve() == out.resolve():
        raise FileTrouble("--in and --out are the same table; name a new one.")
    return kind


def _tables_identity(settings: Settings) -> object:
    """Return what tells the file of EA07 tables from another."""
    path = settings.key.sta_tables
    return None if path in (None, "sample") else table_identity(str(path))


def _warn(step: Step) -> tuple[str, ...]:
    """Say what to be cautious about, each thing once."""
    said = dict.fromkeys(caution for ring in step.rings for caution in ring.cautions)
    if step.settings.unchecked:
        said[UNCHECKED_WARNING] = None
    for caution in said:
        warn(caution)
    return tuple(said)


def _make(plan: Plan, job: Job, folder: WorkFolder, run: Run) -> int:
    """Make all segments that are not finished yet, and return how many rows that were."""
    left = [segment for segment in plan.segments if segment.index not in folder.notes]
    if len(left) < len(plan.segments):
        say(
            "note",
            f"going on: {len(plan.segments) - len(left)} of {len(plan.segments)} segments are done",
            "cyan",
        )
    total = sum(segment.size for segment in plan.segments)
    ready = total - sum(segment.size for segment in left)
    rows, started = 0, time.monotonic()
    made = finished(job, left, run.workers or os.cpu_count() or 1)
    with progress(total, ready=ready) as step, contextlib.closing(made):
        for segment, staged, note in made:
            folder.finish(segment, staged, note)
            rows += note["rows"]
            rate = round(rows / max(time.monotonic() - started, 1e-9))
            step(segment.size, f"{rows:,} rows, {rate:,} a second")
    return rows


@contextlib.contextmanager
def _interruptible(folder: WorkFolder, segments: int) -> Iterator[None]:
    """Say how to go on when Ctrl-C ends the run."""
    try:
        yield
    except KeyboardInterrupt:
        done = len(folder.notes)
        say("note", f"{done} of {segments} segments are done; the same command goes on from there", "cyan")
        raise


def _join(plan: Plan, step: Step, folder: WorkFolder, job: Job, run: Run) -> None:
    """Join the segments to the output, which appears whole or not at all."""
    parts = [folder.part(segment) for segment in plan.segments]
    columns = (*plan.columns, *step.added)
    staged, out = Path(f"{run.out}.part"), Path(run.out)
    if job.out_kind == "parquet":
        with private_file(staged) as file:
            arrow().join_parquet(parts, file, columns)
    else:
        join_csv(line_of(columns), parts, staged)
    _check_places(run)
    staged.replace(out)
    sync_folder(out.absolute().parent)


@contextlib.contextmanager
def _explained(path: str) -> Iterator[None]:
    """Turn what the operating system refuses into FileTrouble that names the file."""
    try:
        yield
    except OSError as error:
        name = error.filename if isinstance(error.filename, str) else path
        raise FileTrouble(f"{shown_name(name)}: {error.strerror or 'it cannot be written'}.") from None


def encryption_of(step: Step) -> list[str]:
    """Return the algorithms of the keys for people, EA07 with the name of its tables."""
    labels: dict[str, None] = {}
    for ring in step.rings:
        for entry in ring.entries:
            label = f"EA{entry.ea.value}"
            if ring.tables is not None and entry.ea.value == "07":
                label = f"EA07 ({ring.tables.label})"
            labels[label] = None
    return list(labels)
