"""Organisations and countries: how one becomes a member, and how it ends."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.kmc.refusals import refusal
from tests.unit.kmc.town import KEY, Town
from voltoken.security.keyload import exchange_public


def test_an_organisation_applies_and_is_taken_in(town: Town) -> None:
    applied = town.act("organisation", "add", "newco", name="New", country="KE", kinds=["vendor", "utility"])
    assert (applied.state, applied.get("kinds")) == ("applied", ["utility", "vendor"])
    assert town.act("organisation", "accept", "newco").state == "member"


def test_an_application_can_be_turned_down_for_good(town: Town) -> None:
    town.act("organisation", "add", "newco", name="New", country="KE", kinds="vendor")
    assert town.act("organisation", "refuse", "newco").state == "refused"
    assert refusal(town, "organisation", "accept", "newco") == "state"


def test_a_member_is_suspended_and_restored(town: Town) -> None:
    assert town.act("organisation", "suspend", "sellco").state == "suspended"
    assert town.act("organisation", "restore", "sellco").state == "member"


def test_organisations_are_of_listed_countries(town: Town) -> None:
    values: dict[str, Any] = {"name": "New", "kinds": "vendor"}
    assert refusal(town, "organisation", "add", "newco", country="UG", **values) == "unknown"
    town.act("country", "add", "UG", name="Uganda")
    town.act("country", "change", "UG", regulator="ERA", currency="UGX")
    town.act("country", "close", "UG")
    assert refusal(town, "organisation", "add", "newco", country="UG", **values) == "standing"


def test_two_organisations_never_sign_with_one_key(town: Town) -> None:
    values: dict[str, Any] = {"name": "New", "kinds": "utility", "country": "KE"}
    assert refusal(town, "organisation", "add", "newco", owner_key=KEY["lightco"], **values) == "taken"
    assert refusal(town, "organisation", "change", "powerco", owner_key=KEY["lightco"]) == "taken"
    assert refusal(town, "organisation", "change", "powerco", owner_key="00" * 32) == "key"


@pytest.mark.parametrize("holder", ["alice", "carol", "box-1"])
def test_an_owner_never_signs_with_the_key_of_a_person_or_a_module(town: Town, holder: str) -> None:
    point = exchange_public(bytes([1]) * 32).hex()
    box: dict[str, Any] = {"role": "vending", "exchange_key": point, "signing_key": KEY["box-1"]}
    town.act("module", "add", "SM1", organisation="lightco", **box)
    town.act("person", "leave", "carol")
    assert refusal(town, "organisation", "change", "powerco", owner_key=KEY[holder]) == "taken"
    town.act("organisation", "change", "powerco", owner_key=KEY["mallory"])
    town.act("organisation", "change", "powerco", name="Power")


def test_neither_a_person_nor_a_module_signs_with_the_key_of_an_owner(town: Town) -> None:
    key = KEY["lightco"]
    assert refusal(town, "person", "add", "eve", name="Eve", public_key=key) == "taken"
    assert refusal(town, "person", "change", "carol", public_key=key) == "taken"
    box: dict[str, Any] = {"role": "vending", "organisation": "lightco"}
    assert refusal(town, "module", "add", "SM1", signing_key=key, **box) == "taken"
    assert refusal(town, "module", "add", "SM1", signing_key=KEY["dave"], **box) == "taken"


def test_an_organisation_leaves_when_it_has_handed_over_its_groups(town: Town) -> None:
    town.act("supply_group", "add", "123456", name="North", kind="unique", owner="lightco", country="KE")
    town.act("supply_group", "allocate", "123456")
    assert refusal(town, "organisation", "leave", "lightco") == "holdings"
    town.act("supply_group", "retire", "123456")
    assert town.act("organisation", "leave", "lightco").state == "left"
