"""The folder of a module: made once by ``make_home``, opened by ``open_home``; everything in it is 0600.

    module.toml     what the module may do, and for whom
    journal.db      sealed keys, counters, results and the log (``journal``)
    tls/            ca.pem, ca-key.pem, server.pem, and one file for each client
    admin.sock      the administration door, while the module is served

The folder belongs to the user the module runs as; nobody else can look into it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voltoken.drivers.clock import Clock, shifted, utc_now
from voltoken.drivers.custody.roots import TokenOpener, Unsealing, unsealer
from voltoken.drivers.journal import FileWitness, Journal, UrlWitness, Witness
from voltoken.drivers.local.module import LocalModule
from voltoken.drivers.local.settings import NO_TABLES, SAMPLE, HomeSettings, parse_settings
from voltoken.errors import FieldError, JournalError, ModuleRefused, VoltokenError
from voltoken.security import NOT_CERTIFIED, Engine, MemoryVault, ModuleKind, Vault, refuse
from voltoken.sts import SAMPLE_TABLES, STATables

SETTINGS_FILE: Final = "module.toml"
"""What the module may do, and for whom."""
JOURNAL_FILE: Final = "journal.db"
"""Keys, counters, results and the log."""
SOCKET_FILE: Final = "admin.sock"
"""The administration door, while the module is served."""
TLS_FOLDER: Final = "tls"
"""The authority, and the certificates of the server and its clients."""


@dataclass(frozen=True, slots=True)
class Home:
    """A module's folder, opened: its settings, and where its files are."""

    folder: Path
    settings: HomeSettings

    @property
    def socket(self) -> Path:
        """The administration door."""
        return self.folder / SOCKET_FILE

    @property
    def journal(self) -> Path:
        """The journal."""
        return self.folder / JOURNAL_FILE

    def file(self, name: str) -> Path:
        """Return a file of the settings: in the folder unless its name is absolute."""
        return self.folder / name

    def tables(self) -> STATables | None:
        """Return the EA07 tables. Raises FieldError or JournalError for a file that is none."""
        if self.settings.tables == NO_TABLES:
            return None
        if self.settings.tables == SAMPLE:
            return SAMPLE_TABLES
        return read_tables(self.file(self.settings.tables))

    def witnesses(self) -> tuple[Witness, ...]:
        """Return who gets the checkpoints."""
        files = (FileWitness(self.file(name)) for name in self.settings.witness_files)
        return (*files, *(UrlWitness(url) for url in self.settings.witness_urls))

    def check_production(self) -> None:
        """Raise ModuleRefused when customers are to be served by a software module that nobody accepted.

        Or by one in rehearsal, whose clock is not the time.
        """
        if self.settings.production and self.settings.module.rehearsal:
            raise ModuleRefused(
                "module.rehearsal",
                f"This module is {self.settings.module.rehearsal}, and it is set to production. Customers "
                "are served by another module, whose clock is the time: make one with voltoken sm init.",
            )
        if self.settings.production and not self.settings.module.accept_live_keys:
            raise ModuleRefused(
                "module.not_certified",
                f"This module is {NOT_CERTIFIED}, and it is set to production. It does not start unless "
                "accept_non_sts_compliant_module = true stands in module.toml, which takes the risk "
                "knowingly: the system is then outside the STS scheme.",
            )

    def open_module(
        self, clock: Clock = utc_now, *, measures: Mapping[str, str] | None = None
    ) -> LocalModule:
        """Open the module, sealed. clock: the time; a module in rehearsal shifts it by itself.

        Raises ModuleRefused (production; live keys in rehearsal) and JournalError.
        """
        self.check_production()
        tables = self.tables()
        vault, token = self._vault()
        journal = Journal.open(self.journal)
        if journal.zeroised:
            journal.close()
            raise refuse("custody.zeroised").error()
        if journal.identity.module_id != self.settings.module.module_id:
            journal.close()
            raise JournalError(
                f"The journal belongs to the module {journal.identity.module_id}, and {SETTINGS_FILE} is for "
                f"{self.settings.module.module_id}. Put back the file that belongs here."
            )
        if journal.identity.role is not self.settings.module.role:
            journal.close()
            raise JournalError(
                f"The module was made for {journal.identity.role.value}, and {SETTINGS_FILE} says "
                f"{self.settings.module.role.value}. What a module is for never changes: make another one."
            )
        live = [str(one.ref) for one in journal.registers() if not one.test]
        if live and self.settings.module.rehearsal:  # somebody has shifted the clock of a working module
            journal.close()
            raise refuse("custody.rehearsal", key=live[0]).error()

        def unsealing() -> Unsealing:
            return unsealer(journal.root_record(), token)

        try:
            return LocalModule(
                journal,
                Engine(self.settings.module, vault, tables),
                kind=self.settings.kind,
                unsealing=unsealing,
                clock=shifted(clock, self.settings.module.rehearsal_days),
                chance=os.urandom,
                witnesses=self.witnesses(),
                measures=measures,
            )
        except VoltokenError:
            journal.close()
            raise

    def _vault(self) -> tuple[Vault, TokenOpener | None]:
        token = self.settings.token
        if self.settings.kind is not ModuleKind.PKCS11 or token is None:
            return MemoryVault(), None
        from voltoken.drivers.pkcs11 import LockedVault

        vault = LockedVault(Path(token.library), token.label, self.settings.module.module_id)
        return vault, vault.open


def read_tables(file: Path) -> STATables:
    """Return the EA07 tables of a file. Raises FieldError for a file that cannot be read or holds none."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise FieldError("ea07.tables", file.name, "a JSON file with EA07 tables that can be read") from None
    return STATables.from_document(document)


def open_home(folder: Path) -> Home:
    """Open a module's folder. Raises JournalError when others may read it, FieldError for its settings."""
    check_private(folder)
    file = folder / SETTINGS_FILE
    check_private(file)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise JournalError(f"{SETTINGS_FILE} cannot be read: {reason_of(error)}.") from None
    return Home(folder, parse_settings(text))


def check_private(path: Path) -> None:
    """Raise JournalError unless a file or folder is ours and ours alone."""
    try:
        found = path.lstat()
    except OSError as error:
        raise JournalError(
            f"{path.name} is not there: {reason_of(error)}. Make a module with: voltoken sm init"
        ) from None
    if os.name == "posix" and (found.st_uid != os.geteuid() or found.st_mode & 0o077):
        raise JournalError(
            f"{path.name} belongs to another user, or others may read it. A module's folder is its own: "
            f"chmod -R go= {path.name}"
        )


def reason_of(error: Exception) -> str:
    """Return why a file could not be read or written, for a sentence."""
    return error.strerror or "unknown" if isinstance(error, OSError) else "it is not text"
