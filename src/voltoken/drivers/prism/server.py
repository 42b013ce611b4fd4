"""A PrismToken server in front of a security module: all thirteen methods, answered or refused by name.

Put ``PrismHandler.answer`` behind a ``Listener``. What is not done says so: no key change is ever added to
another token (``allowKrnUpdate`` and ``allowKenUpdate`` permit it, they do not demand it), transaction
licences do not exist here, and TID lists are not emptied on a wish.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from threading import Event
from typing import Any, Final

from voltoken.drivers.prism import codes
from voltoken.drivers.prism.codes import fault, fault_of
from voltoken.drivers.prism.idl import API_VERSION, interface
from voltoken.drivers.prism.issuing import Arguments, Issuing
from voltoken.drivers.prism.listener import Peer
from voltoken.drivers.prism.messages import (
    UNKNOWN_METHOD,
    Call,
    Fault,
    read_call,
    write_failure,
    write_reply,
)
from voltoken.drivers.prism.sessions import SessionBounds, Sessions
from voltoken.drivers.prism.tids import TIDBook, TIDSource
from voltoken.drivers.prism.wire import config_of, meter_of, token_struct
from voltoken.errors import CarrierError, FieldError, ModuleRefused, VoltokenError
from voltoken.security import IssuedToken, KeyRegister, MeterId, SecurityModule, Verified, VerifyRequest
from voltoken.security import KeyRef as Ref
from voltoken.sts import KEN, IDRecord, KeyType, TokenNumber

ModuleFor = Callable[[str], SecurityModule]
"""Gives the module as one client reaches it. Raises ModuleRefused (``client.unknown``)."""
CheckPassword = Callable[[str, str], bool]
"""Whether a user has this password, in constant time; called by several threads."""

_FAILED: Final[Mapping[str, str]] = {
    "verify.not_ours": codes.VERIFY_CRC,
    "key.default_credit": codes.VERIFY_DEFAULT_CREDIT,
    "key.expired": codes.VERIFY_EXPIRED,
    "meter.expired": codes.VERIFY_EXPIRED,
}
"""Refusals that are a result of ``verifyToken`` and no error."""


class PrismHandler:
    """Answers calls. Thread-safe.

    modules: the module as each client reaches it. check_password: who may sign in. book: the TIDs
    that were used. clock: gives aware moments. own_sgcs: supply groups whose TIDs a vending database makes.
    bind_certificates: users sign in only over certificates of their own name.
    """

    def __init__(
        self,
        modules: ModuleFor,
        check_password: CheckPassword,
        book: TIDBook,
        clock: Callable[[], datetime],
        *,
        own_sgcs: Iterable[str] = (),
        bind_certificates: bool = True,
        bounds: SessionBounds | None = None,
    ) -> None:
        self._modules = modules
        self._check_password = check_password
        self._clock = clock
        self._bind = bind_certificates
        self._sessions = Sessions(clock, bounds)
        self._nap = Event()
        issuing = Issuing(TIDSource(book, clock, frozenset(own_sgcs)))
        self._methods: Mapping[str, Callable[[SecurityModule, Arguments], Any]] = {
            "getStatus": self._status,
            "parseIdRecord": self._parse_id_record,
            "loadTransactionLicense": self._load_license,
            "issueCreditToken": issuing.credit,
            "issueMeterTestToken": issuing.meter_test,
            "issueMseToken": issuing.management,
            "issueKeyChangeTokens": issuing.key_change,
            "verifyToken": self._verify,
            "issueDitkChangeTokens": issuing.initial_key_change,
            "fetchTokenResult": issuing.fetch,
            "ctsResetTidList": self._reset_tids,
        }

    def answer(self, payload: bytes, peer: Peer) -> bytes:
        """Turn the payload of a call into the payload of its answer. Raises PeerError for what is no call."""
        call = read_call(payload)
        if not isinstance(call, Call):
            return write_failure(call.name, call.seqid, UNKNOWN_METHOD, "There is no such method.")
        try:
            if call.problem is not None:
                raise call.problem
            answer = self._call(call, peer)
        except VoltokenError as error:
            answer = fault_of(error)
        try:
            return write_reply(call, answer)
        except FieldError as error:  # what was asked for is done, so this is no fault of the caller's
            return write_reply(call, Fault(codes.MODULE, f"The answer cannot be written: {error.message}"))

    def stop(self) -> None:
        """Wake up the pings that sleep."""
        self._nap.set()

    def _call(self, call: Call, peer: Peer) -> Any:
        name, arguments = call.method.name, call.arguments
        if name == "ping":
            self._nap.wait(arguments["sleepMs"] / 1000)
            return arguments["echo"]
        if name == "signInWithPassword":
            return self._sign_in(arguments, peer)
        user = self._sessions.user_of(arguments["accessToken"], peer.name)
        return self._methods[name](self._modules(user), arguments)

    def _sign_in(self, call: Arguments, peer: Peer) -> Any:
        options, user = call["sessionOpts"], call["username"]
        major, _, minor = options.version.partition(".")
        own_major, _, own_minor = API_VERSION.partition(".")
        if major != own_major or int(minor) > int(own_minor):
            raise fault(codes.SIGNIN_VERSION, f"This server speaks version {API_VERSION}.")
        if options.culture is not None and options.culture[:2].lower() != "en":
            raise fault(codes.PREFERENCE, "sessionOpts.culture: this server answers in English (en).")
        if call["realm"] != "local":
            raise fault(codes.SIGNIN_REALM, "The only realm of this server is local.")
        if not user.isprintable() or len(user) > 40:
            raise fault(codes.SIGNIN_SUBJECT, "A user's name has at most 40 printable characters.")
        guesser = peer.name or peer.host
        self._sessions.check_guesses(user, guesser)
        if not self._check_password(user, call["password"]):
            self._sessions.note_guess(user, guesser)
            raise fault(codes.SIGNIN_AUTHENTICATION, "The user or the password is wrong.")
        if self._bind and peer.name is not None and peer.name != user:
            raise fault(
                codes.SIGNIN_PERMISSION, "The certificate of this connection belongs to another user."
            )
        try:
            self._modules(user)
        except ModuleRefused as error:
            raise fault(codes.SIGNIN_PERMISSION, error.message) from None
        return interface().make("SignInResult", accessToken=self._sessions.open(user, peer.name))

    def _status(self, module: SecurityModule, call: Arguments) -> list[Any]:
        del call
        info, status = module.info(), module.status()
        make = interface().make
        drift = round((status.now - self._clock()).total_seconds())
        facts = {
            "ApiType": info.role.value,
            "ModuleId": info.module_id,
            "FirmwareId": info.firmware,
            "HardwareId": info.kind.value,
            "TxCounter": str(status.issued),
            "smqi.IdSm": info.module_id,
            "smqd.ex.RtcTimeUtc": f"{status.now:%Y-%m-%dT%H:%M:%SZ}",
            "smqd.ex.RtcDriftSeconds": str(drift),
            "voltoken.Notice": info.notice,
            "voltoken.Role": info.role.value,
            "voltoken.State": status.state,
            "voltoken.StaTables": info.sta_tables,
        }
        alerts = [make("Alert", eCode=codes.SERVICE, eMsgEn=alert) for alert in status.alerts]
        return [make("NodeStatus", info=facts, alerts=alerts)]

    def _parse_id_record(self, module: SecurityModule, call: Arguments) -> Any:
        try:
            record = IDRecord.parse(call["idRecord"])
        except (CarrierError, FieldError) as error:
            raise fault(codes.ID_RECORD, error.message) from None
        if int(record.ea) not in (7, 11):
            raise fault(codes.ID_RECORD, f"EA{record.ea.value} does not exist in this interface.")
        if record.expired(self._clock().date()):
            raise fault(codes.ID_RECORD_EXPIRED, f"The record was good until {record.doe} (YYMM).")
        key = Ref(record.sgc, record.krn)
        meter = MeterId(record.pan, record.ea, record.tct, record.ti)
        config = config_of(meter, key, _ken_of(module, key))
        config.doe = record.doe
        return config

    def _verify(self, module: SecurityModule, call: Arguments) -> Any:
        meter, key = meter_of(call["meterConfig"])
        try:
            number = TokenNumber.parse(call["tokenDec"])
        except CarrierError as error:
            raise FieldError("tokenDec", call["tokenDec"][:4], error.message) from None
        if number.token_class == 1:
            raise FieldError("tokenDec", "of class 1", "a token made under a key")
        make, register = interface().make, module.key(key)
        try:
            found = module.verify(VerifyRequest(meter, key, number))
        except ModuleRefused as error:
            if error.refusal not in _FAILED:
                raise
            return make("VerifyResult", validationResult=_FAILED[error.refusal])
        if found.token_class == 0 and register.kt is KeyType.DDTK:
            return make("VerifyResult", validationResult=codes.VERIFY_DEFAULT_CREDIT)
        if found.tid is not None and not register.ken.admits(found.tid):
            return make("VerifyResult", validationResult=codes.VERIFY_EXPIRED)
        token = token_struct(_verified(found, number, meter, register))
        return make("VerifyResult", validationResult=codes.VERIFIED, token=token)

    def _load_license(self, module: SecurityModule, call: Arguments) -> Any:
        del module, call
        raise fault(codes.DISABLED, "This module sells without transaction licences; its keys have limits.")

    def _reset_tids(self, module: SecurityModule, call: Arguments) -> Any:
        del module, call
        raise fault(
            codes.PERMISSION, "This module is in no compliance test mode: used TIDs are never forgotten."
        )


def _ken_of(module: SecurityModule, key: Ref) -> KEN:
    """Return the expiry of a key that is loaded, the last one there is for others."""
    try:
        return module.key(key).ken
    except ModuleRefused:
        return KEN(KEN.HIGH)


def _verified(found: Verified, number: TokenNumber, meter: MeterId, register: KeyRegister) -> IssuedToken:
    """Return a verified token as what it was when it was made, as far as that is known."""
    return IssuedToken(
        found.request_id or "",
        number,
        found.token_class,
        found.subclass,
        found.tid,
        found.steps,
        register.ref,
        register.check_value.value,
        found.module_id,
        found.notice,
        meter,
    )
