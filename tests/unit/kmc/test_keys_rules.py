"""What must hold before a vending key is asked for or made, and before an authorisation is taken in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.kmc.test_keys import refused
from tests.unit.kmc.town import DAY, NOW, SEEDS
from tests.unit.kmc.vault import SGC, SM_1, UNIQUE, YEAR, Vault, furnish, furnished_vault
from voltoken.access import sign
from voltoken.errors import FieldError
from voltoken.kmc import Entry, Event, entry_event, handover_document
from voltoken.kmc.authorisations import authorisation_document, fault_of, owner_has_signed, owner_message
from voltoken.sts import key_check_value


@pytest.fixture
def vault() -> Vault:
    """Return a centre with modules and a supply group, and no key."""
    return furnished_vault()


def ask(vault: Vault, entry_id: str = f"{SGC}/1", **values: Any) -> None:
    """Ask for a key, with some values other than usual."""
    vault.ask("vending_key", "add", entry_id, **{**UNIQUE, "krn": entry_id[7:8] or "1", **values})


def rewrite(vault: Vault, entry: Entry, state: str | None = None, **values: Any) -> None:
    """Let an entry be as no step of this test would make it."""
    changed = replace(entry, state=state or entry.state, values={**entry.values, **values})
    vault.take([entry_event(changed, "test", "")])


def test_the_id_is_the_name_of_the_key(vault: Vault) -> None:
    with refused("key_id", f"{SGC}/2"):
        ask(vault, f"{SGC}/1", krn=2)
    with refused("key_id"):
        ask(vault, "654321/1")
    for bad in ("123456", "123456/0", "123456/1.1", "123456/1.0", "1234567/1"):
        with pytest.raises(FieldError, match="SGC/KRN"):
            ask(vault, bad)


def test_the_group_has_to_be_there_and_in_use(vault: Vault) -> None:
    with refused("unknown", "supply_group 654321"):
        ask(vault, "654321/1", sgc="654321")
    given = {"name": "G", "kind": "unique", "owner": "lightco", "country": "KE"}
    vault.do("supply_group", "add", "654321", **given)
    with refused("group", "applied"):
        ask(vault, "654321/1", sgc="654321")


def test_keys_are_asked_for_where_the_group_is_at_home(vault: Vault) -> None:
    vault.group("654321", centre="C2")
    with refused("not_home", "C2"):
        ask(vault, "654321/1", sgc="654321")
    vault.group("654322", centre="C1")
    ask(vault, "654322/1", sgc="654322")


@pytest.mark.parametrize(("kind", "kt"), [("default", 1), ("unique", 2), ("common", 3)])
def test_the_kind_of_the_group_is_the_type_of_its_keys(vault: Vault, kind: str, kt: int) -> None:
    vault.group("654321", kind=kind)
    limits = {"ulm": 0, "services": ()} if kt == 1 else {}
    ask(vault, "654321/1", sgc="654321", kt=kt, **limits)
    with refused("group", f"KT {kt}"):
        ask(vault, "654321/1", sgc="654321", kt=kt % 3 + 1, **limits)


def test_a_key_is_of_the_cluster_of_its_group(vault: Vault) -> None:
    vault.group("654321", cluster=7)
    with refused("group", "cluster 7"):
        ask(vault, "654321/1", sgc="654321")
    ask(vault, "654321/1", sgc="654321", clu=7)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"bits": 64}, "DKGA04 takes a vending key of 160 bits"),
        ({"dkga": "02"}, "DKGA02 takes a vending key of 64 bits"),
        ({"eas": "09"}, "EA09"),
        ({"exp": NOW - DAY}, "EXP"),
        ({"exp": NOW + 4 * YEAR}, "EXP"),
        ({"base_date": "35"}, "2035-01-01"),
    ],
    ids=["64 for 04", "160 for 02", "EA09", "EXP before ACT", "EXP after IUT", "base date to come"],
)
def test_attributes_go_together(vault: Vault, values: dict[str, Any], word: str) -> None:
    with refused("attributes", word):
        ask(vault, **values)


def test_a_default_key_has_no_credit(vault: Vault) -> None:
    vault.group("654321", kind="default")
    for values in ({"ulm": 1, "services": ()}, {"ulm": 0}, {"ulm": 0, "services": (), "clm": 1}):
        with refused("attributes", "no credit"):
            ask(vault, "654321/1", **{"sgc": "654321", "kt": 1, **values})


@pytest.mark.parametrize("bad", [{"bits": 128}, {"dkga": "01"}, {"kt": 0}, {"krn": 0}, {"refresh_days": 0}])
def test_fields_take_only_what_a_key_can_be(vault: Vault, bad: dict[str, Any]) -> None:
    with pytest.raises(FieldError):
        ask(vault, **bad)
    with pytest.raises(FieldError, match="after the activation"):
        ask(vault, act=NOW + 4 * YEAR)


def test_a_key_that_is_over_is_not_asked_for(vault: Vault) -> None:
    with refused("over", "IUT"):
        ask(vault, act=NOW - YEAR, iut=NOW - DAY)


def test_a_used_up_base_date_is_not_generated_again(vault: Vault) -> None:
    old = {"base_date": "93", "bits": 64, "dkga": "02", "eas": "07", "act": NOW - YEAR}
    vault.do("vending_key", "add", f"{SGC}/1", krn=1, **{**UNIQUE, **old})
    with refused("over", "2024-11-24", "later base date"):
        vault.ask("vending_key", "generate", f"{SGC}/1")
    vault.group("654321", kind="default")
    stock = {**UNIQUE, **old, "sgc": "654321", "kt": 1, "ulm": 0, "services": ()}
    vault.do("vending_key", "add", "654321/1", krn=1, **stock)
    vault.ask("vending_key", "generate", "654321/1")  # it moves stock meters, and sells nothing anyway


def test_no_revision_goes_back_behind_a_rollover(vault: Vault) -> None:
    old = {"base_date": "93", "bits": 64, "dkga": "02", "eas": "07"}
    vault.now = datetime(2023, 1, 1, tzinfo=UTC)
    ask(vault, f"{SGC}/3", **old)
    vault.carry_out("r" + str(vault.asked))
    vault.key(f"{SGC}/1", act=vault.now)
    with refused("way_back", f"{SGC}/1", "no way back to 93"):
        ask(vault, f"{SGC}/2", **old)
    with refused("way_back"):
        vault.ask("vending_key", "generate", f"{SGC}/3")
    vault.do("vending_key", "deactivate", f"{SGC}/1")
    vault.do("vending_key", "destroy", f"{SGC}/1", meters_left=0, meters_list="0" * 64)
    with refused("way_back"):
        ask(vault, f"{SGC}/2", **old)


def test_a_key_that_was_only_asked_for_closes_no_way(vault: Vault) -> None:
    vault.now = datetime(2023, 1, 1, tzinfo=UTC)
    vault.do("vending_key", "add", f"{SGC}/1", krn=1, **UNIQUE)
    ask(vault, f"{SGC}/2", base_date="93", bits=64, dkga="02", eas="07")


def test_a_centre_that_rehearses_has_test_keys_only() -> None:
    vault = furnish(Vault(rehearsal_days=-780))
    with refused("rehearsal", "test"):
        ask(vault)
    ask(vault, test="yes")


def test_two_revisions_are_two_keys(vault: Vault) -> None:
    first = vault.key()
    second = vault.key(f"{SGC}/2", "requested")
    vault.secrets["twin"] = vault.secrets[f"vending_key/{SGC}/1"]
    request_id = vault.ask("vending_key", "generate", second.entry_id)
    vault.approve(request_id)
    facts = {name: first.get(name) for name in ("check_value", "check_algorithm")}
    with refused("same_key", f"{SGC}/1"):
        vault.carry_out(request_id, facts)
    assert vault.entry("vending_key", second.entry_id).state == "requested"


def test_a_key_is_active_from_its_act_on(vault: Vault) -> None:
    vault.key(until="pre_active", act=NOW + YEAR)
    with refused("not_yet", "ACT"):
        vault.ask("vending_key", "activate", f"{SGC}/1")
    vault.now += YEAR
    assert vault.do("vending_key", "activate", f"{SGC}/1").state == "active"


def test_a_key_is_made_in_the_way_it_was_asked_for(vault: Vault) -> None:
    vault.do("vending_key", "add", f"{SGC}/1", krn=1, **{**UNIQUE, "origin": "components"})
    with refused("origin", "compose"):
        vault.ask("vending_key", "generate", f"{SGC}/1")
    vault.do("vending_key", "add", f"{SGC}/2", krn=2, **UNIQUE)
    with refused("origin", "generate"):
        vault.ask("vending_key", "compose", f"{SGC}/2")


def test_a_composed_key_is_the_one_of_its_ceremony(vault: Vault) -> None:
    key_id = f"{SGC}/1"
    vault.do("vending_key", "add", key_id, krn=1, **{**UNIQUE, "origin": "components"})
    with refused("unknown", "ceremony"):
        vault.ask("vending_key", "compose", key_id, ceremony="cer-1")
    secret = vault.chance(20)
    vault.secrets[f"vending_key/{key_id}"] = secret
    values = {
        "script": "vending-key-components",
        "vending_key": key_id,
        "dry_run": False,
        "bits": 160,
        "check_value": key_check_value(secret).value,
        "custodians": ["carol", "dave"],
    }
    ceremony = Entry("ceremony", "cer-1", 1, "running", values, vault.now, "alice")
    vault.take([entry_event(ceremony, "test", "")])
    with refused("ceremony", "running"):
        vault.ask("vending_key", "compose", key_id, ceremony="cer-1")
    rewrite(vault, ceremony, "done", check_value="000000")
    request_id = vault.ask("vending_key", "compose", key_id, ceremony="cer-1")
    vault.approve(request_id)
    with refused("check_value", "000000"):
        vault.carry_out(request_id, vault.work(request_id).facts)
    rewrite(vault, ceremony, "done")
    work = vault.work(request_id)
    vault.carry_out(request_id, work.facts)
    entry = vault.entry("vending_key", key_id)
    assert (entry.state, entry.get("ceremony")) == ("pre_active", "cer-1")
    assert (work.keep, work.destroy) == ({}, ())
    assert entry.get("check_value") == key_check_value(secret).value


def test_a_request_that_is_withdrawn_leaves_no_secret(vault: Vault) -> None:
    key_id = f"{SGC}/1"
    vault.do("vending_key", "add", key_id, krn=1, **{**UNIQUE, "origin": "components"})
    vault.secrets[f"vending_key/{key_id}"] = bytes(20)
    vault.take([Event("secret.kept", {"name": f"vending_key/{key_id}", "sealed": "0" * 64})])
    assert vault.do("vending_key", "withdraw", key_id).state == "withdrawn"
    assert f"vending_key/{key_id}" not in vault.secrets


# Authorisations


def test_an_authorisation_is_what_the_owner_signed(vault: Vault) -> None:
    entry = vault.authorise()
    assert (entry.state, fault_of(vault.state, entry, vault.now)) == ("granted", "")
    with refused("owner_signature", "owner of supply group"):
        vault.authorise("auth-2", owner="powerco")
    signed = vault.signed("authorisation", "auth-2", "lightco", _usual(vault))
    for name, other in (("ulm", 999_999), ("module", "sm-2"), ("end", NOW + 2 * YEAR), ("krns", "1,2")):
        with refused("owner_signature"):
            vault.ask("authorisation", "add", "auth-2", **{**signed, name: other})
    with refused("owner_signature"):
        vault.ask("authorisation", "add", "auth-3", **signed)


def _usual(vault: Vault) -> dict[str, Any]:
    given = {"sgc": SGC, "module": "sm-1", "use": "full", "begin": vault.now, "end": vault.now + YEAR}
    return {**given, "ulm": 1, "services": "electricity"}


def test_an_authorisation_is_for_one_centre(vault: Vault) -> None:
    entry = vault.authorise()
    document = authorisation_document(furnish(Vault("C2")).state, entry)
    assert not owner_has_signed(vault.state, SGC, document, entry.get("signature"))
    assert sign(SEEDS["lightco"], owner_message(document)).hex() != entry.get("signature")


def test_an_authorisation_dies_with_the_ownership(vault: Vault) -> None:
    entry = vault.authorise()
    rewrite(vault, vault.entry("supply_group", SGC), owner="powerco")
    assert "present owner" in fault_of(vault.state, entry, vault.now)
    rewrite(vault, vault.entry("organisation", "powerco"), owner_key=None)
    assert "present owner" in fault_of(vault.state, entry, vault.now)
    assert not owner_has_signed(vault.state, "654321", authorisation_document(vault.state, entry), "00" * 64)


def test_what_was_signed_in_a_rehearsal_is_worth_nothing_in_the_centre_of_the_same_name(vault: Vault) -> None:
    rehearsal = furnish(Vault(rehearsal_days=-780))
    SM_1.register(rehearsal)
    signed = rehearsal.signed("authorisation", "auth-1", "lightco", _usual(vault))
    rehearsal.do("authorisation", "add", "auth-1", **signed)
    assert rehearsal.state.centre_id == vault.state.centre_id
    with refused("owner_signature"):
        vault.ask("authorisation", "add", "auth-1", **signed)
    groups = [handover_document(one.state, one.entry("supply_group", SGC), "x") for one in (rehearsal, vault)]
    assert {**groups[0], "birth": ""} == {**groups[1], "birth": ""}
    assert groups[0] != groups[1]


def test_whoever_is_suspended_authorises_nothing_new(vault: Vault) -> None:
    vault.do("organisation", "suspend", "lightco")
    with refused("standing", "has to be a member"):
        vault.authorise()
    vault.do("organisation", "restore", "lightco")
    assert vault.authorise().state == "granted"


def test_a_hand_over_ends_every_authorisation_of_the_old_owner_for_good(vault: Vault) -> None:
    vault.group("654321")
    for entry_id, values in {"auth-1": {}, "auth-2": {"module": "sm-2"}, "other": {"sgc": "654321"}}.items():
        vault.authorise(entry_id, **values)
    vault.do("authorisation", "withdraw", "auth-2", note="sold")
    for old, new in (("lightco", "powerco"), ("powerco", "lightco")):
        message = owner_message(handover_document(vault.state, vault.entry("supply_group", SGC), new))
        signed = {
            f"{when}_signature": sign(SEEDS[who], message).hex() for when, who in (("old", old), ("new", new))
        }
        vault.do("supply_group", "hand_over", SGC, owner=new, **signed)
    entries = [vault.entry("authorisation", name) for name in ("auth-1", "auth-2", "other")]
    assert [one.state for one in entries] == ["withdrawn", "withdrawn", "granted"]
    assert [one.get("note") for one in entries] == ["The supply group was handed over.", "sold", None]
    assert "withdrawn" in fault_of(vault.state, entries[0], vault.now)


def test_the_period_of_an_authorisation_is_one(vault: Vault) -> None:
    for begin, end in ((NOW + YEAR, NOW + DAY), (NOW - YEAR, NOW - DAY)):
        with refused("period"):
            vault.authorise(begin=begin, end=end)


def test_a_vending_module_gets_a_default_key_for_key_changes_only(vault: Vault) -> None:
    vault.group("654321", kind="default")
    with refused("default_key", "key_change_only"):
        vault.authorise(sgc="654321")
    assert vault.authorise(sgc="654321", use="key_change_only").state == "granted"
    assert vault.authorise("auth-2", sgc="654321", module="maker", ulm=0, services=()).state == "granted"


def test_key_changes_need_no_limits(vault: Vault) -> None:
    for values in ({"ulm": 1}, {"clm": 1}, {"services": "water"}):
        with refused("attributes", "no credit"):
            vault.authorise(use="key_change_only", **values)


def test_the_module_of_an_authorisation_is_registered(vault: Vault) -> None:
    vault.do("module", "suspend", "sm-1")
    with refused("standing", "suspended"):
        vault.authorise()
    with refused("unknown", "sm-9"):
        vault.authorise(module="sm-9")


def test_an_authorisation_is_withdrawn_or_expires(vault: Vault) -> None:
    entry = vault.authorise()
    with refused("period", "good until"):
        vault.ask("authorisation", "expire", "auth-1")
    withdrawn = vault.do("authorisation", "withdraw", "auth-1", note="sold")
    assert "withdrawn" in fault_of(vault.state, withdrawn, vault.now)
    vault.authorise("auth-2")
    vault.now += 2 * YEAR
    assert "ended on" in fault_of(vault.state, entry, vault.now)
    assert vault.do("authorisation", "expire", "auth-2").state == "expired"


def test_what_was_withdrawn_is_not_taken_in_again_under_another_id(vault: Vault) -> None:
    entry = vault.authorise()
    vault.do("authorisation", "withdraw", "auth-1")
    again = {name: entry.get(name) for name in entry.values if name != "note"}
    with refused("owner_signature"):
        vault.ask("authorisation", "add", "auth-2", **again)
