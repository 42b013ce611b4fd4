"""What a module keeps of keys that files brought and took away: two files do not do what one may not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.contract.sites import KEY, NOON
from tests.unit.drivers.test_keyfiles import NEW, Stage
from tests.unit.security.desk import register, secret_of
from tests.unit.security.office import Office
from voltoken.errors import ModuleRefused
from voltoken.security import KeyRef, KeyRegister
from voltoken.security.keyload import building, opening, write_trust
from voltoken.sts import key_check_value

ENDED = register(NEW, key_change_only=True)
ENDED_TOO = register("310003/1", key_change_only=True)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path / "module")
    yield made
    assert made.post.keeper.verify_audit().faults == ()
    made.post.close()


def last(stage: Stage) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(list(stage.post.keeper.audit())[-1].body)
    return found


def again(stage: Stage) -> None:
    """Have the module read everything from its disk."""
    stage.post.restart()


def delete(stage: Stage, ref: KeyRef = NEW) -> None:
    stage.post.keeper.delete_key(ref, by="ann", reason="the group has moved")


@pytest.mark.parametrize("pause", [lambda _: None, again], ids=["at once", "after a restart"])
def test_credit_does_not_come_back_by_two_files(stage: Stage, pause: Callable[[Stage], None]) -> None:
    assert stage.load(ENDED) == "loaded"
    assert stage.load(revoked=[NEW]) == "loaded"
    pause(stage)
    assert stage.load(register(NEW)) == "custody.credit_back"
    assert (last(stage)["kind"], last(stage)["alarm"]) == ("keyfile.refused", True)
    assert stage.sells(NEW) == "key.unknown"
    assert stage.load(ENDED) == "loaded"
    assert stage.load(register(NEW)) == "custody.credit_back"
    assert stage.sells(NEW) == "key.change_only"


@pytest.mark.parametrize("pause", [lambda _: None, again], ids=["at once", "after a restart"])
def test_a_test_key_does_not_become_live_by_two_files(
    stage: Stage, pause: Callable[[Stage], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stage.load(register(NEW, test=True)) == "loaded"
    assert stage.load(revoked=[NEW]) == "loaded"
    pause(stage)
    engine = stage.worker.engine
    accepting = replace(engine.settings, accept_live_keys=True)
    monkeypatch.setattr(engine, "settings", accepting)
    assert stage.load(register(NEW, test=False)) == "custody.lasting"


def bring(stage: Stage, one: KeyRegister, secret: bytes, monkeypatch: pytest.MonkeyPatch) -> str:
    """Load other bytes under a name with a check value of our choice: 24 bits can be hit by trying."""
    with monkeypatch.context() as patch:
        patch.setattr(opening, "check_key", lambda *_: None)
        patch.setattr(building, "check_key", lambda *_: None)
        patch.setattr("tests.unit.security.office.secret_of", lambda *_: secret)
        return stage.load(one)


@pytest.mark.parametrize("pause", [lambda _: None, again], ids=["at once", "after a restart"])
def test_other_bytes_do_not_take_the_name_of_a_revoked_key(
    stage: Stage, pause: Callable[[Stage], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stage.load(register(NEW)) == "loaded"
    assert stage.load(revoked=[NEW]) == "loaded"
    pause(stage)
    other = secret_of(KEY)
    honest = register(NEW, check_value=key_check_value(other))
    assert bring(stage, honest, other, monkeypatch) == "custody.other_key"
    assert bring(stage, register(NEW), other, monkeypatch) == "custody.other_key"
    assert stage.load(register(NEW)) == "loaded"
    assert stage.sells(NEW) == "token"


def test_of_a_key_in_a_token_only_the_check_value_is_remembered(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can compute a code of bytes that do not leave the token."""
    assert stage.load(register(NEW)) == "loaded"
    with monkeypatch.context() as patch:
        patch.setattr(stage.worker.journal, "key_mark", lambda *_: b"")
        assert stage.load(revoked=[NEW]) == "loaded"
    other = register(NEW, check_value=key_check_value(secret_of(KEY)))
    assert bring(stage, other, secret_of(KEY), monkeypatch) == "custody.other_key"
    assert stage.load(register(NEW)) == "loaded"


