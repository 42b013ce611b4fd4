"""The house plan as a test: who may import whom, and what from outside.

The tables below are the plan of the architecture page: rooms on floors, the arrows drawn between
rooms of one floor, and the libraries each room may load. A new room fails here until it has a
place.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

import pytest

from tests.tidy.source import PACKAGE, STANDING, House, Import, Rule, Source, expect_none

FLOORS = {
    "__init__": 0,
    "canonical": 0,
    "errors": 0,
    "money": 0,
    "sts": 0,
    "conformance": 1,
    "ledger": 1,
    "tariff": 1,
    "access": 2,
    "meter": 2,
    "security": 2,
    "campaign": 3,
    "insight": 3,
    "kmc": 3,
    "vending": 3,
    "channels": 4,
    "cosem": 4,
    "drivers": 4,
    "fleet": 4,
    "store": 4,
    "bootstrap": 5,
    "settings": 5,
    "sim": 5,
    "cli": 6,
    "web": 6,
    "testing": 6,
    "__main__": 7,
}

ARROWS = {
    ("sts", "errors"): "the protocol raises the platform's errors",
    ("canonical", "errors"): "a document without its one form is an error like others",
    ("money", "errors"): "an amount that no coin fits is an error like others",
    ("insight", "campaign"): "reports on campaigns",
    ("campaign", "vending"): "bulk work goes through the same vend",
    ("cli", "web"): "serve mounts the faces",
}
"""Imports between rooms of one floor; all others on a floor are faults."""

INNER_DOORS = {
    f"{PACKAGE}.channels.printing": "each channel has heavy libraries of its own and is loaded alone",
    f"{PACKAGE}.drivers.centre": "a centre runs on a machine of its own, without modules",
    f"{PACKAGE}.drivers.custody": "the root key is made without a module",
    f"{PACKAGE}.drivers.journal": "the audit commands read it without a module",
    f"{PACKAGE}.drivers.local": "a vending server on another machine needs only the other drivers",
    f"{PACKAGE}.drivers.pkcs11": "each driver has heavy libraries of its own and is loaded alone",
    f"{PACKAGE}.drivers.pool": "it puts other drivers together, whichever they are",
    f"{PACKAGE}.drivers.prism": "each driver has heavy libraries of its own and is loaded alone",
    f"{PACKAGE}.kmc.planning": "lists of a million meters, which nothing else of a centre needs",
    f"{PACKAGE}.kmc.ceremony": "scripts, turns and minutes: a room of its own inside kmc",
    f"{PACKAGE}.security.keyload": "the centre shares it with the module, and nothing else of the room",
    f"{PACKAGE}.sts.batch": "a room of its own inside sts, because it needs the extra `batch`",
    f"{PACKAGE}.tariff.batch": "a room of its own inside tariff, because it needs the extra `batch`",
}
"""Packages inside a room that others may import directly."""

CLOSED = {"testing": "fakes for integrators and tests; the product must not lean on them"}
"""Rooms that nothing in src imports."""

LIBRARIES = {
    f"{PACKAGE}.sts.ciphers.des": {"cryptography"},
    f"{PACKAGE}.sts.batch": {"numpy"},
    f"{PACKAGE}.tariff.batch": {"numpy"},
    f"{PACKAGE}.access.passwords": {"cryptography"},
    f"{PACKAGE}.access.signing": {"cryptography"},
    f"{PACKAGE}.channels.printing": {"reportlab"},
    f"{PACKAGE}.drivers.authority": {"cryptography"},
    f"{PACKAGE}.drivers.centre": {"cryptography"},
    f"{PACKAGE}.drivers.custody": {"cryptography"},
    f"{PACKAGE}.drivers.journal": {"cryptography"},
    f"{PACKAGE}.drivers.pkcs11": {"pkcs11"},
    f"{PACKAGE}.drivers.prism": {"thriftpy2"},
    f"{PACKAGE}.security.keyload": {"cryptography"},
    f"{PACKAGE}.cli": {"click", "rich"},
    f"{PACKAGE}.cli.batch": {"click", "rich", "numpy", "pyarrow"},
    f"{PACKAGE}.cli.tariff.repricing": {"click", "numpy", "PIL", "pyarrow"},
}
"""Third-party libraries by module or package; the longest name counts. A room that is not named may
load none, and gets its line here when it is built."""

NEVER_AT_TOP = {
    "cryptography": "DES is rarely needed and the library takes long to load",
    "rich": "most commands draw nothing",
}
"""Libraries that are imported inside the function that needs them."""

PURE = {
    *("access", "canonical", "conformance", "errors", "kmc", "ledger", "meter", "money", "security", "sts"),
    "tariff",
}
"""Rooms without input, output, clock or chance: these arrive as arguments."""

PURE_LIBRARY = {
    *("__future__", "abc", "array", "base64", "binascii", "bisect", "calendar", "collections"),
    *("contextlib", "copy", "csv", "dataclasses", "datetime", "decimal", "difflib", "enum", "fractions"),
    *("functools", "graphlib", "hashlib", "heapq", "hmac", "html", "itertools", "json", "math", "numbers"),
    *("operator", "re", "reprlib", "string", "struct", "textwrap", "tomllib", "types", "typing"),
    *("unicodedata", "warnings"),
}
"""What pure rooms may take from the standard library. os, pathlib, io, socket, time, random,
secrets, subprocess, logging, threading, asyncio, tempfile, urllib and http are not in it: they
touch the world."""


def room_of(module: str) -> str:
    """Name the room of a dotted module of ours."""
    return [*module.split("."), "__init__"][1]


def inner(source: Source, house: House) -> Iterator[tuple[Import, str]]:
    """Yield the imports of our own modules, each with the module that is really loaded.

    `from voltoken.sts import codec` loads the file codec when there is one, unless the door exports
    something of that name.
    """
    for item in source.imports:
        if item.module.split(".")[0] != PACKAGE:
            continue
        if not item.names:
            yield item, item.module
        for name in item.names:
            whole = f"{item.module}.{name}"
            is_room = item.module == PACKAGE and name in FLOORS
            is_file = whole in house.modules and not _offered(house, item.module, name)
            yield item, whole if is_room or is_file else item.module


def _offered(house: House, package: str, name: str) -> bool:
    """Say whether a package's door takes in something under this name to offer it."""
    door = house.modules.get(package)
    return door is not None and any(name in item.bound for item in door.imports)


