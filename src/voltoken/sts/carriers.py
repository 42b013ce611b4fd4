"""The forms in which the 66 bits of a token travel (IEC 62055-41 clause 6.4).

A token on a numeric carrier is the 66-bit number in decimal, always 20 digits with leading zeros, shown
in five groups of four. Security modules also print 17 hexadecimal digits; a byte form of 9 bytes serves
interfaces and storage. Magnetic cards are in ``magcard``.
"""

from __future__ import annotations

from typing import Final, Self

from voltoken.errors import CarrierError

TOKEN_MAX: Final = (1 << 66) - 1
"""The greatest 66-bit number: 73786976294838206463."""

_LAST_DIGITS: Final = "73786976294838206463"

_SEPARATORS: Final = {ord(character): None for character in " -\t\r\n\u00a0\u2007\u2009\u202f"}


class TokenNumber(int):
    """The 66 bits of a token as one number, with the forms it is written in.

    Raises CarrierError when the number is no int or outside 66 bits.
    """

    __slots__ = ()

    def __new__(cls, value: int) -> Self:
        """Validate value."""
        if not isinstance(value, int) or not 0 <= value <= TOKEN_MAX:
            raise CarrierError("A token is a whole number of 66 bits, 0 to 73786976294838206463.")
        return int.__new__(cls, value)

    @classmethod
    def parse(cls, text: str) -> TokenNumber:
        """Read 20 digits; blanks and hyphens are ignored wherever they stand.

        Raises CarrierError for other characters, another count of digits, or a number beyond 66 bits.
        """
        return int.__new__(cls, parse_digits(text))

    @classmethod
    def from_hex(cls, text: str) -> TokenNumber:
        """Read the 17 hexadecimal digits that security modules print. Raises CarrierError."""
        if not isinstance(text, str) or len(text) != 17 or set(text) - _HEX_DIGITS:
            raise CarrierError("The hexadecimal form of a token has exactly 17 digits 0-9, A-F.")
        return cls(int(text, 16))

    @classmethod
    def from_bytes9(cls, data: bytes) -> TokenNumber:
        """Read the 9-byte form, most significant byte first, its upper six bits zero. Raises CarrierError."""
        if not isinstance(data, bytes) or len(data) != 9:
            raise CarrierError("The byte form of a token has exactly 9 bytes.")
        return cls(int.from_bytes(data, "big"))

    @property
    def digits(self) -> str:
        """The 20 decimal digits, without blanks."""
        return "%020d" % self  # noqa: UP031 - half the time of an f-string, once for every token

    @property
    def grouped(self) -> str:
        """The 20 digits in five groups of four, as they are shown to people."""
        digits = f"{self:020d}"
        return " ".join(digits[i : i + 4] for i in range(0, 20, 4))

    @property
    def hex(self) -> str:
        """The 17 hexadecimal digits, upper case."""
        return f"{self:017X}"

    @property
    def bytes9(self) -> bytes:
        """The 9 bytes, most significant first."""
        return self.to_bytes(9, "big")

    @property
    def token_class(self) -> int:
        """The class, 0 to 3: bits 28 and 27."""
        return self >> 27 & 3

    def __str__(self) -> str:
        """Return the 20 digits."""
        return f"{self:020d}"

    def __repr__(self) -> str:
        """Return a form that shows only the first and last four digits: a token is worth money."""
        digits = f"{self:020d}"
        return f"TokenNumber({digits[:4]}...{digits[-4:]})"


def parse_digits(text: str) -> int:
    """Return the 66-bit number of 20 digits, as ``TokenNumber.parse`` does, but as a plain int."""
    if not isinstance(text, str):
        raise CarrierError("A token is given as text of 20 digits.")
    if len(text) == 20 and text.isdigit() and text.isascii() and text <= _LAST_DIGITS:
        return int(text)  # as they come from programs; people's take the longer way
    digits = text.translate(_SEPARATORS)
    if len(digits) == 20 and digits.isdigit() and digits.isascii():
        if digits <= _LAST_DIGITS:
            return int(digits)
        raise CarrierError(
            "The number is greater than any token, 7378 6976 2948 3820 6463; a digit is wrong, or it "
            "is another kind of number, such as a transaction reference."
        )
    if not digits:
        raise CarrierError("No token was given; it has 20 digits.")
    if not (digits.isdigit() and digits.isascii()):
        raise CarrierError(
            "A token consists of digits only; blanks and hyphens between them are ignored. "
            "Look for letters, such as O for 0."
        )
    raise CarrierError(
        f"A token has 20 digits; {len(digits)} were given. "
        f"{'Some are missing' if len(digits) < 20 else 'There are too many'}: compare the "
        "groups of four with the slip.",
        digits=len(digits),
    )


_HEX_DIGITS: Final = frozenset("0123456789abcdefABCDEF")
