"""Meter specific management tokens and key change sections as values (IEC 62055-41 clause 6.2, class 2).

Built like the tokens of ``tokens``. Sections of a key change carry parts of a key, which never appear in
their ``repr``; ``keychange`` makes and assembles them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from voltoken.errors import FieldError
from voltoken.sts.amount import WATTS, decode_amount, encode_amount
from voltoken.sts.layouts import ROWS
from voltoken.sts.tokens import Token


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class SetMaximumPowerLimit(Token):
    """Limit the power a customer may draw (class 2, subclass 0). mpl: 16 bits, coded like an amount."""

    rnd: int
    tid: int
    mpl: int
    token_class = 2
    rows = (ROWS[2, 0, None],)

    @classmethod
    def of(cls, watts: int, *, tid: int, rnd: int) -> SetMaximumPowerLimit:
        """Make the token for a limit of 0 to 18_201_624 W, rounded up to what the field can hold."""
        return cls(rnd, tid, encode_amount(WATTS.steps(watts)))

    @property
    def watts(self) -> int:
        """The limit in watts."""
        return decode_amount(self.mpl)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ClearCredit(Token):
    """Set a credit register to zero (class 2, subclass 1). register: ``registry.REGISTERS``, FFFF = all."""

    rnd: int
    tid: int
    register: int
    token_class = 2
    rows = (ROWS[2, 1, None],)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class SetTariffRate(Token):
    """Set a tariff rate (class 2, subclass 2). rate: 16 bits whose meaning the standard reserves."""

    rnd: int
    tid: int
    rate: int
    token_class = 2
    rows = (ROWS[2, 2, None],)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Set1stSectionDecoderKey(Token):
    """First section of a key change (class 2, subclass 3); made by ``key_change_set``.

    kenho: upper half of the KEN. krn, kt: of the new key. ro: roll-over bit.
    bit_3kct: 1 announces the third section of a 64-bit set. nkho: first 32 bits of the new key.
    """

    kenho: int
    krn: int
    ro: int
    bit_3kct: int
    kt: int
    nkho: int
    token_class = 2
    rows = (ROWS[2, 3, None],)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Set2ndSectionDecoderKey(Token):
    """Second section of a key change (class 2, subclass 4): lower half of the KEN, TI, last 32 key bits."""

    kenlo: int
    ti: int
    nklo: int
    token_class = 2
    rows = (ROWS[2, 4, None],)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ClearTamperCondition(Token):
    """Reset the tamper condition (class 2, subclass 5). pad: 16 bits, zero."""

    rnd: int
    tid: int
    pad: int = 0
    token_class = 2
    rows = (ROWS[2, 5, None],)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class SetMaximumPhasePowerUnbalanceLimit(Token):
    """Limit the difference between phases (class 2, subclass 6). mppul: 16 bits, coded like an amount."""

    rnd: int
    tid: int
    mppul: int
    token_class = 2
    rows = (ROWS[2, 6, None],)

    @classmethod
    def of(cls, watts: int, *, tid: int, rnd: int) -> SetMaximumPhasePowerUnbalanceLimit:
        """Make the token for a limit of 0 to 18_201_624 W, rounded up to what the field can hold."""
        return cls(rnd, tid, encode_amount(WATTS.steps(watts)))

    @property
    def watts(self) -> int:
        """The limit in watts."""
        return decode_amount(self.mppul)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class SetWaterMeterFactor(Token):
    """Set a water meter's factor (class 2, subclass 7). factor: 16 bits whose meaning is reserved."""

    rnd: int
    tid: int
    factor: int
    token_class = 2
    rows = (ROWS[2, 7, None],)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Set3rdSectionDecoderKey(Token):
    """Third section of a four-token key change to a 128-bit key (class 2, subclass 8)."""

    sgclo: int
    nkmo2: int
    token_class = 2
    rows = (ROWS[2, 8, 128],)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Set3rdSectionSupplyGroup(Token):
    """Third section of a three-token key change to a 64-bit key (class 2, subclass 8): the new SGC.

    sgc: 0 to 999_999, binary. pad: 20 bits, zero. Not confirmed by any published token.
    """

    sgc: int
    pad: int = 0
    token_class = 2
    rows = (ROWS[2, 8, 64],)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Set4thSectionDecoderKey(Token):
    """Fourth section of a key change to a 128-bit key (class 2, subclass 9)."""

    sgcho: int
    nkmo1: int
    token_class = 2
    rows = (ROWS[2, 9, 128],)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ExtendedTokenSet(Token):
    """Set a single flag of an Edition 2 meter (class 2, subclass 10), as far as it is public.

    value: 16 bits: index (6), flag (9), state (1). Use ``set_flag`` to make it.
    """

    rnd: int
    tid: int
    value: int
    token_class = 2
    rows = (ROWS[2, 10, None],)
    FLAG_INDEX: ClassVar[int] = 63
    """The index that addresses a single flag."""

    @classmethod
    def set_flag(cls, flag: int, state: int, *, tid: int, rnd: int) -> ExtendedTokenSet:
        """Make the token that sets a flag (0 to 511, ``registry.FLAGS``) to state 0 or 1."""
        if not isinstance(flag, int) or not 0 <= flag <= 511:
            raise FieldError("flag", flag, "0 to 511")
        if state not in (0, 1):
            raise FieldError("state", state, "0 or 1")
        return cls(rnd, tid, cls.FLAG_INDEX << 10 | flag << 1 | int(state))

    @property
    def index(self) -> int:
        """What is set; 63 is a single flag."""
        return self.value >> 10

    @property
    def flag(self) -> int:
        """The flag's number."""
        return self.value >> 1 & 0x1FF

    @property
    def state(self) -> int:
        """The flag's new state."""
        return self.value & 1


KeyChangeSection = (
    Set1stSectionDecoderKey
    | Set2ndSectionDecoderKey
    | Set3rdSectionDecoderKey
    | Set3rdSectionSupplyGroup
    | Set4thSectionDecoderKey
)
"""Any section of a key change; none of them carries a TID."""

REGISTER_ALL: Final = 0xFFFF
"""Register of a ClearCredit token that clears every credit register."""
