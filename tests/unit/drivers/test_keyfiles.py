"""A key file whose loading fails half way: vault and journal stay as they were, and so it is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.sites import KEY, NOON, Post, new_id, new_meter, tid_now
from tests.unit.security.desk import register, secret_of
from tests.unit.security.office import Office
from voltoken.drivers.local.worker import Worker
from voltoken.errors import (
    JournalError,
    KeyFileError,
    ModuleRefused,
    ModuleUnavailable,
    SecurityModuleError,
)
from voltoken.security import CreditRequest, KeyRef, KeyRegister, MemoryVault
from voltoken.security.keyload import ModuleIdentity, read_module
from voltoken.sts import KEN, Service

NEW = KeyRef.parse("310001/1")


class Stage:
    """A module that trusts a centre, and that centre."""

    def __init__(self, folder: Path) -> None:
        self.post = Post(folder, keys=(register(KEY, ulm=1000),))
        self.office = Office(NOON)
        self.post.keeper.set_trust(self.office.document, by="ann")
        self.module: ModuleIdentity = read_module(self.post.keeper.identity())

    @property
    def worker(self) -> Worker:
        """Its thread."""
        return self.post.module._worker

    @property
    def vault(self) -> MemoryVault:
        """Its vault."""
        vault = self.worker.engine.vault
        assert isinstance(vault, MemoryVault)
        return vault

    def file(self) -> bytes:
        """Return a file with a new key, and a refreshed one."""
        return self.office.file(self.module, [register(NEW), register(KEY, ulm=5, ken=KEN(254))])

    def load(self, *keys: KeyRegister, revoked: Sequence[KeyRef] = (), office: Office | None = None) -> str:
        """Load the next file of a centre, and return what is said about it."""
        data = (office or self.office).file(self.module, keys, revoked)
        try:
            self.post.keeper.load_key_file(data, by="ann")
        except ModuleRefused as error:
            return error.refusal
        return "loaded"

    def second(self) -> Office:
        """Have the module trust a second centre."""
        office = Office(NOON, "kmc-2")
        self.post.keeper.set_trust(office.document, by="ann")
        return office

    def sells(self, ref: KeyRef) -> str:
        """Sell, and return what is said about it."""
        request = CreditRequest(new_id(), new_meter(), ref, Service.ELECTRICITY, 10, tid_now())
        try:
            self.post.client("till").issue_credit(request)
        except SecurityModuleError as error:
            return str(error.detail.get("refusal", error.code))
        return "token"

    def kinds(self) -> list[str]:
        """Return what happened, by the log."""
        return [json.loads(one.body)["kind"] for one in self.post.keeper.audit()]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path / "module")
    yield made
    made.post.close()


def spoil(stage: Stage, monkeypatch: pytest.MonkeyPatch, *, unknown: bool) -> None:
    """Have the disk refuse what comes next. unknown: nobody can say whether it has it."""
    journal = stage.worker.journal

    def fail(*_: object) -> int:
        if unknown:
            journal._transactions.failed = "its last commit may be on the disk or not"
        raise JournalError("the disk is full")

    monkeypatch.setattr(journal, "commit", fail)


def test_a_disk_that_fails_leaves_vault_and_journal_as_they_were(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = stage.file()
    with monkeypatch.context() as patch:
        spoil(stage, patch, unknown=False)
        with pytest.raises(JournalError, match="full"):
            stage.post.keeper.load_key_file(data, by="ann")
    assert repr(stage.vault) == "MemoryVault(1 keys)"
    assert stage.vault._keys[KEY].ken == KEN(255)
    assert [one.ref for one, _ in stage.post.keeper.list_keys()] == [KEY]
    assert (stage.sells(NEW), stage.sells(KEY)) == ("key.unknown", "token")
    stage.post.keeper.load_key_file(data, by="ann")
    assert (stage.sells(NEW), stage.sells(KEY)) == ("token", "limit.units")


def test_where_the_disk_may_have_it_the_vault_keeps_it_and_nothing_is_made(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token that lost a key which the journal has could never be unsealed with it again."""
    spoil(stage, monkeypatch, unknown=True)
    with pytest.raises(JournalError):
        stage.post.keeper.load_key_file(stage.file(), by="ann")
    assert repr(stage.vault) == "MemoryVault(2 keys)"
    assert stage.sells(KEY) == "module.journal"
    with pytest.raises(JournalError):
        stage.post.keeper.load_key(register("310009/1"), [secret_of(KeyRef.parse("310009/1"))], by="ann")
    assert repr(stage.vault) == "MemoryVault(3 keys)"


