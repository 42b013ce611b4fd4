"""Making the folder of a new module: settings, journal, root key, TLS authority and certificates."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from voltoken.drivers.authority import Credential, Role, Validity, make_authority, make_certificate
from voltoken.drivers.custody.roots import RootProvider
from voltoken.drivers.custody.sealing import RootKey
from voltoken.drivers.journal import Journal
from voltoken.drivers.local.home import JOURNAL_FILE, SETTINGS_FILE, TLS_FOLDER, Home, reason_of
from voltoken.drivers.local.passwords import hash_password
from voltoken.drivers.local.settings import SETTINGS_VERSION, HomeSettings, TokenSettings, parse_settings
from voltoken.errors import FieldError, JournalError
from voltoken.security import NOT_CERTIFIED, Act, ModuleRole

_YEARS_OF_AUTHORITY: Final = timedelta(days=3653)
_YEARS_OF_CERTIFICATE: Final = timedelta(days=731)
_ACTS: Final[Mapping[ModuleRole, tuple[Act, ...]]] = {
    ModuleRole.VENDING: (Act.CREDIT, Act.MANAGEMENT, Act.KEY_CHANGE, Act.METER_TEST, Act.VERIFY),
    ModuleRole.MANUFACTURING: (Act.INITIAL_KEY_CHANGE, Act.KEY_CHANGE, Act.MANAGEMENT, Act.METER_TEST),
}
"""What a new client may ask for, by the role of its module."""
_FRESH: Final = timedelta(hours=1)  # clocks of clients may be a little behind


@dataclass(frozen=True, slots=True)
class Made:
    """What came of making a home. shares: for their holders, shown once and kept nowhere.

    public_key: checks the checkpoints; pin it at the witness. fingerprint: of the TLS server's certificate.
    """

    folder: Path
    shares: tuple[str, ...] = field(repr=False)
    public_key: str
    fingerprint: str
    clients: tuple[str, ...]


def make_home(
    folder: Path,
    settings: str,
    provider: Callable[[HomeSettings], RootProvider],
    *,
    now: datetime,
    hosts: Sequence[str] = (),
) -> Made:
    """Make a module: its settings file, its journal, its root key, its TLS authority and certificates.

    settings: the text of ``module.toml``. provider: keeps the root key. now: the time, also of a module in
    rehearsal, whose journal begins on its own day. hosts: names the TLS server is reached by, beside
    localhost. Nothing is overwritten, and what fails leaves nothing behind.
    Raises FieldError for settings that are not right, JournalError for a folder that is not empty.
    """
    parsed = parse_settings(settings)
    module = parsed.module
    staged = folder.with_name(f".{folder.name}.{os.urandom(4).hex()}.new")
    with RootKey.generate(module.module_id) as root:
        created = provider(parsed).create(root)
        try:
            if folder.exists() and any(folder.iterdir()):
                raise JournalError(f"{folder.name} is not empty. A module is made in a folder of its own.")
            staged.mkdir(mode=0o700, parents=True)
            write_private(staged / SETTINGS_FILE, settings.encode())
            Journal.create(
                staged / JOURNAL_FILE,
                module_id=module.module_id,
                role=module.role,
                root=root,
                root_record=created.record,
                at=now + timedelta(days=module.rehearsal_days),
            )
            fingerprint = _make_tls(staged / TLS_FOLDER, module.module_id, tuple(module.clients), now, hosts)
            with Journal.open(staged / JOURNAL_FILE) as journal:
                public_key = journal.identity.public_key.hex()
            staged.replace(folder)
        except OSError as error:
            raise JournalError(f"{folder.name} cannot be made: {reason_of(error)}.") from None
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    return Made(folder, created.shares, public_key, fingerprint, tuple(module.clients))


def write_private(file: Path, content: bytes) -> None:
    """Write a new file that only its owner can read, on the disk when this returns. Raises OSError."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _make_tls(folder: Path, name: str, clients: Sequence[str], now: datetime, hosts: Sequence[str]) -> str:
    """Make the authority and the certificates; return the fingerprint of the server's."""
    begin = now - _FRESH
    authority = make_authority(f"{name} authority", Validity(begin, begin + _YEARS_OF_AUTHORITY))
    validity = Validity(begin, begin + _YEARS_OF_CERTIFICATE)
    server = make_certificate(authority, Role.SERVER, name, validity, hosts)
    folder.mkdir(mode=0o700)
    files = {
        "ca.pem": authority.certificate,
        "ca-key.pem": authority.key,
        "server.pem": server.certificate + server.key,
    }
    for client in clients:
        made = make_certificate(authority, Role.CLIENT, client, validity)
        files[f"{client}.pem"] = made.certificate + made.key
    for file, content in files.items():
        write_private(folder / file, content)
    return server.fingerprint


