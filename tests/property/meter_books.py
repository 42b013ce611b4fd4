"""The books of a vending side about one meter: what it sold, and what the meter must therefore be.

The books know which tokens were accepted, what was bought, drawn and cleared, which key was planned, which
TIDs are remembered, and what keeps the supply disconnected; ``check`` compares the meter with them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from tests.unit.meter.shop import MADE_TID, NOW, PAN, Shop, profile_of
from voltoken.errors import TokenError
from voltoken.meter import Answer, FlatPrice, Meter, Reason
from voltoken.sts import (
    EA,
    KRN,
    SAMPLE_TABLES,
    SGC,
    TI,
    DecoderKey,
    TokenCipher,
    decode,
    encode_key_change,
    key_change_sections,
)

PRICE = FlatPrice(21_875)
MODELS = ("single-phase", "strict", "edition-1", "emergency", "currency")


@dataclass(frozen=True, slots=True)
class Sold:
    """A token that was sold. key: number of the key. counts: of credit, or the flag and its state."""

    digits: str
    kind: str
    key: int
    tid: int
    counts: int = 0


def fresh_key(number: int, ea: EA) -> DecoderKey:
    """Return a key that no other number has."""
    secret = hashlib.sha256(b"%d" % number).digest()[: ea.key_bits // 8]
    return DecoderKey(secret, ea, SGC(f"{number:06d}"), KRN(number % 9 + 1), TI("01"), test=True)


class Books:
    """A meter, its vending side and their books. seen: how often something worth reaching has happened."""

    def __init__(self, model: str, ea: EA) -> None:
        self.ea = EA.STA if model == "edition-1" else ea
        self.key = 1
        self.keys = {1: fresh_key(1, self.ea)}
        self.shop = Shop(self.keys[1])
        self.profile = profile_of(model, memory_size=6, credit_max=60_000)
        self.price = PRICE if self.profile.service.is_currency else None
        self.meter = Meter.new(
            PAN,
            self.keys[1],
            self.profile,
            filled_with=MADE_TID,
            sta_tables=SAMPLE_TABLES,
            price=self.price,
        )
        self.now: datetime = NOW
        self.tids = [MADE_TID] * 6
        self.accepted: set[str] = set()
        self.bought = self.total = 0
        self.cleared = Fraction(0)
        self.flags, self.tampered = set(self.profile.flags_set), False
        self.planned: tuple[str, ...] = ()
        self.planned_roll_over = False
        self.trip_until: datetime | None = None
        self.trips_in_row = 0
        self.was_connected = self.may_close = False
        self.seen: Counter[str] = Counter()

    # ------------------------------------------------------------------ selling

    def sell(self, kind: str, number: int) -> Sold:
        """Sell or make a token. number: picks amount, limit or flag."""
        shop, counts = self.shop, 0
        if kind == "credit" and self.price is not None:
            counts = 1 + number * 397 % 16_000
            digits = shop.money(Decimal(counts).scaleb(-5))
        elif kind == "credit":
            counts = 100 * (1 + number * 7 % 250)
            digits = shop.credit(Decimal(counts) / 1000)
        elif kind == "flag":
            counts = (1, 2, 3, 4, 6)[number % 5] << 1 | number // 5 % 2
            digits = shop.flag(counts >> 1, counts & 1)
        elif kind == "limit":
            digits = shop.limit(1_000 + number)
        else:
            digits = shop.clear_credit() if kind == "clear credit" else shop.clear_tamper()
        return Sold(digits, kind, self.key, shop.tid, counts)

    def plan_key_change(self, *, roll_over: bool, carry_sgc: bool) -> None:
        """Make a key change set to a key never used before, unless one is outstanding."""
        if self.planned:
            return
        number = len(self.keys) + 1
        self.keys[number] = new = fresh_key(number, self.ea)
        carry_sgc = carry_sgc and self.profile.sections > 2
        sections = key_change_sections(new, roll_over=roll_over, carry_sgc=carry_sgc)
        tokens = encode_key_change(sections, TokenCipher(self.keys[self.key], SAMPLE_TABLES))
        self.planned, self.planned_roll_over = tuple(token.digits for token in tokens), roll_over

    def book_key_change(self) -> None:
        """Book that the outstanding set was accepted: what is sold now is sold under its key."""
        self.key, self.planned = len(self.keys), ()
        self.shop = Shop(self.keys[self.key], 10 if self.planned_roll_over else self.shop.tid)
        self.tids = [0] * 6 if self.planned_roll_over else self.tids
        self.seen["key change" + " with roll-over" * self.planned_roll_over] += 1

    def book(self, sold: Sold, answer: Answer) -> None:
        """Book an accepted token, which must be one that may be accepted."""
        assert sold.key == self.key
        assert sold.digits not in self.accepted
        assert sold.tid > self.tids[0]
        assert sold.tid not in self.tids
        self.accepted.add(sold.digits)
        self.tids = sorted([*self.tids[1:], sold.tid])
        assert answer.credited == (sold.counts if sold.kind == "credit" else 0)
        if sold.kind == "credit":
            self.bought += sold.counts
        elif sold.kind == "clear credit":
            self.cleared += self.worth
        elif sold.kind == "clear tamper":
            self.tampered = False
        elif sold.kind == "flag" and sold.counts & 1:
            self.flags.add(sold.counts >> 1)
        elif sold.kind == "flag":
            self.flags.discard(sold.counts >> 1)

    def reads(self, digits: str) -> bool:
        """Whether digits have a right checksum under the key that the meter has."""
        try:
            decode(digits, TokenCipher(self.keys[self.key], SAMPLE_TABLES))
        except TokenError:
            return False
        return True

    # ------------------------------------------------------------------ the books

    @property
    def worth(self) -> Fraction:
        """What the meter must still hold, by the books: bought, less what was drawn and cleared."""
        cost = self.price.cost(self.total, 0, self.now) if self.price else Fraction(self.total)
        return self.bought - cost - self.cleared

    def check(self) -> None:
        """Compare the meter with the books."""
        memory = self.meter.memory
        assert memory.tids == tuple(self.tids)
        assert list(memory.tids) == sorted(memory.tids)
        assert len(memory.tids) == self.profile.memory_size
        assert memory.key.key == self.keys[self.key].key
        assert memory.key.krn == self.keys[self.key].krn
        assert memory.balance.credit - memory.balance.owed == self.worth
        assert memory.balance.total == self.total
        assert 0 <= memory.balance.owed < 1
        assert (set(memory.flags), memory.tamper.condition) == (self.flags, self.tampered)
        assert memory.history.credit_counts == self.bought
        if self.meter.is_powered:
            assert memory.journal is None
            self._check_relay()

    def _check_relay(self) -> None:
        meter, balance = self.meter, self.meter.memory.balance
        lent = self.profile.emergency if balance.emergency == "invoked" else None
        is_empty = 6 in self.flags and balance.credit <= (-lent.amount if lent else 0)
        friendly = self.profile.is_friendly(self.now)
        tripped = self.trip_until is not None and self.now < self.trip_until
        tampered = self.tampered and 3 in self.flags
        connected = meter.relay == "connected"
        for reason in meter.reasons:
            self.seen[f"open: {reason.value}"] += 1
        if connected:
            assert [tripped, tampered, 2 in self.flags, is_empty and not friendly] == [False] * 4
        elif not self.profile.reconnect_by_key:
            assert tripped or tampered or 2 in self.flags or is_empty
        assert (Reason.CREDIT in meter.reasons) is (is_empty and (not friendly or balance.cut_off))
        if self.profile.reconnect_by_key and connected and not self.was_connected:
            assert self.may_close
        self.was_connected, self.may_close = connected, False
