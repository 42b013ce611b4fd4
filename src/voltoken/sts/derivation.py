"""Decoder key generation: from a vending key and a meter to the meter's key (IEC 62055-41 clause 6.5.3).

DKGA01 to 03 work on D = PANBlock XOR CONTROLBlock, 64 bits of decimal digits that say which meter and
which key; DKGA04 on a 49-byte text of the same facts:

    DKGA01   DES_D(VK) XOR VK                  D is the DES key
    DKGA02   DES_VK(D) XOR D XOR VK
    DKGA03   3DES_VK1,VK2,VK1(D) XOR D         withdrawn
    DKGA04   first bits of HMAC-SHA-256(VK, text)

DKGA02 and 04 reproduce published vectors. DKGA01, DKGA03 and the group form of common keys rest on public
implementations alone; each stands in one place and has a switch where the readings differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from voltoken.errors import FieldError
from voltoken.sts.fields import DKGA, EA, TI, BaseDate, KeyType
from voltoken.sts.keys import DecoderKey, VendingKey, odd_parity
from voltoken.sts.pan import IIN_TWO_DIGIT, MeterPAN
from voltoken.sts.rules import check_derivation, dkga_for_key_length

if TYPE_CHECKING:
    import hashlib


class VendingKeyParity(Enum):
    """Which form of a 64-bit vending key enters the final XOR of DKGA01 and DKGA02.

    DES ignores the parity bits, the XOR does not. Keys from a key management centre have odd parity, for
    which both forms agree; for others the sources disagree.
    """

    AS_LOADED = "as loaded"
    FORCED_ODD = "forced odd"


class CommonPANBlock(Enum):
    """What a common key (DCTK) is derived from in place of the meter's number."""

    FIXED_IIN = "fixed IIN"
    """600727 and zeros for every meter, MeterPAN 600727000000000000 under DKGA04."""
    METER_IIN = "meter IIN"
    """The meter's own IIN and zeros. Differs from FIXED_IIN for 4-digit manufacturer codes only."""


COMMON_PAN: Final = "600727000000000000"
"""What stands for the MeterPAN of a common key; the last digit is no check digit."""

TI_SHIFT: Final = 28
"""Where the tariff index stands in the CONTROLBlock."""

_CONTROL_FILL: Final = 0xFFFFFF
_INNER_PAD: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER_PAD: Final = bytes(byte ^ 0x5C for byte in range(256))


def pan_block(pan: MeterPAN, kt: KeyType, common: CommonPANBlock = CommonPANBlock.FIXED_IIN) -> int:
    """Return the PANBlock: the last 16 digits of IIN and DRN, one hexadecimal digit each, as 64 bits.

    A common key (kt 3) has zeros in place of the DRN; see ``CommonPANBlock``.
    """
    if kt is not KeyType.DCTK:
        return int(pan[1:17], 16)
    iin = IIN_TWO_DIGIT if common is CommonPANBlock.FIXED_IIN else pan.iin
    return int(f"{iin:0<17}"[1:], 16)


def control_block(vending_key: VendingKey, ti: TI) -> int:
    """Return the CONTROLBlock: KT, SGC, TI and KRN, one hexadecimal digit each, then FFFFFF, as 64 bits."""
    digits = f"{vending_key.kt:d}{vending_key.sgc}{ti}{vending_key.krn:d}"
    return int(digits, 16) << 24 | _CONTROL_FILL


def dkga04_data(vending_key: VendingKey, ea: EA, ti: TI, pan: str) -> bytes:
    """Return the 49 bytes that DKGA04 authenticates: length-prefixed facts and the output length.

    pan: the MeterPAN, or ``COMMON_PAN``.
    """
    head, tail = _dkga04_frame(vending_key, ea)
    return b"%b%b%b%b%b" % (head, ti.encode(), tail, pan.encode(), dkga04_length(ea))


