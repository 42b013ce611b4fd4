"""The naive meter plays the scenarios that come along: a second judge over every expectation it can see."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from tests.naive import sta
from tests.naive.meter import NaiveMeter
from voltoken.meter import TROUBLE, UNABLE, Observed, Scenario, Step, Verdict, replay
from voltoken.sts import CURRENCY, EA, SAMPLE_TABLES, registry

FOLDER = Path(__file__).resolve().parents[2] / "scenarios"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
CODES = {row.name: int(row.code) if row.code else None for row in registry.TOKEN_RESULTS}
TABLES = sta.Tables(SAMPLE_TABLES.substitution_1, SAMPLE_TABLES.substitution_2, SAMPLE_TABLES.permutation)


class NaiveDevice:
    """The naive meter as a device; it has no short codes, and its power fails only as a whole."""

    def begin(self, scenario: Scenario) -> Observed:
        """Set the meter up."""
        setup = scenario.meter
        self.profile = setup.profile
        per_unit = 0 if setup.price is None else int(Decimal(setup.price) * 10**5)
        tables = TABLES if setup.key.ea is EA.STA else None
        self.meter = NaiveMeter(
            setup.pan, setup.key, setup.profile, filled_with=0, tables=tables, per_unit=per_unit
        )
        self.meter.tids = list(setup.tids)
        supply = self.meter.supply
        # Amounts of a setup in counts, as the setup itself reads them.
        begun = setup.meter(scenario.begins)
        supply.credit, supply.total, supply.tampered = begun.credit, begun.total, setup.tamper
        if supply.credit > 0:
            supply.reasons = set()
        supply.settle(scenario.begins)
        self.powered = True
        return self.observed(scenario.begins)

    def perform(self, step: Step) -> Observed:
        """Do what a step says, as far as this meter can."""
        if step.action in ("arm_cut", "press"):
            return {UNABLE: f"no {step.action}"}
        seen: dict[str, Any] = {}
        if step.action == "cut":
            self.powered = False
        elif step.action == "restore":
            self.meter.power_cycle(step.at)
            self.powered = True
        elif self.powered:
            seen = ACTS[step.action](self, step.arguments, step.at)
        return {**seen, **self.observed(step.at, step.arguments.get("path", "keypad"))}

    def enter(self, given: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        """Enter a token."""
        answer = self.meter.enter(given["token"], at, given["path"])
        return {
            "result": answer["result"],
            "code": CODES[answer["result"]],
            "credited": self.credit_text(answer["credited"]),
            "tests": list(answer["tests"]),
        }

    def use(self, given: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        """Draw energy or volume."""
        quantity = Decimal(given["quantity"]) * self.profile.commodity.counts
        phases = given["phases_w"] and tuple(given["phases_w"])
        served = self.meter.supply.use(int(quantity), at, given["seconds"], phases)
        return {"served": str(self.profile.commodity.units(served))}

    def credit_text(self, counts: int) -> str:
        """Return an amount of credit in units or money."""
        money = self.profile.service.is_currency
        return str(CURRENCY.units(counts) if money else self.profile.commodity.units(counts))

    def observed(self, at: datetime, path: str = "keypad") -> Observed:
        """Return what this meter knows of itself."""
        if not self.powered:
            return {"powered": False}
        meter, supply = self.meter, self.meter.supply
        return {
            "powered": True,
            "credit": self.credit_text(supply.credit),
            "total": str(self.profile.commodity.units(supply.total)),
            "relay": supply.relay,
            "reasons": sorted(supply.reasons),
            "emergency": supply.emergency,
            "tamper": supply.tampered,
            "lockout_s": meter.locked_for(path, at),
            "memory": [[tid, len(list(same))] for tid, same in groupby(meter.tids)],
            "sgc": meter.sgc,
            "krn": meter.krn and int(meter.krn),
            "kt": meter.kt,
            "ti": meter.ti,
            "ken": meter.ken,
            "power_limit_w": supply.limits.get("power limit"),
            "unbalance_limit_w": supply.limits.get("phase unbalance"),
            "tariff_rate": supply.limits.get("tariff rate"),
            "water_factor": supply.limits.get("water factor"),
            "flags": sorted(flag for flag, state in supply.flags.items() if state),
        }


Act = Callable[..., dict[str, Any]]


def _silent(act: Callable[[NaiveMeter, Mapping[str, Any], datetime], object]) -> Act:
    def silent(device: NaiveDevice, given: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        act(device.meter, given, at)
        return {}

    return silent


ACTS: dict[str, Act] = {
    "enter": NaiveDevice.enter,
    "use": NaiveDevice.use,
    "wait": _silent(lambda meter, _, at: meter.supply.settle(at)),
    "tamper": _silent(lambda meter, given, at: meter.supply.tamper(given["kind"], at)),
    "reconnect": _silent(lambda meter, _, at: meter.supply.reconnect(at)),
    "emergency": _silent(lambda meter, _, at: meter.supply.take_emergency(at)),
}


def story(name: str) -> Scenario:
    """Return a scenario that comes along."""
    return Scenario.from_document(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", NAMES)
def test_the_naive_meter_does_what_the_scenario_says(name: str) -> None:
    report = replay(story(name), NaiveDevice())
    failed = [
        (number, check.name, check.expected, check.observed)
        for number, step in enumerate(report.steps)
        for check in step.checks
        if check.verdict is Verdict.FAIL
    ]
    assert failed == []
    assert TROUBLE not in [step.trouble for step in report.steps]


def test_the_naive_meter_sees_most_of_what_is_expected() -> None:
    verdicts = Counter(
        check.verdict
        for name in NAMES
        for step in replay(story(name), NaiveDevice()).steps
        for check in step.checks
    )
    assert verdicts[Verdict.PASS] > 6 * verdicts[Verdict.NOT_OBSERVED]
