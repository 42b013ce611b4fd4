"""The options that name a key and a meter, and the key they come to.

Every command that needs a decoder key takes it directly, or derives it from a vending key and a meter
number. Options override what a key file says; what neither says has the usual value, shown in the help.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import click

from voltoken.cli.commands import SectionOption
from voltoken.cli.failures import warn
from voltoken.cli.parameters import Decorator, attribute, convert, gather, parity
from voltoken.cli.sources import DECODER, ENVIRONMENT, VENDING, Material, load_key, prompt_key, read_json
from voltoken.sts import (
    DKGA,
    EA,
    KEN,
    KRN,
    SAMPLE_TABLES,
    SGC,
    TI,
    BaseDate,
    DecoderKey,
    Deriver,
    KeyType,
    MeterPAN,
    STATables,
    TokenCipher,
    VendingKey,
    VendingKeyParity,
    rules,
)

T = TypeVar("T")

_SECTION: Final = "Key and meter"

SAMPLE_WARNING: Final = (
    "EA07 runs on the sample tables that the standard prints. Real meters refuse such tokens. "
    "Name licensed tables with --sta-tables FILE."
)
DKGA01_WARNING: Final = (
    "DKGA01 was not made for this meter and key; such meters use DKGA02, and so does this."
)
DITK_WARNING: Final = "a DITK comes from the meter's maker, never from a vending key, except in tests."
UNCHECKED_WARNING: Final = (
    "made without the rules (--unchecked): a meter may have to refuse this. For test laboratories only."
)
"""What is said when the rules about keys and tokens were not applied."""
EXAMPLE_KEY: Final = "--vending-key file:vending.json --pan 600727000000000009 --ti 01"
"""What the examples in the help use: a key file that says the key's attributes, and a meter."""
DEFAULT_BASE_DATE: Final = BaseDate.BD2014
"""What a key counts from when nothing says so: base date 1993 ran out of TIDs in 2024."""
BASE_DATE_WARNING: Final = "the base date of the key was not given; 2014 is assumed. See --base-date."


@dataclass(frozen=True, slots=True)
class Opened:
    """A decoder key ready for use: its cipher, the meter if it is known, and what to be cautious about."""

    cipher: TokenCipher
    pan: MeterPAN | None
    cautions: tuple[str, ...]

    @property
    def key(self) -> DecoderKey:
        """The decoder key."""
        return self.cipher.key


