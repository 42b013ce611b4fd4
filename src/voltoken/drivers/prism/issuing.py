"""The calls that make tokens, between the wire and a module: read, ask, and write what was answered."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from voltoken.drivers.prism.amounts import COMPRESSED, credit_range, from_wire, management_range
from voltoken.drivers.prism.tids import IssueFlags, TIDSource, TokenTime, own_tid
from voltoken.drivers.prism.wire import change_structs, meter_of, meter_test_struct, token_struct
from voltoken.errors import FieldError, ResultMissing
from voltoken.security import (
    CreditRequest,
    InitialKeyChangeRequest,
    IssuedToken,
    KeyChangeRequest,
    KeyChangeSet,
    KeyRef,
    ManagementRequest,
    MeterId,
    MeterTestRequest,
    SecurityModule,
)
from voltoken.sts import (
    EA,
    KRN,
    SGC,
    TI,
    TID,
    InitiateMeterTestDisplay,
    Service,
    encode_amount,
)

Arguments = Mapping[str, Any]
"""The arguments of a call by name, found sound by ``checks``."""

_LANES = 64


class Issuing:
    """Makes tokens for signed-in clients. tids: gives TIDs to those who have none."""

    def __init__(self, tids: TIDSource) -> None:
        self._tids = tids
        # One call for a meter at a time while its TID is made; meters share a few locks.
        self._lanes = tuple(threading.Lock() for _ in range(_LANES))

    def credit(self, module: SecurityModule, call: Arguments) -> list[Any]:
        """Answer ``issueCreditToken``."""
        subclass = call["subclass"]
        if subclass not in tuple(Service):
            raise FieldError("subclass", subclass, "0 to 3 (units) or 4 to 7 (currency)")
        steps = from_wire(call["transferAmount"], credit_range(subclass))

        def request(meter: MeterId, key: KeyRef, tid: TID) -> CreditRequest:
            return CreditRequest(
                call["messageId"], meter, key, Service(subclass), steps, tid, tid.is_reserved
            )

        return self._timed(module, call, module.issue_credit, request)

    def management(self, module: SecurityModule, call: Arguments) -> list[Any]:
        """Answer ``issueMseToken``."""
        subclass = call["subclass"]
        value = from_wire(call["transferAmount"], management_range(subclass))
        field = encode_amount(value) if subclass in COMPRESSED else value

        def request(meter: MeterId, key: KeyRef, tid: TID) -> ManagementRequest:
            return ManagementRequest(call["messageId"], meter, key, subclass, field, tid, tid.is_reserved)

        return self._timed(module, call, module.issue_management, request)

    def key_change(self, module: SecurityModule, call: Arguments) -> list[Any]:
        """Answer ``issueKeyChangeTokens``."""
        config, target = call["meterConfig"], call["newConfig"]
        if config.newConfig is not None and config.newConfig != target:
            raise FieldError("meterConfig.newConfig", "another target", "absent, or the same as newConfig")
        return self._change(module.issue_key_change, KeyChangeRequest, call, target)

    def initial_key_change(self, module: SecurityModule, call: Arguments) -> list[Any]:
        """Answer ``issueDitkChangeTokens``: the target stands in the meter's configuration."""
        target = call["meterConfig"].newConfig
        if target is None:
            raise FieldError("meterConfig.newConfig", None, "given: it says which key the meter gets")
        return self._change(module.issue_initial_key_change, InitialKeyChangeRequest, call, target)

    def meter_test(self, module: SecurityModule, call: Arguments) -> Any:
        """Answer ``issueMeterTestToken``. Tokens of the makers' own subclasses are not made here."""
        subclass = call["subclass"]
        if subclass not in (0, 1):
            raise FieldError("subclass", subclass, "0 or 1; the makers' own tokens are not made here")
        try:
            test = InitiateMeterTestDisplay(subclass, call["control"], call["mfrcode"])
        except FieldError as error:
            name = {"mfr_code": "mfrcode"}.get(error.field, error.field)
            raise FieldError(name, error.value, error.allowed) from None
        return meter_test_struct(module.meter_test_token(MeterTestRequest(call["messageId"], test)))

    def fetch(self, module: SecurityModule, call: Arguments) -> list[Any]:
        """Answer ``fetchTokenResult``. Raises ResultMissing when the message made no token."""
        answer = module.fetch_result(call["reqMessageId"])
        if not isinstance(answer, IssuedToken | KeyChangeSet):
            raise ResultMissing("Test tokens are not kept: they cost nothing. Ask for another one.")
        return change_structs(answer) if isinstance(answer, KeyChangeSet) else [token_struct(answer)]

    def _timed(
        self,
        module: SecurityModule,
        call: Arguments,
        issue: Callable[[Any], IssuedToken],
        request: Callable[[MeterId, KeyRef, TID], CreditRequest | ManagementRequest],
    ) -> list[Any]:
        """Make a token that has a TID."""
        config = call["meterConfig"]
        if config.newConfig is not None:
            raise FieldError(
                "meterConfig.newConfig",
                "a target",
                "absent: key changes are made by issueKeyChangeTokens alone",
            )
        meter, key = meter_of(config)
        time = TokenTime(IssueFlags(call["flags"]), call["tokenTime"])
        register = module.key(key)
        if time.is_own:
            tid = own_tid(time.value, register.base_date)
            return [token_struct(issue(request(meter, key, tid)))]
        with self._lanes[hash(meter.pan) % _LANES]:
            tid = self._tid_of(module, call["messageId"]) or self._tids.next_tid(time, meter.pan, register)
            return [token_struct(issue(request(meter, key, tid)))]

    def _tid_of(self, module: SecurityModule, message_id: str) -> TID | None:
        """Return the TID that a message got before: sent again, it is the same request only with the same."""
        try:
            answer = module.fetch_result(message_id)
        except ResultMissing:
            return None
        return TID(answer.tid) if isinstance(answer, IssuedToken) and answer.tid is not None else None

    def _change(
        self,
        issue: Callable[[Any], KeyChangeSet],
        kind: type[KeyChangeRequest],
        call: Arguments,
        target: Any,
    ) -> list[Any]:
        meter, key = meter_of(call["meterConfig"])
        tokens = 4 if meter.ea is EA.MISTY1 else 3 if call["meterConfig"].allow3Kct else 2
        new_key = KeyRef(SGC(f"{target.toSgc:06d}"), KRN(target.toKrn))
        request = kind(call["messageId"], meter, key, new_key, TI(f"{target.toTi:02d}"), tokens)
        return change_structs(issue(request))
