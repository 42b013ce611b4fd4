"""The journal of a module whose process dies: nothing that was reported is lost, nothing is there twice."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tidy.source import ROOT
from tests.unit.drivers.journal.world import KEY, PAN, issued, loaded, make, token_of, unlocked
from tests.unit.drivers.journal.world import NOW as MOMENT
from voltoken.drivers.journal import FileWitness, verify_journal
from voltoken.security import Usage

pytestmark = pytest.mark.slow  # processes, sockets or disks at work

POINTS = ("begin", "rows", "before_commit", "after_commit")
RANDOM_KILLS = int(os.environ.get("VOLTOKEN_KILLS", "4"))
"""How often at random moments; `./dev crash --kills N` says more."""


def writer(*words: object) -> list[str]:
    return [sys.executable, "-m", "tests.crash.journal_writer", *map(str, words)]


class Told:
    """What processes have printed: which batches they began, and which they reported as committed."""

    def __init__(self) -> None:
        self.done: dict[int, int] = {}
        self.begun: tuple[int, int] | None = None

    def hear(self, text: str) -> None:
        """Take in what a process printed until it died; its last line may be torn."""
        self.begun = None
        for word, first, size in re.findall(r"(begin|done) (\d+) (\d+)\n", text):
            if word == "begin":
                self.begun = int(first), int(size)
            else:
                self.done[int(first)] = int(size)
                self.begun = None


def audit(path: Path, told: Told) -> None:
    """Compare the journal with what was reported, counted here and by nobody else."""
    assert verify_journal(path).faults == ()
    with unlocked(path) as journal:
        sizes = dict(told.done)
        if told.begun is not None:
            first, size = told.begun
            present = [
                journal.result(f"vend-{number}:1") is not None for number in range(first, first + size)
            ]
            assert len(set(present)) == 1  # all of the last batch, or none
            if present[0]:
                sizes[first] = size
        numbers = [number for first, size in sizes.items() for number in range(first, first + size)]
        assert sorted(numbers) == list(range(1, len(numbers) + 1))
        assert journal.issued() == len(numbers)
        assert journal.usage(KEY) == Usage(5 * len(numbers), sum(numbers))
        for number in numbers:
            found = journal.result(f"vend-{number}:1")
            assert found is not None
            assert found.answer == issued(number).answer
            assert journal.request_of(PAN, token_of(number)) == f"vend-{number}:1"
            assert journal.attempts(PAN, "14", 6_000_000 + number) == 1
        assert [one.request_id for one in journal.moves(PAN)] == [
            f"change-{first}:1" for first in sorted(sizes)
        ]
        told.done = sizes


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = make(tmp_path / "journal.db")
    with unlocked(file) as journal:
        journal.commit([loaded(ulm=2**62)], MOMENT)
    return file


@pytest.mark.parametrize("point", POINTS)
def test_a_module_killed_at_a_named_point_goes_on_where_it_was(path: Path, point: str) -> None:
    told = Told()
    for nth in (1, 3):
        ended = subprocess.run(
            writer(path, 11, 5, point, nth), cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        told.hear(ended.stdout)
        assert told.begun is not None  # it died in a commit
        audit(path, told)


def test_a_module_killed_at_any_moment_goes_on_where_it_was(path: Path) -> None:
    told, chance, kills = Told(), random.Random(23), 0
    for seed in range(RANDOM_KILLS):
        with subprocess.Popen(
            writer(path, seed, 100_000), cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            heard = child.stdout.readline()  # it works; from here on it may die at any moment
            try:
                rest, _ = child.communicate(timeout=chance.uniform(0.05, 0.5))
            except subprocess.TimeoutExpired:
                child.kill()
                rest, _ = child.communicate()
                kills += 1
            told.hear(heard + rest)
        audit(path, told)
    assert kills == RANDOM_KILLS
    assert len(told.done) > RANDOM_KILLS


@pytest.fixture
def strace() -> str:
    found = shutil.which("strace")
    if found is None:
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail("strace is not installed")
        pytest.skip("strace is not installed: apt-get install strace")
    return found


CALL = re.compile(r"^(?:\d+ +)?(pwrite64|write|fsync|fdatasync)\((\d+)<([^>]*)>(.*)")


def test_the_disk_has_a_commit_before_the_process_says_so(path: Path, strace: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    options = ["-f", "-y", "-s", "16", "-e", "trace=pwrite64,write,fsync,fdatasync", "-o", str(trace)]
    subprocess.run([strace, *options, *writer(path, 3, 6)], cwd=ROOT, check=True, capture_output=True)
    unsynced, synced, answers = False, False, 0
    for line in trace.read_text().splitlines():
        found = CALL.match(line)
        if not found:
            continue
        call, descriptor, name, rest = found.groups()
        if name.endswith("journal.db-wal"):
            if call in {"fsync", "fdatasync"}:
                assert rest.endswith("= 0")
                synced, unsynced = True, False
            else:
                unsynced = True
        elif call == "write" and descriptor == "1" and '"begin' in rest:
            synced = False
        elif call == "write" and descriptor == "1" and '"done' in rest:
            assert synced
            assert not unsynced
            answers += 1
    assert answers == 6


def test_a_witness_has_a_checkpoint_on_its_disk_before_it_says_so(tmp_path: Path, strace: str) -> None:
    program = (
        "import sys\n"
        "from tests.unit.drivers.journal.test_witness import checkpoint\n"
        "from voltoken.drivers.journal import FileWitness\n"
        "FileWitness(sys.argv[1]).send(checkpoint())\n"
        "print('taken', flush=True)\n"
    )
    trace, file = tmp_path / "trace", tmp_path / "witness.jsonl"
    options = ["-f", "-y", "-s", "16", "-e", "trace=write,fsync", "-o", str(trace)]
    subprocess.run([strace, *options, sys.executable, "-c", program, str(file)], cwd=ROOT, check=True)
    calls = [
        found[1]
        for found in map(CALL.match, trace.read_text().splitlines())
        if found and (found[3] == str(file) or '"taken' in found[4])
    ]
    assert calls == ["write", "fsync", "write"]


DISK_FULL = """
import resource, sys
from tests.unit.drivers.journal.world import NOW, issued, unlocked
from voltoken.errors import JournalError

