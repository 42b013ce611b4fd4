"""The meter factory: from an order to meters that only await their tokens.

An order names a model, a range of serial numbers and the first key. Each meter gets its number with both
check digits, a memory of TIDs filled with the time of manufacture, counted from the base date that the
customer has chosen, a first decoder key, and a label. The first key is a DITK, random and known to the
maker alone, or a DDTK, derived from a default vending key so that the meter can wait in stock. Neither
lasts: the meter comes to its unique key by key change tokens, as in life, before or after it is delivered.

Random bytes are passed in. Keys of made meters are secrets; a label never holds one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from voltoken.errors import FieldError, RuleError
from voltoken.meter.machine import Meter
from voltoken.meter.price import PriceFunction
from voltoken.meter.profile import Profile
from voltoken.meter.results import TokenResult
from voltoken.sts import (
    EA,
    TI,
    BaseDate,
    DecoderKey,
    Deriver,
    KeyType,
    ManufacturerCode,
    MeterPAN,
    STATables,
    TIDClock,
    TokenCipher,
    TokenNumber,
    VendingKey,
    encode_key_change,
    key_change_set,
    rules,
)

SERIAL_MAX: Final = 99_999_999
ORDER_MAX: Final = 1_000_000
"""The most meters of one order."""

Draw = Callable[[int], bytes]
"""What gives so many random bytes, fit for keys."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order of meters that differ only in their numbers and keys.

    mfr_code: 2 or 4 digits. first_serial, quantity: 0 to 99 999 999, and how many from there.
    profile: the model. ea: STA or MISTY1. base_date: TIDs count from there, as those of the first key do.
    manufactured: aware; the TID of this minute fills the memories. ti: of a first key from default_key.
    default_key: a VDDK for meters on stock; None makes random DITKs. test: the meters are for tests.
    Raises FieldError for values that no order can have, and KeyRefused outside the base date's range or
    for a default key that has expired.
    """

    mfr_code: ManufacturerCode
    first_serial: int
    quantity: int
    profile: Profile
    ea: EA
    base_date: BaseDate
    manufactured: datetime
    ti: TI = TI("01")
    default_key: VendingKey | None = field(default=None, repr=False)
    test: bool = False

    def __post_init__(self) -> None:
        """Check the range of numbers, the default key and the time."""
        last = SERIAL_MAX - self.first_serial + 1 if self.first_serial.__class__ is int else 0
        if self.first_serial.__class__ is not int or not 0 <= self.first_serial <= SERIAL_MAX:
            raise FieldError("first_serial", self.first_serial, f"a whole number 0 to {SERIAL_MAX}")
        if self.quantity.__class__ is not int or not 1 <= self.quantity <= min(ORDER_MAX, last):
            raise FieldError(
                "quantity",
                self.quantity,
                f"1 to {min(ORDER_MAX, last)}",
                "Serial numbers have 8 digits; continue under another manufacturer code.",
            )
        if self.ea is EA.DEA:
            raise FieldError("ea", self.ea.value, "07 or 11", "No new meters have EA09.")
        key = self.default_key
        if key is not None and key.kt is not KeyType.DDTK:
            raise FieldError("default_key", key.kt.name, "a VDDK, whose meter keys are DDTKs")
        if key is not None and key.base_date is not self.base_date:
            raise FieldError(
                "base_date", self.base_date.value, f"that of the default key, {key.base_date.value}"
            )
        filled_with = self.filled_with()
        if key is not None:
            rules.check_not_expired(key.ken, filled_with)

    def filled_with(self) -> int:
        """Return the TID of the time of manufacture, with which memories are filled."""
        return TIDClock(self.base_date).tid_at(self.manufactured)


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on the front of a meter. qr: the text of the QR code. lines: captions and values.

    The barcode holds the DRN. No key, supply group or tariff index: they change, the plate does not.
    """

    pan: MeterPAN
    title: str
    lines: tuple[tuple[str, str], ...]
    qr: str


@dataclass(frozen=True, slots=True)
class Made:
    """A manufactured meter. key: its first decoder key. label: for its front."""

    meter: Meter
    key: DecoderKey
    label: Label