def draft_settings(
    module_id: str,
    role: ModuleRole,
    clients: Mapping[str, ClientDraft],
    token: TokenSettings | None,
    *,
    rehearsal_days: int = 0,
) -> str:
    """Return the text of ``module.toml`` for a new module: everything that has a default left at it.

    clients: by name. token: makes it a PKCS#11 module. rehearsal_days: by which its clock is shifted.
    ``make_home`` checks the text.
    """
    lines = [
        f"# A security module of Voltoken: {NOT_CERTIFIED}.",
        f"version = {SETTINGS_VERSION}",
        f"id = {_quoted(module_id)}",
        f"role = {_quoted(role.value)}",
        f"kind = {_quoted('pkcs11' if token else 'software')}",
        "production = false",
        "accept_non_sts_compliant_module = false",
        *([f"rehearsal_days = {rehearsal_days} # its clock is not the time"] if rehearsal_days else []),
        "",
        "[ea07]",
        'tables = "sample" # "none", or a file with licensed tables',
    ]
    if token is not None:
        lines += ["", "[pkcs11]", f"library = {_quoted(token.library)}", f"token = {_quoted(token.label)}"]
    lines += ["", "[witness]", "files = []", "urls = []"]
    for name, client in clients.items():
        lines += ["", *_client_lines(name, role, client)]
    return "\n".join(lines) + "\n"


def _client_lines(name: str, role: ModuleRole, client: ClientDraft) -> list[str]:
    """Return the table of a client in ``module.toml``."""
    acts = ", ".join(_quoted(act.value) for act in _ACTS[role])
    groups = ", ".join(_quoted(group) for group in client.supply_groups)
    return [
        f"[clients.{_quoted(name)}]",
        f"acts = [{acts}]",
        f"supply_groups = [{groups}]",
        f"test_meters = {'true' if client.test_meters else 'false'}",
        f"password = {_quoted(hash_password(client.password))}",
    ]


def add_client(home: Home, name: str, client: ClientDraft, now: datetime) -> None:
    """Add a client to a module: to its settings, and with a certificate. It counts when the module starts.

    Raises FieldError for a name that is taken or is none, JournalError when a file cannot be written.
    """
    if name in home.settings.module.clients:
        raise FieldError("client", name, "a name that no client has", "Renew its certificate instead.")
    file = home.folder / SETTINGS_FILE
    try:
        text = file.read_text(encoding="utf-8").rstrip("\n")
        lines = [text, "", *_client_lines(name, home.settings.module.role, client)]
        changed = "\n".join(lines) + "\n"
        parse_settings(changed)
        renew_client(home, name, now)
        staged = file.with_name(f".{file.name}.{os.urandom(4).hex()}.new")
        write_private(staged, changed.encode())
        staged.replace(file)
    except OSError as error:
        raise JournalError(f"{file.name} cannot be changed: {reason_of(error)}.") from None


def renew_client(home: Home, name: str, now: datetime) -> None:
    """Make a certificate for a client, in place of one that it may have; the password stays.

    Raises FieldError for a name or an authority that is none, JournalError when a file cannot be written.
    """
    folder = home.folder / TLS_FOLDER
    try:
        authority = Credential((folder / "ca.pem").read_bytes(), (folder / "ca-key.pem").read_bytes())
        begin = now - _FRESH
        made = make_certificate(authority, Role.CLIENT, name, Validity(begin, begin + _YEARS_OF_CERTIFICATE))
        staged = folder / f".{name}.{os.urandom(4).hex()}.new"
        write_private(staged, made.certificate + made.key)
        staged.replace(folder / f"{name}.pem")
    except OSError as error:
        raise JournalError(f"The certificate of {name} cannot be made: {reason_of(error)}.") from None


@dataclass(frozen=True, slots=True)
class ClientDraft:
    """A client of a new module. supply_groups: six digits each, or ``*``. password: for signing in."""

    supply_groups: tuple[str, ...]
    password: str = field(repr=False)
    test_meters: bool = False


def _quoted(text: str) -> str:
    """Return a text for TOML, which takes the form that JSON gives it."""
    return json.dumps(text)
