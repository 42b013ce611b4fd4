"""The planner on the command line: what is shown, drawn and written, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import click
import pytest
from click.testing import CliRunner, Result

from tests.unit.kmc.planning.test_drill import token
from tests.unit.kmc.planning.test_revision import ready
from tests.unit.kmc.planning.town import HEADER, NOW, SGC, key, put, row, town
from voltoken.cli.failures import FileTrouble, WrongFile
from voltoken.cli.kmc import drill, exposure, plan
from voltoken.errors import ActRefused, FieldError
from voltoken.kmc.state import State

OLD, NEW = f"{SGC}/1", f"{SGC}/2"
ROWS = [row(1), row(2, last_purchase="2026-11-15"), row(3, purchases="0"), row(4, krn="2", base_date="14")]


class Desk:
    """A terminal with a centre, whose state is given, and a folder."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.state = folder, ready()
        for module in (plan, exposure, drill):
            monkeypatch.setattr(module, "Centre", SimpleNamespace(look=self.look))

    @contextmanager
    def look(self, _: Path) -> Iterator[Any]:
        """Open the centre."""
        yield SimpleNamespace(state=self.state, now=lambda: NOW)

    def file(self, name: str, *lines: str) -> str:
        """Write a file and return its name."""
        path = self.folder / name
        path.write_text("\n".join((*lines, "")), encoding="utf-8")
        return str(path)

    def meters(self, *rows: str) -> str:
        """Write a list of meters."""
        return self.file("meters.csv", HEADER, *(rows or ROWS))

    def run(self, command: click.Command, *words: str) -> Result:
        """Run a command; errors come as they are raised."""
        found = CliRunner().invoke(command, ["centre", *words], standalone_mode=False)
        if found.exception is not None:
            raise found.exception
        return found

    def told(self, command: click.Command, *words: str) -> Any:
        """Run a command with --json, and return what it answers."""
        return json.loads(self.run(command, *words, "--json").stdout)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return a desk with nothing on it."""
    return Desk(tmp_path, monkeypatch)


def test_a_plan_shows_every_step_and_what_to_do_next(desk: Desk) -> None:
    desk.state = town()
    key(desk.state, NEW, "requested", base_date="14")
    shown = desk.run(plan.plan, SGC, "--meters", desk.meters()).stdout
    assert "From 123456/1 to 123456/2, a rollover to base date 2014" in shown
    assert "voltoken kmc vending-key generate CENTRE 123456/2" in shown
    assert "Installation shop is not ready" in shown
    assert "day 0" in shown
    assert "never" in shown


def test_a_plan_in_json_says_the_same(desk: Desk) -> None:
    told = desk.told(plan.plan, SGC, "--to", NEW, "--meters", desk.meters())
    assert told["meters"] == {
        "old": 3,
        "new": 1,
        "elsewhere": {},
        "other_groups": 0,
        "wrong_base_date": 0,
        "rows_unread": 0,
    }
    assert [one["standing"] for one in told["steps"]] == [*["done"] * 6, "now", "later", "later"]
    assert told["clock"]["days_to"] == {"50": 4, "90": None, "99": None, "100": None}
    assert told["modules"][0]["new"] == "loaded"


def test_without_a_list_a_plan_is_about_keys_and_modules(desk: Desk) -> None:
    told = desk.told(plan.plan, SGC, "--to", NEW)
    assert (told["meters"], told["clock"]) == (None, None)


@pytest.mark.parametrize(
    ("words", "name", "base_date"),
    [((), "123456/3", "14"), (("--base-date", "35"), "123456/3", "35"), (("--from", OLD), "123456/3", "14")],
)
def test_a_new_key_is_the_next_one_on_a_base_date_that_lasts(
    desk: Desk, words: tuple[str, ...], name: str, base_date: str
) -> None:
    listed = desk.meters(row(4, krn="2", base_date="14"))
    told = desk.told(plan.plan, SGC, *words, "--meters", listed)
    assert (told["to"], told["base_date"]) == (name, base_date)


def test_a_revision_of_the_register_brings_its_keys_and_waves(desk: Desk) -> None:
    waves = {"waves": [{"name": "all", "opens": "2026-12-01"}]}
    put(desk.state, "revision", "rollover", "running", from_key=OLD, to_key=NEW, waves=waves)
    told = desk.told(plan.plan, "rollover", "--meters", desk.meters(row(1)))
    assert told["clock"]["on"]["100"] == "2026-12-10"
    told = desk.told(plan.plan, "rollover", "--meters", desk.meters(row(1)), "--opens", "2026-11-21")
    assert told["clock"]["on"]["100"] == "2026-11-30"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("999999",), "unknown"),
        ((SGC, "--from", NEW, "--to", OLD), "way_back"),
        ((SGC, "--to", "123456/9"), "unknown"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_the_reason(
    desk: Desk, words: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(ActRefused) as refused:
        desk.run(plan.plan, *words)
    assert refused.value.reason == reason


def test_the_clock_of_a_key_is_shown_with_what_it_needs(desk: Desk) -> None:
    listed = desk.meters(row(1), row(2, purchases="0"))
    shown = desk.run(exposure.exposure, OLD, "--meters", listed, "--visits", "1", "--by", "2026-11-30").stdout
    assert "2 meters, from 2026-11-21." in shown
    assert "1 visits a day are enough to end by 2026-11-30." in shown
    none = desk.run(exposure.exposure, OLD, "--meters", listed, "--by", "2026-11-25").stdout
    assert "No number of visits is enough" in none
    free = desk.run(exposure.exposure, OLD, "--meters", desk.meters(row(1)), "--by", "2026-12-25").stdout
    assert "No visits are needed by 2026-12-25." in free


def test_the_clock_in_json_is_exact(desk: Desk) -> None:
    listed = desk.meters(row(1), row(2, last_purchase="2026-11-15"))
    told = desk.told(exposure.exposure, OLD, "--meters", listed)
    assert told["clock"]["mean_days"] == [13, 2]
    assert told["clock"]["bought"] == [0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    assert told["extension_needed"] is False
    assert told["visits_needed"] is None


def test_a_wave_plan_comes_from_a_file_or_from_options(desk: Desk) -> None:
    listed = desk.meters(row(1), row(2))
    waves = desk.file("waves.json", '{"waves": [{"name": "all", "opens": "2026-12-05"}]}')

    def on(*words: str) -> Any:
        return desk.told(exposure.exposure, OLD, "--meters", listed, *words)["clock"]["on"]

    assert on("--waves", waves)["100"] == "2026-12-10"
    assert on("--even-waves", "2", "--apart", "30") == {
        "50": "2026-11-30",
        **dict.fromkeys(("90", "99", "100"), "2026-12-30"),
    }
    assert on("--visits", "1", "--visit-after", "0")["100"] == "2026-11-22"
    with pytest.raises(click.UsageError, match="leave out"):
        on("--waves", waves, "--opens", "2026-12-01")


@pytest.mark.parametrize("ending", ["svg", "html", "png"])
def test_the_clock_is_drawn(desk: Desk, ending: str) -> None:
    if ending == "png":
        pytest.importorskip("PIL", reason="pip install 'voltoken[print]'")
    chart = str(desk.folder / f"curve.{ending}")
    words = (OLD, "--meters", desk.meters(), "--visits", "1", "--chart", chart)
    assert chart in "".join(desk.run(exposure.exposure, *words).stdout.split())
    drawn = Path(chart).read_bytes()
    if ending == "png":
        assert drawn.startswith(b"\x89PNG")
        return
    text = drawn.decode()
    svg = text[text.index("<svg") : text.index("</svg>") + 6]
    assert ET.fromstring(svg).tag.endswith("svg")  # noqa: S314 - our own drawing
    assert "100 %: 2026-11-30" in svg
    assert ("<table>" in text) == (ending == "html")
    with pytest.raises(FileTrouble, match="--force"):
        desk.run(exposure.exposure, *words)
    desk.run(exposure.exposure, *words, "--force")


def test_a_clock_without_meters_is_drawn_too(desk: Desk) -> None:
    chart = str(desk.folder / "curve.svg")
    desk.run(exposure.exposure, OLD, "--meters", desk.meters(row(1, krn="3")), "--chart", chart)
    assert Path(chart).read_text(encoding="utf-8").startswith("<svg")


def test_bad_rows_are_shown_and_the_others_are_counted(desk: Desk) -> None:
    listed = desk.meters(row(1), row(2, pan="6.00727E+17"), *["broken"] * 30)
    found = desk.run(exposure.exposure, OLD, "--meters", listed)
    assert "line 3, pan: pan: '6.00727E+17' is not allowed" in found.stderr
    assert "31 rows are wrong, and in no figure below. The first 20 are shown." in found.stderr
    assert "1 meters, from" in found.stdout


def test_a_list_is_read_from_standard_input(desk: Desk) -> None:
    text = "\n".join((HEADER, row(1), ""))
    words = ["centre", OLD, "--meters", "-", "--json"]
    found = CliRunner().invoke(exposure.exposure, words, input=text, standalone_mode=False)
    assert json.loads(found.stdout)["clock"]["meters"] == 1


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"pan,krn\n", WrongFile), (b"", WrongFile), (b"\xff\xfe\n", FileTrouble), (None, FileTrouble)],
    ids=["columns", "empty", "bytes", "missing"],
)
def test_what_is_no_list_is_refused(desk: Desk, content: bytes | None, error: type[Exception]) -> None:
    path = desk.folder / "list"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error, match="list of meters"):
        desk.run(exposure.exposure, OLD, "--meters", str(path))
    with pytest.raises(error, match="list of tokens"):
        desk.run(drill.drill, "key", OLD, "--tokens", str(path))


@pytest.mark.parametrize(
    "words",
    [
        ("--window", "0"),
        ("--even-waves", "0"),
        ("--even-waves", "many"),
        ("--visits", "-1"),
        ("--opens", "soon"),
        ("--by", "soon"),
        ("--by", "2026-11-01"),
        ("--chart", "curve.txt"),
    ],
    ids=" ".join,
)
def test_options_that_make_no_sense_are_refused(desk: Desk, words: tuple[str, str]) -> None:
    with pytest.raises(FieldError):
        desk.run(exposure.exposure, OLD, "--meters", desk.meters(), *words)


def test_what_needs_a_list_says_so(desk: Desk) -> None:
    for command, words in (
        (exposure.exposure, (OLD,)),
        (plan.plan, (SGC, "--chart", str(desk.folder / "a.svg"))),
        (drill.drill, ("key", OLD, "--out", str(desk.folder / "a.csv"))),
    ):
        with pytest.raises(click.UsageError, match="list of meters"):
            desk.run(command, *words)
    with pytest.raises(ActRefused, match="no vending key"):
        desk.run(exposure.exposure, "123456/9", "--meters", desk.meters())


def test_a_drill_names_everything_and_writes_it_down(desk: Desk) -> None:
    tokens = desk.file(
        "tokens.csv", "pan,tid,sgc,krn,issued_at,module", token(1), token(1), token(2, module="m-9")
    )
    names = {
        name: str(desk.folder / name) for name in ("out.csv", "report.txt", "incident.json", "chart.html")
    }
    words = [
        *("module", "m-1", "--meters", desk.meters(), "--tokens", tokens, "--out", names["out.csv"]),
        *(
            "--report",
            names["report.txt"],
            "--incident",
            names["incident.json"],
            "--chart",
            names["chart.html"],
        ),
    ]
    shown = desk.run(drill.drill, *words).stdout
    assert "123456/1, 123456/2" in shown
    assert "voltoken kmc module compromise CENTRE m-1" in shown
    assert "Module m-9 was never given 123456/2" in " ".join(shown.split())
    assert len(Path(names["out.csv"]).read_text(encoding="utf-8").splitlines()) == 5
    written = Path(names["report.txt"]).read_text(encoding="utf-8")
    assert "What to do:" in written
    assert "incident add CENTRE ID --kind module --subject m-1 --title 'Drill: module m-1'" in written
    assert "--keys 123456/1,123456/2" in written
    values = json.loads(Path(names["incident.json"]).read_text(encoding="utf-8"))
    assert (values["kind"], values["drill"], values["meters"], values["tokens"]) == ("module", True, 4, 3)
    assert "To do" in Path(names["chart.html"]).read_text(encoding="utf-8")
    told = desk.told(drill.drill, *words[:6])
    assert told["digest"] == values["report"]
    assert told["plan"][0] == {"number": 1, "text": told["plan"][0]["text"], "act": "incident add"}


def test_a_drill_needs_no_list_at_all(desk: Desk) -> None:
    shown = desk.run(drill.drill, "centre", "kmc-a").stdout
    assert "Days until" not in shown
    assert desk.told(drill.drill, "key", OLD)["clock"] is None


def test_many_names_are_cut_short(desk: Desk) -> None:
    desk.state = State(centre_id="kmc-a")
    for krn in range(1, 10):
        key(desk.state, f"123456/{krn}", "active")
        key(desk.state, f"654321/{krn}", "active")
    shown = desk.run(drill.drill, "centre", "kmc-a").stdout
    assert "and 6 more" in " ".join(shown.split())


def test_a_base_date_that_lasts_is_kept(desk: Desk) -> None:
    desk.state = town()
    assert desk.told(plan.plan, SGC)["base_date"] == "14"
    key(desk.state, OLD, "active", base_date="14")
    assert desk.told(plan.plan, SGC)["base_date"] == "14"
    key(desk.state, OLD, "active", iut="2024-02-01T00:00:00.000000Z")
    assert desk.told(plan.plan, SGC)["base_date"] == "93"
