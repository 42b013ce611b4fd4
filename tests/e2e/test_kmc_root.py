"""New shares of a centre's root key, and signed heads of its log that are kept elsewhere."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.sessions import Answer, ask
from voltoken.drivers.centre import Centre

ALICE = ("--as", "alice", "--key", "alice.key")
OLD = ("--unseal", "file:old/share-1.txt", "--unseal", "file:old/share-3.txt")
NEW = tuple(word for number in (1, 2, 3) for word in ("--unseal", f"file:new/share-{number}.txt"))
TO_NEW = ("--shares", "3/4", "--shares-to", "new")


@pytest.fixture(scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("root")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in ("alice", "bob", "mal"):
            assert kmc("key", f"{name}.key").code == 0
        founders = ("--founder", "alice:alice.pub", "--founder", "bob:bob.pub")
        assert kmc("init", "centre", "--shares", "2/3", "--shares-to", "old", *founders).code == 0
    return folder


@pytest.fixture(autouse=True)
def _here(_made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in a folder with a centre, its three old shares, and keys of three people."""
    shutil.copytree(_made, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")


def kmc(*words: str) -> Answer:
    """Run a command of the centre."""
    return ask("kmc", *words)


def lines() -> int:
    """Return how long the log is."""
    with Centre.look(Path("centre")) as centre:
        return centre.state.lines


def test_old_shares_open_nothing_once_there_are_new_ones() -> None:
    made = kmc("shares", "centre", *TO_NEW, *OLD, *ALICE)
    assert (made.code, "Write a new backup" in made.out) == (0, True)
    assert len({Path(f"new/share-{number}.txt").read_text() for number in (1, 2, 3, 4)}) == 4
    assert kmc("backup", "centre", "--file", "b", *OLD).code == 13
    assert kmc("backup", "centre", "--file", "b", *NEW).code == 0
    assert kmc("rehearse", "b", "--centre", "centre", *NEW).code == 0
    assert "centre.root_changed" in kmc("log", "centre", "--alarms").out
    assert kmc("verify", "centre").code == 0


def test_new_shares_are_shown_once_where_nobody_wants_files() -> None:
    made = kmc("shares", "centre", "--shares", "2/2", *OLD, *ALICE)
    shown = [line.strip() for line in made.out.splitlines() if line.strip().startswith("VS1-")]
    assert len(shown) == 2
    for number, share in enumerate(shown):
        Path(f"{number}.txt").write_text(share)
    unseal = ("--unseal", "file:0.txt", "--unseal", "file:1.txt")
    assert kmc("head", "centre", "--to", "heads", *unseal).code == 0


def test_a_passphrase_can_take_the_place_of_shares() -> None:
    Path("words").write_text("a passphrase for the training room")
    made = ask("kmc", "shares", "centre", "--passphrase", "file:words", *OLD, *ALICE, "--json")
    assert made.json == {"centre": "centre", "share_files": []}
    assert kmc("head", "centre", "--to", "heads", "--unseal", "file:words").code == 0


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ((*OLD, *ALICE), 2, "one of --shares and --passphrase"),
        (("--shares", "2/3", "--passphrase", "prompt", *OLD, *ALICE), 2, "one of --shares and --passphrase"),
        (("--shares", "2/3", "--json", *OLD, *ALICE), 2, "--shares-to"),
        (("--shares", "1/3", *OLD, *ALICE), 3, "threshold"),
        (("--shares", "2/3", *ALICE), 13, "sealed"),
        (("--shares", "2/3", *OLD[:2], *ALICE), 13, "1 more share"),
        (("--shares", "2/3", *OLD, "--as", "alice", "--key", "mal.key"), 13, "active person 'alice'"),
        (("--shares", "2/3", *OLD, "--as", "mal", "--key", "mal.key"), 13, "active person 'mal'"),
        (("--shares", "2/3", "--shares-to", "old", *OLD, *ALICE), 8, "exists"),
    ],
    ids=["none", "both", "json", "one", "sealed", "too few", "another key", "a stranger", "over old ones"],
)
def test_the_root_stays_as_it_was_where_something_is_wrong(
    words: tuple[str, ...], code: int, says: str
) -> None:
    with Centre.look(Path("centre")) as centre:
        before = centre.root_record()
    answer = kmc("shares", "centre", *words)
    assert (answer.code, says in answer.err + answer.out) == (code, True), answer
    with Centre.look(Path("centre")) as centre:
        assert centre.root_record() == before


def test_a_disk_that_is_full_leaves_the_old_shares_good(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    before = lines()
    with monkeypatch.context() as patch:
        patch.setattr("voltoken.cli.kmc.shares.os.fsync", full)
        answer = kmc("shares", "centre", *TO_NEW, *OLD, *ALICE)
    assert (answer.code, "the old shares are good" in answer.err) == (8, True), answer
    assert not Path("new").exists()
    assert kmc("head", "centre", "--to", "heads", *OLD).code == 0
    assert lines() > before


def test_a_witness_sees_that_the_log_was_set_back() -> None:
    shutil.copytree("centre", "copy")
    assert kmc("head", "centre", "--to", "heads").out.strip() == f"heads knows line {lines()} of {lines()}."
    again = kmc("head", "centre", "--to", "heads", *OLD)
    assert again.out.strip() == f"heads knows line {lines()} of {lines()}."
    assert len(Path("heads").read_text().splitlines()) == 2
    assert ask("kmc", "head", "centre", "--to", "other", "--json").json["line"] == lines()
    assert kmc("verify", "centre", "--witness", "heads").code == 0
    cut = kmc("verify", "copy", "--witness", "heads")
    assert (cut.code, "tail was cut off" in " ".join(cut.out.split())) == (13, True)
    refused = kmc("head", "copy", "--to", "heads")
    assert (refused.code, "set back" in refused.err) == (13, True)


def test_lines_that_were_written_sealed_wait_for_the_next_head() -> None:
    assert kmc("country", "add", "centre", "KE", "--name", "Kenya", *ALICE).code == 0
    told = ask("kmc", "head", "centre", "--to", "heads", "--json").json
    assert told["line"] < told["lines"] == lines()
    assert "not signed yet" in kmc("head", "centre", "--to", "heads").out
