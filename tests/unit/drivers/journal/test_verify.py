"""Verifying a log: every way of changing it is seen, and the first broken line is named."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unit.drivers.journal.world import (
    KEY,
    MODULE,
    NOW,
    PAN,
    ROOT_RECORD,
    edit,
    issued,
    make,
    root,
    rows,
    token_of,
    unlocked,
)
from tests.unit.drivers.journal.world import (
    filled as filled_in,
)
from voltoken.drivers.journal import FileWitness, Journal, export, verify_journal
from voltoken.drivers.journal.log import GENESIS, link
from voltoken.drivers.journal.standing import read_standing
from voltoken.errors import JournalError
from voltoken.security import AuditReport, Event, ModuleRole


def test_a_journal_nobody_touched_is_sound(filled: Path) -> None:
    seen: list[tuple[int, int]] = []
    report = verify_journal(filled, advance=lambda done, total: seen.append((done, total)))
    assert report.faults == ()
    assert report.sound
    assert (report.module_id, report.entries, report.checkpoints) == (MODULE, 18, 1)
    assert report.head == list(export(filled))[-1].hash.hex()
    assert seen[-1] == (18, 18)


def test_it_is_verified_while_the_module_works_and_sealed(filled: Path) -> None:
    with unlocked(filled) as journal:
        journal.commit([issued(20)], NOW)
        assert verify_journal(journal).entries == 19
        journal.lock()
        journal.commit([Event("refused", {})], NOW)
        assert verify_journal(journal).sound
        copy = Path(shutil.copy(filled, filled.with_name("copy.db")))
        shutil.copy(f"{filled}-wal", f"{copy}-wal")
        assert verify_journal(copy).entries == 20


LINE = 7
SHIFT_UP = [
    "UPDATE log SET seq = -seq WHERE seq > 7",
    "UPDATE log SET seq = -seq - 1 WHERE seq < 0",
]
ADD_ANSWER = (
    "INSERT INTO issued SELECT {}, 'vend-99:1', client, kind, digest, pan, key, base_date, 1, attempt, units,"
    " money, answer FROM issued WHERE seq = 7"
)
CHANGES: dict[str, tuple[list[str], str]] = {
    "edited": (["UPDATE log SET body = replace(body, 'till', 'tell') WHERE seq = 7"], "Line 7 was edited"),
    "no text": (["UPDATE log SET body = x'00' WHERE seq = 7"], "Line 7 was edited"),
    "no JSON": (["UPDATE log SET body = '{' WHERE seq = 7"], "Line 7 was edited"),
    "hash edited": (["UPDATE log SET hash = zeroblob(32) WHERE seq = 7"], "Line 7 was edited"),
    "deleted": (["DELETE FROM log WHERE seq = 7"], "Line 7 is missing: deleted"),
    "several deleted": (["DELETE FROM log WHERE seq IN (6, 7, 8)"], "Lines 6 to 8 are missing: deleted"),
    "first deleted": (["DELETE FROM log WHERE seq = 1"], "Line 1 is missing: deleted"),
    "all deleted": (["DELETE FROM log"], "The log is empty"),
    "deleted and renumbered": (
        ["DELETE FROM log WHERE seq = 7", *SHIFT_UP],
        "Line 7 holds what was line 8: lines before it were deleted",
    ),
    "reordered": (
        [
            "UPDATE log SET seq = -1 WHERE seq = 7",
            "UPDATE log SET seq = 7 WHERE seq = 9",
            "UPDATE log SET seq = 9 WHERE seq = -1",
        ],
        "Line 7 holds what was line 9, and the other way round: they were reordered",
    ),
    "inserted": (
        [
            "UPDATE log SET seq = -seq WHERE seq > 7",
            "UPDATE log SET seq = 1 - seq WHERE seq < 0",
            "INSERT INTO log SELECT 8, body, hash FROM log WHERE seq = 7",
        ],
        "Line 8 holds what was line 7: a line was inserted before it",
    ),
    "inserted before the first": (
        ["INSERT INTO log SELECT -1, body, hash FROM log WHERE seq = 7"],
        "number -1 was inserted",
    ),
    "tail cut": (["DELETE FROM log WHERE seq > 16"], "it had 18: its tail was cut off"),
    "answer removed": (["DELETE FROM issued WHERE seq = 7"], "Line 7 is that of an answered request, and"),
    "answer added": (
        [ADD_ANSWER.format(2)],
        "Line 2 is not that of an answered request, and there is one: added",
    ),
    "answer added at the end": (
        [ADD_ANSWER.format(99)],
        "Line 99 is not that of an answered request",
    ),
    "mark removed": (["DELETE FROM marks WHERE seq = 7"], "Line 7 has a mark that is not"),
    "mark moved": (["UPDATE marks SET seq = 8 WHERE seq = 7"], "Line 7 has a mark that is not"),
    "mark added": (["INSERT INTO marks VALUES ('1', x'00', 7)"], "marks has 1 that no line has"),
    "counter set back": (["UPDATE counters SET units = 1"], "counters of 123456/1 are 1 units and 70 money"),
    "counter removed": (["DELETE FROM counters"], "counters of 123456/1 are 0 units"),
    "counter added": (["INSERT INTO counters VALUES ('9', 1, 0)"], "counters of 9 are 1 units"),
    "key changed": (
        ["UPDATE keys SET register = replace(register, 'ulm\":10', 'ulm\":99') WHERE key = '123456/1'"],
        "Line 2 loaded the key 123456/1 otherwise",
    ),
    "key removed": (["DELETE FROM keys WHERE key = '123456/2'"], "Line 3 loaded the key 123456/2, and it is"),
    "key added": (
        ["INSERT INTO keys SELECT '9', 2, register, sealed, NULL FROM keys LIMIT 1"],
        "No line loaded",
    ),
    "move changed": (
        ["UPDATE moves SET move = replace(move, 'true', 'false')"],
        "otherwise than its key change",
    ),
    "move removed": (["DELETE FROM moves"], "that of a key change, and there is none"),
    "move of another meter": (["UPDATE moves SET pan = '1'"], "otherwise than its key change"),
    "unknown token removed": (
        ["DELETE FROM tried WHERE client = 'desk'"],
        "of an unknown token, and there is",
    ),
    "unknown token changed": (["UPDATE tried SET day = '2026-11-20'"], "otherwise than its unknown token"),
    "approval changed": (["UPDATE approvals SET by = 'bob'"], "otherwise than its approval"),
    "approval used": (
        ["UPDATE approvals SET used = 16"],
        "0 approvals ended by the log, and 2 by their table",
    ),
    "root record": (["UPDATE meta SET value = '{}' WHERE name = 'root'"], "How the root key is kept"),
    "module": (["UPDATE meta SET value = 'SM-2' WHERE name = 'module_id'"], "Line 1 is not the beginning"),
    "role": (["UPDATE meta SET value = 'manufacturing' WHERE name = 'role'"], "Line 1 is not the beginning"),
    "head removed": (["DELETE FROM head"], "lost its head"),
    "head changed": (["UPDATE head SET state = zeroblob(32)"], "amounts to something else than its head"),
    "hash of the head": (["UPDATE head SET hash = zeroblob(32)"], "not the one that the module's head names"),
    "checkpoint signature": (
        ["UPDATE checkpoints SET signature = zeroblob(64)"],
        "signature that is not this",
    ),
    "checkpoint moved": (["UPDATE checkpoints SET seq = 5"], "checkpoint, of line 5, has a signature"),
    "checkpoint unreadable": (["UPDATE checkpoints SET at = 'then'"], "checkpoint of line 15 cannot be read"),
    "trigger": (["CREATE TRIGGER t AFTER INSERT ON log BEGIN SELECT 1; END"], "holds a trigger t"),
    "table removed": (["DROP TABLE marks"], "lacks this: CREATE TABLE marks"),
}
COLUMNS = {
    "request_id": "'vend-99:1'",
    "client": "'desk'",
    "kind": "'management'",
    "digest": "zeroblob(32)",
    "pan": "'600727000000000017'",
    "key": "'123456/2'",
    "base_date": "'35'",
    "tid": "1",
    "attempt": "3",
    "units": "6",
    "money": "1",
    "answer": "zeroblob(99)",
}
CHANGES |= {
    f"answer's {name}": (
        [f"UPDATE issued SET {name} = {value} WHERE seq = {LINE}"],  # noqa: S608 - the table above
        "Line 7 says otherwise than its answered request",
    )
    for name, value in COLUMNS.items()
}


@pytest.mark.parametrize(("statements", "sentence"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_seen_and_named(filled: Path, statements: list[str], sentence: str) -> None:
    edit(filled, *statements)
    report = verify_journal(filled)
    assert not report.sound
    assert any(sentence in fault for fault in report.faults), report.faults


def test_only_the_broken_line_is_named_when_one_is_edited(filled: Path) -> None:
    edit(filled, 'UPDATE log SET body = replace(body, \'"at":"2026\', \'"at":"2025\') WHERE seq = 7')
    (fault,) = verify_journal(filled).faults
    assert fault.startswith("Line 7 was edited")


def test_every_line_that_is_edited_deleted_or_moved_is_named_first(tmp_path: Path) -> None:
    path = make(tmp_path / "journal.db")
    with unlocked(path) as journal:
        journal.commit([Event("step", {"n": number}) for number in range(2, 12)], NOW)
    for line in range(2, 11):
        for statement, sentence in (
            (
                "UPDATE log SET body = replace(body, '\"n\"', '\"m\"') WHERE seq = ?",
                f"Line {line} was edited",
            ),
            ("DELETE FROM log WHERE seq = ?", f"Line {line} is missing"),
        ):
            copy = Path(shutil.copy(path, tmp_path / "copy.db"))
            edit(copy, statement, values=(line,))
            first = verify_journal(copy).faults[0]
            assert first.startswith(sentence)
            copy.unlink()


def rewrite(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Write the whole log anew with hashes that fit, and the head with it, as root on the machine could."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        before, seq = GENESIS, 0
        for seq, body in connection.execute("SELECT seq, body FROM log ORDER BY seq").fetchall():
            line = json.loads(body)
            change(line)
            text = json.dumps(line, sort_keys=True, separators=(",", ":"))
            before = link(before, text)
            connection.execute("UPDATE log SET body = ?, hash = ? WHERE seq = ?", (text, before, seq))
        record = connection.execute("SELECT value FROM meta WHERE name = 'root'").fetchone()[0]
        state = read_standing(connection, record).digest()
        connection.execute("UPDATE head SET seq = ?, hash = ?, state = ?", (seq, before, state))


def later(line: dict[str, Any]) -> None:
    """Change one line: when it was written."""
    if line["seq"] == LINE:
        line["at"] = "2026-11-21T12:00:00.000001Z"


def test_a_log_rewritten_from_a_line_on_breaks_the_checkpoint(filled: Path) -> None:
    rewrite(filled, later)
    (fault,) = verify_journal(filled).faults
    assert fault.startswith("Line 15 is not the one that was signed on 2026-11-21")
    with pytest.raises(JournalError, match="head was not written by this module"), unlocked(filled):
        pass


def test_a_log_rewritten_after_the_last_checkpoint_is_seen_by_the_module_and_by_the_witness(
    filled: Path, tmp_path: Path
) -> None:
    witness = tmp_path / "witness.jsonl"
    with unlocked(filled) as journal:
        checkpoint = journal.checkpoint(NOW)
        assert checkpoint is not None
        FileWitness(witness).send(checkpoint)
    edit(filled, "DELETE FROM checkpoints")
    rewrite(filled, later)
    assert verify_journal(filled).sound  # the file alone cannot tell: that is what the witness is for
    (fault,) = verify_journal(filled, witness=witness).faults
    assert "Line 18 is not the one that was signed on" in fault
    assert "the witness" in fault
    with pytest.raises(JournalError), unlocked(filled):
        pass


def test_a_tail_cut_off_with_everything_that_names_it_is_seen_by_the_witness(tmp_path: Path) -> None:
    path, witness = make(tmp_path / "journal.db"), tmp_path / "witness.jsonl"
    with unlocked(path) as journal:
        journal.commit([Event("one", {})], NOW)
    old = path.read_bytes()
    with unlocked(path) as journal:
        journal.commit([Event("two", {})], NOW)
        checkpoint = journal.checkpoint(NOW)
        assert checkpoint is not None
        FileWitness(witness).send(checkpoint)
    assert verify_journal(path, witness=witness).faults == ()
    path.write_bytes(old)
    assert verify_journal(path).sound
    (fault,) = verify_journal(path, witness=witness).faults
    assert fault == "The log ends with line 2, and by the witness it had 3: its tail was cut off."


def test_a_journal_of_another_module_is_seen_by_its_pinned_key(filled: Path) -> None:
    with Journal.open(filled) as journal:
        pinned = journal.identity.public_key.hex()
    assert verify_journal(filled, public_key=pinned).sound
    assert verify_journal(filled, public_key=pinned.upper()).sound
    faults = verify_journal(filled, public_key="00" * 32).faults
    assert "not the pinned one" in faults[0]
    for wrong in ("", "zz", "00" * 31):
        with pytest.raises(JournalError, match="64 hex digits"):
            verify_journal(filled, public_key=wrong)


def test_a_log_made_anew_under_another_key_is_seen_by_the_pinned_one(filled: Path, tmp_path: Path) -> None:
    with Journal.open(filled) as journal:
        pinned = journal.identity.public_key.hex()
    forged = tmp_path / "forged.db"
    Journal.create(
        forged, module_id=MODULE, role=ModuleRole.VENDING, root=root(), root_record=ROOT_RECORD, at=NOW
    )
    assert verify_journal(forged).sound
    assert "not the pinned one" in verify_journal(forged, public_key=pinned).faults[0]


def witness_of(path: Path, witness: Path) -> list[str]:
    """Have three checkpoints witnessed; return the lines of the witness."""
    with unlocked(path) as journal:
        for number in range(3):
            journal.commit([Event("step", {"n": number})], NOW)
            checkpoint = journal.checkpoint(NOW + timedelta(minutes=number))
            assert checkpoint is not None
            FileWitness(witness).send(checkpoint)
    return witness.read_text().splitlines()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda lines: [lines[0], "{}", lines[2]], "Line 2 of the witness cannot be used"),
        (lambda lines: [lines[0], "\xff", lines[2]], "Line 2 of the witness cannot be used"),
        (lambda lines: [lines[0], "x" * 5000, lines[2]], "Line 2 of the witness cannot be used"),
        (lambda lines: [lines[1], lines[0]], "Line 2 of the witness goes back"),
        (lambda lines: [lines[0].replace("12:00", "12:01")], "Line 1 of the witness, of line 2, has a sig"),
        (lambda lines: [lines[0].replace(MODULE, "SM-2")], "Line 1 of the witness is of the module SM-2"),
    ],
    ids=["no checkpoint", "no text", "too long", "backwards", "edited", "other module"],
)
def test_a_witness_that_was_changed_is_named(
    path: Path, tmp_path: Path, change: Callable[[list[str]], list[str]], sentence: str
) -> None:
    witness = tmp_path / "witness.jsonl"
    lines = witness_of(path, witness)
    assert verify_journal(path, witness=witness).faults == ()
    witness.write_text("".join(f"{line}\n" for line in change(lines)), encoding="latin-1")
    assert sentence in verify_journal(path, witness=witness).faults[0]


def test_a_witness_that_is_not_there_is_a_fault_and_one_torn_by_a_crash_is_not(
    path: Path, tmp_path: Path
) -> None:
    witness = tmp_path / "witness.jsonl"
    assert "cannot be read" in verify_journal(path, witness=witness).faults[0]
    lines = witness_of(path, witness)
    witness.write_text("\n".join([*lines, lines[2][:50]]))
    assert verify_journal(path, witness=witness).faults == ()


def test_many_faults_are_counted_and_the_first_are_named(tmp_path: Path) -> None:
    path = make(tmp_path / "journal.db")
    with unlocked(path) as journal:
        journal.commit([Event("step", {"n": number}) for number in range(300)], NOW)
    edit(path, "UPDATE log SET body = replace(body, 'step', 'stop')")
    report = verify_journal(path)
    assert len(report.faults) == 101
    assert report.faults[-1] == "There are 200 more faults."


@pytest.mark.slow
def test_what_is_forged_into_lines_is_reported_and_never_an_error(filled: Path) -> None:
    """Lines whose hashes fit and whose facts are nonsense: the reader must not trust their types."""
    values: list[Any] = [None, [], {}, "x", "\ud800", -1, 10**30, 10**4299, True, 1.5, [[]], {"a": {}}]
    chance = random.Random(5)
    original = filled.read_bytes()
    for _ in range(60):
        filled.write_bytes(original)

        def forge(line: dict[str, Any]) -> None:
            facts = line["facts"]
            if chance.random() < 0.3:
                facts[chance.choice(list(facts) or ["x"])] = chance.choice(values)
            if chance.random() < 0.1:
                line[chance.choice(["facts", "kind", "at", "alarm", "seq"])] = chance.choice(values)

        rewrite(filled, forge)
        assert not verify_journal(filled).sound


def logical(path: Path) -> tuple[list[Any], ...] | None:
    """What counts in a journal, as SQLite reads it; None when it does not."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.text_factory = bytes
            return tuple(
                connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - names from here
                for table in ("log", "issued", "counters", "marks", "keys", "moves", "approvals", "tried")
            )
    except sqlite3.Error:
        return None


