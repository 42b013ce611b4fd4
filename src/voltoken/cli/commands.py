"""Commands and groups as this program wants them: groups loaded late, examples shown as written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click


class Lazy(NamedTuple):
    """A command still to be loaded, and the line that lists it, so that listing it does not load it."""

    line: str
    load: Callable[[], click.Command]


def imported(module: str, name: str) -> Callable[[], click.Command]:
    """Return what imports a command from a module."""

    def load() -> click.Command:
        found: click.Command = getattr(import_module(module), name)
        return found

    return load


class SectionOption(click.Option):
    """An option that the help lists in a section of its own, because several commands share it."""

    def __init__(self, *args: Any, section: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.section = section


class Command(click.Command):
    """A command with sections of options, and examples that are shown exactly as they are written."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options first, then the shared ones under their headings."""
        sections: dict[str, list[tuple[str, str]]] = {"Options": []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
            if record is not None:
                sections.setdefault(getattr(param, "section", "Options"), []).append(record)
        for heading, rows in sections.items():
            with formatter.section(heading):
                formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the examples."""
        write_examples(self.epilog, formatter)


class Group(click.Group):
    """A group that loads its commands when they are used, and shows its help when called alone.

    lazy: commands by name, in the order in which the help lists them.
    """

    command_class = Command

    def __init__(self, *args: Any, lazy: Mapping[str, Lazy] | None = None, **options: Any) -> None:
        options.setdefault("invoke_without_command", True)
        options.setdefault("no_args_is_help", False)
        options.setdefault("callback", _show_help_alone)
        super().__init__(*args, **options)
        self.lazy = dict(lazy or {})

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """List the late commands first, then the others, both in the order of their definition."""
        return [*self.lazy, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Return a command, loading its module if need be."""
        if cmd_name not in self.lazy:
            return self.commands.get(cmd_name)
        return self.lazy[cmd_name].load()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """List the commands without loading them."""
        rows = [(name, entry.line) for name, entry in self.lazy.items()]
        rows += [(name, command.get_short_help_str(100)) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the examples."""
        write_examples(self.epilog, formatter)


@click.pass_context
def _show_help_alone(ctx: click.Context) -> None:
    """Show the help when a group is called without a command."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def write_examples(text: str | None, formatter: click.HelpFormatter) -> None:
    """Write example lines unwrapped, so that they can be copied."""
    if text:
        lines = text.splitlines()
        with formatter.section("Example" if len(lines) == 1 else "Examples"):
            formatter.write("".join(f"{'':{formatter.current_indent}}{line}\n" for line in lines))
