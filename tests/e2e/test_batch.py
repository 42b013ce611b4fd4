"""Tables of sales, tokens and key changes: what comes out, which way it is computed, what is refused."""

from __future__ import annotations

import csv
import json
import random
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.sessions import CREDIT, METER, NEIGHBOUR, VENDING_KEY, Answer, ask, environ, write_key
from tests.e2e.test_key import SET_TO_TARIFF_2
from voltoken.cli.batch import worker
from voltoken.cli.batch.formats import is_fast
from voltoken.sts import MeterPAN

needs_arrow = pytest.mark.skipif(not is_fast(), reason="the extra batch is not installed")

SALES = "\n".join(
    (
        "customer,pan,ti,type,value,time,rnd",
        f"Ann,{METER},01,electricity,0.1,2004-03-01T13:00,5",
        f'"O Brien, ""Bo""",{NEIGHBOUR},02,electricity,1820.7,2004-03-01T13:00:59Z,15',
        f",{METER},01,power-limit,6000,2004-03-01 00:01,0",
        f",{METER},01,electricity-currency,12.34,2004-03-01T13:00,0",
        f",{METER},01,clear-credit,all,2004-03-01T13:00,3",
        f",{METER},01,clear-tamper,,2004-03-01T13:00,3",
        f",{METER},01,test,4 5,,\n",
    )
)
CARRIED = ["0.1", "1821.4", "6000", "12.34024", "", "", ""]
TYPES = [
    "electricity",
    "electricity",
    "power-limit",
    "electricity-currency",
    "clear-credit",
    "clear-tamper",
    "test",
]


@pytest.fixture
def keys(tmp_path: Path) -> str:
    """Return the path of a file with the published vending key."""
    return write_key(tmp_path / "vending.json").removeprefix("file:")


@pytest.fixture
def sales(tmp_path: Path) -> str:
    """Return the path of a small table of sales."""
    return table(tmp_path / "sales.csv", SALES)


