"""A real PKCS#11 token, SoftHSM: keys stay inside, do one thing each, and are not guessed at."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from typing import Any

import pkcs11
import pytest
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass

from tests.integration.softhsm import SoftHSM
from voltoken.drivers.custody.roots import WrappingToken
from voltoken.drivers.pkcs11 import Pkcs11Token, selftest
from voltoken.errors import FieldError, ModuleUnavailable, SealBroken

pytestmark = pytest.mark.slow  # processes, sockets or disks at work

SECRET = bytes.fromhex("abababababababab949494949494949401234567")
LONG = bytes(range(64))
USES = ("DECRYPT", "DERIVE", "ENCRYPT", "SIGN", "UNWRAP", "VERIFY", "WRAP")


@pytest.fixture(scope="module")
def hsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftHSM]:
    with SoftHSM.in_folder(tmp_path_factory.mktemp("softhsm")) as made:
        yield made


@pytest.fixture
def token(hsm: SoftHSM) -> Iterator[Pkcs11Token]:
    with hsm.open(hsm.new_token()) as opened:
        opened.import_secret("vk", SECRET)
        yield opened


def sha256(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")


def key_in(token: Pkcs11Token, label: str) -> Any:
    """Get at a key by the library itself, past all that our code would allow."""
    (key,) = token._login.get_objects({Attribute.LABEL: label})
    return key


def make_by_hand(token: Pkcs11Token, label: str, **changes: bool) -> None:
    """Make a key for HMAC as a careless administrator would."""
    attributes = {
        Attribute.CLASS: ObjectClass.SECRET_KEY,
        Attribute.KEY_TYPE: KeyType.GENERIC_SECRET,
        Attribute.LABEL: label,
        Attribute.VALUE: bytes(32),
        Attribute.TOKEN: True,
        Attribute.PRIVATE: True,
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: False,
        **{Attribute[name]: name == "SIGN" for name in USES},
        **{Attribute[name]: value for name, value in changes.items()},
    }
    token._login.create_object(attributes)


def test_the_self_test_shows_what_the_token_can_do(token: Pkcs11Token) -> None:
    checks = token.self_test()
    assert {check.mechanism for check in checks} == {"SHA256_HMAC", "attributes", "AES_GCM", "AES_KEY_WRAP"}
    assert all(check.passed for check in checks)


def test_the_self_test_leaves_nothing_behind(token: Pkcs11Token) -> None:
    token.self_test()
    assert [key[Attribute.LABEL] for key in token._login.get_objects()] == ["vk"]


def test_a_listed_mechanism_may_not_work_so_lists_are_not_asked(token: Pkcs11Token) -> None:
    assert Mechanism._DES_ECB in token._login.token.slot.get_mechanisms()
    attributes = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType._DES}
    key: Any = token._login.create_object({**attributes, Attribute.VALUE: bytes(8), Attribute.ENCRYPT: True})
    with pytest.raises(pkcs11.MechanismInvalid):
        key.encrypt(bytes(8), mechanism=Mechanism._DES_ECB)


def test_a_token_that_fails_its_self_test_is_closed_and_names_the_mechanism(
    hsm: SoftHSM, monkeypatch: pytest.MonkeyPatch
) -> None:
    label = hsm.new_token()
    monkeypatch.setattr(selftest, "_WRAPPED", bytes(40))  # as if the token unwrapped to something else
    with pytest.raises(ModuleUnavailable, match="AES_KEY_WRAP") as refused:
        hsm.open(label)
    assert refused.value.detail["mechanisms"] == "AES_KEY_WRAP"
    assert not refused.value.retry_safe
    monkeypatch.undo()
    token = hsm.open(label)
    monkeypatch.setattr(selftest, "_GCM_ANSWER", bytes(32))
    with pytest.raises(ModuleUnavailable, match="AES_GCM"):
        token.self_test()
    with pytest.raises(ModuleUnavailable, match="closed"):
        token.holds("vk")


@pytest.mark.parametrize("secret", [SECRET, LONG, LONG[:32], LONG[:33]], ids=len)
def test_the_token_computes_the_same_hmac_as_memory(token: Pkcs11Token, secret: bytes) -> None:
    token.import_secret("another", secret)
    data = [b"", b"\x00", bytes(49), b"x" * 5000]
    wanted = [sha256(secret, item) for item in data]
    assert token.hmac_many("another", data) == wanted
    assert [token.hmac_sha256("another", item) for item in data] == wanted
    assert token.hmac_many("another", []) == []


@pytest.mark.parametrize("length", [0, 19, 65])
def test_a_secret_of_another_length_is_refused_unseen(token: Pkcs11Token, length: int) -> None:
    with pytest.raises(FieldError, match="20 to 64 bytes") as refused:
        token.import_secret("another", b"\xa5" * length)
    assert refused.value.value is None
    assert not token.holds("another")


@pytest.mark.parametrize("label", ["", "x" * 65, "caf\xe9", "a\0b", "a\n", b"vk", None], ids=ascii)
def test_what_cannot_be_the_label_of_a_key_is_refused(token: Pkcs11Token, label: str) -> None:
    uses: list[Callable[[], object]] = [
        lambda: token.import_secret(label, SECRET),
        lambda: token.make_wrapping_key(label),
        lambda: token.wrapping(label),
        lambda: token.hmac_sha256(label, b""),
        lambda: token.holds(label),
        lambda: token.delete(label),
    ]
    for use in uses:
        with pytest.raises(FieldError, match="label"):
            use()


def test_a_key_cannot_be_read_copied_out_or_turned_to_another_use(token: Pkcs11Token) -> None:
    token.make_wrapping_key("wk")
    for label, uses in (("vk", {"SIGN"}), ("wk", {"ENCRYPT", "DECRYPT"})):
        key = key_in(token, label)
        assert {name for name in USES if key[Attribute[name]]} == uses
        with pytest.raises(pkcs11.AttributeSensitive):
            key[Attribute.VALUE]
        for name in (Attribute.SENSITIVE, Attribute.EXTRACTABLE, Attribute.WRAP, Attribute.DERIVE):
            with pytest.raises(pkcs11.PKCS11Error):
                key[name] = not key[name]
        with pytest.raises(pkcs11.PKCS11Error):
            key.copy({Attribute.EXTRACTABLE: True, Attribute.SENSITIVE: False})
        assert key[Attribute.PRIVATE]


def test_no_key_of_the_token_takes_another_one_out(token: Pkcs11Token) -> None:
    token.make_wrapping_key("wk")
    assert not hasattr(key_in(token, "wk"), "wrap_key")
    intruder: Any = token._login.generate_key(
        KeyType.AES, 256, template={Attribute.WRAP: True, Attribute.DECRYPT: True}
    )
    for label in ("vk", "wk"):
        with pytest.raises(pkcs11.KeyUnextractable):
            intruder.wrap_key(key_in(token, label), mechanism=Mechanism.AES_KEY_WRAP)


@pytest.mark.parametrize(
    "change", [{"EXTRACTABLE": True}, {"SENSITIVE": False}, {"DERIVE": True}, {"VERIFY": True}], ids=str
)
def test_a_key_that_may_do_more_than_it_should_is_not_used(
    token: Pkcs11Token, change: dict[str, bool]
) -> None:
    make_by_hand(token, "loose", **change)
    with pytest.raises(ModuleUnavailable, match="somebody else made it"):
        token.hmac_sha256("loose", b"data")


def test_two_keys_of_one_name_are_not_guessed_between(token: Pkcs11Token) -> None:
    make_by_hand(token, "vk")
    with pytest.raises(ModuleUnavailable, match="2 keys"):
        token.hmac_sha256("vk", b"data")
    with pytest.raises(ModuleUnavailable, match="2 keys"):
        token.delete("vk")


def test_a_key_is_there_until_it_is_deleted(token: Pkcs11Token) -> None:
    assert token.holds("vk")
    token.hmac_sha256("vk", b"data")
    token.delete("vk")
    assert not token.holds("vk")
    with pytest.raises(ModuleUnavailable, match="no key with the label 'vk'"):
        token.hmac_sha256("vk", b"data")
    with pytest.raises(ModuleUnavailable, match="0 keys"):
        token.delete("vk")


def test_a_name_that_is_taken_is_not_given_again(token: Pkcs11Token) -> None:
    with pytest.raises(FieldError, match="free in the token"):
        token.import_secret("vk", LONG)
    with pytest.raises(FieldError, match="free in the token"):
        token.make_wrapping_key("vk")
    assert token.hmac_sha256("vk", b"data") == sha256(SECRET, b"data")


def test_a_new_key_under_an_old_name_is_the_one_that_is_used(token: Pkcs11Token) -> None:
    token.hmac_sha256("vk", b"data")
    token.delete("vk")
    token.import_secret("vk", LONG)
    assert token.hmac_sha256("vk", b"data") == sha256(LONG, b"data")


def test_a_key_that_another_program_replaced_is_looked_for_again(token: Pkcs11Token) -> None:
    before = token.hmac_sha256("vk", b"data")
    key_in(token, "vk").destroy()
    make_by_hand(token, "vk")
    assert token.hmac_sha256("vk", b"data") == sha256(bytes(32), b"data") != before


def test_what_was_wrapped_unwraps_in_its_own_context_only(token: Pkcs11Token) -> None:
    token.make_wrapping_key("wk")
    token.make_wrapping_key("wk2")
    wrapping: WrappingToken = token.wrapping("wk")
    for plain in (b"", b"root key of thirty-two bytes 0123", bytes(1000)):
        blob = wrapping.wrap(plain, b"root")
        assert wrapping.unwrap(blob, b"root") == plain
        assert wrapping.wrap(plain, b"root") != blob
        with pytest.raises(SealBroken):
            wrapping.unwrap(blob, b"Root")
        with pytest.raises(SealBroken):
            token.wrapping("wk2").unwrap(blob, b"root")


def test_every_flipped_bit_and_every_cut_of_a_wrapped_secret_is_noticed(token: Pkcs11Token) -> None:
    token.make_wrapping_key("wk")
    wrapping = token.wrapping("wk")
    blob = wrapping.wrap(b"root key", b"")
    for bit in range(8 * len(blob)):
        damaged = bytearray(blob)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            wrapping.unwrap(bytes(damaged), b"")
    for length in range(len(blob)):
        with pytest.raises(SealBroken):
            wrapping.unwrap(blob[:length], b"")


def test_a_wrapping_key_makes_no_hmac_and_a_secret_does_not_wrap(token: Pkcs11Token) -> None:
    token.make_wrapping_key("wk")
    with pytest.raises(ModuleUnavailable, match="another kind"):
        token.hmac_sha256("wk", b"data")
    with pytest.raises(ModuleUnavailable, match="another kind"):
        token.wrapping("vk").wrap(b"data", b"")
