"""A centre whose process dies: an act is whole or did not happen, with its secret, its entry and its file."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tidy.source import ROOT
from tests.unit.drivers.centre import world
from tests.unit.drivers.centre.world import Place
from voltoken.drivers.centre import Centre, check_secrets, last_head, read_log, verify_centre
from voltoken.drivers.centre.store import POINTS

pytestmark = pytest.mark.slow  # processes at work

RANDOM_KILLS = int(os.environ.get("VOLTOKEN_KILLS", "3"))
"""How often at random moments; `./dev crash --kills N` says more."""


def writer(place: Place, *words: object) -> list[str]:
    shares = ",".join(place.shares)
    return [sys.executable, "-m", "tests.crash.centre_writer", *map(str, (place.folder, shares, *words))]


class Told:
    """What processes have printed: which acts they began, and which they reported as done."""

    def __init__(self) -> None:
        self.done: set[str] = set()
        self.begun = ""

    def hear(self, text: str) -> None:
        """Take in what a process printed until it died; its last line may be torn."""
        self.begun = ""
        for word, name in re.findall(r"(begin|done) (\S+)\n", text):
            self.begun = name if word == "begin" else ""
            if word == "done":
                self.done.add(name)


def audit(place: Place, told: Told) -> None:
    """Compare the centre with what was reported."""
    report = verify_centre(place.folder, public_key=place.public_key)
    assert report.faults == ()
    with Centre.look(place.folder) as centre:  # no secret is ever on the disk without a head that is signed
        touched = [line.seq for line in read_log(centre) if line.kind.startswith("secret.")]
        assert touched[-1] <= last_head(centre).seq
    with place.unsealed() as centre:
        state = centre.state
        made = {f"centre_key.add|{entry.entry_id}" for entry in state.of("centre_key")}
        made |= {
            f"centre_key.retire|{entry.entry_id}" for entry in state.where("centre_key", state="retired")
        }
        made |= {f"trust_list.add|{entry.entry_id}" for entry in state.of("trust_list")}
        assert told.done <= made <= told.done | {told.begun}
        told.done = made
        kids = {f"signing_key/{entry.get('kid')}" for entry in state.where("centre_key", state="active")}
        assert {*state.secrets} == kids | {"exchange"}
        assert check_secrets(centre) == len(state.secrets)
        papers = {f"C1.trust.{entry.entry_id}.json" for entry in state.of("trust_list")}
        assert {*centre.papers()} == papers
        for name in papers:
            centre.paper(name)
        done = [filed for filed in state.requests.values() if filed.outcome == "done"]
        assert len(done) == len(made)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return world.make(tmp_path / "c1")


@pytest.mark.parametrize(("point", "nth"), [*zip(POINTS, (2, 3, 5, 4, 5), strict=True)])
def test_a_centre_killed_at_a_named_point_goes_on_where_it_was(place: Place, point: str, nth: int) -> None:
    told = Told()
    words = writer(place, 1, 6, point, nth)
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    told.hear(ended.stdout)
    assert told.begun  # it died in an act
    before = set(told.done)
    assert len(before) == nth - 1
    audit(place, told)
    assert (told.begun in told.done) is (point == "after_commit")
    assert told.done - {told.begun} == before
    with place.unsealed() as centre:
        world.country(centre)


def test_a_centre_killed_at_any_moment_goes_on_where_it_was(place: Place) -> None:
    told, chance, kills = Told(), random.Random(29), 0
    for seed in range(RANDOM_KILLS):
        words = writer(place, seed, 10_000)
        # Not buffered: what a buffer has read beyond the first line would be lost.
        with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, bufsize=0) as child:
            assert child.stdout is not None
            heard = child.stdout.readline()  # it works; from here on it may die at any moment
            try:
                rest, _ = child.communicate(timeout=chance.uniform(0.02, 0.3))
            except subprocess.TimeoutExpired:
                child.kill()
                rest, _ = child.communicate()
                kills += 1
            told.hear((heard + rest).decode())
        audit(place, told)
    assert kills == RANDOM_KILLS
    assert told.done
