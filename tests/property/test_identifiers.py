"""Laws of meter numbers, records and carriers: mistakes are caught, and no text breaks a parser."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.property.attempts import attempt
from tests.property.strategies import (
    any_text,
    digit_strings,
    krns,
    pans,
    sgcs,
    sta_tables,
    tis,
    token_like_texts,
    token_numbers,
)
from voltoken.errors import CarrierError, FieldError, VoltokenError
from voltoken.sts import (
    EA,
    TCT,
    CardFrame,
    IDRecord,
    MagneticCard,
    MeterPAN,
    STATables,
    TokenNumber,
    luhn_check_digit,
    parse_key,
    parse_meter_number,
)

PARSE_KEY_REFUSAL = (
    "key: the given value is not allowed; it must be 16 hexadecimal digits (64 bit), 32 (128 bit) or 40 "
    "(160 bit). Look for missing digits, letters beyond F, or quotes around the key."
)
TRACK_2 = CardFrame(";", "?")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(any_text, inner, max_size=5),
    max_leaves=20,
)

expiries = st.just("0000") | st.builds(
    lambda year, month: f"{year:02d}{month:02d}", st.integers(0, 99), st.integers(1, 12)
)
id_records = st.builds(
    IDRecord,
    pans,
    st.sampled_from(["01", "02", "07", "08"]).map(TCT),
    st.sampled_from(EA),
    sgcs,
    tis,
    krns,
    expiries,
)


@given(digit_strings(17))
def test_every_single_wrong_digit_changes_the_check_digit(digits: str) -> None:
    right = luhn_check_digit(digits)
    for place, digit in enumerate(digits):
        for other in set("0123456789") - {digit}:
            assert luhn_check_digit(digits[:place] + other + digits[place + 1 :]) != right


@given(pan=pans, place=st.integers(0, 17), other=digit_strings(1))
def test_a_mistyped_digit_of_a_meter_number_is_caught(pan: MeterPAN, place: int, other: str) -> None:
    typed = pan[:place] + other + pan[place + 1 :]
    if typed != pan:
        with pytest.raises(FieldError):
            parse_meter_number(typed)


@given(pan=pans, place=st.integers(0, 16))
def test_swapped_neighbours_of_a_meter_number_are_caught(pan: MeterPAN, place: int) -> None:
    one, other = pan[place], pan[place + 1]
    typed = pan[:place] + other + one + pan[place + 2 :]
    if one == other or {one, other} == {"0", "9"}:  # the one swap that the Luhn rule cannot see
        return
    with pytest.raises(FieldError):
        parse_meter_number(typed)


@given(pans)
def test_a_meter_number_and_its_drn_give_each_other(pan: MeterPAN) -> None:
    assert MeterPAN.from_drn(pan.drn) == pan
    assert parse_meter_number(pan.drn) == pan
    assert parse_meter_number(pan) == pan
    assert MeterPAN.build(pan.mfr_code, pan.serial) == pan
    assert MeterPAN.unverified(pan.iin, pan.drn) == pan


@given(pans, st.sampled_from([" ", "-", "\t", "\u00a0", "\n"]))
def test_blanks_and_hyphens_in_a_meter_number_do_not_matter(pan: MeterPAN, blank: str) -> None:
    assert parse_meter_number(blank.join(pan[i : i + 4] for i in range(0, 18, 4)) + blank) == pan


@given(any_text | digit_strings(18) | digit_strings(13) | digit_strings(11))
def test_any_text_is_a_meter_number_or_a_field_error(text: str) -> None:
    pan = attempt(FieldError, parse_meter_number, text)
    if isinstance(pan, FieldError):
        assert pan.field in ("pan", "drn")
    else:
        assert MeterPAN(str(pan)) == pan


@given(any_text | st.text("0123456789abcdefABCDEF: ", min_size=16, max_size=60))
def test_any_text_is_a_key_or_an_error_that_does_not_show_it(text: str) -> None:
    key = attempt(FieldError, parse_key, text)
    if isinstance(key, FieldError):
        assert key.value is None
        assert key.message == PARSE_KEY_REFUSAL
        assert key.__context__ is None
    else:
        assert len(key) in (8, 16, 20)
        assert parse_key(key.hex()) == key


@given(json_values | st.dictionaries(st.sampled_from(["substitution_1", "label"]), json_values))
def test_any_json_is_a_table_file_or_a_field_error(document: object) -> None:
    with pytest.raises(FieldError):
        STATables.from_document(document)


@given(tables=sta_tables, name=st.text(max_size=50), value=json_values)
def test_any_change_of_a_table_file_is_read_or_a_field_error(
    tables: STATables, name: str, value: object
) -> None:
    document: dict[str, object] = {
        "substitution_1": list(tables.substitution_1),
        "substitution_2": list(tables.substitution_2),
        "permutation": list(tables.permutation),
    }
    assert STATables.from_document(document).permutation == tables.permutation
    for changed in (name, *document, "label", "decryption_permutation"):
        read = attempt(FieldError, STATables.from_document, {**document, changed: value})
        assert isinstance(read, FieldError) or read.label


@given(id_records)
def test_an_identification_record_reads_back(record: IDRecord) -> None:
    digits = record.digits
    assert len(digits) == 35
    assert IDRecord.parse(digits) == record
    for text in (f";{digits}?", f";{digits}?7", f"%{digits}?", f"\x02{digits}\x03", f"{digits}\r\n"):
        assert IDRecord.parse(text) == record
    assert IDRecord.parse(f";{digits[:18]}={digits[18:]}?") == record


@given(any_text | digit_strings(35) | st.text("0123456789;=?% -", min_size=30, max_size=45))
def test_any_text_is_an_identification_record_or_an_error_of_ours(text: str) -> None:
    record = attempt(VoltokenError, IDRecord.parse, text)
    if isinstance(record, IDRecord):
        assert IDRecord.parse(record.digits) == record
    else:
        assert isinstance(record, CarrierError | FieldError)


@given(id_records, st.dates())
def test_a_card_expires_after_its_month(record: IDRecord, today: date) -> None:
    year, month = int(record.doe[:2]), int(record.doe[2:])
    century = 1900 if year >= 93 else 2000
    passed = record.doe != "0000" and (today.year, today.month) > (century + year, month)
    assert record.expired(today) is passed


@given(token_numbers)
def test_every_form_of_a_token_number_reads_back(number: TokenNumber) -> None:
    assert TokenNumber.parse(number.digits) == number
    assert TokenNumber.parse(number.grouped) == number
    assert TokenNumber.parse(number.grouped.replace(" ", "-")) == number
    assert TokenNumber.from_hex(number.hex) == number
    assert TokenNumber.from_hex(number.hex.lower()) == number
    assert TokenNumber.from_bytes9(number.bytes9) == number
    assert str(number) == number.digits
    assert (len(number.digits), len(number.hex), len(number.bytes9)) == (20, 17, 9)


@given(token_like_texts | st.text("0123456789abcdefABCDEF", min_size=15, max_size=19))
def test_any_text_is_a_token_number_or_a_carrier_error(text: str) -> None:
    for read in (TokenNumber.parse, TokenNumber.from_hex):
        number = attempt(CarrierError, read, text)
        assert isinstance(number, CarrierError) or 0 <= number < 1 << 66


@given(st.binary(max_size=12))
def test_any_bytes_are_a_token_number_or_a_carrier_error(data: bytes) -> None:
    number = attempt(CarrierError, TokenNumber.from_bytes9, data)
    if isinstance(number, CarrierError):
        assert len(data) != 9 or data[0] > 3
    else:
        assert number.bytes9 == data


@given(token_numbers, st.none() | id_records, st.sampled_from([CardFrame(), TRACK_2]))
def test_a_token_card_reads_back(number: TokenNumber, record: IDRecord | None, frame: CardFrame) -> None:
    card = MagneticCard(number, record.digits if record else "")
    assert len(card.records(frame)) == (2 if record else 1)
    assert MagneticCard.parse(card.records(frame), frame) == card


@given(st.lists(any_text, max_size=3).map(tuple), st.sampled_from([CardFrame(), TRACK_2]))
def test_any_records_are_a_token_card_or_a_carrier_error(records: tuple[str, ...], frame: CardFrame) -> None:
    card = attempt(CarrierError, MagneticCard.parse, records, frame)
    assert isinstance(card, CarrierError) or MagneticCard.parse(card.records(frame), frame) == card
