"""Whether an answer is the one that was asked for: meter, key, kind, TID and amount, each by itself.

A module that makes another token than it was asked for has sold something else, or sold it to somebody else.
That is never passed on: the customer would hold it, and no book would know it.
"""

from __future__ import annotations

from typing import Any

from voltoken.drivers.prism.wire import ANY_METER
from voltoken.errors import PeerError
from voltoken.security import (
    CreditRequest,
    IssuedToken,
    KeyChangeRequest,
    KeyChangeSet,
    ManagementRequest,
    MeterId,
    MeterTestRequest,
    MeterTestToken,
)
from voltoken.sts import (
    EA,
    Service,
    decode_amount,
    decode_currency,
    encode_amount,
    encode_currency,
)


def check_token(request: CreditRequest | ManagementRequest, struct: Any, token: IssuedToken) -> None:
    """Compare one token with its request; struct: as it came. Raises PeerError that names what differs."""
    if isinstance(request, CreditRequest):
        kind, subclass, amount = 0, int(request.service), booked(request.service, request.steps)
    else:
        kind, subclass, amount = 2, request.subclass, request.value
    _compare(
        request.request_id,
        [
            *_meter_pairs(request.meter, struct),
            ("key", str(token.key), str(request.key)),
            ("class", token.token_class, kind),
            ("subclass", token.subclass, subclass),
            ("TID", token.tid, int(request.tid)),
            ("amount", token.steps, amount),
        ],
    )


def check_change(
    request: KeyChangeRequest, structs: list[Any], change: KeyChangeSet, *, roll_over: bool
) -> None:
    """Compare a key change with its request. roll_over: whether the meter shall forget its TIDs.

    Raises PeerError as ``check_token`` does.
    """
    pairs = [pair for struct in structs for pair in _meter_pairs(request.meter, struct)]
    pairs += [("key", str(token.key), str(request.key)) for token in change.tokens]
    _compare(
        request.request_id,
        [
            *pairs,
            ("new key", str(change.new_key), str(request.new_key)),
            ("new TI", change.new_ti, request.new_ti),
            ("number of tokens", len(change.tokens), request.tokens),
            ("roll-over", change.roll_over, roll_over),
        ],
    )


def check_test(request: MeterTestRequest, struct: Any, token: MeterTestToken) -> None:
    """Compare a test token with its request. Raises PeerError as ``check_token`` does."""
    test = request.test
    _compare(
        request.request_id,
        [
            ("meter", struct.pan, str(ANY_METER)),
            ("subclass", token.subclass, test.form),
            ("control", token.control, test.control),
            ("manufacturer", token.mfr_code, test.mfr_code),
        ],
    )


def booked(service: Service, steps: int) -> int:
    """Return what a meter books for steps, after the coding's rounding."""
    if service.is_currency:
        return decode_currency(encode_currency(steps))
    return decode_amount(encode_amount(steps))


def _meter_pairs(meter: MeterId, struct: Any) -> list[tuple[str, object, object]]:
    return [
        ("meter", struct.pan, str(meter.pan)),
        ("DRN", struct.drn, meter.pan.drn),
        ("EA", struct.ea, int(EA(meter.ea))),
        ("TI", struct.ti, int(meter.ti)),
    ]


def _compare(request_id: str, pairs: list[tuple[str, object, object]]) -> None:
    for name, found, wanted in pairs:
        if found != wanted:
            raise PeerError(
                f"ALARM: the module answered {request_id} with another {name} than was asked for: {found}, "
                f"not {wanted}. The token was not passed on. Stop selling through this module, and compare "
                "its log with the ledger.",
                request_id=request_id,
                differs=name,
            )