def imports_go_downward(house: House) -> list[str]:
    """Every room has a floor, and imports only from floors below or along an arrow."""
    faults = []
    for source in house.sources:
        if source.room not in FLOORS:
            faults.append(source.at(1, f"the room {source.room} has no floor"))
            continue
        here = FLOORS[source.room]
        for item, module in inner(source, house):
            room = room_of(module)
            if room == source.room or (source.room, room) in ARROWS:
                continue
            if room == "__init__" and module == PACKAGE:
                continue  # the version, for all
            there = FLOORS.get(room)
            if there is None or there >= here:
                faults.append(source.at(item.line, f"{source.room} (floor {here}) imports {room} ({there})"))
    return faults


def rooms_are_entered_by_their_door(house: House) -> list[str]:
    """Other rooms import from a room, not from its files; some rooms are closed altogether."""
    faults = []
    for source in house.sources:
        for item, module in inner(source, house):
            room = room_of(module)
            if room == source.room:
                continue
            if room in CLOSED:
                faults.append(source.at(item.line, f"{room} is closed: {CLOSED[room]}"))
            elif module.count(".") > 1 and module not in INNER_DOORS:
                faults.append(source.at(item.line, f"{module} is entered past the door of {room}"))
    return faults


def _allowed(module: str) -> set[str]:
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        if name in LIBRARIES:
            return LIBRARIES[name]
    return set()


