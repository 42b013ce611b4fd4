"""No command shows key bytes unless the key is marked as a test key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.sessions import CREDIT, DECODER_KEY, METER, SALE, VENDING_KEY, ask, write_key
from tests.e2e.test_key import SET_TO_TARIFF_2

NEW_KEY = "b208834372ef892ef6e04c28593090d4"
"""What the tokens of SET_TO_TARIFF_2 carry."""

COMMANDS = {
    "issue": ("token", "issue", "electricity", "1", *SALE),
    "unchecked": ("token", "issue", "electricity", "1", *SALE, "--unchecked"),
    "decode": ("token", "decode", CREDIT),
    "explain": ("token", "explain", CREDIT),
    "wrong": ("token", "explain", "59386323472137426968"),
    "derive": ("key", "derive"),
    "change-set": ("key", "change-set", "--to-ti", "02", "--time", "2004-03-28"),
    "refused": ("key", "change-set", "--to-kt", "0", "--time", "2004-03-28"),
    "usage": ("key", "derive", VENDING_KEY),
    **{f"section {n}": ("token", "explain", token) for n, token in enumerate(SET_TO_TARIFF_2, 1)},
    **{f"section {n} decoded": ("token", "decode", token) for n, token in enumerate(SET_TO_TARIFF_2, 1)},
}


AT = ("--time", "2004-03-29")


def leaks(text: str) -> list[str]:
    """Find key bytes in a text: any four bytes in a row, in hexadecimal or as a decimal number."""
    compact = re.sub(r"[^0-9a-z]", "", text.lower())
    found = []
    for secret in (VENDING_KEY[-24:], DECODER_KEY, NEW_KEY):
        for start in range(0, len(secret), 8):
            word = secret[start : start + 8]
            found += [form for form in (word, str(int(word, 16))) if form in compact]
    return found


@pytest.mark.parametrize("form", [(), ("--json",)])
@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_shows_key_bytes(name: str, form: tuple[str, ...], tmp_path: Path) -> None:
    source = write_key(tmp_path / "vending.json")
    answer = ask(*COMMANDS[name], "--vending-key", source, "--pan", METER, "--ti", "01", *form)
    assert leaks(answer.out + answer.err) == []


ON_A_METER = (
    ("show", "--memory", "--tokens"),
    ("enter", CREDIT, "--explain"),
    ("enter", CREDIT),
    ("enter", *SET_TO_TARIFF_2[:3], "--explain"),
    ("show",),
    ("cut", "--after-writes", "1"),
    ("enter", SET_TO_TARIFF_2[3]),  # the new key is in the journal now
    ("show", "--tokens"),
    ("cut", "--restore"),
    ("show", "--tokens"),
    ("enter", "12345678901234567890"),
    ("use", "50"),
    ("wait",),
    ("tamper", "magnet"),
    ("code", "54"),
    ("code",),
    ("reconnect",),
)
"""Commands on one meter, one after the other; the last section brings NEW_KEY."""


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_no_meter_shows_its_key(form: tuple[str, ...], tmp_path: Path) -> None:
    source = write_key(tmp_path / "vending.json")
    path = str(tmp_path / "my.meter")
    key = ("--vending-key", source, "--pan", METER, "--ti", "01", "--made", "2004-01-01")
    made = ask("meter", "create", path, *key, *form)
    assert leaks(made.out + made.err) == []
    for name, *words in ON_A_METER:
        answer = ask("meter", name, path, *words, *form, *([] if words == [] and name == "code" else AT))
        assert leaks(answer.out + answer.err) == [], name
    assert leaks(Path(path).read_text("utf-8")) != []
    assert NEW_KEY in Path(path).read_text("utf-8")


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_damaged_meter_files_are_not_repeated(form: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "my.meter"
    source = write_key(tmp_path / "vending.json")
    key = ("--vending-key", source, "--pan", METER, "--ti", "01")
    ask("meter", "create", str(path), *key, "--filled-with", "5")
    whole = path.read_text("utf-8")
    for text in (whole[:-9], whole.replace(DECODER_KEY, f"{DECODER_KEY}00"), f'"{DECODER_KEY}"', DECODER_KEY):
        path.write_text(text, encoding="utf-8")
        answer = ask("meter", "show", str(path), *form)
        assert (answer.code, leaks(answer.out + answer.err)) == (2, [])


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_keys_on_the_command_line_are_not_repeated(form: tuple[str, ...]) -> None:
    for words in (
        ("token", "decode", CREDIT, "--decoder-key", DECODER_KEY),
        ("token", "decode", CREDIT, "--decoder-key", DECODER_KEY[:-1]),
        ("token", "decode", CREDIT, "--decoder-key", f"{DECODER_KEY}g"),
        ("key", "check-value", "--vending-key", VENDING_KEY),
        ("key", "check-value", "--vending-key", f"hex:{VENDING_KEY}"),
        ("key", "check-value", VENDING_KEY),
        (VENDING_KEY,),
    ):
        answer = ask(*words, *form)
        assert leaks(answer.out + answer.err) == [], words


def test_wrong_key_files_are_not_repeated(tmp_path: Path) -> None:
    for text in (f"{DECODER_KEY}0", f'{{"decoder_key": "{DECODER_KEY}"', f'"{DECODER_KEY}"'):
        (tmp_path / "k").write_text(text, encoding="utf-8")
        answer = ask("token", "decode", CREDIT, "--decoder-key", f"file:{tmp_path / 'k'}", "--json")
        assert answer.code in (2, 3)
        assert leaks(answer.out + answer.err) == []


def test_the_check_can_see_a_leak(tmp_path: Path) -> None:
    source = write_key(tmp_path / "vending.json", test=True)
    words = ("--vending-key", source, "--pan", METER, "--ti", "01")
    assert leaks(ask("token", "explain", SET_TO_TARIFF_2[0], *words).out)
    assert leaks(ask("key", "derive", *words, "--test-key").out)
    assert leaks(f"{DECODER_KEY[:4]} {DECODER_KEY[4:8]}")
