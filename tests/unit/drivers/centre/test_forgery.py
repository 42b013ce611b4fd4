"""Whoever can write the file, and even whoever has the root key, gets no further than people signed for."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.drivers.centre import world
from tests.unit.drivers.centre.world import Place, approve, ask, by_hand, said, signed_by
from voltoken import canonical, kmc
from voltoken.access import Approval, Verdict, public_key_of
from voltoken.drivers.centre import Centre, read_log, verify_centre
from voltoken.drivers.centre.keys import Keys
from voltoken.drivers.centre.lines import hash_of, write_line
from voltoken.drivers.centre.reading import read_signing
from voltoken.drivers.centre.store import WRITE_HEAD, WRITE_LINE, End, chain, head_row
from voltoken.drivers.custody import unsealer
from voltoken.drivers.journal.log import GENESIS, link
from voltoken.errors import AccessError, ApprovalRefused, CentreFileError
from voltoken.kmc import Event

Lines = list[tuple[int, dict[str, Any]]]
Change = Callable[[Lines], Lines]


def lines_of(connection: sqlite3.Connection) -> Lines:
    """Return all lines, as objects."""
    return [(seq, json.loads(body)) for seq, body in connection.execute("SELECT seq, body FROM log")]


def keys_of(place: Place, connection: sqlite3.Connection) -> Keys:
    """Return the centre's keys, as an attacker has them who got at enough shares."""
    (record,) = connection.execute("SELECT value FROM meta WHERE name = 'root'").fetchone()
    unsealing = unsealer(json.loads(record))
    root = [unsealing.offer(share) for share in place.shares[:2]][-1].root
    assert root is not None
    return Keys(root, read_signing(connection))


def rewrite(place: Place, change: Change, *, with_root: bool = True) -> None:
    """Change the log, and make numbers, chain and, with the root key, the head anew."""
    with by_hand(place.file) as connection:
        lines = change(lines_of(connection))
        end = End()
        connection.execute("DELETE FROM log")
        for number, (_, line) in enumerate(lines, 1):
            line["seq"] = number
            body = canonical.write(line)
            moment = canonical.read_moment(line["at"]) or world.START
            end = End(number, link(end.hash, body), moment)
            connection.execute(WRITE_LINE, (number, body, end.hash))
        if with_root:
            connection.execute("DELETE FROM heads")
            connection.execute(WRITE_HEAD, head_row(world.CENTRE, end, keys_of(place, connection)))


def refused_at(place: Place) -> str:
    """Return why a centre does not open, which verifying says as well."""
    with pytest.raises(CentreFileError) as caught:
        place.open()
    report = verify_centre(place.folder)
    assert report.faults
    assert report.fingerprint == ""
    return caught.value.message


def number_of(place: Place, kind: str, nth: int = 1) -> int:
    """Return the number of the nth line of a kind."""
    with Centre.look(place.folder) as centre:
        return [line.seq for line in read_log(centre) if line.kind == kind][nth - 1]


def inserted(event: Event, after: int | None = None) -> Change:
    """Return what puts a line into a log, at its end or after a line."""

    def change(lines: Lines) -> Lines:
        where = len(lines) if after is None else after
        at = canonical.read_moment(lines[where - 1][1]["at"])
        assert at is not None
        line = json.loads(write_line(event, where + 1, at))
        return [*lines[:where], (where + 1, line), *lines[where:]]

    return change


def edited(number: int, **facts: object) -> Change:
    """Return what edits the facts of a line."""

    def change(lines: Lines) -> Lines:
        lines[number - 1][1]["facts"] |= facts
        return lines

    return change


