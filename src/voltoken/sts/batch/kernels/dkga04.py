"""DKGA04 for whole columns: HMAC-SHA-256 by copying hash states, one meter after the other.

The library's SHA-256 works on one message at a time and is still faster than one written with numpy. So
this is a loop, but the shortest there is: two copies of states that have taken in all that is common, two
compressions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voltoken.sts.batch.kernels.types import I64, U64, Text
from voltoken.sts.derivation import COMMON_PAN, DerivationInputs, dkga04_length
from voltoken.sts.fields import KeyType

if TYPE_CHECKING:
    from collections.abc import Callable
    from hashlib import _Hash

_WORDS = 4
"""64-bit words of a SHA-256 digest."""


def derive(inputs: DerivationInputs, pans: Text, tis: I64) -> tuple[U64, U64]:
    """Return the first two words of the HMAC of each meter. pans: S18. tis: 0 to 99."""
    inner, outer, tail = inputs.hmac_states()
    length = dkga04_length(inputs.ea)
    fresh = outer.copy
    digests: list[bytes] = []
    append = digests.append
    starts = _starts(inner, tail, tis)
    for pan, start in zip(_meters(inputs, pans, length), starts, strict=True):
        first = start()
        first.update(pan)
        second = fresh()
        second.update(first.digest())
        append(second.digest())
    words = np.frombuffer(b"".join(digests), ">u8").reshape(-1, _WORDS)
    return words[:, 0].astype(np.uint64), words[:, 1].astype(np.uint64)


def _meters(inputs: DerivationInputs, pans: Text, length: bytes) -> list[bytes]:
    """Return what follows the tariff index and the facts of the key: meter number and key length."""
    if inputs.vending_key.kt is KeyType.DCTK:
        return [COMMON_PAN.encode() + length] * len(pans)
    joined = np.empty(len(pans), f"S{pans.dtype.itemsize + len(length)}")
    parts = joined.view(np.uint8).reshape(len(pans), -1)
    parts[:, : pans.dtype.itemsize] = pans.view(np.uint8).reshape(len(pans), -1)
    parts[:, pans.dtype.itemsize :] = np.frombuffer(length, np.uint8)
    return joined.tolist()


def _starts(inner: _Hash, tail: bytes, tis: I64) -> list[Callable[[], _Hash]]:
    """Return, for each row, what copies the hash state that has taken in everything before the meter."""
    copies = {}
    for ti in np.unique(tis).tolist():
        state = inner.copy()
        state.update(b"%02d" % ti + tail)
        copies[ti] = state.copy
    return [copies[ti] for ti in tis.tolist()]
