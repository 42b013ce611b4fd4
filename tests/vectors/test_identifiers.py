"""luhn_pan.json: check digits, meter numbers both ways, and the PANBlock."""

from __future__ import annotations

import pytest

from tests.vectors.files import Entry, cases, group, parameters
from voltoken.errors import FieldError
from voltoken.sts import (
    CommonPANBlock,
    KeyType,
    MeterPAN,
    luhn_check_digit,
    pan_block,
    parse_meter_number,
)

PANS = group("luhn_pan", "meter_pan")
GOOD = parameters([entry for entry in PANS if "expect" not in entry])
BAD = parameters([entry for entry in PANS if "expect" in entry])


@pytest.mark.parametrize("entry", cases("luhn_pan", "luhn"))
def test_check_digits(entry: Entry) -> None:
    assert luhn_check_digit(entry["digits"]) == str(entry["check_digit"])


@pytest.mark.parametrize("entry", GOOD)
def test_meter_numbers_are_built_from_their_parts(entry: Entry) -> None:
    assert MeterPAN.build(entry["mfr_code"], entry["dsn"]) == entry["pan"]
    assert MeterPAN.from_drn(entry["drn"]) == entry["pan"]
    assert parse_meter_number(entry["drn"]) == entry["pan"]
    assert MeterPAN.unverified(entry["iin"], entry["drn"]) == entry["pan"]


@pytest.mark.parametrize("entry", GOOD)
def test_meter_numbers_are_taken_apart(entry: Entry) -> None:
    pan = parse_meter_number(entry["pan"])
    assert (pan.iin, pan.drn) == (entry["iin"], entry["drn"])
    assert (pan.mfr_code, pan.serial) == (entry["mfr_code"], entry["dsn"])


@pytest.mark.parametrize("entry", GOOD)
@pytest.mark.parametrize("kt", [KeyType.DITK, KeyType.DDTK, KeyType.DUTK])
def test_the_pan_block_names_the_meter(entry: Entry, kt: KeyType) -> None:
    assert f"{pan_block(MeterPAN(entry['pan']), kt):016x}" == entry["panblock_kt012"]


@pytest.mark.parametrize("entry", GOOD)
def test_the_pan_block_of_a_common_key_names_no_meter(entry: Entry) -> None:
    readings = {"a and b": list(CommonPANBlock), "b": [CommonPANBlock.METER_IIN]}[entry["reading"]]
    for reading in readings:
        block = pan_block(MeterPAN(entry["pan"]), KeyType.DCTK, reading)
        assert f"{block:016x}" == entry["panblock_kt3"]


@pytest.mark.parametrize("entry", BAD)
def test_a_wrong_meter_number_is_refused(entry: Entry) -> None:
    with pytest.raises(FieldError):
        MeterPAN(entry["pan"])
    with pytest.raises(FieldError):
        parse_meter_number(entry["pan"])


def test_both_kinds_of_entry_are_there() -> None:
    assert (len(GOOD), len(BAD)) == (3, 1)
    assert {entry.get("reading") for entry in PANS} == {"a and b", "b", None}
