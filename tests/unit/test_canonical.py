"""JSON in its one form: what is written, what is read, and everything else that is refused."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltoken import canonical
from voltoken.errors import CanonicalError

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-canonical.INTEGER_MAX, canonical.INTEGER_MAX)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc\u00e9", max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), PLAIN, max_size=4)


def reason_of(data: bytes, most: int = 1000) -> str:
    with pytest.raises(CanonicalError) as refused:
        canonical.read(data, most)
    return refused.value.reason


def test_keys_are_sorted_without_blanks_in_ascii() -> None:
    document = {"b": [1, (True, None)], "a": "\u00e9\U0001f511", "A": MappingProxyType({"x": -3})}
    assert canonical.write(document) == '{"A":{"x":-3},"a":"\\u00e9\\ud83d\\udd11","b":[1,[true,null]]}'


@given(DOCUMENTS)
def test_what_is_written_is_read_again(document: dict[str, Any]) -> None:
    text = canonical.write(document)
    assert canonical.read(text.encode("ascii"), 1 << 20) == json.loads(text)
    assert canonical.write(canonical.read(text.encode("ascii"), 1 << 20)) == text


@given(st.binary(max_size=60))
def test_whatever_bytes_there_are_reading_raises_its_own_error_or_nothing(data: bytes) -> None:
    try:
        found = canonical.read(data, 60)
    except CanonicalError:
        return
    assert canonical.write(found).encode("ascii") == data


@given(DOCUMENTS, st.data())
def test_no_change_of_a_byte_reads_as_the_same(document: dict[str, Any], data: st.DataObject) -> None:
    whole = bytearray(canonical.write(document).encode("ascii"))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= 1 << data.draw(st.integers(0, 7))
    with contextlib.suppress(CanonicalError):
        assert canonical.write(canonical.read(bytes(whole), 1 << 20)) != canonical.write(document)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"a":1}' + b" " * 1000, "size"),
        (b'{"a":1', "json"),
        (b"", "json"),
        (b'{"a":1}x', "json"),
        (b'{"a":1,"a":1}', "duplicate"),
        (b'{"a":{"b":1,"b":2}}', "duplicate"),
        (b'{"a":1.0}', "number"),
        (b'{"a":1e3}', "number"),
        (b'{"a":NaN}', "number"),
        (b'{"a":-Infinity}', "number"),
        (b'{"a":9223372036854775808}', "number"),
        (b'{"a":' + b"9" * 400 + b"}", "number"),
        (b"[1]", "value"),
        (b"null", "value"),
        (b'{"a":"\\ud800"}', "value"),
        (b'{"b":1,"a":2}', "form"),
        (b'{"a": 1}', "form"),
        (b'{"a":1}\n', "form"),
        (b'{"a":-0}', "form"),
        (b'{"a":"\\/"}', "form"),
        (b'{"a":"\\u0041"}', "form"),
        ('{"a":"\u00e9"}'.encode(), "form"),
        (b'\xef\xbb\xbf{"a":1}', "form"),
        (b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", "depth"),
    ],
)
def test_each_fault_has_its_own_word(data: bytes, reason: str) -> None:
    assert reason_of(data) == reason


def test_depth_beyond_any_stack_is_only_too_deep() -> None:
    assert reason_of(b"[" * 200_000 + b"]" * 200_000, 1 << 20) == "depth"


def test_no_message_shows_what_stands_in_a_document() -> None:
    for data in (b'{"secret":"5ec2e7"', b'{"secret":"5ec2e7","secret":1}', b'{"secret": "5ec2e7"}'):
        with pytest.raises(CanonicalError) as refused:
            canonical.read(data, 100)
        assert "5ec2e7" not in f"{refused.value.message} {refused.value.detail}"


@pytest.mark.parametrize(
    "document",
    [
        {"a": 1.5},
        {"a": float("nan")},
        {"a": b"bytes"},
        {"a": {1: 2}},
        {1: 2},
        {"a": {2, 3}},
        {"a": 1 << 63},
        {"a": -(1 << 63)},
        {"a": "\ud800"},
        {"\udfff": 1},
        {"a": datetime(2026, 1, 1, tzinfo=UTC)},
    ],
    ids=lambda document: ascii(document)[:30],
)
def test_what_has_no_form_is_not_written(document: Any) -> None:
    with pytest.raises(CanonicalError) as refused:
        canonical.write(document)
    assert refused.value.reason == "value"


def test_what_holds_itself_is_too_deep() -> None:
    document: dict[str, Any] = {}
    document["again"] = document
    with pytest.raises(CanonicalError) as refused:
        canonical.write(document)
    assert refused.value.reason == "depth"


def test_a_hash_is_for_one_purpose() -> None:
    document = {"a": 1}
    assert canonical.digest(document) == hashlib.sha256(b'{"a":1}').hexdigest()
    assert canonical.digest(document, "kind/1") == hashlib.sha256(b'kind/1|{"a":1}').hexdigest()


def test_a_moment_is_written_in_utc_and_read_again() -> None:
    moment = datetime(2026, 11, 21, 10, 30, tzinfo=timezone(timedelta(hours=2)))
    text = canonical.write_moment(moment)
    assert text == "2026-11-21T08:30:00.000000Z"
    assert canonical.read_moment(text) == moment


def test_a_moment_without_a_zone_has_no_form() -> None:
    with pytest.raises(CanonicalError):
        canonical.write_moment(datetime(2026, 1, 1))  # noqa: DTZ001 - that is what is refused


@pytest.mark.parametrize(
    "text",
    [None, 5, "", "2026-11-21T08:30:00Z", "2026-11-21T08:30:00.000000+", "2026-13-21T08:30:00.000000Z",
     "2026-11-21 08:30:00.000000Z", "2026-W47-6T08:30:00.0000000Z", "2026-11-21T24:00:00.000000Z"],
)  # fmt: skip
def test_what_is_no_moment_is_none(text: object) -> None:
    assert canonical.read_moment(text) is None


def test_a_day_is_read_in_one_form_only() -> None:
    assert canonical.read_day("2026-11-21") == date(2026, 11, 21)
    for text in (None, 20261121, "20261121", "2026-11-31", "2026-W47-6", "2026-11-21 "):
        assert canonical.read_day(text) is None


@pytest.mark.parametrize(
    ("read", "fits"),
    [
        (canonical.as_text, "a"),
        (canonical.as_whole, 5),
        (canonical.as_flag, True),
        (canonical.as_list, [1]),
    ],
)
def test_a_member_is_of_its_kind_or_an_error(read: Callable[[object], object], fits: object) -> None:
    assert read(fits) == fits
    others: tuple[object, ...] = ("a", 5, True, [1], None, {}, 1.0)
    for other in others:
        if other.__class__ is not fits.__class__:
            with pytest.raises(TypeError):
                read(other)
