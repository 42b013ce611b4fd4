"""Faults of the text itself: TOML that cannot be read, told all at once, and the rest is checked as well."""

from __future__ import annotations

import tomllib
from decimal import Decimal

import pytest

from tests.unit.tariff.papers import BLOCKS, PLAIN, changed, line_of, more, told
from voltoken.errors import Fault
from voltoken.tariff.reading.check import check
from voltoken.tariff.reading.source import ROUNDS_MAX, SIZE_MAX, Unreadable, read
from voltoken.tariff.reading.statements import STATEMENTS_MAX, TOKENS_MAX

NAME = 'name = "Value added tax"'
LOOK = "Look for a quotation mark, bracket, comma or equals sign that is missing or one too many."

TEXTS = {
    "a word": (NAME, "name = VAT", "tax[1].name: this cannot be read. Put text in quotation marks."),
    "nothing": (NAME, "name =", "tax[1].name: this cannot be read. Write a value after the equals sign."),
    "nothing but a comment": (
        NAME,
        "name = # later",
        "tax[1].name: this cannot be read. Write a value after the equals sign.",
    ),
    "no equals sign": (
        NAME,
        'name "VAT"',
        f"this cannot be read (expected '=' after a key in a key/value pair). {LOOK}",
    ),
    "no end of text": (
        NAME,
        'name = "VAT',
        f"tax[1].name: this cannot be read (unterminated string). {LOOK}",
    ),
    "no end of long text": (
        NAME,
        'name = """VAT',
        f"tax[1].name: this cannot be read (unterminated string). {LOOK}",
    ),
    "a comma": (
        "rate = 0.15",
        "rate = 0,15",
        "tax[1].rate: this cannot be read. Write decimals with a point: 2.50.",
    ),
    "percent": (
        "rate = 0.15",
        "rate = 15 %",
        "tax[1].rate: this cannot be read. Write a share as a fraction: 0.15 for 15 %.",
    ),
    "a zero before": (
        "amount = 200",
        "amount = 0200",
        "charge[1].amount: this cannot be read. Write a number without zeros before it.",
    ),
    "a blank in a number": (
        "amount = 200",
        "amount = 2 000",
        "charge[1].amount: this cannot be read. Write a number without spaces.",
    ),
    "a day that is none": (
        "valid_from = 2024-07-01",
        "valid_from = 2024-06-31",
        "tariff.valid_from: this cannot be read. Write a day of the calendar as year-month-day: 2024-07-01.",
    ),
    "a day in another order": (
        "valid_from = 2024-07-01",
        "valid_from = 01/07/2024",
        "tariff.valid_from: this cannot be read. Write a day of the calendar as year-month-day: 2024-07-01.",
    ),
    "no comma after a day": (
        "[[energy]]",
        "[period]\nx = [{ from = 2024-07-01 rate = true }]\n[[energy]]",
        f"period.x: this cannot be read (unclosed inline table). {LOOK}",
    ),
    "no end of a table": (
        "{ share = 0.50 }",
        "{ share = 0.50",
        f"charge[1].take: this cannot be read (unclosed inline table). {LOOK}",
    ),
    "no end of a list": (
        "    { price = 3.0899 },\n]\n",
        "    { price = 3.0899 },\n",
        f"energy[1].blocks: this cannot be read (invalid value). {LOOK}",
    ),
    "no end of a list before a key": (
        BLOCKS,
        'blocks = [\n    { price = 3.0899 },\nincludes = ["VAT"]\n\n',
        f"energy[1].blocks: this cannot be read (invalid value). {LOOK}",
    ),
    "no beginning of a list": (
        "blocks = [",
        "blocks =",
        "energy[1].blocks: this cannot be read. Write a value after the equals sign.",
    ),
    "more digits than are read": (
        "amount = 200",
        f"amount = {'9' * 5000}",
        f"charge[1].amount: this cannot be read (a number has too many digits). {LOOK}",
    ),
    "brackets in brackets": (
        "amount = 200",
        f"amount = {'[' * 13}{']' * 13}",
        "charge[1].amount: brackets or keys are nested too deeply for a price list.",
    ),
    "very many brackets": (
        "amount = 200",
        f"amount = {'[' * 5000}",
        "charge[1].amount: brackets or keys are nested too deeply for a price list.",
    ),
    "a key in a key": (
        "[money]",
        f"{'a.' * 13}a = 1\n[money]",
        "brackets or keys are nested too deeply for a price list.",
    ),
    "keys in keys without end": (
        "[money]",
        f"{'a.' * 50_000}a = 1\n[money]",
        "brackets or keys are nested too deeply for a price list.",
    ),
    "a header": (
        "[[tax]]",
        "[[tax]",
        f"this cannot be read (expected ']]' at the end of an array declaration). {LOOK}",
    ),
    "a key twice": (
        "rate = 0.15",
        "rate = 0.15\nrate = 0.16",
        "tax[1].rate: it stands here twice, or as two different things; keep one of them.",
    ),
    "a key twice in a table on one line": (
        "{ share = 0.50 }",
        "{ share = 0.50, share = 0.25 }",
        f"charge[1].take: this cannot be read (duplicate inline table key 'share'). {LOOK}",
    ),
    "a key and a table": (
        "[[debt]]",
        "[money.round]\nstep = 0.05\n[[debt]]",
        "money.round: it stands here twice, or as two different things; keep one of them.",
    ),
    "a table twice": (
        "[[debt]]",
        '[money]\ncurrency = "USD"\n[[debt]]',
        "money: it stands here twice, or as two different things; keep one of them.",
    ),
    "a table and a list of tables": (
        "[[debt]]",
        '[levy]\ncode = "X"\n[[debt]]',
        "levy[1]: it stands here twice, or as two different things; keep one of them.",
    ),
}


