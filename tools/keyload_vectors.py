"""Known answers about key load files: `python -m tools.keyload_vectors` writes vectors/files/keyload.json.

`--check` only compares. The files are made by the naive form of the format, which shares no code with the
program; tests then have the program make and open them. All keys are made of words, or published.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from tests.naive import keyload as naive

FILE: Final = Path(__file__).resolve().parents[1] / "vectors" / "files" / "keyload.json"
ORIGIN: Final = "computed by the naive form (tests/naive/keyload.py) from docs/reference/key-load-file.md"

Fields = dict[str, Any]


def made_up(words: str, size: int = 32) -> bytes:
    """Return bytes made of words."""
    return hashlib.sha512(f"voltoken vectors: {words}".encode()).digest()[:size]


SEED, EXCHANGE, EPHEMERAL = made_up("centre"), made_up("exchange"), made_up("ephemeral")
_SHA: Final = "SHA-256 of 01 and the key, first 3 bytes"
_DES: Final = "DES-ECB of eight zero bytes, first 3 bytes"


def header(**changes: object) -> Fields:
    """Return a header without what the maker of a file fills in."""
    return {
        "file_id": "0d6c0f4e-52a6-4c1e-9c0b-3f1f6a7b8c9d",
        "format": "voltoken-klf",
        "issued_at": "2026-11-21T08:00:00.000000Z",
        "kex": "S1",
        "kmc_id": "centre-1",
        "not_after": "2026-12-21T08:00:00.000000Z",
        "notice": "for tests, pilots and private schemes; not an STSA centre, not an STSA key load file",
        "request_id": None,
        "role": "vending",
        "seq": 1,
        "sm_id": "module-1",
        "version": 1,
    } | changes


def attrs(key: str, check_value: str, **changes: object) -> Fields:
    """Return the attributes of a 160-bit key, but for changes."""
    return {
        "act": "2026-11-21T00:00:00.000000Z",
        "base_date": "14",
        "check_algorithm": _SHA,
        "check_value": check_value,
        "clm": 0,
        "clu": 0,
        "dkga": "04",
        "eas": ["11"],
        "iut": "2027-02-19T00:00:00.000000Z",
        "ken": 255,
        "key": key,
        "key_bits": 160,
        "key_change_only": False,
        "kt": 2,
        "owner_auth": "",
        "services": [0],
        "test": True,
        "ulm": 100_000_000,
    } | changes


def cases() -> list[Fields]:
    """Return what the files are made of."""
    key160 = bytes.fromhex("abababababababab949494949494949401234567")
    key64, key128 = bytes.fromhex("0abc12def3456789"), bytes.fromhex("00112233445566778899aabbccddeeff")

    def value(key: bytes) -> str:
        return hashlib.sha256(b"\x01" + key).hexdigest()[:6].upper()

    one = (attrs("123456/1", value(key160)), key160)
    old = {"base_date": "93", "check_algorithm": _DES, "dkga": "02", "eas": ["07"], "key_bits": 64}
    first: Fields = {"dkga": None, "key_bits": 128, "kt": 0, "services": [], "ulm": 0}
    leaving = attrs("123457/2", "2A08B6", **old, key_change_only=True, services=[], owner_auth="5e" * 32)
    return [
        {"id": "one-key", "header": header(), "keys": [one], "revoked": []},
        {
            "id": "three-keys-and-revoked",
            "header": header(seq=2, role="manufacturing", request_id="request-7"),
            "keys": [one, (leaving, key64), (attrs("999999/1", value(key128), **first), key128)],
            "revoked": ["123457/1", "000001/9"],
        },
        {"id": "only-revoked", "header": header(seq=3), "keys": [], "revoked": ["123456/1"]},
        {
            "id": "to-another-centre",
            "header": header(seq=4, role="kmc", sm_id="centre-2", notice="gestión"),
            "keys": [one],
            "revoked": [],
        },
    ]


def entry(case: Fields) -> Fields:
    """Return a vector: what goes in, what is in between, and the file."""
    point = naive.point(naive.private(EXCHANGE).public_key())
    data = naive.build(
        case["header"], case["keys"], case["revoked"], recipient=point, ephemeral=EPHEMERAL, seed=SEED
    )
    whole = json.loads(data)
    other = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    shared = naive.private(EPHEMERAL).exchange(ec.ECDH(), other)
    keks = [naive.wrapping_key(shared, whole["header"], record["attrs"]).hex() for record in whole["records"]]
    return {
        "id": case["id"],
        "origin": ORIGIN,
        "centre_seed": SEED.hex(),
        "exchange": EXCHANGE.hex(),
        "ephemeral": EPHEMERAL.hex(),
        "header": case["header"],
        "keys": [{"attrs": attributes, "key": key.hex()} for attributes, key in case["keys"]],
        "revoked": case["revoked"],
        "shared_hex": shared.hex(),
        "kek_hex": keks,
        "file": data.decode("ascii"),
        "digest": hashlib.sha256(data).hexdigest(),
    }


def refusals(good: Fields) -> list[Fields]:
    """Return files that must be rejected, made of a good one, each with the reason."""
    text = good["file"]
    three = entry(cases()[1])["file"]
    found = [
        ("cut-off", text[:-1], "json"),
        ("a-blank", text.replace(",", ", ", 1), "form"),
        ("a-fraction", text.replace('"seq":1,', '"seq":1.0,'), "number"),
        ("a-key-twice", text.replace('"seq":1,', '"seq":1,"seq":1,'), "duplicate"),
        ("another-version", text.replace('"version":1}', '"version":2}'), "version"),
        ("too-large", text + " " * ((1 << 20) - len(text) + 1), "size"),
        ("changed", text.replace('"ulm":100000000', '"ulm":100000001'), "signature"),
        ("unknown-member", resigned(text, lambda one: one["header"].update(more=1)), "fields"),
        ("reserved-suite", resigned(text, lambda one: one["header"].update(kex="S3")), "suite"),
        ("attributes-signed-again", resigned(text, _more_units), "record"),
        ("header-signed-again", resigned(text, lambda one: one["header"].update(seq=9)), "record"),
        ("keys-swapped-signed-again", resigned(three, _swap), "record"),
        ("loaded-and-revoked", resigned(text, lambda one: one.update(revoked=["123456/1"])), "both"),
        ("key-twice", resigned(text, lambda one: one["records"].append(one["records"][0])), "twice"),
        ("for-another", resigned(text, lambda one: one["header"].update(sm_id="module-2")), "recipient"),
        ("another-exchange-key", resigned(text, _replaced), "recipient"),
        ("point-off-the-curve", resigned(text, _off), "point"),
    ]
    return [
        {
            "id": f"klf-{name}",
            "origin": ORIGIN,
            "reason": reason,
            "like": "three-keys-and-revoked" if data.count('"wrapped"') == 3 else "one-key",
            **_shortened(name, data),
        }
        for name, data, reason in found
    ]


def _shortened(name: str, data: str) -> Fields:
    """Return the file, with how many blanks to put behind it rather than a mebibyte of them."""
    if name != "too-large":
        return {"file": data}
    text = data.rstrip(" ")
    return {"file": text, "blanks": len(data) - len(text)}


def resigned(text: str, change: Callable[[Fields], object]) -> str:
    """Return a file after a change, signed again by the centre's own key."""
    document = json.loads(text)
    change(document)
    signature = document.pop("sig")
    signer = ed25519.Ed25519PrivateKey.from_private_bytes(SEED)
    signature["value"] = naive.base(signer.sign(b"voltoken-klf/1|sig|" + naive.text(document)))
    return naive.text(document | {"sig": signature}).decode("ascii")


def _more_units(document: Fields) -> None:
    document["records"][0]["attrs"]["ulm"] += 1


def _swap(document: Fields) -> None:
    first, second = document["records"][:2]
    first["wrapped"], second["wrapped"] = second["wrapped"], first["wrapped"]


def _replaced(document: Fields) -> None:
    document["header"]["sm_key_fp"] = "ab" * 32


def _off(document: Fields) -> None:
    document["header"]["epk"] = base64.b64encode(b"\x04" + bytes(64)).decode("ascii")


def document() -> str:
    """Return the text of the vector file."""
    files = [entry(case) for case in cases()]
    groups = {"files": files, "refused": refusals(files[0])}
    whole = {
        "schema": "voltoken-vectors/1",
        "topic": "key load files voltoken-klf, version 1, suite S1",
        "counts": {name: len(entries) for name, entries in groups.items()},
        "groups": groups,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the file, or compare it; return the exit code."""
    text = document()
    if "--check" in sys.argv[1:]:
        same = FILE.exists() and FILE.read_text(encoding="utf-8") == text
        print(
            f"{FILE.name} is {'as it should be' if same else 'another: run python -m tools.keyload_vectors'}"
        )
        return 0 if same else 1
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
