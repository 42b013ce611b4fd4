"""A token of software that is wrong in one way: what real tokens are hard to bring to."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pkcs11
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap
from pkcs11 import Attribute, GCMParams, Mechanism


@dataclass
class FakeKey:
    """A key in a token of software. lie: in what the token is wrong."""

    value: bytes
    attributes: dict[Attribute, Any]
    lie: str
    left: list[FakeKey]

    def __post_init__(self) -> None:
        self.left.append(self)

    def destroy(self) -> None:
        self.left.remove(self)

    def __getitem__(self, name: Attribute) -> object:
        hides = self.attributes[Attribute.SENSITIVE] and not self.attributes[Attribute.EXTRACTABLE]
        unwrapped = Attribute.VALUE not in self.attributes
        if name is Attribute.VALUE and hides and self.lie != ("shows unwrapped" if unwrapped else "shows"):
            raise pkcs11.AttributeSensitive
        return self.value

    def sign(self, data: bytes, mechanism: Mechanism) -> bytes:
        assert mechanism is Mechanism.SHA256_HMAC
        if self.lie == "no hmac" or len(self.value) < 32:
            raise pkcs11.MechanismInvalid
        key = self.value[:20] + b"\x01" if self.lie == "wrong hmac" else self.value
        return hmac.digest(key, data, "sha256")

    def encrypt(self, data: bytes, mechanism: Mechanism, mechanism_param: GCMParams) -> bytes:
        assert mechanism is Mechanism.AES_GCM
        if self.lie == "no gcm":
            raise pkcs11.FunctionFailed
        nonce, aad = self._told(mechanism_param)
        sealed = AESGCM(self.value).encrypt(nonce, data, aad)
        return sealed[:-1] + b"\x00" if self.lie == "wrong tag" else sealed

    def decrypt(self, data: bytes, mechanism: Mechanism, mechanism_param: GCMParams) -> bytes:
        assert mechanism is Mechanism.AES_GCM
        nonce, aad = self._told(mechanism_param)
        if self.lie == "no decryption":
            raise pkcs11.FunctionFailed
        if self.lie == "another plaintext":
            return b"\x01" * (len(data) - 16)
        if self.lie == "ignores damage":
            return data[:-16].replace(data[:-16], bytes(len(data) - 16))
        try:
            return AESGCM(self.value).decrypt(nonce, data, aad)
        except InvalidTag:
            raise pkcs11.GeneralError from None

    def _told(self, param: GCMParams) -> tuple[bytes, bytes]:
        return bytes(param.nonce), b"" if self.lie == "ignores context" else bytes(param.aad or b"")

    def unwrap_key(
        self,
        kind: object,
        key_type: object,
        data: bytes,
        mechanism: Mechanism,
        template: dict[Attribute, Any],
    ) -> FakeKey:
        assert (kind, key_type) == (template[Attribute.CLASS], template[Attribute.KEY_TYPE])
        assert mechanism is Mechanism.AES_KEY_WRAP
        assert not template[Attribute.TOKEN]
        if self.lie == "no unwrap":
            raise pkcs11.MechanismInvalid
        plain = aes_key_unwrap(self.value, data)
        return FakeKey(plain[::-1] if self.lie == "wrong unwrap" else plain, template, self.lie, self.left)


@dataclass
class FakeSession:
    """A session that makes such keys, and remembers those that are left. stays: in the token, too."""

    lie: str = ""
    stays: bool = False
    left: list[FakeKey] = field(default_factory=list)

    def create_object(self, attributes: dict[Attribute, Any]) -> FakeKey:
        assert not attributes[Attribute.TOKEN] or self.stays
        if self.lie == "no import":
            raise pkcs11.TemplateInconsistent
        return FakeKey(attributes[Attribute.VALUE], attributes, self.lie, self.left)

    def get_objects(self, attributes: dict[Attribute, Any]) -> Iterator[FakeKey]:
        label = attributes[Attribute.LABEL]
        return (key for key in self.left if key.attributes[Attribute.LABEL] == label)

    def generate_random(self, bits: int) -> bytes:
        return bytes(bits // 8)
