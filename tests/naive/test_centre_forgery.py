"""Whoever has even the root key of a centre gets past neither of its auditors without the people."""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.naive.centre_audits import audited, copied
from tests.naive.centre_forger import (
    Line,
    append,
    carried_out,
    edited,
    every_edit,
    keep,
    lines_of,
    rewrite,
    secret_name,
    waiting,
)
from tests.naive.centre_paper import FOR_PEOPLE, request_hash
from tests.naive.centre_walk import Walk
from voltoken.access import Verdict, approve_request, sign
from voltoken.canonical import read_moment, write_moment
from voltoken.drivers.centre.keys import Keys
from voltoken.drivers.centre.lines import hash_of
from voltoken.kmc import approval_facts

pytestmark = pytest.mark.slow

SEALED = b"a sealed signing key, as good as any" * 2
UNREAD = re.compile(r"^(act.carried_out   facts.facts|secret.destroyed   facts) (changed|added)$")
"""Members more than nobody reads: the program passes them over, the naive auditor does not."""


def test_with_the_root_key_nothing_that_somebody_signed_or_that_followed_from_it_can_be_edited(
    modest_once: Walk, stolen: Keys, tmp_path: Path
) -> None:
    walk = copied(modest_once, tmp_path / "c1")
    lines = lines_of(walk.file)
    edits = [edit for edit in every_edit(lines) if lines[edit[1]]["kind"] not in FOR_PEOPLE]
    unfound = []
    for name, number, path, how in random.Random(7).sample(edits, 130):
        rewrite(walk.file, edited(lines, number, path, how), stolen)
        naive, product = audited(walk)
        assert naive, name
        inside: Any = lines[number]
        for step in path:
            inside = inside[step]
        # A field that is not there is one that nobody filled in: a later version may know more fields.
        if not product and not UNREAD.search(name) and (how, inside) != ("removed", None):
            unfound.append(name)
    assert unfound == []


Forging = Callable[[list[Line], Walk], list[Line]]


