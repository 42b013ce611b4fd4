"""A security module behind a PrismToken server, as one of ours.

It asks for no more than it was asked: the TID is the caller's, no key change comes along unbidden, and an
answer that is not the one that was asked for is an alarm. What becomes of lost answers is in ``resolving``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from voltoken.drivers.prism.amounts import COMPRESSED, credit_range, management_range, to_wire
from voltoken.drivers.prism.asked import check_change, check_test, check_token
from voltoken.drivers.prism.changing import UNSUPPORTED, change_arguments, leads_over
from voltoken.drivers.prism.codes import CACHE_MISS, VERIFIED, error_of
from voltoken.drivers.prism.health import merged, module_info, module_status
from voltoken.drivers.prism.ids import second_id
from voltoken.drivers.prism.link import Link, PrismSettings
from voltoken.drivers.prism.messages import Fault
from voltoken.drivers.prism.resolving import Resolver
from voltoken.drivers.prism.tids import IssueFlags, to_token_time
from voltoken.drivers.prism.wire import config_of, read_meter_test, read_token, read_tokens
from voltoken.errors import (
    FieldError,
    ModuleOutcomeUnknown,
    ModuleUnavailable,
    PeerError,
    ResultMissing,
    VoltokenError,
)
from voltoken.security import (
    Answer,
    CreditRequest,
    InitialKeyChangeRequest,
    IssuedToken,
    IssueRequest,
    KeyChangeRequest,
    KeyChangeSet,
    KeyRef,
    KeyRegister,
    ManagementRequest,
    MeterTestRequest,
    MeterTestToken,
    ModuleInfo,
    ModuleStatus,
    Refusal,
    Verified,
    VerifyRequest,
    refuse,
)
from voltoken.sts import TID, decode_amount


class PrismModule:
    """A ``SecurityModule`` that is reached by PrismToken.

    settings: where it is and how. keys: what is known of its keys, for the interface has no list of them;
    the base date has to be right. clock: gives aware moments.
    """

    def __init__(
        self, settings: PrismSettings, keys: Iterable[KeyRegister], clock: Callable[[], datetime]
    ) -> None:
        self._keys = {one.ref: one for one in sorted(keys, key=lambda one: one.ref)}
        self._clock = clock
        self._link = Link(settings)
        self._resolver = Resolver(self._link)
        self._crowd = ThreadPoolExecutor(settings.connections, thread_name_prefix="prism")
        self._known: ModuleInfo | None = None

    def close(self) -> None:
        """Hang up, after the calls of ``issue_many`` that are under way."""
        self._crowd.shutdown()
        self._link.close()

    def info(self) -> ModuleInfo:
        """Return what the module says of itself; asked once."""
        if self._known is None:
            facts, _ = merged(self._link.ask("getStatus"))
            self._known = module_info(facts)
        return self._known

    def status(self) -> ModuleStatus:
        """Return how the module is now, with alarms about its clock and its licence."""
        facts, alerts = merged(self._link.ask("getStatus"))
        return module_status(facts, alerts, self._clock())

    def list_keys(self) -> tuple[KeyRegister, ...]:
        """Return what is known of the keys, in order of their names."""
        return tuple(self._keys.values())

    def key(self, ref: KeyRef) -> KeyRegister:
        """Return what is known of a key. Raises ModuleRefused (``key.unknown``)."""
        found = self._keys.get(ref)
        if found is None:
            raise refuse("key.unknown", key=str(ref)).error()
        return found

    def issue_credit(self, request: CreditRequest) -> IssuedToken:
        """Make credit. Raises PeerError, an alarm, for an answer that is another token."""
        bounds = credit_range(int(request.service))
        amount = to_wire(request.steps, bounds)
        return self._issue_timed("issueCreditToken", request, int(request.service), amount)

    def issue_management(self, request: ManagementRequest) -> IssuedToken:
        """Make a management token. Raises as ``issue_credit`` does."""
        value = decode_amount(request.value) if request.subclass in COMPRESSED else request.value
        amount = to_wire(value, management_range(request.subclass))
        return self._issue_timed("issueMseToken", request, request.subclass, amount)

    def issue_key_change(self, request: KeyChangeRequest) -> KeyChangeSet:
        """Make the tokens of a key change. Raises as ``issue_credit`` does."""
        return self._issue_change("issueKeyChangeTokens", request)

    def issue_initial_key_change(self, request: InitialKeyChangeRequest) -> KeyChangeSet:
        """Make the tokens that bring a meter away from its first key. Raises as ``issue_credit`` does."""
        return self._issue_change("issueDitkChangeTokens", request)

    def meter_test_token(self, request: MeterTestRequest) -> MeterTestToken:
        """Make a token of class 1. It costs nothing, so a lost one is simply made again."""
        test = request.test
        asked = {"subclass": test.form, "control": test.control, "mfrcode": test.mfr_code}
        info = self.info()
        try:
            struct = self._link.call("issueMeterTestToken", second_id(f"1 {request.request_id}"), **asked)
        except ModuleOutcomeUnknown:
            struct = self._link.call("issueMeterTestToken", second_id(f"2 {request.request_id}"), **asked)
        if isinstance(struct, Fault):
            raise error_of(struct)
        token = read_meter_test(request.request_id, struct, info.module_id, info.notice)
        check_test(request, struct, token)
        return token

    def issue_many(self, requests: Sequence[IssueRequest]) -> list[Answer | Refusal]:
        """Make many, on all connections at once; none raises."""
        return list(self._crowd.map(self._attempt, requests))

    def verify(self, request: VerifyRequest) -> Verified:
        """Ask the module about a token. Whether it is on record there cannot be told."""
        register = self.key(request.key)
        result = self._link.ask(
            "verifyToken",
            meterConfig=config_of(request.meter, request.key, request.meter.ken or register.ken),
            tokenDec=request.token.digits,
        )
        if result.validationResult != VERIFIED:
            raise error_of(Fault(result.validationResult, "the token did not pass"))
        info = self.info()
        if result.token is None:
            raise PeerError("The module verified a token and does not say what it is.")
        token = read_token("verifyToken", result.token, info.notice)
        return Verified(
            token.token_class,
            token.subclass,
            token.tid,
            token.steps,
            None,
            token.module_id,
            token.notice,
            on_record=False,
        )

    def fetch_result(self, request_id: str) -> Answer:
        """Return again what a request was answered with. Raises ResultMissing when it was not."""
        structs = self._resolver.fetch(request_id)
        if structs is None:
            raise ResultMissing(f"The module keeps no result for {request_id}.", request_id=request_id)
        return read_tokens(request_id, structs, self.info().notice)

    def _issue_timed(
        self, name: str, request: CreditRequest | ManagementRequest, subclass: int, amount: float
    ) -> IssuedToken:
        register = self.key(request.key)
        _check_special(request.tid, special=request.special, request_id=request.request_id)
        notice = self.info().notice
        structs = self._resolver.make(
            name,
            request,
            {
                "meterConfig": config_of(request.meter, request.key, request.meter.ken or register.ken),
                "subclass": subclass,
                "transferAmount": amount,
                "tokenTime": to_token_time(request.tid, register.base_date),
                "flags": int(IssueFlags.TID_ADJUST_BDT),
            },
        )
        token = read_tokens(request.request_id, structs, notice)
        if not isinstance(token, IssuedToken):
            raise PeerError(
                f"ALARM: the module answered {request.request_id} with a key change that nobody asked for. "
                "It was not passed on: entered, it would change the meter's key. Look at the module."
            )
        check_token(request, structs[0], token)
        return token

    def _issue_change(self, name: str, request: KeyChangeRequest) -> KeyChangeSet:
        old, new = self.key(request.key), self.key(request.new_key)
        arguments = change_arguments(request, old, new)
        notice = self.info().notice
        structs = self._resolver.make(name, request, arguments)
        change = read_tokens(request.request_id, structs, notice)
        if not isinstance(change, KeyChangeSet):
            raise PeerError(f"ALARM: the module answered {request.request_id} with one token, no key change.")
        check_change(request, structs, change, roll_over=leads_over(old, new))
        return change

    def _attempt(self, request: IssueRequest) -> Answer | Refusal:
        """Make one of many, and turn what it raises into a refusal."""
        try:
            if isinstance(request, CreditRequest):
                return self.issue_credit(request)
            if isinstance(request, ManagementRequest):
                return self.issue_management(request)
            if isinstance(request, InitialKeyChangeRequest):
                return self.issue_initial_key_change(request)
            if isinstance(request, KeyChangeRequest):
                return self.issue_key_change(request)
            return self.meter_test_token(request)
        except VoltokenError as error:
            return _refusal_of(error, request.request_id)


def _check_special(tid: TID, *, special: bool, request_id: str) -> None:
    """The interface cannot say that a token is special; its TID does, so both have to agree."""
    if tid.is_reserved is not special:
        raise refuse("tid.not_reserved" if special else "tid.reserved", request_id, tid=int(tid)).error()


def _refusal_of(error: VoltokenError, request_id: str) -> Refusal:
    """Return an error as the refusal of one request."""
    code = error.detail.get("refusal")
    detail = {name: value for name, value in error.detail.items() if name != "refusal"}
    if not isinstance(code, str):
        # A peer that breaks the protocol has perhaps made a token all the same.
        code = "module.outcome_unknown"
        if isinstance(error, ModuleUnavailable):
            code = "module.away"
        elif isinstance(error, FieldError):
            code = UNSUPPORTED
        elif isinstance(error, ResultMissing):
            code = f"prism.{CACHE_MISS}"
    return Refusal(code, error.message, request_id, detail)
