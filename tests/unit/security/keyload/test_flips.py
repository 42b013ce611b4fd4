"""No change of a key load file goes unnoticed: every bit, every length, every way to write it differently."""

from __future__ import annotations

import json
from collections import Counter
from functools import partial
from typing import Any

import pytest

from tests.unit.security.keyload.lab import file, opened, record, refused, resigned, rewritten
from voltoken.errors import KeyFileError
from voltoken.security.keyload import FILE_MAX, LAYOUT, parse

SMALL = file([record(bits=64)], ["123456/2"], notice="lab")


def fate(data: bytes) -> str:
    """Return the reason for which a file is rejected, or nothing."""
    try:
        opened(data)
    except KeyFileError as error:
        return error.reason
    return ""


def test_every_flip_of_a_single_bit_is_rejected() -> None:
    assert fate(SMALL) == ""
    assert len(SMALL) < 1_100
    fates: Counter[str] = Counter()
    spoilt = bytearray(SMALL)
    for place in range(len(SMALL)):
        for bit in range(8):
            spoilt[place] ^= 1 << bit
            fates[fate(bytes(spoilt))] += 1
            spoilt[place] ^= 1 << bit
    assert fates[""] == 0
    assert fates.total() == 8 * len(SMALL)
    assert {"signature", "form", "json", "fields", "attributes", "untrusted", "signing_key"} <= set(fates)
    assert "record" not in fates  # nothing is unwrapped that is not signed


def test_every_truncation_is_rejected_as_cut_off() -> None:
    assert {fate(SMALL[:length]) for length in range(len(SMALL))} == {"json"}


@pytest.mark.parametrize("more", [b"\n", b" ", b"}", b"{}", b"\x00", b'{"a":1}'])
def test_nothing_may_follow(more: bytes) -> None:
    assert fate(SMALL + more) in {"form", "json"}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b'{"header":', b'{ "header":', "form"),
        (b'"revoked":["123456/2"]', b'"revoked":["123456/2"],"revoked":[]', "duplicate"),
        (b'"seq":7', b'"seq":7,"seq":7', "duplicate"),
        (b'"seq":7', b'"seq":7.0', "number"),
        (b'"seq":7', b'"seq":7e0', "number"),
        (b'"seq":7', b'"seq":NaN', "number"),
        (b'"seq":7', b'"seq":-Infinity', "number"),
        (b'"seq":7', b'"seq":9223372036854775808', "number"),
        (b'"seq":7', b'"seq":07', "json"),
        (b'"seq":7', b'"seq":-0', "form"),
        (b'"seq":7', b'"seq":"7"', "fields"),
        (b'"seq":7', b'"seq":true', "fields"),
        (b'"seq":7', b'"seq":0', "fields"),
        (b'"seq":7', b'"seq":null', "fields"),
        (b'"notice":"lab"', b'"notice":"l\\u0061b"', "form"),
        (b'"notice":"lab"', b'"notice":"\\ud800"', "value"),
        (b'"notice":"lab"', b'"notice":"l\xc3\xa4b"', "form"),
        (b'"notice":"lab"', b'"notice":"' + b"x" * 201 + b'"', "fields"),
        (b'"format":"voltoken-klf"', b'"format":"voltoken-klg"', "format"),
        (b'"format":"voltoken-klf"', b'"format":null', "format"),
        (b'"version":1', b'"version":2', "version"),
        (b'"version":1', b'"version":true', "version"),
        (b'"version":1', b'"version":"1"', "version"),
        (b'"alg":"Ed25519"', b'"alg":"Ed25518"', "algorithm"),
        (b'"alg":"Ed25519"', b'"alg":""', "algorithm"),
        (b'"kmc_id":"lab"', b'"kmc_id":"lba"', "untrusted"),
        (b'"role":"vending"', b'"role":"selling"', "fields"),
        (b'"kt":2', b'"kt":9', "attributes"),
        (b'"kt":2', b'"kt":0', "attributes"),
        (b'"key_bits":64', b'"key_bits":65', "attributes"),
        (b'"services":[0]', b'"services":[0,0]', "attributes"),
        (b'"eas":["07"]', b'"eas":[]', "attributes"),
        (b'"owner_auth":""', b'"owner_auth":"ab"', "fields"),
        (b'"owner_auth":""', b'"owner_auth":null', "fields"),
        (b'"test":true', b'"in_hardware":true,"test":true', "form"),
        (b'"iut":', b'"in_hardware":true,"iut":', "fields"),
        (b'"revoked":["123456/2"]', b'"revoked":["123456/02"]', "fields"),
        (b'"revoked":["123456/2"]', b'"revoked":[7]', "fields"),
        (b'"revoked":["123456/2"]', b'"revoked":{}', "fields"),
    ],
)
def test_a_file_written_differently_is_rejected_with_the_reason(old: bytes, new: bytes, reason: str) -> None:
    assert SMALL.count(old) == 1
    assert fate(SMALL.replace(old, new)) == reason


