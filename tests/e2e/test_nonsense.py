"""No arguments whatever end in a traceback."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.e2e.sessions import CREDIT, DECODER_KEY, METER, VENDING_KEY, ask
from tests.e2e.test_program import ALL
from voltoken.cli.failures import EXIT_CODES

OPTIONS = sorted(
    {
        option
        for command in ALL.values()
        for param in command.params
        for option in (*param.opts, *param.secondary_opts)
        if option.startswith("-")
    }
)
VALUES = [
    *("0", "1", "-1", "01", "07", "11", "255", "93", "35", "25.6", "-12.34", "9" * 30, "0x59982C", "all"),
    *("2004-03-01T13:00", "2004-03-01T13:00+02:00", "0001-01-01", "9999-12-31T23:59", "+02:00", "-99:99"),
    *(
        CREDIT,
        METER,
        "00000000000150997584",
        "123457",
        "prompt",
        "sample",
        "file:",
        "file:.",
        "env:",
        "env:X",
    ),
    *("my.meter", "off.meter", "wrong.meter", "new.meter", "own.json", "500Wh", "0.2m3", "cover", "37,1"),
    *(DECODER_KEY, VENDING_KEY, VENDING_KEY[:16], f"file:{os.devnull}", "NaN", "1e9", "", "\0", "\udcff"),
]
NAMES = [list(words) for words in ALL]
WORD = st.one_of(st.sampled_from(VALUES), st.sampled_from(OPTIONS), st.text(max_size=30))
PAIR = st.tuples(st.sampled_from(OPTIONS), st.one_of(st.sampled_from(VALUES), st.text(max_size=12)))
ARGUMENTS = st.one_of(WORD.map(lambda word: [word]), PAIR.map(list))


@pytest.fixture(scope="module", autouse=True)
def somewhere_else(tmp_path_factory: pytest.TempPathFactory) -> object:
    """Run where files that a command writes do no harm."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("nonsense"))
    for name in ("my.meter", "off.meter"):
        made = ("--pan", METER, "--decoder-key", DECODER_KEY, "--base-date", "14", "--filled-with", "5")
        assert ask("meter", "create", name, *made).code == 0
    assert ask("meter", "cut", "off.meter", "--stay-off").code == 0
    Path("wrong.meter").write_text(Path("my.meter").read_text("utf-8")[:-9], encoding="utf-8")
    Path("own.json").write_text('{"base": "water", "memory_size": 1}', encoding="utf-8")
    yield
    os.chdir(before)


@given(st.sampled_from(NAMES), st.lists(ARGUMENTS, max_size=8))
@example(["token", "decode"], [["\udcff"]])
@example(["pan", "check"], [["\0" * 18]])
@example(["token", "issue", "electricity"], [["1"], ["--decoder-key", DECODER_KEY], ["--time", "0001-01-01"]])
@example(["token", "issue", "flag"], [["0"], ["0"], ["--decoder-key", DECODER_KEY], ["--tid", "9" * 20]])
@example(["token", "issue", "test"], [["9" * 20]])
@example(["key", "check-value"], [["--vending-key", "file:\0"]])
@example(["conformance", "vectors"], [["\0"]])
@example(["meter", "enter"], [["my.meter"], ["\udcff"], ["--time", "2998-12-31"]])
@example(["meter", "enter"], [["my.meter", "\u0661" * 20], ["--json"]])
@example(["meter", "use"], [["my.meter", "9" * 30], ["--hours", "9" * 9]])
@example(["meter", "wait"], [["my.meter"], ["--time", "2999-12-31T23:59"], ["--hours", "8000"]])
@example(["meter", "code"], [["my.meter", "1230\u0661"]])
@example(["meter", "cut"], [["my.meter"], ["--after-writes", "9" * 20], ["--json"]])
@example(["meter", "show"], [["\0"]])
@example(["meter", "create"], [["new.meter"], ["--profile", "own.json"], ["--pan", METER]])
def test_arguments_end_in_an_answer_or_a_message(name: list[str], groups: list[list[str]]) -> None:
    words = [*name, *(word for group in groups for word in group)]
    answer = ask(*words)
    assert answer.code in EXIT_CODES
    if answer.code > 1 and answer.err:
        assert "error: " in answer.err
    if "--json" in words and answer.out and "--help" not in words and "-h" not in words:
        json.loads(answer.out)
