"""The code points as data: complete, and in agreement with layouts, enums and rules."""

from __future__ import annotations

import pytest

from voltoken.sts import (
    DKGA,
    EA,
    REGISTER_ALL,
    BaseDate,
    KeyType,
    MeterTest,
    Service,
    TIDClock,
    layouts,
    registry,
)

TABLES = {
    name: value
    for name, value in vars(registry).items()
    if isinstance(value, tuple) and value and isinstance(value[0], registry.CodePoint)
}


@pytest.mark.parametrize("name", TABLES)
def test_codes_are_unique_and_named(name: str) -> None:
    codes = [row.code for row in TABLES[name] if row.code]
    assert len(set(codes)) == len(codes)
    for row in TABLES[name]:
        assert row.name
        assert row.status in ("verified", "stated", "unverified")
        assert registry.find_name(TABLES[name], row.code or "none") in (row.name, "unknown")


def test_unknown_codes_are_called_so() -> None:
    assert registry.find_name(registry.METER_TESTS, 35) == "unknown"
    assert registry.find_name(registry.METER_TESTS, 1) == "load switch"
    assert registry.find_name(registry.REGISTERS, REGISTER_ALL) == "all credit registers"


def test_tables_and_enums_agree() -> None:
    assert [row.code for row in registry.ENCRYPTION_ALGORITHMS] == [ea.value for ea in EA]
    assert [row.code for row in registry.KEY_GENERATION_ALGORITHMS] == [dkga.value for dkga in DKGA]
    assert [row.name for row in registry.KEY_TYPES] == [kt.name for kt in KeyType]
    assert [row.code for row in registry.BASE_DATES] == [base.value for base in BaseDate]
    assert [row.code for row in registry.METER_TESTS] == [str(test.value) for test in MeterTest]


def test_the_printed_end_of_each_base_date_is_its_last_minute() -> None:
    for row, base in zip(registry.BASE_DATES, BaseDate, strict=True):
        last = TIDClock(base).last_moment
        assert row.name == str(base.instant.year)
        assert row.meaning == f"TIDs end on {last:%d %B %Y}, {last:%H:%M}"


def test_all_sixteen_subclasses_of_each_class_are_listed() -> None:
    assert [row.code for row in registry.CLASSES] == ["0", "1", "2", "3"]
    for token_class in range(3):
        codes = [row.code for row in registry.SUBCLASSES[token_class]]
        assert codes == [str(subclass) for subclass in range(16)]


@pytest.mark.parametrize("row", layouts.LAYOUTS, ids=lambda row: row.name)
def test_every_layout_has_a_named_subclass(row: layouts.Layout) -> None:
    point = registry.SUBCLASSES[row.token_class][row.subclass]
    assert point.name not in ("reserved", "proprietary")
    assert layouts.ROWS[row.token_class, row.subclass, row.key_bits] is row


def test_services_are_the_subclasses_of_credit() -> None:
    names = [row.name for row in registry.SUBCLASSES[0][:8]]
    assert names == [service.name.lower().replace("_", " ") for service in Service]


@pytest.mark.parametrize("row", layouts.LAYOUTS, ids=lambda row: row.name)
def test_the_fields_of_a_layout_fill_the_block_without_a_gap(row: layouts.Layout) -> None:
    top = 60
    for spec in row.fields:
        assert spec.shift + spec.width == top
        assert spec.meaning
        assert 0 <= spec.lowest <= spec.limit < 1 << spec.width
        top = spec.shift
    assert top == 16


def test_only_parts_of_keys_are_secret() -> None:
    secret = {spec.name for row in layouts.LAYOUTS for spec in row.fields if spec.secret}
    assert secret == {"nkho", "nklo", "nkmo1", "nkmo2"}


@pytest.mark.parametrize(
    ("token_class", "subclass", "status"),
    [
        (0, 8, "reserved"),
        (1, 2, "not public"),
        (1, 3, "reserved"),
        (1, 6, "proprietary"),
        (2, 9, "for 128-bit keys"),
        (2, 11, "proprietary"),
    ],
)
def test_what_cannot_be_read_has_a_status(token_class: int, subclass: int, status: str) -> None:
    assert registry.subclass_status(token_class, subclass) == status
    assert not {(token_class, subclass, bits) for bits in (None, 64)} & layouts.ROWS.keys()
