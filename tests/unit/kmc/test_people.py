"""People and roles: who may act, and that two officers always stay."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.kmc.town import FOUNDERS, KEY, Town
from voltoken.access import public_key_of
from voltoken.errors import AccessDenied, ActRefused, ApprovalRefused, FieldError
from voltoken.kmc import OFFICER


def refusal(town: Town, register: str, step: str, entry_id: str, **values: Any) -> str:
    """Return why asking for something is refused."""
    with pytest.raises(ActRefused) as error:
        town.ask(register, step, entry_id, **values)
    return error.value.reason


def test_a_person_is_registered_with_a_key_and_can_then_act_within_the_roles() -> None:
    town = Town()
    eve = town.act("person", "add", "eve", name="Eve", roles=["registrar"], public_key=KEY["eve"])
    assert eve.state == "active"
    town.act("country", "add", "UG", by="eve", name="Uganda")
    with pytest.raises(AccessDenied) as error:
        town.ask("person", "suspend", "dave", by="eve")
    assert error.value.reason == "no_right"


def test_two_people_never_have_one_key_even_when_one_has_left() -> None:
    town = Town()
    assert refusal(town, "person", "add", "eve", name="Eve", public_key=KEY["dave"]) == "taken"
    town.act("person", "leave", "dave")
    assert refusal(town, "person", "add", "eve", name="Eve", public_key=KEY["dave"]) == "taken"


@pytest.mark.parametrize("key", ["00" * 32, "01" + "00" * 31, "ff" * 32])
def test_a_key_for_which_anybody_can_sign_is_refused(key: str) -> None:
    assert refusal(Town(), "person", "add", "eve", name="Eve", public_key=key) == "key"


def test_a_role_that_is_not_there_or_withdrawn_is_given_to_nobody() -> None:
    town = Town()
    eve: dict[str, Any] = {"name": "Eve", "public_key": KEY["eve"]}
    assert refusal(town, "person", "add", "eve", roles=["king"], **eve) == "unknown"
    town.act("role", "withdraw", "approver")
    assert refusal(town, "person", "add", "eve", roles=["approver"], **eve) == "standing"


@pytest.mark.parametrize(
    ("step", "values"), [("suspend", {}), ("leave", {}), ("change", {"roles": ["registrar"]})]
)
def test_the_last_two_officers_stay(step: str, values: dict[str, Any]) -> None:
    town = Town()
    assert refusal(town, "person", step, "bob", **values) == "last_officers"
    town.act("person", "add", "eve", name="Eve", roles=[OFFICER], public_key=KEY["eve"])
    request = town.ask("person", step, "bob", **values)
    if town.state.requests[request].request.needs:
        town.approve(request, "eve")
    town.carry_out(request)
    assert "bob" not in {
        one.entry_id for one in town.state.where("person", state="active", roles=["officer"])
    }


def test_an_officer_may_change_the_address_of_one_of_the_last_two() -> None:
    town = Town()
    town.act("person", "add", "eve", name="Eve", roles=[OFFICER], public_key=KEY["eve"])
    town.act("person", "suspend", "eve")
    town.act("role", "add", "people", actions=["person.*"])
    town.act("person", "change", "dave", roles=["people"])
    request = town.ask("person", "change", "bob", email="bob@example.org")
    town.approve(request, "dave")
    town.carry_out(request)
    assert town.entry("person", "bob").get("email") == "bob@example.org"


CLERK: dict[str, Any] = {"actions": ["person.*"], "only": {"organisation": ["sellco"]}}


def fresh(number: int) -> str:
    """Return a public key that nobody has."""
    return public_key_of(bytes([number]) * 32).hex()


def clerks(town: Town, **limits: Any) -> Town:
    """Give a company two clerks who may do anything to the people of the company."""
    town.act("role", "add", "clerk", **CLERK | limits)
    for name in ("eve", "mallory"):
        given: dict[str, Any] = {"name": name.title(), "organisation": "sellco", "roles": ["clerk"]}
        town.act("person", "add", name, public_key=KEY[name], **given)
    return town


def test_nobody_asks_for_a_change_of_the_own_entry_or_approves_it(town: Town) -> None:
    clerks(town)
    asked: dict[str, Any] = {"by": "eve", "email": "eve@example.org"}
    assert refusal(town, "person", "change", "eve", **asked) == "own_case"
    request = town.ask("person", "change", "eve", by="mallory", email="eve@example.org")
    with pytest.raises(ActRefused) as error:
        town.approve(request, "eve")
    assert error.value.reason == "own_case"
    town.approve(request, "alice")
    town.carry_out(request)
    assert town.entry("person", "eve").get("email") == "eve@example.org"


@pytest.mark.parametrize(
    ("step", "entry_id", "values"),
    [
        ("change", "mallory", {"roles": ["clerk", OFFICER]}),
        (
            "add",
            "paul",
            {"name": "Paul", "organisation": "sellco", "roles": [OFFICER], "public_key": "box-1"},
        ),
        ("change", "zoe", {"roles": ["clerk"]}),
        ("leave", "zoe", {}),
        ("restore", "yan", {}),
    ],
    ids=["make one", "add one", "unmake one", "end one", "bring one back"],
)
def test_only_officers_make_and_unmake_officers(
    town: Town, step: str, entry_id: str, values: dict[str, Any]
) -> None:
    clerks(town)
    for name in ("zoe", "yan"):
        officer: dict[str, Any] = {"name": name, "organisation": "sellco", "roles": [OFFICER]}
        key = public_key_of(name.encode().ljust(32)).hex()
        town.act("person", "add", name, public_key=key, **officer)
    town.act("person", "suspend", "yan")
    given: dict[str, Any] = {
        name: KEY[value] if name == "public_key" else value for name, value in values.items()
    }
    assert refusal(town, "person", step, entry_id, by="eve", **given) == "officers_only"
    request = town.ask("person", step, entry_id, **given)
    with pytest.raises(ActRefused) as error:
        town.approve(request, "eve")
    assert error.value.reason == "officers_only"
    town.approve(request)
    town.carry_out(request)


def test_a_limit_on_roles_is_one_for_every_role_that_somebody_gets(town: Town) -> None:
    clerks(town, only={"roles": ["clerk", "auditor"]})
    for roles in (["registrar"], ["clerk", "registrar"]):
        with pytest.raises(AccessDenied) as error:
            town.ask("person", "change", "mallory", by="eve", roles=roles)
        assert error.value.reason == "limit"
    with pytest.raises(AccessDenied):  # what somebody has is not taken away beyond the limit either
        town.ask("person", "change", "carol", by="eve", roles=["auditor"])
    with pytest.raises(AccessDenied):
        town.ask("person", "change", "mallory", by="eve", roles=[])
    request = town.ask("person", "change", "mallory", by="eve", roles=["clerk", "auditor"])
    town.approve(request)
    town.carry_out(request)
    assert town.entry("person", "mallory").get("roles") == ["auditor", "clerk"]


def test_whoever_is_suspended_can_do_nothing_until_restored() -> None:
    town = Town()
    town.act("person", "suspend", "carol")
    with pytest.raises(AccessDenied) as error:
        town.ask("country", "add", "UG", by="carol", name="Uganda")
    assert error.value.reason == "inactive"
    town.act("person", "restore", "carol")
    town.act("country", "add", "UG", by="carol", name="Uganda")


def test_a_name_is_not_given_to_another_person() -> None:
    town = Town()
    town.act("person", "leave", "dave")
    assert refusal(town, "person", "add", "dave", name="Dave II", public_key=KEY["eve"]) == "exists"


def test_a_request_signed_with_a_key_that_was_replaced_is_worth_nothing() -> None:
    town = Town()
    request = town.ask("country", "add", "UG", by="carol", name="Uganda")
    town.act("person", "change", "carol", public_key=KEY["eve"])
    with pytest.raises(ApprovalRefused) as error:
        town.carry_out(request)
    assert error.value.reason == "maker_forged"


def test_a_role_with_limits_lets_pass_what_is_within_them() -> None:
    town = Town()
    town.act("role", "add", "kenya", actions=["organisation.*"], only={"country": ["KE"]})
    town.act("person", "add", "eve", name="Eve", roles=["kenya"], public_key=KEY["eve"])
    town.act("country", "add", "KE", name="Kenya")
    town.act("country", "add", "UG", name="Uganda")
    town.act("organisation", "add", "umeme", name="Umeme", country="UG", kinds="utility")
    town.act("organisation", "add", "kplc", by="eve", name="KPLC", country="KE", kinds="utility")
    with pytest.raises(AccessDenied) as error:
        town.ask("organisation", "add", "other", by="eve", name="Other", country="UG", kinds="utility")
    assert error.value.reason == "limit"


def test_a_limit_holds_for_what_an_entry_was_as_well_as_for_what_it_becomes() -> None:
    town = Town()
    town.act("role", "add", "kenya", actions=["organisation.*"], only={"country": ["KE"]})
    for name in ("eve", "mallory"):
        town.act("person", "add", name, name=name, roles=["kenya"], public_key=KEY[name])
    town.act("country", "add", "KE", name="Kenya")
    town.act("country", "add", "UG", name="Uganda")
    town.act("organisation", "add", "umeme", name="Umeme", country="UG", kinds="utility")
    with pytest.raises(AccessDenied):
        town.ask("organisation", "change", "umeme", by="eve", country="KE")
    request = town.ask("organisation", "change", "umeme", country="KE")
    with pytest.raises(ApprovalRefused) as error:
        town.approve(request, "eve")
    assert error.value.reason == "no_right"


@pytest.mark.parametrize("limit", [{"id": ["KE"]}, {"register": ["person"]}, {"numbering": ["x"]}])
def test_limits_hold_for_the_id_and_the_register_and_for_what_is_not_stated(limit: dict[str, Any]) -> None:
    town = Town()
    town.act("role", "add", "small", actions="country.*", only=limit)
    town.act("person", "add", "eve", name="Eve", roles="small", public_key=KEY["eve"])
    with pytest.raises(AccessDenied) as error:
        town.ask("country", "add", "UG", by="eve", name="Uganda")
    assert error.value.reason == "limit"
    if "id" in limit:
        town.act("country", "add", "KE", by="eve", name="Kenya")


@pytest.mark.parametrize(
    "values",
    [
        {"actions": ["person.add"]},
        {"most": {"clm": 1}},
        {"only": {"country": ["KE"]}},
    ],
    ids=["actions", "most", "only"],
)
def test_the_role_of_officers_keeps_its_rights(values: dict[str, Any]) -> None:
    assert refusal(Town(), "role", "change", OFFICER, **values) == "officer_role"


def test_the_role_of_officers_is_not_withdrawn() -> None:
    assert refusal(Town(), "role", "withdraw", OFFICER) == "officer_role"


def test_the_role_of_officers_can_get_more_rights() -> None:
    town = Town()
    actions = [*town.entry("role", OFFICER).get("actions"), "vending_key.compromise.break_glass"]
    assert town.act("role", "change", OFFICER, actions=actions).version == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("actions", ["Person.add"]),
        ("actions", ["*"]),
        ("actions", []),
        ("most", {"clm": -1}),
        ("most", {"clm": True}),
        ("most", {"CLM": 1}),
        ("most", [1]),
        ("only", {"country": []}),
        ("only", {"country": "x" * 500}),
        ("only", {"": ["KE"]}),
        ("only", "KE"),
    ],
)
def test_rights_that_the_gate_would_not_understand_are_refused(field: str, value: Any) -> None:
    values: dict[str, Any] = {"actions": ["person.add"]} | {field: value}
    with pytest.raises(FieldError) as error:
        Town().ask("role", "add", "odd", **values)
    assert error.value.field == field


def test_an_action_that_is_too_long_is_refused_as_a_right() -> None:
    assert refusal(Town(), "role", "add", "odd", actions=[f"a{'.b' * 60}"]) == "right"


def test_a_person_of_the_register_is_one_of_the_directory() -> None:
    town = Town()
    alice = town.state.person("alice")
    assert alice is not None
    assert (alice.name, alice.roles, alice.public_key, alice.active) == (
        *("Alice Achieng", frozenset({"officer", "emergency"}), FOUNDERS[0].public_key, True),
    )


def test_a_lost_key_is_replaced_before_its_person_acts_again(town: Town) -> None:
    town.act("person", "suspend", "dave")
    town.act("person", "change", "dave", public_key=KEY["eve"])
    assert town.entry("person", "dave").state == "suspended"
    town.act("person", "restore", "dave")
    assert town.entry("person", "dave").get("public_key") == KEY["eve"]
