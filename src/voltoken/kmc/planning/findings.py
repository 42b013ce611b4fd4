"""What a list of tokens tells of forgery: numbers that are there twice, strange makers, impossible times.

Nothing here proves that a token is genuine: one that was forged with a key that was taken looks like others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from voltoken.kmc.keys import living
from voltoken.kmc.planning.holdings import KEY_FILE
from voltoken.kmc.planning.values import Issued
from voltoken.kmc.state import State
from voltoken.security import KeyRef
from voltoken.sts import BaseDate

DRIFT_MAX: Final = 1440
"""Minutes by which the TID of a token may differ from its time of issue: a day, as in modules."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a list of tokens that should not be. kind: twins, stranger or drift. count: of tokens."""

    kind: str
    count: int
    text: str


def findings(state: State, tokens: Iterable[Issued]) -> Iterator[Finding]:
    """Yield what should not be in a list of tokens: where somebody may have forged some already."""
    seen: Counter[tuple[str, str, int]] = Counter()
    strangers: Counter[tuple[str, str]] = Counter()
    drifted = 0
    known: dict[str, tuple[frozenset[str], BaseDate | None]] = {}
    for one in tokens:
        name = one.key
        if name not in known:
            known[name] = _known(state, one)
        modules, base_date = known[name]
        seen[one.pan, name, one.tid] += 1
        if one.module not in modules:
            strangers[one.module, name] += 1
        drifted += base_date is not None and _drift(one, base_date) > DRIFT_MAX
    twins = [count for count in seen.values() if count > 1]
    if twins:
        text = (
            f"{len(twins):,} meters were sold several tokens with one TID; only one of them can be entered."
        )
        yield Finding("twins", sum(twins), text)
    for (module, name), count in sorted(strangers.items()):
        yield Finding("stranger", count, f"Module {module} was never given {name}, and made tokens under it.")
    if drifted:
        yield Finding("drift", drifted, "Their TIDs are more than a day away from their time of issue.")


def _known(state: State, token: Issued) -> tuple[frozenset[str], BaseDate | None]:
    """Return which modules were given a key, and its base date where it is known."""
    key = living(state, KeyRef.parse(token.key))
    if key is None:
        return frozenset(), None
    given = {
        str(one.get("recipient")) for one in state.of(KEY_FILE) if key.entry_id in (one.get("keys") or ())
    }
    return frozenset(given), BaseDate(key.get("base_date"))


def _drift(token: Issued, base_date: BaseDate) -> int:
    """Return by how many minutes the TID of a token differs from its time of issue."""
    return abs(token.tid - (token.issued_at - base_date.instant) // timedelta(minutes=1))
