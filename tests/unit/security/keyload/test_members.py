"""The members of a document are read one by one, each as what it must be, by its own error."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.security.keyload.lab import NOW, refused
from voltoken.canonical import write_moment
from voltoken.errors import KeyFileError
from voltoken.security import KeyRef
from voltoken.security.keyload.documents import CLOCK_LEEWAY, Members, check_dates, decode, encode

GOOD: dict[str, tuple[object, object]] = {
    "text": ("x", "x"),
    "whole": (-7, -7),
    "data": ("AAE=", b"\x00\x01"),
    "moment": (write_moment(NOW), NOW),
    "list": ([1], [1]),
    "ref": ("123456/1", KeyRef.parse("123456/1")),
    "refs": (["123456/1"], (KeyRef.parse("123456/1"),)),
}
OTHERS: list[object] = [None, True, False, 7, "", "7", "2026-11-21", "123457/0x", [], ["x"], [7], {}]
TAKEN = {
    ("text", ""),
    ("text", "7"),
    ("text", "2026-11-21"),
    ("text", "123457/0x"),
    ("whole", 7),
    ("data", ""),
}


@pytest.mark.parametrize("kind", GOOD)
def test_a_member_is_read_as_what_it_is(kind: str) -> None:
    given, wanted = GOOD[kind]
    assert getattr(Members({"x": given}), kind)("x") == wanted


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("value", OTHERS, ids=repr)
def test_a_member_of_another_kind_is_refused(kind: str, value: object) -> None:
    read = getattr(Members({"x": value}), kind)
    plain = isinstance(value, str | int) and not isinstance(value, bool)
    if (plain and (kind, value) in TAKEN) or (kind == "list" and isinstance(value, list)):
        assert read("x") == (b"" if kind == "data" else value)
    elif kind == "refs" and value == []:
        assert read("x") == ()
    else:
        assert refused(read, "x") in {"fields", "form"}


@pytest.mark.parametrize("text", ["AA", "AA=", "AAE", "AAF=", "AAE=\n", " AAE=", "AA-_", "AAÉ=", "===="])
def test_bytes_are_written_in_one_way(text: str) -> None:
    with pytest.raises(KeyFileError) as caught:
        decode(text, "wrapped")
    assert (caught.value.reason, caught.value.detail["member"]) == ("form", "wrapped")
    assert decode(encode(b"\xff\xfe"), "x") == b"\xff\xfe"


def test_members_are_exactly_those_that_are_known() -> None:
    assert Members.of({"a": 1, "b": 2}, ("b", "a"), "It").found == {"a": 1, "b": 2}
    others: list[object] = [{"a": 1}, {"a": 1, "b": 2, "c": 3}, {}, [], None, "ab"]
    for found in others:
        assert refused(Members.of, found, ("a", "b"), "It") == "fields"


def test_a_document_is_good_from_a_little_before_it_was_made_until_its_end() -> None:
    moment, end = timedelta(microseconds=1), NOW + timedelta(days=1)
    check_dates(NOW, end, NOW - CLOCK_LEEWAY)
    check_dates(NOW, end, end - moment)
    assert refused(check_dates, NOW, end, NOW - CLOCK_LEEWAY - moment) == "not_yet"
    assert refused(check_dates, NOW, end, end) == "expired"
