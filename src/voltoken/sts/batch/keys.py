"""Decoder keys of many rows: what deriving makes, and what encoding and decoding need.

A few keys are kept as bytes with the cipher that was made of each, for the scalar loop; many as columns of
64-bit words, for the kernels. Which it is follows from the number of rows; each is made from the other
where it must. The bytes are never shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import getitem
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from voltoken.errors import HIDDEN, FieldError, VoltokenError
from voltoken.sts.batch.columns import as_array, as_list, index_list, is_array, number_array, number_list
from voltoken.sts.codec import BlockCipher, block_cipher
from voltoken.sts.fields import EA, TI
from voltoken.sts.keys import DecoderKey

if TYPE_CHECKING:
    from voltoken.sts.batch.columns import Numbers, Result, Texts
    from voltoken.sts.batch.kernels.groups import Rows
    from voltoken.sts.batch.kernels.types import I64, U8, U64
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


class DecoderKeys:
    """The decoder keys of many rows, with their attributes and the faults of rows that have none.

    ``keys[row]`` is the ``DecoderKey`` of one row, made again by the scalar path; it raises what is wrong
    with the row if something is. Not to be shared between threads. Made by ``derive`` and ``of``.
    """

    _ciphers: Sequence[BlockCipher | None] = ()
    _tables: STATables | None = None
    _columns: KeyColumns | None = None
    _held: tuple[list[bytes], list[int]] | None = None

    def __init__(
        self,
        templates: Sequence[DecoderKey],
        which: Numbers,
        tis: Numbers | Texts,
        held: KeyColumns | tuple[list[bytes], list[int]],
        make: Callable[..., DecoderKey],
        source: tuple[Any, ...],
        *,
        arrays: bool,
    ) -> None:
        self.templates = templates
        """The attributes that rows have in common, as keys of zero bytes."""
        self.which = which
        """Of each row, the number of its template; without meaning where a row has a fault."""
        self.tis = tis
        """Of each row, the tariff index; without meaning where a row has a fault."""
        self.arrays = arrays
        """Whether columns made with these keys come out as arrays."""
        self._make = make
        self._source = source
        if isinstance(held, KeyColumns):
            self._columns = held
            self.size = len(held.faults)
        else:
            self._held = held
            self.size = len(held[0])

    @classmethod
    def of(cls, keys: Sequence[DecoderKey]) -> DecoderKeys:
        """Return keys that are known. keys: a sequence, or an array of objects for results as arrays.

        Raises FieldError when there is none, or something else than keys.
        """
        if not len(keys) or not all(isinstance(key, DecoderKey) for key in keys):
            raise FieldError("keys", HIDDEN, "DecoderKeys, at least one")
        zero = TI("00")
        templates: dict[DecoderKey, int] = {}
        which = [
            templates.setdefault(key.for_meter(bytes(len(key.key)), zero), len(templates)) for key in keys
        ]
        tis = [0 if key.ti is None else int(key.ti) for key in keys]
        held = [key.key for key in keys], [0] * len(keys)
        return cls(list(templates), which, tis, held, getitem, (keys,), arrays=is_array(keys))

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.size

    def __getitem__(self, row: int) -> DecoderKey:
        """Return the key of one row. Raises what is wrong with the row."""
        return self._make(*self._source, row)

    def __repr__(self) -> str:
        """Return how many keys of which algorithms, without key bytes."""
        algorithms = ", ".join(sorted({f"EA{one.ea.value}" for one in self.templates}))
        return f"DecoderKeys({len(self)} keys for {algorithms})"

    @property
    def faults(self) -> Result:
        """The fault of each row, 0 where there is a key."""
        if self._held is not None:
            return as_array(self._held[1], "u1") if self.arrays else self._held[1]
        return self.columns().faults if self.arrays else as_list(self.columns().faults)

    def error(self, row: int) -> VoltokenError | None:
        """Return what is wrong with a row as the scalar path says it, or None."""
        return caught(self.__getitem__, row)

    def rows(self) -> tuple[list[bytes], list[int]]:
        """Return the keys for the scalar loop: of each row the bytes, or none, and the fault."""
        if self._held is None:
            self._held = _rows_of(self.columns(), self.templates, self.which)
        return self._held

    def columns(self) -> KeyColumns:
        """Return the keys for the kernels."""
        if self._columns is None:
            self._columns = _columns_of(*self.rows(), self.templates, self.which)
        return self._columns

    def ciphers(self, tables: STATables | None) -> Sequence[BlockCipher | None]:
        """Return the cipher of each row, None where there is no key; made once, and kept with the keys."""
        if not self._ciphers or tables is not self._tables:
            if tables is None:
                check_tables(self)
            self._tables = tables
            keys, ea = self.rows()[0], self.templates[0].ea
            if len(self.templates) == 1:
                self._ciphers = [block_cipher(ea, key, tables) if key else None for key in keys]
            else:
                self._ciphers = [
                    block_cipher(self.templates[place].ea, key, tables) if key else None
                    for place, key in zip(number_list(self.which, self.size), keys, strict=True)
                ]
        return self._ciphers

    def wide_list(self) -> list[bool]:
        """Return whether each row's key has 128 bits."""
        return [len(key) == 16 for key in self.rows()[0]]

    def objects(self) -> list[DecoderKey | None]:
        """Return the key of each row from what is held, None where there is none."""
        columns = number_list(self.which, self.size), index_list(self.tis, self.size), self.rows()[0]
        return [
            self.templates[place].for_meter(key, TI(f"{ti:02d}")) if key else None
            for place, ti, key in zip(*columns, strict=True)
        ]


