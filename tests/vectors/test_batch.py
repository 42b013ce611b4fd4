"""Every published vector through the batch engine, both ways, all entries of a file in one batch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pytest

from tests.unit.sts.batch.routes import every_route, forced, numbers, plain, texts
from tests.vectors.files import Entry, group, meter_pan, tid_of, vending_key
from tests.vectors.tokens import is_key_change, section_of, token_of
from voltoken.sts import (
    DKGA,
    EA,
    SAMPLE_TABLES,
    UNITS,
    DecoderKey,
    Deriver,
    Token,
    VendingKeyParity,
    batch,
)
from voltoken.sts.batch import DecoderKeys, Fault

TOKENS = group("ea11_tokens", "ea11_tokens") + group("ea07_sample", "tokens")
PLAIN_TOKENS = [entry for entry in TOKENS if not is_key_change(entry)]
SETS: list[list[Entry]] = [
    *(case["tokens"] for case in group("keychange_ea11", "keychange_sets")),
    *(list(rows) for _, rows in groupby(filter(is_key_change, TOKENS), lambda entry: entry["set"])),
]
CLASS_1 = [
    *group("class1", "class1_tokens"),
    *group("class1", "class1_tokens_hsm"),
    *group("class1", "class1_display_tests"),
]

every_form = pytest.mark.parametrize("form", ["lists", "arrays"])


def deriver(key: Entry, ea: str, ken: int = 255, **options: Any) -> Deriver:
    """Return what makes an entry's key."""
    return Deriver(vending_key(key, ken), EA(ea), DKGA(key["dkga"]), **options)


def derived(keys: Sequence[Entry], derivers: Sequence[Deriver], form: str) -> DecoderKeys:
    """Return the keys of entries, all made in one batch, each from its own vending key."""
    pans = texts([meter_pan(key) for key in keys], form)
    tis = [key["ti"] for key in keys]
    return batch.derive(pans, texts(tis, form), derivers, numbers(range(len(keys)), form))


def hexadecimal(keys: DecoderKeys) -> list[str]:
    """Return the bytes of keys as the files have them."""
    return [key.hex() for key in keys.key_list()]


def fields_of(tokens: Sequence[Token], form: str) -> tuple[Any, dict[str, Any]]:
    """Return the columns of codes and fields."""
    codes = [batch.code_of(token.token_class, token.subclass) for token in tokens]
    names = {spec.name for token in tokens for spec in token.layout.fields}
    values = {name: numbers([int(getattr(token, name, 0)) for token in tokens], form) for name in names}
    return numbers(codes, form), values


def check_tokens(entries: list[Entry], tokens: list[Token], keys: DecoderKeys, route: str, form: str) -> None:
    """Fail when tokens are not encoded to their digits, or digits not decoded to their fields."""
    codes, values = fields_of(tokens, form)
    digits = [entry["token"] for entry in entries]
    with forced(route):
        sold = batch.encode(codes, values, keys, SAMPLE_TABLES)
        read = batch.decode(texts(digits, form), keys, SAMPLE_TABLES)
    assert plain(sold.tokens) == digits
    assert not any(sold.faults)
    assert not any(read.faults)
    assert plain(read.code) == plain(codes)
    for name, column in values.items():
        assert plain(read.field(name)) == plain(column)
    for row, token in enumerate(tokens):
        assert read[row] == token
        assert f"{read.data[row]:012x}" == entries[row].get("block64_hex", f"{token.data:012x}")[:12]


@every_route
@every_form
def test_decoder_keys(form: str, route: str) -> None:
    entries = [*group("dkga", "dkga02"), *group("dkga", "dkga04"), *group("dkga", "dkga03_INFERRED")]
    entries = [{"dkga": "03", **entry} for entry in entries]
    derivers = [deriver(entry, entry.get("ea", "07")) for entry in entries]
    with forced(route):
        keys = derived(entries, derivers, form)
        assert hexadecimal(keys) == [entry["decoder_key"] for entry in entries]
    assert [keys[row].key.hex() for row in range(len(keys))] == hexadecimal(keys)


@every_route
@pytest.mark.parametrize(
    ("parity", "expected"),
    [
        (VendingKeyParity.AS_LOADED, "decoder_key_as_given"),
        (VendingKeyParity.FORCED_ODD, "decoder_key_odd_parity"),
    ],
)
def test_dkga02_under_both_parity_policies(parity: VendingKeyParity, expected: str, route: str) -> None:
    (entry,) = group("dkga", "vending_key_parity")
    with forced(route):
        keys = derived([entry], [deriver({**entry, "dkga": "02"}, "07", parity=parity)], "lists")
        assert hexadecimal(keys) == [entry[expected]]


@every_route
def test_the_laboratory_meter_of_dkga01_has_no_valid_number_and_so_no_key(route: str) -> None:
    (entry,) = group("dkga", "dkga01_INFERRED")
    one = deriver({**entry, "dkga": "01"}, "07")
    with forced(route):
        assert derived([entry], [one], "lists").faults == [Fault.PAN]


@every_route
@every_form
@pytest.mark.parametrize("ea", ["07", "11"])
def test_tokens_of_each_algorithm(ea: str, form: str, route: str) -> None:
    entries = [entry for entry in PLAIN_TOKENS if entry["ea"] == ea]
    with forced(route):
        keys = derived(
            [entry["key"] for entry in entries], [deriver(entry["key"], ea) for entry in entries], form
        )
        assert hexadecimal(keys) == [entry["key"]["decoder_key"] for entry in entries]
    check_tokens(entries, [token_of(entry) for entry in entries], keys, route, form)


