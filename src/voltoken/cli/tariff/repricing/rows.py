"""The purchases as they were, with what they come to by a draft beside them: CSV or Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.csv as pa_csv  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from voltoken.cli.batch.plan import kind_of
from voltoken.cli.durable import staged_bytes
from voltoken.cli.tariff.repricing.study import Outcome, Study
from voltoken.cli.tariff.repricing.words import Words
from voltoken.sts import UNITS
from voltoken.tariff.batch import Refusal, Repriced

_CHUNK: Final = 1 << 16
_DIGITS: Final = 20
"""Of numbers in the table; the greatest of 64 bits has 19."""


def write_rows(path: str, study: Study, outcome: Outcome, repriced: Repriced, words: Words) -> None:
    """Write the table of one draft. outcome, repriced: of the draft. Raises OSError."""
    kind = kind_of(path)
    with staged_bytes(Path(path)) as file:
        writer: Any = None
        for table in _tables(study, outcome, repriced, words):
            if writer is None:
                make = pq.ParquetWriter if kind == "parquet" else pa_csv.CSVWriter
                writer = make(file, table.schema)
            writer.write_table(table)
        if writer is not None:
            writer.close()


def _tables(study: Study, outcome: Outcome, repriced: Repriced, words: Words) -> Iterator[Any]:
    """Yield some rows after the other."""
    given, places = study.given, words.currency.places
    names = pa.array(given.meters, pa.string())
    reasons = pa.array([one.word for one in sorted(Refusal)], pa.string())
    for start in range(0, len(given.purchases), _CHUNK):
        rows = slice(start, start + _CHUNK)
        bought = given.purchases
        columns = {
            "meter": names.take(pa.array(bought.meter[rows])),
            "at": pa.array(bought.at[rows].astype("datetime64[s]")).cast(pa.string()),
            "amount": _decimals(bought.tender[rows], places),
            "units": _decimals(bought.units[rows], UNITS.decimals),
            "draft_amount": _decimals(repriced.tender[rows], places),
            "draft_units": _decimals(repriced.units[rows], UNITS.decimals),
            "draft_free": _decimals(repriced.free[rows], UNITS.decimals),
            "draft_refused": reasons.take(pa.array(repriced.refused[rows])),
        }
        for component, _, after in outcome.components:
            if after is not None:
                columns[f"draft_{component.code}"] = _decimals(repriced.lines[component][rows], places)
        yield pa.table(columns)


def _decimals(values: np.ndarray[tuple[int, ...], np.dtype[np.int64]], places: int) -> Any:
    """Return whole numbers of the last place as decimals: their 128 bits are laid out by hand."""
    words = np.empty((len(values), 2), np.int64)
    words[:, 0], words[:, 1] = values, values >> 63
    kind = pa.decimal128(_DIGITS, places)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(words.tobytes())])
