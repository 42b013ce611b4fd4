"""What the keepers of a module do with centres and their key files, in the module's thread and on record.

A file is verified, decided, put into the vault and written in one commit; its receipt is part of that
commit. A module that dies before the commit has nothing of it, one that dies after it has all of it, and the
same file again is answered with the receipt that was written.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Final

from voltoken.drivers.local.worker import CLOCK_BACK, Worker
from voltoken.errors import KeyFileError, ModuleRefused, VoltokenError
from voltoken.security import (
    Desk,
    Event,
    FileDecision,
    KeyRef,
    KeyRegister,
    MemoryVault,
    ModuleInfo,
    Refusal,
    Revoked,
    ask_for_keys,
    load_file,
    open_requests,
    receipt_again,
    refuse,
    set_trust,
    trust_of,
)
from voltoken.security.keyload import (
    FileRole,
    LoadReceipt,
    ModuleIdentity,
    Opened,
    TrustList,
    answer_challenge,
    make_receipt,
    make_request,
    open_file,
    parse,
    write_module,
)

_ID_BYTES: Final = 8


class KeyFiles:
    """The part of the keepers' port that is about centres; see ``voltoken.security.Custody``."""

    _worker: Worker
    _info: Callable[[], ModuleInfo]

    def identity(self) -> bytes:
        """Return the document that says who the module is, signed by itself. Raises ModuleUnavailable."""
        return self._worker.alone(lambda: self._identity(self._unsealed()))

    def prove(self, challenge: bytes, *, by: str) -> bytes:
        """Answer a trusted centre's challenge: that the private keys of ``identity`` are here.

        Raises KeyFileError for a challenge that is none, or is not for this module now.
        """

        def answer() -> bytes:
            worker = self._in_time()
            journal = worker.journal
            with _on_record(worker, "proof.refused", challenge, by):
                proof = answer_challenge(
                    challenge,
                    self._identity(worker),
                    exchange=journal.exchange(),
                    sign=journal.sign,
                    trust=trust_of(journal),
                    now=worker.clock(),
                )
            worker.commit([Event("proof.given", {"by": by, "digest": _digest(challenge)})])
            return proof

        return self._worker.alone(answer)

    def trusted(self) -> TrustList:
        """Return the centres that the module trusts; also while it is sealed."""
        return self._worker.alone(lambda: trust_of(self._worker.journal))

    def set_trust(self, document: bytes, *, by: str) -> TrustList:
        """Trust the centres of a list, or one more by its identity; return the list that is in force then.

        Raises KeyFileError for a document that is none, ModuleRefused (``custody.trust_version``) for an old
        list.
        """

        def decide() -> TrustList:
            worker = self._unsealed()
            with _on_record(worker, "trust.refused", document, by):
                found = set_trust(worker.journal, document, worker.clock(), by=by)
                if isinstance(found, Refusal):
                    raise found.error()
            worker.commit([found])
            return trust_of(worker.journal)

        return self._worker.alone(decide)

    def brought_keys(self) -> Mapping[KeyRef, str]:
        """Return the centres to which keys belong that are loaded; keys of keepers are not among them."""
        journal = self._worker.journal
        owners = [(one.ref, journal.owner(one.ref)) for one in journal.registers()]
        return {ref: centre for ref, centre in owners if centre is not None}

    def revoked_keys(self) -> tuple[Revoked, ...]:
        """Return what is remembered of keys that files have revoked, in order of their names."""
        return self._worker.journal.all_revoked()

    def begin_key_load(self, centre_id: str, wanted: Sequence[KeyRef], *, by: str) -> bytes:
        """Return a signed request for keys; a file that answers it may be loaded once.

        wanted: which keys; none leaves it to the centre. Raises ModuleRefused (``custody.untrusted``) and
        FieldError.
        """

        def ask() -> bytes:
            worker = self._in_time()
            journal, settings = worker.journal, worker.engine.settings
            request_id = f"load-{os.urandom(_ID_BYTES).hex()}"
            found = ask_for_keys(
                settings, journal, centre_id, tuple(wanted), request_id, worker.clock(), by=by
            )
            if isinstance(found, Refusal):
                raise found.error()
            request, record = found
            made = make_request(request, journal.sign, journal.identity.public_key)
            worker.commit([record])
            return made

        return self._worker.alone(ask)

    def load_key_file(self, data: bytes, *, by: str) -> bytes:
        """Load a key file: every key of it, or nothing. Return the signed receipt.

        The last file of a centre again is answered with the same receipt. Raises KeyFileError for a file that
        is not for this module now, ModuleRefused (``custody.*``) for a key that it may not have.
        """

        def load() -> bytes:
            worker = self._in_time()
            with _on_record(worker, "keyfile.refused", data, by):
                opened = self._open(worker, data)
                if isinstance(opened, bytes):
                    worker.commit([Event("keyfile.repeated", {"by": by, "digest": _digest(data)})])
                    return opened
                found = load_file(worker.engine.settings, worker.journal, opened, self._desk(worker, by))
                if isinstance(found, Refusal):
                    raise found.error()
                _carry_out(worker, found)
            return found.receipt

        return self._worker.alone(load)

    def _open(self, worker: Worker, data: bytes) -> Opened | bytes:
        """Return what is in a file, or the receipt that it has got already. Raises KeyFileError."""
        journal, file = worker.journal, parse(data)
        receipt = receipt_again(journal, file)
        if receipt is not None:
            return receipt
        settings, centre = worker.engine.settings, file.header.kmc_id
        before = journal.last_file(centre)
        return open_file(
            file,
            recipient_id=settings.module_id,
            exchange=journal.exchange(),
            role=FileRole(settings.role.value),
            trust=trust_of(journal),
            last_seq=0 if before is None else before.seq,
            now=worker.clock(),
            request_ids=open_requests(journal, centre),
        )

    def _desk(self, worker: Worker, by: str) -> Desk:
        journal = worker.journal

        def holds(ref: KeyRef, secret: bytes) -> bool:
            gone = journal.revoked(ref)
            if gone is not None:  # of one that lived in a hardware token there is its check value only
                return not gone.mark or hmac.compare_digest(gone.mark, journal.key_mark(ref, secret))
            kept = journal.secret(ref)  # a hardware token compares when the key is put into it
            return kept is None or hmac.compare_digest(kept, secret)

        def sign(receipt: LoadReceipt) -> bytes:
            return make_receipt(receipt, journal.sign, journal.identity.public_key)

        hardware = not isinstance(worker.engine.vault, MemoryVault)
        return Desk(by, worker.clock(), hardware, holds, sign, journal.key_mark)

    def _identity(self, worker: Worker) -> bytes:
        info, identity = self._info(), worker.journal.identity
        found = ModuleIdentity(
            info.module_id,
            info.kind,
            FileRole(info.role.value),
            info.firmware,
            identity.exchange_key,
            identity.public_key,
            info.notice,
        )
        return write_module(found, worker.journal.sign)

    def _unsealed(self) -> Worker:
        if self._worker.sealed:
            raise refuse("module.sealed").error()
        return self._worker

    def _in_time(self) -> Worker:
        """Return the worker when dates can be judged: the clock does not stand before the log."""
        worker = self._unsealed()
        late = worker.journal.last_at() - worker.clock()
        if late > CLOCK_BACK:
            raise refuse("module.clock", minutes=late // timedelta(minutes=1)).error()
        return worker


def _carry_out(worker: Worker, decision: FileDecision) -> None:
    """Put keys into the vault and the records on the disk, or neither."""
    vault, journal = worker.engine.vault, worker.journal
    before = {register.ref: journal.register(register.ref) for register, _ in decision.put}
    done: list[tuple[KeyRegister, bytes]] = []
    try:
        for register, secret in decision.put:  # first: a token that cannot take one leaves no record
            done.append((register, secret))
            vault.put(register, secret)
        worker.commit(decision.records)
    except VoltokenError:
        if not journal.failed:  # else the disk may have the records, and a token must keep its keys
            for register, secret in done:
                _take_back(worker, register, before[register.ref], secret)
        raise
    for ref in decision.drop:
        try:
            vault.drop(ref)
        except VoltokenError as error:  # nothing is made under it any more; but it should not lie there
            worker.commit([Event("key.not_dropped", {"key": str(ref), "why": error.message}, alarm=True)])


def _take_back(worker: Worker, register: KeyRegister, before: KeyRegister | None, secret: bytes) -> None:
    """Leave a key in the vault as it was. before: what was known of it, None when it was not there."""
    with suppress(VoltokenError):  # one that stays in a token without a record makes nothing
        if before is None:
            worker.engine.vault.drop(register.ref)
        else:
            worker.engine.vault.put(before, secret)


@contextmanager
def _on_record(worker: Worker, kind: str, data: bytes, by: str) -> Iterator[None]:
    """Write into the log that a document was rejected, and pass that on."""
    try:
        yield
    except (KeyFileError, ModuleRefused) as error:
        code = error.reason if isinstance(error, KeyFileError) else error.refusal
        worker.commit([Event(kind, {"by": by, "code": code, "digest": _digest(data)}, alarm=True)])
        raise


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
