"""A vault whose 160-bit vending keys live in a PKCS#11 token; all other keys are in the process's memory.

DKGA04 is one HMAC, and runs in the token: a decoder key that leaks burns one meter, and tells nothing of the
vending key. DKGA02 cannot be hidden that way: DK = DES(VK, D) XOR D XOR VK with a public D, so whoever holds
one decoder key and may have D encrypted once computes VK. No token knows the ciphers that need the decoder
key, so decoder keys do come out. A 64-bit key "in the token" would therefore only look safe, and is refused;
it is sealed at rest and used in the process, which is then what has to be guarded.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Sequence
from typing import Final

from voltoken.drivers.pkcs11.token import Pkcs11Token
from voltoken.errors import HIDDEN, FieldError
from voltoken.security import KeyRef, KeyRegister, MemoryVault, Wanted, refuse
from voltoken.sts import COMMON_PAN, DKGA, EA, DecoderKey, Deriver, KeyType, VendingKey, batch, dkga04_data

_DKGA04_BYTES: Final = 20


class Pkcs11Vault:
    """Makes decoder keys in a token, or in memory for keys that cannot live in a token. One thread at a time.

    token: an open token; whoever opened it closes it. module_id: keeps the keys of several modules apart that
    share a token; printable ASCII, at most 48 characters.
    """

    def __init__(self, token: Pkcs11Token, module_id: str) -> None:
        if not 1 <= len(module_id) <= 48 or not (module_id.isascii() and module_id.isprintable()):
            raise FieldError("module id", module_id, "1 to 48 printable ASCII characters")
        self._token = token
        self._module_id = module_id
        self._memory = MemoryVault()
        self._frames: dict[tuple[KeyRef, EA], Deriver] = {}

    def __repr__(self) -> str:
        """Return which token, without keys."""
        return f"Pkcs11Vault({self._token!r}, {self._memory!r})"

    def put(self, register: KeyRegister, secret: bytes) -> None:
        """Take in a key. One for the token goes there when it is loaded, and is only looked for afterwards.

        secret: its bytes; empty for a key that should be in the token already.
        Raises ModuleRefused when a key cannot live in a token (``custody.not_in_hsm``), or the token holds
        another key of that name (``custody.taken``); ModuleUnavailable when the token cannot take it, or does
        not hold what it should; FieldError for a secret of another length.
        """
        self._forget(register.ref)
        if not register.in_hardware:
            self._memory.put(register, secret)
            return
        if register.dkga is not DKGA.DKGA04 or register.key_bits != 8 * _DKGA04_BYTES:
            raise refuse("custody.not_in_hsm", bits=register.key_bits).error()
        label = self._label(register.ref)
        if not secret:
            self._token.hmac_sha256(label, b"is it there?")
            return
        if len(secret) != _DKGA04_BYTES:
            raise FieldError("key", HIDDEN, f"{_DKGA04_BYTES} bytes for DKGA04")
        if not self._token.holds(label):
            self._token.import_secret(label, secret)
        elif not self._is_the_same(label, secret):  # the same: a loading that was cut short
            raise refuse("custody.taken", key=str(register.ref)).error()

    def drop(self, ref: KeyRef) -> None:
        """Delete a key, from the token too.

        Raises ModuleUnavailable when the token does not let go of it.
        """
        self._forget(ref)
        self._memory.drop(ref)
        if self._token.holds(self._label(ref)):
            self._token.delete(self._label(ref))

    def wipe(self) -> None:
        """Forget all keys that are in memory. What lives in the token stays there, behind its PIN."""
        self._memory.wipe()
        self._frames.clear()

    def decoder_key(self, wanted: Wanted) -> DecoderKey:
        """Return one decoder key. Raises ModuleUnavailable when neither token nor memory holds its key."""
        if not wanted.register.in_hardware:
            return self._memory.decoder_key(wanted)
        return self._made_inside(wanted, self._token.hmac_sha256(*self._asked(wanted)))

    def decoder_keys(self, wanted: Sequence[Wanted]) -> batch.DecoderKeys:
        """Return many at once, in order: all of one vending key in one session of the token."""
        inside: dict[KeyRef, list[int]] = {}
        for place, one in enumerate(wanted):
            if one.register.in_hardware:
                inside.setdefault(one.register.ref, []).append(place)
        if not inside:
            return self._memory.decoder_keys(wanted)
        made: dict[int, DecoderKey] = {}
        for ref, places in inside.items():
            asked = [self._asked(wanted[place])[1] for place in places]
            answers = self._token.hmac_many(self._label(ref), asked)
            for place, answer in zip(places, answers, strict=True):
                made[place] = self._made_inside(wanted[place], answer)
        return batch.DecoderKeys.of(
            [
                made[place] if place in made else self._memory.decoder_key(one)
                for place, one in enumerate(wanted)
            ]
        )

    def _asked(self, wanted: Wanted) -> tuple[str, bytes]:
        """Return the label of the vending key, and what is authenticated under it."""
        common = wanted.register.kt is KeyType.DCTK
        frame = self._frame(wanted).vending_key
        pan = COMMON_PAN if common else wanted.pan
        return self._label(wanted.register.ref), dkga04_data(frame, wanted.ea, wanted.ti, pan)

    def _made_inside(self, wanted: Wanted, answer: bytes) -> DecoderKey:
        frame = self._frame(wanted)
        return frame.template.for_meter(answer[: len(frame.template.key)], wanted.ti)

    def _frame(self, wanted: Wanted) -> Deriver:
        """Return the attributes that decoder keys of a vending key have in common; its bytes are zeros.

        Raises RuleError when the key is not for such meters.
        """
        register = wanted.register
        name = register.ref, wanted.ea
        if name not in self._frames:
            sgc, krn = register.ref.sgc, register.ref.krn
            stand_in = VendingKey(
                bytes(_DKGA04_BYTES), sgc, krn, register.base_date, register.kt, register.ken, register.test
            )
            self._frames[name] = Deriver(stand_in, wanted.ea, DKGA.DKGA04)
        return self._frames[name]

    def _forget(self, ref: KeyRef) -> None:
        for name in [name for name in self._frames if name[0] == ref]:
            del self._frames[name]

    def _is_the_same(self, label: str, secret: bytes) -> bool:
        challenge = os.urandom(32)
        answer = self._token.hmac_sha256(label, challenge)
        return hmac.compare_digest(answer, hmac.digest(secret, challenge, "sha256"))

    def _label(self, ref: KeyRef) -> str:
        return f"{self._module_id} {ref}"
