"""Decoder keys of many rows: what deriving makes, and what encoding and decoding need.

A few keys are kept as bytes with the cipher that was made of each, for the scalar loop; many as columns of
64-bit words, for the kernels. Which it is follows from the number of rows; each is made from the other
where it must. The bytes are never shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import getitem
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from voltoken.errors import HIDDEN, FieldError, VoltokenError
from voltoken.sts.batch import loop
from voltoken.sts.batch.columns import as_arrays, as_list, index_list, is_array, text_list, whole_list
from voltoken.sts.codec import BlockCipher, block_cipher
from voltoken.sts.fields import EA, TI
from voltoken.sts.keys import DecoderKey
from voltoken.sts.pan import MeterPAN

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

    _keys: list[bytes] | None = None
    _faults: list[int] | None = None
    _columns: KeyColumns | None = None
    _ciphers: Sequence[BlockCipher | None] | None = None
    _tables: STATables | None = None

    def __init__(
        self,
        size: int,
        templates: Sequence[DecoderKey],
        which: Numbers,
        tis: Numbers | Texts,
        make: Callable[..., DecoderKey],
        source: tuple[Any, ...],
        *,
        arrays: bool,
    ) -> None:
        self.size = size
        """The number of rows."""
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

    @classmethod
    def of(cls, keys: Sequence[DecoderKey]) -> DecoderKeys:
        """Return keys that are known. keys: a sequence, or an array of objects for results as arrays.

        Raises FieldError when there is none, or something else than keys.
        """
        if not len(keys) or not all(isinstance(key, DecoderKey) for key in keys):
            raise FieldError("keys", HIDDEN, "DecoderKeys, at least one")
        templates: dict[DecoderKey, int] = {}
        which = [templates.setdefault(_template_of(key), len(templates)) for key in keys]
        tis = [0 if key.ti is None else int(key.ti) for key in keys]
        made = cls(len(keys), list(templates), which, tis, getitem, (keys,), arrays=is_array(keys))
        made._keys, made._faults = [key.key for key in keys], [0] * len(keys)
        return made

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.size

    def __getitem__(self, row: int) -> DecoderKey:
        """Return the key of one row. Raises what is wrong with the row."""
        return self._make(*self._source, row)

    def __repr__(self) -> str:
        """Return how many keys of which algorithms, without key bytes."""
        algorithms = ", ".join(sorted({f"EA{one.ea.value}" for one in self.templates}))
        return f"DecoderKeys({self.size} keys for {algorithms})"

    @property
    def faults(self) -> Result:
        """The fault of each row, 0 where there is a key; a new column each time."""
        if self._columns is not None:
            return self._columns.faults.copy() if self.arrays else as_list(self._columns.faults)
        return as_arrays((self.fault_list(), "u1"))[0] if self.arrays else self.fault_list().copy()

    def error(self, row: int) -> VoltokenError | None:
        """Return what is wrong with a row as the scalar path says it, or None."""
        return caught(self.__getitem__, row)

    def hold(self, columns: KeyColumns) -> DecoderKeys:
        """Take in what the kernels derived, and return the keys."""
        self._columns = columns
        return self

    def columns(self) -> KeyColumns:
        """Return the keys for the kernels."""
        if self._columns is None:
            self._columns = _columns_of(self.key_list(), self.fault_list(), self.templates, self.places())
        return self._columns

    def key_list(self) -> list[bytes]:
        """Return the keys for the scalar loop: of each row the bytes, empty where there are none."""
        if self._keys is None and self._columns is not None:
            self._keys = _keys_of(self._columns, self.sizes())
        elif self._keys is None:
            self._keys, self._faults = loop.derive(b"", _bare, *self._source)
        return self._keys

    def fault_list(self) -> list[int]:
        """Return the faults for the scalar loop."""
        if self._faults is None and self._columns is not None:
            self._faults = self._columns.faults.tolist()
        elif self._faults is None:
            self.key_list()
        return self._faults or []

    def ciphers(self, tables: STATables | None) -> Sequence[BlockCipher | None]:
        """Return the cipher of each row, None where there is no key; made once, and kept with the keys."""
        if self._ciphers is None or tables is not self._tables:
            if tables is None:
                check_tables(self)
            self._tables = tables
            if self._keys is None and self._columns is None:  # both at once, and the bytes are not kept
                self._ciphers, self._faults = loop.derive(None, _dressed(tables), *self._source)
            else:
                self._ciphers = [
                    block_cipher(self.templates[place].ea, key, tables) if key else None
                    for place, key in zip(self.places(), self.key_list(), strict=True)
                ]
        return self._ciphers

    def only_cipher(self, tables: STATables | None) -> BlockCipher:
        """Return the cipher of the only row of the only template. Raises for anything that is not plain."""
        if self._ciphers is None or tables is not self._tables:
            pan, ti, derivers, which = self._source
            (number,) = pan if pan.__class__ is list else text_list(pan)
            (index,) = ti if ti.__class__ is list else ti.tolist()
            if (which.__class__, number.__class__, index.__class__) != (int, str, int) or which != 0:
                raise LookupError
            deriver = derivers[0]
            cipher = block_cipher(deriver.ea, deriver.make(MeterPAN(number), loop.TIS[index]), tables)
            self._ciphers, self._faults, self._tables = (cipher,), [0], tables
        (only,) = self._ciphers
        if only is None:
            raise LookupError
        return only

    def places(self) -> list[int]:
        """Return the number of each row's template, 0 where there is no such."""
        count = len(self.templates)
        if count == 1:
            return [0] * self.size
        return [place if 0 <= place < count else 0 for place in whole_list(self.which, self.size)]

    def sizes(self) -> list[int]:
        """Return the size of each row's key in bytes."""
        sizes = [len(one.key) for one in self.templates]
        if len(sizes) == 1:
            return sizes * self.size
        return [sizes[place] for place in self.places()]

    def objects(self) -> list[DecoderKey | None]:
        """Return the key of each row from what is held, None where there is none."""
        columns = self.places(), index_list(self.tis, self.size), self.key_list()
        return [
            self.templates[place].for_meter(key, TI(f"{ti:02d}")) if key else None
            for place, ti, key in zip(*columns, strict=True)
        ]


