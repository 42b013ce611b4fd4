"""A database in bad hands: whatever is done to its rows, only what people have signed goes ahead.

The rows of a request that two people have approved are edited at random, byte by byte, field by field, row by
row. After every step the request is judged from the rows alone. The model knows the one truth: it goes ahead
when the request and its signature are as they were, and the approvals are genuine ones of different people,
enough of them. Everything else is refused, and every refusal can be told as an event.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.unit.access.people import DAY, MINUTE, NOW, SEEDS, approval, office, person, request, signed
from voltoken import canonical
from voltoken.access import (
    Actor,
    Approval,
    AuditEvent,
    Grant,
    Request,
    Role,
    Verdict,
    Via,
    judge,
    may,
    permit,
    refusal_event,
)
from voltoken.errors import AccessDenied, ApprovalRefused, CanonicalError

HERE = office(
    ann=person("ann", "maker", "approver"), dan=person("dan", "approver"), eve=person("eve", "maker")
)
ASKED = request()
OTHER = request(request_id="r-2", body={"sgc": "123456", "keys": 9})
SOON = NOW + 5 * MINUTE
APPROVERS = ("ben", "cat", "dan")


def row(paper: Request | Approval) -> bytes:
    """Return a paper as a row of a database."""
    return canonical.write(paper.document()).encode("ascii")


GENUINE = {name: row(approval(ASKED, name)) for name in APPROVERS}
FOREIGN = (
    row(approval(OTHER, "ben")),
    row(approval(ASKED, "ann")),
    row(approval(ASKED, "eve")),
    row(approval(ASKED, "dan", Verdict.REJECT)),
    row(approval(ASKED, "dan", at=NOW - MINUTE)),
    row(approval(ASKED, "dan", at=NOW + DAY)),
)
"""Rows that are signed, and no approvals of this request."""

VALUES = st.sampled_from(
    [*SEEDS, "approve", "reject", "", 0, 1, 2, 99, ASKED.hash, OTHER.hash, "key.make", "00" * 64, None]
) | st.sampled_from([canonical.write_moment(NOW + timedelta(minutes=minutes)) for minutes in (0, 1, 4, 9000)])


class DatabaseMachine(RuleBasedStateMachine):
    """Everything that somebody can do who writes to the database and has nobody's key."""

    def __init__(self) -> None:
        super().__init__()
        self.request = row(ASKED)
        self.signature = signed(ASKED)
        self.approvals = [GENUINE["ben"], GENUINE["cat"]]

    @rule(place=st.integers(0, 10_000), byte=st.integers(1, 255))
    def edit_a_byte_of_the_request(self, place: int, byte: int) -> None:
        """Change one byte."""
        self.request = changed(self.request, place, byte)

    @rule(bit=st.integers(0, 511))
    def edit_a_bit_of_the_signature(self, bit: int) -> None:
        """Change one bit."""
        self.signature = changed(self.signature, bit // 8, 1 << bit % 8)

    @rule(name=st.sampled_from(Request.__slots__), value=VALUES)
    def edit_a_field_of_the_request(self, name: str, value: object) -> None:
        """Put another value into a column."""
        self.request = with_field(self.request, name, value)

    @rule(number=st.integers(0, 5), place=st.integers(0, 10_000), byte=st.integers(1, 255))
    def edit_a_byte_of_an_approval(self, number: int, place: int, byte: int) -> None:
        """Change one byte."""
        if number < len(self.approvals):
            self.approvals[number] = changed(self.approvals[number], place, byte)

    @rule(number=st.integers(0, 5), name=st.sampled_from(Approval.__slots__), value=VALUES)
    def edit_a_field_of_an_approval(self, number: int, name: str, value: object) -> None:
        """Put another value into a column."""
        if number < len(self.approvals):
            self.approvals[number] = with_field(self.approvals[number], name, value)

    @rule(added=st.sampled_from([*GENUINE.values(), *FOREIGN]))
    def add_a_row(self, added: bytes) -> None:
        """Copy a row that somebody has signed, from here or elsewhere."""
        self.approvals.append(added)

    @rule(number=st.integers(0, 5))
    def delete_a_row(self, number: int) -> None:
        """Delete an approval."""
        del self.approvals[number : number + 1]

    @rule()
    def turn_the_rows_round(self) -> None:
        """Give the approvals in another order."""
        self.approvals.reverse()

    @rule()
    def put_everything_back(self) -> None:
        """Restore what was signed."""
        self.request, self.signature = row(ASKED), signed(ASKED)
        self.approvals = [GENUINE["ben"], GENUINE["cat"]]

    @invariant()
    def only_what_was_signed_goes_ahead(self) -> None:
        """Judge from the rows alone."""
        names = {data: name for name, data in GENUINE.items()}
        intact = self.request == row(ASKED) and self.signature == signed(ASKED)
        genuine = all(data in names for data in self.approvals)
        expected = tuple(names.get(data, "") for data in self.approvals)
        goes_ahead = intact and genuine and len(set(expected)) == len(expected) >= ASKED.needs
        found, told = self.judged()
        assert found == (expected if goes_ahead else None)
        assert (told is None) is goes_ahead

    def judged(self) -> tuple[tuple[str, ...] | None, AuditEvent | None]:
        """Return who has approved, or the event of the refusal."""
        try:
            asked = Request.read(self.request)
            said = [Approval.read(data) for data in self.approvals]
            return judge(asked, self.signature, said, HERE, asked.facts, SOON, used=False), None
        except ApprovalRefused as error:
            event(error.reason)
            return None, refusal_event(error, "ann", "key.make")


def changed(data: bytes, place: int, byte: int) -> bytes:
    """Return a row with one byte changed."""
    edited = bytearray(data)
    edited[place % len(edited)] ^= byte
    return bytes(edited)


def with_field(data: bytes, name: str, value: object) -> bytes:
    """Return a row with another value in a column; a row that is none any more stays as it is."""
    try:
        document: dict[str, Any] = canonical.read(data, 1 << 20)
    except CanonicalError:
        return data
    return canonical.write(document | {name: value}).encode("ascii")


def test_only_what_people_have_signed_goes_ahead() -> None:
    run_state_machine_as_test(
        DatabaseMachine, settings=settings(max_examples=60, stateful_step_count=12, deadline=None)
    )


@pytest.mark.slow
def test_every_changed_bit_of_a_row_is_refused() -> None:
    rows = [row(ASKED), signed(ASKED), GENUINE["ben"]]
    for number, data in enumerate(rows):
        for bit in range(8 * len(data)):
            edited = list(rows)
            edited[number] = changed(data, bit // 8, 1 << bit % 8)
            with pytest.raises(ApprovalRefused):
                judge(
                    Request.read(edited[0]),
                    edited[1],
                    [Approval.read(edited[2]), Approval.read(GENUINE["cat"])],
                    HERE,
                    ASKED.facts,
                    SOON,
                    used=False,
                )


WORDS = st.sampled_from(["vend", "key", "make", "approve", "break_glass"])
ACTIONS = st.lists(WORDS, min_size=1, max_size=3).map(".".join)
LIMITS = st.dictionaries(st.sampled_from(["amount", "units"]), st.integers(0, 3), max_size=2)
NAMES = st.dictionaries(st.just("sgc"), st.frozensets(st.sampled_from(["1", "2"]), max_size=2), max_size=1)
GRANTS = st.builds(Grant, ACTIONS | ACTIONS.map("{}.*".format), LIMITS, NAMES, st.booleans())
FACTS = st.dictionaries(
    st.sampled_from(["amount", "units", "sgc"]), st.integers(-1, 4) | st.sampled_from(["1", "2", "3"])
)


def allows(grant: Grant, action: str, facts: dict[str, Any], *, code: bool) -> bool:
    """Say whether a right allows an act, written a second time from the words of the rule."""
    if grant.action.endswith(".*"):
        head = grant.action.split(".")[:-1]
        parts = action.split(".")
        named = parts[: len(head)] == head and len(parts) > len(head) and parts[-1] != "break_glass"
    else:
        named = grant.action == action
    amounts = all(type(facts.get(n)) is int and facts[n] in range(most + 1) for n, most in grant.most.items())
    texts = all(facts.get(n) in set(only) for n, only in grant.only.items())
    return named and amounts and texts and (code or not grant.second_factor)


@settings(max_examples=150)
@given(st.lists(GRANTS, max_size=4), ACTIONS, FACTS, st.booleans())
def test_the_gate_allows_exactly_what_some_right_allows(
    grants: list[Grant], action: str, facts: dict[str, Any], code: bool
) -> None:
    here = office(ann=person("ann", "clerk"))
    here.roles["clerk"] = Role("clerk", tuple(grants))
    actor = Actor("ann", Via.SESSION, frozenset({"clerk"}), code)
    expected = any(allows(grant, action, facts, code=code) for grant in grants)
    assert may(here, actor, action, facts, NOW) is expected
    try:
        permit(here, actor, action, facts, NOW)
    except AccessDenied:
        assert not expected
    else:
        assert expected
