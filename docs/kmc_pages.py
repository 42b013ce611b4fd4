"""The page of registers, `docs/reference/centre-registers.md`: `python -m docs.kmc_pages` writes it.

Everything on it comes from the tables of `voltoken.kmc`: fields, states, steps, built-in roles and reasons.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from docs.markdown import table
from voltoken.kmc import ADD, NOTICE, REASONS, REGISTERS, Field, Register, Step, arrows, built_in_roles

PAGE: Final = Path(__file__).resolve().parent / "reference" / "centre-registers.md"
NOTE: Final = "<!-- Written by docs/kmc_pages.py. Change the tables of voltoken.kmc, not this page. -->"

INTRODUCTION: Final = """# Registers of a centre

What a key management centre knows stands in its registers. An entry has an id, a state, a version and
values; it never holds key bytes. A **step** is the only way in which an entry comes to be, changes or moves
to another state: somebody asks for it and signs the request, others approve exactly this request with
signatures of their own, and then it is carried out. No step that is not on this page can be taken.

Steps that only stop something, such as `module.suspend` or `vending_key.suspend`, need nobody else: whoever
sees a theft at night does not wait for a second person. What one person stopped goes on only when another
agrees, or when the owner of the supply group signs anew. What ends a person, a module, a key or a centre for
good, such as `module.compromise`, needs the approval of others: suspend first, then ask.

The right to ask for a step is `register.step`, such as `module.add`; the right to approve it is
`register.step.approve`, the right to do it in an emergency without approvals `register.step.break_glass`, and
the right to review that afterwards `register.step.review`. A role has such rights, or `register.*` for all of
a register but breaking glass. Limits of a role are held against the values of the entry, as it stands and as
it becomes."""

READING: Final = """## How to read the tables

Fields in **bold** must be given when the entry is made. In the tables of steps, *centre* means that the
centre itself fills the field in when the step is carried out, and *follows* that the step is not asked for:
it is taken together with a step of another entry. *In person* means that somebody types or is shown a
secret: whoever asks has to be there, and it is carried out in the moment it is asked, or never, so the centre
has to be unsealed before. A step without a new state stays where it is."""


def registers_page() -> str:
    """Write the page."""
    index = table(
        ("Register", "What it is for", "Steps>"),
        (
            (f"[`{name}`](#{name})", register.text, len(register.steps))
            for name, register in REGISTERS.items()
        ),
    )
    parts = (
        NOTE,
        INTRODUCTION,
        f'!!! warning "What it is not"\n    {NOTICE}',
        index,
        READING,
        *(_section(register) for register in REGISTERS.values()),
        _roles(),
        _reasons(),
    )
    return "\n\n".join(parts) + "\n"


def _section(register: Register) -> str:
    """Return the section of one register."""
    fields = table(("Field", "Value", "What it is"), (_field(one) for one in register.fields))
    states = table(
        ("State", "What it means", "Leads to"),
        ((f"`{state}`", text, _ahead(register, state)) for state, text in register.states.items()),
    )
    steps = table(
        ("Step", "From", "To", "Approvals>", "Takes", "What it does"),
        (_step(one) for one in register.steps),
    )
    identifier = f"{register.text} An id is {register.identifier.allowed}."
    return "\n\n".join((f"## {register.name}", identifier, fields, states, steps))


def _field(one: Field) -> tuple[str, str, str]:
    name = f"**`{one.name}`**" if one.required else f"`{one.name}`"
    value = one.kind.allowed if not one.kind.refers else _named(one)
    return name, value, one.text


def _named(one: Field) -> str:
    link = f"[`{one.kind.refers}`](#{one.kind.refers})"
    return f"ids of entries of {link}" if one.kind.many else f"the id of an entry of {link}"


def _ahead(register: Register, state: str) -> str:
    """Return where an entry can go from a state, each way with its step."""
    ways = [
        f"`{arrow.target}` ({arrow.step.name})"
        for arrow in arrows(register)
        if arrow.source == state != arrow.target
    ]
    return ", ".join(ways) or "the end"


def _step(step: Step) -> tuple[str, ...]:
    sources = ", ".join(f"`{source}`" for source in step.sources) or "*new*"
    approvals = f"{step.approvals}" + (" or glass" if step.glass else "")
    taken = ", ".join(_taken(step)) or "–"
    name = f"`{step.name}`" + (" (*follows*)" if step.inner else " (*in person*)" if step.present else "")
    return name, sources, f"`{step.target}`" if step.target else "–", approvals, taken, step.text


def _taken(step: Step) -> Iterator[str]:
    yield from (f"`{name}`" for name in step.fields)
    yield from (f"`{name}` (*centre*)" for name in step.given)


def _roles() -> str:
    rows = table(
        ("Role", "What it is for", "Rights"),
        (
            (f"`{name}`", text, ", ".join(f"`{action}`" for action in actions))
            for name, (text, actions) in built_in_roles().items()
        ),
    )
    text = (
        "A centre begins with these roles, and with at least two officers. They are entries of "
        f"[`role`](#role) like others, made before the first request; others are added with `role.{ADD}`. "
        "The role of officers keeps its rights over people and roles, and two officers always stay."
    )
    return f"## Built-in roles\n\n{text}\n\n{rows}"


def _reasons() -> str:
    rows = table(("Reason", "What it means"), ((f"`{word}`", text) for word, text in sorted(REASONS.items())))
    return f"## Why an act is refused\n\nThe word in `reason` of the error `centre.refused`:\n\n{rows}"


def main() -> int:
    """Write the page to its place."""
    PAGE.write_text(registers_page(), encoding="utf-8")
    print(f"wrote {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
