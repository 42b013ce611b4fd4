"""What somebody tries who wants a secret of a ceremony, or a key that is worth less than it looks."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.kmc.ceremony.hall import CUSTODIANS, KEY, PAPERS, Hall, joined, refused, secrets_in, seed_of
from voltoken.access import public_key_of
from voltoken.errors import VoltokenError
from voltoken.kmc.ceremony import Action, practice_component, practice_shares, share_check_value
from voltoken.kmc.founding import built_in_roles
from voltoken.kmc.registers import REGISTERS
from voltoken.security import Share, randomness_bytes, split
from voltoken.sts import odd_parity

DES = tuple(odd_parity(component[:8]) for component in PAPERS)


def flipped(component: bytes) -> bytes:
    """Return the same DES key with other parity bits."""
    return bytes(byte ^ 1 for byte in component)


def entering(*components: bytes, **changes: Any) -> Hall:
    """Return a centre whose custodians have these components, with k1 at the first of them."""
    hall = Hall(components=components)
    hall.put("vending_key", KEY, "requested", origin="components", bits=len(components[0]) * 8, test=False)
    hall.plan(bits=len(components[0]) * 8, **changes)
    hall.run(until=Action.COMPONENT)
    return hall


def test_components_are_typed_and_shares_are_told_only_to_whoever_is_there() -> None:
    present = {(name, step.name) for name, table in REGISTERS.items() for step in table.steps if step.present}
    assert present == {("ceremony", "component"), ("ceremony", "hand_out"), ("ceremony", "share")}


def test_components_that_differ_in_parity_bits_alone_are_the_same() -> None:
    hall = entering(DES[0], flipped(DES[0]), DES[2])
    hall.run(until=Action.COMBINE)
    error = refused(hall.take)
    assert (error.reason, "Two components are the same" in error.message) == ("component", True)
    assert secrets_in(hall) == ["component/k1/1", "component/k1/2", "component/k1/3"]


def test_a_component_of_nothing_but_parity_bits_is_one_of_zeros() -> None:
    hall = entering(bytes.fromhex("0101010001010101"), *DES[1:])
    assert "zeros" in refused(hall.take).message


def test_a_component_for_practice_with_other_parity_bits_is_one_for_practice() -> None:
    hall = entering(flipped(practice_component(1, 64)), *DES[1:])
    assert "made up for dry runs" in refused(hall.take).message


def test_components_that_leave_nothing_but_parity_bits_make_no_key() -> None:
    hall = entering(DES[0], DES[1], flipped(joined(DES[:2])))
    hall.put("vending_key", KEY, "requested", test=True)
    hall.run(until=Action.COMBINE)
    assert "published or plain" in refused(hall.take).message


def test_a_key_that_is_one_of_its_components_is_not_made() -> None:
    components = (PAPERS[0], PAPERS[1], joined(PAPERS[:2]), PAPERS[2])
    hall = entering(*components, custodians=[*CUSTODIANS, "colin"])
    hall.run(until=Action.COMBINE)
    assert "is one of the components" in refused(hall.take).message
    assert f"vending_key/{KEY}" not in hall.secrets


def test_bytes_of_long_components_count_whole() -> None:
    hall = entering(PAPERS[0], flipped(PAPERS[0]), PAPERS[2])
    hall.run()
    assert hall.secrets[f"vending_key/{KEY}"] == joined((PAPERS[0], flipped(PAPERS[0]), PAPERS[2]))


def test_no_key_is_made_for_one_that_was_given_up_while_the_ceremony_ran() -> None:
    hall = Hall()
    hall.plan()
    hall.run(until=Action.COMBINE)
    hall.put("vending_key", KEY, "withdrawn")
    assert refused(hall.take).reason == "ceremony"
    assert f"vending_key/{KEY}" not in hall.secrets


def test_a_custodian_does_not_plan_the_own_ceremony() -> None:
    hall = Hall()
    given = {"script": "backup-shares", "vending_key": None, "bits": None, "threshold": 2}
    error = refused(hall.plan, "b1", **given, officer="otto", custodians=["olga", *CUSTODIANS])
    assert (error.reason, error.detail["person"]) == ("custodian", "olga")


def test_whoever_was_given_the_key_of_a_custodian_while_it_ran_is_not_shown_the_share() -> None:
    hall = Hall()
    hall.plan("b1", script="backup-shares", vending_key=None, bits=None, threshold=2)
    hall.run("b1", until=Action.HAND_OUT)
    hall.put("person", "carol", "active", public_key=public_key_of(seed_of("somebody else")).hex())
    turn = hall.turn("b1")
    error = refused(hall.ask, "carol", "hand_out", "b1", number=turn.number)
    assert (error.reason, error.detail["person"]) == ("part", "carol")
    assert "share/b1/1" in hall.secrets


def test_a_share_that_opens_a_centre_is_not_typed_in_a_dry_run() -> None:
    hall = Hall()
    hall.plan("dry-1", script="centre-root", vending_key=None, bits=None, threshold=2, dry_run=True)
    real = split(bytes(range(32)), 2, 3, bytes(randomness_bytes(32, 2)))
    hall.shares = {person: share.text for person, share in zip(CUSTODIANS, real, strict=True)}
    hall.run("dry-1", until=Action.SHARE)
    error = refused(hall.take, "dry-1")
    assert (error.reason, "new shares" in error.message) == ("share_check", True)
    assert secrets_in(hall) == []


def test_a_share_for_practice_is_not_typed_for_a_real_one() -> None:
    hall = Hall()
    hall.plan("p1", script="centre-root", vending_key=None, bits=None, threshold=2)
    hall.shares = {person: one.text for person, one in zip(CUSTODIANS, practice_shares(2, 3), strict=True)}
    hall.run("p1", until=Action.SHARE)
    assert "everybody knows it" in refused(hall.take, "p1").message


def test_another_share_for_practice_is_not_the_one_that_a_dry_run_handed_out() -> None:
    hall = Hall()
    hall.plan("dry-2", script="backup-shares", vending_key=None, bits=None, threshold=2, dry_run=True)
    hall.run("dry-2", until=Action.SHARE)
    turn, other = hall.turn("dry-2"), practice_shares(2, 3)[0]
    shown = {"check_value": share_check_value(Share.parse(hall.shares["carol"]))}
    error = refused(hall.act, "carol", "share", "dry-2", other.text, number=turn.number, evidence=shown)
    assert "handed out" in error.message


def test_a_component_typed_in_the_place_of_its_check_value_is_not_repeated() -> None:
    hall = Hall()
    hall.plan()
    hall.run(until=Action.COMPONENT)
    secret = PAPERS[0].hex().upper()
    error = refused(hall.ask, "carol", "component", "k1", number=3, evidence={"check_value": secret})
    assert error.reason == "evidence"
    assert "check_value must be" in error.message
    assert secret[:12] not in str(error) + repr(error) + str(error.detail)


def test_auditors_alone_neither_hold_a_ceremony_nor_let_one_be_held() -> None:
    _, actions = built_in_roles()["auditor"]
    assert sorted(actions) == ["ceremony.abort", "ceremony.sign", "ceremony.step"]
    hall = Hall()
    given = {"script": "backup-shares", "purpose": "ours", "threshold": 2, "custodians": CUSTODIANS}
    with pytest.raises(VoltokenError, match="right"):
        hall.ask("abdul", "add", "b1", **given, officer="abdul", auditor="wanda")
    request = hall.ask("olga", "add", "b1", **given, officer="olga", auditor="wanda")
    with pytest.raises(VoltokenError, match="right"):
        hall.approve("abdul", request)
