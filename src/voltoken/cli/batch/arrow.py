"""Tables by way of pyarrow, whose objects stay in this file: CSV and Parquet in and out, whole columns."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.csv as pa_csv  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from voltoken.cli.batch.plain import fitted, rows_of
from voltoken.cli.batch.vector import I64, Cells, Fixed
from voltoken.cli.failures import WrongFile
from voltoken.cli.sources import shown_name

_SPECIAL: Final = (b",", b'"', b"\n", b"\r")
_WIDTHS: Final = {"ti": 2, "to_ti": 2, "sgc": 6, "to_sgc": 6, "pan": 18, "token": 20}
"""Digits of the columns that some tables hold as numbers, which have lost their leading zeros."""

Column = Fixed | Mapping[int, str]
"""A column to add: the texts of all rows, or those of the few rows that have one."""
Added = Mapping[str, Column]


class Table:
    """Some rows of a table. bad: rows that could not be read, with what was wrong with them."""

    def __init__(self, columns: Mapping[str, Any], rows: int, bad: Mapping[int, str]) -> None:
        self._columns = columns
        self.rows = rows
        self.bad = bad
        self._texts: dict[str, Any] = {}
        self._cells: dict[str, Cells] = {}

    def has(self, name: str) -> bool:
        """Whether there is a column of this name."""
        return name in self._columns

    def cells(self, name: str) -> Cells:
        """Return a column as text."""
        found = self._cells.get(name)
        if found is None:
            found = self._cells[name] = _cells(self._text(name))
        return found

    def distinct(self, name: str) -> tuple[list[str], I64]:
        """Return the different texts of a column, without blanks around them, and which of them each is."""
        coded = self._text(name).dictionary_encode()
        texts = [text.strip() for text in coded.dictionary.to_pylist()]
        return texts, coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)

    def row(self, row: int, names: Iterable[str]) -> dict[str, str]:
        """Return the cells of a row by their names, without the blanks around them."""
        return {name: self.cells(name).text(row).strip() for name in names if name in self._columns}

    def _text(self, name: str) -> Any:
        found = self._texts.get(name)
        if found is None:
            column = self._columns[name]
            found = _as_text(column, _WIDTHS.get(name, 0))
            if pa.types.is_decimal(column.type) and column.type.scale > 0:
                found = pc.replace_substring_regex(found, r"\.?0+$", "")  # 6000.0 among amounts is 6000
            self._texts[name] = found
        return found

    # ------------------------------------------------------------------ what comes out

    def csv(self, added: Added) -> memoryview:
        """Return the rows with what is added behind them, as CSV."""
        columns = [_written(column) for column in self._columns.values()]
        columns = [*map(_quoted, columns), *(_quoted(self._array(values)) for values in added.values())]
        lines = pc.binary_join_element_wise(*columns[:-1], _with_end(columns[-1]), ",")
        offsets = np.frombuffer(lines.buffers()[1], np.int32)[lines.offset :]
        return memoryview(lines.buffers()[2])[offsets[0] : offsets[len(lines)]]

    def write_ipc(self, file: BinaryIO, added: Added) -> None:
        """Write the rows with what is added behind them, for ``join_parquet``."""
        arrays = {**self._columns, **{name: self._array(values) for name, values in added.items()}}
        table = pa.table(list(arrays.values()), names=list(arrays))
        with pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)

    def _array(self, values: Fixed | Mapping[int, str]) -> Any:
        if isinstance(values, Mapping):
            texts = [""] * self.rows
            for row, text in values.items():
                texts[row] = text
            return pa.array(texts, pa.string())
        return _string_array(values)


def read_csv(data: bytes, names: Sequence[str]) -> Table:
    """Return rows of CSV, every cell as the text it is."""
    columns = [f"{place}" for place in range(len(names))]
    try:
        table = pa_csv.read_csv(
            io.BytesIO(data),
            pa_csv.ReadOptions(use_threads=False, column_names=columns, block_size=len(data) + 1),
            pa_csv.ParseOptions(newlines_in_values=b'"' in data),
            pa_csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()),
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:  # a row with another count of cells, most likely
        return _read_oddly(data, names)
    arrays = [_whole(column) for column in table.columns]
    return Table(dict(zip(names, arrays, strict=True)), table.num_rows, {})


def _read_oddly(data: bytes, names: Sequence[str]) -> Table:
    """Read rows as the standard library does, which loses none, and note the bad ones."""
    rows, bad = [], {}
    for place, (cells, wrong) in enumerate(fitted(rows_of(data.decode()), len(names))):
        rows.append(cells)
        if wrong:
            bad[place] = wrong
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    arrays = [pa.array(column, pa.string()) for column in columns]
    return Table(dict(zip(names, arrays, strict=True)), len(rows), bad)


def parquet_plan(path: str, rows: int) -> tuple[list[str], list[list[str]], list[tuple[int, int, int]]]:
    """Return columns, first rows and runs of at most so many rows of a Parquet file, by row group."""
    with explained(path), pq.ParquetFile(path) as file:
        counts = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
        head = next(file.iter_batches(20), None)
        sample = [] if head is None else [[str(cell) for cell in row.values()] for row in head.to_pylist()]
        columns = list(file.schema_arrow.names)
    spans = [
        (start, min(start + rows, count), group)
        for group, count in enumerate(counts)
        for start in range(0, count, rows)
    ]
    return columns, sample, spans


def check_types(path: str, known: Sequence[str], *, all_as_text: bool) -> None:
    """Refuse a Parquet file with columns that cannot be what they must. Raises WrongFile.

    known: columns that are looked at. all_as_text: the others are written as text, too.
    """
    with explained(path), pq.ParquetFile(path) as file:
        fields = list(file.schema_arrow)
    where = f"table {shown_name(path)}"
    for field in fields:
        if field.name in known and pa.types.is_floating(field.type):
            raise WrongFile(
                f'{where}: the column "{field.name}" holds floating point numbers ({field.type}), which are '
                "not exact. Write whole numbers, decimals or text."
            )
        if field.name in known or all_as_text:
            try:
                _as_text(_written(pa.array([], field.type)), 0)
            except pa.ArrowException:
                shown = shown_name(field.name)
                raise WrongFile(
                    f'{where}: the column "{shown}" ({field.type}) is nothing that text can hold.'
                ) from None


def read_parquet(path: str, group: int, start: int, end: int) -> Table:
    """Return some rows of a row group; columns that are only carried over keep their types."""
    taken = []
    with pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20) as file:
        place = 0
        for batch in file.iter_batches(1 << 16, row_groups=[group], use_threads=False):
            first, last = max(start - place, 0), min(end - place, len(batch))
            if first < last:
                taken.append(batch.slice(first, last - first))
            place += len(batch)
            if place >= end:
                break
    table = pa.Table.from_batches(taken)
    arrays = {name: _whole(table.column(place)) for place, name in enumerate(table.column_names)}
    return Table(arrays, table.num_rows, {})


def join_parquet(parts: Sequence[Path], file: BinaryIO, columns: Sequence[str]) -> None:
    """Write the rows of all segments as one Parquet file. columns: what it has when there is no row."""
    writer = None
    for part in parts:
        with pa.memory_map(str(part)) as mapped:
            table = pa.ipc.open_file(mapped).read_all()
            writer = writer or pq.ParquetWriter(file, table.schema)
            writer.write_table(table)
    if writer is None:
        writer = pq.ParquetWriter(file, pa.schema([(name, pa.string()) for name in columns]))
    writer.close()


@contextlib.contextmanager
def explained(path: str) -> Iterator[None]:
    """Turn what pyarrow refuses into WrongFile that names the table."""
    try:
        yield
    except pa.ArrowException as error:
        said = str(error).splitlines()[0][:200] if str(error) else "it cannot be read"
        raise WrongFile(f"table {shown_name(path)}: {said}.") from None


def _whole(column: Any) -> Any:
    """Return a column as one array."""
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _written(array: Any) -> Any:
    """Return a column of any type as the text that stands for it in CSV."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if array.type != pa.string():
        array = array.cast(pa.string())
    return array.fill_null("") if array.null_count else array