def judge(path: Path) -> AuditReport | None:
    try:
        return verify_journal(path)
    except JournalError:
        return None


def flipped(path: Path, original: bytes, place: int, bit: int) -> None:
    changed = bytearray(original)
    changed[place] ^= 1 << bit
    path.write_bytes(changed)


def test_an_index_that_leads_nowhere_is_seen(filled: Path) -> None:
    original, request_id = filled.read_bytes(), b"vend-7:1"
    places = [place for place in range(len(original)) if original.startswith(request_id, place)]
    assert len(places) >= 3  # the line, the row and the index by which the row is found
    for place in places:
        flipped(filled, original, place + 5, 0)
        report = judge(filled)
        assert report is None or not report.sound


def test_a_line_that_only_an_unsealed_module_writes_is_no_line_of_a_sealed_one(filled: Path) -> None:
    last = list(export(filled))[-1]
    forged = last.body.replace('"seq":18', '"seq":19').replace("vend-10:1", "vend-11:1")
    edit(filled, "INSERT INTO log VALUES (19, ?, ?)", values=(forged, link(last.hash, forged)))
    assert "Line 19 was inserted: a sealed module makes no such line." in verify_journal(filled).faults


@pytest.mark.parametrize("text", [b"seq INTEGER PRIMARY KEY", b"CREATE TABLE log", b"issued_tid"])
def test_damage_to_the_schema_is_told_in_our_words(filled: Path, text: bytes) -> None:
    original = filled.read_bytes()
    for change in (b"\x93", b"x"):
        filled.write_bytes(original.replace(text, text[:-1] + change))
        report = judge(filled)
        assert report is None or not report.sound
        for read in (Journal.open, lambda path: list(export(path))):
            with pytest.raises(JournalError):
                read(filled)


