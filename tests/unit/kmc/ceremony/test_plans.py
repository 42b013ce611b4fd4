"""What cannot be planned, who does not approve it, and when a ceremony does not begin."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.kmc.ceremony.hall import CUSTODIANS, KEY, Hall, refused
from voltoken.errors import ApprovalRefused, FieldError
from voltoken.kmc.registers.ceremonies import TABLES


@pytest.fixture
def hall() -> Hall:
    """Return a centre without ceremonies."""
    return Hall()


DRY: dict[str, Any] = {
    "script": "vending-key-components",
    "purpose": "practice",
    "bits": 64,
    "dry_run": True,
    "officer": "olga",
    "custodians": CUSTODIANS,
    "auditor": "abdul",
}
ODD_PLANS: list[tuple[str, str, dict[str, Any]]] = [
    ("part", "k1", {"auditor": "carol"}),
    ("part", "k1", {"witness": "olga"}),
    ("part", "k1", {"custodians": ["carol"]}),
    ("part", "k1", {"threshold": 2}),
    ("part", "b1", {"script": "backup-shares", "vending_key": None, "bits": None}),
    ("part", "b1", {"script": "backup-shares", "vending_key": None, "bits": None, "threshold": 4}),
    ("dry_run", "dry-1", {}),
    ("dry_run", "k1", {"dry_run": True, "vending_key": None}),
    ("dry_run", "dry-1", {"dry_run": True}),
    ("dry_run", "k1", {"vending_key": None}),
    ("dry_run", "b1", {"script": "backup-shares", "bits": None, "threshold": 2}),
    ("ceremony", "k1", {"bits": None}),
    ("ceremony", "b1", {"script": "backup-shares", "vending_key": None, "threshold": 2}),
    ("ceremony", "d1", {"script": "destroy-key", "bits": None, "expected": "ABCDEF"}),
    ("ceremony", "k1", {"bits": 64}),
    ("unknown", "k1", {"vending_key": "123456/3"}),
    ("unknown", "k1", {"witness": "nobody"}),
]


@pytest.mark.parametrize(
    ("reason", "entry_id", "changes"), ODD_PLANS, ids=[f"{row[0]}-{at}" for at, row in enumerate(ODD_PLANS)]
)
def test_a_plan_that_does_not_go_by_its_script_is_refused(
    hall: Hall, reason: str, entry_id: str, changes: dict[str, Any]
) -> None:
    assert refused(hall.plan, entry_id, **changes).reason == reason


@pytest.mark.parametrize(
    "people",
    [[], ["carol", "carol"], 7, [1, 2], "carol,,chris"],
    ids=["none", "twice", "number", "numbers", "gap"],
)
def test_custodians_are_a_list_of_people(hall: Hall, people: Any) -> None:
    with pytest.raises(FieldError):
        hall.plan(custodians=people)


def test_custodians_keep_the_numbers_in_which_they_were_given(hall: Hall) -> None:
    assert hall.plan(custodians="cleo, carol,chris").get("custodians") == ["cleo", "carol", "chris"]


@pytest.mark.parametrize(
    "changes", [{"bits": 128}, {"script": "unheard-of"}, {"expected": "abcdef"}, {"threshold": 10}], ids=str
)
def test_a_field_of_another_form_is_refused(hall: Hall, changes: dict[str, Any]) -> None:
    with pytest.raises(FieldError):
        hall.plan(**changes)


@pytest.mark.parametrize(
    ("state", "values"),
    [("active", {}), ("requested", {"origin": "generate"})],
    ids=["made", "to be generated"],
)
def test_components_are_for_a_key_that_waits_for_them(hall: Hall, state: str, values: dict[str, Any]) -> None:
    hall.put("vending_key", KEY, state, **({"origin": "components", "bits": 160} | values))
    assert refused(hall.plan).reason == "ceremony"


def test_a_key_that_is_destroyed_is_not_destroyed_again(hall: Hall) -> None:
    hall.put("vending_key", KEY, "destroyed_compromised", bits=160)
    assert refused(hall.plan, "d1", script="destroy-key", bits=None).reason == "ceremony"


def test_one_key_has_one_ceremony_until_that_is_aborted(hall: Hall) -> None:
    hall.plan()
    assert refused(hall.plan, "k2").reason == "ceremony"
    hall.run()
    hall.finish()
    assert "k1 is about" in refused(hall.plan, "k2").message


def test_a_ceremony_is_held_only_when_somebody_else_approves(hall: Hall) -> None:
    hall.plan()
    register = TABLES[0]
    assert [step.name for step in register.steps if step.approvals] == ["add"]
    request = hall.ask("olga", "add", "dry-1", **DRY)
    with pytest.raises(ApprovalRefused) as caught:
        hall.carry_out(request)
    assert caught.value.reason == "missing"
    with pytest.raises(ApprovalRefused) as caught:
        hall.approve("olga", request)
    assert caught.value.reason == "self"


def test_no_custodian_approves_the_ceremony(hall: Hall) -> None:
    hall.put("role", "custodian", "active", actions=["ceremony.*"])
    assert refused(hall.plan, approver="chris").reason == "custodian"
    assert hall.plan("k2", approver="colin").state == "planned"


def test_only_the_officer_begins_closes_and_finishes(hall: Hall) -> None:
    hall.plan()
    assert refused(hall.act, "otto", "begin", "k1").reason == "part"
    hall.run()
    assert refused(hall.act, "abdul", "close", "k1").reason == "part"
    hall.act("olga", "close", "k1")
    assert refused(hall.act, "otto", "finish", "k1").reason == "part"


def test_a_ceremony_does_not_begin_without_everybody(hall: Hall) -> None:
    hall.plan()
    hall.put("person", "chris", "suspended")
    assert refused(hall.act, "olga", "begin", "k1").reason == "part"


def test_a_ceremony_does_not_begin_when_its_key_has_gone_another_way(hall: Hall) -> None:
    hall.plan()
    hall.put("vending_key", KEY, "withdrawn")
    assert refused(hall.act, "olga", "begin", "k1").reason == "ceremony"


def test_a_ceremony_that_nobody_planned_does_not_begin(hall: Hall) -> None:
    hall.plan()
    hall.state.requests.clear()
    assert refused(hall.act, "olga", "begin", "k1").reason == "unknown"
