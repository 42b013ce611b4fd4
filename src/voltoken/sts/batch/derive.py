"""Decoder keys of many meters: the door of key derivation, and which way it goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from voltoken.errors import FieldError
from voltoken.sts.batch.columns import (
    check_length,
    element,
    index_array,
    is_array,
    number_array,
    numpy_found,
    text_array,
    whole,
)
from voltoken.sts.batch.keys import DecoderKeys
from voltoken.sts.derivation import Deriver
from voltoken.sts.fields import TI
from voltoken.sts.keys import DecoderKey
from voltoken.sts.pan import MeterPAN

if TYPE_CHECKING:
    from voltoken.sts.batch.columns import Numbers, Texts

FEW: Final = 44
"""Below this many rows the scalar loop is faster than calling numpy."""
_PAN_WIDTH: Final = 18


def derive(
    pan: Texts, ti: Numbers | Texts, derivers: Deriver | Sequence[Deriver], which: Numbers = 0
) -> DecoderKeys:
    """Return the decoder key of each row's meter.

    pan: MeterPANs of 18 digits. ti: tariff indices, numbers 0 to 99 or texts of two digits.
    derivers: one, or several of which ``which`` names one for each row by its place.
    Rows whose meter number, tariff index or place is none get a fault and no key. The keys of a few rows
    are made when they are first used: do not change the columns before.
    Raises FieldError when the columns differ in length, or there is no deriver.
    """
    if isinstance(derivers, Deriver):
        derivers = (derivers,)
        templates: Sequence[DecoderKey] = (derivers[0].template,)
    else:
        templates = [deriver.template for deriver in derivers]
        if not templates:
            raise FieldError("derivers", "none", "one Deriver or more")
    rows, arrays = len(pan), is_array(pan)
    check_length(ti, rows)
    check_length(which, rows)
    source = pan, ti, derivers, which
    if rows < FEW or not numpy_found():
        return DecoderKeys(rows, templates, which, ti, _derive_one, source, arrays=arrays)
    from voltoken.sts.batch.kernels import derivation

    tis, places = index_array(ti, rows), number_array(which, rows)
    columns, tis, places = derivation.derive(text_array(pan, _PAN_WIDTH), tis, places, derivers)
    return DecoderKeys(rows, templates, places, tis, _derive_one, source, arrays=arrays).hold(columns)


def _derive_one(
    pan: Texts, ti: Numbers | Texts, derivers: Sequence[Deriver], which: Numbers, row: int
) -> DecoderKey:
    """Return the key of one row by the scalar path. Raises what is wrong with the row."""
    place = whole(element(which, row))
    if not 0 <= place < len(derivers):
        raise FieldError("which", place, f"0 to {len(derivers) - 1}, a place among the derivers")
    number, index = element(pan, row), element(ti, row)
    meter = MeterPAN(str(number) if isinstance(number, MeterPAN) else number)
    return derivers[place].derive(meter, TI(index if isinstance(index, str) else f"{whole(index):02d}"))
