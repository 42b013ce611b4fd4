"""TLS on both ends: whom a client believes, and whom a server lets in.

A client pins what it knows: the site's own authority, or the fingerprint of one server certificate, which
suits the self-signed ones of modules in the field. There is no way to trust everybody. A server asks for a
certificate of the site's authority unless it is told that passwords alone will do.
"""

from __future__ import annotations

import hmac
import re
import socket
import ssl
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from voltoken.errors import FieldError, ModuleUnavailable

_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Identity:
    """The files, both PEM, of one's own certificate and of its private key (without a passphrase)."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Trust:
    """How a client knows its server; exactly one of both.

    authority: PEM file of the only authority whose server certificates count; name and validity count too.
    fingerprint: SHA-256 of the one server certificate that counts, 64 hexadecimal digits, colons allowed.
        Name and dates are then not looked at: this very certificate was trusted by hand.
    Raises FieldError for none, both, or another form.
    """

    authority: Path | None = None
    fingerprint: str | None = None

    def __post_init__(self) -> None:
        """Check that there is one way, and its form."""
        if (self.authority is None) == (self.fingerprint is None):
            raise FieldError(
                "trust",
                None,
                "either an authority's file or a fingerprint",
                "Without one of them anybody could answer in the module's place.",
            )
        if self.fingerprint is not None:
            plain = self.fingerprint.replace(":", "").lower()
            if not _FINGERPRINT.fullmatch(plain):
                raise FieldError("fingerprint", self.fingerprint, "64 hexadecimal digits, the SHA-256")
            object.__setattr__(self, "fingerprint", plain)


def client_context(trust: Trust, identity: Identity | None = None) -> ssl.SSLContext:
    """Return how a client connects: TLS 1.2 or newer, and no authority but the pinned one.

    identity: the client's own certificate, for servers that ask for one.
    Raises FieldError for a file that is missing or none of PEM.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if trust.authority is not None:
        _load_authority(context, trust.authority)
    else:
        # check_server compares the certificate before a byte is sent, and nothing else about it counts.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if identity is not None:
        _load_identity(context, identity)
    return context


def check_server(trust: Trust, connection: ssl.SSLSocket) -> None:
    """Compare a server's certificate with the pinned fingerprint, in constant time.

    To be called after the handshake and before any byte is sent. With an authority there is nothing left to
    do: the handshake has checked it. Raises ModuleUnavailable, not safe to retry, for another certificate.
    """
    if trust.fingerprint is None:
        return
    found = sha256(connection.getpeercert(binary_form=True) or b"").hexdigest()
    if not hmac.compare_digest(found, trust.fingerprint):
        raise ModuleUnavailable(
            f"The server shows the certificate {found}, not the pinned one. Nothing was sent. If the "
            "module's certificate was renewed, compare the new fingerprint by another way and pin it.",
            retry_safe=False,
        )


def server_context(identity: Identity, client_authority: Path | None) -> ssl.SSLContext:
    """Return how a server accepts: TLS 1.2 or newer.

    client_authority: PEM file of the authority whose clients are let in; None lets in everybody who can
        sign in by password.
    Raises FieldError for a file that is missing or none of PEM.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.num_tickets = 0  # connections are long; keys that resume them would only lie around
    _load_identity(context, identity)
    if client_authority is not None:
        _load_authority(context, client_authority)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def certificate_name(connection: ssl.SSLSocket) -> str | None:
    """Return the common name of the verified certificate of the other side, None when it showed none."""
    certificate = connection.getpeercert() or {}
    subject: Any = certificate.get("subject", ())
    names = [value for part in subject for key, value in part if key == "commonName"]
    return str(names[-1]) if names else None


def abort(connection: socket.socket) -> None:
    """Cut a connection, from any thread, so that whoever waits for it wakes up.

    The plain socket's way: the one of TLS sockets would first drop the encryption.
    """
    try:
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    except OSError:
        return  # it was cut already


def _load_authority(context: ssl.SSLContext, file: Path) -> None:
    try:
        context.load_verify_locations(cafile=file)
    except (OSError, ssl.SSLError):
        raise FieldError("authority", file.name, "a readable file with a certificate in PEM form") from None


def _load_identity(context: ssl.SSLContext, identity: Identity) -> None:
    try:
        # An empty passphrase, so that a locked key is refused and nobody is asked at a terminal.
        context.load_cert_chain(identity.certificate, identity.key, password="")
    except (OSError, ssl.SSLError):
        raise FieldError(
            "identity",
            f"{identity.certificate.name}, {identity.key.name}",
            "readable PEM files of a certificate and of its key, without a passphrase",
        ) from None
