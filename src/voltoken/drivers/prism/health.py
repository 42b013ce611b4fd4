"""What ``getStatus`` says of a module, read as our own status; keys and forms vary between servers.

Two things end sales without a warning and are watched: a transaction licence that runs out
(``smqi``/``smcq`` ``InhibitVendDateUtc``), and a clock that drifts out of the module's TID window.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from voltoken.errors import PeerError
from voltoken.security import ModuleInfo, ModuleKind, ModuleRole, ModuleStatus

DRIFT_MAX: Final = timedelta(seconds=60)
"""A clock that is further off than this is an alarm: selling stops at it elsewhere."""
LICENCE_WARNING: Final = timedelta(days=30)
"""How long before the end of a licence the alarms begin."""

UNKNOWN_NOTICE: Final = "what this module is certified for is for its operator to say"
"""What is said of a module behind a server that says nothing of the kind."""

_MOMENT: Final = re.compile(
    r"(\d{4})\D?(\d\d)\D?(\d\d)(?:\D?(\d\d)\D?(\d\d)(?:\D?(\d\d))?\D{0,6})?", re.ASCII
)
_SECONDS: Final = re.compile(r"[+-]?\d{1,12}(?:\.\d{1,9})?", re.ASCII)


def merged(nodes: Sequence[Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return facts and alerts of all nodes together; the first node that names a fact counts.

    Raises PeerError when there is no node.
    """
    if not nodes:
        raise PeerError("The server says nothing about itself: its status has no node.")
    facts: dict[str, str] = {}
    for node in reversed(nodes):
        facts |= node.info
    return facts, tuple(f"{alert.eCode}: {alert.eMsgEn}" for node in nodes for alert in node.alerts)


def module_info(facts: Mapping[str, str]) -> ModuleInfo:
    """Return what a module is. Servers other than ours say nothing about tables or certificates."""
    role = facts.get("voltoken.Role", "vending")
    return ModuleInfo(
        module_id=_module_id(facts),
        kind=ModuleKind.PRISM,
        role=ModuleRole(role) if role in tuple(ModuleRole) else ModuleRole.VENDING,
        firmware=facts.get("FirmwareId", "unknown"),
        notice=facts.get("voltoken.Notice", UNKNOWN_NOTICE),
        sta_tables=facts.get("voltoken.StaTables", "the module's own"),
        measures={},
    )


def module_status(facts: Mapping[str, str], alerts: Sequence[str], now: datetime) -> ModuleStatus:
    """Return how a module is. now: our clock, also in place of the module's when that cannot be read."""
    count = facts.get("TxCounter", "0")
    clock = _moment(facts.get("smqd.ex.RtcTimeUtc", ""))
    return ModuleStatus(
        module_id=_module_id(facts),
        state=facts.get("voltoken.State", "ready"),
        now=clock or now,
        issued=int(count) if count.isascii() and count.isdigit() and len(count) < 20 else 0,
        alerts=(*alerts, *_clock_alerts(facts, clock, now), *_licence_alerts(facts, now)),
    )


def _module_id(facts: Mapping[str, str]) -> str:
    return facts.get("smqi.IdSm") or facts.get("ModuleId") or "unknown"


def _clock_alerts(facts: Mapping[str, str], clock: datetime | None, now: datetime) -> list[str]:
    said = facts.get("smqd.ex.RtcDriftSeconds", "")
    drift = timedelta(seconds=abs(int(said.partition(".")[0]))) if _SECONDS.fullmatch(said) else timedelta()
    if clock is not None:
        drift = max(drift, abs(now - clock))
    if drift <= DRIFT_MAX:
        return []
    off, most = drift // timedelta(seconds=1), DRIFT_MAX // timedelta(seconds=1)
    return [f"The module's clock is {off} s off, and {most} s are allowed. Find out which clock is wrong."]


def _licence_alerts(facts: Mapping[str, str], now: datetime) -> list[str]:
    said = next((text for key, text in facts.items() if key.endswith("InhibitVendDateUtc")), "")
    if not said.strip():
        return []
    end = _moment(said)
    if end is None:
        return ["The end of the module's transaction licence cannot be read; ask its maker."]
    if end <= now:
        return [f"The module's transaction licence ended on {end:%Y-%m-%d}: it makes no tokens."]
    if end - now <= LICENCE_WARNING:
        return [f"The module's transaction licence ends on {end:%Y-%m-%d}. Have it renewed in time."]
    return []


def _moment(text: str) -> datetime | None:
    """Read a moment in UTC, date and time in the usual order with any separators; None when it is none."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return None
    parts = [int(part) for part in found.groups() if part is not None]
    try:
        return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type] # three, five or six whole numbers
    except ValueError:
        return None
