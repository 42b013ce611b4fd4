"""Key load files against their naive form: the same bytes when made, the same keys when opened."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.naive import keyload as naive
from tests.unit.security.keyload import test_identities, test_proofs, test_requests
from tests.unit.security.keyload.lab import (
    CENTRE_KEY,
    CENTRE_SEED,
    EXCHANGE,
    HEADER,
    MODULE,
    MODULE_SEED,
    NOW,
    OTHER_SEED,
    POINT,
    opened,
    register,
)
from voltoken.security import KeyRef
from voltoken.security.keyload import FileRole, KeyRecord, build, signing_with, write_centre
from voltoken.security.register_documents import register_document
from voltoken.sts import EA, KEN, BaseDate, KeyType, Service, key_check_value

refs = st.builds("{:06d}/{}".format, st.integers(0, 999_999), st.integers(1, 9))
moments = st.timedeltas(timedelta(), timedelta(days=10_000)).map(lambda after: NOW + after)


@st.composite
def records(draw: st.DrawFn, ref: str) -> KeyRecord:
    """Draw a key of any length with any attributes that go together."""
    bits = draw(st.sampled_from((64, 128, 160)))
    secret = draw(st.binary(min_size=bits // 8, max_size=bits // 8))
    act = draw(moments)
    whole = st.integers(0, (1 << 63) - 1)
    changes: dict[str, Any] = {
        "base_date": draw(st.sampled_from(BaseDate)),
        "ken": KEN(draw(st.integers(0, 255))),
        "check_value": key_check_value(secret),
        "act": act,
        "iut": act + draw(st.timedeltas(timedelta(microseconds=1), timedelta(days=9000))),
        "ulm": draw(whole),
        "clm": draw(whole),
        "clu": draw(whole),
        "services": draw(st.frozensets(st.sampled_from(Service))),
        "key_change_only": draw(st.booleans()),
        "test": draw(st.booleans()),
    }
    if bits == 128:
        changes |= {"kt": KeyType.DITK, "dkga": None, "eas": frozenset({EA.MISTY1})}
    plain = register(ref, 160 if bits == 128 else bits, **changes, key_bits=bits)
    owner_auth = draw(st.sampled_from(("", "0f" * 32)))
    return KeyRecord(plain, owner_auth, secret)


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """Draw everything that a file is made of."""
    names = draw(st.lists(refs, min_size=1, max_size=5, unique=True))
    cut = draw(st.integers(0, len(names)))
    return {
        "records": [draw(records(name)) for name in names[:cut]],
        "revoked": names[cut:],
        "ephemeral": draw(st.binary(min_size=32, max_size=32).filter(lambda one: 0 < one[0] < 255)),
        "request_id": draw(st.sampled_from((None, "r-1"))),
        "seq": draw(st.integers(7, 1 << 62)),
        "notice": draw(st.sampled_from((HEADER.notice, "", "gestión \U0001f511"))),
    }


@settings(max_examples=40)
@given(files())
def test_both_make_the_same_bytes_and_open_what_the_other_has_made(drawn: dict[str, Any]) -> None:
    header = replace(
        HEADER,
        seq=drawn["seq"],
        request_id=drawn["request_id"],
        notice=drawn["notice"],
        role=FileRole.VENDING,
    )
    ours = build(
        header,
        drawn["records"],
        [KeyRef.parse(name) for name in drawn["revoked"]],
        recipient_key=POINT,
        ephemeral=drawn["ephemeral"],
        sign=signing_with(CENTRE_SEED),
        public=CENTRE_KEY,
    )
    plain = {
        "file_id": HEADER.file_id,
        "format": "voltoken-klf",
        "issued_at": "2026-11-21T08:30:00.000000Z",
        "kex": "S1",
        "kmc_id": "lab",
        "not_after": "2026-12-21T08:30:00.000000Z",
        "notice": drawn["notice"],
        "request_id": drawn["request_id"],
        "role": "vending",
        "seq": drawn["seq"],
        "sm_id": "m1",
        "version": 1,
    }
    keys = []
    for record in drawn["records"]:
        attrs = register_document(record.register) | {"owner_auth": record.owner_auth}
        del attrs["in_hardware"]
        keys.append((attrs, record.secret))
    theirs = naive.build(
        plain,
        keys,
        drawn["revoked"],
        recipient=POINT,
        ephemeral=drawn["ephemeral"],
        seed=CENTRE_SEED,
    )
    assert ours == theirs
    found = opened(theirs, request_ids={"r-1"})
    assert list(found.records) == drawn["records"]
    assert [str(ref) for ref in found.revoked] == drawn["revoked"]
    assert naive.open_file(ours, EXCHANGE, CENTRE_KEY) == keys
    assert json.loads(ours)["header"]["seq"] == found.header.seq
    event(f"{len(drawn['records'])} keys, {len(drawn['revoked'])} revoked")


def test_both_answer_a_challenge_alike() -> None:
    theirs = naive.prove(test_proofs.CHALLENGE, test_proofs.IDENTITY, EXCHANGE, MODULE_SEED)
    assert theirs == test_proofs.answer()
    assert test_proofs.checked(theirs) == MODULE


@pytest.mark.parametrize(
    ("data", "seed"),
    [
        (test_proofs.IDENTITY, MODULE_SEED),
        (test_proofs.CHALLENGE, CENTRE_SEED),
        (test_proofs.answer(), MODULE_SEED),
        (test_requests.SIGNED_REQUEST, MODULE_SEED),
        (test_requests.SIGNED_RECEIPT, MODULE_SEED),
    ],
    ids=["identity", "challenge", "proof", "request", "receipt"],
)
def test_both_sign_every_document_alike(data: bytes, seed: bytes) -> None:
    document = json.loads(data)
    del document["sig"]
    assert naive.text(naive.sign(document, seed)) == data


def test_every_key_of_a_centre_signs_the_same_document() -> None:
    document = json.loads(write_centre(test_identities.TWO_KEYS, test_identities.SIGNS))
    signatures = document.pop("sigs")
    assert signatures == [naive.sign(document, seed)["sig"] for seed in (CENTRE_SEED, OTHER_SEED)]
