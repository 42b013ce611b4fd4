"""Lists of meters and tokens: what is read, and that a bad row is told and never guessed."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.kmc.planning.town import HEADER, meters, one_meter, pan, row
from voltoken.errors import FieldError
from voltoken.kmc.planning import (
    METER_COLUMNS,
    TOKEN_COLUMNS,
    Cadence,
    Fault,
    MeterList,
    Setup,
    columns,
    read_meters,
    read_tokens,
    reading,
)
from voltoken.sts import EA, BaseDate

TOKENS = "pan,tid,sgc,krn,issued_at,module"


@pytest.fixture(autouse=True, scope="module")
def usual_cells() -> Iterator[None]:
    """The longest cell is a setting of the whole process, and other tests change it."""
    before = csv.field_size_limit(131_072)
    yield
    csv.field_size_limit(before)


def fault(*rows: str) -> Fault:
    """Return the only fault of a list of meters."""
    found = meters(*rows)
    assert found.faults.count == 1
    return found.faults.shown[0]


def test_a_meter_is_read_with_all_that_the_list_tells() -> None:
    found = meters(row(1))
    assert found.meters == (
        (
            pan(1),
            Setup("123456", 1, "01", EA.STA, BaseDate.BD1993, 255, "02", "m-1"),
            Cadence(date(2026, 11, 20).toordinal(), 9, 90),
        ),
    )
    assert found.faults.count == 0
    assert found.meters[0].setup.key == "123456/1"
    assert found.meters[0].cadence.interval == 10


def test_the_digest_is_that_of_the_text() -> None:
    text = f"{HEADER}\r\n{row(1)}\r\n"
    found = read_meters(text.splitlines(keepends=True))
    assert found.digest == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_columns_stand_in_any_order_and_others_are_not_looked_at(delimiter: str) -> None:
    names = ["Name", "TCT", " ken ", "base_date", "ea", "ti", "krn", "sgc", "pan"]
    cells = ["Smith", "02", "255", "14", "11", "07", "3", "654321", pan(5)]
    found = read_meters([delimiter.join(names) + "\n", "\n", delimiter.join(cells) + "\n"])
    assert found.meters[0].setup == Setup("654321", 3, "07", EA.MISTY1, BaseDate.BD2014, 255, "02")
    assert found.meters[0].cadence == Cadence(0, 0, 90)
    assert found.meters[0].cadence.interval is None


def test_blanks_after_a_comma_are_not_part_of_a_cell() -> None:
    assert meters(row(1).replace(",", ", ")).meters == meters(row(1)).meters


def test_a_number_on_the_meter_is_as_good_as_a_full_one() -> None:
    assert one_meter(pan=pan(1)[6:17]).pan == pan(1)


@pytest.mark.parametrize(
    ("cells", "column", "said"),
    [
        ({"pan": "6.00727E+17"}, "pan", "A spreadsheet has turned the number into a rounded one"),
        ({"pan": pan(1)[:-1] + "x"}, "pan", "is not allowed"),
        ({"pan": pan(1)[6:16] + "x"}, "pan", "is not allowed"),
        ({"pan": pan(1)[:-1] + str(9 - int(pan(1)[-1]))}, "pan", "mistyped"),
        ({"pan": "07000000019"}, "pan", "mistyped"),
        ({"pan": ""}, "pan", "meter number"),
        ({"sgc": "12345"}, "sgc", "Keep the leading zeros"),
        ({"krn": "0"}, "krn", "1 to 9"),
        ({"krn": "1.0"}, "krn", "1 to 9"),
        ({"ti": "1"}, "ti", "Keep the leading zeros"),
        ({"ea": "7"}, "ea", "Keep the leading zeros"),
        ({"ea": "08"}, "ea", '"07"'),
        ({"base_date": "1993"}, "base_date", '"93"'),
        ({"ken": "256"}, "ken", "0 to 255"),
        ({"tct": "2"}, "tct", "Keep the leading zeros"),
        ({"module": "m 1"}, "module", "letters, digits"),
        ({"last_purchase": "2026-13-01"}, "last_purchase", "2026-11-21"),
        ({"last_purchase": "2026-11-20T08:00"}, "last_purchase", "a time with its zone"),
        ({"last_purchase": "0001-01-01T00:00:00+14:00"}, "last_purchase", "a time with its zone"),
        ({"last_purchase": "yesterday"}, "last_purchase", "a time with its zone"),
        ({"purchases": "-1"}, "purchases", "0 to 1000000"),
        ({"purchases": "1000001"}, "purchases", "0 to 1000000"),
        ({"purchases": "many"}, "purchases", "0 to 1000000"),
    ],
)
def test_a_bad_cell_is_told_with_its_line_column_and_reason(
    cells: dict[str, str], column: str, said: str
) -> None:
    found = fault(row(3), row(2, **cells))
    assert (found.line, found.column) == (3, column)
    assert said in found.reason


@pytest.mark.parametrize("days", ["0", "0.0", "4000", "1e2", "ten", "-3", "1.1234567"])
def test_an_interval_is_a_plain_number_of_days(days: str) -> None:
    found = read_meters([f"{HEADER},interval_days\n", f"{row(1, purchases='')},{days}\n"])
    assert found.faults.shown[0].column == "interval_days"
    assert not found.meters


def test_an_interval_stands_in_place_of_purchases_exactly() -> None:
    found = read_meters([f"{HEADER},interval_days\n", f"{row(1, purchases='')},10.1\n"])
    assert found.meters[0].cadence.interval == Fraction(101, 10)
    both = read_meters([f"{HEADER},interval_days\n", f"{row(1)},10.1\n"])
    assert "left out where there are purchases" in both.faults.shown[0].reason


def test_the_list_may_say_for_each_meter_what_its_purchases_count() -> None:
    lines = [f"{HEADER},window_days\n", f"{row(1)},30\n", f"{row(2)},\n"]
    first, second = read_meters(lines, window_days=45).meters
    assert (first.cadence.window, second.cadence.window) == (30, 45)


def test_a_meter_that_stands_there_twice_is_told_with_both_lines() -> None:
    found = fault(row(1), row(2), row(1, krn="2"))
    assert found.line == 4
    assert "It stands in line 2 as well" in found.reason


@pytest.mark.parametrize(
    ("lines", "line", "said"),
    [
        ([row(1) + ",more"], 2, "12 cells; the header has 11"),
        (["1,2"], 2, "2 cells; the header has 11"),
        (['"' + row(1), row(2) + '"'], 2, "goes on to line 3"),
        ([row(1).replace("m-1", '"m\n-1"')], 2, "goes on to line 3"),
        (["x" * 140_000], 2, "cannot be read"),
    ],
)
def test_a_row_that_is_none_is_told(lines: list[str], line: int, said: str) -> None:
    text = "\n".join([HEADER, *lines, row(9), ""])
    found = read_meters(text.splitlines(keepends=True))
    assert [one.pan for one in found.meters] == [pan(9)]
    assert found.faults.count == 1
    assert found.faults.shown[0].line == line
    assert said in found.faults.shown[0].reason


def test_empty_lines_are_no_rows() -> None:
    found = read_meters(["\n", f"{HEADER}\n", "\n", ",,,\n", f"{row(1)}\n", "\n"])
    assert len(found.meters) == 1
    assert found.faults.count == 0


@pytest.mark.parametrize(
    "lines",
    [[], ["\n"], ["pan,sgc\n"], [HEADER + ",krn\n"], ['"' + "x" * 140_000], ["\x00\n"], ["not a list"]],
    ids=["nothing", "blank", "too few", "twice", "endless", "binary", "text"],
)
def test_what_is_no_list_is_refused_with_what_one_is(lines: list[str]) -> None:
    with pytest.raises(FieldError) as refused:
        read_meters(lines)
    assert "columns" in refused.value.message


def test_lines_of_json_tell_the_same() -> None:
    names = HEADER.split(",")
    rows: list[dict[str, Any]] = [dict(zip(names, row(number).split(","), strict=True)) for number in (1, 2)]
    rows[1] |= {"krn": 1, "ken": 255, "purchases": 9, "extra": [1]}
    found = read_meters(f"{json.dumps(one)}\n" for one in rows)
    assert found.meters == meters(row(1), row(2)).meters
    assert found.faults.count == 0


@pytest.mark.parametrize(
    ("change", "column", "said"),
    [
        ({"pan": 600727000000000009}, "pan", "loses its leading zeros"),
        ({"sgc": 123456}, "sgc", "in quotation marks"),
        ({"krn": True}, "krn", "in quotation marks"),
        ({"krn": 2.0}, "krn", "1 to 9"),
        ({"ti": ["01"]}, "ti", "in quotation marks"),
        ({"tct": None}, "tct", "token carrier type"),
    ],
)
def test_json_has_numbers_as_text_where_digits_count(change: dict[str, Any], column: str, said: str) -> None:
    names = HEADER.split(",")
    document: dict[str, Any] = {**dict(zip(names, row(1).split(","), strict=True)), **change}
    found = read_meters([json.dumps(document)])
    assert (found.faults.shown[0].line, found.faults.shown[0].column) == (1, column)
    assert said in found.faults.shown[0].reason


@pytest.mark.parametrize(
    "line",
    [
        *('{"pan":"1","pan":"2"}', "[]", "{", '{"krn":NaN}'),
        *("1" * 5000, '{"krn":1e99999999999999999999}', "[", "[" * 99_999),
    ],
    ids=["twice", "list", "cut", "nan", "long", "huge", "open", "deep"],
)
def test_a_line_that_is_no_object_is_told(line: str) -> None:
    found = read_meters(["{}\n", "\n", line])
    assert found.faults.count == 2
    assert found.faults.shown[1].line == 3


def test_a_key_that_stands_twice_in_an_object_is_told() -> None:
    good = json.dumps(dict(zip(HEADER.split(","), row(1).split(","), strict=True)))
    assert read_meters([good]).faults.count == 0
    found = read_meters([good.replace('"krn": "1"', '"krn": "1", "krn": "1"')])
    assert found.faults.shown[0].reason == "The line is no JSON object."


def test_only_so_many_faults_are_kept_and_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "FAULTS_KEPT", 2)
    found = meters("a", "b", "c")
    assert len(found.faults.shown) == 2
    assert found.faults.count == 3


def test_what_is_remembered_while_reading_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_CACHE_MAX", 1)
    rows = [row(number, ti=f"{number % 3:02d}") for number in range(9)]
    assert [one.setup.ti for one in meters(*rows).meters] == [f"{number % 3:02d}" for number in range(9)]


def test_tokens_are_read_with_their_time_in_utc() -> None:
    found = read_tokens([f"{TOKENS}\n", f"{pan(1)},6765123,123456,2,2026-11-21T10:00:00+02:00,m-1\n"])
    token = found.tokens[0]
    assert (token.tid, token.key, token.module) == (6765123, "123456/2", "m-1")
    assert token.issued_at == datetime(2026, 11, 21, 8, tzinfo=UTC)
    assert len(found.digest) == 64


@pytest.mark.parametrize(
    "cells",
    [
        "16777216,123456,2,2026-11-21T10:00:00Z,m-1",
        "1,123456,2,2026-11-21,m-1",
        "1,123456,2,2026-11-21T10:00:00Z,",
    ],
)
def test_a_bad_token_is_left_out(cells: str) -> None:
    found = read_tokens([f"{TOKENS}\n", f"{pan(1)},{cells}\n"])
    assert not found.tokens
    assert found.faults.count == 1


def test_every_column_says_what_it_is() -> None:
    names = [one.name for one in METER_COLUMNS]
    assert len(set(names)) == len(names)
    assert all(one.text for one in (*METER_COLUMNS, *TOKEN_COLUMNS))
    assert columns.WINDOW_DEFAULT == 90


cells = st.text(st.characters(codec="utf-8") | st.sampled_from(',;"\n\r\t{}[]:0123456789E+.'), max_size=30)


@given(
    st.lists(
        st.one_of(cells, st.just(HEADER), st.just(row(1)), st.just(row(2, krn="x")), st.just("{}")),
        max_size=8,
    )
)
@settings(max_examples=200, deadline=None)
def test_any_lines_are_a_list_or_a_field_error(lines: list[str]) -> None:
    for read in (read_meters, read_tokens):
        try:
            found = read(f"{line}\n" for line in lines)
        except FieldError:
            continue
        count = len(found.meters if isinstance(found, MeterList) else found.tokens)
        assert count + found.faults.count <= len(lines)
