"""Cells read by whole columns: what is understood is right, and what is not is left to the slow way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from voltoken.cli.batch import columns, vector
from voltoken.cli.parameters import exact, moment, whole
from voltoken.errors import FieldError
from voltoken.sts import UNITS, MeterPAN

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NUMBERS = st.one_of(
    st.text("0123456789.", max_size=15),
    st.text("0123456789.,-+eE \0x", max_size=6),
    st.integers(0, 10**14).map(str),
    st.decimals(0, 10**8, places=3).map(str),
)
TIMES = st.one_of(
    st.datetimes().map(lambda one: one.isoformat()[:16]),
    st.datetimes().map(lambda one: one.isoformat()[:19]),
    st.datetimes().map(lambda one: one.isoformat(" ")[:19] + "Z"),
    st.text("0123456789-:TZ +", max_size=20),
)


def cells(texts: list[str]) -> vector.Cells:
    """Return texts as a column."""
    parts = [text.encode() for text in texts]
    ends = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    return vector.Cells(np.frombuffer(b"".join(parts), np.uint8), ends[:-1], ends[1:])


@given(st.lists(NUMBERS, min_size=1, max_size=20))
@example(["", ".", "5.", ".5", "1.2.3", "0009", "9999999999999", "12345678901234"])
@example([""])
def test_numbers_are_what_the_options_read(texts: list[str]) -> None:
    values, good = vector.numbers(cells(texts))
    for text, value, understood in zip(texts, values.tolist(), good.tolist(), strict=True):
        if understood:
            assert value == whole(text)
        else:
            assert not (text.isascii() and text.isdigit() and len(text) < 14)


@given(st.lists(NUMBERS, min_size=1, max_size=20))
@example(["0.1", "0.10", "0.11", "0.000000001", "1.", ".1", "25.6"])
def test_decimals_are_rounded_up_like_amounts(texts: list[str]) -> None:
    steps, good = vector.decimals(cells(texts), 1)
    for text, value, understood in zip(texts, steps.tolist(), good.tolist(), strict=True):
        if understood:
            assert value == UNITS.steps(exact(text))
        else:
            assert not text.replace(".", "0", 1).isdigit() or len(text) > 13 or text == "."


@given(st.lists(TIMES, min_size=1, max_size=20))
@example(
    ["2024-02-29T23:59", "2023-02-29T23:59", "0001-01-01T00:00", "0000-01-01T00:00", "9999-12-31 23:59:59Z"]
)
@example(["2026-03-01x13:00", "2026-03-01T24:00", "2026-13-01T00:00", "2026-00-01T00:00", "2026-01-00T00:00"])
def test_times_are_what_the_options_read(texts: list[str]) -> None:
    found, in_utc, good = vector.minutes(cells(texts))
    for row, text in enumerate(texts):
        if good[row]:
            time = moment(text)
            assert bool(in_utc[row]) == (time.tzinfo is not None)
            assert found[row] == (time.replace(tzinfo=UTC) - EPOCH) // timedelta(minutes=1)
        elif len(text) in vector.TIME_WIDTHS and text[10] in "T ":
            assert not is_plain_time(text)


def is_plain_time(text: str) -> bool:
    """Whether a text is a time without a zone or in UTC."""
    try:
        return moment(text).tzinfo in (None, UTC)
    except FieldError:
        return False


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=20), st.sampled_from([0, 1, 5]))
def test_numbers_are_written_as_decimal_writes_them(steps: list[int], places: int) -> None:
    texts = vector.decimal_texts(np.array(steps), places)
    assert [text.decode() for text in texts] == [f"{Decimal(n).scaleb(-places):f}" for n in steps]


@given(st.lists(st.timedeltas(timedelta(), timedelta(days=40_000)).map(EPOCH.__add__), min_size=1))
def test_times_are_written_in_iso_form(times: list[datetime]) -> None:
    minutes = np.array([(time - EPOCH) // timedelta(minutes=1) for time in times])
    assert [text.decode() for text in vector.time_texts(minutes)] == [
        f"{t:%Y-%m-%dT%H:%M}:00Z" for t in times
    ]


def test_cells_of_a_width_are_one_block_or_gathered() -> None:
    same, fits = cells(["01", "02", "\u00e9"]).fixed(2)
    assert (same.tolist(), fits.tolist()) == ([b"01", b"02", "\u00e9".encode()], [True] * 3)
    mixed, fits = cells(["01", "", "123", "04"]).fixed(2)
    assert (mixed.tolist(), fits.tolist()) == ([b"01", b"", b"", b"04"], [True, False, False, True])
    some, _ = cells(["01", "02", "03"]).take(np.array([2, 0])).fixed(2)
    assert some.tolist() == [b"03", b"01"]
    assert cells(["a", "b\u00e9"]).text(1) == "b\u00e9"


def test_texts_are_replaced_by_longer_ones() -> None:
    texts = np.array([b"a", b"b"], "S1")
    assert vector.patched(texts, {1: "longer"}).tolist() == [b"a", b"longer"]
    assert vector.patched(texts, {}).tolist() == [b"a", b"b"]


@given(st.lists(st.tuples(st.sampled_from(["00", "99", "47"]), st.integers(0, 10**8 - 1)), min_size=1))
def test_numbers_that_meters_print_are_completed_by_whole_columns(meters: list[tuple[str, int]]) -> None:
    for prefix, iin in (("", "600727"), ("51", "0000")):
        pans = [MeterPAN.build(prefix + code, f"{serial:08d}") for code, serial in meters]
        drns = np.array([pan.drn for pan in pans], f"S{len(pans[0].drn)}")
        assert columns._full_numbers(iin, drns).astype(str).tolist() == pans
