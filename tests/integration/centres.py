"""Two centres and three modules, all real: files on a disk, one clock, documents that go from hand to hand.

North is the home of supply group 123456 and gives its key to the modules a and b. South has a copy of the
key, a module c, and a group of its own. Everybody signs with a key of their own, the owner of the groups too.
"""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.contract.sites import NOON, Clock, Post, new_id, new_meter, tid_now
from tests.unit.drivers.centre.world import approve, ask, founders
from voltoken import canonical
from voltoken.access import public_key_of, sign
from voltoken.drivers.centre import (
    Centre,
    LogLine,
    Outcome,
    World,
    create_centre,
    read_log,
    write_identity,
)
from voltoken.drivers.custody import SharesProvider
from voltoken.errors import SecurityModuleError
from voltoken.kmc import (
    REGISTERS,
    Entry,
    State,
    authorisation_document,
    drafted,
    file_entry_id,
    known_names,
    owner_message,
    transfer_document,
)
from voltoken.security import CreditRequest, IssuedToken, KeyRef
from voltoken.security.keyload import read_centre, read_request
from voltoken.sts import Service

SGC, OTHER_SGC = "123456", "234567"
KEY, OTHER_KEY = f"{SGC}/1", f"{OTHER_SGC}/1"
OWNER = hashlib.sha256(b"the owner of the meters").digest()
UNITS = 1000
"""So many steps of 0.1 kWh a module may ever make under the key, whichever centre tells it."""


def moment(days: int) -> str:
    """Return the moment so many days from the beginning, as it is typed."""
    return canonical.write_moment(NOON + timedelta(days=days))


