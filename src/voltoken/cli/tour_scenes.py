"""The scenes of the tour: each computes something real and says what it means.

Keys, meters and the purchase are those of the compliance tests STS 531-1-0-04, so that the digits can be
compared with published ones. Dates are of the story, not of the clock, and every run shows the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, NamedTuple

from voltoken.cli.draw import draw_steps
from voltoken.cli.screen import Screen
from voltoken.errors import RuleError, TokenError
from voltoken.sts import (
    EA,
    KRN,
    SAMPLE_TABLES,
    SGC,
    TI,
    TID,
    BaseDate,
    DecoderKey,
    Deriver,
    InitiateMeterTestDisplay,
    KeyChangeSection,
    MeterPAN,
    Service,
    TIDClock,
    TokenCipher,
    TokenNumber,
    TransferCredit,
    VendingKey,
    assemble,
    decode,
    encode,
    encode_key_change,
    explain,
    key_change_set,
)

TITLE: Final = "How twenty digits become electricity"
PROMISE: Final = (
    "All numbers below are computed while you read, by the functions that the commands use. The keys are "
    "test keys that the STS compliance tests publish (STS 531-1): everybody may know them, and they open "
    "no real meter. The cipher is EA11; for EA07 there are the standard's sample tables only."
)

_KEY_BYTES: Final = bytes.fromhex("abababababababab949494949494949401234567")
_METER: Final = MeterPAN("600727000000000009")
_NEIGHBOUR: Final = MeterPAN("000001000000000082")
_TARIFF: Final = TI("01")
_SALE: Final = datetime(2004, 4, 1, 0, 30, tzinfo=UTC)
_PUBLISHED: Final = {"sale": "63638916334124550935", "test": "00000000000150997584"}
"""The digits that STS 531-1-0-04 CTSA10 and a printed meter manual give."""
_EA07: Final = ("0abc12def3456789", datetime(1996, 3, 25, 13, 55, tzinfo=UTC), 0xB)


class Scene(NamedTuple):
    """A part of the tour."""

    title: str
    play: Callable[[Screen], None]


def _vending_key(krn: int, base_date: BaseDate) -> VendingKey:
    return VendingKey(_KEY_BYTES, sgc=SGC("123457"), krn=KRN(krn), base_date=base_date, test=True)


def _meter_key(pan: MeterPAN = _METER, krn: int = 1, base_date: BaseDate = BaseDate.BD1993) -> DecoderKey:
    return Deriver(_vending_key(krn, base_date), EA.MISTY1).derive(pan, _TARIFF)


def _sell(kwh: str, tid: int) -> TokenNumber:
    token = TransferCredit.of(Service.ELECTRICITY, Decimal(kwh), tid=tid, rnd=5)
    return encode(token, TokenCipher(_meter_key()))


def _sale_tid() -> TID:
    return TIDClock(BaseDate.BD1993).tid_at(_SALE)


def _verdict(screen: Screen, number: str, cipher: TokenCipher) -> None:
    """Show whether a meter takes a number, and why not."""
    try:
        token = decode(number, cipher)
    except TokenError as error:
        screen.text(f"\u2717 {error.message}", "bad")
        return
    screen.text(f"\u2713 {token!r}", "good")


def _keys(screen: Screen) -> None:
    screen.text(
        "A prepayment meter stands in a house and talks to nobody. All it ever hears is what its owner "
        "types. So the digits themselves must prove that somebody paid."
    )
    screen.line()
    screen.text(
        "The utility has a vending key for its supply group, locked in a security module. From it, and the "
        "number of a meter, the meter's own key is computed. The meter holds that one key and no other; "
        "both sides know it, and it never travels with a token."
    )
    screen.line()
    key = _meter_key()
    screen.facts(
        [
            ("vending key", f"{_KEY_BYTES.hex()}, supply group 123457, revision 1"),
            ("meter", f"{_METER}, tariff index {_TARIFF}"),
            ("decoder key", f"{key.key.hex()}, by HMAC-SHA-256 of both (DKGA04)"),
        ]
    )


def _sale(screen: Screen) -> None:
    screen.text("On 1 April 2004, half an hour after midnight UTC, a customer pays for 25.6 kWh:")
    number = _sell("25.6", _sale_tid())
    screen.token(number)
    screen.text("On paper, in a text message or read out on the phone: this is the whole delivery.")
    if number.digits == _PUBLISHED["sale"]:
        screen.line()
        screen.text(
            "\u2713 The published test (STS 531-1-0-04, CTSA10) asks for exactly these digits.", "good"
        )


def _inside(screen: Screen) -> None:
    screen.text("What the meter does with them, step by step:")
    screen.line()
    number = _sell("25.6", _sale_tid())
    draw_steps(screen, number, explain(number.digits, TokenCipher(_meter_key())))
    screen.text(
        "25.6 kWh is 256 steps of 0.1 kWh: hexadecimal 0100. Change one bit of block or key, and "
        "about half of the encrypted bits change: nobody without the key can make other digits that fit."
    )


def _mistyped(screen: Screen) -> None:
    number = _sell("25.6", _sale_tid()).digits
    cipher = TokenCipher(_meter_key())
    wrong = f"{number[:-1]}6"
    screen.text(f"The last digit typed as 6: {' '.join(wrong[i : i + 4] for i in range(0, 20, 4))}")
    screen.line()
    _verdict(screen, wrong, cipher)
    screen.line()
    tried = list(_mistypings(number))
    refused = sum(not _accepted(text, cipher) for text in tried)
    screen.text(
        f"Tried just now: all {len(tried)} ways to mistype one digit. Refused: {refused}. The checksum has "
        "16 bits, so one random number in 65 536 would pass; that is why many meters make you wait after "
        "a few wrong ones."
    )


def _mistypings(number: str) -> Iterator[str]:
    """Yield every number that differs in one digit."""
    for place, right in enumerate(number):
        for digit in "0123456789":
            if digit != right:
                yield f"{number[:place]}{digit}{number[place + 1 :]}"


def _accepted(number: str, cipher: TokenCipher) -> bool:
    try:
        decode(number, cipher)
    except TokenError:
        return False
    return True


def _next_door(screen: Screen) -> None:
    screen.text(f"The right digits, typed into the meter next door, {_NEIGHBOUR}:")
    screen.line()
    _verdict(screen, _sell("25.6", _sale_tid()).digits, TokenCipher(_meter_key(_NEIGHBOUR)))
    screen.line()
    screen.text(
        "Its key is another one. The meter cannot tell a wrong digit from a wrong key, and need not. A token "
        "is good in one meter only, so it can be read out aloud in a shop."
    )


def _twice(screen: Screen) -> None:
    tid = _sale_tid()
    screen.text(
        f"Typed a second time, key and checksum are right again. What stops it is the TID, {tid}: the "
        "minute of the sale, counted from 1 January 1993. The meter keeps the TIDs it has taken and answers "
        "UsedError; what is older than all it remembers is OldError."
    )
    screen.line()
    following = TIDClock(BaseDate.BD1993).next_tid(tid, _SALE)
    screen.text(
        "So two sales for one meter in the same minute may not share a TID. The shop takes the next free "
        "minute for the second, and the digits look unrelated:"
    )
    screen.line()
    screen.facts(
        [
            (f"TID {tid}", _sell("25.6", tid).grouped),
            (f"TID {following}", _sell("25.6", following).grouped),
        ]
    )


def _new_key(screen: Screen) -> None:
    old, new = _meter_key(), _meter_key(krn=4, base_date=BaseDate.BD2014)
    cipher = TokenCipher(old)
    end = TIDClock(BaseDate.BD1993).last_moment
    screen.text(
        f"24 bits of minutes do not last for ever: from 1993 they end on {end.day} {end:%B %Y at %H:%M}. "
        "By then every meter needs a key that counts from a later date, and it comes as tokens too. A plain "
        "key change will not do:"
    )
    screen.line()
    try:
        key_change_set(old, new)
    except RuleError as error:
        screen.text(f"\u2717 {error.message}", "bad")
    numbers = encode_key_change(key_change_set(old, new, roll_over=True), cipher)
    screen.line()
    screen.text("With the roll-over bit, four tokens carry the 128 bits of the new key, 32 in each:")
    screen.line()
    screen.facts([(f"{place} of 4", number.grouped) for place, number in enumerate(numbers, 1)])
    sections = [decode(number, cipher) for number in numbers]
    carried = assemble([part for part in sections if isinstance(part, KeyChangeSection)], 128)
    screen.line()
    if carried.key == new.key:
        screen.text(
            f"\u2713 The meter has put the key together: check value {carried.check_value}, as intended. It "
            "forgets its TIDs and counts from 2014; its credit stays.",
            "good",
        )
    screen.line()
    screen.text("A token bought earlier and kept in a drawer is lost, so old ones are entered first:")
    screen.line()
    _verdict(screen, _sell("25.6", _sale_tid()).digits, TokenCipher(new))


def _any_meter(screen: Screen) -> None:
    screen.text(
        "Some numbers work in every meter, are not encrypted and never wear out. This one tests the switch:"
    )
    number = encode(InitiateMeterTestDisplay.of([1]))
    screen.token(number)
    screen.text(explain(number.digits).summary)
    if number.digits == _PUBLISHED["test"]:
        screen.line()
        screen.text("\u2713 Printed like this in the manuals of real meters.", "good")


def _older_meters(screen: Screen) -> None:
    key, moment, rnd = _EA07
    screen.text(
        "Meters before Edition 2 of STS use another cipher, EA07, whose tables are licensed to members of "
        "the STS Association. Voltoken carries only the sample tables that the standard prints."
    )
    cipher = TokenCipher(DecoderKey(bytes.fromhex(key), EA.STA, test=True), SAMPLE_TABLES)
    tid = TIDClock(BaseDate.BD1993).tid_at(moment)
    token = TransferCredit.of(Service.ELECTRICITY, Decimal("25.6"), tid=tid, rnd=rnd)
    screen.token(encode(token, cipher))
    screen.text(f"25.6 kWh under {cipher.label}: good for tests. Every real meter refuses it.", "yellow")


def _onward(screen: Screen) -> None:
    screen.text("Try it yourself; each command explains itself with --help.")
    screen.line()
    screen.facts(
        [
            ("explain a token", "voltoken token explain 0000 0000 0001 5099 7584"),
            ("make one", "voltoken token issue electricity --help"),
            ("change a key", "voltoken key change-set --help"),
            ("see the proof", "voltoken conformance vectors"),
        ]
    )


SCENES: Final = (
    Scene("Two keys", _keys),
    Scene("A purchase", _sale),
    Scene("Inside the twenty digits", _inside),
    Scene("One wrong digit", _mistyped),
    Scene("The meter next door", _next_door),
    Scene("The same token twice", _twice),
    Scene("A new key for an old meter", _new_key),
    Scene("A token for any meter", _any_meter),
    Scene("Older meters", _older_meters),
    Scene("Where to go from here", _onward),
)
"""The parts of the tour, in order."""
