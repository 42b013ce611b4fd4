"""What travels between the processes of a batch: jobs without keys, errors that arrive whole."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import click
import pytest

from tests.e2e.sessions import METER, VENDING_KEY, write_key
from voltoken.cli.batch.plan import Segment
from voltoken.cli.batch.steps import Settings
from voltoken.cli.batch.worker import Job, Worker, keys_of, step_of, total_of
from voltoken.cli.failures import FileTrouble, WrongFile
from voltoken.cli.keys import KeyOptions
from voltoken.cli.parameters import moment
from voltoken.cli.times import When
from voltoken.sts import KEN, TI


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """Return a job with one row."""
    source = write_key(tmp_path / "keys.json").removeprefix("file:")
    table = tmp_path / "t.csv"
    table.write_text(f"{METER},electricity,0.1\n", "utf-8")
    when = When(moment("2004-03-01T13:00"))
    settings = Settings((source,), key=KeyOptions(ti=TI("01"), ken=KEN(255)), when=when)
    keys = keys_of(step_of("issue", settings))
    return Job("issue", settings, str(table), "csv", "csv", ("pan", "type", "value"), tmp_path, keys)


def test_a_job_is_sent_without_keys_and_done_where_it_arrives(job: Job, tmp_path: Path) -> None:
    sent = pickle.dumps(job)
    assert VENDING_KEY not in sent.hex()
    assert VENDING_KEY.encode() not in sent
    arrived = pickle.loads(sent)  # noqa: S301 - our own
    assert arrived == job
    size = (tmp_path / "t.csv").stat().st_size
    _, staged, note = Worker(arrived).run(Segment(0, 0, size))
    assert note == {"rows": 1, "tokens": 1, "refused": {}}
    assert Path(staged).read_text("utf-8").startswith(f"{METER},electricity,0.1,")


def test_a_worker_refuses_other_keys_than_the_run_began_with(job: Job, tmp_path: Path) -> None:
    with pytest.raises(FileTrouble, match="have changed"):
        Worker(replace(job, keys=()))
    (tmp_path / "keys.json").write_text("no key", "utf-8")
    with pytest.raises(WrongFile):  # not a FieldError, which another process could not make again
        Worker(job)


@pytest.mark.parametrize("kind", [FileTrouble, WrongFile])
def test_errors_arrive_whole(kind: type[click.ClickException]) -> None:
    arrived = pickle.loads(pickle.dumps(kind("what is wrong")))  # noqa: S301 - our own
    assert (type(arrived), arrived.message) == (kind, "what is wrong")


def test_notes_are_added_up() -> None:
    one = {"rows": 5, "tokens": 3, "refused": {"a": 2}}
    two = {"rows": 4, "tokens": 8, "refused": {"a": 1, "b": 1}}
    assert total_of([one, two]) == {"rows": 9, "tokens": 11, "refused": {"a": 3, "b": 1}}
