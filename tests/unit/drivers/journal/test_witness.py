"""Checkpoints and those who keep them: signed, passed on, never backwards."""

from __future__ import annotations

import http.server
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.drivers.journal.world import MODULE, NOW, unlocked
from voltoken.drivers.journal import Checkpoint, FileWitness, Journal, UrlWitness, give
from voltoken.errors import FieldError, JournalError, PeerError
from voltoken.security import Event


def checkpoint(seq: int = 5, **changes: Any) -> Checkpoint:
    given: dict[str, Any] = {
        "module_id": MODULE,
        "seq": seq,
        "hash": bytes([seq]) * 32,
        "at": NOW,
        "signature": bytes(64),
    }
    return Checkpoint(**given | changes)


def test_a_checkpoint_is_signed_by_the_module_over_all_it_says(journal: Journal) -> None:
    found = journal.checkpoint(NOW)
    assert found is not None
    assert (found.module_id, (found.seq, found.hash), found.at) == (MODULE, journal.head, NOW)
    key = journal.identity.public_key
    assert found.is_signed_by(key)
    assert Checkpoint.parse(found.text()) == found
    for other in (
        Checkpoint("SM-2", found.seq, found.hash, found.at, found.signature),
        Checkpoint(MODULE, found.seq + 1, found.hash, found.at, found.signature),
        Checkpoint(MODULE, found.seq, bytes(32), found.at, found.signature),
        Checkpoint(MODULE, found.seq, found.hash, found.at + timedelta(seconds=1), found.signature),
        Checkpoint(MODULE, found.seq, found.hash, found.at, bytes(64)),
    ):
        assert not other.is_signed_by(key)
    assert not found.is_signed_by(bytes(32))
    assert not found.is_signed_by(b"short")


def test_no_second_checkpoint_is_made_without_news(path: Path) -> None:
    with unlocked(path) as journal:
        assert journal.last_checkpoint() is None
        first = journal.checkpoint(NOW)
        assert journal.checkpoint(NOW + timedelta(hours=1)) is None
        assert journal.last_checkpoint() == first
        journal.commit([Event("news", {})], NOW)
        second = journal.checkpoint(NOW)
        assert second is not None
    with unlocked(path) as journal:
        assert journal.last_checkpoint() == second
        assert journal.checkpoint(NOW) is None


@given(st.text(max_size=300))
@example(checkpoint().text().replace('"seq":5', '"seq":true'))
@example(checkpoint().text().replace('"seq":5', '"seq":5.0'))
@example(checkpoint().text().replace('"seq":5', '"seq":' + "9" * 30))
@example(checkpoint().text().replace("2026", "9999"))
@example(checkpoint().text().replace("05", "0 5"))
@example("[" * 9999)
def test_any_text_is_a_checkpoint_or_a_journal_error(text: str) -> None:
    try:
        found = Checkpoint.parse(text)
    except JournalError:
        return
    assert found.text() == text


def test_a_file_witness_takes_checkpoints_in_order_and_each_once(tmp_path: Path) -> None:
    witness = FileWitness(tmp_path / "witness.jsonl")
    for seq in (5, 5, 9):
        witness.send(checkpoint(seq))
    assert witness.path.read_text() == checkpoint(5).text() + "\n" + checkpoint(9).text() + "\n"
    assert FileWitness(str(witness.path)).name == "witness.jsonl"


@pytest.mark.parametrize(
    ("refused", "word"),
    [
        (checkpoint(8), "set back"),
        (checkpoint(9, hash=bytes(32)), "set back or rewritten"),
        (checkpoint(10, module_id="SM-2"), "that of the module SM-TEST"),
    ],
    ids=["older", "other line", "other module"],
)
def test_a_file_witness_never_goes_backwards(tmp_path: Path, refused: Checkpoint, word: str) -> None:
    witness = FileWitness(tmp_path / "witness.jsonl")
    witness.send(checkpoint(9))
    before = witness.path.read_bytes()
    with pytest.raises(JournalError, match=word):
        witness.send(refused)
    assert witness.path.read_bytes() == before


