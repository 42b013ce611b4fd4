"""Whatever text it is given, the reader of tariff documents gives a tariff or its own error, and no other."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltoken.errors import TariffDocumentError
from voltoken.tariff.document import Tariff
from voltoken.tariff.reading.check import check, load
from voltoken.tariff.reading.fields import FIELDS
from voltoken.tariff.reading.source import Unreadable, read

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "tariffs"
TEXTS = [path.read_text(encoding="utf-8") for path in sorted(EXAMPLES.rglob("*.toml"))]
KEYS = sorted({key for fields in FIELDS.values() for key in fields})
PIECES = sorted(
    {*KEYS, *(piece for text in TEXTS for piece in re.findall(r'"[^"\n]*"|[\w.-]+|\[\[\w+\]\]', text))}
)
MARKS = [
    "[",
    "]",
    "{",
    "}",
    "=",
    ",",
    ".",
    '"',
    "'",
    '"""',
    "'''",
    "\n",
    "\\",
    "#",
    " ",
    "\0",
    "é",
    "0",
    "-",
    "inf",
]


def expect_the_same_of_both(text: str | bytes) -> None:
    """Check a text and load it; the error has the faults of the check."""
    faults = check(text)
    if not faults:
        assert isinstance(load(text), Tariff)
        return
    with pytest.raises(TariffDocumentError) as caught:
        load(text)
    assert caught.value.faults == faults


def expect_tariff_or_faults(text: str | bytes) -> None:
    """Check a text, and load it when it is in order."""
    faults = check(text)
    if not faults:
        assert isinstance(load(text), Tariff)
    lines = (text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")).count(b"\n") + 1
    assert all(0 <= fault.line <= lines and fault.reason for fault in faults)


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    expect_tariff_or_faults(data)
    expect_the_same_of_both(data)


@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    expect_tariff_or_faults(text)
    expect_the_same_of_both(text)


@given(st.lists(st.sampled_from([*PIECES, *MARKS, *MARKS, "\n", " = "]), max_size=60))
def test_any_pieces_of_documents(pieces: list[str]) -> None:
    expect_tariff_or_faults('format = "voltoken-tariff/1"\n' + "".join(pieces))


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """Draw an example in which pieces are taken out, doubled, or put in the place of others."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        found = [match.span() for match in re.finditer(r'"[^"\n]*"|[\w.-]+|[^\w\s]', text)]
        start, end = draw(st.sampled_from(found))
        with_what = draw(st.sampled_from(["", text[start:end] * 2, *MARKS]) | st.sampled_from(PIECES))
        text = text[:start] + with_what + text[end:]
    return text


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(mutations())
def test_examples_with_mistakes(text: str) -> None:
    expect_tariff_or_faults(text)


@settings(max_examples=100, deadline=None)
@given(mutations(), st.data())
def test_examples_cut_short(text: str, data: st.DataObject) -> None:
    expect_tariff_or_faults(text[: data.draw(st.integers(0, len(text)))])


VALUES = st.recursive(
    st.sampled_from(
        [0, 1, -1, 5, 10**13, True, False, 0.5, "VAT", "energy", "month", "", "06:00-08:00", "2024-07-01"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=6,
)


def written(value: Any) -> str:
    """Write a value as TOML."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"'
        case list():
            return f"[{', '.join(map(written, value))}]"
        case dict():
            return f"{{ {', '.join(f'{key} = {written(item)}' for key, item in value.items())} }}"
    return str(value)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.sampled_from(TEXTS), st.sampled_from(KEYS), VALUES, st.booleans())
def test_examples_with_a_value_of_another_shape(text: str, key: str, value: Any, instead: bool) -> None:
    # The value of this key, or this key where another one is.
    place = "take" if instead else key
    expect_tariff_or_faults(re.sub(rf"(?m)^{place} = .*$", lambda _: f"{key} = {written(value)}", text))


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(mutations())
def test_what_is_read_without_a_fault_is_what_toml_says(text: str) -> None:
    source = read(text.encode())
    try:
        expected = tomllib.loads(text, parse_float=number)
    except ValueError:
        assert source.faults
    else:
        assert source.faults == ()
        assert source.values == expected
        for path, line in source.lines.items():
            keys = [part for part in path if isinstance(part, str)]
            # A key stands on its line, be it as a part of a header or of a dotted key.
            if keys and isinstance(path[-1], str):
                assert keys[-1] in text.replace("\r\n", "\n").split("\n")[line - 1]


def number(text: str) -> Decimal | Unreadable:
    value = Decimal(text)
    return value if value.is_finite() else Unreadable(text)