@dataclass(frozen=True, slots=True)
class KeyOptions:
    """The key options as given; None where one was not."""

    vending_key: str | None = None
    decoder_key: str | None = None
    pan: MeterPAN | None = None
    ti: TI | None = None
    sgc: SGC | None = None
    krn: KRN | None = None
    kt: KeyType | None = None
    base_date: BaseDate | None = None
    ken: KEN | None = None
    ea: EA | None = None
    dkga: DKGA | None = None
    parity: VendingKeyParity | None = None
    sta_tables: str | None = None
    test_key: bool = False

    def find(self) -> tuple[str, str | None]:
        """Return which kind of key is meant and its SOURCE, or None when there is none anywhere.

        Raises UsageError when both kinds are named.
        """
        named = {VENDING: self.vending_key, DECODER: self.decoder_key}
        given = {kind: source for kind, source in named.items() if source is not None}
        if not given:
            given = {kind: f"env:{name}" for kind, name in ENVIRONMENT.items() if os.environ.get(name)}
        if len(given) > 1:
            raise click.UsageError("A vending key and a decoder key are both given; name one of them.")
        for kind, source in given.items():
            return kind, source
        # A meter number is of use only with a vending key.
        return (VENDING if self.pan else DECODER), None

    def vending_material(self) -> Material:
        """Return the bytes of a vending key. Raises UsageError when a decoder key is given instead."""
        kind, material = self.material(VENDING)
        if kind != VENDING:
            raise click.UsageError("This starts from a vending key: name one with --vending-key.")
        return material

    def material(self, wanted: str | None = None) -> tuple[str, Material]:
        """Return kind and bytes of the key. wanted: the kind to ask for when none is given.

        Raises UsageError when there is none and nobody to ask.
        """
        kind, source = self.find()
        if source is not None:
            return kind, load_key(source, kind)
        if sys.stdin.isatty():
            return wanted or kind, prompt_key(wanted or kind)
        raise click.UsageError(
            "No key was given. Name one with --vending-key or --decoder-key (file:PATH, env:NAME or "
            f"prompt), or set {' or '.join(ENVIRONMENT.values())}."
        )

    def open(self) -> Opened:
        """Return the decoder key with its cipher, deriving it if a vending key is given."""
        kind, material = self.material()
        return self.open_material(kind, material)

    def open_material(self, kind: str, material: Material) -> Opened:
        """Return the decoder key that a key already loaded comes to, with its cipher."""
        key, cautions = self.derive(material) if kind == VENDING else self.by_hand(material)
        tables = self.tables() if key.ea is EA.STA else None
        for caution in cautions:
            warn(caution)
        if tables is not None and tables.is_sample:
            warn(SAMPLE_WARNING)
            cautions = (*cautions, SAMPLE_WARNING)
        return Opened(TokenCipher(key, tables), _attribute(material, "pan", self.pan), cautions)

    def derive(self, material: Material) -> tuple[DecoderKey, tuple[str, ...]]:
        """Return the decoder key of the meter, derived from a vending key, and what to be cautious about."""
        vending_key = self.vending_key_of(material)
        ea = _attribute(material, "ea", self.ea) or (EA.MISTY1 if vending_key.bits == 160 else EA.STA)
        pan = _attribute(material, "pan", self.pan)
        ti = _attribute(material, "ti", self.ti)
        if pan is None or ti is None:
            raise _missing(VENDING, pan=pan, ti=ti)
        registered = _attribute(material, "dkga", self.dkga)
        dkga = registered and rules.dkga_in_force(
            registered, pan, vending_key.kt, vending_key.sgc, vending_key.krn, ea
        )
        deriver = Deriver(vending_key, ea, dkga, parity=self.parity)
        cautions = (*deriver.cautions, *self._assumptions(material))
        if dkga is not registered:
            cautions = (*cautions, DKGA01_WARNING)
        if vending_key.kt is KeyType.DITK:
            cautions = (*cautions, DITK_WARNING)
        return deriver.derive(pan, ti), cautions

    def vending_key_of(self, material: Material) -> VendingKey:
        """Return a vending key with its attributes."""
        sgc, krn = _attribute(material, "sgc", self.sgc), _attribute(material, "krn", self.krn)
        if sgc is None or krn is None:
            raise _missing(VENDING, sgc=sgc, krn=krn, pan=_attribute(material, "pan", self.pan), ti=self.ti)
        return VendingKey(material.key, sgc=sgc, krn=krn, **self._common(material))

    def by_hand(self, material: Material) -> tuple[DecoderKey, tuple[str, ...]]:
        """Return a decoder key that was given as such, with what is known about it, and cautions."""
        ea = _attribute(material, "ea", self.ea) or (EA.MISTY1 if len(material.key) == 16 else EA.STA)
        key = DecoderKey(
            material.key,
            ea,
            sgc=_attribute(material, "sgc", self.sgc),
            krn=_attribute(material, "krn", self.krn),
            ti=_attribute(material, "ti", self.ti),
            **self._common(material),
        )
        return key, self._assumptions(material)

    def tables(self) -> STATables:
        """Return the tables that EA07 runs on."""
        if self.sta_tables in (None, "sample"):
            return SAMPLE_TABLES
        return STATables.from_document(read_json(str(self.sta_tables), "STA table file"))

    def _assumptions(self, material: Material) -> tuple[str, ...]:
        """Return what was assumed and would spoil keys and times if it were wrong."""
        known = _attribute(material, "base_date", self.base_date) is not None
        return () if known else (BASE_DATE_WARNING,)

    def _common(self, material: Material) -> dict[str, Any]:
        return {
            "kt": _attribute(material, "kt", self.kt, KeyType.DUTK),
            "base_date": _attribute(material, "base_date", self.base_date, DEFAULT_BASE_DATE),
            "ken": _attribute(material, "ken", self.ken, KEN(255)),
            "test": self.test_key or material.test,
        }


