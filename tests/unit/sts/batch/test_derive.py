"""Keys of many meters: every algorithm and form of column, what is refused, and keys that are known."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from tests.unit.sts.batch.judge import Key, key_of
from tests.unit.sts.batch.routes import every_form, every_route, forced, numbers, plain, texts
from tests.unit.sts.batch.rows import CASTS, check_keys, key_by_hand, pan_of
from voltoken.errors import FieldError
from voltoken.sts import EA, SAMPLE_TABLES, SGC, TI, DecoderKey, MeterPAN, batch
from voltoken.sts.batch import DecoderKeys, Fault

GOOD = "600727000000000009"
EDGES = [
    GOOD,
    *(
        str(MeterPAN.build(code, serial))
        for code in ("00", "99", "0000", "9999")
        for serial in ("0" * 8, "9" * 8)
    ),
]
PLACES = range(len(CASTS[0]))


@every_route
@every_form
@pytest.mark.parametrize("place", PLACES)
def test_one_vending_key_of_every_kind(place: int, form: str, route: str) -> None:
    source = random.Random(place)
    pans = [*EDGES, *(pan_of(source) for _ in range(30))]
    tis = [0, 99, *(source.randrange(100) for _ in pans[2:])]
    with forced(route):
        keys = batch.derive(texts(pans, form), numbers(tis, form), CASTS[0][place])
    expected = [key_of(pan, ti, CASTS[0], place) for pan, ti in zip(pans, tis, strict=True)]
    check_keys(keys, expected)
    assert not any(keys.faults)


@every_route
@pytest.mark.parametrize(
    "column",
    [
        7,
        [7, 7],
        (7, 7),
        ["07", "07"],
        [TI("07"), 7],
        range(7, 8),
        np.array([7, 7]),
        np.array([7, 7], np.uint8),
        np.array([7, 7], ">i8"),
        np.array(["07", "07"]),
        np.array([b"07", b"07"]),
        np.array(["07", 7], object),
        np.array([b"07", np.int8(7)], object),
        np.array([7, 0, 7])[::2],
    ],
    ids=repr,
)
@pytest.mark.parametrize("arrays", [False, True])
def test_the_forms_of_a_tariff_index(column: Any, arrays: bool, route: str) -> None:
    rows = 1 if isinstance(column, range) else 2
    pans = texts([GOOD] * rows, "arrays" if arrays else "lists")
    with forced(route):
        keys = batch.derive(pans, column, CASTS[0])
    check_keys(keys, [key_of(GOOD, 7, CASTS[0], 0)] * rows)
    assert isinstance(keys.faults, np.ndarray) is arrays
    assert keys.arrays is arrays


@every_route
@pytest.mark.parametrize(
    "which", [1, True, [1, 1], [True, np.int16(1)], np.array([1, 1], np.uint8)], ids=repr
)
def test_the_forms_of_a_place_among_vending_keys(which: Any, route: str) -> None:
    with forced(route):
        check_keys(batch.derive([GOOD] * 2, 7, CASTS[0], which), [key_of(GOOD, 7, CASTS[0], 1)] * 2)


FAULTY = [
    ("x", 100, 99, Fault.KEY),
    (GOOD, 7, -1, Fault.KEY),
    (GOOD, 7, len(PLACES), Fault.KEY),
    (GOOD, 7, None, Fault.KEY),
    (GOOD, 7, 1 << 64, Fault.KEY),
    ("x", 100, 0, Fault.PAN),
    (GOOD[:-1], 7, 0, Fault.PAN),
    (GOOD + "0", 7, 0, Fault.PAN),
    ("600727000000000000", 7, 0, Fault.PAN),
    ("600727000000000017", 7, 0, Fault.PAN),
    ("600728000000000007", 7, 0, Fault.PAN),
    ("60072700000000000\u0669", 7, 0, Fault.PAN),
    ("60072700000000000\udc39", 7, 0, Fault.PAN),
    (GOOD[:17] + "\0", 7, 0, Fault.PAN),
    ("", 7, 0, Fault.PAN),
    (None, 7, 0, Fault.PAN),
    (GOOD.encode(), 7, 0, Fault.PAN),
    (int(GOOD), 7, 0, Fault.PAN),
    (list(GOOD), 7, 0, Fault.PAN),
    (MeterPAN.unverified("600727", "01000000003"), 7, 0, Fault.PAN),
    (GOOD, -1, 0, Fault.TI),
    (GOOD, 100, 0, Fault.TI),
    (GOOD, 1 << 64, 0, Fault.TI),
    (GOOD, "7", 0, Fault.TI),
    (GOOD, "007", 0, Fault.TI),
    (GOOD, "\u0660\u0667", 0, Fault.TI),
    (GOOD, 7.0, 0, Fault.TI),
    (GOOD, None, 0, Fault.TI),
    (GOOD, "07", 0, Fault.NONE),
    (MeterPAN(GOOD), TI("07"), np.uint8(0), Fault.NONE),
]


@every_route
def test_what_is_wrong_with_a_row_and_what_counts_first(route: str) -> None:
    pans, tis, which, faults = map(list, zip(*FAULTY, strict=True))
    with forced(route):
        keys = batch.derive(pans, tis, CASTS[0], which)
    assert keys.faults == faults
    for row, fault in enumerate(faults):
        error = keys.error(row)
        assert isinstance(error, FieldError) is (fault is not Fault.NONE)
        if isinstance(error, FieldError):
            with pytest.raises(FieldError):
                keys[row]
            assert error.field == {Fault.KEY: "which", Fault.PAN: "pan", Fault.TI: "ti"}[fault]


@every_route
def test_every_wrong_digit_of_a_meter_number_is_noticed(route: str) -> None:
    wrong = [
        pan[:place] + digit + pan[place + 1 :]
        for pan in EDGES
        for place in range(18)
        for digit in "0123456789"
        if digit != pan[place]
    ]
    expected = [key_of(pan, 7, CASTS[0], 0) for pan in wrong]
    with forced(route):
        assert batch.derive(wrong, 7, CASTS[0]).faults == [one.fault for one in expected]
    assert {one.fault for one in expected} == {Fault.PAN}


@pytest.mark.parametrize("none", [(), []])
def test_there_must_be_a_vending_key(none: Any) -> None:
    with pytest.raises(FieldError, match="one Deriver or more"):
        batch.derive([GOOD], 7, none)


def test_no_meters_give_no_keys() -> None:
    keys = batch.derive([], 7, CASTS[0])
    assert (len(keys), keys.faults) == (0, [])
    assert batch.encode(0, dict.fromkeys(("rnd", "tid", "amount"), 1), keys, SAMPLE_TABLES).tokens == []
    assert batch.decode([], keys, SAMPLE_TABLES).field("tid") == []
    assert batch.encode_key_change(keys, keys, sta_tables=SAMPLE_TABLES).tokens == []


# ---------------------------------------------------------------- keys that are known


@every_route
@pytest.mark.parametrize("arrays", [False, True])
def test_known_keys_come_out_as_they_went_in(arrays: bool, route: str) -> None:
    known = [
        *(key_by_hand(number, ea) for number, ea in enumerate(EA)),
        DecoderKey(bytes(8), EA.STA),
        key_by_hand(5, EA.MISTY1, sgc=SGC("000046")),
    ]
    column: Any = np.array(known, object) if arrays else known
    with forced(route):
        keys = DecoderKeys.of(column)
        check_keys(keys, [Key(key) for key in known])
    assert keys.arrays is arrays
    assert [keys[row] for row in range(len(keys))] == known
    assert len({id(one) for one in keys.templates}) == 5


@pytest.mark.parametrize("keys", [[], (), [None], [bytes(8)], [key_by_hand(1), "x"]])
def test_what_is_no_key_is_refused_and_not_shown(keys: Any) -> None:
    with pytest.raises(FieldError, match="DecoderKeys, at least one") as refused:
        DecoderKeys.of(keys)
    assert refused.value.value is None


def test_keys_change_between_the_two_forms_that_they_are_kept_in() -> None:
    pans, which = ["x", *EDGES], [0, *(place % len(PLACES) for place in range(len(EDGES)))]
    with forced("kernels"):
        many = batch.derive(pans, 7, CASTS[0], which)
    few = batch.derive(pans, 7, CASTS[0], which)
    assert many.key_list() == few.key_list()
    assert many.fault_list() == few.fault_list() == [Fault.PAN, *[0] * len(EDGES)]
    for one, other in zip(many.columns(), few.columns(), strict=True):
        good = np.array(few.faults) == 0
        assert plain(np.asarray(one)[good]) == plain(np.asarray(other)[good])


@pytest.mark.parametrize("rows", [3, 300])
@pytest.mark.parametrize("make", [list, lambda pans: np.array(pans, "S18")], ids=["lists", "arrays"])
def test_who_writes_into_the_faults_changes_no_keys(make: Any, rows: int) -> None:
    keys = batch.derive(make([GOOD] * rows), 1, CASTS[0][0])
    keys.faults[0] = Fault.PAN
    assert keys.faults[0] == Fault.NONE
    assert batch.encode(0, {"rnd": 1, "tid": 2, "amount": 3}, keys, SAMPLE_TABLES).faults[0] == Fault.NONE
