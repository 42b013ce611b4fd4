"""The conformance command: the vectors that come along, vectors of others, and faulty files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.e2e.sessions import ask, session

VECTORS = Path(__file__).resolve().parents[2] / "vectors"


@pytest.fixture
def tampered(tmp_path: Path) -> Path:
    """Write a vector file in which one published token has a wrong digit."""
    document: dict[str, Any] = json.loads((VECTORS / "misty1.json").read_text("utf-8"))
    document["groups"]["misty1"][0]["cipher"] = "0" * 16
    file = tmp_path / "tampered.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def test_the_vectors_that_come_along_pass() -> None:
    run = session("conformance", "vectors")
    assert (run.code, run.err) == (0, "")
    assert "0 failed" in run.out
    assert "ea11_tokens" in run.out


def test_a_tampered_vector_fails_the_run(tampered: Path) -> None:
    run = session("conformance", "vectors", str(tampered))
    assert run.code == 1
    assert "expected 0000000000000000" in run.out
    answer = ask("conformance", "vectors", str(tampered), "--json")
    assert answer.code == 1
    assert (answer.json["ok"], answer.json["failed"], answer.json["passed"]) == (False, 1, 1)


def test_the_junit_file_is_well_formed(tampered: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    run = ask("conformance", "vectors", str(tampered), "--junit", str(report))
    assert run.code == 1
    tree = ET.parse(report).getroot()  # noqa: S314 - our own file
    assert (tree.get("tests"), tree.get("failures")) == ("2", "1")
    assert [case.get("name") for case in tree.iter("testcase") if case.find("failure") is not None]
    assert ask("conformance", "vectors", str(tampered), "--junit", str(tmp_path)).code == 8


def test_skipped_vectors_say_what_is_missing(tmp_path: Path) -> None:
    row = {"id": "one", "key": "0abc12def3456789", "plain": "0" * 16, "cipher": "0" * 16}
    file = tmp_path / "licensed.json"
    file.write_text(json.dumps({"schema": "voltoken-vectors/1", "groups": {"blocks": [row]}}), "utf-8")
    run = ask("conformance", "vectors", str(file))
    assert run.code == 1
    assert "--sta-tables" in run.out
    assert "Nothing was tried" in run.out


@pytest.mark.parametrize(
    ("text", "code"),
    [("", 2), ("no JSON", 2), ("[]", 2), ("{}", 2), ('{"schema": "voltoken-vectors/1"}', 2), (None, 8)],
)
def test_files_that_are_none_are_refused(tmp_path: Path, text: str | None, code: int) -> None:
    file = tmp_path / "file.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    run = ask("conformance", "vectors", str(file))
    assert (run.code, run.out) == (code, "")
    assert str(file) in run.err


def test_names_that_xml_cannot_hold_do_not_spoil_the_report(tmp_path: Path) -> None:
    row = {"id": "\x00\ud800<&", "digits": "1", "check_digit": 8}
    file, report = tmp_path / "odd.json", tmp_path / "odd.xml"
    file.write_text(json.dumps({"schema": "voltoken-vectors/1", "groups": {"\x01": [row]}}), "utf-8")
    assert ask("conformance", "vectors", str(file), "--junit", str(report)).code == 0
    assert ET.parse(report).getroot().get("tests") == "1"  # noqa: S314 - our own file
