"""From token to digits and back (IEC 62055-41 clause 6.4): one codec for all types, driven by ``layouts``.

    token -> pack -> 64-bit block -> encrypt (class 0 and 2) -> insert the class -> 66-bit number -> 20 digits

``encode`` makes a token under a decoder key, ``decode`` reads one or raises a ``TokenError``. They are
exact inverses, and neither applies the rules about what may be issued or accepted: those are in ``rules``
and with whoever holds the meter's history.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from voltoken.errors import FieldError, IntegrityError, TokenRangeError, UnsupportedToken
from voltoken.sts.carriers import TokenNumber, parse_digits
from voltoken.sts.ciphers.misty1 import MISTY1
from voltoken.sts.ciphers.sta import STA
from voltoken.sts.ciphers.sta_tables import STATables
from voltoken.sts.crc import token_crc
from voltoken.sts.fields import EA, Service
from voltoken.sts.keys import DecoderKey
from voltoken.sts.layouts import CRC_BITS, SUBCLASS_SHIFT, Layout
from voltoken.sts.management import (
    ClearCredit,
    ClearTamperCondition,
    ExtendedTokenSet,
    Set1stSectionDecoderKey,
    Set2ndSectionDecoderKey,
    Set3rdSectionDecoderKey,
    Set3rdSectionSupplyGroup,
    Set4thSectionDecoderKey,
    SetMaximumPhasePowerUnbalanceLimit,
    SetMaximumPowerLimit,
    SetTariffRate,
    SetWaterMeterFactor,
)
from voltoken.sts.registry import subclass_status
from voltoken.sts.tokens import InitiateMeterTestDisplay, Token, TransferCredit, TransferCurrency

CLASS_SHIFT: Final = 27
"""The class sits in bits 28 and 27 of the 66-bit number; the block bits it displaces move to 65 and 64."""
UNENCRYPTED_CLASSES: Final = (1, 3)
"""Class 1 is for every meter; class 3 does not exist yet."""
_CLASS_MASK: Final = 3 << CLASS_SHIFT
WITHOUT_CLASS: Final = (1 << 64) - 1 ^ _CLASS_MASK
"""The bits of a block that stay where they are when the class is inserted."""
_DATA_MASK: Final = (1 << 44) - 1


TOKEN_TYPES: Final[tuple[type[Token], ...]] = (
    TransferCredit,
    TransferCurrency,
    InitiateMeterTestDisplay,
    SetMaximumPowerLimit,
    ClearCredit,
    SetTariffRate,
    Set1stSectionDecoderKey,
    Set2ndSectionDecoderKey,
    ClearTamperCondition,
    SetMaximumPhasePowerUnbalanceLimit,
    SetWaterMeterFactor,
    Set3rdSectionDecoderKey,
    Set3rdSectionSupplyGroup,
    Set4thSectionDecoderKey,
    ExtendedTokenSet,
)
"""Every token type, in order of class and subclass."""


def _maker(kind: type[Token], row: Layout) -> Callable[..., Token]:
    """Return what makes a token of kind from the field values of row, in order."""
    if kind in (TransferCredit, TransferCurrency):
        return partial(kind, Service(row.subclass))
    return partial(kind, row.subclass) if kind is InitiateMeterTestDisplay else kind


def _readers(key_bits: int) -> list[Reader | None]:
    """Return, by class and subclass, the layout row under keys of key_bits and what makes its token."""
    readers: list[Reader | None] = [None] * 64
    for kind in TOKEN_TYPES:
        for row in kind.rows:
            if row.key_bits in (None, key_bits):
                readers[row.token_class << 4 | row.subclass] = row, _maker(kind, row)
    return readers


Reader = tuple[Layout, Callable[..., Token]]
READERS: Final = {bits: _readers(bits) for bits in (64, 128)}
"""By key length, then by 16 * class + subclass: the layout row and what makes a token of its field values."""


class BlockCipher(Protocol):
    """A 64-bit block cipher under one key."""

    def encrypt(self, block: int, /) -> int:
        """Encrypt a 64-bit block."""

    def decrypt(self, block: int, /) -> int:
        """Decrypt a 64-bit block."""


_LABELS: Final = {EA.DEA: "EA09 (DES)", EA.MISTY1: "EA11 (MISTY1)"}
_STA: Final = EA.STA
_MISTY1: Final = EA.MISTY1


def block_cipher(ea: EA, key: bytes, tables: STATables | None) -> BlockCipher:
    """Return a cipher under a key of its length. Raises FieldError for EA07 without tables."""
    if ea is _MISTY1:
        return MISTY1(key)
    if ea is not _STA:
        from voltoken.sts.ciphers.dea import DEA

        return DEA(key)
    if tables is None:
        raise FieldError(
            "sta_tables",
            None,
            "a set of STA tables for EA07",
            "Pass SAMPLE_TABLES for tests, or licensed tables through STATables.from_document.",
        )
    return STA(int.from_bytes(key, "big"), tables)


class TokenCipher:
    """The encryption of tokens under one decoder key. Holds its schedule; drop the object to drop it.

    key: the decoder key. sta_tables: which tables EA07 runs on; it has no default, because tokens made
        with the sample tables look right and are refused by every real meter.
    Raises FieldError when EA07 is asked for without tables.
    """

    __slots__ = ("block", "key", "key_bits", "sta_tables")

    def __init__(self, key: DecoderKey, sta_tables: STATables | None = None) -> None:
        self.key = key
        self.key_bits = 8 * len(key.key)
        self.sta_tables = sta_tables if key.ea is _STA else None
        # The usual algorithm goes straight to its cipher: this runs for every token sold to a new meter.
        self.block: BlockCipher = (
            MISTY1(key.key) if key.ea is _MISTY1 else block_cipher(key.ea, key.key, sta_tables)
        )

    @property
    def label(self) -> str:
        """The algorithm for people; EA07 always with the name of its tables."""
        return f"EA07 ({self.sta_tables.label})" if self.sta_tables else _LABELS[self.key.ea]

    def __repr__(self) -> str:
        """Return the algorithm and the key's attributes, without key bytes."""
        return f"TokenCipher({self.label}, {self.key!r})"


