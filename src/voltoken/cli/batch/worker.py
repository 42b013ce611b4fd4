"""The work on one segment, and the processes that do it: each loads the keys itself, none is sent one."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from voltoken.cli.batch.changing import Changing
from voltoken.cli.batch.formats import is_fast
from voltoken.cli.batch.issuing import Issuing
from voltoken.cli.batch.plain import fitted, line_of, rows_of
from voltoken.cli.batch.plan import Segment
from voltoken.cli.batch.ring import KeyRing, load_ring
from voltoken.cli.batch.steps import BAD_ROW, Settings, Step, make_row, refusal
from voltoken.cli.batch.verifying import Verifying
from voltoken.cli.batch.work import private_file, write_private
from voltoken.cli.failures import FileTrouble, WrongFile
from voltoken.errors import VoltokenError

Note = dict[str, Any]
"""What is told about a finished segment: rows, tokens, and how many rows were refused by which code."""
Finished = tuple[Segment, str, Note]
"""A segment, the file with its rows, and the note about it."""

_AHEAD: Final = 2
"""Segments waiting for each worker, so that none is idle."""


@dataclass(frozen=True, slots=True)
class Job:
    """All that a worker needs; it is sent to other processes, so there are no keys in it.

    kind, out_kind: ``csv`` or ``parquet``. keys: which keys the files held when the run began.
    """

    name: str
    settings: Settings
    path: str
    kind: str
    out_kind: str
    columns: tuple[str, ...]
    folder: Path
    keys: tuple[Mapping[str, object], ...] = ()


class WorkerLost(click.ClickException):
    """A worker is gone before its work was done."""

    exit_code = 8
    code = "batch.worker"


def step_of(name: str, settings: Settings) -> Step:
    """Return the step of a command with its keys. Raises what ``load_ring`` does."""
    ring = load_ring(settings.keys, settings.key)
    if name == Issuing.name:
        return Issuing(settings, ring)
    if name == Verifying.name:
        return Verifying(settings, ring)
    target: KeyRing | None = load_ring(settings.to_keys, settings.key) if settings.to_keys else None
    return Changing(settings, ring, target)


def keys_of(step: Step) -> tuple[Mapping[str, object], ...]:
    """Return which keys a step uses, without their bytes."""
    return tuple(entry.document() for ring in step.rings for entry in ring.entries)


class Worker:
    """Makes segments of a job, one after the other."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.is_fast = is_fast()
        try:
            self.step = step_of(job.name, job.settings)
        except VoltokenError as error:  # in a form that finds its way to another process
            raise WrongFile(error.message) from None
        if keys_of(self.step) != job.keys:
            raise FileTrouble("The key files have changed since the run began.")

    def run(self, segment: Segment) -> Finished:
        """Make a segment and return the file that holds its rows, which is on the disk."""
        staged = self.job.folder / f"{segment.index:06d}.{os.getpid()}.new"
        note = self._run_fast(segment, staged) if self.is_fast else self._run_plainly(segment, staged)
        return segment, str(staged), note

    def _bytes(self, segment: Segment) -> bytes:
        with Path(self.job.path).open("rb") as file:
            file.seek(segment.start)
            return file.read(segment.size)

    def _run_plainly(self, segment: Segment, staged: Path) -> Note:
        columns, lines, note = self.job.columns, [], new_note()
        for cells, wrong in fitted(rows_of(self._bytes(segment).decode()), len(columns)):
            row = {name: cell.strip() for name, cell in zip(columns, cells, strict=True)}
            made = refusal(self.step, BAD_ROW, wrong) if wrong else make_row(self.step, row)
            count(note, 1, self.step.count(made), made[-2])
            lines.append(line_of([*cells, *made]))
        write_private(staged, "".join(lines).encode())
        return note

    def _run_fast(self, segment: Segment, staged: Path) -> Note:
        from voltoken.cli.batch import arrow

        with arrow.explained(self.job.path):
            return self._run_columns(segment, staged)

    def _run_columns(self, segment: Segment, staged: Path) -> Note:
        from voltoken.cli.batch import arrow
        from voltoken.cli.batch.fast import make_columns
        from voltoken.cli.batch.vector import patched

        job, step = self.job, self.step
        if job.kind == "parquet":
            table = arrow.read_parquet(job.path, segment.group, segment.start, segment.end)
        else:
            table = arrow.read_csv(self._bytes(segment), job.columns)
        made = make_columns(step, table)
        note = new_note()
        count(note, table.rows - len(made.rest), made.tokens, "")
        changes: list[dict[int, str]] = [{} for _ in step.added]
        for row in made.rest.tolist():
            wrong = table.bad.get(row)
            texts = (
                make_row(step, table.row(row, step.known)) if wrong is None else refusal(step, BAD_ROW, wrong)
            )
            count(note, 1, step.count(texts), texts[-2])
            for change, text in zip(changes, texts, strict=True):
                change[row] = text
        columns: list[arrow.Column] = [*map(patched, made.columns, changes), *changes[-2:]]
        added = dict(zip(step.added, columns, strict=True))
        if job.out_kind == "parquet":
            with private_file(staged) as out:
                table.write_ipc(out, added)
        else:
            write_private(staged, table.csv(added))
        return note


def new_note() -> Note:
    """Return a note about nothing yet."""
    return {"rows": 0, "tokens": 0, "refused": {}}


def count(note: Note, rows: int, tokens: int, code: str) -> None:
    """Count rows in a note. code: of what was wrong with them, or empty."""
    note["rows"] += rows
    note["tokens"] += tokens
    if code:
        note["refused"][code] = note["refused"].get(code, 0) + rows


def total_of(notes: Iterable[Note]) -> Note:
    """Return one note about all that others tell of."""
    total = new_note()
    for note in notes:
        count(total, note["rows"] - sum(note["refused"].values()), note["tokens"], "")
        for code, rows in note["refused"].items():
            count(total, rows, 0, code)
    return total


# ---------------------------------------------------------------------- processes


def finished(job: Job, segments: Sequence[Segment], workers: int) -> Generator[Finished, None, None]:
    """Yield segments as they are made, here or by so many processes.

    Raises WorkerLost when a process dies, and what a worker raises.
    """
    if workers == 1 or len(segments) < 2:
        worker = Worker(job)
        yield from map(worker.run, segments)
        return
    context = multiprocessing.get_context("spawn")
    left = iter(segments)
    pool = ProcessPoolExecutor(min(workers, len(segments)), context, _start, (job,))
    try:
        pending: set[Future[Finished]] = set()
        while True:
            for segment in left:
                with _interrupts_held():
                    pending.add(pool.submit(_run, segment))
                if len(pending) >= workers * _AHEAD:
                    break
            if not pending:
                return
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    except BrokenProcessPool:
        raise WorkerLost(
            "A worker process has ended before its work was done: killed, or out of memory. What was "
            "finished is kept; run the same command again to go on, with fewer --workers if memory is short."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Keep Ctrl-C back for a moment: a process that is born meanwhile will never see it."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_jobs: list[Job] = []
_workers: list[Worker] = []
"""The job of this process, and the worker it is once the first segment has come."""


def _start(job: Job) -> None:
    """Make this process a worker. It leaves Ctrl-C to its parent, and goes when its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _jobs.append(job)


def _run(segment: Segment) -> Finished:
    if not _workers:
        _workers.append(Worker(_jobs[0]))
    return _workers[0].run(segment)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
