"""Decoder keys of many meters: the door of key derivation, and which way it goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from voltoken.errors import FieldError
from voltoken.sts.batch import loop
from voltoken.sts.batch.columns import (
    count_rows,
    element,
    index_array,
    index_list,
    number_array,
    numpy_found,
    text_array,
    text_list,
    whole,
    whole_list,
)
from voltoken.sts.batch.keys import DecoderKeys
from voltoken.sts.derivation import Deriver
from voltoken.sts.fields import TI
from voltoken.sts.keys import DecoderKey
from voltoken.sts.pan import MeterPAN

if TYPE_CHECKING:
    from voltoken.sts.batch.columns import Numbers, Texts

FEW: Final = 32
"""Below this many rows the scalar loop is faster than calling numpy."""
_PAN_WIDTH: Final = 18


def derive(
    pan: Texts, ti: Numbers | Texts, derivers: Deriver | Sequence[Deriver], which: Numbers = 0
) -> DecoderKeys:
    """Return the decoder key of each row's meter.

    pan: MeterPANs of 18 digits. ti: tariff indices, numbers 0 to 99 or texts of two digits.
    derivers: one, or several of which ``which`` names one for each row by its place.
    Rows whose meter number, tariff index or place is none get a fault and no key.
    Raises FieldError when the columns differ in length, or there is no deriver.
    """
    derivers = (derivers,) if isinstance(derivers, Deriver) else tuple(derivers)
    if not derivers:
        raise FieldError("derivers", "none", "one Deriver or more")
    rows = count_rows(pan=pan, ti=ti, which=which)

    def again(row: int) -> DecoderKey:
        place = whole(element(which, row))
        if not 0 <= place < len(derivers):
            raise FieldError(
                "which", element(which, row), f"0 to {len(derivers) - 1}, a place among the keys"
            )
        meter, index = MeterPAN(element(pan, row)), element(ti, row)
        return derivers[place].derive(meter, TI(index if isinstance(index, str) else f"{whole(index):02d}"))

    templates = [deriver.template for deriver in derivers]
    if rows < FEW or not numpy_found():
        tis, places = index_list(ti, rows), whole_list(which, rows)
        held = loop.derive(text_list(pan), tis, places, derivers)
        return DecoderKeys(
            templates, [place if 0 <= place < len(derivers) else 0 for place in places], tis, again, held
        )
    from voltoken.sts.batch.kernels import derivation

    indices, numbers = index_array(ti, rows), number_array(which, rows)
    columns, indices, numbers = derivation.derive(text_array(pan, _PAN_WIDTH), indices, numbers, derivers)
    return DecoderKeys(templates, numbers, indices, again, columns)
