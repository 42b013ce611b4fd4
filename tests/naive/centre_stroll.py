"""What may happen in a centre, wise or not, at random."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any

from tests.naive.centre_walk import Walk
from tests.unit.kmc.vault import SGC, SM_1, SM_2, YEAR, Box
from voltoken.access import Verdict, public_key_of
from voltoken.drivers.centre import make_backup, replace_root
from voltoken.drivers.custody import SharesProvider
from voltoken.errors import CentreSealed, ShareRefused, VoltokenError

PEOPLE = ("alice", "bob", "carol", "dave", "eve", "mallory")

Doing = Callable[[Walk, Random], object]


def _some(walk: Walk, chance: Random, register: str, *states: str) -> str:
    found = [one.entry_id for one in walk.state.of(register) if not states or one.state in states]
    return chance.choice(found)


def _step(register: str, *steps: str, **values: Any) -> Doing:
    """Return what asks for one of some steps of an entry, which may be in any state."""

    def wish(walk: Walk, chance: Random) -> object:
        given = {name: value(chance) if callable(value) else value for name, value in values.items()}
        entry_id = _some(walk, chance, register)
        by = chance.choice(("alice", "alice", "bob", "carol"))
        return walk.wish(register, chance.choice(steps), entry_id, by, **given)

    return wish


def _new_key(walk: Walk, chance: Random) -> object:
    entry_id = f"{SGC}/{chance.randrange(1, 7)}"
    return walk.key(entry_id, chance.choice(("requested", "pre_active", "active")))


def _extend(walk: Walk, chance: Random) -> object:
    key = _some(walk, chance, "vending_key", "active", "suspended", "deactivated")
    return walk.do("vending_key", "extend", key, iut=walk.now + (3 + chance.randrange(3)) * YEAR)


def _carry(walk: Walk, chance: Random) -> object:
    request_id = _open_one(walk, chance)
    for person in chance.sample(("alice", "bob", "carol", "dave"), chance.randrange(3)):
        try:
            walk.say(request_id, person)
        except VoltokenError:
            continue
    return walk.finish(request_id)


def _open_one(walk: Walk, chance: Random) -> str:
    return chance.choice([name for name, one in walk.state.requests.items() if not one.outcome])


def _turn_down(walk: Walk, chance: Random) -> None:
    walk.say(_open_one(walk, chance), chance.choice(PEOPLE[:4]), Verdict.REJECT)


def _again(walk: Walk, chance: Random) -> object:
    return walk.finish(chance.choice([*walk.state.requests]))


def _hire(walk: Walk, chance: Random) -> object:
    name = chance.choice(("eve", "mallory"))
    roles = chance.choice((["officer"], ["approver"], ["registrar", "clerk"]))
    return walk.do("person", "add", name, name=name, roles=roles, public_key=_key(walk, name))


def _new_own_key(walk: Walk, chance: Random) -> object:
    name = chance.choice(PEOPLE)
    old, walk.seeds[name] = walk.seeds[name], hashlib.sha256(f"{name}{chance.random()}".encode()).digest()
    fresh = walk.seeds[name]
    walk.seeds[name] = old
    done = walk.do("person", "change", name, public_key=public_key_of(fresh).hex())
    walk.seeds[name] = fresh  # what was signed with the old one, and is still open, is now worth nothing
    return done


def _key(walk: Walk, name: str) -> str:
    return public_key_of(walk.seeds[name]).hex()


def _wait(walk: Walk, chance: Random) -> object:
    walk.time += timedelta(hours=chance.choice((1, 5, 30, 100)))
    return None


def _forge(walk: Walk, chance: Random) -> None:
    """Sign for another."""
    request_id = _open_one(walk, chance)
    walk.seeds["bob"], kept = walk.seeds["mallory"], walk.seeds["bob"]
    try:
        walk.say(request_id, "bob")
    finally:
        walk.seeds["bob"] = kept


def _shut(walk: Walk, chance: Random) -> object:
    walk.centre.seal()
    try:
        return walk.finish(_open_one(walk, chance))
    except CentreSealed:
        return None
    finally:
        walk.unseal()


def _reopen(walk: Walk, _: Random) -> object:
    walk.centre.close()
    walk.open()
    return None


def _wrong_share(walk: Walk, _: Random) -> object:
    walk.centre.seal()
    with suppress(ShareRefused):
        walk.centre.unseal(walk.shares[0][:-1] + "x")
    walk.unseal()
    return None


def _reroot(walk: Walk, _: Random) -> object:
    walk.shares = replace_root(walk.centre, SharesProvider(2, 3), by="alice")
    return None


def _file(walk: Walk, chance: Random) -> object:
    box: Box = chance.choice((SM_1, SM_2))
    data = walk.release(box.module_id, wanted=[_some(walk, chance, "vending_key")])
    if chance.random() < 0.5:
        return None
    opened = box.open(walk, data)
    name = f"C1.{box.module_id}.{opened.header.seq}"
    return walk.do("key_file", "confirm", name, receipt=box.receipt(walk, opened))


def _authorise(walk: Walk, chance: Random) -> object:
    name = f"auth-{len([*walk.state.of('authorisation')]) + 1}"
    return walk.authorise(name, module=chance.choice(("sm-1", "sm-2")), ulm=chance.choice((10, 50_000)))


def _own_key(walk: Walk, _: Random) -> object:
    return walk.do("centre_key", "add", "second", begin=walk.now, end=walk.now + YEAR)


def _glass(walk: Walk, chance: Random) -> object:
    return walk.glass("vending_key", "compromise", _some(walk, chance, "vending_key"))


DOINGS: Mapping[str, tuple[int, Doing]] = {
    "new key": (3, _new_key),
    "life of a key": (
        8,
        _step("vending_key", "activate", "suspend", "resume", "deactivate", "compromise", "destroy"),
    ),
    "end of a key": (
        3,
        _step("vending_key", "destroy", "destroy_compromised", meters_left=0, meters_list="0" * 64),
    ),
    "limits": (3, _step("vending_key", "limit", ulm=lambda chance: chance.randrange(90_000))),
    "extend": (2, _extend),
    "module": (2, _step("module", "suspend", "restore", "challenge", "retire")),
    "authorise": (3, _authorise),
    "file": (4, _file),
    "lost file": (1, _step("key_file", "lose", note="on its way")),
    "country": (1, _step("country", "change", regulator="somebody else")),
    "organisation": (1, _step("organisation", "change", "suspend", "restore")),
    "clear": (1, _step("country", "change", regulator="")),
    "own key": (
        2,
        lambda walk, _: walk.do("centre_key", "add", "second", begin=walk.now, end=walk.now + YEAR),
    ),
    "own key ends": (1, _step("centre_key", "retire", "compromise", note="enough")),
    "list": (1, lambda walk, _: walk.do("trust_list", "add", "2")),
    "carry out": (14, _carry),
    "turn down": (2, _turn_down),
    "again": (1, _again),
    "hire": (2, _hire),
    "new own key": (2, _new_own_key),
    "people": (2, _step("person", "suspend", "restore", "leave")),
    "glass": (
        2,
        lambda walk, chance: walk.glass("vending_key", "compromise", _some(walk, chance, "vending_key")),
    ),
    "review": (2, lambda walk, chance: walk.review(chance.choice([*walk.state.reviews]), "bob")),
    "wait": (3, _wait),
    "forge": (2, _forge),
    "shut": (1, _shut),
    "reopen": (1, _reopen),
    "wrong share": (1, _wrong_share),
    "new shares": (1, _reroot),
    "backup": (1, lambda walk, _: make_backup(walk.centre)),
}
"""What may happen in a centre, and how often."""


def stroll(walk: Walk, chance: Random, steps: int) -> dict[str, int]:
    """Let anything happen, and count what came of it; the centre refuses what it has to refuse."""
    names, weights = [*DOINGS], [weight for weight, _ in DOINGS.values()]
    done = dict.fromkeys(("done", "refused"), 0)
    for name in chance.choices(names, weights, k=steps):
        try:
            DOINGS[name][1](walk, chance)
            done["done"] += 1
        except (VoltokenError, IndexError):
            done["refused"] += 1
    return done
