"""Load requests and receipts: signed by the module, read by the centre, and by nobody misunderstood."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.security.keyload.lab import (
    DAY,
    FILE_ID,
    MODULE_KEY,
    MODULE_SEED,
    NOW,
    OTHER_KEY,
    OTHER_SEED,
    refused,
    rewritten,
)
from voltoken.errors import FieldError
from voltoken.security import KeyRef
from voltoken.security.keyload import (
    Held,
    LoadedKey,
    LoadReceipt,
    LoadRequest,
    check_receipt,
    check_request,
    make_receipt,
    make_request,
    read_receipt,
    read_request,
    signing_with,
)

ONE, TWO, THREE = (KeyRef.parse(f"123456/{krn}") for krn in (1, 2, 3))
REQUEST = LoadRequest("m1", "lab", "r-1", (ONE, TWO), 6, (Held(THREE, "A1B2C3", NOW - DAY, NOW + DAY),), NOW)
RECEIPT = LoadReceipt(
    "m1", "lab", FILE_ID, 7, "ab" * 32, NOW, (LoadedKey(ONE, "A1B2C3", NOW + DAY),), (TWO, THREE)
)
SIGNED_REQUEST = make_request(REQUEST, signing_with(MODULE_SEED), MODULE_KEY)
SIGNED_RECEIPT = make_receipt(RECEIPT, signing_with(MODULE_SEED), MODULE_KEY)


def test_both_are_read_as_they_were_written() -> None:
    assert read_request(SIGNED_REQUEST) == check_request(SIGNED_REQUEST, MODULE_KEY) == REQUEST
    assert read_receipt(SIGNED_RECEIPT) == check_receipt(SIGNED_RECEIPT, MODULE_KEY) == RECEIPT


def test_empty_ones_are_read_as_well() -> None:
    request = replace(REQUEST, wanted=(), held=(), last_seq=0)
    receipt = replace(RECEIPT, keys=(), revoked=())
    assert check_request(make_request(request, signing_with(MODULE_SEED), MODULE_KEY), MODULE_KEY) == request
    assert check_receipt(make_receipt(receipt, signing_with(MODULE_SEED), MODULE_KEY), MODULE_KEY) == receipt


@pytest.mark.parametrize(
    ("data", "check"),
    [(SIGNED_REQUEST, check_request), (SIGNED_RECEIPT, check_receipt)],
    ids=["request", "receipt"],
)
def test_only_the_module_can_have_signed_it(data: bytes, check: Callable[[bytes, bytes], object]) -> None:
    assert refused(lambda: check(data, OTHER_KEY)) == "signing_key"
    changed = rewritten(data, lambda one: one.update(centre_id="other"))
    assert refused(lambda: check(changed, MODULE_KEY)) == "signature"
    spoilt = bytearray(data)
    for place in range(len(data)):
        spoilt[place] ^= 1 << place % 8
        refused(lambda: check(bytes(spoilt), MODULE_KEY))
        spoilt[place] ^= 1 << place % 8


def test_the_first_file_and_check_values_of_one_to_sixteen_digits_are_taken() -> None:
    assert replace(RECEIPT, seq=1).seq == 1
    for digits in ("A", "A" * 16):
        assert Held(ONE, digits, NOW, NOW).check_value == LoadedKey(ONE, digits, NOW).check_value


def test_who_signs_with_another_key_is_told_at_once() -> None:
    with pytest.raises(FieldError, match="sign"):
        make_request(REQUEST, signing_with(OTHER_SEED), MODULE_KEY)
    with pytest.raises(FieldError, match="sign"):
        make_receipt(RECEIPT, signing_with(OTHER_SEED), MODULE_KEY)


def test_a_request_is_no_receipt() -> None:
    assert refused(lambda: read_receipt(SIGNED_REQUEST)) == "format"
    assert refused(lambda: check_request(SIGNED_RECEIPT, MODULE_KEY)) == "format"


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("module_id", lambda: replace(REQUEST, module_id="")),
        ("centre_id", lambda: replace(REQUEST, centre_id="é")),
        ("request_id", lambda: replace(REQUEST, request_id="r:1")),
        ("wanted", lambda: replace(REQUEST, wanted=(ONE, ONE))),
        ("last_seq", lambda: replace(REQUEST, last_seq=-1)),
        ("held", lambda: replace(REQUEST, held=REQUEST.held * 2)),
        ("made_at", lambda: replace(REQUEST, made_at=NOW.replace(tzinfo=None))),
        ("check_value", lambda: Held(ONE, "", NOW, NOW)),
        ("check_value", lambda: Held(ONE, "A1 B2", NOW, NOW)),
        ("check_value", lambda: LoadedKey(ONE, "A" * 17, NOW)),
        ("act", lambda: Held(ONE, "A", NOW.replace(tzinfo=None), NOW)),
        ("iut", lambda: Held(ONE, "A", NOW, NOW.replace(tzinfo=None))),
        ("iut", lambda: LoadedKey(ONE, "A", NOW.replace(tzinfo=None))),
        ("module_id", lambda: replace(RECEIPT, module_id="")),
        ("centre_id", lambda: replace(RECEIPT, centre_id="")),
        ("file_id", lambda: replace(RECEIPT, file_id="7")),
        ("seq", lambda: replace(RECEIPT, seq=0)),
        ("digest", lambda: replace(RECEIPT, digest="AB" * 32)),
        ("loaded_at", lambda: replace(RECEIPT, loaded_at=NOW.replace(tzinfo=None))),
        ("keys", lambda: replace(RECEIPT, keys=RECEIPT.keys * 2)),
        ("revoked", lambda: replace(RECEIPT, revoked=(ONE, ONE))),
    ],
)
def test_what_is_asked_and_receipted_is_checked(field: str, make: Callable[[], object]) -> None:
    with pytest.raises(FieldError) as caught:
        make()
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("data", "read"),
    [(SIGNED_REQUEST, read_request), (SIGNED_RECEIPT, read_receipt)],
    ids=["request", "receipt"],
)
@pytest.mark.parametrize("value", [None, 7, -1, "", "x", [], [7], {}, True, [[]], [{}]], ids=repr)
def test_members_of_another_kind_are_refused_for_their_reason(
    data: bytes, read: Callable[[bytes], object], value: Any
) -> None:
    for name in json.loads(data):
        changed = changed_in(data, name, value)
        if (name, value) in _ALSO_GOOD or (name == "sig"):
            continue
        assert refused(read, changed) in {"fields", "format", "version"}


def changed_in(data: bytes, name: str, value: object) -> bytes:
    return rewritten(data, lambda one: one.update({name: value}))


_ALSO_GOOD = [
    *(("held", []), ("wanted", []), ("keys", []), ("revoked", []), ("last_seq", 7), ("seq", 7)),
    *(("centre_id", "x"), ("module_id", "x"), ("request_id", "x")),
]
"""Values that may stand there; only the signature tells that they were not there before."""
