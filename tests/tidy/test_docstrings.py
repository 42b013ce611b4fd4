"""House rules about words: what is public is explained, what a door offers exists."""

from __future__ import annotations

import ast

import pytest

from tests.tidy.source import (
    STANDING,
    Definition,
    Function,
    House,
    Rule,
    Source,
    expect_none,
    exported,
    walk,
)


def modules_begin_with_a_docstring(house: House) -> list[str]:
    """Every module says first what it is for."""
    return [
        source.at(1, "the module has no docstring")
        for source in house.sources
        if not ast.get_docstring(source.tree)
    ]


def public_definitions_have_docstrings(house: House) -> list[str]:
    """Public classes, functions and methods are explained; a setter is part of its property."""
    faults = []
    for source in house.sources:
        for around, node in walk(source.tree):
            if any(name.startswith("_") for name in (*around, node.name)):
                continue
            if isinstance(node, Function) and _continues_another(node):
                continue
            if not ast.get_docstring(node):
                faults.append(source.at(node.lineno, f"{node.name} has no docstring"))
    return faults


def _continues_another(node: Function) -> bool:
    words = [ast.unparse(decorator).split(".")[-1] for decorator in node.decorator_list]
    return any(word in {"overload", "setter", "deleter"} for word in words)


def doors_offer_what_exists(house: House) -> list[str]:
    """Every name in a package's `__all__` is bound there, and explained where it is defined."""
    faults = []
    for source in house.sources:
        if not source.is_door:
            continue
        for name in exported(source):
            found = _definition(house, source, name)
            if found is None:
                faults.append(source.at(1, f"__all__ names {name}, which does not exist"))
                continue
            where, node = found
            if node is not None and not _explained(where, node):
                faults.append(where.at(node.lineno, f"{name} is exported and not explained"))
    return faults


def _definition(house: House, source: Source, name: str) -> tuple[Source, ast.stmt | None] | None:
    """Follow a name through our imports to the statement that binds it.

    Returns the file and the statement; no statement where the name is a module or comes from a
    library, whose words are judged elsewhere; and nothing at all for a name that nobody binds.
    """
    for item in source.imports:
        if not item.at_top or name not in item.bound:
            continue
        origin = item.names[item.bound.index(name)] if item.names else ""
        there = house.modules.get(item.module)
        if there is None:
            return source, None
        if there is not source and (found := _definition(house, there, origin)):
            return found
        return (source, None) if f"{item.module}.{origin}" in house.modules else None
    for node in source.tree.body:
        if _binds(node, name):
            return source, node
    return None


def _binds(node: ast.stmt, name: str) -> bool:
    """Say whether a statement defines or assigns `name`."""
    if isinstance(node, Definition):
        return node.name == name
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _explained(source: Source, node: ast.stmt) -> bool:
    """Say whether a definition has a docstring, or a constant words beside, above or below it."""
    if isinstance(node, Definition):
        return bool(ast.get_docstring(node))
    lines = source.text.splitlines()
    beside = any("#" in line for line in lines[node.lineno - 1 : node.end_lineno])
    above = node.lineno > 1 and lines[node.lineno - 2].lstrip().startswith("#")
    following = source.tree.body[source.tree.body.index(node) + 1 :][:1]
    below = any(isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) for after in following)
    return beside or above or below


DOOR = "from voltoken.sts.a import {name}\n__all__ = ['{name}']\n"

CASES: list[tuple[Rule, dict[str, str], int]] = [
    (modules_begin_with_a_docstring, {"a.py": "x = 1"}, 1),
    (modules_begin_with_a_docstring, {"a.py": "'Why.'\nx = 1"}, 0),
    (public_definitions_have_docstrings, {"a.py": "def f(): ..."}, 1),
    (public_definitions_have_docstrings, {"a.py": "class A:\n  'A.'\n  def f(self): ..."}, 1),
    (public_definitions_have_docstrings, {"a.py": "if x:\n  async def f(): ..."}, 1),
    (public_definitions_have_docstrings, {"a.py": "class _A:\n  def f(self): ..."}, 0),
    (
        public_definitions_have_docstrings,
        {"a.py": "def f():\n  'F.'\n  def g(): ...\n@typing.overload\ndef h(): ..."},
        0,
    ),
    (doors_offer_what_exists, {"sts/__init__.py": "__all__ = ['gone']"}, 1),
    (doors_offer_what_exists, {"sts/__init__.py": DOOR.format(name="f"), "sts/a.py": "x = 1"}, 1),
    (
        doors_offer_what_exists,
        {"sts/__init__.py": DOOR.format(name="f"), "sts/a.py": "def f(): ..."},
        1,
    ),
    (doors_offer_what_exists, {"sts/__init__.py": DOOR.format(name="X"), "sts/a.py": "X = 1"}, 1),
    (
        doors_offer_what_exists,
        {"sts/__init__.py": DOOR.format(name="X"), "sts/a.py": "X = 1\n'The one.'"},
        0,
    ),
    (
        doors_offer_what_exists,
        {"sts/__init__.py": DOOR.format(name="X"), "sts/a.py": "X = 1  # the one"},
        0,
    ),
    (
        doors_offer_what_exists,
        {
            "sts/__init__.py": "from .a import f as g\n__all__ = ['g']",
            "sts/a.py": "from voltoken.sts.b import f",
            "sts/b.py": "def f():\n  'F.'",
        },
        0,
    ),
    (
        doors_offer_what_exists,
        {"sts/__init__.py": "from voltoken.sts import a\n__all__ = ['a']", "sts/a.py": "'A.'"},
        0,
    ),
]

RULES = list(dict.fromkeys(rule for rule, _, _ in CASES))


@pytest.mark.parametrize("rule", RULES)
def test_the_house_keeps_the_rule(rule: Rule) -> None:
    expect_none(rule(STANDING))


@pytest.mark.parametrize(("rule", "files", "faults"), CASES)
def test_the_rule_sees_faults(rule: Rule, files: dict[str, str], faults: int) -> None:
    assert len(rule(House.of(files))) == faults
