"""The vector files are whole, and no group or refusal in them goes untested."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.vectors.files import FOLDER, Entry, document

NAMES = sorted(path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.json"))

TESTED_REFUSALS = {"amt-x1", "ken-4", "pan-bad-1"}
"""Entries that must be refused; each has its test where its group is tested."""


def groups_read_by_tests() -> set[tuple[str, str]]:
    """Find, in the sources of the tests beside this one, which groups of which files they read."""
    found = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"cases", "group"}:
                name, group_name = (ast.literal_eval(argument) for argument in node.args[:2])
                found.add((name, group_name))
    return found


def entries_of(name: str) -> list[Entry]:
    """Return all entries of a file, with the tokens of sets beside the sets."""
    entries = [entry for group in document(name)["groups"].values() for entry in group]
    return entries + [token for entry in entries for token in entry.get("tokens", [])]


def test_every_group_of_every_file_is_read_by_a_test() -> None:
    standing = {(name, group) for name in NAMES for group in document(name)["groups"]}
    assert groups_read_by_tests() == standing


def test_every_entry_that_must_be_refused_has_its_test() -> None:
    found = {entry["id"] for name in NAMES for entry in entries_of(name) if "expect" in entry}
    assert found == TESTED_REFUSALS


@pytest.mark.parametrize("name", NAMES)
def test_counts_tell_the_truth(name: str) -> None:
    content = document(name)
    assert content["schema"] == "voltoken-vectors/1"
    assert content["topic"]
    assert content["counts"] == {group: len(entries) for group, entries in content["groups"].items()}


@pytest.mark.parametrize("name", NAMES)
def test_entries_have_labels_of_their_own(name: str) -> None:
    for group in document(name)["groups"].values():
        labels = [entry["id"] for entry in group if "id" in entry]
        assert len(set(labels)) == len(labels)


def test_the_readme_describes_every_file_and_group() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    for name in NAMES:
        assert f"### {name}.json" in readme
        for group, count in document(name)["counts"].items():
            assert f"`{group}` ({count})" in readme


def test_the_files_are_the_published_ones() -> None:
    totals = {name: sum(document(name)["counts"].values()) for name in NAMES}
    assert totals == {
        "amounts": 41,
        "class1": 92,
        "crc": 4,
        "dkga": 19,
        "ea07_sample": 95,
        "ea11_tokens": 47,
        "files/keyload": 21,
        "keychange_ea11": 4,
        "layout": 4,
        "luhn_pan": 13,
        "misty1": 2,
        "tid": 84,
    }
