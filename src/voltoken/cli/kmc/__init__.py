"""``voltoken kmc``: a key management centre, from its first two people to the drill after a compromise.

Every register has a group of its own, made from its table: a step of the register is a command, a field an
option. Everything else (asking, approving, carrying out, looking, keeping the file) is beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import click

from voltoken.cli.commands import Group, Lazy, imported

_COMMANDS: Final = {
    "key": ("people", "Make a person's own key."),
    "component": ("ceremonies", "Make a component of a key, as its custodian."),
    "init": ("init", "Make a centre in a new folder."),
    "status": ("look", "Show how a centre stands, and what waits for somebody."),
    "registers": ("tables", "Explain the registers, their fields and steps."),
    "list": ("look", "List the entries of a register."),
    "show": ("look", "Show an entry and its history."),
    "log": ("look", "Show the log."),
    "requests": ("requests", "List requests, or show one as it would be signed."),
    "approve": ("requests", "Approve a request, or reject it."),
    "carry-out": ("requests", "Carry out a request that has its approvals."),
    "review": ("requests", "Look at what was done without approvals, and say so."),
    "sign": ("drafts", "Sign a draft as the owner of a supply group."),
    "identity": ("papers", "Write what modules and other centres need to know of a centre."),
    "papers": ("papers", "List the files a centre has written, or fetch one again."),
    "minutes": ("papers", "Write the minutes of a ceremony, to print and sign."),
    "plan": ("plan", "Plan a new revision, from its key to the end of the old one."),
    "exposure": ("exposure", "Count the days until all meters have a new key."),
    "drill": ("drill", "Rehearse the compromise of a key, a module or a centre."),
    "head": ("heads", "Have a witness keep the signed head of the log."),
    "shares": ("shares", "Split the root key anew, when a holder leaves."),
    "backup": ("care", "Write an encrypted backup."),
    "restore": ("care", "Make a centre from a backup."),
    "rehearse": ("care", "Prove that a backup would bring everything back."),
    "verify": ("care", "Check the whole log and every signature in it."),
    "upgrade": ("care", "Bring an older file to this version."),
}


_NAMES: Final = {"list": "list_"}
"""What a command is called in its module where its own name means something else in Python."""


def _register_group(name: str) -> Callable[[], click.Command]:
    """Return what makes the group of a register when it is used."""

    def load() -> click.Command:
        from voltoken.cli.kmc.registers import group_of

        return group_of(name)

    return load


class _Registers(Group):
    """The group of the centre: it knows the registers by their table, once one is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands that are written, and then the registers."""
        from voltoken.kmc import REGISTERS

        return [*super().list_commands(ctx), *(name.replace("_", "-") for name in REGISTERS)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands that are written, and the registers in a section of their own."""
        from voltoken.kmc import REGISTERS

        super().format_commands(ctx, formatter)
        with formatter.section("Registers (each has commands of its own; see voltoken kmc registers)"):
            formatter.write_dl([(name.replace("_", "-"), one.text) for name, one in REGISTERS.items()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or the group of a register."""
        found = super().get_command(ctx, cmd_name)
        if found is not None:
            return found
        from voltoken.kmc import REGISTERS

        name = cmd_name.replace("-", "_")
        return _register_group(name)() if name in REGISTERS else None


kmc = _Registers(
    "kmc",
    lazy={
        name: Lazy(line, imported(f"voltoken.cli.kmc.{module}", _NAMES.get(name, name.replace("-", "_"))))
        for name, (module, line) in _COMMANDS.items()
    },
    help="A key management centre: who may have which vending key, and how it gets there.\n\n"
    "For pilots, laboratories, training and private schemes. It is not a centre of the STS Association, and "
    "its files are not STSA key load files. Everybody who acts signs with a key of their own; what matters "
    "needs a second person.",
    epilog="voltoken kmc key alice.key\n"
    "voltoken kmc init centre --shares 2/3 --founder alice:alice.pub --founder bob:bob.pub\n"
    "voltoken kmc supply-group add centre 123456 --name Lakeside --kind unique --owner acme --country KE "
    "--as alice --key alice.key",
)
