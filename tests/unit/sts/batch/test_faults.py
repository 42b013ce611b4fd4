"""Faults: their order, their codes, and that nothing about a batch shows what is secret."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.unit.sts.batch.routes import every_route, forced, plain
from tests.unit.sts.batch.rows import key_by_hand
from tests.unit.sts.test_secrets import KEY, assert_silent, shows_no_key
from voltoken import errors
from voltoken.errors import FieldError, VoltokenError
from voltoken.sts import EA, KRN, SAMPLE_TABLES, SGC, BaseDate, Deriver, STATables, VendingKey, batch
from voltoken.sts.batch import DecoderKeys, Fault
from voltoken.sts.batch.faults import fault_of


def test_faults_stand_in_the_order_in_which_they_count() -> None:
    names = "NONE KEY PAN TI CODE KEY_LENGTH FIELD CARRIER INTEGRITY UNSUPPORTED RANGE RULE REFUSED"
    assert " ".join(fault.name for fault in Fault) == names
    assert [*map(int, Fault)] == list(range(13))


def test_every_fault_has_the_code_of_the_errors_it_stands_for() -> None:
    assert [fault.code for fault in Fault] == [
        "",
        *["field.invalid"] * 6,
        *(
            "token.carrier",
            "token.integrity",
            "token.unsupported",
            "token.range",
            "rule.violated",
            "key.refused",
        ),
    ]


def test_only_errors_of_reading_tokens_are_faults() -> None:
    assert fault_of(errors.CarrierError("")) is Fault.CARRIER
    assert fault_of(errors.IntegrityError("")) is Fault.INTEGRITY
    assert fault_of(errors.TokenRangeError("")) is Fault.RANGE
    assert fault_of(errors.UnsupportedToken("", 3, None, "reserved", None)) is Fault.UNSUPPORTED
    error = FieldError("tid", 1, "2")
    with pytest.raises(FieldError) as raised:
        fault_of(error)
    assert raised.value is error


# ---------------------------------------------------------------- secrets

PANS = ["600727000000000009", "x", "600727000000000009"]


def everything(route: str, size: int) -> tuple[list[object], list[VoltokenError | None], list[str]]:
    """Return what a batch under the key of test_secrets makes: objects, errors, tokens."""
    ea = EA.MISTY1 if size == 20 else EA.STA
    deriver = Deriver(VendingKey(KEY[:size], SGC("000046"), KRN(3), BaseDate.BD2014), ea)
    with forced(route):
        keys = batch.derive(PANS, [1, 1, 100], deriver)
        known = DecoderKeys.of([key_by_hand(int.from_bytes(KEY[: ea.key_bits // 8], "big"), ea)] * 3)
        others = DecoderKeys.of([key_by_hand(number, ea) for number in range(3)])
        parts = [int.from_bytes(KEY[start : start + 4], "big") for start in (0, 4)]
        wrong = {"kenlo": 99, "ti": 1, "nklo": parts[0] << 4}
        sold = batch.encode(36, wrong | {"nklo": parts[0], "kenlo": 1}, keys, SAMPLE_TABLES)
        refused = batch.encode(36, wrong, known, SAMPLE_TABLES)
        read = batch.decode(sold.tokens, known, SAMPLE_TABLES)
        change = batch.encode_key_change(others, known, sta_tables=SAMPLE_TABLES)
        barred = batch.encode_key_change(known, known, 1, sta_tables=SAMPLE_TABLES)
        columns = keys.columns(), known.columns()
        again = batch.decode([row[0] for row in change.tokens], others, SAMPLE_TABLES)
        last = again[0]
    results: list[Any] = [keys, known, sold, refused, read, change, barred, again]
    found = [result.error(row) for result in results for row in range(3)]
    tokens = [token for token in (*plain(sold.tokens), *change.tokens[0]) if token]
    return [*results, *columns, columns[1].chosen(slice(0, 1)), last], found, tokens


@every_route
@pytest.mark.parametrize("size", [8, 20])
def test_nothing_shows_key_bytes_or_tokens(size: int, route: str) -> None:
    objects, found, tokens = everything(route, size)
    assert tokens
    for one in objects:
        for text in (repr(one), str(one), f"{one}"):
            assert shows_no_key(text)
            assert not any(token in text or token[4:16] in text for token in tokens)
    raised = [error for error in found if error is not None]
    assert raised
    for error in raised:
        assert_silent(error)


def test_keys_show_how_many_and_for_what() -> None:
    keys = DecoderKeys.of([key_by_hand(0xC0FFEE5E, ea) for ea in EA])
    assert repr(keys) == "DecoderKeys(3 keys for EA07, EA09, EA11)"
    assert repr(keys.columns()) == "KeyColumns(3 keys)"
    assert repr(keys.columns().chosen(np.array([0, 2]))) == "KeyColumns(2 keys)"
    assert repr(keys.templates[0]).startswith("DecoderKey(ea=")


def test_tables_and_what_is_made_of_them_show_no_table() -> None:
    tables = STATables(
        [(7 * value + 3) % 16 for value in range(16)],
        [(5 * value + 1) % 16 for value in range(16)],
        [(11 * value + 5) % 64 for value in range(64)],
        "of the utility",
    )
    keys = DecoderKeys.of([key_by_hand(1)] * 2)
    with forced("kernels"):
        sold = batch.encode(0, {"rnd": 1, "tid": 1, "amount": 1}, keys, tables)
    assert sold.faults == [0, 0]
    made = [tables, tables.planes, tables.encryption(), *tables.circuits(), *keys.ciphers(tables)]
    for one in made:
        assert "3, 10, 1" not in repr(one)
        assert len(repr(one)) < 100
