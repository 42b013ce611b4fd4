"""House rules about the shape of code: sizes, names, and constructs that hide faults."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

import pytest

from tests.tidy.source import (
    ROOT,
    STANDING,
    Definition,
    Function,
    House,
    Rule,
    Source,
    expect_none,
    exported,
    files_of_checkout,
)

LINES_OF_FILE = 300
LINES_OF_FUNCTION = 60

DATA_FILES: Mapping[str, str] = {
    "src/voltoken/tariff/reading/fields.py": "every key of a tariff document, with its bounds and meaning",
}
"""Files over the limit because they are tables of data, by path, each with the reason."""

LONG_FUNCTIONS: Mapping[str, str] = {
    "sts/ciphers/misty1.py:encrypt": "eight rounds written out: a loop takes twice as long",
    "sts/ciphers/misty1.py:decrypt": "the same, backwards",
}
"""Functions over the limit, by path and name, each with the reason."""

EXACT = {"ledger", "money", "sts", "tariff"}
"""Rooms that count in whole numbers or exact fractions."""

EXACT_MATH = {"comb", "factorial", "gcd", "isqrt", "lcm", "perm", "prod"}
"""The functions of `math` that give whole numbers for whole numbers."""

# Written in pieces, so that this file does not trip over its own rule.
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
BLUNT = {
    "an exclusion from coverage needs its reason: '... - why'": re.compile(
        r"pragma: no " + r"(cover|branch)(?!\s*(-|–|:|\()\s*\w)"
    ),
    "a type suppression needs its code": re.compile(r"type: ign" + r"ore(?!\[)"),
    "a lint suppression needs its code": re.compile(r"#\s*no" + r"qa(?!: ?[A-Z]+[0-9])"),
}


def files_are_short(house: House) -> list[str]:
    """A file holds one idea; tables of data are exempt by name."""
    return [
        source.at(length, f"{length} lines, {LINES_OF_FILE} allowed")
        for source in house.sources
        if (length := len(source.text.splitlines())) > LINES_OF_FILE and source.path not in DATA_FILES
    ]


def functions_fit_a_screen(house: House) -> list[str]:
    """A function, docstring included, fits a screen."""
    return [
        source.at(node.lineno, f"{node.name} has {length} lines, {LINES_OF_FUNCTION} allowed")
        for source in house.sources
        for node in ast.walk(source.tree)
        if isinstance(node, Function)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LINES_OF_FUNCTION
        and f"{source.path.removeprefix('src/voltoken/')}:{node.name}" not in LONG_FUNCTIONS
    ]


def names_say_something(house: House) -> list[str]:
    """No Manager, Helper, Util or Factory, and no function that processes, handles or manages."""
    vague = re.compile(r"(manager|helpers?|utils?|factory)$", re.IGNORECASE)
    faults = []
    for source in house.sources:
        # A module may be called factory: the meter has one, with machines in it.
        if re.search(r"(manager|helpers?|utils?)$", source.module, re.IGNORECASE):
            faults.append(source.at(1, f"the module {source.module} has a vague name"))
        for node in ast.walk(source.tree):
            if not isinstance(node, Definition):
                continue
            empty = isinstance(node, Function) and node.name.strip("_") in {
                *("do", "handle", "manage", "process"),
            }
            if empty or vague.search(node.name):
                faults.append(source.at(node.lineno, f"{node.name} has a vague name"))
    return faults


def errors_are_not_swallowed(house: House) -> list[str]:
    """No bare except, and no catching of everything in order to do nothing."""
    faults = []
    for source in house.sources:
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.ExceptHandler):
                continue
            caught = ast.unparse(node.type) if node.type else ""
            everything = re.search(r"\b(Base)?Exception\b", caught)
            if not caught:
                faults.append(source.at(node.lineno, "bare except"))
            elif everything and all(_idle(line) for line in node.body):
                faults.append(source.at(node.lineno, f"except {caught} swallows the error"))
    return faults


def _idle(node: ast.stmt) -> bool:
    """Say whether a statement does nothing."""
    constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return constant or isinstance(node, ast.Pass | ast.Continue)


def defaults_are_immutable(house: House) -> list[str]:
    """A default argument is made once, so it must not be able to change."""
    literal = ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp
    makers = {"bytearray", "defaultdict", "deque", "dict", "list", "set"}
    faults = []
    for source in house.sources:
        for node in ast.walk(source.tree):
            if not isinstance(node, Function | ast.Lambda):
                continue
            for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
                made = isinstance(default, ast.Call) and ast.unparse(default.func) in makers
                if made or isinstance(default, literal):
                    faults.append(source.at(default.lineno, "a mutable default argument"))
    return faults


def nothing_is_evaluated_or_asserted(house: House) -> list[str]:
    """No eval, no exec; and no assert, which python -O removes."""
    faults = []
    for source in house.sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Assert):
                faults.append(source.at(node.lineno, "assert in src; raise an error instead"))
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"eval", "exec"}
            ):
                faults.append(source.at(node.lineno, f"{node.func.id}()"))
    return faults


def sts_keeps_no_global_cache(house: House) -> list[str]:
    """Key schedules live in objects that their owner drops, never in a cache of the module."""
    faults = []
    for source in house.sources:
        if source.room != "sts":
            continue
        for item in source.imports:
            if item.module == "functools" and {"cache", "lru_cache"} & set(item.names):
                faults.append(source.at(item.line, "a cache of functools outlives its keys"))
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute) and ast.unparse(node) in {
                *("functools.cache", "functools.lru_cache"),
            }:
                faults.append(source.at(node.lineno, "a cache of functools outlives its keys"))
        for statement in source.tree.body:
            if (
                isinstance(statement, ast.Assign | ast.AnnAssign)
                and "cache" in ast.unparse(statement).split("=")[0].lower()
            ):
                faults.append(source.at(statement.lineno, "a cache at module level"))
    return faults


def exact_rooms_use_no_floats(house: House) -> list[str]:
    """Money, units and fields are whole numbers or exact fractions: no floats, no true division."""
    return [
        source.at(line, fault)
        for source in house.sources
        if source.room in EXACT
        for line, fault in _floats(source)
    ]


def _floats(source: Source) -> Iterator[tuple[int, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield node.lineno, f"the float {node.value}"
        elif isinstance(node, ast.Name) and node.id in {"float", "complex"}:
            yield node.lineno, node.id
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield node.lineno, f"true division in {ast.unparse(node)!r}"
        elif isinstance(node, ast.ImportFrom) and node.module == "math":
            if inexact := {alias.name for alias in node.names} - EXACT_MATH:
                yield node.lineno, f"math gives floats for {sorted(inexact)}"
        elif (
            isinstance(node, ast.Attribute)
            and ast.unparse(node.value) == "math"
            and node.attr not in EXACT_MATH
        ):
            yield node.lineno, f"math.{node.attr} gives floats"


def doors_are_in_order(house: House) -> list[str]:
    """The names of a door stand in plain sorted order, each once."""
    return [
        source.at(1, "__all__ is not sorted")
        for source in house.sources
        if (names := exported(source)) and list(names) != sorted(set(names))
    ]


def marks(path: str, text: str) -> list[str]:
    """Find marks of unfinished work and suppressions without a reason in one file."""
    faults = []
    for number, line in enumerate(text.splitlines(), start=1):
        if UNFINISHED.search(line):
            faults.append(f"{path}:{number}: a mark of unfinished work")
        faults += [f"{path}:{number}: {why}" for why, what in BLUNT.items() if what.search(line)]
    return faults


ARTICLE = "def f():\n    pass\n"

CASES: list[tuple[Rule, dict[str, str], int]] = [
    (files_are_short, {"sts/a.py": "x = 1\n" * 300}, 0),
    (files_are_short, {"sts/a.py": "x = 1\n" * 301}, 1),
    (functions_fit_a_screen, {"a.py": "def f():\n" + "    x = 1\n" * 59}, 0),
    (functions_fit_a_screen, {"sts/ciphers/misty1.py": "def other():\n" + "    x = 1\n" * 60}, 1),
    (functions_fit_a_screen, {"a.py": "class A:\n  async def f():\n" + "    x = 1\n" * 60}, 1),
    (names_say_something, {"a.py": "class KeyManager: ...\ndef read_utils(): ...\n"}, 2),
    (names_say_something, {"a.py": "class A:\n    def _process(self): ...\n"}, 1),
    (names_say_something, {"sts/utils.py": ""}, 1),
    (names_say_something, {"meter/factory.py": "def process_of(x): ...\n"}, 0),
    (errors_are_not_swallowed, {"a.py": "try:\n    f()\nexcept:\n    raise\n"}, 1),
    (errors_are_not_swallowed, {"a.py": "try:\n    f()\nexcept Exception:\n    pass\n"}, 1),
    (errors_are_not_swallowed, {"a.py": "try:\n    f()\nexcept (OSError, Exception): ...\n"}, 1),
    (errors_are_not_swallowed, {"a.py": "try:\n    f()\nexcept OSError:\n    pass\n"}, 0),
    (defaults_are_immutable, {"a.py": "def f(a=[], *, b={}, c=set()): ..."}, 3),
    (defaults_are_immutable, {"a.py": "def f(a=(), b=frozenset(), c=None): ..."}, 0),
    (nothing_is_evaluated_or_asserted, {"a.py": "assert x\neval('1')\nexec('1')"}, 3),
    (nothing_is_evaluated_or_asserted, {"a.py": "cursor.exec(x)"}, 0),
    (sts_keeps_no_global_cache, {"sts/a.py": "from functools import lru_cache"}, 1),
    (sts_keeps_no_global_cache, {"sts/a.py": "import functools\n@functools.cache\n" + ARTICLE}, 1),
    (sts_keeps_no_global_cache, {"sts/a.py": "_SCHEDULE_CACHE: dict[bytes, int] = {}"}, 1),
    (sts_keeps_no_global_cache, {"sts/a.py": "from functools import reduce"}, 0),
    (sts_keeps_no_global_cache, {"cli/a.py": "from functools import lru_cache"}, 0),
    (exact_rooms_use_no_floats, {"sts/a.py": "x = 0.1\ny = float(x)\nz = a / b\nz /= 2"}, 4),
    (exact_rooms_use_no_floats, {"ledger/a.py": "def f(x: float): ..."}, 1),
    (exact_rooms_use_no_floats, {"tariff/a.py": "import math\nmath.sqrt(2)"}, 1),
    (exact_rooms_use_no_floats, {"tariff/a.py": "from math import log10, gcd"}, 1),
    (exact_rooms_use_no_floats, {"sts/a.py": "x = 7 // 2\ny = math.isqrt(x)\ns = 'a/b 0.1'"}, 0),
    (exact_rooms_use_no_floats, {"cli/a.py": "x = 0.1"}, 0),
    (doors_are_in_order, {"sts/__init__.py": "__all__ = ['TID', 'SGC']"}, 1),
    (doors_are_in_order, {"sts/__init__.py": "__all__ = ['SGC', 'SGC']"}, 1),
    (doors_are_in_order, {"sts/__init__.py": "__all__ = ('SGC', 'TID', 'encode')"}, 0),
]

RULES = list(dict.fromkeys(rule for rule, _, _ in CASES))


@pytest.mark.parametrize("rule", RULES)
def test_the_house_keeps_the_rule(rule: Rule) -> None:
    expect_none(rule(STANDING))


@pytest.mark.parametrize(("rule", "files", "faults"), CASES)
def test_the_rule_sees_faults(rule: Rule, files: dict[str, str], faults: int) -> None:
    assert len(rule(House.of(files))) == faults


def test_no_file_carries_marks_of_unfinished_work() -> None:
    programs = [path for path in files_of_checkout() if path.suffix in {".py", ".sh", ".toml", ""}]
    faults = []
    for path in programs:
        if b"\0" not in (raw := path.read_bytes()):
            faults += marks(path.relative_to(ROOT).as_posix(), raw.decode("utf-8"))
    expect_none(faults)


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        ("x = 1  # TO" + "DO: later", 1),
        ("# pragma: no " + "cover", 1),
        ("# pragma: no " + "cover - only on Windows", 0),
        ("x = 1  # type: ign" + "ore", 1),
        ("x = 1  # type: ign" + "ore[assignment]", 0),
        ("x = 1  # no" + "qa", 1),
        ("x = 1  # no" + "qa: S304", 0),
        ("x = 'hackneyed todo list'", 0),
    ],
)
def test_marks_are_seen(line: str, faults: int) -> None:
    assert len(marks("a.py", line)) == faults


def test_exempt_files_still_need_their_exemption() -> None:
    lengths = {source.path: len(source.text.splitlines()) for source in STANDING.sources}
    assert [path for path in DATA_FILES if lengths.get(path, 0) <= LINES_OF_FILE] == []
