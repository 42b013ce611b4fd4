"""When a ceremony has made a key, and who signs its minutes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.unit.kmc.ceremony.hall import CUSTODIANS, KEY, Hall, refused, seed_of
from voltoken.access import public_key_of, sign
from voltoken.kmc.ceremony import (
    check_composes,
    minutes,
    minutes_message,
)
from voltoken.kmc.ceremony.minutes import signature_is_right
from voltoken.kmc.register import Look
from voltoken.kmc.registers.ceremonies import TABLES


def looked(hall: Hall, by: str = "olga", approvers: tuple[str, ...] = ("otto",), **changes: Any) -> Look:
    """Return a look at the step by which the key of a ceremony is taken into the register."""
    key = hall.state.entry("vending_key", KEY)
    assert key is not None
    after = replace(key, values={**key.values, **changes.pop("values", {})}, **changes)
    register = TABLES[0]
    return Look(hall.state, register, register.step("finish"), key, after, {}, hall.now, by, approvers)


def test_a_done_ceremony_composes_its_key() -> None:
    hall = Hall()
    hall.plan()
    hall.run()
    assert refused(check_composes, looked(hall), "k1").reason == "ceremony"
    hall.finish()
    check_composes(looked(hall), "k1")
    assert refused(check_composes, looked(hall), "k9").reason == "unknown"
    assert refused(check_composes, looked(hall, entry_id="123456/3"), "k1").reason == "ceremony"
    assert refused(check_composes, looked(hall, values={"bits": 64}), "k1").reason == "ceremony"
    for custodian in CUSTODIANS:
        assert refused(check_composes, looked(hall, by=custodian), "k1").reason == "custodian"
        error = refused(check_composes, looked(hall, approvers=("otto", custodian)), "k1")
        assert error.detail["person"] == custodian


def test_neither_a_dry_run_nor_another_script_ever_composes_a_key() -> None:
    hall = Hall()
    hall.plan("dry-1", dry_run=True, vending_key=None)
    hall.run("dry-1")
    hall.finish("dry-1")
    hall.put("vending_key", KEY, "requested", origin="components", bits=160)
    assert refused(check_composes, looked(hall), "dry-1").reason == "dry_run"
    hall.put("ceremony", "dry-1", "done", dry_run=False, vending_key=KEY)
    assert refused(check_composes, looked(hall), "dry-1").reason == "dry_run"
    hall.put("ceremony", "d1", "done", script="destroy-key", vending_key=KEY, bits=160)
    assert refused(check_composes, looked(hall), "d1").reason == "ceremony"


def closed() -> Hall:
    """Return a centre with the ceremony k1, which is closed."""
    hall = Hall()
    hall.plan()
    hall.run()
    hall.act("olga", "close", "k1")
    return hall


def test_minutes_are_signed_by_those_who_took_part_each_once_and_rightly() -> None:
    hall = closed()
    assert refused(hall.sign, "colin").reason == "part"
    hall.sign("carol")
    assert refused(hall.sign, "carol").reason == "minutes"
    message = minutes_message(minutes("C1", hall.entry("k1")))
    for signature in (sign(seed_of("carol"), message), sign(seed_of("chris"), message + b".")):
        assert refused(hall.act, "chris", "sign", "k1", signature=signature.hex()).reason == "minutes"
    assert refused(hall.act, "chris", "sign", "k1").reason == "minutes"
    error = refused(hall.act, "olga", "finish", "k1")
    assert error.reason == "minutes"
    assert "abdul, chris, cleo, olga" in error.message


def test_a_key_of_later_does_not_sign_the_minutes() -> None:
    hall = closed()
    hall.put("person", "carol", "active", public_key=public_key_of(seed_of("colin-2")).hex())
    request_by = hall.state.person("carol")
    assert request_by is not None
    message = minutes_message(minutes("C1", hall.entry("k1")))
    look = Look(
        hall.state,
        TABLES[0],
        TABLES[0].step("sign"),
        hall.entry("k1"),
        replace(
            hall.entry("k1"),
            by="carol",
            values={**hall.entry("k1").values, "signature": sign(seed_of("colin-2"), message).hex()},
        ),
        {},
        hall.now,
        "carol",
    )
    assert refused(signature_is_right, look).reason == "minutes"
