"""Security modules and installations: who may run what, and that keys are those that were proved."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.kmc.refusals import refusal, why
from tests.unit.kmc.town import KEY, Town
from voltoken.errors import ApprovalRefused, FieldError
from voltoken.kmc import installations_of, uncertified_modules
from voltoken.security.keyload import exchange_public

POINT, OTHER = (exchange_public(bytes([number]) * 32).hex() for number in (1, 2))
SAID: dict[str, Any] = {
    "organisation": "lightco",
    "role": "vending",
    "firmware": "1.0",
    "kind": "software",
    "exchange_key": POINT,
    "signing_key": KEY["box-1"],
    "identity": "ef" * 32,
}
PROVED: dict[str, Any] = {
    "role": "vending",
    "firmware": "1.0",
    "exchange_key": POINT,
    "signing_key": KEY["box-1"],
    "identity": "ef" * 32,
}


def registered(town: Town, module_id: str = "SM1", proved: dict[str, Any] = PROVED, **said: Any) -> None:
    """Take a module from its application to its registration."""
    town.act("module", "add", module_id, **SAID | said)
    town.act("module", "challenge", module_id, facts={"challenge": {"nonce": "1"}})
    town.act("module", "register", module_id, proof={"answer": "2"}, facts=proved)


def second(town: Town) -> None:
    """Register another module, with keys of its own."""
    other: dict[str, Any] = {"exchange_key": OTHER, "signing_key": KEY["box-2"], "identity": "ee" * 32}
    registered(town, "SM2", PROVED | other, **other)


def test_a_module_is_registered_when_it_has_proved_its_keys(town: Town) -> None:
    registered(town)
    module = town.entry("module", "SM1")
    assert (module.state, module.get("proof")) == ("registered", {"answer": "2"})


def test_a_module_that_stated_nothing_gets_the_keys_that_it_proved(town: Town) -> None:
    registered(town, exchange_key=None, signing_key=None, identity=None, firmware=None)
    assert town.entry("module", "SM1").get("signing_key") == KEY["box-1"]


@pytest.mark.parametrize(
    "edit",
    [
        {"exchange_key": OTHER},
        {"signing_key": KEY["box-2"]},
        {"identity": "ee" * 32},
        {"role": "manufacturing"},
    ],
    ids=["exchange key", "signing key", "identity", "role"],
)
def test_a_proof_of_another_module_is_refused(town: Town, edit: dict[str, Any]) -> None:
    assert why(lambda: registered(town, proved=PROVED | edit)) == "other_module"


def test_the_firmware_may_have_changed_since_the_application(town: Town) -> None:
    registered(town, proved=PROVED | {"firmware": "1.1"})
    assert town.act("module", "update", "SM1", firmware="1.2").get("firmware") == "1.2"


def test_without_an_answer_there_is_nothing_to_check(town: Town) -> None:
    town.act("module", "add", "SM1", **SAID)
    town.act("module", "challenge", "SM1", facts={"challenge": {"nonce": "1"}})
    assert refusal(town, "module", "register", "SM1") == "empty"
    assert town.act("module", "refuse", "SM1").state == "refused"


@pytest.mark.parametrize("field", ["exchange_key", "signing_key"])
def test_keys_are_of_one_module_for_good(town: Town, field: str) -> None:
    registered(town)
    town.act("module", "compromise", "SM1")
    fresh: dict[str, Any] = {"exchange_key": OTHER, "signing_key": KEY["box-2"]} | {field: SAID[field]}
    assert refusal(town, "module", "add", "SM2", **SAID | fresh) == "taken"
    assert refusal(town, "module", "change", "SM1") == "state"


def test_a_key_that_nobody_can_sign_with_is_refused(town: Town) -> None:
    assert refusal(town, "module", "add", "SM1", **SAID | {"signing_key": "00" * 32}) == "key"


@pytest.mark.parametrize("point", ["04" + "00" * 64, "04" + "ab" * 64, "04" + "ff" * 64])
def test_a_point_that_is_not_on_the_curve_is_refused(town: Town, point: str) -> None:
    assert why(lambda: registered(town, exchange_key=point)) == "key"
    proved = PROVED | {"exchange_key": point}
    assert why(lambda: registered(town, "SM2", proved, exchange_key=None, signing_key=None)) == "key"


@pytest.mark.parametrize("module_id", ["a,b", "", "-x", "a b", "a/b", "x" * 41, "\u00e9"])
def test_the_id_of_a_module_is_one_that_files_and_lists_take(town: Town, module_id: str) -> None:
    with pytest.raises(FieldError):
        town.ask("module", "add", module_id, **SAID)


def test_manufacturing_modules_are_for_manufacturers(town: Town) -> None:
    assert refusal(town, "module", "add", "SM1", **SAID | {"role": "manufacturing"}) == "kind"
    town.act("module", "add", "SM1", **SAID | {"role": "manufacturing", "organisation": "meterco"})


def test_the_product_of_a_module_is_a_module_that_is_still_made(town: Town) -> None:
    product: dict[str, Any] = {"model": "M", "edition": 2, "firmware": "1"}
    town.act("product", "add", "m1", organisation="meterco", kind="meter", **product)
    town.act("product", "add", "b1", organisation="boxco", kind="module", **product)
    assert refusal(town, "module", "add", "SM1", product="m1", **SAID) == "kind"
    town.act("module", "add", "SM1", product="b1", **SAID)
    town.act("product", "withdraw", "b1")
    assert refusal(town, "module", "add", "SM2", **SAID | {"product": "b1"}) == "standing"


def test_a_suspended_module_is_restored_while_its_owner_is_a_member(town: Town) -> None:
    registered(town)
    town.act("module", "suspend", "SM1")
    town.act("organisation", "suspend", "lightco")
    assert refusal(town, "module", "restore", "SM1") == "standing"
    town.act("organisation", "restore", "lightco")
    assert town.act("module", "restore", "SM1").state == "registered"


def test_one_person_suspends_a_module_and_two_end_it_for_good(town: Town) -> None:
    registered(town)
    town.carry_out(town.ask("module", "suspend", "SM1", by="carol"))
    assert town.entry("module", "SM1").state == "suspended"
    request = town.ask("module", "compromise", "SM1", by="carol")
    with pytest.raises(ApprovalRefused) as error:
        town.carry_out(request)
    assert error.value.reason == "missing"
    town.approve(request, "dave")
    town.carry_out(request)
    assert town.entry("module", "SM1").state == "compromised"


def test_a_module_of_which_the_keys_are_known_never_comes_back(town: Town) -> None:
    registered(town)
    town.act("module", "retire", "SM1")
    town.act("module", "compromise", "SM1")
    for step in ("challenge", "restore", "retire"):
        assert refusal(town, "module", step, "SM1") == "state"


PLACE: dict[str, Any] = {
    "organisation": "sellco",
    "version": "4.2",
    "modules": "SM1",
    "groups": "123456",
    "contact_name": "Nia",
    "contact_phone": "+254 700 000000",
    "base_dates": "93,14",
}


@pytest.fixture
def place(town: Town) -> Town:
    """Return a centre with a group, two modules, and an installation with one of them."""
    registered(town)
    second(town)
    town.act("supply_group", "add", "123456", name="North", kind="unique", owner="lightco", country="KE")
    town.act("supply_group", "allocate", "123456")
    town.act("installation", "add", "hq", **PLACE)
    return town


def test_the_installations_of_a_group_are_those_to_call_before_a_rollover(place: Town) -> None:
    assert [one.get("contact_name") for one in installations_of(place.state, "123456")] == ["Nia"]
    assert list(installations_of(place.state, "123457")) == []
    place.act("installation", "close", "hq")
    assert list(installations_of(place.state, "123456")) == []


def test_a_module_vends_in_one_place(place: Town) -> None:
    assert refusal(place, "installation", "add", "shop", **PLACE) == "in_use"
    place.act("installation", "add", "shop", **PLACE | {"modules": "SM2"})
    place.act("installation", "change", "hq", version="4.3")
    place.act("installation", "close", "hq")
    place.act("installation", "change", "shop", modules="SM1,SM2")


def test_an_installation_is_of_who_sells_with_what_sells(place: Town) -> None:
    product: dict[str, Any] = {"model": "M", "edition": 2, "firmware": "1", "organisation": "meterco"}
    place.act("product", "add", "m1", kind="meter", **product)
    assert refusal(place, "installation", "change", "hq", organisation="testco") == "kind"
    assert refusal(place, "installation", "change", "hq", system="m1") == "kind"
    assert refusal(place, "installation", "change", "hq", groups="999999") == "unknown"


def test_a_module_is_certified_as_long_as_its_product_is_and_its_firmware_is_that(town: Town) -> None:
    registered(town)
    day = town.now.date()

    def found() -> list[str]:
        return [module.entry_id for module in uncertified_modules(town.state, day)]

    assert found() == ["SM1"]
    town.act(
        "product", "add", "b1", organisation="boxco", kind="module", model="B", edition=2, firmware="1.0"
    )
    town.act("module", "change", "SM1", product="b1")
    assert found() == ["SM1"]
    certified(town)
    assert found() == []
    town.act("module", "update", "SM1", firmware="1.1")
    assert found() == ["SM1"]
    town.act("module", "suspend", "SM1")
    assert found() == []


def certified(town: Town) -> None:
    """Take the product of the module from ready to its certificate."""
    town.act("product", "ready", "b1")
    lab: dict[str, Any] = {"organisation": "testco", "scope": "module", "editions": [2]}
    town.act("laboratory", "add", "lab", accreditation="T", body="KENAS", expires="2027-06-30", **lab)
    town.act("certification", "add", "c1", product="b1")
    town.act("certification", "test", "c1", laboratory="lab")
    town.act("certification", "report", "c1", report="ab" * 32, report_number="R-1", result="pass")
    town.act("certification", "certify", "c1", certificate="C-1", valid_until="2027-12-31")
