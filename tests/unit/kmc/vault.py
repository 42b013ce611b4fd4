"""A centre in memory that has secrets and does its jobs, and modules that answer it; no disk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

from tests.unit.kmc.town import COMPANIES, FOUNDERS, KEY, NOW, SEEDS, Town
from voltoken import canonical
from voltoken.access import sign
from voltoken.kmc import CREATED, DESTROYED, REGISTERS, SECRET, Entry, Event, State, founding_events, planned
from voltoken.kmc.authorisations import authorisation_document, owner_message, transfer_document
from voltoken.kmc.jobs import JOBS
from voltoken.kmc.plans import drafted
from voltoken.kmc.release import file_entry_id, plan_release
from voltoken.kmc.signing_keys import identity_file
from voltoken.kmc.work import Tools, Work
from voltoken.security import KeyRef, ModuleKind
from voltoken.security.keyload import (
    FileRole,
    LoadedKey,
    LoadReceipt,
    LoadRequest,
    ModuleIdentity,
    Opened,
    TrustedCentre,
    TrustList,
    answer_challenge,
    exchange_public,
    make_receipt,
    make_request,
    open_file,
    parse,
    read_centre,
    signing_public,
    signing_with,
    write_module,
)

SGC = "123456"
YEAR = timedelta(days=365)
UNIQUE: Mapping[str, Any] = {
    "sgc": SGC,
    "kt": 2,
    "base_date": "14",
    "bits": 160,
    "dkga": "04",
    "eas": "07,11",
    "act": NOW,
    "iut": NOW + 3 * YEAR,
    "ulm": 100_000,
    "clm": 0,
    "services": "electricity",
}
"""What is asked for a key of the unique group."""


class Vault(Town):
    """A centre with secrets. files: what its jobs wrote, by name."""

    def __init__(self, centre_id: str = "C1", rehearsal_days: int = 0, now: datetime = NOW) -> None:
        self.state = State()
        self.log: list[Event] = []
        self.now, self.asked, self.drawn = now, 0, 0
        self.files: dict[str, bytes] = {}
        self.secrets = {"exchange": hashlib.sha256(centre_id.encode()).digest()}
        facts = {
            "centre_id": centre_id,
            "rehearsal_days": rehearsal_days,
            "exchange_key": exchange_public(self.secrets["exchange"]).hex(),
        }
        self.take([Event(CREATED, facts)])
        self.take(founding_events(FOUNDERS, now))

    def copy(self) -> Vault:
        """Return another centre that took in the same lines."""
        twin = object.__new__(Vault)
        twin.state, twin.log = State(), []
        for event in self.log:
            twin.log.append(event)
            twin.state.take(event)
        twin.now, twin.asked, twin.drawn = self.now, self.asked, self.drawn
        twin.files, twin.secrets = dict(self.files), dict(self.secrets)
        return twin

    def chance(self, size: int) -> bytes:
        """Return bytes that are never the same again, and the same in every run."""
        self.drawn += 1
        return hashlib.shake_256(f"{self.state.centre_id}/{self.drawn}".encode()).digest(size)

    def secret(self, name: str) -> bytes:
        """Return an opened secret."""
        return self.secrets[name]

    def work(self, request_id: str, *papers: bytes) -> Work:
        """Do the job of a request, and keep nothing of it yet."""
        plan = planned(self.state, self.state.requests[request_id].request, self.now)
        handed = {hashlib.sha256(paper).hexdigest(): paper for paper in papers}
        return JOBS[plan.step.job](self.state, plan, Tools(self.now, self.chance, self.secret, handed))

    def do(
        self,
        register: str,
        step: str,
        entry_id: str,
        *papers: bytes,
        by: str = "alice",
        **values: Any,
    ) -> Entry:
        """Ask, approve, do the job and carry out, as the driver does."""
        table = REGISTERS[register].step(step)
        request_id = self.ask(register, step, entry_id, by, **values)
        if table.approvals:
            self.approve(request_id, "alice" if by == "bob" else "bob")
        work = self.work(request_id, *papers) if table.job else Work()
        self.carry_out(request_id, work.facts)
        self.keep(work)
        return self.entry(register, entry_id)

    def keep(self, work: Work) -> None:
        """Keep and destroy what a job says."""
        kept = [Event(SECRET, {"name": name, "sealed": "0" * 64}) for name in work.keep]
        self.take([*kept, *(Event(DESTROYED, {"name": name}) for name in work.destroy)])
        self.secrets |= work.keep
        for name in work.destroy:
            del self.secrets[name]
        self.files |= work.files

    def identity(self) -> bytes:
        """Return the document in which the centre says who it is."""
        signs = {
            name.partition("/")[2]: signing_with(seed)
            for name, seed in self.secrets.items()
            if name.startswith("signing_key/")
        }
        return identity_file(self.state, self.now, signs)[1]

    def trust(self) -> TrustList:
        """Return a list with this centre alone, as a module has it."""
        return TrustList(1, self.now, (TrustedCentre.of(read_centre(self.identity())),))

    def signed(self, register: str, entry_id: str, owner: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values with the signature of an owner."""
        draft = drafted(REGISTERS[register], entry_id, values, self.now)
        write = authorisation_document if register == "authorisation" else transfer_document
        document = write(self.state, draft)
        return {**values, "signature": sign(SEEDS[owner], owner_message(document)).hex()}

    def group(self, sgc: str = SGC, kind: str = "unique", **values: Any) -> Entry:
        """Give a utility a supply group."""
        given = {"name": f"Group {sgc}", "kind": kind, "owner": "lightco", "country": "KE"} | values
        self.do("supply_group", "add", sgc, **given)
        return self.do("supply_group", "allocate", sgc)

    def key(self, entry_id: str = f"{SGC}/1", until: str = "active", **values: Any) -> Entry:
        """Ask for a key and make it, up to a state."""
        krn = int(entry_id.partition("/")[2][0])
        entry = self.do("vending_key", "add", entry_id, **{**UNIQUE, "krn": krn, **values})
        for step, state in (("generate", "pre_active"), ("activate", "active")):
            if entry.state != until:
                entry = self.do("vending_key", step, entry_id)
                assert entry.state == state
        return entry

    def authorise(self, entry_id: str = "auth-1", owner: str = "lightco", **values: Any) -> Entry:
        """Take in an authorisation for the first module, signed by an owner."""
        full = {"ulm": 50_000, "services": "electricity"} if values.get("use", "full") == "full" else {}
        given = {"sgc": SGC, "module": "sm-1", "use": "full", "begin": self.now, "end": self.now + YEAR}
        whole = {**given, **full, **values}
        return self.do(
            "authorisation", "add", entry_id, **self.signed("authorisation", entry_id, owner, whole)
        )

    def release(self, module: str = "sm-1", request: LoadRequest | None = None, **values: Any) -> bytes:
        """Make the next file for a module with all it may have, unless keys are named; return it."""
        if "wanted" not in values and (request is None or not request.wanted):
            plan = plan_release(self.state, module, self.now)
            values["wanted"] = [str(key.register.ref) for key in plan.keys]
        entry = self.do(
            "key_file", "add", file_entry_id(self.state, module, request), recipient=module, **values
        )
        return self.files[f"{entry.entry_id}.klf.json"]