@pytest.mark.parametrize(("old", "new", "message"), TEXTS.values(), ids=list(TEXTS))
def test_text_that_cannot_be_read_is_told_once_and_hides_nothing(old: str, new: str, message: str) -> None:
    assert told(changed(old, new)) == [message]
    wrong = changed(old, new).replace('currency = "ZAR"', 'currency = "R"')
    assert sorted(told(wrong)) == sorted(
        [message, 'money.currency: "R" is not allowed; it must be three capital letters such as ZAR.']
    )


def test_the_line_is_that_of_the_fault() -> None:
    broken = changed("    { upto = 500, price = 2.7116 },", "    { upto = 500, price = 2,7116 },")
    assert [fault.line for fault in check(broken)] == [line_of("{ upto = 500")]
    unclosed = changed("    { price = 3.0899 },\n]\n", "    { price = 3.0899 },\n")
    assert [fault.line for fault in check(unclosed)] == [line_of("blocks")]
    twice = changed("rate = 0.15", "rate = 0.15\non = []\nrate = 0.16").replace(
        'on = ["energy", "SERVICE"]', ""
    )
    assert [fault.line for fault in check(twice)][-1] == line_of("rate") + 2


def test_every_fault_of_syntax_is_told() -> None:
    text = changed("rate = 0.15", "rate = 15%").replace("amount = 200", "amount = 2,00")
    text = text.replace("share = 0.25", "share = 0.25,,").replace("[money]", "[money")
    assert [fault.where for fault in check(text)] == ["", "charge[1].amount", "debt[1].take", "tax[1].rate"]


def test_lines_below_one_that_cannot_be_read_are_part_of_it() -> None:
    text = changed(BLOCKS, "blocks =\n    { price = 1 }\n    %%\n\n")
    assert told(text) == ["energy[1].blocks: this cannot be read. Write a value after the equals sign."]
    apart = changed("rate = 0.15", "%%\nrate = 0.15\n%%")
    assert [fault.line for fault in check(apart)] == [line_of("rate"), line_of("rate") + 2]