@pytest.fixture(params=[pytest.param(True, marks=needs_arrow), False], ids=["columns", "rows"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Compute by whole columns, and row by row."""
    monkeypatch.setattr(worker, "is_fast", lambda: request.param)
    return bool(request.param)


def table(path: Path, text: str) -> str:
    """Write a table and return its path."""
    path.write_text(text, "utf-8", newline="")
    return str(path)


def rows_of(path: str | Path) -> list[dict[str, str]]:
    """Read a table."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def column(path: str | Path, name: str) -> list[str]:
    """Read a column of a table."""
    return [row[name] for row in rows_of(path)]


def batch(name: str, source: str, out: Path, *words: str) -> Answer:
    """Run a batch command on a table, in this process."""
    return ask("batch", name, "--in", source, "--out", str(out), *words)


# ---------------------------------------------------------------------- what comes out


def test_every_sale_gets_its_token(sales: str, keys: str, tmp_path: Path, either_way: bool) -> None:
    out = tmp_path / "out.csv"
    assert batch("issue", sales, out, "--keys", keys).code == 0
    made = rows_of(out)
    assert made[0]["token"] == CREDIT
    assert [row["carried"] for row in made] == CARRIED
    assert [row["customer"] for row in made[:2]] == ["Ann", 'O Brien, "Bo"']
    assert made[-1]["token"] == ask("token", "issue", "test", "4", "5", "--json").json["token"]
    assert list(made[0])[-4:] == ["token", "carried", "error", "message"]
    assert {row["error"] for row in made} == {""}
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "sales.csv", "vending.json"]


def test_printed_numbers_of_meters_are_as_good_as_whole_ones(
    keys: str, tmp_path: Path, either_way: bool
) -> None:
    pans = [
        MeterPAN.build(code, f"{serial:08d}") for code in ("00", "47", "0123") for serial in (0, 12345678)
    ]
    wrong = [
        f"{pans[1].drn[:-1]}{9 - int(pans[1].drn[-1])}",
        f"{pans[1].drn[:-1]}x",
        f"{pans[4].drn[:-2]}00x",
    ]
    numbers = [number for pan in pans for number in (pan, pan.drn)]
    lines = "".join(f"{number},01,electricity,5,7000000,3\n" for number in [*numbers, *wrong])
    source = table(tmp_path / "drns.csv", f"pan,ti,type,value,tid,rnd\n{lines}")
    assert batch("issue", source, tmp_path / "out.csv", "--keys", keys).code == 10
    tokens = column(tmp_path / "out.csv", "token")
    assert all(tokens[:12])
    assert tokens[0:12:2] == tokens[1:12:2]
    assert tokens[12:] == [""] * 3


def test_a_table_that_was_issued_is_verified_as_it_is(
    sales: str, keys: str, tmp_path: Path, either_way: bool
) -> None:
    out, read = tmp_path / "out.csv", tmp_path / "read.csv"
    batch("issue", sales, out, "--keys", keys)
    assert batch("verify", str(out), read, "--keys", keys).code == 0
    found = rows_of(read)
    assert [row["read_type"] for row in found] == TYPES
    assert [row["read_value"] for row in found] == [*CARRIED[:4], "65535", "", "4 5"]
    assert [found[1][name] for name in ("read_time", "read_rnd", "read_tid")] == [
        "2004-03-01T13:00:00Z",
        "15",
        "5871660",
    ]
    assert found[2]["read_time"] == "2004-03-01T00:02:00Z"
    assert (found[3]["read_rnd"], found[-1]["read_tid"]) == ("", "")


@pytest.mark.parametrize(
    ("name", "cell", "said"),
    [
        ("type", "water", "The row says water, the token electricity."),
        ("value", "0.2", "The row says 0.2, the token 0.1."),
        ("value", "much", "The row says much"),
        ("tid", "5871661", "The row says TID 5871661, the token 5871660."),
        ("tid", "x", "The row says TID x"),
    ],
)
def test_a_row_that_says_something_else_than_its_token_is_told(
    keys: str, tmp_path: Path, either_way: bool, name: str, cell: str, said: str
) -> None:
    source = table(tmp_path / "t.csv", f"pan,ti,token,{name}\n{METER},01,{CREDIT},{cell}\n")
    answer = batch("verify", source, tmp_path / "o.csv", "--keys", keys)
    (row,) = rows_of(tmp_path / "o.csv")
    assert (answer.code, row["read_error"], row["read_value"]) == (10, "batch.differs", "0.1")
    assert said in row["read_message"]


def test_what_agrees_after_rounding_agrees(keys: str, tmp_path: Path, either_way: bool) -> None:
    cells = f"{METER},01,{CREDIT},electricity,0.05,5871660\n{METER},01,{CREDIT},,,\n"
    source = table(tmp_path / "t.csv", f"pan,ti,token,type,value,tid\n{cells}")
    assert batch("verify", source, tmp_path / "o.csv", "--keys", keys).code == 0


def test_key_changes_are_the_published_ones(keys: str, tmp_path: Path, either_way: bool) -> None:
    source = table(tmp_path / "t.csv", f"pan,ti,to_ti\n{METER},01,02\n")
    assert batch("keychange", source, tmp_path / "o.csv", "--keys", keys, "--time", "2004-03-28").code == 0
    (row,) = rows_of(tmp_path / "o.csv")
    assert [row[f"token_{place}"] for place in range(1, 5)] == SET_TO_TARIFF_2
    assert row["tokens"] == "4"


def test_a_roll_over_takes_every_meter_to_the_new_key(keys: str, tmp_path: Path, either_way: bool) -> None:
    new = write_key(tmp_path / "new.json", krn=4, base_date="14").removeprefix("file:")
    source = table(tmp_path / "t.csv", f"pan,ti\n{METER},01\n{NEIGHBOUR},01\n")
    words = ("--keys", keys, "--to-keys", new, "--time", "2024-11-01")
    refused = batch("keychange", source, tmp_path / "a.csv", *words)
    assert (refused.code, set(column(tmp_path / "a.csv", "error"))) == (10, {"rule.violated"})
    assert batch("keychange", source, tmp_path / "b.csv", *words, "--roll-over").code == 0
    old = ("--vending-key", f"file:{keys}", "--pan", METER, "--ti", "01")
    one = ask(
        *("key", "change-set", *old, "--to-vending-key", f"file:{new}", "--roll-over", "--json"), *words[-2:]
    )
    assert rows_of(tmp_path / "b.csv")[0]["token_2"] == one.json["tokens"][1]["token"]


def test_the_new_key_must_be_in_force(keys: str, tmp_path: Path, either_way: bool) -> None:
    new = write_key(tmp_path / "new.json", krn=4, base_date="14", ken=3).removeprefix("file:")
    common = write_key(tmp_path / "common.json", krn=5, kt=3).removeprefix("file:")
    source = table(tmp_path / "t.csv", f"pan,ti,to_krn\n{METER},01,4\n{METER},01,5\n{METER},01,6\n")
    words = ("--keys", keys, "--to-keys", new, "--to-keys", common, "--time", "2024-11-01", "--roll-over")
    batch("keychange", source, tmp_path / "o.csv", *words)
    assert column(tmp_path / "o.csv", "error") == ["key.refused", "rule.violated", "batch.key"]


# ---------------------------------------------------------------------- both ways say the same


WORDS = {
    "pan": [
        METER,
        NEIGHBOUR,
        METER,
        NEIGHBOUR,
        "",
        f" {METER}",
        METER[6:17],
        "600727000000000008",
        "x",
        "\u0663" * 18,
    ],
    "ti": ["01", "01", "07", "07", "", "1", " 02", "\u0663\u0663"],
    "type": [
        "electricity",
        "power-limit",
        "gas-currency",
        "flag",
        "test",
        "clear-tamper",
        "tariff-rate",
        "",
        "x",
    ],
    "value": [
        "1",
        "25.6",
        "0",
        "0.01",
        "1820162.4",
        "1820162.5",
        ".",
        "-1.5",
        "25,6",
        "",
        "all",
        "0xFF",
        "1 0",
    ],
    "tid": ["", "", "5871660", "16777216", "0x10", "-1"],
    "time": [
        "",
        "2026-03-01T13:00",
        "2026-03-01 00:01:59Z",
        "2013-12-31T23:59",
        "2026-02-30T00:00",
        "2026-03-01",
        "now",
    ],
    "rnd": ["0", "15", "16", "03", " 3", "a"],
    "krn": ["1", "2", "3", "", "x"],
    "to_krn": ["1", "2", "3", ""],
    "note": ["", "x", 'a "b"', "a,b", "line\nbreak", "M\u00fcller", "=1+1", "\r"],
}
"""Cells good and bad; those that are likely stand there twice."""


def random_table(path: Path, names: Sequence[str], rows: int, seed: int) -> str:
    """Write a table in which most cells of most rows are good."""
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator=chance.choice(["\n", "\r\n"]))
        out.writerow(names)
        for _ in range(rows):
            good = chance.random() < 0.5
            cells = [chance.choice(WORDS[name][: 2 if good else None]) for name in names]
            out.writerow(cells if chance.random() < 0.97 else cells[:-1])
    return str(path)


