"""Short names for the arrays that the kernels work on, and how long columns are cut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

U64 = npt.NDArray[np.uint64]
U16 = npt.NDArray[np.uint16]
U8 = npt.NDArray[np.uint8]
I64 = npt.NDArray[np.int64]
Text = npt.NDArray[np.bytes_]
"""Texts of one fixed width, such as S18 and S20."""

CHUNK: Final = 8192
"""Rows that are taken through a kernel at a time: 64 KiB a column, so that a handful stays in the cache."""


def slices(rows: int, size: int = CHUNK) -> Iterator[slice]:
    """Cut rows into chunks of at most size."""
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))
