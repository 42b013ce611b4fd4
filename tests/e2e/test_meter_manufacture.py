"""A day in the factory, told with the real commands: an order is made, labelled and personalised."""

from __future__ import annotations

import csv
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2  # type: ignore[import-untyped]  # the package has types and does not say so
import pytest

from tests.e2e.sessions import Answer, ask, at_terminal, environ, session, write_key, write_text
from voltoken.cli.meter import production
from voltoken.cli.meter.files import MeterFile, create
from voltoken.sts import MeterPAN

pytestmark = pytest.mark.slow

LINE = ("--mfr-code", "01", "--first-serial", "10000000", "--quantity", "3", "--made", "2026-01-01")
NOON = ("--time", "2026-03-01T12:00")
TI = ("--ti", "01")
PANS = [MeterPAN.build("01", f"{serial:08d}") for serial in range(10_000_000, 10_000_003)]
posix = pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def mode(path: Path) -> int:
    """Return the permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def state(folder: Path, place: int = 0) -> Path:
    """Return the state file of a meter."""
    return folder / "meters" / f"{PANS[place].drn}.json"


def credit(folder: Path, place: int, *key: str, at: str = "13:00") -> Answer:
    """Sell a token under a key for a meter of the order, and enter it."""
    words = ("token", "issue", "electricity", "10", "--pan", PANS[place], *TI, *key)
    sold = ask(*words, "--time", f"2026-03-01T{at}", "--json")
    assert sold.code == 0
    return ask("meter", "enter", str(state(folder, place)), sold.json["token"], "--time", f"2026-03-01T{at}")


@pytest.fixture
def order(tmp_path: Path) -> Path:
    """Return an order of three meters with random first keys, without labels."""
    folder = tmp_path / "order"
    made = ask("meter", "manufacture", str(folder), *LINE, "--labels", "none")
    assert made.code == 0
    return folder


@pytest.fixture
def key(tmp_path: Path) -> tuple[str, str]:
    """Return the option for the vending key of the customer."""
    return "--vending-key", write_key(tmp_path / "vending.json", base_date="14", test=True)


def personalise(folder: Path, *words: str) -> Answer:
    """Bring an order to its keys."""
    return ask("meter", "personalise", str(folder), *TI, *NOON, *words)


# ---------------------------------------------------------------------- the whole way


def test_an_order_is_made_personalised_and_sold_to(tmp_path: Path, key: tuple[str, str]) -> None:
    folder = tmp_path / "order"
    made = session("meter", "manufacture", str(folder), *LINE, "--labels", "both")
    assert made.code == 0
    assert "virtual meters, for tests, training and laboratories" in made.err
    assert "3 meters in" in made.out
    listed = rows(folder / "meters.csv")
    assert [(row["MeterPAN"], row["KT"], row["SGC"]) for row in listed] == [(pan, "0", "") for pan in PANS]
    secret = rows(folder / "keys.csv")
    assert len({row["DITK"] for row in secret}) == 3

    done = session("meter", "personalise", str(folder), *TI, *NOON, *key)
    assert (done.code, done.err) == (0, "")
    assert "changed         3" in done.out
    for row, pan in zip(rows(folder / "meters.csv"), PANS, strict=True):
        assert row == {
            "MeterPAN": pan,
            "DRN": pan.drn,
            "serial": pan.serial,
            "EA": "11",
            "TCT": "02",
            "base_date": "14",
            "KT": "2",
            "SGC": "123457",
            "TI": "01",
            "KRN": "1",
            "profile": "single-phase",
            "service": "electricity",
        }
    for place in range(3):
        entered = credit(folder, place, *key)
        assert (entered.code, "10 kWh added" in entered.out or "10.0 kWh added" in entered.out) == (0, True)
    for text in (made.out, made.err, done.out, (folder / "order.json").read_text("utf-8")):
        assert not [row["DITK"] for row in secret if row["DITK"] in text.lower()]


def test_labels_are_on_sheets_and_in_pictures(tmp_path: Path) -> None:
    folder = tmp_path / "order"
    words = ("meter", "manufacture", str(folder), *LINE[:5], "14", *LINE[6:])
    assert ask(*words, "--labels", "both").code == 0
    with pypdfium2.PdfDocument(folder / "labels.pdf") as sheets:
        pages = ["".join(page.get_textpage().get_text_bounded().split()) for page in sheets]
    assert len(pages) == 2
    drns = [MeterPAN.build("01", f"{10_000_000 + place:08d}").drn for place in range(14)]
    assert all(drn in pages[place // 12] for place, drn in enumerate(drns))
    for drn in drns:
        picture = (folder / "labels" / f"{drn}.svg").read_text("utf-8")
        assert drn in picture.replace(" ", "")


@pytest.mark.parametrize(("kind", "files"), [("pdf", {"labels.pdf"}), ("svg", {"labels"}), ("none", set())])
def test_only_the_labels_wanted_are_made(tmp_path: Path, kind: str, files: set[str]) -> None:
    folder = tmp_path / "order"
    made = ask("meter", "manufacture", str(folder), *LINE, "--labels", kind, "--sheet", "single", "--json")
    assert made.code == 0
    assert {path.name for path in folder.iterdir()} == files | {
        *("keys.csv", "meters", "meters.csv", "order.json"),
    }
    named = {name.rstrip("/") for name in (*made.json["public"], *made.json["secret"])}
    assert named == {path.name for path in folder.iterdir()}
    assert (made.json["first"], made.json["last"], made.json["first_key"]) == (PANS[0], PANS[2], "DITK")


def test_many_labels_come_in_packets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(production, "LABELS_PER_FILE", 2)
    folder = tmp_path / "order"
    made = ask("meter", "manufacture", str(folder), *LINE, "--json")
    assert made.code == 0
    found = {path.name for path in folder.glob("*.pdf")}
    assert found == {"labels.pdf", "labels-2.pdf"}
    assert found <= set(made.json["public"])


@posix
def test_secrets_are_for_their_owner_alone(order: Path, key: tuple[str, str]) -> None:
    assert personalise(order, *key).code == 0
    for path in (order / "keys.csv", order / "key-change.csv", *(order / "meters").iterdir()):
        assert mode(path) == 0o600, path
    assert mode(order / "meters") == 0o700
    assert mode(order / "meters.csv") == mode(order / "order.json") == 0o666 & ~umask()


def umask() -> int:
    """Return the mask of this process."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_meters_for_money_and_models_of_your_own(tmp_path: Path) -> None:
    model = tmp_path / "mine.json"
    model.write_text(json.dumps({"base": "currency", "rating": "240 V"}), encoding="utf-8")
    folder = tmp_path / "order"
    words = ("meter", "manufacture", str(folder), *LINE, "--labels", "none", "--profile", str(model))
    refused = ask(*words)
    assert (refused.code, "price" in refused.err, folder.exists()) == (3, True, False)
    assert ask(*words, "--price", "0.25").code == 0
    assert rows(folder / "meters.csv")[0]["service"] == "electricity_currency"
    assert json.loads(state(folder).read_text("utf-8"))["price"] == {"per_unit": 25_000, "counts": 1000}


