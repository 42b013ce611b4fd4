"""The registers of a centre, explained from their tables: fields, states and steps."""

from __future__ import annotations

from typing import Any

import click

from voltoken.cli.commands import Command
from voltoken.cli.parameters import json_option
from voltoken.cli.screen import Screen, answer
from voltoken.errors import ActRefused
from voltoken.kmc import REGISTERS, Field, Register, Step


@click.command("registers", cls=Command, epilog="voltoken kmc registers\nvoltoken kmc registers vending-key")
@click.argument("name", metavar="[REGISTER]", required=False)
@json_option
def registers(name: str | None, *, as_json: bool) -> None:
    """Explain the registers of a centre: all of them in a line each, or one with its fields and steps."""
    if name is None:
        if as_json:
            answer({"registers": {one.name: one.text for one in REGISTERS.values()}})
            return
        screen = Screen()
        screen.facts([(dashed(one.name), one.text) for one in REGISTERS.values()])
        screen.line()
        screen.text("One with its fields, states and steps: voltoken kmc registers vending-key")
        return
    register = register_named(name)
    if as_json:
        answer(_explained(register))
        return
    screen = Screen()
    screen.title(dashed(register.name))
    screen.text(register.text)
    screen.facts([("ID", register.identifier.allowed)])
    screen.title("Fields")
    screen.facts([(dashed(one.name), _told_of(one)) for one in register.fields])
    screen.title("States")
    screen.facts([(name, f"{text[:1].upper()}{text[1:]}.") for name, text in register.states.items()])
    screen.title("Steps")
    screen.facts([(dashed(step.name), _told_of_step(step)) for step in register.steps if not step.inner])
    screen.line()


def _told_of_step(step: Step) -> str:
    where = f"from {', '.join(step.sources)}" if step.sources else ""
    leads = f"to {step.target}" if step.target and step.sources != (step.target,) else ""
    others = {0: "", 1: "another person approves"}.get(step.approvals, f"{step.approvals} others approve")
    facts = ", ".join(filter(None, (f"{where} {leads}".strip(), others)))
    return f"{step.text[:1].upper()}{step.text[1:]} ({facts})." if facts else f"{step.text}."


def _told_of(one: Field) -> str:
    needed = " Required." if one.required else ""
    return f"{one.text[:1].upper()}{one.text[1:]}: {one.kind.allowed}.{needed}"


def register_named(name: str) -> Register:
    """Return a register as people name it, with - or _. Raises ActRefused."""
    found = REGISTERS.get(name.replace("-", "_"))
    if found is None:
        names = ", ".join(map(dashed, REGISTERS))
        raise ActRefused("register", f"There is no register {name!r:.40}; there are {names}.")
    return found


def _explained(register: Register) -> dict[str, Any]:
    return {
        "register": register.name,
        "text": register.text,
        "id": register.identifier.allowed,
        "fields": [
            {"name": one.name, "takes": one.kind.allowed, "text": one.text, "required": one.required}
            for one in register.fields
        ],
        "states": dict(register.states),
        "steps": [
            {
                "name": step.name,
                "text": step.text,
                "from": list(step.sources),
                "to": step.target,
                "fields": list(step.fields),
                "given": list(step.given),
                "approvals": step.approvals,
                "glass": step.glass,
            }
            for step in register.steps
            if not step.inner
        ],
    }


def dashed(name: str) -> str:
    """Return the name of a register, field or step as it is typed."""
    return name.replace("_", "-")
