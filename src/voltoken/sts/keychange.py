"""Key change token sets: how a meter is given another decoder key (IEC 62055-41 clauses 6.2.7 and 6.3).

A set has 2 tokens (64-bit key), 3 (64-bit key and supply group code) or 4 (128-bit key). All are encrypted
under the current key and carry parts of the new one; the attributes they carry are those of the new key.
Nothing in a token says which set it belongs to: sections of two sets combine to a key nobody knows, so
one set must be finished before another is made. Whoever knows the current key learns the new one from
the set.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from voltoken.errors import RuleError
from voltoken.sts.carriers import TokenNumber
from voltoken.sts.codec import TokenCipher, encode
from voltoken.sts.fields import KEN, KRN, SGC, TI, KeyType
from voltoken.sts.keys import DecoderKey, KeyCheckValue, key_check_value
from voltoken.sts.management import (
    KeyChangeSection,
    Set1stSectionDecoderKey,
    Set2ndSectionDecoderKey,
    Set3rdSectionDecoderKey,
    Set3rdSectionSupplyGroup,
    Set4thSectionDecoderKey,
)
from voltoken.sts.rules import check_key_change

_ORDINALS = ("1st", "2nd", "3rd", "4th")


@dataclass(frozen=True, slots=True)
class CarriedKey:
    """What a complete set brings to a meter.

    key: 8 or 16 bytes, never shown. sgc: None when the set did not carry it (two tokens).
    roll_over: the meter empties its memory of TIDs.
    """

    key: bytes = field(repr=False)
    kt: KeyType
    krn: KRN
    ti: TI
    ken: KEN
    sgc: SGC | None
    roll_over: bool

    @property
    def check_value(self) -> KeyCheckValue:
        """The key check value of the new key."""
        return key_check_value(self.key)


def key_change_set(
    current: DecoderKey, new: DecoderKey, *, roll_over: bool = False, carry_sgc: bool = False
) -> tuple[KeyChangeSection, ...]:
    """Return the sections that take a meter from one key to another, after checking that they may.

    roll_over: the RO bit; needed when the base date moves forward, and never without another key.
    carry_sgc: for a 64-bit key, add the third section with the supply group code; only for meters that
        take three (model data, or display test 15). A 128-bit set carries it always.
    Raises RuleError when the rules forbid the change (see ``rules.check_key_change``), FieldError when
    the new key lacks its SGC, KRN or TI. Whether the new vending key has expired depends on the time of
    issue: see ``rules.check_not_expired``.
    """
    check_key_change(current, new, roll_over=roll_over)
    return key_change_sections(new, roll_over=roll_over, carry_sgc=carry_sgc)


def key_change_sections(
    new: DecoderKey, *, roll_over: bool = False, carry_sgc: bool = False
) -> tuple[KeyChangeSection, ...]:
    """Return the sections that carry a key, whatever the rules say: for laboratories that test meters.

    Raises FieldError when the new key lacks its SGC, KRN or TI.
    """
    sgc, krn, ti = new.identity()
    words = [int.from_bytes(new.key[i : i + 4], "big") for i in range(0, len(new.key), 4)]
    fields = section_fields(
        words,
        sgc=int(sgc),
        krn=krn,
        ti=int(ti),
        kt=new.kt,
        ken=int(new.ken),
        roll_over=int(roll_over),
        carry_sgc=int(carry_sgc),
    )
    return tuple(
        make(**values) for make, values in zip(SECTIONS[len(words), len(fields)], fields, strict=True)
    )


SECTIONS: Final[dict[tuple[int, int], tuple[type[KeyChangeSection], ...]]] = {
    (2, 2): (Set1stSectionDecoderKey, Set2ndSectionDecoderKey),
    (2, 3): (Set1stSectionDecoderKey, Set2ndSectionDecoderKey, Set3rdSectionSupplyGroup),
    (4, 4): (
        Set1stSectionDecoderKey,
        Set2ndSectionDecoderKey,
        Set3rdSectionDecoderKey,
        Set4thSectionDecoderKey,
    ),
}
"""The sections of a set, by the number of 32-bit words in the key and the number of tokens."""


def section_fields(
    words: Sequence[Any], *, sgc: Any, krn: Any, ti: Any, kt: Any, ken: Any, roll_over: Any, carry_sgc: int
) -> tuple[dict[str, Any], ...]:
    """Return the fields of each section of a set: where the parts of a key and its attributes travel.

    words: the key in 2 or 4 words of 32 bits, first to last. All values are whole numbers, or columns of
    them: the batch engine takes whole columns through here. carry_sgc: 1 for the third token of a 64-bit
    set; 128-bit sets carry the supply group code always.
    """
    of_64 = len(words) == 2
    third_of_64 = carry_sgc if of_64 else 0
    first = {
        "kenho": ken >> 4,
        "krn": krn,
        "ro": roll_over,
        "bit_3kct": third_of_64,
        "kt": kt,
        "nkho": words[0],
    }
    second = {"kenlo": ken & 15, "ti": ti, "nklo": words[-1]}
    if of_64:
        return (first, second, {"sgc": sgc}) if third_of_64 else (first, second)
    # The second word of the key travels in the third token as "NKMO2", the third in the fourth.
    third = {"sgclo": sgc & 0xFFF, "nkmo2": words[1]}
    fourth = {"sgcho": sgc >> 12, "nkmo1": words[2]}
    return first, second, third, fourth


def encode_key_change(sections: Iterable[KeyChangeSection], cipher: TokenCipher) -> tuple[TokenNumber, ...]:
    """Return the tokens of a set, in the order of its sections. cipher: of the **current** key."""
    return tuple(encode(section, cipher) for section in sections)


@dataclass(slots=True)
class KeyChangeParts:
    """Sections as they come in, in any order: what a meter collects until a set is complete.

    key_bits: 64 or 128, the length of the meter's own key, which decides what a third section means.
    A section that comes again takes the place of the earlier one.
    """

    key_bits: int
    first: Set1stSectionDecoderKey | None = None
    second: Set2ndSectionDecoderKey | None = None
    third: Set3rdSectionDecoderKey | Set3rdSectionSupplyGroup | None = None
    fourth: Set4thSectionDecoderKey | None = None

    def add(self, section: KeyChangeSection) -> None:
        """Take in a section. Raises RuleError (``key_change_length``) for one of the other key length."""
        bits = section.layout.key_bits
        if bits is not None and bits != self.key_bits:
            raise RuleError(
                "key_change_length",
                f"A section for keys of {bits} bits does not belong to a key of {self.key_bits} bits.",
                section_bits=bits,
                key_bits=self.key_bits,
            )
        if isinstance(section, Set1stSectionDecoderKey):
            self.first = section
        elif isinstance(section, Set2ndSectionDecoderKey):
            self.second = section
        elif isinstance(section, Set4thSectionDecoderKey):
            self.fourth = section
        else:
            self.third = section

    @property
    def missing(self) -> tuple[int, ...]:
        """Numbers, 1 to 4, of the sections still needed; empty when the set is complete.

        For a 64-bit key a third section is needed once the first one has announced it.
        """
        announced = self.first is not None and self.first.bit_3kct == 1
        needed = (
            (1, self.first, True),
            (2, self.second, True),
            (3, self.third, self.key_bits == 128 or announced),
            (4, self.fourth, self.key_bits == 128),
        )
        return tuple(number for number, part, wanted in needed if wanted and part is None)

    def assemble(self) -> CarriedKey:
        """Put the set together.

        Raises RuleError (``key_change_incomplete``) naming what is missing, and FieldError when the
        supply group code of the third and fourth section is greater than 999999.
        """
        first, second, third, fourth = self.first, self.second, self.third, self.fourth
        if self.missing or first is None or second is None:
            names = ", ".join(_ORDINALS[number - 1] for number in self.missing)
            raise RuleError(
                "key_change_incomplete",
                f"The key change set is not complete: missing is the {names} section.",
                missing=names,
            )
        words, sgc = [first.nkho, second.nklo], None
        if isinstance(third, Set3rdSectionDecoderKey) and fourth is not None:
            words = [first.nkho, third.nkmo2, fourth.nkmo1, second.nklo]
            sgc = SGC(f"{fourth.sgcho << 12 | third.sgclo:06d}")
        elif isinstance(third, Set3rdSectionSupplyGroup) and first.bit_3kct:
            sgc = SGC(f"{third.sgc:06d}")
        return CarriedKey(
            key=b"".join(word.to_bytes(4, "big") for word in words),
            kt=KeyType(first.kt),
            krn=KRN(first.krn),
            ti=TI(f"{second.ti:02d}"),
            ken=KEN(first.kenho << 4 | second.kenlo),
            sgc=sgc,
            roll_over=first.ro == 1,
        )


def assemble(sections: Iterable[KeyChangeSection], key_bits: int) -> CarriedKey:
    """Return what a complete set carries. sections: in any order. key_bits: 64 or 128.

    Raises as ``KeyChangeParts.add`` and ``KeyChangeParts.assemble`` do.
    """
    parts = KeyChangeParts(key_bits)
    for section in sections:
        parts.add(section)
    return parts.assemble()
