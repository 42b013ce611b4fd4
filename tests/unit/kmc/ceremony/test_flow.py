"""Ceremonies from the plan to the last signature, by every script, for real and dry."""

from __future__ import annotations

import json

import pytest

from tests.unit.kmc.ceremony.hall import CUSTODIANS, KEY, PAPERS, ROOT, Hall, joined, secrets_in
from voltoken import canonical
from voltoken.kmc.ceremony import (
    PRACTICE_ROOT,
    Action,
    check_minutes,
    minutes_digest,
    practice_component,
    signed_by,
)
from voltoken.security import Share, combine
from voltoken.sts import key_check_value


def test_three_custodians_make_a_vending_key_that_nobody_knows() -> None:
    hall = Hall()
    hall.plan(expected=key_check_value(joined(PAPERS)).value)
    entry = hall.run(until=Action.COMBINE)
    assert secrets_in(hall) == [f"component/k1/{number}" for number in (1, 2, 3)]
    entry = hall.take()
    assert hall.secrets[f"vending_key/{KEY}"] == joined(PAPERS)
    assert secrets_in(hall) == [f"vending_key/{KEY}"]
    assert entry.get("check_value") == key_check_value(joined(PAPERS)).value
    hall.run()
    done = hall.finish()
    assert done.state == "done"
    assert set(done.get("signatures")) == {"olga", "abdul", *CUSTODIANS}


def test_a_component_can_come_from_shares_of_it() -> None:
    from voltoken.kmc.ceremony import back_up, read_component

    texts = back_up(PAPERS[0], 2, 3, bytes(range(28)))
    assert read_component("\n".join(texts[1:]) + "\n\n") == PAPERS[0]
    hall = Hall()
    hall.plan()
    hall.run(until=Action.COMPONENT)
    turn = hall.turn("k1")
    hall.act(
        "carol",
        "component",
        "k1",
        "\n".join((texts[2], texts[0])),
        number=turn.number,
        evidence=hall.evidence(turn, "k1"),
    )
    assert hall.secrets["component/k1/1"] == PAPERS[0]


def test_a_dry_run_goes_the_whole_way_and_leaves_no_key() -> None:
    hall = Hall()
    hall.plan("dry-1", dry_run=True, vending_key=None)
    hall.run("dry-1")
    done = hall.finish("dry-1")
    assert done.state == "done"
    assert secrets_in(hall) == []
    key = joined(tuple(practice_component(number, 160) for number in (1, 2, 3)))
    assert done.get("check_value") == key_check_value(key).value


@pytest.mark.parametrize("threshold", [2, 3])
def test_the_root_key_is_backed_up_in_shares_that_any_quorum_puts_together(threshold: int) -> None:
    hall = Hall()
    hall.plan("b1", script="backup-shares", vending_key=None, bits=None, threshold=threshold)
    hall.run("b1", until=Action.HAND_OUT)
    assert secrets_in(hall) == [f"share/b1/{number}" for number in (1, 2, 3)]
    hall.take("b1")
    assert secrets_in(hall) == ["share/b1/2", "share/b1/3"]
    hall.run("b1", until=Action.RECOVER)
    assert secrets_in(hall) == [f"offered/b1/{number}" for number in (1, 2, 3)]
    hall.run("b1")
    assert secrets_in(hall) == []
    hall.finish("b1")
    papers = [Share.parse(text) for text in hall.shares.values()]
    assert combine(papers[-threshold:]) == ROOT


def test_the_shares_of_the_centre_are_proved() -> None:
    hall = Hall()
    hall.plan("b1", script="backup-shares", vending_key=None, bits=None, threshold=2)
    hall.run("b1")
    hall.finish("b1")
    hall.plan("p1", script="centre-root", vending_key=None, bits=None, threshold=2, witness="wanda")
    assert hall.run("p1", until=Action.CHECK).get("record") is not None
    hall.run("p1")
    assert hall.finish("p1").state == "done"
    assert secrets_in(hall) == []


