"""Meters in files: nothing is lost, nothing is half, nothing foreign is taken for a meter."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.e2e.sessions import environ
from voltoken.cli.failures import FileTrouble, WrongFile
from voltoken.cli.meter import files as meter_files
from voltoken.cli.meter.bench import note
from voltoken.cli.meter.files import MeterFile, changing, create, parse, read
from voltoken.errors import MeterFileError
from voltoken.meter import PROFILES, Meter, Story
from voltoken.sts import EA, BaseDate, DecoderKey, MeterPAN

KEY = DecoderKey(bytes.fromhex("f94b6ed353c3bfdb113e2d3a7ea3c41d"), EA.MISTY1)
NOW = datetime(2026, 3, 1, 13, 0, tzinfo=UTC)


def telling(path: Path) -> MeterFile:
    """Return a meter that keeps its story, with a step in it."""
    file = new(path)
    test_key = DecoderKey(KEY.key, EA.MISTY1, test=True)
    file.meter = Meter.new(file.meter.pan, test_key, PROFILES["strict"], filled_with=6_000_000)
    file.meter.wait(NOW)
    file.story = Story.begin(file.meter, NOW)
    answered = file.meter.enter("0000 0000 0001 5099 7584", NOW)
    note(file, NOW, "enter", answered, token="0000 0000 0001 5099 7584")
    return file


def new(path: Path) -> MeterFile:
    """Return a meter that is in no file yet."""
    meter = Meter.new(MeterPAN("600727000000000009"), KEY, PROFILES["strict"], filled_with=6_000_000)
    return MeterFile(str(path), meter, NOW, BaseDate.BD2014)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a meter that has seen a cover opened once."""
    path = tmp_path / "a.meter"
    create(new(path))
    return path


def covers(path: Path) -> int:
    return read(str(path)).meter.memory.tamper.cover


def open_cover(path: Path) -> None:
    from voltoken.meter import TamperKind

    with changing(str(path)) as file:
        file.meter.tamper(TamperKind.COVER, NOW)


def test_what_is_written_is_read_again(path: Path) -> None:
    file = read(str(path))
    assert file.document() == new(path).document()
    assert (file.last, file.base_date) == (NOW, BaseDate.BD2014)


def test_a_story_is_written_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "told.meter"
    create(telling(path))
    file = read(str(path))
    assert file.story is not None
    assert [step.action for step in file.story.steps] == ["enter"]
    assert file.document() == telling(path).document()


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_files_are_for_their_owner_alone_and_stay_so(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    open_cover(path)
    assert "chmod 600" in capsys.readouterr().err
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_new_meter_overwrites_nothing(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(FileTrouble, match="exists already"):
        create(new(path))
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["a.meter"]


def test_file_systems_without_hard_links_do_as_well(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    other = path.with_name("b.meter")
    create(new(other))
    assert read(str(other)).document() == read(str(path)).document()
    with pytest.raises(FileTrouble, match="exists already"):
        create(new(other))


def test_a_command_that_fails_leaves_the_file_as_it_was(path: Path) -> None:
    before = path.read_bytes()

    def fail(file: MeterFile) -> None:
        file.meter.cut_power()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), changing(str(path)) as file:
        fail(file)
    assert path.read_bytes() == before


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_meter_and_no_litter(
    path: Path, failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os if failing == "fsync" else Path, failing, fail)
        with pytest.raises(FileTrouble, match="No space left"):
            open_cover(path)
    assert covers(path) == 0
    assert [entry.name for entry in path.parent.iterdir()] == ["a.meter"]


CRASH = """
import os, sys
from pathlib import Path
from voltoken.cli import root
Path.replace = lambda *_: os._exit(77)
root(["meter", "tamper", sys.argv[1], "cover"])
"""


def test_a_crash_before_the_new_name_leaves_the_old_meter(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", CRASH, str(path)], env=environ(), check=False)
    assert done.returncode == 77
    assert covers(path) == 0
    left = [entry for entry in path.parent.iterdir() if entry != path]
    assert [stat.S_IMODE(entry.stat().st_mode) for entry in left] == [0o600]
    open_cover(path)
    assert covers(path) == 1


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
def test_a_link_stays_a_link(path: Path) -> None:
    link = path.with_name("link")
    link.symlink_to(path)
    open_cover(link)
    assert link.is_symlink()
    assert covers(path) == 1


@pytest.mark.skipif(os.name != "posix", reason="devices of POSIX")
def test_folders_devices_and_pipes_are_no_meters(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in (tmp_path, tmp_path / "pipe", Path(os.devnull), tmp_path / "missing", Path("a\0b")):
        with pytest.raises(FileTrouble):
            read(str(name))
        with pytest.raises(FileTrouble), changing(str(name)):
            pass


def test_a_meter_in_use_is_waited_for_and_then_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter_files, "_PATIENCE_S", 0)
    with changing(str(path)), pytest.raises(FileTrouble, match="another command"), changing(str(path)):
        pass
    open_cover(path)
    assert covers(path) == 1


@pytest.mark.skipif(os.name != "posix", reason="locks of POSIX")
def test_a_file_that_was_replaced_before_it_was_locked_is_opened_again(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    open_cover(path)
    assert not meter_files._is_ours(descriptor, path)
    os.close(descriptor)
    descriptor = os.open(path, os.O_RDONLY)
    assert meter_files._is_ours(descriptor, path)
    os.close(descriptor)


def test_a_lock_by_name_excludes_others_and_goes_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter_files, "_PATIENCE_S", 0)
    with meter_files.locked_by_name(path):
        with pytest.raises(FileTrouble, match=r"delete a\.meter\.lock"), meter_files.locked_by_name(path):
            pass
        assert path.with_name("a.meter.lock").exists()
    assert not path.with_name("a.meter.lock").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "something"}, "no meter"),
        ({"version": 2}, "newer Voltoken"),
        ({"version": "1"}, "newer Voltoken"),
        ({"pan": "600727000000000008"}, "damaged: pan"),
        ({"cells": {}}, "damaged: cells"),
        ({"journal": {"nothing": 1}}, "damaged: journal"),
        ({"trip": 0}, "damaged"),
        ({"bench": []}, "bench"),
        ({"bench": {"last": "9999-12-31T23:59:59Z", "base_date": None}}, "bench"),
        ({"bench": {"last": "yesterday", "base_date": None}}, "bench"),
        ({"bench": {"last": None, "base_date": None, "story": []}}, "bench"),
        ({"bench": {"last": None, "base_date": None, "story": {"steps": 1}}}, "bench"),
    ],
)
def test_wrong_meters_are_explained(path: Path, change: dict[str, Any], said: str) -> None:
    content = json.dumps(json.loads(path.read_text("utf-8")) | change).encode()
    with pytest.raises(MeterFileError, match=said) as found:
        parse(content, "a.meter")
    assert found.value.message.startswith("meter file a.meter: ")


