"""Key change sets of many meters: every rule, every form of set, and what is refused."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from tests.unit.sts.batch.judge import Key, change_of
from tests.unit.sts.batch.routes import every_route, every_way, forced, numbers, plain
from tests.unit.sts.batch.rows import CASTS, check_change, key_by_hand
from voltoken.errors import FieldError
from voltoken.sts import (
    EA,
    KEN,
    SAMPLE_TABLES,
    SGC,
    TI,
    BaseDate,
    DecoderKey,
    KeyChangeSection,
    KeyType,
    TokenCipher,
    assemble,
    batch,
    decode,
)
from voltoken.sts.batch import DecoderKeys, Fault

every_ea = pytest.mark.parametrize("ea", EA)
Pairs = list[tuple[DecoderKey, DecoderKey]]


def column(keys: list[DecoderKey], form: str) -> DecoderKeys:
    """Return known keys as lists or arrays want them."""
    given: Any = keys if form == "lists" else np.array(keys, object)
    return DecoderKeys.of(given)


def check(pairs: Pairs, roll_over: list[int], carry_sgc: list[int], route: str, form: str) -> set[Fault]:
    """Fail when a batch of changes differs from the scalar interface; return the faults that there were."""
    expected = [
        change_of(Key(old), Key(new), roll_over=roll, carry_sgc=carry, tables=SAMPLE_TABLES)
        for (old, new), roll, carry in zip(pairs, roll_over, carry_sgc, strict=True)
    ]
    current, new = (column([pair[side] for pair in pairs], form) for side in (0, 1))
    with forced(route):
        made = batch.encode_key_change(
            current, new, numbers(roll_over, form), numbers(carry_sgc, form), SAMPLE_TABLES
        )
    check_change(made, expected)
    return {one.fault for one in expected}


@every_way
@every_ea
def test_every_change_of_key_type_and_base_date_with_every_flag(ea: EA, form: str, route: str) -> None:
    old_date, now, next_date = BaseDate
    dates = ((now, now), (old_date, now), (old_date, next_date), (now, old_date))
    kinds = product(KeyType, KeyType, dates, (0, 1), (0, 1))
    pairs, roll_over, carry_sgc = [], [], []
    for number, (before, after, (date, later), roll, carry) in enumerate(kinds):
        old = key_by_hand(number, ea, kt=before, base_date=date)
        new = key_by_hand(number << 40 | 7, ea, kt=after, base_date=later, ken=KEN(number % 256))
        pairs.append((old, new))
        roll_over.append(roll)
        carry_sgc.append(carry)
    assert check(pairs, roll_over, carry_sgc, route, form) == {Fault.NONE, Fault.RULE}


@every_way
def test_algorithms_equal_keys_and_keys_by_hand(form: str, route: str) -> None:
    keys = [
        *(key_by_hand(number, ea) for ea in EA for number in (1, 2, 1 << 63)),
        key_by_hand(1 << 64 | 1, EA.MISTY1),
        key_by_hand(3, ti=TI("99")),
        key_by_hand(3, sgc=SGC("999999")),
        *(key_by_hand(4, sgc=None), key_by_hand(4, krn=None), key_by_hand(4, ti=None)),
        DecoderKey(bytes(16), EA.MISTY1),
    ]
    pairs = list(product(keys, keys))
    for roll, carry in product((0, 1), (0, 1)):
        found = check(pairs, [roll] * len(pairs), [carry] * len(pairs), route, form)
        assert found == {Fault.NONE, Fault.RULE, Fault.FIELD}


@every_way
def test_flags_are_one_or_zero(form: str, route: str) -> None:
    pair = key_by_hand(1), key_by_hand(2)
    values = [0, 1, 2, -1, 1 << 62, 1 << 70, True, False]
    kinds = list(product(values, values))
    roll_over, carry_sgc = ([kind[place] for kind in kinds] for place in (0, 1))
    assert check([pair] * len(kinds), roll_over, carry_sgc, route, form) == {Fault.NONE, Fault.FIELD}


@every_way
def test_rows_without_a_key_get_their_own_fault(form: str, route: str) -> None:
    pans, which = (
        ["x", "600727000000000009", "600727000000000009", "600727000000000009"] * 5,
        [0, 1, -1, 99] * 5,
    )
    arrays: Any = pans if form == "lists" else np.array(pans)
    with forced(route):
        bad = batch.derive(arrays, 1, CASTS[0], numbers(which, form))
        good = column([key_by_hand(5)] * 20, form)
        before = batch.encode_key_change(bad, good, sta_tables=SAMPLE_TABLES)
        after = batch.encode_key_change(good, bad, 1, sta_tables=SAMPLE_TABLES)
    for made in (before, after):
        assert plain(made.faults)[0:4:2] == [Fault.PAN, Fault.KEY]
        assert plain(made.faults)[3] == Fault.KEY
        assert plain(made.tokens[0]) == plain(made.tokens[2]) == [""] * 4
        assert {made.error(0).code, made.error(2).code} == {"field.invalid"}  # type: ignore[union-attr] # there is one


@every_route
@every_ea
@pytest.mark.parametrize("carry_sgc", [0, 1])
def test_a_set_brings_the_new_key_to_the_meter(carry_sgc: int, ea: EA, route: str) -> None:
    old, new = key_by_hand(0xC0FFEE, ea), key_by_hand(0x0ABC12DEF3456789, ea, sgc=SGC("999999"), ti=TI("99"))
    with forced(route):
        made = batch.encode_key_change(
            column([old], "lists"), column([new], "lists"), 1, carry_sgc, SAMPLE_TABLES
        )
    cipher = TokenCipher(old, SAMPLE_TABLES)
    sections = [decode(token, cipher) for token in made.tokens[0] if token]
    assert len(sections) == made.counts[0] == (4 if ea is EA.MISTY1 else 2 + carry_sgc)
    parts = [section for section in sections if isinstance(section, KeyChangeSection)]
    carried = assemble(parts, ea.key_bits)
    assert (carried.key, carried.ti, carried.roll_over) == (new.key, new.ti, True)
    assert carried.sgc == (new.sgc if len(parts) > 2 else None)
    assert made.error(0) is None


@every_route
def test_columns_come_out_as_the_current_keys_go_in(route: str) -> None:
    old, new = [key_by_hand(1)] * 2, [key_by_hand(2)] * 2
    with forced(route):
        lists = batch.encode_key_change(column(old, "lists"), column(new, "arrays"), sta_tables=SAMPLE_TABLES)
        arrays = batch.encode_key_change(
            column(old, "arrays"), column(new, "lists"), sta_tables=SAMPLE_TABLES
        )
    assert [column.dtype.str[1:] for column in (arrays.tokens, arrays.counts, arrays.faults)] == [
        "S20",
        "u1",
        "u1",
    ]
    assert arrays.tokens.shape == (2, 4)
    assert lists.tokens == [plain(row) for row in arrays.tokens]
    assert (lists.counts, lists.faults) == ([2, 2], [0, 0])
    assert repr(lists) == repr(arrays) == "KeyChangeSets(2 rows)"


@every_route
def test_there_are_as_many_new_keys_as_current_ones(route: str) -> None:
    with forced(route), pytest.raises(FieldError, match="2 rows long"):
        batch.encode_key_change(
            column([key_by_hand(1)] * 2, "lists"),
            column([key_by_hand(2)] * 3, "lists"),
            sta_tables=SAMPLE_TABLES,
        )