def encode(token: Token, cipher: TokenCipher | None = None) -> TokenNumber:
    """Return the 66-bit number of a token; ``str()`` of it is the 20 digits.

    cipher: needed for class 0 and 2, and not looked at for class 1, which is never encrypted.
    Raises FieldError when a cipher is missing, or when the token is a section of a key change for the
    other key length.
    """
    row = token.layout
    block = pack(token)
    if row.token_class not in UNENCRYPTED_CLASSES:
        if cipher is None:
            raise FieldError(
                "cipher",
                None,
                "a TokenCipher for tokens of class 0 and 2",
                "Only class 1 tokens are not encrypted.",
            )
        if row.key_bits is not None and row.key_bits != cipher.key_bits:
            raise FieldError(
                "cipher",
                f"{cipher.key_bits} bits",
                f"a {row.key_bits}-bit key's, as {type(token).__name__} belongs to those",
            )
        block = cipher.block.encrypt(block)
    return insert_class(block, row.token_class)


def decode(token: str | TokenNumber, cipher: TokenCipher | None = None) -> Token:
    """Read a token: 20 digits (blanks and hyphens ignored) or the 66-bit number.

    cipher: needed for class 0 and 2.
    Raises CarrierError (form), IntegrityError (checksum: damaged or another key), TokenRangeError (a field
    the standard does not allow), UnsupportedToken (reserved or proprietary), all of them TokenErrors; and
    FieldError when a cipher is missing.
    """
    number = token if isinstance(token, TokenNumber) else parse_digits(token)
    # As extract_class, in place: this runs for every token that is read.
    token_class = number >> CLASS_SHIFT & 3
    block = number & WITHOUT_CLASS | number >> 64 << CLASS_SHIFT
    if token_class in UNENCRYPTED_CLASSES:
        return unpack(token_class, block)
    if cipher is None:
        raise FieldError(
            "cipher",
            None,
            "a TokenCipher for tokens of class 0 and 2",
            "The token is encrypted under its meter's decoder key.",
        )
    return unpack(token_class, cipher.block.decrypt(block), cipher.key_bits)


def pack(token: Token) -> int:
    """Return the 64-bit block of a token, checksum included, before encryption."""
    row = token.layout
    return token.data << CRC_BITS | row.checksum(row.top | token.data)


def unpack(token_class: int, block: int, key_bits: int = 64) -> Token:
    """Read a decrypted 64-bit block. token_class: 0 to 3. key_bits: length of the decoder key, 64 or 128.

    Raises IntegrityError, TokenRangeError or UnsupportedToken as ``decode`` does, FieldError for arguments
    outside these ranges.
    """
    subclass = block >> SUBCLASS_SHIFT
    try:
        reader = READERS[key_bits][token_class << 4 | subclass]
    except (KeyError, IndexError):
        given = f"class {token_class}, {block.bit_length()} bits, key of {key_bits}"
        raise FieldError("block", given, "64 bits of class 0 to 3 under a key of 64 or 128 bits") from None
    if reader is None:
        raise _unsupported(token_class, block)
    row, make = reader
    data = block >> CRC_BITS
    if row.checksum(row.top | data) != block & 0xFFFF:
        raise _integrity_error(token_class)
    try:
        return make(*row.take(data))
    except FieldError as error:
        raise TokenRangeError(
            f"The token is authentic, but holds what the standard does not allow: {error.message}",
            field=error.field,
            token_class=token_class,
            subclass=subclass,
        ) from None


def insert_class(block: int, token_class: int) -> TokenNumber:
    """Return the 66-bit number of a 64-bit block: bits 28 and 27 make way for the class."""
    displaced = block >> CLASS_SHIFT & 3
    return TokenNumber(block & WITHOUT_CLASS | token_class << CLASS_SHIFT | displaced << 64)


def extract_class(number: int) -> tuple[int, int]:
    """Return class and 64-bit block of a 66-bit number: the inverse of ``insert_class``."""
    block = number & WITHOUT_CLASS | number >> 64 << CLASS_SHIFT
    return number >> CLASS_SHIFT & 3, block


def _integrity_error(token_class: int) -> IntegrityError:
    if token_class == 1:
        return IntegrityError("The checksum does not match: a digit of the token is wrong.")
    return IntegrityError(
        "The checksum does not match. Either a digit is wrong, or the token was made for another meter, "
        "supply group, tariff index or key revision than this key."
    )


def _unsupported(token_class: int, block: int) -> IntegrityError | UnsupportedToken:
    """Return the error for a subclass without a layout, after the checksum that every token has."""
    if token_class == 3:
        return UnsupportedToken(
            "Class 3 is reserved by the STS Association; most likely a digit is wrong.",
            3,
            None,
            "reserved",
            None,
        )
    if token_crc(token_class << 48 | block >> 16) != block & 0xFFFF:
        return _integrity_error(token_class)
    subclass = block >> SUBCLASS_SHIFT
    status = subclass_status(token_class, subclass)
    return UnsupportedToken(
        f"Class {token_class}, subclass {subclass} is {status}: its content cannot be read.",
        token_class,
        subclass,
        status,
        block >> 16 & _DATA_MASK,
    )
