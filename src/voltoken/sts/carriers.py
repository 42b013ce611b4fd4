"""The forms in which the 66 bits of a token travel (IEC 62055-41 clause 6.4, IEC 62055-51).

A token on a numeric carrier is the 66-bit number in decimal, always 20 digits with leading zeros, shown
in five groups of four. Security modules also print 17 hexadecimal digits; a byte form of 9 bytes serves
interfaces and storage. The magnetic card carries the same number, and may carry the meter's identification
record beside it; which track and which characters frame them on a card is not public, so this module
reads and writes the records' text and leaves the encoding on the stripe to the card unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from voltoken.errors import CarrierError, FieldError

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
    if text.__class__ is not str:
        raise CarrierError("A token is given as text of 20 digits.")
    digits = text if len(text) == 20 and text.isdigit() else text.translate(_SEPARATORS)
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


class CardFrame(NamedTuple):
    """How a card unit frames a record's text; the real values are not public and come from its maker.

    start, end: what stands before and after the text, e.g. ``;`` and ``?`` of track 2.
    erase_after_use: a meter erases the card after it accepted the token, never after refusing it.
    """

    start: str = ""
    end: str = ""
    erase_after_use: bool = True


PLAIN_FRAME: Final = CardFrame()
"""The records' text without framing."""
TRACK2_FRAME: Final = CardFrame(";", "?")
"""ISO 7811 track 2 sentinels; common on cards, not confirmed for STS."""


@dataclass(frozen=True, slots=True)
class MagneticCard:
    """What is on a magnetic token card: the token record and, optionally, the identification record.

    token: the token. id_record: 35 digits of ``IDRecord``, or empty.
    The text form is ``<start>20 digits<end>`` followed by ``<start>35 digits<end>`` where present.
    """

    token: TokenNumber
    id_record: str = ""

    def __post_init__(self) -> None:
        """Check the identification record's form; its content is for ``IDRecord``."""
        record = self.id_record
        if record and not (len(record) == 35 and record.isascii() and record.isdigit()):
            raise FieldError("id_record", record, "35 digits or empty")

    def records(self, frame: CardFrame = PLAIN_FRAME) -> tuple[str, ...]:
        """Return the one or two records as text, framed."""
        texts = (self.token.digits, self.id_record) if self.id_record else (self.token.digits,)
        return tuple(f"{frame.start}{text}{frame.end}" for text in texts)

    @classmethod
    def parse(cls, records: tuple[str, ...], frame: CardFrame = PLAIN_FRAME) -> MagneticCard:
        """Read what ``records`` writes. Raises CarrierError for another number, framing or form."""
        if not 1 <= len(records) <= 2:
            raise CarrierError("A token card carries one or two records.")
        texts = [_unframed(record, frame) for record in records]
        id_record = texts[1] if len(texts) == 2 else ""
        if len(texts) == 2 and not (len(id_record) == 35 and id_record.isascii() and id_record.isdigit()):
            raise CarrierError("The second record of a token card has 35 digits.")
        return cls(TokenNumber.parse(texts[0]), id_record)


def _unframed(record: str, frame: CardFrame) -> str:
    if not isinstance(record, str):
        raise CarrierError("A card record is text.")
    if not (record.startswith(frame.start) and record.endswith(frame.end)):
        raise CarrierError(f"A card record begins with {frame.start!r} and ends with {frame.end!r}.")
    return record[len(frame.start) : len(record) - len(frame.end)]
