"""What a commit leaves: all rows of its records and one line for each, or nothing at all."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.drivers.journal.world import (
    DAY,
    KEY,
    MATERIAL,
    NOW,
    OTHER_KEY,
    PAN,
    SECRET,
    approval,
    edit,
    issued,
    loaded,
    make,
    move,
    register,
    root,
    rows,
    token_of,
    tried,
    unlocked,
)
from voltoken.drivers.journal import Journal, canonical, export, lines, verify_journal
from voltoken.errors import JournalError, ModuleUnavailable, SealBroken
from voltoken.security import (
    ApprovalUsed,
    Event,
    Issued,
    KeyDeleted,
    Overlay,
    Record,
    State,
    Usage,
)


def said(path: Path) -> list[dict[str, Any]]:
    return [json.loads(entry.body) for entry in export(path)]


def test_the_answer_is_there_after_the_journal_was_closed_and_opened(path: Path) -> None:
    with unlocked(path) as journal:
        assert journal.commit([loaded(), issued(1)], NOW) == 3
    with unlocked(path) as journal:
        found = journal.result("vend-1:1")
        assert found is not None
        assert (found.client, found.digest, found.answer) == ("till", issued(1).digest, issued(1).answer)
        assert journal.register(KEY) == register()
        assert [(one.ref, secret) for one, secret in journal.secrets()] == [(KEY, SECRET)]


def test_a_key_in_hardware_has_a_register_and_no_bytes(journal: Journal) -> None:
    journal.commit([loaded(OTHER_KEY, None)], NOW)
    assert dict(journal.secrets())[register(OTHER_KEY)] is None
    assert [one.ref for one in journal.registers()] == [KEY, OTHER_KEY]


def test_every_record_has_one_line_that_says_what_it_was(path: Path) -> None:
    records: list[Record] = [
        loaded(),
        issued(1),
        issued(2, kind="key_change", tid=None, base_date=None),
        move(2),
        tried(),
        approval(),
        ApprovalUsed("vend-7:1"),
        KeyDeleted(KEY),
        Event("sealed", {"by": "ann", "shares": 2, "ready": True, "why": None}, alarm=True),
    ]
    with unlocked(path) as journal:
        assert journal.commit(records, NOW) == 1 + len(records)
    first, *rest = said(path)
    assert first["kind"] == "journal.created"
    assert [line["kind"] for line in rest] == [
        *("key.loaded", "issued.credit", "issued.key_change", "key.moved", "verify.tried"),
        *("approval.granted", "approval.used", "key.deleted", "sealed"),
    ]
    assert rest[1]["facts"]["request_id"] == "vend-1:1"
    assert rest[-1] == {
        "alarm": True,
        "at": "2026-11-21T12:00:00.000000Z",
        "facts": {"by": "ann", "ready": True, "shares": 2, "why": None},
        "kind": "sealed",
        "seq": 10,
    }


TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)


@given(TEXTS, TEXTS, st.lists(st.binary(min_size=16, max_size=16), max_size=3), st.integers(0, 2**63 - 1))
def test_the_line_written_by_hand_is_json_in_its_one_form(
    request_id: str, client: str, marks: list[bytes], units: int
) -> None:
    one = issued(1, request_id=request_id, client=client, units=units)
    for answered in (one, replace(one, pan=None, key=None, base_date=None, tid=None)):
        body = lines.issued_line(answered, b"sealed", marks).body(7, "2026-11-21T12:00:00.000000Z")
        assert canonical.write(json.loads(body)) == body


def test_the_journal_answers_as_an_overlay_over_nothing_does(journal: Journal) -> None:
    records: list[Record] = [
        issued(1),
        issued(2, units=0, money=9),
        issued(3, tid=issued(1).tid, attempt=1),
        issued(4, kind="meter_test", pan=None, key=None, base_date=None, tid=None, units=0, tokens=()),
        issued(5, kind="key_change", tid=None, base_date=None, units=0, request_id="change-1:1"),
        move(1),
        move(2, roll_over=False),
        tried(),
        tried(),
        tried(client="desk"),
        approval("vend-7:1"),
        approval("vend-8:1"),
        ApprovalUsed("vend-8:1"),
    ]
    journal.commit(records, NOW)
    memory = Overlay()
    memory.take((loaded(), *records))

    def recalled(state: State) -> list[object]:
        ids = [f"vend-{number}:1" for number in range(10)] + ["change-1:1", "change-2:1", ""]
        return [
            state.registers(),
            [state.register(ref) for ref in (KEY, OTHER_KEY)],
            [state.usage(ref) for ref in (KEY, OTHER_KEY)],
            [state.result(one) for one in ids],
            [state.move(one) for one in ids],
            [state.approval(one) for one in ids],
            [state.request_of(pan, token_of(one)) for one in range(7) for pan in (PAN, PAN[::-1])],
            [state.attempts(PAN, base, 6_000_000 + one) for one in range(5) for base in ("14", "93")],
            [state.moves(pan) for pan in (PAN, PAN[::-1])],
            [state.unknown_on_meter(PAN, day) for day in (DAY, DAY + timedelta(1))],
            [state.unknown_by_client(one, DAY) for one in ("till", "desk", "door")],
            state.issued(),
        ]

    assert recalled(journal) == recalled(memory)


def test_the_last_tid_is_known_by_meter_and_base_date(journal: Journal) -> None:
    journal.commit([issued(3), issued(1), issued(2, base_date="35", tid=4)], NOW)
    assert journal.last_tid(PAN, "14") == 6_000_003
    assert journal.last_tid(PAN, "35") == 4
    assert journal.last_tid(PAN, "93") is None


def test_counters_stay_when_a_key_is_deleted_and_loaded_again(path: Path) -> None:
    with unlocked(path) as journal:
        journal.commit([loaded(), issued(1, units=7, money=3), KeyDeleted(KEY)], NOW)
        assert journal.register(KEY) is None
        assert list(journal.secrets()) == []
    with unlocked(path) as journal:
        journal.commit([loaded(), issued(2, units=1)], NOW)
        assert journal.usage(KEY) == Usage(8, 3)
    assert verify_journal(path).sound


def test_an_approval_is_used_once_also_when_it_was_given_twice(path: Path) -> None:
    with unlocked(path) as journal:
        journal.commit([approval(by="ann"), approval(by="bob")], NOW)
        found = journal.approval("vend-7:1")
        assert found is not None
        assert found.by == "bob"
        journal.commit([ApprovalUsed("vend-7:1")], NOW)
        assert journal.approval("vend-7:1") is None
    with unlocked(path) as journal:
        assert journal.approval("vend-7:1") is None
        with pytest.raises(JournalError):
            journal.commit([ApprovalUsed("vend-7:1")], NOW)
    assert verify_journal(path).sound


def test_a_token_made_twice_belongs_to_the_later_request(journal: Journal) -> None:
    again = issued(2, tokens=issued(1).tokens, tid=None, base_date=None, kind="key_change")
    journal.commit([issued(1), again], NOW)
    assert journal.request_of(PAN, token_of(1)) == "vend-2:1"


@pytest.mark.parametrize(
    ("second", "word"),
    [
        (issued(2, request_id="vend-1:1"), "request id"),
        (issued(2, tid=issued(1).tid), "TID"),
        (move(1), "key change"),
    ],
    ids=["request id", "TID", "key change"],
)
def test_what_must_be_unique_is_written_once_and_the_rest_of_its_batch_not_at_all(
    path: Path, second: Record, word: str
) -> None:
    with unlocked(path) as journal:
        journal.commit([loaded(), issued(1), move(1)], NOW)
        before = journal.head, journal.usage(KEY), journal.issued()
        with pytest.raises(JournalError, match=word):
            journal.commit([issued(3), second, Event("after", {})], NOW)
        assert (journal.head, journal.usage(KEY), journal.issued()) == before
        assert journal.result("vend-3:1") is None
        assert not journal.failed
        journal.commit([issued(3)], NOW)
    assert verify_journal(path).sound


WRONG: dict[str, Any] = {
    "negative": issued(2, units=-1),
    "too many units": issued(2, units=2**63),
    "too late a TID": issued(2, tid=2**63),
    "short digest": issued(2, digest=b"short"),
    "unknown kind": issued(2, kind="gift"),
    "no characters": issued(2, request_id="\ud800"),
    "no characters in the PAN": issued(2, pan="\ud800"),
    "the kind of a record": Event("issued.credit", {}),
    "the kind of our own lines": Event("journal.created", {}),
    "the kind of a key": Event("key.loaded", {}),
    "no kind": Event("No Kind", {}),
    "a kind with a quote": Event('x","seq":1', {}),
    "a float": Event("half", cast(Any, {"share": 0.5})),
    "nested facts": Event("nested", cast(Any, {"more": {}})),
    "a key that is not there": KeyDeleted(OTHER_KEY),
    "a key that is there": loaded(KEY),
    "no record": "no record",
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_record_that_cannot_be_written_takes_its_whole_batch_along(journal: Journal, wrong: Any) -> None:
    before = journal.head
    with pytest.raises(JournalError):
        journal.commit([issued(1), wrong], NOW)
    assert journal.head == before
    assert journal.result("vend-1:1") is None
    journal.commit([issued(1)], NOW)


def test_counters_do_not_overflow(journal: Journal) -> None:
    journal.commit([issued(1, units=2**63 - 1)], NOW)
    with pytest.raises(JournalError, match="full"):
        journal.commit([issued(2, units=1)], NOW)
    assert journal.usage(KEY) == Usage(2**63 - 1, 0)


def test_a_moment_without_a_zone_is_refused(journal: Journal) -> None:
    with pytest.raises(JournalError):
        journal.commit([issued(1)], NOW.replace(tzinfo=None))


def test_nothing_to_write_writes_nothing(journal: Journal) -> None:
    before = journal.head
    assert journal.commit([], NOW) == before[0]
    assert journal.head == before


@pytest.mark.parametrize(
    "record",
    [issued(1), loaded(OTHER_KEY), KeyDeleted(KEY), move(), tried(), approval(), ApprovalUsed("vend-7:1")],
    ids=lambda record: type(record).__name__,
)
def test_a_sealed_journal_takes_events_only(journal: Journal, record: Record) -> None:
    journal.lock()
    assert journal.commit([Event("refused", {"code": "module.sealed"})], NOW) == 3
    with pytest.raises(JournalError, match="sealed"):
        journal.commit([Event("refused", {}), record], NOW)
    assert journal.head[0] == 3


def test_a_sealed_journal_reads_all_but_secrets(journal: Journal) -> None:
    journal.commit([issued(1)], NOW)
    journal.lock()
    assert journal.usage(KEY) == Usage(5, 0)
    assert journal.result("vend-2:1") is None
    for ask in (
        lambda: journal.result("vend-1:1"),
        lambda: journal.request_of(PAN, 1),
        lambda: list(journal.secrets()),
        lambda: journal.checkpoint(NOW),
    ):
        with pytest.raises(ModuleUnavailable):
            ask()


@pytest.mark.parametrize("point", ["begin", "rows", "before_commit"])
def test_a_commit_that_ends_before_the_disk_has_it_leaves_nothing(path: Path, point: str) -> None:
    armed = False

    def probe(name: str) -> None:
        if armed and name == point:
            raise sqlite3.OperationalError("disk I/O error")

    with unlocked(path, probe) as journal:
        journal.commit([loaded(), issued(1)], NOW)
        before = journal.head
        armed = True
        with pytest.raises(JournalError, match="disk I/O error"):
            journal.commit([issued(2)], NOW)
        armed = False
        assert journal.head == before
        assert journal.result("vend-2:1") is None
        # Where COMMIT was not begun, it is known that nothing is on the disk.
        assert not journal.failed
        journal.commit([issued(2)], NOW)
    assert verify_journal(path).sound


class Broken:
    """A connection whose next COMMIT fails, before or after it was carried out."""

    def __init__(self, connection: sqlite3.Connection, *, carried_out: bool) -> None:
        self._connection = connection
        self._carried_out = carried_out

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, statement: str, *values: Any) -> Any:
        if statement != "COMMIT":
            return self._connection.execute(statement, *values)
        if self._carried_out:
            self._connection.execute(statement)
        raise sqlite3.OperationalError("disk I/O error")


@pytest.mark.parametrize("carried_out", [False, True])
def test_after_a_commit_of_unknown_outcome_nothing_is_written_until_it_is_opened_again(
    path: Path, carried_out: bool
) -> None:
    with unlocked(path) as journal:
        journal.commit([loaded(), issued(1)], NOW)
        sound = journal._transactions._connection
        journal._transactions._connection = cast(Any, Broken(sound, carried_out=carried_out))
        with pytest.raises(JournalError, match="disk I/O error"):
            journal.commit([issued(2)], NOW)
        journal._transactions._connection = sound
        assert journal.failed
        for write in (
            lambda: journal.commit([Event("late", {})], NOW),
            lambda: journal.checkpoint(NOW),
            lambda: journal.zeroise(NOW, by="ann", reason="tamper"),
        ):
            with pytest.raises(JournalError, match="Open it again"):
                write()
    with unlocked(path) as journal:
        assert (journal.result("vend-2:1") is not None) is carried_out
        assert journal.usage(KEY) == Usage(10 if carried_out else 5, 0)
        journal.commit([issued(3)], NOW)
    assert verify_journal(path).sound


def test_a_closed_journal_writes_nothing(journal: Journal) -> None:
    journal.close()
    journal.close()
    for act in (lambda: journal.commit([issued(1)], NOW), lambda: journal.unlock(root())):
        with pytest.raises(JournalError, match="closed"):
            act()
    with pytest.raises(JournalError):
        journal.result("vend-1:1")


def test_a_row_that_was_put_in_before_us_is_seen_and_not_overwritten(journal: Journal) -> None:
    edit(journal.path, "INSERT INTO log VALUES (3, '{}', x'00')")
    with pytest.raises(JournalError, match="Another program"):
        journal.commit([issued(1)], NOW)


@pytest.mark.slow
def test_a_file_that_another_program_holds_refuses_the_commit(path: Path) -> None:
    with unlocked(path) as journal, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match="locked"):
            journal.commit([issued(1)], NOW)
        other.execute("ROLLBACK")
        journal.commit([issued(1)], NOW)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE issued SET digest = 'text'",
        "UPDATE issued SET client = x'00'",
        "UPDATE issued SET answer = 'text'",
        "UPDATE issued SET answer = zeroblob(80)",
        "UPDATE issued SET attempt = 'x'",
        "UPDATE issued SET tid = 'x'",
        "UPDATE keys SET register = x'00'",
        "UPDATE keys SET key = '1'",
        "UPDATE moves SET move = '{}'",
    ],
)
def test_a_row_changed_while_the_journal_is_open_gives_an_error_of_ours(
    journal: Journal, statement: str
) -> None:
    journal.commit([issued(1), move()], NOW)
    edit(journal.path, statement)

    def ask() -> None:
        journal.result("vend-1:1")
        journal.attempts(PAN, "14", 6_000_001)
        journal.last_tid(PAN, "14")
        list(journal.secrets())
        journal.moves(PAN)

    with pytest.raises((JournalError, SealBroken)):
        ask()


def test_nothing_secret_stands_in_the_files_in_clear(tmp_path: Path) -> None:
    path = make(tmp_path / "journal.db")
    with unlocked(path) as journal:
        journal.commit([loaded(), *(issued(number) for number in range(50))], NOW)
        journal.commit([issued(99), KeyDeleted(KEY)], NOW)
        raw = b"".join(file.read_bytes() for file in sorted(tmp_path.iterdir()))
        assert raw.count(b"vend-49:1") > 1  # what is looked for would be found
        for number in (*range(50), 99):
            token = token_of(number)
            forms = {str(token), f"{token:020d}", f"{token:x}", f"{token:X}", f"{token:017x}"}
            for form in forms:
                assert form.encode() not in raw
            for value in (token, token & (2**64 - 1)):
                for length in (8, 9) if value < 2**64 else (9,):
                    assert value.to_bytes(length, "big") not in raw
                    assert value.to_bytes(length, "little") not in raw
        for secret in (SECRET, MATERIAL):
            assert secret not in raw
            assert secret.hex().encode() not in raw.lower()
    assert {file.name for file in tmp_path.iterdir()} == {"journal.db", "journal.db.lock"}


def test_nothing_secret_is_shown(journal: Journal) -> None:
    sealing = journal._sealing
    shown = repr(journal) + repr(sealing) + str(vars(journal))
    assert "unlocked" in repr(journal)
    assert SECRET.hex() not in shown
    assert MATERIAL.hex() not in shown
    assert "planted" not in shown


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2), st.integers(0, 50)), min_size=1, max_size=12),
    st.data(),
)
@pytest.mark.slow
def test_any_history_verifies_and_is_read_again_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    path = make(tmp_path_factory.mktemp("history") / "journal.db")
    memory = Overlay()
    with unlocked(path) as journal:
        for number, attempt, units in steps:
            record: Issued = issued(number, attempt=attempt, units=units, request_id=f"v{number}-{attempt}:1")
            try:
                journal.commit([record, Event("asked", {"units": units})], NOW)
            except JournalError:
                continue
            memory.take((record,))
            if data.draw(st.booleans()):
                journal.lock()
                journal.commit([Event("refused", {})], NOW)
                journal.unlock(root())
    with unlocked(path) as journal:
        assert journal.usage(KEY) == memory.usage(KEY)
        assert journal.issued() == memory.issued() == len(rows(path, "SELECT 1 FROM issued"))
        for number, attempt, _ in steps:
            request_id = f"v{number}-{attempt}:1"
            assert journal.result(request_id) == memory.result(request_id)
    assert verify_journal(path).sound