def libraries_stay_in_their_rooms(house: House) -> list[str]:
    """Third-party libraries only where the table names them, some only inside functions."""
    faults = []
    for source in house.sources:
        for item in source.imports:
            name = item.module.split(".")[0]
            if name == PACKAGE or name in sys.stdlib_module_names:
                continue
            if name not in _allowed(source.module):
                faults.append(source.at(item.line, f"{source.module} may not import {name}"))
            elif name in NEVER_AT_TOP and item.at_top and not item.for_types:
                reason = NEVER_AT_TOP[name]
                faults.append(source.at(item.line, f"import {name} in the function: {reason}"))
    return faults


def pure_rooms_import_pure_modules(house: House) -> list[str]:
    """Pure rooms use only the part of the standard library that cannot touch the world."""
    return [
        source.at(item.line, f"{source.room} is pure and may not import {item.module}")
        for source in house.sources
        if source.room in PURE
        for item in source.imports
        if (name := item.module.split(".")[0]) in sys.stdlib_module_names and name not in PURE_LIBRARY
    ]


def pure_rooms_read_no_clock(house: House) -> list[str]:
    """Pure rooms neither ask for the time nor for the local zone."""
    faults = []
    for source in house.sources:
        if source.room not in PURE:
            continue
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.Attribute):
                continue
            owner = ast.unparse(node.value).split(".")[-1].lower()
            if node.attr in {"now", "utcnow", "today"} and owner in _date_names(source):
                faults.append(source.at(node.lineno, f"{ast.unparse(node)} reads the clock"))
        faults += [
            source.at(node.lineno, "astimezone() without a zone reads the machine's zone")
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "astimezone"
            and not (node.args or node.keywords)
        ]
    return faults


def _date_names(source: Source) -> set[str]:
    """Name, in lower case, all that `datetime` and `date` are called in a module."""
    names = {"datetime", "date"}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module == "datetime":
            names |= {(alias.asname or alias.name).lower() for alias in node.names}
    return names


def pure_rooms_do_no_io(house: House) -> list[str]:
    """Pure rooms call none of the builtins that read or write."""
    banned = {"breakpoint", "input", "open", "print"}
    return [
        source.at(node.lineno, f"{node.func.id}() does I/O in a pure room")
        for source in house.sources
        if source.room in PURE
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in banned
    ]


