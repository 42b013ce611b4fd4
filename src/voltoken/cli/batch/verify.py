"""``voltoken batch verify``: the token in every row, read."""

from __future__ import annotations

import click

from voltoken.cli.batch.options import Run, run_options, settings_options
from voltoken.cli.batch.run import run_batch
from voltoken.cli.batch.steps import Settings
from voltoken.cli.batch.summary import conclude
from voltoken.cli.commands import Command
from voltoken.cli.parameters import gather, json_option
from voltoken.cli.times import OFFSET_OPTION, When


@click.command(
    "verify",
    cls=Command,
    short_help="Read the token in every row of a table.",
    epilog="voltoken batch verify --in tokens.csv --out read.csv --keys vending.json",
)
@run_options
@settings_options(times=gather("when", When, (OFFSET_OPTION,)))
@json_option
def verify(run: Run, settings: Settings, *, as_json: bool) -> None:
    """Read the token in every row of a table, and compare it with the row.

    Columns: pan, ti, token; sgc, krn, kt and ea tell keys apart where several are loaded. Added are
    read_type, read_value, read_tid, read_time (UTC), read_rnd, read_error and read_message; so what "batch
    issue" made can be verified as it is. A row with columns type, value or tid that says something else
    than its token gets the error batch.differs.
    """
    conclude(run_batch("verify", settings, run), run.out, as_json=as_json)
