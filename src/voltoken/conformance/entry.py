"""One vector as it stands in a file, with access that says what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from voltoken.sts import (
    DKGA,
    EA,
    KEN,
    KRN,
    SGC,
    TI,
    BaseDate,
    CommonPANBlock,
    DecoderKey,
    Deriver,
    KeyType,
    MeterPAN,
    STATables,
    TokenCipher,
    VendingKey,
)


class Mismatch(Exception):
    """What our code makes differs from the vector, or the vector itself is malformed."""


class Unavailable(Exception):
    """The vector cannot be tried with what is at hand."""


class Entry:
    """A vector: a mapping of the fields that ``vectors/README.md`` lists, and the tables EA07 runs on.

    group: the name of its group. sta_tables: for this vector; None when only the licensed tables, which
        were not given, would do.
    """

    def __init__(self, values: Mapping[str, Any], group: str, sta_tables: STATables | None) -> None:
        self.values = values
        self.group = group
        self.sta_tables = sta_tables

    def __contains__(self, name: str) -> bool:
        """Whether the vector has a value (not null) for a field."""
        return self.values.get(name) is not None

    def __getitem__(self, name: str) -> Any:
        """Return a field. Raises Mismatch when it is missing."""
        if name not in self.values:
            raise Mismatch(f"the vector has no field {name}")
        return self.values[name]

    def text(self, name: str, default: str | None = None) -> str:
        """Return a field that must be text."""
        value = self.values.get(name, default)
        if not isinstance(value, str):
            raise Mismatch(f"{name} must be text, not {value!r}")
        return value

    def whole(self, name: str, default: int | None = None) -> int:
        """Return a field that must be a whole number."""
        value = self.values.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise Mismatch(f"{name} must be a whole number, not {value!r}")
        return value

    def hex(self, name: str) -> int:
        """Return a field of hexadecimal digits as a number."""
        try:
            return int(self.text(name), 16)
        except ValueError:
            raise Mismatch(f"{name} must be hexadecimal digits") from None

    def octets(self, name: str) -> bytes:
        """Return a field of hexadecimal digits as bytes."""
        try:
            return bytes.fromhex(self.text(name))
        except ValueError:
            raise Mismatch(f"{name} must be an even number of hexadecimal digits") from None

    def exact(self, name: str) -> Decimal:
        """Return an amount, which files give as a number or as text."""
        value = self[name]
        try:
            return Decimal(str(value))
        except InvalidOperation:
            raise Mismatch(f"{name} must be an amount, not {value!r}") from None

    def part(self, name: str) -> Entry:
        """Return a nested object, such as ``key``."""
        value = self[name]
        if not isinstance(value, Mapping):
            raise Mismatch(f"{name} must be an object")
        return Entry(value, self.group, self.sta_tables)

    def parts(self, name: str) -> list[Entry]:
        """Return a list of nested objects with at least one member, such as ``tokens``."""
        values = self[name]
        if not isinstance(values, list) or not values or not all(isinstance(v, Mapping) for v in values):
            raise Mismatch(f"{name} must be a list of objects")
        return [Entry(value, self.group, self.sta_tables) for value in values]

    def expect(self, name: str, ours: object) -> None:
        """Compare a field, if the vector has it, with what our code makes. Hexadecimal case is ignored."""
        if name not in self:
            return
        theirs = self[name]
        if isinstance(theirs, str) and isinstance(ours, str):
            same = theirs.lower() == ours.lower()
        else:
            same = theirs == ours
        if not same:
            raise Mismatch(f"{name}: expected {theirs}, got {ours}")


def meter_pan(entry: Entry) -> MeterPAN:
    """Return the meter number of a key: from ``iin`` and ``iain``, or ``meter_pan``.

    Check digits of ``iain`` are not enforced: some vectors have made-up numbers.
    """
    if "iin" in entry and "iain" in entry:
        pan = MeterPAN.unverified(entry.text("iin"), entry.text("iain"))
        entry.expect("meter_pan", str(pan))
        return pan
    return MeterPAN(entry.text("meter_pan"))


def vending_key(entry: Entry, base_date: str = "93", ken: int = 255) -> VendingKey:
    """Return the vending key of a key object. base_date, ken: where the object does not say."""
    return VendingKey(
        entry.octets("vending_key"),
        sgc=SGC(entry.text("sgc")),
        krn=KRN(entry.whole("krn")),
        kt=KeyType(entry.whole("key_type")),
        base_date=BaseDate(entry.text("base_date", base_date)),
        ken=KEN(ken),
    )


def common_pan_block(entry: Entry) -> CommonPANBlock:
    """Return which reading of a common key's PANBlock a vector follows: ``a`` unless it says ``b``."""
    return CommonPANBlock.METER_IIN if entry.text("reading", "a") == "b" else CommonPANBlock.FIXED_IIN


def decoder_key(entry: Entry, ea: EA, base_date: str = "93", ken: int = 255) -> DecoderKey:
    """Return the decoder key of a key object, derived where it can be and then compared."""
    entry.expect("ea", ea.value)
    if "vending_key" not in entry:
        return DecoderKey(entry.octets("decoder_key"), ea)
    vk = vending_key(entry, base_date, ken)
    dkga = DKGA(entry.text("dkga")) if "dkga" in entry else None
    key = Deriver(vk, ea, dkga, common=common_pan_block(entry)).derive(meter_pan(entry), TI(entry.text("ti")))
    entry.expect("decoder_key", key.key.hex())
    return key


def token_cipher(entry: Entry, key: DecoderKey) -> TokenCipher:
    """Return the cipher of a token vector. Raises Unavailable when it needs tables that are not there."""
    if key.ea is EA.STA and entry.sta_tables is None:
        raise Unavailable("needs the licensed EA07 tables: name their file with --sta-tables")
    return TokenCipher(key, entry.sta_tables)
