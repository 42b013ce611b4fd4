"""A run that ends too early, by whatever means, is continued, and comes to what it would have come to."""

from __future__ import annotations

import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.sessions import Answer, ask, environ, session, write_key
from voltoken.cli.batch.work import WorkFolder
from voltoken.sts import MeterPAN

ROWS = 8_000
SEGMENT = "10000"
"""Bytes: some 40 segments."""

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="needs signals")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with keys, a table of sales, and what an undisturbed run makes of it."""
    place = tmp_path_factory.mktemp("resume")
    write_key(place / "keys.json", base_date="14")
    pans = [MeterPAN.build("07", f"{serial:08d}") for serial in range(500)]
    with (place / "sales.csv").open("w", encoding="utf-8") as file:
        file.write("pan,ti,type,value,rnd,note\n")
        for row in range(ROWS):
            file.write(f"{pans[row % 500]},01,electricity,{row}.{row % 10},{row % 16},number {row}\n")
    assert session(*words(place / "whole.csv")).code == 0
    return place


def words(out: Path, *more: str) -> list[str]:
    """Return the words of a run with a fixed time in small segments."""
    place = out.parent
    tables = ("--in", str(place / "sales.csv"), "--out", str(out), "--keys", str(place / "keys.json"))
    return ["batch", "issue", *tables, "--time", "2026-03-01T13:00", "--segment-bytes", SEGMENT, *more]


def disturbed(
    out: Path, disturb: Callable[[subprocess.Popen[str]], None], segments: int, *more: str
) -> Answer:
    """Start a run in a session of its own, disturb it once some segments are done, and see how it ends.

    It is not disturbed before it has begun.
    """
    work = WorkFolder(str(out)).path
    with subprocess.Popen(
        [sys.executable, "-m", "voltoken", *words(out, *more)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ(),
        start_new_session=True,
    ) as running:
        while running.poll() is None and len(list(work.glob("*.json"))) < 1 + segments:
            time.sleep(0.001)  # the manifest is one of them
        disturb(running)
        said, complained = running.communicate(timeout=30)
    return Answer(running.returncode, said, complained)


def kill(running: subprocess.Popen[str]) -> None:
    """Kill the program, and only it: its workers have to notice, or reading what it says never ends."""
    running.kill()


def interrupt(running: subprocess.Popen[str]) -> None:
    """Press Ctrl-C: every process of the session gets it."""
    os.killpg(running.pid, signal.SIGINT)


def kill_a_worker(running: subprocess.Popen[str], work: Path) -> None:
    """Kill a worker; a file that one is writing is named after it."""
    while running.poll() is None:
        for written in work.glob("0*.new"):
            worker = written.name.split(".")[1]
            if worker.isdigit():  # not a note, which the parent writes
                os.kill(int(worker), signal.SIGKILL)
                return


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_killed_run_is_continued(folder: Path, workers: str) -> None:
    chance = random.Random(int(workers))
    out = folder / f"killed{workers}.csv"
    for place in range(2):
        ended = disturbed(out, kill, 1 + 12 * place + chance.randrange(12), "--workers", workers)
        assert (ended.code, out.exists()) == (-signal.SIGKILL, False)
    work = WorkFolder(str(out)).path
    assert stat.S_IMODE(work.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in work.iterdir()} == {0o600}
    done = session(*words(out, "--workers", workers, "--json"))
    assert (done.code, done.json["resumed_segments"] > 0) == (0, True)
    assert "going on" in done.err
    assert out.read_bytes() == (folder / "whole.csv").read_bytes()
    assert not work.exists()


def test_runs_killed_at_any_moment_come_to_the_same(folder: Path) -> None:
    chance = random.Random(5)
    out = folder / "often.csv"
    for _ in range(6):
        wait = chance.random()

        def later(running: subprocess.Popen[str], wait: float = wait) -> None:
            time.sleep(wait)
            running.kill()

        disturbed(out, later, 0)
    assert out.exists() or session(*words(out)).code == 0
    assert out.read_bytes() == (folder / "whole.csv").read_bytes()


@pytest.mark.parametrize(("workers", "segments"), [("1", 3), ("2", 0), ("2", 3)])
def test_ctrl_c_leaves_what_can_be_continued_and_says_so(folder: Path, workers: str, segments: int) -> None:
    out = folder / f"stopped{workers}-{segments}.csv"
    ended = disturbed(out, interrupt, segments, "--workers", workers)
    assert (ended.code, out.exists(), "Traceback" in ended.err) == (130, False, False), ended.err
    assert "the same command goes on from there" in ended.err
    assert session(*words(out)).code == 0
    assert out.read_bytes() == (folder / "whole.csv").read_bytes()


def test_a_lost_worker_is_told(folder: Path) -> None:
    out = folder / "lost.csv"
    work = WorkFolder(str(out)).path
    ended = disturbed(out, lambda running: kill_a_worker(running, work), 3, "--workers", "2")
    assert (ended.code, "Traceback" in ended.err) == (8, False), ended.err
    assert "A worker process has ended" in ended.err
    assert session(*words(out, "--workers", "2")).code == 0
    assert out.read_bytes() == (folder / "whole.csv").read_bytes()


def test_another_run_is_not_continued(folder: Path) -> None:
    out = folder / "other.csv"
    disturbed(out, kill, 2)
    for more, said in (
        (("--time", "2026-03-02"), "the options changed"),
        (("--segment-bytes", "11000"), "how the table is cut changed"),
    ):
        refused = ask(*words(out, *more))
        assert (refused.code, said in refused.err, "--fresh" in refused.err) == (8, True, True), refused.err
    other = write_key(folder / "other.json", base_date="14", krn=2).removeprefix("file:")
    place = words(out).index("--keys")
    refused = ask(*words(out)[: place + 1], other, *words(out)[place + 2 :])
    assert refused.code == 8
    again = ask(*words(out, "--fresh", "--json"))
    assert (again.code, again.json["resumed_segments"]) == (0, 0)


def test_a_table_that_changed_is_not_continued(folder: Path, tmp_path: Path) -> None:
    for name in ("sales.csv", "keys.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    out = tmp_path / "out.csv"
    disturbed(out, kill, 2)
    os.utime(tmp_path / "sales.csv")
    refused = ask(*words(out))
    assert (refused.code, "the table changed" in refused.err) == (8, True)


def test_a_continued_run_keeps_its_time(folder: Path) -> None:
    out = folder / "timed.csv"
    now = [word for word in words(out) if word not in ("--time", "2026-03-01T13:00")]
    work = WorkFolder(str(out))
    assert ask(*now).code == 0
    first = out.read_text("utf-8").splitlines()[1]
    out.unlink()
    disturbed(out, kill, 2)
    manifest = work.path / "manifest.json"
    begun = json.loads(manifest.read_text("utf-8"))
    begun["time"] = "2026-03-01T13:00:00+00:00"
    begun["options"]["rows"]["when"]["time"] = None
    manifest.write_text(json.dumps(begun), "utf-8")
    again = ask(*now, "--json")
    assert (again.code, again.json["time"]) == (0, "2026-03-01T13:00:00Z")
    assert out.read_bytes() == (folder / "whole.csv").read_bytes()
    assert first not in out.read_text("utf-8")


def test_two_runs_do_not_share_a_folder(folder: Path) -> None:
    out = folder / "twice.csv"
    with WorkFolder(str(out)).held(fresh=False):
        refused = session(*words(out))
    assert (refused.code, "another run is at work" in refused.err) == (8, True)
    assert ask(*words(out)).code == 0