MALLORY = {
    "register": "person",
    "id": "mallory",
    "version": 1,
    "state": "active",
    "values": {
        "name": "Mallory",
        "roles": ["officer"],
        "public_key": public_key_of(world.seed_of("mallory")).hex(),
    },
    "since": "2026-03-02T08:00:00.000000Z",
    "by": "ada",
    "step": "add",
    "request": "",
}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log SET body = replace(body, 'Kenya', 'Congo') WHERE seq = ?",
        "UPDATE log SET hash = zeroblob(32) WHERE seq = ?",
        "UPDATE log SET body = 'nothing' WHERE seq = ?",
        "UPDATE log SET body = x'00' WHERE seq = ?",
        "UPDATE log SET seq = 10000 WHERE seq = ?",
        "DELETE FROM log WHERE seq = ?",
    ],
)
def test_a_row_edited_by_hand_keeps_the_centre_closed_and_is_named(filled: Place, statement: str) -> None:
    number = number_of(filled, "request.filed")
    with by_hand(filled.file) as connection:
        connection.execute(statement, (number,))
    assert f"Line {number} " in refused_at(filled)
    assert any(f"Line {number} " in fault for fault in verify_centre(filled.folder).faults)
    with pytest.raises(CentreFileError, match=f"Line {number} "):
        Centre.look(filled.folder)


@pytest.mark.parametrize("name", ["secrets", "papers", "heads", "meta"])
def test_a_row_that_is_gone_from_any_table_is_noticed(filled: Place, name: str) -> None:
    with by_hand(filled.file) as connection:
        connection.execute(f"DELETE FROM {name}")  # noqa: S608 - a name of the test
    assert verify_centre(filled.folder).faults


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE secrets SET sealed = zeroblob(80) WHERE name = 'exchange'", "The secret exchange"),
        ("UPDATE secrets SET sealed = 'text' WHERE name = 'exchange'", "The secret exchange"),
        ("INSERT INTO secrets VALUES ('other', zeroblob(80))", "The secret other"),
        ("UPDATE heads SET signature = zeroblob(64)", "not signed by this centre"),
        ("UPDATE heads SET signature = 'text'", "cannot be read"),
        ("UPDATE heads SET at = 'noon'", "cannot be read"),
        ("DELETE FROM heads", "no signed head"),
        ("UPDATE meta SET value = '{}' WHERE name = 'root'", "How the root key is kept"),
        ("DELETE FROM meta WHERE name = 'root'", "does not say its root"),
        ("UPDATE meta SET value = zeroblob(92) WHERE name = 'signing'", "The sealed signing key is not"),
        ("INSERT INTO meta VALUES ('more', 'x')", "The file holds more"),
        ("DELETE FROM log WHERE seq > 13", "its tail was cut off"),
        ("DELETE FROM log", "The log is empty"),
        ("CREATE TRIGGER t AFTER INSERT ON log BEGIN DELETE FROM heads; END", "a trigger t"),
        ("DROP TABLE papers", "lacks this: CREATE TABLE papers"),
    ],
)
def test_what_was_edited_beside_the_log_is_noticed_too(filled: Place, statement: str, why: str) -> None:
    with by_hand(filled.file) as connection:
        connection.execute(statement)
    with pytest.raises(CentreFileError) as caught:
        filled.open()
    assert why in caught.value.message


def test_a_person_whom_nobody_asked_for_cannot_be_put_into_the_log(place: Place) -> None:
    rewrite(place, inserted(Event("entry", MALLORY)))
    number = number_of_last(place)
    assert refused_at(place).startswith(f"Line {number} of the log was inserted or edited: no request leads")


def number_of_last(place: Place) -> int:
    """Return the number of the last line of a file that may not open."""
    with by_hand(place.file) as connection:
        return int(connection.execute("SELECT max(seq) FROM log").fetchone()[0])


@pytest.mark.parametrize(
    "event",
    [
        Event("entry", MALLORY),
        Event("secret.kept", {"name": "vending_key/123456/1", "sealed": hash_of(b"")}),
        Event("secret.destroyed", {"name": "exchange"}),
        Event("glass.broken", {"request": "r1"}),
        Event("glass.reviewed", {"request": "r1"}),
        Event("request.filed", {"request": "r1"}),
        Event("request.approval", {"request": "r1"}),
        Event("request.closed", {"request": "r1", "outcome": "done"}),
        Event("act.carried_out", {"request": "r1", "facts": {}, "files": {}}),
        Event("centre.created", {"founding": 0}),
    ],
    ids=lambda event: event.kind,
)
def test_no_line_that_means_something_is_taken_from_somebody_who_has_the_root_key(
    filled: Place, event: Event
) -> None:
    last = number_of_last(filled)
    rewrite(filled, inserted(event))
    assert f"Line {last + 1} of the log" in refused_at(filled)


