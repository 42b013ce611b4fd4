"""The life of a version: who may do what when, and which version prices on a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tariff.written import tariff
from voltoken.errors import FieldError, TariffStateError
from voltoken.tariff.document import Tariff
from voltoken.tariff.versions import (
    RULES,
    Act,
    Event,
    State,
    Version,
    advance,
    draft,
    in_force,
    revise,
    states_at,
)

ZONE = ZoneInfo("Africa/Johannesburg")
NOON = datetime(2024, 6, 1, 12, tzinfo=ZONE)
JULY = tariff(valid_from="2024-07-01", zone=ZONE.key)
AMENDED = tariff("# with another remark\n", valid_from="2024-07-01", zone=ZONE.key)


def step(version: Version, act: Act, by: str, hours: int = 0, **more: Any) -> Version:
    """Let somebody do something, so many hours after noon on 1 June."""
    at = NOON + timedelta(hours=hours)
    return advance(version, act, by, at, more.pop("sha256", version.sha256), "it is right", **more)


def begun(document: Tariff = JULY) -> Version:
    """Return a draft by Anna."""
    return draft(document, "anna", NOON, "new prices")


def submitted(document: Tariff = JULY) -> Version:
    """Return a version that Bert submitted."""
    return step(begun(document), Act.SUBMIT, "bert")


def approved(valid_from: str, version: str = "1", hours: int = 0, **fields: Any) -> Version:
    """Return an approved version that begins on a day."""
    document = tariff(f"# {version}\n", valid_from=valid_from, zone=ZONE.key)
    made = submitted(replace(document, version=version, **fields))
    return step(made, Act.APPROVE, "carla", hours, late=True)


def refused(reason: str) -> Any:
    """Expect a refusal for this reason."""
    return pytest.raises(TariffStateError, check=lambda error: error.reason == reason)


# ---------------------------------------------------------------------- what people do


def test_a_version_is_drafted_submitted_and_approved_and_keeps_who_did_it() -> None:
    version = step(submitted(), Act.APPROVE, "carla", 1)
    assert version.state is State.APPROVED
    assert [(event.act, event.by, event.reason) for event in version.history] == [
        (Act.DRAFT, "anna", "new prices"),
        (Act.SUBMIT, "bert", "it is right"),
        (Act.APPROVE, "carla", "it is right"),
    ]
    assert {event.sha256 for event in version.history} == {JULY.sha256} == {version.sha256}


@pytest.mark.parametrize("name", ["anna", "bert", "Anna", " BERT ", "\uff41nna"])
@pytest.mark.parametrize("act", [Act.APPROVE, Act.REJECT])
def test_nobody_decides_on_what_they_wrote_or_submitted(name: str, act: Act) -> None:
    with refused("same_person"):
        step(submitted(), act, name)


def test_whoever_wrote_an_earlier_text_of_the_version_does_not_approve_the_later() -> None:
    version = revise(begun(), AMENDED, "dora", NOON, "a better remark")
    for author in ("anna", "dora"):
        with refused("same_person"):
            step(step(version, Act.SUBMIT, "bert"), Act.APPROVE, author)


def test_the_document_that_is_approved_is_the_one_that_was_read() -> None:
    with refused("hash"):
        step(submitted(), Act.APPROVE, "carla", sha256=AMENDED.sha256)


def test_a_rejected_version_comes_back_as_a_draft_of_another_document() -> None:
    rejected = step(submitted(), Act.REJECT, "carla")
    again = revise(rejected, AMENDED, "anna", NOON, "as carla wished")
    assert (rejected.state, again.state) == (State.REJECTED, State.DRAFT)
    version = step(step(again, Act.SUBMIT, "bert"), Act.APPROVE, "carla")
    assert (version.state, version.sha256) == (State.APPROVED, AMENDED.sha256)


def test_nothing_is_edited_after_approval() -> None:
    with refused("state"):
        revise(step(submitted(), Act.APPROVE, "carla"), AMENDED, "anna", NOON, "one more thing")


def test_another_tariff_is_no_revision() -> None:
    with refused("code"):
        revise(begun(), replace(AMENDED, code="other"), "anna", NOON, "a mistake")


ALLOWED = {(rule.act, rule.state) for rule in RULES}
STANDING = {
    State.DRAFT: begun(),
    State.SUBMITTED: submitted(),
    State.APPROVED: step(submitted(), Act.APPROVE, "carla"),
    State.REJECTED: step(submitted(), Act.REJECT, "carla"),
    State.WITHDRAWN: step(begun(), Act.WITHDRAW, "anna"),
}


@pytest.mark.parametrize("act", list(Act))
@pytest.mark.parametrize("state", list(STANDING))
def test_only_what_the_table_names_can_be_done(state: State, act: Act) -> None:
    version = STANDING[state]
    assert version.state is state
    history = (*version.history, Event(act, "emil", NOON, version.sha256, "why not"))
    if (act, state) in ALLOWED:
        assert Version(JULY, history).state is next(rule.to for rule in RULES if rule[:2] == (act, state))
    else:
        with refused("state"):
            Version(JULY, history)


def test_what_can_be_done_instead_is_said() -> None:
    with pytest.raises(
        TariffStateError, match=r"is draft; .* approve\. Possible: revise, submit, withdraw\."
    ):
        step(begun(), Act.APPROVE, "carla")
    with pytest.raises(TariffStateError, match=r"Possible: nothing\."):
        step(STANDING[State.WITHDRAWN], Act.SUBMIT, "anna")


@pytest.mark.parametrize("act", [Act.DRAFT, Act.REVISE])
def test_acts_that_need_a_document_have_functions_of_their_own(act: Act) -> None:
    with refused("state"):
        step(begun(), act, "anna")


def test_a_version_that_begins_otherwise_than_with_a_draft_cannot_be_made() -> None:
    with refused("state"):
        Version(JULY, ())
    with refused("state"):
        Version(JULY, submitted().history[1:])


def test_events_of_another_document_do_not_make_a_version() -> None:
    with refused("hash"):
        Version(AMENDED, submitted().history)


def test_time_does_not_run_backwards() -> None:
    with refused("time"):
        step(step(begun(), Act.SUBMIT, "bert", 2), Act.APPROVE, "carla", 1)


JULY_BEGINS = int((datetime(2024, 7, 1, tzinfo=ZONE) - NOON) / timedelta(hours=1))


@pytest.mark.parametrize(("hours", "is_late"), [(JULY_BEGINS - 1, False), (JULY_BEGINS, True)])
def test_an_approval_on_the_first_day_is_late_and_has_to_be_meant(hours: int, is_late: bool) -> None:
    if is_late:
        with refused("too_late"):
            step(submitted(), Act.APPROVE, "carla", hours)
        assert step(submitted(), Act.APPROVE, "carla", hours, late=True).history[-1].late
    else:
        assert step(submitted(), Act.APPROVE, "carla", hours).state is State.APPROVED


def test_what_is_in_force_is_not_withdrawn_but_superseded() -> None:
    version = step(submitted(), Act.APPROVE, "carla")
    assert step(version, Act.WITHDRAW, "anna", JULY_BEGINS - 1).state is State.WITHDRAWN
    with refused("too_late"):
        step(version, Act.WITHDRAW, "anna", JULY_BEGINS)
    assert step(submitted(), Act.WITHDRAW, "anna", JULY_BEGINS).state is State.WITHDRAWN


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("act", "approve"),
        ("by", " "),
        ("by", 7),
        ("reason", ""),
        ("reason", "x" * 1001),
        ("at", NOON.replace(tzinfo=None)),
        ("at", date(2024, 6, 1)),
        ("sha256", "F" * 64),
        ("sha256", b"f" * 64),
    ],
)
def test_an_event_says_who_when_why_and_about_what(field: str, value: Any) -> None:
    with pytest.raises(FieldError, match=field):
        replace(begun().history[0], **{field: value})


@given(st.lists(st.tuples(st.sampled_from(Act), st.sampled_from(["anna", "bert", "carla"])), max_size=8))
def test_no_way_leads_to_approval_by_one_person(acts: list[tuple[Act, str]]) -> None:
    version = begun()
    for act, by in acts:
        try:
            version = Version(JULY, (*version.history, Event(act, by, NOON, JULY.sha256, "why not")))
        except TariffStateError:
            continue
    if version.state is State.APPROVED:
        *before, approval = version.history
        assert approval.act is Act.APPROVE
        assert approval.by not in {event.by for event in before if event.act is not Act.REJECT}


# ---------------------------------------------------------------------- what follows from the day


def seen(versions: list[Version], day: str) -> dict[str, State]:
    """Return the states on a day by the versions' names."""
    found = states_at(versions, "test", date.fromisoformat(day))
    return {version.tariff.version: state for version, state in found}


