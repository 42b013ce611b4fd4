"""Requests and approvals as documents: they say everything, cannot be changed, and come back as they went."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.access.people import DAY, HOUR, MINUTE, NOW, SEEDS, approval, request
from voltoken import canonical
from voltoken.access import (
    REQUEST_BYTES_MAX,
    Approval,
    BreakGlass,
    Request,
    Review,
    Verdict,
    break_glass,
    review_glass,
)
from voltoken.errors import ApprovalRefused, CanonicalError, FieldError

REQUEST: Any = request()
PAPERS: tuple[Any, ...] = (
    REQUEST,
    approval(REQUEST, "ben"),
    approval(REQUEST, "ben", Verdict.REJECT, reason="Not this month."),
    break_glass(REQUEST, "dan", "The other two are ill.", NOW, SEEDS["dan"]),
    review_glass(REQUEST, "eve", "It was right.", NOW, SEEDS["eve"]),
)
KINDS = (Request, Approval, BreakGlass, Review)


def written(paper: Any) -> bytes:
    """Return a paper's document in its one form."""
    return canonical.write(paper.document()).encode("ascii")


def edited(paper: Any, **changes: Any) -> bytes:
    """Return a paper's document with fields changed."""
    return canonical.write(paper.document() | changes).encode("ascii")


@pytest.mark.parametrize("number", range(len(PAPERS)))
def test_what_was_written_is_read_back(number: int) -> None:
    paper = PAPERS[number]
    assert type(paper).read(written(paper)) == paper


def test_the_hash_is_over_everything_a_request_says() -> None:
    changes: list[dict[str, Any]] = [
        {"domain": "kmc/C2"},
        {"request_id": "r-2"},
        {"act": "key.destroy"},
        {"body": {"sgc": "123456", "keys": 4}},
        {"maker": "ben"},
        {"made_at": NOW + MINUTE},
        {"until": NOW + HOUR},
        {"needs": 1},
    ]
    assert {name for change in changes for name in change} == set(Request.__slots__)
    hashes = {request(**change).hash for change in changes} | {REQUEST.hash}
    assert len(hashes) == len(changes) + 1


def test_the_hash_of_a_request_is_written_down() -> None:
    """A change of what is hashed makes every signature that people have given worthless."""
    assert REQUEST.signed_bytes() == b"voltoken-request/1|" + REQUEST.hash.encode()
    text = (
        'voltoken-request/1|{"act":"key.make","body":{"keys":3,"sgc":"123456"},"domain":"kmc/C1",'
        '"made_at":"2026-11-21T09:00:00.000000Z","maker":"ann","needs":2,"request_id":"r-1",'
        '"until":"2026-11-22T09:00:00.000000Z"}'
    )
    assert REQUEST.hash == hashlib.sha256(text.encode()).hexdigest()


def test_what_an_approver_signs_is_written_down() -> None:
    assert approval(REQUEST, "ben", reason="Seen.").signed_bytes().decode() == (
        'voltoken-approval/1|{"at":"2026-11-21T09:01:00.000000Z","person_id":"ben","reason":"Seen.",'
        f'"request_hash":"{REQUEST.hash}","verdict":"approve"}}'
    )


def test_nobody_changes_a_request_that_was_judged() -> None:
    body: Any = {"keys": 3, "modules": [{"id": "A"}, {"id": "B"}]}
    asked: Any = request(body)
    before = asked.hash
    body["keys"] = 30
    body["modules"][0]["id"] = "C"
    assert asked.hash == before
    with pytest.raises(TypeError):
        asked.body["keys"] = 30
    with pytest.raises(TypeError):
        asked.body["modules"][0]["id"] = "C"
    with pytest.raises(AttributeError):
        asked.body["modules"].append({"id": "C"})


def test_the_facts_are_the_texts_and_whole_numbers_at_the_top() -> None:
    asked = request({"sgc": "123456", "keys": 3, "dry": True, "list": [1], "none": None, "in": {"keys": 9}})
    assert asked.facts == {"sgc": "123456", "keys": 3}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"domain": ""}, "domain"),
        ({"domain": "a\n"}, "domain"),
        ({"domain": "a" * 101}, "domain"),
        ({"request_id": "R 1"}, "request_id"),
        ({"act": "key.*"}, "act"),
        ({"maker": "Ann"}, "maker"),
        ({"made_at": NOW.replace(tzinfo=None)}, "made_at"),
        ({"until": "tomorrow"}, "until"),
        ({"until": NOW}, "until"),
        ({"until": NOW - MINUTE}, "until"),
        ({"until": NOW + 7 * DAY + MINUTE}, "until"),
        ({"needs": -1}, "needs"),
        ({"needs": 21}, "needs"),
        ({"needs": True}, "needs"),
        ({"body": []}, "body"),
    ],
)
def test_a_request_out_of_range_is_refused(changes: dict[str, Any], field: str) -> None:
    fields = {name: getattr(REQUEST, name) for name in Request.__slots__}
    with pytest.raises(FieldError) as caught:
        Request(**fields | changes)
    assert caught.value.field == field


def test_a_request_may_be_open_for_exactly_seven_days() -> None:
    assert request(until=NOW + 7 * DAY, needs=20).needs == 20


def endless() -> dict[str, Any]:
    """Return an object that holds itself."""
    body: dict[str, Any] = {}
    body["again"] = body
    return body


