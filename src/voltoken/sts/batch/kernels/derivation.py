"""Decoder keys for whole columns: DKGA02 by DES under the vending key, DKGA04 by HMAC, others one by one.

The rules are those of ``voltoken.sts.derivation``, which also gives the blocks and texts to start from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from voltoken.sts.batch.faults import Fault
from voltoken.sts.batch.kernels import dkga04
from voltoken.sts.batch.kernels.des import FixedKeyDES
from voltoken.sts.batch.kernels.groups import groups
from voltoken.sts.batch.kernels.pan import parse_pans
from voltoken.sts.batch.kernels.types import I64, U8, U64, Text
from voltoken.sts.batch.keys import KeyColumns, place_columns
from voltoken.sts.batch.loop import TIS
from voltoken.sts.ciphers.des import des_encryptor
from voltoken.sts.derivation import TI_SHIFT, DerivationInputs, Deriver, pan_block
from voltoken.sts.fields import DKGA, KeyType
from voltoken.sts.pan import IIN_FOUR_DIGIT, IIN_TWO_DIGIT, MeterPAN

FEW: Final = 800
"""Below this many rows DES one by one is faster than making tables for a key."""

_TI_DIGITS: Final = np.array([int(ti, 16) << TI_SHIFT for ti in TIS.values()], np.uint64)
"""Each tariff index as it stands in the CONTROLBlock."""
_SHAPE_SHIFT: Final = np.uint64(44)
_TWO_DIGIT: Final = np.uint64(int(IIN_TWO_DIGIT[1:], 16))


def derive(pans: Text, tis: I64, which: I64, derivers: Sequence[Deriver]) -> tuple[KeyColumns, I64, I64]:
    """Return the keys, and the columns tis and which with 0 where they held nothing of use.

    pans: S18. which: index into derivers. A row with a fault has a key of no meaning.
    """
    blocks, not_pans = parse_pans(pans)
    not_tis = (tis < 0) | (tis >= len(TIS))
    not_keys = (which < 0) | (which >= len(derivers))
    faults = np.where(not_tis, np.uint8(Fault.TI), np.uint8(Fault.NONE))
    faults[not_pans != 0] = Fault.PAN
    faults[not_keys] = Fault.KEY
    tis, which = np.where(not_tis, 0, tis), np.where(not_keys, 0, which)

    eas, wide = place_columns([deriver.template for deriver in derivers], which)
    low = np.empty(len(pans), np.uint64)
    high = np.zeros_like(low) if wide.any() else None
    for place, rows in groups(which):
        deriver = derivers[place]
        if deriver.dkga is DKGA.DKGA02:
            low[rows] = _dkga02(deriver.inputs, blocks[rows], tis[rows])
        elif deriver.dkga is not DKGA.DKGA04:
            low[rows] = _one_by_one(deriver, pans[rows], tis[rows], faults[rows])
        elif high is None or deriver.ea.key_bits == 64:
            low[rows], _ = dkga04.derive(deriver.inputs, pans[rows], tis[rows])
        else:
            high[rows], low[rows] = dkga04.derive(deriver.inputs, pans[rows], tis[rows])
    return KeyColumns(low, high, eas, wide, faults), tis, which


def _dkga02(inputs: DerivationInputs, blocks: U64, tis: I64) -> U64:
    """Return the keys that DES under the vending key makes of PANBlock XOR CONTROLBlock."""
    if inputs.vending_key.kt is KeyType.DCTK:
        blocks = _common_blocks(inputs, blocks)
    data = blocks ^ _TI_DIGITS.take(tis)
    data ^= np.uint64(inputs.control)
    if len(data) < FEW:
        encrypt = des_encryptor(inputs.key_64)
        encrypted = np.array([encrypt(block) for block in data.tolist()], np.uint64)
    else:
        encrypted = FixedKeyDES(inputs.key_64).encrypt(data)
    encrypted ^= data
    encrypted ^= np.uint64(int.from_bytes(inputs.key_64, "big"))
    return encrypted


def _common_blocks(inputs: DerivationInputs, blocks: U64) -> U64:
    """Return the PANBlocks of a common key, which know at most the shape of the meter number."""
    two, four = (
        pan_block(MeterPAN.from_drn(drn), KeyType.DCTK, inputs.common)
        for drn in (_DRN_OF_SHAPE[IIN_TWO_DIGIT], _DRN_OF_SHAPE[IIN_FOUR_DIGIT])
    )
    return np.where(blocks >> _SHAPE_SHIFT == _TWO_DIGIT, np.uint64(two), np.uint64(four))


_DRN_OF_SHAPE: Final = {IIN_TWO_DIGIT: "0" * 11, IIN_FOUR_DIGIT: "0" * 13}
"""Any valid DRN of each shape."""


def _one_by_one(deriver: Deriver, pans: Text, tis: I64, faults: U8) -> U64:
    """Return 64-bit keys made by the scalar path: DKGA01 and DKGA03, which a few old meters have."""
    keys = [
        0 if fault else int.from_bytes(deriver.make(MeterPAN(pan.decode("ascii")), TIS[ti]), "big")
        for pan, ti, fault in zip(pans.tolist(), tis.tolist(), faults.tolist(), strict=True)
    ]
    return np.array(keys, np.uint64)
