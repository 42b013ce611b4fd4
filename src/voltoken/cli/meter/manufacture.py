"""``voltoken meter manufacture``: an order of virtual meters in a new folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import click

from voltoken.cli.commands import Command, SectionOption
from voltoken.cli.failures import warn
from voltoken.cli.keys import DEFAULT_BASE_DATE, SAMPLE_WARNING, KeyOptions, describe, key_document
from voltoken.cli.meter.bench import TABLES, clock, tables_of
from voltoken.cli.meter.create import Make
from voltoken.cli.meter.folder import new_folder
from voltoken.cli.meter.orders import KEYS, LABELS, METERS, ORDER, STATES, order_document, pans
from voltoken.cli.meter.production import label_files, make_order
from voltoken.cli.parameters import Decorator, attribute, convert, exact, gather, json_option, number
from voltoken.cli.progress import progress
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sources import VENDING, Material, load_key
from voltoken.errors import FieldError, MissingExtra
from voltoken.meter import FlatPrice, Order
from voltoken.sts import EA, KEN, KRN, SGC, TI, BaseDate, KeyType, ManufacturerCode, MeterPAN

_VIRTUAL: Final = "these are virtual meters, for tests, training and laboratories; none of them is real."
_WANTED: Final = {"pdf": ("pdf",), "svg": ("svg",), "both": ("pdf", "svg"), "none": ()}
_NEXT_DITK: Final = (
    "A first key does not leave the factory. Next: voltoken meter personalise, with the vending key of the "
    "customer."
)
_NEXT_DDTK: Final = (
    "These meters can wait in stock. They take no credit before a key change gives them their unique keys."
)
_SECTION: Final = "A first key for stock; without it every meter gets a random one (DITK)"


@dataclass(frozen=True, slots=True)
class Ordered:
    """The options that make up an order; None where one was not given."""

    mfr_code: ManufacturerCode
    first_serial: int
    quantity: int
    ea: EA
    profile: str = "single-phase"
    base_date: BaseDate | None = None
    made: datetime | None = None
    price: Decimal | None = None
    default_key: str | None = None
    sgc: SGC | None = None
    krn: KRN | None = None
    ken: KEN | None = None
    ti: TI | None = None
    test_key: bool = False

    def order(self) -> Order:
        """Return the order. Raises FieldError, KeyRefused, UsageError, and as reading files does."""
        material = None if self.default_key is None else load_key(self.default_key, VENDING)
        said = {} if material is None else material.attributes
        order = Order(
            mfr_code=self.mfr_code,
            first_serial=self.first_serial,
            quantity=self.quantity,
            profile=Make(profile=self.profile).model(),
            ea=self.ea,
            base_date=self.base_date or said.get("base_date", DEFAULT_BASE_DATE),
            manufactured=self.made or datetime.now(UTC),
            test=self.test_key,
        )
        if material is not None:
            return self._for_stock(order, material)
        names = [name for name in ("sgc", "krn", "ken", "ti") if getattr(self, name) is not None]
        if names:
            raise click.UsageError(
                f"A random first key has no --{', --'.join(names)}. For stock name a --default-key. "
                "Unique keys come later: voltoken meter personalise --help"
            )
        return order

    def _for_stock(self, order: Order, material: Material) -> Order:
        """Return the order with a default key, whose file may say what the options do not."""
        said = material.attributes
        ti = self.ti or said.get("ti", order.ti)
        options = KeyOptions(
            sgc=self.sgc,
            krn=self.krn,
            ken=self.ken,
            kt=said.get("kt", KeyType.DDTK),
            base_date=said.get("base_date", order.base_date),
            pan=next(pans(order)),
            ti=ti,
            test_key=self.test_key,
        )
        key = options.vending_key_of(material)
        return replace(order, ti=ti, default_key=key, test=key.test)

    def price_for(self, order: Order) -> FlatPrice | None:
        """Return the price of a unit. Raises FieldError."""
        return None if self.price is None else FlatPrice.of(self.price, order.profile.service)


def _key_option(name: str, metavar: str, text: str, **settings: Any) -> Decorator:
    return click.option(
        f"--{name}", cls=SectionOption, section=_SECTION, metavar=metavar, help=text, **settings
    )


_OPTIONS: Final[tuple[Decorator, ...]] = (
    click.option(
        "--mfr-code",
        metavar="NN|NNNN",
        required=True,
        callback=convert(ManufacturerCode),
        help="The maker, 2 or 4 digits.",
    ),
    click.option(
        "--first-serial",
        metavar="NNNNNNNN",
        required=True,
        callback=convert(number("first_serial", "a whole number, 0 to 99999999")),
        help="The serial number of the first meter; the others follow.",
    ),
    click.option(
        "--quantity",
        metavar="N",
        required=True,
        callback=convert(number("quantity", "a whole number, 1 or more")),
        help="How many meters.",
    ),
    click.option(
        "--profile",
        metavar="NAME|FILE",
        default="single-phase",
        help="A model of voltoken meter profiles, or a JSON file of your own.  [default: single-phase]",
    ),
    click.option(
        "--ea", metavar="07|11", default="11", callback=attribute("ea"), help="Encryption.  [default: 11]"
    ),
    click.option(
        "--base-date",
        metavar="93|14|35",
        callback=attribute("base_date"),
        help="What TIDs count from, as in the vending keys of the customer.  [default: 14]",
    ),
    click.option(
        "--made",
        metavar="ISO",
        callback=convert(clock),
        help="Time of manufacture: older tokens are refused.  [default: now]",
    ),
    click.option(
        "--price", metavar="AMOUNT", callback=convert(exact), help="Price of a unit, for meters with money."
    ),
    click.option(
        "--test-key", is_flag=True, help="The keys are test keys: they may be shown and open nothing real."
    ),
    _key_option("default-key", "SOURCE", "Default vending key (VDDK): file:PATH, env:NAME or prompt."),
    _key_option("sgc", "NNNNNN", "Its supply group code.", callback=attribute("sgc")),
    _key_option("krn", "N", "Its key revision number.", callback=attribute("krn")),
    _key_option("ken", "N", "Its key expiry number.  [default: 255]", callback=attribute("ken")),
    _key_option("ti", "NN", "Tariff index of the meters on stock.  [default: 01]", callback=attribute("ti")),
)


def _one_of(field: str, choices: tuple[str, ...]) -> Callable[[str], str]:
    """Return what reads one of a few words."""

    def read(text: str) -> str:
        if text not in choices:
            raise FieldError(field, text, f"one of {', '.join(choices)}")
        return text

    return read


@click.command(
    cls=Command,
    epilog="voltoken meter manufacture order-1 --mfr-code 01 --first-serial 10000000 --quantity 12\n"
    "voltoken meter manufacture stock --mfr-code 01 --first-serial 20000000 --quantity 500 \\\n"
    "    --default-key file:default.json --profile three-phase --labels none",
)
@click.argument("folder", metavar="FOLDER")
@gather("ordered", Ordered, _OPTIONS)
@click.option(
    "--labels",
    metavar="KIND",
    default="pdf",
    callback=convert(_one_of("labels", tuple(_WANTED))),
    help="Labels for the fronts: pdf, svg, both or none.  [default: pdf]",
)
@click.option(
    "--sheet",
    metavar="NAME",
    default="a4",
    callback=convert(_one_of("sheet", ("a4", "single"))),
    help="Page of the PDF: a4, or single for label printers.  [default: a4]",
)
@TABLES
@json_option
def manufacture(
    folder: str, ordered: Ordered, labels: str, sheet: str, sta_tables: str | None, *, as_json: bool
) -> None:
    """Manufacture virtual meters: numbers, first keys, state files, lists and labels, in a new folder.

    Each meter gets a random first key (DITK), or one derived from a default vending key (DDTK), with which
    it takes no credit. Bring them to their unique keys with: voltoken meter personalise
    """
    order = ordered.order()
    price = ordered.price_for(order)
    tables = tables_of(sta_tables) if order.ea is EA.STA else None
    kinds = _WANTED[labels]
    _check_printing(kinds)
    cautions = [_VIRTUAL, *([SAMPLE_WARNING] if tables is not None and tables.is_sample else [])]
    for caution in cautions:
        warn(caution)
    with new_folder(Path(folder)) as staged, progress(order.quantity, title="Manufacturing") as step:
        make_order(staged, order, tables, price, kinds, sheet, step)
    if as_json:
        answer(_document(folder, order, kinds) | {"cautions": cautions})
    else:
        _show(folder, order, kinds)


def _check_printing(kinds: tuple[str, ...]) -> None:
    """Raise MissingExtra, before anything is made, when labels are wanted and cannot be drawn."""
    if not kinds:
        return
    try:
        import voltoken.channels.printing  # noqa: F401 - whether it can be
    except MissingExtra:
        warn("nothing has been made. With --labels none the order is made without labels.")
        raise


def _files(order: Order, kinds: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return the names of what anybody may read, and of what is secret."""
    public = [ORDER, METERS]
    if "pdf" in kinds:
        public += label_files(order)
    if "svg" in kinds:
        public.append(f"{LABELS}/")
    return public, [*([] if order.default_key else [KEYS]), f"{STATES}/"]