def test_versions_are_scheduled_active_and_superseded_as_days_go_by() -> None:
    versions = [approved("2025-07-01", "25"), approved("2024-07-01", "24"), begun()]
    scheduled, active, superseded = State.SCHEDULED, State.ACTIVE, State.SUPERSEDED
    assert seen(versions, "2024-06-30") == {"24": scheduled, "25": scheduled, "1": State.DRAFT}
    assert seen(versions, "2024-07-01") == {"24": active, "25": scheduled, "1": State.DRAFT}
    assert seen(versions, "2025-06-30") == {"24": active, "25": scheduled, "1": State.DRAFT}
    assert seen(versions, "2025-07-01") == {"24": superseded, "25": active, "1": State.DRAFT}
    assert in_force(versions, "test", date(2025, 6, 30)).tariff.version == "24"
    assert in_force(versions, "test", date(2025, 7, 1)).tariff.version == "25"


def test_of_two_versions_of_one_day_the_one_approved_last_counts() -> None:
    versions = [approved("2024-07-01", "corrected", 2), approved("2024-07-01", "first", 1)]
    assert seen(versions, "2024-06-15") == {"first": State.SUPERSEDED, "corrected": State.SCHEDULED}
    assert in_force(versions, "test", date(2024, 7, 1)).tariff.version == "corrected"


