"""What decides where a pool sends a request, as plain functions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.testing.bench import KEY, METER, NEW_KEY, NOW, credit, tid
from voltoken.drivers.pool.placement import (
    Breaker,
    Candidate,
    Health,
    Homes,
    Outcome,
    choose,
    marks_of,
    outcome_of,
)
from voltoken.errors import (
    JournalError,
    ModuleLimit,
    ModuleOutcomeUnknown,
    ModuleRefused,
    ModuleUnavailable,
    PeerError,
    ResultMissing,
)
from voltoken.security import KeyChangeRequest, refuse
from voltoken.sts import TI

BREAKER = Breaker(failures=2, rest=timedelta(seconds=5), rest_max=timedelta(seconds=15))
X, Y = "id x:1", "tid of x"
BOTH = (X, Y)


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (object(), Outcome.ANSWERED),
        (refuse("request.conflict", used="v1:1"), Outcome.REFUSED),
        (refuse("client.rate", client="a", rate=1), Outcome.REFUSED),
        (refuse("module.sealed"), Outcome.NOTHING),
        (refuse("module.journal"), Outcome.NOTHING),
        (refuse("module.busy"), Outcome.PASSED),
        (refuse("module.failed", why="of it"), Outcome.PASSED),
        (ModuleRefused("a.rule", "No."), Outcome.REFUSED),
        (ModuleLimit("a.cap", "No."), Outcome.REFUSED),
        (ResultMissing("None."), Outcome.REFUSED),
        (ModuleUnavailable("Away."), Outcome.NOTHING),
        (refuse("module.sealed").error(), Outcome.NOTHING),
        (refuse("module.busy").error(), Outcome.PASSED),
        (ModuleUnavailable("Away.", retry_safe=False), Outcome.UNKNOWN),
        (ModuleOutcomeUnknown("Lost."), Outcome.UNKNOWN),
        (ModuleOutcomeUnknown("Lost.", retry_safe=True), Outcome.UNKNOWN),
        (JournalError("Broken."), Outcome.UNKNOWN),
        (PeerError("Odd."), Outcome.UNKNOWN),
        (KeyboardInterrupt(), Outcome.UNKNOWN),
    ],
    ids=lambda value: getattr(value, "code", type(value).__name__) if not isinstance(value, Outcome) else "",
)
def test_only_what_certainly_did_nothing_counts_as_that(result: object, outcome: Outcome) -> None:
    assert outcome_of(result) is outcome


def test_rests_get_longer_up_to_a_limit_and_end_with_an_answer() -> None:
    health, now, rests = Health(), NOW, []
    for _ in range(4):
        while health.is_up:
            health = health.failed(BREAKER, now)
        assert health.resting_until is not None
        rests.append((health.resting_until - now).total_seconds())
        now = health.resting_until
        health = health.answered(BREAKER)
    assert rests == [5, 10, 15, 15]
    assert health.after({Outcome.ANSWERED}, BREAKER, now) == Health()


def test_the_last_moment_of_a_rest_is_its_end() -> None:
    health = Health().failed(BREAKER, NOW).failed(BREAKER, NOW)
    assert not health.may_be_asked(NOW + timedelta(seconds=4.999))
    assert health.may_be_asked(NOW + timedelta(seconds=5))
    assert not health.is_up


def test_failures_that_come_in_late_make_no_rest_longer() -> None:
    health = Health().failed(BREAKER, NOW).failed(BREAKER, NOW)
    assert health.failed(BREAKER, NOW + timedelta(seconds=1)) is health


def test_failures_count_in_a_row_only() -> None:
    health = Health()
    for outcome in (Outcome.NOTHING, Outcome.REFUSED, Outcome.UNKNOWN, Outcome.ANSWERED, Outcome.NOTHING):
        health = health.after({outcome}, BREAKER, NOW)
    assert health.is_up


@pytest.mark.parametrize(
    ("outcomes", "failures"),
    [
        ({Outcome.NOTHING}, 2),
        ({Outcome.UNKNOWN, Outcome.ANSWERED}, 2),
        ({Outcome.PASSED}, 1),
        ({Outcome.PASSED, Outcome.NOTHING}, 2),
        ({Outcome.NOTHING, Outcome.REFUSED}, 0),
        ({Outcome.ANSWERED}, 0),
    ],
)
def test_one_call_counts_once(outcomes: set[Outcome], failures: int) -> None:
    assert Health(1).after(outcomes, Breaker(9), NOW).failures == failures


@given(st.lists(st.integers(0, 3), min_size=1, max_size=6), st.integers(-1, 6))
def test_the_fewest_waiting_are_chosen_and_equals_in_turn(waiting: list[int], last: int) -> None:
    chosen = choose([Candidate(place, few) for place, few in enumerate(waiting)], last)
    fewest = [place for place, few in enumerate(waiting) if few == min(waiting)]
    assert chosen == next((place for place in fewest if place > last), fewest[0])


def test_a_request_is_known_by_its_id_and_its_tid() -> None:
    one, other = credit(1), credit(1, request_id="other:1")
    assert marks_of(one, "14").own[1:] == marks_of(other, "14").own[1:] != ()
    assert marks_of(one, "14").own[0] != marks_of(other, "14").own[0]
    apart = [(one, "93"), (credit(2), "14"), (replace(one, tid=tid(1)), "14")]
    assert len({marks_of(one, "14").own[1], *(marks_of(*each).own[1] for each in apart)}) == 4
    assert len(marks_of(one, None).own) == 1


def test_a_key_change_is_known_by_its_meter_and_follows_its_sections() -> None:
    change = KeyChangeRequest("k1:1", METER, KEY, NEW_KEY, TI("01"), 4, sections=("s1:1", "s2:1"))
    marks = marks_of(change, "14")
    assert marks.own == ("id k1:1", f"moves {METER.pan}")
    assert marks.also == ("id s1:1", "id s2:1")


def lived(*outcomes: Outcome, limit: int = 100) -> Homes:
    """Return the memory of a request that went to ``a`` so many times, with these outcomes."""
    homes = Homes(limit)
    for outcome in outcomes:
        homes.enter(BOTH, "a")
        homes.leave(BOTH, "a", outcome)
    return homes


@pytest.mark.parametrize("outcome", [Outcome.NOTHING, Outcome.PASSED])
def test_what_was_certainly_not_done_is_forgotten(outcome: Outcome) -> None:
    assert lived(outcome, outcome).of(BOTH) is None


@pytest.mark.parametrize("outcome", [Outcome.ANSWERED, Outcome.REFUSED, Outcome.UNKNOWN])
def test_everything_else_is_remembered_whatever_comes_later(outcome: Outcome) -> None:
    for homes in (lived(outcome), lived(outcome, Outcome.NOTHING), lived(Outcome.NOTHING, outcome)):
        assert homes.of((X,)) == homes.of((Y,)) == "a"


def test_while_another_call_is_under_way_nothing_is_forgotten() -> None:
    homes = Homes(100)
    homes.enter(BOTH, "a")
    homes.enter(BOTH, "a")
    homes.leave(BOTH, "a", Outcome.NOTHING)
    assert homes.of(BOTH) == "a"
    homes.leave(BOTH, "a", Outcome.NOTHING)
    assert homes.of(BOTH) is None


def test_a_mark_that_is_with_another_module_stays_there() -> None:
    homes = lived(Outcome.ANSWERED)
    other = ("id other:1", Y)
    homes.enter(other, "b")
    homes.leave(other, "b", Outcome.ANSWERED)
    assert (homes.of(("id other:1",)), homes.of((Y,))) == ("b", "a")
    doubt = lived(Outcome.UNKNOWN)
    doubt.enter(other, "b")
    doubt.leave(other, "b", Outcome.ANSWERED)
    assert (doubt.of((Y,)), doubt.doubtful) == ("a", 1)


def test_the_oldest_are_forgotten_first_but_nothing_in_doubt() -> None:
    homes = lived(Outcome.UNKNOWN, limit=4)
    for number in range(9):
        homes.enter((f"id {number}",), "b")
        homes.leave((f"id {number}",), "b", Outcome.ANSWERED)
    assert homes.of(BOTH) == "a"
    assert [number for number in range(9) if homes.of((f"id {number}",))] == [5, 6, 7, 8]


def test_what_is_used_again_is_young_again() -> None:
    homes = Homes(2)
    for name in ("id 1", "id 2", "id 1", "id 3"):
        homes.enter((name,), "a")
        homes.leave((name,), "a", Outcome.ANSWERED)
    assert [homes.of((name,)) for name in ("id 1", "id 2", "id 3")] == ["a", None, "a"]


def test_doubt_ends_when_the_module_has_said_what_happened_or_answers() -> None:
    homes = lived(Outcome.UNKNOWN, limit=2)
    assert (homes.doubtful, homes.is_full) == (1, True)
    homes.clear_up("x:1")
    assert (homes.doubtful, homes.is_full, homes.of(BOTH)) == (0, False, "a")
    alone = lived(Outcome.UNKNOWN, limit=1)
    alone.clear_up("x:1")
    assert not alone.is_full
    assert lived(Outcome.UNKNOWN, Outcome.ANSWERED).doubtful == 0
    assert lived(Outcome.UNKNOWN, Outcome.REFUSED).doubtful == 1
    assert lived(Outcome.ANSWERED, Outcome.UNKNOWN).doubtful == 1


def test_what_is_told_does_not_outweigh_what_is_known() -> None:
    for homes in (lived(Outcome.UNKNOWN), lived(Outcome.ANSWERED)):
        homes.remember("x:1", "b")
        homes.remember("y:1", "b")
        assert (homes.of_request("x:1"), homes.of_request("y:1")) == ("a", "b")
