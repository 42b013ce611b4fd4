"""A small certificate authority for the connections of one site: one root, servers and clients below it.

A vending site needs no public authority: its module and its clients know each other. Keys are ECDSA on
P-256. The validity is given, for nothing here reads a clock; serial numbers and keys are random. Everything
comes back as PEM bytes, and where they are kept is the business of the caller.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Final

from voltoken.errors import HIDDEN, FieldError

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "::1")
"""Names that every server certificate has beside those asked for."""

_NAME_MAX: Final = 64


class Role(Enum):
    """What a certificate is for."""

    SERVER = "server"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when a certificate is valid, as aware datetimes in order. Raises FieldError."""

    begin: datetime
    end: datetime

    def __post_init__(self) -> None:
        """Check both moments."""
        if self.begin.tzinfo is None or self.end.tzinfo is None or self.begin >= self.end:
            raise FieldError(
                "validity", f"{self.begin} to {self.end}", "two moments with a time zone, in order"
            )


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate and its private key, both PEM; the key is never shown."""

    certificate: bytes
    key: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate: 64 hexadecimal digits, what a client can pin."""
        from cryptography.hazmat.primitives.hashes import SHA256

        return _certificate(self.certificate).fingerprint(SHA256()).hex()


def make_authority(name: str, validity: Validity) -> Credential:
    """Make the root that servers and clients of a site are signed by.

    name: its common name, 1 to 64 characters. Raises FieldError for another name.
    """
    from cryptography import x509

    key = _new_key()
    subject = _subject(name)
    builder = (
        _builder(subject, subject, key, validity)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
    )
    return _sign(builder, key, key)


def make_certificate(
    authority: Credential, role: Role, name: str, validity: Validity, hosts: Iterable[str] = ()
) -> Credential:
    """Make the certificate of one server or one client.

    authority: from ``make_authority``. name: common name, 1 to 64 characters; a server may tie a client's
        name to the user who signs in. hosts: further host names and addresses of a server, beside
        ``LOCAL_NAMES``; a client has none.
    Raises FieldError for a name or an authority that is none.
    """
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    root, root_key = _certificate(authority.certificate), _key(authority.key)
    key = _new_key()
    usage = ExtendedKeyUsageOID.SERVER_AUTH if role is Role.SERVER else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = (
        _builder(_subject(name), root.subject, key, validity)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
        )
    )
    if role is Role.SERVER:
        names = [_host(host) for host in dict.fromkeys((*LOCAL_NAMES, *hosts))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return _sign(builder, key, root_key)


def _new_key() -> ec.EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _subject(name: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    if not isinstance(name, str) or not 1 <= len(name) <= _NAME_MAX or not name.isprintable():
        raise FieldError("name", name, f"1 to {_NAME_MAX} printable characters")
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        if not host or not host.isascii() or len(host) > 253 or not host.isprintable():
            raise FieldError("host", host, "an ASCII host name or an IP address") from None
        return x509.DNSName(host)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, validity: Validity
) -> x509.CertificateBuilder:
    from cryptography import x509

    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity.begin)
        .not_valid_after(validity.end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _sign(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey
) -> Credential:
    from cryptography.hazmat.primitives import hashes, serialization

    certificate = builder.sign(signer, hashes.SHA256())
    return Credential(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def _certificate(pem: bytes) -> x509.Certificate:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError:
        raise FieldError("certificate", HIDDEN, "a certificate in PEM form") from None


def _key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        raise FieldError("key", HIDDEN, "a private key in PEM form, without a passphrase") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise FieldError("key", HIDDEN, "an ECDSA key")
    return key