def test_a_version_that_was_superseded_does_not_come_back() -> None:
    winter = approved("2024-07-01", "winter", valid_until=date(2024, 8, 31))
    versions = [approved("2024-01-01", "year"), winter]
    assert seen(versions, "2024-08-31") == {"year": State.SUPERSEDED, "winter": State.ACTIVE}
    assert seen(versions, "2024-09-01") == {"year": State.SUPERSEDED, "winter": State.EXPIRED}
    with refused("expired"):
        in_force(versions, "test", date(2024, 9, 1))


def test_what_was_withdrawn_supersedes_nothing() -> None:
    later = step(
        step(submitted(tariff(valid_from="2024-08-01", zone=ZONE.key)), Act.APPROVE, "carla"),
        Act.WITHDRAW,
        "anna",
    )
    versions = [approved("2024-07-01", "24"), later]
    assert seen(versions, "2024-08-01") == {"24": State.ACTIVE, "1": State.WITHDRAWN}
    assert in_force(versions, "test", date(2024, 8, 1)).tariff.version == "24"


def test_a_tariff_without_a_version_in_force_is_said() -> None:
    with refused("unknown"):
        in_force([begun()], "other", date(2024, 7, 1))
    with refused("none_in_force"):
        in_force([begun(), approved("2025-01-01")], "test", date(2024, 12, 31))
    assert states_at([begun()], "other", date(2024, 7, 1)) == ()


@pytest.mark.parametrize("by", ["ann\u200b lee", "ann\nlee", "ann\u00a0lee", ""])
def test_a_person_has_no_invisible_characters(by: str) -> None:
    with pytest.raises(FieldError, match="by"):
        step(submitted(), Act.APPROVE, by)


def test_more_blanks_do_not_make_another_person() -> None:
    version = step(draft(JULY, "Ann Lee", NOON, "new prices"), Act.SUBMIT, "ann lee")
    with refused("same_person"):
        step(version, Act.APPROVE, " ANN  Lee ")


def test_whoever_drafted_stays_barred_when_somebody_else_revised() -> None:
    version = revise(begun(), AMENDED, "bo", NOON, "a remark")
    version = step(version, Act.SUBMIT, "anna")
    for author in ("anna", "bo"):
        with refused("same_person"):
            step(version, Act.APPROVE, author)
    assert step(version, Act.APPROVE, "carla").is_approved


def test_an_event_on_another_clock_is_refused() -> None:
    late = datetime(2024, 6, 30, 23, 30, tzinfo=UTC)
    with pytest.raises(FieldError, match="Africa/Johannesburg"):
        advance(submitted(), Act.APPROVE, "carla", late, JULY.sha256, "it is right")