@every_route
@every_form
def test_tokens_of_both_algorithms_in_one_batch(form: str, route: str) -> None:
    derivers = [deriver(entry["key"], entry["ea"]) for entry in PLAIN_TOKENS]
    with forced(route):
        keys = derived([entry["key"] for entry in PLAIN_TOKENS], derivers, form)
    tokens = [token_of(entry) for entry in PLAIN_TOKENS]
    check_tokens(PLAIN_TOKENS, tokens, keys, route, form)
    assert [int(value) for value in plain(fields_of(tokens, form)[1]["tid"])] == [
        tid_of(entry) for entry in PLAIN_TOKENS
    ]
    assert len(PLAIN_TOKENS) == 47 + 75 - 15


@every_route
@every_form
def test_sections_of_key_changes_one_by_one(form: str, route: str) -> None:
    entries = [entry for tokens in SETS for entry in tokens]
    sections = [
        section_of(entry, roll_over=tokens[0]["ro"] == 1, carry_sgc=tokens[0]["bit_3kct"] == 1)
        for tokens in SETS
        for entry in tokens
    ]
    with forced(route):
        keys = derived(
            [entry["key"] for entry in entries],
            [deriver(entry["key"], entry["ea"]) for entry in entries],
            form,
        )
    check_tokens(entries, list(sections), keys, route, form)


@every_route
@every_form
def test_whole_key_change_sets_from_the_two_keys(form: str, route: str) -> None:
    firsts = [tokens[0] for tokens in SETS]
    with forced(route):
        current = derived(
            [one["key"] for one in firsts], [deriver(one["key"], one["ea"]) for one in firsts], form
        )
        new = derived(
            [one["new_key"] for one in firsts],
            [deriver(one["new_key"], one["ea"], one.get("ken", 255)) for one in firsts],
            form,
        )
        assert hexadecimal(new) == [one["new_key"]["decoder_key"] for one in firsts]
        roll_over, carry_sgc = ([one[name] for one in firsts] for name in ("ro", "bit_3kct"))
        flags = numbers(roll_over, form), numbers(carry_sgc, form)
        made = batch.encode_key_change(current, new, *flags, SAMPLE_TABLES)
    assert not any(made.faults)
    excerpts = 0
    for made_tokens, count, tokens in zip(made.tokens, plain(made.counts), SETS, strict=True):
        published = [entry["token"] for entry in tokens]
        assert plain(made_tokens)[: len(published)] == published
        excerpts += count != len(published)
    assert excerpts == 1
    assert len(SETS) > 5


@every_route
@every_form
def test_class_1_tokens_under_any_key(form: str, route: str) -> None:
    keys = [
        DecoderKey(bytes([row % 256]) * (ea.key_bits // 8), ea) for row, ea in enumerate([*EA] * len(CLASS_1))
    ]
    column: Any = keys[: len(CLASS_1)] if form == "lists" else np.array(keys[: len(CLASS_1)], object)
    codes = [batch.code_of(entry["class"], entry["subclass"]) for entry in CLASS_1]
    control = [int(entry["control_hex"], 16) for entry in CLASS_1]
    mfr_code = [int(entry["mfr_code"]) for entry in CLASS_1]
    values = {"control": numbers(control, form), "mfr_code": numbers(mfr_code, form)}
    with forced(route):
        sold = batch.encode(numbers(codes, form), values, DecoderKeys.of(column), SAMPLE_TABLES)
        read = batch.decode(
            texts([entry["token"] for entry in CLASS_1], form), DecoderKeys.of(column), SAMPLE_TABLES
        )
    assert plain(sold.tokens) == [entry["token"] for entry in CLASS_1]
    assert plain(read.code) == codes
    assert (plain(read.field("control")), plain(read.field("mfr_code"))) == (control, mfr_code)
    assert not any(read.faults)
    assert len(CLASS_1) == 34 + 1 + 38


@every_form
def test_amounts_both_ways(form: str) -> None:
    entries = group("amounts", "amount_units")
    fields = [int(entry["field_hex"], 16) if "expect" not in entry else -1 for entry in entries]
    made = batch.amount_fields(numbers([UNITS.steps(entry["amount"]) for entry in entries], form))
    assert plain(made) == fields
    back = plain(batch.amount_steps(made))
    assert [UNITS.units(steps) for steps in back if steps >= 0] == [
        entry["decoded"] for entry in entries if "expect" not in entry
    ]
    watts = group("amounts", "power_limit_watts")
    made = batch.amount_fields(numbers([int(entry["watts"]) for entry in watts], form))
    assert plain(made) == [int(entry["field_hex"], 16) for entry in watts]
    assert plain(batch.amount_steps(made)) == [entry["decoded_watts"] for entry in watts]


@every_route
def test_currency_amounts_travel_in_two_fields(route: str) -> None:
    entries = group("amounts", "currency_amount")
    values: dict[str, Any] = {
        "se": [int(entry["se_hex"], 16) for entry in entries],
        "amount": [int(entry["amount_field_hex"], 16) for entry in entries],
        "tid": 1,
    }
    keys = DecoderKeys.of([DecoderKey(bytes(16), EA.MISTY1)] * len(entries))
    with forced(route):
        sold = batch.encode(batch.code_of(0, 6), values, keys)
        read = batch.decode(sold.tokens, keys)
    assert [read.field("se"), read.field("amount")] == [values["se"], values["amount"]]
    steps = [entry["decoded_steps"] for entry in entries]
    assert [getattr(read[row], "steps", None) for row in range(len(entries))] == steps