@needs_arrow
@pytest.mark.parametrize("seed", range(3))
def test_columns_and_rows_come_to_the_same(
    tmp_path: Path, keys: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = tmp_path / "others.json"
    short = {"vending_key": VENDING_KEY[:16], "sgc": "123457", "base_date": "14"}
    others.write_text(json.dumps([short | {"krn": 2}, short | {"krn": 3, "dkga": "01", "ken": 98}]), "utf-8")
    words = ("--keys", keys, "--keys", str(others), "--segment-bytes", str(500 * 10**seed))
    sold = random_table(
        tmp_path / "sold.csv", ["pan", "ti", "type", "value", "tid", "time", "rnd", "krn", "note"], 150, seed
    )
    held = random_table(tmp_path / "held.csv", ["pan", "ti", "krn", "to_krn", "note"], 100, seed)
    made: dict[str, list[bytes]] = {}
    for fast in (True, False):
        monkeypatch.setattr(worker, "is_fast", lambda fast=fast: fast)
        out = tmp_path / f"{fast}.csv"
        for name, source, more in (
            ("issue", sold, ("--time", "2020-01-01")),
            ("verify", f"{tmp_path}/issue.csv", ()),
            ("keychange", held, ("--time", "2020-01-01", *["--roll-over", "--carry-sgc"][:seed])),
        ):
            answer = batch(name, source, out, *words, *more, "--force")
            assert (answer.code, "Traceback" in answer.err) == (10, False)
            made.setdefault(name, []).append(out.read_bytes())
            if name == "issue":
                (tmp_path / "issue.csv").write_bytes(out.read_bytes())
    for name, (columns, rows) in made.items():
        assert columns.decode().splitlines() == rows.decode().splitlines(), name


@needs_arrow
def test_parquet_and_csv_come_to_the_same(sales: str, keys: str, tmp_path: Path) -> None:
    import pyarrow.csv as pa_csv  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    typed = tmp_path / "sales.parquet"
    pq.write_table(pa_csv.read_csv(sales), typed, row_group_size=3)  # numbers, without their zeros
    for source, out in (
        (sales, "a.csv"),
        (sales, "a.parquet"),
        (str(typed), "b.parquet"),
        (str(typed), "b.csv"),
    ):
        assert batch("issue", source, tmp_path / out, "--keys", keys, "--segment-bytes", "64").code == 0
    tokens = column(tmp_path / "a.csv", "token")
    assert column(tmp_path / "b.csv", "token") == tokens
    for name, kind in (("a.parquet", "string"), ("b.parquet", "int64")):
        read = pq.read_table(tmp_path / name)
        assert read.column("token").to_pylist() == tokens
        assert read.column("carried").to_pylist() == CARRIED
        assert str(read.schema.field("ti").type) == kind


@needs_arrow
@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"value": [1.5]}, "not exact"),
        ({"value": [[1]]}, "nothing that text can hold"),
        ({"value": ["1"], "key": ["1"]}, "key file"),
        ({"value": ["1"], "sums": [[1, 2]]}, "nothing that text can hold"),
    ],
)
def test_parquet_of_the_wrong_types_is_refused(
    keys: str, tmp_path: Path, columns: dict[str, list[Any]], said: str
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    source = tmp_path / "t.parquet"
    pq.write_table(pa.table({"pan": [METER], "ti": ["01"], "type": ["gas"], **columns}), source)
    answer = batch("issue", str(source), tmp_path / "o.csv", "--keys", keys)
    assert (answer.code, said in answer.err) == (2, True)
    assert not (tmp_path / "o.csv.work").exists()
    source.write_bytes(b"PAR1 and no more")
    assert batch("issue", str(source), tmp_path / "o.csv", "--keys", keys).code == 2


def test_without_the_libraries_csv_works_and_parquet_says_what_is_missing(
    sales: str, keys: str, tmp_path: Path
) -> None:
    program = (
        "import sys; sys.modules |= dict.fromkeys(['numpy', 'pyarrow'])\n"
        "from voltoken.cli import root; root(sys.argv[1:])"
    )
    for name, code, said in (("o.csv", 0, ""), ("o.parquet", 3, "pip install 'voltoken[batch]'")):
        words = ("batch", "issue", "--in", sales, "--out", str(tmp_path / name), "--keys", keys)
        done = subprocess.run(
            [sys.executable, "-c", program, *words],
            capture_output=True,
            text=True,
            env=environ(),
            check=False,
        )
        assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert column(tmp_path / "o.csv", "token")[0] == CREDIT


# ---------------------------------------------------------------------- what is refused


def test_a_bad_row_never_stops_the_others(keys: str, tmp_path: Path, either_way: bool) -> None:
    good = f"{METER},01,electricity,1,2004-03-01\n"
    bad = [
        (f"{METER[:-1]}8,01,electricity,1,2004-03-01\n", "field.invalid", "check digit"),
        (f"{METER},1,electricity,1,2004-03-01\n", "field.invalid", "Keep the leading zeros"),
        (f"{METER},01,elec,1,2004-03-01\n", "field.invalid", "one of electricity, water"),
        (f'{METER},01,electricity,"1,5",2004-03-01\n', "field.invalid", "Use a point"),
        (f"{METER},01,electricity,1,1992-03-01\n", "key.refused", "before the base date"),
        (f"{METER},01,electricity,1,5,2004-03-01\n", "batch.row", "6 cells"),
        (f"{METER},01\n", "batch.row", "2 cells"),
    ]
    text = "pan,ti,type,value,time\n" + good.join(line for line, _, _ in bad) + good
    answer = batch("issue", table(tmp_path / "t.csv", text), tmp_path / "o.csv", "--keys", keys, "--json")
    made = rows_of(tmp_path / "o.csv")
    assert (answer.code, answer.json["rows"], answer.json["tokens"]) == (10, 14, 7)
    assert answer.json["refused"] == {"field.invalid": 4, "key.refused": 1, "batch.row": 2}
    for row, (_, code, said) in zip(made[::2], bad, strict=True):
        assert (row["token"], row["error"], said in row["message"]) == ("", code, True), row
    assert all(row["token"] and not row["error"] for row in made[1::2])
    assert made[10]["time"] == "5,2004-03-01"


def test_keys_are_found_by_their_columns(keys: str, tmp_path: Path, either_way: bool) -> None:
    second = write_key(tmp_path / "second.json", krn=2).removeprefix("file:")
    cells = ("123457,1", "123457,2", "123457,3", "123457,", "12345,1")
    text = "pan,ti,type,value,sgc,krn\n" + "".join(f"{METER},01,gas,1,{one}\n" for one in cells)
    words = ("--keys", keys, "--keys", second, "--time", "2004-03-01")
    batch("issue", table(tmp_path / "t.csv", text), tmp_path / "o.csv", *words)
    made = rows_of(tmp_path / "o.csv")
    assert [row["error"] for row in made] == ["", "", "batch.key", "batch.key", "field.invalid"]
    assert "Tell them apart" in made[3]["message"]
    assert VENDING_KEY not in (tmp_path / "o.csv").read_text("utf-8")


def test_rules_are_applied_unless_a_laboratory_asks_not_to(
    keys: str, tmp_path: Path, either_way: bool
) -> None:
    default = write_key(tmp_path / "default.json", kt=1).removeprefix("file:")
    source = table(tmp_path / "t.csv", f"pan,ti,type,value\n{METER},01,gas,1\n{METER},01,power-limit,1\n")
    words = ("--keys", default, "--time", "2004-03-01")
    assert batch("issue", source, tmp_path / "a.csv", *words).code == 10
    assert column(tmp_path / "a.csv", "error") == ["key.refused", ""]
    unchecked = batch("issue", source, tmp_path / "b.csv", *words, "--unchecked")
    assert (unchecked.code, "--unchecked" in unchecked.err) == (0, True)


def test_options_stand_for_columns(keys: str, tmp_path: Path, either_way: bool) -> None:
    source = table(tmp_path / "t.csv", f"pan,value\n{METER},0.1\n")
    words = ("--keys", keys, "--ti", "01", "--type", "electricity", "--time", "2004-03-01T13:00")
    assert batch("issue", source, tmp_path / "o.csv", *words).code == 0
    assert (
        batch("verify", str(tmp_path / "o.csv"), tmp_path / "r.csv", "--keys", keys, "--ti", "01").code == 0
    )
    assert column(tmp_path / "r.csv", "read_tid") == ["5871660"]
    missing = batch("issue", source, tmp_path / "p.csv", "--keys", keys, "--ti", "01")
    assert (missing.code, 'no column "type"' in missing.err) == (2, True)


def test_nothing_is_overwritten_by_accident(sales: str, keys: str, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("mine", "utf-8")
    refused = batch("issue", sales, out, "--keys", keys)
    assert (refused.code, out.read_text("utf-8"), "--force" in refused.err) == (8, "mine", True)
    assert batch("issue", sales, out, "--keys", keys, "--force").code == 0
    same = batch("issue", sales, Path(sales), "--keys", keys, "--force")
    assert (same.code, "same table" in same.err) == (8, True)
    assert batch("issue", sales, tmp_path / "out.txt", "--keys", keys).code == 2
    assert batch("issue", sales, tmp_path / "no" / "out.csv", "--keys", keys).code == 8


def test_what_is_said_about_keys_is_what_other_commands_say(sales: str, tmp_path: Path) -> None:
    old = write_key(
        tmp_path / "old.json", vending_key=VENDING_KEY[:16], base_date=None, dkga="01"
    ).removeprefix("file:")
    Path(old).chmod(0o644)
    answer = batch("issue", sales, tmp_path / "o.csv", "--keys", old, "--json")
    for said in ("chmod 600", "2014 is assumed", "DKGA01", "sample tables"):
        assert said in answer.err
    document = answer.json
    assert (document["encryption"], len(document["cautions"])) == (["EA07 (sample tables)"], 4)
    assert document["keys"][0]["check_value"]
    assert VENDING_KEY[:16] not in answer.out + answer.err


TWICE = '{"vending_key": "%s", "sgc": "123457", "krn": 1}'


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        ("[]", 2, "no key in it"),
        ("[1]", 2, '"vending_key"'),
        (f"[{TWICE}, {TWICE}]", 2, "same name"),
        ("%s", 2, "give --sgc, --krn."),
        ("", 3, "16 hexadecimal digits"),
    ],
)
def test_wrong_key_files_are_explained(
    sales: str, tmp_path: Path, content: str, code: int, said: str
) -> None:
    path = tmp_path / "k"
    path.write_text(content.replace("%s", VENDING_KEY), "utf-8")
    answer = batch("issue", sales, tmp_path / "o.csv", "--keys", str(path))
    assert (answer.code, said in answer.err) == (code, True), answer.err
    assert VENDING_KEY not in answer.err


