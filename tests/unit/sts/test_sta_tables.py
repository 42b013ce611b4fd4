"""The file of STA tables: every fault is explained, and the sample set never passes for another."""

from __future__ import annotations

from typing import Any

import pytest

from voltoken.errors import FieldError
from voltoken.sts import EA, SAMPLE_TABLES, DecoderKey, STATables, TokenCipher

FIRST = [(7 * value + 3) % 16 for value in range(16)]
SECOND = [(5 * value + 1) % 16 for value in range(16)]
PLACES = [(11 * value + 5) % 64 for value in range(64)]

Document = dict[str, Any]


def document(**changes: object) -> Document:
    """Return a good file with changes."""
    return {"substitution_1": FIRST, "substitution_2": SECOND, "permutation": PLACES, **changes}


def inverse(table: list[int]) -> list[int]:
    """Return the table that undoes another."""
    return [table.index(value) for value in range(len(table))]


SAMPLE: Document = {
    "substitution_1": list(SAMPLE_TABLES.substitution_1),
    "substitution_2": list(SAMPLE_TABLES.substitution_2),
    "permutation": list(SAMPLE_TABLES.permutation),
}


def test_a_good_file_is_read() -> None:
    tables = STATables.from_document(document(label="Utility 7", source="letter of 2 May", note="copy 1"))
    assert tables.label == "Utility 7"
    assert STATables.from_document(document(label="x" * 40)).label == "x" * 40
    assert not tables.is_sample
    assert list(tables.substitution_1) == FIRST
    assert list(tables.substitution_2) == SECOND
    assert list(tables.permutation) == PLACES


def test_without_a_label_tables_are_called_licensed() -> None:
    assert STATables.from_document(document()).label == "licensed tables"


@pytest.mark.parametrize(
    ("content", "field", "words"),
    [
        ([FIRST], "STA table file", "a JSON object with the keys substitution_1, substitution_2"),
        (None, "STA table file", "a JSON object"),
        ({}, "STA table file", "an object with substitution_1, substitution_2, permutation"),
        ({"permutation": PLACES}, "STA table file", "Missing: substitution_1, substitution_2"),
        (document(sbox=[]), "STA table file", "Unknown is 'sbox'"),
        (document(label=7), "label", "text of at most 40 printable characters"),
        (document(label="x" * 41), "label", "text of at most 40 printable characters"),
        (document(label="a\nb"), "label", "text of at most 40 printable characters"),
        (document(label=""), "label", "a name other than that of the standard's sample set"),
        (document(label="sample tables"), "label", "a name other than"),
        (document(substitution_1="0123456789ABCDEF"), "substitution_1", "a list of the numbers 0 to 15"),
        (document(substitution_1=None), "substitution_1", "a list of the numbers 0 to 15"),
        (document(substitution_2=FIRST[:15]), "substitution_2", "It has 15 entries"),
        (document(permutation=[*PLACES, 64]), "permutation", "It has 65 entries"),
        (document(permutation=[PLACES[1], *PLACES[1:]]), "permutation", "An entry is repeated"),
        (document(substitution_1=[value + 1 for value in FIRST]), "substitution_1", "or no whole number"),
        (document(substitution_1=[float(value) for value in FIRST]), "substitution_1", "or no whole number"),
        (document(substitution_1=[[], *FIRST[1:]]), "substitution_1", "or no whole number"),
        (document(substitution_1=[value if value > 1 else value == 1 for value in FIRST]),
         "substitution_1", "or no whole number"),
    ],
)  # fmt: skip
def test_every_fault_of_a_file_is_explained(content: object, field: str, words: str) -> None:
    with pytest.raises(FieldError) as refused:
        STATables.from_document(content)
    assert refused.value.field == field
    assert words in refused.value.message


def test_decryption_tables_are_checked_in_the_order_of_the_standard() -> None:
    checked = document(
        decryption_substitution_1=inverse(SECOND),
        decryption_substitution_2=inverse(FIRST),
        decryption_permutation=inverse(PLACES),
    )
    assert list(STATables.from_document(checked).substitution_1) == FIRST


def test_inverse_tables_are_checked_against_their_namesakes() -> None:
    checked = document(
        inverse_substitution_1=inverse(FIRST),
        inverse_substitution_2=inverse(SECOND),
        inverse_permutation=inverse(PLACES),
    )
    assert list(STATables.from_document(checked).substitution_1) == FIRST


@pytest.mark.parametrize(
    ("name", "table", "words"),
    [
        ("decryption_substitution_1", inverse(FIRST), "decryption table 1 is the inverse of substitution 2"),
        ("decryption_substitution_2", inverse(SECOND), "decryption table 1 is the inverse of substitution 2"),
        ("decryption_permutation", PLACES, "the inverse of the matching encryption table"),
        ("decryption_permutation", inverse(PLACES)[:63], "It has 63 entries"),
        ("inverse_substitution_1", inverse(SECOND), "the inverse of the matching encryption table"),
        ("inverse_substitution_2", inverse(FIRST), "the inverse of the matching encryption table"),
        ("inverse_permutation", PLACES, "the inverse of the matching encryption table"),
        ("decryption_substitution_1", 7, "a list of the numbers 0 to 15"),
    ],
)
def test_decryption_tables_that_do_not_fit_are_refused(name: str, table: object, words: str) -> None:
    with pytest.raises(FieldError) as refused:
        STATables.from_document(document(**{name: table}))
    assert refused.value.field == name
    assert words in refused.value.message


def test_no_refusal_shows_the_tables() -> None:
    wrong = [*PLACES[:63], 99]
    with pytest.raises(FieldError) as refused:
        STATables.from_document(document(permutation=wrong))
    assert "99" not in repr(vars(refused.value))


@pytest.mark.parametrize("label", ["licensed tables", "Utility 7", "", "sample tables"])
def test_the_sample_set_is_always_labelled_as_such(label: str) -> None:
    for tables in (
        STATables.from_document({**SAMPLE, "label": label}),
        STATables(SAMPLE["substitution_1"], SAMPLE["substitution_2"], SAMPLE["permutation"], label),
    ):
        assert tables.is_sample
        assert tables.label == "sample tables"
        assert tables_label(tables) == "EA07 (sample tables)"


def test_a_set_that_differs_in_one_entry_is_not_the_sample_set() -> None:
    first = SAMPLE["substitution_1"]
    changed = [first[1], first[0], *first[2:]]
    tables = STATables.from_document({**SAMPLE, "substitution_1": changed})
    assert not tables.is_sample
    assert tables_label(tables) == "EA07 (licensed tables)"


def tables_label(tables: STATables) -> str:
    """Return what a cipher on these tables is called."""
    return TokenCipher(DecoderKey(bytes(8), EA.STA), tables).label


def test_lookup_tables_are_built_once() -> None:
    tables = STATables.from_document(document())
    assert tables.encryption() is tables.encryption()
    assert tables.decryption() is tables.decryption()
