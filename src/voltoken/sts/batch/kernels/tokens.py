"""Blocks, encryption and digits of whole columns of tokens, there and back.

Rows are taken together by what they have in common, layout and cipher; rows with a fault are carried
along, because leaving them out would cost more, and their results are wiped in the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from voltoken.sts.batch.faults import Fault
from voltoken.sts.batch.kernels import layout, misty1
from voltoken.sts.batch.kernels.digits import format_digits
from voltoken.sts.batch.kernels.groups import groups
from voltoken.sts.batch.kernels.sta import PlaneSTA
from voltoken.sts.batch.kernels.types import I64, U8, U64, Text, slices
from voltoken.sts.batch.keys import EAS, KeyColumns
from voltoken.sts.ciphers.sta_tables import STATables
from voltoken.sts.codec import CLASS_SHIFT, WITHOUT_CLASS, block_cipher
from voltoken.sts.fields import EA

if TYPE_CHECKING:
    from voltoken.sts.batch.columns import Numbers

FEW: Final = {EA.STA: 32, EA.MISTY1: 24}
"""Below this many rows a cipher is run one by one: calling numpy would cost more than it saves."""

_CLASS_SHIFT: Final = np.uint64(CLASS_SHIFT)
_WITHOUT_CLASS: Final = np.uint64(WITHOUT_CLASS)
_3: Final = np.uint64(3)
_60: Final = np.uint64(60)


def encode(
    codes: I64, values: Mapping[str, Numbers], keys: KeyColumns, tables: STATables | None
) -> tuple[Text, U8]:
    """Return the 20 digits and the fault of each row. Arguments as ``voltoken.sts.batch.encode`` has them."""
    faults = keys.faults.copy()
    blocks = layout.pack(codes, keys.wide, values, faults)
    classes = codes.astype(np.uint64) >> np.uint64(4)
    blocks = _crypt(blocks, classes, keys, tables, decrypt=False)
    low, high = np.empty_like(blocks), np.empty_like(blocks)
    for part in slices(len(blocks)):
        block = blocks[part]
        low[part] = block & _WITHOUT_CLASS | (classes[part] & _3) << _CLASS_SHIFT
        high[part] = block >> _CLASS_SHIFT & _3
    digits = format_digits(low, high)
    digits[faults != 0] = b""
    return digits, faults


def decode(
    low: U64, high: U64, invalid: U8, keys: KeyColumns, tables: STATables | None
) -> tuple[U8, U64, U8]:
    """Return code, upper 48 bits and fault of each row.

    low, high: the 66-bit numbers. invalid: where there is none.
    """
    faults = np.where((keys.faults == 0) & (invalid != 0), np.uint8(Fault.CARRIER), keys.faults)
    classes, blocks = np.empty_like(low), np.empty_like(low)
    for part in slices(len(low)):
        number = low[part]
        classes[part] = number >> _CLASS_SHIFT & _3
        blocks[part] = number & _WITHOUT_CLASS | high[part] << _CLASS_SHIFT
    blocks = _crypt(blocks, classes, keys, tables, decrypt=True)
    codes = (classes << np.uint64(4) | blocks >> _60).astype(np.uint8)
    data = layout.check(codes, keys.wide, blocks, faults)
    return codes, data, faults


def _crypt(blocks: U64, classes: U64, keys: KeyColumns, tables: STATables | None, *, decrypt: bool) -> U64:
    """Return the blocks encrypted or decrypted; those of class 1 and 3 never are."""
    plain = classes & np.uint64(1) != 0
    if plain.all():
        return blocks
    crypted = np.empty_like(blocks)
    for place, rows in groups(keys.eas):
        ea = EAS[place]
        low, high = keys.low[rows], None if keys.high is None else keys.high[rows]
        crypted[rows] = _run(ea, low, high, blocks[rows], tables, decrypt=decrypt)
    return np.where(plain, blocks, crypted) if plain.any() else crypted


def _run(ea: EA, low: U64, high: U64 | None, blocks: U64, tables: STATables | None, *, decrypt: bool) -> U64:
    """Return blocks through the cipher of one algorithm, by the quicker way for their number."""
    if ea is EA.MISTY1 and high is not None and len(blocks) >= FEW[ea]:
        return (misty1.decrypt if decrypt else misty1.encrypt)(high, low, blocks)
    if ea is EA.STA and tables is not None and len(blocks) >= FEW[ea]:
        planes = _planes_of(tables)
        return (planes.decrypt if decrypt else planes.encrypt)(low, blocks)
    uppers = [0] * len(low) if high is None else high.tolist()
    size = ea.key_bits >> 3
    answers = []
    for upper, lower, block in zip(uppers, low.tolist(), blocks.tolist(), strict=True):
        cipher = block_cipher(ea, (upper << 64 | lower).to_bytes(16, "big")[-size:], tables)
        answers.append(cipher.decrypt(block) if decrypt else cipher.encrypt(block))
    return np.array(answers, np.uint64)


def _planes_of(tables: STATables) -> PlaneSTA:
    """Return the bitsliced cipher of a set of tables, made once and kept with them."""
    planes = tables.planes
    if not isinstance(planes, PlaneSTA):
        planes = tables.planes = PlaneSTA(tables)
    return planes
