"""Key change sets of many meters: the door, and which way it goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from voltoken.errors import FieldError, VoltokenError
from voltoken.sts.batch import loop
from voltoken.sts.batch.columns import (
    count_rows,
    element,
    number_array,
    numpy_found,
    result,
    whole,
    whole_list,
)
from voltoken.sts.batch.keys import DecoderKeys, caught, check_tables
from voltoken.sts.ciphers.sta_tables import STATables
from voltoken.sts.keychange import key_change_set

if TYPE_CHECKING:
    from voltoken.sts.batch.columns import Numbers, Result

FEW: Final = 16
"""Below this many rows the scalar loop is faster than calling numpy."""


class KeyChangeSets:
    """What ``encode_key_change`` made: the tokens of each row's set, and a column of faults.

    tokens: four columns, the 20 digits of each section in order, empty behind the end of a shorter set.
    counts: how many tokens each set has, 2 to 4, and 0 where it was refused. faults: see ``Fault``.
    """

    __slots__ = ("_again", "counts", "faults", "tokens")

    def __init__(
        self, tokens: Result, counts: Result, faults: Result, again: Callable[[int], object]
    ) -> None:
        self.tokens = tokens
        self.counts = counts
        self.faults = faults
        self._again = again

    def error(self, row: int) -> VoltokenError | None:
        """Return what is wrong with a row as the scalar path says it, or None."""
        return caught(lambda: self._again(row))

    def __repr__(self) -> str:
        """Return how many rows, without tokens."""
        return f"KeyChangeSets({len(self.faults)} rows)"


def encode_key_change(
    current: DecoderKeys,
    new: DecoderKeys,
    roll_over: Numbers = 0,
    carry_sgc: Numbers = 0,
    sta_tables: STATables | None = None,
) -> KeyChangeSets:
    """Return the tokens that take each row's meter from its current key to a new one.

    roll_over, carry_sgc: 0 or 1, for all rows or for each, as ``voltoken.sts.key_change_set`` has them.
    sta_tables: needed when a key is for EA07. Rows that a rule forbids get a fault and no tokens; whether
    the new vending key has expired depends on the time of issue and is not looked at here.
    Raises FieldError when the columns differ in length, or EA07 has no tables.
    """
    rows = count_rows(current=current, new=new, roll_over=roll_over, carry_sgc=carry_sgc)
    check_tables(current, sta_tables)

    def again(row: int) -> object:
        return key_change_set(
            current[row],
            new[row],
            roll_over=_flag("roll_over", element(roll_over, row)),
            carry_sgc=_flag("carry_sgc", element(carry_sgc, row)),
        )

    if rows < FEW or not numpy_found():
        flags = whole_list(roll_over, rows), whole_list(carry_sgc, rows)
        sets = loop.encode_key_change(current, new, *flags, current.ciphers(sta_tables))
        tokens, counts, faults = sets
        return KeyChangeSets(result(tokens, "S20"), result(counts, "u1"), result(faults, "u1"), again)
    from voltoken.sts.batch.kernels import keychange

    made = keychange.encode(
        current, new, number_array(roll_over, rows), number_array(carry_sgc, rows), sta_tables
    )
    return KeyChangeSets(*made, again)


def _flag(name: str, value: object) -> bool:
    """Return 0 or 1 as what it says. Raises FieldError for another value."""
    if whole(value) not in (0, 1):
        raise FieldError(name, value, "0 or 1")
    return whole(value) == 1