def _bare(_: EA, key: bytes) -> bytes:
    return key


def _dressed(tables: STATables | None) -> Callable[[EA, bytes], BlockCipher]:
    """Return what makes the cipher of a key."""
    return lambda ea, key: block_cipher(ea, key, tables)


def _template_of(key: DecoderKey) -> DecoderKey:
    """Return the attributes of a key as a key of zero bytes.

    One without a tariff index loses its supply group, too: it can be no target of a key change then either.
    """
    template = key.for_meter(bytes(len(key.key)), TI("00"))
    return replace(template, sgc=None) if key.ti is None else template


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
    keys: list[bytes], faults: list[int], templates: Sequence[DecoderKey], places: list[int]
) -> KeyColumns:
    import numpy as np

    words = np.frombuffer(b"".join(key.rjust(16, b"\0") for key in keys), ">u8").reshape(-1, 2)
    eas, wide = place_columns(templates, np.array(places, np.int64))
    high = words[:, 0].astype(np.uint64) if wide.any() else None
    return KeyColumns(words[:, 1].astype(np.uint64), high, eas, wide, np.array(faults, np.uint8))


def _keys_of(columns: KeyColumns, sizes: list[int]) -> list[bytes]:
    lows = columns.low.tolist()
    highs = [0] * len(lows) if columns.high is None else columns.high.tolist()
    return [
        b"" if fault else (high << 64 | low).to_bytes(16, "big")[-size:]
        for low, high, fault, size in zip(lows, highs, columns.faults.tolist(), sizes, strict=True)
    ]
