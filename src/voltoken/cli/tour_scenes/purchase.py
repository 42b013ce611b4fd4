"""Scenes of a purchase: the keys behind it, the sale, the digits at the meter, and what is in them."""

from __future__ import annotations

from datetime import timedelta

from voltoken.cli.draw import draw_steps
from voltoken.cli.tour_scenes.stage import Stage
from voltoken.cli.tour_scenes.story import (
    GROUP,
    KEY_BYTES,
    METER,
    PUBLISHED_SALE,
    SOLD,
    TARIFF,
    TYPED,
    credit_at,
    decoder_key,
    house,
    new_meter,
    the_sale,
    tid_at,
)
from voltoken.sts import BaseDate, TIDClock, TokenCipher, explain


def keys(stage: Stage) -> None:
    """Two keys: the utility's, and the meter's that follows from it."""
    stage.text(
        "A prepayment meter stands in a house and talks to nobody. All it ever hears is what its owner "
        "types. So the digits themselves must prove that somebody paid."
    )
    stage.line()
    stage.text(
        "The utility has a vending key for its supply group, locked in a security module. From it, and the "
        "number of a meter, the meter's own key is computed. The meter holds that one key and no other; "
        "both sides know it, and it never travels with a token."
    )
    stage.line()
    key = decoder_key()
    stage.facts(
        [
            ("vending key", KEY_BYTES.hex()),
            ("belongs to", f"supply group {GROUP}, revision {key.krn}"),
            ("meter", f"{METER}, tariff index {TARIFF}"),
            ("decoder key", key.key.hex()),
            ("made by", "HMAC-SHA-256 of all of these (DKGA04)"),
        ]
    )


def sale(stage: Stage) -> None:
    """A sale: twenty digits."""
    stage.text("On 1 April 2004, half an hour after midnight UTC, a customer pays for 25.6 kWh:")
    number = the_sale()
    stage.token(number)
    stage.text("On paper, in a text message or read out: this is the whole delivery.")
    if number.digits == PUBLISHED_SALE:
        stage.line()
        stage.good("The published test STS 531-1-0-04, CTSA10, asks for these digits.")


def entry(stage: Stage) -> None:
    """The digits are typed in, and the lights come on."""
    stage.text(
        f"The meter of the house is new: no credit, its relay open. At {TYPED:%H:%M} the customer types the "
        "twenty digits. The glass shows, one after the other:"
    )
    stage.line()
    stage.show(new_meter(decoder_key()), the_sale(), TYPED)
    stage.line()
    stage.text(
        "ACCEPt, what the token held, the new balance; and the relay has closed. A verdict has a name in the "
        "standard and a number in the meter's token result register. The tour shows both, as a technician "
        "would read them."
    )


def inside(stage: Stage) -> None:
    """What the digits are made of, bit by bit."""
    stage.text("What the meter did with them, step by step:")
    stage.line()
    number = the_sale()
    draw_steps(stage, number, explain(number.digits, TokenCipher(decoder_key())))
    stage.text(
        "25.6 kWh is 256 steps of 0.1 kWh: hexadecimal 0100. Change one bit of block or key, and "
        "about half of the encrypted bits change: nobody without the key can make other digits that fit."
    )


def again(stage: Stage) -> None:
    """The same token a second time."""
    stage.text("The slip still lies there, so it is typed a second time:")
    stage.line()
    stage.show(house(), the_sale(), TYPED + timedelta(minutes=1))
    stage.line()
    tid = tid_at(SOLD)
    stage.text(
        f"Key and checksum are right again. What stops it is the TID, {tid}: the minute of the sale, counted "
        "from 1 January 1993. The meter keeps the TIDs it has taken. So two sales for one meter never share "
        "a minute. The second takes the next free one, and its digits look unrelated:"
    )
    stage.line()
    following = TIDClock(BaseDate.BD1993).next_tid(tid, SOLD)
    stage.facts([(f"TID {one}", credit_at(one, "25.6", decoder_key()).grouped) for one in (tid, following)])
