"""Random rows of every kind, good and bad, with what the scalar interface says about each."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Any

from tests.unit.sts.batch.judge import (
    Change,
    Key,
    Number,
    Reading,
    change_of,
    code_of,
    key_of,
    number_of,
    reading_of,
)
from tests.unit.sts.batch.routes import forced, numbers, plain, same_error, texts
from tests.unit.sts.test_codec import authentic
from voltoken.sts import (
    DKGA,
    EA,
    KEN,
    KRN,
    SAMPLE_TABLES,
    SGC,
    TI,
    BaseDate,
    CommonPANBlock,
    DecoderKey,
    Deriver,
    KeyType,
    MeterPAN,
    STATables,
    TokenCipher,
    TokenNumber,
    VendingKey,
    VendingKeyParity,
    batch,
)
from voltoken.sts.layouts import LAYOUTS, Layout

NAMES = sorted({spec.name for row in LAYOUTS for spec in row.fields})

_COMBINATIONS = (
    (DKGA.DKGA01, 8, EA.STA),
    (DKGA.DKGA02, 8, EA.STA),
    (DKGA.DKGA02, 8, EA.DEA),
    (DKGA.DKGA03, 16, EA.STA),
    (DKGA.DKGA03, 16, EA.DEA),
    (DKGA.DKGA04, 20, EA.STA),
    (DKGA.DKGA04, 20, EA.MISTY1),
)


def deriver(source: random.Random, dkga: DKGA, size: int, ea: EA, **options: Any) -> Deriver:
    """Return a deriver from a random vending key."""
    key = VendingKey(
        source.randbytes(size),
        SGC(f"{source.randrange(10**6):06d}"),
        KRN(source.randint(1, 9)),
        source.choice(list(BaseDate)),
        options.pop("kt", source.choice(list(KeyType))),
        KEN(source.randrange(256)),
    )
    return Deriver(key, ea, dkga, **options)


def cast(seed: int) -> list[Deriver]:
    """Return derivers of every permitted combination; common keys and parities in both readings."""
    source = random.Random(seed)
    plainly = [deriver(source, *one) for one in _COMBINATIONS]
    common = [
        deriver(source, *one, kt=KeyType.DCTK, common=reading)
        for one, reading in product(_COMBINATIONS, CommonPANBlock)
    ]
    parities = [
        deriver(source, *one, parity=parity) for one, parity in product(_COMBINATIONS[:2], VendingKeyParity)
    ]
    return [*plainly, *common, *parities]


def pan_of(source: random.Random) -> str:
    """Return the number of a meter of either shape."""
    digits = source.choice((2, 4))
    serial = source.choice((0, 99_999_999, source.randrange(10**8)))
    return str(MeterPAN.build(f"{source.randrange(10**digits):0{digits}d}", f"{serial:08d}"))


def _bad_pan(source: random.Random) -> str:
    pan = pan_of(source)
    place = source.randrange(18)
    wrong = source.choice("0123456789x \u0661".replace(pan[place], ""))
    return source.choice((pan[:place] + wrong + pan[place + 1 :], pan[:-1], pan + "0", ""))


def _value(source: random.Random, row: Layout, place: int) -> int:
    spec = row.fields[place]
    return source.choice((spec.lowest, spec.limit, source.randint(spec.lowest, spec.limit)))


def _bad_value(source: random.Random, row: Layout, place: int) -> int:
    spec = row.fields[place]
    return source.choice((spec.lowest - 1, spec.limit + 1, -1, -1 << 63, (1 << 63) - 1, 1 << 63, 1 << 70))


CASTS = tuple(map(cast, range(3)))


@dataclass
class Rows:
    """Columns of a batch, and the verdicts of the scalar interface.

    bad: of a hundred rows, how many are spoilt in each of several ways.
    """

    seed: int
    size: int
    bad: int = 4
    tables: STATables = SAMPLE_TABLES
    derivers: list[Deriver] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Draw every column."""
        source = self.source = random.Random(self.seed)
        self.derivers = self.derivers or source.choice(CASTS)
        rows = range(self.size)
        count = len(self.derivers)
        self.pans = [_bad_pan(source) if self.spoilt() else pan_of(source) for _ in rows]
        self.tis = [
            source.choice((-1, 100, 1 << 40, -1 << 63)) if self.spoilt() else source.randrange(100)
            for _ in rows
        ]
        self.which = [
            source.choice((-1, count, 1 << 62)) if self.spoilt() else source.randrange(count) for _ in rows
        ]
        self.codes: list[int] = []
        self.values: dict[str, list[int]] = {name: [] for name in NAMES}
        for _ in rows:
            self._draw_token()

    def spoilt(self) -> bool:
        """Whether to spoil the next thing."""
        return self.source.randrange(100) < self.bad

    def _draw_token(self) -> None:
        source, row = self.source, self.source.choice(LAYOUTS)
        self.codes.append(source.choice((-1, 2, 15, 47, 63, 64, 1 << 62)) if self.spoilt() else code_of(row))
        values = dict.fromkeys(NAMES, 1)
        values.update((name, _value(source, row, place)) for place, name in enumerate(row.names))
        if self.spoilt():
            place = source.randrange(len(row.fields))
            values[row.names[place]] = _bad_value(source, row, place)
        for name, value in values.items():
            self.values[name].append(value)

    @cached_property
    def keys(self) -> list[Key]:
        """The key of each row."""
        columns = zip(self.pans, self.tis, self.which, strict=True)
        return [key_of(pan, ti, self.derivers, place) for pan, ti, place in columns]

    @cached_property
    def sold(self) -> list[Number]:
        """The token of each row."""
        return [
            number_of(code, {name: self.values[name][row] for name in NAMES}, self.keys[row], self.tables)
            for row, code in enumerate(self.codes)
        ]

    @cached_property
    def given(self) -> list[str]:
        """What is handed in as the token of each row."""
        return [self._token_like(row) for row in range(self.size)]

    @cached_property
    def read(self) -> list[Reading]:
        """What each of these is."""
        return [reading_of(text, key, self.tables) for text, key in zip(self.given, self.keys, strict=True)]

    def _token_like(self, row: int) -> str:
        source, key = self.source, self.keys[row].key
        digits = self.sold[row].digits or f"{source.getrandbits(66):020d}"
        if not self.spoilt():
            return digits
        place = source.randrange(20)
        damaged = digits[:place] + str((int(digits[place]) + 1) % 10) + digits[place + 1 :]
        other = source.choice(self.sold).digits
        grouped = TokenNumber.parse(digits).grouped
        written = [
            damaged,
            other,
            grouped,
            grouped.replace(" ", "-"),
            digits + " ",
            digits[:-1],
            digits + "0",
        ]
        unreadable = ["", "7" + "9" * 19, "x" * 20, digits[:-1] + "\u0661", digits[:9] + "\0" + digits[10:]]
        if key is None:
            return source.choice((*written, *unreadable))
        cipher = TokenCipher(key, self.tables)
        upper48 = source.getrandbits(48)
        numbers_of_all_kinds = [authentic(number, upper48, cipher).digits for number in range(4)]
        no_ti, no_krn = 4 << 44 | 100 << 32, 3 << 44 | 2 << 32
        wrong = [authentic(2, upper, cipher).digits for upper in (no_ti, no_krn)]
        return source.choice((*written, *unreadable, *numbers_of_all_kinds, *wrong))

    # ------------------------------------------------------------ through the batch engine

    def derived(self, form: str) -> batch.DecoderKeys:
        """Derive the keys of all rows."""
        tis, which = numbers(self.tis, form), numbers(self.which, form)
        return batch.derive(texts(self.pans, form), tis, self.derivers, which)

    def check(self, route: str, form: str) -> None:
        """Fail when deriving, encoding or decoding differs from the scalar interface in any row."""
        with forced(route):
            keys = self.derived(form)
            values = {name: numbers(column, form) for name, column in self.values.items()}
            sold = batch.encode(numbers(self.codes, form), values, keys, self.tables)
            again = batch.encode(numbers(self.codes, form), values, keys, self.tables)
            read = batch.decode(texts(self.given, form), keys, self.tables)
            fields = {name: plain(read.field(name)) for name in NAMES}
        check_keys(keys, self.keys)
        assert plain(sold.tokens) == plain(again.tokens) == [one.digits for one in self.sold]
        check_faults(sold, self.sold)
        assert plain(read.code) == [one.code for one in self.read]
        assert plain(read.data) == [one.data for one in self.read]
        check_faults(read, self.read)
        for name, column in fields.items():
            tokens = zip(column, self.read, strict=True)
            assert [value for value, one in tokens if one.token] == [
                _field(one, name) for one in self.read if one.token
            ]

    def check_change(self, other: Rows, route: str, form: str) -> None:
        """Fail when key changes from these keys to those of other rows differ from the scalar interface."""
        choices = (0, 0, 0, 0, 1, 1, 1, 1, 2, -1, 1 << 62)
        roll_over, carry_sgc = ([self.source.choice(choices) for _ in self.keys] for _ in range(2))
        expected = [
            change_of(*pair, roll_over=roll, carry_sgc=carry, tables=self.tables)
            for *pair, roll, carry in zip(self.keys, other.keys, roll_over, carry_sgc, strict=True)
        ]
        with forced(route):
            flags = numbers(roll_over, form), numbers(carry_sgc, form)
            made = batch.encode_key_change(self.derived(form), other.derived(form), *flags, self.tables)
        check_change(made, expected)


