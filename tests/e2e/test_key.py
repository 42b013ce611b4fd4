"""Keys: where they come from, what they become, and how a meter gets another one."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from tests.e2e.sessions import (
    CREDIT,
    DECODER_KEY,
    METER,
    VENDING_KEY,
    ask,
    at_terminal,
    session,
    write_key,
    write_text,
)
from voltoken.sts import SAMPLE_TABLES

pytestmark = pytest.mark.slow

Key = tuple[str, ...]

SET_TO_TARIFF_2 = [
    "34812744915211133004",
    "46903925208523674737",
    "71464563847088610152",
    "67904239402617643990",
]
"""STS 531-1-0-04 CTSA05, step 1."""


def test_a_derived_key_goes_to_a_private_file_and_opens_tokens(key: Key, tmp_path: Path) -> None:
    file = tmp_path / "meter.json"
    derived = session("key", "derive", *key, "--out", str(file))
    assert derived.code == 0
    assert "490CFC" in derived.out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text("utf-8"))["decoder_key"] == DECODER_KEY
    assert session("token", "decode", CREDIT, "--decoder-key", f"file:{file}").code == 0
    again = session("key", "derive", *key, "--out", str(file))
    assert (again.code, "exists already" in again.err) == (8, True)


def test_key_bytes_are_shown_for_test_keys_only(key: Key) -> None:
    assert DECODER_KEY not in ask("key", "derive", *key).out
    assert DECODER_KEY in ask("key", "derive", *key, "--test-key").out
    assert ask("key", "derive", *key, "--test-key", "--json").json["decoder_key"] == DECODER_KEY


def test_keys_come_from_files_environment_and_standard_input(tmp_path: Path) -> None:
    file = write_text(tmp_path / "bare", f"{DECODER_KEY}\n")
    for words, more in (
        (("--decoder-key", file), {}),
        (("--decoder-key", "env:MY_KEY"), {"MY_KEY": DECODER_KEY}),
        ((), {"VOLTOKEN_DECODER_KEY": DECODER_KEY}),
    ):
        answer = ask("token", "decode", CREDIT, *words, "--base-date", "93", **more)
        assert (answer.code, answer.err) == (0, ""), words
    piped = session("token", "decode", CREDIT, "--decoder-key", "file:-", stdin=DECODER_KEY)
    assert piped.code == 0


def test_a_key_on_the_command_line_is_warned_about() -> None:
    answer = session("token", "decode", CREDIT, "--decoder-key", DECODER_KEY)
    assert answer.code == 0
    assert "process list" in answer.err
    assert DECODER_KEY not in answer.err


def test_a_key_file_that_others_can_read_is_warned_about(tmp_path: Path) -> None:
    source = write_text(tmp_path / "k", DECODER_KEY)
    assert "chmod" not in ask("token", "decode", CREDIT, "--decoder-key", source).err
    (tmp_path / "k").chmod(0o640)
    warned = ask("token", "decode", CREDIT, "--decoder-key", source)
    assert (warned.code, "chmod 600" in warned.err) == (0, True)


def test_options_override_the_key_file(key: Key, tmp_path: Path) -> None:
    full = write_key(tmp_path / "full", pan=METER, ti="01", ea="11", dkga="04", kt=2, ken=255, test=True)
    assert ask("token", "decode", CREDIT, "--vending-key", full).code == 0
    assert ask("token", "decode", CREDIT, "--vending-key", full, "--ti", "02").code == 5


def test_an_assumed_base_date_is_said() -> None:
    answer = ask("token", "decode", CREDIT, VOLTOKEN_DECODER_KEY=DECODER_KEY)
    assert "2014 is assumed" in answer.err
    assert ask("token", "decode", CREDIT, "--base-date", "93", VOLTOKEN_DECODER_KEY=DECODER_KEY).err == ""


def test_two_keys_are_one_too_many(key: Key) -> None:
    assert ask("key", "derive", *key, "--decoder-key", "prompt").code == 2
    both = {"VOLTOKEN_VENDING_KEY": VENDING_KEY, "VOLTOKEN_DECODER_KEY": DECODER_KEY}
    assert ask("token", "decode", CREDIT, **both).code == 2
    named = ask("token", "decode", CREDIT, "--decoder-key", "env:VOLTOKEN_DECODER_KEY", **both)
    assert named.code == 0


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("", 3, "16 hexadecimal digits"),
        ("abc", 3, "16 hexadecimal digits"),
        ("{", 2, "no JSON"),
        ("{}", 2, '"vending_key"'),
        ('{"decoder_key": "00"}', 2, "--decoder-key"),
        ('{"vending_key": "%s", "sgcc": 1}', 2, "sgcc"),
        ('{"vending_key": "%s", "test": "yes"}', 2, "true or false"),
        ('{"vending_key": "%s", "sgc": 123457}', 3, "sgc"),
        ('{"vending_key": "%s", "krn": [1]}', 3, "krn"),
        ('{"vending_key": "%s", "base_date": 15}', 3, "base_date"),
        ('{"a":' * 100_000, 2, "nested"),
        ('{"a": 1e999999999999999999999}', 2, "too long"),
    ],
)
def test_wrong_key_files_are_explained(tmp_path: Path, text: str, code: int, said: str) -> None:
    source = write_text(tmp_path / "k", text.replace("%s", VENDING_KEY))
    answer = ask("key", "derive", "--vending-key", source, "--pan", METER, "--ti", "01")
    assert (answer.code, answer.out) == (code, "")
    assert said in answer.err


def test_files_that_cannot_be_read_are_explained(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path, tmp_path / "missing", tmp_path / "binary", Path("a\0b"), Path("x" * 5000)):
        answer = ask("key", "check-value", "--vending-key", f"file:{path}")
        assert (answer.code, answer.out) == (8, ""), path
        assert answer.err.startswith("error: key file ") or "warning" in answer.err


def test_a_prompt_needs_a_terminal() -> None:
    answer = session("key", "check-value", "--vending-key", "prompt")
    assert (answer.code, "not a terminal" in answer.err) == (2, True)
    unset = ask("key", "check-value", "--vending-key", "env:NOT_THERE")
    assert (unset.code, "NOT_THERE is not set" in unset.err) == (2, True)


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo terminal")
@pytest.mark.parametrize("words", [("--decoder-key", "prompt"), ()])
def test_a_key_that_is_asked_for_is_not_shown(words: tuple[str, ...]) -> None:
    asked = ("token", "decode", CREDIT, "--base-date", "93", *words)
    answer = at_terminal(*asked, until="(not shown)", keys=f"{DECODER_KEY}\n")
    assert answer.code == 0
    assert "Credit of 0.1 kWh" in answer.out
    assert DECODER_KEY not in answer.out
    assert at_terminal(*asked, until="(not shown)", keys="\x03").code == 130


def test_check_values_identify_keys() -> None:
    value = ask("key", "check-value", "--json", VOLTOKEN_DECODER_KEY=DECODER_KEY).json
    assert (value["value"], value["kind"], value["bits"]) == ("490CFC", "decoder key", 128)
    assert "SHA-256" in value["algorithm"]


def test_a_key_change_set_is_the_published_one(key: Key) -> None:
    made = session("key", "change-set", *key, "--to-ti", "02", "--time", "2004-03-28T09:30", "--json")
    assert [token["token"] for token in made.json["tokens"]] == SET_TO_TARIFF_2
    shown = session("key", "change-set", *key, "--to-ti", "02", "--time", "2004-03-28T09:30")
    assert "3481   2744   9152   1113   3004" in shown.out
    assert "older unused credit token" in shown.out


@pytest.mark.parametrize(("words", "count"), [((), 2), (("--carry-sgc",), 3)])
def test_64_bit_sets_have_two_or_three_tokens(tmp_path: Path, words: tuple[str, ...], count: int) -> None:
    source = write_key(tmp_path / "k", vending_key=VENDING_KEY[:16], base_date="14")
    key = ("--vending-key", source, "--pan", METER, "--ti", "01")
    made = ask("key", "change-set", *key, "--to-krn", "2", *words, "--json")
    assert len(made.json["tokens"]) == count
    assert made.json["encryption"] == "EA07 (sample tables)"


def test_a_roll_over_goes_to_another_vending_key(key: Key, tmp_path: Path) -> None:
    new = write_key(tmp_path / "new", krn=4, base_date="14")
    words = ("key", "change-set", *key, "--to-vending-key", new, "--time", "2024-11-01")
    refused = ask(*words)
    assert (refused.code, "roll-over bit" in refused.err) == (3, True)
    made = ask(*words, "--roll-over", "--json").json
    assert (made["new"]["krn"], made["new"]["base_date"], made["roll_over"]) == (4, "14", True)
    assert made["new"]["ti"] == made["current"]["ti"] == "01"


def test_another_vending_key_needs_its_revision(key: Key) -> None:
    words = ("key", "change-set", *key, "--to-vending-key", "env:NEW")
    assert "give --to-krn." in ask(*words, NEW=VENDING_KEY).err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--to-ti", "02", "--roll-over", "--to-base-date", "93", "--to-ken", "1"), 7),
        (("--to-kt", "0"), 3),
        (("--to-kt", "3"), 3),
    ],
)
def test_key_change_rules_are_applied(key: Key, words: tuple[str, ...], code: int) -> None:
    said = ("key", "change-set", *key, "--time", "2004-03-28", *words)
    assert ask(*said).code == code
    assert ask(*said, "--unchecked").code == 0


def test_a_decoder_key_can_be_changed_to_a_derived_one(key: Key) -> None:
    current = {"VOLTOKEN_DECODER_KEY": DECODER_KEY, "NEW": VENDING_KEY}
    words = ("key", "change-set", "--pan", METER, "--ti", "01", "--base-date", "93", "--sgc", "123457")
    missing = ask(*words, "--krn", "1", **current)
    assert (missing.code, "--to-vending-key" in missing.err) == (2, True)
    target = ("--to-vending-key", "env:NEW", "--to-krn", "1", "--to-ti", "02", "--to-base-date", "93")
    made = ask(*words, "--krn", "1", *target, "--time", "2004-03-28", "--json", **current)
    assert [token["token"] for token in made.json["tokens"]] == SET_TO_TARIFF_2


def test_table_files_are_checked_and_never_shown(tmp_path: Path) -> None:
    tables = {
        "substitution_1": list(SAMPLE_TABLES.substitution_1),
        "substitution_2": list(SAMPLE_TABLES.substitution_2),
        "permutation": list(SAMPLE_TABLES.permutation),
    }
    file = tmp_path / "tables.json"
    file.write_text(json.dumps(tables), encoding="utf-8")
    good = session("key", "tables", str(file))
    assert (good.code, "sample tables" in good.out) == (0, True)
    assert "29, 27" not in good.out
    file.write_text(json.dumps(tables | {"permutation": list(range(63))}), encoding="utf-8")
    wrong = ask("key", "tables", str(file))
    assert (wrong.code, "permutation" in wrong.err) == (3, True)
    file.write_text("[", encoding="utf-8")
    assert ask("key", "tables", str(file)).code == 2
    assert ask("key", "tables", str(tmp_path)).code == 8


def test_licensed_tables_are_used_where_they_are_named(tmp_path: Path) -> None:
    made_up = {
        "substitution_1": list(range(16)),
        "substitution_2": list(range(15, -1, -1)),
        "permutation": [*range(1, 64), 0],
        "label": "made-up tables",
    }
    file = tmp_path / "tables.json"
    file.write_text(json.dumps(made_up), encoding="utf-8")
    words = ("token", "issue", "gas", "1", "--sta-tables", str(file), "--base-date", "14", "--json")
    made = ask(*words, VOLTOKEN_DECODER_KEY="0abc12def3456789")
    assert (made.err, made.json["encryption"]) == ("", "EA07 (made-up tables)")


def test_a_meter_that_dkga01_was_not_made_for_uses_dkga02() -> None:
    common = ("key", "derive", "--vending-key", "abababababababab", "--sgc", "123456", "--krn", "1")
    meter = ("--ti", "01", "--pan", "600727000000000009", "--base-date", "93", "--json")
    registered = ask(*common, *meter, "--dkga", "01")
    assert "such meters use DKGA02" in registered.err
    assert registered.json["check_value"] == ask(*common, *meter).json["check_value"]