# ---------------------------------------------------------------------- stock


def test_stock_meters_take_credit_after_their_key_change_only(tmp_path: Path) -> None:
    folder = tmp_path / "stock"
    short = {"vending_key": "0123456789abcdef", "sgc": "999001", "krn": 2, "base_date": "93", "kt": 1}
    default = ("--default-key", write_key(tmp_path / "vddk.json", **short, test=True))
    unique = (
        "--vending-key",
        write_key(tmp_path / "vudk.json", vending_key="abababababababab", base_date="14", test=True),
    )
    line = (*LINE[:6], "--made", "2020-01-01", "--ea", "07", "--labels", "none")
    made = ask("meter", "manufacture", str(folder), *line, *default, "--json")
    assert made.code == 0
    assert "sample tables" in made.err
    assert len(made.json["cautions"]) == 2
    assert (made.json["first_key"], made.json["default_key"]["sgc"]) == ("DDTK", "999001")
    assert not (folder / "keys.csv").exists()
    assert rows(folder / "meters.csv")[0]["KT"] == "1"
    early = credit(folder, 0, *unique, "--sta-tables", "sample")
    assert (early.code, "CRCError" in early.out) == (9, True)

    assert personalise(folder, *unique).code == 2
    wrong = personalise(folder, *unique, "--default-key", unique[1])
    assert (wrong.code, "check value" in wrong.err) == (3, True)
    done = personalise(folder, *unique, *default, "--carry-sgc", "--json")
    assert (done.code, done.json["counts"]) == (0, {"changed": 3, "had the key": 0, "failed": 0})
    tokens = rows(folder / "key-change.csv")[0]
    assert (tokens["result"], tokens["token_4"], len(tokens["token_3"])) == ("Accept", "", 20)
    assert credit(folder, 0, *unique, at="14:00").code == 0


def test_a_random_key_belongs_to_no_supply_group(tmp_path: Path) -> None:
    said = ask("meter", "manufacture", str(tmp_path / "order"), *LINE, "--sgc", "123457")
    assert (said.code, "--sgc" in said.err) == (2, True)


# ---------------------------------------------------------------------- nothing half done


