"""``voltoken meter create``, ``profiles`` and ``skins``: where meters come from, and which there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

import click

from voltoken.cli.commands import Command
from voltoken.cli.glass import draw_meter, printable
from voltoken.cli.keys import EXAMPLE_KEY, KeyOptions, Opened, describe, key_document, key_options
from voltoken.cli.meter.bench import clock, iso, skin_of, state, supply_line
from voltoken.cli.meter.files import MeterFile
from voltoken.cli.meter.files import create as write
from voltoken.cli.parameters import convert, exact, gather, json_option, tid
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sources import read_json
from voltoken.errors import FieldError
from voltoken.meter import PROFILES, SKINS, FlatPrice, Meter, Profile
from voltoken.sts import TID, TIDClock

_AGE: Final = timedelta(days=1)
"""How old a new meter is: a token sold in the minute of its manufacture would be refused as used."""


@dataclass(frozen=True, slots=True)
class Make:
    """How a meter is made. price: of a unit, for currency meters. filled_with: a TID instead of made."""

    profile: str = "single-phase"
    price: Decimal | None = None
    made: datetime | None = None
    filled_with: TID | None = None

    def model(self) -> Profile:
        """Return the profile. Raises FieldError, FileTrouble or WrongFile."""
        if self.profile in PROFILES:
            return PROFILES[self.profile]
        if not self.profile.endswith(".json"):
            raise FieldError("profile", self.profile, f"{', '.join(PROFILES)}, or a file name with .json")
        document = read_json(self.profile, "profile file")
        if not isinstance(document, dict):
            raise FieldError("profile", document, 'an object with "base" and the fields that differ')
        base = document.pop("base", None)
        if base is None:
            return Profile.from_document(document)
        if not isinstance(base, str) or base not in PROFILES:
            raise FieldError("base", base, f"one of {', '.join(PROFILES)}")
        return Profile.from_document({"name": Path(self.profile).stem, **document}, PROFILES[base])

    def first_tid(self, opened: Opened, now: datetime) -> TID:
        """Return the TID that fills the memory. Raises UsageError when it is given twice."""
        if self.filled_with is None:
            return TIDClock(opened.key.base_date).tid_at(self.made or now)
        if self.made is not None:
            raise click.UsageError("--filled-with is the TID of manufacture itself: leave out --made.")
        return self.filled_with

    def make(self, opened: Opened, now: datetime) -> Meter:
        """Return the new meter. Raises UsageError for what is missing, FieldError for what is wrong."""
        if opened.pan is None:
            raise click.UsageError("A meter has a number: give --pan.")
        profile = self.model()
        if profile.service.is_currency and self.price is None:
            raise click.UsageError("A meter that keeps money needs the price of a unit: give --price.")
        if not profile.service.is_currency and self.price is not None:
            raise click.UsageError("This meter keeps units, which have no price: leave out --price.")
        price = None if self.price is None else FlatPrice.of(self.price, profile.service)
        meter = Meter.new(
            opened.pan,
            opened.key,
            profile,
            filled_with=self.first_tid(opened, now),
            sta_tables=opened.cipher.sta_tables,
            price=price,
        )
        skin_of(meter)
        return meter


_OPTIONS = (
    click.option(
        "--profile",
        metavar="NAME|FILE",
        default="single-phase",
        help="A model of voltoken meter profiles, or a JSON file of your own.  [default: single-phase]",
    ),
    click.option(
        "--price", metavar="AMOUNT", callback=convert(exact), help="Price of a unit, for meters with money."
    ),
    click.option(
        "--made",
        metavar="ISO",
        callback=convert(clock),
        help="Time of manufacture: older tokens are refused.  [default: a day ago]",
    ),
    click.option("--filled-with", metavar="TID", callback=convert(tid), help="The same as a TID."),
)


@click.command(
    cls=Command,
    epilog=f"voltoken meter create my.meter {EXAMPLE_KEY}\n"
    "voltoken meter create my.meter --profile water --decoder-key file:meter.json",
)
@click.argument("path", metavar="FILE")
@gather("make", Make, _OPTIONS)
@key_options
@json_option
def create(path: str, make: Make, key: KeyOptions, *, as_json: bool) -> None:
    """Make a virtual meter in a new file, which only you can read.

    The file holds the meter's decoder key. EA07 tables are never in it.
    """
    now = make.made or datetime.now(UTC) - _AGE
    opened = key.open()
    meter = make.make(opened, now)
    file = MeterFile(path, meter, now, opened.key.base_date)
    write(file)
    filled = int(meter.memory.tids[0])
    if as_json:
        document = {"pan": str(meter.pan), "profile": meter.profile.name, "filled_with": filled}
        answer(
            state(file, now) | document | {"key": key_document(opened.key), "cautions": list(opened.cautions)}
        )
        return
    screen = Screen()
    screen.line()
    draw_meter(screen, meter, (skin_of(meter).idle_text(meter),))
    screen.line()
    screen.facts(
        [
            ("meter", f"{meter.pan}, {printable(meter.profile.title)}"),
            ("key", f"{describe(opened.key)}; check value {opened.key.check_value}"),
            ("supply", supply_line(meter)),
            ("made", f"{iso(now)}; tokens with a TID below {filled} are refused as old"),
            ("written to", path),
        ]
    )
    screen.line()


@click.command(cls=Command, epilog="voltoken meter profiles\nvoltoken meter profiles --json")
@json_option
def profiles(*, as_json: bool) -> None:
    """List the models of meters. With --json, all their fields.

    A file for --profile holds an object with "base", one of these names, and the fields that differ.
    """
    if as_json:
        answer([profile.to_document() for profile in PROFILES.values()])
        return
    screen = Screen()
    screen.line()
    screen.facts([(profile.name, profile.title) for profile in PROFILES.values()])
    screen.line()


@click.command(cls=Command, epilog="voltoken meter skins\nvoltoken meter skins --json")
@json_option
def skins(*, as_json: bool) -> None:
    """List the tables of short codes and display texts. With --json, all their rows."""
    if as_json:
        answer([skin.to_document() for skin in SKINS.values()])
        return
    screen = Screen()
    screen.line()
    rows = [(s.name, f"{s.title} ({len(s.codes) + len(s.actions)} codes)") for s in SKINS.values()]
    screen.facts(rows)
    screen.line()
