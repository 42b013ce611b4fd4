"""Columns: what comes in becomes lists or arrays, and what is no number or text passes no check."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from voltoken.errors import FieldError
from voltoken.sts import TI, MeterPAN
from voltoken.sts.batch import columns
from voltoken.sts.batch.columns import NO_NUMBER

HIGHEST = (1 << 63) - 1
NUMBERS: list[tuple[Any, int]] = [
    (0, 0),
    (-5, -5),
    (True, 1),
    (np.uint8(7), 7),
    (np.array(7), 7),
    (HIGHEST, HIGHEST),
    (-1 << 63, -1 << 63),
    (HIGHEST + 1, NO_NUMBER),
    ((-1 << 63) - 1, NO_NUMBER),
    (np.uint64(HIGHEST + 1), NO_NUMBER),
    *(
        (value, NO_NUMBER)
        for value in (1.0, None, "1", b"1", [1], np.bool_(True), np.float64(1), np.array([1]))
    ),
]


@pytest.mark.parametrize(("value", "number"), NUMBERS, ids=repr)
def test_whole_numbers_and_what_is_none(value: Any, number: int) -> None:
    assert columns.whole(value) == number
    assert type(columns.whole(value)) is int
    assert columns.whole_list([value, 3], 2) == [value if type(value) is int else number, 3]
    assert columns.number_array([value, 3], 2).tolist() == [number, 3]


def test_a_whole_column_of_each_kind() -> None:
    given = [value for value, _ in NUMBERS]
    expected = [number for _, number in NUMBERS]
    made = columns.number_array(given, len(given))
    assert made.tolist() == [*map(columns.whole, columns.whole_list(tuple(given), len(given)))] == expected
    assert made.dtype == np.int64
    assert columns.number_list(given, len(given)) is given


@pytest.mark.parametrize("kind", ["u1", "i1", "<u8", ">u8", ">i4", "?", "f8", "U1", "S1", "O", "m8[s]"])
def test_arrays_of_every_kind_agree_with_their_lists(kind: str) -> None:
    array = np.array([1, 0, 1]).astype(kind)
    assert columns.number_array(array, 3).tolist() == columns.whole_list(array, 3)


def test_numbers_of_64_bits_without_a_sign_do_not_turn_round() -> None:
    array = np.array([0, HIGHEST, HIGHEST + 1, (1 << 64) - 1], np.uint64)
    made = columns.number_array(array, 4)
    assert made[:2].tolist() == [0, HIGHEST]
    assert all(made[2:] < 0)


@pytest.mark.parametrize("number", [7, True, -1, 1 << 64])
def test_one_number_stands_for_all_rows(number: int) -> None:
    whole = columns.whole(number)
    assert columns.number_array(number, 3).tolist() == columns.whole_list(number, 3) == [whole] * 3
    assert columns.number_list(number, 3) == [number] * 3
    assert [*map(columns.whole, columns.index_list(number, 3))] == columns.index_array(number, 3).tolist()


WRONG: list[Any] = [[], [1], [1, 2, 3], np.zeros(3), np.int64(2), np.array(2), None, 2.0, iter([1, 2])]


@pytest.mark.parametrize("column", WRONG, ids=lambda column: type(column).__name__)
def test_columns_of_another_length_and_what_is_no_column(column: Any) -> None:
    for act in (columns.number_list, columns.number_array, columns.whole_list, columns.check_length):
        with pytest.raises(FieldError, match="2 rows long, as the first column is") as refused:
            act(column, 2)
        assert refused.value.field == "column"


@pytest.mark.parametrize("shape", [(2, 1), (2, 2), (2, 3, 4)])
def test_arrays_of_more_dimensions_hold_no_numbers_and_no_texts(shape: tuple[int, ...]) -> None:
    numbers = np.zeros(shape, np.int64)
    assert columns.number_array(numbers, 2).tolist() == columns.whole_list(numbers, 2) == [NO_NUMBER] * 2
    texts = np.full(shape, b"00", "S2")
    assert columns.text_array(texts, 2).tolist() == [b"", b""]


def test_tariff_indices_are_numbers_or_texts() -> None:
    given: list[Any] = [
        0,
        "00",
        TI("99"),
        np.str_("07"),
        np.uint8(7),
        True,
        "7",
        "007",
        "x1",
        None,
        b"07",
        1.0,
    ]
    expected = [0, 0, 99, 7, 7, 1, *[NO_NUMBER] * 6]
    assert columns.index_list(given, 12) == columns.index_array(given, 12).tolist() == expected
    for column in (np.array(["07", "x"]), np.array([b"07", b"x"]), np.array(["07", None], object)):
        assert columns.index_list(column, 2) == columns.index_array(column, 2).tolist() == [7, NO_NUMBER]
    numbers = np.array([7, 100], np.uint8)
    assert columns.index_list(numbers, 2) == columns.index_array(numbers, 2).tolist() == [7, 100]


TEXTS: list[tuple[Any, bytes]] = [
    ("1234", b"1234"),
    (np.str_("1234"), b"1234"),
    ("123", b""),
    ("12345", b""),
    ("", b""),
    ("123\u0664", b"123?"),
    ("12\udc3334"[:4], b"12?3"),
    ("123\0", b"123"),
    *((value, b"") for value in (None, 1234, b"1234", list("1234"), 1.5, np.bytes_(b"1234"))),
]


@pytest.mark.parametrize(("value", "expected"), TEXTS, ids=repr)
def test_texts_and_what_is_none(value: Any, expected: bytes) -> None:
    assert columns.text_array([value], 4).tolist() == [expected]
    assert columns.text_array([value, "1234"], 4).tolist() == [expected, b"1234"]
    assert columns.text_array(["1234", value], 4).dtype == "S4"


@pytest.mark.parametrize("kind", ["S4", "S3", "S9", "U4", "U9", "O"])
def test_arrays_of_texts_of_any_width(kind: str) -> None:
    array = np.array([b"1234", b"12", b"123456789"] if kind != "O" else ["1234", b"12", None], kind)
    made = columns.text_array(array, 4)
    assert made.dtype == "S4"
    assert made.flags.c_contiguous
    kept = [value for value in made.tolist() if value]
    assert set(kept) <= {b"1234", b"12", b"123"}
    assert columns.text_array(array[::2], 4).flags.c_contiguous


def test_bytes_are_texts_in_arrays_only() -> None:
    given = [b"12\xff", "1"]
    assert columns.text_list(given) is given  # type: ignore[arg-type] # as somebody may
    assert columns.text_list(np.array([b"12\xff", b""])) == ["12\u00ff", ""]
    assert columns.text_list(np.array([b"1", "2", None], object)) == ["1", "2", None]


@pytest.mark.parametrize(
    ("column", "first"),
    [
        (7, 7),
        ([7, 8], 7),
        (np.array([7, 8], np.uint8), 7),
        (np.array([True, False]), True),
        (np.array([b"7", b"8"]), "7"),
        (np.array(["7", "8"]), "7"),
        (np.array([b"7", None], object), "7"),
        (np.array([np.bytes_(b"7"), None], object), "7"),
        (np.array([np.uint8(7), None], object), 7),
        ([np.uint8(7)], 7),
        ([b"7"], b"7"),
        ([np.bytes_(b"7")], b"7"),
        ([np.bool_(True)], np.bool_(True)),
        (np.array([np.bool_(True), None], object), np.bool_(True)),
        (["7"], "7"),
    ],
    ids=repr,
)
def test_one_element_as_the_scalar_interface_takes_it(column: Any, first: Any) -> None:
    found = columns.element(column, 0)
    assert found == first
    assert type(found) in (type(first), np.bytes_)


def test_meter_numbers_are_texts() -> None:
    pan = MeterPAN("600727000000000009")
    assert columns.text_array([pan], 18).tolist() == [pan.encode()]


def test_columns_that_come_out() -> None:
    texts, marks = columns.as_arrays((["1", ""], "S20"), ([0, 1], "u1"))
    assert (texts.tolist(), marks.dtype.itemsize) == ([b"1", b""], 1)
    assert columns.as_list(np.array([b"1", b""])) == ["1", ""]
    assert columns.as_list(np.array([1, 2], np.uint8)) == [1, 2]
    assert columns.is_array(np.array(1))
    assert not columns.is_array([1])


def test_whether_numpy_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert columns.numpy_found()
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert not columns.numpy_found()
