"""A module proves that it has both its keys, to the centre that asked, once, in time."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.security.keyload.lab import (
    CENTRE_KEY,
    CENTRE_SEED,
    DAY,
    EPHEMERAL,
    EXCHANGE,
    MODULE,
    MODULE_KEY,
    MODULE_SEED,
    NOW,
    OTHER_EXCHANGE,
    OTHER_KEY,
    OTHER_SEED,
    TRUST,
    made_up,
    refused,
    rewritten,
    signature,
)
from voltoken.errors import FieldError
from voltoken.security.keyload import (
    ModuleIdentity,
    TrustList,
    answer_challenge,
    check_proof,
    exchange_public,
    make_challenge,
    read_challenge,
    signing_public,
    signing_with,
    write_module,
)


def challenge(**changes: Any) -> bytes:
    """Return a challenge of the centre for the module."""
    given: dict[str, Any] = {
        "centre_id": "lab",
        "module_id": "m1",
        "nonce": made_up("nonce", 16),
        "ephemeral": EPHEMERAL,
        "issued_at": NOW,
        "until": NOW + DAY,
        "sign": signing_with(CENTRE_SEED),
        "public": CENTRE_KEY,
    }
    return make_challenge(**given | changes)


CHALLENGE = challenge()
IDENTITY = write_module(MODULE, signing_with(MODULE_SEED))


def answer(
    asked: bytes = CHALLENGE,
    identity: ModuleIdentity = MODULE,
    exchange: bytes = EXCHANGE,
    seed: bytes = MODULE_SEED,
    trust: TrustList = TRUST,
    now: Any = NOW,
) -> bytes:
    """Answer as the module does."""
    document = write_module(identity, signing_with(seed))
    return answer_challenge(asked, document, exchange=exchange, sign=signing_with(seed), trust=trust, now=now)


def checked(proof: bytes, asked: bytes = CHALLENGE, ephemeral: bytes = EPHEMERAL, now: Any = NOW) -> Any:
    """Check a proof as the centre does."""
    return check_proof(proof, asked, ephemeral=ephemeral, now=now)


def test_a_module_with_both_keys_proves_it() -> None:
    assert checked(answer()) == MODULE


def test_a_challenge_says_whom_it_is_for() -> None:
    found = read_challenge(CHALLENGE)
    assert (found.centre_id, found.module_id, found.until) == ("lab", "m1", NOW + DAY)
    assert found.epk == exchange_public(EPHEMERAL)


def test_somebody_elses_exchange_key_is_not_proved() -> None:
    """A module that names the point of another, to have his keys wrapped for it."""
    stolen = replace(MODULE, exchange_key=exchange_public(OTHER_EXCHANGE))
    assert refused(lambda: checked(answer(identity=stolen))) == "proof"


def test_a_proof_is_good_for_one_challenge() -> None:
    again = challenge(nonce=made_up("again", 16))
    assert refused(lambda: checked(answer(), again)) == "challenge"

    def pretend(document: dict[str, Any]) -> None:
        document["challenge"] = hashlib.sha256(again).hexdigest()
        del document["sig"]
        document["sig"] = signature(document, "voltoken-proof", MODULE_SEED)

    assert refused(lambda: checked(rewritten(answer(), pretend), again)) == "proof"


def test_the_secret_of_another_challenge_checks_nothing() -> None:
    assert refused(lambda: checked(answer(), ephemeral=OTHER_EXCHANGE)) == "proof"


def test_only_who_signs_can_answer() -> None:
    def sign_as_other(document: dict[str, Any]) -> None:
        del document["sig"]
        document["sig"] = signature(document, "voltoken-proof", OTHER_SEED)

    assert refused(lambda: checked(rewritten(answer(), sign_as_other))) == "signing_key"
    with pytest.raises(FieldError, match="sign"):
        answer_challenge(
            CHALLENGE, IDENTITY, exchange=EXCHANGE, sign=signing_with(OTHER_SEED), trust=TRUST, now=NOW
        )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"mac": base64.b64encode(bytes(32)).decode()}, "signature"),
        ({"mac": "!"}, "signature"),
        ({"identity": 7}, "fields"),
        ({"identity": {}}, "format"),
        ({"challenge": None}, "fields"),
        ({"more": 1}, "fields"),
        ({"sig": {}}, "fields"),
    ],
    ids=str,
)
def test_a_proof_that_was_changed_is_refused(change: dict[str, Any], reason: str) -> None:
    assert refused(lambda: checked(rewritten(answer(), lambda one: one.update(change)))) == reason


@pytest.mark.parametrize(
    ("mac", "reason"), [(base64.b64encode(bytes(32)).decode(), "proof"), ("", "proof"), ("!", "form")]
)
def test_a_mac_that_is_none_proves_nothing(mac: str, reason: str) -> None:
    def forge(document: dict[str, Any]) -> None:
        document["mac"] = mac
        del document["sig"]
        document["sig"] = signature(document, "voltoken-proof", MODULE_SEED)

    assert refused(checked, rewritten(answer(), forge)) == reason


def test_another_module_is_neither_asked_nor_taken() -> None:
    other = replace(MODULE, module_id="m2")
    assert refused(lambda: answer(identity=other)) == "recipient"
    theirs = answer(challenge(module_id="m2"), identity=other)
    assert checked(theirs, challenge(module_id="m2")) == other

    def answer_instead(document: dict[str, Any]) -> None:
        document["challenge"] = hashlib.sha256(CHALLENGE).hexdigest()
        del document["sig"]
        document["sig"] = signature(document, "voltoken-proof", MODULE_SEED)

    assert refused(lambda: checked(rewritten(theirs, answer_instead))) == "recipient"


def test_only_a_trusted_centre_is_answered() -> None:
    assert refused(lambda: answer(trust=TrustList(1, NOW, ()))) == "untrusted"
    by_other = challenge(sign=signing_with(OTHER_SEED), public=OTHER_KEY)
    assert refused(lambda: answer(by_other)) == "signing_key"
    changed = rewritten(CHALLENGE, lambda one: one.update(module_id="m2"))
    assert refused(lambda: answer(changed, identity=replace(MODULE, module_id="m2"))) == "signature"


def test_a_challenge_is_answered_and_checked_in_time() -> None:
    proof = answer(now=NOW + 0.99 * DAY)
    assert refused(lambda: answer(now=NOW + DAY)) == "expired"
    assert refused(lambda: answer(now=NOW - DAY)) == "not_yet"
    assert checked(proof, now=NOW + 0.99 * DAY) == MODULE
    assert refused(lambda: checked(proof, now=NOW + DAY)) == "expired"


def test_another_kind_of_document_is_no_challenge_and_no_proof() -> None:
    assert refused(lambda: read_challenge(IDENTITY)) == "format"
    assert refused(lambda: answer(IDENTITY)) == "format"
    assert refused(lambda: checked(CHALLENGE)) == "format"
    assert refused(lambda: checked(answer(), IDENTITY)) == "format"


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("centre_id", {"centre_id": "a b"}),
        ("module_id", {"module_id": ""}),
        ("nonce", {"nonce": bytes(15)}),
        ("exchange", {"ephemeral": bytes(31)}),
        ("until", {"until": NOW}),
        ("sign", {"public": OTHER_KEY}),
    ],
)
def test_a_challenge_is_made_of_what_it_takes(field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(FieldError) as caught:
        challenge(**changes)
    assert caught.value.field == field


def test_a_challenge_beside_the_curve_is_refused() -> None:
    off = base64.b64encode(b"\x04" + bytes(64)).decode()
    assert refused(lambda: read_challenge(rewritten(CHALLENGE, lambda one: one.update(epk=off)))) == "fields"


def test_what_is_signed_as_one_kind_of_document_is_not_good_as_another() -> None:
    """The signature of an identity, put under other words."""

    def cross(document: dict[str, Any]) -> None:
        body = {name: value for name, value in document.items() if name != "sig"}
        document["sig"] = signature(body, "voltoken-module", CENTRE_SEED)

    assert refused(lambda: answer(rewritten(CHALLENGE, cross))) == "signature"
    assert signing_public(MODULE_SEED) == MODULE_KEY
