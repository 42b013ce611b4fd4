"""Supply groups: allocation, the hand-over that both owners sign, and the end."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.kmc.refusals import refusal
from tests.unit.kmc.town import SEEDS, Town
from voltoken.access import sign
from voltoken.kmc import Entry, handover_document, owner_message
from voltoken.kmc.values import entry_event

SGC = "123456"
NORTH: dict[str, Any] = {"name": "North", "kind": "unique", "owner": "lightco", "country": "KE"}


@pytest.fixture
def group(town: Town) -> Town:
    """Return a centre with an allocated supply group."""
    town.act("supply_group", "add", SGC, **NORTH)
    town.act("supply_group", "allocate", SGC)
    return town


def signatures(
    town: Town, owner: str = "powerco", *, old: str = "lightco", new: str = "powerco"
) -> dict[str, Any]:
    """Return the values of a hand-over, signed with these keys."""
    document = handover_document(town.state, town.entry("supply_group", SGC), owner)
    message = owner_message(document)
    return {
        "owner": owner,
        "old_signature": sign(SEEDS[old], message).hex(),
        "new_signature": sign(SEEDS[new], message).hex(),
    }


def test_a_code_is_asked_for_allocated_and_never_given_again(group: Town) -> None:
    north = group.entry("supply_group", SGC)
    assert (north.state, north.get("cluster"), north.get("centre")) == ("active", 0, None)
    group.act("supply_group", "retire", SGC)
    assert refusal(group, "supply_group", "add", SGC, **NORTH) == "exists"


def test_an_application_for_a_code_can_be_turned_down(town: Town) -> None:
    town.act("supply_group", "add", SGC, **NORTH)
    assert town.act("supply_group", "refuse", SGC).state == "refused"


@pytest.mark.parametrize("owner", ["meterco", "testco"])
def test_groups_belong_to_utilities(town: Town, owner: str) -> None:
    assert refusal(town, "supply_group", "add", SGC, **NORTH | {"owner": owner}) == "kind"


def test_a_suspended_utility_gets_no_code(town: Town) -> None:
    town.act("supply_group", "add", SGC, **NORTH)
    town.act("organisation", "suspend", "lightco")
    assert refusal(town, "supply_group", "allocate", SGC) == "standing"
    assert refusal(town, "supply_group", "add", "123457", **NORTH) == "standing"


def test_owner_and_kind_are_not_changed_in_passing(group: Town) -> None:
    assert refusal(group, "supply_group", "change", SGC, owner="powerco") == "fields"
    assert refusal(group, "supply_group", "change", SGC, kind="common") == "fields"
    assert group.act("supply_group", "change", SGC, name="Far north").get("name") == "Far north"


def test_a_group_is_handed_over_when_both_owners_have_signed(group: Town) -> None:
    assert group.act("supply_group", "hand_over", SGC, **signatures(group)).get("owner") == "powerco"


@pytest.mark.parametrize(
    "keys",
    [{"old": "powerco"}, {"new": "lightco"}, {"old": "mallory", "new": "mallory"}],
    ids=["new owner alone", "old owner alone", "neither"],
)
def test_a_hand_over_without_the_key_of_an_owner_is_refused(group: Town, keys: dict[str, str]) -> None:
    assert refusal(group, "supply_group", "hand_over", SGC, **signatures(group, **keys)) == "handover"


def test_a_hand_over_without_signatures_is_refused(group: Town) -> None:
    assert refusal(group, "supply_group", "hand_over", SGC, owner="powerco") == "handover"


def test_an_owner_without_a_key_hands_over_nothing(group: Town) -> None:
    values = signatures(group)
    group.act("organisation", "change", "lightco", owner_key="")
    assert refusal(group, "supply_group", "hand_over", SGC, **values) == "handover"


def test_a_hand_over_is_for_the_entry_as_it_stood(group: Town) -> None:
    values = signatures(group)
    group.act("supply_group", "change", SGC, notes="disputed")
    assert refusal(group, "supply_group", "hand_over", SGC, **values) == "handover"


def test_an_old_hand_over_is_not_good_again_when_the_group_has_come_back(group: Town) -> None:
    values = signatures(group)
    group.act("supply_group", "hand_over", SGC, **values)
    group.act("supply_group", "hand_over", SGC, **signatures(group, "lightco", old="powerco", new="lightco"))
    assert refusal(group, "supply_group", "hand_over", SGC, **values) == "handover"


def test_a_group_is_handed_over_to_another_utility(group: Town) -> None:
    same = signatures(group, "lightco", new="lightco")
    assert refusal(group, "supply_group", "hand_over", SGC, **same) == "same_owner"
    assert refusal(group, "supply_group", "hand_over", SGC, **signatures(group, "meterco")) == "kind"


def test_a_group_with_keys_is_not_retired_before_they_are_destroyed(group: Town) -> None:
    key = Entry("vending_key", f"{SGC}/1", 1, "active", {"sgc": SGC}, group.now, "alice")
    group.take([entry_event(key, "add", "r0")])
    assert refusal(group, "supply_group", "retire", SGC) == "keys_left"
    gone = Entry("vending_key", f"{SGC}/1", 2, "destroyed", {"sgc": SGC}, group.now, "alice")
    group.take([entry_event(gone, "destroy", "r0")])
    assert group.act("supply_group", "retire", SGC).state == "retired"
