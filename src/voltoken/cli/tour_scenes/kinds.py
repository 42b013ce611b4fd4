"""Scenes of other meters: from the shelf, for water, with money, of the first edition; and the way on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from voltoken.cli.tour_scenes.stage import Stage
from voltoken.cli.tour_scenes.story import (
    NEIGHBOUR,
    SOLD,
    TYPED,
    decoder_key,
    new_meter,
    sell,
    tid_at,
)
from voltoken.errors import KeyRefused
from voltoken.meter import PROFILES, FlatPrice, Meter
from voltoken.sts import (
    CURRENCY,
    EA,
    SAMPLE_TABLES,
    BaseDate,
    DecoderKey,
    KeyType,
    Service,
    TIDClock,
    TokenCipher,
    TransferCredit,
    TransferCurrency,
    encode,
    encode_key_change,
    key_change_set,
    rules,
)

_EA07: Final = ("0abc12def3456789", datetime(1996, 3, 25, 13, 55, tzinfo=UTC), 0xB)
"""Key, time and random number of the worked example in the standard."""
_PRICE: Final = Decimal("0.23")


def stock(stage: Stage) -> None:
    """A meter from the shelf takes no credit."""
    default, own = decoder_key(NEIGHBOUR, kt=KeyType.DDTK), decoder_key(NEIGHBOUR)
    meter = new_meter(default, pan=NEIGHBOUR)
    stage.text(
        "A meter on a warehouse shelf does not know yet who will sell for it. It has a default key (DDTK), "
        "made for stock, and no vending side sells under it:"
    )
    stage.line()
    try:
        rules.check_key_use(default.kt, 0, default.ken, tid_at(SOLD))
    except KeyRefused as error:
        stage.bad(error.message)
    stage.line()
    stage.text("Nor would the meter take it. Credit under its default key, made for this tour:")
    stage.line()
    stage.show(meter, sell("25.6", SOLD, default), SOLD)
    stage.line()
    tokens = encode_key_change(key_change_set(default, own), TokenCipher(default))
    *_, changed = [stage.enter(meter, number, TYPED) for number in tokens]
    sold = stage.enter(meter, sell("25.6", SOLD, own), TYPED)
    stage.results(
        [
            ("four tokens with a key of its own", changed.result),
            ("the same sale, under that key", sold.result),
        ]
    )


def water(stage: Stage) -> None:
    """A water meter."""
    key = decoder_key(NEIGHBOUR)
    meter = new_meter(key, pan=NEIGHBOUR, profile="water")
    stage.text(
        "Water, gas and time are sold in the same way; another subclass in the token says which. A water "
        "meter counts litres, and a valve is its relay. A token for five cubic metres:"
    )
    stage.line()
    stage.show(meter, sell("5.0", SOLD, key, Service.WATER), TYPED)
    stage.line()
    stage.text("A token for 5 kWh, under the very same key:")
    stage.line()
    later = SOLD + timedelta(minutes=30)
    stage.verdict(stage.enter(meter, sell("5.0", later, key), later).result)


def money(stage: Stage) -> None:
    """A meter that keeps money."""
    key = decoder_key(NEIGHBOUR)
    meter = new_meter(key, pan=NEIGHBOUR, profile="currency", price=FlatPrice.of(_PRICE, Service.ELECTRICITY))
    stage.text(
        f"Some meters keep money, and a price turns consumption into it: here {_PRICE} USD for a kWh. A "
        "token of 5 USD:"
    )
    stage.line()
    token = TransferCurrency.of(Service.ELECTRICITY_CURRENCY, 5, tid=tid_at(SOLD))
    stage.show(meter, encode(token, TokenCipher(key)), TYPED)
    carried = CURRENCY.units(meter.credit)
    evening = TYPED + timedelta(hours=18)
    stage.use(meter, 7_531, evening, 5 * 3600)
    left = CURRENCY.units(meter.credit)
    stage.line()
    stage.facts(
        [
            ("token", f"{carried} USD: its amount has steps, and the one above 5 is taken"),
            ("used", f"{Decimal(meter.total) / 1000} kWh, which cost {carried - left} USD"),
            ("left", f"{left} USD; the glass, rounded down: {stage.press(meter, '37', evening).text}"),
        ]
    )
    stage.line()
    stage.text("These tokens follow the text of the standard; nobody has published one to compare with.")


def older(stage: Stage) -> None:
    """Meters of the first edition."""
    secret, moment, rnd = _EA07
    stage.text(
        "Meters before Edition 2 of STS use another cipher, EA07, whose tables are licensed to members of "
        "the STS Association. Voltoken carries only the sample tables that the standard prints."
    )
    key = DecoderKey(bytes.fromhex(secret), EA.STA, test=True)
    cipher = TokenCipher(key, SAMPLE_TABLES)
    clock = TIDClock(BaseDate.BD1993)
    token = TransferCredit.of(Service.ELECTRICITY, Decimal("25.6"), tid=clock.tid_at(moment), rnd=rnd)
    number = encode(token, cipher)
    stage.token(number)
    meter = Meter.new(
        NEIGHBOUR,
        key,
        PROFILES["edition-1"],
        filled_with=clock.tid_at(moment - timedelta(days=90)),
        sta_tables=SAMPLE_TABLES,
    )
    stage.show(meter, number, moment)
    stage.line()
    stage.text(
        f"25.6 kWh under {cipher.label}, in a virtual meter with the same tables: good for tests. Every real "
        "meter refuses it.",
        "yellow",
    )


def onward(stage: Stage) -> None:
    """Where to go from here."""
    stage.text("Try it yourself; each command explains itself with --help.")
    stage.line()
    stage.facts(
        [
            ("explain a token", "voltoken token explain 0000 0000 0001 5099 7584"),
            ("make one", "voltoken token issue electricity --help"),
            ("have a meter of your own", "voltoken meter --help"),
            ("play a story on it", "voltoken meter replay --help"),
            ("change a key", "voltoken key change-set --help"),
            ("see the proof", "voltoken conformance vectors"),
            ("hear a part again", "voltoken tour --list"),
        ]
    )
