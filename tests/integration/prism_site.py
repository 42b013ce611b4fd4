"""A site with a certificate authority, a server and clients, for tests over real sockets."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from voltoken.drivers.authority import Credential, Role, Validity, make_authority, make_certificate
from voltoken.drivers.prism.tls import Identity, Trust, server_context

DAY = timedelta(days=1)


def validity(begin: timedelta = -DAY, end: timedelta = DAY) -> Validity:
    """Return a validity around now."""
    now = datetime.now(UTC).replace(microsecond=0)
    return Validity(now + begin, now + end)


def put(folder: Path, name: str, credential: Credential) -> Identity:
    """Write a credential to files and return where they are."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    certificate.write_bytes(credential.certificate)
    key.write_bytes(credential.key)
    return Identity(certificate, key)


@dataclass(frozen=True)
class Site:
    """Files of a site. authority: the PEM file. fingerprint: of the server's certificate."""

    folder: Path
    root: Credential
    authority: Path
    server: Identity
    client: Identity
    fingerprint: str

    @classmethod
    def build(cls, folder: Path, server: Validity | None = None) -> Site:
        """Make everything new. server: validity of its certificate."""
        root = make_authority("Site", validity())
        served = make_certificate(root, Role.SERVER, "module", server or validity(), ["module.example"])
        client = make_certificate(root, Role.CLIENT, "till", validity())
        return cls(
            folder,
            root,
            put(folder, "authority", root).certificate,
            put(folder, "server", served),
            put(folder, "client", client),
            served.fingerprint,
        )

    @property
    def trust(self) -> Trust:
        """How clients know the server."""
        return Trust(authority=self.authority)

    def context(self, *, strangers: bool = False) -> ssl.SSLContext:
        """Return how the server accepts. strangers: without certificates, too."""
        return server_context(self.server, None if strangers else self.authority)
