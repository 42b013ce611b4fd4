"""The file of a table of purchases, in parts that fit into memory: CSV, Parquet or Arrow, by its name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa  # type: ignore[import-untyped]

from voltoken.cli.batch.arrow import Table, check_types, explained, read_csv, read_parquet
from voltoken.cli.batch.plan import SEGMENT_BYTES, kind_of, plan_of
from voltoken.cli.failures import WrongFile
from voltoken.cli.sources import shown_name

NEEDED: Final = ("meter", "at", "amount", "units")
KNOWN: Final = (*NEEDED, "marks")
ARROW: Final = (".arrow", ".feather", ".ipc")


def tables_of(path: str) -> tuple[Sequence[str], int, Iterator[tuple[Table, int]]]:
    """Return the columns of a file, how much there is to read, and its parts, each with its size.

    Raises FileTrouble or WrongFile.
    """
    if Path(path).suffix.lower() in ARROW:
        return _arrow_tables(path)
    if kind_of(path) == "parquet":
        check_types(path, KNOWN, all_as_text=False)
    plan = plan_of(path, SEGMENT_BYTES)

    def parts() -> Iterator[tuple[Table, int]]:
        if plan.kind == "parquet":
            for segment in plan.segments:
                yield read_parquet(path, segment.group, segment.start, segment.end), segment.size
            return
        with Path(path).open("rb") as file:
            for segment in plan.segments:
                file.seek(segment.start)
                yield read_csv(file.read(segment.size), plan.columns), segment.size

    return plan.columns, sum(segment.size for segment in plan.segments), parts()


def _arrow_tables(path: str) -> tuple[Sequence[str], int, Iterator[tuple[Table, int]]]:
    """Return the same of an Arrow file, or of a stream that was written to one."""
    with explained(path), pa.memory_map(path) as mapped:
        try:
            schema = pa.ipc.open_file(mapped).schema
        except pa.ArrowInvalid:
            mapped.seek(0)
            schema = pa.ipc.open_stream(mapped).schema
    inexact = [one.name for one in schema if one.name in KNOWN and pa.types.is_floating(one.type)]
    if inexact:
        raise WrongFile(
            f'purchases {shown_name(path)}: the column "{inexact[0]}" holds floating point numbers, which '
            "are not exact. Write whole numbers, decimals or text."
        )

    def parts() -> Iterator[tuple[Table, int]]:
        with explained(path), pa.memory_map(path) as mapped:
            try:
                file = pa.ipc.open_file(mapped)
                batches = (file.get_batch(number) for number in range(file.num_record_batches))
            except pa.ArrowInvalid:
                mapped.seek(0)
                batches = iter(pa.ipc.open_stream(mapped))
            for batch in batches:
                columns = dict(zip(batch.schema.names, batch.columns, strict=True))
                yield Table(columns, batch.num_rows, {}), batch.nbytes

    return list(schema.names), Path(path).stat().st_size, parts()


def check_columns(columns: Sequence[str], where: str) -> None:
    """Raise WrongFile for a table that lacks a column, or has one twice."""
    found = ", ".join(shown_name(name) for name in columns[:20])
    for name in NEEDED:
        if name not in columns:
            raise WrongFile(
                f'{where}: there is no column "{name}", only {found}. Needed are {", ".join(NEEDED)}, and '
                "marks where customers have any."
            )
    twice = [name for name in KNOWN if list(columns).count(name) > 1]
    if twice:
        raise WrongFile(f'{where}: the column "{twice[0]}" is there twice.')