def test_the_limit_of_a_file_is_a_mebibyte() -> None:
    padding = FILE_MAX - len(SMALL)
    assert fate(SMALL + b" " * padding) == "form"
    assert fate(SMALL + b" " * (padding + 1)) == "size"


@pytest.mark.parametrize("data", [b"", b"[]", b'"x"', b"7", b"null", b"{}", b"[" * 100_000, b'{"a":' * 60])
def test_what_is_no_file_at_all_is_rejected(data: bytes) -> None:
    assert refused(lambda: parse(data)) in {"json", "value", "fields", "depth"}


@pytest.mark.parametrize("where", ["header", "records", "sig", "attrs", ""])
def test_a_member_that_is_missing_or_unknown_is_refused_even_with_a_signature(where: str) -> None:
    def part(document: dict[str, Any]) -> dict[str, Any]:
        records = document["records"][0]
        parts = {"": document, "records": records, "attrs": records["attrs"]}
        found: dict[str, Any] = parts.get(where) or document[where]
        return found

    def drop(name: str, document: dict[str, Any]) -> None:
        del part(document)[name]

    change = rewritten if where in ("", "sig") else resigned
    for name in sorted(part(json.loads(SMALL))):
        if (where, name) in {("header", "format"), ("header", "version")}:
            continue
        less = change(SMALL, partial(drop, name))
        assert refused(parse, less) == "fields"
    more = change(SMALL, lambda document: part(document).update(more=1))
    assert refused(lambda: parse(more)) == "fields"


@pytest.mark.parametrize("where", ["header", "records", "sig"])
@pytest.mark.parametrize("value", [None, 7, "x", [], {}, [7], [[]]], ids=repr)
def test_a_part_of_another_kind_is_refused(where: str, value: object) -> None:
    data = rewritten(SMALL, lambda document: document.update({where: value}))
    if (where, value) == ("records", []):  # a file that only revokes: the signature is over another
        assert fate(data) == "signature"
    else:
        assert refused(lambda: parse(data)) in {"fields", "format"}


def test_no_member_of_the_header_may_be_left_for_others_to_fill() -> None:
    def empty(document: dict[str, Any]) -> None:
        document["header"].update(epk="", sm_key_fp="")

    assert refused(lambda: parse(resigned(SMALL, empty))) == "fields"


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("sig", "value", "AAAA"),
        ("sig", "value", "AAA"),
        ("sig", "value", "not base64"),
        ("sig", "value", 7),
        ("sig", "kid", 7),
        ("header", "epk", "BAAA"),
        ("header", "issued_at", "2026-11-21"),
        ("header", "issued_at", 0),
        ("header", "not_after", "2026-01-01T00:00:00.000000Z"),
        ("header", "kex", None),
        ("header", "request_id", 7),
        ("header", "request_id", ""),
        ("header", "sm_key_fp", "zz"),
        ("header", "file_id", "6F1D3C58-95B3-4A7E-8F52-0B9A1C2D3E4F"),
    ],
)
def test_a_member_that_holds_what_it_may_not_is_refused(part: str, name: str, value: object) -> None:
    data = rewritten(SMALL, lambda document: document[part].update({name: value}))
    assert refused(lambda: parse(data)) in {"fields", "form"}


@pytest.mark.parametrize("wrapped", ["", "AAAA", "A" * 53 + "===", "A" * 54 + "==", "_" * 54 + "=="])
def test_a_wrapped_key_has_forty_bytes_written_in_one_way(wrapped: str) -> None:
    data = resigned(SMALL, lambda document: document["records"][0].update(wrapped=wrapped))
    assert fate(data) in {"fields", "form", "record"}
    assert (fate(data) == "record") == (wrapped == "A" * 54 + "==")


def test_the_layout_names_every_member_of_a_file() -> None:
    document = json.loads(SMALL)
    assert set(document) == {"header", "records", "revoked", "sig"}
    assert set(document["header"]) == set(LAYOUT["header"])
    assert set(document["records"][0]) == set(LAYOUT["records"])
    assert set(document["sig"]) == set(LAYOUT["sig"])