def _document(folder: str, order: Order, kinds: tuple[str, ...]) -> dict[str, object]:
    public, private = _files(order, kinds)
    first, last = _ends(order)
    key = order.default_key
    return {
        "folder": folder,
        "quantity": order.quantity,
        "first": first,
        "last": last,
        "first_key": "DITK" if key is None else "DDTK",
        "default_key": key and key_document(key),
        "order": order_document(order),
        "public": public,
        "secret": private,
    }


def _ends(order: Order) -> tuple[MeterPAN, MeterPAN]:
    """Return the first and the last number of an order."""
    last = order.first_serial + order.quantity - 1
    return next(pans(order)), next(pans(replace(order, first_serial=last, quantity=1)))


def _first_key(order: Order) -> str:
    """Return in words which key the meters leave the line with."""
    key = order.default_key
    return "random, one for each meter (DITK)" if key is None else f"{describe(key)}, TI {order.ti}"


def _show(folder: str, order: Order, kinds: tuple[str, ...]) -> None:
    """Show what was made, and what may be shown to whom."""
    public, private = _files(order, kinds)
    first, last = _ends(order)
    meters = "1 meter" if order.quantity == 1 else f"{order.quantity} meters"
    screen = Screen()
    screen.title(f"{meters} in {folder}")
    screen.facts(
        [
            ("model", f"{order.profile.title} ({order.profile.name})"),
            ("first number", f"{first}, DRN {first.drn}"),
            ("last number", f"{last}, DRN {last.drn}"),
            ("first key", _first_key(order)),
            ("encryption", f"EA{order.ea.value}, base date {order.base_date.instant.year}"),
            ("for everybody", ", ".join(public)),
            ("secret", ", ".join(private)),
        ]
    )
    screen.line()
    screen.text(_NEXT_DITK if order.default_key is None else _NEXT_DDTK)
    screen.line()
