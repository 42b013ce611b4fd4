"""Verifying a centre without any key."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.unit.drivers.centre import world
from tests.unit.drivers.centre.world import Place, by_hand
from voltoken.drivers.centre import Centre, verify_centre
from voltoken.drivers.journal import Checkpoint, FileWitness
from voltoken.errors import CentreFileError, FieldError


def test_a_sound_centre_has_no_faults_and_a_fingerprint(filled: Place) -> None:
    report = verify_centre(filled.folder, public_key=filled.public_key)
    with Centre.look(filled.folder) as centre:
        assert report.fingerprint == centre.state.fingerprint()
        assert (report.centre_id, report.lines) == (world.CENTRE, centre.state.lines)
        assert report.requests == len(centre.state.requests) == 8
    assert report.faults == ()


def test_a_file_that_is_ascribed_to_another_request_is_a_fault(filled: Place) -> None:
    with by_hand(filled.file) as connection:
        connection.execute("UPDATE papers SET request = 'r1'")
    (fault,) = verify_centre(filled.folder).faults
    assert "is not the one that was made" in fault


def test_a_copy_of_the_file_alone_can_be_verified(filled: Place, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    shutil.copy(filled.file, copy)
    assert verify_centre(copy).faults == ()


def test_a_centre_at_work_can_be_verified(place: Place) -> None:
    with place.open() as centre:
        world.country(centre)
        assert verify_centre(place.folder).faults == ()


def test_another_key_than_the_pinned_one_is_a_fault(place: Place) -> None:
    (fault,) = verify_centre(place.folder, public_key="00" * 32).faults
    assert "not the pinned one" in fault
    for wrong in ("", "xyz", "00"):
        with pytest.raises(FieldError):
            verify_centre(place.folder, public_key=wrong)


def test_what_is_not_there_is_not_verified(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(CentreFileError, match="There is no centre"):
            verify_centre(place)


def test_all_breaks_of_a_chain_are_named(filled: Place) -> None:
    with by_hand(filled.file) as connection:
        connection.execute("UPDATE log SET body = body || ' ' WHERE seq IN (5, 9)")
    faults = verify_centre(filled.folder).faults
    assert [fault.split()[1] for fault in faults] == ["5", "9"]


def test_an_old_head_that_was_forged_is_found(filled: Place) -> None:
    with by_hand(filled.file) as connection:
        connection.execute(
            "UPDATE heads SET signature = zeroblob(64) WHERE seq = (SELECT min(seq) FROM heads)"
        )
    filled.open().close()  # which looks at the last head only
    assert "not signed by this centre" in verify_centre(filled.folder).faults[0]


def test_a_damaged_file_is_said_to_be(filled: Place) -> None:
    data = bytearray(filled.file.read_bytes())
    data[4096 * 6 : 4096 * 8] = bytes(4096 * 2)
    filled.file.write_bytes(data)
    assert verify_centre(filled.folder).faults


def test_a_file_that_sqlite_finds_damaged_is_said_to_be(filled: Place) -> None:
    filled.open().close()
    data = bytearray(filled.file.read_bytes())
    data[39] += 5  # how many pages are free, in the header
    filled.file.write_bytes(data)
    (fault,) = verify_centre(filled.folder).faults
    assert fault.startswith("The file is damaged")


def test_a_file_that_breaks_while_it_is_read_is_a_fault(
    filled: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def torn(*_: object) -> None:
        raise sqlite3.DatabaseError("disk image is malformed")

    monkeypatch.setattr("voltoken.drivers.centre.verify.read_all", torn)
    (fault,) = verify_centre(filled.folder).faults
    assert "cannot be read: disk image is malformed" in fault


def test_a_witness_that_heard_something_else_is_believed(place: Place, tmp_path: Path) -> None:
    witness = tmp_path / "witness.jsonl"
    with place.unsealed() as centre:
        head = centre.head()
        FileWitness(witness).send(head)
        forged = Checkpoint(head.module_id, head.seq, bytes(32), head.at, head.signature)
        foreign = Checkpoint("C7", head.seq + 1, head.hash, head.at, head.signature)
    with witness.open("a") as out:
        out.write(f"{forged.text()}\n{foreign.text()}\nnothing\n")
    faults = verify_centre(place.folder, witness=witness).faults
    assert len(faults) == 3
    assert faults[0].startswith("Line 2 of the witness: The head of line")
    assert "not of this centre" in faults[1]
    assert "cannot be used" in faults[2]


def test_a_file_for_people_that_was_slipped_in_is_found(filled: Place) -> None:
    with by_hand(filled.file) as connection:
        connection.execute("INSERT INTO papers VALUES ('C1.trust.9.json', 'r1', x'00')")
    (fault,) = verify_centre(filled.folder).faults
    assert "C1.trust.9.json" in fault
    with filled.open() as centre, pytest.raises(CentreFileError, match="has made no file"):
        centre.paper("C1.trust.9.json")