@pytest.mark.parametrize("script", ["backup-shares", "centre-root"])
def test_a_dry_run_with_shares_never_asks_for_the_root_key(script: str) -> None:
    hall = Hall()
    hall.plan("dry-2", script=script, vending_key=None, bits=None, threshold=2, dry_run=True)
    hall.run("dry-2")
    hall.finish("dry-2")
    assert "root" not in hall.opened
    papers = [Share.parse(text) for text in hall.shares.values()]
    assert combine(papers) == PRACTICE_ROOT


def test_a_key_is_destroyed_before_witnesses() -> None:
    hall = Hall()
    hall.put("vending_key", KEY, "deactivated", bits=160)
    hall.plan("d1", script="destroy-key", bits=None, witness="wanda")
    hall.run("d1", until=Action.DESTROYED)
    hall.put("vending_key", KEY, "destroyed")
    hall.run("d1")
    assert hall.finish("d1").state == "done"


def test_a_dry_run_of_destroying_is_about_no_key() -> None:
    hall = Hall()
    hall.plan("dry-3", script="destroy-key", bits=None, vending_key=None, dry_run=True)
    hall.run("dry-3")
    assert hall.finish("dry-3").state == "done"


def test_the_minutes_that_come_out_are_verified_with_nothing_else() -> None:
    hall = Hall()
    hall.plan()
    hall.run()
    hall.finish()
    assert sorted(hall.work.files) == ["k1.minutes.html", "k1.minutes.json"]
    whole = canonical.read(hall.work.files["k1.minutes.json"], 1 << 20)
    check_minutes(whole["minutes"], whole["signatures"])
    assert signed_by(whole["minutes"], whole["signatures"]) == {"olga", "abdul", *CUSTODIANS}
    assert hall.entry("k1").get("minutes") == minutes_digest(whole["minutes"])
    assert whole["minutes"]["closed_at"] > whole["minutes"]["record"][-1]["at"]
    assert whole["minutes"]["planned"] == {"by": "olga", "approved_by": ["otto"], "request": "r1"}


def test_no_component_stands_in_any_request_entry_or_paper() -> None:
    hall = Hall()
    hall.plan()
    hall.run()
    hall.finish()
    told = hall.state.export() + b"".join(hall.work.files.values())
    told += json.dumps(
        [canonical.write(each.request.document()) for each in hall.state.requests.values()]
    ).encode()
    for secret in (*PAPERS, joined(PAPERS)):
        assert secret.hex().encode() not in told.lower()


@pytest.mark.parametrize("until", [Action.COMPONENT, Action.COMBINE, None])
def test_an_aborted_ceremony_leaves_nothing(until: Action | None) -> None:
    hall = Hall()
    hall.plan()
    hall.run(until=until)
    hall.secrets["component/other/1"] = hall.secrets["vending_key/123456/1"] = b"of another"
    hall.state.secrets |= {"component/other/1": "", "vending_key/123456/1": ""}
    aborted = hall.act("abdul", "abort", "k1", reason="the fire alarm rang")
    assert aborted.state == "aborted"
    assert secrets_in(hall) == ["component/other/1", "vending_key/123456/1"]
    again = hall.plan("k2")
    assert again.state == "planned"


def test_aborting_the_destruction_of_a_key_does_not_destroy_it() -> None:
    hall = Hall()
    hall.put("vending_key", KEY, "deactivated", bits=160)
    hall.secrets[f"vending_key/{KEY}"] = joined(PAPERS)
    hall.state.secrets[f"vending_key/{KEY}"] = ""
    hall.plan("d1", script="destroy-key", bits=None)
    hall.run("d1", until=Action.DESTROYED)
    hall.act("olga", "abort", "d1", reason="the wrong key")
    assert secrets_in(hall) == [f"vending_key/{KEY}"]


def test_a_ceremony_is_aborted_before_it_begins() -> None:
    hall = Hall()
    hall.plan()
    assert hall.act("olga", "abort", "k1", reason="nobody came").state == "aborted"
