"""What is done to a meter with commands becomes a scenario that happens again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.sessions import METER, Answer, ask, write_key
from voltoken.cli.meter import files as meter_files
from voltoken.meter import Scenario, VirtualDevice, replay
from voltoken.meter import scenario_record as record

DAY = "2026-03-01T"
TEST_1 = "00000000000150997584"
Words = tuple[str, ...]


class Bench:
    """A meter that keeps its story, and the vending side that knows its key."""

    def __init__(self, folder: Path, *options: str, begin: bool = True, **members: object) -> None:
        source = write_key(folder / "vending.json", **{"base_date": "14", "test": True, **members})
        self.folder, self.path = folder, str(folder / "my.meter")
        self.key: Words = ("--vending-key", source, "--pan", METER, "--ti", "01")
        assert ask("meter", "create", self.path, *self.key, "--made", "2026-01-01", *options).code == 0
        if begin:
            assert self("story", "--begin", at="11:00").code == 0

    def __call__(self, command: str, *words: str, at: str = "13:00") -> Answer:
        """Run a command on the meter at a time of the day."""
        return ask("meter", command, self.path, *words, "--time", f"{DAY}{at}")

    def buy(self, amount: str = "10", at: str = "12:00", kind: str = "electricity") -> str:
        """Return the digits of a token."""
        amounts = (amount,) if amount else ()
        words = ("token", "issue", kind, *amounts, *self.key, "--time", f"{DAY}{at}", "--json")
        made: str = ask(*words).json["token"]
        return made

    def story(self, *words: str, **environment: str) -> Answer:
        """Ask for the story so far."""
        return ask("meter", "story", self.path, *words, **environment)

    def replayed(self) -> list[dict[str, Any]]:
        """Write the story down, see that it happens again, and return its steps."""
        out = self.folder / "story.json"
        written = self.story("--out", str(out), "--json")
        assert (written.code, written.err) == (0, "")
        assert json.loads(out.read_text("utf-8")) == written.json
        played = ask("meter", "replay", str(out), "--json")
        assert played.code == 0, played.out
        out.unlink()
        steps: list[dict[str, Any]] = written.json["steps"]
        return steps


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return a single phase meter that keeps its story."""
    return Bench(tmp_path)


def test_all_that_can_be_done_to_a_meter_is_told_again(bench: Bench) -> None:
    token, words = bench.buy("25.6"), ("--to-ti", "02", "--time", f"{DAY}12:30", "--json")
    change = ask("key", "change-set", *bench.key, *words).json["tokens"]
    for command, *given in (
        ("enter", token, TEST_1),
        ("enter", token, "12,34", "--path", "remote"),
        ("wait",),
        ("use", "2.5kWh", "--hours", "2", "--phases", "100,200,300"),
        ("use", "5kWh", "--minutes", "10"),
        ("tamper", "cover"),
        ("code", "37"),
        ("code", "45605"),
        ("code", "999999"),
        ("reconnect",),
        ("cut",),
        ("enter", *[section["token"] for section in change]),
        ("cut", "--stay-off"),
        ("cut", "--after-writes", "1"),
        ("cut", "--restore"),
        ("cut", "--restore"),
    ):
        assert bench(command, *given, at="15:00").code in (0, 9), command
    steps = bench.replayed()
    assert [step["action"] for step in steps[-8:]] == [
        *["enter"] * 4,
        *("cut", "arm_cut", "restore", "restore"),
    ]
    assert {step["action"] for step in steps} == {
        *("enter", "wait", "use", "tamper", "press", "reconnect", "cut", "restore", "arm_cut")
    }
    assert steps[0]["token"].replace(" ", "") == token
    assert (steps[0]["expect"]["result"], steps[0]["expect"]["credit"]) == ("Accept", "25.6")
    assert {"total", "ti", "powered", "credit"} <= set(steps[-1]["expect"])


