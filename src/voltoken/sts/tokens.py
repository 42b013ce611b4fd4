"""Tokens as small frozen values: what all types share, credit, and tests (IEC 62055-41 clause 6.2).

The attributes are the fields of the token's row in ``layouts``, as plain integers; each is checked
against that row once, when the token is made. Where a field has a human meaning there is a constructor
from it and a property back to it. The tokens of class 2 are in ``management``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Final, NoReturn

from voltoken.errors import HIDDEN, FieldError
from voltoken.sts.amount import (
    CURRENCY,
    UNITS,
    Exact,
    decode_amount,
    decode_currency,
    encode_amount,
    encode_currency,
)
from voltoken.sts.fields import ManufacturerCode, Service
from voltoken.sts.layouts import ROWS, Layout

_NO_NUMBERS: Final = (TypeError, ValueError, ArithmeticError)
"""What values raise that are no whole numbers: texts, arrays, decimals that signal."""
_LAST_UNIT_SERVICE: Final = int(Service.TIME)


class Token:
    """Base of all token types: finds the token's layout row and checks its fields against it."""

    __slots__ = ("data",)
    data: int
    """The upper 48 bits of the 64-bit block: subclass and fields, without the checksum."""
    token_class: ClassVar[int]
    """0 credit, 1 not meter specific, 2 meter specific management."""
    rows: ClassVar[tuple[Layout, ...]]
    """The layout rows of this type, one per subclass."""

    def __post_init__(self) -> None:
        """Check every field. Raises FieldError for the first one outside its range."""
        row = self.layout
        try:
            data = row.place(*row.values(self))
        except _NO_NUMBERS:
            data = -1
        if data.__class__ is not int or data < 0:  # other libraries have numbers that shift, too
            self._refuse(row)
        object.__setattr__(self, "data", data)

    @property
    def layout(self) -> Layout:
        """The token's row of ``LAYOUTS``."""
        return self.rows[0]

    @property
    def subclass(self) -> int:
        """The token's subclass."""
        return self.layout.subclass

    def __eq__(self, other: object) -> bool:
        """Whether other is the same token: type, subclass and every field."""
        if type(other) is not type(self):
            return NotImplemented
        row = self.layout
        return row is other.layout and row.values(self) == row.values(other)

    def __hash__(self) -> int:
        """Hash what ``==`` compares."""
        row = self.layout
        return hash((row.token_class, row.subclass, row.values(self)))

    def __repr__(self) -> str:
        """Return the type and its fields; those that are part of a key are not shown."""
        row = self.layout
        shown = [f"{spec.name}={'...' if spec.secret else getattr(self, spec.name)}" for spec in row.fields]
        return f"{row.name}({', '.join(shown)})"

    def _refuse(self, row: Layout) -> NoReturn:
        """Raise FieldError for the first field that is no whole number within its range."""
        spec = next(spec for spec in row.fields if not spec.admits(getattr(self, spec.name)))
        value = HIDDEN if spec.secret else getattr(self, spec.name)
        raise FieldError(spec.name, value, f"a whole number {spec.lowest} to {spec.limit}")


