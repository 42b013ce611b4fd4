"""``voltoken sm issue``: one token from a module that is served, as a vending system asks for it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import click

from voltoken.cli.commands import Command, SectionOption
from voltoken.cli.parameters import Decorator, attribute, convert, exact, gather, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sources import load_secret
from voltoken.cli.times import When, when_options
from voltoken.drivers.local import utc_now
from voltoken.drivers.prism import Address, Identity, PrismModule, PrismSettings, Trust
from voltoken.security import CreditRequest, IssuedToken, KeyRef, KeyRegister, MeterId
from voltoken.sts import (
    DKGA,
    EA,
    KEN,
    KRN,
    SGC,
    TCT,
    TI,
    UNITS,
    BaseDate,
    KeyCheckValue,
    KeyType,
    MeterPAN,
    Service,
    TokenNumber,
)

_SERVICES: Final = {one.name.lower(): one for one in Service if not one.is_currency}


@dataclass(frozen=True, slots=True)
class Reached:
    """How the module is reached."""

    at: str = "127.0.0.1:9443"
    ca: Path | None = None
    fingerprint: str | None = None
    certificate: Path | None = None
    user: str = ""
    password: str = "prompt"  # noqa: S105 - where it comes from, not what it is

    def settings(self) -> PrismSettings:
        """Return it as the driver wants it. Raises FieldError, FileTrouble and UsageError."""
        host, _, port = self.at.rpartition(":")
        if not host or not port.isdigit():
            raise click.UsageError("--at is HOST:PORT, such as 127.0.0.1:9443.")
        identity = Identity(self.certificate, self.certificate) if self.certificate else None
        password = load_secret(self.password, "password")
        trust = Trust(self.ca, self.fingerprint)
        return PrismSettings(Address(host, int(port)), trust, self.user, password, identity, connections=1)


@dataclass(frozen=True, slots=True)
class Target:
    """The meter and its key as the vending side knows them."""

    pan: MeterPAN | None = None
    sgc: SGC | None = None
    krn: KRN | None = None
    ti: TI | None = None
    ea: EA | None = None
    base_date: BaseDate | None = None
    tct: str = "02"

    def meter(self) -> MeterId:
        """Return the meter. Raises UsageError when something is missing."""
        if self.pan is None or self.ti is None:
            raise click.UsageError("Which meter is it? Give --pan and --ti.")
        return MeterId(self.pan, self.ea or EA.MISTY1, TCT(self.tct), self.ti)

    def register(self) -> KeyRegister:
        """Return what is known of the key: its name and its base date; the rest is the module's business."""
        if self.sgc is None or self.krn is None:
            raise click.UsageError("Which key is it? Give --sgc and --krn.")
        now = datetime.now(UTC)
        return KeyRegister(
            KeyRef(self.sgc, self.krn),
            KeyType.DUTK,
            DKGA.DKGA04,
            frozenset(EA),
            self.base_date or BaseDate.BD2014,
            KEN(255),
            160,
            KeyCheckValue("", ""),
            now - timedelta(days=1),
            now + timedelta(days=1),
        )


def _option(section: str, *names: str, **settings: Any) -> Decorator:
    return click.option(*names, cls=SectionOption, section=section, **settings)


_MODULE: Final = "Module"
_METER: Final = "Meter and key"


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
@gather(
    "reached",
    Reached,
    (
        _option(_MODULE, "--at", metavar="HOST:PORT", default="127.0.0.1:9443", show_default=True),
        _option(_MODULE, "--ca", type=click.Path(path_type=Path), help="The authority that is trusted."),
        _option(_MODULE, "--fingerprint", metavar="SHA256", help="Or the server certificate that is."),
        _option(_MODULE, "--certificate", type=click.Path(path_type=Path), help="One's own, with its key."),
        _option(_MODULE, "--user", default="", help="Name to sign in with."),
        _option(_MODULE, "--password", metavar="SOURCE", default="prompt", help="[default: prompt]"),
    ),
)
@gather(
    "target",
    Target,
    (
        _option(_METER, "--pan", metavar="NUMBER", callback=attribute("pan"), help="Meter number."),
        _option(_METER, "--ti", metavar="NN", callback=attribute("ti"), help="Its tariff index."),
        _option(_METER, "--sgc", metavar="NNNNNN", callback=attribute("sgc"), help="Supply group code."),
        _option(_METER, "--krn", metavar="N", callback=attribute("krn"), help="Key revision number."),
        _option(_METER, "--ea", metavar="NN", callback=attribute("ea"), help="[default: 11]"),
        _option(
            _METER, "--base-date", metavar="93|14|35", callback=attribute("base_date"), help="[default: 14]"
        ),
        _option(_METER, "--tct", metavar="NN", default="02", help="Carrier type.  [default: 02]"),
    ),
)
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