def test_nothing_is_overwritten_and_nothing_is_left_behind(
    order: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(order.parent.iterdir())
    again = ask("meter", "manufacture", str(order), *LINE)
    assert (again.code, "nothing is overwritten" in again.err) == (8, True)
    monkeypatch.chdir(order / "meters")
    assert ask("meter", "manufacture", ".", *LINE).code == 8
    assert ask("meter", "manufacture", str(order / "no" / "where"), *LINE).code == 8
    assert sorted(order.parent.iterdir()) == before


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    folder = tmp_path / "order"
    folder.mkdir()
    assert ask("meter", "manufacture", str(folder), *LINE, "--labels", "none").code == 0
    assert state(folder).exists()


@pytest.mark.parametrize("kind", ["pdf", "none"])
def test_a_full_disk_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    def full(file: MeterFile) -> None:
        if file.meter.pan == PANS[1]:
            raise OSError(28, "No space left on device")
        create(file)

    monkeypatch.setattr("voltoken.cli.meter.production.create", full)
    made = ask("meter", "manufacture", str(tmp_path / "order"), *LINE, "--labels", kind)
    assert (made.code, "No space left" in made.err) == (8, True)
    assert list(tmp_path.iterdir()) == []


def test_without_the_library_orders_are_made_without_labels(tmp_path: Path) -> None:
    program = "import runpy, sys; sys.modules['reportlab'] = None; runpy.run_module('voltoken')"

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", program.replace("'voltoken'", "'voltoken', run_name='__main__'"), *words],
            capture_output=True,
            text=True,
            env=environ(),
            cwd=tmp_path,
            check=False,
        )

    refused = run("meter", "manufacture", "order", *LINE)
    assert refused.returncode == 3
    assert "pip install 'voltoken[print]'" in refused.stderr
    assert "--labels none" in refused.stderr
    assert list(tmp_path.iterdir()) == []
    assert run("meter", "manufacture", "order", *LINE, "--labels", "none").returncode == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--mfr-code", "1"), 3, "mfr_code"),
        (("--first-serial", "x"), 3, "first_serial"),
        (("--first-serial", "99999999"), 3, "quantity"),
        (("--quantity", "0"), 3, "quantity"),
        (("--ea", "09"), 3, "EA09"),
        (("--base-date", "93"), 7, "base date"),
        (("--profile", "none"), 3, "profile"),
        (("--labels", "gif"), 3, "labels"),
        (("--sheet", "a5"), 3, "sheet"),
        (("--price", "1"), 3, "price"),
        (("--made", "2013-01-01"), 7, "base date"),
    ],
)
def test_wrong_orders_are_explained(tmp_path: Path, words: tuple[str, ...], code: int, said: str) -> None:
    answer = ask("meter", "manufacture", str(tmp_path / "order"), *LINE, *words)
    assert (answer.code, answer.out, said in answer.err) == (code, "", True), answer.err
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------------- personalisation


def test_an_interrupted_series_is_taken_up(order: Path, key: tuple[str, str], tmp_path: Path) -> None:
    shutil.copy(state(order, 1), tmp_path / "early.json")
    assert personalise(order, *key).code == 0
    before = (order / "key-change.csv").read_text("utf-8")
    shutil.copy(tmp_path / "early.json", state(order, 1))
    done = personalise(order, *key, "--json")
    assert done.json["counts"] == {"changed": 1, "had the key": 2, "failed": 0}
    assert (order / "key-change.csv").read_text("utf-8") == before


def test_sets_for_two_keys_are_never_made(order: Path, key: tuple[str, str]) -> None:
    assert personalise(order, *key).code == 0
    before = {path: path.read_bytes() for path in order.rglob("*") if path.is_file()}
    other = personalise(order, *key, "--krn", "2")
    assert (other.code, "another key" in other.err) == (2, True)
    assert {path: path.read_bytes() for path in order.rglob("*") if path.is_file()} == before


def test_meters_that_do_not_answer_accept_are_listed(
    order: Path, key: tuple[str, str], tmp_path: Path
) -> None:
    off = json.loads(state(order, 0).read_text("utf-8")) | {"powered": False}
    write_text(state(order, 0), json.dumps(off))
    shutil.copy(state(order, 2), state(order, 1))
    done = personalise(order, *key)
    assert done.code == 9
    assert "failed          2" in done.out
    assert f"{PANS[0]}  The meter has no power." in done.out
    assert f"{PANS[1]}  The file holds another meter, {PANS[2]}." in done.out
    assert [row["KT"] for row in rows(order / "meters.csv")] == ["0", "0", "2"]
    state(order, 1).unlink()
    done = personalise(order, *key, "--json")
    assert (done.code, [row["pan"] for row in done.json["failed"]]) == (9, PANS[:2])


