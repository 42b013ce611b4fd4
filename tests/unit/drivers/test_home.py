"""The folder of a module, and the module that is served from it: private, whole, and clear about faults."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.sites import NOON, PASSWORD, Clock, settings_text
from voltoken.drivers.custody.roots import SharesProvider, Unsealing
from voltoken.drivers.journal import Journal
from voltoken.drivers.local import home as home_module
from voltoken.drivers.local.home import JOURNAL_FILE, SETTINGS_FILE, Home, open_home
from voltoken.drivers.local.making import Made, make_home
from voltoken.drivers.prism.serving import Serving, _signs_in
from voltoken.errors import FieldError, JournalError, ModuleRefused, ModuleUnavailable
from voltoken.security import NOT_CERTIFIED


def make(folder: Path, more: str = "") -> Made:
    return make_home(folder, settings_text("pilot", more=more), lambda _: SharesProvider(2, 3), now=NOON)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(make(tmp_path / "pilot").folder)


def test_everything_in_a_new_folder_is_its_owners_alone(home: Home) -> None:
    modes = {file.stat().st_mode & 0o777 for file in home.folder.rglob("*") if file.is_file()}
    assert modes == {0o600}
    assert home.folder.stat().st_mode & 0o777 == 0o700
    tls = {file.name for file in (home.folder / "tls").iterdir()}
    assert tls == {"ca.pem", "ca-key.pem", "server.pem", "till.pem", "other.pem", "slow.pem"}


def test_a_folder_with_something_in_it_is_not_touched(tmp_path: Path) -> None:
    folder = tmp_path / "pilot"
    folder.mkdir()
    (folder / "letter.txt").write_text("dear")
    with pytest.raises(JournalError, match="not empty"):
        make(folder)
    assert [file.name for file in tmp_path.rglob("*")] == ["pilot", "letter.txt"]


@pytest.mark.parametrize("wrong", ["version = 9", 'version = 1\nid = "a"\nrole = "x"'])
def test_wrong_settings_leave_nothing_behind(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(FieldError):
        make_home(tmp_path / "pilot", wrong, lambda _: SharesProvider(2, 3), now=NOON)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Journal, "create", fail)
    with pytest.raises(JournalError, match="No space left"):
        make(tmp_path / "pilot")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="needs modes of files")
@pytest.mark.parametrize("name", ["", SETTINGS_FILE, JOURNAL_FILE])
@pytest.mark.parametrize("mode", [0o040, 0o004, 0o020])
def test_what_others_may_read_is_not_opened(home: Home, name: str, mode: int) -> None:
    file = home.folder / name if name else home.folder
    file.chmod(file.stat().st_mode | mode)
    with pytest.raises(JournalError, match=r"others|chmod"):
        open_home(home.folder).open_module()


def damage_settings(home: Home) -> None:
    (home.folder / SETTINGS_FILE).write_bytes(b"\xff\xfe")


def remove_settings(home: Home) -> None:
    (home.folder / SETTINGS_FILE).unlink()


def link_settings(home: Home) -> None:
    (home.folder / SETTINGS_FILE).rename(home.folder / "other.toml")
    (home.folder / SETTINGS_FILE).symlink_to("other.toml")


def remove_journal(home: Home) -> None:
    (home.folder / JOURNAL_FILE).unlink()


def rename_module(home: Home) -> None:
    file = home.folder / SETTINGS_FILE
    file.write_text(file.read_text().replace('id = "pilot"', 'id = "other"'))


def change_role(home: Home) -> None:
    file = home.folder / SETTINGS_FILE
    file.write_text(file.read_text().replace('role = "vending"', 'role = "manufacturing"'))


@pytest.mark.parametrize(
    "damage", [damage_settings, remove_settings, link_settings, remove_journal, rename_module, change_role]
)
def test_a_folder_that_is_not_whole_is_not_opened(home: Home, damage: Callable[[Home], None]) -> None:
    damage(home)
    with pytest.raises(JournalError):
        open_home(home.folder).open_module()


def test_what_cannot_be_opened_does_not_stay_half_open(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the next try would be told that another process has it."""

    def fail(*_: object) -> Unsealing:
        raise JournalError("the root record is damaged")

    with monkeypatch.context() as patch:
        patch.setattr(home_module, "unsealer", fail)
        for _ in range(2):
            with pytest.raises(JournalError, match="root record"):
                home.open_module(Clock())
    home.open_module(Clock()).close()


def test_two_processes_cannot_have_one_module(home: Home) -> None:
    module = home.open_module(Clock())
    with pytest.raises(JournalError, match="open"):
        home.open_module(Clock())
    module.close()


def test_production_wants_the_words_that_accept_the_risk(tmp_path: Path) -> None:
    refused = open_home(make(tmp_path / "a", "production = true").folder)
    with pytest.raises(ModuleRefused, match="accept_non_sts_compliant_module = true") as caught:
        refused.open_module(Clock())
    assert caught.value.refusal == "module.not_certified"
    assert NOT_CERTIFIED in caught.value.message
    with pytest.raises(ModuleRefused):
        Serving(refused, port=0, clock=Clock())
    accepted = make(tmp_path / "b", "production = true\naccept_non_sts_compliant_module = true").folder
    module = open_home(accepted).open_module(Clock())
    assert NOT_CERTIFIED in module.info().notice
    module.close()


def test_the_administration_door_is_there_as_long_as_the_module_is_served(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home.folder.parent)  # the path of a socket is short
    opened = open_home(Path(home.folder.name))
    with Serving(opened, port=0, clock=Clock()) as serving:
        assert opened.socket.is_socket()
        assert serving.module.sealed
    assert not opened.socket.exists()


def test_an_address_that_is_taken_leaves_nothing_open(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home.folder.parent)
    opened = open_home(Path(home.folder.name))
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ModuleUnavailable):
        Serving(opened, port=taken.getsockname()[1], clock=Clock())
    assert not opened.socket.exists()
    with Serving(opened, port=0, clock=Clock()):
        pass


def test_a_path_too_long_for_a_door_leaves_nothing_open(tmp_path: Path) -> None:
    opened = open_home(make(tmp_path / ("a" * 110)).folder)
    with pytest.raises(JournalError, match="100 characters"):
        Serving(opened, port=0, clock=Clock())
    opened.open_module(Clock()).close()


def test_who_signs_in_has_the_password_of_that_client(home: Home) -> None:
    assert _signs_in(home, "till", PASSWORD)
    for user, password in (("till", "x"), ("till", ""), ("nobody", PASSWORD), ("", ""), ("till", "\ud800")):
        assert not _signs_in(home, user, password)
