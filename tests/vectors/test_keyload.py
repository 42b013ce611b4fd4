"""files/keyload.json: key load files that a second implementation has made, and what must be rejected."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.naive import keyload as naive
from tests.vectors.files import Entry, cases, group
from tools import keyload_vectors
from voltoken.canonical import read_moment
from voltoken.errors import KeyFileError
from voltoken.security import KeyRef, read_register
from voltoken.security.keyload import (
    DatedKey,
    FileRole,
    Header,
    KeyRecord,
    Opened,
    TrustedCentre,
    TrustList,
    build,
    exchange_public,
    open_file,
    parse,
    signing_public,
    signing_with,
)
from voltoken.security.keyload.building import wrapping_keys
from voltoken.security.keyload.container import attributes
from voltoken.security.keyload.primitives import agree

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FILES = {entry["id"]: entry for entry in group("files/keyload", "files")}


def header_of(entry: Entry) -> Header:
    fields = entry["header"]
    assert (fields["format"], fields["version"], fields["kex"]) == ("voltoken-klf", 1, "S1")
    return Header(
        fields["file_id"],
        fields["kmc_id"],
        fields["sm_id"],
        FileRole(fields["role"]),
        fields["seq"],
        moment(fields["issued_at"]),
        moment(fields["not_after"]),
        fields["request_id"],
        fields["notice"],
    )


def moment(text: str) -> datetime:
    found = read_moment(text)
    assert found is not None
    return found


def record_of(key: Entry) -> KeyRecord:
    attrs = dict(key["attrs"])
    owner_auth = attrs.pop("owner_auth")
    return KeyRecord(read_register(attrs | {"in_hardware": False}), owner_auth, bytes.fromhex(key["key"]))


def opened(entry: Entry, data: bytes) -> Opened:
    """Open bytes as the recipient of an entry does."""
    public = signing_public(bytes.fromhex(entry["centre_seed"]))
    key = DatedKey(public, NOW - timedelta(days=30), NOW + timedelta(days=300))
    centre = TrustedCentre(entry["header"]["kmc_id"], (key,), key.begin, key.end)
    return open_file(
        parse(data),
        recipient_id=entry["header"]["sm_id"],
        exchange=bytes.fromhex(entry["exchange"]),
        role=FileRole(entry["header"]["role"]),
        trust=TrustList(1, NOW, (centre,)),
        last_seq=entry["header"]["seq"] - 1,
        now=NOW,
    )


@pytest.mark.parametrize("entry", cases("files/keyload", "files"))
def test_the_inputs_give_the_file(entry: Entry) -> None:
    seed = bytes.fromhex(entry["centre_seed"])
    data = build(
        header_of(entry),
        [record_of(key) for key in entry["keys"]],
        [KeyRef.parse(ref) for ref in entry["revoked"]],
        recipient_key=exchange_public(bytes.fromhex(entry["exchange"])),
        ephemeral=bytes.fromhex(entry["ephemeral"]),
        sign=signing_with(seed),
        public=signing_public(seed),
    )
    assert data.decode() == entry["file"]
    assert hashlib.sha256(data).hexdigest() == entry["digest"]


@pytest.mark.parametrize("entry", cases("files/keyload", "files"))
def test_the_file_gives_the_inputs(entry: Entry) -> None:
    found = opened(entry, entry["file"].encode())
    assert found.digest == entry["digest"]
    assert list(found.records) == [record_of(key) for key in entry["keys"]]
    assert [str(ref) for ref in found.revoked] == entry["revoked"]
    assert header_of(entry) == dataclasses.replace(found.header, sm_key_fp="", epk=b"")


@pytest.mark.parametrize("entry", cases("files/keyload", "files"))
def test_what_is_in_between_is_as_it_says(entry: Entry) -> None:
    file = parse(entry["file"].encode())
    shared = agree(bytes.fromhex(entry["exchange"]), file.header.epk)
    assert shared.hex() == entry["shared_hex"]
    kek_of = wrapping_keys(shared, file.header)
    assert [kek_of(attributes(key.register, key.owner_auth)).hex() for key in file.keys] == entry["kek_hex"]


@pytest.mark.parametrize("entry", cases("files/keyload", "files"))
def test_the_naive_form_opens_it_as_well(entry: Entry) -> None:
    public = signing_public(bytes.fromhex(entry["centre_seed"]))
    found = naive.open_file(entry["file"].encode(), bytes.fromhex(entry["exchange"]), public)
    assert [{"attrs": attrs, "key": key.hex()} for attrs, key in found] == entry["keys"]


@pytest.mark.parametrize("entry", cases("files/keyload", "refused"))
def test_what_must_be_rejected_is_rejected_for_its_reason(entry: Entry) -> None:
    data = entry["file"].encode() + b" " * entry.get("blanks", 0)
    with pytest.raises(KeyFileError) as caught:
        opened(FILES[entry["like"]], data)
    assert caught.value.reason == entry["reason"]


def test_the_file_is_what_its_generator_writes(capsys: Any, monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.argv", ["keyload_vectors", "--check"])
    assert keyload_vectors.main() == 0
    monkeypatch.setattr(keyload_vectors, "FILE", tmp_path / "files" / "keyload.json")
    assert keyload_vectors.main() == 1
    monkeypatch.setattr("sys.argv", ["keyload_vectors"])
    assert keyload_vectors.main() == 0
    assert keyload_vectors.FILE.read_text(encoding="utf-8") == keyload_vectors.document()
    assert "another" in capsys.readouterr().out