@pytest.mark.parametrize("counted", [False, True])
def test_nobody_is_put_among_the_founders(filled: Place, counted: bool) -> None:
    def change(lines: Lines) -> Lines:
        lines = inserted(Event("entry", MALLORY), after=5)(lines)
        lines[0][1]["facts"]["founding"] += counted
        return lines

    rewrite(filled, change)
    assert "that line 1 names" in refused_at(filled)


def test_who_founded_a_centre_is_bound_to_everything_that_was_signed_since(filled: Place) -> None:
    def change(lines: Lines) -> Lines:
        lines = inserted(Event("entry", MALLORY), after=5)(lines)
        born = lines[0][1]["facts"]
        born["founding"] += 1
        founding = [Event(line["kind"], line["facts"]) for _, line in lines[1 : 1 + born["founding"]]]
        born["founders"] = kmc.founders_digest(founding)
        return lines

    first = number_of(filled, "request.filed") + 1
    rewrite(filled, change)
    assert f"Line {first} of the log" in refused_at(filled)


def test_a_new_public_key_of_a_founder_is_not_that_of_the_first_line(place: Place) -> None:
    number = number_of(place, "entry", 7)
    rewrite(place, edited(number, values=MALLORY["values"]), with_root=False)
    assert "that line 1 names" in refused_at(place)


def test_a_log_that_was_made_anew_without_the_root_key_has_not_its_head(place: Place) -> None:
    rewrite(place, edited(1, notice="nothing to see"), with_root=False)
    assert "rewritten" in refused_at(place)


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("request.filed", {"maker": "ben"}),
        ("request.filed", {"needs": 0}),
        ("request.filed", {"act": "person.add"}),
        ("request.filed", {"until": "2026-03-08T08:00:00.000000Z"}),
        ("request.filed", {"signature": "00" * 64}),
        ("request.filed", {"signature": "text"}),
        ("request.filed", {"domain": "voltoken-kmc/C2"}),
        ("request.approval", {"by": "cem"}),
        ("request.approval", {"verdict": "reject"}),
        ("request.approval", {"signature": "00" * 64}),
        ("request.approval", {"at": "2026-03-02T08:00:01.000000Z"}),
        ("request.approval", {"request": "r0"}),
        ("act.carried_out", {"facts": {"kid": "0" * 16, "public_key": "0" * 64}}),
        ("act.carried_out", {"facts": 1}),
        ("act.carried_out", {"request": "r0"}),
        ("request.closed", {"outcome": "withdrawn"}),
        ("request.closed", {"request": "r0"}),
    ],
)
def test_no_signed_line_can_be_edited_with_the_root_key(
    filled: Place, kind: str, facts: dict[str, object]
) -> None:
    # The second request is the first one with an approval: a signing key.
    nth = {"request.approval": 1}.get(kind, 2)
    number = number_of(filled, kind, nth)
    rewrite(filled, edited(number, **facts))
    closed = number_of_line(filled, "request.closed", 2)
    message = refused_at(filled)
    assert any(f"Line {named} of the log" in message for named in range(number, closed + 1)), message


def number_of_line(place: Place, kind: str, nth: int) -> int:
    """Return the number of the nth line of a kind in a file that may not open."""
    with by_hand(place.file) as connection:
        return [seq for seq, line in lines_of(connection) if line["kind"] == kind][nth - 1]


def test_an_entry_that_an_act_did_not_lead_to_is_refused_with_the_act(filled: Place) -> None:
    number = number_of(filled, "entry", 11)  # the country
    with Centre.look(filled.folder) as centre:
        (values,) = [dict(line.facts["values"]) for line in read_log(centre) if line.seq == number]
    rewrite(filled, edited(number, values=values | {"name": "Congo"}))
    assert "does not lead to what the lines before it say" in refused_at(filled)


def test_an_entry_cannot_be_added_to_a_genuine_act(filled: Place) -> None:
    number = number_of(filled, "entry", 11)
    with Centre.look(filled.folder) as centre:
        (request,) = [line.facts["request"] for line in read_log(centre) if line.seq == number]
    rewrite(filled, inserted(Event("entry", MALLORY | {"request": request}), after=number))
    assert "does not lead to what the lines before it say" in refused_at(filled)


