"""What a journal keeps of centres and key files: whole, read again, and no word of it changed unseen."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.drivers.journal.world import (
    KEY,
    NOW,
    OTHER_KEY,
    SECRET,
    edit,
    issued,
    loaded,
    make,
    register,
    root,
    rows,
    unlocked,
)
from voltoken.canonical import write
from voltoken.drivers.journal import Journal, verify_journal
from voltoken.errors import JournalError, ModuleUnavailable, SealBroken
from voltoken.security import (
    REQUESTS_OPEN_MAX,
    FiledKey,
    KeyDeleted,
    KeyFileLoaded,
    KeyLoaded,
    KeyRef,
    KeyRefreshed,
    KeyRevoked,
    LastFile,
    LoadRequested,
    Overlay,
    Record,
    Revoked,
    TrustSet,
    Usage,
)
from voltoken.security.keyload import exchange_public, is_signed

REFRESHED = replace(register(), ulm=77)
GONE, GONE_TOO, HELD = (KeyRef.parse(f"123456/{number}") for number in (3, 4, 5))


def trust(version: int = 1) -> TrustSet:
    return TrustSet(version, write({"centres": ["kmc-1"], "list_version": version}), "ann")


def request(number: int = 1, centre: str = "kmc-1") -> LoadRequested:
    return LoadRequested(f"load-{number}", centre, "ann")


def file(seq: int = 1, centre: str = "kmc-1", **changes: Any) -> KeyFileLoaded:
    plain = KeyFileLoaded(
        centre,
        seq,
        f"file-{seq}",
        f"{seq:064x}",
        None,
        (FiledKey(KEY, "A1B2C3", "5e" * 32),),
        (OTHER_KEY,),
        b"receipt %d of " % seq + centre.encode(),
        "bob",
    )
    return replace(plain, **changes)


@pytest.fixture
def stocked(path: Path) -> Path:
    """A journal with two lists of trust, two files of one centre, one of another, and open requests.

    One key belongs to a centre, and two were revoked by files.
    """
    with unlocked(path) as journal:
        journal.commit([loaded(), loaded(OTHER_KEY), issued(1), trust(), trust(2)], NOW)
        journal.commit([request(1), request(2), request(3, "kmc-2")], NOW)
        journal.commit([KeyRefreshed(REFRESHED, SECRET, "kmc-1"), file(4, request_id="load-1")], NOW)
        journal.commit([KeyDeleted(OTHER_KEY), file(9), file(2, "kmc-2")], NOW)
        journal.commit([loaded(GONE), loaded(GONE_TOO), KeyLoaded(register(HELD), SECRET, "kmc-2")], NOW)
        journal.commit([KeyRevoked(GONE, "kmc-1", b"mark"), KeyRevoked(GONE_TOO, "kmc-2", b"")], NOW)
    return path


def test_it_is_all_there_after_the_journal_was_closed_and_opened(stocked: Path) -> None:
    assert verify_journal(stocked).faults == ()
    with Journal.open(stocked) as journal:
        assert journal.trust() == trust(2)
        assert journal.load_requests() == {"load-2": "kmc-1", "load-3": "kmc-2"}
        journal.unlock(root())
        assert journal.last_file("kmc-1") == LastFile(9, f"{9:064x}", b"receipt 9 of kmc-1")
        assert journal.last_file("kmc-2") == LastFile(2, f"{2:064x}", b"receipt 2 of kmc-2")
        assert journal.last_file("kmc-3") is None
        assert journal.registers() == (REFRESHED, register(HELD))
        assert [journal.owner(ref) for ref in (KEY, HELD, GONE)] == ["kmc-1", "kmc-2", None]
        assert journal.revoked(GONE) == Revoked(register(GONE), "kmc-1", b"mark")
        assert journal.revoked(KEY) is None
        assert [one.register.ref for one in journal.all_revoked()] == [GONE, GONE_TOO]
        assert journal.usage(KEY) == Usage(5, 0)
        assert list(journal.secrets()) == [(REFRESHED, SECRET), (register(HELD), SECRET)]


def test_a_new_journal_trusts_nobody_and_has_asked_nobody(journal: Journal) -> None:
    assert (journal.trust(), journal.last_file("kmc-1"), journal.load_requests()) == (None, None, {})


def test_the_journal_answers_as_an_overlay_over_nothing_does(path: Path) -> None:
    overlay = Overlay()
    records: list[Record] = [trust(), *(request(number) for number in range(REQUESTS_OPEN_MAX + 3))]
    records += [file(1, request_id="load-9"), trust(7), request(99), file(3)]
    with unlocked(path) as journal:
        for record in records:
            journal.commit([record], NOW)
            overlay.take((record,))
            assert journal.load_requests() == overlay.load_requests()
            assert list(journal.load_requests()) == list(overlay.load_requests())
            assert journal.trust() == overlay.trust()
            assert journal.last_file("kmc-1") == overlay.last_file("kmc-1")
        kept = list(journal.load_requests())
    with Journal.open(path) as journal:
        assert list(journal.load_requests()) == kept
    assert verify_journal(path).faults == ()


@pytest.mark.parametrize(
    ("record", "word"),
    [
        (trust(2), "higher version"),
        (TrustSet(3, '{"b": 1}', "ann"), "one form"),
        (TrustSet(3, "[]", "ann"), "one form"),
        (request(2), "another one has"),
        (file(9), "higher number"),
        (file(8), "higher number"),
        (file(10, request_id="load-1"), "not open"),
        (KeyRefreshed(register(OTHER_KEY), SECRET), "cannot be refreshed"),
        (KeyRevoked(GONE, "kmc-1", b""), "cannot be revoked"),
        (KeyDeleted(OTHER_KEY), "cannot be deleted"),
    ],
    ids=[
        *("old list", "no form", "no list", "id twice", "number", "lower", "closed request", "no such key"),
        *("revoked already", "deleted already"),
    ],
)
def test_what_does_not_follow_from_what_is_there_is_not_written(
    stocked: Path, record: Record, word: str
) -> None:
    with unlocked(stocked) as journal:
        before = journal.head
        with pytest.raises(JournalError, match=word):
            journal.commit([*([] if isinstance(record, KeyFileLoaded) else [file(11)]), record], NOW)
        assert journal.head == before
        assert journal.last_file("kmc-1") == LastFile(9, f"{9:064x}", b"receipt 9 of kmc-1")


@pytest.mark.parametrize(
    "record",
    [trust(), request(), file(), KeyRefreshed(REFRESHED, SECRET), KeyRevoked(KEY, "kmc-1", b"")],
    ids=["trust", "request", "file", "refreshed", "revoked"],
)
def test_a_sealed_journal_takes_none_of_it(journal: Journal, record: Record) -> None:
    journal.lock()
    with pytest.raises(JournalError, match="sealed"):
        journal.commit([record], NOW)


def test_the_private_keys_are_those_of_the_identity_and_gone_when_it_is_sealed(journal: Journal) -> None:
    identity = journal.identity
    assert exchange_public(journal.exchange()) == identity.exchange_key
    assert is_signed(identity.public_key, b"message", journal.sign(b"message"))
    assert journal.secret(KEY) == SECRET
    with pytest.raises(JournalError):
        journal.secret(OTHER_KEY)
    journal.lock()
    acts: list[Callable[[], object]] = [
        journal.exchange,
        lambda: journal.sign(b"message"),
        lambda: journal.secret(KEY),
    ]
    for act in acts:
        with pytest.raises(ModuleUnavailable):
            act()


def test_each_journal_has_keys_of_its_own(tmp_path: Path) -> None:
    found = []
    for name in ("a.db", "b.db"):
        with unlocked(make(tmp_path / name)) as journal:
            found += [journal.identity.exchange_key, journal.identity.public_key, journal.exchange()]
    assert len(set(found)) == 6


def test_zeroising_destroys_the_exchange_key_too(stocked: Path) -> None:
    with unlocked(stocked) as journal:
        scalar = journal.exchange()
        journal.zeroise(NOW, by="ann", reason="over")
    assert rows(stocked, "SELECT value FROM meta WHERE name = 'exchange'") == [(b"",)]
    assert scalar not in b"".join(one.read_bytes() for one in stocked.parent.iterdir())
    assert verify_journal(stocked).faults == ()


TAMPERED = {
    "trust set back": "DELETE FROM trust WHERE version = 2",
    "trust edited": "UPDATE trust SET document = replace(document, 'kmc-1', 'kmc-9')",
    "version of the trust": "UPDATE trust SET version = 1 WHERE version = 2",
    "trust added": "INSERT INTO trust SELECT 99, 3, document, by FROM trust LIMIT 1",
    "number set back": "UPDATE key_files SET number = 5 WHERE number = 9",
    "file removed": "DELETE FROM key_files WHERE number = 9",
    "digest": "UPDATE key_files SET digest = 'ab' WHERE number = 9",
    "receipt": "UPDATE key_files SET receipt = x'00' WHERE number = 9",
    "centre": "UPDATE key_files SET centre_id = 'kmc-3' WHERE number = 9",
    "request opened again": "UPDATE load_requests SET ended = NULL",
    "request added": "INSERT INTO load_requests VALUES (99, 'load-99', 'kmc-1', 'eve', NULL)",
    "request for another centre": "UPDATE load_requests SET centre_id = 'kmc-3' WHERE request_id = 'load-2'",
    "request removed": "DELETE FROM load_requests WHERE request_id = 'load-2'",
    "owner of a key": "UPDATE keys SET centre = 'kmc-1' WHERE centre = 'kmc-2'",
    "key made that of keepers": "UPDATE keys SET centre = NULL WHERE centre = 'kmc-2'",
    "revoked key forgotten": "DELETE FROM revoked WHERE key = '123456/3'",
    "revoked key added": "INSERT INTO revoked SELECT '123456/9', 3, replace(facts, '456/3', '456/9')"
    " FROM revoked WHERE key = '123456/3'",
    "mark of a revoked key": "UPDATE revoked SET facts = replace(facts, '6d61726b', '')",
    "owner of a revoked key": "UPDATE revoked SET facts = replace(facts, 'kmc-2', 'kmc-1')",
    "right of a revoked key": "UPDATE revoked SET facts = replace(facts, '\"test\":true', '\"test\":false')",
    "line of a revoked key": "UPDATE revoked SET seq = 1 WHERE key = '123456/3'",
}
DAMAGED = {
    "exchange key": "UPDATE meta SET value = zeroblob(90) WHERE name = 'exchange'",
    "no exchange key": "DELETE FROM meta WHERE name = 'exchange'",
    "public exchange key": "UPDATE meta SET value = '04' || substr(value, 3, 126) || '00'"
    " WHERE name = 'exchange_key'",
    "short exchange key": "UPDATE meta SET value = '04' WHERE name = 'exchange_key'",
    "receipt of no bytes": "UPDATE key_files SET receipt = 'text' WHERE number = 9",
    "number of no number": "UPDATE key_files SET number = 'x' WHERE number = 9",
    "request of no text": "UPDATE load_requests SET request_id = x'00' WHERE ended IS NULL",
    "trust of no text": "UPDATE trust SET document = x'00'",
    "owner of no text": "UPDATE keys SET centre = x'00'",
    "revoked key of no text": "UPDATE revoked SET facts = x'00'",
    "revoked key with a member more": "UPDATE revoked SET facts = '{\"a\":1,' || substr(facts, 2)",
    "revoked key with a bad mark": "UPDATE revoked SET facts = replace(facts, '6d61726b', '6d6')",
    "revoked key with a bad centre": "UPDATE revoked SET facts = replace(facts, '\"kmc-1\"', '1')",
    "revoked key with a bad register": "UPDATE revoked SET facts = replace(facts, '\"ulm\":', '\"ulm\":-')",
    "revoked key with another's row": "UPDATE revoked SET key = '123456/8' WHERE key = '123456/3'",
    "revoked key half renamed": "UPDATE revoked SET facts = replace(facts, '/3\",\"mark', '/8\",\"mark')",
    "revoked key of no line": "UPDATE revoked SET seq = 'x' WHERE key = '123456/3'",
}


@pytest.mark.parametrize("statement", (TAMPERED | DAMAGED).values(), ids=TAMPERED | DAMAGED)
def test_a_journal_that_was_tampered_with_stays_sealed(stocked: Path, statement: str) -> None:
    edit(stocked, statement)
    with pytest.raises((JournalError, SealBroken)), unlocked(stocked):
        pass


SEEN = TAMPERED | {
    "file id": "UPDATE key_files SET file_id = 'x' WHERE number = 4",
    "old receipt": "UPDATE key_files SET receipt = 'text' WHERE number = 4",
    "old list": "DELETE FROM trust WHERE version = 1",
    "who asked": "UPDATE load_requests SET by = 'eve' WHERE request_id = 'load-1'",
    "end of a request": "UPDATE load_requests SET ended = ended + 1 WHERE request_id = 'load-1'",
    "end of an open request": "UPDATE load_requests SET ended = 1 WHERE request_id = 'load-2'",
    "file added": "INSERT INTO key_files SELECT 99, 'kmc-9', number, file_id, digest, receipt FROM key_files"
    " LIMIT 1",
    "row of a refreshed key": "UPDATE keys SET register = replace(register, '77', '78')",
}


@pytest.mark.parametrize("statement", SEEN.values(), ids=SEEN)
def test_whoever_verifies_sees_what_was_changed(stocked: Path, statement: str) -> None:
    edit(stocked, statement)
    faults = verify_journal(stocked).faults
    assert faults
    assert any(word in fault for fault in faults for word in ("changed", "added", "removed", "ended", "row"))


@pytest.mark.parametrize("word", ["list", "number", "receipt", "request_id", "centre_id"])
def test_a_line_that_does_not_say_what_its_kind_says_is_named(stocked: Path, word: str) -> None:
    old, new = f'"{word}":', f'"x{word}":'
    edit(stocked, "UPDATE log SET body = replace(body, ?, ?)", values=(old, new))
    assert any("was edited" in fault for fault in verify_journal(stocked).faults)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["trust", "ask", "file", "answer", "refresh", "revoke", "delete", "bring", "load"]),
        st.integers(0, 3),
    ),
    max_size=30,
)


def step(
    what: str, number: int, centre: str, ref: KeyRef, asked: list[str], *, there: bool, gone: bool
) -> Record | None:
    """Return a record of a kind, None where it does not follow from what is there."""
    match what:
        case "trust":
            return trust(number)
        case "ask":
            return request(number, centre)
        case "file":
            return file(number, centre)
        case "answer":
            return file(number, centre, request_id=asked[0]) if asked else None
        case "refresh":
            return KeyRefreshed(register(ref, ulm=number), SECRET, centre) if there else None
        case "revoke":
            return KeyRevoked(ref, centre, b"%d" % number) if there else None
        case "delete":
            return KeyDeleted(ref) if there or gone else None
        case "bring":
            return None if there else KeyLoaded(register(ref, ulm=number), SECRET, centre)
        case _:
            return None if there else loaded(ref)


@given(STEPS)
@settings(max_examples=25)
def test_any_history_verifies_and_is_read_again_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    path = make(tmp_path_factory.mktemp("history") / "journal.db")
    overlay = Overlay()
    with unlocked(path) as journal:
        for number, (what, which) in enumerate(steps, 1):
            ref, centre = (KEY, OTHER_KEY)[which % 2], f"kmc-{which}"
            asked = sorted(journal.load_requests())
            there, gone = journal.register(ref) is not None, journal.revoked(ref) is not None
            record = step(what, number, centre, ref, asked, there=there, gone=gone)
            if record is not None:
                journal.commit([record], NOW)
                overlay.take((record,))
    assert verify_journal(path).faults == ()
    with unlocked(path) as journal:
        assert journal.registers() == overlay.registers()
        assert journal.trust() == overlay.trust()
        assert list(journal.load_requests().items()) == list(overlay.load_requests().items())
        for ref in (KEY, OTHER_KEY):
            assert journal.owner(ref) == overlay.owner(ref)
            assert journal.revoked(ref) == overlay.revoked(ref)
        for which in range(4):
            assert journal.last_file(f"kmc-{which}") == overlay.last_file(f"kmc-{which}")


def test_a_refreshed_key_is_bound_to_its_new_register(stocked: Path) -> None:
    with closing(Journal.open(stocked)) as journal:
        journal.unlock(root())
        assert journal.secret(KEY) == SECRET
    edit(stocked, "UPDATE keys SET register = replace(register, '\"ulm\":77', '\"ulm\":10000000')")
    with pytest.raises((JournalError, SealBroken)), unlocked(stocked):
        pass
