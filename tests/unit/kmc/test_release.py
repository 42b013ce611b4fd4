"""Which keys a module gets: what its owner authorised, for one refresh period, and never more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.kmc.test_keys import refused
from tests.unit.kmc.test_keys_rules import rewrite
from tests.unit.kmc.town import DAY, NOW
from tests.unit.kmc.vault import MAKER, SGC, SM_1, UNIQUE, YEAR, Vault, furnished_vault, stocked_vault
from voltoken.errors import ActRefused
from voltoken.kmc.release import file_entry_id, next_seq, plan_release
from voltoken.kmc.releases import LEFT_OUT, ReleasePlan
from voltoken.security import KeyRef, KeyRegister
from voltoken.security.keyload import Held
from voltoken.sts import Service

KEY = f"{SGC}/1"
REF = KeyRef.parse(KEY)


@pytest.fixture
def vault() -> Vault:
    """Return a centre with one active key, authorised for one module."""
    return stocked_vault()


def plan(vault: Vault, module: str = "sm-1", **asked: Any) -> ReleasePlan:
    """Return what a module gets now."""
    return plan_release(vault.state, module, vault.now, **asked)


def only(vault: Vault, module: str = "sm-1") -> KeyRegister:
    """Return the one key that a module gets now."""
    (key,) = plan(vault, module).keys
    return key.register


def left_out(vault: Vault, ref: KeyRef = REF) -> str:
    """Return the reason for which the first module does not get a key that it asks for."""
    with pytest.raises(ActRefused, match="There is no key for sm-1 now") as found:
        plan(vault, request=SM_1.request(vault, str(ref))[0])
    assert found.value.reason == "nothing"
    said = [word for word, text in LEFT_OUT.items() if f"{ref}: {text}." in found.value.message]
    return said[0] if said else "not_authorised"


def test_a_module_gets_what_is_authorised_for_one_refresh_period(vault: Vault) -> None:
    found = plan(vault)
    key = only(vault)
    assert (found.recipient_id, found.role, found.seq, found.request_id) == ("sm-1", "vending", 1, None)
    assert (found.not_after - found.issued_at, found.revoked, found.left_out) == (30 * DAY, (), ())
    assert (key.ref, key.ulm, key.clm, key.services) == (REF, 50_000, 0, frozenset({Service.ELECTRICITY}))
    assert key.iut == vault.now + 90 * DAY
    assert not key.key_change_only


@pytest.mark.parametrize(
    ("key_days", "owner_days", "ends", "expected"),
    [(60, 90, 300, 60), (90, 10, 300, 10), (90, 90, 20, 20), (366, 366, 365, 365)],
)
def test_the_shortest_time_counts(
    vault: Vault, key_days: int, owner_days: int, ends: int, expected: int
) -> None:
    vault.do("authorisation", "withdraw", "auth-1")
    vault.do("vending_key", "limit", KEY, refresh_days=key_days)
    vault.authorise("auth-2", refresh_days=owner_days, end=vault.now + ends * DAY)
    assert abs(only(vault).iut - vault.now - expected * DAY) < timedelta(hours=1)


def test_iut_of_the_key_is_the_last_moment(vault: Vault) -> None:
    vault.key(f"{SGC}/2", act=vault.now, iut=vault.now + 5 * DAY)
    found = {key.entry_id: key.register for key in plan(vault).keys}
    assert found[f"{SGC}/2"].iut < vault.now + 5 * DAY
    assert found[KEY].iut == vault.now + 90 * DAY


def test_limits_are_the_smaller_ones(vault: Vault) -> None:
    vault.do("vending_key", "limit", KEY, ulm=10, services="electricity,water")
    assert (only(vault).ulm, only(vault).services) == (10, frozenset({Service.ELECTRICITY}))


def test_an_authorisation_that_begins_later_is_a_key_that_is_active_later(vault: Vault) -> None:
    vault.do("authorisation", "withdraw", "auth-1")
    begin = vault.now + 30 * DAY
    vault.authorise("auth-2", begin=begin)
    assert only(vault).act == begin
    vault.do("authorisation", "withdraw", "auth-2")
    vault.authorise("auth-3", begin=vault.now + 200 * DAY)
    assert left_out(vault) == "too_short"


def test_full_use_counts_before_key_changes_only(vault: Vault) -> None:
    vault.authorise("auth-9", use="key_change_only", end=vault.now + 3 * YEAR)
    assert plan(vault).keys[0].authorisation == "auth-1"
    vault.do("authorisation", "withdraw", "auth-1")
    key = only(vault)
    assert key.key_change_only
    assert (key.ulm, key.clm, key.services) == (0, 0, frozenset())


def test_an_authorisation_covers_the_revisions_it_names(vault: Vault) -> None:
    vault.do("authorisation", "withdraw", "auth-1")
    vault.authorise("auth-2", krns="2,3")
    assert left_out(vault) == "not_authorised"
    vault.key(f"{SGC}/2", act=vault.now)
    assert [key.entry_id for key in plan(vault).keys] == [f"{SGC}/2"]


def test_another_module_gets_nothing(vault: Vault) -> None:
    with refused("nothing", "nothing is authorised"):
        plan(vault, "sm-2")
    with refused("unknown", "sm-9"):
        plan(vault, "sm-9")
    vault.do("module", "suspend", "sm-1")
    with refused("recipient", "suspended"):
        plan(vault)


def test_a_key_goes_out_before_it_is_active(vault: Vault) -> None:
    vault.key(f"{SGC}/2", until="pre_active", act=vault.now + 10 * DAY)
    found = {key.entry_id: key.register for key in plan(vault).keys}
    assert found[f"{SGC}/2"].act > vault.now


def test_a_deactivated_key_goes_out_for_key_changes(vault: Vault) -> None:
    vault.do("vending_key", "deactivate", KEY)
    assert only(vault).key_change_only


def test_a_compromised_key_goes_only_to_who_had_it(vault: Vault) -> None:
    vault.authorise("auth-2", module="sm-2")
    vault.release()
    vault.do("vending_key", "compromise", KEY)
    key = only(vault)
    assert (key.key_change_only, key.ulm, key.services) == (True, 0, frozenset())
    with refused("nothing", LEFT_OUT["compromised"]):
        plan(vault, "sm-2")


def test_keys_are_left_out_with_a_reason(vault: Vault) -> None:
    assert left_out(vault, KeyRef.parse(f"{SGC}/9")) == "no_key"
    vault.do("vending_key", "add", f"{SGC}/2", **{**UNIQUE, "krn": 2, "act": vault.now})
    assert left_out(vault, KeyRef.parse(f"{SGC}/2")) == "not_made"
    entry, group = vault.entry("vending_key", KEY), vault.entry("supply_group", SGC)
    rewrite(vault, entry, "suspended")
    assert left_out(vault) == "suspended"
    rewrite(vault, entry)
    rewrite(vault, group, centre="C2")
    assert left_out(vault) == "not_home"
    rewrite(vault, group)
    vault.do("vending_key", "limit", KEY, exp=NOW + DAY)
    vault.now = NOW + 2 * DAY
    assert left_out(vault) == "exp"
    vault.now = NOW + 3 * YEAR
    assert left_out(vault) == "iut"


def test_a_key_whose_group_is_gone_goes_nowhere_strange(vault: Vault) -> None:
    entry = vault.entry("vending_key", KEY)
    del vault.state.entries["supply_group"][SGC]
    assert left_out(vault) == "not_authorised"
    assert entry.state == "active"


def test_all_keys_that_a_person_names_or_no_file(vault: Vault) -> None:
    vault.do("vending_key", "add", f"{SGC}/2", **{**UNIQUE, "krn": 2, "act": vault.now})
    with refused("left_out", f"{SGC}/2", "not made yet"):
        plan(vault, wanted=(REF, KeyRef.parse(f"{SGC}/2")))
    assert [key.entry_id for key in plan(vault, wanted=(REF,)).keys] == [KEY]
    assert {one.reason for one in plan(vault).left_out} == {"not_made"}


def test_what_is_no_longer_authorised_is_revoked(vault: Vault) -> None:
    first = vault.release()
    vault.do("key_file", "confirm", "C1.sm-1.1", receipt=SM_1.receipt(vault, SM_1.open(vault, first)))
    vault.do("authorisation", "withdraw", "auth-1")
    found = plan(vault)
    assert (found.keys, found.revoked, found.seq) == ((), (REF,), 2)
    data = vault.release()
    opened = SM_1.open(vault, data, last_seq=1)
    assert (opened.records, opened.revoked) == ((), (REF,))


def test_a_revocation_is_repeated_until_the_module_followed_it(vault: Vault) -> None:
    vault.release()
    vault.do("authorisation", "withdraw", "auth-1")
    second = vault.release()
    assert plan(vault).revoked == (REF,)
    vault.do("key_file", "lose", "C1.sm-1.1")
    vault.do("key_file", "confirm", "C1.sm-1.2", receipt=SM_1.receipt(vault, SM_1.open(vault, second)))
    with refused("nothing"):
        plan(vault)


def test_a_destroyed_key_is_revoked_in_the_modules_that_had_it(vault: Vault) -> None:
    vault.release()
    vault.do("vending_key", "compromise", KEY)
    assert plan(vault).revoked == ()
    vault.do("vending_key", "destroy_compromised", KEY, meters_left=0, meters_list="0" * 64)
    assert (plan(vault).keys, plan(vault).revoked) == ((), (REF,))


def test_another_key_of_the_same_name_comes_after_the_first_is_forgotten(vault: Vault) -> None:
    vault.release()
    vault.do("vending_key", "deactivate", KEY)
    vault.do("vending_key", "destroy", KEY, meters_left=0, meters_list="0" * 64)
    vault.key(f"{KEY}.2", act=vault.now)
    found = plan(vault)
    assert (found.keys, found.revoked) == ((), (REF,))
    assert [one.reason for one in found.left_out] == ["held_other"]
    second = vault.release()
    opened = SM_1.open(vault, second)
    vault.do("key_file", "confirm", "C1.sm-1.2", receipt=SM_1.receipt(vault, opened))
    assert [key.entry_id for key in plan(vault).keys] == [f"{KEY}.2"]


def test_a_module_that_says_it_has_another_key_of_that_name_gets_none(vault: Vault) -> None:
    held = (Held(REF, "ABCDEF", NOW, NOW + YEAR),)
    request, _ = SM_1.request(vault, KEY, held=held)
    with refused("nothing", "another key of this name"):
        plan(vault, request=request)
    same = (Held(REF, vault.entry("vending_key", KEY).get("check_value"), NOW, NOW + YEAR),)
    request, _ = SM_1.request(vault, KEY, held=same)
    assert len(plan(vault, request=request).keys) == 1


def test_a_load_request_without_names_asks_for_all(vault: Vault) -> None:
    request, _ = SM_1.request(vault)
    found = plan(vault, request=request)
    assert ([key.entry_id for key in found.keys], found.request_id) == ([KEY], "lr-1")


def test_numbers_rise_and_never_fall_behind_the_module(vault: Vault) -> None:
    assert next_seq(vault.state, "key_file", "sm-1") == 1
    vault.release()
    assert file_entry_id(vault.state, "sm-1") == "C1.sm-1.2"
    assert file_entry_id(vault.state, "sm-2") == "C1.sm-2.1"
    request, _ = SM_1.request(vault, last_seq=40)
    assert plan(vault, request=request).seq == 41


def test_a_default_key_goes_to_makers_whole_and_to_vendors_for_key_changes() -> None:
    vault = furnished_vault()
    vault.group("000001", kind="default")
    vault.key("000001/1", sgc="000001", kt=1, ulm=0, services=())
    vault.authorise(sgc="000001", use="key_change_only")
    vault.authorise("auth-2", sgc="000001", module="maker", ulm=0, services=())
    assert (only(vault, "sm-1").key_change_only, only(vault, "maker").key_change_only) == (True, False)
    assert MAKER.open(vault, vault.release("maker")).header.role == "manufacturing"
    rewrite(vault, vault.entry("supply_group", "000001"), kind="unique")
    vault.authorise("auth-3", sgc="000001")
    rewrite(vault, vault.entry("supply_group", "000001"), kind="default")
    assert only(vault, "sm-1").key_change_only  # whatever was signed while the group was something else


def test_a_file_is_signed_by_the_key_that_modules_know_and_that_lasts(vault: Vault) -> None:
    first = vault.entry("centre_key", "first").get("kid")
    vault.do("centre_key", "add", "second", begin=vault.now, end=vault.now + 5 * YEAR)
    second = vault.entry("centre_key", "second").get("kid")
    assert plan(vault).kid == first
    vault.now = NOW + 4 * YEAR - 5 * DAY
    rewrite(vault, vault.entry("vending_key", KEY), iut="2039-01-01T00:00:00.000000Z")
    vault.authorise("auth-2")
    assert plan(vault).kid == second
    vault.now = NOW + 4 * YEAR + 2 * DAY
    assert plan(vault).kid == second


def test_a_file_does_not_outlive_the_key_that_signed_it(vault: Vault) -> None:
    entry = vault.entry("centre_key", "first")
    rewrite(vault, entry, end="2026-12-01T00:00:00.000000Z")
    assert plan(vault).not_after.isoformat() == "2026-12-01T00:00:00+00:00"
    rewrite(vault, entry, "retired")
    with refused("no_signing_key", "centre_key add"):
        plan(vault)
