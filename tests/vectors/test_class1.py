"""class1.json and layout.json: tokens that are not encrypted, and where the class bits go."""

from __future__ import annotations

import pytest

from tests.vectors.files import Entry, cases
from voltoken.sts import (
    ExtendedTokenSet,
    InitiateMeterTestDisplay,
    TokenNumber,
    decode,
    encode,
    extract_class,
    insert_class,
    pack,
    registry,
    unpack,
)


def token_of(entry: Entry) -> InitiateMeterTestDisplay:
    """Return the token of an entry from its fields."""
    return InitiateMeterTestDisplay(entry["subclass"], int(entry["control_hex"], 16), int(entry["mfr_code"]))


ALL = (
    cases("class1", "class1_tokens")
    + cases("class1", "class1_tokens_hsm")
    + cases("class1", "class1_display_tests")
)


@pytest.mark.parametrize("entry", ALL)
def test_class_1_tokens_are_encoded(entry: Entry) -> None:
    token = token_of(entry)
    assert (token.token_class, token.subclass) == (entry["class"], entry["subclass"])
    assert token.layout.fields[0].width == entry["control_bits"]
    block = f"{pack(token):016x}"
    assert block == entry.get("block64_hex", block)
    assert block[12:] == entry.get("crc_hex", block[12:])
    assert encode(token).digits == entry["token"]


@pytest.mark.parametrize("entry", ALL)
def test_class_1_tokens_are_decoded_without_a_key(entry: Entry) -> None:
    token = decode(entry["token"])
    assert token == token_of(entry)
    if "type" in entry:
        assert token.layout.name == entry["type"]


@pytest.mark.parametrize("entry", cases("class1", "class1_tokens_hsm"))
def test_the_hexadecimal_form_of_a_security_module(entry: Entry) -> None:
    number = TokenNumber.from_hex(entry["token66_hex"])
    assert number.digits == entry["token"]
    assert TokenNumber.parse(entry["token"]).hex == entry["token66_hex"].upper()


@pytest.mark.parametrize("entry", cases("class1", "class1_display_tests"))
def test_display_tests_are_named_by_number(entry: Entry) -> None:
    token = InitiateMeterTestDisplay.of([entry["test_number"]], entry["mfr_code"])
    assert token == token_of(entry)
    assert token.tests == (entry["test_number"],)
    assert encode(token).digits == entry["token"]


@pytest.mark.parametrize("entry", cases("class1", "class1_control_bits", "test_number"))
def test_the_control_bit_of_each_test(entry: Entry) -> None:
    number, bit = entry["test_number"], entry["control_bit"]
    token = InitiateMeterTestDisplay.of([number])
    assert token.control == ((1 << 36) - 1 if bit is None else 1 << bit)
    assert registry.find_name(registry.METER_TESTS, number) != "unknown"


@pytest.mark.parametrize("entry", cases("layout", "class_transposition"))
def test_the_class_takes_the_place_of_two_bits(entry: Entry) -> None:
    block = int(entry["block64_hex"], 16)
    assert insert_class(block, entry["class"]).digits == entry["token"]
    assert extract_class(TokenNumber.parse(entry["token"])) == (entry["class"], block)


@pytest.mark.parametrize("entry", cases("layout", "flag_token_value"))
def test_the_value_of_a_flag_token(entry: Entry) -> None:
    token = ExtendedTokenSet.set_flag(entry["flag"], entry["value"], tid=1, rnd=0)
    assert f"{token.value:04x}" == entry["field_hex"]
    read = unpack(2, pack(token))
    assert isinstance(read, ExtendedTokenSet)
    assert (read.index, read.flag, read.state) == (entry["index"], entry["flag"], entry["value"])
