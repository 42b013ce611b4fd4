"""Replay: a scenario played against a device, and a verdict on everything that was expected.

A device is whatever can be set up, do what a step says and tell what it sees: our meter, a program that
drives real firmware, a person with a meter in hand. It tells what it can observe and leaves out the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from voltoken.errors import ScenarioError, VoltokenError
from voltoken.meter.machine import Meter
from voltoken.meter.results import Answer, EntryPath, TamperKind
from voltoken.meter.scenario import Scenario
from voltoken.meter.scenario_setup import credit_text, quantity_counts
from voltoken.meter.scenario_steps import OBSERVABLES, Observed, Step
from voltoken.meter.scenario_values import plain, run_lengths
from voltoken.meter.skin import Shown
from voltoken.meter.skins import SKINS

UNABLE: Final = "unable"
"""A device that cannot do what a step says answers with this name and why: the rest is not observed."""
TROUBLE: Final = "trouble"
"""A device that broke down over a step answers with this name and what happened: the step has failed."""


class MeterUnderTest(Protocol):
    """What a scenario needs of a device. Both methods may raise any error of ours: the step has failed."""

    def begin(self, scenario: Scenario) -> Observed:
        """Set the device up as the scenario says and return what can be observed."""

    def perform(self, step: Step) -> Observed:
        """Do what a step says, at its time, and return what can be observed; or ``{"unable": why}``."""


class Verdict(StrEnum):
    """What came of one expectation."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    NOT_OBSERVED = "not observed"