def _attribute(material: Material, name: str, option: T | None, default: T | None = None) -> Any:
    """Return an option if given, else what the key file says, else the default."""
    return option if option is not None else material.attributes.get(name, default)


def _missing(kind: str, **values: object) -> click.UsageError:
    names = ", ".join(f"--{name}" for name, value in values.items() if value is None)
    return click.UsageError(f"With a {kind} the meter and the key must be described: give {names}.")


def describe(key: DecoderKey | VendingKey) -> str:
    """Return the attributes of a key in one line, without its bytes."""
    parts = []
    if key.sgc is not None:
        parts.append(f"SGC {key.sgc}")
    if key.krn is not None:
        parts.append(f"KRN {key.krn:d}")
    if isinstance(key, DecoderKey) and key.ti is not None:
        parts.append(f"TI {key.ti}")
    parts += [key.kt.name, f"base date {key.base_date.instant.year}"]
    parts.append("never expires" if key.ken == 255 else f"KEN {key.ken:d}")
    return ", ".join(parts)


def key_document(key: DecoderKey | VendingKey) -> dict[str, object]:
    """Return the attributes of a key for JSON, without its bytes."""
    document: dict[str, object] = {
        "sgc": key.sgc,
        "krn": None if key.krn is None else int(key.krn),
        "kt": int(key.kt),
        "ken": int(key.ken),
        "base_date": key.base_date.value,
        "test": key.test,
        "check_value": key.check_value.value,
        "check_value_algorithm": key.check_value.algorithm,
    }
    if isinstance(key, DecoderKey):
        document |= {"ti": key.ti, "ea": key.ea.value}
    return document


def key_option(name: str, metavar: str, text: str, **settings: Any) -> Decorator:
    """Return an option of the section about the key and the meter."""
    return click.option(
        f"--{name}", cls=SectionOption, section=_SECTION, metavar=metavar, help=text, **settings
    )


def _attribute_option(name: str, metavar: str, text: str) -> Decorator:
    field = name.replace("-", "_")
    return key_option(name, metavar, text, callback=attribute(field))


SOURCES: Final = (
    key_option("vending-key", "SOURCE", "file:PATH, env:NAME, prompt or hexadecimal digits."),
    key_option("decoder-key", "SOURCE", "The meter's own key instead, likewise."),
)
METER: Final = (
    _attribute_option("pan", "NUMBER", "Meter number: 18 digits, or the 11 or 13 printed on it."),
    _attribute_option("ti", "NN", "Tariff index of the meter."),
)
VENDING_ATTRIBUTES: Final = (
    _attribute_option("sgc", "NNNNNN", "Supply group code of the key."),
    _attribute_option("krn", "N", "Key revision number, 1 to 9."),
    _attribute_option("kt", "N", "Key type: 0 DITK, 1 DDTK, 2 DUTK, 3 DCTK.  [default: 2]"),
    _attribute_option("base-date", "93|14|35", "Base date of the key.  [default: 14]"),
    _attribute_option("ken", "N", "Key expiry number; 255 is never.  [default: 255]"),
)
ALGORITHMS: Final = (
    _attribute_option("ea", "07|09|11", "Encryption.  [default: 11 for long keys, 07 for 64-bit keys]"),
    _attribute_option("dkga", "01|02|03|04", "Key generation.  [default: by length of the vending key]"),
    key_option(
        "parity",
        "FORM",
        "Form of a 64-bit vending key: as-loaded or forced-odd.  [default: as is customary]",
        callback=convert(parity),
    ),
    key_option("sta-tables", "FILE", "Licensed EA07 tables, or the word sample.  [default: sample]"),
    click.option(
        "--test-key",
        cls=SectionOption,
        section=_SECTION,
        is_flag=True,
        help="The key is published or made up: its bytes may be shown.",
    ),
)

key_options = gather("key", KeyOptions, (*SOURCES, *METER, *VENDING_ATTRIBUTES, *ALGORITHMS))
"""All options that name a key and a meter."""
