"""The port of a module for its keepers, and what they do, in the module's thread and on record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from voltoken.drivers.journal import export, verify_journal
from voltoken.drivers.local.keyfiles import KeyFiles
from voltoken.drivers.local.worker import Worker
from voltoken.errors import FieldError, SecurityModuleError
from voltoken.security import (
    AuditReport,
    Event,
    KeyRef,
    KeyRegister,
    LogEntry,
    MemoryVault,
    ModuleInfo,
    Refusal,
    Unsealed,
    Usage,
    approve,
    delete_key,
    load_key,
)

_REASON_MAX: Final = 200


class KeeperDoor(KeyFiles):
    """The port of a module for its keepers: implements ``voltoken.security.Custody``."""

    def __init__(
        self,
        worker: Worker,
        offer: Callable[[str, str], Unsealed],
        begin_again: Callable[[], None],
        info: Callable[[], ModuleInfo],
    ) -> None:
        self._worker = worker
        self._info = info
        self._offer = offer
        self._begin_again = begin_again

    def unseal(self, offered: str, *, by: str) -> Unsealed:
        """Offer a share, passphrase or PIN. Raises ShareRefused when it is wrong."""
        return self._worker.alone(lambda: self._offer(offered, by))

    def seal(self, *, by: str) -> None:
        """Forget all keys at once."""

        def close() -> None:
            self._begin_again()
            self._worker.lock(by)

        self._worker.alone(close)

    def list_keys(self) -> tuple[tuple[KeyRegister, Usage], ...]:
        """Return everything about all keys but their bytes, and what was made under them."""
        journal = self._worker.journal
        return self._worker.alone(lambda: tuple((one, journal.usage(one.ref)) for one in journal.registers()))

    def load_key(self, register: KeyRegister, components: Sequence[bytes], *, by: str) -> KeyRegister:
        """Load the key that is the XOR of components."""

        def load() -> KeyRegister:
            worker = self._unsealed()
            found = load_key(worker.engine.settings, worker.journal, register, components)
            facts = {"key": str(register.ref), "by": by}
            if isinstance(found, Refusal):
                worker.commit([Event("key.refused", facts | {"code": found.code}, alarm=True)])
                raise found.error()
            record, secret = found
            vault = worker.engine.vault
            if register.in_hardware and isinstance(vault, MemoryVault):
                raise FieldError("in_hardware", "true", "false", "This module has no hardware token.")
            vault.put(record.register, secret)  # first: a token that cannot take it leaves no record
            try:
                worker.commit([record, Event("key.loaded_by", facts)])
            except SecurityModuleError:
                if not worker.journal.failed:  # else the disk may have the record, and a token must keep it
                    vault.drop(register.ref)
                raise
            return record.register

        return self._worker.alone(load)

    def delete_key(self, ref: KeyRef, *, by: str, reason: str) -> None:
        """Delete a key, or forget one that a file has revoked; its counters and its log stay.

        Raises FieldError for a reason that is none.
        """
        _check_reason(reason)

        def delete() -> None:
            worker = self._unsealed()
            found = delete_key(worker.journal, ref)
            if isinstance(found, Refusal):
                raise found.error()
            worker.commit([*found, Event("key.deleted_by", {"key": str(ref), "by": by, "reason": reason})])
            worker.engine.vault.drop(ref)

        self._worker.alone(delete)

    def approve(self, request_id: str, request_hash: str, until: datetime, *, by: str, reason: str) -> None:
        """Approve, once, what a rule about recoveries forbids."""

        def note() -> None:
            worker = self._unsealed()
            now = worker.clock()
            worker.commit([approve(request_id, request_hash, until, now, by=by, reason=reason)])

        self._worker.alone(note)

    def zeroise(self, *, by: str, reason: str) -> None:
        """Destroy all keys and the root key for good. Raises FieldError for a reason that is none."""
        _check_reason(reason)

        def destroy() -> None:
            self._begin_again()
            self._worker.zeroise(by, reason)

        self._worker.alone(destroy)

    def audit(self, from_seq: int = 1) -> Iterator[LogEntry]:
        """Return the log from a line on."""
        return export(self._worker.journal.path, from_seq)

    def verify_audit(self) -> AuditReport:
        """Check the whole log."""
        return verify_journal(self._worker.journal.path)


def _check_reason(reason: str) -> None:
    """Raise FieldError unless a reason can stand in the log."""
    if not reason.strip() or len(reason) > _REASON_MAX or not reason.isprintable():
        raise FieldError("reason", reason, f"a sentence of at most {_REASON_MAX} printable characters")