def test_bare_digits_are_described_by_options(sales: str, tmp_path: Path) -> None:
    path = tmp_path / "k"
    path.write_text(VENDING_KEY, "utf-8")
    words = ("--keys", str(path), "--sgc", "123457", "--krn", "1", "--base-date", "93")
    assert batch("issue", sales, tmp_path / "o.csv", *words).code == 0
    two = batch("issue", sales, tmp_path / "p.csv", *words, "--keys", str(path))
    assert (two.code, "several are loaded" in two.err) == (2, True)
    assert batch("issue", sales, tmp_path / "p.csv", "--keys", "-").code == 8


def test_a_table_without_rows_becomes_one(keys: str, tmp_path: Path, either_way: bool) -> None:
    source = str(tmp_path / "t.csv")
    for text in ("pan,ti,type,value", "pan,ti,type,value\n\n\r\n"):
        table(tmp_path / "t.csv", text)
        answer = batch("issue", source, tmp_path / "o.csv", "--keys", keys, "--force")
        assert (answer.code, "0 rows" in answer.out) == (0, True)
        assert (tmp_path / "o.csv").read_text("utf-8") == "pan,ti,type,value,token,carried,error,message\n"
    if either_way:
        assert batch("issue", source, tmp_path / "o.parquet", "--keys", keys).code == 0
