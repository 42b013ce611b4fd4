"""``voltoken batch keychange``: key change tokens for every row."""

from __future__ import annotations

import click

from voltoken.cli.batch.options import TCT_OPTION, Run, run_options, settings_options
from voltoken.cli.batch.run import run_batch
from voltoken.cli.batch.steps import Settings
from voltoken.cli.batch.summary import conclude
from voltoken.cli.commands import Command
from voltoken.cli.parameters import gather, json_option
from voltoken.cli.times import OFFSET_OPTION, TIME_OPTION, When


@click.command(
    "keychange",
    cls=Command,
    short_help="Make the key change tokens for every meter of a table.",
    epilog="voltoken batch keychange --in meters.csv --out changes.csv --keys old.json --to-keys new.json "
    "--roll-over",
)
@run_options
@settings_options(
    click.option(
        "--to-keys",
        metavar="FILE",
        multiple=True,
        help="Key files of the new keys.  [default: the new ones are among --keys]",
    ),
    click.option("--roll-over", is_flag=True, help="Set the roll-over bit, as a later base date needs."),
    click.option("--carry-sgc", is_flag=True, help="64-bit keys: a third token with the supply group code."),
    TCT_OPTION,
    times=gather("when", When, (TIME_OPTION, OFFSET_OPTION)),
)
@json_option
def keychange(run: Run, settings: Settings, *, as_json: bool) -> None:
    """Make the 2, 3 or 4 tokens that take every meter of a table from its current key to another.

    Columns: pan, ti, and sgc, krn, kt, ea of the current key where several are loaded; to_ti, to_sgc,
    to_krn, to_kt, to_ea say what the new key is. What they do not say stays as it is, where that can be.
    Added are token_1 to token_4, tokens (how many), error and message.

    Older unused credit tokens have to be entered before these; one set must be entered whole before another
    is made for the same meter.
    """
    conclude(run_batch("keychange", settings, run), run.out, as_json=as_json)
