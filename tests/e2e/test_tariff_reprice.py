"""A year of purchases priced anew: what is reported, drawn and written, and which tables are refused."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.e2e.sessions import Answer, ask, environ
from tests.unit.tariff.written import document
from tests.year import HEADER, write
from voltoken.cli.batch.formats import is_fast

pytestmark = pytest.mark.skipif(not is_fast(), reason="pip install 'voltoken[batch]'")

NOW = "za-citypower-prepaid-high-2023-24"
DRAFT = "za-citypower-prepaid-high-2024-25"
SAMPLE = Path(__file__).resolve().parents[2] / "examples" / "tariffs" / "purchases-sample.csv"


def table(path: Path, rows: Sequence[str], header: str = ",".join(HEADER)) -> str:
    path.write_text("\n".join((header, *rows, "")), encoding="utf-8")
    return str(path)


def reprice(*words: str, purchases: str | Path = SAMPLE, draft: str = DRAFT) -> Answer:
    return ask("tariff", "reprice", "--draft", draft, "--purchases", str(purchases), *words)


def outcome(answer: Answer) -> dict[str, Any]:
    assert answer.code == 0, answer.err
    (draft,) = answer.json["drafts"]
    return dict(draft)


def test_a_draft_is_compared_with_the_tariff_that_is_in_force() -> None:
    found = outcome(reprice("--current", NOW, "--json"))
    parts = {part["code"]: part for part in found["components"]}
    assert parts["SERVICE"]["before"] is None
    assert parts["SERVICE"]["name"] == "Service and network capacity charge"
    after = sum(Decimal(part["after"]) for part in found["components"])
    assert after == Decimal(found["after"])
    assert Decimal(found["before"]) < after
    assert found["customers"]["fall"] == 0
    assert sum(band["customers"] for band in found["bands"]) == 20


def test_the_figures_are_those_of_single_purchases(tmp_path: Path) -> None:
    rows = ("A,2024-07-05T10:00,1,400,", "A,2024-07-09T10:00,1,10,")
    found = outcome(reprice("--json", purchases=table(tmp_path / "p.csv", rows)))
    single = ask("tariff", "price", DRAFT, "--units", "400", "--at", "2024-07-05T10:00", "--json").json
    used = ("--used", "400", "--at", "2024-07-09T10:00", "--standing", "SERVICE=2024-08-01")
    second = ask("tariff", "price", DRAFT, "--units", "10", *used, "--json")
    assert second.code == 0, second.err
    tender = Decimal(str(single["tender"])) + Decimal(str(second.json["tender"]))
    assert Decimal(found["after"]) == tender


def test_a_tariff_compared_with_itself_changes_nothing() -> None:
    found = outcome(reprice("--current", DRAFT, "--json"))
    assert found["before"] == found["after"]
    assert (found["customers"]["rise"], found["customers"]["fall"]) == (0, 0)


def test_with_the_money_held_units_change() -> None:
    found = outcome(reprice("--current", NOW, "--hold", "money", "--json"))
    assert Decimal(found["after"]) < Decimal(found["before"])
    money = sum(Decimal(part["after"]) for part in found["components"])
    with SAMPLE.open(encoding="utf-8") as file:
        assert money == sum(Decimal(row["amount"]) for row in csv.DictReader(file))


def test_the_report_says_who_pays_more() -> None:
    answer = reprice("--current", NOW)
    assert "300 purchases of 20 meters" in answer.out
    assert "20 customers pay more, 0 pay less" in answer.out
    assert re.search(r"kWh a month +customers +more +same +less +median", answer.out)
    assert re.search(r"\+\d+\.\d %  VAT", answer.out)
    assert "SERVICE" not in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80
    money = reprice("--hold", "money")
    assert "customers get less" not in money.out
    assert "get less" in money.out
    assert "kWh bought" in money.out


def test_several_drafts_are_told_one_after_the_other() -> None:
    answer = reprice("--draft", NOW, "--json")
    assert [draft["tariff"][-7:] for draft in answer.json["drafts"]] == ["2024-25", "2023-24"]
    assert "--out writes the rows of one draft" in reprice("--draft", NOW, "--out", "x.csv").err


def test_bands_are_as_they_are_asked_for() -> None:
    found = outcome(reprice("--bands", "0,200", "--json"))
    assert [(band["from"], band["below"]) for band in found["bands"]] == [(0, 200), (200, None)]
    for wrong in ("5,10", "0,20,10", "0,x", "", "0,10,10"):
        answer = reprice("--bands", wrong)
        assert answer.code == 3
        assert "rising whole units" in answer.err


def test_marks_of_customers_choose_their_prices(tmp_path: Path) -> None:
    rows = ("A,2024-07-05T10:00,100,36.8,indigent", "B,2024-07-05T10:00,100,36.8,")
    found = outcome(reprice("--hold", "money", "--json", purchases=table(tmp_path / "p.csv", rows)))
    charge = next(part for part in found["components"] if part["code"] == "SERVICE")
    assert charge["after"] == "43.48"  # of the second customer only


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_all_rows_are_written_with_what_they_come_to(tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"rows.{ending}"
    found = outcome(reprice("--json", "--out", str(out)))
    if ending == "csv":
        with out.open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    else:
        import pyarrow.parquet as pq  # type: ignore[import-untyped]

        rows = pq.read_table(out).to_pylist()
    assert len(rows) == 300
    tender = sum(Decimal(str(row["draft_amount"])) for row in rows)
    assert tender == Decimal(found["after"])
    for row in rows[:5]:
        parts = ("energy", "SERVICE", "VAT", "rounding")
        assert sum(Decimal(str(row[f"draft_{part}"])) for part in parts) == Decimal(str(row["draft_amount"]))
        assert row["units"] == row["draft_units"]
    assert re.fullmatch(r"2024-07-0\d [:\d]{8}", rows[0]["at"])


def test_what_cannot_be_priced_is_counted_by_reason(tmp_path: Path) -> None:
    rows = ("A,2024-07-05T10:00,100,0,", "A,2024-07-06T10:00,100,10,", "B,2024-07-06T10:00,100,0,")
    purchases = table(tmp_path / "p.csv", rows)
    out = tmp_path / "rows.csv"
    assert outcome(reprice("--json", "--out", str(out), purchases=purchases))["left_out"] == {"units_step": 2}
    assert (
        "2 purchases left out: no units, or units that the tariff does not sell"
        in reprice(purchases=purchases).out
    )
    assert ',"units_step",' in out.read_text(encoding="utf-8")
    twice = outcome(reprice("--json", "--current", NOW, purchases=purchases))
    assert twice["left_out"] == {"units_step": 2}


def as_arrow(path: Path, *, stream: bool, rows: Sequence[Any], kinds: Sequence[Any]) -> str:
    import pyarrow as pa

    columns = [
        pa.array(list(column), kind) for column, kind in zip(zip(*rows, strict=True), kinds, strict=True)
    ]
    made = pa.table(dict(zip(HEADER[: len(kinds)], columns, strict=True)))
    make = pa.ipc.new_stream if stream else pa.ipc.new_file
    with path.open("wb") as file, make(file, made.schema) as writer:
        writer.write_table(made)
    return str(path)


@pytest.mark.parametrize("form", ["csv", "parquet", "arrow", "stream"])
def test_every_form_of_table_gives_the_same(tmp_path: Path, form: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with SAMPLE.open(encoding="utf-8") as file:
        rows = [
            (
                row["meter"],
                datetime.fromisoformat(row["at"]).replace(tzinfo=UTC),
                Decimal(row["amount"]),
                Decimal(row["units"]),
                row["marks"],
            )
            for row in csv.DictReader(file)
        ]
    kinds = (pa.string(), pa.timestamp("us"), pa.decimal128(12, 2), pa.decimal128(12, 1), pa.string())
    path = SAMPLE
    if form == "parquet":
        columns = [
            pa.array(list(one), kind) for one, kind in zip(zip(*rows, strict=True), kinds, strict=True)
        ]
        path = tmp_path / "p.parquet"
        pq.write_table(pa.table(dict(zip(HEADER, columns, strict=True))), path)
    elif form != "csv":
        path = Path(as_arrow(tmp_path / "p.arrow", stream=form == "stream", rows=rows, kinds=kinds))
    assert outcome(reprice("--json", purchases=path)) == outcome(reprice("--json"))


def test_times_are_read_in_utc_with_an_offset_or_on_the_local_clock(tmp_path: Path) -> None:
    times = (
        "2024-07-31T22:30:00Z",
        "2024-08-01T00:30:00+02:00",
        "2024-08-01 00:30",
        "2024-08-01T00:30:00.250",
    )
    for at in times:
        rows = ("A,2024-07-05T10:00,1,400,", f"A,{at},1,10,")
        out = tmp_path / "rows.csv"
        answer = reprice("--out", str(out), "--force", purchases=table(tmp_path / "p.csv", rows))
        assert answer.code == 0, answer.err
        assert "2024-08-01 00:30:00" in out.read_text(encoding="utf-8")


def test_every_fault_of_a_table_is_told_in_one_pass(tmp_path: Path) -> None:
    rows = (
        "A,2024-07-05T10:00,1.00,40,",
        ",2024-07-05T10:00,1.00,40,",
        "A,2024-02-30T10:00,1.00,40,",
        "A,5 July,1.00,40,",
        "A,2024-07-05T10:00,1.005,40,",
        "A,2024-07-05T10:00,-1,40,",
        "A,2024-07-05T10:00,1.0000000000000000,40.05,",
        "A,2024-07-05T10:00,,forty,",
        "A,2024-07-05T10:00",
    )
    answer = reprice(purchases=table(tmp_path / "p.csv", rows))
    assert answer.code == 2
    told = [line.strip() for line in answer.err.splitlines()]
    assert told[:-1] == [
        "row 9: The row has 2 cells and the header 5: look for a comma outside quotes.",
        "row 2, meter: a name of 1 to 64 characters is needed.",
        "row 3, at: '2024-02-30T10:00' is no time such as 2026-03-01T13:00:00Z or 2026-03-01 13:00.",
        "row 4, at: '5 July' is no time such as 2026-03-01T13:00:00Z or 2026-03-01 13:00.",
        "row 5, amount: '1.005' has more than 2 decimals; these are whole coins of the currency.",
        "row 6, amount: '-1' is no number such as 12.50.",
        "row 7, amount: '1.0000000000000000' is no number such as 12.50.",
        "row 8, amount: nothing is no number such as 12.50.",
        "row 7, units: '40.05' has more than 1 decimals; these are the steps of a token.",
        "row 8, units: 'forty' is no number such as 12.50.",
    ]
    assert "10 faults, and nothing was priced" in told[-1]


def test_only_the_first_faults_are_shown(tmp_path: Path) -> None:
    answer = reprice(purchases=table(tmp_path / "p.csv", ["A,never,1,1,"] * 50))
    assert len(answer.err.splitlines()) == 21
    assert "50 faults, and nothing was priced. The first 20 are shown." in answer.err


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        ((), ",".join(HEADER), "has no rows"),
        (("1,2,3",), "meter,at,amount", 'there is no column "units", only meter, at, amount'),
        (("1,2,3,4,5",), "meter,at,amount,units,units", 'the column "units" is there twice'),
    ],
    ids=["empty", "missing", "twice"],
)
def test_what_is_no_table_of_purchases_is_refused(
    tmp_path: Path, rows: Sequence[str], header: str, said: str
) -> None:
    answer = reprice(purchases=table(tmp_path / "p.csv", rows, header))
    assert answer.code == 2
    assert said in answer.err


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    import pyarrow as pa

    assert "No such file" in reprice(purchases=tmp_path / "none.csv").err
    assert "No such file" in reprice(purchases=tmp_path / "none.arrow").err
    assert "ends in .csv or .parquet" in reprice(purchases=tmp_path / "p.xlsx").err
    for ending in ("parquet", "arrow"):
        broken = tmp_path / f"broken.{ending}"
        broken.write_bytes(b"something else")
        assert reprice(purchases=broken).code == 2
    inexact = [("A", datetime(2024, 7, 1, tzinfo=UTC), 1.5, 1.5)]
    kinds = (pa.string(), pa.timestamp("us"), pa.float64(), pa.float64())
    path = as_arrow(tmp_path / "f.arrow", stream=False, rows=inexact, kinds=kinds)
    assert "floating point numbers, which are not exact" in reprice(purchases=path).err


def test_tariffs_of_other_money_cannot_be_compared() -> None:
    answer = reprice("--current", "ug-umeme-domestic-2022q2")
    assert answer.code == 3
    assert "currency" in answer.err


def test_nothing_is_written_over_by_accident(tmp_path: Path) -> None:
    out = tmp_path / "chart.svg"
    out.write_text("mine", encoding="utf-8")
    answer = reprice("--chart", str(out))
    assert answer.code == 8
    assert "--force replaces it" in answer.err
    assert out.read_text(encoding="utf-8") == "mine"
    assert reprice("--chart", str(out), "--force").code == 0
    assert reprice("--chart", "chart.gif").code == 3


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ('[[debt]]\ncode = "D"\nname = "Arrears"\n', "debts are not in the table; none is recovered"),
        ('[[free]]\ncode = "F"\nname = "F"\nunits = 9\nper = "month"\nclaim = true\n', "must be asked for"),
    ],
    ids=["debts", "claims"],
)
def test_what_the_table_cannot_tell_is_said(tmp_path: Path, part: str, said: str) -> None:
    draft = tmp_path / "draft.toml"
    draft.write_text(document(part), encoding="utf-8")
    answer = reprice(draft=str(draft))
    assert answer.code == 0
    assert said in answer.err


class Page(HTMLParser):
    """What is in a page: the addresses that it would load, and how many cells its tables have."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "srcset")]


