"""Requests, registers, settings check themselves once, when they are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.unit.security.desk import (
    KEY,
    LONG_AGO,
    METER,
    change,
    client,
    credit,
    first_key,
    management,
    meter_test,
    money,
    register,
)
from voltoken.errors import FieldError
from voltoken.security import (
    MANAGEMENT_SUBCLASSES,
    REQUEST_ID_MAX,
    IssueRequest,
    KeyRef,
    MeterTestRequest,
    ModuleSettings,
    VerifyRequest,
    check_request_id,
    digest,
    request_hash,
)
from voltoken.sts import CURRENCY_STEPS_MAX, KRN, SGC, TI, UNIT_STEPS_MAX, MeterPAN, TokenNumber


@pytest.mark.parametrize("text", ["a", "V-2026.03,01_x:1", "a" * 35 + ":1234", "a" * 40, "7:0"])
def test_a_request_id_is_a_vend_id_and_a_line(text: str) -> None:
    check_request_id(text)
    assert len(text) <= REQUEST_ID_MAX


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":1",
        "-a",
        "a" * 41,
        "a:",
        "a:12345",
        "a:1:2",
        "a b",
        "a|b",
        "a+b",
        "a\n",
        "é",
        "a:١",
        7,
        None,
        b"a",
    ],
)
def test_anything_else_is_no_request_id(text: Any) -> None:
    with pytest.raises(FieldError) as caught:
        check_request_id(text)
    assert caught.value.field == "request_id"


WRONG_FIELDS: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    *((make, {"request_id": "a b"}, "request_id") for make in (credit, management, change)),
    *((make, {"meter": "x"}, "meter") for make in (credit, management, change)),
    *((make, {"key": "123456/1"}, "key") for make in (credit, management, change)),
    *((make, {"tid": 5}, "tid") for make in (credit, management)),
    *((make, {"special": 1}, "special") for make in (credit, management)),
    (credit, {"service": 0}, "service"),
    (credit, {"steps": -1}, "steps"),
    (credit, {"steps": 1.0}, "steps"),
    (credit, {"steps": True}, "steps"),
    (credit, {"steps": UNIT_STEPS_MAX + 1}, "steps"),
    (money, {"steps": CURRENCY_STEPS_MAX + 1}, "steps"),
    (money, {"steps": -CURRENCY_STEPS_MAX - 1}, "steps"),
    (management, {"subclass": 3}, "subclass"),
    (management, {"subclass": True}, "subclass"),
    (management, {"value": 0x10000}, "value"),
    (management, {"value": -1}, "value"),
    (management, {"subclass": 1, "value": "0"}, "value"),
    (management, {"subclass": 5, "value": 1}, "value"),
    (change, {"new_key": "123456/2"}, "new_key"),
    (change, {"new_ti": "01"}, "new_ti"),
    (change, {"tokens": 1}, "tokens"),
    (change, {"tokens": 5}, "tokens"),
    (change, {"tokens": 2.0}, "tokens"),
    (change, {"roll_over": 1}, "roll_over"),
    (change, {"sections": ("a b",)}, "request_id"),
    (change, {"sections": "ab"}, "sections"),
    (change, {"sections": ["a:1"]}, "sections"),
    (register, {"dkga": None}, "dkga"),
    (first_key, {"dkga": register().dkga}, "dkga"),
    (register, {"eas": frozenset()}, "eas"),
    (register, {"act": datetime(2026, 1, 1)}, "act"),  # noqa: DTZ001 - a time without a zone is the case
    (register, {"iut": datetime(2026, 1, 1)}, "iut"),  # noqa: DTZ001 - the same
    (register, {"iut": LONG_AGO}, "iut"),
    *(
        (register, {name: wrong}, name)
        for name in ("ulm", "clm", "clu")
        for wrong in (-1, 1 << 63, 1.0, True)
    ),
    (client, {"name": ""}, "client"),
    (client, {"name": "a" * 41}, "client"),
    (client, {"name": "a|b"}, "client"),
    (client, {"name": "a\tb"}, "client"),
    (client, {"supply_groups": frozenset({"12345"})}, "sgc"),
    *((client, {name: wrong}, name) for name in ("rate", "burst") for wrong in (0, 10_000_001, 1.5)),
    *((client, {"unknown_per_day": wrong}, "unknown_per_day") for wrong in (-1, 1_000_001)),
]


@pytest.mark.parametrize(
    ("make", "changes", "field"),
    [
        pytest.param(make, changes, field, id=f"{number} {make.__name__} {field}")
        for number, (make, changes, field) in enumerate(WRONG_FIELDS)
    ],
)
def test_a_value_outside_its_range_is_refused_by_name(
    make: Callable[..., Any], changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(FieldError) as caught:
        make(**changes)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("make", "changes"),
    [
        (credit, {"steps": 0}),
        (credit, {"steps": UNIT_STEPS_MAX}),
        (money, {"steps": -CURRENCY_STEPS_MAX}),
        (money, {"steps": CURRENCY_STEPS_MAX}),
        (management, {"subclass": 1, "value": 0xFFFF}),
        *((management, {"subclass": one}) for one in MANAGEMENT_SUBCLASSES),
        (change, {"sections": ("a:1", "b:1")}),
        (register, {"ulm": (1 << 63) - 1, "clu": 0}),
        (client, {"name": "Zähler 7", "rate": 1, "burst": 10_000_000, "unknown_per_day": 0}),
        (client, {"supply_groups": frozenset({"*", "123456"})}),
    ],
    ids=lambda value: value.__name__ if callable(value) else " ".join(value),
)
def test_the_ends_of_the_ranges_are_inside(make: Callable[..., Any], changes: dict[str, Any]) -> None:
    made = make(**changes)
    assert {name: getattr(made, name) for name in changes} == changes


@pytest.mark.parametrize("name", ["pan", "ea", "tct", "ti", "ken", "test"])
def test_a_meter_is_made_of_checked_parts(name: str) -> None:
    wrong: dict[str, Any] = {name: "600727000000000009"}
    with pytest.raises(FieldError) as caught:
        replace(METER, **wrong)
    assert caught.value.field == name


def test_a_meter_without_valid_check_digits_is_for_laboratories() -> None:
    with pytest.raises(FieldError):
        replace(METER, pan=MeterPAN.unverified("600727", "58000079520"))


def test_tests_and_questions_check_their_parts() -> None:
    wrong: list[tuple[Any, tuple[Any, ...]]] = [
        (MeterTestRequest, ("t:1", "x")),
        (MeterTestRequest, ("a b", meter_test().test)),
        (VerifyRequest, (METER, KEY, 5)),
        (VerifyRequest, (METER, "x", TokenNumber(5))),
        (VerifyRequest, ("x", KEY, TokenNumber(5))),
    ]
    for make, parts in wrong:
        with pytest.raises(FieldError):
            make(*parts)


@pytest.mark.parametrize(
    "text", ["123456", "123456/", "123456/12", "123456/01", "12345/1", "123456/0", "123456/١", "", None, 7]
)
def test_a_key_name_that_is_none_is_refused(text: Any) -> None:
    with pytest.raises(FieldError):
        KeyRef.parse(text)


def test_a_key_name_is_read_as_it_is_written() -> None:
    assert KeyRef.parse(str(KEY)) == KEY == KeyRef(SGC("123456"), KRN(1))
    assert str(KEY) == "123456/1"
    plain: list[tuple[Any, Any]] = [("123456", KRN(1)), (SGC("123456"), 1)]
    for sgc, krn in plain:
        with pytest.raises(FieldError):
            KeyRef(sgc, krn)


@pytest.mark.parametrize(
    "wrong",
    [
        {"module_id": ""},
        {"module_id": "a" * 41},
        {"module_id": "a|b"},
        {"module_id": None},
        {"tid_behind": timedelta(seconds=-1)},
        {"tid_ahead": timedelta(seconds=-1)},
        {"unknown_per_meter": -1},
        {"unknown_per_meter": 1.0},
        {"clients": {"a": client("b")}},
    ],
    ids=" ".join,
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(FieldError) as caught:
        ModuleSettings(**({"module_id": "desk-1"} | wrong))
    assert caught.value.field == next(iter(wrong))


def test_nothing_is_allowed_to_a_client_by_default() -> None:
    plain = type(client())("till")
    assert (plain.acts, plain.supply_groups, plain.may_use("123456")) == (frozenset(), frozenset(), False)


def test_every_part_of_a_request_is_in_its_digest() -> None:
    asked: list[IssueRequest] = [credit(), money(), management(), change(), meter_test(), credit("v1:2")]
    asked += [
        credit(special=True),
        management(special=True),
        management(subclass=1),
        management(subclass=1, value=7),
    ]
    asked += [change(roll_over=True), change(tokens=3), change(new_ti=TI("02")), change(sections=("a", "b"))]
    marks = {digest(name, one) for one in asked for name in ("till", "other")}
    assert len(marks) == 2 * len(asked)
    assert all(len(mark) == 32 for mark in marks)
    assert request_hash("till", credit()) == digest("till", credit()).hex()[:32]
