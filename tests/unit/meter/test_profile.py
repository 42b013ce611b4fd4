"""Profiles: the ready ones, their documents, and what a profile cannot be."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.meter.shop import MADE_TID, NOW, PAN, installed, key_of, profile_of, results
from voltoken.errors import FieldError
from voltoken.meter import PROFILES, Emergency, FriendlyHours, Lockout, Meter, Profile
from voltoken.sts import EA, TCT, Service

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_travels_as_json(name: str) -> None:
    profile = PROFILES[name]
    text = json.dumps(profile.to_document())
    assert Profile.from_document(json.loads(text)) == profile
    assert profile.name == name


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_that_comes_along_is_a_meter_of_the_standard(name: str) -> None:
    profile = PROFILES[name]
    assert profile.memory_size >= 50
    assert profile.lockout is not None
    assert profile.refuses_same_key_roll_over
    assert 6 + (profile.service & 3) in profile.flags_set or name == "edition-1"


def test_a_document_names_every_field_of_a_profile() -> None:
    assert set(profile_of().to_document()) == {spec.name for spec in fields(Profile)}


def test_a_document_may_say_only_what_differs_from_another_profile() -> None:
    document = {"name": "mine", "sections": 2, "lockout": None, "service": "water", "tct": "07"}
    mine = Profile.from_document(document, PROFILES["emergency"])
    assert (mine.sections, mine.lockout, mine.service, mine.tct) == (2, None, Service.WATER, TCT("07"))
    assert mine.emergency == PROFILES["emergency"].emergency
    assert mine.friendly == PROFILES["emergency"].friendly


def test_a_document_without_a_base_needs_a_name_and_a_title() -> None:
    assert Profile.from_document({"name": "a", "title": "b"}) == Profile("a", "b")
    for missing in ({"name": "a"}, {"title": "b"}, {}):
        with pytest.raises(FieldError, match="given, or taken from a profile to start from"):
            Profile.from_document(missing)


def test_parts_are_read_from_objects() -> None:
    document = {
        "lockout": {"after": 5},
        "emergency": {"amount": 7, "threshold": 3},
        "friendly": [{"days": [6, 7], "start": 0, "end": 60}],
        "recover_s": [1, 2],
        "flags": [1, 6],
        "flags_set": [6],
    }
    mine = Profile.from_document(document, profile_of())
    assert mine.lockout == Lockout(after=5)
    assert mine.emergency == Emergency(7, 3)
    assert mine.friendly == (FriendlyHours((6, 7), 0, 60),)
    assert (mine.recover_s, mine.flags, mine.flags_set) == ((1, 2), (1, 6), (6,))


WRONG: list[tuple[str, Any]] = [
    ("service", "steam"),
    ("service", None),
    ("service", 4),
    ("phases", 2),
    ("phases", True),
    ("phases", 1.0),
    ("memory_size", 0),
    ("memory_size", "50"),
    ("memory_size", True),
    ("sections", 1),
    ("sections", 5),
    ("key_expiry", 1),
    ("tct", "2"),
    ("tct", None),
    ("credit_max", 0),
    ("lockout", {"before": 3}),
    ("lockout", []),
    ("lockout", {"ends_with_power": "no"}),
    ("lockout", {"counts_authentic": 1}),
    ("pending_timeout_s", 0),
    ("power_limit_w", -1),
    ("power_limit_w", 1 << 25),
    ("unbalance_limit_w", "1"),
    ("power_limit_range_w", [1]),
    ("power_limit_range_w", [1, 2, 3]),
    ("power_limit_range_w", [1, "2"]),
    ("trip_after_s", -1),
    ("recover_s", []),
    ("recover_s", [0]),
    ("recover_s", 30),
    ("recover_s", None),
    ("tests", [0]),
    ("tests", [19]),
    ("tests", [[]]),
    ("tests", None),
    ("functions", ["Explode"]),
    ("functions", "ClearCredit"),
    ("flags", [512]),
    ("flags_set", [5]),
    ("low_credit", -1),
    ("emergency", {"amount": 1}),
    ("emergency", {"amount": 0, "threshold": 0}),
    ("friendly", [{"days": [8], "start": 0, "end": 1}]),
    ("friendly", [{"start": 0, "end": 1}]),
    ("friendly", 5),
    ("friendly", None),
    ("friendly", [{"days": [True], "start": 0, "end": 1}]),
    ("utc_offset_minutes", 841),
    ("reconnect_by_key", "yes"),
    ("name", 5),
    ("title", "x" * 121),
    ("pulses", 0),
    ("skin", None),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_what_a_field_cannot_be_is_refused_with_its_name(name: str, value: Any) -> None:
    with pytest.raises(FieldError) as refused:
        Profile.from_document({name: value}, profile_of())
    parts = {
        "lockout": {"after", "lockout", "ends_with_power", "counts_authentic"},
        "emergency": {"amount", "emergency"},
        "friendly": {"days", name},
    }
    assert refused.value.field in {name} | parts.get(name, set())


@pytest.mark.parametrize(
    ("field", "value"), [("service", 0), ("tct", "02"), ("recover_s", [30]), ("tests", [1])]
)
def test_a_profile_made_in_a_program_needs_the_right_types(field: str, value: Any) -> None:
    with pytest.raises(FieldError) as refused:
        profile_of(**{field: value})
    assert refused.value.field == field


def test_a_field_that_does_not_exist_and_a_document_that_is_none_are_refused() -> None:
    with pytest.raises(FieldError, match="a field of a profile: credit_max, currency"):
        Profile.from_document({"colour": "red"}, profile_of())
    document: Any = ["name", "title"]
    with pytest.raises(FieldError, match="an object with the fields of a profile"):
        Profile.from_document(document)


@given(st.dictionaries(st.sampled_from([spec.name for spec in fields(Profile)]), JSON, max_size=4))
def test_any_document_is_a_profile_or_refused(document: dict[str, Any]) -> None:
    try:
        profile = Profile.from_document(document, profile_of())
    except FieldError:
        return
    assert Profile.from_document(profile.to_document()) == profile
    if not profile.service.is_currency and profile.sections == 4 and str(profile.tct) != "01":
        meter = Meter.new(PAN, key_of(), profile, filled_with=MADE_TID)
        meter.wait(NOW)


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_makes_a_working_meter(name: str) -> None:
    meter, shop = installed(name, key_of(ea=EA.STA))
    service = meter.profile.service
    token = shop.money(5, service) if service.is_currency else shop.credit(5, service)
    assert results(meter, token) == ["Accept"]
