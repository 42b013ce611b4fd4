"""What a token travels on: digits with help for the person who typed them, cards, identification records."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from voltoken.errors import CarrierError, FieldError
from voltoken.sts import (
    CARD_RECORDS,
    EA,
    KRN,
    SGC,
    TCT,
    TI,
    CardFrame,
    IDRecord,
    MagneticCard,
    MeterPAN,
    TokenNumber,
    decode,
)

PLAIN_FRAME, TRACK2_FRAME = CardFrame(), CardFrame(";", "?")
TOKEN = "59386323472137426967"
RECORD = "600727580000795237" + "2512" + "02" + "07" + "123456" + "01" + "1"


class Text(str):
    """Text with a class of its own, as some libraries hand it over."""

    __slots__ = ()


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        "5938 6323 4721 3742 6967",
        "5938-6323-4721-3742-6967",
        "  5938\t6323\u00a04721\u20073742\u202f6967\r\n",
        "5 9 3 8 6 3 2 3 4 7 2 1 3 7 4 2 6 9 6 7",
        Text(TOKEN),
        Text("5938 6323 4721 3742 6967"),
    ],
)
def test_blanks_and_hyphens_are_ignored(text: str) -> None:
    assert TokenNumber.parse(text).digits == TOKEN


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "No token was given"),
        (" - ", "No token was given"),
        ("5938632347213742696", "20 digits; 19 were given. Some are missing"),
        ("593863234721374269670", "20 digits; 21 were given. There are too many"),
        ("5938632347213742696O", "Look for letters, such as O for 0"),
        ("5938632347213742696.", "digits only"),
        ("٥٩٣٨٦٣٢٣٤٧٢١٣٧٤٢٦٩٦٧", "digits only"),
        ("²" * 20, "digits only"),
        ("+5938632347213742696", "digits only"),
        ("73786976294838206464", "greater than any token, 7378 6976 2948 3820 6463"),
        ("9" * 20, "such as a transaction reference"),
    ],
)
def test_a_mistyped_token_is_explained(text: str, words: str) -> None:
    with pytest.raises(CarrierError) as refused:
        TokenNumber.parse(text)
    assert words in refused.value.message
    with pytest.raises(CarrierError) as on_decoding:
        decode(text)
    assert on_decoding.value.message == refused.value.message


def test_the_count_of_digits_is_in_the_detail() -> None:
    with pytest.raises(CarrierError) as refused:
        TokenNumber.parse("123")
    assert refused.value.detail == {"digits": 3}


@pytest.mark.parametrize("value", [int(TOKEN), None, TOKEN.encode(), ["5938"]])
def test_a_token_is_given_as_text(value: Any) -> None:
    with pytest.raises(CarrierError, match="A token is given as text of 20 digits"):
        TokenNumber.parse(value)
    with pytest.raises(CarrierError, match="A token is given as text of 20 digits"):
        decode(value)


@pytest.mark.parametrize("value", [-1, 1 << 66, "1", 1.0, None])
def test_a_token_number_has_66_bits(value: Any) -> None:
    with pytest.raises(CarrierError, match="a whole number of 66 bits"):
        TokenNumber(value)


def test_the_bounds_of_a_token_number() -> None:
    assert TokenNumber(0).digits == "0" * 20
    assert TokenNumber((1 << 66) - 1).digits == "73786976294838206463"
    assert TokenNumber.parse("73786976294838206463").hex == "3FFFFFFFFFFFFFFFF"
    assert TokenNumber.parse("73786976294838206463").bytes9.hex() == "03" + "ff" * 8


def test_a_token_is_shown_in_groups_of_four() -> None:
    assert TokenNumber.parse(TOKEN).grouped == "5938 6323 4721 3742 6967"
    assert TokenNumber(1).grouped == "0000 0000 0000 0000 0001"


@pytest.mark.parametrize("text", ["", "0" * 16, "0" * 18, "0x000000008000BC0", "G" * 17, "٠" * 17, None, 7])
def test_the_hexadecimal_form_has_17_digits(text: Any) -> None:
    with pytest.raises(CarrierError, match="exactly 17 digits"):
        TokenNumber.from_hex(text)


def test_a_hexadecimal_number_may_still_be_too_great() -> None:
    with pytest.raises(CarrierError, match="66 bits"):
        TokenNumber.from_hex("F" * 17)


@pytest.mark.parametrize("data", [b"", bytes(8), bytes(10), bytearray(9), "0" * 9])
def test_the_byte_form_has_nine_bytes(data: Any) -> None:
    with pytest.raises(CarrierError, match="exactly 9 bytes"):
        TokenNumber.from_bytes9(data)


def test_the_upper_six_bits_of_the_byte_form_are_zero() -> None:
    assert TokenNumber.from_bytes9(b"\x03" + b"\xff" * 8) == (1 << 66) - 1
    with pytest.raises(CarrierError, match="66 bits"):
        TokenNumber.from_bytes9(b"\x04" + bytes(8))


def test_a_card_holds_a_token_and_perhaps_a_record() -> None:
    card = MagneticCard(TokenNumber.parse(TOKEN), RECORD)
    assert card.records() == (TOKEN, RECORD)
    assert card.records(TRACK2_FRAME) == (f";{TOKEN}?", f";{RECORD}?")
    assert MagneticCard(card.token).records(PLAIN_FRAME) == (TOKEN,)
    assert [row.name for row in CARD_RECORDS] == ["token", "id_record"]


@pytest.mark.parametrize("record", ["1", "x" * 35, "٠" * 35, RECORD + "0"])
def test_a_record_on_a_card_has_35_digits(record: str) -> None:
    with pytest.raises(CarrierError, match="The record id_record of a token card has exactly 35 digits"):
        MagneticCard(TokenNumber.parse(TOKEN), record)
    with pytest.raises(CarrierError, match="The record id_record of a token card has exactly 35 digits"):
        MagneticCard.parse((TOKEN, record))


@pytest.mark.parametrize(
    ("records", "frame", "words"),
    [
        ((), PLAIN_FRAME, "carries 1 to 2 records"),
        ((TOKEN, RECORD, RECORD), PLAIN_FRAME, "carries 1 to 2 records"),
        ((TOKEN, ""), PLAIN_FRAME, "The record id_record of a token card has exactly 35 digits"),
        ((TOKEN,), TRACK2_FRAME, "begins with ';' and ends with '?'"),
        ((f";{TOKEN}",), TRACK2_FRAME, "begins with ';' and ends with '?'"),
        ((f";{TOKEN}?",), PLAIN_FRAME, "The record token of a token card has exactly 20 digits"),
        (("9" * 20,), PLAIN_FRAME, "greater than any token"),
        ((None,), PLAIN_FRAME, "A card record is text"),
        ((";",), CardFrame(";", ";"), "begins with ';' and ends with ';'"),
    ],
)
def test_a_card_that_cannot_be_read_is_explained(records: Any, frame: CardFrame, words: str) -> None:
    with pytest.raises(CarrierError) as refused:
        MagneticCard.parse(records, frame)
    assert words in refused.value.message


def record(**changes: Any) -> IDRecord:
    """Return a good identification record with changes."""
    fields: dict[str, Any] = {
        "pan": MeterPAN("600727580000795237"),
        "tct": TCT("02"),
        "ea": EA.STA,
        "sgc": SGC("123456"),
        "ti": TI("01"),
        "krn": KRN(1),
        "doe": "2512",
    }
    return IDRecord(**{**fields, **changes})


def test_an_identification_record_has_its_fields_in_order() -> None:
    assert record().digits == RECORD
    assert IDRecord.parse(RECORD) == record()


@pytest.mark.parametrize("doe", ["2500", "2513", "0013", "251", "25122", "25a1", "٢٥١٢"])
def test_an_expiry_is_a_month(doe: str) -> None:
    with pytest.raises(FieldError, match="YYMM with a month 01 to 12") as refused:
        record(doe=doe)
    assert refused.value.field == "doe"


@pytest.mark.parametrize("tct", ["00", "09", "99"])
def test_a_carrier_without_a_name_is_refused(tct: str) -> None:
    with pytest.raises(FieldError, match="03 to 06 legacy") as refused:
        record(tct=TCT(tct))
    assert refused.value.field == "tct"


@pytest.mark.parametrize("tct", [f"{code:02d}" for code in range(1, 9)])
def test_carriers_with_a_name_are_taken(tct: str) -> None:
    assert record(tct=TCT(tct)).tct == tct


@pytest.mark.parametrize(
    ("doe", "today", "expired"),
    [
        ("0000", date(2999, 12, 31), False),
        ("2512", date(2025, 12, 31), False),
        ("2512", date(2026, 1, 1), True),
        ("9301", date(1993, 2, 1), True),
        ("9212", date(2092, 12, 31), False),
        ("9212", date(2093, 1, 1), True),
    ],
)
def test_the_month_of_expiry_still_counts(doe: str, today: date, expired: bool) -> None:
    assert record(doe=doe).expired(today) is expired


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("600727580000795238" + RECORD[18:], "pan"),
        (RECORD[:18] + "2513" + RECORD[22:], "doe"),
        (RECORD[:22] + "00" + RECORD[24:], "tct"),
        (RECORD[:24] + "10" + RECORD[26:], "ea"),
        (RECORD[:34] + "0", "krn"),
    ],
)
def test_a_bad_field_of_a_record_is_named(text: str, field: str) -> None:
    with pytest.raises(FieldError) as refused:
        IDRecord.parse(text)
    assert refused.value.field == field


@pytest.mark.parametrize("text", ["", ";?", RECORD[:34], RECORD + "1", "x" * 35, "٠" * 35])
def test_a_record_has_35_digits(text: str) -> None:
    with pytest.raises(CarrierError, match="A meter card record has 35 digits"):
        IDRecord.parse(text)


def test_a_record_is_text() -> None:
    wrong: Any = RECORD.encode()
    with pytest.raises(CarrierError, match="text of 35 digits"):
        IDRecord.parse(wrong)
