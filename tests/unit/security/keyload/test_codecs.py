"""Key files of several formats are told apart and described, and no key is ever shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.unit.security.keyload.lab import file, record, refused, register
from voltoken.security.keyload import (
    BUILT_IN,
    CODEC_GROUP,
    FILE_MAX,
    Description,
    KeyFileCodec,
    codec_of,
    codecs_from,
    describe,
    parse,
)
from voltoken.sts import DKGA, KeyType, Service

HEADER = "9500" + "02" + "89050716" + "STS04A60" + "0404040404040404" + "E5502AECA2F30000"
KEY = (
    "9520" + "01" + "05" + "C" + "S" + "T" + "00" + "1122334455667788" + "99AABBCCDDEEFF00"
    "20261121" + "083000" + "20261122" + "000000" + "1" + "255" + "123456"
)
NAMED = KEY + "SOMEWHERE".ljust(15)
EDITION1 = f"{HEADER}\r\n{KEY}\r\n{NAMED}\r\n".encode()


def test_our_own_file_is_described_with_everything_but_keys() -> None:
    data = file([record(owner_auth="5e" * 32), record("123456/2", key_change_only=True)], ["123456/3"])
    found = describe(data)
    assert found.codec == "voltoken-klf"
    assert "not an STSA key load file" in found.notice
    assert "nothing here is verified" in found.notice
    assert found.heading["number"] == 7
    assert found.heading["digest"] == parse(data).digest
    first, second = found.records
    assert (first["key"], first["owner_auth"], first["services"]) == ("123456/1", "5e" * 32, "ELECTRICITY")
    assert first["check_value"] == register().check_value.value
    assert (second["key_change_only"], second["dkga"], second["eas"]) == (True, "04", "11")
    assert found.revoked == ("123456/3",)
    assert "wrapped" not in first


def test_a_first_key_and_a_key_for_two_services_are_described() -> None:
    first = record(bits=128, kt=KeyType.DITK, dkga=None)
    both = record("123456/2", dkga=DKGA.DKGA04, services=frozenset({Service.WATER, Service.ELECTRICITY}))
    rows = describe(file([first, both])).records
    assert (rows[0]["kt"], rows[0]["dkga"]) == ("DITK", None)
    assert rows[1]["services"] == "ELECTRICITY, WATER"


def test_an_edition_1_file_is_shown_with_what_is_not_known() -> None:
    found = describe(EDITION1)
    assert found.codec == "sts-ed1-klf"
    assert "never opened" in found.notice
    assert found.heading == {
        "record_count": "02 (inferred)",
        "module_id": "89050716 (inferred)",
        "firmware": "STS04A60 (inferred)",
    }
    first, second = found.records
    assert first["key_type"] == "C (letter code, not public)"
    assert first["encryption"] == "T (letter code, not public)"
    assert (first["sgc"], first["krn"], first["ken"]) == ("123456", "1", "255")
    assert (first["sent_date"], first["active_date"]) == ("20261121", "20261122")
    assert (first["supply_group_name"], second["supply_group_name"]) == ("", "SOMEWHERE")
    shown = str(found)
    assert "1122334455667788" not in shown
    assert "99AABBCCDDEEFF00" not in shown


def test_a_file_without_a_header_is_shown_as_well() -> None:
    found = describe(KEY.encode())
    assert (found.heading, len(found.records)) == ({}, 1)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([HEADER, KEY, ""], ""),
        ([HEADER, "", KEY], "fields"),
        ([HEADER, HEADER], "fields"),
        ([KEY, HEADER], "fields"),
        ([HEADER, "9530"], "fields"),
        ([HEADER[:21]], "fields"),
        ([KEY[:82]], "fields"),
        ([NAMED + "x"], "fields"),
        ([KEY[:73] + "X" + KEY[74:]], "fields"),
        ([KEY[:74] + " 55" + KEY[77:]], "fields"),
        ([KEY[:60] + "\x07" + KEY[61:]], "fields"),
        ([KEY + "é"], "fields"),
        ([KEY[:77] + "12345²"], "fields"),
        ([HEADER, *[KEY] * 1_000], "size"),
        ([HEADER, *[KEY] * 999], ""),
    ],
    ids=range(15),
)
def test_lines_that_do_not_fit_are_refused_by_number(lines: list[str], reason: str) -> None:
    data = "\n".join(lines).encode("latin-1")
    if reason:
        assert refused(lambda: describe(data)) == reason
    else:
        assert describe(data).codec == "sts-ed1-klf"


@pytest.mark.parametrize("data", [b"", b"{}", b"9510", b"hello", b"\xff" * 50, b"95"])
def test_what_no_codec_knows_is_refused_with_the_names_of_those_there_are(data: bytes) -> None:
    assert refused(lambda: describe(data)) == "format"


def test_a_damaged_file_of_ours_is_still_told_to_be_one_of_ours() -> None:
    data = file()[:-1]
    assert codec_of(data).id == "voltoken-klf"
    assert refused(lambda: describe(data)) == "json"


def test_no_file_of_more_than_a_mebibyte_is_looked_at() -> None:
    for data in (b"9520" + bytes(FILE_MAX), b'{"voltoken-klf"' + bytes(FILE_MAX)):
        assert refused(describe, data) == "size"
    for codec in BUILT_IN:
        assert refused(codec.describe, b"9520" + bytes(FILE_MAX)) == "size"
    assert refused(lambda: BUILT_IN[1].describe(b"{}")) == "format"


# ---------------------------------------------------------------- plug-ins


@dataclass(frozen=True)
class Licensed:
    """A codec as somebody with a licence would write it."""

    id: str = "licensed"
    can_import: bool = True
    surety: int = 80

    def probe(self, data: bytes) -> int:
        """Be sure of one word."""
        return self.surety if b"licensed" in data else 0

    def describe(self, data: bytes) -> Description:
        """Say how long it is."""
        return Description(self.id, f"{len(data)} bytes", {}, ())


@pytest.mark.parametrize(
    "plugin", [Licensed, Licensed(), lambda: Licensed(surety=90)], ids=["class", "value", "call"]
)
def test_a_plugin_is_one_codec_more(plugin: Any) -> None:
    codecs = codecs_from([("theirs", plugin)])
    assert [one.id for one in codecs] == ["voltoken-klf", "sts-ed1-klf", "licensed"]
    assert describe(b"a licensed file", codecs).codec == "licensed"
    assert describe(file(notice="licensed"), codecs).codec == "voltoken-klf"
    assert describe(EDITION1, codecs).codec == "sts-ed1-klf"


def test_the_surest_codec_has_it() -> None:
    codecs = codecs_from([("weak", Licensed("weak", True, 10)), ("strong", Licensed("strong", True, 70))])
    assert codec_of(b"licensed", codecs).id == "strong"
    assert codec_of(file(notice="licensed")[:-1], codecs).id == "strong"  # surer than of a damaged one


def test_how_sure_a_codec_is_is_what_it_says() -> None:
    ours, edition1 = BUILT_IN
    assert [ours.probe(data) for data in (file(), file()[:-1], EDITION1, b"")] == [100, 60, 0, 0]
    assert [edition1.probe(data) for data in (EDITION1, KEY.encode(), file(), b"")] == [90, 90, 0, 0]
    assert codec_of(b"licensed", codecs_from([("barely", Licensed(surety=1))])).id == "licensed"
    assert refused(codec_of, b"licensed", codecs_from([("not", Licensed(surety=0))])) == "format"


def test_no_plugin_is_given_more_than_a_mebibyte() -> None:
    codecs = codecs_from([("theirs", Licensed)])
    assert codec_of(b"licensed".ljust(FILE_MAX), codecs).id == "licensed"
    assert refused(codec_of, b"licensed".ljust(FILE_MAX + 1), codecs) == "size"


@pytest.mark.parametrize("plugin", [object(), None, 7, "x", object, Licensed("sts-ed1-klf")], ids=range(6))
def test_a_plugin_that_is_no_codec_or_takes_a_name_is_refused(plugin: object) -> None:
    assert refused(lambda: codecs_from([("theirs", plugin)])) == "codec"


def test_the_built_in_codecs_are_what_plugins_must_be() -> None:
    assert all(isinstance(one, KeyFileCodec) for one in BUILT_IN)
    assert [(one.id, one.can_import) for one in codecs_from([])] == [
        ("voltoken-klf", True),
        ("sts-ed1-klf", False),
    ]
    assert CODEC_GROUP == "voltoken.keyfile_codecs"
