"""Products, laboratories and certification: who may test what, and what a certificate is worth on a day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.kmc.refusals import refusal, why
from tests.unit.kmc.town import DAY, KEY, Town
from voltoken.kmc import certified_on

METER: dict[str, Any] = {
    "organisation": "meterco",
    "kind": "meter",
    "model": "M1",
    "edition": 2,
    "firmware": "1.0",
}
LAB: dict[str, Any] = {
    "organisation": "testco",
    "scope": "meter",
    "editions": [2],
    "accreditation": "T-12",
    "body": "KENAS",
    "expires": "2027-06-30",
}
REPORT: dict[str, Any] = {"report": "ab" * 32, "report_number": "R-7", "result": "pass"}
CERTIFICATE: dict[str, Any] = {"certificate": "C-1", "valid_until": "2027-12-31"}


@pytest.fixture
def lab(town: Town) -> Town:
    """Return a centre with a meter that is ready, and a laboratory."""
    town.act("product", "add", "m1", **METER)
    town.act("product", "ready", "m1")
    town.act("laboratory", "add", "lab", **LAB)
    return town


def certified(town: Town, entry_id: str = "c1", until: str = "2027-12-31", number: str = "C-1") -> None:
    """Take a product from the application to the certificate."""
    town.act("certification", "add", entry_id, product="m1")
    town.act("certification", "test", entry_id, laboratory="lab")
    town.act("certification", "report", entry_id, **REPORT)
    town.act("certification", "certify", entry_id, certificate=number, valid_until=until)


def test_a_product_that_passed_is_certified_together_with_its_certification(lab: Town) -> None:
    certified(lab)
    product = lab.entry("product", "m1")
    assert (product.state, product.version) == ("certified", 3)
    assert lab.log[-2].facts["step"] == "after certification.certify"


def test_nobody_asks_for_a_product_to_be_certified_directly(lab: Town) -> None:
    assert refusal(lab, "product", "certify", "m1") == "inner"
    assert refusal(lab, "product", "lose", "m1") == "inner"


@pytest.mark.parametrize("kind", ["module", "vending_system"])
def test_products_are_of_those_who_make_such(town: Town, kind: str) -> None:
    assert refusal(town, "product", "add", "x", **METER | {"kind": kind}) == "kind"
    maker = {"module": "boxco", "vending_system": "sellco"}[kind]
    town.act("product", "add", "x", **METER | {"kind": kind, "organisation": maker})


def test_a_product_changes_only_in_development(lab: Town) -> None:
    assert refusal(lab, "product", "change", "m1", firmware="1.1") == "state"
    lab.act("product", "reopen", "m1")
    assert lab.act("product", "change", "m1", firmware="1.1").get("firmware") == "1.1"


def test_a_product_in_test_is_neither_changed_nor_withdrawn_nor_tested_again(lab: Town) -> None:
    lab.act("certification", "add", "c1", product="m1")
    assert refusal(lab, "product", "reopen", "m1") == "in_test"
    assert refusal(lab, "product", "withdraw", "m1") == "in_test"
    assert refusal(lab, "certification", "add", "c2", product="m1") == "in_test"
    lab.act("certification", "cancel", "c1", reason="no money")
    lab.act("certification", "add", "c2", product="m1")


def test_only_what_is_ready_is_tested(town: Town) -> None:
    town.act("product", "add", "m1", **METER)
    assert refusal(town, "certification", "add", "c1", product="m1") == "not_ready"


def test_products_of_an_organisation_that_is_no_member_are_not_tested(lab: Town) -> None:
    lab.act("organisation", "suspend", "meterco")
    assert refusal(lab, "certification", "add", "c1", product="m1") == "standing"


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        ({"scope": "module,vending_system"}, "scope"),
        ({"editions": "1"}, "scope"),
        ({"expires": "2026-11-21"}, ""),
    ],
    ids=["kind", "edition", "last day"],
)
def test_a_laboratory_tests_what_is_in_its_scope_up_to_the_last_day(
    lab: Town, edit: dict[str, Any], reason: str
) -> None:
    lab.act("laboratory", "renew", "lab", **edit)
    lab.act("certification", "add", "c1", product="m1")
    if reason:
        assert refusal(lab, "certification", "test", "c1", laboratory="lab") == reason
    else:
        assert lab.act("certification", "test", "c1", laboratory="lab").state == "testing"


def test_a_laboratory_whose_accreditation_is_over_tests_nothing(lab: Town) -> None:
    lab.act("certification", "add", "c1", product="m1")
    assert refusal(lab, "laboratory", "expire", "lab") == "early"
    lab.now += 300 * DAY
    assert refusal(lab, "certification", "test", "c1", laboratory="lab") == "accreditation"
    assert lab.act("laboratory", "expire", "lab").state == "expired"
    assert refusal(lab, "laboratory", "renew", "lab") == "past"
    lab.act("laboratory", "renew", "lab", expires="2028-01-01")
    assert lab.act("certification", "test", "c1", laboratory="lab").state == "testing"


def test_a_suspended_laboratory_tests_nothing_and_reports_nothing(lab: Town) -> None:
    lab.act("certification", "add", "c1", product="m1")
    lab.act("certification", "test", "c1", laboratory="lab")
    lab.act("laboratory", "suspend", "lab")
    assert refusal(lab, "certification", "report", "c1", **REPORT) == "accreditation"
    lab.act("laboratory", "restore", "lab")
    lab.act("certification", "report", "c1", **REPORT)


def test_a_laboratory_is_of_a_member_and_its_accreditation_lasts(town: Town) -> None:
    assert refusal(town, "laboratory", "add", "lab", **LAB | {"organisation": "lightco"}) == "kind"
    assert refusal(town, "laboratory", "add", "lab", **LAB | {"expires": "2026-11-20"}) == "past"
    town.act("laboratory", "add", "lab", **LAB)
    assert town.act("laboratory", "close", "lab").state == "closed"


def test_nobody_tests_a_product_of_the_own_organisation(lab: Town) -> None:
    lab.act("organisation", "change", "meterco", kinds="manufacturer,laboratory")
    lab.act("laboratory", "add", "house", **LAB | {"organisation": "meterco"})
    lab.act("certification", "add", "c1", product="m1")
    assert refusal(lab, "certification", "test", "c1", laboratory="house") == "interest"


def test_every_step_has_what_it_is_about(lab: Town) -> None:
    lab.act("certification", "add", "c1", product="m1")
    assert refusal(lab, "certification", "test", "c1") == "empty"
    lab.act("certification", "test", "c1", laboratory="lab")
    assert refusal(lab, "certification", "report", "c1", **REPORT | {"report": None}) == "empty"
    lab.act("certification", "report", "c1", **REPORT)
    assert refusal(lab, "certification", "certify", "c1", certificate="C-1") == "empty"
    assert refusal(lab, "certification", "fail", "c1") == "empty"


def test_a_product_that_failed_gets_no_certificate(lab: Town) -> None:
    lab.act("certification", "add", "c1", product="m1")
    lab.act("certification", "test", "c1", laboratory="lab")
    lab.act("certification", "report", "c1", **REPORT | {"result": "fail"})
    assert refusal(lab, "certification", "certify", "c1", **CERTIFICATE) == "result"
    assert lab.act("certification", "fail", "c1", reason="token lost in a power cut").state == "failed"
    assert lab.entry("product", "m1").state == "ready"


def test_numbers_of_certificates_are_given_once_and_for_days_to_come(lab: Town) -> None:
    certified(lab)
    lab.act("certification", "add", "c2", product="m1")
    lab.act("certification", "test", "c2", laboratory="lab")
    lab.act("certification", "report", "c2", **REPORT)
    assert refusal(lab, "certification", "certify", "c2", **CERTIFICATE) == "taken"
    late: dict[str, Any] = {"certificate": "C-2", "valid_until": "2026-11-20"}
    assert refusal(lab, "certification", "certify", "c2", **late) == "past"


def test_the_list_of_certified_products_is_that_of_a_day(lab: Town) -> None:
    certified(lab)
    day = lab.now.date()
    found = list(certified_on(lab.state, day))
    assert [(one.product.entry_id, one.certificate) for one in found] == [("m1", "C-1")]
    assert list(certified_on(lab.state, found[0].until)) == found
    assert list(certified_on(lab.state, found[0].until + timedelta(days=1))) == []


def test_a_certificate_that_is_taken_back_takes_the_product_from_the_list(lab: Town) -> None:
    certified(lab)
    assert refusal(lab, "certification", "withdraw", "c1") == "empty"
    lab.act("certification", "withdraw", "c1", reason="meters were found open")
    assert lab.entry("product", "m1").state == "ready"
    assert list(certified_on(lab.state, lab.now.date())) == []


def test_a_renewed_product_stays_certified_when_the_old_certificate_is_over(lab: Town) -> None:
    certified(lab, until="2026-12-31")
    certified(lab, "c2", number="C-2")
    assert refusal(lab, "certification", "expire", "c1") == "early"
    lab.now += 60 * DAY
    assert lab.act("certification", "expire", "c1").state == "expired"
    assert lab.entry("product", "m1").state == "certified"
    assert [one.certificate for one in certified_on(lab.state, lab.now.date())] == ["C-2"]
    lab.act("certification", "withdraw", "c2", reason="recall")
    assert lab.entry("product", "m1").state == "ready"
    assert lab.act("product", "withdraw", "m1").state == "withdrawn"


def test_nobody_certifies_a_product_of_the_own_organisation(lab: Town) -> None:
    lab.act("certification", "add", "c1", product="m1")
    lab.act("certification", "test", "c1", laboratory="lab")
    lab.act("certification", "report", "c1", **REPORT)
    lab.act("person", "add", "eve", name="Eve", roles="officer", public_key=KEY["eve"])
    lab.act("person", "change", "eve", organisation="meterco")
    assert refusal(lab, "certification", "certify", "c1", by="eve", **CERTIFICATE) == "own_case"
    request = lab.ask("certification", "certify", "c1", **CERTIFICATE)
    assert why(lambda: lab.approve(request, "eve")) == "own_case"
    lab.approve(request, "bob")
    lab.carry_out(request)


def given_to_test(town: Town) -> None:
    """Take a product as far as the laboratory."""
    town.act("certification", "add", "c1", product="m1")
    town.act("certification", "test", "c1", laboratory="lab")


def test_nobody_takes_in_a_report_on_a_product_of_the_own_organisation(lab: Town) -> None:
    given_to_test(lab)
    eve: dict[str, Any] = {"name": "Eve", "organisation": "meterco", "public_key": KEY["eve"]}
    lab.act("person", "add", "eve", roles="registrar", **eve)
    assert refusal(lab, "certification", "report", "c1", by="eve", **REPORT) == "own_case"
    assert lab.act("certification", "report", "c1", by="carol", **REPORT).state == "reported"


@pytest.mark.parametrize("ends", [("suspend",), ("close",), ("suspend", "close")], ids="-".join)
def test_the_report_of_a_laboratory_that_was_stopped_since_gives_no_certificate(
    lab: Town, ends: tuple[str, ...]
) -> None:
    given_to_test(lab)
    lab.act("certification", "report", "c1", **REPORT)
    for step in ends:
        lab.act("laboratory", step, "lab")
    assert refusal(lab, "certification", "certify", "c1", **CERTIFICATE) == "accreditation"
    if ends == ("suspend",):
        lab.act("laboratory", "restore", "lab")
        assert lab.act("certification", "certify", "c1", **CERTIFICATE).state == "certified"


def test_a_suspended_laboratory_does_not_become_one_that_only_expired(lab: Town) -> None:
    lab.act("laboratory", "suspend", "lab")
    lab.now += 300 * DAY
    assert refusal(lab, "laboratory", "expire", "lab") == "state"


def test_a_report_is_good_that_was_made_before_the_accreditation_ended(lab: Town) -> None:
    given_to_test(lab)
    lab.act("certification", "report", "c1", **REPORT)
    lab.now += 300 * DAY
    lab.act("laboratory", "expire", "lab")
    assert lab.act("certification", "certify", "c1", **CERTIFICATE).state == "certified"
