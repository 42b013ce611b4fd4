"""Modules on a test bench: several fakes with the same key, whatever stands around them, and requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from voltoken.drivers.pool import Breaker, ModulePool
from voltoken.security import CreditRequest, IssuedToken, KeyRegister, MeterId, SecurityModule
from voltoken.sts import EA, TCT, TI, TID, BaseDate, MeterPAN, Service, TIDClock
from voltoken.testing import Death, Dies, DyingModule, FakeModule, at_calls, every, sample_key

NOW = datetime(2026, 3, 1, 13, 0, tzinfo=UTC)
SGC, OTHER_SGC = "123456", "654321"
REGISTER, SECRET = sample_key(SGC, 1, NOW)
NEW_REGISTER, NEW_SECRET = sample_key(SGC, 2, NOW)
OTHER_REGISTER, OTHER_SECRET = sample_key(OTHER_SGC, 1, NOW)
KEY, NEW_KEY, OTHER_KEY = REGISTER.ref, NEW_REGISTER.ref, OTHER_REGISTER.ref
BOTH = ((REGISTER, SECRET), (NEW_REGISTER, NEW_SECRET))
NEVER, AWAY = at_calls({}), every(1, Death.AWAY)
"""Plans to die: at no call, and to be away at every one."""
METER = MeterId(MeterPAN("600727000000000009"), EA.MISTY1, TCT("02"), TI("01"), test=True)


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now

    def go_on(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


def tid(minutes: int = 0) -> TID:
    """Return the TID so many minutes after ``NOW``."""
    return TIDClock(BaseDate.BD2014).tid_at(NOW + timedelta(minutes=minutes))


def meter(number: int) -> MeterId:
    """Return one meter of many."""
    return replace(METER, pan=MeterPAN.build("00", f"{number:08d}"))


def credit(number: int = 1, **changes: Any) -> CreditRequest:
    """Return the request of that number for credit, of a meter of its own, but for changes."""
    plain = CreditRequest(f"v{number}:1", meter(number), KEY, Service.ELECTRICITY, 10, tid())
    return replace(plain, **changes)


def fake(name: str, clock: Clock, *keys: tuple[KeyRegister, bytes], **options: Any) -> FakeModule:
    """Return a fake module with these keys, or with the usual one."""
    module = FakeModule(name, clock, **options)
    for register, secret in keys or ((REGISTER, SECRET),):
        module.load_key(register, secret)
    return module


class Bench:
    """A pool over mortal fakes. plans: how each dies, by name; ``a`` and ``b`` live for ever by default."""

    def __init__(
        self,
        plans: dict[str, Dies] | None = None,
        *,
        keys: dict[str, tuple[tuple[KeyRegister, bytes], ...]] | None = None,
        around: dict[str, SecurityModule] | None = None,
        stays_down: bool = False,
        **options: Any,
    ) -> None:
        self.clock = Clock()
        plans = plans or {"a": at_calls({}), "b": at_calls({})}
        self.fakes = {name: fake(name, self.clock, *(keys or {}).get(name, ())) for name in plans}
        self.mortals = {
            name: DyingModule(self.fakes[name], plan, stays_down=stays_down) for name, plan in plans.items()
        }
        self.breaker = Breaker(failures=2, rest=timedelta(seconds=5), rest_max=timedelta(seconds=60))
        modules: dict[str, SecurityModule] = {**self.mortals, **(around or {})}
        self.pool = ModulePool("pool", modules, self.clock, breaker=self.breaker, **options)

    def made(self) -> dict[str, list[str]]:
        """Return which request ids each module has made tokens for."""
        return {name: [one.request_id for one in module.made] for name, module in self.fakes.items()}


class Scripted(DyingModule):
    """A module that makes credit in a way of its own; act: gets the module inside and the request."""

    def __init__(
        self, inner: SecurityModule, act: Callable[[SecurityModule, CreditRequest], IssuedToken]
    ) -> None:
        super().__init__(inner)
        self._act = act

    def issue_credit(self, request: CreditRequest) -> IssuedToken:
        """Do what the script says."""
        return self._act(self.inner, request)
