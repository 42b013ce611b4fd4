"""The thread of a module: fair, bounded, closed by its own faults, and stopped by a clock or a disk."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.contract.sites import KEY, Post, new_id, new_meter, tid_now
from tests.unit.security.desk import register
from voltoken.drivers.journal import Checkpoint, FileWitness, verify_journal
from voltoken.drivers.local import worker as worker_module
from voltoken.drivers.local.home import Home
from voltoken.drivers.local.jobs import Issue
from voltoken.drivers.local.worker import Worker
from voltoken.drivers.turns import Turns
from voltoken.errors import (
    JournalError,
    ModuleOutcomeUnknown,
    ModuleUnavailable,
    PeerError,
    ResultMissing,
    SecurityModuleError,
)
from voltoken.security import CreditRequest, Issued, IssuedToken, MeterTestRequest, Record, Refusal
from voltoken.sts import InitiateMeterTestDisplay, Service

PATIENCE = 20
"""Seconds after which a test that waits for another thread has failed."""
FAULT = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    """A module with one key."""
    made = Post(tmp_path / "module", keys=(register(KEY, ulm=10**9),))
    yield made
    made.close()


def credit(steps: int = 10) -> CreditRequest:
    return CreditRequest(new_id(), new_meter(), KEY, Service.ELECTRICITY, steps, tid_now())


def worker_of(post: Post) -> Worker:
    return post.module._worker


@contextmanager
def held(post: Post) -> Iterator[threading.Event]:
    """Keep the module's thread busy until the block ends or the event is set."""
    entered, go = threading.Event(), threading.Event()

    def stay() -> None:
        entered.set()
        assert go.wait(PATIENCE)

    holder = threading.Thread(target=lambda: worker_of(post).alone(stay))
    holder.start()
    assert entered.wait(PATIENCE)
    try:
        yield go
    finally:
        go.set()
        holder.join(PATIENCE)


def commits_of(post: Post) -> list[list[str]]:
    """Return a list that fills with the request ids of every commit from now on."""
    journal = worker_of(post).journal
    seen: list[list[str]] = []
    commit = journal.commit

    def spy(records: Sequence[Record], at: datetime) -> int:
        seen.append([one.request_id for one in records if isinstance(one, Issued)])
        return commit(records, at)

    journal.commit = spy  # type: ignore[method-assign]
    return seen


def test_one_job_of_a_client_does_not_wait_for_all_jobs_of_another(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "JOBS_TOGETHER", 4)
    commits, worker = commits_of(post), worker_of(post)
    jobs = {name: [Issue(name, [credit()]) for _ in range(10)] for name in ("till", "other")}
    jobs["slow"] = [Issue("slow", [credit()])]
    with held(post):
        for job in (one for each in jobs.values() for one in each):
            worker._put(job.client, job)
    for job in (one for each in jobs.values() for one in each):
        assert isinstance(job.future.result(PATIENCE)[0], IssuedToken)
    whose = {job.requests[0].request_id: name for name, each in jobs.items() for job in each}
    clients = [[whose[one] for one in ids] for ids in commits if ids]
    assert clients[0] == ["till", "other", "slow", "till"]
    assert clients[1:] == [["other", "till"] * 2] * 4 + [["other"]]


def test_what_waits_together_is_written_together_and_each_gets_its_own(post: Post) -> None:
    commits = commits_of(post)
    jobs = [Issue("till", [credit(n) for n in range(first, first + 3)]) for first in range(1, 30, 3)]
    with held(post):
        for job in jobs:
            worker_of(post)._put("till", job)
    for job in jobs:
        answers = job.future.result(PATIENCE)
        assert [one.request_id for one in answers] == [one.request_id for one in job.requests]
    assert [len(ids) for ids in commits if ids] == [30]


def test_a_long_batch_is_cut_and_answered_in_order(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "REQUESTS_A_JOB", 10)
    commits, requests = commits_of(post), [credit() for _ in range(25)]
    answers = post.client("till").issue_many(requests)
    assert [one.request_id for one in answers] == [one.request_id for one in requests]
    assert [len(ids) for ids in commits] == [10, 10, 5]


def test_a_full_queue_says_that_the_module_is_busy_and_nothing_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "Turns", functools.partial(Turns, 2, 3))
    post = Post(tmp_path / "small", keys=(register(KEY),))
    worker, refused = worker_of(post), credit()
    jobs = [Issue("till", [credit()]), Issue("till", [credit()]), Issue("other", [credit()])]
    with held(post):
        for job in jobs[:2]:
            worker._put("till", job)
        with pytest.raises(ModuleUnavailable) as caught:
            post.client("till").issue_credit(refused)
        worker._put("other", jobs[2])
        with pytest.raises(ModuleUnavailable):
            post.client("slow").issue_credit(credit())
    assert (caught.value.detail["refusal"], caught.value.retry_safe) == ("module.busy", True)
    assert all(isinstance(job.future.result(PATIENCE)[0], IssuedToken) for job in jobs)
    with pytest.raises(ResultMissing):
        post.client("till").fetch_result(refused.request_id)
    assert post.client("till").issue_credit(refused).request_id == refused.request_id
    post.close()


