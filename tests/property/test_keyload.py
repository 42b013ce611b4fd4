"""Whatever is given as a document of a centre or a module: it is read, or refused by its own error."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.security.keyload import test_identities, test_proofs, test_requests
from tests.unit.security.keyload.lab import TRUST, file, opened, record, resigned
from tests.unit.security.keyload.test_codecs import EDITION1
from voltoken import canonical
from voltoken.errors import CanonicalError, KeyFileError
from voltoken.security.keyload import (
    BUILT_IN,
    REASONS,
    codec_of,
    describe,
    parse,
    read_centre,
    read_challenge,
    read_module,
    read_receipt,
    read_request,
    read_trust,
    write_centre,
    write_trust,
)

FILE = file([record(), record("123456/2", bits=64)], ["123457/1"])
READERS: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "file": (parse, FILE),
    "centre": (read_centre, write_centre(test_identities.TWO_KEYS, test_identities.SIGNS)),
    "module": (read_module, test_proofs.IDENTITY),
    "trust": (read_trust, write_trust(TRUST)),
    "challenge": (read_challenge, test_proofs.CHALLENGE),
    "proof": (test_proofs.checked, test_proofs.answer()),
    "request": (read_request, test_requests.SIGNED_REQUEST),
    "receipt": (read_receipt, test_requests.SIGNED_RECEIPT),
    "description": (describe, FILE),
    "edition1": (describe, EDITION1),
}

values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(1 << 63), 1 << 63),
        st.text(max_size=60),
        st.sampled_from(("voltoken-klf", "S1", "123456/1", "AAAA", "2026-11-21T08:30:00.000000Z")),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)


def read_or_refused(read: Callable[[bytes], object], data: bytes) -> None:
    """Read, and let the one error pass that may come."""
    try:
        read(data)
    except KeyFileError as error:
        assert error.reason in REASONS  # noqa: PT017 - which error it is, is what is tested


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every place of a document: the container and where in it."""
    found: list[tuple[Any, Any]] = []
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for place, inner in inside:
        found += [(value, place), *places(inner)]
    return found


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=40)
@given(data=st.one_of(st.binary(max_size=80), st.text(max_size=80).map(str.encode)))
@example(b"[" * 5_000)
@example(b'{"a":1e999999999}')
@example(b'{"a":"\\ud800"}')
@example(b"9" * 5_000)
@example(b"9520" + b"0" * 79)
def test_any_bytes_are_refused_by_the_one_error(name: str, data: bytes) -> None:
    read_or_refused(READERS[name][0], data)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=60)
@given(st.data())
def test_a_document_with_one_thing_changed_is_read_or_refused(name: str, data: st.DataObject) -> None:
    read, whole = READERS[name]
    if name == "edition1":
        spoilt = bytearray(whole)
        spoilt[data.draw(st.integers(0, len(spoilt) - 1))] = data.draw(st.integers(0, 255))
        read_or_refused(read, bytes(spoilt))
        return
    document = json.loads(whole)
    holder, place = data.draw(st.sampled_from(places(document)))
    if data.draw(st.booleans()):
        del holder[place]
    else:
        holder[place] = data.draw(values)
    with suppress(CanonicalError):
        read_or_refused(read, canonical.write(document).encode())


@settings(max_examples=80)
@given(st.data())
def test_a_signed_file_with_one_thing_changed_is_never_opened_as_another(data: st.DataObject) -> None:
    """The centre's own key has signed the change; still no key comes out under other attributes."""

    def change(document: dict[str, Any]) -> None:
        names = [each for each in places(document) if each[0] is not document and "sig" not in each]
        holder, place = data.draw(st.sampled_from(names))
        if data.draw(st.booleans()):
            del holder[place]
        else:
            holder[place] = data.draw(values)

    right = opened(FILE)
    secrets = {one.secret: one for one in right.records}
    try:
        found = opened(resigned(FILE, change))
    except (KeyFileError, CanonicalError):
        return
    assert all(secrets[one.secret] == one for one in found.records)
    assert found.header == right.header  # what may change unseen by the wrap: records left out, revoked


@given(st.binary(max_size=200))
@example(FILE)
@example(EDITION1)
def test_probing_raises_nothing_and_says_how_sure_it_is(data: bytes) -> None:
    assert all(0 <= codec.probe(data) <= 100 for codec in BUILT_IN)
    with suppress(KeyFileError):
        assert codec_of(data).describe(data).codec in {codec.id for codec in BUILT_IN}
