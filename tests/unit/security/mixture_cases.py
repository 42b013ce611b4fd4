"""The cases of meters that were given sections of two different sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.unit.security.cases import Scene, Wrong, after
from tests.unit.security.desk import (
    KEY,
    METER,
    NEW_KEY,
    OTHER_PAN,
    STA_METER,
    THIRD_KEY,
    Desk,
    change,
    client,
    register,
)
from voltoken.security import KeyChangeRequest
from voltoken.sts import TI, KeyCheckValue


def mixed(
    right: bool, sections: tuple[str, ...] = (), *, approved: bool = True, desk: Desk | None = None
) -> tuple[Desk, KeyChangeRequest]:
    """A meter that was given section 1 of one set and the others of another."""
    desk = after(lambda one: one.change(change("a:1")), desk)
    second = change("a:2", new_key=THIRD_KEY)
    desk.approve(second)
    desk.change(second)
    mixture = ("a:1", "a:2", "a:2", "a:2")
    wanted = change(new_key=THIRD_KEY, sections=mixture if right else sections or mixture)
    if right or approved:
        desk.approve(wanted)
    return desk, wanted


def _of_another_meter(right: bool) -> Scene:
    desk, request = mixed(right, ("a:1", "b:1", "b:1", "b:1"))
    desk.change(change("b:1", meter=replace(METER, pan=OTHER_PAN)))
    return desk, request


def _of_another_key(right: bool) -> Scene:
    desk, request = mixed(right, ("a:1", "c:1", "c:1", "c:1"))
    desk.change(change("c:1", key=THIRD_KEY, new_key=KEY))
    return desk, request


def _of_another_index(right: bool) -> Scene:
    desk, request = mixed(right, ("a:1", "c:1", "c:1", "c:1"))
    desk.change(change("c:1", meter=replace(METER, ti=TI("07"))))
    return desk, request


def _of_another_algorithm(right: bool) -> Scene:
    desk, request = mixed(right, ("a:1", "c:1", "c:1", "c:1"))
    elsewhere = change("c:1", meter=STA_METER, new_key=THIRD_KEY, tokens=2)
    desk.approve(elsewhere)
    desk.change(elsewhere)
    return desk, request


def _of_another_group(right: bool) -> Scene:
    """Someone who may use both keys of the request, but not the one that a section led to."""
    mine = {"123456", "654321"} if right else {"123456"}
    foreign = register("654321/1")
    desk = Desk([register(), foreign, register(THIRD_KEY)], clients=[client(), client("till2")])
    first, second = change("a:1", new_key=foreign.ref), change("a:2", new_key=THIRD_KEY)
    desk.change(first)
    desk.approve(second)
    desk.change(second)
    desk.restrict(client(supply_groups=frozenset(mine)))
    wanted = change(new_key=THIRD_KEY, sections=("a:1", "a:2", "a:2", "a:2"))
    desk.approve(wanted)
    return desk, wanted


def _key_deleted(right: bool) -> Scene:
    desk, request = mixed(right=True)
    if not right:
        desk.delete(NEW_KEY)
    return desk, request


def _key_replaced(right: bool) -> Scene:
    desk, request = mixed(right=True)
    if not right:
        desk.load(register(NEW_KEY, check_value=KeyCheckValue("ABCDEF", "of other bytes")))
    return desk, request


def _known_mixture(right: bool) -> Scene:
    """Sets that lead to a test key, and from their mixture to a live one."""
    live = [register(ref, test=False) for ref in (KEY, THIRD_KEY)]
    desk, request = mixed(right=True, desk=Desk([*live, register(NEW_KEY, test=False)]))
    desk.load(register(NEW_KEY, test=not right))
    return desk, request


_STRANGE: tuple[tuple[str, Callable[[bool], Scene], str, bool], ...] = (
    ("of an unknown set", lambda ok: mixed(ok, ("a:1", "a:9", "a:2", "a:2")), "a:9 gave", True),
    ("of another meter", _of_another_meter, "b:1 gave", False),
    ("for another algorithm", _of_another_algorithm, "c:1 gave", True),
    ("made under another key", _of_another_key, "under 123456/1 with tariff index 01", False),
    ("made under another tariff index", _of_another_index, "under 123456/1 with tariff index 01", False),
    ("of one and the same set", lambda ok: mixed(ok, ("a:1",) * 4), "one and the same", False),
    ("of another supply group", _of_another_group, "a:1 is not of this", False),
    ("under a deleted key", _key_deleted, "123456/2 is not loaded", True),
    ("under a key loaded again with other bytes", _key_replaced, "123456/2 is not loaded", False),
)
"""Sections that cannot have mixed in this meter: what they are, the scene, what is said, whether they make
no key anyway."""

MIXTURES = (
    Wrong("change.unapproved", lambda ok: mixed(ok, approved=False), "mixtures_are_approved"),
    *(
        Wrong(
            "change.sections",
            scene,
            "mixtures_are_of_this_meter",
            says,
            f"sections {name}",
            "change.sections" if useless else None,
        )
        for name, scene, says, useless in _STRANGE
    ),
    Wrong(
        "change.sections",
        lambda ok: mixed(ok, ("a:1", "a:2", "a:2")),
        says="4th",
        name="too few sections",
    ),
    Wrong(
        "change.sections",
        lambda ok: mixed(ok, ("a:1", "a:2", "a:2", "a:2", "a:1")),
        says="too many",
        name="too many sections",
    ),
    Wrong(
        "change.test_to_live",
        _known_mixture,
        "test_keys_lead_to_test_keys",
        name="a mixture with a test key",
    ),
)
"""Cases of key changes away from a mixture."""
