"""Issue, decode and explain, as a user types them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.sessions import CREDIT, METER, NEIGHBOUR, SALE, VENDING_KEY, ask, session, write_key
from voltoken.cli.kinds import KINDS

Key = tuple[str, ...]


def test_a_token_is_made_read_and_explained(key: Key) -> None:
    issued = session("token", "issue", "electricity", "0.1", *key, *SALE)
    assert (issued.code, issued.err) == (0, "")
    assert "5938   6323   4721   3742   6967" in issued.out
    decoded = session("token", "decode", "5938", "6323", "4721", "3742", "6967", *key)
    assert decoded.code == 0
    assert "Credit of 0.1 kWh (electricity), issued 1 March 2004, 13:00 UTC." in decoded.out
    explained = session("token", "explain", CREDIT, *key)
    assert explained.code == 0
    for part in ("0559 982C 0001 2831", "EA11 (MISTY1)", "0000 0101 010110011001100000101100", "2831"):
        assert part in explained.out


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_type_is_made_and_read_again(key: Key, kind: object) -> None:
    name, example = getattr(kind, "name"), getattr(kind, "example")  # noqa: B009 - one row of a table
    made = ask("token", "issue", name, *example.split(), *key, *SALE, "--json")
    assert made.code == 0, made.err
    read = ask("token", "decode", made.json["token"], *key, "--json")
    assert read.json["type"] == made.json["type"]
    assert read.json["summary"] == made.json["summary"]
    assert ask("token", "issue", name, *example.split(), *key, *SALE).code == 0
    assert f"voltoken token issue {name}" in ask("token", "issue", name, "--help").out


@pytest.mark.parametrize(
    ("words", "subclass", "value"),
    [
        (("clear-credit", "all"), 1, 0xFFFF),
        (("clear-credit", "gas-currency"), 1, 6),
        (("clear-credit", "3"), 1, 3),
        (("tariff-rate", "0xBEEF"), 2, 0xBEEF),
        (("water-factor", "12"), 7, 12),
        (("flag", "TI fallback power limit", "1"), 10, 63 << 10 | 11 << 1 | 1),
        (("flag", "300", "0"), 10, 63 << 10 | 300 << 1),
        (("power-limit", "6000"), 0, 6000),
    ],
)
def test_values_are_given_by_number_or_name(
    key: Key, words: tuple[str, ...], subclass: int, value: int
) -> None:
    made = ask("token", "issue", *words, *key, *SALE, "--json")
    read = ask("token", "decode", made.json["token"], *key, "--json").json
    assert read["subclass"] == subclass
    assert list(read["values"].values())[-1] == value


def test_money_may_be_taken_away(key: Key) -> None:
    for amount in ("-12.34", "\u221212.34"):
        made = ask("token", "issue", "electricity-currency", amount, *key, *SALE, "--json").json
        assert (made["requested"], made["carried"]) == ("-12.34", "-12.33924")
        assert made["split"] == ["-12.33924", "-0.00076"]


def test_rounding_is_said_and_a_split_offered(key: Key) -> None:
    rounded = ask("token", "issue", "electricity", "1700.1", *key, *SALE)
    assert "The meter books 1700.4, 0.3 more" in rounded.out
    assert "make 2 tokens: 1699.4 + 0.7" in rounded.out
    assert "Asked for" not in ask("token", "issue", "electricity", "1638.3", *key, *SALE).out


def test_a_test_token_needs_no_key() -> None:
    made = session("token", "issue", "test", "1")
    assert "0000   0000   0001   5099   7584" in made.out
    assert ask("token", "decode", "0000 0000 0001 5099 7584").code == 0
    several = ask("token", "issue", "test", "4", "5", "16", "--mfr-code", "0000", "--json").json
    assert (several["subclass"], several["tests"]) == (1, [4, 5, 16])
    assert ask("token", "issue", "test", "0", "--json").json["tests"] == [0]


def test_times_give_tids(key: Key) -> None:
    def tid(*words: str) -> int:
        made = ask("token", "issue", "clear-tamper", *key, "--json", *words)
        return int(made.json["tid"])

    plain = tid("--time", "2004-03-01T13:00")
    assert plain == 5871660
    assert tid("--time", "2004-03-01T15:00+02:00") == plain
    assert tid("--time", "2004-03-01T15:00+02:00", "--utc-offset", "+02:00") == plain + 120
    assert tid("--time", "2004-03-01T15:00", "--utc-offset", "+2") == plain + 120
    assert tid("--time", "2004-03-01T13:00", "--utc-offset", "-03:30") == plain
    assert tid("--time", "2004-03-29T00:01") == 5911202
    assert tid("--time", "2004-03-29T18:00", "--special") == 5911201
    assert tid("--tid", "5871660") == tid("--tid", "0x59982C") == plain
    twice = ask("token", "issue", "clear-tamper", *key, "--tid", "1", "--time", "2004-03-01")
    assert (twice.code, "--tid is the TID itself" in twice.err) == (2, True)


def test_the_clock_and_chance_are_used_when_nothing_is_said(tmp_path: Path) -> None:
    key = ("--vending-key", write_key(tmp_path / "k", base_date="14"), "--pan", METER, "--ti", "01")
    made = [ask("token", "issue", "electricity", "5", *key, "--json").json for _ in range(40)]
    assert len({answer["rnd"] for answer in made}) > 4
    assert made[-1]["tid"] - made[0]["tid"] in (0, 1, 2)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--kt", "1"), 7),
        (("--ken", "80"), 7),
        (("--kt", "3"), 3),
        (("--base-date", "35"), 7),
        (("--ea", "09"), 3),
    ],
)
def test_rules_are_applied(key: Key, words: tuple[str, ...], code: int) -> None:
    refused = ask("token", "issue", "electricity", "1", *key, *SALE, *words)
    assert (refused.code, refused.out) == (code, "")
    assert refused.err.startswith("error: ")


def test_a_laboratory_may_make_what_a_meter_must_refuse(key: Key) -> None:
    made = ask("token", "issue", "electricity", "1", *key, *SALE, "--kt", "1", "--unchecked")
    assert made.code == 0
    assert "--unchecked" in made.err
    assert "not applied" in made.out


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("123", 4),
        ("5938632347213742696O", 4),
        ("99999999999999999999", 4),
        ("59386323472137426968", 5),
        ("00000000000150997585", 5),
        ("00000000000402653184", 6),
    ],
)
def test_wrong_tokens_have_their_exit_codes(key: Key, token: str, code: int) -> None:
    decoded = ask("token", "decode", token, *key)
    assert (decoded.code, decoded.out) == (code, "")
    explained = ask("token", "explain", token, *key)
    assert explained.code == code
    assert explained.out
    assert explained.err == ""
    with_json = ask("token", "explain", token, *key, "--json")
    assert (
        with_json.json["error"]["code"] == ask("token", "decode", token, *key, "--json").json["error"]["code"]
    )


def test_the_neighbours_meter_refuses(key: Key) -> None:
    refused = ask("token", "decode", CREDIT, *key, "--pan", NEIGHBOUR)
    assert refused.code == 5


def test_without_a_key_a_token_is_explained_as_far_as_anybody_can() -> None:
    explained = ask("token", "explain", CREDIT)
    assert explained.code == 0
    assert "encrypted token of class 0" in explained.out
    refused = ask("token", "decode", CREDIT)
    assert (refused.code, "No key was given" in refused.err) == (2, True)


def test_sample_tables_are_said_loudly() -> None:
    key = (
        "--decoder-key",
        "0abc12def3456789",
        "--base-date",
        "93",
        "--time",
        "1996-03-25T13:55",
        "--rnd",
        "11",
    )
    made = session("token", "issue", "electricity", "25.6", *key)
    assert "5104   3465   4434   2085   6213" in made.out
    assert "EA07 (sample tables)" in made.out
    assert "Real meters refuse" in made.err


def test_cautions_of_the_derivation_are_shown(tmp_path: Path) -> None:
    source = write_key(tmp_path / "k", vending_key=VENDING_KEY[:16].replace("ab", "aa"))
    made = ask("token", "issue", "gas", "1", "--vending-key", source, "--pan", METER, "--ti", "01", *SALE)
    assert made.code == 0
    assert "odd parity" in made.err


@pytest.mark.parametrize("width", ["30", "40", "60", "80", "200"])
def test_explanations_fit_the_screen(key: Key, width: str) -> None:
    explained = session("token", "explain", CREDIT, *key, COLUMNS=width)
    assert max(map(len, explained.out.splitlines())) <= max(int(width), 36)
    assert ("010110011001100000101100" in explained.out) == (int(width) >= 75)


def test_an_output_without_unicode_gets_plain_signs(key: Key) -> None:
    explained = session("token", "explain", CREDIT, *key, PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert explained.code == 0
    assert explained.out.isascii()
    assert "?" not in explained.out
    assert "|   5938   6323   4721   3742   6967   |" in explained.out
