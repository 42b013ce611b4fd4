"""``voltoken sm issue``: one token from a module that is served, as a vending system asks for it."""

from __future__ import annotations

import secrets
from decimal import Decimal
from typing import Final

import click

from voltoken.cli.commands import Command
from voltoken.cli.parameters import convert, exact, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sm.reaching import Reached, Target, reached_options, target_options
from voltoken.cli.times import When, when_options
from voltoken.drivers.local import utc_now
from voltoken.drivers.prism import PrismModule
from voltoken.security import CreditRequest, IssuedToken
from voltoken.sts import (
    UNITS,
    Service,
    TokenNumber,
)

_SERVICES: Final = {one.name.lower(): one for one in Service if not one.is_currency}


@click.command(
    "issue",
    cls=Command,
    epilog="voltoken sm issue electricity 25.6 --at 127.0.0.1:9443 --ca pilot/tls/ca.pem "
    "--certificate pilot/tls/till.pem --user till --password file:pilot/tls/till.password "
    "--sgc 123457 --krn 1 --pan 600727000000000009 --ti 01",
)
@click.argument("service", type=click.Choice(list(_SERVICES)))
@click.argument("amount", callback=convert(exact))
@click.option("--id", "request_id", help="Id of the request.  [default: a new one]")
@reached_options
@target_options
@when_options
@json_option
def issue(
    service: str,
    amount: Decimal,
    request_id: str | None,
    reached: Reached,
    target: Target,
    when: When,
    *,
    as_json: bool,
) -> None:
    """Have one credit token made by a module that is served somewhere.

    Asks as a vending system does: signed in over TLS, under an id of its own, with the TID of the time of
    issue. The same id again gets the same token.
    """
    register = target.register()
    name = request_id or f"cli-{secrets.token_hex(8)}:1"
    request = CreditRequest(
        name,
        target.meter(),
        register.ref,
        _SERVICES[service],
        UNITS.steps(amount),
        when.pick_tid(register.base_date),
        special=when.special,
    )
    module = PrismModule(reached.settings(), [register], utc_now)
    try:
        made = module.issue_credit(request)
    finally:
        module.close()
    _show(made, as_json=as_json)


def _show(made: IssuedToken, *, as_json: bool) -> None:
    units = UNITS.units(made.steps or 0)
    if as_json:
        answer(
            {
                "request_id": made.request_id,
                "token": made.token.digits,
                "tid": made.tid,
                "units": str(units),
                "key": str(made.key),
                "module_id": made.module_id,
                "notice": made.notice,
            }
        )
        return
    screen = Screen()
    screen.token(TokenNumber(made.token))
    rows = [
        ("meter books", str(units)),
        ("TID", str(made.tid)),
        ("request", made.request_id),
        ("made by", f"{made.module_id}{f': {made.notice}' if made.notice else ''}"),
    ]
    screen.facts(rows)
