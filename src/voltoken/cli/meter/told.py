"""Scenarios in words: what a step does, what is expected of it, how a meter is set up."""

from __future__ import annotations

from typing import Any

from voltoken.meter import Scenario, Step


def instruction(step: Step, *, digits_shown: bool = False) -> str:
    """Return what a step does, as an order. digits_shown: they stand somewhere else."""
    given = step.arguments
    if step.action == "enter":
        path = "" if given["path"] == "keypad" else f" by {given['path']}"
        return f"Enter the token{path}:" if digits_shown else f"Enter{path}: {given['token'] or '(nothing)'}"
    if step.action == "use":
        phases = f", phases {given['phases_w']} W" if given["phases_w"] else ""
        return f"Use {given['quantity']} in {given['seconds']} s{phases}."
    if step.action == "press":
        return f"Key in the short code {given['code']}."
    if step.action == "tamper":
        return f"Tamper: {given['kind']}."
    if step.action == "arm_cut":
        return f"Let the power fail after {given['writes']} more writes of the memory."
    return {
        "wait": "Wait until the time of this step.",
        "cut": "Cut the power.",
        "restore": "Give the power back.",
        "reconnect": "Press the reconnect key.",
        "emergency": "Take emergency credit.",
    }[step.action]


def expectation(name: str, value: Any) -> str:
    """Return a value of an observable in a few words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "memory":
        return ", ".join(str(tid) if count == 1 else f"{count} times {tid}" for tid, count in value)
    if isinstance(value, list):
        return " ".join(str(member) for member in value) or "none"
    return str(value)


def setup_facts(scenario: Scenario) -> list[tuple[str, str]]:
    """Return names and values of all that must be set up before a scenario begins."""
    told = scenario.meter.to_document()
    key = told["key"]
    tids = told.get("tids") or [[told["filled_with"], scenario.meter.profile.memory_size]]
    known = ("sgc", "krn", "kt", "ti", "ken", "base_date")
    rows = [
        ("model", scenario.meter.profile.title),
        *((f"  {name}", str(value)) for name, value in told.get("overrides", {}).items()),
        ("meter number", told["pan"]),
        ("test key", f"{key['decoder_key']}, EA{key['ea']}"),
        ("its attributes", ", ".join(f"{name} {key[name]}" for name in known if name in key)),
        ("TIDs", expectation("memory", tids)),
        ("credit", told["credit"]),
    ]
    if "price" in told:
        rows.append(("price", f"{told['price']} for one {scenario.meter.profile.commodity.unit}"))
    return rows
