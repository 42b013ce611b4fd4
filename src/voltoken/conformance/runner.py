"""Runs vectors of the schema ``voltoken-vectors/1`` (see ``vectors/README.md``) against ``voltoken.sts``.

What a vector is follows from the fields it has, not from the name of its group, so that files of others
need no registration here. Every vector is tried both ways: the inputs must give the result with every
intermediate value on the way, and the result must give the inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from voltoken.conformance.entry import Entry, Mismatch, Unavailable
from voltoken.conformance.primitives import (
    check_block,
    check_class_bits,
    check_control_bit,
    check_crc,
    check_crc_c,
    check_currency,
    check_derivation,
    check_flag,
    check_ken,
    check_luhn,
    check_pan,
    check_tid,
    check_units,
    check_watts,
)
from voltoken.conformance.report import Check, GroupResult, Report
from voltoken.conformance.tokens import check_assembly, check_class1, check_set, check_token
from voltoken.errors import FieldError, VoltokenError
from voltoken.sts import SAMPLE_TABLES, STATables

SCHEMA: Final = "voltoken-vectors/1"
"""The ``schema`` of the files this runner reads."""

KINDS: Final[tuple[tuple[frozenset[str], Callable[[Entry], None]], ...]] = tuple(
    (frozenset(names.split()), check)
    for names, check in (
        ("tokens sections", check_set),
        ("token control_hex mfr_code", check_class1),
        ("key class subclass", check_token),
        ("token block64_hex class", check_class_bits),
        ("test_number control_bit", check_control_bit),
        ("index flag value field_hex", check_flag),
        ("vending_key sgc krn", check_derivation),
        ("key plain", check_block),
        ("input_hex crc_c_hex", check_crc_c),
        ("input_hex crc_hex", check_crc),
        ("digits check_digit", check_luhn),
        ("pan", check_pan),
        ("ken tid valid", check_ken),
        ("time_of_issue base_date", check_tid),
        ("watts", check_watts),
        ("amount se_hex", check_currency),
        ("amount", check_units),
    )
)
"""What fields make a vector what it is, and what checks it; the first row that fits counts."""


def run_documents(documents: Mapping[str, object], sta_tables: STATables | None = None) -> Report:
    """Try every vector of every document.

    documents: parsed JSON by file name; numbers with decimals as Decimal.
    sta_tables: licensed EA07 tables for vectors made with them; without, those are skipped. Vectors made
        with the sample tables always run on those.
    Raises FieldError for a document that is no vector file; a faulty vector fails with a reason.
    """
    results: list[GroupResult] = []
    for file, document in documents.items():
        results += _run_document(file, document, sta_tables)
    return Report(tuple(results))


def _run_document(file: str, document: object, sta_tables: STATables | None) -> list[GroupResult]:
    if not isinstance(document, Mapping) or document.get("schema") != SCHEMA:
        found = document.get("schema") if isinstance(document, Mapping) else type(document).__name__
        raise FieldError(f"schema of {file}", found, f"a JSON object whose schema is {SCHEMA}")
    groups = document.get("groups")
    if not isinstance(groups, Mapping) or not all(isinstance(rows, list) for rows in groups.values()):
        raise FieldError(f"groups of {file}", type(groups).__name__, "an object of lists of vectors")
    if "sample_tables" in document:
        sta_tables = SAMPLE_TABLES
    results = []
    for group, rows in groups.items():
        checks = [_run(_label(row, number), row, group, sta_tables) for number, row in enumerate(rows, 1)]
        checks += _run_loose_sets(rows, group, sta_tables)
        checks += _check_count(document, group, len(rows))
        results.append(GroupResult(file, str(group), tuple(checks)))
    if "sample_tables" in document:
        results.append(GroupResult(file, "sample_tables", (_check_tables(document["sample_tables"]),)))
    return results


def _run(label: str, row: object, group: str, sta_tables: STATables | None) -> Check:
    """Try one vector."""
    if not isinstance(row, Mapping):
        return Check(label, "failed", "a vector is a JSON object")
    check = next((check for names, check in KINDS if names <= row.keys()), None)
    if check is None:
        return Check(label, "skipped", f"unknown kind of vector: {', '.join(sorted(map(str, row)))}")
    return _outcome(label, lambda: check(Entry(row, group, _tables_for(row, sta_tables))))


def _outcome(label: str, attempt: Callable[[], None]) -> Check:
    """Run one check and say what became of it."""
    try:
        attempt()
    except Mismatch as error:
        return Check(label, "failed", str(error))
    except Unavailable as error:
        return Check(label, "skipped", str(error))
    except VoltokenError as error:
        return Check(label, "failed", f"refused ({error.code}): {error.message}")
    return Check(label, "passed")


def _tables_for(row: Mapping[str, Any], sta_tables: STATables | None) -> STATables | None:
    """Return the EA07 tables for a vector that may say itself that it was made with the sample set."""
    said = f"{row.get('origin', '')} {row.get('note', '')}".lower()
    return SAMPLE_TABLES if sta_tables is None and "sample tables" in said else sta_tables


def _run_loose_sets(rows: list[Any], group: str, sta_tables: STATables | None) -> list[Check]:
    """Put together the key change sets whose tokens stand one by one, each naming its set."""
    sets: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if isinstance(row, Mapping) and isinstance(row.get("set"), str) and "new_key" in row:
            sets.setdefault(row["set"], []).append(row)
    return [_run_loose_set(name, members, group, sta_tables) for name, members in sets.items()]


def _run_loose_set(
    name: str, members: Iterable[Mapping[str, Any]], group: str, sta_tables: STATables | None
) -> Check:
    entries = [Entry(row, group, _tables_for(row, sta_tables)) for row in members]
    return _outcome(f"{name} assembled", lambda: check_assembly(entries))


def _check_count(document: Mapping[str, Any], group: str, found: int) -> list[Check]:
    """Compare the number of vectors with the one the file announces: a cut file must not pass."""
    counts = document.get("counts")
    if not isinstance(counts, Mapping) or group not in counts or counts[group] == found:
        return []
    return [Check("count", "failed", f"counts: expected {counts[group]} vectors, found {found}")]


def _check_tables(document: object) -> Check:
    def attempt() -> None:
        if not STATables.from_document(document).is_sample:
            raise Mismatch("these are not the standard's sample tables")

    return _outcome("sample tables", attempt)


def _label(row: object, number: int) -> str:
    if isinstance(row, Mapping):
        for name in ("id", "set"):
            if isinstance(row.get(name), str):
                return str(row[name])
        if "test_number" in row:
            return f"test {row['test_number']}"
    return f"entry {number}"