def _as_text(array: Any, width: int) -> Any:
    """Return a column of any type as the text to be read from it. width: to fill up numbers with zeros."""
    kind = array.type
    if pa.types.is_timestamp(kind):
        array = array.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.int64())
        array = array.cast(pa.timestamp("us")).cast(pa.timestamp("s"), safe=False).cast(pa.string())
        if kind.tz is not None:
            array = pc.binary_join_element_wise(array, "Z", "")
    array = _written(array)
    if width and (pa.types.is_integer(kind) or pa.types.is_decimal(kind)):
        array = pc.if_else(pc.equal(array, ""), array, pc.utf8_lpad(array, width, "0"))
    return array


def _cells(array: Any) -> Cells:
    """Return a column of text without copying it."""
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1].astype(np.int64)
    raw = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    return Cells(raw, ends[:-1], ends[1:])


def _string_array(texts: Fixed) -> Any:
    """Return texts of a fixed width as a column of text without the zero bytes."""
    width = texts.dtype.itemsize
    signs = np.ascontiguousarray(texts).view(np.uint8).reshape(len(texts), width)
    filled = signs != 0
    lengths = filled.sum(1)
    offsets = np.zeros(len(texts) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    data = signs.reshape(-1) if offsets[-1] == signs.size else signs[filled]
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(data))


def _quoted(array: Any) -> Any:
    """Return a column with those cells quoted that must be."""
    data = array.buffers()[2]
    raw = b"" if data is None else data.to_pybytes()
    if not any(sign in raw for sign in _SPECIAL):
        return array
    special = pc.match_substring_regex(array, '[",\r\n]')
    doubled = pc.replace_substring(array, '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise('"', doubled, '"', ""), array)


def _with_end(array: Any) -> Any:
    return pc.binary_join_element_wise(array, "\n", "")
