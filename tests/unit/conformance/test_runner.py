"""The conformance runner: it passes what is right, and notices anything that is not."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltoken.conformance import SCHEMA, Check, GroupResult, Report, run_documents
from voltoken.errors import FieldError
from voltoken.sts import STATables

FOLDER = Path(__file__).resolve().parents[3] / "vectors"
FILES = sorted(path.name for path in FOLDER.glob("*.json"))

PROVENANCE = {"id", "origin", "source", "note", "confidence", "function", "set", "fields", "topic"}
"""What a vector says about itself, not about a token."""
NOT_COMPARED = {
    ("meter_pan", "reading"): "chooses what is compared",
    ("ken", "tid"): "the rule looks at its upper 8 bits",
    ("keychange_sets", "complete"): "chooses what is compared",
    ("keychange_sets", "sections"): "says which sections are published",
}


def load(name: str) -> dict[str, Any]:
    """Return one vector file, parsed as the command line does."""
    content: dict[str, Any] = json.loads((FOLDER / name).read_text("utf-8"), parse_float=Decimal)
    return content


def run(document: dict[str, Any], tables: STATables | None = None) -> Report:
    """Run one document."""
    return run_documents({"file.json": document}, tables)


def single(name: str, group: str, index: int = 0) -> dict[str, Any]:
    """Return a document with one entry of a published group."""
    entry = copy.deepcopy(load(name)["groups"][group][index])
    return {"schema": SCHEMA, "groups": {group: [entry]}}


@pytest.mark.parametrize("name", FILES)
def test_every_published_file_passes_without_a_skip(name: str) -> None:
    report = run(load(name))
    assert [check for group in report.groups for check in group.checks if check.status != "passed"] == []
    assert report.passed >= sum(load(name)["counts"].values())
    assert report.ok


def test_sets_whose_tokens_stand_alone_are_put_together() -> None:
    report = run(load("ea07_sample.json"))
    checks = next(group for group in report.groups if group.group == "tokens").checks
    assert [check.id for check in checks if check.id.endswith("assembled")] == [
        f"kct-0{number} assembled" for number in range(1, 8)
    ]


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[dict[str, Any], str, tuple[str, ...]]]:
    """Find every plain value of an entry: the object that holds it, its name, and its path."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, dict | list):
                yield from leaves(inner, (*path, name))
            elif inner is not None:
                yield value, name, (*path, name)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)


