"""Whatever is typed or tried: one error of ours or the right thing, and never a step out of turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.kmc.ceremony.hall import CUSTODIANS, PAPERS, PEOPLE, Hall, joined, secrets_in
from voltoken.errors import ActRefused, FieldError, RuleError, VoltokenError
from voltoken.kmc.ceremony import RECORDED_BY, SCRIPTS, back_up, next_turn, read_component
from voltoken.kmc.ceremony.script import laid_out
from voltoken.security import randomness_bytes

STEPS = sorted({*RECORDED_BY.values(), "begin", "close", "finish", "sign"})
TURNS = [turn for script in SCRIPTS.values() for turn in laid_out(script, "o", CUSTODIANS, "a", "w")]
SHARES = back_up(PAPERS[0], 2, 3, bytes(range(randomness_bytes(20, 2))))


@settings(max_examples=80, deadline=None)
@given(
    st.one_of(
        st.text(max_size=60),
        st.text("0123456789abcdefABCDEF :", max_size=50),
        st.lists(st.sampled_from(SHARES), max_size=4).map("\n".join),
        st.lists(st.text("ABCDEFGH234567-", max_size=60), max_size=3).map(
            lambda rows: "VS1" + "\nVS1".join(rows)
        ),
    )
)
@example("VS1")
@example("\n".join(SHARES[:2]))
def test_what_is_typed_is_a_component_or_one_error_of_ours(text: str) -> None:
    said = ""
    try:
        assert len(read_component(text)) in {8, 16, 20}
    except (FieldError, RuleError) as error:
        said = str(error) + repr(error.detail)
    assert len(text) < 12 or text not in said


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=20), st.lists(st.integers(), max_size=2)
)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(TURNS), st.dictionaries(st.text(max_size=8), VALUES, max_size=3), st.data())
def test_evidence_is_in_form_or_refused(turn: Any, more: Mapping[str, Any], data: st.DataObject) -> None:
    given_now = {one.name: data.draw(VALUES) for one in turn.evidence} | data.draw(
        st.sampled_from([{}, more])
    )
    reason = ""
    try:
        shown = turn.shown(given_now)
        assert shown.keys() == {one.name for one in turn.evidence}
        assert turn.shown(shown) == shown
    except ActRefused as error:
        reason = error.reason
    assert reason in {"", "evidence"}


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.data())
def test_only_the_next_step_by_the_right_person_is_ever_taken(data: st.DataObject) -> None:
    """Try anything at every point of a ceremony: nothing but the next turn gets on record."""
    hall = Hall()
    hall.plan()
    hall.act("olga", "begin", "k1")
    while (turn := next_turn(hall.entry("k1"))) is not None:
        right = (turn.person, RECORDED_BY[turn.action], turn.number)
        tried = (
            data.draw(st.sampled_from(sorted(PEOPLE))),
            data.draw(st.sampled_from(STEPS)),
            data.draw(st.integers(turn.number - 1, turn.number + 1)),
        )
        before = hall.entry("k1"), dict(hall.secrets)
        if tried != right:
            person, step, number = tried
            fields = (
                {"number": number, "evidence": hall.evidence(turn, "k1")}
                if step in RECORDED_BY.values()
                else {}
            )
            try:
                hall.act(person, step, "k1", hall.typed(turn, "k1"), **fields)
            except VoltokenError:
                assert (hall.entry("k1"), hall.secrets) == before
            else:
                raise AssertionError(f"{tried} was taken; {right} was next")
        assert hall.take("k1").get("number") == turn.number
    assert [row["person"] for row in hall.entry("k1").get("record")] == [
        turn["person"] for turn in hall.entry("k1").get("steps")
    ]
    assert [hall.secrets[name] for name in secrets_in(hall)] == [joined(PAPERS)]