def test_what_stands_below_a_broken_header_belongs_to_no_table() -> None:
    # Its keys are neither taken for those of the table before it, nor missed, nor is its code.
    text = changed("[[charge]]", "[[charge").replace("amount = 200", "amount = 2,00")
    assert [(fault.where, fault.line) for fault in check(text)] == [
        ("", line_of("[[charge]]")),
        ("", line_of("amount")),
    ]


def test_a_table_that_is_never_closed_ends_with_its_line() -> None:
    text = changed("{ share = 0.50 }", "{ share = 0.50\naccrues = 5")
    assert [fault.where for fault in check(text)] == ["charge[1].take", "charge[1].accrues"]


def test_what_a_contradictory_table_has_is_not_missed() -> None:
    text = changed('currency = "ZAR"\n', "").replace("[[levy]]", '[money]\ncurrency = "ZAR"\n[[levy]]')
    assert [fault.where for fault in check(text)] == ["money"]


def test_a_lost_key_is_not_missed() -> None:
    for old, new in (("rate = 0.15", "rate 0.15"), ('code = "VAT"', "code = VAT"), ("blocks = [", "= [")):
        assert len(check(changed(old, new))) == 1


def test_too_many_contradictions_are_not_read_to_the_end() -> None:
    faults = check("a = 1\n" * 50)
    assert len(faults) == ROUNDS_MAX + 1
    assert faults[0] == Fault(0, "", "there are too many faults to read on; correct these first.")
    assert {fault.where for fault in faults[1:]} == {"a"}


def test_of_very_many_faults_of_syntax_the_first_hundred_are_told() -> None:
    faults = check(more("x = = 1\n" * 500))
    assert len(faults) == 101
    assert faults[0] == Fault(
        PLAIN.count("\n") + 2, "tax[1].x", f"this cannot be read (invalid value). {LOOK}"
    )
    assert faults[-1] == Fault(0, "", "there are more than 100 faults; these are the first.")


def test_text_that_is_too_long_is_not_read() -> None:
    fits = PLAIN.encode().ljust(SIZE_MAX, b"\n")
    assert check(fits) == ()
    reason = f"{SIZE_MAX + 1} bytes are too many for a price list; it may have {SIZE_MAX}."
    assert check(fits + b"\n") == (Fault(0, "", reason),)


def test_other_encodings_are_told() -> None:
    assert check(PLAIN.encode("utf-16")) == (Fault(0, "", "the text is UTF-16; save it as UTF-8."),)
    assert check(PLAIN.encode("utf-16-be").join([b"\xfe\xff", b""]))[0].reason.startswith(
        "the text is UTF-16"
    )
    marked = Fault(1, "", "the text begins with a byte order mark; save it as UTF-8 without one.")
    assert check(PLAIN.encode("utf-8-sig")) == (marked,)
    latin = changed(NAME, 'name = "Impôt"').encode("latin-1")
    not_utf8 = Fault(line_of(NAME), "", "this is not UTF-8; save the text as UTF-8.")
    assert check(latin) == (not_utf8,)
    assert check(latin.replace(b"rate = 0.15", b"rate = 2"))[1].where == "tax[1].rate"
    assert check(changed(NAME, 'name = "\ud800"')) == (not_utf8,)


def test_control_characters_are_told_wherever_they_stand() -> None:
    reason = r"the control character '\x00' stands here; delete it."
    assert check(changed(NAME, f"{NAME} # a\0b")) == (Fault(line_of(NAME), "", reason),)
    assert check(changed(NAME, 'name = "a\0b"')) == (Fault(line_of(NAME), "", reason),)
    assert check(changed("[money]", "\r[money]"))[0].reason.startswith(r"the control character '\r'")
    assert len(check("\0" * 1000)) < 30


def test_windows_line_ends_are_line_ends() -> None:
    assert check(PLAIN.replace("\n", "\r\n")) == ()
    wrong = check(changed("rate = 0.15", "rate = 2").replace("\n", "\r\n").encode())
    assert [fault.line for fault in wrong] == [line_of("rate")]


