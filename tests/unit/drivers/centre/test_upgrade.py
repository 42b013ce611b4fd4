"""Files of older versions are brought up to date, and nothing else is."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.unit.drivers.centre import world
from tests.unit.drivers.centre.world import Place, by_hand, kinds
from voltoken.drivers.centre import Centre, upgrade, verify_centre
from voltoken.drivers.centre.schema import APPLICATION_ID, MIGRATIONS, VERSION, build
from voltoken.errors import CentreFileError

OLD = range(1, VERSION)


def tables(path: Path) -> dict[str, str]:
    """Return the tables of a file, with the text that makes each."""
    with by_hand(path) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return dict(rows.fetchall())


def make_old(place: Place, version: int) -> None:
    """Take away from a file what later versions added."""
    with by_hand(place.file) as connection:
        if version < 2:  # there were no secrets then, so the log names none
            from tests.unit.drivers.centre.test_forgery import rewrite
            from voltoken.kmc import Event, founders_digest

            def without(lines: list[tuple[int, dict[str, object]]]) -> list[tuple[int, dict[str, object]]]:
                kept = [line for line in lines if line[1]["kind"] != "secret.kept"]
                born = kept[0][1]["facts"]
                assert isinstance(born, dict)
                founding = [Event(str(line["kind"]), line["facts"]) for _, line in kept[1:]]  # type: ignore[arg-type]
                born |= {"founding": len(founding), "founders": founders_digest(founding)}
                return kept

            rewrite(place, without)
        for later in range(VERSION, version, -1):
            for statement in MIGRATIONS[later - 1]:
                connection.execute(f"DROP TABLE {statement.split()[2]}")
        connection.execute(f"PRAGMA user_version = {version}")


@pytest.mark.parametrize("version", OLD)
def test_a_file_of_every_older_version_is_brought_up_to_date(place: Place, version: int) -> None:
    current = tables(place.file)
    with Centre.look(place.folder) as centre:
        registers = centre.state.export() if version > 1 else b""
    make_old(place, version)
    with pytest.raises(CentreFileError, match="voltoken kmc upgrade"):
        place.open()
    with pytest.raises(CentreFileError, match="voltoken kmc upgrade"):
        verify_centre(place.folder)
    assert upgrade(place.folder, world=place.world()) == (version, VERSION)
    assert tables(place.file) == current
    with place.unsealed() as centre:
        assert kinds(centre)[-2] == "centre.upgraded"
        assert not registers or centre.state.export() == registers
        world.signing_key(centre)
    assert verify_centre(place.folder).faults == ()
    assert upgrade(place.folder, world=place.world()) == (VERSION, VERSION)


def test_an_older_file_that_was_changed_is_not_brought_up_to_date(place: Place) -> None:
    make_old(place, 2)
    with by_hand(place.file) as connection:
        connection.execute("UPDATE log SET body = replace(body, 'Ada', 'Eve')")
    with pytest.raises(CentreFileError, match="was edited"):
        upgrade(place.folder)
    with by_hand(place.file) as connection:
        connection.execute("UPDATE log SET body = replace(body, 'Eve', 'Ada')")
        connection.execute("UPDATE secrets SET sealed = zeroblob(77)")
    with pytest.raises(CentreFileError, match="The secret exchange"):
        upgrade(place.folder)
    with by_hand(place.file) as connection:
        connection.execute("CREATE TABLE more (x)")
    with pytest.raises(CentreFileError, match="a table more"):
        upgrade(place.folder)


def test_an_upgrade_that_is_stopped_leaves_the_old_file(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_old(place, 2)
    before = tables(place.file)

    monkeypatch.setattr(
        "voltoken.drivers.centre.upgrading.WRITE_LINE", "INSERT INTO nowhere VALUES (?, ?, ?)"
    )
    with pytest.raises(CentreFileError, match="no such table"):
        upgrade(place.folder)
    assert tables(place.file) == before
    monkeypatch.undo()
    assert upgrade(place.folder, world=place.world()) == (2, VERSION)


def test_a_file_of_a_later_version_is_not_touched(place: Place) -> None:
    with by_hand(place.file) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    for attempt in (place.open, lambda: upgrade(place.folder)):
        with pytest.raises(CentreFileError, match="Install the program that made it"):
            attempt()


def test_another_database_is_no_centre(place: Place) -> None:
    with by_hand(place.file) as connection:
        connection.execute("PRAGMA application_id = 1")
    for attempt in (place.open, lambda: upgrade(place.folder), lambda: verify_centre(place.folder)):
        with pytest.raises(CentreFileError, match="not the file of a key management centre"):
            attempt()


def test_a_new_file_has_the_tables_of_all_migrations() -> None:
    connection = sqlite3.connect(":memory:")
    build(connection)
    found = {sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
    assert found == {statement for statements in MIGRATIONS for statement in statements}
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
    connection.close()