def test_a_log_that_ends_in_the_middle_of_an_act_is_refused(filled: Place) -> None:
    number = number_of(filled, "act.carried_out")
    rewrite(filled, lambda lines: lines[:number])
    assert "begins an act that has no end" in refused_at(filled)


def test_a_line_in_the_middle_of_an_act_is_refused(filled: Place) -> None:
    number = number_of(filled, "act.carried_out")
    rewrite(filled, inserted(Event("act.refused", {}), after=number))
    assert "in the middle of an act" in refused_at(filled)


def test_a_request_cannot_be_filed_twice_nor_an_act_done_twice(filled: Place) -> None:
    first = number_of(filled, "request.filed")
    act = number_of(filled, "act.carried_out")

    def again(lines: Lines) -> Lines:
        return [*lines, *json.loads(json.dumps(lines[act - 1 : act + 2]))]

    rewrite(filled, again)
    assert "closed before: done" in refused_at(filled)
    rewrite(filled, lambda lines: [*lines[:-3], json.loads(json.dumps(lines[first - 1]))])
    assert "filed before" in refused_at(filled)


def test_a_line_is_never_older_than_the_one_before(filled: Place) -> None:
    def older(lines: Lines) -> Lines:
        lines[-1][1]["at"] = "2026-03-01T08:00:00.000000Z"
        return lines

    rewrite(filled, older)
    assert "is older than the one before" in refused_at(filled)


@pytest.mark.parametrize(
    "member", [{"more": 1}, {"at": "noon"}, {"kind": 1}, {"facts": []}, {"alarm": 1}], ids=str
)
def test_a_line_that_is_none_is_refused(filled: Place, member: dict[str, object]) -> None:
    def change(lines: Lines) -> Lines:
        lines[15][1].update(member)
        return lines

    rewrite(filled, change)
    assert "Line 16 of the log is no line of a centre" in refused_at(filled)


@pytest.mark.parametrize("key", ["none", 1])
def test_a_first_line_without_a_key_is_refused(place: Place, key: object) -> None:
    rewrite(place, edited(1, public_key=key))
    assert "Line 1 names no key" in refused_at(place)


def test_a_root_record_of_ones_own_needs_the_signature_of_the_centre(place: Place) -> None:
    record = canonical.write({"provider": "none"})
    with by_hand(place.file) as connection:
        connection.execute("UPDATE meta SET value = ? WHERE name = 'root'", (record,))
    told = Event("centre.root_changed", {"root": hash_of(record)})
    rewrite(place, inserted(told), with_root=False)
    assert "the centre did not sign it" in refused_at(place)


