"""Read the source tree for the house rules: modules, imports, definitions.

A rule is a function from a `House` to a list of faults, one line of text each. `House.standing()`
is the real tree; `House.of()` is made of synthetic sources, with which each rule is shown to be
able to fail. Nothing here imports the code it looks at.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "voltoken"

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Import:
    """One import: the module named, the names taken from it (or none), the names they get here."""

    line: int
    module: str
    names: tuple[str, ...]
    bound: tuple[str, ...]
    at_top: bool
    for_types: bool


@dataclass(frozen=True)
class Source:
    """One Python file of the package."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.text, filename=self.path)

    @cached_property
    def is_door(self) -> bool:
        """Whether this is a package's `__init__`."""
        return self.path.endswith("/__init__.py")

    @cached_property
    def module(self) -> str:
        """The dotted name under which it is imported."""
        dotted = self.path.removeprefix("src/").removesuffix(".py").replace("/", ".")
        return dotted.removesuffix(".__init__")

    @cached_property
    def room(self) -> str:
        """The room it stands in: the first name below the package, `__init__` for the root."""
        below = self.module.removeprefix(PACKAGE).lstrip(".")
        return below.split(".")[0] or "__init__"

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """All imports, relative ones made absolute."""
        return tuple(self._imports(self.tree, at_top=True, for_types=False))

    def _imports(self, node: ast.AST, *, at_top: bool, for_types: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    here = alias.asname or alias.name.split(".")[0]
                    yield Import(child.lineno, alias.name, (), (here,), at_top, for_types)
            elif isinstance(child, ast.ImportFrom):
                names = tuple(alias.name for alias in child.names)
                bound = tuple(alias.asname or alias.name for alias in child.names)
                module = self._absolute(child)
                yield Import(child.lineno, module, names, bound, at_top, for_types)
            elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                yield from self._imports(child, at_top=at_top, for_types=True)
            else:
                inside = isinstance(child, Function | ast.Lambda)
                yield from self._imports(child, at_top=at_top and not inside, for_types=for_types)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        here = self.module.split(".")
        base = here[: len(here) - node.level + (1 if self.is_door else 0)]
        return ".".join([*base, *([node.module] if node.module else [])])

    def at(self, line: int, fault: str) -> str:
        """Write a fault the way editors can follow."""
        return f"{self.path}:{line}: {fault}"


@dataclass(frozen=True)
class House:
    """All sources of the package, by dotted name."""

    sources: tuple[Source, ...]

    @classmethod
    def of(cls, files: Mapping[str, str]) -> House:
        """Build a house from texts; paths are relative to `src/voltoken/`."""
        return cls(tuple(Source(f"src/{PACKAGE}/{path}", text) for path, text in files.items()))

    @classmethod
    def standing(cls) -> House:
        """Read the real tree."""
        paths = sorted((ROOT / "src" / PACKAGE).rglob("*.py"))
        return cls(
            tuple(
                Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in paths
            )
        )

    @cached_property
    def modules(self) -> Mapping[str, Source]:
        """The sources by the name under which they are imported."""
        return {source.module: source for source in self.sources}


Rule = Callable[[House], list[str]]

STANDING = House.standing()


def expect_none(faults: list[str]) -> None:
    """Fail with one line for each fault; an assertion on the list would show only the first few."""
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


def walk(tree: ast.Module) -> Iterator[tuple[tuple[str, ...], Definition]]:
    """Yield every class and function of a module with the names of the definitions around it.

    Functions inside functions are left out: they are nobody's business but their parent's.
    """
    waiting: list[tuple[tuple[str, ...], ast.AST]] = [((), tree)]
    while waiting:
        around, node = waiting.pop(0)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, Definition):
                yield around, child
            if isinstance(child, ast.ClassDef):
                waiting.append(((*around, child.name), child))
            elif not isinstance(child, Function | ast.expr):
                waiting.append((around, child))


def exported(source: Source) -> tuple[str, ...]:
    """Read the literal `__all__` of a module; empty when there is none."""
    for node in source.tree.body:
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign) and node.value:
            target, value = node.target, node.value
        else:
            continue
        if isinstance(target, ast.Name) and target.id == "__all__":
            return tuple(ast.literal_eval(value))
    return ()


def files_of_checkout() -> list[Path]:
    """List every file that is tracked or would be, or, outside git, all but the obvious litter."""
    try:
        # Root in a container often does not own the checkout; reading a list of files is harmless.
        listed = subprocess.run(
            [
                *("git", "-c", "safe.directory=*", "ls-files", "-z"),
                *("--cached", "--others", "--exclude-standard"),
            ],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout.decode()
        paths = [ROOT / name for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        litter = {"__pycache__", "site", "dist", "build"}
        paths = [
            path
            for path in ROOT.rglob("*")
            if not any(p in litter or p.startswith(".") for p in path.relative_to(ROOT).parts)
        ]
    return sorted(path for path in paths if path.is_file())