def done_at(hours: int) -> Forging:
    """Return what carries the request that waits out, so many hours after the last line."""

    def forge(lines: list[Line], _: Walk) -> list[Line]:
        at = read_moment(lines[-1]["at"])
        assert at is not None
        late = write_moment(at.replace(day=at.day + hours // 24))
        return [*lines, *carried_out(lines, late, hash_of(SEALED))]

    return forge


def approved_by(*people: str, days: int = 0, signer: str = "") -> Forging:
    """Return what carries it out with other approvals than it has, each signed as it should be."""

    def forge(lines: list[Line], walk: Walk) -> list[Line]:
        request = walk.state.requests[waiting(lines)["facts"]["request"]].request
        kept = [line for line in lines if line["facts"].get("request") != request.request_id]
        filed = waiting(lines)
        at = read_moment(lines[-1]["at"])
        assert at is not None
        said = []
        for person in people:
            when = at.replace(day=at.day + days)
            seed = walk.seeds[signer or person]
            approval = approve_request(request, person, Verdict.APPROVE, "seen", when, seed)
            facts = approval_facts(request.request_id, approval)
            said.append({"at": lines[-1]["at"], "facts": facts, "kind": "request.approval"})
        whole = [*kept, filed, *said]
        return [*whole, *carried_out(whole, lines[-1]["at"], hash_of(SEALED))]

    return forge


def twice(lines: list[Line], _: Walk) -> list[Line]:
    """Carry it out twice."""
    act = carried_out(lines, lines[-1]["at"], hash_of(SEALED))
    return [*lines, *act, *deepcopy(act)]


def of_another_request(lines: list[Line], walk: Walk) -> list[Line]:
    """Take an approval that somebody gave to something else."""
    wanted = waiting(lines)["facts"]["request"]
    given = [line for line in lines if line["kind"] == "request.approval"]
    own = next(line for line in given if line["facts"]["request"] == wanted)
    others = next(line for line in given if line["facts"]["request"] != wanted)
    copy = [line for line in deepcopy(lines) if line != own]
    copy.append(own | {"facts": others["facts"] | {"request": wanted}})
    return [*copy, *carried_out(copy, lines[-1]["at"], hash_of(SEALED))]


def needing_nobody(lines: list[Line], walk: Walk) -> list[Line]:
    """Let the maker sign that it needs nobody else."""
    copy = deepcopy([line for line in lines if line["facts"].get("request") is None])
    rest = [line for line in lines if line not in copy]
    filed = deepcopy(waiting(lines))
    kept = [line for line in rest if line["facts"]["request"] != filed["facts"]["request"]]
    filed["facts"]["needs"] = 0
    message = b"voltoken-request/1|" + request_hash(filed["facts"]).encode()
    filed["facts"]["signature"] = sign(walk.seeds["alice"], message).hex()
    whole = [line for line in lines if line in copy or line in kept] + [filed]
    return [*whole, *carried_out(whole, lines[-1]["at"], hash_of(SEALED))]


@pytest.mark.parametrize(
    ("forge", "found"),
    [
        pytest.param(done_at(0), False, id="as it was approved"),
        pytest.param(approved_by("bob"), False, id="approved by another officer"),
        pytest.param(approved_by("bob", "dave"), False, id="approved by two"),
        pytest.param(done_at(8 * 24), True, id="expired"),
        pytest.param(twice, True, id="used twice"),
        pytest.param(approved_by(), True, id="approved by nobody"),
        pytest.param(approved_by("alice"), True, id="approved by its maker"),
        pytest.param(approved_by("bob", "bob"), True, id="one counts twice"),
        pytest.param(approved_by("eve"), True, id="no right"),
        pytest.param(approved_by("mallory"), True, id="nobody of the centre"),
        pytest.param(approved_by("bob", signer="mallory"), True, id="forged"),
        pytest.param(approved_by("bob", days=1), True, id="from tomorrow"),
        pytest.param(approved_by("bob", days=-1), True, id="older than its request"),
        pytest.param(of_another_request, True, id="approval of another request"),
        pytest.param(needing_nobody, True, id="needs nobody"),
    ],
)
def test_with_the_root_key_an_act_still_takes_the_people_that_it_takes(
    modest_once: Walk, shut: Walk, stolen: Keys, forge: Forging, found: bool
) -> None:
    rewrite(shut.file, forge(lines_of(shut.file), modest_once), stolen)
    keep(shut.file, secret_name(), SEALED)
    naive, product = audited(shut)
    assert (bool(naive), bool(product)) == (found, found)


def test_lines_that_only_an_unsealed_centre_writes_need_its_signature(shut: Walk) -> None:
    lines = lines_of(shut.file)
    append(shut.file, carried_out(lines, lines[-1]["at"], hash_of(SEALED)))
    keep(shut.file, secret_name(), SEALED)
    naive, product = audited(shut)
    assert naive
    assert product


@pytest.mark.parametrize("kind", ["secret.kept", "secret.destroyed"])
def test_with_the_root_key_no_secret_comes_or_goes_in_somebody_elses_act(
    shut: Walk, stolen: Keys, kind: str
) -> None:
    lines = lines_of(shut.file)
    number = next(n for n, line in enumerate(lines) if line["facts"].get("id") == "KE")
    facts: dict[str, Any] = {"name": "exchange"}
    if kind == "secret.kept":
        facts = {"name": "vending_key/123456/1", "sealed": hash_of(SEALED)}
        keep(shut.file, facts["name"], SEALED)
    else:
        with closing(sqlite3.connect(shut.file)) as database, database:
            database.execute("DELETE FROM secrets WHERE name = 'exchange'")
    lines.insert(number, {"at": lines[number]["at"], "facts": facts, "kind": kind})
    rewrite(shut.file, lines, stolen)
    naive, product = audited(shut)
    assert naive
    assert product


def test_with_the_root_key_the_limits_of_a_role_stay(shut: Walk, stolen: Keys) -> None:
    lines = lines_of(shut.file)
    made = next(line for line in lines if line["facts"].get("id") == "clerk" and line["kind"] == "entry")
    del made["facts"]["values"]["only"]
    rewrite(shut.file, lines, stolen)
    naive, product = audited(shut)
    assert naive
    assert product