@dataclass
class Seat:
    """A centre in a folder, with everybody in the room who is needed."""

    folder: Path
    clock: Clock
    shares: tuple[str, ...] = ()

    @classmethod
    def found(cls, folder: Path, clock: Clock) -> Seat:
        """Make a centre with a signing key, and the owner of the supply groups in its registers."""
        made = create_centre(
            folder,
            centre_id=folder.name,
            provider=SharesProvider(2, 3),
            founders=founders(),
            now=clock(),
        )
        seat = cls(folder, clock, made.shares)
        seat.open()
        seat.do("centre_key.add", "first", begin=moment(-1), end=moment(1000))
        seat.do("country.add", "ZA", name="South Africa")
        lakeside = {"name": "Lakeside", "country": "ZA", "kinds": "utility"}
        seat.do("organisation.add", "lakeside", **lakeside, owner_key=public_key_of(OWNER).hex())
        seat.do("organisation.accept", "lakeside")
        return seat

    def open(self) -> None:
        """Open the centre, and unseal it with two of its shares."""
        world = World(clock=self.clock, protect=_nothing)
        self.centre = Centre.open(self.folder, patience_s=0.0, world=world)
        for share in self.shares[1:]:
            self.centre.unseal(share)

    def ask(self, act: str, entry_id: str, /, **values: Any) -> str:
        """File a request, have it approved as often as it needs, and return its id."""
        request_id = ask(self.centre, act, entry_id, values)
        if self.centre.state.requests[request_id].request.needs:
            approve(self.centre, request_id)
        return request_id

    def do(self, act: str, entry_id: str, /, *papers: bytes, **values: Any) -> Outcome:
        """Ask, have it approved, and carry it out. papers: what is handed in beside it."""
        return self.centre.carry_out(self.ask(act, entry_id, **values), papers=papers)

    def entry(self, register: str, entry_id: str) -> Entry:
        """Return an entry that is there."""
        found = self.centre.state.entry(register, entry_id)
        assert found is not None
        return found

    def identity(self) -> bytes:
        """Return the document in which the centre says who it is."""
        return write_identity(self.centre)[1]

    def group(self, sgc: str = SGC, home: str = "") -> None:
        """Give Lakeside a supply group. home: the other centre at which it is at home."""
        values = {"name": f"Group {sgc}", "kind": "unique", "owner": "lakeside", "country": "ZA"}
        self.do("supply_group.add", sgc, **values, **({"centre": home} if home else {}))
        self.do("supply_group.allocate", sgc)

    def key(self, entry_id: str = KEY) -> None:
        """Make a key of a group, and let it be used."""
        values = {"sgc": entry_id[:6], "krn": 1, "kt": 2, "base_date": "14", "bits": 160, "dkga": "04"}
        times = {"act": moment(-1), "iut": moment(900), "refresh_days": 90}
        limits = {"ulm": 100 * UNITS, "clm": 0, "services": "electricity", "test": True}
        self.do("vending_key.add", entry_id, **values, **times, **limits, eas="07,11")
        self.do("vending_key.generate", entry_id)
        self.do("vending_key.activate", entry_id)

    def trust(self, other: Seat) -> None:
        """Trust another centre, by the fingerprint that its people have said on the telephone."""
        data = other.identity()
        values = {"name": other.folder.name.title(), "identity": _document(data)}
        self.do("centre.add", other.folder.name, **values, fingerprint=read_centre(data).fingerprint)

    def trust_list(self, version: int) -> bytes:
        """Write the list of centres that modules are to trust."""
        (data,) = self.do("trust_list.add", str(version)).files.values()
        return data

    def register(self, post: Post) -> None:
        """Register a module, with a proof that it holds its keys."""
        name = post.folder.name
        self.do("module.add", name, organisation="lakeside", role="vending")
        (challenge,) = self.do("module.challenge", name).files.values()
        proof = post.keeper.prove(challenge, by="kim")
        self.do("module.register", name, proof=_document(proof))

    def authorise(self, post: Post, sgc: str = SGC) -> None:
        """Take in what the owner has signed for a module."""
        values = {"sgc": sgc, "module": post.folder.name, "use": "full", "ulm": UNITS}
        values |= {"begin": moment(-1), "end": moment(800), "services": "electricity"}
        entry_id = f"{post.folder.name}.{sgc}"
        self.do("authorisation.add", entry_id, **self._signed("authorisation", entry_id, values))

    def release(self, post: Post, wanted: str = KEY) -> bytes:
        """Send a key to a module that has not asked, and return the file."""
        name = post.folder.name
        entry_id = file_entry_id(self.centre.state, name)
        (data,) = self.do("key_file.add", entry_id, recipient=name, wanted=wanted).files.values()
        return data

    def supply(self, post: Post, wanted: str = KEY) -> int:
        """Have a module ask for a key, load the file, and take in its receipt; returns the file's number."""
        data = post.keeper.begin_key_load(self.folder.name, [KeyRef.parse(wanted)], by="kim")
        entry_id = file_entry_id(self.centre.state, post.folder.name, read_request(data))
        values = {"recipient": post.folder.name, "load_request": _document(data)}
        (file,) = self.do("key_file.add", entry_id, **values).files.values()
        self.load(post, entry_id, file)
        return int(self.entry("key_file", entry_id).get("seq"))

    def load(self, post: Post, entry_id: str, file: bytes) -> None:
        """Have a module load a file, and take in its receipt."""
        receipt = post.keeper.load_key_file(file, by="kim")
        self.do("key_file.confirm", entry_id, receipt=_document(receipt))

    def agree(
        self, direction: str, other: str, *, moves_home: bool, names: Mapping[str, Any] | None = None
    ) -> str:
        """Note a transfer of the group that its owner has signed, and return its id.

        names: the keys that the group has had, as the owner signed them elsewhere.
        """
        entry_id = f"{direction}-{len(list(self.centre.state.of('transfer'))) + 1}"
        values = {"direction": direction, "sgc": SGC, "centre": other, "moves_home": moves_home}
        values["agreed_on"] = f"{self.clock():%Y-%m-%d}"
        values["names"] = known_names(self.centre.state, SGC) if names is None else names
        self.do("transfer.add", entry_id, **self._signed("transfer", entry_id, values))
        return entry_id

    def send(self, other: Seat, *, moves_home: bool) -> bytes:
        """Make the file that takes the keys of the group to another centre."""
        agreed = self.agree("out", other.folder.name, moves_home=moves_home)
        (data,) = self.do("transfer.send", agreed).files.values()
        return data

    def receive(self, other: Seat, data: bytes, *, moves_home: bool) -> None:
        """Take in the file of another centre, with the names that its draft has."""
        names = known_names(other.centre.state, SGC)
        agreed = self.agree("in", other.folder.name, moves_home=moves_home, names=names)
        self.do("transfer.receive", agreed, data, file=hashlib.sha256(data).hexdigest())

    def _signed(self, register: str, entry_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
        draft = drafted(REGISTERS[register], entry_id, values, self.centre.now())
        of: Callable[[State, Entry], dict[str, Any]]
        of = authorisation_document if register == "authorisation" else transfer_document
        message = owner_message(of(self.centre.state, draft))
        return {**values, "signature": sign(OWNER, message).hex()}


@dataclass
class Land:
    """The two centres and the three modules. old_list: whom the modules of north were told to trust."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    north: Seat = field(init=False)
    south: Seat = field(init=False)
    a: Post = field(init=False)
    b: Post = field(init=False)
    c: Post = field(init=False)
    old_list: bytes = field(init=False, repr=False)

    @classmethod
    def settle(cls, folder: Path) -> Land:
        """Make everything up to the day on which nothing has gone wrong yet."""
        land = cls(folder)
        land.north, land.south = (Seat.found(folder / name, land.clock) for name in ("north", "south"))
        land.a, land.b, land.c = (Post(folder / name, clock=land.clock, keys=()) for name in "abc")
        north, south = land.north, land.south
        north.trust(south)
        south.trust(north)
        north.group()
        north.key()
        land.old_list = north.trust_list(1)
        for post in (land.a, land.b):
            post.keeper.set_trust(land.old_list, by="kim")
            north.register(post)
            north.authorise(post)
            north.supply(post)
        south.group(OTHER_SGC)
        south.key(OTHER_KEY)
        land.c.keeper.set_trust(south.identity(), by="kim")
        south.register(land.c)
        south.authorise(land.c, OTHER_SGC)
        south.supply(land.c, OTHER_KEY)
        south.group(home="north")
        south.receive(north, north.send(south, moves_home=False), moves_home=False)
        return land

    @property
    def seats(self) -> tuple[Seat, Seat]:
        """Both centres."""
        return self.north, self.south

    @property
    def posts(self) -> tuple[Post, Post, Post]:
        """All modules."""
        return self.a, self.b, self.c

    def close(self) -> None:
        """Close everything that is open."""
        for seat in self.seats:
            seat.centre.close()
        for post in self.posts:
            post.close()

    @contextmanager
    def copied(self, folder: Path) -> Iterator[Land]:
        """Give a copy of what is closed, opened, so that something may happen to it."""
        shutil.copytree(self.folder, folder)
        land = copy.copy(self)
        land.folder, land.clock = folder, Clock()
        land.clock.now = self.clock.now
        land.north, land.south = (
            Seat(folder / one.folder.name, land.clock, one.shares) for one in self.seats
        )
        land.a, land.b, land.c = (_moved(one, folder, land.clock) for one in self.posts)
        for seat in land.seats:
            seat.open()
        try:
            yield land
        finally:
            land.close()


def _moved(post: Post, folder: Path, clock: Clock) -> Post:
    twin = copy.copy(post)
    twin.folder, twin.clock = folder / post.folder.name, clock
    twin.restart()
    return twin


def sell(post: Post, steps: int, key: str = KEY) -> IssuedToken:
    """Sell to a new meter. steps: of 0.1 kWh."""
    tid = tid_now(post.clock())
    request = CreditRequest(new_id(), new_meter(), KeyRef.parse(key), Service.ELECTRICITY, steps, tid)
    return post.client("till").issue_credit(request)


def refusal(post: Post, steps: int, key: str = KEY) -> str:
    """Try to sell, and return why it is refused, empty where it is not."""
    try:
        sell(post, steps, key)
    except SecurityModuleError as error:
        return str(error.detail.get("refusal", error.code))
    return ""


def kinds(post: Post) -> Sequence[str]:
    """Return what happened in a module, by its log."""
    return [json.loads(one.body)["kind"] for one in post.keeper.audit()]


def lines(seat: Seat, kind: str) -> list[LogLine]:
    """Return the lines of a kind in the log of a centre."""
    return [line for line in read_log(seat.centre) if line.kind == kind]


def _document(data: bytes) -> dict[str, Any]:
    return canonical.read(data, len(data))


def _nothing() -> None:
    """Protect nothing: the tests run in a process that others look into."""
