"""Making, opening and unlocking a journal: what is refused, and with which words."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.unit.drivers.journal.world import (
    KEY,
    MODULE,
    NOW,
    OTHER_KEY,
    ROOT_RECORD,
    approval,
    edit,
    issued,
    loaded,
    make,
    root,
    rows,
    unlocked,
)
from voltoken.drivers.journal import Journal, export, read_register, register_document, verify_journal
from voltoken.drivers.journal.identity import read_private
from voltoken.drivers.journal.registers import read_move
from voltoken.drivers.journal.seals import Sealing
from voltoken.drivers.journal.standing import read_head, read_standing
from voltoken.errors import JournalError, SealBroken, VoltokenError
from voltoken.security import Event, KeyDeleted, ModuleRole


def test_a_new_journal_is_for_its_owner_alone_and_says_whose_it_is(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    with Journal.open(path) as journal:
        assert journal.identity.module_id == MODULE
        assert journal.identity.role is ModuleRole.VENDING
        assert journal.root_record() == ROOT_RECORD
        assert journal.head[0] == 1
        assert journal.last_at() == NOW
        assert not journal.unlocked
    assert verify_journal(path).sound


def test_a_journal_never_takes_the_place_of_a_file(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(JournalError, match="already"):
        make(path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_journal_in_a_folder_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot be written"):
        make(tmp_path / "none" / "journal.db")


def test_a_root_key_of_another_module_makes_no_journal(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="another module"):
        Journal.create(
            tmp_path / "journal.db",
            module_id="SM-2",
            role=ModuleRole.VENDING,
            root=root(),
            root_record=ROOT_RECORD,
            at=NOW,
        )


def test_a_second_opener_is_told_so(path: Path) -> None:
    with Journal.open(path):
        with pytest.raises(JournalError, match="Another process has"):
            Journal.open(path)
        program = (
            "import sys; from voltoken.drivers.journal import Journal\n"
            "from voltoken.errors import JournalError\n"
            "try: Journal.open(sys.argv[1])\n"
            "except JournalError as error: print(error)"
        )
        child = subprocess.run(
            [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
        )
        assert "Another process has" in child.stdout
    with Journal.open(path):
        pass


@pytest.mark.parametrize("ending", ["", ".lock", "-wal"])
@pytest.mark.parametrize("mode", [0o640, 0o602, 0o666])
def test_a_journal_open_to_others_is_refused(path: Path, ending: str, mode: int) -> None:
    file = path.with_name(path.name + ending)
    file.touch(0o600)
    file.chmod(mode)
    with pytest.raises(JournalError, match="chmod 600"):
        Journal.open(path)


def test_a_journal_of_another_user_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(JournalError, match="belongs to the user"):
        Journal.open(path)


def test_a_link_is_not_followed(path: Path) -> None:
    link = path.with_name("link.db")
    link.symlink_to(path)
    with pytest.raises(JournalError, match="regular file"):
        Journal.open(link)


def of_version(path: Path, version: int) -> None:
    edit(path, f"PRAGMA user_version = {version}")


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (Path.unlink, "voltoken sm init"),
        (lambda path: path.write_bytes(b""), "not a journal"),
        (lambda path: path.write_bytes(b"x" * 5000), "not a database"),
        (lambda path: path.write_bytes(path.read_bytes()[:5000]), "malformed|cannot be read"),
        (lambda path: edit(path, "PRAGMA application_id = 1"), "not a journal"),
        (lambda path: of_version(path, 1), "No released version"),
        (lambda path: of_version(path, 3), "pip install --upgrade"),
        (lambda path: edit(path, "CREATE TRIGGER t AFTER INSERT ON log BEGIN SELECT 1; END"), "trigger t"),
        (lambda path: edit(path, "CREATE VIEW sqlitex AS SELECT 1"), "view sqlitex"),
        (lambda path: edit(path, "DROP INDEX issued_tid"), "lacks"),
        (lambda path: edit(path, "DELETE FROM head"), "lost its head"),
        (lambda path: edit(path, "DELETE FROM log"), "empty"),
        (lambda path: edit(path, "DELETE FROM meta WHERE name = 'role'"), "whose it is"),
        (lambda path: edit(path, "UPDATE meta SET value = 'zz' WHERE name = 'public_key'"), "whose it is"),
    ],
    ids=[
        *("missing", "empty", "text", "cut", "other application", "older", "newer", "trigger", "view"),
        *("index gone", "head gone", "log gone", "role gone", "public key"),
    ],
)
def test_what_is_no_journal_of_ours_is_refused(
    path: Path, spoil: Callable[[Path], object], word: str
) -> None:
    spoil(path)
    with pytest.raises(JournalError, match=word):
        Journal.open(path)
    if path.exists():
        make(path.with_name("next.db"))
        Journal.open(path.with_name("next.db")).close()


def test_the_lock_is_given_back_when_opening_fails(path: Path) -> None:
    of_version(path, 3)
    with pytest.raises(JournalError):
        Journal.open(path)
    of_version(path, 2)
    Journal.open(path).close()


def test_another_root_key_does_not_unlock(path: Path) -> None:
    with Journal.open(path) as journal:
        with pytest.raises(SealBroken):
            journal.unlock(root(bytes(32)))
        with pytest.raises(JournalError, match="belongs to the module SM-2"):
            journal.unlock(root(module_id="SM-2"))
        assert not journal.unlocked
        journal.unlock(root())
        journal.unlock(root())
        assert journal.unlocked


@pytest.fixture
def settled(path: Path) -> Path:
    """A journal with a key, two of its counters used, an approval, and lines of the sealed module."""
    with unlocked(path) as journal:
        journal.commit([loaded(), loaded(OTHER_KEY), issued(1), issued(2, key=OTHER_KEY), approval()], NOW)
        journal.lock()
        journal.commit([Event("refused", {"n": 1}), Event("refused", {"n": 2})], NOW)
    return path


TAMPERED = {
    "counter set back": "UPDATE counters SET units = 0",
    "counter removed": "DELETE FROM counters",
    "counter moved": "UPDATE counters SET key = '123456/3' WHERE key = '123456/2'",
    "limit raised": "UPDATE keys SET register = replace(register, '\"ulm\":10000000', '\"ulm\":99000000')",
    "sealed keys swapped": "UPDATE keys SET sealed = (SELECT max(sealed) FROM keys)",
    "key removed": "DELETE FROM keys WHERE key = '123456/2'",
    "approval added": "INSERT INTO approvals SELECT 99, 'vend-1:1', request_hash, until, by, reason, NULL"
    " FROM approvals",
    "approval prolonged": "UPDATE approvals SET until = '2030-01-01T00:00:00.000000Z'",
    "approval for another request": "UPDATE approvals SET request_hash = '00'",
    "answer removed": "DELETE FROM issued WHERE seq = (SELECT max(seq) FROM issued)",
    "count of answers": "UPDATE head SET issued = 1",
    "head moved": "UPDATE head SET seq = seq - 1",
    "hash of the head": "UPDATE head SET hash = x'00'",
    "code of the head": "UPDATE head SET mac = zeroblob(32)",
    "tail cut behind the head": "DELETE FROM log WHERE seq >= (SELECT seq FROM head)",
    "sealed line edited": "UPDATE log SET body = replace(body, '\"n\":2', '\"n\":3')",
    "sealed line deleted": "DELETE FROM log WHERE body LIKE '%\"n\":1%'",
    "root record": "UPDATE meta SET value = '{}' WHERE name = 'root'",
    "public key": "UPDATE meta SET value = hex(zeroblob(32)) WHERE name = 'public_key'",
    "module": "UPDATE meta SET value = 'SM-2' WHERE name = 'module_id'",
    "signing key": "UPDATE meta SET value = zeroblob(90) WHERE name = 'signing'",
}


@pytest.mark.parametrize("statement", TAMPERED.values(), ids=TAMPERED)
def test_a_journal_that_was_tampered_with_stays_sealed(settled: Path, statement: str) -> None:
    edit(settled, statement)
    with pytest.raises((JournalError, SealBroken)), unlocked(settled):
        pass


def test_a_key_that_does_not_open_keeps_the_journal_sealed_whatever_its_head_says(settled: Path) -> None:
    with unlocked(settled):
        pass
    edit(settled, "UPDATE keys SET sealed = zeroblob(80)")
    with closing(sqlite3.connect(settled)) as connection:
        sealing = Sealing(root(), read_private(connection))
        record = connection.execute("SELECT value FROM meta WHERE name = 'root'").fetchone()[0]
        head = read_head(connection)._replace(state=read_standing(connection, record).digest())
    code = sealing.head_code(head.message(MODULE))
    edit(settled, "UPDATE head SET state = ?, mac = ?", values=(head.state, code))
    with pytest.raises(SealBroken), unlocked(settled):
        pass


def test_a_journal_tampered_with_while_it_is_open_stays_sealed(settled: Path) -> None:
    with Journal.open(settled) as journal:
        edit(settled, TAMPERED["counter set back"])
        with pytest.raises(JournalError, match="keys, counters or approvals"):
            journal.unlock(root())
        assert not journal.unlocked


def test_a_line_of_a_sealed_module_cannot_be_one_of_an_unsealed(settled: Path) -> None:
    last, body, digest = rows(settled, "SELECT seq, body, hash FROM log ORDER BY seq DESC LIMIT 1")[0]
    seq = last + 1
    from voltoken.drivers.journal.log import link

    forged = body.replace(f'"seq":{last}', f'"seq":{seq}').replace('"refused"', '"issued.credit"')
    edit(settled, "INSERT INTO log VALUES (?, ?, ?)", values=(seq, forged, link(digest, forged)))
    with pytest.raises(JournalError, match="not written by this module"), unlocked(settled):
        pass


def test_lines_of_the_sealed_time_are_covered_by_the_head_after_unlocking(settled: Path) -> None:
    before = rows(settled, "SELECT seq, mac FROM head")
    with unlocked(settled) as journal:
        assert rows(settled, "SELECT seq FROM head") == [(journal.head[0],)]
        assert journal.head[0] == before[0][0] + 2
    assert rows(settled, "SELECT mac FROM head") != [before[0][1:]]


def test_the_root_key_can_be_kept_another_way(path: Path) -> None:
    with unlocked(path) as journal:
        journal.replace_root({"version": 1, "provider": "pkcs11"}, NOW, by="ann", reason="new token")
        assert journal.root_record()["provider"] == "pkcs11"
        journal.lock()
        with pytest.raises(VoltokenError, match="sealed"):
            journal.replace_root({}, NOW, by="ann", reason="none")
    with unlocked(path) as journal:
        assert journal.root_record()["provider"] == "pkcs11"
    assert [entry.body.split('"kind":')[1][:22] for entry in export(path, 2)] == ['"journal.root_changed"']
    assert verify_journal(path).sound


@pytest.mark.parametrize("sealed", [False, True])
def test_zeroising_destroys_all_keys_for_good_and_the_log_still_verifies(path: Path, sealed: bool) -> None:
    with unlocked(path) as journal:
        journal.commit([loaded(), loaded(OTHER_KEY), issued(1)], NOW)
        kept = [sealed for (sealed,) in rows(path, "SELECT sealed FROM keys")]
        kept += [value for (value,) in rows(path, "SELECT value FROM meta WHERE name = 'signing'")]
        if sealed:
            journal.lock()
        journal.zeroise(NOW, by="ann", reason="the case was opened")
        assert journal.registers() == ()
        assert not journal.unlocked
        raw = b"".join(file.read_bytes() for file in path.parent.iterdir())
        assert not any(secret in raw for secret in kept)
        with pytest.raises((JournalError, SealBroken)):
            journal.unlock(root())
        journal.commit([Event("refused", {})], NOW)
    with Journal.open(path) as journal:
        assert journal.usage(KEY).units == 5
        with pytest.raises((JournalError, SealBroken)):
            journal.unlock(root())
    report = verify_journal(path)
    assert report.faults == ()
    assert report.entries == 8


def test_export_gives_the_lines_from_one_on_while_the_journal_is_open(path: Path) -> None:
    with unlocked(path) as journal:
        journal.commit([Event("one", {}), Event("two", {})], NOW)
        entries = list(export(path, 2))
        assert [entry.seq for entry in entries] == [2, 3]
        assert entries[-1].hash == journal.head[1]
        assert entries[0].at == NOW
    edit(path, "UPDATE log SET body = '{}' WHERE seq = 3")
    with pytest.raises(JournalError, match="Line 3"):
        list(export(path))
    with pytest.raises(JournalError, match="There is no journal"):
        list(export(path.with_name("none.db")))


def test_a_copy_on_a_medium_that_cannot_be_written_is_read(path: Path, tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    copy = shutil.copy(path, shelf / "copy.db")
    shelf.chmod(0o500)
    try:
        assert verify_journal(copy).sound
        assert [file.name for file in shelf.iterdir()] == ["copy.db"] or os.geteuid() == 0
    finally:
        shelf.chmod(0o700)


def test_a_register_is_read_as_it_was_written_and_nothing_else_is() -> None:
    from voltoken.drivers.journal import canonical

    key = loaded().register
    document = register_document(key)
    assert read_register(canonical.write(document)) == key
    others: list[object] = [None, [], {}, "x", -1, True, 10**30, [[]], ["07", {}]]
    for name in document:
        with pytest.raises(JournalError):
            read_register(canonical.write({one: value for one, value in document.items() if one != name}))
        for other in others:
            with suppress(JournalError):
                read_register(canonical.write(document | {name: other}))
    with pytest.raises(JournalError):
        read_register(canonical.write(document | {"more": 1}))


@given(st.one_of(st.text(), st.none(), st.integers(), st.binary()))
@example("[" * 100_000)
@example('{"act":1e400}')
def test_anything_read_as_a_row_is_one_or_a_journal_error(text: object) -> None:
    for read in (read_register, read_move):
        with pytest.raises(JournalError):
            read(text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
@example(b"SQLite format 3\0" + bytes(200))
def test_any_bytes_as_a_journal_give_a_journal_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(data)
    path.chmod(0o600)
    for read in (Journal.open, verify_journal, lambda path: list(export(path))):
        with pytest.raises(JournalError):
            read(path)


def test_deleting_a_key_that_was_loaded_in_the_same_batch_leaves_none(path: Path) -> None:
    with unlocked(path) as journal:
        journal.commit([loaded(), KeyDeleted(KEY)], NOW)
        assert journal.registers() == ()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM keys").fetchone() == (0,)
    assert verify_journal(path).sound
