"""Making decoder keys: what enters, which readings there are, and what a person is warned about."""

from __future__ import annotations

from typing import Any

import pytest

from voltoken.errors import FieldError, RuleError
from voltoken.sts import (
    DKGA,
    EA,
    KEN,
    KRN,
    SGC,
    TI,
    BaseDate,
    CommonPANBlock,
    Deriver,
    KeyType,
    MeterPAN,
    VendingKey,
    VendingKeyParity,
    control_block,
    odd_parity,
    pan_block,
)

PAN, OTHER_PAN = MeterPAN("600727000000000009"), MeterPAN("600727580000795237")
LONG_PAN = MeterPAN("000001000000000082")
TI_1 = TI("01")

ODD, NOT_ODD = b"\xab" * 8, bytes.fromhex("0abc12def3456789")
LONG = bytes.fromhex("abababababababab949494949494949401234567")


def vending_key(key: bytes, kt: KeyType = KeyType.DUTK, krn: int = 1) -> VendingKey:
    """Return a vending key of supply group 123456."""
    return VendingKey(key, SGC("123456"), KRN(krn), BaseDate.BD1993, kt)


def derived(deriver: Deriver, pan: MeterPAN = PAN, ti: TI = TI_1) -> str:
    """Return a decoder key in hexadecimal."""
    return deriver.derive(pan, ti).key.hex()


def test_a_decoder_key_carries_what_the_vending_key_says() -> None:
    vk = VendingKey(LONG, SGC("600675"), KRN(7), BaseDate.BD2014, KeyType.DDTK, KEN(85), test=True)
    key = Deriver(vk, EA.MISTY1).derive(PAN, TI("42"))
    assert key.identity() == ("600675", 7, "42")
    assert (key.kt, key.base_date, key.ken, key.ea) == (KeyType.DDTK, BaseDate.BD2014, 85, EA.MISTY1)
    assert key.test is True
    assert len(key.key) == 16


@pytest.mark.parametrize(
    ("pan", "ti", "field"),
    [("600727000000000009", TI_1, "pan"), (PAN, "01", "ti"), (None, TI_1, "pan"), (PAN, 1, "ti")],
)
def test_only_checked_numbers_are_derived_from(pan: Any, ti: Any, field: str) -> None:
    with pytest.raises(FieldError) as refused:
        Deriver(vending_key(ODD), EA.STA).derive(pan, ti)
    assert refused.value.field == field


@pytest.mark.parametrize("dkga", list(DKGA))
def test_every_input_changes_the_key(dkga: DKGA) -> None:
    size = {DKGA.DKGA03: 16, DKGA.DKGA04: 20}.get(dkga, 8)
    key, other = bytes(range(2, 2 + size)), bytes(range(34, 34 + size))
    vk = vending_key(key)
    deriver = Deriver(vk, EA.STA, dkga)
    keys = [
        derived(deriver),
        derived(deriver, OTHER_PAN),
        derived(deriver, LONG_PAN),
        derived(deriver, ti=TI("02")),
        derived(Deriver(vending_key(other), EA.STA, dkga)),
        derived(Deriver(vending_key(key, krn=2), EA.STA, dkga)),
        derived(Deriver(vending_key(key, KeyType.DDTK), EA.STA, dkga)),
        derived(Deriver(VendingKey(key, SGC("123457"), KRN(1), BaseDate.BD1993), EA.STA, dkga)),
    ]
    assert len(set(keys)) == len(keys)
    assert derived(deriver) == keys[0]


def test_the_base_date_and_algorithm_are_part_of_a_dkga04_key_only() -> None:
    later = VendingKey(LONG, SGC("123456"), KRN(1), base_date=BaseDate.BD2014)
    assert derived(Deriver(later, EA.STA)) != derived(Deriver(vending_key(LONG), EA.STA))
    assert not derived(Deriver(later, EA.MISTY1)).startswith(derived(Deriver(later, EA.STA)))
    old = VendingKey(ODD, SGC("123456"), KRN(1), base_date=BaseDate.BD2014)
    assert derived(Deriver(old, EA.STA)) == derived(Deriver(vending_key(ODD), EA.STA))
    assert derived(Deriver(old, EA.DEA)) == derived(Deriver(old, EA.STA))


