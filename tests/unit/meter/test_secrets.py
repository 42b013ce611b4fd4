"""What a meter says of itself shows neither key bytes nor whole tokens."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.meter.shop import MADE_TID, NOW, PAN, Shop, profile_of
from voltoken.errors import MeterFileError
from voltoken.meter import CELLS, READINGS, SKINS, Meter
from voltoken.sts import EA, KRN, SAMPLE_TABLES, SGC, TI, DecoderKey

OLD_BYTES = bytes.fromhex("c0ffee5eedf00d11deadbeefcafebabe")
NEW_BYTES = bytes.fromhex("8badf00d0ddba11fee1deadfacefeed5")


def key_with(secret: bytes, ea: EA) -> DecoderKey:
    """Return a live key with bytes that can be searched for."""
    return DecoderKey(secret[: ea.key_bits // 8], ea, SGC("123457"), KRN(1), TI("01"))


class Told:
    """A meter with a secret key, in the middle of a key change, and everything that it was told."""

    def __init__(self, ea: EA) -> None:
        old, new = key_with(OLD_BYTES, ea), key_with(NEW_BYTES, ea)
        shop = Shop(old)
        self.meter = Meter.new(
            PAN, old, profile_of(lockout=None), filled_with=MADE_TID, sta_tables=SAMPLE_TABLES
        )
        self.tokens = [shop.credit(), shop.limit(1_000), *shop.key_change(new), shop.credit(tid=1)]
        self.answers = [self.meter.enter(token, NOW) for token in self.tokens[:-2]]
        self.answers.append(self.meter.enter(self.tokens[-1], NOW))
        self.meter.arm_cut(2)
        self.answers.append(self.meter.enter(self.tokens[-2], NOW))
        assert self.meter.memory.journal is not None

    def gives_away(self, text: str) -> list[str]:
        """Return which keys and tokens stand in a text."""
        found = []
        for secret in (OLD_BYTES, NEW_BYTES):
            words = [secret[start : start + 4] for start in range(13)]
            forms = [(w.hex(), repr(w)[2:-1], str(int.from_bytes(w, "big"))) for w in words]
            found += [form for three in forms for form in three if form in text.lower()]
        return found + [token for token in self.tokens if token in text]


@pytest.fixture(params=[EA.STA, EA.MISTY1], ids=["EA07", "EA11"])
def told(request: pytest.FixtureRequest) -> Told:
    """Return a meter that has much to give away."""
    return Told(request.param)


def test_the_search_finds_keys_and_tokens(told: Told) -> None:
    assert told.gives_away(OLD_BYTES.hex())
    assert told.gives_away(repr(NEW_BYTES))
    assert told.gives_away(f"nkho={0x8BADF00D}")
    assert told.gives_away(f"token='{told.tokens[0]}'")
    assert told.gives_away(repr(told.meter.to_document()))


def test_the_meter_and_its_memory_show_no_secret(told: Told) -> None:
    meter = told.meter
    for thing in (meter, meter.memory, meter.supply, meter.profile):
        assert told.gives_away(f"{thing!r} {thing}") == []


@pytest.mark.parametrize("cell", [*CELLS, "journal"])
def test_no_cell_shows_a_secret(told: Told, cell: str) -> None:
    assert told.gives_away(repr(getattr(told.meter.memory, cell))) == []


def test_a_credit_entry_shows_its_amount_alone(told: Told) -> None:
    entry = told.meter.memory.history.last_credit[0]
    assert told.gives_away(repr(entry)) == []
    assert str(entry.counts) in repr(entry)


def test_no_answer_shows_a_secret(told: Told) -> None:
    assert told.gives_away(repr(told.answers)) == []


def test_the_ciphers_show_no_secret(told: Told) -> None:
    assert told.gives_away(f"{told.meter.cipher!r} {told.meter.cipher.block!r}") == []


def test_the_display_shows_no_key(told: Told) -> None:
    told.meter.restore_power(NOW)
    shown = [read(told.meter).text() for name, read in READINGS.items() if "_token_" not in name]
    shown += [SKINS["pln"].idle_text(told.meter)]
    assert told.gives_away(" ".join(shown)) == []


@pytest.mark.parametrize(
    ("cell", "change"),
    [
        ("key", {"key": OLD_BYTES.hex() + "00"}),
        ("key", {"key": OLD_BYTES.hex()[:-1] + "x"}),
        ("key", {"ea": "12"}),
        ("pending", {"sections": [f"3{OLD_BYTES.hex()[:15]}"]}),
        ("pending", {"sections": [OLD_BYTES.hex()]}),
        ("history", {"last_management": ["12345678901234567890123"]}),
    ],
)
def test_a_damaged_state_is_refused_without_showing_what_it_held(
    told: Told, cell: str, change: dict[str, Any]
) -> None:
    document: dict[str, Any] = told.meter.to_document()
    document["cells"][cell] |= change
    with pytest.raises(MeterFileError) as refused:
        Meter.from_document(document, sta_tables=SAMPLE_TABLES)
    error = refused.value
    said = [str(error), repr(error), error.message, repr(error.detail), repr(vars(error))]
    said += [repr(error.__context__), repr(error.__cause__)]
    assert told.gives_away(" ".join(said)) == []
    assert "12345678901234567890123" not in " ".join(said)