def _field(one: Reading, name: str) -> int:
    if one.token is None or name not in one.token.layout.names:
        return 0
    value: int = getattr(one.token, name)
    return value


def check_keys(keys: batch.DecoderKeys, expected: Sequence[Key]) -> None:
    """Fail when keys are not those expected, in all their attributes."""
    assert len(keys) == len(expected)
    assert plain(keys.faults) == [one.fault for one in expected]
    assert keys.key_list() == [one.key.key if one.key else b"" for one in expected]
    for row in range(0, len(keys), 1 + len(keys) // 200):
        error, one = keys.error(row), expected[row]
        assert (error.code if error else "") == one.fault.code
        assert same_error(error, one.error)
        if one.key:
            assert keys[row] == one.key


def check_faults(result: Any, expected: Sequence[Any]) -> None:
    """Fail when the faults of a result, or the errors that it tells, are not those expected."""
    assert plain(result.faults) == [one.fault for one in expected]
    for row, one in enumerate(expected):
        if one.fault:
            error = result.error(row)
            assert error.code == one.fault.code
            assert same_error(error, one.error)
    clean = [row for row, one in enumerate(expected) if not one.fault][:20]
    assert [result.error(row) for row in clean] == [None] * len(clean)


def check_change(made: batch.KeyChangeSets, expected: Sequence[Change]) -> None:
    """Fail when key change sets are not those expected."""
    filled = [[*one.tokens, *[""] * (4 - len(one.tokens))] for one in expected]
    assert [plain(row) for row in made.tokens] == filled
    assert plain(made.counts) == [len(one.tokens) for one in expected]
    check_faults(made, expected)


def key_by_hand(number: int, ea: EA = EA.STA, **attributes: Any) -> DecoderKey:
    """Return a key of a number, with a supply group, revision and tariff index unless others are given."""
    given = {"sgc": SGC("123456"), "krn": KRN(1), "ti": TI("07"), **attributes}
    return DecoderKey(number.to_bytes(ea.key_bits // 8, "big"), ea, **given)