CASES: list[tuple[Rule, dict[str, str], int]] = [
    (imports_go_downward, {"meter/a.py": "from voltoken.sts import encode"}, 0),
    (imports_go_downward, {"meter/a.py": "import voltoken.cli"}, 1),
    (imports_go_downward, {"meter/a.py": "from voltoken import cli"}, 1),
    (imports_go_downward, {"meter/a.py": "from voltoken import __version__"}, 0),
    (imports_go_downward, {"meter/a.py": "from voltoken.security import X"}, 1),
    (imports_go_downward, {"meter/a.py": "def f():\n    from ..security import X"}, 1),
    (imports_go_downward, {"tariff/__init__.py": "from ..ledger import X"}, 1),
    (imports_go_downward, {"tariff/__init__.py": "from .blocks import X"}, 0),
    (imports_go_downward, {"campaign/a.py": "from voltoken.vending import X"}, 0),
    (imports_go_downward, {"vending/a.py": "from voltoken.campaign import X"}, 1),
    (imports_go_downward, {"attic/a.py": ""}, 1),
    (imports_go_downward, {"cli/a.py": "from voltoken.attic import X"}, 1),
    (rooms_are_entered_by_their_door, {"meter/a.py": "from voltoken.sts import X"}, 0),
    (rooms_are_entered_by_their_door, {"meter/a.py": "from voltoken.sts.codec import X"}, 1),
    (rooms_are_entered_by_their_door, {"meter/a.py": "import voltoken.sts.ciphers.des"}, 1),
    (rooms_are_entered_by_their_door, {"cli/a.py": "from voltoken.sts.batch import X"}, 0),
    (rooms_are_entered_by_their_door, {"cli/a.py": "from voltoken.channels.printing import X"}, 0),
    (rooms_are_entered_by_their_door, {"cli/a.py": "from voltoken.channels.printing.labels import X"}, 1),
    (rooms_are_entered_by_their_door, {"sts/a.py": "from voltoken.sts.codec import X"}, 0),
    (rooms_are_entered_by_their_door, {"cli/a.py": "from voltoken.testing import X"}, 1),
    (
        rooms_are_entered_by_their_door,
        {"meter/a.py": "from voltoken.sts import codec", "sts/codec.py": "", "sts/__init__.py": ""},
        1,
    ),
    (
        rooms_are_entered_by_their_door,
        {
            "meter/a.py": "from voltoken.sts import crc",
            "sts/crc.py": "",
            "sts/__init__.py": "from voltoken.sts.crc import crc",
        },
        0,
    ),
    (libraries_stay_in_their_rooms, {"sts/a.py": "def f():\n    import cryptography.x"}, 1),
    (libraries_stay_in_their_rooms, {"sts/ciphers/des.py": "import cryptography"}, 1),
    (libraries_stay_in_their_rooms, {"sts/ciphers/des.py": "def f():\n    import cryptography"}, 0),
    (libraries_stay_in_their_rooms, {"sts/a.py": "import numpy"}, 1),
    (libraries_stay_in_their_rooms, {"sts/batch/a.py": "import numpy"}, 0),
    (libraries_stay_in_their_rooms, {"vending/a.py": "import httpx"}, 1),
    (libraries_stay_in_their_rooms, {"cli/a.py": "import click\nfrom rich.table import Table"}, 1),
    (libraries_stay_in_their_rooms, {"cli/a.py": "try:\n    import rich\nexcept OSError: ..."}, 1),
    (
        libraries_stay_in_their_rooms,
        {"cli/a.py": "if TYPE_CHECKING:\n    from rich.table import Table"},
        0,
    ),
    (pure_rooms_import_pure_modules, {"sts/a.py": "import hmac, struct"}, 0),
    (pure_rooms_import_pure_modules, {"sts/a.py": "import os.path"}, 1),
    (pure_rooms_import_pure_modules, {"conformance/a.py": "from pathlib import Path"}, 1),
    (pure_rooms_import_pure_modules, {"meter/a.py": "def f():\n    import secrets"}, 1),
    (pure_rooms_import_pure_modules, {"cli/a.py": "import os"}, 0),
    (pure_rooms_read_no_clock, {"sts/a.py": "datetime.now(UTC)"}, 1),
    (pure_rooms_read_no_clock, {"sts/a.py": "import datetime as dt\nx = dt.date.today"}, 1),
    (pure_rooms_read_no_clock, {"sts/a.py": "from datetime import datetime as D\nD.utcnow()"}, 1),
    (pure_rooms_read_no_clock, {"sts/a.py": "moment.astimezone()"}, 1),
    (pure_rooms_read_no_clock, {"sts/a.py": "moment.astimezone(UTC)\nclock.now()"}, 0),
    (pure_rooms_read_no_clock, {"store/a.py": "datetime.now(UTC)"}, 0),
    (pure_rooms_do_no_io, {"ledger/a.py": "print(1)\nopen('x')\ninput()"}, 3),
    (pure_rooms_do_no_io, {"ledger/a.py": "valve.open()"}, 0),
]

RULES = list(dict.fromkeys(rule for rule, _, _ in CASES))


@pytest.mark.parametrize("rule", RULES)
def test_the_house_keeps_the_rule(rule: Rule) -> None:
    expect_none(rule(STANDING))


@pytest.mark.parametrize(("rule", "files", "faults"), CASES)
def test_the_rule_sees_faults(rule: Rule, files: dict[str, str], faults: int) -> None:
    assert len(rule(House.of(files))) == faults


def test_every_room_of_the_plan_is_on_a_floor() -> None:
    named = {room for arrow in ARROWS for room in arrow} | PURE | set(CLOSED)
    assert named <= set(FLOORS)
    assert all(FLOORS[above] == FLOORS[below] for above, below in ARROWS)
