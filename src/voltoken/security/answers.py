"""Answers as bytes, for keeping: a module gives the same answer again after years.

The form is JSON with a version. It holds the tokens in full, so whoever keeps it keeps it sealed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from voltoken.errors import CarrierError, JournalError
from voltoken.security.values import Answer, IssuedToken, KeyChangeSet, KeyRef, MeterId, MeterTestToken
from voltoken.sts import EA, KEN, TCT, TI, MeterPAN, TokenNumber

_VERSION: Final = 1
_ENCODE: Final = json.JSONEncoder(separators=(",", ":")).encode  # made once: this runs for every token


def pack(answer: Answer) -> bytes:
    """Return an answer as bytes."""
    return _ENCODE([_VERSION, *_parts(answer)]).encode()


def unpack(data: bytes) -> Answer:
    """Return the answer that ``pack`` made bytes of. Raises JournalError for anything else."""
    try:
        version, kind, *parts = json.loads(data)
        if version == _VERSION:
            return _ANSWERS[kind](parts)
    except (CarrierError, ValueError, TypeError, KeyError, IndexError, RecursionError):
        pass
    raise JournalError("A kept answer cannot be read: it is damaged, or of a later version.")


def _parts(answer: Answer) -> list[Any]:
    if isinstance(answer, IssuedToken):
        return ["token", *_token_parts(answer)]
    if isinstance(answer, KeyChangeSet):
        new = str(answer.new_key), str(answer.new_ti), int(answer.ken), answer.check_value
        tokens = [_token_parts(one) for one in answer.tokens]
        return ["set", answer.request_id, tokens, answer.roll_over, *new, answer.module_id, answer.notice]
    control = answer.subclass, answer.control, answer.mfr_code
    return ["test", answer.request_id, int(answer.token), *control, answer.module_id, answer.notice]


def _token_parts(one: IssuedToken) -> tuple[Any, ...]:
    return (
        one.request_id,
        int(one.token),
        one.token_class,
        one.subclass,
        one.tid,
        one.steps,
        f"{one.key.sgc}/{one.key.krn:d}",
        one.check_value,
        one.module_id,
        one.notice,
        None if one.meter is None else _meter_parts(one.meter),
    )


def _meter_parts(meter: MeterId) -> tuple[Any, ...]:
    ken = None if meter.ken is None else int(meter.ken)
    return str(meter.pan), meter.ea.value, str(meter.tct), str(meter.ti), ken, meter.test


def _meter(parts: list[Any] | None) -> MeterId | None:
    if parts is None:
        return None
    pan, ea, tct, ti, ken, test = parts
    return MeterId(MeterPAN(pan), EA(ea), TCT(tct), TI(ti), None if ken is None else KEN(ken), test)


def _token(parts: list[Any]) -> IssuedToken:
    request_id, number, token_class, subclass, tid, steps, key, check_value, module_id, notice, meter = parts
    return IssuedToken(
        request_id,
        TokenNumber(number),
        token_class,
        subclass,
        tid,
        steps,
        KeyRef.parse(key),
        check_value,
        module_id,
        notice,
        _meter(meter),
    )


def _set(parts: list[Any]) -> KeyChangeSet:
    request_id, tokens, roll_over, key, ti, ken, *rest = parts
    made = tuple(_token(one) for one in tokens)
    return KeyChangeSet(request_id, made, roll_over, KeyRef.parse(key), TI(ti), KEN(ken), *rest)


def _test(parts: list[Any]) -> MeterTestToken:
    request_id, number, *rest = parts
    return MeterTestToken(request_id, TokenNumber(number), *rest)


_ANSWERS: Final[Mapping[str, Callable[[list[Any]], Answer]]] = {"token": _token, "set": _set, "test": _test}
