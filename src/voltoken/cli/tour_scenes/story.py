"""Who and what the tour is about: the keys, the house and its meters, the days on which things happen.

Keys, meters and the first sale are those of the compliance tests STS 531-1-0-04, so that digits can be
compared with published ones. Dates are of the story, not of the clock, and every run shows the same. The
random number of every token is 5, as in those tests.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from voltoken.meter import PROFILES, Meter, PriceFunction, TokenResult
from voltoken.sts import (
    EA,
    KRN,
    SGC,
    TI,
    TID,
    BaseDate,
    DecoderKey,
    Deriver,
    KeyType,
    MeterPAN,
    Service,
    TIDClock,
    TokenCipher,
    TokenNumber,
    TransferCredit,
    VendingKey,
    encode,
)

KEY_BYTES: Final = bytes.fromhex("abababababababab949494949494949401234567")
METER: Final = MeterPAN("600727000000000009")
NEIGHBOUR: Final = MeterPAN("000001000000000082")
GROUP: Final = SGC("123457")
TARIFF: Final = TI("01")
RND: Final = 5

PUBLISHED_SALE: Final = "63638916334124550935"
"""25.6 kWh on 1 April 2004 at 00:30: STS 531-1-0-04, CTSA10."""

MADE: Final = datetime(2004, 3, 1, 8, 0, tzinfo=UTC)
SOLD: Final = datetime(2004, 4, 1, 0, 30, tzinfo=UTC)
TYPED: Final = SOLD + timedelta(minutes=12)
ROLLED: Final = datetime(2024, 11, 17, 10, 0, tzinfo=UTC)
"""When the house gets its new key, a week before the minutes of 1993 end."""

_MONTHS_KEPT: Final = 50
_LEFT_WH: Final = 12_400


def vending_key(
    krn: int = 1, base_date: BaseDate = BaseDate.BD1993, kt: KeyType = KeyType.DUTK
) -> VendingKey:
    """Return the vending key of the story, in one of its revisions."""
    return VendingKey(KEY_BYTES, sgc=GROUP, krn=KRN(krn), base_date=base_date, kt=kt, test=True)


def decoder_key(
    pan: MeterPAN = METER,
    krn: int = 1,
    base_date: BaseDate = BaseDate.BD1993,
    ti: TI = TARIFF,
    kt: KeyType = KeyType.DUTK,
) -> DecoderKey:
    """Return the decoder key of a meter; without arguments that of the house in 2004."""
    return Deriver(vending_key(krn, base_date, kt), EA.MISTY1).derive(pan, ti)


def new_key(ti: TI = TARIFF) -> DecoderKey:
    """Return the key of the house after the roll-over: revision 2, counting from 2014."""
    return decoder_key(krn=2, base_date=BaseDate.BD2014, ti=ti)


def credit_at(tid: int, units: str, key: DecoderKey, service: Service = Service.ELECTRICITY) -> TokenNumber:
    """Return a credit token with a TID under a key."""
    return encode(TransferCredit.of(service, Decimal(units), tid=tid, rnd=RND), TokenCipher(key))


def sell(
    units: str, moment: datetime, key: DecoderKey, service: Service = Service.ELECTRICITY
) -> TokenNumber:
    """Return the token of a sale at a time, counted from the base date of the key."""
    return credit_at(tid_at(moment, key.base_date), units, key, service)


def tid_at(moment: datetime, base_date: BaseDate = BaseDate.BD1993) -> TID:
    """Return the TID of a moment."""
    return TIDClock(base_date).tid_at(moment)


def the_sale() -> TokenNumber:
    """Return the token of the first sale: 25.6 kWh for the house."""
    return sell("25.6", SOLD, decoder_key())


def new_meter(
    key: DecoderKey,
    *,
    pan: MeterPAN = METER,
    profile: str = "single-phase",
    made: datetime = MADE,
    price: PriceFunction | None = None,
) -> Meter:
    """Return a meter as it was put up: no credit, disconnected."""
    filled_with = tid_at(made, key.base_date)
    return Meter.new(pan, key, PROFILES[profile], filled_with=filled_with, price=price)


def house() -> Meter:
    """Return the meter of the house after the first sale was typed in."""
    meter = new_meter(decoder_key())
    meter.enter(the_sale(), TYPED)
    return meter


def house_in_2024() -> Meter:
    """Return the same meter twenty years on: it remembers the purchases of the last fifty months."""
    meter = house()
    key = decoder_key()
    for ago in range(_MONTHS_KEPT, 0, -1):
        year, month = divmod(2024 * 12 + 10 - ago, 12)
        bought = datetime(year, month + 1, 1, 9, 0, tzinfo=UTC)
        meter.enter(sell("250", bought, key), bought + timedelta(minutes=10))
        meter.use(meter.credit - _LEFT_WH, bought + timedelta(days=27), seconds=27 * 86_400)
    return meter


def named(result: TokenResult) -> str:
    """Return the name of a token result with its register code, where it has one."""
    return result.value if result.code is None else f"{result.value} ({result.code})"


def style_of(result: TokenResult) -> str:
    """Return the style of a result."""
    return "good" if result.is_accepted else "bad"


def kwh(counts: int) -> str:
    """Return watt-hours as the story tells them."""
    return f"{counts / 1000:.1f} kWh"
