"""A key load file made and opened as its description says, by a JSON writer and a library of ciphers.

Everything is a plain dictionary as it stands in the file. Nothing is imported from the program, and nothing
is refused politely: who opens a bad file gets an error of some kind.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Fields = dict[str, Any]


def text(document: object) -> bytes:
    """Write JSON with sorted keys, no blanks and ASCII only."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode("ascii")


def base(data: bytes) -> str:
    """Write bytes in base64."""
    return base64.b64encode(data).decode("ascii")


def private(scalar: bytes) -> ec.EllipticCurvePrivateKey:
    """Make a private key on P-256 of a number."""
    return ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    """Write a public key as 04, x and y."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def fingerprint(key: ec.EllipticCurvePublicKey) -> str:
    """Hash a public key in the form that certificates use."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def wrapping_key(shared: bytes, header: Fields, attrs: Fields) -> bytes:
    """Derive the key under which one record's key is wrapped."""
    bound = hashlib.sha256(hashlib.sha256(text(header)).digest() + text(attrs)).digest()
    # One block of the X9.63 derivation: SEC 1, 3.6.1.
    return hashlib.sha256(shared + b"\0\0\0\1" + b"voltoken-klf/1|kek|" + bound).digest()


def build(
    header: Fields,
    keys: Sequence[tuple[Fields, bytes]],
    revoked: Sequence[str],
    *,
    recipient: bytes,
    ephemeral: bytes,
    seed: bytes,
) -> bytes:
    """Make a file. header: without epk and sm_key_fp. keys: attributes and key. recipient: his point."""
    other = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), recipient)
    mine = private(ephemeral)
    whole = header | {"epk": base(point(mine.public_key())), "sm_key_fp": fingerprint(other)}
    shared = mine.exchange(ec.ECDH(), other)
    records = []
    for attrs, key in keys:
        plain = key + key if len(key) == 8 else key
        plain += bytes(32 - len(plain))
        records.append(
            {"attrs": attrs, "wrapped": base(aes_key_wrap(wrapping_key(shared, whole, attrs), plain))}
        )
    body: Fields = {"header": whole, "records": records, "revoked": list(revoked)}
    signer = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    public = signer.public_key().public_bytes_raw()
    body["sig"] = {
        "alg": "Ed25519",
        "kid": hashlib.sha256(public).hexdigest()[:16],
        "value": base(signer.sign(b"voltoken-klf/1|sig|" + text(body))),
    }
    return text(body)


def open_file(data: bytes, exchange: bytes, public: bytes) -> list[tuple[Fields, bytes]]:
    """Verify a file; return attributes and key of each record. exchange: the recipient's private number."""
    body = json.loads(data)
    signature = base64.b64decode(body.pop("sig")["value"])
    signer = ed25519.Ed25519PublicKey.from_public_bytes(public)
    signer.verify(signature, b"voltoken-klf/1|sig|" + text(body))
    header = body["header"]
    mine = private(exchange)
    if header["sm_key_fp"] != fingerprint(mine.public_key()):
        raise ValueError("for somebody else")
    other = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), base64.b64decode(header["epk"]))
    shared = mine.exchange(ec.ECDH(), other)
    found = []
    for record in body["records"]:
        attrs = record["attrs"]
        plain = aes_key_unwrap(wrapping_key(shared, header, attrs), base64.b64decode(record["wrapped"]))
        found.append((attrs, plain[: attrs["key_bits"] // 8]))
    return found


def sign(document: Fields, seed: bytes) -> Fields:
    """Add the signature to a document of any format."""
    signer = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    public = signer.public_key().public_bytes_raw()
    message = f"{document['format']}/{document['version']}|sig|".encode() + text(document)
    kid = hashlib.sha256(public).hexdigest()[:16]
    return document | {"sig": {"alg": "Ed25519", "kid": kid, "value": base(signer.sign(message))}}


def prove(challenge: bytes, identity: bytes, exchange: bytes, seed: bytes) -> bytes:
    """Answer a challenge with the keys of an identity."""
    asked = base64.b64decode(json.loads(challenge)["epk"])
    other = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), asked)
    shared = private(exchange).exchange(ec.ECDH(), other)
    hashed = hashlib.sha256(challenge)
    key = hashlib.sha256(shared + b"\0\0\0\1" + b"voltoken-proof/1|" + hashed.digest()).digest()
    body: Fields = {"challenge": hashed.hexdigest(), "identity": json.loads(identity)}
    mac = hmac.digest(key, b"voltoken-proof/1|mac|" + text(body), "sha256")
    return text(sign(body | {"format": "voltoken-proof", "version": 1, "mac": base(mac)}, seed))
