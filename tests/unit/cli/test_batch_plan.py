"""Where tables are cut, and which tables are refused before any work."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import click
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from voltoken.cli.batch.plain import fitted, line_of, rows_of
from voltoken.cli.batch.plan import Plan, check_columns, plan_of

CELL = st.text(st.sampled_from('ab",\n\r é'), max_size=6)
ROW = st.lists(CELL, min_size=2, max_size=2)


def rows_in_segments(plan: Plan) -> list[list[str]]:
    """Read a table segment by segment."""
    data = Path(plan.path).read_bytes()
    parts = [data[segment.start : segment.end].decode() for segment in plan.segments]
    return [row for part in parts for row in rows_of(part)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for many small tables."""
    return tmp_path_factory.mktemp("plans")


@given(st.lists(ROW, max_size=12), st.integers(1, 40), st.booleans(), st.booleans())
@example([["a\nb", '"'], ["", ""], ['x"y', ',"\r\n']], 1, False, True)
def test_segments_hold_the_rows_of_the_table(
    folder: Path, rows: list[list[str]], size: int, marked: bool, returns: bool
) -> None:
    text = "".join(map(line_of, [["pan", "ti"], *rows]))
    if returns and not any("\n" in cell or "\r" in cell for row in rows for cell in row):
        text = text.replace("\n", "\r\n")
    path = folder / "t.csv"
    path.write_bytes((b"\xef\xbb\xbf" if marked else b"") + text.encode())
    plan = plan_of(str(path), size)
    assert plan.columns == ("pan", "ti")
    assert rows_in_segments(plan) == rows
    assert all(segment.size <= max(size, len(text)) for segment in plan.segments)
    assert plan_of(str(path), 1 << 20).sample == tuple(map(tuple, rows))


@given(st.lists(ROW, min_size=1, max_size=5))
def test_lines_are_read_as_they_were_written(rows: list[list[str]]) -> None:
    text = "".join(map(line_of, rows))
    assert list(csv.reader(io.StringIO(text, newline=""))) == rows


def test_a_quote_inside_a_cell_opens_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a,b\n5" pipe,1\n"x\ny",2\n7" pipe,3\n', "utf-8")
    assert rows_in_segments(plan_of(str(path), 1)) == [['5" pipe', "1"], ["x\ny", "2"], ['7" pipe', "3"]]


def test_rows_of_another_length_lose_nothing() -> None:
    rows = fitted(iter([["a", "b"], ["a"], ["a", "b", "c", "d"]]), 2)
    (good, fine), (short, missing), (long, much) = rows
    assert (good, fine) == (["a", "b"], "")
    assert (short, "1 cells" in missing) == (["a", ""], True)
    assert (long, "4 cells" in much) == (["a", "b,c,d"], True)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is empty"),
        (b"\n\r\n", "it is empty"),
        (b"pan,ti\n1,2\n3,M\xfcller\n", "line 3 is not text in UTF-8"),
        (b"PK\x03\x04\xff\xff", "line 1 is not text"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    with pytest.raises(click.ClickException, match=said):
        plan_of(str(path), 100)


def test_a_cell_that_never_ends_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b'pan,ti\n1,"2\n' + b"x" * (65 << 20))
    with pytest.raises(click.ClickException, match="never closed"):
        plan_of(str(path), 1 << 20)


@pytest.mark.parametrize("path", ["missing.csv", "table.xlsx", "table", "a\0b.csv", "."])
def test_files_that_cannot_be_read_are_explained(path: str) -> None:
    with pytest.raises(click.ClickException):
        plan_of(path, 100)


def check(columns: str, *rows: str) -> None:
    """Check a table of columns and sample rows for a step that needs pan and ti, and adds token."""
    sample = tuple(tuple(row.split()) for row in rows)
    plan = Plan("t.csv", "csv", tuple(columns.split("|")), sample, ())
    check_columns(plan, ("pan", "ti"), ("pan", "ti", "value", "time"), ("token", "error"))


def test_other_columns_are_carried_over(capsys: pytest.CaptureFixture[str]) -> None:
    check("pan|ti|customer|price", "1 2 3 4")
    assert capsys.readouterr().err == ""


def test_a_slip_in_a_name_is_asked_about(capsys: pytest.CaptureFixture[str]) -> None:
    check("pan|ti|vlaue")
    said = capsys.readouterr().err
    assert 'did you mean "value"?' in said
    assert "Expected are pan, ti, value, time" in said


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("pan|tariff", 'no column "ti", only pan, tariff'),
        ("pan;ti", "Columns are separated by commas"),
        ("pan|ti|ti", "there twice"),
        ("pan|ti|token", "would be added: rename it"),
        ("PAN|ti", 'write "pan" for the column "PAN"'),
        ("pan|ti|Time ", 'write "time"'),
        ("pan|ti|Vending Key", "put them in a key file"),
        ("pan|ti|key", "put them in a key file"),
    ],
)
def test_wrong_columns_are_refused_with_the_expected_ones(columns: str, said: str) -> None:
    with pytest.raises(click.ClickException) as caught:
        check(columns)
    assert said in caught.value.format_message()


def test_a_column_that_holds_keys_is_refused_by_its_cells() -> None:
    check("pan|ti|key-number", "1 2 17")
    with pytest.raises(click.ClickException, match="put them in a key file"):
        check("pan|ti|meter key", "1 2 0abc12def3456789")