def test_a_centre_that_was_made_anew_does_not_unseal_with_the_old_shares(place: Place) -> None:
    with by_hand(place.file) as connection:
        stolen = lines_of(connection)[0][1]
    stolen["facts"]["public_key"] = public_key_of(world.seed_of("mallory")).hex()
    rewrite(place, lambda lines: [(1, stolen), *lines[1:]], with_root=False)
    with by_hand(place.file) as connection:
        (seq, digest, at) = connection.execute(
            "SELECT seq, hash, json_extract(body, '$.at') FROM log ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        from voltoken.drivers.journal import Checkpoint

        moment = canonical.read_moment(at)
        assert moment is not None
        message = Checkpoint(world.CENTRE, seq, digest, moment).message()
        connection.execute("DELETE FROM heads")
        connection.execute(WRITE_HEAD, (seq, at, digest, signed_by("mallory", message)))
    with place.open() as centre:  # nothing but a pinned key, or its own shares, tells it from the real one
        centre.unseal(place.shares[0])
        with pytest.raises(CentreFileError, match="not the centre's own"):
            centre.unseal(place.shares[1])
        assert centre.sealed
    assert verify_centre(place.folder, public_key=place.public_key).faults


def refusals(centre: Centre) -> list[tuple[str, str, bool]]:
    """Return who was refused, why, and whether it was an alarm."""
    return [
        (line.facts["by"], line.facts["reason"], line.alarm)
        for line in read_log(centre)
        if line.kind == "act.refused"
    ]


def test_a_request_signed_by_another_is_refused_with_an_alarm(place: Place) -> None:
    with place.open() as centre:
        request = world.draft(centre, "country.add", "KE", {"name": "Kenya"})
        with pytest.raises(ApprovalRefused) as caught:
            centre.ask(request, signed_by("dot", request.signed_bytes()))
        assert caught.value.reason == "maker_forged"
        assert refusals(centre) == [("ada", "maker_forged", True)]
        assert not centre.state.requests
    with place.open() as centre:
        assert refusals(centre) == [("ada", "maker_forged", True)]


@pytest.mark.parametrize(
    ("person", "signer", "reason"),
    [
        ("ben", "cem", "forged"),
        ("ada", "ada", "self"),
        ("eve", "eve", "unknown"),
        ("dot", "dot", "no_right"),
    ],
)
def test_an_approval_of_the_wrong_person_is_refused_and_logged(
    place: Place, person: str, signer: str, reason: str
) -> None:
    with place.open() as centre:
        request_id = ask(centre, "role.withdraw", "custodian")
        request = centre.state.requests[request_id].request
        with pytest.raises(AccessError) as caught:
            centre.approve(request_id, said(request, person, centre.now(), by=signer))
        assert caught.value.reason == reason
        assert [(by, why) for by, why, _ in refusals(centre)] == [(person, reason)]
        assert centre.state.requests[request_id].approvals == ()
        with pytest.raises(ApprovalRefused) as caught:
            centre.carry_out(request_id)
        assert caught.value.reason == "missing"


def test_an_expired_request_is_refused_and_logged(place: Place) -> None:
    with place.open() as centre:
        request_id = ask(centre, "role.withdraw", "custodian")
        approve(centre, request_id)
        place.time.pass_(days=7, seconds=1)
        with pytest.raises(ApprovalRefused) as caught:
            centre.carry_out(request_id)
        assert caught.value.reason == "expired"
        assert refusals(centre)[0][:2] == ("ada", "expired")
        assert centre.state.entry("role", "custodian").state == "active"  # type: ignore[union-attr]


def test_a_clock_that_is_set_back_makes_nothing_good_again(place: Place) -> None:
    with place.open() as centre:
        request_id = ask(centre, "role.withdraw", "custodian")
        approve(centre, request_id)
        place.time.pass_(days=8)
        world.country(centre)
        place.time.pass_(days=-8)
        with pytest.raises(ApprovalRefused) as caught:
            centre.carry_out(request_id)
        assert caught.value.reason == "expired"


def test_a_request_leads_to_one_act_only(place: Place) -> None:
    with place.open() as centre:
        request_id = ask(centre, "role.withdraw", "custodian")
        approve(centre, request_id)
        centre.carry_out(request_id)
        with pytest.raises(ApprovalRefused) as caught:
            centre.carry_out(request_id)
        assert caught.value.reason == "used"
        assert refusals(centre)[0][:2] == ("ada", "used")


def test_an_approval_of_another_request_is_worth_nothing(place: Place) -> None:
    with place.open() as centre:
        first = ask(centre, "role.withdraw", "custodian")
        second = ask(centre, "role.withdraw", "approver")
        approval = said(centre.state.requests[first].request, "ben", centre.now())
        with pytest.raises(ApprovalRefused) as caught:
            centre.approve(second, approval)
        assert caught.value.reason == "other_request"
        assert refusals(centre)[0][:2] == ("ben", "other_request")


def test_approvals_that_were_slipped_into_the_file_count_for_nothing(place: Place) -> None:
    # The attacker has the root key, makes chain and head anew, and has a stolen list of old signatures.
    with place.open() as centre:
        request_id = ask(centre, "role.withdraw", "custodian")
        request = centre.state.requests[request_id].request
        other = world.draft(centre, "role.withdraw", "approver")
        stolen = said(other, "ben", centre.now())
    forged = Approval(
        request.hash, "ben", Verdict.APPROVE, stolen.at + timedelta(0), stolen.reason, stolen.signature
    )
    facts = kmc.approval_facts(request_id, forged)
    rewrite(place, inserted(Event("request.approval", facts)))
    assert "not what ben has signed" in refused_at(place)


def test_the_chain_of_a_centre_is_that_of_the_journals() -> None:
    rows, end = chain(End(), [Event("a", {})], world.START)
    assert rows == [(1, rows[0][1], link(GENESIS, rows[0][1]))]
    assert end == End(1, rows[0][2], world.START)