def test_a_series_of_failures_is_counted_and_the_first_are_shown(
    order: Path, key: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voltoken.cli.meter.personalise._SHOWN_MAX", 1)
    for file in (order / "meters").iterdir():
        file.unlink()
    done = personalise(order, *key)
    assert (done.code, "failed          3" in done.out, "and 2 more" in done.out) == (9, True, True)
    assert PANS[1] not in done.out


@posix
def test_a_terminal_shows_how_far_it_is(tmp_path: Path, key: tuple[str, str]) -> None:
    folder = tmp_path / "order"
    words = ("meter", "manufacture", str(folder), *LINE[:5], "40", *LINE[6:], "--labels", "none")
    made = at_terminal(*words, until="Manufacturing", keys="")
    assert (made.code, "Manufacturing" in made.out, "/40" in made.out) == (0, True, True)
    assert personalise(folder, *key, "--json").json["counts"]["changed"] == 40
    assert [row["MeterPAN"] for row in rows(folder / "meters.csv")] == [
        MeterPAN.build("01", f"{10_000_000 + place:08d}") for place in range(40)
    ]


def test_a_meter_with_another_key_refuses_its_tokens(order: Path, key: tuple[str, str]) -> None:
    document: dict[str, Any] = json.loads(state(order, 1).read_text("utf-8"))
    text = state(order, 1).read_text("utf-8").replace(rows(order / "keys.csv")[1]["DITK"], "00" * 16)
    assert text != json.dumps(document)
    write_text(state(order, 1), text)
    done = personalise(order, *key)
    assert (done.code, f"{PANS[1]}  CRCError" in done.out) == (9, True)
    assert [row["result"] for row in rows(order / "key-change.csv")] == ["Accept", "CRCError", "Accept"]


def test_what_the_rules_forbid_stops_before_the_first_meter(tmp_path: Path, key: tuple[str, str]) -> None:
    folder = tmp_path / "order"
    assert ask("meter", "manufacture", str(folder), *LINE, "--labels", "none", "--test-key").code == 0
    live = "--vending-key", write_key(tmp_path / "live.json", base_date="14")
    refused = personalise(folder, *live)
    assert (refused.code, "live first key" in refused.err) == (3, True)
    assert not (folder / "target.json").exists()
    assert personalise(folder, *live, "--test-key").code == 0


def faults(text: str) -> Iterator[tuple[str, str]]:
    """Yield what a spreadsheet or a slip of the hand makes of a table of keys, and what is said then."""
    first, second = text.splitlines()[1:3]
    yield text.replace(PANS[0], "6.00727E+17"), "6.00727E+17"
    yield text.replace(first + "\n", ""), PANS[0].drn
    yield text.replace(second + "\n", "").replace(first, f"{first}\n{first}"), PANS[1].drn
    yield text.split(first, maxsplit=1)[0], "nothing"
    secret = first.split(",")[2]
    yield text.replace(secret, secret[:-1]), "no key"
    yield text.replace(secret, f"{int(secret, 16) ^ 1:032x}"), "check value"
    yield "\0", "meter"


def test_a_damaged_list_of_keys_is_refused(order: Path, key: tuple[str, str]) -> None:
    good = (order / "keys.csv").read_text("utf-8")
    secrets = [row["DITK"] for row in rows(order / "keys.csv")]
    for text, said in faults(good):
        write_text(order / "keys.csv", text)
        answer = personalise(order, *key)
        assert (answer.code, said in answer.err) == (2, True), answer.err
        assert not [secret for secret in secrets if secret[:16] in answer.err]
    (order / "keys.csv").write_bytes(b"\xff")
    assert personalise(order, *key).code == 2
    (order / "keys.csv").unlink()
    assert personalise(order, *key).code == 8


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "other"}, "no order"),
        ({"version": 2}, "version 1"),
        ({"quantity": 0}, "quantity"),
        ({"first_key": None}, "damaged"),
        ({"first_key": {"kt": 7}}, "damaged"),
        ({"manufactured": "yesterday"}, "damaged"),
        ({"profile": []}, "profile"),
        ({"ea": "12"}, "damaged"),
    ],
)
def test_a_damaged_order_is_refused(
    order: Path, key: tuple[str, str], change: dict[str, Any], said: str
) -> None:
    document = json.loads((order / "order.json").read_text("utf-8"))
    (order / "order.json").write_text(json.dumps(document | change), encoding="utf-8")
    answer = personalise(order, *key)
    assert (answer.code, said in answer.err) == (2, True), answer.err


def test_a_folder_without_an_order_is_none(tmp_path: Path, key: tuple[str, str]) -> None:
    assert personalise(tmp_path, *key).code == 8
    (tmp_path / "order.json").write_text("[]", encoding="utf-8")
    assert personalise(tmp_path, *key).code == 2
