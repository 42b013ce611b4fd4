"""``voltoken batch``: tables of sales, tokens and key changes, of any length."""

from __future__ import annotations

from typing import Final

from voltoken.cli.commands import Group, Lazy, imported

_COMMANDS: Final = {
    "issue": "Make a token for every row of a table.",
    "verify": "Read the token in every row of a table.",
    "keychange": "Make the key change tokens for every meter of a table.",
}

batch = Group(
    "batch",
    lazy={name: Lazy(line, imported(f"voltoken.cli.batch.{name}", name)) for name, line in _COMMANDS.items()},
    help="Make and read tokens by the table: CSV or Parquet in, the same table with more columns out.\n\n"
    "A row that is wrong never stops the others: its error column says why. A run that was killed is "
    "continued by the same command.",
    epilog="voltoken batch issue --in sales.csv --out tokens.csv --keys vending.json\n"
    "voltoken batch verify --in tokens.csv --out read.csv --keys vending.json\n"
    "voltoken batch keychange --in meters.csv --out changes.csv --keys old.json --to-keys new.json",
)