def _dkga04_frame(vending_key: VendingKey, ea: EA) -> tuple[bytes, bytes]:
    """Return what comes before the TI and what stands between TI and MeterPAN."""
    base_date: BaseDate = vending_key.base_date
    head = f"\x04\x0204\x02{base_date.value}\x02{ea.value}\x02"
    tail = f"\x00\x04\x06{vending_key.sgc}\x01{vending_key.kt:d}\x01{vending_key.krn:d}\x12"
    return head.encode(), tail.encode()


def dkga04_length(ea: EA) -> bytes:
    """Return the last four of the bytes that DKGA04 authenticates: the length of the key in bits."""
    return ea.key_bits.to_bytes(4, "big")


class Deriver:
    """Derives decoder keys from one vending key. Holds key schedules; drop the object to drop them.

    vending_key: with its attributes. ea: the meters' encryption algorithm.
    dkga: as registered for the meters; None picks 02, 03 or 04 by the length of the key.
    parity: None picks the customary form (``AS_LOADED``; ``FORCED_ODD`` for DKGA01); it concerns 64-bit
        vending keys only.
    common: which reading of the group form of common keys (kt 3) DKGA01 to 03 follow.
    Not to be shared between threads. Raises RuleError for a combination the standard does not know.
    """

    __slots__ = ("cautions", "dkga", "ea", "inputs", "make", "template", "vending_key")

    def __init__(
        self,
        vending_key: VendingKey,
        ea: EA,
        dkga: DKGA | None = None,
        *,
        parity: VendingKeyParity | None = None,
        common: CommonPANBlock = CommonPANBlock.FIXED_IIN,
    ) -> None:
        self.vending_key = vending_key
        self.ea = ea
        self.dkga = dkga or dkga_for_key_length(vending_key.bits)
        self.cautions: tuple[str, ...] = (
            *check_derivation(self.dkga, vending_key.bits, ea),
            *_parity_cautions(vending_key),
        )
        """What a person should know about keys made this way, as sentences; mostly empty."""
        self.template = DecoderKey(
            bytes(ea.key_bits // 8),
            ea,
            vending_key.sgc,
            vending_key.krn,
            None,
            vending_key.kt,
            vending_key.base_date,
            vending_key.ken,
            vending_key.test,
        )
        """What all keys made here have in common; its own bytes are zero."""
        self.inputs = DerivationInputs(vending_key, ea, common, parity or _CUSTOM[self.dkga])
        """What the keys are made from."""
        self.make = _MAKERS[self.dkga](self.inputs)
        """Makes the bytes of a key alone: ``derive`` without its checks."""

    def __repr__(self) -> str:
        """Return which vending key and algorithms, without key bytes."""
        return f"Deriver({self.vending_key!r}, ea={self.ea.value}, dkga={self.dkga.value})"

    def derive(self, pan: MeterPAN, ti: TI) -> DecoderKey:
        """Return the decoder key of a meter under a tariff index.

        Raises FieldError unless pan is a MeterPAN and ti a TI.
        """
        if pan.__class__ is not MeterPAN:
            raise FieldError("pan", pan, "a MeterPAN")
        if ti.__class__ is not TI:
            raise FieldError("ti", ti, "a TI")
        return self.template.for_meter(self.make(pan, ti), ti)


_Make = Callable[[MeterPAN, TI], bytes]

_CUSTOM: Final = {
    DKGA.DKGA01: VendingKeyParity.FORCED_ODD,
    DKGA.DKGA02: VendingKeyParity.AS_LOADED,
    DKGA.DKGA03: VendingKeyParity.AS_LOADED,
    DKGA.DKGA04: VendingKeyParity.AS_LOADED,
}
"""The customary form of the vending key under each algorithm."""


@dataclass(frozen=True, slots=True)
class DerivationInputs:
    """What a maker of decoder keys starts from. Its ``repr`` shows no key."""

    vending_key: VendingKey
    ea: EA
    common: CommonPANBlock
    parity: VendingKeyParity

    @property
    def key_64(self) -> bytes:
        """The 64-bit vending key in the form that enters the computation."""
        key = self.vending_key.key
        return odd_parity(key) if self.parity is VendingKeyParity.FORCED_ODD else key

    @property
    def control(self) -> int:
        """The CONTROLBlock for tariff index 00; another index is XORed in at ``TI_SHIFT``."""
        return control_block(self.vending_key, TI("00"))

    def block_maker(self) -> Callable[[MeterPAN, TI], int]:
        """Return what makes D = PANBlock XOR CONTROLBlock for a meter."""
        kt, common = self.vending_key.kt, self.common
        control = self.control
        return lambda pan, ti: pan_block(pan, kt, common) ^ control ^ int(ti, 16) << TI_SHIFT

    def hmac_states(self) -> tuple[hashlib._Hash, hashlib._Hash, bytes]:
        """Return where every HMAC of DKGA04 starts: inner and outer hash, and what follows the TI.

        HMAC by its definition, on two hash states that have already taken in the padded key: half the
        compressions of a fresh HMAC for every meter. The inner one has also taken in all before the TI.
        """
        import hashlib

        padded = self.vending_key.key.ljust(64, b"\0")
        inner = hashlib.sha256(padded.translate(_INNER_PAD))
        outer = hashlib.sha256(padded.translate(_OUTER_PAD))
        head, tail = _dkga04_frame(self.vending_key, self.ea)
        inner.update(head)
        return inner, outer, tail


def _dkga01(inputs: DerivationInputs) -> _Make:
    from voltoken.sts.ciphers.des import des_encryptor

    data = int.from_bytes(inputs.key_64, "big")
    block = inputs.block_maker()

    def make(pan: MeterPAN, ti: TI) -> bytes:
        encrypt = des_encryptor(block(pan, ti).to_bytes(8, "big"))
        return (encrypt(data) ^ data).to_bytes(8, "big")

    return make


def _dkga02(inputs: DerivationInputs) -> _Make:
    from voltoken.sts.ciphers.des import des_encryptor

    encrypt = des_encryptor(inputs.key_64)
    mask = int.from_bytes(inputs.key_64, "big")
    block = inputs.block_maker()

    def make(pan: MeterPAN, ti: TI) -> bytes:
        data = block(pan, ti)
        return (encrypt(data) ^ data ^ mask).to_bytes(8, "big")

    return make


def _dkga03(inputs: DerivationInputs) -> _Make:
    from voltoken.sts.ciphers.des import triple_des_encryptor

    encrypt = triple_des_encryptor(inputs.vending_key.key)
    block = inputs.block_maker()

    def make(pan: MeterPAN, ti: TI) -> bytes:
        data = block(pan, ti)
        return (encrypt(data) ^ data).to_bytes(8, "big")

    return make


def _dkga04(inputs: DerivationInputs) -> _Make:
    inner, outer, tail = inputs.hmac_states()
    length = dkga04_length(inputs.ea)
    size = inputs.ea.key_bits // 8
    common = COMMON_PAN.encode() if inputs.vending_key.kt is KeyType.DCTK else None
    states: dict[str, hashlib._Hash] = {}  # by tariff index: everything before the meter number

    def make(pan: MeterPAN, ti: TI) -> bytes:
        state = states.get(ti)
        if state is None:
            state = states[str(ti)] = inner.copy()
            state.update(ti.encode() + tail)
        first = state.copy()
        first.update((common or pan.encode()) + length)
        second = outer.copy()
        second.update(first.digest())
        return second.digest()[:size]

    return make


_MAKERS: Final = {
    DKGA.DKGA01: _dkga01,
    DKGA.DKGA02: _dkga02,
    DKGA.DKGA03: _dkga03,
    DKGA.DKGA04: _dkga04,
}


_ODD_PARITY_CAUTION: Final = (
    "The 64-bit vending key does not have odd parity, as keys from a key management centre have. "
    "Implementations disagree about such keys; compare a token with the meter before selling."
)


def _parity_cautions(vending_key: VendingKey) -> tuple[str, ...]:
    if vending_key.bits != 64 or vending_key.has_odd_parity:
        return ()
    return (_ODD_PARITY_CAUTION,)