def check_tables(keys: DecoderKeys) -> None:
    """Raise FieldError when a key is for EA07, for want of tables."""
    for template in keys.templates:
        if template.ea is EA.STA:
            block_cipher(template.ea, template.key, None)


def caught(attempt: Callable[..., object], *arguments: object) -> VoltokenError | None:
    """Return the error that an attempt ends in, None when it succeeds."""
    try:
        attempt(*arguments)
    except VoltokenError as error:
        return error
    return None


def place_columns(templates: Sequence[DecoderKey], places: I64) -> tuple[U8, U8]:
    """Return the columns ``eas`` and ``wide`` of ``KeyColumns``. places: of each row, its template."""
    import numpy as np

    eas = np.array([EAS.index(one.ea) for one in templates], np.uint8)
    wide = np.array([one.ea.key_bits == 128 for one in templates], np.uint8)
    return eas.take(places), wide.take(places)


def _columns_of(
    keys: list[bytes], faults: list[int], templates: Sequence[DecoderKey], which: Numbers
) -> KeyColumns:
    import numpy as np

    faulty = np.array(faults, np.uint8)
    words = np.frombuffer(b"".join(key.rjust(16, b"\0") for key in keys), ">u8").reshape(-1, 2)
    places = np.where(faulty == 0, number_array(which, len(keys)), 0)
    eas, wide = place_columns(templates, places)
    high = words[:, 0].astype(np.uint64) if wide.any() else None
    return KeyColumns(words[:, 1].astype(np.uint64), high, eas, wide, faulty)


def _rows_of(
    columns: KeyColumns, templates: Sequence[DecoderKey], which: Numbers
) -> tuple[list[bytes], list[int]]:
    lows = columns.low.tolist()
    highs = [0] * len(lows) if columns.high is None else columns.high.tolist()
    faults = columns.faults.tolist()
    sizes = [len(one.key) for one in templates]
    keys = [
        b"" if fault else (high << 64 | low).to_bytes(16, "big")[-sizes[place] :]
        for low, high, fault, place in zip(lows, highs, faults, number_list(which, len(lows)), strict=True)
    ]
    return keys, faults
