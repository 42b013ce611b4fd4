"""A device as a program: our meter in a process of its own, driven by JSON lines.

Called by the tests with a word that says how it misbehaves: `mute`, `noise`, `list`, `quit`, `unable`.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from voltoken.meter import MeterSetup, Scenario, Step, VirtualDevice
from voltoken.meter.scenario_values import TIME, read_as


def misbehave(how: str) -> None:
    """Answer a step in a way that no device should."""
    if how == "mute":
        time.sleep(60)
    elif how == "quit":
        sys.exit(3)
    else:
        said = {"noise": "hello", "list": "[]", "unable": '{"unable": "no load here"}'}
        print(said[how], flush=True)  # noqa: T201 - the protocol


def answer(device: VirtualDevice, message: dict[str, Any]) -> dict[str, Any]:
    """Return what a message leads to."""
    if message.pop("message") == "begin":
        setup = MeterSetup.from_document(message["meter"])
        begins = read_as(TIME, message["begins"], "begins")
        scenario = Scenario("x", "x", "x", "x", setup, begins, (Step(begins, "wait"),))
        return dict(device.begin(scenario))
    message.pop("number")
    return dict(device.perform(Step.from_document(message)))


def main(how: str) -> None:
    """Answer messages until the end."""
    device = VirtualDevice()
    for line in sys.stdin:
        message = json.loads(line)
        if message["message"] == "end":
            return
        if {"expect", "says"} & message.keys():
            sys.exit(9)
        if how and message["message"] == "step":
            misbehave(how)
            continue
        print(json.dumps(answer(device, message)), flush=True)  # noqa: T201 - the protocol


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
