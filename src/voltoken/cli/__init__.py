"""The command line: parse, call one or two functions of a room, show the answer.

``main`` is the program. Each group of commands has its own file, loaded when it is used; what the groups
share is in ``commands`` (groups), ``failures`` (errors and exit codes), ``parameters``, ``times``,
``sources`` and ``keys`` (options), ``screen`` and ``draw`` (what is shown).
"""

from __future__ import annotations

import os
import sys
from typing import Any, Final, NoReturn

import click

from voltoken import __version__
from voltoken.cli.commands import Group, Lazy, imported
from voltoken.cli.failures import EXIT_CODES, run

__all__ = ["main", "root"]

COMMANDS: Final = {
    name: Lazy(line, imported(f"voltoken.cli.{name}", name))
    for name, line in {
        "tour": "The story of a meter and its tokens, computed before your eyes.",
        "meter": "Virtual meters: enter tokens, use energy, cut the power.",
        "token": "Make, read and explain tokens.",
        "batch": "Make and read tokens by the table, millions at a time.",
        "key": "Derive decoder keys, identify keys, change a meter's key.",
        "tariff": "Price lists: price a purchase, explain it, check and compare tariffs.",
        "sm": "Security modules: make, unseal and serve them, load keys, check their log.",
        "kmc": "Key management centre: registers, ceremonies, vending keys and key load files.",
        "pan": "Check and build meter numbers; read and write meter cards.",
        "conformance": "Try the test vectors, or your own.",
    }.items()
}
"""The groups of commands, in the order of the help."""

_COMPLETION_VARIABLE: Final = "_VOLTOKEN_COMPLETE"
_COMPLETION: Final = (
    f"{_COMPLETION_VARIABLE}=bash_source voltoken prints the script for bash; zsh_source and fish_source "
    "those for zsh and fish."
)


class Root(Group):
    """The program as a group: shows all errors itself and explains its exit codes."""

    def main(
        self,
        args: Any = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: FBT001, FBT002 - click's signature
        **extra: Any,
    ) -> Any:
        """Run the program and leave with its exit code."""
        if not standalone_mode or _COMPLETION_VARIABLE in os.environ:
            return super().main(args, prog_name, complete_var, standalone_mode=standalone_mode, **extra)
        words = sys.argv[1:] if args is None else list(args)

        def command() -> object:
            with self.make_context(prog_name or "voltoken", list(words), **extra) as context:
                return self.invoke(context)

        sys.exit(run(command, json_wanted="--json" in words))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write examples, where keys come from, exit codes and how to get completion."""
        super().format_epilog(ctx, formatter)
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), meaning) for code, meaning in EXIT_CODES.items()])
        with formatter.section("Shell completion"):
            formatter.write_text(_COMPLETION)


@click.group(
    cls=Root,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
    epilog="voltoken tour\n"
    "voltoken token explain 0000 0000 0001 5099 7584\n"
    "voltoken token issue electricity --help",
)
@click.version_option(__version__, prog_name="voltoken", message="%(prog)s %(version)s")
@click.pass_context
def root(ctx: click.Context) -> None:
    """Prepayment tokens of the Standard Transfer Specification (IEC 62055-41).

    A token is the number of 20 digits that a customer buys and types into a meter. This program makes and
    reads such numbers, derives the keys behind them, and shows how everything is computed.

    New here? Start with: voltoken tour
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> NoReturn:
    """Run the program ``voltoken``."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            # A character that the terminal cannot show must not end the program.
            reconfigure(errors="replace")
    root(prog_name="voltoken")
    raise SystemExit(0)
