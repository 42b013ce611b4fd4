"""The tour: every scene plays alone, says what the meters answered, and looks right wherever it is shown."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tests.e2e.sessions import Answer, ask, at_terminal, session
from voltoken.cli.tour_scenes import SCENES
from voltoken.meter import Scenario, VirtualDevice, replay

pytestmark = pytest.mark.slow

NAMES = [scene.name for scene in SCENES]

FACTS = {
    "keys": ("f94b6ed353c3bfdb113e2d3a7ea3c41d", "600727000000000009"),
    "sale": ("6363   8916   3341   2455   0935", "\u2713 The published test STS 531-1-0-04, CTSA10"),
    "entry": ("\u2713 Accept (1): the token was executed.", "\u25cf supply"),
    "inside": ("5A439E  issued 1 April 2004, 00:30 UTC", "25.6 kWh"),
    "again": ("\u2717 UsedError (10): already accepted.", "5915550", "3388 9981 7178 1087 7370"),
    "wrong": ("\u2717 CRCError (13)", "Refused: 180.", "typed   6363 8916 3341 2455 0936"),
    "lockout": (
        "10 s",
        "1280 s",
        "a minute later   lockout (15)",
        "after the wait   Accept (1)",
        "2.7 years",
    ),
    "neighbour": ("000001000000000082", "\u2717 CRCError (13)"),
    "evening": (
        "20:25  low-credit alarm, 1.9 kWh left",
        "21:35  no credit: the relay opens",
        "22:15  5.0 kWh typed in: Accept (1)",
    ),
    "order": (
        "50 times Accept (1)",
        "10 times OldError (9)",
        "12 April  Accept (1)  \u2588\u22c5\u22c5\u22c5\u2588",
    ),
    "tests": (
        "0000 0000 0001 5099 7584  load switch",
        "1844 6744 0738 4377 2416",
        "key type 1.2",
        "\u2713 The first and the third are printed like this",
        "stays open",
        "\u25cb supply",
    ),
    "minutes": ("24 November 2024, 20:15", "set the roll-over bit.", "\u2717 OldError (9)"),
    "change": (
        "3 of 4  6100 2683 0540 2137 6422  3rdKCT      ACCEPt  PLS 1St",
        "1stKCT (2)",
        "4thKCT ",
        "\u2713 Accept (1)",
        "\u2713 Key 490CFC has become ADE39F",
        "the credit of 12.4 kWh has stayed",
    ),
    "after": ("Revision 2 now", "in a drawer is lost", "\u2717 CRCError (13)", "\u2713 Accept (1)"),
    "power-cut": (
        "forgets both",
        "before write 1    not ready   old key, its TIDs",
        "before write 2    not ready   new key, no TIDs",
        "not at all        Accept      new key, no TIDs",
        "\u2713 The old key with its memory",
    ),
    "mixed": (
        "ADE39F",
        "46EBFD",
        "BA158E",
        "2.2 and tariff index 01",
        "of A   CRCError (13)",
        "of B   CRCError (13)",
    ),
    "repair": (
        "14 mixtures",
        "7 mixtures remain",
        "A A B B   1stKCT (2)",
        "100 kWh   Accept (1)",
        "112.4 kWh",
    ),
    "stock": ("\u2717 DDTKError (12)", "key of its own   Accept (1)", "under that key       Accept (1)"),
    "water": ("m3", "\u2713 Accept (1)", "\u2717 FunctionError (8)"),
    "money": ("5.00024 USD", "1.73213 USD", "3.26811 USD", "3.26 USD"),
    "older": ("5104   3465   4434   2085   6213", "EA07 (sample tables)", "\u2713 Accept (1)"),
    "onward": ("voltoken meter replay --help", "voltoken tour --list"),
}
"""What each scene must say; blanks and line ends count as one blank."""

LONG = {"inside": 56}
"""Scenes that need more than a screen of 26 lines."""


def one(name: str, **environment: str) -> Answer:
    """Play one scene in this process; its output is a pipe that can show everything."""
    return ask("tour", "--scene", name, **{"COLUMNS": "80"} | environment)


def test_every_scene_has_its_facts() -> None:
    assert list(FACTS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_scene_plays_alone(name: str) -> None:
    told = one(name)
    assert (told.code, told.err) == (0, "")
    assert "\033" not in told.out
    flowing = " ".join(told.out.split())
    for fact in FACTS[name]:
        assert " ".join(fact.split()) in flowing
    assert len(told.out.splitlines()) <= LONG.get(name, 27)


@pytest.mark.parametrize("width", [44, 60, 72, 80, 200])
@pytest.mark.parametrize("name", NAMES)
def test_a_scene_fits_the_screen(name: str, width: int) -> None:
    told = one(name, COLUMNS=str(width))
    assert max(map(len, told.out.splitlines())) <= width


def test_the_whole_tour_is_its_scenes_and_the_same_every_time() -> None:
    begun = time.monotonic()
    told = session("tour")
    taken = time.monotonic() - begun
    assert (told.code, told.err) == (0, "")
    assert told.out.endswith("".join(one(name).out.removesuffix("\n") for name in NAMES) + "\n")
    assert session("tour", "--no-pause").out == told.out
    assert taken < 2


def test_plain_ascii_is_enough() -> None:
    told = session("tour", PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert told.out.isascii()
    assert told.out.count("?") == session("tour").out.count("?")
    assert "+ Accept (1): the token was executed." in told.out
    assert "  | @ supply   o credit low   o tamper " in told.out


def test_scenes_are_listed_and_found_by_number_or_name() -> None:
    listed = ask("tour", "--list").out
    for number, scene in enumerate(SCENES, 1):
        assert f"{number:>5}  {scene.name:9}  {scene.title}" in listed
    assert ask("tour", "--scene", "17").out == ask("tour", "--scene", "repair").out
    assert ask("tour", "--scene", "Repair").out == ask("tour", "--scene", "repair").out
    wrong = ask("tour", "--scene", "23")
    assert wrong.code == 2
    assert "There is no scene 23; --list shows all 22." in wrong.err


def test_the_tour_can_begin_anywhere() -> None:
    late = ask("tour", "--from", "older", COLUMNS="80").out
    assert late.startswith("\n  21  Older meters\n")
    assert "\n  22  Where to go from here\n" in late
    assert ask("tour", "--from", "1").out.startswith("\n  1  Two keys\n")


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo terminal")
def test_the_tour_waits_at_a_terminal_and_can_be_left() -> None:
    left = at_terminal("tour", until="any key: on", keys="\x03")
    assert left.code == 130
    assert "\033[" in left.out
    assert "Traceback" not in left.out
    enough = at_terminal("tour", "--from", "order", until="next: Numbers for every meter", keys="q")
    assert enough.code == 0
    assert "Out of order, and too old" in enough.out
    assert "0000 0000 0001 5099 7584" not in enough.out
    plain = at_terminal("tour", "--no-pause", until="any key", keys="", NO_COLOR="1")
    assert plain.code == 0
    assert "\033" not in plain.out


def test_the_stories_can_be_kept_and_replayed(tmp_path: Path) -> None:
    folder = tmp_path / "stories"
    told = ask("tour", "--record", str(folder))
    assert told.code == 0
    assert "voltoken meter replay" in told.out
    paths = sorted(folder.glob("*.json"))
    assert {path.stem for path in paths} == {scene.name for scene in SCENES if scene.idea} | {"order-2"}
    for path in paths:
        scenario = Scenario.from_document(json.loads(path.read_text(encoding="utf-8")))
        assert replay(scenario, VirtualDevice()).ok, path.name
