"""Meter numbers: MeterPAN, DRN and their Luhn check digits (IEC 62055-41 clause 6.1.2).

A MeterPAN has 18 digits, in one of two shapes::

    600727 | manufacturer 2 | serial 8 | DRN check 1 | PAN check 1
    0000   | manufacturer 4 | serial 8 | DRN check 1 | PAN check 1

The DRN (what is printed on the meter) is manufacturer + serial + check: 11 or 13 digits. Both check
digits are verified whenever a number is made; nothing here guesses or repairs.
"""

from __future__ import annotations

from typing import Self

from voltoken.errors import FieldError
from voltoken.sts.fields import DigitString, ManufacturerCode

IIN_TWO_DIGIT = "600727"
"""Issuer identification number of meters with a 2-digit manufacturer code."""
IIN_FOUR_DIGIT = "0000"
"""Issuer identification number of meters with a 4-digit manufacturer code."""

# What a digit counts after doubling and casting out nines; the digits keep their ASCII codes as index.
_DOUBLED = bytes((2 * (code - 48) - 9 * (code > 52)) & 0xFF for code in range(256))


def luhn_check_digit(digits: str) -> str:
    """Return the Luhn check digit that goes behind digits.

    digits: ASCII decimal digits, at least one.
    Raises FieldError for anything else.
    Source: ISO/IEC 7812-1 annex B; vectors/luhn_pan.json.
    """
    if not isinstance(digits, str) or not (digits.isascii() and digits.isdigit()):
        raise FieldError("digits", digits, "a non-empty string of decimal digits")
    codes = digits.encode("ascii")
    plain = codes[-2::-2]
    total = sum(codes[::-2].translate(_DOUBLED)) + sum(plain) - 48 * len(plain)
    return str(-total % 10)


def _luhn_valid(codes: bytes) -> bool:
    """Whether ASCII digits of even length, last one a check digit, satisfy the Luhn rule."""
    half = len(codes) >> 1
    return (sum(codes[::2].translate(_DOUBLED)) + sum(codes[1::2]) - 48 * half) % 10 == 0


class MeterPAN(DigitString):
    """Meter primary account number: 18 digits with two valid check digits.

    Raises FieldError for a wrong length, an unknown IIN, or a wrong check digit.
    """

    __slots__ = ()
    FIELD = "pan"
    LENGTHS = (18,)

    def __new__(cls, value: str) -> Self:
        """Validate value, all checks; an instance is returned as it is."""
        if value.__class__ is cls:
            return value
        pan = super().__new__(cls, value)
        codes = pan.encode("ascii")
        if codes.startswith(b"600727"):
            drn_valid = _luhn_valid(b"0" + codes[6:17])
        elif codes.startswith(b"0000"):
            drn_valid = _luhn_valid(b"0" + codes[4:17])
        else:
            raise FieldError(
                "pan",
                value,
                f"18 digits that begin with {IIN_TWO_DIGIT} or {IIN_FOUR_DIGIT}",
                "Check the first digits of the number on the meter or its card.",
            )
        if not drn_valid:
            raise FieldError(
                "pan",
                value,
                "a number whose DRN check digit (the 17th) is right",
                "A digit is probably mistyped.",
            )
        if not _luhn_valid(codes):
            raise FieldError(
                "pan",
                value,
                "a number whose last check digit is right",
                "A digit is probably mistyped.",
            )
        return pan

    @classmethod
    def from_drn(cls, drn: str) -> MeterPAN:
        """Build the MeterPAN of a bare DRN, the number printed on most meters.

        drn: 11 digits (2-digit manufacturer code) or 13 digits (4-digit code), check digit included.
        Raises FieldError when the length or the check digit is wrong.
        """
        if not isinstance(drn, str) or not (drn.isascii() and drn.isdigit()):
            raise FieldError("drn", drn, "11 or 13 digits")
        if len(drn) not in (11, 13):
            raise FieldError(
                "drn",
                drn,
                "11 or 13 digits",
                "A full MeterPAN has 18 digits; keep the leading zeros.",
            )
        if luhn_check_digit(drn[:-1]) != drn[-1]:
            raise FieldError("drn", drn, "a number whose last check digit is right", "A digit is mistyped.")
        body = (IIN_TWO_DIGIT if len(drn) == 11 else IIN_FOUR_DIGIT) + drn
        return cls(body + luhn_check_digit(body))

    @classmethod
    def build(cls, mfr_code: str, serial: str) -> MeterPAN:
        """Build the MeterPAN of a manufacturer code (2 or 4 digits) and a serial number (8 digits).

        Raises FieldError when one of them has another form.
        """
        code = ManufacturerCode(mfr_code)
        body = code + _SerialNumber(serial)
        return cls.from_drn(body + luhn_check_digit(body))

    @classmethod
    def unverified(cls, iin: str, drn: str) -> MeterPAN:
        """Build a number without checking the DRN's check digit, for laboratories and test vectors only.

        iin, drn: together 17 digits of a known shape; the PAN check digit is added.
        Raises FieldError for another shape. A vending system never uses this.
        """
        shape = {IIN_TWO_DIGIT: 11, IIN_FOUR_DIGIT: 13}
        if shape.get(iin) != len(drn) or not (drn.isascii() and drn.isdigit()):
            raise FieldError("pan", iin + drn, "600727 and 11 digits, or 0000 and 13 digits")
        return str.__new__(cls, iin + drn + luhn_check_digit(iin + drn))

    @property
    def iin(self) -> str:
        """Issuer identification number: ``600727`` or ``0000``."""
        return IIN_FOUR_DIGIT if self.startswith(IIN_FOUR_DIGIT) else IIN_TWO_DIGIT

    @property
    def drn(self) -> str:
        """Decoder reference number (the standard's IAIN): 11 or 13 digits with check digit."""
        return self[len(self.iin) : 17]

    @property
    def mfr_code(self) -> ManufacturerCode:
        """Manufacturer code: 2 digits under IIN 600727, 4 digits under IIN 0000."""
        return ManufacturerCode(self.drn[:-9])

    @property
    def serial(self) -> str:
        """Decoder serial number (DSN): 8 digits."""
        return self.drn[-9:-1]


class _SerialNumber(DigitString):
    """Decoder serial number, 8 digits; exists to say so when it is not."""

    __slots__ = ()
    FIELD = "serial"
    LENGTHS = (8,)


def parse_meter_number(text: str) -> MeterPAN:
    """Read a meter number as people give it: 18-digit MeterPAN or bare DRN of 11 or 13 digits.

    text: spaces and hyphens between digits are ignored.
    Raises FieldError with what is wrong, naming spreadsheet damage such as ``6.00727E+17``.
    """
    if not isinstance(text, str):
        raise FieldError("pan", text, "a string of 18, 13 or 11 digits")
    digits = text.translate(_SEPARATORS)
    if "e+" in digits.lower() or "." in digits:
        raise FieldError(
            "pan",
            text,
            "18, 13 or 11 digits",
            "A spreadsheet has turned the number into a rounded one; its last digits are lost. "
            "Take it again from the source, as text.",
        )
    if len(digits) in (11, 13):
        return MeterPAN.from_drn(digits)
    if len(digits) != 18:
        raise FieldError("pan", text, "18, 13 or 11 digits", "Count the digits and keep the leading zeros.")
    return MeterPAN(digits)


_SEPARATORS = {ord(character): None for character in " -\t\r\n\u00a0\u2007\u2009\u202f"}