@dataclass(frozen=True, slots=True, repr=False, eq=False, init=False)
class TransferCredit(Token):
    """Credit in units (class 0, subclass 0 to 3).

    service: ELECTRICITY, WATER, GAS or TIME.
    rnd: 0 to 15, chosen by the security module. tid: 24 bits, see ``TID``.
    amount: the 16-bit amount field; use ``of`` to make it from units.
    Raises FieldError for values outside these ranges.
    """

    service: Service
    rnd: int
    tid: int
    amount: int
    token_class = 0
    rows = tuple(ROWS[0, sub, None] for sub in range(4))

    def __init__(self, service: Service, rnd: int, tid: int, amount: int) -> None:
        # What a dataclass would generate and Token would check, in one: this is the token that is sold.
        if service.__class__ is not Service or service > _LAST_UNIT_SERVICE:
            raise FieldError("service", service, "a Service in units; see TransferCurrency")
        put = object.__setattr__
        put(self, "service", service)
        put(self, "rnd", rnd)
        put(self, "tid", tid)
        put(self, "amount", amount)
        row = self.rows[service]
        try:
            data = row.place(rnd, tid, amount)
        except _NO_NUMBERS:
            data = -1
        if data.__class__ is not int or data < 0:
            self._refuse(row)
        put(self, "data", data)

    @classmethod
    def of(cls, service: Service, units: Exact, *, tid: int, rnd: int) -> TransferCredit:
        """Make the token for an exact number of units (kWh, m3, minutes), rounded up as the grid demands.

        Raises FieldError when units is negative, a float, or more than one token carries.
        """
        return cls(service, rnd, tid, encode_amount(UNITS.steps(units)))

    @property
    def layout(self) -> Layout:
        """The row of ``LAYOUTS`` for this service."""
        return self.rows[self.service]

    @property
    def steps(self) -> int:
        """The credit in the smallest unit, e.g. 0.1 kWh."""
        return decode_amount(self.amount)

    @property
    def units(self) -> Decimal:
        """The credit in kWh, cubic metres or minutes, exactly as a meter will book it."""
        return UNITS.units(self.steps)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class TransferCurrency(Token):
    """Credit in money (class 0, subclass 4 to 7). Its layout is not confirmed by any published token.

    service: one of the currency services. tid: as everywhere.
    se: sign and upper exponent bits, 4 bits. amount: the lower 16 bits. Use ``of`` to make both.
    Raises FieldError for values outside these ranges.
    """

    service: Service
    se: int
    tid: int
    amount: int
    token_class = 0
    rows = tuple(ROWS[0, sub, None] for sub in range(4, 8))

    def __post_init__(self) -> None:
        """Check the service and every field."""
        if self.service.__class__ is not Service or self.service <= _LAST_UNIT_SERVICE:
            raise FieldError("service", self.service, "a currency Service; see TransferCredit")
        Token.__post_init__(self)

    @classmethod
    def of(cls, service: Service, money: Exact, *, tid: int) -> TransferCurrency:
        """Make the token for an exact amount of base currency units; negative takes credit away.

        Rounded in the customer's favour. Raises FieldError for a float or an amount out of range.
        """
        number = encode_currency(CURRENCY.steps(money))
        return cls(service, number >> 16, tid, number & 0xFFFF)

    @property
    def layout(self) -> Layout:
        """The row of ``LAYOUTS`` for this service."""
        return self.rows[self.service - 4]

    @property
    def steps(self) -> int:
        """The credit in steps of 10**-5 of the base currency unit, signed."""
        return decode_currency(self.se << 16 | self.amount)

    @property
    def money(self) -> Decimal:
        """The credit in base currency units, exactly as a meter will book it."""
        return CURRENCY.units(self.steps)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class InitiateMeterTestDisplay(Token):
    """Start tests or displays of a meter (class 1); never encrypted, good for any meter.

    form: the subclass: 0 with a 2-digit, 1 with a 4-digit manufacturer code.
    control: one bit per test, 36 or 28 bits; use ``of`` to make it from test numbers.
    mfr_code: the manufacturer code as a number; 0 addresses every maker.
    Raises FieldError for values outside these ranges.
    """

    form: int
    control: int
    mfr_code: int
    token_class = 1
    rows = (ROWS[1, 0, None], ROWS[1, 1, None])

    def __post_init__(self) -> None:
        """Check the form and every field."""
        if self.form not in (0, 1):
            raise FieldError("form", self.form, "0 (2-digit) or 1 (4-digit manufacturer code)")
        Token.__post_init__(self)

    @classmethod
    def of(cls, tests: Iterable[int], mfr_code: str = "00") -> InitiateMeterTestDisplay:
        """Make the token for tests, by name (``MeterTest``) or number.

        tests: 1 to 36 (2-digit code) or 1 to 28 (4-digit code); 0 (ALL) alone means every test the meter has.
        mfr_code: 2 or 4 digits, which picks the subclass; zeros address every maker.
        Raises FieldError for a test number or code out of range, and for no test at all.
        """
        code = ManufacturerCode(mfr_code)
        form = 0 if len(code) == 2 else 1
        bits = cls.rows[form].fields[0].width
        numbers = tuple(tests)
        if numbers == (0,):
            return cls(form, (1 << bits) - 1, int(code))
        control = 0
        for number in numbers:
            if not isinstance(number, int) or not 1 <= number <= bits:
                raise FieldError("test", number, f"1 to {bits}, or 0 alone for all tests")
            control |= 1 << (number - 1)
        if not control:
            raise FieldError("test", numbers, f"at least one number 1 to {bits}, or 0 for all")
        return cls(form, control, int(code))

    @property
    def layout(self) -> Layout:
        """The row of ``LAYOUTS`` for this form."""
        return self.rows[self.form]

    @property
    def tests(self) -> tuple[int, ...]:
        """The test numbers asked for, in order; ``(0,)`` when every bit is set."""
        bits = self.layout.fields[0].width
        if self.control == (1 << bits) - 1:
            return (0,)
        return tuple(n for n in range(1, bits + 1) if self.control >> (n - 1) & 1)
