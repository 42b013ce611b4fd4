"""Why a row was refused, as one byte: what stands in the error column of every batch.

A batch never stops at a bad row and never loses one. The column says what kind of fault it is; the words,
with the value that was wrong, are the scalar path's own error for that row, made again when somebody asks.
"""

from __future__ import annotations

from enum import IntEnum

from voltoken.errors import (
    CarrierError,
    FieldError,
    IntegrityError,
    KeyRefused,
    RuleError,
    TokenRangeError,
    UnsupportedToken,
    VoltokenError,
)


class Fault(IntEnum):
    """What is wrong with a row; 0 is nothing. Where several things are, the first of this order counts."""

    NONE = 0
    KEY = 1
    """``which`` names no key, or the row is encrypted and there are no keys."""
    PAN = 2
    """Not a valid MeterPAN."""
    TI = 3
    """Not a tariff index."""
    CODE = 4
    """No token type of this class and subclass has a public layout."""
    KEY_LENGTH = 5
    """A section of a key change for keys of the other length."""
    FIELD = 6
    """A field of the token is outside its range."""
    CARRIER = 7
    """Not 20 digits, or a number beyond 66 bits."""
    INTEGRITY = 8
    """The checksum does not match: a wrong digit or another key."""
    UNSUPPORTED = 9
    """Authentic, but reserved, proprietary or without a public layout."""
    RANGE = 10
    """Authentic, but a field holds a value that the standard does not allow."""
    RULE = 11
    """A rule of the standard forbids the combination."""
    REFUSED = 12
    """The key may not be used for this: expired, or of the wrong type."""

    @property
    def code(self) -> str:
        """The stable code of the errors that this fault stands for, ``""`` for none."""
        return _CODES.get(self, "")


_CODES = {
    Fault.KEY: FieldError.code,
    Fault.PAN: FieldError.code,
    Fault.TI: FieldError.code,
    Fault.CODE: FieldError.code,
    Fault.KEY_LENGTH: FieldError.code,
    Fault.FIELD: FieldError.code,
    Fault.CARRIER: CarrierError.code,
    Fault.INTEGRITY: IntegrityError.code,
    Fault.UNSUPPORTED: UnsupportedToken.code,
    Fault.RANGE: TokenRangeError.code,
    Fault.RULE: RuleError.code,
    Fault.REFUSED: KeyRefused.code,
}

_FAULTS_OF_TOKENS: tuple[tuple[type[VoltokenError], Fault], ...] = (
    (CarrierError, Fault.CARRIER),
    (IntegrityError, Fault.INTEGRITY),
    (UnsupportedToken, Fault.UNSUPPORTED),
    (TokenRangeError, Fault.RANGE),
)


def fault_of(error: VoltokenError) -> Fault:
    """Return the fault that an error of reading a token stands for. Raises the error if it is another."""
    for kind, fault in _FAULTS_OF_TOKENS:
        if isinstance(error, kind):
            return fault
    raise error