@pytest.mark.slow
def test_every_byte_of_every_line_counts(filled: Path) -> None:
    original = filled.read_bytes()
    for (body,) in rows(filled, "SELECT CAST(body AS BLOB) FROM log"):
        start = original.index(body)
        for place in range(start, start + len(body)):
            flipped(filled, original, place, place % 8)
            report = judge(filled)
            assert report is None or not report.sound, place


@pytest.mark.slow
def test_a_byte_flipped_anywhere_never_changes_what_counts_unseen(filled: Path) -> None:
    original, wanted = filled.read_bytes(), logical(filled)
    chance = random.Random(7)
    for _ in range(1500):
        flipped(filled, original, chance.randrange(len(original)), chance.randrange(8))
        report = judge(filled)
        with suppress(JournalError):
            list(export(filled))
        if report is not None and report.sound:
            assert logical(filled) == wanted


def test_a_token_found_by_its_mark_is_the_one_of_the_log(filled: Path) -> None:
    with unlocked(filled) as journal:
        assert journal.request_of(PAN, token_of(3)) == "vend-3:1"
        assert journal.usage(KEY).money == 70


def test_filling_twice_gives_no_two_files_alike(tmp_path: Path) -> None:
    first, second = filled_in(tmp_path / "one.db"), filled_in(tmp_path / "two.db")
    assert {one for (one,) in rows(first, "SELECT answer FROM issued")}.isdisjoint(
        one for (one,) in rows(second, "SELECT answer FROM issued")
    )
