"""Tokens of many rows: every type at its limits, texts of every form, and everything that is no token."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from tests.unit.sts.batch.judge import Key, code_of, number_of, reading_of
from tests.unit.sts.batch.routes import every_route, every_way, forced, numbers, plain
from tests.unit.sts.batch.rows import CASTS, NAMES, check_faults, key_by_hand
from tests.unit.sts.test_codec import authentic
from voltoken.errors import FieldError
from voltoken.sts import EA, SAMPLE_TABLES, TID, ClearCredit, TokenCipher, TokenNumber, batch, encode
from voltoken.sts.batch import DecoderKeys, Fault
from voltoken.sts.layouts import LAYOUTS

KEYS = {ea: Key(key_by_hand(0x0ABC12DEF3456789, ea)) for ea in EA}
OTHER = {ea: Key(key_by_hand(0x1BC12DEF34567890, ea)) for ea in EA}
every_ea = pytest.mark.parametrize("ea", EA)
CREDIT = {"rnd": 5, "tid": 5871660, "amount": 1}


def keys_of(key: Key, rows: int, form: str = "lists") -> DecoderKeys:
    """Return one key for many rows."""
    column: Any = np.array([key.key] * rows, object) if form != "lists" else [key.key] * rows
    return DecoderKeys.of(column)


def cipher_of(key: Key) -> TokenCipher:
    """Return the scalar cipher of a key."""
    assert key.key is not None
    return TokenCipher(key.key, SAMPLE_TABLES)


def at_the_limits() -> list[tuple[int, dict[str, int]]]:
    """Return code and fields of every type: each field at its lowest and highest, and one beyond."""
    cases = []
    for row in LAYOUTS:
        middle = dict.fromkeys(NAMES, 1)
        for spec in row.fields:
            for value in (spec.lowest, spec.limit, spec.lowest - 1, spec.limit + 1, spec.lowest - 2**63):
                cases.append((code_of(row), middle | {spec.name: value}))
    return cases


@every_way
@every_ea
def test_every_field_of_every_type_at_its_limits(ea: EA, form: str, route: str) -> None:
    codes, fields = zip(*at_the_limits(), strict=True)
    expected = [number_of(code, one, KEYS[ea], SAMPLE_TABLES) for code, one in at_the_limits()]
    values = {name: numbers([one[name] for one in fields], form) for name in NAMES}
    keys = keys_of(KEYS[ea], len(codes), form)
    with forced(route):
        sold = batch.encode(numbers(codes, form), values, keys, SAMPLE_TABLES)
    assert plain(sold.tokens) == [one.digits for one in expected]
    check_faults(sold, expected)
    elsewhere = set() if ea is EA.MISTY1 else {Fault.KEY_LENGTH}
    assert {one.fault for one in expected} == {Fault.NONE, Fault.FIELD} | elsewhere


@every_route
def test_the_first_and_last_tid(route: str) -> None:
    with forced(route):
        keys = keys_of(KEYS[EA.STA], 4)
        sold = batch.encode(0, CREDIT | {"tid": [0, TID.HIGH, -1, TID.HIGH + 1]}, keys, SAMPLE_TABLES)
        read = batch.decode([*sold.tokens[:2], *sold.tokens[:2]], keys, SAMPLE_TABLES)
    assert sold.faults == [0, 0, Fault.FIELD, Fault.FIELD]
    assert read.field("tid") == [0, (1 << 24) - 1] * 2


@every_route
@every_ea
def test_every_class_and_subclass_is_read_or_refused_as_ever(ea: EA, route: str) -> None:
    source, cipher = random.Random(55), cipher_of(KEYS[ea])
    given = [
        authentic(token_class, subclass << 44 | payload, cipher).digits
        for token_class in range(4)
        for subclass in range(16)
        for payload in (0, (1 << 44) - 1, source.getrandbits(44), source.getrandbits(44))
    ]
    given += [f"{int(digits) ^ 1 << 40:020d}" for digits in given[:200:3] if int(digits) ^ 1 << 40 < 1 << 66]
    expected = [reading_of(text, KEYS[ea], SAMPLE_TABLES) for text in given]
    with forced(route):
        read = batch.decode(given, keys_of(KEYS[ea], len(given)), SAMPLE_TABLES)
    assert read.code == [one.code for one in expected]
    assert read.data == [one.data for one in expected]
    check_faults(read, expected)
    kinds = {Fault.NONE, Fault.INTEGRITY, Fault.RANGE, Fault.UNSUPPORTED}
    assert {one.fault for one in expected} == kinds


@every_route
@every_ea
def test_every_wrong_digit_and_a_wrong_key_are_noticed(ea: EA, route: str) -> None:
    digits = encode(ClearCredit(5, 1, 0xFFFF), cipher_of(KEYS[ea])).digits
    wrong = [
        digits[:place] + str((int(digits[place]) + more) % 10) + digits[place + 1 :]
        for place in range(20)
        for more in range(1, 10)
    ]
    expected = [reading_of(text, KEYS[ea], SAMPLE_TABLES) for text in wrong]
    assert Fault.NONE not in {one.fault for one in expected}
    with forced(route):
        check_faults(batch.decode(wrong, keys_of(KEYS[ea], len(wrong)), SAMPLE_TABLES), expected)
        other = batch.decode([digits] * 2, keys_of(OTHER[ea], 2), SAMPLE_TABLES)
    assert (other.faults, other.code, other.data) == ([Fault.INTEGRITY] * 2, [0, 0], [0, 0])


WRITTEN = [
    "{0}",
    "{0} ",
    " {0}",
    "{0}\t\r\n",
    "{1}",
    "{2}",
    "{1} ",
    "\u00a0{1}",
]


@every_route
@pytest.mark.parametrize("kind", ["lists", "S", "U", "objects"])
def test_blanks_and_hyphens_do_not_matter(kind: str, route: str) -> None:
    number = encode(ClearCredit(5, 1, 0xFFFF), cipher_of(KEYS[EA.STA]))
    written = [
        form.format(number.digits, number.grouped, number.grouped.replace(" ", "-")) for form in WRITTEN
    ]
    column: Any = written
    if kind == "S":
        column = np.array([text.encode("latin-1") for text in written])
    elif kind != "lists":
        column = np.array(written, "U" if kind == "U" else object)
    with forced(route):
        read = batch.decode(column, keys_of(KEYS[EA.STA], len(written)), SAMPLE_TABLES)
    assert plain(read.faults) == [0] * len(written)
    assert plain(read.field("register")) == [0xFFFF] * len(written)
    assert isinstance(read.code, list) is (kind == "lists")


@every_route
@pytest.mark.parametrize("width", ["S20", "S21", "S24", "S40", "U20", "U24", "S19", "U3", ">U24"])
def test_arrays_of_every_width(width: str, route: str) -> None:
    number = encode(ClearCredit(5, 1, 0xFFFF), cipher_of(KEYS[EA.STA]))
    column = np.array([number.digits, number.grouped, "", "1"], width)
    expected = [
        reading_of(text.decode() if isinstance(text, bytes) else text, KEYS[EA.STA], SAMPLE_TABLES)
        for text in column.tolist()
    ]
    with forced(route):
        for given in (column, np.repeat(column, 2)[::2]):
            read = batch.decode(given, keys_of(KEYS[EA.STA], 4), SAMPLE_TABLES)
            check_faults(read, expected)
            assert plain(read.data) == [one.data for one in expected]


NO_TOKENS: list[Any] = [
    *("", " ", "1", "1" * 19, "1" * 21, "x" * 20, "73786976294838206464", "9" * 20, "1" * 19 + "\u0661"),
    *("1" * 19 + "\udc31", "1" * 19 + "\0", "1" * 20 + "\0", "\u00b2" * 20, "-" * 20),
    *(None, 1, b"1" * 20, 10**19, ["1"] * 20, 1.5, TokenNumber(10**19)),
]


@every_route
def test_what_is_no_token_is_a_carrier_fault(route: str) -> None:
    with forced(route):
        read = batch.decode(NO_TOKENS, keys_of(KEYS[EA.STA], len(NO_TOKENS)), SAMPLE_TABLES)
    assert read.faults == [Fault.CARRIER] * len(NO_TOKENS)
    assert {error.code for row in range(len(read)) if (error := read.error(row))} == {"token.carrier"}
    assert len([row for row in range(len(read)) if read.error(row)]) == len(NO_TOKENS)


# ---------------------------------------------------------------- what columns may be


@every_way
def test_columns_come_out_as_they_go_in_and_stay_as_they_are(form: str, route: str) -> None:
    keys = keys_of(KEYS[EA.STA], 3, form)
    amounts, codes = numbers([1, 2, 3], form), numbers([0, 1, 2], form)
    if form != "lists":
        amounts.setflags(write=False)
    with forced(route):
        sold = batch.encode(codes, CREDIT | {"amount": amounts}, keys, SAMPLE_TABLES)
        read = batch.decode(sold.tokens, keys, SAMPLE_TABLES)
    kinds: list[Any] = [sold.tokens, sold.faults, read.code, read.data, read.faults, read.field("amount")]
    if form == "lists":
        assert {type(column) for column in kinds} == {list}
        assert {type(token) for token in sold.tokens} == {str}
    else:
        assert [column.dtype.str[1:] for column in kinds] == ["S20", "u1", "u1", "u8", "u1", "i8"]
    assert plain(read.field("amount")) == plain(amounts) == [1, 2, 3]
    assert plain(read.code) == plain(codes)
    assert plain(read.field("mpl")) == plain(read.field("no such field")) == [0, 0, 0]


@every_route
@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.uint16, np.uint64, np.bool_, object])
@pytest.mark.parametrize("code", [0, 33, 42])
def test_arrays_of_numbers_go_with_lists_of_keys(code: int, kind: Any, route: str) -> None:
    fields = {name: np.array([1, 0, 1], kind) for name in ("rnd", "tid", "amount", "register", "value")}
    with forced(route):
        sold = batch.encode(code, fields, keys_of(KEYS[EA.STA], 3), SAMPLE_TABLES)
    expected = [
        number_of(code, dict.fromkeys(fields, value), KEYS[EA.STA], SAMPLE_TABLES) for value in (1, 0, 1)
    ]
    assert sold.tokens == [one.digits for one in expected]
    check_faults(sold, expected)


@every_route
def test_numbers_of_numpy_may_stand_in_lists(route: str) -> None:
    fields: dict[str, Any] = {
        "rnd": [np.uint8(1), np.array(1)],
        "tid": [np.int64(1), 1],
        "register": [np.uint64(1), True],
    }
    with forced(route):
        sold = batch.encode(33, fields, keys_of(KEYS[EA.STA], 2), SAMPLE_TABLES)
    expected = number_of(33, {"rnd": 1, "tid": 1, "register": 1}, KEYS[EA.STA], SAMPLE_TABLES)
    assert sold.tokens == [expected.digits] * 2
    assert sold.error(0) is sold.error(1) is None


@every_route
def test_numbers_that_cannot_even_be_compared_are_field_faults(route: str) -> None:
    absurd: list[Any] = [Decimal("sNaN"), np.array([1, 2]), Decimal(1), "1", None, [1]]
    with forced(route):
        sold = batch.encode(
            33, {"rnd": absurd, "tid": 1, "register": 1}, keys_of(KEYS[EA.STA], 6), SAMPLE_TABLES
        )
    assert sold.faults == [Fault.FIELD] * 6


@every_route
def test_tables_are_needed_where_a_key_is_for_ea07(route: str) -> None:
    mixed = DecoderKeys.of([KEYS[EA.MISTY1].key, KEYS[EA.STA].key])  # type: ignore[list-item] # keys, all
    others = DecoderKeys.of([KEYS[EA.MISTY1].key, KEYS[EA.DEA].key])  # type: ignore[list-item] # keys, all
    with forced(route):
        for act in (
            lambda: batch.encode(0, CREDIT, mixed),
            lambda: batch.decode(["1" * 20] * 2, mixed),
            lambda: batch.encode_key_change(mixed, mixed),
        ):
            with pytest.raises(FieldError, match="Pass SAMPLE_TABLES for tests") as refused:
                act()
            assert refused.value.field == "sta_tables"
        assert batch.encode(0, CREDIT, others).faults == [0, 0]
        again = batch.encode(0, CREDIT, mixed, SAMPLE_TABLES)
    assert again.faults == [0, 0]


@every_route
def test_a_column_that_is_missing_is_named_where_it_is_needed(route: str) -> None:
    keys = keys_of(KEYS[EA.STA], 2)
    with forced(route):
        with pytest.raises(
            FieldError, match=r"columns for rnd, tid, amount.*Missing: tid, amount"
        ) as refused:
            batch.encode(0, {"rnd": 1, "mpl": 2}, keys, SAMPLE_TABLES)
        assert (refused.value.field, refused.value.value) == ("values", "'rnd, mpl'")
        with pytest.raises(FieldError, match="nothing"):
            batch.encode([0, 33], {}, keys, SAMPLE_TABLES)
        assert batch.encode(33, {"rnd": 1, "tid": 1, "register": 1}, keys, SAMPLE_TABLES).faults == [0, 0]


@every_route
def test_the_pad_is_zero_unless_it_is_given(route: str) -> None:
    key, keys = KEYS[EA.STA], keys_of(KEYS[EA.STA], 2)
    with forced(route):
        sold = batch.encode(37, {"rnd": 1, "tid": 1}, keys, SAMPLE_TABLES)
        given = batch.encode(37, {"rnd": 1, "tid": 1, "pad": [0, 7]}, keys, SAMPLE_TABLES)
    zero, seven = (
        number_of(37, {"rnd": 1, "tid": 1, "pad": pad}, key, SAMPLE_TABLES).digits for pad in (0, 7)
    )
    assert (sold.tokens, given.tokens) == ([zero, zero], [zero, seven])
    with pytest.raises(FieldError, match=r"Missing: tid\."):
        batch.encode(37, {"rnd": 1}, keys, SAMPLE_TABLES)


@every_route
def test_only_rows_with_a_key_ask_for_their_columns(route: str) -> None:
    with forced(route):
        none = batch.derive(["x", "x"], 1, CASTS[0][0])
        assert batch.encode(33, CREDIT, none, SAMPLE_TABLES).faults == [Fault.PAN] * 2
        some = batch.derive(["600727000000000009", "x"], 1, CASTS[0][0])
        assert batch.encode([0, 33], CREDIT, some, SAMPLE_TABLES).faults == [0, Fault.PAN]


@every_route
@pytest.mark.parametrize(
    ("code", "fault"), [(2, Fault.NONE), (8, Fault.CODE), (-1, Fault.CODE), (41, Fault.KEY_LENGTH)]
)
def test_one_code_for_all_keeps_the_faults_of_keys(code: int, fault: Fault, route: str) -> None:
    with forced(route):
        keys = batch.derive(["600727000000000009", "x"], 1, CASTS[0][0])
        sold = batch.encode(code, CREDIT | {"sgcho": 1, "nkmo1": 1}, keys, SAMPLE_TABLES)
    assert sold.faults == [fault, Fault.PAN]


def test_results_say_how_many_rows_they_have() -> None:
    keys = keys_of(KEYS[EA.STA], 3)
    sold = batch.encode(0, CREDIT, keys, SAMPLE_TABLES)
    read = batch.decode(sold.tokens, keys, SAMPLE_TABLES)
    assert (repr(sold), repr(read), len(read)) == ("Encoded(3 rows)", "Decoded(3 rows)", 3)
    assert read[0] == read[1] == reading_of(sold.tokens[0], KEYS[EA.STA], SAMPLE_TABLES).token
    assert sold.error(0) is read.error(0) is None