@pytest.mark.parametrize(
    ("cell", "change"),
    [
        ("balance", {"credit": 10**70}),
        ("balance", {"total": 10**70}),
        ("pending", {"sections": ["00" * 8], "since": "2026-01-01T00:00:00Z"}),
    ],
)
def test_cells_that_cannot_be_are_explained(path: Path, cell: str, change: dict[str, Any]) -> None:
    document = json.loads(path.read_text("utf-8"))
    document["cells"][cell] |= change
    with pytest.raises(MeterFileError, match="meter file a"):
        parse(json.dumps(document).encode(), "a.meter")


def test_a_file_from_the_factory_has_no_bench(path: Path) -> None:
    document = json.loads(path.read_text("utf-8"))
    del document["bench"]
    file = parse(json.dumps(document).encode(), "a.meter")
    assert (file.last, file.base_date) == (None, None)


def settles(content: bytes) -> None:
    """Load a file, or raise one of the errors that say it is none; any other error is a fault."""
    with contextlib.suppress(MeterFileError, WrongFile):
        parse(content, "a.meter")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_meter_or_an_error(content: bytes) -> None:
    settles(content)


@given(st.text(max_size=200))
def test_any_text_is_a_meter_or_an_error(content: str) -> None:
    settles(content.encode("utf-8", "surrogatepass"))


def spots(value: Any, *names: Any) -> list[tuple[Any, ...]]:
    """Return the way to every value of a document."""
    found = [names] if names else []
    if isinstance(value, dict):
        found += [spot for name, below in value.items() for spot in spots(below, *names, name)]
    if isinstance(value, list):
        found += [spot for place, below in enumerate(value[:2]) for spot in spots(below, *names, place)]
    return found


VALID = json.dumps(new(Path("a.meter")).document())
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**40),
    st.text(max_size=8),
    st.sampled_from(["0", "-1", "1/0", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00", "00" * 16]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


TOLD = json.dumps(telling(Path("a.meter")).document())
IN_THE_STORY = [spot for spot in spots(json.loads(TOLD)) if spot[:2] == ("bench", "story")]


@given(st.sampled_from(spots(json.loads(VALID))), ODD, st.booleans())
def test_a_meter_with_one_value_changed_is_a_meter_or_an_error(
    spot: tuple[Any, ...], value: Any, remove: bool
) -> None:
    settles(altered(VALID, spot, value, remove=remove))


@given(st.sampled_from(IN_THE_STORY), ODD, st.booleans())
def test_a_story_with_one_value_changed_is_a_story_or_an_error(
    spot: tuple[Any, ...], value: Any, remove: bool
) -> None:
    settles(altered(TOLD, spot, value, remove=remove))


def altered(text: str, spot: tuple[Any, ...], value: Any, *, remove: bool) -> bytes:
    """Return a document with one value changed or taken away."""
    document = json.loads(text)
    inside = document
    for name in spot[:-1]:
        inside = inside[name]
    if remove:
        del inside[spot[-1]]
    else:
        inside[spot[-1]] = value
    return json.dumps(document).encode()