@pytest.mark.parametrize("writes", range(7))
def test_a_power_cut_in_the_middle_of_a_write_is_told_again(bench: Bench, writes: int) -> None:
    token = bench.buy()
    bench("cut", "--after-writes", str(writes))
    bench("enter", token)
    bench("wait")
    bench("cut", "--restore")
    bench("enter", token)
    steps = bench.replayed()
    assert [step["action"] for step in steps] == ["arm_cut", "enter", "wait", "restore", "enter"]
    assert (steps[1]["expect"]["result"] == "not ready") is (writes < 6)


def test_power_that_fails_while_time_passes_is_told_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "--profile", "emergency")
    bench("enter", bench.buy("0.1"))
    bench("reconnect")
    assert "0.2 kWh served." in bench("use", "0.2kWh").out  # on a Sunday, when nobody is cut off
    bench("cut", "--after-writes", "0")
    words = ("0.05kWh", "--time", "2026-03-02T12:00")
    assert "the power failed" in ask("meter", "use", bench.path, *words).out
    assert bench.replayed()[-1]["expect"] == {"served": "0", "powered": False}


def test_a_meter_for_money_is_told_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "--profile", "currency", "--price", "0.12345")
    bench("enter", bench.buy("1", kind="electricity-currency"))
    bench("use", "0.5kWh", "--hours", "1", at="14:00")
    bench("use", "0.333kWh", "--hours", "1", at="15:00")
    assert [step["expect"]["credit"] for step in bench.replayed()] == ["1.00004", "0.93832", "0.89721"]


@pytest.mark.parametrize(("profile", "quantity"), [("water", "10l"), ("gas", "7"), ("time", "61")])
def test_meters_of_all_kinds_are_told_again(profile: str, quantity: str, tmp_path: Path) -> None:
    bench = Bench(tmp_path, "--profile", profile)
    bench("enter", bench.buy(kind=profile))
    assert bench("use", quantity, "--minutes", "30").code == 0
    bench.replayed()


def test_ea07_is_told_again_with_the_sample_tables_only(tmp_path: Path) -> None:
    bench = Bench(tmp_path, vending_key="abababababababab")
    bench("enter", bench.buy())
    tables = {
        "substitution_1": list(range(16)),
        "substitution_2": list(range(15, -1, -1)),
        "permutation": [*range(1, 64), 0],
        "label": "made-up tables",
    }
    (tmp_path / "t.json").write_text(json.dumps(tables), encoding="utf-8")
    before = Path(bench.path).read_bytes()
    refused = bench("enter", TEST_1, "--sta-tables", str(tmp_path / "t.json"))
    assert (refused.code, "sample tables" in refused.err) == (2, True)
    assert Path(bench.path).read_bytes() == before
    assert len(bench.replayed()) == 1


def test_a_story_can_begin_in_the_middle_of_a_life_and_ends_when_wanted(tmp_path: Path) -> None:
    bench = Bench(tmp_path, begin=False)
    none = bench.story()
    assert (none.code, "keeps no story" in none.err) == (2, True)
    assert "story" not in bench("show").out
    bench("enter", bench.buy(), at="12:10")
    assert "keeps its story" in bench("story", "--begin", at="12:20").out
    assert "Nothing has happened yet" in bench.story().err
    bench("use", "1kWh", "--hours", "1", at="14:00")
    assert "1 steps since 2026-03-01T12:20:00Z" in bench("show").out
    assert "decoder_key" not in bench("show", "--json").out
    assert bench("show", "--json").json["bench"]["story"] == {"begins": "2026-03-01T12:20:00Z", "steps": 1}
    again = bench("story", "--begin")
    assert (again.code, "a story of 1 steps already" in again.err) == (2, True)
    assert [step["expect"]["credit"] for step in bench.replayed()] == ["9"]
    assert bench.story("--end", "--json").json["kept"] is False
    assert "kept no longer" not in bench.story("--end").out
    assert bench("story", "--begin", "--json", at="14:00").json["steps"] == 0
    assert "0 steps is kept no longer" in bench.story("--end").out


