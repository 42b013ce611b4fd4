"""What a vending key is: its name, its two ends, and the life that its table gives it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.kmc.town import DAY, NOW
from tests.unit.kmc.vault import SGC, UNIQUE, YEAR, Vault, furnished_vault, stocked_vault
from voltoken.errors import ActRefused, FieldError
from voltoken.kmc import REGISTERS, faults, reached
from voltoken.kmc.keys import (
    FULL,
    GONE,
    KEPT,
    MOVING,
    UNMADE,
    VendingKey,
    all_of,
    facts_of,
    fresh,
    living,
    ref_of,
    secret_name,
)
from voltoken.kmc.names import next_id
from voltoken.security import KeyRef
from voltoken.sts import key_check_value

EXAMPLE = bytes.fromhex("abababababababab")


@pytest.fixture
def vault() -> Vault:
    """Return a centre with one active key, authorised for one module."""
    return stocked_vault()


@contextmanager
def refused(reason: str, *words: str) -> Iterator[None]:
    """Expect a refusal for this reason, whose message has these words."""
    with pytest.raises(ActRefused) as found:
        yield
    assert found.value.reason == reason, found.value
    assert all(word in found.value.message for word in words), found.value.message


def test_tables_are_sound() -> None:
    for name in ("vending_key", "authorisation"):
        assert faults(REGISTERS[name], REGISTERS) == ()
    table = REGISTERS["vending_key"]
    assert set(table.states) == UNMADE | FULL | MOVING | GONE | {"suspended"}
    assert KEPT | GONE | {"requested"} == set(table.states)


def test_no_way_leads_from_compromised_to_credit() -> None:
    table = REGISTERS["vending_key"]
    for state in ("compromised", "destroyed", "destroyed_compromised", "deactivated"):
        assert not reached(table, state) & {*FULL, "suspended", "requested"}
    assert reached(table, "compromised") == {"destroyed_compromised"}


def test_a_key_is_asked_for_made_and_put_to_use() -> None:
    vault = furnished_vault()
    entry = vault.do("vending_key", "add", f"{SGC}/1", krn=1, **UNIQUE)
    assert (entry.state, entry.get("check_value"), entry.get("origin")) == ("requested", None, "generate")
    assert secret_name(entry.entry_id) not in vault.secrets
    entry = vault.do("vending_key", "generate", f"{SGC}/1")
    secret = vault.secrets[f"vending_key/{SGC}/1"]
    assert (entry.state, len(secret)) == ("pre_active", 20)
    assert entry.get("check_value") == key_check_value(secret).value
    assert secret.hex() not in vault.state.export().decode()
    assert vault.do("vending_key", "activate", f"{SGC}/1").state == "active"


def test_a_key_of_64_bits_has_odd_parity() -> None:
    vault = furnished_vault()
    vault.key(bits=64, dkga="02", eas="07", until="pre_active")
    secret = vault.secrets[f"vending_key/{SGC}/1"]
    assert len(secret) == 8
    assert all(byte.bit_count() % 2 for byte in secret)
    with pytest.raises(FieldError, match="8 bytes"):
        fresh(64, bytes(20))


def test_published_bytes_are_for_keys_marked_test(vault: Vault) -> None:
    key = replace(VendingKey.of(vault.entry("vending_key", f"{SGC}/1")), bits=64)
    with pytest.raises(FieldError, match="marked test") as found:
        facts_of(key, EXAMPLE)
    assert EXAMPLE.hex() not in str(found.value.detail)
    assert facts_of(replace(key, test=True), EXAMPLE)["check_value"] == key_check_value(EXAMPLE).value
    with pytest.raises(FieldError, match="64 bits"):
        facts_of(key, bytes(20))


def test_a_view_reads_every_attribute(vault: Vault) -> None:
    key = VendingKey.of(vault.entry("vending_key", f"{SGC}/1"))
    assert (str(key.ref), key.kt, key.base_date, key.ken, key.bits) == (f"{SGC}/1", 2, "14", 255, 160)
    assert (key.dkga, sorted(key.eas), key.refresh_days, key.ulm) == ("04", ["07", "11"], 90, 100_000)
    assert (key.exp, key.act, key.clu, key.test) == (key.iut, NOW, 0, False)
    later = vault.do("vending_key", "limit", f"{SGC}/1", exp=NOW + YEAR)
    assert VendingKey.of(later).exp == NOW + YEAR


def test_values_that_are_no_key_are_refused(vault: Vault) -> None:
    entry = vault.entry("vending_key", f"{SGC}/1")
    for name in ("act", "kt", "base_date", "dkga"):
        values = {field: value for field, value in entry.values.items() if field != name}
        with pytest.raises(FieldError):
            VendingKey.of(replace(entry, values=values))


def test_credit_ends_with_the_last_tid_and_key_changes_with_iut() -> None:
    """The last TID of base date 1993 is that of 2024-11-24 20:15 (public; recomputed)."""
    key = _key(base_date="93", ken=255, iut="2025-05-31T00:00:00.000000Z", act="2020-01-01T00:00:00.000000Z")
    end = datetime(2024, 11, 24, 20, 16, tzinfo=UTC)
    assert key.credit_end == end
    before, after = key.standing(end - timedelta(minutes=1)), key.standing(end)
    assert (before.no_credit, before.no_changes) == ("", "")
    assert "TIDs ended on 2024-11-24 (KEN 255)" in after.no_credit
    assert after.no_changes == ""
    assert (after.credit_until, after.changes_until) == (end, datetime(2025, 5, 31, tzinfo=UTC))
    over = key.standing(datetime(2025, 5, 31, tzinfo=UTC))
    assert over.no_changes == over.no_credit == "it ended on 2025-05-31 (IUT)"


def test_iut_ends_credit_where_it_comes_first() -> None:
    key = _key(ken=255, iut="2027-01-01T00:00:00.000000Z")
    assert key.credit_end == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changed", "no_credit", "no_changes"),
    [
        ({"state": "suspended"}, "the key is suspended", "the key is suspended"),
        ({"state": "requested"}, "the key is requested", "the key is requested"),
        ({"state": "deactivated"}, "the key is deactivated: it only moves meters away", ""),
        ({"state": "compromised"}, "the key is compromised: it only moves meters away", ""),
        ({"act": "2026-12-01T00:00:00.000000Z"}, "active on 2026-12-01", "active on 2026-12-01"),
        ({"kt": 1}, "a default key never makes credit", ""),
    ],
)
def test_a_key_says_why_it_is_not_good(changed: dict[str, Any], no_credit: str, no_changes: str) -> None:
    standing = _key(**changed).standing(NOW)
    assert no_credit in standing.no_credit
    assert no_changes in standing.no_changes
    assert bool(no_changes) == bool(standing.no_changes)


def _key(state: str = "active", **values: Any) -> VendingKey:
    vault = stocked_vault()
    entry = vault.entry("vending_key", f"{SGC}/1")
    return VendingKey.of(replace(entry, state=state, values={**entry.values, **values}))


def test_a_register_is_never_more_than_the_key_permits(vault: Vault) -> None:
    key = VendingKey.of(vault.entry("vending_key", f"{SGC}/1"))
    wide = {"act": NOW - YEAR, "iut": NOW + 9 * YEAR, "ulm": 10**9, "clm": 5, "services": frozenset()}
    found = key.register(**wide, key_change_only=False)  # type: ignore[arg-type]
    assert (found.act, found.iut, found.ulm, found.clm) == (key.act, key.iut, 100_000, 0)
    assert (found.services, found.key_change_only) == (frozenset(), False)
    moving = replace(key, state="deactivated").register(**wide, key_change_only=False)  # type: ignore[arg-type]
    assert moving.key_change_only
    with pytest.raises(FieldError, match="made"):
        replace(key, check_value=None).register(**wide, key_change_only=False)  # type: ignore[arg-type]


def test_a_revision_is_used_again_only_when_no_meter_has_it_any_more(vault: Vault) -> None:
    key_id, ref = f"{SGC}/1", KeyRef.parse(f"{SGC}/1")
    with refused("name_taken", "active"):
        vault.ask("vending_key", "add", next_id(vault.state, ref), krn=1, **_later(vault))
    vault.do("vending_key", "deactivate", key_id)
    vault.do("vending_key", "destroy", key_id)
    assert (secret_name(key_id) in vault.secrets, living(vault.state, ref)) == (False, None)
    with refused("name_taken", "no list of meters"):
        vault.ask("vending_key", "add", f"{key_id}.2", krn=1, **_later(vault))


def test_the_second_key_of_a_name_has_a_life_of_its_own(vault: Vault) -> None:
    key_id, ref = f"{SGC}/1", KeyRef.parse(f"{SGC}/1")
    vault.do("vending_key", "deactivate", key_id)
    vault.do("vending_key", "destroy", key_id, meters_left=0, meters_list="0" * 64)
    with refused("key_id", f"{SGC}/1.2"):
        vault.ask("vending_key", "add", f"{SGC}/1.3", krn=1, **_later(vault))
    second = vault.key(f"{SGC}/1.2", **_later(vault))
    assert (ref_of(second), living(vault.state, ref)) == (ref, second)
    assert [one.state for one in all_of(vault.state, SGC, 1)] == ["destroyed", "active"]
    assert next_id(vault.state, ref) == f"{SGC}/1.3"
    assert f"vending_key/{SGC}/1.2" in vault.secrets


def test_what_was_withdrawn_takes_no_revision(vault: Vault) -> None:
    vault.do("vending_key", "add", f"{SGC}/2", krn=2, **_later(vault))
    vault.do("vending_key", "withdraw", f"{SGC}/2")
    assert vault.key(f"{SGC}/2.2", **_later(vault)).state == "active"


def test_a_compromised_revision_is_burnt(vault: Vault) -> None:
    key_id = f"{SGC}/1"
    vault.do("vending_key", "compromise", key_id, note="a copy was found")
    vault.do("vending_key", "destroy_compromised", key_id, meters_left=0, meters_list="0" * 64)
    with refused("name_taken", "never used again"):
        vault.ask("vending_key", "add", f"{SGC}/1.2", krn=1, **_later(vault))


def test_a_destroyed_key_can_be_found_out_later(vault: Vault) -> None:
    vault.do("vending_key", "deactivate", f"{SGC}/1")
    vault.do("vending_key", "destroy", f"{SGC}/1")
    found = vault.do("vending_key", "found_compromised", f"{SGC}/1", note="an old copy")
    assert found.state == "destroyed_compromised"


def test_a_key_that_modules_have_is_not_destroyed_uncounted(vault: Vault) -> None:
    vault.release()
    vault.do("vending_key", "deactivate", f"{SGC}/1")
    with refused("not_counted", "meters_left"):
        vault.ask("vending_key", "destroy", f"{SGC}/1")
    with refused("meters_left", "13 meters"):
        vault.ask("vending_key", "destroy", f"{SGC}/1", meters_left=13, meters_list="0" * 64)
    vault.now += 3 * YEAR
    assert (
        vault.do("vending_key", "destroy", f"{SGC}/1", meters_left=13, meters_list="0" * 64).state
        == "destroyed"
    )


def test_suspension_is_quick_and_resumption_is_approved(vault: Vault) -> None:
    assert REGISTERS["vending_key"].step("suspend").approvals == 0
    assert vault.do("vending_key", "suspend", f"{SGC}/1", note="a doubt").state == "suspended"
    assert vault.do("vending_key", "resume", f"{SGC}/1").state == "active"
    vault.do("vending_key", "suspend", f"{SGC}/1")
    vault.now += 4 * YEAR
    with refused("over"):
        vault.ask("vending_key", "resume", f"{SGC}/1")


def test_an_extension_ends_credit_and_lets_key_changes_go_on(vault: Vault) -> None:
    later = NOW + 4 * YEAR
    with refused("not_later"):
        vault.ask("vending_key", "extend", f"{SGC}/1", iut=NOW + YEAR)
    with refused("not_later"):
        vault.ask("vending_key", "extend", f"{SGC}/1")
    with refused("over"):
        vault.now += 4 * YEAR
        vault.ask("vending_key", "extend", f"{SGC}/1", iut=later)
    vault.now = NOW + DAY
    entry = vault.do("vending_key", "extend", f"{SGC}/1", iut=later)
    standing = VendingKey.of(entry).standing(vault.now)
    assert (entry.state, standing.changes_until, standing.no_changes) == ("deactivated", later, "")
    assert "only moves meters away" in standing.no_credit
    again = vault.do("vending_key", "extend", f"{SGC}/1", iut=later + DAY)
    assert again.state == "deactivated"


def test_a_compromised_key_is_extended_and_stays_compromised(vault: Vault) -> None:
    vault.do("vending_key", "compromise", f"{SGC}/1")
    entry = vault.do("vending_key", "extend_compromised", f"{SGC}/1", iut=NOW + 4 * YEAR)
    assert entry.state == "compromised"


def _later(vault: Vault) -> dict[str, Any]:
    return {**UNIQUE, "act": vault.now}