def test_what_has_no_fault_is_read_as_toml_says() -> None:
    text = more(
        'a.b."c d" = [\n  1, # one\n  [2.50, { e = "]", f.g = \'"\' }],\n]\n'
        '[h."i.j"]\nk = """\nx = 1\n[y]\n"""\n'
        "[[l]]\n[[l.m]]\nn = 1\n[[l.m]]\n[l.o]\n[[l]]\n[[l.m]]\np = [[], {}]"
    )
    source = read(text.encode())
    assert source.faults == ()
    assert source.values == tomllib.loads(text, parse_float=Decimal)
    # Below the plain document, whose last table the first keys belong to.
    start = PLAIN.count("\n") + 2
    lines = {path: line - start for path, line in source.lines.items() if line >= start}
    tax = ("tax", 0)
    assert lines == {
        (*tax, "a"): 0,
        (*tax, "a", "b"): 0,
        (*tax, "a", "b", "c d"): 0,
        (*tax, "a", "b", "c d", 0): 1,
        (*tax, "a", "b", "c d", 1): 2,
        (*tax, "a", "b", "c d", 1, 0): 2,
        (*tax, "a", "b", "c d", 1, 1): 2,
        (*tax, "a", "b", "c d", 1, 1, "e"): 2,
        (*tax, "a", "b", "c d", 1, 1, "f"): 2,
        (*tax, "a", "b", "c d", 1, 1, "f", "g"): 2,
        ("h",): 4,
        ("h", "i.j"): 4,
        ("h", "i.j", "k"): 5,
        ("l",): 9,
        ("l", 0): 9,
        ("l", 0, "m"): 10,
        ("l", 0, "m", 0): 10,
        ("l", 0, "m", 0, "n"): 11,
        ("l", 0, "m", 1): 12,
        ("l", 0, "o"): 13,
        ("l", 1): 14,
        ("l", 1, "m"): 15,
        ("l", 1, "m", 0): 15,
        ("l", 1, "m", 0, "p"): 16,
        ("l", 1, "m", 0, "p", 0): 16,
        ("l", 1, "m", 0, "p", 1): 16,
    }


def test_numbers_are_exact_or_marked_as_none() -> None:
    source = read(b"a = 0.1\nb = nan\nc = 1e99999999999999999999\nd = 7")
    assert source.values == {
        "a": Decimal("0.1"),
        "b": Unreadable("nan"),
        "c": Unreadable("1e99999999999999999999"),
        "d": 7,
    }


def test_a_table_of_the_newer_toml_is_one_fault_or_none() -> None:
    # TOML 1.1 lets a table on one line have several lines; whether this Python reads it is its affair.
    text = changed("{ share = 0.50 }", "{\n    share = 0.50,\n}")
    assert {fault.where for fault in check(text)} <= {"charge[1].take"}
    assert len(check(text)) <= 1


FULL = (
    f"there are more than {STATEMENTS_MAX} keys and tables, or more than {TOKENS_MAX} words and marks; "
    "no price list needs as many."
)


def numbered(piece: str, count: int) -> str:
    """Return a piece of a document many times, with a number in the place of ``#``."""
    return "".join(piece.replace("#", str(number)) for number in range(count))


MANY = {
    "dotted keys": numbered("a#.b.c.d.e=1\n", 12_000),
    "headers": numbered("[a#]\n", 30_000),
    "lists of tables": "[[energy]]\nprice=1\n" * 11_000,
    "the same key": "price=2.0\n" * 20_000,
    "names": "[names.fr]\n" + numbered('c#="x"\n', 20_000),
    "tables in tables": "[[energy.times]]\n" * 15_000,
    "equals signs": "=" * 250_000,
    "equals signs apart": "a = " + "= " * 100_000,
    "quotation marks apart": "a = " + "1 '" * 80_000,
    "items of a list": "a = [" + "1," * 100_000 + "]",
    "items over many lines": "a = [" + "1,\n" * 80_000 + "]",
    "tables of a list": f"[[energy]]\nblocks=[{numbered('{upto=#,price=1},', 11_000)}]",
}


