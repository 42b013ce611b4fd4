"""The words of a scenario: what can be done to a meter and what can be seen of it, as two tables.

Each row of ``ACTIONS`` and ``OBSERVABLES`` says what it means and which values it takes; reading, writing,
comparing and the reference page follow from these tables. A value in a scenario has one form only: read
through its row it becomes that form, so that two values mean the same exactly when they are equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from voltoken.errors import FieldError, ScenarioError
from voltoken.meter.cells import EmergencyState
from voltoken.meter.results import EntryPath, TamperKind, TokenResult
from voltoken.meter.supply import Reason, Relay
from voltoken.sts import TID

Observed = Mapping[str, Any]
"""What was seen of a meter: names of ``OBSERVABLES`` with values; what cannot be seen is not in it."""

REQUIRED: Final = object()
"""In place of a default: the argument must be given."""

_COUNT_MAX: Final = 10**9
_TEXT_MAX: Final = 400
_LIST_MAX: Final = 1000
_DECIMAL: Final = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,9})?")
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z")


class Kind(NamedTuple):
    """A kind of value. said: what it is, for people. read: returns its one form, or raises ValueError."""

    said: str
    read: Callable[[Any], Any]


class Argument(NamedTuple):
    """An argument of an action. default: ``REQUIRED``, or what it is when left out."""

    kind: Kind
    meaning: str
    default: Any = REQUIRED


class Action(NamedTuple):
    """Something that can be done to a meter."""

    meaning: str
    arguments: Mapping[str, Argument] = MappingProxyType({})


class Observable(NamedTuple):
    """Something that can be seen of a meter."""

    kind: Kind
    meaning: str


def read_as(kind: Kind, value: object, where: str) -> Any:
    """Return a value in the one form of its kind. Raises ScenarioError that names the place."""
    try:
        return kind.read(value)
    except (ValueError, TypeError):
        raise ScenarioError(FieldError(where, value, kind.said).message, place=where) from None


def plain(value: Decimal) -> str:
    """Return a decimal in its one form: no exponent, no zeros that say nothing."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def run_lengths(values: Collection[int]) -> list[list[int]]:
    """Return values, in their order, as pairs of a value and how often it stands there."""
    return [[value, len(list(group))] for value, group in groupby(values)]


def _checked(value: Any, *, fits: bool) -> Any:
    if not fits:
        raise ValueError
    return value


def _text(value: Any) -> str:
    return str(_checked(value, fits=isinstance(value, str) and len(value) <= _TEXT_MAX))


def _bool(value: Any) -> bool:
    return bool(_checked(value, fits=isinstance(value, bool)))


def _decimal(value: Any) -> str:
    _checked(value, fits=isinstance(value, str) and _DECIMAL.fullmatch(value) is not None)
    return plain(Decimal(value))


def _time(value: Any) -> datetime:
    _checked(value, fits=isinstance(value, str) and _TIME.fullmatch(value) is not None)
    return datetime.fromisoformat(value).astimezone(UTC)


def _token(value: Any) -> str:
    text = _text(value)
    if len(text) == 20 and text.isascii() and text.isdecimal():
        return " ".join(text[i : i + 4] for i in range(0, 20, 4))
    return text


def _is_whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _tids(value: Any) -> list[list[int]]:
    """Read a memory of TIDs: ascending pairs, each TID once."""
    _checked(value, fits=isinstance(value, list) and len(value) <= _LIST_MAX)
    last = -1
    for pair in value:
        _checked(pair, fits=isinstance(pair, list) and len(pair) == 2)
        _checked(pair, fits=_is_whole(pair[0], last + 1, TID.HIGH) and _is_whole(pair[1], 1, _LIST_MAX))
        last = pair[0]
    return [list(pair) for pair in value]


def whole(low: int, high: int = _COUNT_MAX) -> Kind:
    """Return the kind of whole numbers within a range."""
    return Kind(
        f"a whole number {low} to {high}", lambda value: _checked(value, fits=_is_whole(value, low, high))
    )


def one_of(names: Collection[str]) -> Kind:
    """Return the kind of some names."""
    return Kind(
        f"one of {', '.join(names)}",
        lambda value: _checked(value, fits=isinstance(value, str) and value in names),
    )


def _or_null(kind: Kind) -> Kind:
    return Kind(f"{kind.said}, or null", lambda value: None if value is None else kind.read(value))