def test_what_a_scenario_cannot_set_up_is_refused(tmp_path: Path) -> None:
    live = Bench(tmp_path, begin=False, test=False)
    refused = live("story", "--begin")
    assert (refused.code, "not marked as a test key" in refused.err) == (2, True)
    folder = tmp_path / "b"
    folder.mkdir()
    bench = Bench(folder, begin=False)
    bench("enter", "1234", at="12:00")
    assert "wrong tokens in a row" in bench("story", "--begin").err
    bench("enter", TEST_1, bench.buy(at="12:01"))
    bench("cut", "--stay-off")
    assert bench("story", "--begin").code == 9


def test_a_past_that_shows_later_is_warned_of(tmp_path: Path) -> None:
    bench = Bench(tmp_path, begin=False)
    bench("tamper", "cover", at="11:00")
    clear = bench.buy("", kind="clear-tamper")
    bench("enter", clear, bench.buy())
    bench("cut")
    bench("story", "--begin")
    codes = [row["code"] for row in ask("meter", "code", bench.path, "--json").json if "." not in row["code"]]
    for code in codes:
        bench("code", code)
    written = bench.story()
    assert (written.code, "played again from its beginning this story differs at step" in written.err) == (
        0,
        True,
    )


def test_time_in_a_story_does_not_run_back(bench: Bench) -> None:
    bench("wait", at="13:00")
    before = Path(bench.path).read_bytes()
    for words in (("wait",), ("enter", TEST_1), ("cut",), ("code", "37")):
        back = bench(*words, at="12:59")
        assert (back.code, "does not run back" in back.err) == (2, True)
    assert Path(bench.path).read_bytes() == before


def test_what_no_scenario_can_say_changes_nothing(bench: Bench) -> None:
    before = Path(bench.path).read_bytes()
    for words in (
        ("enter", "7" * 500),
        ("enter", "\udcff"),
        ("code", "\udcff"),
        ("cut", "--after-writes", "1001"),
    ):
        assert bench(*words).code == 2, words
    assert Path(bench.path).read_bytes() == before


def test_a_story_has_an_end(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench("wait")
    bench("wait")
    with monkeypatch.context() as short:
        short.setattr(record, "STEPS_MAX", 2)
        full = bench("wait")
        assert (full.code, "begin another one" in full.err) == (2, True)
        assert len(bench.replayed()) == 2
    monkeypatch.setattr(meter_files, "_BYTES_MAX", Path(bench.path).stat().st_size)
    before = Path(bench.path).read_bytes()
    large = bench("wait")
    assert (large.code, "grown too long" in large.err) == (8, True)
    assert Path(bench.path).read_bytes() == before


def test_a_story_is_written_as_one_wants(bench: Bench, tmp_path: Path) -> None:
    bench("wait")
    told = bench.story("--title", "Waiting", "--rule", "All comes.", "--name", "one-wait")
    assert told.json["name"] == "one-wait"
    assert (told.json["title"], told.json["rule"]) == ("Waiting", "All comes.")
    assert any(line.startswith('    {"at": "2026-03-01T13:00:00Z"') for line in told.out.splitlines())
    assert bench.story("--json").json["name"] == "my"
    accents = bench.story("--title", "\u00c9t\u00e9", PYTHONIOENCODING="ascii:strict")
    assert (accents.out.isascii(), accents.json["title"]) == (True, "\u00c9t\u00e9")
    out = tmp_path / "x.json"
    assert "written to" in bench.story("--out", str(out)).out
    assert replay(Scenario.from_document(json.loads(out.read_text("utf-8"))), VirtualDevice()).ok
    for taken in (str(out), bench.path, str(tmp_path / "none" / "x"), "a\0b"):
        assert bench.story("--out", taken).code == 8
    for words in (("--begin", "--end"), ("--end", "--out", "x"), ("--time", "2026-01-01"), ("--name", "A b")):
        assert bench.story(*words).code == 2, words


def test_an_older_story_that_differs_is_written_with_a_warning(bench: Bench) -> None:
    bench("wait")
    document = json.loads(Path(bench.path).read_text("utf-8"))
    document["bench"]["story"]["before"]["ken"] = 7
    Path(bench.path).write_text(json.dumps(document), encoding="utf-8")
    assert "differs at the state before step 1" in bench.story().err
