"""Where vending keys are while a module is unsealed: the only thing that ever sees their bytes.

``Vault`` is what a decision asks for decoder keys. ``MemoryVault`` holds the keys in the memory of the
process; ``voltoken.drivers.pkcs11`` leaves 160-bit keys in a hardware token. Neither hands out a vending
key, and decoder keys never leave the room but as tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from voltoken.errors import ModuleUnavailable
from voltoken.security.values import KeyRef, KeyRegister
from voltoken.sts import EA, TI, DecoderKey, Deriver, KeyType, MeterPAN, VendingKey, batch, rules


class Wanted(NamedTuple):
    """A decoder key that is wanted: of which key, for which meter."""

    register: KeyRegister
    ea: EA
    pan: MeterPAN
    ti: TI


class Vault(Protocol):
    """Makes decoder keys from the keys it holds. Used by one thread at a time."""

    def put(self, register: KeyRegister, secret: bytes) -> None:
        """Take in a key that is kept outside; secret: its bytes."""

    def drop(self, ref: KeyRef) -> None:
        """Forget a key."""

    def wipe(self) -> None:
        """Forget all keys."""

    def decoder_key(self, wanted: Wanted) -> DecoderKey:
        """Return one decoder key. Raises ModuleUnavailable when the vault does not hold its key."""

    def decoder_keys(self, wanted: Sequence[Wanted]) -> batch.DecoderKeys:
        """Return many at once, in order. Raises ModuleUnavailable as ``decoder_key`` does."""


class MemoryVault:
    """Keys in the memory of this process.

    Python cannot promise to wipe them: ``wipe`` drops every reference, and the memory is used again some
    time later. Its ``repr`` shows how many keys there are.
    """

    def __init__(self) -> None:
        self._keys: dict[KeyRef, VendingKey | DecoderKey] = {}
        self._derivers: dict[tuple[KeyRef, EA, str], Deriver] = {}

    def __repr__(self) -> str:
        """Return how many keys there are, without them."""
        return f"MemoryVault({len(self._keys)} keys)"

    def put(self, register: KeyRegister, secret: bytes) -> None:
        """Take in a key, in the place of one of that name."""
        self.drop(register.ref)
        self._keys[register.ref] = made_of(register, secret)

    def drop(self, ref: KeyRef) -> None:
        """Forget a key and everything made ready from it."""
        self._keys.pop(ref, None)
        for name in [name for name in self._derivers if name[0] == ref]:
            del self._derivers[name]

    def wipe(self) -> None:
        """Forget all keys."""
        self._keys.clear()
        self._derivers.clear()

    def decoder_key(self, wanted: Wanted) -> DecoderKey:
        """Return one decoder key. Raises ModuleUnavailable when the key is not held."""
        key = self._key(wanted.register.ref)
        if isinstance(key, DecoderKey):
            return key
        return self._deriver(wanted, key).derive(wanted.pan, wanted.ti)

    def decoder_keys(self, wanted: Sequence[Wanted]) -> batch.DecoderKeys:
        """Return many at once. Raises ModuleUnavailable when a key is not held."""
        places: dict[Deriver, int] = {}
        which = []
        for one in wanted:
            key = self._key(one.register.ref)
            if isinstance(key, DecoderKey):  # a first key: rare, and no table of meters has them
                return batch.DecoderKeys.of([self.decoder_key(each) for each in wanted])
            which.append(places.setdefault(self._deriver(one, key), len(places)))
        return batch.derive([one.pan for one in wanted], [one.ti for one in wanted], list(places), which)

    def _key(self, ref: KeyRef) -> VendingKey | DecoderKey:
        key = self._keys.get(ref)
        if key is None:
            raise ModuleUnavailable(f"The bytes of {ref} are not in the module; unseal it again.")
        return key

    def _deriver(self, wanted: Wanted, key: VendingKey) -> Deriver:
        register, ea = wanted.register, wanted.ea
        named = register.dkga or rules.dkga_for_key_length(key.bits)
        dkga = rules.dkga_in_force(named, wanted.pan, key.kt, key.sgc, key.krn, ea)
        name = register.ref, ea, str(dkga)
        found = self._derivers.get(name)
        if found is None:
            found = self._derivers[name] = Deriver(key, ea, dkga)
        return found


def made_of(register: KeyRegister, secret: bytes) -> VendingKey | DecoderKey:
    """Return a key with its attributes. Raises FieldError when length and attributes do not go together."""
    sgc, krn = register.ref.sgc, register.ref.krn
    if register.kt is KeyType.DITK:
        (ea,) = register.eas
        return DecoderKey(
            secret,
            ea,
            sgc=sgc,
            krn=krn,
            kt=register.kt,
            base_date=register.base_date,
            ken=register.ken,
            test=register.test,
        )
    return VendingKey(secret, sgc, krn, register.base_date, register.kt, register.ken, register.test)
