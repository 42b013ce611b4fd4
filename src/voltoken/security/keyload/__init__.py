"""Key load files and what goes with them: the language that centres and security modules share. Pure.

A centre proves itself by ``CentreIdentity`` and a module by ``ModuleIdentity``; a module trusts the centres
of its ``TrustList``, shows that it has its keys (``make_challenge``, ``answer_challenge``, ``check_proof``),
asks for keys (``LoadRequest``), and gets a file (``build``, ``parse``, ``open_file``) that only it can open
and that a ``LoadReceipt`` answers. Every rejection has a reason in ``REASONS``.

The formats are this project's own: no STSA centre makes or reads them. Key bytes, random bytes and the time
arrive as arguments.
"""

from voltoken.security.keyload.building import build
from voltoken.security.keyload.codecs import (
    BUILT_IN,
    CODEC_GROUP,
    Description,
    KeyFileCodec,
    codec_of,
    codecs_from,
    describe,
)
from voltoken.security.keyload.container import (
    KEY_BITS,
    KEY_FILE_FORMAT,
    Header,
    KeyFile,
    KeyRecord,
    WrappedKey,
    parse,
)
from voltoken.security.keyload.documents import CLOCK_LEEWAY
from voltoken.security.keyload.identities import (
    KEYS_MAX,
    CentreIdentity,
    DatedKey,
    ModuleIdentity,
    read_centre,
    read_module,
    write_centre,
    write_module,
)
from voltoken.security.keyload.layout import (
    ATTRIBUTES,
    CENTRE_FORMAT,
    CHALLENGE_FORMAT,
    DOCUMENTS,
    LAYOUT,
    MODULE_FORMAT,
    PROOF_FORMAT,
    RECEIPT_FORMAT,
    REQUEST_FORMAT,
    SUITE,
    SUITES,
    TRUST_FORMAT,
)
from voltoken.security.keyload.opening import Opened, check_file_signature, open_file
from voltoken.security.keyload.primitives import (
    exchange_fingerprint,
    exchange_public,
    is_signed,
    key_id,
    signing_public,
    signing_with,
)
from voltoken.security.keyload.proofs import (
    NONCE_BYTES,
    Challenge,
    answer_challenge,
    check_proof,
    make_challenge,
    read_challenge,
)
from voltoken.security.keyload.reasons import REASONS
from voltoken.security.keyload.requests import (
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
)
from voltoken.security.keyload.trust import (
    CENTRES_MAX,
    TrustedCentre,
    TrustList,
    read_trust,
    write_trust,
)
from voltoken.security.keyload.values import (
    FILE_MAX,
    NOTICE,
    POINT_BYTES,
    PUBLIC_BYTES,
    SCALAR_BYTES,
    FileRole,
    Sign,
)

__all__ = [
    "ATTRIBUTES",
    "BUILT_IN",
    "CENTRES_MAX",
    "CENTRE_FORMAT",
    "CHALLENGE_FORMAT",
    "CLOCK_LEEWAY",
    "CODEC_GROUP",
    "CentreIdentity",
    "Challenge",
    "DOCUMENTS",
    "DatedKey",
    "Description",
    "FILE_MAX",
    "FileRole",
    "Header",
    "Held",
    "KEYS_MAX",
    "KEY_BITS",
    "KEY_FILE_FORMAT",
    "KeyFile",
    "KeyFileCodec",
    "KeyRecord",
    "LAYOUT",
    "LoadReceipt",
    "LoadRequest",
    "LoadedKey",
    "MODULE_FORMAT",
    "ModuleIdentity",
    "NONCE_BYTES",
    "NOTICE",
    "Opened",
    "POINT_BYTES",
    "PROOF_FORMAT",
    "PUBLIC_BYTES",
    "REASONS",
    "RECEIPT_FORMAT",
    "REQUEST_FORMAT",
    "SCALAR_BYTES",
    "SUITE",
    "SUITES",
    "Sign",
    "TRUST_FORMAT",
    "TrustList",
    "TrustedCentre",
    "WrappedKey",
    "answer_challenge",
    "build",
    "check_file_signature",
    "check_proof",
    "check_receipt",
    "check_request",
    "codec_of",
    "codecs_from",
    "describe",
    "exchange_fingerprint",
    "exchange_public",
    "is_signed",
    "key_id",
    "make_challenge",
    "make_receipt",
    "make_request",
    "open_file",
    "parse",
    "read_centre",
    "read_challenge",
    "read_module",
    "read_receipt",
    "read_request",
    "read_trust",
    "signing_public",
    "signing_with",
    "write_centre",
    "write_module",
    "write_trust",
]