def _list_of(kind: Kind, *, as_set: bool = False) -> Kind:
    def read(value: Any) -> list[Any]:
        _checked(value, fits=isinstance(value, list) and len(value) <= _LIST_MAX)
        members = [kind.read(member) for member in value]
        return sorted(set(members)) if as_set else members

    return Kind(f"a list of: {kind.said}", read)


TEXT: Final = Kind(f"text of at most {_TEXT_MAX} characters", _text)
TRUTH: Final = Kind("true or false", _bool)
DECIMAL: Final = Kind('a decimal number in quotes, such as "25.6"', _decimal)
TIME: Final = Kind("a time such as 2026-03-01T13:00:00Z", _time)
TIDS: Final = Kind("a list of pairs [TID, how often], ascending", _tids)
_TOKEN: Final = Kind("what is typed, 20 digits as a rule", _token)
_WATTS: Final = _or_null(whole(0))
_DIGITS: Final = _or_null(Kind("digits in quotes", lambda value: _checked(value, fits=value.isdecimal())))

ACTIONS: Final[Mapping[str, Action]] = {
    "enter": Action(
        "Type or send in a token.",
        {
            "token": Argument(_TOKEN, "the digits, in groups of four; or whatever else is typed"),
            "path": Argument(one_of([path.value for path in EntryPath]), "the way it comes in", "keypad"),
        },
    ),
    "use": Action(
        "Draw energy or volume in the seconds before the time of the step.",
        {
            "quantity": Argument(DECIMAL, "how much: kWh, cubic metres or minutes"),
            "seconds": Argument(whole(1, 10**8), "over how many seconds; this gives the power", 60),
            "phases_w": Argument(
                _list_of(whole(0)), "power of each phase in watts, where that matters", None
            ),
        },
    ),
    "wait": Action("Let time pass until the time of the step."),
    "tamper": Action(
        "Open a cover, or bring a magnet.",
        {"kind": Argument(one_of([kind.value for kind in TamperKind]), "what the sensor notices")},
    ),
    "cut": Action("Take the power away."),
    "restore": Action("Give the power back."),
    "arm_cut": Action(
        "Let the power fail by itself after this many more writes of the non-volatile memory.",
        {"writes": Argument(whole(0, 1000), "0: before the next write")},
    ),
    "press": Action(
        "Key in a short code.",
        {"code": Argument(TEXT, "the digits of the code, as the profile's skin has it")},
    ),
    "reconnect": Action("Press the key that closes the relay."),
    "emergency": Action("Take emergency credit."),
}
"""What a step can do, by name."""

OBSERVABLES: Final[Mapping[str, Observable]] = {
    "powered": Observable(TRUTH, "whether the meter has power"),
    "result": Observable(one_of([result.value for result in TokenResult]), "the verdict on the token"),
    "code": Observable(
        _or_null(whole(0, 255)), "its number in the token result register; null for 3rdKCT and 4thKCT"
    ),
    "credited": Observable(DECIMAL, "what the token added to the credit"),
    "missing": Observable(
        _list_of(whole(1, 4)), "numbers of the key change sections still awaited; empty when none has come"
    ),
    "tests": Observable(_list_of(whole(1, 36)), "numbers of the tests that were carried out"),
    "shows": Observable(_list_of(TEXT), "the texts on the display, one after the other"),
    "served": Observable(DECIMAL, "how much of what was to be drawn was served"),
    "credit": Observable(DECIMAL, "credit left: kWh, cubic metres, minutes or money"),
    "total": Observable(DECIMAL, "the consumption register: kWh, cubic metres or minutes"),
    "low": Observable(TRUTH, "whether the low-credit alarm is on"),
    "relay": Observable(one_of([relay.value for relay in Relay]), "position of the relay or valve"),
    "reasons": Observable(
        _list_of(one_of([reason.value for reason in Reason]), as_set=True),
        "why the supply is disconnected; empty when nothing speaks against it",
    ),
    "emergency": Observable(one_of([state.value for state in EmergencyState]), "state of emergency credit"),
    "tamper": Observable(TRUTH, "whether a tamper condition is set"),
    "lockout_s": Observable(
        whole(0), "seconds until this entry path (of other steps: the keypad) takes a token again"
    ),
    "memory": Observable(TIDS, "the complete memory of TIDs: pairs [TID, how often], ascending"),
    "key_check_value": Observable(TEXT, "check value of the decoder key: six hexadecimal digits"),
    "sgc": Observable(_DIGITS, "supply group code; null where the meter was never told"),
    "krn": Observable(_or_null(whole(1, 9)), "key revision number"),
    "kt": Observable(whole(0, 3), "key type: 0 DITK, 1 DDTK, 2 DUTK, 3 DCTK"),
    "ti": Observable(_DIGITS, "tariff index"),
    "ken": Observable(whole(0, 255), "key expiry number"),
    "power_limit_w": Observable(_WATTS, "maximum power limit in watts"),
    "unbalance_limit_w": Observable(_WATTS, "maximum phase power unbalance limit in watts"),
    "tariff_rate": Observable(_or_null(whole(0, 0xFFFF)), "what the last SetTariffRate token carried"),
    "water_factor": Observable(_or_null(whole(0, 0xFFFF)), "what the last SetWaterMeterFactor token carried"),
    "flags": Observable(_list_of(whole(0, 511), as_set=True), "numbers of the flags that are 1"),
}
"""What can be expected after a step, by name; every expectation may be left out."""