def changed(value: Any) -> Any:
    """Return another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, Decimal):
        return value + 1000
    if "T" in value and "-" in value:  # a time: another day
        return value.replace("T", "T1", 1) if value[11] == "0" else value.replace("T1", "T0", 1)
    return value[:-1] + ("1" if value[-1] != "1" else "2")


@pytest.mark.parametrize(
    ("name", "group"), [(name, group) for name in FILES for group in load(name)["groups"]]
)
def test_a_change_of_any_value_is_noticed(name: str, group: str) -> None:
    document = load(name)
    entries = document["groups"][group]
    extra = {"sample_tables": document["sample_tables"]} if "sample_tables" in document else {}
    missed = set()
    for entry in (entries[0], entries[len(entries) // 2], entries[-1]):
        for holder, field, path in leaves(entry):
            if PROVENANCE & set(path) or (group, field) in NOT_COMPARED or "expect" in entry:
                continue
            kept = holder[field]
            holder[field] = changed(kept)
            report = run({"schema": SCHEMA, "groups": {group: [entry]}, **extra})
            holder[field] = kept
            if not report.failed and not is_same_request(field, kept):
                missed.add((entry.get("id"), ".".join(path), kept))
    assert missed == set()


def is_same_request(field: str, kept: Any) -> bool:
    """Whether the changed input leads to the same field: rounding and far limits swallow it."""
    return field in {"watts", "watts_requested"} and kept != 0


def test_a_wrong_token_names_expected_and_got() -> None:
    document = single("ea11_tokens.json", "ea11_tokens")
    document["groups"]["ea11_tokens"][0]["token"] = "03477912490596695896"
    (check,) = run(document).groups[0].checks
    assert check == Check(
        "ea11-001", "failed", "token: expected 03477912490596695896, got 03477912490596695895"
    )


def test_ea07_without_the_licensed_tables_is_skipped_with_the_reason() -> None:
    document = single("ea07_sample.json", "tokens")
    document["groups"]["tokens"][0]["origin"] = "made with the licensed tables"
    report = run(document)
    (check,) = report.groups[0].checks
    assert check.status == "skipped"
    assert "--sta-tables" in check.detail
    assert not report.ok  # a run that tried nothing proves nothing


def test_ea07_runs_on_the_tables_that_are_given() -> None:
    document = single("ea07_sample.json", "tokens")
    document["groups"]["tokens"][0]["origin"] = "made with the licensed tables"
    others = STATables(range_of(16, 3), range_of(16, 5), range_of(64, 7))
    assert run(document, others).failed == 1


def range_of(size: int, step: int) -> list[int]:
    """Return a permutation of 0 to size - 1."""
    return [place * step % size for place in range(size)]


def test_an_entry_may_say_that_it_was_made_with_the_sample_tables() -> None:
    assert run(single("ea07_sample.json", "tokens")).passed == 1


def test_a_file_that_lost_entries_fails() -> None:
    document = load("crc.json")
    document["groups"]["crc16"].pop()
    report = run(document)
    assert [check.detail for check in report.groups[0].checks if check.status == "failed"] == [
        "counts: expected 3 vectors, found 2"
    ]


def test_tables_in_a_file_must_be_the_sample_tables() -> None:
    document = load("ea07_sample.json")
    tables = document["sample_tables"]
    tables["substitution_1"], tables["substitution_2"] = tables["substitution_2"], tables["substitution_1"]
    groups = {group.group: group for group in run(document).groups}
    assert groups["sample_tables"].failed == 1


def test_a_token_that_must_be_refused_is_refused() -> None:
    document = single("ea11_tokens.json", "ea11_tokens")
    entry = document["groups"]["ea11_tokens"][0]
    entry["expect"] = "POS refuses: vending key expired"
    assert run(document).failed == 1  # the key of this vector has not expired
    entry["ken"], entry["tid"], entry["time_of_issue"] = 1, 5258880, "2024-01-01T00:00"
    assert run(document).passed == 1


def test_an_unknown_kind_of_vector_is_skipped_and_named() -> None:
    (check,) = run({"schema": SCHEMA, "groups": {"x": [{"colour": "blue"}]}}).groups[0].checks
    assert (check.id, check.status) == ("entry 1", "skipped")
    assert "colour" in check.detail


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ([], "schema"),
        ({"schema": "other/1", "groups": {}}, "other/1"),
        ({"schema": SCHEMA}, "groups"),
        ({"schema": SCHEMA, "groups": {"a": {}}}, "groups"),
    ],
)
def test_what_is_no_vector_file_is_refused(document: object, named: str) -> None:
    with pytest.raises(FieldError, match=named):
        run_documents({"file.json": document})


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_a_damaged_vector_fails_with_a_reason_and_nothing_else_happens(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(FILES))
    document = load(name)
    group = data.draw(st.sampled_from(sorted(document["groups"])))
    entry = data.draw(st.sampled_from(document["groups"][group]))
    holder, field, _ = data.draw(st.sampled_from(list(leaves(entry))))
    holder[field] = data.draw(JSON_VALUES)
    report = run({"schema": SCHEMA, "groups": {group: [entry]}})
    for check in report.groups[0].checks:
        assert check.status == "passed" or check.detail


@pytest.mark.parametrize("tokens", [None, [], [None], "x", [[]], {}])
def test_a_set_without_tokens_fails(tokens: object) -> None:
    document = single("keychange_ea11.json", "keychange_sets")
    document["groups"]["keychange_sets"][0]["tokens"] = tokens
    (check,) = run(document).groups[0].checks
    assert (check.status, check.detail) == ("failed", "tokens must be a list of objects")


@given(JSON_VALUES)
def test_any_entry_gives_a_check(value: object) -> None:
    report = run({"schema": SCHEMA, "groups": {"x": [value]}})
    assert len(report.groups[0].checks) == 1


def test_a_report_counts() -> None:
    group = GroupResult(
        "f", "g", (Check("a", "passed"), Check("b", "failed", "x"), Check("c", "skipped", "y"))
    )
    report = Report((group, group))
    assert (group.passed, group.failed, group.skipped) == (1, 1, 1)
    assert (report.passed, report.failed, report.skipped, report.ok) == (2, 2, 2, False)