class Check(NamedTuple):
    """One expectation. name: of ``OBSERVABLES``. observed: None where nothing was."""

    name: str
    expected: Any
    observed: Any
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class StepReport:
    """What came of a step. step: None for the state before the first. trouble: why the device gave up."""

    step: Step | None
    checks: tuple[Check, ...]
    trouble: str = ""
    unable: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing in it failed."""
        broke = bool(self.trouble) and not self.unable
        return not broke and all(check.verdict is not Verdict.FAIL for check in self.checks)


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What came of a scenario: first the state before, then every step."""

    scenario: Scenario
    steps: tuple[StepReport, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing failed, and something was observed."""
        return all(step.ok for step in self.steps) and self.count(Verdict.PASS) > 0

    def count(self, verdict: Verdict) -> int:
        """Return how many expectations got a verdict."""
        return sum(check.verdict is verdict for step in self.steps for check in step.checks)


def replay(scenario: Scenario, device: MeterUnderTest) -> ReplayReport:
    """Play a scenario against a device, to its end whatever fails, and return the report.

    After a step that the device is unable to do, the rest is not observed: it would be another story.
    """
    reports = [_attempt(None, scenario.before, lambda: device.begin(scenario))]
    for step in scenario.steps:
        if reports[-1].unable:
            reports.append(StepReport(step, _judged(step.expect, {}), unable=True))
            continue
        reports.append(_attempt(step, step.expect, lambda step=step: device.perform(step)))  # type: ignore[misc] # bound now
    return ReplayReport(scenario, tuple(reports))


def _attempt(step: Step | None, expect: Observed, act: Callable[[], Observed]) -> StepReport:
    try:
        observed = act()
    except VoltokenError as error:
        return StepReport(step, _judged(expect, {}), trouble=error.message)
    if TROUBLE in observed:
        return StepReport(step, _judged(expect, {}), trouble=str(observed[TROUBLE]))
    if UNABLE in observed:
        return StepReport(step, _judged(expect, {}), trouble=str(observed[UNABLE]), unable=True)
    return StepReport(step, _judged(expect, observed))


def _judged(expect: Observed, observed: Mapping[str, Any]) -> tuple[Check, ...]:
    """Compare what was expected with what was observed; an observation of no known form fails."""
    checks = []
    for name, expected in expect.items():
        if name not in observed:
            checks.append(Check(name, expected, None, Verdict.NOT_OBSERVED))
            continue
        seen = observed[name]
        try:
            seen = OBSERVABLES[name].kind.read(seen)
            matches = seen == expected
        except (ValueError, TypeError):
            matches = False
        checks.append(Check(name, expected, seen, Verdict.PASS if matches else Verdict.FAIL))
    return tuple(checks)


class VirtualDevice:
    """Our own meter as a device. meter: the one under test, once there is one."""

    def __init__(self, meter: Meter | None = None) -> None:
        self.meter = meter

    def begin(self, scenario: Scenario) -> Observed:
        """Make the meter of the scenario. Raises FieldError or RuleError when there can be none."""
        self.meter = scenario.meter.meter(scenario.begins)
        return observe(self.meter, scenario.begins)

    def perform(self, step: Step) -> Observed:
        """Do what the step says; without power only its return does anything."""
        meter = self.meter
        if meter is None:
            raise ScenarioError("There is no meter yet: a scenario begins with its setup.")
        outcome: Outcome = None
        if meter.is_powered or step.action in ("cut", "restore", "arm_cut"):
            outcome = _ACTS[step.action](meter, step.arguments, step.at)
        return observation(meter, step, outcome)


Outcome: TypeAlias = Answer | Shown | int | None
"""What a meter answers: to a token, to a short code, how many counts ``use`` has served, or nothing."""


def observation(meter: Meter, step: Step, outcome: Outcome = None) -> dict[str, Any]:
    """Return what is seen of a meter right after a step. outcome: what the meter answered to it."""
    path = EntryPath(step.arguments.get("path", EntryPath.KEYPAD))
    return _told(meter, outcome) | observe(meter, step.at, path)


def _told(meter: Meter, outcome: Outcome) -> dict[str, Any]:
    """Return an answer as a scenario writes it."""
    if outcome is None:
        return {}
    if isinstance(outcome, Shown):
        return {"shows": [outcome.text]}
    if isinstance(outcome, int):
        return {"served": plain(meter.profile.commodity.units(outcome))}
    seen: dict[str, Any] = {"result": outcome.result.value, "code": outcome.result.code}
    if meter.is_powered:
        seen |= {
            "credited": credit_text(outcome.credited, meter.profile),
            "tests": [shown.number for shown in outcome.tests],
            "shows": list(SKINS[meter.profile.skin].frames(outcome, meter)),
        }
    return seen


def _enter(meter: Meter, given: Mapping[str, Any], at: datetime) -> Outcome:
    return meter.enter(given["token"], at, EntryPath(given["path"]))


def _use(meter: Meter, given: Mapping[str, Any], at: datetime) -> Outcome:
    quantity = quantity_counts(given["quantity"], meter.profile.commodity)
    return meter.use(quantity, at, seconds=given["seconds"], phases_w=given["phases_w"])


def _press(meter: Meter, given: Mapping[str, Any], at: datetime) -> Outcome:
    return SKINS[meter.profile.skin].press(meter, given["code"], at)


def _silent(act: Callable[[Meter, Mapping[str, Any], datetime], object]) -> _Act:
    """Return an action that shows nothing by itself."""

    def silent(meter: Meter, given: Mapping[str, Any], at: datetime) -> None:
        act(meter, given, at)

    return silent


_Act = Callable[[Meter, Mapping[str, Any], datetime], Outcome]
_ACTS: Final[Mapping[str, _Act]] = {
    "enter": _enter,
    "use": _use,
    "wait": _silent(lambda meter, _, at: meter.wait(at)),
    "tamper": _silent(lambda meter, given, at: meter.tamper(TamperKind(given["kind"]), at)),
    "cut": _silent(lambda meter, _given, _at: meter.cut_power()),
    "restore": _silent(lambda meter, _, at: meter.restore_power(at)),
    "arm_cut": _silent(lambda meter, given, _: meter.arm_cut(given["writes"])),
    "press": _press,
    "reconnect": _silent(lambda meter, _, at: meter.reconnect(at)),
    "emergency": _silent(lambda meter, _, at: meter.take_emergency(at)),
}


def observe(meter: Meter, now: datetime, path: EntryPath = EntryPath.KEYPAD) -> dict[str, Any]:
    """Return the state of a meter as a scenario writes it; without power only that."""
    if not meter.is_powered:
        return {"powered": False}
    memory, profile = meter.memory, meter.profile
    key, limits = memory.key, memory.limits
    return {
        "powered": True,
        "missing": list(meter.missing_sections(now)),
        "credit": credit_text(meter.credit, profile),
        "total": plain(profile.commodity.units(meter.total)),
        "low": meter.is_low,
        "relay": meter.relay.value,
        "reasons": sorted(reason.value for reason in meter.reasons),
        "emergency": memory.balance.emergency.value,
        "tamper": memory.tamper.condition,
        "lockout_s": meter.lockout_s(now, path),
        "memory": run_lengths(memory.tids),
        "key_check_value": str(key.check_value),
        "sgc": None if key.sgc is None else str(key.sgc),
        "krn": None if key.krn is None else int(key.krn),
        "kt": int(key.kt),
        "ti": None if key.ti is None else str(key.ti),
        "ken": int(key.ken),
        "power_limit_w": limits.power_w,
        "unbalance_limit_w": limits.unbalance_w,
        "tariff_rate": limits.tariff_rate,
        "water_factor": limits.water_factor,
        "flags": sorted(memory.flags),
    }