class Box:
    """A security module as the centre sees it: its two keys, and what it signs with them."""

    def __init__(self, module_id: str, role: str = "vending") -> None:
        self.module_id, self.role = module_id, FileRole(role)
        self.exchange = hashlib.sha256(f"x{module_id}".encode()).digest()
        self.seed = hashlib.sha256(f"s{module_id}".encode()).digest()
        self.public = signing_public(self.seed)
        self.sign = partial(sign, self.seed)

    @property
    def identity(self) -> ModuleIdentity:
        """What it says of itself."""
        point = exchange_public(self.exchange)
        return ModuleIdentity(self.module_id, ModuleKind.SOFTWARE, self.role, "1.0", point, self.public)

    def applied(self, centre: Vault, organisation: str) -> None:
        """Be applied for."""
        given = {
            "organisation": organisation,
            "role": self.role.value,
            "firmware": "1.0",
            "exchange_key": self.identity.exchange_key.hex(),
            "signing_key": self.public.hex(),
        }
        centre.do("module", "add", self.module_id, **given)

    def answer(self, centre: Vault) -> dict[str, Any]:
        """Answer the challenge that the centre wrote last."""
        proof = answer_challenge(
            centre.files[f"{self.module_id}.challenge.json"],
            write_module(self.identity, self.sign),
            exchange=self.exchange,
            sign=self.sign,
            trust=centre.trust(),
            now=centre.now,
        )
        return canonical.read(proof, len(proof))

    def register(self, centre: Vault, organisation: str = "lightco") -> None:
        """Be registered, with a proof of both keys."""
        self.applied(centre, organisation)
        centre.do("module", "challenge", self.module_id)
        centre.do("module", "register", self.module_id, proof=self.answer(centre))

    def open(self, centre: Vault, data: bytes, last_seq: int = 0) -> Opened:
        """Open a file."""
        return open_file(
            parse(data),
            recipient_id=self.module_id,
            exchange=self.exchange,
            role=self.role,
            trust=centre.trust(),
            last_seq=last_seq,
            now=centre.now,
        )

    def receipt(self, centre: Vault, opened: Opened, **changed: Any) -> dict[str, Any]:
        """Sign that a file was loaded. changed: what is not true in it."""
        header = opened.header
        facts: dict[str, Any] = {
            "module_id": self.module_id,
            "centre_id": centre.state.centre_id,
            "file_id": header.file_id,
            "seq": header.seq,
            "digest": opened.digest,
            "loaded_at": centre.now,
            "keys": tuple(
                LoadedKey(one.register.ref, one.register.check_value.value, one.register.iut)
                for one in opened.records
            ),
            "revoked": opened.revoked,
        }
        data = make_receipt(LoadReceipt(**{**facts, **changed}), self.sign, self.public)
        return canonical.read(data, len(data))

    def request(self, centre: Vault, *wanted: str, **changed: Any) -> tuple[LoadRequest, dict[str, Any]]:
        """Ask for keys; returns the request and its document."""
        facts: dict[str, Any] = {
            "module_id": self.module_id,
            "centre_id": centre.state.centre_id,
            "request_id": "lr-1",
            "wanted": tuple(KeyRef.parse(one) for one in wanted),
            "last_seq": 0,
            "held": (),
            "made_at": centre.now,
        }
        request = LoadRequest(**{**facts, **changed})
        data = make_request(request, self.sign, self.public)
        return request, canonical.read(data, len(data))


