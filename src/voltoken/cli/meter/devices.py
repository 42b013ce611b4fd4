"""Devices that scenarios are replayed against from the command line: a program, or a person with a meter.

A program that drives real firmware speaks JSON lines on its standard input and output; the protocol is in
docs/reference/scenarios.md. A person is told what to type and asked what the meter did.
"""

from __future__ import annotations

import json
import shlex
import subprocess
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final

import click

from voltoken.cli.failures import FileTrouble
from voltoken.cli.meter.told import expectation, instruction, setup_facts
from voltoken.cli.screen import Screen
from voltoken.meter import OBSERVABLES, TROUBLE, UNABLE, Observed, Scenario, Step
from voltoken.sts import TokenNumber

_LINE_MAX: Final = 1 << 20
_END_S: Final = 5
"""Seconds that a program gets to end by itself."""


class ProgramDevice:
    """A program that does the steps. command: as typed into a shell. timeout_s: for each answer.

    Raises UsageError for a command that cannot be read, FileTrouble for one that cannot be started.
    """

    def __init__(self, command: str, timeout_s: float) -> None:
        try:
            words = shlex.split(command)
        except ValueError as error:
            raise click.UsageError(f"The command of the device cannot be read: {error}.") from None
        if not words:
            raise click.UsageError("The command of the device is empty.")
        try:
            self._program = subprocess.Popen(  # noqa: S603 - the user names the program to run
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "no such name"
            raise FileTrouble(f"device {words[0]}: {reason}.") from None
        self._timeout_s = timeout_s
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        self._broken = ""
        self._number = 0
        Thread(target=self._listen, daemon=True).start()

    def begin(self, scenario: Scenario) -> Observed:
        """Tell the program which meter to set up."""
        self._number = 0
        told = scenario.to_document()
        return self._ask(
            {"message": "begin", **{name: told[name] for name in ("name", "title", "meter", "begins")}}
        )

    def perform(self, step: Step) -> Observed:
        """Tell the program what to do; what is expected of it is not told."""
        self._number += 1
        told = step.to_document()
        told.pop("expect", None)
        told.pop("says", None)
        return self._ask({"message": "step", "number": self._number, **told})

    def close(self) -> None:
        """Let the program end, and end it if it does not."""
        with suppress(OSError):
            self._send({"message": "end"})
        with suppress(OSError):
            if self._program.stdin is not None:
                self._program.stdin.close()
        try:
            self._program.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._program.kill()
            self._program.wait()

    def _listen(self) -> None:
        """Read lines for ever; an empty one is the end."""
        out = self._program.stdout
        if out is not None:
            while line := out.readline(_LINE_MAX):
                self._lines.put(line)
        self._lines.put(b"")

    def _send(self, message: dict[str, Any]) -> None:
        if self._program.stdin is not None:
            self._program.stdin.write(json.dumps(message).encode() + b"\n")
            self._program.stdin.flush()

    def _ask(self, message: dict[str, Any]) -> Observed:
        """Send a message and return the answer; once something went wrong, nothing is sent any more."""
        if not self._broken:
            try:
                self._send(message)
                return self._read(self._lines.get(timeout=self._timeout_s))
            except OSError:
                self._broken = "The program of the device has ended."
            except Empty:
                self._broken = f"The program of the device gave no answer in {self._timeout_s:g} s."
                self._program.kill()
        return {TROUBLE: self._broken}

    def _read(self, line: bytes) -> Observed:
        if not line:
            self._broken = "The program of the device has ended."
            return {TROUBLE: self._broken}
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            return {TROUBLE: "The program of the device answered with a line that is no JSON."}
        if not isinstance(answer, dict):
            return {TROUBLE: "The program of the device answered with JSON that is no object."}
        return answer


VISIBLE: Final = (
    *("powered", "result", "credited", "tests", "shows", "credit", "total", "low", "relay", "tamper"),
    *("lockout_s", "sgc", "krn", "kt", "ti", "ken", "power_limit_w", "unbalance_limit_w"),
)
"""What a person can see of a meter, at its lamps, its load and its display."""


class HandDevice:
    """A person with a real meter, who is told what to do and asked what came of it."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._number = 0
        self._steps = 0

    def begin(self, scenario: Scenario) -> Observed:
        """Say which meter to set up, and ask for what must be seen before the first step."""
        screen = self._screen
        self._number, self._steps = 0, len(scenario.steps)
        screen.title(scenario.title)
        screen.text(scenario.rule)
        screen.line()
        screen.facts(setup_facts(scenario))
        screen.line()
        if not click.confirm("  Is the meter set up like this?", default=True):
            return {UNABLE: "The meter could not be set up."}
        return self._observed(scenario.before)

    def perform(self, step: Step) -> Observed:
        """Say what to do, and ask what came of it."""
        screen = self._screen
        self._number += 1
        screen.title(f"Step {self._number} of {self._steps}, {step.at:%d %B %Y %H:%M:%S} UTC")
        if step.action == "arm_cut":
            screen.text("Nobody can count the writes of a memory by hand.", "quiet")
            return {UNABLE: "The power cannot be cut at a certain write by hand."}
        if step.action == "enter" and len(step.arguments["token"].split()) == 5:
            digits = "".join(step.arguments["token"].split())
            screen.text(instruction(step, digits_shown=True))
            if int(digits) < 1 << 66:
                screen.token(TokenNumber.parse(digits))
            else:
                screen.text(step.arguments["token"], "strong")
        else:
            screen.text(instruction(step))
        return self._observed(step.expect)

    def _observed(self, expect: Observed) -> Observed:
        """Show what should be seen and return what was."""
        seen = {name: value for name, value in expect.items() if name in VISIBLE}
        if not seen:
            click.confirm("  Done?", default=True)
            return {}
        self._screen.text("Then the meter should show:")
        self._screen.facts([(name, expectation(name, value)) for name, value in seen.items()], 4)
        reply = click.prompt(
            "  Was it so? y: yes, n: no, s: could not see it, q: stop here",
            type=click.Choice(["y", "n", "s", "q"]),
            default="y",
            show_choices=False,
        )
        if reply == "q":
            return {UNABLE: "Stopped by hand."}
        if reply == "s":
            return {}
        return seen if reply == "y" else self._corrected(seen)

    def _corrected(self, expect: Observed) -> Observed:
        """Ask for each thing what was seen. An empty answer is what was expected, a hyphen nothing."""
        self._screen.text("What did you see? Enter: as expected; -: could not see it.", "quiet")
        seen: dict[str, Any] = {}
        for name, expected in expect.items():
            shown = expectation(name, expected)
            typed = click.prompt(f"    {name}", default=shown)
            if typed == shown:
                seen[name] = expected
            elif typed != "-":
                seen[name] = _typed(name, typed)
        return seen


def _typed(name: str, text: str) -> Any:
    """Return what a person typed in the form that the expectation has, or as it is."""
    for value in (text, _json(text), text.split(), [text]):
        with suppress(ValueError, TypeError):
            return OBSERVABLES[name].kind.read(value)
    return text


def _json(text: str) -> Any:
    with suppress(ValueError, RecursionError):
        return json.loads(text)
    return None
