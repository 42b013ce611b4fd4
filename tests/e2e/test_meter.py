"""The life of a virtual meter, told with the real command."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.sessions import DECODER_KEY, METER, Answer, ask, session, write_key, write_text

Key = tuple[str, ...]
DAY = "2026-03-01T"
TEST_1 = "00000000000150997584"


@pytest.fixture
def key(tmp_path: Path) -> Key:
    """Return the options for a published vending key of base date 2014."""
    return "--vending-key", write_key(tmp_path / "vending.json", base_date="14"), "--pan", METER, "--ti", "01"


class Bench:
    """A meter in a file, and the vending side that knows its key."""

    def __init__(self, folder: Path, key: Key, *options: str) -> None:
        self.path = str(folder / "my.meter")
        self.key = key
        made = ask("meter", "create", self.path, *key, "--made", "2026-01-01", *options)
        assert (made.code, made.err) == (0, "")

    def __call__(self, command: str, *words: str, at: str = "13:00") -> Answer:
        """Run a command on the meter at a time of the day."""
        return ask("meter", command, self.path, *words, "--time", f"{DAY}{at}")

    def json(self, command: str, *words: str, at: str = "13:00") -> Any:
        """Run a command and return its answer as JSON."""
        return self(command, *words, "--json", at=at).json

    def buy(self, amount: str = "10", at: str = "12:00", kind: str = "electricity") -> str:
        """Return the digits of a credit token."""
        words = ("token", "issue", kind, amount, *self.key, "--time", f"{DAY}{at}", "--json")
        made: str = ask(*words).json["token"]
        return made

    def result(self, *tokens: str, at: str = "13:00") -> list[str]:
        """Enter tokens and return the results."""
        return [row["result"] for row in self.json("enter", *tokens, at=at)["tokens"]]


@pytest.fixture
def bench(tmp_path: Path, key: Key) -> Bench:
    """Return a single phase meter."""
    return Bench(tmp_path, key)


def test_a_token_is_bought_entered_and_used_up(tmp_path: Path, key: Key) -> None:
    file = str(tmp_path / "my.meter")
    assert session("meter", "create", file, *key, "--made", "2026-01-01").code == 0
    sold = session("token", "issue", "electricity", "25.6", *key, "--time", f"{DAY}12:00", "--json").json
    entered = session("meter", "enter", file, *sold["grouped"].split(), "--time", f"{DAY}12:05")
    assert entered.code == 0
    assert "Accept (1). 25.6 kWh added; the credit is 25.6 kWh now." in entered.out
    again = session("meter", "enter", file, sold["token"], "--time", f"{DAY}12:06")
    assert (again.code, "UsedError (10)" in again.out, "Nothing is lost" in again.out) == (9, True, True)
    used = session("meter", "use", file, "30kWh", "--hours", "6", "--time", f"{DAY}18:05")
    assert (used.code, "25.6 kWh of 30 kWh served: the credit ran out." in used.out) == (0, True)
    assert "off: no credit" in session("meter", "show", file).out


def test_the_glass_shows_what_real_meters_show(bench: Bench) -> None:
    assert bench.json("enter", bench.buy())["tokens"][0]["glass"] == ["ACCEPt", "10.0 kWh", "10.0 kWh"]
    assert "\u250f\u2501\u2513" in bench("show").out
    narrow = session("meter", "show", bench.path, COLUMNS="44")
    assert max(map(len, narrow.out.splitlines())) <= 44
    plain = session("meter", "show", bench.path, PYTHONUTF8="0", PYTHONIOENCODING="ascii:strict")
    assert (plain.code, plain.out.isascii(), "|_|" in plain.out) == (0, True, True)


def test_groups_commas_and_quotes_make_tokens(bench: Bench) -> None:
    first, second, third = (bench.buy("1", at=f"12:0{n}") for n in range(3))
    groups = [first[i : i + 4] for i in range(0, 20, 4)]
    assert bench.result(*groups, second) == ["Accept", "Accept"]
    assert bench.result(f"{first[:10]} {first[10:]},{second}", third) == ["UsedError", "UsedError", "Accept"]
    assert bench.result("1234,", *groups, at="14:00") == ["FormatError", "UsedError"]
    assert bench("enter", " , ").code == 2


def test_a_wrong_digit_is_explained_and_locks_after_three(bench: Bench) -> None:
    good = bench.buy()
    wrong = good[:-1] + str((int(good[-1]) + 1) % 10)
    said = bench("enter", wrong)
    assert (said.code, "Compare every digit" in said.out) == (9, True)
    assert bench.result(wrong, wrong, wrong) == ["CRCError", "CRCError", "lockout"]
    locked = bench("enter", good, at="13:00:04")
    assert (locked.code, "Wait 6 s" in locked.out) == (9, True)
    assert "no token for 6 s" in bench("show", at="13:00:04").out
    assert bench.result(TEST_1, at="13:00:04") == ["Accept"]
    assert bench.result(good, at="13:00:10") == ["Accept"]


def test_each_way_in_has_its_own_lockout(bench: Bench) -> None:
    assert bench.result("1,2,3,4") == ["FormatError"] * 3 + ["lockout"]
    remote = bench.json("enter", bench.buy(), "--path", "remote")
    assert (remote["path"], remote["tokens"][0]["result"]) == ("remote", "Accept")
    assert bench("enter", TEST_1, "--path", "post").code == 3


def test_a_new_key_comes_in_any_order(bench: Bench) -> None:
    old = bench.buy()
    words = ("key", "change-set", *bench.key, "--to-ti", "02", "--time", f"{DAY}12:30", "--json")
    made = ask(*words).json
    set_of_four = [token["token"] for token in made["tokens"]]
    assert bench.result(*reversed(set_of_four[1:])) == ["4thKCT", "3rdKCT", "2ndKCT"]
    shown = bench("show").out
    assert "begun: 2 and 3 and 4 of the set are here, 1 missing" in shown
    last = bench("enter", set_of_four[0])
    assert (last.code, made["new"]["check_value"] in last.out, "TI 02" in last.out) == (0, True, True)
    assert bench.result(old) == ["CRCError"]
    assert bench.json("show")["cells"]["pending"]["sections"] == []


def test_half_a_key_change_is_forgotten(bench: Bench) -> None:
    words = ("key", "change-set", *bench.key, "--to-ti", "02", "--time", f"{DAY}12:30", "--json")
    first, *others = [token["token"] for token in ask(*words).json["tokens"]]
    begun = bench("enter", first)
    assert "Enter the second and third and fourth token of the set within 10 minutes." in begun.out
    assert bench.json("enter", *others, at="13:11")["tokens"][-1]["missing"] == [1]


def test_after_a_roll_over_the_base_date_has_to_be_said(bench: Bench, tmp_path: Path) -> None:
    new = write_key(tmp_path / "new", krn=2, base_date="35")
    words = ("key", "change-set", *bench.key, "--to-vending-key", new, "--roll-over")
    made = ask(*words, "--time", "2036-01-01", "--json").json
    bench.result(*[token["token"] for token in made["tokens"]])
    assert bench.json("show")["bench"]["base_date"] is None
    assert bench.json("show")["cells"]["tids"] == [0] * 50
    bench("enter", TEST_1, "--base-date", "35")
    assert bench.json("show")["bench"]["base_date"] == "35"


@pytest.mark.parametrize("writes", range(7))
def test_a_power_cut_in_the_middle_of_a_token_loses_nothing(bench: Bench, writes: int) -> None:
    token = bench.buy()
    assert bench("cut", "--after-writes", str(writes)).code == 0
    cut = bench("enter", token, TEST_1)
    if writes < 6:  # the journal, three cells, the end of the journal, and the supply that is no longer cut
        assert (cut.code, "The power failed before the meter could answer." in cut.out) == (9, True)
        assert "Not entered, because the power is gone: 1 of 2 tokens." in cut.out
        off = bench("enter", token)
        assert (off.code, "cut FILE --restore" in off.err) == (9, True)
        assert ("unfinished" in bench("show").out) is (0 < writes < 5)
        assert bench("cut", "--restore").code == 0
    bench("cut")
    taken = bench.json("show")["credit"]
    assert taken == ("10.000" if writes else "0.000")
    assert bench.result(token) == (["UsedError"] if writes else ["Accept"])
    assert bench.json("show")["credit"] == "10.000"


def test_a_power_cycle_ends_what_lives_by_power(bench: Bench) -> None:
    bench.result("1,2,3")
    assert "no token for" in bench("show").out
    assert "is back" in bench("cut").out
    assert "no token for" not in bench("show").out
    assert "has no power" in bench("cut", "--stay-off").out
    assert bench("wait").code == 0
    for command in (("use", "1"), ("tamper", "cover"), ("code", "37"), ("reconnect",)):
        assert bench(*command).code == 9
    dark = bench("show").out
    assert "\u25cb supply" in dark
    assert "\u25cf" not in dark


def test_less_is_served_and_the_reason_is_said(bench: Bench) -> None:
    assert "0 kWh of 1 kWh served: the supply was off: no credit." in bench("use", "1kWh").out
    bench("enter", bench.buy("100"))
    trip = bench.json("use", "1kWh", "--minutes", "1", at="13:10")
    assert (trip["served_counts"], trip["relay"], trip["reasons"]) == (83, "disconnected", ["power limit"])
    assert trip["reason"] == "more power than the limit of 13800 W; on again at 2026-03-01T13:10:30Z"
    assert bench.json("wait", at="13:10:29")["relay"] == "disconnected"
    waited = ask("meter", "wait", bench.path, "--seconds", "1", "--time", f"{DAY}13:11")
    assert waited.code == 2
    assert bench.json("wait", at="13:10:30")["relay"] == "connected"
    assert bench.json("use", "0.5kWh", "--minutes", "30", at="14:00")["served_counts"] == 500


def test_the_clock_of_the_last_command_goes_on(bench: Bench) -> None:
    late = ask("meter", "wait", bench.path, "--time", "2090-01-01T00:00:00", "--json").json
    assert late["time"] == "2090-01-01T00:00:00Z"
    assert (
        ask("meter", "wait", bench.path, "--minutes", "10", "--json").json["time"] == "2090-01-01T00:10:00Z"
    )
    used = ask("meter", "use", bench.path, "0", "--hours", "2", "--json").json
    assert used["time"] == "2090-01-01T02:10:00Z"
    back = bench("wait")
    assert (back.code, "the time goes back" in back.err) == (0, True)


def test_tampering_is_seen_and_cleared(bench: Bench) -> None:
    bench("enter", bench.buy())
    seen = bench("tamper", "cover")
    assert "noticed and counted, 1 so far" in seen.out
    assert "off: tampering was noticed" in bench("show").out
    assert bench("tamper", "roof").code == 3
    clear = ask("token", "issue", "clear-tamper", *bench.key, "--time", f"{DAY}12:40", "--json").json["token"]
    assert bench("enter", clear).code == 0
    shown = bench.json("show")
    assert (shown["relay"], shown["cells"]["tamper"]["cover"]) == ("connected", 1)


def test_short_codes_show_and_set(bench: Bench) -> None:
    bench("enter", bench.buy("25.6"))
    assert bench.json("code", "37")["glass"] == "25.60 kWh"
    assert bench.json("code", "45605")["glass"] == "5.0 kWh"
    assert bench.json("show")["cells"]["limits"]["low_credit"] == 5000
    unknown = bench("code", "999999")
    assert (unknown.code, "no such code" in unknown.out) == (9, True)
    listed = ask("meter", "code", bench.path)
    assert (listed.code, "456.." in listed.out) == (0, True)
    assert {"code": "75", "title": "meter number"} in ask("meter", "code", bench.path, "--json").json


def test_the_key_closes_what_waits_for_it(tmp_path: Path, key: Key) -> None:
    bench = Bench(tmp_path, key, "--profile", "emergency")
    assert (bench("reconnect").code, bench("code", "98").code) == (9, 0)
    bench("enter", bench.buy())
    assert "press the key" in bench("show").out
    assert (bench("reconnect").code, bench.json("show")["relay"]) == (0, "connected")


def test_money_meters_need_a_price_and_count_exactly(tmp_path: Path, key: Key) -> None:
    words = ("meter", "create", str(tmp_path / "x"), *key, "--profile", "currency")
    assert "give --price" in ask(*words).err
    assert ask(*words, "--price", "0.000001").code == 3
    bench = Bench(tmp_path, key, "--profile", "currency", "--price", "0.12345")
    bench("enter", bench.buy("0.1", kind="electricity-currency"))
    assert bench.json("use", "0.5kWh", "--hours", "1", at="14:00")["credit"] == "0.03828"
    assert "0.12345 USD for a unit" in bench("show").out


@pytest.mark.parametrize(
    ("profile", "quantity", "counts"),
    [("water", "0.2m3", 200), ("water", "100l", 100), ("gas", "7", 7), ("time", "2 min", 120)],
)
def test_quantities_have_the_units_of_the_meter(
    profile: str, quantity: str, counts: int, tmp_path: Path, key: Key
) -> None:
    bench = Bench(tmp_path, key, "--profile", profile)
    assert bench.json("use", quantity)["asked_counts"] == counts
    for wrong in ("1kWh", "0.0001m3", "1.5", "", "1e3", "1" * 30, "."):
        assert bench("use", wrong).code == 3, wrong


def test_profiles_can_be_written_by_oneself(tmp_path: Path, key: Key) -> None:
    own = tmp_path / "own.json"
    own.write_text(json.dumps({"base": "single-phase", "memory_size": 3, "lockout": None}), encoding="utf-8")
    bench = Bench(tmp_path, key, "--profile", str(own))
    assert bench.json("show")["profile"]["name"] == "own"
    assert len(bench.json("show")["cells"]["tids"]) == 3
    for text, code in (
        ("[]", 3),
        ("{}", 3),
        ("{", 2),
        ('{"base": "x"}', 3),
        ('{"base": "water", "skin": "x"}', 3),
        ('{"base": "water", "memory_size": 1.5}', 3),
        ('{"base": "water", "colour": "red"}', 3),
    ):
        own.write_text(text, encoding="utf-8")
        made = ask("meter", "create", str(tmp_path / "x"), *key, "--profile", str(own))
        assert (made.code, made.out) == (code, ""), text
    assert "single-phase" in ask("meter", "create", "x", *key, "--profile", "nothing").err
    profiles = ask("meter", "profiles", "--json").json
    assert {"single-phase", "water", "currency"} <= {profile["name"] for profile in profiles}
    assert "registers" in ask("meter", "skins").out
    assert ask("meter", "skins", "--json").json[0]["codes"]["75"]["reading"] == "drn"


def test_the_memory_begins_with_the_day_of_manufacture(bench: Bench, tmp_path: Path) -> None:
    old = ask("token", "issue", "electricity", "1", *bench.key, "--time", "2025-12-31", "--json").json[
        "token"
    ]
    assert bench.result(old) == ["OldError"]
    other = str(tmp_path / "other")
    made = ask("meter", "create", other, *bench.key, "--filled-with", "5000", "--json")
    assert made.json["filled_with"] == 5000
    both = ("--filled-with", "5000", "--made", "2026-01-01")
    assert ask("meter", "create", str(tmp_path / "x"), *bench.key, *both).code == 2
    assert "2026-01-01T00:00:00Z" in bench("show", "--memory").out


def test_a_decoder_key_file_makes_a_meter(tmp_path: Path) -> None:
    source = write_text(tmp_path / "k", json.dumps({"decoder_key": DECODER_KEY, "base_date": "14"}))
    path = str(tmp_path / "m")
    assert "give --pan" in ask("meter", "create", path, "--decoder-key", source).err
    assert ask("meter", "create", path, "--decoder-key", source, "--pan", METER).code == 0
    assert "490CFC" in ask("meter", "show", path).out


def test_ea07_meters_take_tables_and_keep_none(tmp_path: Path) -> None:
    source = write_key(tmp_path / "k", vending_key="abababababababab", base_date="14")
    key = ("--vending-key", source, "--pan", METER, "--ti", "01")
    path = str(tmp_path / "m")
    made = ask("meter", "create", path, *key, "--made", "2026-01-01")
    assert "sample tables" in made.err
    sold = ask("token", "issue", "electricity", "1", *key, "--time", f"{DAY}12:00", "--json").json["token"]
    words = ("meter", "enter", path, sold, "--time", f"{DAY}12:00", "--json")
    tables = {
        "substitution_1": list(range(16)),
        "substitution_2": list(range(15, -1, -1)),
        "permutation": [*range(1, 64), 0],
        "label": "made-up tables",
    }
    (tmp_path / "t.json").write_text(json.dumps(tables), encoding="utf-8")
    other = ask(*words, "--sta-tables", str(tmp_path / "t.json"))
    assert (other.json["tokens"][0]["result"], other.err) == ("CRCError", "")
    good = ask(*words)
    assert (good.json["tokens"][0]["result"], "sample tables" in good.err) == ("Accept", True)
    assert "permutation" not in Path(path).read_text("utf-8")
    for command in (["cut"], ["show"], ["code", "04"], ["use", "1kWh"], ["wait", "--hours", "1"]):
        assert ask("meter", command[0], path, *command[1:], "--json").code == 0


def test_explain_draws_the_path_under_test_keys_only(bench: Bench, tmp_path: Path) -> None:
    token = bench.buy()
    live = bench("enter", token, "--explain")
    assert ("Decrypted block" in live.out, "test keys only" in live.err) == (False, True)
    (tmp_path / "b").mkdir()
    test = Bench(tmp_path / "b", bench.key, "--test-key")
    drawn = test("enter", token, "--explain")
    assert (drawn.code, "Decrypted block" in drawn.out, "2026, 12:00 UTC" in drawn.out) == (0, True, True)
    assert test.json("enter", token, "--explain")["tokens"][0]["explanation"]["steps"]


def test_json_tells_all_but_keys_and_masks_tokens(bench: Bench) -> None:
    token = bench.buy()
    entered = bench.json("enter", token)
    assert entered["tokens"][0]["code"] == 1
    hidden = " ".join(["\u00b7" * 4] * 3)
    assert entered["tokens"][0]["token"] == f"{token[:4]} {hidden} {token[-4:]}"
    assert (entered["credit"], entered["unit"], entered["credit_counts"]) == ("10.000", "kWh", 10_000)
    shown = bench("show", "--json")
    assert token not in shown.out
    assert shown.json["cells"]["key"]["check_value"] == "838418"
    assert token in bench("show", "--json", "--tokens").out
    assert set(shown.json["cells"]) == set(json.loads(Path(bench.path).read_text("utf-8"))["cells"])


def test_wrong_files_are_explained(tmp_path: Path, bench: Bench) -> None:
    document = json.loads(Path(bench.path).read_text("utf-8"))
    for content, code, said in (
        (b"", 2, "no JSON"),
        (b"\xff\xfe", 2, "no text"),
        (b"{}", 2, "no meter"),
        (json.dumps(document | {"version": 99}).encode(), 2, "newer Voltoken"),
        (json.dumps(document | {"cells": None}).encode(), 2, "damaged"),
        (b'{"a":' * 100_000, 2, "nested"),
    ):
        path = tmp_path / "wrong"
        path.write_bytes(content)
        path.chmod(0o600)
        for words in (("show",), ("enter", TEST_1), ("use", "1"), ("cut",), ("code", "37")):
            answer = ask("meter", words[0], str(path), *words[1:], "--json")
            assert (answer.code, said in answer.err) == (code, True), (content[:20], words)
            assert answer.json["error"]["code"] in ("meter.file", "file.content")
        assert path.read_bytes() == content
    assert ask("meter", "show", str(tmp_path / "missing")).code == 8
    assert ask("meter", "show", str(tmp_path)).code == 8


def test_a_foreign_file_cannot_act_on_the_terminal(bench: Bench) -> None:
    text = Path(bench.path).read_text("utf-8")
    Path(bench.path).write_text(text.replace('"software": "1.0"', '"software": "\\u001b[2J"'), "utf-8")
    Path(bench.path).write_text(Path(bench.path).read_text("utf-8").replace("kWh", "\\u001b[2J"), "utf-8")
    for words in (("show",), ("code", "10"), ("enter", "5534 0232 2212 6287 3024")):
        assert "\x1b" not in bench(*words).out


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_meter_files_are_private(bench: Bench) -> None:
    assert stat.S_IMODE(Path(bench.path).stat().st_mode) == 0o600
    Path(bench.path).chmod(0o644)
    assert "the meter file" in bench("show").err
    assert "chmod 600" in bench("show").err
    assert "chmod 600" in bench("wait").err
    assert bench("show").err == ""


def test_a_meter_is_never_overwritten(bench: Bench) -> None:
    before = Path(bench.path).read_bytes()
    again = ask("meter", "create", bench.path, *bench.key)
    assert (again.code, "never overwritten" in again.err) == (8, True)
    assert Path(bench.path).read_bytes() == before


@pytest.mark.parametrize("time", ["1993-12-31", "9999-12-31T23:59", "yesterday", "0001-01-01"])
def test_times_that_no_meter_sees_are_refused(bench: Bench, time: str) -> None:
    assert ask("meter", "wait", bench.path, "--time", time).code == 3
