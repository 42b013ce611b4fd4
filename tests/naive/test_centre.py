"""A real centre and the auditor who shares nothing with it find the same registers and the same forgeries."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.centres import Land
from tests.naive import centre_tables as paper
from tests.naive.centre import audit
from tests.naive.centre_audits import assert_sound, audited, copied
from tests.naive.centre_forger import other
from tests.naive.centre_stroll import stroll
from tests.naive.centre_walk import Walk, ceremonial
from voltoken.kmc import REGISTERS

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(6))
def test_whatever_a_centre_does_both_auditors_find_nothing_and_the_same_registers(
    furnished_once: Walk, tmp_path: Path, seed: int
) -> None:
    walk = furnished_once.twin(tmp_path / "c1")
    done = stroll(walk, random.Random(seed), 60)
    assert min(done.values()) > 10
    assert_sound(walk)


def test_ceremonies_leave_what_both_auditors_expect(tmp_path: Path) -> None:
    assert_sound(ceremonial(tmp_path / "c1"))


def test_every_value_in_every_table_counts(modest_once: Walk, tmp_path: Path) -> None:
    walk = copied(modest_once, tmp_path / "c1")
    unfound = []
    for table, columns in paper.TABLES.items():
        with closing(sqlite3.connect(modest_once.file)) as database:
            rows = database.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - of the test
        for row in {0, len(rows) // 2, len(rows) - 1}:
            for number, column in enumerate(columns):
                value = rows[row][number]
                value = value + 1000 if isinstance(value, int) else other(value)
                shutil.copy(modest_once.file, walk.file)
                with closing(sqlite3.connect(walk.file)) as database, database:
                    database.execute(
                        f"UPDATE {table} SET {column} = ? WHERE {columns[0]} = ?",  # noqa: S608
                        (value, rows[row][0]),
                    )
                naive, product = audited(walk)
                if not naive or not product:
                    unfound.append((table, column, rows[row][0], bool(naive), bool(product)))
    assert unfound == []


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM log WHERE seq = (SELECT max(seq) FROM log)",
        "DELETE FROM log WHERE seq = 1",
        "DELETE FROM log WHERE seq = 14",
        "DELETE FROM log",
        "DELETE FROM heads",
        "DELETE FROM meta WHERE name = 'root'",
        "DELETE FROM secrets WHERE name = 'exchange'",
        "DELETE FROM papers",
        "INSERT INTO log SELECT max(seq) + 1, body, hash FROM log",
        "INSERT INTO log SELECT max(seq) + 1, '{}', hash FROM log",
        "INSERT INTO log VALUES (0, '{}', zeroblob(32))",
        "INSERT INTO secrets VALUES ('vending_key/123456/1', zeroblob(48))",
        "INSERT INTO papers VALUES ('other.json', 'r1', x'7B7D')",
        "INSERT INTO heads SELECT seq + 1, at, hash, signature FROM heads ORDER BY seq DESC LIMIT 1",
        "CREATE TABLE more (name TEXT)",
        "CREATE INDEX quick ON log (hash)",
        "CREATE VIEW heads_too AS SELECT * FROM heads",
        "CREATE TRIGGER t AFTER INSERT ON log BEGIN DELETE FROM heads; END",
        "ALTER TABLE secrets ADD COLUMN more TEXT",
        "PRAGMA user_version = 2",
        "PRAGMA application_id = 0",
        """UPDATE log SET body = CASE seq WHEN 14 THEN (SELECT body FROM log WHERE seq = 15)
           ELSE (SELECT body FROM log WHERE seq = 14) END WHERE seq IN (14, 15)""",
        """UPDATE log SET body = (SELECT body FROM log AS o WHERE o.seq = 29 - log.seq),
           hash = (SELECT hash FROM log AS o WHERE o.seq = 29 - log.seq) WHERE seq IN (14, 15)""",
        """UPDATE secrets SET sealed = (SELECT sealed FROM secrets AS o WHERE o.name <> secrets.name)
           WHERE name = 'exchange'""",
    ],
)
def test_what_is_taken_away_put_in_or_swapped_is_found_by_both(shut: Walk, statement: str) -> None:
    with closing(sqlite3.connect(shut.file)) as database, database:
        database.execute(statement)
    naive, product = audited(shut)
    assert naive
    assert product


def test_a_damaged_file_is_a_fault_or_as_it_was_and_never_another_error(
    modest_once: Walk, tmp_path: Path
) -> None:
    walk = copied(modest_once, tmp_path / "c1")
    whole, registers, chance = walk.file.read_bytes(), audit(walk.file).registers, random.Random(11)
    found = 0
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(chance.choice((1, 1, 20))):
            damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        walk.file.write_bytes(damaged[: chance.choice((len(whole), len(whole), len(whole) - 4096))])
        naive, product = audited(walk)
        found += bool(naive and product)
        assert naive or audit(walk.file).registers == registers
        assert product or naive == []
    assert found > 20


def test_the_program_asks_for_as_many_people_as_the_auditor() -> None:
    steps = {f"{name}.{step.name}": step for name, table in REGISTERS.items() for step in table.steps}
    fewer = {act for act, needed in paper.SECOND.items() if steps[act].approvals < needed}
    assert fewer == set()
    of_keys = ("vending_key", "authorisation", "key_file", "module")
    alone = {act for act, step in steps.items() if not (step.approvals or step.inner)}
    assert {act for act in alone if act.partition(".")[0] in of_keys} == {*paper.ALONE}
    assert {act for act, step in steps.items() if step.glass} == paper.GLASS


def test_no_table_leads_from_compromised_or_destroyed_to_a_state_in_use() -> None:
    for register, life in paper.LIVES.items():
        for end in life.keys() & {"compromised", "destroyed", "destroyed_compromised", "left", "lost"}:
            reached, new = {end}, [end]
            while new:
                found = {*life[new.pop()].split()} - reached
                reached |= found
                new += found
            assert not reached & {"active", "pre_active", "registered", "trusted", "suspended"}, register
    for register, life in paper.LIVES.items():
        for step in REGISTERS[register].steps:
            for source in step.sources:
                target = step.target or source
                assert target == source or target in life[source].split(), f"{register}.{step.name}"


def test_a_group_that_moves_leaves_what_the_auditor_expects_in_both_centres(tmp_path: Path) -> None:
    land = Land.settle(tmp_path / "land")
    land.south.receive(land.north, land.north.send(land.south, moves_home=True), moves_home=True)
    known = [seat.centre.state.export() for seat in (land.north, land.south)]
    land.close()
    for seat, registers in zip((land.north, land.south), known, strict=True):
        found = audit(seat.folder / "centre.db")
        assert found.faults == []
        assert found.registers == registers
