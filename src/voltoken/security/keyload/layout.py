"""Every member of every document between centre and module, with what it holds.

These tables are what the readers check names against, and what the documentation shows. A document has the
members of its table and no others; ``format`` and ``version`` come on top where the table does not have them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

SUITE: Final = "S1"
"""The suite of algorithms that this version makes and opens."""
SUITES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "S1": "ECDH on P-256, X9.63 key derivation with SHA-256, AES-256 key wrap",
        "S2": "reserved: RSA for hardware without that derivation",
        "S3": "reserved: as S1 with AES-256-GCM",
        "S4": "reserved: P-256 together with ML-KEM-768",
    }
)
"""The suites of algorithms by id; the others are reserved."""

HEADER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "epk": "the centre's ephemeral public point, 65 bytes in base64",
        "file_id": "a UUID, for people and receipts",
        "format": "`voltoken-klf`",
        "issued_at": "when it was made",
        "kex": "the suite: `S1`",
        "kmc_id": "the centre that made it",
        "not_after": "it is not loaded from then on",
        "notice": "what it is not",
        "request_id": "the load request that it answers; null where nobody asked",
        "role": "`vending`, `manufacturing`, or `kmc` for another centre",
        "seq": "rises with every file of this centre for this recipient, from 1",
        "sm_id": "the recipient: a module, or a centre",
        "sm_key_fp": "SHA-256 of the recipient's exchange key as SubjectPublicKeyInfo, in hex",
        "version": "1",
    }
)
RECORD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "attrs": "everything about the key but its bytes",
        "wrapped": "the key, 40 bytes in base64",
    }
)
SIGNATURE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "alg": "`Ed25519`",
        "kid": "which key signed: the first 16 hexadecimal digits of its SHA-256",
        "value": "the signature, 64 bytes in base64",
    }
)
LAYOUT: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {"header": HEADER, "records": RECORD, "sig": SIGNATURE}
)
"""The parts of a key load file. ``revoked`` is a list of names of keys."""

ATTRIBUTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "act": "activation: it makes nothing before",
        "base_date": "`93`, `14` or `35`: its TIDs count from there",
        "check_algorithm": "how the check value is computed",
        "check_value": "six hexadecimal digits that identify the key",
        "clm": "the most money that may ever be made under it in this module, in steps of 0.00001",
        "clu": "cluster: no key change leads into another",
        "dkga": "how decoder keys are made from it: `02` or `04`; null for a first key (DITK)",
        "eas": "for which encryption algorithms, sorted: `07`, `11`",
        "iut": "issued-until: it makes nothing after",
        "ken": "key expiry number, 0 to 255",
        "key": "its name: supply group and revision, such as `123456/1`",
        "key_bits": "64, 128 or 160",
        "key_change_only": "it moves meters away and makes nothing else",
        "kt": "key type of the decoder keys, 0 to 3",
        "owner_auth": "SHA-256 of the authorisation by the supply group's owner, in hex, or empty",
        "services": "subclasses of credit that it may make, sorted: 0 to 7",
        "test": "its bytes are published or made up",
        "ulm": "the most units that may ever be made under it in this module, in steps of 0.1",
    }
)
"""The members of ``attrs``. Where a key lives in a module is the module's matter, and not among them."""

DATED_KEY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "begin": "good from then on",
        "end": "no longer good from then on",
        "public": "the public key (Ed25519), 32 bytes in base64",
    }
)
TRUSTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "begin": "trusted from then on",
        "centre_id": "the centre",
        "end": "no longer trusted from then on",
        "keys": "its signing keys, each with its dates",
    }
)
HELD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "act": "its activation",
        "check_value": "its check value",
        "iut": "until when it issues",
        "key": "its name",
    }
)
LOADED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "check_value": "its check value, as the module found it",
        "iut": "until when it issues",
        "key": "its name",
    }
)

CENTRE_FORMAT: Final = "voltoken-centre"
"""The format of what a centre says of itself."""
MODULE_FORMAT: Final = "voltoken-module"
"""The format of what a module says of itself."""
TRUST_FORMAT: Final = "voltoken-trust"
"""The format of a list of trusted centres."""
CHALLENGE_FORMAT: Final = "voltoken-challenge"
"""The format of a challenge."""
PROOF_FORMAT: Final = "voltoken-proof"
"""The format of the answer to a challenge."""
REQUEST_FORMAT: Final = "voltoken-load-request"
"""The format of a load request."""
RECEIPT_FORMAT: Final = "voltoken-load-receipt"
"""The format of a load receipt."""

DOCUMENTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        CENTRE_FORMAT: MappingProxyType(
            {
                "centre_id": "its name",
                "exchange_key": "its point for files from other centres, in base64, or null",
                "keys": "its signing keys, each with its dates",
                "notice": "what it is not",
                "sigs": "a signature by each of the keys, in their order",
            }
        ),
        MODULE_FORMAT: MappingProxyType(
            {
                "exchange_key": "the point under which keys are wrapped for it, 65 bytes in base64",
                "firmware": "what it runs",
                "kind": "`software`, `pkcs11`, ...",
                "module_id": "its name",
                "notice": "what it is not",
                "role": "`vending` or `manufacturing`",
                "sig": "signed by `signing_key`",
                "signing_key": "signs its requests and receipts, 32 bytes in base64",
            }
        ),
        TRUST_FORMAT: MappingProxyType(
            {
                "centres": "the centres that a module trusts",
                "issued_at": "when the list was made",
                "list_version": "rises with every change",
            }
        ),
        CHALLENGE_FORMAT: MappingProxyType(
            {
                "centre_id": "who asks",
                "epk": "a fresh point of the centre, 65 bytes in base64",
                "issued_at": "when",
                "module_id": "who is asked",
                "nonce": "16 random bytes in base64",
                "sig": "signed by the centre",
                "until": "it is not answered from then on",
            }
        ),
        PROOF_FORMAT: MappingProxyType(
            {
                "challenge": "SHA-256 of the challenge, in hex",
                "identity": "the module's own document, whole",
                "mac": "what only the owner of the exchange key can compute, 32 bytes in base64",
                "sig": "signed by the module",
            }
        ),
        REQUEST_FORMAT: MappingProxyType(
            {
                "centre_id": "who is asked",
                "held": "the keys that the module has",
                "last_seq": "number of the last file of this centre that it loaded, or 0",
                "made_at": "when",
                "module_id": "who asks",
                "request_id": "the answer names it",
                "sig": "signed by the module",
                "wanted": "names of the keys that it asks for",
            }
        ),
        RECEIPT_FORMAT: MappingProxyType(
            {
                "centre_id": "whose file it was",
                "digest": "SHA-256 of the file, in hex",
                "file_id": "of the file",
                "keys": "the keys that it brought",
                "loaded_at": "when",
                "module_id": "who has loaded it",
                "revoked": "names of the keys that it took away",
                "seq": "number of the file",
                "sig": "signed by the module",
            }
        ),
    }
)
"""The members of every other document, by format."""