def test_a_combination_that_does_not_exist_is_refused() -> None:
    with pytest.raises(RuleError, match="DKGA02 takes a vending key of 64 bits"):
        Deriver(vending_key(LONG), EA.STA, DKGA.DKGA02)
    with pytest.raises(RuleError, match="given were 64 bits and EA11"):
        Deriver(vending_key(ODD), EA.MISTY1)


def test_usual_keys_need_no_caution() -> None:
    assert Deriver(vending_key(ODD), EA.STA).cautions == ()
    assert Deriver(vending_key(LONG), EA.MISTY1).cautions == ()


def test_a_key_without_odd_parity_is_cautioned_about() -> None:
    (caution,) = Deriver(vending_key(NOT_ODD), EA.STA).cautions
    assert "does not have odd parity" in caution
    assert Deriver(vending_key(bytes(20)), EA.STA).cautions == ()


def test_old_and_unproven_algorithms_are_cautioned_about() -> None:
    assert "few old meters" in Deriver(vending_key(ODD), EA.STA, DKGA.DKGA01).cautions[0]
    cautions = Deriver(vending_key(bytes(16)), EA.DEA).cautions
    assert ["withdrawn" in cautions[0], "EA09" in cautions[1]] == [True, True]


@pytest.mark.parametrize(
    ("dkga", "customary"),
    [(DKGA.DKGA01, VendingKeyParity.FORCED_ODD), (DKGA.DKGA02, VendingKeyParity.AS_LOADED)],
)
def test_each_algorithm_has_its_customary_parity(dkga: DKGA, customary: VendingKeyParity) -> None:
    by_default = derived(Deriver(vending_key(NOT_ODD), EA.STA, dkga))
    results = {
        parity: derived(Deriver(vending_key(NOT_ODD), EA.STA, dkga, parity=parity))
        for parity in VendingKeyParity
    }
    assert results[customary] == by_default
    assert len(set(results.values())) == 2
    assert results[VendingKeyParity.FORCED_ODD] == derived(
        Deriver(vending_key(odd_parity(NOT_ODD)), EA.STA, dkga)
    )


def test_the_parity_policy_does_not_touch_keys_with_odd_parity_or_of_160_bits() -> None:
    for key in (ODD, LONG):
        results = {derived(Deriver(vending_key(key), EA.STA, parity=parity)) for parity in VendingKeyParity}
        assert len(results) == 1


@pytest.mark.parametrize("dkga", list(DKGA))
def test_a_common_key_is_the_same_for_every_meter(dkga: DKGA) -> None:
    size = {DKGA.DKGA03: 16, DKGA.DKGA04: 20}.get(dkga, 8)
    deriver = Deriver(vending_key(bytes(range(size)), KeyType.DCTK), EA.STA, dkga)
    assert len({derived(deriver, pan) for pan in (PAN, OTHER_PAN, LONG_PAN)}) == 1
    assert derived(deriver) != derived(deriver, ti=TI("02"))


def test_the_two_readings_of_common_keys_differ_for_four_digit_manufacturers_only() -> None:
    vk = vending_key(ODD, KeyType.DCTK)
    fixed, own = (Deriver(vk, EA.STA, common=reading) for reading in CommonPANBlock)
    assert derived(fixed) == derived(own)
    assert derived(fixed, LONG_PAN) != derived(own, LONG_PAN)
    assert derived(own, LONG_PAN) != derived(own, PAN)


def test_the_blocks_of_a_common_key() -> None:
    assert f"{pan_block(LONG_PAN, KeyType.DCTK):016X}" == "0072700000000000"
    assert f"{pan_block(LONG_PAN, KeyType.DCTK, CommonPANBlock.METER_IIN):016X}" == "0" * 16
    assert f"{control_block(vending_key(ODD, KeyType.DCTK), TI('99')):016X}" == "3123456991FFFFFF"


def test_a_deriver_says_what_it_derives_from() -> None:
    vk = VendingKey(LONG, SGC("123457"), KRN(1), BaseDate.BD2014)
    deriver = Deriver(vk, EA.MISTY1)
    assert (deriver.vending_key, deriver.ea, deriver.dkga) == (vk, EA.MISTY1, DKGA.DKGA04)
