"""misty1.json and the blocks of ea07_sample.json: the raw ciphers, both ways."""

from __future__ import annotations

import pytest

from tests.vectors.files import Entry, cases, document
from voltoken.sts import EA, SAMPLE_TABLES, DecoderKey, STATables, TokenCipher


def cipher_of(entry: Entry, ea: EA) -> TokenCipher:
    """Return the cipher of an entry's key."""
    return TokenCipher(DecoderKey(bytes.fromhex(entry["key"]), ea), SAMPLE_TABLES)


@pytest.mark.parametrize("entry", cases("misty1", "misty1"))
def test_misty1_both_ways(entry: Entry) -> None:
    block = cipher_of(entry, EA.MISTY1).block
    assert f"{block.encrypt(int(entry['plain'], 16)):016x}" == entry["cipher"]
    assert f"{block.decrypt(int(entry['cipher'], 16)):016x}" == entry["plain"]


@pytest.mark.parametrize("entry", cases("ea07_sample", "blocks"))
def test_sta_both_ways(entry: Entry) -> None:
    block = cipher_of(entry, EA.STA).block
    assert f"{block.encrypt(int(entry['plain'], 16)):016x}" == entry["cipher"]
    assert f"{block.decrypt(int(entry['cipher'], 16)):016x}" == entry["plain"]


def test_the_built_in_sample_tables_are_those_of_the_file() -> None:
    tables = document("ea07_sample")["sample_tables"]
    read = STATables.from_document(tables)
    assert read.is_sample
    assert SAMPLE_TABLES.is_sample
    assert list(SAMPLE_TABLES.substitution_1) == tables["substitution_1"]
    assert list(SAMPLE_TABLES.substitution_2) == tables["substitution_2"]
    assert list(SAMPLE_TABLES.permutation) == tables["permutation"]
