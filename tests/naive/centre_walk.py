"""Real centres on a disk that do something of every sort, for their auditors."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.unit.kmc.ceremony import hall
from tests.unit.kmc.ceremony.hall import Hall
from tests.unit.kmc.town import FOUNDERS, KEY, NOW, SEEDS
from tests.unit.kmc.vault import SGC, SM_1, SM_2, YEAR, Vault, furnish
from voltoken.access import Verdict, approve_request, break_glass, public_key_of, review_glass, sign_request
from voltoken.drivers.centre import Centre, Outcome, World, create_centre
from voltoken.drivers.custody import SharesProvider
from voltoken.errors import VoltokenError
from voltoken.kmc import REGISTERS, Entry, Founder, State, Work
from voltoken.kmc.ceremony import Action


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

    def act(self, register: str, step: str, entry_id: str, *, by: str = "alice", **values: Any) -> Entry:
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
    data = walk.release(wanted=[f"{SGC}/1"])
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

    def carry_out(self, request_id: str, typed: str = "", _: object = None) -> Entry:
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
    backup: dict[str, Any] = {"script": "backup-shares", "vending_key": None, "bits": None, "threshold": 2}
    held.plan("b1", **backup)
    held.run("b1")
    held.finish("b1")
    return walk


def modest(folder: Path) -> Walk:
    """Return a centre with one act of every sort, and an approved request that waits."""
    walk = Walk(folder)
    walk.do("country", "add", "KE", name="Kenya", regulator="EPRA")
    walk.do("country", "change", "KE", regulator="")
    walk.do("role", "add", "clerk", actions=["country.*"], most={"clm": 5000}, only={"id": ["KE"]})
    walk.do("person", "add", "eve", name="Eve", roles=["clerk"], public_key=KEY["eve"])
    span: dict[str, Any] = {"begin": walk.now, "end": walk.now + YEAR}
    walk.do("centre_key", "add", "first", **span)
    walk.do("centre_key", "add", "second", **span)
    walk.do("trust_list", "add", "1")
    walk.review(walk.glass("centre_key", "compromise", "second"))
    walk.say(walk.wish("role", "withdraw", "clerk"), "bob", Verdict.REJECT)
    walk.say(walk.wish("role", "withdraw", "clerk"), "alice", Verdict.REJECT)
    with suppress(VoltokenError):
        walk.finish(walk.wish("role", "withdraw", "clerk"))
    walk.say(walk.wish("centre_key", "add", "third", **span))
    return walk
