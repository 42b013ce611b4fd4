"""Vending keys that live in a real token, SoftHSM, make the decoder keys that they make in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pkcs11
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pkcs11 import Attribute, Mechanism, ObjectClass
from pkcs11 import KeyType as KeyKind

from tests.integration.softhsm import SoftHSM
from tests.property import strategies
from tests.tidy.source import ROOT
from voltoken.drivers.pkcs11 import Pkcs11Token, Pkcs11Vault
from voltoken.errors import FieldError, ModuleRefused, ModuleUnavailable
from voltoken.security import KeyRef, KeyRegister, MemoryVault, Vault, Wanted
from voltoken.sts import (
    DKGA,
    EA,
    KEN,
    KRN,
    SGC,
    TI,
    BaseDate,
    DecoderKey,
    Deriver,
    KeyType,
    MeterPAN,
    VendingKey,
    key_check_value,
    odd_parity,
    pan_block,
)
from voltoken.sts import control_block as control_block_of

pytestmark = pytest.mark.slow  # processes, sockets or disks at work

SECRET = bytes.fromhex("abababababababab949494949494949401234567")
OTHER = bytes(range(20))
REF = KeyRef(SGC("123457"), KRN(1))
PAN = MeterPAN("600727000000000009")


def register_of(
    secret: bytes, ref: KeyRef = REF, *, dkga: DKGA | None = DKGA.DKGA04, in_hardware: bool = True
) -> KeyRegister:
    return KeyRegister(
        ref,
        KeyType.DUTK,
        dkga,
        frozenset({EA.STA, EA.MISTY1}),
        BaseDate.BD2014,
        KEN(255),
        8 * len(secret),
        key_check_value(secret),
        act=datetime(2020, 1, 1, tzinfo=UTC),
        iut=datetime(2040, 1, 1, tzinfo=UTC),
        test=True,
        in_hardware=in_hardware,
    )


@pytest.fixture(scope="module")
def hsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftHSM]:
    with SoftHSM.in_folder(tmp_path_factory.mktemp("softhsm")) as made:
        yield made


@pytest.fixture(scope="module")
def token(hsm: SoftHSM) -> Iterator[Pkcs11Token]:
    with hsm.open(hsm.new_token()) as opened:
        opened.import_secret("any base date 123457/1", SECRET)
        yield opened


@pytest.fixture
def vault(token: Pkcs11Token) -> Iterator[Pkcs11Vault]:
    made = Pkcs11Vault(token, "SM1")
    port: Vault = made  # the types agree
    assert port is made
    yield made
    for ref in (REF, KeyRef(REF.sgc, KRN(2)), KeyRef(REF.sgc, KRN(3))):
        made.drop(ref)


def published() -> list[dict[str, str]]:
    vectors = json.loads((ROOT / "vectors" / "dkga.json").read_text("utf-8"))
    return [entry for entry in vectors["groups"]["dkga04"] if entry["ea"] in {"07", "11"}]


@pytest.mark.parametrize("entry", published(), ids=lambda entry: entry["id"])
def test_the_published_decoder_keys_come_out_of_the_token(vault: Pkcs11Vault, entry: dict[str, str]) -> None:
    secret = bytes.fromhex(entry["vending_key"])
    register = replace(
        register_of(secret, KeyRef(SGC(entry["sgc"]), KRN(int(entry["krn"])))),
        base_date=BaseDate(entry["base_date"]),
        kt=KeyType(int(entry["key_type"])),
    )
    vault.put(register, secret)
    wanted = Wanted(register, EA(entry["ea"]), MeterPAN(entry["meter_pan"]), TI(entry["ti"]))
    try:
        assert vault.decoder_key(wanted).key.hex() == entry["decoder_key"]
    finally:
        vault.drop(register.ref)


@given(
    pan=strategies.pans,
    ti=strategies.tis,
    ea=st.sampled_from([EA.STA, EA.MISTY1]),
    base_date=strategies.base_dates,
    kt=strategies.key_types.filter(lambda kt: kt is not KeyType.DITK),
    ken=strategies.kens,
)
def test_dkga04_in_the_token_equals_memory(
    token: Pkcs11Token, pan: MeterPAN, ti: TI, ea: EA, base_date: BaseDate, kt: KeyType, ken: KEN
) -> None:
    vault, memory = Pkcs11Vault(token, "any base date"), MemoryVault()
    register = replace(register_of(SECRET), base_date=base_date, kt=kt, ken=ken)
    vault.put(register, b"")
    memory.put(register, SECRET)
    wanted = Wanted(register, ea, pan, ti)
    assert vault.decoder_key(wanted) == memory.decoder_key(wanted)
    assert vault.decoder_keys([wanted])[0] == memory.decoder_key(wanted)


def test_many_keys_come_in_the_order_in_which_they_were_asked_for(vault: Pkcs11Vault) -> None:
    memory = MemoryVault()
    inside = [register_of(SECRET), register_of(OTHER, KeyRef(REF.sgc, KRN(2)))]
    outside = register_of(SECRET[:8], KeyRef(REF.sgc, KRN(3)), dkga=DKGA.DKGA02, in_hardware=False)
    for register, secret in zip([*inside, outside], [SECRET, OTHER, SECRET[:8]], strict=True):
        vault.put(register, secret)
        memory.put(register, secret)
    asked = [
        Wanted([*inside, outside][number % 3], EA.STA, MeterPAN.build("01", f"{number:08d}"), TI("01"))
        for number in range(30)
    ]
    for some in (asked, asked[2::3], asked[:1]):
        got, wanted = vault.decoder_keys(some), [memory.decoder_key(one) for one in some]
        assert [got[row] for row in range(len(some))] == wanted


@pytest.mark.parametrize(
    ("bits", "dkga"),
    [(64, DKGA.DKGA04), (64, DKGA.DKGA01), (64, DKGA.DKGA02), (128, DKGA.DKGA03), (64, None), (160, None)],
)
def test_a_key_that_a_token_cannot_hide_is_refused_with_the_reason(
    vault: Pkcs11Vault, token: Pkcs11Token, bits: int, dkga: DKGA | None
) -> None:
    secret = SECRET[: bits // 8]
    register = register_of(secret)
    kt = KeyType.DITK if dkga is None else KeyType.DUTK
    with pytest.raises(ModuleRefused, match="one DES operation") as refused:
        vault.put(replace(register, dkga=dkga, kt=kt), secret)
    assert refused.value.refusal == "custody.not_in_hsm"
    assert not token.holds("SM1 123457/1")


def test_a_64_bit_key_is_used_from_memory(vault: Pkcs11Vault, token: Pkcs11Token) -> None:
    register = register_of(SECRET[:8], dkga=DKGA.DKGA02, in_hardware=False)
    vault.put(register, SECRET[:8])
    assert not token.holds("SM1 123457/1")
    wanted = Wanted(register, EA.STA, PAN, TI("01"))
    memory = MemoryVault()
    memory.put(register, SECRET[:8])
    assert vault.decoder_key(wanted) == memory.decoder_key(wanted)
    vault.wipe()
    with pytest.raises(ModuleUnavailable):
        vault.decoder_key(wanted)


def test_why_64_bit_keys_are_refused_one_decoder_key_and_one_encryption_give_the_vending_key(
    token: Pkcs11Token,
) -> None:
    # A 64-bit key in the token, which never gives it away, but encrypts blocks under it for DKGA02.
    # K1 = K2 makes single DES of the operation that tokens have.
    secret = odd_parity(bytes.fromhex("0123456789abcdef"))
    hidden = VendingKey(secret, SGC("123456"), KRN(1), BaseDate.BD2014)
    inside: Any = token._login.create_object(
        {
            Attribute.CLASS: ObjectClass.SECRET_KEY,
            Attribute.KEY_TYPE: KeyKind.DES2,
            Attribute.VALUE: secret * 2,
            Attribute.SENSITIVE: True,
            Attribute.EXTRACTABLE: False,
            Attribute.ENCRYPT: True,
        }
    )
    with pytest.raises(pkcs11.AttributeSensitive):
        inside[Attribute.VALUE]

    # The attacker knows one decoder key (of a meter bought and opened), and what is printed on its label.
    decoder_key = Deriver(hidden, EA.STA, DKGA.DKGA02).derive(PAN, TI("01")).key
    label = VendingKey(bytes(8), SGC("123456"), KRN(1), BaseDate.BD2014)
    block = pan_block(PAN, KeyType.DUTK) ^ control_block_of(label, TI("01"))

    # DK = DES(VK, D) xor D xor VK, so VK = DES(VK, D) xor D xor DK.
    answer = int.from_bytes(inside.encrypt(block.to_bytes(8, "big"), mechanism=Mechanism.DES3_ECB), "big")
    stolen = (answer ^ block ^ int.from_bytes(decoder_key, "big")).to_bytes(8, "big")
    assert stolen == secret

    # From here every meter of the supply group is open to him.
    victim = MeterPAN.build("01", "12345678")
    thief = VendingKey(stolen, SGC("123456"), KRN(1), BaseDate.BD2014)
    assert Deriver(thief, EA.STA).derive(victim, TI("01")) == Deriver(hidden, EA.STA).derive(victim, TI("01"))


def test_a_decoder_key_of_dkga04_gives_nothing_away_even_with_the_token_at_hand(
    vault: Pkcs11Vault, token: Pkcs11Token
) -> None:
    vault.put(register_of(SECRET), SECRET)
    (key,) = token._login.get_objects({Attribute.LABEL: "SM1 123457/1"})
    with pytest.raises(pkcs11.AttributeSensitive):
        key[Attribute.VALUE]
    assert not any(hasattr(key, act) for act in ("encrypt", "decrypt", "wrap_key", "derive_key"))


def test_a_key_in_the_token_outlives_sealing_and_restart(vault: Pkcs11Vault, token: Pkcs11Token) -> None:
    register = register_of(SECRET)
    vault.put(register, SECRET)
    wanted = Wanted(register, EA.MISTY1, PAN, TI("01"))
    before = vault.decoder_key(wanted)
    vault.wipe()
    again = Pkcs11Vault(token, "SM1")
    again.put(register, b"")
    assert again.decoder_key(wanted) == before


def test_a_loading_that_was_cut_short_can_be_done_again(vault: Pkcs11Vault, token: Pkcs11Token) -> None:
    vault.put(register_of(SECRET), SECRET)
    Pkcs11Vault(token, "SM1").put(register_of(SECRET), SECRET)


def test_another_key_never_takes_the_place_of_one_in_the_token(vault: Pkcs11Vault) -> None:
    vault.put(register_of(SECRET), SECRET)
    before = vault.decoder_key(Wanted(register_of(SECRET), EA.STA, PAN, TI("01")))
    with pytest.raises(ModuleRefused) as refused:
        vault.put(register_of(OTHER), OTHER)
    assert refused.value.refusal == "custody.taken"
    assert vault.decoder_key(Wanted(register_of(SECRET), EA.STA, PAN, TI("01"))) == before


def test_a_secret_that_is_not_what_the_register_says_is_refused_unseen(
    vault: Pkcs11Vault, token: Pkcs11Token
) -> None:
    with pytest.raises(FieldError, match="20 bytes") as refused:
        vault.put(register_of(SECRET), SECRET + bytes(12))
    assert refused.value.value is None
    assert not token.holds("SM1 123457/1")


def test_what_is_not_in_the_token_is_missed_at_once(vault: Pkcs11Vault) -> None:
    with pytest.raises(ModuleUnavailable, match="no key with the label 'SM1 123457/1'"):
        vault.put(register_of(SECRET), b"")
    with pytest.raises(ModuleUnavailable):
        vault.decoder_key(Wanted(register_of(SECRET), EA.STA, PAN, TI("01")))


def test_a_dropped_key_is_gone_from_the_token(vault: Pkcs11Vault, token: Pkcs11Token) -> None:
    vault.put(register_of(SECRET), SECRET)
    vault.drop(REF)
    vault.drop(REF)
    assert not token.holds("SM1 123457/1")
    vault.put(register_of(OTHER), OTHER)  # and its name is free


def test_modules_that_share_a_token_do_not_see_each_others_keys(
    vault: Pkcs11Vault, token: Pkcs11Token
) -> None:
    vault.put(register_of(SECRET), SECRET)
    with pytest.raises(ModuleUnavailable):
        Pkcs11Vault(token, "SM2").put(register_of(SECRET), b"")


def test_a_new_register_of_a_key_holds_at_once(vault: Pkcs11Vault) -> None:
    register = register_of(SECRET)
    vault.put(register, SECRET)
    vault.decoder_key(Wanted(register, EA.STA, PAN, TI("01")))
    later = replace(register, base_date=BaseDate.BD2035)
    vault.put(later, b"")
    made: DecoderKey = vault.decoder_key(Wanted(later, EA.STA, PAN, TI("01")))
    assert made.base_date is BaseDate.BD2035


@pytest.mark.parametrize("name", ["", "x" * 49, "caf\xe9", "a\nb"], ids=ascii)
def test_a_module_id_that_makes_no_label_is_refused(token: Pkcs11Token, name: str) -> None:
    with pytest.raises(FieldError):
        Pkcs11Vault(token, name)


def test_the_vault_shows_no_key(vault: Pkcs11Vault) -> None:
    vault.put(register_of(SECRET), SECRET)
    assert SECRET.hex() not in repr(vault)
    assert repr(SECRET)[2:-1] not in repr(vault)