def test_a_line_torn_by_a_crash_is_replaced(tmp_path: Path) -> None:
    witness = FileWitness(tmp_path / "witness.jsonl")
    witness.path.write_text(checkpoint(5).text() + "\n" + checkpoint(9).text()[:70])
    witness.send(checkpoint(9))
    assert witness.path.read_text() == checkpoint(5).text() + "\n" + checkpoint(9).text() + "\n"
    witness.path.write_text(checkpoint(9).text()[:3])
    witness.send(checkpoint(9))
    assert witness.path.read_text() == checkpoint(9).text() + "\n"


@pytest.mark.parametrize(
    "content", ["a letter", "a letter\n", "x" * 9999, "x\n" * 9999, checkpoint().text() * 9]
)
def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path, content: str) -> None:
    witness = FileWitness(tmp_path / "letter.txt")
    witness.path.write_text(content)
    with pytest.raises(JournalError):
        witness.send(checkpoint())
    assert witness.path.read_text() == content


def test_a_witness_that_fails_is_an_alarm_and_keeps_nobody_from_the_others(tmp_path: Path) -> None:
    away, there = FileWitness(tmp_path / "none" / "a.jsonl"), FileWitness(tmp_path / "b.jsonl")
    (alarm,) = give(checkpoint(), [away, there])
    assert "a.jsonl cannot be written" in alarm
    assert there.path.read_text() == checkpoint().text() + "\n"


def test_a_full_disk_is_an_alarm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "write", lambda _, data: len(data) - 1)
    with pytest.raises(JournalError, match="full"):
        FileWitness(tmp_path / "witness.jsonl").send(checkpoint())


@dataclass
class Server:
    """A witness in the network. status: what it answers. taken: what was sent to it."""

    url: str = ""
    status: int = 204
    location: str = ""
    taken: list[tuple[str, bytes]] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.taken.append((self.headers.get("Authorization", ""), body))
            self.send_response(state.status)
            if state.location:
                self.send_header("Location", state.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815 - so the server finds it

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as listening:
        state.url = f"http://127.0.0.1:{listening.server_port}/checkpoints?of=secret"
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        listening.shutdown()
        thread.join()


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_server_that_answers_2xx_has_taken_it(server: Server, status: int) -> None:
    server.status = status
    UrlWitness(server.url, headers={"Authorization": "Bearer planted"}).send(checkpoint())
    assert server.taken == [("Bearer planted", checkpoint().text().encode())]


@pytest.mark.parametrize("status", [301, 307, 400, 409, 500])
def test_a_server_that_answers_anything_else_has_not_and_no_redirection_is_followed(
    server: Server, status: int
) -> None:
    server.status, server.location = status, server.url
    witness = UrlWitness(server.url, headers={"Authorization": "Bearer planted"})
    with pytest.raises(PeerError, match=f"answered {status}") as caught:
        witness.send(checkpoint())
    assert len(server.taken) == 1
    shown = f"{witness!r} {witness.name} {caught.value}"
    assert "127.0.0.1" in shown
    assert "secret" not in shown
    assert "planted" not in shown


def test_a_server_that_is_away_is_an_alarm() -> None:
    witness = UrlWitness("http://127.0.0.1:1/", timeout_s=1)
    (alarm,) = give(checkpoint(), [witness])
    assert "did not take line 5" in alarm


@pytest.mark.parametrize(
    "url",
    [
        *("http://witness.example/", "ftp://localhost/", "file:///etc/passwd", "localhost", "https://", ""),
        *("https://witness.example:port/", "https://[::1/", "http://localhost.example/", "http://10.0.0.1/"),
    ],
)
def test_an_address_that_others_could_listen_at_is_refused(url: str) -> None:
    with pytest.raises(FieldError, match="https"):
        UrlWitness(url)


def test_an_address_of_this_machine_may_go_without_tls() -> None:
    assert UrlWitness("http://[::1]:80/").name == "http://::1:80"
    assert UrlWitness("https://ann:pass@witness.example/x").name == "https://witness.example"
