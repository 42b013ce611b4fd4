"""Decoder keys of many rows: what deriving makes, and what encoding and decoding need.

A few keys are kept as bytes with the cipher that was made of each, for the scalar loop; many as columns of
64-bit words, for the kernels. Which it is follows from the number of rows; each is made from the other
where it must. The bytes are never shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from voltoken.errors import HIDDEN, FieldError, VoltokenError
from voltoken.sts.batch.columns import number_array, number_list, result
from voltoken.sts.codec import BlockCipher, TokenCipher
from voltoken.sts.fields import EA, TI
from voltoken.sts.keys import DecoderKey

if TYPE_CHECKING:
    from voltoken.sts.batch.columns import Numbers, Result
    from voltoken.sts.batch.kernels.groups import Rows
    from voltoken.sts.batch.kernels.types import U8, U64
    from voltoken.sts.ciphers.sta_tables import STATables

EAS: Final = tuple(EA)
"""The encryption algorithms, by the number that stands for each in a column."""


class KeyColumns(NamedTuple):
    """Keys as the kernels take them.

    low, high: the words of each key; high is None when all have 64 bits. eas: the place in ``EAS`` of
    each row's algorithm. wide: 1 where a key has 128 bits, else 0. faults: the fault of each row.
    """

    low: U64
    high: U64 | None
    eas: U8
    wide: U8
    faults: U8

    def chosen(self, rows: Rows) -> KeyColumns:
        """Return the keys of some rows."""
        high = None if self.high is None else self.high[rows]
        return KeyColumns(self.low[rows], high, self.eas[rows], self.wide[rows], self.faults[rows])

    def __repr__(self) -> str:
        """Return how many keys there are, without them."""
        return f"KeyColumns({len(self.faults)} keys)"


class KeyRows(NamedTuple):
    """Keys as the scalar loop takes them: of each row the bytes, empty if there are none, and the fault."""

    keys: list[bytes]
    faults: list[int]

    def __repr__(self) -> str:
        """Return how many keys there are, without them."""
        return f"KeyRows({len(self.faults)} keys)"


class DecoderKeys:
    """The decoder keys of many rows, with their attributes and the faults of rows that have none.

    ``keys[row]`` is the ``DecoderKey`` of one row, made again by the scalar path; it raises what is wrong
    with the row if something is. Not to be shared between threads. Made by ``derive`` and ``of``.
    """

    __slots__ = ("_again", "_ciphers", "_columns", "_rows", "_tables", "templates", "tis", "which")

    def __init__(
        self,
        templates: Sequence[DecoderKey],
        which: Numbers,
        tis: Numbers,
        again: Callable[[int], DecoderKey],
        held: KeyRows | KeyColumns,
    ) -> None:
        self.templates = tuple(templates)
        """The attributes that rows have in common, as keys of zero bytes."""
        self.which = which
        """Of each row, the number of its template."""
        self.tis = tis
        """Of each row, the tariff index as a number."""
        self._again = again
        self._rows = held if isinstance(held, KeyRows) else None
        self._columns = held if isinstance(held, KeyColumns) else None
        self._ciphers: list[BlockCipher | None] = []
        self._tables: STATables | None = None

    @classmethod
    def of(cls, keys: Sequence[DecoderKey]) -> DecoderKeys:
        """Return keys that are known. Raises FieldError when there is none, or something else than keys."""
        if not keys or not all(isinstance(key, DecoderKey) for key in keys):
            raise FieldError("keys", HIDDEN, "DecoderKeys, at least one")
        zero = TI("00")
        templates: dict[DecoderKey, int] = {}
        which = [
            templates.setdefault(key.for_meter(bytes(len(key.key)), zero), len(templates)) for key in keys
        ]
        tis = [0 if key.ti is None else int(key.ti) for key in keys]
        held = KeyRows([key.key for key in keys], [0] * len(keys))
        return cls(tuple(templates), which, tis, lambda row: keys[row], held)

    def __len__(self) -> int:
        """Return the number of rows."""
        held = self._rows or self._columns
        return len(held.faults) if held else 0

    def __getitem__(self, row: int) -> DecoderKey:
        """Return the key of one row. Raises what is wrong with the row."""
        return self._again(row)

    def __repr__(self) -> str:
        """Return how many keys of which algorithms, without key bytes."""
        algorithms = ", ".join(sorted({f"EA{one.ea.value}" for one in self.templates}))
        return f"DecoderKeys({len(self)} keys for {algorithms})"

    @property
    def faults(self) -> Result:
        """The fault of each row, 0 where there is a key."""
        return self._columns.faults if self._columns else result(self.rows().faults, "u1")

    def error(self, row: int) -> VoltokenError | None:
        """Return what is wrong with a row as the scalar path says it, or None."""
        return caught(lambda: self._again(row))

    def objects(self) -> list[DecoderKey | None]:
        """Return the key of each row from what is held, None where there is none."""
        whiches, tis = number_list(self.which, len(self)), number_list(self.tis, len(self))
        return [
            self.templates[which].for_meter(key, TI(f"{ti:02d}")) if key else None
            for which, ti, key in zip(whiches, tis, self.rows().keys, strict=True)
        ]

    def rows(self) -> KeyRows:
        """Return the keys for the scalar loop."""
        if self._rows is None:
            self._rows = _rows_of(self._columns, self.templates, self.which)
        return self._rows

    def columns(self) -> KeyColumns:
        """Return the keys for the kernels."""
        if self._columns is None:
            self._columns = _columns_of(self.rows(), self.templates, self.which)
        return self._columns

    def ciphers(self, tables: STATables | None) -> list[BlockCipher | None]:
        """Return the cipher of each row, None where there is no key; made once, and kept with the keys."""
        if not self._ciphers or tables is not self._tables:
            rows = self.rows()
            whiches = number_list(self.which, len(self))
            self._tables = tables
            self._ciphers = [
                cipher_of(self.templates[which], key, tables) if key else None
                for which, key in zip(whiches, rows.keys, strict=True)
            ]
        return self._ciphers


def cipher_of(template: DecoderKey, key: bytes, tables: STATables | None) -> BlockCipher:
    """Return the block cipher of a key. Raises FieldError when EA07 has no tables."""
    return TokenCipher(template.for_meter(key, TI("00")), tables).block


def check_tables(keys: DecoderKeys, tables: STATables | None) -> None:
    """Raise FieldError when a key is for EA07 and there are no tables."""
    if tables is None:
        for template in keys.templates:
            TokenCipher(template, tables)


def caught(attempt: Callable[[], object]) -> VoltokenError | None:
    """Return the error that an attempt ends in, None when it succeeds."""
    try:
        attempt()
    except VoltokenError as error:
        return error
    return None


def place_columns(templates: Sequence[DecoderKey], which: Numbers, rows: int) -> tuple[U8, U8]:
    """Return the columns ``eas`` and ``wide`` of ``KeyColumns``."""
    import numpy as np

    places = number_array(which, rows)
    eas = np.array([EAS.index(one.ea) for one in templates], np.uint8)
    wide = np.array([one.ea.key_bits == 128 for one in templates], np.uint8)
    return eas.take(places), wide.take(places)


def _columns_of(rows: KeyRows, templates: Sequence[DecoderKey], which: Numbers) -> KeyColumns:
    import numpy as np

    words = np.frombuffer(b"".join(key.rjust(16, b"\0") for key in rows.keys), ">u8").reshape(-1, 2)
    eas, wide = place_columns(templates, which, len(rows.keys))
    high = words[:, 0].astype(np.uint64) if wide.any() else None
    return KeyColumns(words[:, 1].astype(np.uint64), high, eas, wide, np.array(rows.faults, np.uint8))


def _rows_of(columns: KeyColumns | None, templates: Sequence[DecoderKey], which: Numbers) -> KeyRows:
    if columns is None:
        return KeyRows([], [])
    lows = columns.low.tolist()
    highs = [0] * len(lows) if columns.high is None else columns.high.tolist()
    faults = columns.faults.tolist()
    sizes = [len(one.key) for one in templates]
    keys = [
        b"" if fault else (high << 64 | low).to_bytes(16, "big")[-sizes[place] :]
        for low, high, fault, place in zip(lows, highs, faults, number_list(which, len(lows)), strict=True)
    ]
    return KeyRows(keys, faults)