def test_a_keeper_forgets_what_a_file_revoked_and_a_file_may_bring_anything(stage: Stage) -> None:
    assert stage.load(ENDED) == "loaded"
    assert stage.load(revoked=[NEW]) == "loaded"
    (kept,) = stage.post.keeper.revoked_keys()
    assert (kept.register, kept.centre) == (ENDED, "kmc-1")
    delete(stage)
    assert [json.loads(one.body)["kind"] for one in stage.post.keeper.audit()][-2:] == [
        "key.deleted",
        "key.deleted_by",
    ]
    assert stage.post.keeper.revoked_keys() == ()
    with pytest.raises(ModuleRefused, match="not loaded"):
        delete(stage)
    again(stage)
    assert stage.load(register(NEW)) == "loaded"
    assert stage.sells(NEW) == "token"


def test_keepers_may_load_a_revoked_key_themselves_and_then_it_is_theirs(stage: Stage) -> None:
    assert stage.load(ENDED) == "loaded"
    assert stage.load(revoked=[NEW]) == "loaded"
    stage.post.keeper.load_key(register(NEW), [secret_of(NEW)], by="ann")
    assert stage.sells(NEW) == "token"
    assert stage.post.keeper.revoked_keys() == ()
    assert stage.load(revoked=[NEW]) == "custody.other_centre"


@pytest.mark.parametrize("pause", [lambda _: None, again], ids=["at once", "after a restart"])
def test_a_second_centre_rules_over_no_key_of_the_first_or_of_keepers(
    stage: Stage, pause: Callable[[Stage], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stage.load(register(NEW)) == "loaded"
    office = stage.second()
    pause(stage)
    for revoked in ([NEW], [KEY], [NEW, KEY]):
        assert stage.load(revoked=revoked, office=office) == "custody.other_centre"
    assert stage.load(register(NEW, ulm=10**9), office=office) == "custody.other_centre"
    assert (
        stage.load(register(KeyRef.parse("310002/1")), register(NEW), office=office) == "custody.other_centre"
    )
    assert last(stage)["facts"]["code"] == "custody.other_centre"
    assert [one.ref for one, _ in stage.post.keeper.list_keys()] == [KEY, NEW]
    assert (stage.sells(NEW), stage.sells(KEY)) == ("token", "token")
    assert stage.load(revoked=[NEW]) == "loaded"
    pause(stage)
    assert stage.load(register(NEW), office=office) == "custody.other_centre"


def test_a_group_that_moves_needs_a_keeper_and_its_counters_go_on(stage: Stage) -> None:
    assert stage.load(register(NEW, ulm=10)) == "loaded"
    assert (stage.sells(NEW), stage.sells(NEW)) == ("token", "limit.units")
    office = stage.second()
    data = office.file(stage.module, [register(NEW, ulm=10)])
    with pytest.raises(ModuleRefused, match=r"a keeper deletes the key \(voltoken sm keys delete"):
        stage.post.keeper.load_key_file(data, by="ann")
    delete(stage)
    stage.post.keeper.load_key_file(data, by="ann")
    assert stage.sells(NEW) == "limit.units"
    assert stage.post.keeper.brought_keys() == {NEW: "kmc-2"}
    assert stage.load(register(NEW)) == "custody.other_centre"


def test_without_the_lost_centre_on_its_list_a_module_takes_its_keys_from_another(stage: Stage) -> None:
    assert stage.load(register(NEW), ENDED_TOO) == "loaded"
    assert stage.load(revoked=[ENDED_TOO.ref]) == "loaded"
    office = stage.second()
    version = stage.post.keeper.trusted().version + 1
    stage.post.keeper.set_trust(write_trust(office.trust(version)), by="ann")
    again(stage)
    assert stage.load(register(ENDED_TOO.ref), office=office) == "custody.credit_back"
    assert stage.load(register(NEW, ulm=10**6), ENDED_TOO, office=office) == "loaded"
    assert stage.post.keeper.brought_keys() == {NEW: "kmc-2", ENDED_TOO.ref: "kmc-2"}
    stage.post.keeper.set_trust(Office(NOON).document, by="ann")
    again(stage)
    assert stage.load(revoked=[NEW]) == "custody.other_centre"
