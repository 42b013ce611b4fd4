"""How a served module is reached, and for which meter and key: options that commands share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click

from voltoken.cli.commands import SectionOption
from voltoken.cli.parameters import Decorator, FilePath, attribute, gather
from voltoken.cli.sources import load_secret
from voltoken.drivers.prism import Address, Identity, PrismSettings, Trust
from voltoken.security import KeyRef, KeyRegister, MeterId
from voltoken.sts import DKGA, EA, KEN, KRN, SGC, TCT, TI, BaseDate, KeyCheckValue, KeyType, MeterPAN


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
        return register_of(KeyRef(self.sgc, self.krn), self.base_date or BaseDate.BD2014)


def register_of(ref: KeyRef, base_date: BaseDate) -> KeyRegister:
    """Return what the driver has to know of a key: its name and its base date."""
    now = datetime.now(UTC)
    return KeyRegister(
        ref,
        KeyType.DUTK,
        DKGA.DKGA04,
        frozenset(EA),
        base_date,
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


reached_options: Final = gather(
    "reached",
    Reached,
    (
        _option(_MODULE, "--at", metavar="HOST:PORT", default="127.0.0.1:9443", show_default=True),
        _option(_MODULE, "--ca", type=FilePath(path_type=Path), help="The authority that is trusted."),
        _option(_MODULE, "--fingerprint", metavar="SHA256", help="Or the server certificate that is."),
        _option(_MODULE, "--certificate", type=FilePath(path_type=Path), help="One's own, with its key."),
        _option(_MODULE, "--user", default="", help="Name to sign in with."),
        _option(_MODULE, "--password", metavar="SOURCE", default="prompt", help="[default: prompt]"),
    ),
)
target_options: Final = gather(
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
