"""A meter's state as a document: nothing is lost, nothing is taken on trust, old files are read for ever."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.unit.meter.files.make import FILES
from tests.unit.meter.shop import MADE_TID, NOW, PAN, Shop, installed, key_of, later, profile_of, results
from voltoken.errors import MeterFileError
from voltoken.meter import PROFILES, FlatPrice, Meter
from voltoken.sts import EA, SAMPLE_TABLES, MeterPAN

FOLDER = Path(__file__).with_name("files")


def stored(name: str) -> Any:
    """Return a document as version 1 wrote it."""
    return json.loads((FOLDER / f"meter-v1-{name}.json").read_text(encoding="utf-8"))


def load(document: Any) -> Meter:
    """Return the meter of a document."""
    return Meter.from_document(document, sta_tables=SAMPLE_TABLES)


@pytest.mark.parametrize("name", FILES)
def test_a_state_survives_json_unchanged(name: str) -> None:
    document = FILES[name]().to_document()
    loaded = load(json.loads(json.dumps(document)))
    assert loaded.to_document() == document


@pytest.mark.parametrize("name", PROFILES)
def test_the_state_of_every_model_survives(name: str) -> None:
    meter, shop = installed(name, key_of(ea=EA.STA))
    results(meter, shop.key_change(key_of(2, EA.STA))[0], "1", "2", "3")
    loaded = load(meter.to_document())
    assert loaded.to_document() == meter.to_document()
    assert (loaded.profile, loaded.price, loaded.pan) == (meter.profile, meter.price, meter.pan)


def test_a_loaded_meter_goes_on_where_the_other_stopped() -> None:
    meter, shop = installed()
    tokens = shop.key_change(key_of(2))
    used = shop.credit()
    results(meter, used, *tokens[:3], "1", "2")
    meter.use(14_000, NOW, seconds=3600)
    loaded = load(meter.to_document())
    assert loaded.reasons == ("power limit",)
    assert loaded.lockout_s(NOW) == meter.lockout_s(NOW)
    assert loaded.last_result == "FormatError"
    loaded.wait(later(30))
    assert loaded.relay == "connected"
    assert results(loaded, used, tokens[3]) == ["UsedError", "lockout"]


def test_an_armed_cut_is_kept() -> None:
    meter, shop = installed()
    meter.arm_cut(3)
    loaded = load(meter.to_document())
    assert results(loaded, shop.credit()) == ["not ready"]
    assert loaded.memory.journal is not None


def test_a_meter_without_power_is_loaded_without_power() -> None:
    meter, _ = installed()
    meter.cut_power()
    assert not load(meter.to_document()).is_powered


def test_a_price_that_is_not_flat_must_be_given_again() -> None:
    class Free:
        def cost(self, *_: object) -> Fraction:
            return Fraction(0)

    meter = Meter.new(PAN, key_of(), profile_of("currency"), filled_with=MADE_TID, price=Free())
    document = meter.to_document()
    assert document["price"] is None
    with pytest.raises(MeterFileError, match="a price for a currency meter"):
        load(document)
    assert isinstance(Meter.from_document(document, price=Free()).price, Free)


def test_a_flat_price_is_kept_whole() -> None:
    price = FlatPrice(21_875, counts=100)
    meter = Meter.new(PAN, key_of(), profile_of("currency"), filled_with=MADE_TID, price=price)
    assert load(meter.to_document()).price == price


def test_a_given_price_is_taken_before_the_kept_one() -> None:
    meter = Meter.from_document(stored("currency"), price=FlatPrice(5))
    assert meter.price == FlatPrice(5)


def test_a_laboratory_meter_with_an_unverified_number_can_be_kept() -> None:
    pan = MeterPAN.unverified("600727", "00000000001")
    meter = Meter.new(pan, key_of(), profile_of(), filled_with=MADE_TID)
    assert load(meter.to_document()).pan == pan


def test_the_sample_tables_are_not_in_the_file() -> None:
    document = stored("key-change")
    with pytest.raises(MeterFileError, match="sta_tables"):
        Meter.from_document(document)


# ---------------------------------------------------------------------- files of version 1


def test_the_stored_fresh_meter_of_version_1_is_read() -> None:
    meter = load(stored("fresh"))
    assert (str(meter.pan), meter.profile.name) == ("600727000000000009", "single-phase")
    assert (meter.is_powered, meter.credit, meter.total, meter.relay) == (True, 0, 0, "disconnected")
    assert meter.memory.tids == (6_311_520,) * 50
    key = meter.memory.key
    assert (key.key, key.ea, key.krn, key.ti, key.sgc, key.ken, key.test) == (
        bytes(range(0x10, 0x20)),
        EA.MISTY1,
        1,
        "01",
        "123457",
        255,
        True,
    )
    assert results(meter, Shop(key_of()).credit()) == ["Accept"]


def test_the_stored_meter_whose_power_failed_in_a_key_change_is_read_and_finishes_it() -> None:
    meter = load(stored("key-change"))
    assert (meter.is_powered, meter.profile.name, meter.credit, meter.total) == (
        False,
        "strict",
        8_500,
        1_500,
    )
    assert (meter.memory.key.krn, set(meter.memory.tids)) == (2, {6_311_520, 6_397_261, 6_397_262})
    assert set(meter.memory.journal or ()) == {"key", "tids", "pending"}
    assert (meter.memory.tamper.magnet, meter.memory.limits.power_w) == (1, 5_000)
    assert meter.memory.history.last_credit[0].counts == 10_000
    assert meter.memory.history.last_management != ()
    assert {path.value: row.in_a_row for path, row in meter.memory.lockout.items()} == {"remote": 1}
    meter.restore_power(later(100))
    assert (set(meter.memory.tids), meter.memory.pending.sections) == ({0}, ())
    assert meter.memory.key.decoder_key().sgc == "987654"
    assert meter.reasons == ("tamper",)
    again = Shop(key_of(2, EA.STA))
    assert results(meter, again.clear_tamper(), again.credit(1)) == ["Accept", "Accept"]
    assert meter.credit == 9_500


def test_the_stored_currency_meter_of_version_1_is_read() -> None:
    meter = load(stored("currency"))
    balance = meter.memory.balance
    assert (meter.credit, meter.total, balance.owed, balance.emergency) == (
        -1_843,
        450,
        Fraction(3, 4),
        "invoked",
    )
    assert (meter.price, meter.reasons) == (FlatPrice(21_875), ("power limit",))
    assert [entry.counts for entry in meter.memory.history.last_credit] == [-2_000, 10_000]
    meter.wait(later(40))
    assert (meter.relay, meter.use(100, later(100))) == ("connected", 100)
