"""Real centres on a disk that do something of every sort, for their auditors."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.unit.kmc.ceremony import hall
from tests.unit.kmc.ceremony.hall import Hall
from tests.unit.kmc.town import FOUNDERS, NOW, SEEDS
from tests.unit.kmc.vault import SGC, SM_1, SM_2, YEAR, Box, Vault, furnish
from voltoken.access import Verdict, approve_request, break_glass, public_key_of, review_glass, sign_request
from voltoken.drivers.centre import Centre, Outcome, World, create_centre, make_backup, replace_root
from voltoken.drivers.custody import SharesProvider
from voltoken.errors import CentreSealed, ShareRefused, VoltokenError
from voltoken.kmc import REGISTERS, Entry, Founder, State, Work
from voltoken.kmc.ceremony import Action

PEOPLE = ("alice", "bob", "carol", "dave", "eve", "mallory")


class Walk(Vault):
    """A real centre in a folder, open and unsealed. It takes what a centre in memory takes."""

    def __init__(self, folder: Path, more: Sequence[Founder] = ()) -> None:
        self.folder, self.time = folder, NOW
        taken = {one.person_id for one in more}
        founders = (*(one for one in FOUNDERS if one.person_id not in taken), *more)
        made = create_centre(
            folder, centre_id="C1", provider=SharesProvider(2, 3), founders=founders, now=NOW
        )
        self.public_key, self.shares, self.seeds = made.public_key, made.shares, dict(SEEDS)
        self.files = {}
        self.open()

    def twin(self, folder: Path) -> Walk:
        """Return a copy of a closed centre, open."""
        shutil.copytree(self.folder, folder)
        other = object.__new__(Walk)
        other.folder, other.time, other.files = folder, self.time, dict(self.files)
        other.public_key, other.shares, other.seeds = self.public_key, self.shares, dict(self.seeds)
        other.open()
        return other

    @property
    def file(self) -> Path:
        """The centre's file."""
        return self.folder / "centre.db"

    def open(self) -> None:
        """Open the centre and unseal it."""
        world = World(clock=self.tick, protect=lambda: None)
        self.centre = Centre.open(self.folder, patience_s=0, world=world)
        self.unseal()

    def unseal(self) -> None:
        """Unseal it, with two of its shares."""
        if self.centre.sealed:
            for share in self.shares[:2]:
                self.centre.unseal(share)

    def tick(self) -> datetime:
        """Tell the time, which is always a little later."""
        self.time += timedelta(milliseconds=1)
        return self.time

    @property
    def now(self) -> datetime:  # type: ignore[override]
        """The time on the centre's wall."""
        return self.centre.now()

    @property
    def state(self) -> State:  # type: ignore[override]
        """What the centre knows."""
        return self.centre.state

    @property
    def secrets(self) -> dict[str, bytes]:  # type: ignore[override]
        """The signing keys that the centre has."""
        names = [name for name in self.state.secrets if name.startswith("signing_key/")]
        return {name: self.centre.secret(name) for name in names}

    def wish(self, register: str, step: str, entry_id: str, by: str = "alice", **values: Any) -> str:
        """File a signed request, and return its id."""
        request = self.centre.draft(by, register, step, entry_id, values)
        self.centre.ask(request, sign_request(request, self.seeds[by]))
        return request.request_id

    def say(self, request_id: str, by: str = "bob", verdict: Verdict = Verdict.APPROVE) -> None:
        """Let somebody approve or reject a request."""
        request = self.state.requests[request_id].request
        approval = approve_request(request, by, verdict, "seen", self.now, self.seeds[by])
        self.centre.approve(request_id, approval)

    def finish(self, request_id: str, *papers: bytes, typed: str = "") -> Outcome:
        """Carry a request out."""
        done = self.centre.carry_out(request_id, papers=papers, typed=typed)
        self.files |= done.files
        return done

    def do(
        self, register: str, step: str, entry_id: str, *papers: bytes, by: str = "alice", **values: Any
    ) -> Entry:
        """Ask, approve, and carry out."""
        request_id = self.wish(register, step, entry_id, by, **values)
        if REGISTERS[register].step(step).approvals:
            self.say(request_id, "alice" if by == "bob" else "bob")
        return self.finish(request_id, *papers).entry

    def act(  # type: ignore[override]
        self, register: str, step: str, entry_id: str, *, by: str = "alice", **values: Any
    ) -> Entry:
        """The same, under the name that it has for a centre without secrets."""
        return self.do(register, step, entry_id, by=by, **values)

    def glass(self, register: str, step: str, entry_id: str) -> str:
        """Do something at once, without anybody else."""
        request_id = self.wish(register, step, entry_id)
        request = self.state.requests[request_id].request
        said = break_glass(request, "alice", "it burns", self.now, self.seeds["alice"])
        self.centre.carry_out(request_id, glass=said)
        return request_id

    def review(self, request_id: str, by: str = "bob") -> None:
        """Look at what was done at once."""
        request = self.state.requests[request_id].request
        self.centre.review(request_id, review_glass(request, by, "it burnt", self.now, self.seeds[by]))


