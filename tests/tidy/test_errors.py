"""Every error of ours has a code of its own, and the reference page explains that code.

Codes are what callers match on, so they outlive messages and class names. They are read from the
source, never by importing rooms whose libraries may be absent.
"""

from __future__ import annotations

import ast
import re

import pytest

from tests.tidy.source import ROOT, STANDING, House, expect_none

BASE = "VoltokenError"
CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
PAGE = ROOT / "docs" / "reference" / "errors.md"


def error_classes(house: House) -> dict[str, tuple[str, ast.ClassDef]]:
    """Find all classes that descend from the base error, by name, with the file of each."""
    classes = {
        node.name: (source.path, node)
        for source in house.sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef)
    }
    found: dict[str, tuple[str, ast.ClassDef]] = {}
    size = -1
    while size != len(found):
        size = len(found)
        for name, (path, node) in classes.items():
            parents = {ast.unparse(base).split(".")[-1] for base in node.bases}
            if parents & {BASE, *found}:
                found[name] = (path, node)
    return found


def code_of(node: ast.ClassDef) -> str | None:
    """Read the literal class attribute `code`, annotated or not."""
    for line in node.body:
        target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
        value = getattr(line, "value", None)
        if isinstance(target, ast.Name) and target.id == "code" and isinstance(value, ast.Constant):
            return str(value.value)
    return None


def faults_of(house: House, page: str) -> list[str]:
    """List errors without a code, with a malformed or shared one, or absent from the page."""
    faults = []
    owner: dict[str, str] = {}
    for name, (path, node) in error_classes(house).items():
        where = f"{path}:{node.lineno}: {name}"
        code = code_of(node)
        if code is None:
            faults.append(f"{where} has no code of its own")
            continue
        if not CODE.fullmatch(code):
            faults.append(f"{where} has the code {code!r}, which is not of the form area.what")
        if code in owner:
            faults.append(f"{where} shares the code {code!r} with {owner[code]}")
        if f"`{code}`" not in page:
            faults.append(f"{where}: docs/reference/errors.md does not explain `{code}`")
        owner[code] = name
    return faults


def test_every_error_has_a_code_that_is_explained() -> None:
    page = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
    expect_none(faults_of(STANDING, page))


GOOD = "class A(VoltokenError):\n    code: ClassVar[str] = 'token.carrier'\n"


@pytest.mark.parametrize(
    ("text", "page", "faults"),
    [
        (GOOD, "| `token.carrier` |", 0),
        (GOOD, "| `token.carriers` |", 1),
        (GOOD + "class B(A): ...\n", "`token.carrier`", 1),
        (GOOD + "class B(errors.A):\n    code = 'token.carrier'\n", "`token.carrier`", 1),
        ("class A(VoltokenError):\n    code = 'Token'\n", "`Token`", 1),
        ("class A(VoltokenError):\n    code = make()\n", "", 1),
        ("class A(ValueError): ...\n", "", 0),
    ],
)
def test_faulty_errors_are_seen(text: str, page: str, faults: int) -> None:
    assert len(faults_of(House.of({"errors.py": text}), page)) == faults