def manufacture(
    order: Order, draw: Draw, *, sta_tables: STATables | None = None, price: PriceFunction | None = None
) -> Iterator[Made]:
    """Make the meters of an order, one after the other, in order of their serial numbers.

    draw: gives random bytes for DITKs. sta_tables: for EA07. price: for currency meters.
    Raises RuleError or FieldError when order, tables and price do not go together.
    """
    deriver = Deriver(order.default_key, order.ea) if order.default_key else None
    filled_with = order.filled_with()
    for serial in range(order.first_serial, order.first_serial + order.quantity):
        pan = MeterPAN.build(order.mfr_code, f"{serial:08d}")
        key = deriver.derive(pan, order.ti) if deriver else _initial_key(order, draw)
        meter = Meter.new(
            pan, key, order.profile, filled_with=filled_with, sta_tables=sta_tables, price=price
        )
        yield Made(meter, key, label_of(meter, order.manufactured))


def _initial_key(order: Order, draw: Draw) -> DecoderKey:
    """Return a random DITK; it belongs to no supply group and has no revision."""
    size = order.ea.key_bits // 8
    return DecoderKey(draw(size), order.ea, kt=KeyType.DITK, base_date=order.base_date, test=order.test)


def label_of(meter: Meter, manufactured: datetime) -> Label:
    """Return the label of a meter."""
    profile = meter.profile
    rows = (
        ("Rating", profile.rating),
        ("Constant", f"{profile.pulses} imp/{profile.commodity.unit}"),
        ("Encryption", f"EA{meter.memory.key.ea.value}"),
        ("Carrier", f"TCT {profile.tct}"),
        ("Made", f"{manufactured:%Y-%m}"),
        ("Note", "Virtual meter"),
    )
    lines = tuple((caption, value) for caption, value in rows if value)
    qr = f"PAN={meter.pan};EA={meter.memory.key.ea.value};TCT={profile.tct}"
    return Label(meter.pan, profile.title, lines, qr)


@dataclass(frozen=True, slots=True)
class Personalisation:
    """How a meter came to its key: the tokens of the set, and what it answered to those entered.

    A set is entered up to the first token that is refused, so there may be fewer results than tokens.
    There are none when the meter had the key already.
    """

    tokens: tuple[TokenNumber, ...]
    results: tuple[TokenResult, ...]

    @property
    def is_complete(self) -> bool:
        """Whether the meter has the new key."""
        return not self.results or self.results[-1] is TokenResult.ACCEPT


def personalise(
    meter: Meter,
    current: DecoderKey,
    new: DecoderKey,
    now: datetime,
    *,
    sta_tables: STATables | None = None,
    carry_sgc: bool = False,
) -> Personalisation:
    """Bring a meter from its first key to another one by entering a key change set.

    A meter that has the new key already is left alone, so that an interrupted series can be taken up.
    current: the key the meter has or had. new: the unique key of its supply group. carry_sgc: as in
    ``key_change_set``. A base date that moves forward makes it a roll-over.
    Raises RuleError when the standard or the meter's model forbids the change, KeyRefused when the new key
    has expired, and MeterOff; nothing has been entered then.
    """
    tokens = _key_change(meter.profile, current, new, now, sta_tables, carry_sgc=carry_sgc)
    if meter.memory.key.key == new.key:
        return Personalisation(tokens, ())
    results: list[TokenResult] = []
    for token in tokens:
        results.append(meter.enter(token, now).result)
        if not results[-1].is_accepted:
            break
    return Personalisation(tokens, tuple(results))


def _key_change(
    profile: Profile,
    current: DecoderKey,
    new: DecoderKey,
    now: datetime,
    sta_tables: STATables | None,
    *,
    carry_sgc: bool,
) -> tuple[TokenNumber, ...]:
    """Return the set, after everything has been checked that the meter or the standard would refuse."""
    if current.test and not new.test:
        raise RuleError(
            "test_key_to_live",
            "The first key is published or a test key: whoever knows it reads the new key from the tokens. "
            "A live key needs meters that were made with a live first key.",
        )
    if carry_sgc and current.ea.key_bits == 64 and profile.sections == 2:
        raise RuleError(
            "key_change_sections",
            f"Meters of the model {profile.name} take two key change tokens; the supply group code would "
            "be the third.",
        )
    rules.check_carrier(new.kt, profile.tct)
    rules.check_not_expired(new.ken, TIDClock(new.base_date).tid_at(now))
    roll_over = new.base_date.instant > current.base_date.instant
    sections = key_change_set(current, new, roll_over=roll_over, carry_sgc=carry_sgc)
    return encode_key_change(sections, TokenCipher(current, sta_tables))
