"""Amounts of many rows: steps to the 16-bit field of a token and back, as ``voltoken.sts.amount`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voltoken.errors import FieldError
from voltoken.sts.amount import (
    MANTISSA_BITS,
    POWERS,
    STARTS,
    UNIT_STEPS_MAX,
    decode_amount,
    encode_amount,
)
from voltoken.sts.batch.columns import NO_NUMBER, is_array, number_array, whole_list

if TYPE_CHECKING:
    from voltoken.sts.batch.columns import Column, Result

_FIELD_MAX = 0xFFFF
_EXPONENTS = range(4)


def amount_fields(steps: Column) -> Result:
    """Return the amount field of each number of steps (0.1 kWh, 1 W ...), rounded up as the grid demands.

    -1 stands where steps is no whole number 0 to 18_201_624: no field admits it.
    """
    if not is_array(steps):
        return [_field(value) for value in whole_list(steps, len(steps))]
    import numpy as np

    values = number_array(steps, len(steps))
    fields = np.full(len(values), NO_NUMBER, np.int64)
    for exponent in reversed(_EXPONENTS):
        # A mantissa of 2**14 carries into the exponent and leaves 0, as it must.
        mantissas = -((STARTS[exponent] - values) // POWERS[exponent])
        within = values < STARTS[exponent + 1]
        fields = np.where(within, (exponent << MANTISSA_BITS) + mantissas, fields)
    return np.where((values >= 0) & (values <= UNIT_STEPS_MAX), fields, NO_NUMBER)


def _field(steps: int) -> int:
    try:
        return encode_amount(steps)
    except FieldError:
        return NO_NUMBER


def amount_steps(fields: Column) -> Result:
    """Return the steps that each amount field stands for, -1 where it is no number of 16 bits."""
    if not is_array(fields):
        values = whole_list(fields, len(fields))
        return [decode_amount(one) if 0 <= one <= _FIELD_MAX else NO_NUMBER for one in values]
    import numpy as np

    array = number_array(fields, len(fields))
    good = (array >= 0) & (array <= _FIELD_MAX)
    exponents = np.where(good, array, 0) >> MANTISSA_BITS
    starts, powers = np.array(STARTS[:4], np.int64), np.array(POWERS[:4], np.int64)
    steps = starts.take(exponents) + (array & (1 << MANTISSA_BITS) - 1) * powers.take(exponents)
    return np.where(good, steps, NO_NUMBER)