def test_a_token_that_cannot_take_a_key_takes_none_of_the_file(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = stage.vault.put

    def fail(one: KeyRegister, secret: bytes) -> None:
        if one.ref == KEY and one.ulm == 5:
            raise ModuleUnavailable("the token is full")
        put(one, secret)

    with monkeypatch.context() as patch:
        patch.setattr(stage.vault, "put", fail)
        with pytest.raises(ModuleUnavailable, match="token is full"):
            stage.post.keeper.load_key_file(stage.file(), by="ann")
    assert repr(stage.vault) == "MemoryVault(1 keys)"
    assert (stage.sells(NEW), stage.sells(KEY)) == ("key.unknown", "token")
    assert "keyfile.loaded" not in stage.kinds()


def test_what_a_token_refuses_is_on_record(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(one: KeyRegister, _: bytes) -> None:
        raise ModuleRefused("custody.taken", f"{one.ref} is loaded already. Delete it first.")

    with monkeypatch.context() as patch:
        patch.setattr(stage.vault, "put", refuse)
        with pytest.raises(ModuleRefused):
            stage.post.keeper.load_key_file(stage.file(), by="ann")
    assert stage.kinds()[-1] == "keyfile.refused"


def test_a_token_that_does_not_let_go_of_a_revoked_key_costs_no_receipt_and_alarms(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise ModuleUnavailable("the token is away")

    stage.load(register(NEW))
    data = stage.office.file(stage.module, (), [NEW])
    with monkeypatch.context() as patch:
        patch.setattr(stage.vault, "drop", fail)
        receipt = stage.post.keeper.load_key_file(data, by="ann")
    last = json.loads(list(stage.post.keeper.audit())[-1].body)
    assert (last["kind"], last["alarm"], last["facts"]["key"]) == ("key.not_dropped", True, str(NEW))
    assert stage.sells(NEW) == "key.unknown"
    assert stage.post.keeper.load_key_file(data, by="ann") == receipt


@given(st.integers(0, 10**6), st.binary(max_size=3), st.integers(0, 3))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_of_a_file_that_was_changed_nothing_is_loaded(stage: Stage, at: int, put: bytes, gone: int) -> None:
    data = stage.office.file(stage.module, [register(NEW)], seq=1)
    at %= len(data)
    changed = data[:at] + put + data[at + gone :]
    if changed == data:
        return
    with pytest.raises(KeyFileError):
        stage.post.keeper.load_key_file(changed, by="eve")
    assert [one.ref for one, _ in stage.post.keeper.list_keys()] == [KEY]
    assert stage.kinds()[-1] == "keyfile.refused"


def test_with_a_clock_that_was_set_back_no_date_is_judged(stage: Stage) -> None:
    data, challenge = stage.file(), stage.office.challenge("module")
    stage.post.clock.now -= timedelta(hours=1)
    acts: list[Callable[[], object]] = [
        lambda: stage.post.keeper.load_key_file(data, by="ann"),
        lambda: stage.post.keeper.prove(challenge, by="ann"),
        lambda: stage.post.keeper.begin_key_load("kmc-1", [], by="ann"),
    ]
    for act in acts:
        with pytest.raises(ModuleUnavailable) as caught:
            act()
        assert caught.value.detail["refusal"] == "module.clock"
    stage.post.clock.now += timedelta(hours=1)
    stage.post.keeper.load_key_file(data, by="ann")
