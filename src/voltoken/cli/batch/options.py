"""The options that all batch commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final

import click

from voltoken.cli.batch.steps import Settings
from voltoken.cli.commands import SectionOption
from voltoken.cli.keys import ALGORITHMS, VENDING_ATTRIBUTES, KeyOptions
from voltoken.cli.parameters import Decorator, attribute, convert, gather
from voltoken.sts import TCT

_SECTION: Final = "The run"


@dataclass(frozen=True, slots=True)
class Run:
    """Where from, where to, and how.

    workers: processes, 0 for one on each core. segment_bytes: how much is worked on at once.
    """

    source: str
    out: str
    workers: int = 1
    fresh: bool = False
    force: bool = False
    segment_bytes: int | None = None


def _table(name: str, target: str, text: str) -> Decorator:
    return click.option(f"--{name}", target, metavar="FILE", required=True, help=text)


def _run_option(name: str, text: str, **settings: Any) -> Decorator:
    return click.option(f"--{name}", cls=SectionOption, section=_SECTION, help=text, **settings)


run_options = gather(
    "run",
    Run,
    (
        _table("in", "source", "The table: .csv (UTF-8, a header, commas) or .parquet."),
        _table("out", "out", "The table with more columns: .csv or .parquet."),
        _run_option(
            "workers",
            "Processes; 0 is one for each core.  [default: 1]",
            metavar="N",
            type=click.IntRange(0, 256),
            default=1,
        ),
        _run_option("fresh", "Start over instead of going on with a run that was killed.", is_flag=True),
        _run_option("force", "Replace the output if it exists.", is_flag=True),
        click.option("--segment-bytes", type=click.IntRange(1), hidden=True),
    ),
)
"""The tables and how the run goes."""

_TI: Final[Decorator] = click.option(
    "--ti", metavar="NN", callback=attribute("ti"), help="Tariff index where the table says none."
)
KEYS: Final[Decorator] = click.option(
    "--keys",
    metavar="FILE",
    multiple=True,
    required=True,
    help="Vending key file: bare digits, a JSON object, or an array of such; may be given several times.",
)
TCT_OPTION: Final[Decorator] = click.option(
    "--tct", metavar="NN", default="02", callback=convert(TCT), help="Carrier: 02 digits, 01 card."
)


def settings_options(*options: Decorator, times: Decorator) -> Decorator:
    """Return a decorator that hands over all that is said about the rows as ``Settings``.

    options: of this command alone. times: the options about the time of issue, as ``When``.
    """
    about_keys = gather("key", KeyOptions, (_TI, *VENDING_ATTRIBUTES, *ALGORITHMS[:-1]))

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        # The inner ones are handed over whole by the outer ones: they are fields of Settings.
        return about_keys(times(gather("settings", Settings, (KEYS, *options))(command)))

    return decorate


def as_document(value: object) -> object:
    """Return options as JSON, to be compared later: every difference between two of them shows."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_document(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [as_document(one) for one in value]
    return value if value is None or isinstance(value, bool) else str(value)