def break_deciding(monkeypatch: pytest.MonkeyPatch, post: Post) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(worker_of(post).engine, "decide", fail)


def break_writing(monkeypatch: pytest.MonkeyPatch, post: Post) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(worker_of(post).journal, "commit", fail)


def break_giving(monkeypatch: pytest.MonkeyPatch, post: Post) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(worker_module, "give", fail)


@FAULT
@pytest.mark.parametrize(
    ("breaking", "written"),
    [(break_deciding, False), (break_writing, False), (break_giving, True)],
    ids=["deciding", "writing", "giving"],
)
def test_a_fault_of_ours_closes_the_module_and_nobody_gets_an_answer(
    post: Post,
    breaking: Callable[[pytest.MonkeyPatch, Post], None],
    written: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, waiting = credit(), Issue("other", [credit()])
    worker = worker_of(post)
    monkeypatch.setattr(worker_module, "JOBS_TOGETHER", 1)
    breaking(monkeypatch, post)
    job = Issue("till", [asked])
    with held(post):
        worker._put("till", job)
        worker._put("other", waiting)
    with pytest.raises(ModuleOutcomeUnknown):
        job.future.result(PATIENCE)
    with pytest.raises(ModuleUnavailable):  # this one was not begun
        waiting.future.result(PATIENCE)
    worker._thread.join(PATIENCE)
    assert repr(worker.engine.vault) == "MemoryVault(0 keys)"
    assert worker.sealed
    for act in (
        lambda: post.client("till").issue_credit(credit()),
        post.module.status,
        lambda: post.keeper.unseal(post.offers[0], by="ann"),
    ):
        with pytest.raises(ModuleUnavailable):
            act()
    monkeypatch.undo()
    post.restart()
    till = post.client("till")
    if written:
        assert till.fetch_result(asked.request_id).request_id == asked.request_id
    else:
        with pytest.raises(ResultMissing):
            till.fetch_result(asked.request_id)
    assert till.issue_credit(asked).request_id == asked.request_id
    assert post.keeper.verify_audit().sound


@FAULT
def test_a_fault_in_what_a_keeper_does_closes_the_module_too(post: Post) -> None:
    with pytest.raises(SecurityModuleError):
        worker_of(post).alone(lambda: 1 // 0)
    worker_of(post)._thread.join(PATIENCE)
    with pytest.raises(ModuleUnavailable):
        post.module.status()


def test_a_clock_that_was_set_back_stops_the_module_until_it_is_right(post: Post) -> None:
    till, right = post.client("till"), post.clock.now
    kept = credit()
    token = till.issue_credit(kept)
    post.clock.now = right - timedelta(minutes=5)
    till.issue_credit(credit())
    assert till.status().alerts == ("EA07 runs on the sample tables: real meters refuse such tokens.",)
    post.clock.now = right - timedelta(minutes=6)
    asked = credit()
    test = MeterTestRequest(new_id(), InitiateMeterTestDisplay(0, 1, 0))
    for request in (asked, kept, test):
        (answer,) = till.issue_many([request])
        assert isinstance(answer, Refusal)
        assert (answer.code, answer.request_id) == ("module.clock", request.request_id)
        assert answer.retry_safe
    assert any("clock" in alert for alert in till.status().alerts)
    post.keeper.delete_key(KEY, by="ann", reason="to write a line")
    post.load(register(KEY))
    post.reopen()  # the journal knows it as well, whatever was written meanwhile
    (answer,) = post.client("till").issue_many([test])
    assert isinstance(answer, Refusal)
    assert answer.code == "module.clock"
    post.clock.now = right
    post.unseal()
    assert post.client("till").issue_credit(kept) == token
    assert not any("clock" in alert for alert in post.client("till").status().alerts)


def test_a_clock_that_was_ahead_is_set_right_by_those_who_unseal_and_the_log_says_so(post: Post) -> None:
    right = post.clock.now
    post.clock.now += timedelta(days=400)
    post.keeper.approve("x:1", "0" * 32, post.clock.now + timedelta(days=1), by="ann", reason="to see")
    post.clock.now = right
    with pytest.raises(ModuleUnavailable):
        post.client("till").issue_credit(credit())
    post.seal()
    post.unseal()
    assert post.client("till").issue_credit(credit()).tid == tid_now()
    unsealed = [json.loads(one.body) for one in post.keeper.audit() if '"kind":"unsealed"' in one.body]
    assert unsealed[-1]["facts"] == {"by": "ann", "minutes_back": 400 * 24 * 60}
    assert unsealed[-1]["alarm"]
    assert "alarm" not in unsealed[0]


def test_closing_ends_what_was_begun_and_refuses_what_waits(post: Post) -> None:
    worker, closed = worker_of(post), threading.Event()
    requests = [credit() for _ in range(5)]
    shut = worker._turns.close

    def close() -> None:
        shut()
        closed.set()

    worker._turns.close = close  # type: ignore[method-assign]
    jobs = [Issue("till", [one]) for one in requests]
    with ThreadPoolExecutor(1) as closer, held(post) as go:
        for job in jobs:
            worker._put("till", job)
        closing = closer.submit(post.close)
        assert closed.wait(PATIENCE)
        go.set()
        closing.result(PATIENCE)
    for job in jobs:
        with pytest.raises(ModuleUnavailable):
            job.future.result(PATIENCE)
    with pytest.raises(ModuleUnavailable):
        post.client("till").issue_credit(credit())
    post._open()
    post.unseal()
    for one in requests:
        with pytest.raises(ResultMissing):
            post.client("till").fetch_result(one.request_id)


def test_closing_twice_is_no_fault(post: Post) -> None:
    post.close()
    post.close()


def test_a_module_that_cannot_write_its_log_is_sealed_all_the_same(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise JournalError("the disk is full")

    monkeypatch.setattr(worker_of(post).journal, "commit", full)
    with pytest.raises(JournalError):
        post.seal()
    assert post.module.sealed
    assert repr(worker_of(post).engine.vault) == "MemoryVault(0 keys)"


def test_a_module_that_cannot_write_its_log_is_not_unsealed(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.reopen()
    post.keeper.unseal(post.offers[0], by="ann")

    def full(*_: object) -> None:
        raise JournalError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(worker_of(post).journal, "commit", full)
        with pytest.raises(JournalError):
            post.keeper.unseal(post.offers[1], by="bob")
    assert post.module.sealed
    assert repr(worker_of(post).engine.vault) == "MemoryVault(0 keys)"


def test_a_journal_that_cannot_be_written_makes_no_token_and_says_so(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise JournalError("the disk is full")

    asked = credit()
    with monkeypatch.context() as patch:
        patch.setattr(worker_of(post).journal, "commit", full)
        with pytest.raises(ModuleUnavailable) as caught:
            post.client("till").issue_credit(asked)
        assert (caught.value.detail["refusal"], caught.value.retry_safe) == ("module.journal", True)
    with pytest.raises(ResultMissing):
        post.client("till").fetch_result(asked.request_id)
    assert post.client("till").issue_credit(asked).request_id == asked.request_id


class Scribe:
    """A witness who can be away, and says when each checkpoint has come round."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.away = False
        self.taken: list[Checkpoint] = []
        self.called = threading.Semaphore(0)

    def send(self, checkpoint: Checkpoint) -> None:
        """Take a checkpoint."""
        try:
            if self.away:
                raise PeerError("nobody is there")
            self.taken.append(checkpoint)
        finally:
            self.called.release()


@pytest.fixture
def scribes(monkeypatch: pytest.MonkeyPatch) -> tuple[Scribe, Scribe]:
    """Two witnesses of every module; the second is asked after the first."""
    pair = Scribe("first"), Scribe("second")
    monkeypatch.setattr(Home, "witnesses", lambda _: pair)
    return pair


def test_a_witness_who_is_away_is_an_alert_and_costs_no_token(
    tmp_path: Path, scribes: tuple[Scribe, Scribe], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = scribes
    post = Post(tmp_path / "module", keys=(register(KEY),))
    monkeypatch.setattr(worker_module, "LINES_A_CHECKPOINT", 5)
    till, first.away = post.client("till"), True
    tokens = [till.issue_credit(credit()) for _ in range(10)]
    assert second.called.acquire(timeout=PATIENCE)  # so the first one has failed
    assert [one for one in till.status().alerts if "first" in one]
    assert not [one for one in till.status().alerts if "second" in one]
    first.away = False
    tokens += till.issue_many([credit() for _ in range(10)])  # type: ignore[arg-type]
    assert all(isinstance(one, IssuedToken) for one in tokens)
    post.close()
    assert first.taken[-1] == second.taken[-1]
    assert post.module._worker.alerts() == ()
    assert first.taken[-1].seq == verify_journal(post.folder / "journal.db").entries


def test_the_head_of_the_log_is_signed_from_time_to_time(
    tmp_path: Path, scribes: tuple[Scribe, Scribe], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "SECONDS_A_CHECKPOINT", 0.001)
    post = Post(tmp_path / "module", keys=(register(KEY),))
    post.client("till").issue_credit(credit())
    last = worker_of(post).journal.head[0]
    while not any(one.seq >= last for one in scribes[1].taken):
        assert scribes[1].called.acquire(timeout=PATIENCE)
    count = len(scribes[0].taken)
    assert worker_of(post).alone(lambda: worker_of(post).checkpoint()) is None
    assert len(scribes[0].taken) == count  # nothing is signed twice
    post.close()


def test_checkpoints_reach_a_file_and_show_that_the_end_was_cut_off(tmp_path: Path) -> None:
    file = tmp_path / "witness.jsonl"
    post = Post(tmp_path / "module", keys=(register(KEY),), more=f"witness = {{files = ['{file}']}}")
    post.client("till").issue_credit(credit())
    post.seal()
    post.unseal()
    post.client("till").issue_credit(credit())
    post.close()
    report = verify_journal(post.folder / "journal.db", witness=FileWitness(file).path)
    assert report.faults == ()
    lines = file.read_text().splitlines()
    assert len(lines) >= 2
    assert Checkpoint.parse(lines[-1]).seq == report.entries  # the last line is signed when the module closes
