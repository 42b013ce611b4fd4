"""What is wrong with a meter's file: the error names the part, and nothing slips in with a journal."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from tests.unit.meter.shop import NOW, key_of
from tests.unit.meter.test_damaged_files import changed, refusal
from tests.unit.meter.test_round_trip import CHANGED, SECTIONS, kept, lived
from tests.unit.meter.test_state_file import load
from voltoken.meter import CELLS
from voltoken.meter.cells import DecoderKeyRegister
from voltoken.sts import EA, TCT, KeyType, crc16, pack

LIVED = lived().to_document()
SINCE = "2026-03-01T13:00:00Z"
PACKED = pack(SECTIONS[0])


def written(section: int) -> dict[str, Any]:
    """Return a cell of pending sections with one section."""
    return {"sections": [f"{section:016x}"], "since": SINCE}


DAMAGED: list[tuple[str, Any, str]] = [
    ("pan", "600727000000000008", "pan"),
    ("pan", "000012345678901238", "pan"),
    ("pan", None, "pan"),
    ("profile", {"name": "x"}, "profile"),
    ("profile.sections", 2, "meter"),
    ("price", {"per_unit": 5}, "price"),
    ("price", {"per_unit": 5, "counts": 1000}, "meter"),
    ("cells", [], "cells"),
    *((f"cells.{name}", 5, f"cells.{name}") for name in CELLS),
    ("cells.limits.alarm_minutes", -1, "cells.limits"),
    ("cells.history.power_failures", -1, "cells.history"),
    ("cells.pending", written(1 << 65 | PACKED), "cells.pending"),
    ("journal", [], "journal"),
    ("journal", {"tids": []}, "cells.tids"),
    ("armed", -1, "armed"),
    ("powered", 1, "supply"),
    ("closed", None, "supply"),
    ("trip", {}, "supply"),
    ("last_result", "Perhaps", "supply"),
]


@pytest.mark.parametrize(("path", "value", "part"), DAMAGED)
def test_the_error_names_the_part_that_is_damaged(path: str, value: Any, part: str) -> None:
    error = refusal(changed(LIVED, path, value))
    assert error.detail["part"] == part
    assert f" {part}." in error.message


@pytest.mark.parametrize(
    ("version", "shown"),
    [
        (0, "0"),
        (2, "2"),
        (999_999, "999999"),
        (10**6, "unknown"),
        (-1, "unknown"),
        (True, "unknown"),
        ("2", "unknown"),
    ],
)
def test_another_version_is_named_when_it_is_a_number(version: Any, shown: str) -> None:
    error = refusal(changed(LIVED, "version", version))
    assert error.detail["version"] == shown
    assert f"has version {shown};" in error.message


def test_a_memory_of_another_size_names_the_cell_and_the_size() -> None:
    error = refusal(changed(LIVED, "cells.tids", [1] * 49))
    assert "tids: 49" in error.message
    assert "50 TIDs" in error.message


# ---------------------------------------------------------------------- pending sections


@pytest.mark.parametrize(("beyond", "token_class"), [(1 << 64, 3), (1 << 65, 2)])
def test_a_section_of_more_than_64_bits_is_refused_though_its_checksum_fits(
    beyond: int, token_class: int
) -> None:
    upper48 = PACKED >> 16
    fitting = upper48 << 16 | crc16((token_class << 48 | upper48).to_bytes(7, "big"))
    assert load(changed(LIVED, "cells.pending", written(PACKED))).memory.pending.sections == SECTIONS[:1]
    error = refusal(changed(LIVED, "cells.pending", written(beyond | fitting)))
    assert error.detail["part"] == "cells.pending"


def test_more_sections_than_a_set_has_are_refused() -> None:
    five = [f"{pack(section):016x}" for section in (*SECTIONS, SECTIONS[0])]
    assert len(load(changed(LIVED, "cells.pending.sections", five[:4])).memory.pending.sections) == 4
    assert refusal(changed(LIVED, "cells.pending.sections", five)).detail["part"] == "cells.pending"


def test_more_flags_than_there_are_are_refused() -> None:
    assert len(load(changed(LIVED, "cells.flags", list(range(512)))).memory.flags) == 512
    assert refusal(changed(LIVED, "cells.flags", [*range(512), 0])).detail["part"] == "cells.flags"


def test_a_part_of_a_step_has_at_most_400_characters() -> None:
    owed = "0." + "9" * 398
    assert load(changed(LIVED, "cells.balance.owed", owed)).memory.balance.owed == Fraction(owed)
    assert refusal(changed(LIVED, "cells.balance.owed", f"{owed}9")).detail["part"] == "cells.balance"


# ---------------------------------------------------------------------- journals


def journal_of(**cells: Any) -> dict[str, Any]:
    """Return the document of a meter whose power failed while these cells were written."""
    meter = lived()
    meter.memory.journal = cells
    return meter.to_document()


def test_a_journal_with_a_cell_that_no_meter_has_is_refused() -> None:
    document = journal_of(**CHANGED)
    document["journal"]["colour"] = 1
    assert "journal" in refusal(document).message
    assert "journal" in refusal(changed(LIVED, "journal", {"colour": 1})).message


def test_a_journal_without_a_key_is_finished_under_the_key_that_is() -> None:
    meter = lived()
    meter.memory.journal = {"balance": CHANGED["balance"], "tids": CHANGED["tids"]}
    meter.is_powered = False
    back = kept(meter)
    back.restore_power(NOW)
    assert (back.credit, back.memory.tids, back.memory.key.krn) == (8, CHANGED["tids"], 1)


def test_a_journal_cannot_bring_a_key_of_another_encryption() -> None:
    document = journal_of(key=DecoderKeyRegister.of(key_of(2, EA.STA)))
    assert "journal" in refusal(document).message


def test_a_journal_cannot_bring_a_common_key_to_a_meter_without_cards() -> None:
    common = DecoderKeyRegister.of(key_of(2, kt=KeyType.DCTK))
    assert refusal(journal_of(key=common)).detail["part"] == "journal"
    with_cards = journal_of(key=common) | {"profile": LIVED["profile"] | {"tct": str(TCT("01"))}}
    assert load(with_cards).memory.journal == {"key": common}
