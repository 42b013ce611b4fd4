"""Whatever is given as a meter: it is one, or a MeterFileError says what is wrong with it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.meter.files.make import FILES
from tests.unit.meter.shop import NOW, Shop, key_of, later
from tests.unit.meter.test_profile import JSON
from tests.unit.meter.test_state_file import load, stored
from voltoken.errors import MeterFileError
from voltoken.meter import READINGS
from voltoken.sts import EA, ClearCredit, pack


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


CLEAR_CREDIT = ClearCredit(5, 1, 0)
KEY_OF_EA = stored("key-change")["cells"]["key"]
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
    ("cells.pending", {"sections": [f"{pack(CLEAR_CREDIT):016x}"], "since": "2026-03-01T13:00:00Z"}),
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
    ("journal", {"key": KEY_OF_EA, "pending": {"sections": [], "since": None}}),
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


@pytest.mark.parametrize(
    ("path", "value"), WRONG, ids=[f"{place} {path}" for place, (path, _) in enumerate(WRONG)]
)
def test_a_damaged_state_is_refused_with_the_part_that_is_damaged(path: str, value: Any) -> None:
    document = stored("fresh")
    assert load(document).credit == 0
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
    """Return the places of a document: the object or list that holds a value, and under which key."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    if isinstance(node, list) and len(node) == 50:
        return [(node, 7)]  # one TID stands for all
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
