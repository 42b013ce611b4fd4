"""``voltoken batch issue``: a token for every row."""

from __future__ import annotations

import click

from voltoken.cli.batch.options import TCT_OPTION, Run, run_options, settings_options
from voltoken.cli.batch.run import run_batch
from voltoken.cli.batch.steps import Settings
from voltoken.cli.batch.summary import conclude
from voltoken.cli.batch.values import TYPES, type_of
from voltoken.cli.commands import Command
from voltoken.cli.parameters import convert, json_option
from voltoken.cli.times import when_options


@click.command(
    "issue",
    cls=Command,
    epilog="voltoken batch issue --in sales.csv --out tokens.csv --keys vending.json\n"
    "voltoken batch issue --in sales.parquet --out tokens.parquet --keys all.json --type electricity "
    "--workers 0",
)
@run_options
@settings_options(
    click.option(
        "--type",
        metavar="TYPE",
        default="",
        callback=convert(lambda text: type_of(text).name if text else ""),
        help="Type of token where the table says none.",
    ),
    click.option("--unchecked", is_flag=True, help="Make even what a meter must refuse; for laboratories."),
    TCT_OPTION,
    times=when_options,
)
@json_option
def issue(run: Run, settings: Settings, *, as_json: bool) -> None:
    """Make a token for every row."""
    conclude(run_batch("issue", settings, run), run.out, as_json=as_json)


issue.help = (
    "Make a token for every row of a table.\n\n"
    "Columns: pan, ti, type, value (amounts are exact, and rounded up to what a token can carry), tid or "
    "time, rnd (drawn where empty); sgc, krn, kt and ea tell keys apart where several are loaded. Other "
    "columns are carried over. Added are token, carried (the amount as the meter will book it), error and "
    "message.\n\n"
    f"Types: {', '.join(TYPES)}.\n\n"
    "A meter takes one token of a kind with the same TID: several sales to it need a tid or time each."
)
