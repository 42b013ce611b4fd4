"""No words after ``voltoken tariff`` end in a traceback, and no bytes of a document do."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.e2e.sessions import ask
from tests.e2e.test_tariff import OWN
from voltoken.cli.failures import EXIT_CODES
from voltoken.cli.tariff.shared import bundled_names

pytestmark = pytest.mark.slow

COMMANDS = ("price", "explain", "check", "show")
OPTIONS = (
    *("--money", "--units", "--at", "--used", "--free-used", "--free-taken", "--debt", "--standing"),
    *("--last-purchase", "--past-units", "--mark", "--size", "--claim", "--carried", "--exchange"),
    *("--after", "--after-tariff", "--language", "--chart", "--json"),
)
VALUES = (
    *("0", "1", "-1", "200", "1700.1", "0.05", "1e9", "NaN", "1/3", "9" * 30, "0." + "3" * 40, "\u0661"),
    *("2026-03-10", "2026-03-10T09:00", "2026-03-10T09:00Z", "0001-01-01", "9999-12-31T23:59", "2026-02-30"),
    *("arrears=300", "arrears=", "=3", "SERVICE=2026-12-01:30", "SERVICE=0001-01-01", "SERVICE=9999-12-31"),
    *("FBE=50", "FBE=99", "kVA=3", "410,433,,1", "lifeline", "FBE", "VAT", "units", "currency", "fr"),
    *("100@2026-03-01", "100@", "own.toml", "wrong.toml", "-", "", "\0", "\udcff", "..", "/"),
    *bundled_names(),
)
WORD = st.one_of(st.sampled_from(VALUES), st.sampled_from(OPTIONS), st.text(max_size=12))
PAIR = st.tuples(st.sampled_from(OPTIONS), st.one_of(st.sampled_from(VALUES), st.text(max_size=8)))
ARGUMENTS = st.one_of(WORD.map(lambda word: [word]), PAIR.map(list))
DAY = ("--at", "2026-03-10")


@pytest.fixture(scope="module", autouse=True)
def somewhere_else(tmp_path_factory: pytest.TempPathFactory) -> object:
    """Run where there is a document in order and one with faults."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("nonsense"))
    Path("own.toml").write_text(OWN, encoding="utf-8")
    Path("wrong.toml").write_text(OWN.replace("0.15", "15"), encoding="utf-8")
    yield
    os.chdir(before)


def answered(*words: str) -> None:
    """Ask, and see that the program answers or says what is wrong."""
    answer = ask("tariff", *words)
    assert answer.code in EXIT_CODES
    if answer.code and words[0] != "check":
        assert "error: " in answer.err
    if "--json" in words and answer.out and not {"-h", "--help"} & set(words):
        json.loads(answer.out)


@given(st.sampled_from(COMMANDS), st.lists(ARGUMENTS, max_size=6))
@example("price", [["own.toml"], ["--money", "1"], ["--at", "0001-01-01T00:00Z"], ["--json"]])
@example("price", [["own.toml"], ["--money", "1"], ["--at", "9999-12-31T23:59-12:00"]])
@example("price", [["own.toml"], ["--units", "9" * 30], list(DAY)])
@example("price", [["own.toml"], ["--money", "1"], list(DAY), ["--standing", "SERVICE=9999-12-31"]])
@example("price", [["own.toml"], ["--money", "1"], list(DAY), ["--carried", "-" + "9" * 30]])
@example(
    "explain", [["own.toml"], ["--money", "1"], ["--after", "1@9999-12-31"], ["--at", "9999-12-31T23:59"]]
)
@example("explain", [["own.toml"], ["--money", "1"], ["--after", "1@0001-01-01"], list(DAY)])
@example("show", [["own.toml"], ["--at", "0001-01-01"], ["--chart"]])
@example("check", [["\0"], ["own.toml"], [".."]])
def test_arguments_end_in_an_answer_or_a_message(command: str, groups: list[list[str]]) -> None:
    answered(command, *(word for group in groups for word in group))


@given(st.lists(PAIR.map(list), max_size=5))
def test_purchases_end_in_a_quote_or_a_reason(groups: list[list[str]]) -> None:
    words = [word for group in groups for word in group]
    answered("price", "own.toml", "--money", "100", *DAY, *words)


@given(st.data())
def test_documents_with_bytes_out_of_place_are_checked(data: st.DataObject) -> None:
    text = OWN.encode()
    first = data.draw(st.integers(0, len(text)))
    last = data.draw(st.integers(first, min(len(text), first + 40)))
    Path("torn.toml").write_bytes(text[:first] + data.draw(st.binary(max_size=12)) + text[last:])
    assert ask("tariff", "check", "torn.toml").code in (0, 2)
    assert ask("tariff", "price", "torn.toml", "--money", "100", *DAY).code in (0, 2, 3, 12)
