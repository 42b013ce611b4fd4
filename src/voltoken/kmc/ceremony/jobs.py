"""How a centre that holds secrets carries a step of a ceremony out: what it opens, keeps and destroys.

Each job takes the state, what the request does, and the tools that the centre lends; it returns work to be
done in one go, and decides everything there is to decide. Names of secrets:

    component/<ceremony>/<n>    of custodian n, until the components are combined
    share/<ceremony>/<n>        split off for custodian n, until it was handed out
    offered/<ceremony>/<n>      read back by custodian n, until the shares are put together
    vending_key/<id>            the key that components made, for good
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from voltoken import canonical
from voltoken.errors import ActRefused
from voltoken.kmc.ceremony.components import join_components, take_component
from voltoken.kmc.ceremony.minutes import closing, minutes, signing
from voltoken.kmc.ceremony.page import minutes_page
from voltoken.kmc.ceremony.record import begun, custodians, found_by, is_dry, next_turn, recorded
from voltoken.kmc.ceremony.script import Action, Turn
from voltoken.kmc.ceremony.shares import (
    PRACTICE_ROOT,
    recover_root,
    share_check_value,
    split_root,
    take_share,
)
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry
from voltoken.kmc.work import Job, Tools, Work
from voltoken.security import Share, randomness_bytes

if TYPE_CHECKING:
    from voltoken.kmc.plans import Plan

ROOT: Final = "root"
"""The name by which a job asks for the root key of the centre."""

_OWN: Final = ("component", "share", "offered")


def begin(state: State, plan: Plan, tools: Tools) -> Work:
    """Put down the turns of the script, and the people with their keys."""
    return Work(begun(state, _before(plan), tools.now))


def record(_state: State, plan: Plan, tools: Tools) -> Work:
    """Put down what a step that needs no secret has shown."""
    return Work(recorded(_before(plan), plan.after, tools.now, {}))


def component(_state: State, plan: Plan, tools: Tools) -> Work:
    """Keep the component that was typed, and put down its check value."""
    entry, turn = _turn(plan)
    secret, found = take_component(entry, turn, plan.after.get("evidence"), tools.typed)
    name = f"component/{entry.entry_id}/{turn.custodian}"
    return Work(recorded(entry, plan.after, tools.now, found), keep={name: secret})


def combine(state: State, plan: Plan, tools: Tools) -> Work:
    """Keep the key that the components are, nothing in a dry run, and destroy them."""
    entry, _ = _turn(plan)
    names = _names("component", entry)
    key, found = join_components(state, entry, [tools.secret(name) for name in names])
    keep = {} if is_dry(entry) else {f"vending_key/{entry.get('vending_key')}": key}
    facts = recorded(entry, plan.after, tools.now, found) | {"check_value": found["check_value"]}
    return Work(facts, keep=keep, destroy=names)


def split(_state: State, plan: Plan, tools: Tools) -> Work:
    """Keep one share of the root key for every custodian."""
    entry, _ = _turn(plan)
    root = PRACTICE_ROOT if is_dry(entry) else tools.secret(ROOT)
    randomness = tools.chance(randomness_bytes(len(root), int(entry.get("threshold"))))
    shares, found = split_root(entry, root, randomness)
    texts = [share.text.encode("ascii") for share in shares]
    return Work(
        recorded(entry, plan.after, tools.now, found),
        keep=dict(zip(_names("share", entry), texts, strict=True)),
    )


def hand_out(_state: State, plan: Plan, tools: Tools) -> Work:
    """Show a custodian the share, with its check value, and keep it no longer."""
    entry, turn = _turn(plan)
    name = f"share/{entry.entry_id}/{turn.custodian}"
    share = Share.parse(tools.secret(name).decode("ascii"))
    check = share_check_value(share)
    facts = recorded(entry, plan.after, tools.now, {"check_value": check})
    return Work(facts, destroy=(name,), told=f"{share.text}\ncheck value {check}\n")


def share(_state: State, plan: Plan, tools: Tools) -> Work:
    """Keep the share that was typed until the shares are put together."""
    entry, turn = _turn(plan)
    read, found = take_share(entry, turn, tools.typed)
    name = f"offered/{entry.entry_id}/{turn.custodian}"
    facts = recorded(entry, plan.after, tools.now, found)
    return Work(facts, keep={name: read.text.encode("ascii")})


def recover(_state: State, plan: Plan, tools: Tools) -> Work:
    """Put the shares together, compare what they give with the root key, and forget them."""
    entry, _ = _turn(plan)
    names = _names("offered", entry)
    shares = [Share.parse(tools.secret(name).decode("ascii")) for name in names]
    root = PRACTICE_ROOT if is_dry(entry) else tools.secret(ROOT)
    found = recover_root(shares, root)
    return Work(recorded(entry, plan.after, tools.now, found), destroy=names)


def close(state: State, plan: Plan, tools: Tools) -> Work:
    """Make the minutes, for everybody to read and sign."""
    facts = closing(state.centre_id, _before(plan), tools.now)
    closed = replace(plan.after, values={**plan.after.values, **facts})
    return Work(facts, files=_files(state, closed))


def sign(_state: State, plan: Plan, _tools: Tools) -> Work:
    """Put a signature under the minutes."""
    return Work(signing(_before(plan), plan.after))


def finish(state: State, plan: Plan, _tools: Tools) -> Work:
    """Give out the minutes with all signatures."""
    return Work({}, files=_files(state, plan.after))


def abort(state: State, plan: Plan, _tools: Tools) -> Work:
    """Destroy every secret of a ceremony, and the key that it made."""
    return Work({}, destroy=leftovers(state, _before(plan)))


JOBS: Final[Mapping[str, Job]] = MappingProxyType(
    {
        job.__name__: job
        for job in (
            *(begin, record, component, combine, split, hand_out, share, recover),
            *(close, sign, finish, abort),
        )
    }
)
"""What is done when a step of a ceremony is carried out, by the job's name in the table of the register."""


def leftovers(state: State, entry: Entry) -> tuple[str, ...]:
    """Return the names of the secrets that a ceremony has left: all of them, with the key that it made."""
    heads = tuple(f"{kind}/{entry.entry_id}/" for kind in _OWN)
    found = [name for name in sorted(state.secrets) if name.startswith(heads)]
    made = f"vending_key/{entry.get('vending_key')}"
    if found_by(entry, Action.COMBINE) is not None and made in state.secrets:
        found.append(made)
    return tuple(found)


def _names(kind: str, entry: Entry) -> tuple[str, ...]:
    return tuple(f"{kind}/{entry.entry_id}/{number}" for number in range(1, len(custodians(entry)) + 1))


def _files(state: State, entry: Entry) -> dict[str, bytes]:
    """Return the minutes with the signatures that are there, as a document and as a page."""
    document, signatures = minutes(state.centre_id, entry), entry.get("signatures") or {}
    whole = {"minutes": document, "signatures": signatures}
    return {
        f"{entry.entry_id}.minutes.json": canonical.write(whole).encode("ascii"),
        f"{entry.entry_id}.minutes.html": minutes_page(document, signatures).encode("utf-8"),
    }


def _turn(plan: Plan) -> tuple[Entry, Turn]:
    entry = _before(plan)
    turn = next_turn(entry)
    if turn is None:
        raise ActRefused("turn", "All steps are done. Close the ceremony.")
    return entry, turn


def _before(plan: Plan) -> Entry:
    if plan.before is None:
        raise ActRefused("unknown", f"There is no {plan.after}. Add it first.")
    return plan.before
