"""Modules of every driver as clients and keepers reach them: made, loaded, closed and opened again.

Time stands at noon of yesterday unless a test lets it go on, so that no TID is a reserved one, and
certificates, which the machine's clock judges, are good. All keys are made of their names, and test keys.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from tests.integration.softhsm import PIN, SoftHSM
from tests.unit.security.desk import first_key, register, secret_of
from voltoken.drivers.custody.roots import RootProvider, SharesProvider
from voltoken.drivers.local.home import TLS_FOLDER, open_home
from voltoken.drivers.local.keeper import KeeperDoor
from voltoken.drivers.local.making import make_home
from voltoken.drivers.local.module import LocalModule
from voltoken.drivers.local.passwords import hash_password
from voltoken.drivers.local.settings import HomeSettings
from voltoken.drivers.pkcs11 import token_provider
from voltoken.drivers.pool import ModulePool
from voltoken.drivers.prism import Address, Identity, PrismModule, PrismSettings, Trust
from voltoken.drivers.prism.serving import Serving
from voltoken.meter import PROFILES, Meter
from voltoken.security import (
    Act,
    Client,
    IssueRequest,
    KeyRef,
    KeyRegister,
    MemoryVault,
    MeterId,
    ModuleRole,
    SecurityModule,
    Wanted,
)
from voltoken.sts import EA, KEN, SAMPLE_TABLES, TCT, TI, TID, BaseDate, KeyType, MeterPAN, Service
from voltoken.testing import FakeModule

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
PASSWORD = "a password of the contract tests"
OTHER_ACTS = (Act.CREDIT, Act.METER_TEST, Act.VERIFY)
RATE = {"till": (1_000_000, 1_000_000), "other": (1_000_000, 1_000_000), "slow": (1, 2)}
"""The clients: till may do everything, other a little, slow is throttled. Tokens a second, and at once."""

KEY, NEW_KEY = KeyRef.parse("123456/1"), KeyRef.parse("123456/2")
OLD_DAYS = KeyRef.parse("123456/3")
SMALL, NEW_SMALL = KeyRef.parse("123456/4"), KeyRef.parse("123456/5")
FOREIGN = KeyRef.parse("654321/1")
FIRST = KeyRef.parse("999999/1")


def keys_of(role: ModuleRole) -> list[KeyRegister]:
    """Return the keys of a module: two of each length, and for each rule one that breaks that rule alone."""
    if role is ModuleRole.MANUFACTURING:
        return [first_key(FIRST), register(KEY)]
    return [
        register(KEY, ulm=10**12, clm=10**12),
        register(NEW_KEY),
        register(OLD_DAYS, base_date=BaseDate.BD1993),
        register(SMALL, bits=64),
        register(NEW_SMALL, bits=64),
        register(FOREIGN),
        register("200001/1", ulm=100, clm=1_000_000),
        register("200002/1", act=NOON + timedelta(days=300)),
        register("200003/1", iut=NOON - timedelta(days=1)),
        register("200004/1", services=frozenset({Service.WATER}), eas=frozenset({EA.MISTY1})),
        register("200005/1", key_change_only=True),
        register("200006/1", kt=KeyType.DDTK),
        register("200007/1", ken=KEN(90)),
        register("200008/1", kt=KeyType.DCTK),
        register("200009/1", clu=1),
    ]


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now


def settings_text(module_id: str, role: ModuleRole = ModuleRole.VENDING, more: str = "") -> str:
    """Return a settings file with the three clients. more: lines for its top."""
    hashed = _hashed()
    lines = ["version = 1", f'id = "{module_id}"', f'role = "{role.value}"', more]
    for name, (rate, burst) in RATE.items():
        acts = OTHER_ACTS if name == "other" else tuple(Act)
        lines += [
            f"[clients.{name}]",
            f"acts = [{', '.join(repr(act.value) for act in acts)}]",
            f"supply_groups = ['{'123456' if name == 'other' else '*'}']",
            f"rate = {rate}",
            f"burst = {burst}",
            f"test_meters = {'false' if name == 'other' else 'true'}",
            f"password = '{hashed}'",
        ]
    return "\n".join(lines) + "\n"


@functools.cache
def _hashed() -> str:
    """Return the password as it stands in the settings; hashing takes its time."""
    return hash_password(PASSWORD)


class Site(Protocol):
    """A module of some driver with its surroundings; ``client`` is asked for anew after every restart."""

    clock: Clock

    def client(self, name: str) -> SecurityModule:
        """Return the module as a client reaches it."""

    def approve(self, request: IssueRequest, mark: str) -> None:
        """Have a keeper approve what a client asks. mark: the digits that the refusal named."""

    def seal(self) -> None:
        """Have a keeper seal the module."""

    def unseal(self) -> None:
        """Have keepers unseal the module."""

    def restart(self) -> None:
        """End the module, begin it again, and unseal it."""

    def close(self) -> None:
        """End the module."""


@dataclass
class Post:
    """A module in a folder of its own, in this process.

    hsm: makes it a PKCS#11 module; label: on a token that is there already. offers: what unseals it. keys:
    loaded at the beginning; all of ``keys_of`` when it is None. more: lines for the top of its settings.
    """

    folder: Path
    role: ModuleRole = ModuleRole.VENDING
    hsm: SoftHSM | None = None
    clock: Clock = field(default_factory=Clock)
    offers: tuple[str, ...] = ()
    keys: Sequence[KeyRegister] | None = None
    more: str = ""
    label: str = ""

    def __post_init__(self) -> None:
        more = self.more
        provider: Callable[[HomeSettings], RootProvider] = _shares
        close: Callable[[], None] = _nothing
        if self.hsm is not None:
            self.label = self.label or self.hsm.new_token()
            more += f"\nkind = 'pkcs11'\npkcs11 = {{library = '{self.hsm.library}', token = '{self.label}'}}"
            provider, close = token_provider(PIN)
        text = settings_text(self.folder.name, self.role, more)
        made = make_home(self.folder, text, provider, now=NOON)
        close()
        self.offers = made.shares[1:] or (PIN,)
        self._open()
        self.unseal()
        for one in keys_of(self.role) if self.keys is None else self.keys:
            self.load(one)

    def load(self, one: KeyRegister) -> KeyRegister:
        """Load a key: into the hardware, where there is one that can have it."""
        placed = replace(one, in_hardware=self.hsm is not None and one.key_bits == 160)
        return self.keeper.load_key(placed, [secret_of(one.ref, one.key_bits)], by="ann")

    def _open(self) -> None:
        self.module: LocalModule = open_home(self.folder).open_module(self.clock)

    @property
    def keeper(self) -> KeeperDoor:
        """The port for its keepers."""
        return self.module.keeper

    def client(self, name: str) -> SecurityModule:
        """Return the module as a client reaches it."""
        return self.module.client(name)

    def approve(self, request: IssueRequest, mark: str) -> None:
        """Have a keeper approve what a client asks."""
        until = self.clock() + timedelta(hours=1)
        self.keeper.approve(request.request_id, mark, until, by="ann", reason="the module burned down")

    def seal(self) -> None:
        """Have a keeper seal the module."""
        self.keeper.seal(by="ann")

    def unseal(self) -> None:
        """Have keepers unseal the module."""
        assert [self.keeper.unseal(one, by="ann").done for one in self.offers][-1]

    def restart(self) -> None:
        """End the module, begin it again, and unseal it."""
        self.reopen()
        self.unseal()

    def reopen(self) -> None:
        """End the module and begin it again: it is sealed then."""
        self.close()
        self._open()

    def close(self) -> None:
        """End the module."""
        self.module.close()


@dataclass
class Served(Post):
    """The same behind a PrismToken server, as its clients reach it over TLS."""

    port: int = 0

    def _open(self) -> None:
        self.serving = Serving(open_home(self.folder), port=self.port, clock=self.clock)
        self.module, self.port = self.serving.module, self.serving.address.port
        self.clients: dict[str, PrismModule] = {}

    def client(self, name: str) -> SecurityModule:
        """Return a client of the server, which knows by itself what keys there are."""
        if name not in self.clients:
            tls = self.folder / TLS_FOLDER
            identity = Identity(tls / f"{name}.pem", tls / f"{name}.pem")
            address, trust = Address("127.0.0.1", self.port), Trust(authority=tls / "ca.pem")
            settings = PrismSettings(address, trust, name, PASSWORD, identity)
            self.clients[name] = PrismModule(settings, keys_of(self.role), self.clock)
        return self.clients[name]

    def approve(self, request: IssueRequest, mark: str) -> None:
        """Approve under the id that came over the wire, where a dot stands for the colon."""
        super().approve(replace(request, request_id=request.request_id.replace(":", ".")), mark)

    def close(self) -> None:
        """End clients and server."""
        for one in self.clients.values():
            one.close()
        self.serving.close()


@dataclass
class Pooled:
    """Two modules behind one port, one in this process and one behind a server, with one clock."""

    folder: Path
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.posts = (
            Post(self.folder / "near", clock=self.clock),
            Served(self.folder / "far", clock=self.clock),
        )
        self.pools: dict[str, ModulePool] = {}

    def client(self, name: str) -> SecurityModule:
        """Return the pool for a client."""
        if name not in self.pools:
            modules = {one.folder.name: one.client(name) for one in self.posts}
            self.pools[name] = ModulePool("pool", modules, self.clock)
        return self.pools[name]

    def approve(self, request: IssueRequest, mark: str) -> None:
        """Have a keeper of each module approve what a client asks."""
        for one in self.posts:
            one.approve(request, mark)

    def seal(self) -> None:
        """Seal both."""
        for one in self.posts:
            one.seal()

    def unseal(self) -> None:
        """Unseal both, and let the time pass in which a pool leaves alone what was sealed."""
        for one in self.posts:
            one.unseal()
        self.clock.now += timedelta(minutes=10)

    def restart(self) -> None:
        """End everything, and begin it again: the pool has forgotten what it knew."""
        self.pools.clear()
        for one in self.posts:
            one.restart()

    def close(self) -> None:
        """End everything."""
        for one in self.posts:
            one.close()


@dataclass
class Faked:
    """The fake for integrators: one module for each client, which forgets everything with itself."""

    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.fakes = {name: self._fake(name) for name in RATE}

    def _fake(self, name: str) -> FakeModule:
        rate, burst = RATE[name]
        other = name == "other"
        client = Client(
            name,
            frozenset(OTHER_ACTS if other else Act),
            frozenset({"123456" if other else "*"}),
            rate,
            burst,
            test_meters=not other,
        )
        made = FakeModule("fake", self.clock, client=client)
        for one in keys_of(ModuleRole.VENDING):
            made.load_key(one, secret_of(one.ref, one.key_bits))
        return made

    def client(self, name: str) -> SecurityModule:
        """Return the module of a client."""
        return self.fakes[name]

    def approve(self, request: IssueRequest, mark: str) -> None:
        """Approve what the till asks."""
        del mark
        self.fakes["till"].approve(request)

    def seal(self) -> None:
        """Have all refuse."""
        for one in self.fakes.values():
            one.sealed = True

    def unseal(self) -> None:
        """Have all work again."""
        for one in self.fakes.values():
            one.sealed = False

    def restart(self) -> None:
        """Do nothing: a fake that ends is gone, and the suite does not ask for it."""

    def close(self) -> None:
        """Do nothing."""


def _shares(settings: HomeSettings) -> RootProvider:
    del settings
    return SharesProvider(2, 3)


def _nothing() -> None:
    """Close nothing."""


BUILDERS: dict[str, Callable[[Path, SoftHSM | None], Site]] = {
    "software": lambda folder, _: Post(folder / "software"),
    "pkcs11": lambda folder, hsm: Post(folder / "pkcs11", hsm=hsm),
    "prism": lambda folder, _: Served(folder / "prism"),
    "pool": lambda folder, _: Pooled(folder),
    "fake": lambda *_: Faked(),
}
"""How to make a site of each driver. The SoftHSM is for the one that needs it."""

_MADE = datetime(2024, 11, 1, tzinfo=UTC)
"""When meters of 1993 were filled: their TIDs have run out since."""
_NUMBERS: Iterator[int] = itertools.count(1)


def new_id() -> str:
    """Return a request id that nobody has used."""
    return f"contract-{next(_NUMBERS)}:1"


def new_meter(ea: EA = EA.MISTY1, tct: str = "02") -> MeterId:
    """Return a meter that nobody has sold to."""
    return MeterId(MeterPAN.build("00", f"{next(_NUMBERS):08d}"), ea, TCT(tct), TI("01"), test=True)


def tid_now(now: datetime = NOON, base_date: BaseDate = BaseDate.BD2014, minutes: int = 0) -> TID:
    """Return the TID of a time, and so many minutes later."""
    return TID((now - base_date.instant) // timedelta(minutes=1) + minutes)


def real_meter(one: MeterId, known: KeyRegister) -> Meter:
    """Return a virtual meter that holds the decoder key of a vending key, made from its bytes here."""
    vault = MemoryVault()
    vault.put(known, secret_of(known.ref, known.key_bits))
    key = vault.decoder_key(Wanted(known, one.ea, one.pan, one.ti))
    model = replace(PROFILES["single-phase"], lockout=None, tct=one.tct)
    tables = SAMPLE_TABLES if one.ea is EA.STA else None
    made = tid_now(
        _MADE if known.base_date is BaseDate.BD1993 else NOON - timedelta(days=30), known.base_date
    )
    return Meter.new(one.pan, key, model, filled_with=made, sta_tables=tables)
