"""keychange_ea11.json and the key change tokens of ea07_sample.json: sections, sets, the key they carry."""

from __future__ import annotations

from itertools import groupby, permutations

import pytest

from tests.vectors.files import Entry, cases, derive, group, token_cipher
from tests.vectors.tokens import is_key_change, section_of, stated_fields
from voltoken.errors import RuleError
from voltoken.sts import (
    KeyChangeSection,
    Set1stSectionDecoderKey,
    Token,
    assemble,
    decode,
    encode,
    encode_key_change,
    extract_class,
    key_change_set,
    pack,
)

SAMPLE = [entry for entry in group("ea07_sample", "tokens") if is_key_change(entry)]
SETS = [
    *(pytest.param(case["tokens"], id=case["set"]) for case in group("keychange_ea11", "keychange_sets")),
    *(pytest.param(list(rows), id=name) for name, rows in groupby(SAMPLE, lambda entry: entry["set"])),
]
COMPLETE = [case for case in SETS if case.id != "CTSA05-step3"]

Entries = list[Entry]


def options(tokens: Entries) -> dict[str, bool]:
    """Return what the first section of a set says about the whole."""
    return {"roll_over": tokens[0]["ro"] == 1, "carry_sgc": tokens[0]["bit_3kct"] == 1}


def sections(tokens: Entries) -> list[KeyChangeSection]:
    """Return the decoded sections of a set."""
    found: list[KeyChangeSection] = []
    for entry in tokens:
        token = decode(entry["token"], token_cipher(entry))
        assert isinstance(token, KeyChangeSection)
        found.append(token)
    return found


@pytest.mark.parametrize("tokens", SETS)
def test_both_keys_of_a_set(tokens: Entries) -> None:
    for entry in tokens:
        for key in (entry["key"], entry["new_key"]):
            assert derive(key, entry["ea"]).key.hex() == key["decoder_key"]


@pytest.mark.parametrize("tokens", SETS)
def test_sections_are_encoded_with_every_value_on_the_way(tokens: Entries) -> None:
    for entry in tokens:
        section: Token = section_of(entry, **options(tokens))
        assert section.layout.name == entry["type"]
        block = pack(section)
        assert f"{block:016x}" == entry["block64_hex"]
        assert f"{block & 0xFFFF:04x}" == entry["crc_hex"]
        number = encode(section, token_cipher(entry))
        assert number.digits == entry["token"]
        sent = f"{extract_class(number)[1]:016x}"
        assert sent == entry.get("cipher64_hex", sent)


@pytest.mark.parametrize("tokens", SETS)
def test_sections_are_decoded_to_their_fields(tokens: Entries) -> None:
    for entry, section in zip(tokens, sections(tokens), strict=True):
        fields = stated_fields(entry)
        assert fields
        assert {name: getattr(section, name) for name in fields} == fields
        assert (section.token_class, section.subclass) == (entry["class"], entry["subclass"])


@pytest.mark.parametrize("tokens", COMPLETE)
def test_the_whole_set_is_made_from_the_two_keys(tokens: Entries) -> None:
    first = tokens[0]
    current = derive(first["key"], first["ea"])
    new = derive(first["new_key"], first["ea"], first.get("ken", 255))
    made = key_change_set(current, new, **options(tokens))
    numbers = encode_key_change(made, token_cipher(first))
    assert [number.digits for number in numbers] == [entry["token"] for entry in tokens]


@pytest.mark.parametrize("tokens", COMPLETE)
def test_sections_in_any_order_give_the_carried_key(tokens: Entries) -> None:
    first, new = tokens[0], tokens[0]["new_key"]
    found = sections(tokens)
    for order in permutations(found):
        carried = assemble(order, key_bits=4 * len(new["decoder_key"]))
        assert carried.key.hex() == new["decoder_key"]
        assert (carried.kt, carried.krn, carried.ti) == (new["key_type"], new["krn"], new["ti"])
        assert carried.ken == first.get("ken", 255)
        assert carried.sgc == (new["sgc"] if len(tokens) > 2 else None)
        assert carried.roll_over is (first["ro"] == 1)


def test_an_excerpt_of_a_set_is_not_complete() -> None:
    (excerpt,) = (entry for entry in group("keychange_ea11", "keychange_sets") if not entry["complete"])
    assert excerpt["sections"] == [1, 2]
    with pytest.raises(RuleError, match="3rd, 4th"):
        assemble(sections(excerpt["tokens"]), key_bits=128)


@pytest.mark.parametrize("entry", cases("keychange_ea11", "keychange_sets", "set"))
def test_the_published_sets_say_truly_what_they_hold(entry: Entry) -> None:
    assert entry["complete"] is (entry["sections"] == [1, 2, 3, 4])
    assert len(entry["tokens"]) == len(entry["sections"])
    assert isinstance(sections(entry["tokens"])[0], Set1stSectionDecoderKey)
