"""The registers of a centre, explained from their tables: fields, states and steps."""

from __future__ import annotations

from typing import Any

import click

from voltoken.cli.commands import Command
from voltoken.cli.parameters import json_option
from voltoken.cli.screen import Screen, answer
from voltoken.errors import ActRefused
from voltoken.kmc import REGISTERS, Field, Register


@click.command("registers", cls=Command, epilog="voltoken kmc registers\nvoltoken kmc registers vending-key")
@click.argument("name", metavar="[REGISTER]", required=False)
@json_option
def registers(name: str | None, *, as_json: bool) -> None:
    """Explain the registers of a centre: all of them in a line each, or one with its fields and steps."""
    if name is None:
        if as_json:
            answer({"registers": {one.name: one.text for one in REGISTERS.values()}})
            return
        Screen().table(
            ("Register", "What it is for"), [(dashed(one.name), one.text) for one in REGISTERS.values()]
        )
        return
    register = register_named(name)
    if as_json:
        answer(_explained(register))
        return
    screen = Screen()
    screen.title(dashed(register.name))
    screen.text(register.text)
    screen.line()
    screen.facts([(dashed(one.name), _told_of(one)) for one in register.fields])
    screen.line()
    screen.facts(list(register.states.items()))
    screen.line()
    screen.table(
        ("Step", "From", "To", ">Others", "What it does"),
        [
            (
                dashed(step.name),
                ", ".join(step.sources) or "-",
                step.target or "the same",
                str(step.approvals or "-"),
                step.text,
            )
            for step in register.steps
            if not step.inner
        ],
    )


def _told_of(one: Field) -> str:
    return f"{one.text}{' (required)' if one.required else ''}: {one.kind.allowed}"


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
                "approvals": step.approvals,
            }
            for step in register.steps
            if not step.inner
        ],
    }


def dashed(name: str) -> str:
    """Return the name of a register, field or step as it is typed."""
    return name.replace("_", "-")
