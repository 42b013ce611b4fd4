"""Many requests at once are decided as one by one; kept answers are read, or refused as damaged."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from tests.property.attempts import attempt
from tests.property.module_requests import callers, requests, small_desk
from tests.unit.security.desk import Desk, change, credit, meter_test
from voltoken.errors import FieldError, JournalError
from voltoken.security import Decision, IssueRequest, KeyRef, Refusal, pack, unpack

asked = st.lists(st.tuples(callers, requests, st.integers(0, 255)), min_size=3, max_size=20)


def decided(desk: Desk, rows: list[tuple[str, IssueRequest, int]]) -> list[Decision]:
    """Decide rows in one call, and take what is to be kept into the memory."""
    chance = bytes(rnd for _, _, rnd in rows)
    wanted = [(caller, request) for caller, request, _ in rows]
    made = desk.engine.decide(desk.memory, wanted, desk.now, chance)
    for one in made:
        desk.memory.take(one.records)
    return made


@given(asked, st.lists(st.integers(1, 19), max_size=5), st.lists(st.integers(0, 19), max_size=4))
def test_a_batch_is_decided_as_if_its_requests_came_one_after_the_other(
    rows: list[tuple[str, IssueRequest, int]], cuts: list[int], approved: list[int]
) -> None:
    together, cut, single = small_desk(), small_desk(), small_desk()
    for desk in (together, cut, single):
        for place in approved:
            if place < len(rows):
                desk.approve(rows[place][1], caller=rows[place][0])

    at_once = decided(together, rows)
    places = sorted({0, len(rows), *(one for one in cuts if one < len(rows))})
    in_parts = [one for start, end in pairwise(places) for one in decided(cut, rows[start:end])]
    one_by_one = [one for row in rows for one in decided(single, [row])]

    assert at_once == in_parts == one_by_one
    assert together.remembered() == cut.remembered() == single.remembered()
    for one in at_once:
        event(one.answer.code if isinstance(one.answer, Refusal) else type(one.answer).__name__)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just("123456/1"),
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=30,
)


@given(
    st.binary(max_size=80)
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.tuples(st.sampled_from(["token", "set", "test"]), st.lists(json_values, max_size=12)).map(
        lambda parts: json.dumps([1, parts[0], *parts[1]]).encode()
    )
)
def test_any_bytes_are_a_kept_answer_or_refused_as_damaged(data: bytes) -> None:
    attempt(JournalError, unpack, data)


KEPT = [
    json.loads(pack(answer))
    for answer in (Desk().ask(credit()), Desk().ask(change()), Desk().ask(meter_test()))
    if not isinstance(answer, Refusal)
]


@given(st.sampled_from(KEPT), st.lists(st.integers(0, 20), min_size=1, max_size=3), json_values)
def test_a_kept_answer_with_one_part_changed_is_read_or_refused(
    kept: list[Any], path: list[int], value: Any
) -> None:
    changed = json.loads(json.dumps(kept))
    inner = changed
    for place in path[:-1]:
        if isinstance(inner, list) and inner and isinstance(inner[place % len(inner)], list):
            inner = inner[place % len(inner)]
    if isinstance(inner, list) and inner:
        inner[path[-1] % len(inner)] = value
    attempt(JournalError, unpack, json.dumps(changed).encode())


@given(st.text(max_size=12) | st.from_regex(r"[0-9]{5,7}/[0-9]{0,2}"))
def test_any_text_is_a_key_name_or_refused(text: str) -> None:
    attempt(FieldError, KeyRef.parse, text)
