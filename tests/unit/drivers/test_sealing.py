"""The root key, the keys that hang on it, and records that open only where they were sealed for."""

from __future__ import annotations

import copy
import hashlib
import hmac
import pickle
import threading
import traceback
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltoken.drivers.custody import sealing
from voltoken.drivers.custody.sealing import Purpose, RootKey, Sealer, same
from voltoken.errors import FieldError, ModuleUnavailable, RuleError, SealBroken

MATERIAL = b"planted-root-key-of-32-bytes-..."
CONTEXT = b"keys|123456|1"


@pytest.fixture
def root() -> RootKey:
    """Make a root key of known bytes."""
    return RootKey(MATERIAL, "sm-1")


@pytest.fixture
def sealer(root: RootKey) -> Sealer:
    """Make a sealer for vending keys."""
    return Sealer(root, Purpose.KEYSTORE)


def hkdf(key: bytes, salt: bytes, info: bytes) -> bytes:
    """Derive 32 bytes as RFC 5869 says, in two lines of HMAC."""
    extracted = hmac.digest(salt or bytes(32), key, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")


@pytest.mark.parametrize("purpose", Purpose)
def test_a_purpose_has_the_key_that_rfc_5869_says(root: RootKey, purpose: Purpose) -> None:
    assert root.derive(purpose) == hkdf(MATERIAL, b"sm-1", b"voltoken-sm/1|" + purpose.encode())


def test_modules_and_purposes_share_no_key(root: RootKey) -> None:
    other = RootKey(MATERIAL, "sm-2")
    keys = [key.derive(purpose) for key in (root, other) for purpose in Purpose]
    assert len(set(keys)) == len(keys) == 2 * len(Purpose)


def test_a_record_opens_as_it_was_sealed(sealer: Sealer) -> None:
    for plain in (b"", b"x", bytes(1000)):
        blob = sealer.seal(plain, CONTEXT)
        assert sealer.open(blob, CONTEXT) == plain
        assert len(blob) == len(plain) + 45
    assert sealer.open(sealer.seal(bytearray(b"abc"), b""), b"") == b"abc"


def test_the_form_of_a_record_is_as_described(root: RootKey, sealer: Sealer) -> None:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    blob = sealer.seal(b"plain", CONTEXT)
    key = hkdf(root.derive(Purpose.KEYSTORE), b"", b"seal|" + blob[1:17])
    assert blob[0] == 1
    assert AESGCM(key).decrypt(blob[17:29], blob[29:], b"\x01" + CONTEXT) == b"plain"


def test_a_record_opens_after_a_restart(sealer: Sealer) -> None:
    blob = sealer.seal(b"plain", CONTEXT)
    assert Sealer(RootKey(MATERIAL, "sm-1"), Purpose.KEYSTORE).open(blob, CONTEXT) == b"plain"


@pytest.mark.parametrize(
    ("material", "module_id", "purpose", "context"),
    [
        (MATERIAL, "sm-1", Purpose.KEYSTORE, b"keys|123456|2"),
        (MATERIAL, "sm-1", Purpose.KEYSTORE, b""),
        (MATERIAL, "sm-1", Purpose.RESULTS, CONTEXT),
        (MATERIAL, "sm-2", Purpose.KEYSTORE, CONTEXT),
        (MATERIAL[::-1], "sm-1", Purpose.KEYSTORE, CONTEXT),
    ],
    ids=["record", "no context", "purpose", "module", "root key"],
)
def test_a_record_opens_nowhere_else(
    sealer: Sealer, material: bytes, module_id: str, purpose: Purpose, context: bytes
) -> None:
    blob = sealer.seal(b"plain", CONTEXT)
    with pytest.raises(SealBroken):
        Sealer(RootKey(material, module_id), purpose).open(blob, context)


def test_every_flipped_bit_of_a_record_is_seen(sealer: Sealer) -> None:
    blob = sealer.seal(b"plain", CONTEXT)
    for bit in range(8 * len(blob)):
        damaged = bytearray(blob)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            sealer.open(bytes(damaged), CONTEXT)


def test_a_record_that_was_cut_or_made_longer_is_seen(sealer: Sealer) -> None:
    blob = sealer.seal(b"plain", CONTEXT)
    for damaged in (*(blob[:length] for length in range(len(blob))), blob + b"\0"):
        with pytest.raises(SealBroken):
            sealer.open(damaged, CONTEXT)


@given(st.one_of(st.binary(max_size=80), st.binary(max_size=80).map(b"\x01".__add__), st.text(), st.none()))
def test_anything_else_is_a_broken_seal_and_no_other_error(blob: bytes) -> None:
    with pytest.raises(SealBroken):
        Sealer(RootKey(MATERIAL, "sm-1"), Purpose.STATE).open(blob, CONTEXT)


def test_the_length_of_records_has_a_limit(sealer: Sealer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "RECORD_BYTES_MAX", 100)
    blob = sealer.seal(bytes(100), CONTEXT)
    with pytest.raises(FieldError, match="at most 100 bytes"):
        sealer.seal(bytes(101), CONTEXT)
    monkeypatch.setattr(sealing, "RECORD_BYTES_MAX", 99)
    with pytest.raises(SealBroken):
        sealer.open(blob, CONTEXT)


def test_no_two_records_have_session_and_nonce_in_common(root: RootKey) -> None:
    sealers = [Sealer(root, Purpose.RESULTS) for _ in range(20)]
    heads = {sealer.seal(b"same", CONTEXT)[1:29] for sealer in sealers for _ in range(50)}
    assert len(heads) == 1000
    assert len({head[:16] for head in heads}) == 20


def test_a_session_ends_before_its_nonces_could_repeat(
    root: RootKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sealing._SESSION_RECORDS <= 2**32
    monkeypatch.setattr(sealing, "_SESSION_RECORDS", 3)
    sealer = Sealer(root, Purpose.RESULTS)
    blobs = [sealer.seal(b"%d" % number, CONTEXT) for number in range(9)]
    sessions = [blob[1:17] for blob in blobs]
    assert [sessions.index(session) for session in sessions] == [0, 0, 0, 3, 3, 3, 6, 6, 6]
    assert [sealer.open(blob, CONTEXT) for blob in blobs] == [b"%d" % number for number in range(9)]


def test_keys_of_many_past_sessions_are_not_kept_for_ever(root: RootKey, sealer: Sealer) -> None:
    blobs = [Sealer(root, Purpose.KEYSTORE).seal(b"plain", CONTEXT) for _ in range(150)]
    assert all(sealer.open(blob, CONTEXT) == b"plain" for blob in (*blobs, *blobs))
    assert len(sealer._sessions) == sealing._SESSIONS_KEPT


def test_forged_sessions_do_not_push_out_genuine_ones(sealer: Sealer) -> None:
    blob = sealer.seal(b"plain", CONTEXT)
    sealer.open(blob, CONTEXT)
    for number in range(100):
        with pytest.raises(SealBroken):
            sealer.open(blob[:1] + number.to_bytes(16, "big") + blob[17:], CONTEXT)
    assert list(sealer._sessions) == [blob[1:17]]


def test_codes_are_hmac_under_a_key_of_their_own(root: RootKey) -> None:
    sealer = Sealer(root, Purpose.MARKS)
    key = hkdf(root.derive(Purpose.MARKS), b"", b"mac")
    assert sealer.mac(b"data") == hmac.new(key, b"data", hashlib.sha256).digest()
    assert sealer.mac(b"data") != Sealer(root, Purpose.STATE).mac(b"data")


def test_codes_are_compared_whole() -> None:
    assert same(b"12345678", b"12345678")
    assert not same(b"12345678", b"12345679")
    assert not same(b"12345678", b"1234567")


def test_threads_may_share_a_sealer(sealer: Sealer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "_SESSION_RECORDS", 5)
    wrong: list[int] = []

    def work(name: int) -> None:
        for number in range(200):
            plain = b"%d.%d" % (name, number)
            if sealer.open(sealer.seal(plain, CONTEXT), CONTEXT) != plain:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_wiped_root_key_is_overwritten_and_gives_nothing(
    root: RootKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    overwritten: list[bytes] = []
    monkeypatch.setattr(sealing, "wipe", lambda buffer: overwritten.append(bytes(buffer)))
    with root as same_key:
        assert same_key is root
    assert overwritten == [MATERIAL]
    assert root.wiped
    for use in (root.reveal, lambda: root.derive(Purpose.STATE), lambda: Sealer(root, Purpose.STATE)):
        with pytest.raises(ModuleUnavailable, match="Unseal it"):
            use()
    root.wipe()


def test_a_wiped_sealer_gives_nothing(sealer: Sealer) -> None:
    blob = sealer.seal(b"plain", CONTEXT)
    sealer.wipe()
    uses: list[Callable[[], object]] = [
        lambda: sealer.seal(b"plain", CONTEXT),
        lambda: sealer.open(blob, CONTEXT),
        lambda: sealer.mac(b"data"),
    ]
    for use in uses:
        with pytest.raises(ModuleUnavailable, match="Unseal it"):
            use()
    sealer.wipe()
    assert repr(sealer) == "<sealer for keystore, wiped>"


def test_a_sealer_works_on_when_the_root_key_is_wiped(root: RootKey, sealer: Sealer) -> None:
    root.wipe()
    assert sealer.open(sealer.seal(b"plain", CONTEXT), CONTEXT) == b"plain"


def test_new_root_keys_differ() -> None:
    assert len({RootKey.generate("sm-1").reveal() for _ in range(10)}) == 10


@pytest.mark.parametrize(
    ("material", "module_id", "field"),
    [
        (bytes(31), "sm-1", "root key"),
        (bytes(33), "sm-1", "root key"),
        ("x" * 32, "sm-1", "root key"),
        (bytes(32), "", "module_id"),
        (bytes(32), "x" * 41, "module_id"),
        (bytes(32), "sm|1", "module_id"),
        (bytes(32), "sm-1\n", "module_id"),
        (bytes(32), "smé", "module_id"),
        (bytes(32), None, "module_id"),
    ],
)
def test_a_root_key_checks_what_it_is_made_of(material: bytes, module_id: str, field: str) -> None:
    with pytest.raises(FieldError) as caught:
        RootKey(material, module_id)
    assert caught.value.field == field


def test_nothing_shows_or_copies_a_key(root: RootKey, sealer: Sealer) -> None:
    keys = [MATERIAL, bytes(sealer._key), bytes(sealer._code_key)]
    forms = [form for key in keys for form in (repr(key)[2:-1], key.hex())]
    assert repr(root) == "<root key of sm-1, in memory>"
    for secret in (root, sealer):
        for act in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(RuleError) as caught:
                act(secret)
            assert caught.value.rule == "secret_copied"
        shown = f"{secret!r} {secret!s} {secret}"
        assert not any(form in shown for form in forms)


def test_a_report_of_a_broken_seal_shows_no_key_even_with_local_names(sealer: Sealer) -> None:
    blob = sealer.seal(b"planted plain text", CONTEXT)
    with pytest.raises(SealBroken) as caught:
        sealer.open(blob, b"elsewhere")
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    report = "".join(told.format())
    keys = (MATERIAL, bytes(sealer._key), bytes(sealer._code_key))
    assert "elsewhere" in report  # the names are captured
    assert not any(form in report for key in keys for form in (repr(key)[2:-1], key.hex()))
    assert "planted" not in report
