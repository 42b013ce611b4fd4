"""``voltoken tariff schema``: the format for editors and other programs."""

from __future__ import annotations

import click

from voltoken.cli.commands import Command
from voltoken.cli.parameters import json_option
from voltoken.cli.screen import answer
from voltoken.tariff import schema as document_schema


@click.command(cls=Command, epilog="voltoken tariff schema > voltoken-tariff-1.schema.json")
@json_option
def schema(*, as_json: bool) -> None:  # noqa: ARG001 - the answer is JSON either way
    """Print the JSON schema of tariff documents, which editors use to complete and check them."""
    answer(document_schema())
