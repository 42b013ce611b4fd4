"""Proof of possession: a module shows a centre that it has both its private keys.

The centre sends a challenge with a fresh point. The module agrees on a secret with that point and its
exchange key, authenticates the challenge and its identity under that secret, and signs all of it. The
signature alone would not show that the exchange key is the module's own, and everything is wrapped under
that one.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from voltoken import canonical
from voltoken.security.keyload.documents import (
    VERSION,
    Members,
    check_dates,
    check_signed,
    encode,
    made,
    read_any,
    read_document,
    read_signature,
    write_signed,
)
from voltoken.security.keyload.identities import ModuleIdentity, module_of
from voltoken.security.keyload.layout import CHALLENGE_FORMAT, DOCUMENTS, PROOF_FORMAT
from voltoken.security.keyload.primitives import agree, check_point, derive, exchange_public
from voltoken.security.keyload.reasons import reject
from voltoken.security.keyload.trust import TrustList
from voltoken.security.keyload.values import Sign, check_bytes, check_ident, check_span

NONCE_BYTES: Final = 16
"""Length of the random part of a challenge."""

_PURPOSE: Final = b"voltoken-proof/1|"


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a centre asks a module to answer.

    nonce: 16 random bytes. epk: a fresh point of the centre. issued_at, until: when it may be answered.
    Raises FieldError.
    """

    centre_id: str
    module_id: str
    nonce: bytes
    epk: bytes
    issued_at: datetime
    until: datetime

    def __post_init__(self) -> None:
        """Check every attribute."""
        check_ident("centre_id", self.centre_id)
        check_ident("module_id", self.module_id)
        check_bytes("nonce", self.nonce, NONCE_BYTES)
        check_point("epk", self.epk)
        check_span(self.issued_at, self.until, "issued_at", "until")


def make_challenge(
    centre_id: str,
    module_id: str,
    *,
    nonce: bytes,
    ephemeral: bytes,
    issued_at: datetime,
    until: datetime,
    sign: Sign,
    public: bytes,
) -> bytes:
    """Return a signed challenge.

    nonce: 16 random bytes. ephemeral: 32 random bytes, which the centre keeps secret until the proof is
    checked. sign, public: a signing key of the centre. Raises FieldError.
    """
    asked = Challenge(centre_id, module_id, nonce, exchange_public(ephemeral), issued_at, until)
    members = {
        "centre_id": asked.centre_id,
        "epk": encode(asked.epk),
        "issued_at": canonical.write_moment(asked.issued_at),
        "module_id": asked.module_id,
        "nonce": encode(asked.nonce),
        "until": canonical.write_moment(asked.until),
    }
    return write_signed(CHALLENGE_FORMAT, members, sign, public)


def read_challenge(data: bytes) -> Challenge:
    """Return a challenge as it stands; nothing about it is checked but its form. Raises KeyFileError."""
    return _challenge(read_document(data, CHALLENGE_FORMAT, DOCUMENTS[CHALLENGE_FORMAT]))


def answer_challenge(
    challenge: bytes, identity: bytes, *, exchange: bytes, sign: Sign, trust: TrustList, now: datetime
) -> bytes:
    """Return the proof that a module has its keys.

    identity: its signed document. exchange: its private exchange key, 32 bytes. sign: its signing key.
    Only a trusted centre is answered. Raises KeyFileError, and FieldError for keys that are not those of
    the identity.
    """
    members = read_document(challenge, CHALLENGE_FORMAT, DOCUMENTS[CHALLENGE_FORMAT])
    asked, mine = _challenge(members), module_of(read_any(identity))
    kid, _ = read_signature(members.found["sig"])
    key = trust.key(asked.centre_id, kid, asked.issued_at, now)
    check_signed(CHALLENGE_FORMAT, members.found, key.public)
    if asked.module_id != mine.module_id:
        raise reject("recipient", f"The challenge is for {asked.module_id}, and this is {mine.module_id}.")
    check_dates(asked.issued_at, asked.until, now)
    body = {"challenge": hashlib.sha256(challenge).hexdigest(), "identity": read_any(identity)}
    mac = _mac(agree(exchange, asked.epk), challenge, body)
    return write_signed(PROOF_FORMAT, {**body, "mac": encode(mac)}, sign, mine.signing_key)


def check_proof(proof: bytes, challenge: bytes, *, ephemeral: bytes, now: datetime) -> ModuleIdentity:
    """Return the identity of the module that has proved its keys.

    challenge: as it was sent. ephemeral: the 32 bytes it was made with.
    Raises KeyFileError: ``challenge`` for a proof of another one, ``proof`` for another exchange key,
    ``recipient`` for another module, ``expired``, and the reasons of a bad document.
    """
    asked = read_challenge(challenge)
    members = read_document(proof, PROOF_FORMAT, DOCUMENTS[PROOF_FORMAT])
    if members.text("challenge") != hashlib.sha256(challenge).hexdigest():
        raise reject("challenge", "Send the module the challenge that is open.")
    identity = module_of(members.found["identity"])
    check_signed(PROOF_FORMAT, members.found, identity.signing_key)
    if identity.module_id != asked.module_id:
        raise reject("recipient", f"{asked.module_id} was asked, and {identity.module_id} answers.")
    check_dates(asked.issued_at, asked.until, now)
    body = {name: members.found[name] for name in ("challenge", "identity")}
    expected = _mac(agree(ephemeral, identity.exchange_key), challenge, body)
    if not hmac.compare_digest(expected, members.data("mac")):
        raise reject("proof", "Enter the module as it is now, and send it a new challenge.")
    return identity


def _challenge(members: Members) -> Challenge:
    return made(
        lambda: Challenge(
            members.text("centre_id"),
            members.text("module_id"),
            members.data("nonce"),
            members.data("epk"),
            members.moment("issued_at"),
            members.moment("until"),
        )
    )


def _mac(shared: bytes, challenge: bytes, body: dict[str, Any]) -> bytes:
    key = derive(shared, _PURPOSE + hashlib.sha256(challenge).digest())
    message = f"{PROOF_FORMAT}/{VERSION}|mac|{canonical.write(body)}".encode("ascii")
    return hmac.new(key, message, hashlib.sha256).digest()
