"""The law of the batch engine: on every route, in every form, it answers what the scalar interface says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.attempts import attempt
from tests.property.strategies import any_text, token_like_texts, token_numbers
from tests.unit.sts.batch.routes import ROUTES, every_route, every_way, forced, numbers, plain
from tests.unit.sts.batch.rows import CASTS, NAMES, Rows
from voltoken.errors import FieldError
from voltoken.sts import SAMPLE_TABLES, batch

pytestmark = pytest.mark.slow

SEEDS = st.integers(0, 1 << 32)
SPOILT = st.sampled_from((0, 4, 30))

every_pair = settings(max_examples=20)
"""Fewer examples each, for there is one test for every route and form."""


@every_way
@every_pair
@given(seed=SEEDS, size=st.integers(1, 60), bad=SPOILT)
def test_keys_and_tokens_are_those_of_the_scalar_interface(
    route: str, form: str, seed: int, size: int, bad: int
) -> None:
    Rows(seed, size, bad).check(route, form)


@every_way
@every_pair
@given(seed=SEEDS, size=st.integers(1, 60), bad=SPOILT)
def test_key_changes_are_those_of_the_scalar_interface(
    route: str, form: str, seed: int, size: int, bad: int
) -> None:
    Rows(seed, size, bad).check_change(Rows(seed + 1, size, bad), route, form)


@every_route
@every_pair
@given(data=st.data(), seed=SEEDS)
def test_any_text_is_read_as_the_scalar_interface_reads_it(
    route: str, data: st.DataObject, seed: int
) -> None:
    rows = Rows(seed, 8, bad=0)
    digits = token_numbers.map(lambda number: number.digits)
    rows.given = data.draw(st.lists(token_like_texts | digits, min_size=8, max_size=8))
    rows.check(route, "lists")


integers = st.integers(-2, 110) | st.integers(-(1 << 80), 1 << 80)
sized = st.sampled_from((np.int8, np.uint8, np.int16, np.uint32, np.int64, np.uint64))
nonsense = st.one_of(
    st.none(),
    st.booleans(),
    integers,
    any_text,
    st.binary(max_size=20),
    st.floats(),
    st.fractions(),
    st.complex_numbers(),
    st.decimals(allow_nan=False) | st.just(Decimal("NaN")),
    st.lists(st.integers(0, 20), max_size=20),
    st.dictionaries(st.integers(), st.integers(), max_size=2),
    st.builds(lambda kind, value: kind(value), sized, st.integers(0, 100)),
    st.integers(0, 9).map(np.array),
    st.sampled_from((np.bool_(True), np.float64(3), np.bytes_(b"07"), np.str_("07"), object(), int)),
    st.sampled_from(("07", "600727000000000009", "59386323472137426967", "5938 6323 4721 3742 6967")),
)
"""What may stand in a column by mistake, and a few things that may stand there rightly."""


def one_for_all_or(column: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return what gives a column, or one number for all rows."""
    return column | st.integers(-2, 1 << 70) | st.booleans()


@st.composite
def absurd(draw: st.DrawFn) -> dict[str, Any]:
    """Columns of nonsense, all of one length."""
    size = draw(st.integers(1, 5))
    column = st.lists(nonsense, min_size=size, max_size=size)
    number = one_for_all_or(column)
    drawn = st.fixed_dictionaries(
        {
            "pan": column,
            "ti": number,
            "which": number | st.just(0),
            "code": number | st.sampled_from((0, 16, 32, 33, 35, 36, 40, 41)),
            "tokens": column,
            "steps": column,
            "roll_over": number,
            "carry_sgc": number,
            "values": st.fixed_dictionaries(dict.fromkeys(NAMES, number)),
        }
    )
    columns: dict[str, Any] = draw(drawn)
    if draw(st.booleans()):  # so that tokens are looked at at all
        columns |= {"pan": ["600727000000000009"] * size, "ti": 7, "which": draw(st.integers(0, 6))}
    return columns


def answers(columns: dict[str, Any], *, arrays: bool) -> list[Any]:
    """Return everything that the engine says about columns, as plain values."""

    def shaped(column: Any) -> Any:
        return numbers(column, "objects") if arrays and isinstance(column, list) else column

    given = {name: shaped(column) for name, column in columns.items() if name != "values"}
    values = {name: shaped(column) for name, column in columns["values"].items()}
    keys = batch.derive(given["pan"], given["ti"], CASTS[0], given["which"])
    sold = batch.encode(given["code"], values, keys, SAMPLE_TABLES)
    read = batch.decode(given["tokens"], keys, SAMPLE_TABLES)
    new = batch.derive(given["pan"], given["ti"], CASTS[1], given["which"])
    sets = batch.encode_key_change(keys, new, given["roll_over"], given["carry_sgc"], SAMPLE_TABLES)
    for result in (keys, sold, read, sets):
        for row, fault in enumerate(plain(result.faults)):
            error = result.error(row)
            assert (error.code if error else "") == batch.Fault(fault).code, (row, fault, error)
    said = [
        *(keys.faults, sold.tokens, sold.faults, read.code, read.data, read.faults, sets.counts, sets.faults),
        *(read.field(name) for name in NAMES),
        batch.check_key_use(given["code"], values["tid"], keys),
        batch.amount_fields(given["steps"]),
        batch.amount_steps(given["steps"]),
        *sets.tokens,
    ]
    return [plain(column) for column in said]


@settings(max_examples=50)
@given(columns=absurd())
def test_nonsense_gives_faults_and_the_same_on_every_route(columns: dict[str, Any]) -> None:
    said = []
    for route in ROUTES:
        with forced(route):
            said += [answers(columns, arrays=False), answers(columns, arrays=True)]
    assert all(one == said[0] for one in said)


@every_route
@every_pair
@given(data=st.data(), seed=SEEDS, arrays=st.booleans())
def test_a_column_of_another_length_is_a_field_error(
    route: str, data: st.DataObject, seed: int, arrays: bool
) -> None:
    size = data.draw(st.integers(2, 5))
    rows = Rows(seed, size, bad=0)
    form = "arrays" if arrays else "lists"
    other: Any = data.draw(st.lists(st.integers(0, 9), max_size=9).filter(lambda one: len(one) != size))
    other = data.draw(
        st.sampled_from([numbers(other, form), np.array(1), np.int64(1), None, 1.5, iter(other)])
    )
    with forced(route):
        keys, values = rows.derived(form), dict.fromkeys(NAMES, 1)
        for act in (
            lambda: batch.derive(rows.pans, other, rows.derivers),
            lambda: batch.derive(rows.pans, 1, rows.derivers, other),
            lambda: batch.encode(other, values, keys, SAMPLE_TABLES),
            lambda: batch.encode(0, values | {"rnd": other}, keys, SAMPLE_TABLES),
            lambda: batch.encode(0, values | {"rnd": other, "tid": other}, keys, SAMPLE_TABLES),
            lambda: batch.decode(other, keys, SAMPLE_TABLES),
            lambda: batch.encode_key_change(keys, keys, other, sta_tables=SAMPLE_TABLES),
            lambda: batch.encode_key_change(keys, keys, 0, other, SAMPLE_TABLES),
            lambda: batch.check_key_use(other, 1, keys),
            lambda: batch.check_key_use(1, other, keys),
        ):
            assert isinstance(attempt(FieldError, act), FieldError)
        with pytest.raises(FieldError):
            batch.encode_key_change(keys, Rows(seed, size + 1).derived(form), sta_tables=SAMPLE_TABLES)
