"""The groups of the registers: a step is a command, a field an option, all of it made from the tables."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any, Final

import click

from voltoken.cli.commands import Command, Group, Lazy, imported
from voltoken.cli.kmc.acting import act
from voltoken.cli.kmc.samples import example
from voltoken.cli.kmc.shared import (
    ACTING,
    Doing,
    params_of,
    read_bytes,
)
from voltoken.cli.parameters import FilePath, json_option
from voltoken.cli.sources import load_secret, parse_json, read_text, shown_name
from voltoken.drivers.centre import Centre
from voltoken.kmc import REGISTERS, Field, Register, Step

_TYPED: Final = frozenset({"component", "share"})
"""Jobs that take what somebody types beside the request: it stands in no file and in no log."""
_PAPERS: Final = frozenset({"take_in"})
"""Jobs that take a file beside the request."""
_BY_HAND: Final[Mapping[str, Mapping[str, tuple[str, str, str]]]] = {
    "ceremony": {
        "next": ("ceremonies", "next_", "Say whose turn it is."),
        "do": ("ceremonies", "take_turn", "Do the next step, which has to be yours."),
        "sign": ("ceremonies", "sign", "Sign the minutes, as one who took part."),
    },
    "authorisation": {"draft": ("drafts", "authorisation", "Write what the owner of a supply group signs.")},
    "transfer": {"draft": ("drafts", "transfer", "Write what the owner of a supply group signs.")},
    "supply_group": {"draft": ("drafts", "hand_over", "Write what both owners sign for a hand-over.")},
}
"""Commands that no table can make: module, name in it, and the line that lists it."""


def group_of(name: str) -> Group:
    """Return the group of a register."""
    register = REGISTERS[name]
    shown = name.replace("_", "-")
    by_hand = _BY_HAND.get(name, {})
    lazy = {
        word: Lazy(line, imported(f"voltoken.cli.kmc.{module}", made))
        for word, (module, made, line) in by_hand.items()
    }
    asked = [step for step in register.steps if not step.inner and not _is_by_hand(step, by_hand)]
    group = Group(
        shown, lazy=lazy, help=register.text, epilog="\n".join(example(register, step) for step in asked[:3])
    )
    for step in asked:
        group.add_command(_command_of(register, step))
    return group


def _is_by_hand(step: Step, by_hand: Mapping[str, object]) -> bool:
    """Whether a step has a command that was written for it; all turns of a ceremony have one, ``do``."""
    return step.name in by_hand or ("do" in by_hand and step.fields == ("number", "evidence"))


def _command_of(register: Register, step: Step) -> Command:
    """Return the command of a step."""
    fields = [one for one in map(register.field, step.fields) if one is not None]
    options, named = field_options(fields, step)
    params: list[click.Parameter] = [
        click.Argument(["home"], metavar="CENTRE", type=FilePath(path_type=Path, file_okay=False)),
        click.Argument(["entry_id"], metavar="ID"),
        *options,
    ]
    if step.job in _TYPED:
        params.append(
            click.Option(
                ["--typed"], metavar="SOURCE", help="Your component or share: file:PATH, env:NAME or prompt."
            )
        )
    if step.job in _PAPERS:
        params.append(click.Option(["--paper"], metavar="FILE", help="The file to take in; gives --file."))
    return Command(
        step.name.replace("_", "-"),
        callback=_callback(register, step, named),
        params=[*params, *params_of(*ACTING, json_option)],
        help=_help(step),
        epilog=example(register, step),
    )


def _callback(register: Register, step: Step, named: dict[str, str]) -> Callable[..., None]:
    def run(
        home: Path,
        entry_id: str,
        typed: str | None = None,
        paper: str | None = None,
        *,
        as_json: bool,
        **given: Any,
    ) -> None:
        doing = Doing(**{one.name: given.pop(one.name) for one in dataclass_fields(Doing)})
        values = {named[name]: read_value(value) for name, value in given.items() if value is not None}
        handed: dict[str, Any] = {}
        if typed is not None:
            handed["typed"] = load_secret(typed, "component or share")
        if paper is not None:
            content = read_bytes(paper, "file")
            handed["papers"] = (content,)
            values.setdefault("file", hashlib.sha256(content).hexdigest())
        with Centre.open(home) as centre:
            act(centre, home, (register.name, step.name, entry_id), values, doing, handed, as_json=as_json)

    return run


def field_options(fields: Sequence[Field], step: Step) -> tuple[list[click.Option], dict[str, str]]:
    """Return the options for fields of a register, and the name of the field for each parameter."""
    return [_option(one, step) for one in fields], {_option_name(one): one.name for one in fields}


def read_value(text: str) -> Any:
    """Return what was given for a field: as typed, from a file, or as JSON when it begins like it.

    Raises FileTrouble and WrongFile.
    """
    where = "value"
    if text.startswith("file:"):
        where = f"file {shown_name(text[5:])}"
        text = read_text(text[5:], "file").strip()
    return parse_json(text, where) if text[:1] in "{[" and text else text


def _option(one: Field, step: Step) -> click.Option:
    needed = one.required and step.name == "add"
    default = (
        "" if one.default in (None, "", ()) or step.name != "add" else f"  [default: {_shown(one.default)}]"
    )
    return click.Option(
        [f"--{one.name.replace('_', '-')}", _option_name(one)],
        metavar=_metavar(one),
        required=needed,
        help=f"{one.text[:1].upper()}{one.text[1:]}.{default}",
    )


def _metavar(one: Field) -> str:
    """Return what stands for a value in the help: words to choose from as they are, else capitals."""
    name = one.kind.name
    return f"[{name}]" if "|" in name else name.upper()


def _option_name(one: Field) -> str:
    return f"field_{one.name}"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _help(step: Step) -> str:
    """Return what the help of a step says."""
    what = f"{step.text[:1].upper()}{step.text[1:]}."
    where = f" From: {', '.join(step.sources)}." if step.sources else ""
    leads = f" Then it is {step.target}." if step.target else ""
    others = {0: "", 1: " Another person must approve."}.get(
        step.approvals, f" {step.approvals} other people must approve."
    )
    glass = " In an emergency it can be done without; that is an alarm." if step.glass else ""
    there = (
        " Whoever asks has to be there: it is done in the moment it is asked, or never."
        if step.present
        else ""
    )
    files = (
        "\n\nA value can come from a file, as file:PATH; objects are written as JSON." if step.fields else ""
    )
    return f"{what}{where}{leads}{others}{glass}{there}{files}"