@dataclass(frozen=True, slots=True)
class Step:
    """One action, and what is expected after it.

    at: when, aware. action: a name of ``ACTIONS``. arguments: of the action, JSON values. expect: names of
    ``OBSERVABLES`` with JSON values. says: one sentence why.
    Raises ScenarioError for anything that is not in these tables.
    """

    at: datetime
    action: str
    arguments: Mapping[str, Any] = MappingProxyType({})
    expect: Observed = MappingProxyType({})
    says: str = ""

    def __post_init__(self) -> None:
        """Bring every value into its one form."""
        put = object.__setattr__
        if not isinstance(self.at, datetime) or self.at.tzinfo is None:
            raise ScenarioError(FieldError("at", self.at, "a time with its zone").message, place="at")
        put(self, "at", self.at.astimezone(UTC))
        read_as(one_of(ACTIONS), self.action, "action")
        put(self, "arguments", MappingProxyType(_arguments(self.action, self.arguments)))
        put(self, "expect", expectations(self.expect))
        put(self, "says", read_as(TEXT, self.says, "says"))

    def to_document(self) -> dict[str, Any]:
        """Return the step as JSON values; arguments that are as usual are left out."""
        document: dict[str, Any] = {"at": stamp(self.at), "action": self.action}
        for name, spec in ACTIONS[self.action].arguments.items():
            if self.arguments[name] != spec.default:
                document[name] = self.arguments[name]
        if self.expect:
            document["expect"] = dict(self.expect)
        if self.says:
            document["says"] = self.says
        return document

    @classmethod
    def from_document(cls, document: object) -> Step:
        """Read a step. Raises ScenarioError."""
        if not isinstance(document, Mapping):
            raise ScenarioError("A step must be an object with at, action and what goes with the action.")
        values = dict(document)
        at = read_as(TIME, values.pop("at", None), "at")
        action = read_as(one_of(ACTIONS), values.pop("action", None), "action")
        expect, says = values.pop("expect", {}), values.pop("says", "")
        return cls(at, action, values, expect, says)


def stamp(moment: datetime) -> str:
    """Return a time as it stands in scenarios: RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def expectations(given: object) -> Observed:
    """Return expectations with every value in its one form. Raises ScenarioError."""
    if not isinstance(given, Mapping):
        raise ScenarioError("What is expected must be an object.", place="expect")
    _refuse_unknown(given, OBSERVABLES, "expect")
    return MappingProxyType(
        {
            name: read_as(row.kind, given[name], f"expect.{name}")
            for name, row in OBSERVABLES.items()
            if name in given
        }
    )


def _arguments(action: str, given: Mapping[str, Any]) -> dict[str, Any]:
    known = ACTIONS[action].arguments
    _refuse_unknown(given, known, action)
    found = {}
    for name, spec in known.items():
        value = given.get(name, spec.default)
        if value is REQUIRED:
            raise ScenarioError(f"The step {action} needs {name}: {spec.kind.said}.", place=name)
        is_default = value is spec.default
        found[name] = value if is_default else read_as(spec.kind, value, name)
    return found


def _refuse_unknown(given: Mapping[Any, Any], known: Collection[str], where: str) -> None:
    for name in given:
        if name not in known:
            allowed = f"one of {', '.join(known)}" if known else "left out"
            raise ScenarioError(FieldError(where, name, allowed).message, place=where)