def furnished(folder: Path) -> Walk:
    """Return a centre with members, two modules, keys in several states, and files that were loaded."""
    walk = Walk(folder)
    furnish(walk)
    SM_1.register(walk, "lightco")
    SM_2.register(walk, "lightco")
    walk.key()
    walk.authorise()
    data = walk.release()
    loaded = SM_1.open(walk, data)
    walk.do("key_file", "confirm", "C1.sm-1.1", receipt=SM_1.receipt(walk, loaded))
    walk.do("trust_list", "add", "1")
    walk.do("role", "add", "clerk", text="small limits", actions=["vending_key.limit"], most={"clm": 5000})
    walk.key(f"{SGC}/2", "pre_active")
    walk.glass("vending_key", "compromise", f"{SGC}/2")
    return walk


class Ceremonies(Hall):
    """Ceremonies in a real centre."""

    def __init__(self, walk: Walk) -> None:
        self.walk, self.components, self.shares, self.work = walk, hall.PAPERS, {}, Work()
        walk.seeds |= {name: hall.seed_of(name) for name in hall.PEOPLE}

    @property
    def state(self) -> State:  # type: ignore[override]
        """What the centre knows."""
        return self.walk.state

    def ask(self, person: str, step: str, entry_id: str, **values: Any) -> str:
        """File a request and return its id."""
        return self.walk.wish("ceremony", step, entry_id, person, **values)

    def approve(self, person: str, request_id: str) -> None:
        """Approve a request."""
        self.walk.say(request_id, person)

    def carry_out(self, request_id: str, typed: str = "", facts: object = None) -> Entry:
        """Carry a request out."""
        done = self.walk.finish(request_id, typed=typed)
        self.work = Work(told=done.told)
        return done.entry


def ceremonial(folder: Path) -> Walk:
    """Return a centre that made a key of components, practised a backup, and broke a ceremony off."""
    people = [
        Founder(person, name, frozenset({role}), public_key_of(hall.seed_of(person)))
        for person, (name, role) in hall.PEOPLE.items()
    ]
    walk = Walk(folder, people)
    held = Ceremonies(furnish(walk))  # type: ignore[arg-type]
    walk.key(hall.KEY, "requested", origin="components")
    held.plan("k0")
    held.run("k0", until=Action.COMBINE)
    held.act("olga", "abort", "k0", reason="somebody looked")
    held.plan()
    held.run()
    held.finish()
    walk.do("vending_key", "compose", hall.KEY, by="alice", ceremony="k1")
    backup = {"script": "backup-shares", "vending_key": None, "bits": None, "threshold": 2}
    held.plan("b1", **backup)
    held.run("b1")
    held.finish("b1")
    return walk


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


def _turn_down(walk: Walk, chance: Random) -> object:
    return walk.say(_open_one(walk, chance), chance.choice(PEOPLE[:4]), Verdict.REJECT)


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


def _forge(walk: Walk, chance: Random) -> object:
    """Sign for another."""
    request_id = _open_one(walk, chance)
    walk.seeds["bob"], kept = walk.seeds["mallory"], walk.seeds["bob"]
    try:
        return walk.say(request_id, "bob")
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
    try:
        walk.centre.unseal(walk.shares[0][:-1] + "x")
    except ShareRefused:
        pass
    walk.unseal()
    return None


def _reroot(walk: Walk, _: Random) -> object:
    walk.shares = replace_root(walk.centre, SharesProvider(2, 3), by="alice")
    return None


def _file(walk: Walk, chance: Random) -> object:
    box: Box = chance.choice((SM_1, SM_2))
    data = walk.release(box.module_id)
    if chance.random() < 0.5:
        return None
    opened = box.open(walk, data)
    name = f"C1.{box.module_id}.{opened.header.seq}"
    return walk.do("key_file", "confirm", name, receipt=box.receipt(walk, opened))


def _authorise(walk: Walk, chance: Random) -> object:
    name = f"auth-{len([*walk.state.of('authorisation')]) + 1}"
    return walk.authorise(name, module=chance.choice(("sm-1", "sm-2")), ulm=chance.choice((10, 50_000)))


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
    "own key": (2, lambda walk, _: walk.do("centre_key", "add", "second", begin=walk.now, end=walk.now + YEAR)),
    "own key ends": (1, _step("centre_key", "retire", "compromise", note="enough")),
    "list": (1, lambda walk, _: walk.do("trust_list", "add", "2")),
    "carry out": (14, _carry),
    "turn down": (2, _turn_down),
    "again": (1, _again),
    "hire": (2, _hire),
    "new own key": (2, _new_own_key),
    "people": (2, _step("person", "suspend", "restore", "leave")),
    "glass": (2, lambda walk, chance: walk.glass("vending_key", "compromise", _some(walk, chance, "vending_key"))),
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
