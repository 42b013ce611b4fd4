"""A meter's state as a document: nothing is lost, nothing is taken on trust, old files are read for ever."""

from __future__ import annotations

import copy
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.meter.files.make import FILES
from tests.unit.meter.shop import MADE_TID, NOW, PAN, Shop, installed, key_of, later, profile_of, results
from tests.unit.meter.test_profile import JSON
from voltoken.errors import MeterFileError
from voltoken.meter import PROFILES, READINGS, FlatPrice, Meter
from voltoken.sts import EA, SAMPLE_TABLES, MeterPAN

FOLDER = Path(__file__).with_name("files")


def stored(name: str) -> Any:
    """Return a document as version 1 wrote it."""
    return json.loads((FOLDER / f"meter-v1-{name}.json").read_text(encoding="utf-8"))


def load(document: Any) -> Meter:
    """Return the meter of a document."""
    return Meter.from_document(document, sta_tables=SAMPLE_TABLES)


def changed(document: Any, path: str, value: Any) -> Any:
    """Return a copy of a document with one value changed. path: names with points between them."""
    result = copy.deepcopy(document)
    *parents, last = path.split(".")
    node = result
    for name in parents:
        node = node[name]
    node[last] = value
    return result


def refusal(document: Any) -> MeterFileError:
    """Return the refusal of a document, which must be refused."""
    with pytest.raises(MeterFileError) as refused:
        load(document)
    return refused.value


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
    assert "a price for a currency meter" in refusal(document).message
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


# ---------------------------------------------------------------------- anything else


@pytest.mark.parametrize(
    "version", [0, 2, 99, -1, "1", 1.0, True, None, [], pytest.param(10**5000, id="huge")]
)
def test_another_version_is_refused_with_what_to_do(version: Any) -> None:
    error = refusal(changed(stored("fresh"), "version", version))
    assert error.code == "meter.file"
    assert "this program reads version 1" in error.message
    assert "use the program that wrote it" in error.message


@pytest.mark.parametrize("document", [None, [], "voltoken-meter", 5, {}, {"format": "voltoken-scenario"}])
def test_what_is_no_meter_is_refused(document: Any) -> None:
    assert 'its "format" is not "voltoken-meter"' in refusal(document).message


KEY_OF_EA07 = stored("key-change")["cells"]["key"]
WRONG: list[tuple[str, Any]] = [
    ("pan", "600727000000000008"),
    ("profile", {"name": "x"}),
    ("profile", None),
    ("profile.memory_size", 49),
    ("profile.sections", 2),
    ("price", {"per_unit": 5}),
    ("powered", 1),
    ("closed", "no"),
    ("cells", []),
    ("cells.key.key", "00"),
    ("cells.key.key", None),
    ("cells.key.ea", "12"),
    ("cells.key.kt", 4),
    ("cells.key.kt", True),
    ("cells.key.kt", 3),
    ("cells.key.krn", 10),
    ("cells.key.ti", "1"),
    ("cells.key.sgc", 123456),
    ("cells.key.test", "yes"),
    ("cells.tids", [1] * 49),
    ("cells.tids", [*range(49), 1]),
    ("cells.tids", [1 << 24] * 50),
    ("cells.tids", "1" * 50),
    ("cells.pending", {"sections": ["0" * 16], "since": "2026-03-01T13:00:00Z"}),
    ("cells.pending", {"sections": ["zz"], "since": "2026-03-01T13:00:00Z"}),
    ("cells.pending", {"sections": ["1" * 17], "since": "2026-03-01T13:00:00Z"}),
    ("cells.pending.since", "2026-03-01T13:00:00Z"),
    ("cells.balance.owed", "1"),
    ("cells.balance.owed", "-1/2"),
    ("cells.balance.owed", "1/0"),
    ("cells.balance.owed", 0.5),
    ("cells.balance.owed", "0." + "9" * 500),
    ("cells.balance.credit", "0"),
    ("cells.balance.credit", 10**80),
    ("cells.balance.total", -1),
    ("cells.balance.total", 10**80),
    ("cells.balance.emergency", "maybe"),
    ("cells.balance.cut_off", 0),
    ("cells.limits.power_w", -1),
    ("cells.limits.low_credit", None),
    ("cells.limits.low_credit", 10**80),
    ("cells.flags", [512]),
    ("cells.flags", [[]]),
    ("cells.tamper.cover", -1),
    ("cells.tamper.condition", None),
    ("cells.history.last_credit", [{"token": "1", "counts": 1}]),
    ("cells.history.last_credit", [{"token": "0" * 20, "counts": "1"}]),
    ("cells.history.last_credit", [{"token": "0" * 20, "counts": 1}] * 6),
    ("cells.history.last_management", ["0000 0000 0000 0000 0000"]),
    ("cells.history.last_management", [5]),
    ("cells.history.credit_counts", None),
    ("cells.lockout", {"window": {"in_a_row": 1, "since": "2026-03-01T13:00:00Z"}}),
    ("cells.lockout", {"card": {"in_a_row": 256, "since": "2026-03-01T13:00:00Z"}}),
    ("cells.lockout", {"card": {"in_a_row": 1, "since": "2026-03-01T13:00:00"}}),
    ("cells.lockout", {"card": {"in_a_row": 1, "since": "0001-01-01T00:00:00+14:00"}}),
    ("cells.lockout", []),
    ("journal", []),
    ("journal", {"colour": 1}),
    ("journal", {"tids": []}),
    ("journal", {"key": KEY_OF_EA07, "pending": {"sections": [], "since": None}}),
    ("armed", -1),
    ("armed", "0"),
    ("trip", {}),
    ("trip", False),
    ("trip", {"reason": "wind", "until": "2026-03-01T13:00:00Z"}),
    ("trip", {"reason": "credit", "until": "2026-03-01T13:00:00"}),
    ("trips_in_row", -1),
    ("power_w", None),
    ("last_result", "Perhaps"),
]


