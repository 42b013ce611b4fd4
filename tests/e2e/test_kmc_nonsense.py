"""No words after ``voltoken kmc`` end in a traceback, and no bytes of a file that it reads do."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.e2e import kmc_site
from tests.e2e.kmc_site import SGC, SHARES, Site, acting, write
from tests.e2e.sessions import ask
from tests.e2e.test_program import commands
from voltoken.cli.failures import EXIT_CODES
from voltoken.cli.kmc import kmc

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="a centre needs Linux or macOS"),
]

COMMANDS = {words: found for words, found in commands(kmc) if not isinstance(found, click.Group)}
OPTIONS = sorted(
    {
        option
        for found in COMMANDS.values()
        for param in found.params
        for option in param.opts
        if option.startswith("-")
    }
)
VALUES = (
    *("centre", "alice", "alice.key", "lakeside", "ZA", SGC, f"{SGC}/1", "role", "officer", "r1", "first"),
    *("0", "1", "-1", "64", "160", "9" * 30, "2/3", "93", "14", "07", "07,11", "yes", "no", "1,2", ",", "="),
    *("2026-11-21", "2026-11-21T08:00Z", "0001-01-01T00:00Z", "9999-12-31T23:59Z", "2026-02-30", "a=b", "a="),
    *("{}", "[]", "{", '{"a": 1}', '{"a": 1.5}', '[{"item": "1"}]', "null", "file:", "file:.", "file:torn"),
    *("file:alice.pub", "file:document", "file:shares/share-1.txt", "prompt", "env:", "env:X", "torn", "b"),
    *("0" * 64, "f" * 128, "\u0661", "\0", "\udcff", "", " ", "..", "/", "-", "utility", "unique", "key"),
)
WORD = st.one_of(st.sampled_from(VALUES), st.sampled_from(OPTIONS), st.text(max_size=12))
PAIR = st.tuples(st.sampled_from(OPTIONS), st.one_of(st.sampled_from(VALUES), st.text(max_size=8)))
ARGUMENTS = st.one_of(WORD.map(lambda word: [word]), PAIR.map(list))
ALICE = acting("alice")
DOCUMENT = {"format": "voltoken-authorisation/1", "centre": "centre", "signature": None, "keys": ["123457/1"]}


@pytest.fixture(scope="module", autouse=True)
def _somewhere_else(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run where there is a centre, keys, shares, a backup and a document."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("nonsense"))
    site = Site()
    kmc_site.make_people()
    kmc_site.found(site)
    kmc_site.furnish(site)
    site.kmc("backup", "centre", "--file", "b", *SHARES)
    write("document", json.dumps(DOCUMENT))
    write("torn", b"\x00\xff\xfe torn")
    yield
    os.chdir(before)


def answered(*words: str) -> None:
    """Ask, and see that the program answers or says what is wrong."""
    answer = ask("kmc", *words)
    assert answer.code in EXIT_CODES
    if answer.code and words[0] != "verify":
        assert "error: " in answer.err
    if "--json" in words and answer.out and not {"-h", "--help"} & set(words):
        json.loads(answer.out)


@given(st.sampled_from(sorted(COMMANDS)), st.lists(ARGUMENTS, max_size=8))
@example(("init",), [["\0"], ["--shares", "2/3"], ["--founder", "a:alice.pub"]])
@example(("init",), [["c9"], ["--shares", "2/3"], ["--shares-to", "\udcff/\0"], ["--founder", "a:\0"]])
@example(("key",), [["\0"]])
@example(("component",), [["\0"], ["--bits", "64"]])
@example(("status",), [["\0"], ["--json"]])
@example(("status",), [["\udcff"], ["--json"]])
@example(("restore",), [["b"], ["\0"], list(SHARES)])
@example(("backup",), [["centre"], ["--file", "\0"], list(SHARES)])
@example(("sign",), [["\0"], ["--key", "\0"]])
@example(("papers",), [["centre", "\0"], ["--to", "\0"]])
@example(("drill",), [["centre", "key", "\0"], ["--out", "\0"]])
def test_arguments_end_in_an_answer_or_a_message(name: tuple[str, ...], groups: list[list[str]]) -> None:
    answered(*name, *(word for group in groups for word in group))


@settings(max_examples=100)
@given(st.data())
def test_steps_with_any_values_end_in_an_act_or_a_reason(data: st.DataObject) -> None:
    """The centre, an id and a person are there: so it goes as far as the fields and the rules."""
    name = data.draw(st.sampled_from(sorted(words for words in COMMANDS if len(words) == 2)))
    options = [one for one in COMMANDS[name].params if isinstance(one, click.Option)]
    fields = [one for one in options if one.opts[0] not in {"--as", "--key", "--to", "--help"}]
    values = st.one_of(st.sampled_from(VALUES), st.text(max_size=8))
    given_too = data.draw(st.lists(st.sampled_from(fields), max_size=4))
    pairs = [(one.opts[0], data.draw(values)) for one in fields if one.required or one in given_too]
    entry_id = data.draw(values)
    answered(*name, "centre", entry_id, *(word for pair in pairs for word in pair), *ALICE)


@settings(max_examples=40)
@given(st.data())
def test_files_with_bytes_out_of_place_are_answered(data: st.DataObject) -> None:
    source = data.draw(st.sampled_from(["b", "alice.key", "document", "shares/share-1.txt"]))
    whole = Path(source).read_bytes()
    first = data.draw(st.integers(0, len(whole)))
    last = data.draw(st.integers(first, min(len(whole), first + 40)))
    write("torn", whole[:first] + data.draw(st.binary(max_size=12)) + whole[last:])
    words = {
        "b": ("rehearse", "torn", *SHARES),
        "alice.key": ("sign", "document", "--key", "torn"),
        "document": ("sign", "torn", "--key", "lakeside.key", "--to", "torn.sig"),
        "shares/share-1.txt": ("identity", "centre", "--unseal", "file:torn", *SHARES[2:]),
    }
    answered(*words[source])
    Path("torn.sig").unlink(missing_ok=True)


@settings(max_examples=25)
@given(st.data())
def test_a_database_with_bytes_out_of_place_is_answered(data: st.DataObject) -> None:
    shutil.rmtree("damaged", ignore_errors=True)
    shutil.copytree("centre", "damaged")
    file = Path("damaged/centre.db")
    whole = file.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    file.write_bytes(whole[:at] + data.draw(st.binary(min_size=1, max_size=64)) + whole[at + 1 :])
    for words in (
        ("status", "damaged"),
        ("country", "close", "damaged", "ZA", *ALICE),
        ("verify", "damaged"),
    ):
        answered(*words)