@pytest.mark.slow
@pytest.mark.parametrize("text", MANY.values(), ids=list(MANY))
def test_a_text_with_more_than_any_price_list_has_is_given_up(text: str) -> None:
    assert check(text) == (Fault(0, "", FULL),)


def test_as_many_keys_and_tables_as_are_allowed_are_read() -> None:
    most = numbered("a#=1\n", STATEMENTS_MAX)
    assert len(read(most.encode()).values) == STATEMENTS_MAX
    assert read(f"{most}b=1".encode()).faults == (Fault(0, "", FULL),)


def test_as_many_words_and_marks_as_are_allowed_are_read() -> None:
    # A key, its sign and two brackets; then an item and a comma each.
    items = "1," * (TOKENS_MAX // 2 - 2)
    assert len(read(f"a=[{items}]".encode()).values["a"]) == TOKENS_MAX // 2 - 2
    assert read(f"a=[{items}1]".encode()).faults == (Fault(0, "", FULL),)


DEEP = {
    "parts of a key": ".".join(["a"] * 100_000) + "=1",
    "tables": "a={" * 80_000,
    "lists": "a=" + "[" * 5000 + "]" * 5000,
    "lists and tables": "a=" + "[{b=" * 3000 + "1" + "}]" * 3000,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=list(DEEP))
def test_what_is_nested_too_deeply_is_one_fault_and_the_rest_is_read(text: str) -> None:
    source = read(f"first=1\n{text}\n\nlast=2".encode())
    deep = "brackets or keys are nested too deeply for a price list."
    assert [(fault.line, fault.reason) for fault in source.faults] == [(2, deep)]
    assert source.values == {"first": 1, "last": 2}


def test_a_long_text_that_does_not_end_hides_no_other() -> None:
    text = changed(NAME, 'name = """VAT').replace("amount = 200", 'x = """a""b"""\namount = 200')
    assert sorted(fault.where for fault in check(text)) == ["charge[1].x", "tax[1].name"]
    behind = changed("amount = 200", 'amount = """VAT').replace(NAME, "name = '''Value\nadded'''")
    assert [fault.where for fault in check(behind)] == ["charge[1].amount", "tax[1].name"]
    assert "text on one line" in check(behind)[1].reason


def test_a_text_that_does_not_end_takes_its_line_only() -> None:
    text = changed('["energy", "SERVICE"]', '["energy, "SERVICE"]')
    assert [(fault.line, fault.where) for fault in check(f"{text}rat = 1")] == [
        (line_of("on ="), "tax[1].on"),
        (line_of("on =") + 1, "tax[1].rat"),
    ]


PIECES = [
    *("a={\n", "a=[\n", "[[", "a=1\n", '"""', "a.", "{", "[a\n", "a b\n", "'''\n", "x={a=[{\n", "#\0\n"),
    *("\n", " \n", " "),
]
LONG = {
    # Long texts that do not end, each of which hides the end of the one before it.
    **dict.fromkeys(('"""\n\\', '\\"""\n', '"\\'), ""),
    # What might be taken for advice.
    **dict.fromkeys(("= ", "=#", "=1 ", "=1."), "a=[1 1 #"),
    # Lines inside a list.
    **dict.fromkeys(("1\n", "[ a =\n", "#\n"), "a=[\n"),
} | dict.fromkeys(PIECES, "")


@pytest.mark.slow
@pytest.mark.parametrize(("piece", "before"), LONG.items(), ids=[ascii(piece) for piece in LONG])
def test_no_text_takes_long(piece: str, before: str) -> None:
    # Reading must not be quadratic: this would take minutes.
    assert check((before + piece * (SIZE_MAX // len(piece)))[:SIZE_MAX])


def test_contradictions_at_the_end_of_a_long_text_take_no_long() -> None:
    long = "a=[" + "1," * 20_000 + "]\n" + numbered("k#=1\n", 2000)
    assert len(check(long + "k1=2\n" * 60)) == ROUNDS_MAX + 1