def full(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

from pathlib import Path
path, size = Path(sys.argv[1]), int(sys.argv[2])
with unlocked(path) as journal:
    journal.commit([issued(1)], NOW)
    before = journal.head, journal.usage(issued(1).key), journal.issued()
    full(path.with_name(path.name + "-wal").stat().st_size + size)
    try:
        journal.commit([issued(number) for number in range(2, 20_000)], NOW)
    except JournalError as error:
        print("refused:", error)
    assert (journal.head, journal.usage(issued(1).key), journal.issued()) == before
    assert journal.result("vend-2:1") is None
    full(resource.RLIM_INFINITY)
    try:
        journal.commit([issued(2)], NOW)
        print("went on")
    except JournalError as error:
        print("failed:", error)
"""


@pytest.mark.parametrize("size", [0, 3000, 9_000_000], ids=["at once", "within a page", "later"])
def test_a_full_disk_refuses_the_commit_and_nothing_of_it_is_there(path: Path, size: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", DISK_FULL, str(path), str(size)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    refused, then = ended.stdout.splitlines()
    assert refused.startswith("refused: The journal cannot be written")
    assert then == "went on" or then.startswith("failed: The journal is not written any more")
    assert verify_journal(path).faults == ()
    with unlocked(path) as journal:
        present = {number for number in range(1, 30) if journal.result(f"vend-{number}:1")}
        assert present == ({1, 2} if then == "went on" else {1})
        assert journal.usage(KEY) == Usage(5 * len(present), 0)
        journal.commit([issued(number) for number in range(30, 40)], MOMENT)
    assert verify_journal(path).faults == ()


def test_checkpoints_of_a_killed_module_are_those_of_its_log(path: Path, tmp_path: Path) -> None:
    subprocess.run(writer(path, 1, 30), cwd=ROOT, check=True, capture_output=True)
    witness = tmp_path / "witness.jsonl"
    with unlocked(path) as journal:
        last = journal.last_checkpoint()
        assert last is not None
        FileWitness(witness).send(last)
    report = verify_journal(path, witness=witness)
    assert report.faults == ()
    assert report.checkpoints > 1
