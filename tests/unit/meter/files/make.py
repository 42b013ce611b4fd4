"""What wrote the meter files of version 1. They are kept as they are: a later release must read them.

    python -m tests.unit.meter.files.make

Run it again only before version 1 is released; after that, new versions get new files beside the old.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from tests.unit.meter.shop import (
    MADE_TID,
    NO_TOKEN,
    NOW,
    PAN,
    Shop,
    installed,
    key_of,
    later,
    profile_of,
    results,
)
from voltoken.meter import Emergency, EntryPath, FlatPrice, Meter, TamperKind
from voltoken.sts import EA, SGC


def fresh() -> Meter:
    """Return a meter as it leaves the factory."""
    meter, _ = installed()
    return meter


def key_change() -> Meter:
    """Return a meter whose power failed while it was loading a key, two writes after the journal."""
    meter, shop = installed("strict", key_of(1, EA.STA))
    results(meter, shop.credit(10), shop.limit(5_000), path=EntryPath.REMOTE)
    meter.use(1_500, NOW, seconds=3_600)
    meter.tamper(TamperKind.MAGNET, NOW)
    results(meter, NO_TOKEN, path=EntryPath.REMOTE)
    tokens = shop.key_change(key_of(2, EA.STA, sgc=SGC("987654")), roll_over=True, carry_sgc=True)
    results(meter, tokens[2], tokens[0], now=later(60))
    meter.arm_cut(2)
    results(meter, tokens[1], now=later(90))
    return meter


def currency() -> Meter:
    """Return a meter with money, a fraction owed, an overload and emergency credit in use."""
    profile = profile_of(
        "currency", emergency=Emergency(amount=50_000, threshold=10_000), negative_tokens=True
    )
    meter = Meter.new(PAN, key_of(), profile, filled_with=MADE_TID, price=FlatPrice(21_875))
    shop = Shop(key_of())
    results(meter, shop.money(Decimal("0.1")), shop.money(Decimal("-0.02")))
    meter.take_emergency(NOW)
    meter.use(431, NOW, seconds=3_600)
    meter.use(14_000, later(10), seconds=3_600)
    return meter


FILES = {"fresh": fresh, "key-change": key_change, "currency": currency}

if __name__ == "__main__":
    for name, make in FILES.items():
        path = Path(__file__).with_name(f"meter-v1-{name}.json")
        path.write_text(json.dumps(make().to_document(), indent=1) + "\n", encoding="utf-8")
