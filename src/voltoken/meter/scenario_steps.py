"""The words of a scenario: what can be done to a meter and what can be seen of it, as two tables.

Each row of ``STEP_ACTIONS`` and ``OBSERVABLES`` says what it means and which values it takes; reading,
writing, comparing and the reference page follow from these tables.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from voltoken.errors import FieldError, ScenarioError
from voltoken.meter.cells import EmergencyState
from voltoken.meter.results import EntryPath, TamperKind, TokenResult
from voltoken.meter.scenario_values import (
    DECIMAL,
    DIGITS,
    QUANTITY,
    TEXT,
    TIDS,
    TIME,
    TOKEN,
    TRUTH,
    WATTS,
    Kind,
    list_of,
    one_of,
    or_null,
    read_as,
    stamp,
    whole,
)
from voltoken.meter.supply import Reason, Relay

Observed = Mapping[str, Any]
"""What was seen of a meter: names of ``OBSERVABLES`` with values; what cannot be seen is not in it."""

REQUIRED: Final = object()
"""In place of a default: the argument must be given."""


class Argument(NamedTuple):
    """An argument of an action. default: ``REQUIRED``, or what it is when left out."""

    kind: Kind
    meaning: str
    default: Any = REQUIRED

    @property
    def optional(self) -> bool:
        """Whether it may be left out."""
        return self.default is not REQUIRED


class Action(NamedTuple):
    """Something that can be done to a meter."""

    meaning: str
    arguments: Mapping[str, Argument] = MappingProxyType({})


class Observable(NamedTuple):
    """Something that can be seen of a meter."""

    kind: Kind
    meaning: str


STEP_ACTIONS: Final[Mapping[str, Action]] = {
    "enter": Action(
        "Type or send in a token.",
        {
            "token": Argument(TOKEN, "the digits, in groups of four; or whatever else is typed"),
            "path": Argument(one_of([path.value for path in EntryPath]), "the way it comes in", "keypad"),
        },
    ),
    "use": Action(
        "Draw energy or volume in the seconds before the time of the step.",
        {
            "quantity": Argument(QUANTITY, "how much: kWh, cubic metres or minutes"),
            "seconds": Argument(whole(1, 10**8), "over how many seconds; this gives the power", 60),
            "phases_w": Argument(list_of(whole(0)), "power of each phase in watts, where that matters", None),
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
        or_null(whole(0, 255)), "its number in the token result register; null for 3rdKCT and 4thKCT"
    ),
    "credited": Observable(DECIMAL, "what the token added to the credit"),
    "missing": Observable(
        list_of(whole(1, 4), as_set=True),
        "numbers of the key change sections still awaited; empty when none has come",
    ),
    "tests": Observable(list_of(whole(1, 36), as_set=True), "numbers of the tests that were carried out"),
    "shows": Observable(list_of(TEXT), "the texts on the display, one after the other"),
    "served": Observable(DECIMAL, "how much of what was to be drawn was served"),
    "credit": Observable(DECIMAL, "credit left: kWh, cubic metres, minutes or money"),
    "total": Observable(DECIMAL, "the consumption register: kWh, cubic metres or minutes"),
    "low": Observable(TRUTH, "whether the low-credit alarm is on"),
    "relay": Observable(one_of([relay.value for relay in Relay]), "position of the relay or valve"),
    "reasons": Observable(
        list_of(one_of([reason.value for reason in Reason]), as_set=True),
        "why the supply is disconnected; empty when nothing speaks against it",
    ),
    "emergency": Observable(one_of([state.value for state in EmergencyState]), "state of emergency credit"),
    "tamper": Observable(TRUTH, "whether a tamper condition is set"),
    "lockout_s": Observable(
        whole(0), "seconds until this entry path (of other steps: the keypad) takes a token again"
    ),
    "memory": Observable(TIDS, "the complete memory of TIDs: pairs [TID, how often], ascending"),
    "key_check_value": Observable(TEXT, "check value of the decoder key: six hexadecimal digits"),
    "sgc": Observable(DIGITS, "supply group code; null where the meter was never told"),
    "krn": Observable(or_null(whole(1, 9)), "key revision number"),
    "kt": Observable(whole(0, 3), "key type: 0 DITK, 1 DDTK, 2 DUTK, 3 DCTK"),
    "ti": Observable(DIGITS, "tariff index"),
    "ken": Observable(whole(0, 255), "key expiry number"),
    "power_limit_w": Observable(WATTS, "maximum power limit in watts"),
    "unbalance_limit_w": Observable(WATTS, "maximum phase power unbalance limit in watts"),
    "tariff_rate": Observable(or_null(whole(0, 0xFFFF)), "what the last SetTariffRate token carried"),
    "water_factor": Observable(or_null(whole(0, 0xFFFF)), "what the last SetWaterMeterFactor token carried"),
    "flags": Observable(list_of(whole(0, 511), as_set=True), "numbers of the flags that are 1"),
}
"""What can be expected after a step, by name; every expectation may be left out."""


@dataclass(frozen=True, slots=True)
class Step:
    """One action, and what is expected after it.

    at: when, aware. action: a name of ``STEP_ACTIONS``. arguments: of the action, JSON values. expect:
    names of ``OBSERVABLES`` with JSON values. says: one sentence why.
    Raises ScenarioError for anything that is not in these tables.
    """

    at: datetime
    action: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    expect: Observed = field(default_factory=dict)
    says: str = ""

    def __post_init__(self) -> None:
        """Bring every value into its one form."""
        put = object.__setattr__
        if not isinstance(self.at, datetime) or self.at.tzinfo is None:
            raise ScenarioError(FieldError("at", self.at, "a time with its zone").message, place="at")
        put(self, "at", self.at.astimezone(UTC))
        read_as(one_of(STEP_ACTIONS), self.action, "action")
        put(self, "arguments", MappingProxyType(_arguments(self.action, self.arguments)))
        put(self, "expect", expectations(self.expect))
        put(self, "says", read_as(TEXT, self.says, "says"))

    def to_document(self) -> dict[str, Any]:
        """Return the step as JSON values; arguments that are as usual are left out."""
        document: dict[str, Any] = {"at": stamp(self.at), "action": self.action}
        for name, spec in STEP_ACTIONS[self.action].arguments.items():
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
        action = read_as(one_of(STEP_ACTIONS), values.pop("action", None), "action")
        expect, says = values.pop("expect", {}), values.pop("says", "")
        return cls(at, action, values, expect, says)


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
    known = STEP_ACTIONS[action].arguments
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
