"""Laws of key change sets: whatever is carried arrives, in any order, and is shown by nobody."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.property.attempts import attempt
from tests.property.strategies import ciphers, decoder_keys, key_change_tokens
from voltoken.errors import RuleError
from voltoken.sts import (
    EA,
    DecoderKey,
    KeyChangeParts,
    KeyChangeSection,
    assemble,
    decode,
    encode_key_change,
    key_change_sections,
    key_change_set,
)

pytestmark = pytest.mark.slow

RULES_OF_A_CHANGE = ("key_type_change", "roll_over_same_key", "roll_over_missing", "base_date_back")

every_ea = pytest.mark.parametrize("ea", EA)


@every_ea
@given(data=st.data(), roll_over=st.booleans(), carry_sgc=st.booleans(), order=st.randoms())
def test_a_set_in_any_order_brings_the_new_key(
    ea: EA, data: st.DataObject, roll_over: bool, carry_sgc: bool, order: random.Random
) -> None:
    new, cipher = data.draw(decoder_keys(ea)), data.draw(ciphers(ea))
    sections = key_change_sections(new, roll_over=roll_over, carry_sgc=carry_sgc)
    numbers = list(encode_key_change(sections, cipher))
    order.shuffle(numbers)
    carried = assemble(map(as_section, (decode(number, cipher) for number in numbers)), ea.key_bits)
    assert carried.key == new.key
    assert (carried.kt, carried.krn, carried.ti, carried.ken) == (new.kt, new.krn, new.ti, new.ken)
    assert carried.sgc == (new.sgc if ea is EA.MISTY1 or carry_sgc else None)
    assert carried.roll_over is roll_over
    assert carried.check_value == new.check_value
    assert len(numbers) == (4 if ea is EA.MISTY1 else 3 if carry_sgc else 2)


def as_section(token: object) -> KeyChangeSection:
    """Say to the type checker what every token of a set is."""
    assert isinstance(token, KeyChangeSection)
    return token


@every_ea
@given(data=st.data(), carry_sgc=st.booleans())
def test_a_set_lacks_exactly_the_sections_that_have_not_come(
    ea: EA, data: st.DataObject, carry_sgc: bool
) -> None:
    sections = key_change_sections(data.draw(decoder_keys(ea)), carry_sgc=carry_sgc)
    parts = KeyChangeParts(ea.key_bits)
    awaited = set(range(1, len(sections) + 1))
    for number, section in enumerate(sections, start=1):
        assert set(parts.missing) <= awaited
        with pytest.raises(RuleError) as refused:
            parts.assemble()
        assert refused.value.rule == "key_change_incomplete"
        parts.add(section)
        parts.add(section)
        awaited.remove(number)
        assert set(parts.missing) == awaited
    assert parts.assemble() == assemble(sections, ea.key_bits)


@given(data=st.data(), roll_over=st.booleans(), carry_sgc=st.booleans())
def test_a_permitted_change_gives_the_sections_of_the_new_key(
    data: st.DataObject, roll_over: bool, carry_sgc: bool
) -> None:
    current, new = data.draw(decoder_keys(EA.STA)), data.draw(decoder_keys(EA.STA))
    options = {"roll_over": roll_over, "carry_sgc": carry_sgc}
    sections = attempt(RuleError, key_change_set, current, new, **options)
    if isinstance(sections, RuleError):
        assert sections.rule in RULES_OF_A_CHANGE
    else:
        assert sections == key_change_sections(new, **options)
        assert current.base_date.instant <= new.base_date.instant
        assert roll_over or current.base_date is new.base_date


@every_ea
@given(data=st.data())
def test_no_words_about_a_section_hold_a_part_of_the_key(ea: EA, data: st.DataObject) -> None:
    new: DecoderKey = data.draw(decoder_keys(ea).filter(lambda key: min(key.key) > 15))
    sections = key_change_sections(new, carry_sgc=True)
    parts = KeyChangeParts(ea.key_bits)
    for section in sections:
        parts.add(section)
    said = " ".join(map(repr, (*sections, parts, parts.assemble(), new)))
    for start in range(0, len(new.key), 4):
        word = new.key[start : start + 4]
        assert word.hex() not in said.lower()
        assert str(int.from_bytes(word, "big")) not in said


@given(data=st.data())
def test_sections_for_the_other_key_length_do_not_mix(data: st.DataObject) -> None:
    section = as_section(data.draw(key_change_tokens(128)))
    parts = KeyChangeParts(64)
    if section.layout.key_bits is None:
        parts.add(section)
        assert section in (parts.first, parts.second)
    else:
        with pytest.raises(RuleError, match="128 bits does not belong to a key of 64 bits"):
            parts.add(section)
