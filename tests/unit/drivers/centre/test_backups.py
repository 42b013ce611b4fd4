"""A backup brings a centre back, byte for byte, and nobody reads it without the root key."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.drivers.centre import world
from tests.unit.drivers.centre.world import Place
from voltoken.drivers.centre import (
    Backup,
    Centre,
    check_secrets,
    make_backup,
    read_backup,
    read_log,
    rehearse,
    restore,
    verify_centre,
)
from voltoken.drivers.centre.backups import BACKUP_MAX
from voltoken.drivers.custody import RootKey, SharesProvider
from voltoken.errors import CentreFileError, CentreSealed
from voltoken.sts import key_check_value


def root_of(backup: Backup, place: Place) -> RootKey:
    """Return the root key of a backup, from the shares that lie in safes."""
    unsealing = backup.unsealing()
    progress = [unsealing.offer(share) for share in place.shares[1:]][-1]
    assert progress.root is not None
    return progress.root


def backed_up(place: Place) -> bytes:
    """Return a backup of a centre."""
    with place.unsealed() as centre:
        return make_backup(centre)


def test_a_backup_says_whose_it_is_and_hides_everything_else(filled: Place) -> None:
    with filled.unsealed() as centre:
        before = centre.state.lines
        data = make_backup(centre)
        assert [line.kind for line in read_log(centre, before + 1)] == ["centre.backed_up"]
        exchange = centre.secret("exchange")
    backup = read_backup(data)
    assert (backup.centre_id, backup.seq, backup.at) == (world.CENTRE, before, world.START)
    assert "Not a key management centre of the STS Association" in data.split(b"\n")[1].decode()
    for hidden in (b"role.withdraw", b"CREATE TABLE", exchange, exchange.hex().encode()):
        assert hidden not in data


def test_a_sealed_centre_makes_no_backup(place: Place) -> None:
    with place.open() as centre, pytest.raises(CentreSealed):
        make_backup(centre)


def test_a_restored_centre_has_the_same_registers_to_the_byte(filled: Place, tmp_path: Path) -> None:
    data = backed_up(filled)
    with Centre.look(filled.folder) as living:
        registers = living.state.export()
    backup = read_backup(data)
    restore(backup, root_of(backup, filled), tmp_path / "again", world=filled.world())
    assert verify_centre(tmp_path / "again", public_key=filled.public_key).faults == ()
    again = Place(tmp_path / "again", filled.shares, filled.public_key)
    with again.unsealed() as centre:
        assert centre.state.export() == registers
        assert [line.kind for line in read_log(centre) if line.alarm] == ["centre.restored"]
        assert check_secrets(centre) == 2  # exchange, and the signing key that is left
        world.country(centre, "TZ")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["again", "c1"]


def test_a_rehearsal_compares_with_the_living_centre_as_it_was_then(filled: Place, tmp_path: Path) -> None:
    with filled.unsealed() as centre:
        backup = read_backup(make_backup(centre))
        world.country(centre, "TZ")
        root = root_of(backup, filled)
        proved = rehearse(backup, root, living=centre, scratch=tmp_path, world=filled.world())
        assert proved.compared
        assert proved.lines == backup.seq
        assert proved.since == 5  # the backup's own line, and the country
        assert (proved.secrets, proved.check_values) == (2, 2)
        assert proved.entries == sum(map(len, centre.state.entries.values())) - 1
        assert proved.fingerprint == backup.fingerprint != centre.state.fingerprint()
        alone = rehearse(backup, root, living=None, scratch=tmp_path, world=filled.world())
    assert not alone.compared
    assert alone.since == 0
    assert [file.name for file in tmp_path.iterdir()] == ["c1"]


def test_a_rehearsal_with_another_centre_fails(filled: Place, tmp_path: Path) -> None:
    backup = read_backup(backed_up(filled))
    root = root_of(backup, filled)
    other = world.make(tmp_path / "other")
    with other.unsealed() as living, pytest.raises(CentreFileError, match="not genuine"):
        rehearse(backup, root, living=living, scratch=tmp_path, world=filled.world())
    foreign = world.make(tmp_path / "c2", centre_id="C2")
    with pytest.raises(CentreFileError, match="is that of C2"), foreign.unsealed() as centre:
        backup.open(centre.strongroom.root)
    assert not list(tmp_path.glob(".rehearsal*"))


def test_a_backup_opens_with_its_own_root_key_only(filled: Place, tmp_path: Path) -> None:
    backup = read_backup(backed_up(filled))
    other = world.make(tmp_path / "other")
    with other.unsealed() as centre, pytest.raises(CentreFileError, match="does not open"):
        restore(backup, centre.strongroom.root, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_backup_is_not_restored_over_anything(filled: Place) -> None:
    backup = read_backup(backed_up(filled))
    with pytest.raises(CentreFileError, match="is not empty"):
        restore(backup, root_of(backup, filled), filled.folder)


def test_every_byte_of_a_backup_counts(filled: Place) -> None:
    data = backed_up(filled)
    root = root_of(read_backup(data), filled)
    head = data.index(b"\n", data.index(b"\n") + 1)
    for place in (*range(0, head + 40, 3), len(data) // 2, len(data) - 1):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(CentreFileError):
            read_backup(bytes(changed)).open(root)
    for length in (0, 10, 22, head, head + 1, head + 20, len(data) - 1):
        with pytest.raises(CentreFileError):
            read_backup(data[:length]).open(root)


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"voltoken-kmc-backup/1\n", b"voltoken-kmc-backup/1\n{}\n"]),
)
def test_whatever_is_read_as_a_backup_is_one_or_an_error_of_ours(data: bytes, head: bytes) -> None:
    try:
        read_backup(head + data)
    except CentreFileError:
        pass
    else:
        pytest.fail("made up, and taken for a backup")


def test_a_backup_has_an_end() -> None:
    class Endless(bytes):
        def __len__(self) -> int:
            return BACKUP_MAX + 1

    with pytest.raises(CentreFileError, match="at most"):
        read_backup(Endless())


def test_a_root_record_that_is_damaged_is_said_to_be(filled: Place) -> None:
    backup = read_backup(backed_up(filled))
    backup.root["provider"] = "other"
    with pytest.raises(CentreFileError, match="root record"):
        backup.unsealing()


def test_registers_that_a_header_does_not_name_are_refused(
    filled: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voltoken.kmc.State.fingerprint", lambda _: "0" * 64)
    data = backed_up(filled)
    monkeypatch.undo()
    backup = read_backup(data)
    with pytest.raises(CentreFileError, match="not those that its header names"):
        restore(backup, root_of(backup, filled), tmp_path / "again")


def test_registers_that_differ_from_the_living_are_told(
    filled: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with filled.unsealed() as centre:
        backup = read_backup(make_backup(centre))
        exports = iter([b"one", b"other"])
        monkeypatch.setattr("voltoken.kmc.State.export", lambda _: next(exports))
        monkeypatch.setattr("voltoken.kmc.State.fingerprint", lambda _: backup.fingerprint)
        with pytest.raises(CentreFileError, match="differ from those of the living"):
            rehearse(backup, root_of(backup, filled), living=centre, scratch=tmp_path, world=filled.world())


@pytest.mark.parametrize("name", ["exchange", "signing_key/{kid}", "vending_key/123456/1", "component/a/1"])
def test_a_secret_that_is_not_the_described_one_is_found(
    filled: Place, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with filled.unsealed() as centre:
        kid = next(centre.state.where("centre_key", state="active")).get("kid")
        key = next(centre.state.of("country"))
        key.values["check_value"] = "000000"  # type: ignore[index]
        centre.state.entries["vending_key"] = {"123456/1": key}
        wanted = name.format(kid=kid)
        centre.state.secrets.clear()
        centre.state.secrets[wanted] = ""
        monkeypatch.setattr(
            centre, "secret", lambda _: bytes(31) + b"\x05" if "vend" not in name else bytes(20)
        )
        if name.startswith("component"):
            assert check_secrets(centre) == 0
        else:
            with pytest.raises(CentreFileError, match="not the one that the registers describe"):
                check_secrets(centre)


def test_check_values_of_vending_keys_are_computed_anew(place: Place, tmp_path: Path) -> None:
    with place.unsealed() as centre:
        world.country(centre)
        company = {"name": "Light", "country": "KE", "kinds": "utility"}
        world.act(centre, "organisation.add", "lightco", company)
        world.act(centre, "organisation.accept", "lightco")
        group = {"name": "town", "kind": "unique", "owner": "lightco", "country": "KE"}
        world.act(centre, "supply_group.add", "123456", group)
        world.act(centre, "supply_group.allocate", "123456")
        key = {"sgc": "123456", "krn": 1, "kt": 2, "base_date": "14", "bits": 160, "dkga": "04", "eas": "07"}
        dates = {"act": "2026-04-01T00:00:00+00:00", "iut": "2030-01-01T00:00:00+00:00", "test": True}
        world.act(centre, "vending_key.add", "123456/1", key | dates)
        made = world.act(centre, "vending_key.generate", "123456/1")
        assert key_check_value(centre.secret("vending_key/123456/1")).value == made.entry.get("check_value")
        backup = read_backup(make_backup(centre))
        proved = rehearse(
            backup, root_of(backup, place), living=centre, scratch=tmp_path, world=place.world()
        )
        assert (proved.secrets, proved.check_values) == (2, 2)  # the key, and that for other centres' files
        centre.state.entries["vending_key"]["123456/1"].values["check_value"] = "000000"  # type: ignore[index]
        with pytest.raises(CentreFileError, match="vending_key/123456/1 is not the one"):
            check_secrets(centre)


def test_new_shares_do_not_open_an_older_backup(filled: Place) -> None:
    data = backed_up(filled)
    from voltoken.drivers.centre import replace_root
    from voltoken.errors import ShareRefused

    with filled.unsealed() as centre:
        shares = replace_root(centre, SharesProvider(2, 2), by="ada")
        newer = make_backup(centre)
    with pytest.raises(ShareRefused):
        read_backup(data).unsealing().offer(shares[0])
    unsealing = read_backup(newer).unsealing()
    assert [unsealing.offer(share).complete for share in shares] == [False, True]