SM_1 = Box("sm-1")
SM_2 = Box("sm-2")
MAKER = Box("maker", "manufacturing")


def furnish(centre: Vault) -> Vault:
    """Give a centre members, a signing key, and a supply group."""
    centre.act("country", "add", "KE", name="Kenya", regulator="EPRA", currency="KES")
    for name, kind in COMPANIES.items():
        key: dict[str, Any] = {"owner_key": KEY[name]} if name in KEY else {}
        centre.act("organisation", "add", name, name=name.title(), country="KE", kinds=kind, **key)
        centre.act("organisation", "accept", name)
    centre.do("centre_key", "add", "first", begin=centre.now, end=centre.now + 4 * YEAR)
    centre.group()
    return centre


@cache
def _made() -> Vault:
    centre = furnish(Vault())
    for box, owner in ((SM_1, "lightco"), (SM_2, "lightco"), (MAKER, "meterco")):
        box.register(centre, owner)
    return centre


@cache
def _stocked() -> Vault:
    centre = _made().copy()
    centre.key()
    centre.authorise()
    return centre


def furnished_vault() -> Vault:
    """Return a centre with two vending modules and one of a manufacturer, which a test may change."""
    return _made().copy()


def stocked_vault() -> Vault:
    """Return the same with one active key, which the first module is authorised for."""
    return _stocked().copy()
