"""Key change sets: what goes into which section, and what a set needs to be complete."""

from __future__ import annotations

import pytest

from voltoken.errors import FieldError, RuleError
from voltoken.sts import (
    EA,
    KEN,
    KRN,
    SGC,
    TI,
    DecoderKey,
    KeyChangeParts,
    KeyType,
    Set1stSectionDecoderKey,
    Set2ndSectionDecoderKey,
    Set3rdSectionDecoderKey,
    Set3rdSectionSupplyGroup,
    Set4thSectionDecoderKey,
    assemble,
    key_change_sections,
    key_change_set,
)

SHORT = DecoderKey(bytes.fromhex("00112233 44556677"), EA.STA, SGC("123461"), KRN(4), TI("99"), ken=KEN(0xAB))
LONG = DecoderKey(
    bytes.fromhex("00112233 44556677 8899aabb ccddeeff"),
    EA.MISTY1,
    SGC("123457"),
    KRN(9),
    TI("01"),
    KeyType.DDTK,
)
OTHER = DecoderKey(bytes(8), EA.STA, SGC("123461"), KRN(3), TI("01"))


def test_a_short_key_travels_in_two_sections() -> None:
    assert key_change_set(OTHER, SHORT) == (
        Set1stSectionDecoderKey(kenho=0xA, krn=4, ro=0, bit_3kct=0, kt=2, nkho=0x00112233),
        Set2ndSectionDecoderKey(kenlo=0xB, ti=99, nklo=0x44556677),
    )


def test_with_its_supply_group_it_travels_in_three_and_the_first_announces_that() -> None:
    first, _, third = key_change_set(OTHER, SHORT, carry_sgc=True)
    assert isinstance(first, Set1stSectionDecoderKey)
    assert first.bit_3kct == 1
    assert third == Set3rdSectionSupplyGroup(sgc=123461, pad=0)


def test_a_long_key_travels_in_four_sections_with_the_middle_words_crossed() -> None:
    expected = (
        Set1stSectionDecoderKey(kenho=15, krn=9, ro=1, bit_3kct=0, kt=1, nkho=0x00112233),
        Set2ndSectionDecoderKey(kenlo=15, ti=1, nklo=0xCCDDEEFF),
        Set3rdSectionDecoderKey(sgclo=123457 & 0xFFF, nkmo2=0x44556677),
        Set4thSectionDecoderKey(sgcho=123457 >> 12, nkmo1=0x8899AABB),
    )
    assert key_change_sections(LONG, roll_over=True) == expected
    assert key_change_sections(LONG, roll_over=True, carry_sgc=True) == expected


def test_a_laboratory_may_make_what_the_rules_forbid() -> None:
    assert len(key_change_sections(SHORT, roll_over=True)) == 2
    first = key_change_sections(SHORT)[0]
    assert isinstance(first, Set1stSectionDecoderKey)
    assert (first.ro, first.bit_3kct) == (0, 0)
    with pytest.raises(RuleError, match="all be entered again"):
        key_change_set(SHORT, SHORT, roll_over=True)


def test_a_key_without_identity_is_no_target() -> None:
    nameless = DecoderKey(bytes(8), EA.STA)
    with pytest.raises(FieldError, match="sgc"):
        key_change_set(OTHER, nameless)
    assert len(key_change_set(nameless, OTHER)) == 2


def test_an_incomplete_set_names_what_is_missing() -> None:
    first, second, third, fourth = key_change_sections(LONG)
    with pytest.raises(RuleError, match="missing is the 1st, 2nd, 3rd, 4th section") as refused:
        assemble([], 128)
    assert refused.value.rule == "key_change_incomplete"
    assert refused.value.detail["missing"] == "1st, 2nd, 3rd, 4th"
    with pytest.raises(RuleError, match="missing is the 3rd section"):
        assemble([fourth, second, first], 128)
    assert assemble([fourth, third, second, first], 128).key == LONG.key


def test_an_unannounced_third_section_of_a_short_key_is_left_aside() -> None:
    first, second = key_change_sections(SHORT)
    stray = Set3rdSectionSupplyGroup(sgc=999_999)
    carried = assemble([stray, first, second], 64)
    assert carried.key == SHORT.key
    assert carried.sgc is None


def test_an_announced_third_section_is_waited_for() -> None:
    first, second, third = key_change_sections(SHORT, carry_sgc=True)
    parts, awaited = KeyChangeParts(64), []
    for section in (first, second, third):
        awaited.append(parts.missing)
        parts.add(section)
    assert [*awaited, parts.missing] == [(1, 2), (2, 3), (3,), ()]
    assert parts.assemble().sgc == "123461"


def test_a_section_that_comes_again_takes_the_place_of_the_earlier() -> None:
    old_first, old_second = key_change_sections(OTHER)
    first, second = key_change_sections(SHORT)
    carried = assemble([old_first, old_second, first, second], 64)
    assert carried.key == SHORT.key
    mixed = assemble([old_first, second], 64)
    assert mixed.key == OTHER.key[:4] + SHORT.key[4:]  # nothing in a section says which set it is of


@pytest.mark.parametrize(
    ("section", "key_bits"),
    [
        (Set3rdSectionSupplyGroup(1), 128),
        (Set3rdSectionDecoderKey(1, 1), 64),
        (Set4thSectionDecoderKey(1, 1), 64),
    ],
)
def test_sections_for_the_other_key_length_are_refused(
    section: Set3rdSectionDecoderKey, key_bits: int
) -> None:
    with pytest.raises(RuleError) as refused:
        assemble([section], key_bits)
    assert refused.value.rule == "key_change_length"
    assert refused.value.detail["section_bits"] == 192 - key_bits


def test_a_supply_group_that_is_none_is_refused() -> None:
    first, second, _, _ = key_change_sections(LONG)
    sections = [first, second, Set3rdSectionDecoderKey(0xFFF, 0), Set4thSectionDecoderKey(0xFFF, 0)]
    with pytest.raises(FieldError) as refused:
        assemble(sections, 128)
    assert refused.value.field == "sgc"


def test_what_a_set_carries_is_that_of_the_new_key() -> None:
    carried = assemble(key_change_sections(LONG, roll_over=True), 128)
    assert (carried.kt, carried.krn, carried.ti, carried.ken) == (KeyType.DDTK, 9, "01", 255)
    assert (carried.sgc, carried.roll_over) == ("123457", True)
    assert carried.check_value == LONG.check_value