@pytest.mark.parametrize(("path", "value"), WRONG)
def test_a_damaged_state_is_refused_with_the_part_that_is_damaged(path: str, value: Any) -> None:
    document = stored("fresh")
    assert load(document).to_document() == document
    message = refusal(changed(document, path, value)).message
    assert message.startswith("The meter's state is damaged: ")


@pytest.mark.parametrize("name", FILES)
def test_a_part_that_is_missing_is_refused(name: str) -> None:
    document = stored(name)
    for missing in set(document) - {"note", "journal", "price"}:
        error = refusal({key: value for key, value in document.items() if key != missing})
        assert error.code == "meter.file"
    for cell in document["cells"]:
        assert cell in refusal(changed(document, f"cells.{cell}", None)).message


def usable_or_refused(document: Any) -> None:
    """Fail unless a document is refused, or makes a meter that can be used, shown and kept."""
    try:
        meter = load(document)
    except MeterFileError:
        return
    kept = meter.to_document()
    assert load(kept).to_document() == kept
    assert all(read(meter).text() is not None for read in READINGS.values())
    if not meter.is_powered:
        meter.restore_power(NOW)
    for digits in (Shop(key_of()).credit(1), "1", Shop(key_of(1, EA.STA)).limit(1)):
        if meter.is_powered:
            meter.enter(digits, NOW)
    if meter.is_powered:
        meter.use(100, later(60))


@given(JSON | st.dictionaries(st.sampled_from([*stored("fresh"), "x"]), JSON))
def test_any_document_is_a_meter_or_refused(document: Any) -> None:
    usable_or_refused(document)
    if isinstance(document, dict):
        usable_or_refused(stored("fresh") | document)


def places(node: Any) -> list[tuple[Any, Any]]:
    """Return every place of a document: the object or list that holds a value, and under which key."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    found: list[tuple[Any, Any]] = []
    for key, value in children:
        found += [(node, key), *places(value)]
    return found


@given(
    st.sampled_from(sorted(FILES)), st.lists(st.tuples(st.integers(0, 10**6), JSON), min_size=1, max_size=3)
)
def test_any_damage_to_a_good_document_is_refused_or_harmless(
    name: str, damages: list[tuple[int, Any]]
) -> None:
    document = stored(name)
    for number, value in damages:
        holders = places(document)
        node, key = holders[number % len(holders)]
        node[key] = value
    usable_or_refused(document)
