"""Centres and modules say who they are, and sign it with every key that they name."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from tests.unit.security.keyload.lab import (
    CENTRE,
    CENTRE_KEY,
    CENTRE_SEED,
    DAY,
    MODULE,
    MODULE_SEED,
    NOW,
    OTHER,
    OTHER_KEY,
    OTHER_SEED,
    POINT,
    TRUST,
    made_up,
    refused,
    rewritten,
    signature,
)
from voltoken.errors import FieldError
from voltoken.security.keyload import (
    CENTRES_MAX,
    KEYS_MAX,
    CentreIdentity,
    DatedKey,
    FileRole,
    TrustedCentre,
    TrustList,
    exchange_fingerprint,
    key_id,
    read_centre,
    read_module,
    read_trust,
    signing_public,
    signing_with,
    write_centre,
    write_module,
    write_trust,
)

TWO_KEYS = CentreIdentity(
    "lab",
    (CENTRE.keys[0], DatedKey(OTHER_KEY, NOW, NOW + 600 * DAY)),
    exchange_key=POINT,
)
SIGNS = {key_id(CENTRE_KEY): signing_with(CENTRE_SEED), key_id(OTHER_KEY): signing_with(OTHER_SEED)}


@pytest.mark.parametrize("identity", [CENTRE, TWO_KEYS], ids=["one-key", "two-keys-and-exchange"])
def test_a_centre_is_read_as_it_was_written(identity: CentreIdentity) -> None:
    assert read_centre(write_centre(identity, SIGNS)) == identity


def test_a_module_is_read_as_it_was_written() -> None:
    assert read_module(write_module(MODULE, signing_with(MODULE_SEED))) == MODULE


def test_a_trust_list_is_read_as_it_was_written() -> None:
    assert read_trust(write_trust(TRUST)) == TRUST
    assert read_trust(write_trust(TrustList(3, NOW, ()))).centres == ()


def test_fingerprints_are_read_aloud_and_cover_everything() -> None:
    others = [
        replace(CENTRE, centre_id="lob"),
        replace(CENTRE, notice=""),
        replace(CENTRE, exchange_key=POINT),
        replace(CENTRE, keys=OTHER.keys),
        replace(CENTRE, keys=(DatedKey(CENTRE_KEY, NOW - 30 * DAY, NOW + 301 * DAY),)),
    ]
    assert len({one.fingerprint for one in (CENTRE, *others)}) == 6
    assert [len(group) for group in CENTRE.fingerprint.split(" ")] == [4] * 8
    assert replace(MODULE, firmware="2").fingerprint != MODULE.fingerprint
    assert replace(TRUST, version=2).fingerprint != TRUST.fingerprint


def test_the_fingerprint_of_an_exchange_key_is_over_the_form_that_everybody_uses() -> None:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), POINT)
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert MODULE.exchange_fp == TWO_KEYS.exchange_fp == exchange_fingerprint(POINT)
    assert exchange_fingerprint(POINT) == hashlib.sha256(der).hexdigest()
    assert CENTRE.exchange_fp == ""


def test_a_key_is_good_from_its_first_moment_to_the_one_before_its_end() -> None:
    key = DatedKey(CENTRE_KEY, NOW, NOW + DAY)
    assert [key.valid(NOW + days * DAY) for days in (-1, 0, 0.99, 1)] == [False, True, True, False]
    assert key.kid == key_id(CENTRE_KEY)
    assert len(key.kid) == 16


def test_a_centre_is_trusted_from_its_first_moment_to_the_one_before_its_end() -> None:
    centre = TrustedCentre("lab", CENTRE.keys, NOW, NOW + DAY)
    assert [centre.valid(NOW + days * DAY) for days in (-1, 0, 0.99, 1)] == [False, True, True, False]


def test_every_key_of_a_centre_signs_and_only_its_own_way() -> None:
    with pytest.raises(FieldError, match="every key"):
        write_centre(TWO_KEYS, {key_id(CENTRE_KEY): signing_with(CENTRE_SEED)})
    with pytest.raises(FieldError, match="sign"):
        write_centre(TWO_KEYS, dict.fromkeys(SIGNS, signing_with(CENTRE_SEED)))
    with pytest.raises(FieldError, match="sign"):
        write_module(MODULE, signing_with(CENTRE_SEED))


def test_a_centre_with_a_signature_missing_twice_or_swapped_is_refused() -> None:
    data = write_centre(TWO_KEYS, SIGNS)
    assert refused(lambda: read_centre(rewritten(data, lambda one: one["sigs"].pop()))) == "signature"
    assert refused(lambda: read_centre(rewritten(data, lambda one: one["sigs"].reverse()))) == "signing_key"

    def repeat(document: dict[str, Any]) -> None:
        document["sigs"][1] = document["sigs"][0]

    assert refused(lambda: read_centre(rewritten(data, repeat))) == "signing_key"


def test_a_key_that_others_own_cannot_be_put_among_ones_own() -> None:
    """A thief of names: he has the document and signs the rest with his own key."""

    def steal(document: dict[str, Any]) -> None:
        document["centre_id"] = "thief"
        body = {name: value for name, value in document.items() if name != "sigs"}
        document["sigs"] = [signature(body, "voltoken-centre", OTHER_SEED)]

    assert refused(lambda: read_centre(rewritten(write_centre(CENTRE, SIGNS), steal))) == "signing_key"


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (write_centre(CENTRE, SIGNS), read_centre),
        (write_module(MODULE, signing_with(MODULE_SEED)), read_module),
    ],
    ids=["centre", "module"],
)
def test_no_single_bit_of_an_identity_can_be_changed(data: bytes, read: Callable[[bytes], object]) -> None:
    spoilt = bytearray(data)
    for place in range(len(data)):
        spoilt[place] ^= 1 << place % 8
        refused(lambda: read(bytes(spoilt)))
        spoilt[place] ^= 1 << place % 8


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("public", lambda: DatedKey(bytes(31), NOW, NOW + DAY)),
        ("public", lambda: DatedKey(bytearray(32), NOW, NOW + DAY)),  # type: ignore[arg-type]
        ("end", lambda: DatedKey(CENTRE_KEY, NOW, NOW)),
        ("begin", lambda: DatedKey(CENTRE_KEY, NOW.replace(tzinfo=None), NOW)),
        ("end", lambda: DatedKey(CENTRE_KEY, NOW, None)),  # type: ignore[arg-type]
        ("centre_id", lambda: replace(CENTRE, centre_id="")),
        ("centre_id", lambda: replace(CENTRE, centre_id="x" * 41)),
        ("keys", lambda: replace(CENTRE, keys=())),
        ("keys", lambda: replace(CENTRE, keys=CENTRE.keys * 2)),
        ("notice", lambda: replace(CENTRE, notice="x" * 201)),
        ("exchange_key", lambda: replace(CENTRE, exchange_key=POINT[:-1])),
        ("exchange_key", lambda: replace(CENTRE, exchange_key=POINT[:-1] + bytes(1))),
        ("module_id", lambda: replace(MODULE, module_id="m 1")),
        ("kind", lambda: replace(MODULE, kind=cast("Any", "software"))),
        ("role", lambda: replace(MODULE, role=FileRole.KMC)),
        ("firmware", lambda: replace(MODULE, firmware="a\x00")),
        ("exchange_key", lambda: replace(MODULE, exchange_key=b"\x04" + bytes(64))),
        ("exchange_key", lambda: replace(MODULE, exchange_key=b"")),
        ("exchange_key", lambda: replace(MODULE, exchange_key=b"\x06" + POINT[1:])),
        ("signing_key", lambda: replace(MODULE, signing_key=bytes(33))),
        ("notice", lambda: replace(MODULE, notice=cast("Any", None))),
        ("seed", lambda: signing_with(bytes(31))),
        ("seed", lambda: signing_public("x" * 32)),  # type: ignore[arg-type]
        ("version", lambda: TrustList(0, NOW, ())),
        ("issued_at", lambda: TrustList(1, NOW.replace(tzinfo=None), ())),
        ("centres", lambda: replace(TRUST, centres=TRUST.centres * 2)),
        ("end", lambda: TrustedCentre("lab", CENTRE.keys, NOW, NOW)),
        ("keys", lambda: TrustedCentre("lab", (), NOW, NOW + DAY)),
        ("centre_id", lambda: TrustedCentre("l/b", CENTRE.keys, NOW, NOW + DAY)),
    ],
)
def test_what_one_says_of_oneself_is_checked(field: str, make: Callable[[], object]) -> None:
    with pytest.raises(FieldError) as caught:
        make()
    assert caught.value.field == field


def test_the_most_keys_and_the_most_centres_are_bounded() -> None:
    keys = tuple(
        DatedKey(signing_public(made_up(f"key {number}")), NOW, NOW + DAY) for number in range(KEYS_MAX + 1)
    )
    assert replace(CENTRE, keys=keys[:-1]).keys == keys[:-1]
    with pytest.raises(FieldError, match="1 to 16"):
        replace(CENTRE, keys=keys)
    many = tuple(
        TrustedCentre(f"c{number}", CENTRE.keys, NOW, NOW + DAY) for number in range(CENTRES_MAX + 1)
    )
    assert replace(TRUST, centres=many[:-1]).centres == many[:-1]
    with pytest.raises(FieldError, match="64"):
        replace(TRUST, centres=many)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"role": "selling"}, "fields"),
        ({"role": "kmc"}, "fields"),
        ({"kind": "paper"}, "fields"),
        ({"kind": None}, "fields"),
        ({"exchange_key": base64.b64encode(b"\x04" + bytes(64)).decode()}, "fields"),
        ({"format": "voltoken-centre"}, "format"),
        ({"version": 2}, "version"),
        ({"more": 1}, "fields"),
        ({"firmware": "2.0"}, "signature"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value,
)
def test_a_module_that_is_none_is_refused(change: dict[str, Any], reason: str) -> None:
    data = write_module(MODULE, signing_with(MODULE_SEED))
    assert refused(lambda: read_module(rewritten(data, lambda one: one.update(change)))) == reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"keys": {}}, "fields"),
        ({"keys": [7]}, "fields"),
        ({"keys": []}, "fields"),
        ({"sigs": {}}, "fields"),
        ({"sigs": [7]}, "fields"),
        ({"exchange_key": 7}, "fields"),
        ({"exchange_key": ""}, "fields"),
        ({"centre_id": None}, "fields"),
        ({"notice": "x"}, "signature"),
    ],
    ids=str,
)
def test_a_centre_that_is_none_is_refused(change: dict[str, Any], reason: str) -> None:
    data = write_centre(CENTRE, SIGNS)
    assert refused(lambda: read_centre(rewritten(data, lambda one: one.update(change)))) == reason


@pytest.mark.parametrize(
    "change",
    [
        {"centres": [7]},
        {"centres": None},
        {"list_version": 0},
        {"list_version": True},
        {"issued_at": "today"},
        {"sig": {}},
    ],
    ids=str,
)
def test_a_list_that_is_none_is_refused(change: dict[str, Any]) -> None:
    data = rewritten(write_trust(TRUST), lambda one: one.update(change))
    assert refused(lambda: read_trust(data)) == "fields"


def test_a_centre_twice_in_a_list_is_refused() -> None:
    data = rewritten(write_trust(TRUST), lambda one: one["centres"].append(one["centres"][0]))
    assert refused(lambda: read_trust(data)) == "fields"


def test_a_list_grows_in_versions() -> None:
    newer = TrustedCentre.of(TWO_KEYS)
    grown = TRUST.with_centre(newer, NOW + DAY)
    assert (grown.version, grown.issued_at) == (2, NOW + DAY)
    assert {one.centre_id for one in grown.centres} == {"lab", "other"}
    assert grown.centre("lab") == newer
    assert (newer.begin, newer.end) == (NOW - 30 * DAY, NOW + 600 * DAY)


def test_the_list_stands_in_the_document_as_it_is() -> None:
    assert json.loads(write_trust(TRUST)) == TRUST.document()
