"""What a pool says of itself, made of what its modules say: pure functions over their answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from voltoken.security import KeyRef, KeyRegister, ModuleInfo, ModuleKind, ModuleRole, ModuleStatus

LIMIT_MAX: Final = (1 << 63) - 1
_STATES: Final = ("ready", "sealed", "failed")
"""The states of modules, the best first."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a module said of itself. at: when. stale: it contradicted that since; ask it again."""

    info: ModuleInfo
    keys: Mapping[KeyRef, KeyRegister]
    at: datetime
    stale: bool = False


def agree(registers: Sequence[KeyRegister]) -> bool:
    """Say whether registers of one name are of one key.

    Where they are not, some of the modules make tokens that no meter takes.
    """
    return len({(one.check_value, one.kt, one.dkga, one.base_date, one.ken) for one in registers}) < 2


def combine_keys(known: Iterable[Known]) -> tuple[KeyRegister, ...]:
    """Return the keys of all modules, in order of their names.

    Each is as the first module knows it, with the limits of all modules added up: every module counts for
    itself. Keys about which modules disagree are left out, because no request gets to them.
    """
    found: dict[KeyRef, list[KeyRegister]] = {}
    for one in known:
        for ref, register in one.keys.items():
            found.setdefault(ref, []).append(register)
    return tuple(
        replace(
            registers[0],
            ulm=min(sum(one.ulm for one in registers), LIMIT_MAX),
            clm=min(sum(one.clm for one in registers), LIMIT_MAX),
        )
        for _, registers in sorted(found.items(), key=lambda item: item[0])
        if agree(registers)
    )


def combine_infos(name: str, role: ModuleRole, infos: Mapping[str, ModuleInfo]) -> ModuleInfo:
    """Return what a pool is. infos: of its modules, by name; those that could not be asked are missing."""
    several = infos.values()
    return ModuleInfo(
        name,
        ModuleKind.POOL,
        role,
        _distinct(one.firmware for one in several),
        _distinct(one.notice for one in several),
        _distinct(one.sta_tables for one in several),
        {f"{place}.{key}": value for place, one in infos.items() for key, value in one.measures.items()},
    )


def combine_statuses(
    name: str, now: datetime, found: Mapping[str, ModuleStatus | str], alerts: Iterable[str]
) -> ModuleStatus:
    """Return how a pool is: as well as its best module.

    found: of each module its status, or why there is none, as a sentence. alerts: the pool's own. The time
    is of the module whose clock is farthest from now, so that a wrong clock does not hide behind right ones.
    """
    statuses = {place: one for place, one in found.items() if isinstance(one, ModuleStatus)}
    states = {one.state for one in statuses.values()}
    told = [f"{place}: {one}" for place, one in found.items() if not isinstance(one, ModuleStatus)]
    told += [f"{place}: it is {one.state}." for place, one in statuses.items() if one.state != "ready"]
    told += [f"{place}: {alert}" for place, one in statuses.items() for alert in one.alerts]
    return ModuleStatus(
        name,
        next((state for state in _STATES if state in states), "failed"),
        max((one.now for one in statuses.values()), key=lambda moment: abs(moment - now), default=now),
        sum(one.issued for one in statuses.values()),
        (*told, *alerts),
    )


def _distinct(words: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(word for word in words if word))