@pytest.mark.parametrize(
    "body",
    [{"amount": 1.5}, {"key": b"bytes"}, {"at": NOW}, {7: 1}, {"n": 1 << 63}, endless(), {"x": "\ud800"}],
    ids=range(7),
)
def test_a_body_without_one_form_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(CanonicalError):
        request(body)


def test_a_body_of_more_than_a_mebibyte_is_refused() -> None:
    with pytest.raises(CanonicalError) as caught:
        request({"list": "a" * REQUEST_BYTES_MAX})
    assert caught.value.reason == "size"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"request_hash": "ab"}, "request_hash"),
        ({"request_hash": "A" * 64}, "request_hash"),
        ({"request_hash": 7}, "request_hash"),
        ({"person_id": "Ben"}, "person_id"),
        ({"at": NOW.replace(tzinfo=None)}, "at"),
        ({"reason": "two\nlines"}, "reason"),
        ({"reason": "a" * 501}, "reason"),
        ({"reason": None}, "reason"),
        ({"signature": bytes(63)}, "signature"),
        ({"signature": "00"}, "signature"),
    ],
)
@pytest.mark.parametrize("number", [1, 3, 4])
def test_a_paper_out_of_range_is_refused(number: int, changes: dict[str, Any], field: str) -> None:
    paper = PAPERS[number]
    fields = {name: getattr(paper, name) for name in type(paper).__slots__}
    with pytest.raises(FieldError) as caught:
        type(paper)(**fields | changes)
    assert caught.value.field == field


def test_a_verdict_is_one_of_two() -> None:
    paper: Any = PAPERS[1]
    with pytest.raises(FieldError, match="verdict"):
        replace(paper, verdict="approve")


def test_glass_is_not_broken_without_a_reason() -> None:
    with pytest.raises(FieldError, match="reason"):
        break_glass(REQUEST, "dan", "", NOW, SEEDS["dan"])


def read_error(kind: Any, data: bytes) -> ApprovalRefused:
    """Return why a document is not read."""
    with pytest.raises(ApprovalRefused) as caught:
        kind.read(data)
    assert caught.value.reason == "form"
    return caught.value


@pytest.mark.parametrize(
    ("number", "changes"),
    [
        (0, {"made_at": "2026-11-21T09:00:00Z"}),
        (0, {"until": 7}),
        (0, {"needs": "2"}),
        (0, {"body": "x"}),
        (0, {"maker": ["ann"]}),
        (0, {"more": 1}),
        (1, {"verdict": "Approve"}),
        (1, {"verdict": ["approve"]}),
        (1, {"at": None}),
        (1, {"signature": "00" * 63}),
        (1, {"signature": "A0" * 64}),
        (1, {"signature": "0" * 127}),
        (1, {"signature": None}),
        (1, {"request_hash": None}),
        (1, {"person_id": {}}),
        (3, {"reason": ""}),
        (3, {"at": "now"}),
        (4, {"more": 1}),
    ],
    ids=range(18),
)
def test_a_document_with_something_else_in_it_is_not_read(number: int, changes: dict[str, Any]) -> None:
    read_error(type(PAPERS[number]), edited(PAPERS[number], **changes))


def test_a_document_that_lacks_something_is_not_read() -> None:
    document = REQUEST.document()
    del document["needs"]
    error = read_error(Request, canonical.write(document).encode())
    assert "needs" in error.message


@pytest.mark.parametrize("number", range(len(PAPERS)))
def test_a_document_that_was_cut_off_or_is_not_in_its_one_form_is_not_read(number: int) -> None:
    kind, data = type(PAPERS[number]), written(PAPERS[number])
    for length in range(len(data)):
        read_error(kind, data[:length])
    read_error(kind, data.replace(b",", b", "))
    read_error(kind, data + b"\n")
    read_error(kind, b'{"at":1,' + data[1:])


def test_a_document_that_is_too_long_is_not_read() -> None:
    assert "the most" in read_error(Approval, b" " * 8193).message
    assert "the most" in read_error(Request, b" " * (REQUEST_BYTES_MAX + 1)).message


DOCUMENTS = st.dictionaries(
    st.sampled_from(sorted({name for kind in KINDS for name in kind.__slots__})),
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=10)
    | st.sampled_from(["approve", "00" * 64, "00" * 32, "2026-11-21T09:00:00.000000Z", "ann"])
    | st.lists(st.integers(), max_size=2)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    max_size=9,
)


@settings(max_examples=60)
@given(st.sampled_from(KINDS), st.binary(max_size=60))
@example(Request, b"\xff")
@example(Approval, b"[" * 5000)
def test_bytes_from_outside_are_read_or_refused_and_nothing_else(kind: Any, data: bytes) -> None:
    with contextlib.suppress(ApprovalRefused):
        kind.read(data)


@settings(max_examples=120)
@given(st.integers(0, len(PAPERS) - 1), st.data())
def test_documents_with_wild_values_are_read_or_refused_and_nothing_else(
    number: int, data: st.DataObject
) -> None:
    paper = PAPERS[number]
    names = st.sampled_from(type(paper).__slots__)
    wild = data.draw(st.dictionaries(names, DOCUMENTS | st.integers() | st.text(max_size=9), max_size=3))
    try:
        document = edited(paper, **wild)
    except CanonicalError:  # a number that no document holds
        return
    try:
        found = type(paper).read(document)
    except ApprovalRefused:
        return
    assert written(found) == document