@pytest.mark.parametrize("hold", ["units", "money"])
def test_the_chart_stands_alone(tmp_path: Path, hold: str) -> None:
    svg, html = tmp_path / "c.svg", tmp_path / "c.html"
    for path in (svg, html):
        assert reprice("--current", NOW, "--hold", hold, "--chart", str(path)).code == 0
    texts = [
        node.text
        for node in ET.fromstring(svg.read_text(encoding="utf-8")).iter()  # noqa: S314 - our own
        if node.text
    ]
    assert any("What za-citypower-prepaid-high 2024-25 would change" in text for text in texts)
    assert any(f"in a mean month, in {'ZAR' if hold == 'units' else 'kWh'}" in text for text in texts)
    page = Page()
    page.feed(html.read_text(encoding="utf-8"))
    assert not page.loads
    assert page.tags.count("table") == 2
    assert page.tags.count("svg") == 1


def test_the_chart_can_be_a_picture(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="pip install 'voltoken[print]'")
    out = tmp_path / "c.png"
    assert reprice("--current", NOW, "--chart", str(out)).code == 0
    with image.open(out) as picture:
        assert picture.width == 1600
        assert len(picture.convert("RGB").getcolors(1 << 24) or ()) > 20


def test_without_its_library_the_picture_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    answer = reprice("--chart", str(tmp_path / "c.png"))
    assert "pip install 'voltoken[print]'" in answer.err
    assert not list(tmp_path.iterdir())


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    answer = reprice()
    assert "pip install 'voltoken[batch]'" in answer.err


@pytest.mark.slow
def test_a_million_purchases_take_seconds_and_little_memory(tmp_path: Path) -> None:
    path = write(tmp_path / "year.csv", 1_000_000, 20_000)
    words = ("tariff", "reprice", "--draft", DRAFT, "--current", NOW, "--purchases", str(path), "--json")
    # Not getrusage: there a program inherits the greatest size of the one that started it.
    program = (
        "import pathlib, re, runpy, sys\n"
        "try: runpy.run_module('voltoken', run_name='__main__')\n"
        "finally: print(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1], "
        "file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, env=environ(), check=True
    )
    assert json.loads(done.stdout)["purchases"] == 1_000_000
    assert int(done.stderr.split()[-1]) < 600 * 1024
