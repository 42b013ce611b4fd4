"""Acts with jobs in a log: what a head of the centre vouches for, and what anybody can work out again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.kmc.test_replay import Lines, refused, replayed
from tests.unit.kmc.town import FOUNDERS, KEY, NOW
from tests.unit.kmc.vault import SM_1, YEAR, Vault
from voltoken.errors import CentreFileError, CentreSealed
from voltoken.kmc import (
    CREATED,
    DESTROYED,
    SECRET,
    Entry,
    Event,
    State,
    Work,
    carried_event,
    carried_without_keys,
    carry_out,
    founders_digest,
    founding_events,
)
from voltoken.security.keyload import exchange_public


class Kept(Vault):
    """A centre in memory that writes its log as one on a disk does, secrets in the middle of an act."""

    def __init__(self) -> None:
        self.state, self.log, self.now, self.asked, self.drawn = State(), [], NOW, 0, 0
        self.lines: Lines = []
        self.files: dict[str, bytes] = {}
        self.secrets = {"exchange": hashlib.sha256(b"C1").digest()}
        kept = Event(SECRET, {"name": "exchange", "sealed": "0" * 64})
        founding = (*founding_events(FOUNDERS, NOW), kept)
        born = {"founding": len(founding), "founders": founders_digest(founding)}
        point = exchange_public(self.secrets["exchange"]).hex()
        facts = {"centre_id": "C1", "rehearsal_days": 0, "exchange_key": point}
        self.take([Event(CREATED, facts | born), *founding])

    def take(self, events: Iterable[Event]) -> None:
        """Write lines with their time."""
        events = tuple(events)
        self.lines += [(event, self.now) for event in events]
        super().take(events)

    def do(
        self, register: str, step: str, entry_id: str, *papers: bytes, by: str = "alice", **values: Any
    ) -> Entry:
        """Ask, approve, and write the whole act at once."""
        request_id = self.ask(register, step, entry_id, by, **values)
        if self.state.requests[request_id].request.needs:
            self.approve(request_id)
        self.carry_on(request_id, self.work(request_id, *papers))
        return self.entry(register, entry_id)

    def carry_on(self, request_id: str, work: Work) -> None:
        """Carry a request out."""
        done = carry_out(self.state, request_id, work.facts, self.now)
        gone = [Event(DESTROYED, {"name": name}) for name in work.destroy]
        kept = [Event(SECRET, {"name": name, "sealed": "0" * 64}) for name in work.keep]
        files = {name: hashlib.sha256(data).hexdigest() for name, data in work.files.items()}
        self.take([carried_event(request_id, work.facts, files), *gone, *kept, *done])
        self.files |= work.files
        self.secrets |= work.keep

    def carry_out(self, request_id: str, *_: object) -> None:
        """Carry out what needs no keys."""
        self.take(carried_without_keys(self.state, request_id, self.now))


def made() -> Kept:
    """Return a centre with two signing keys, one of them retired, a registered module and a trust list."""
    centre = Kept()
    span: dict[str, Any] = {"begin": NOW, "end": NOW + 4 * YEAR}
    centre.act("country", "add", "KE", name="Kenya")
    centre.act("organisation", "add", "lightco", name="L", country="KE", kinds="utility")
    centre.act("organisation", "accept", "lightco")
    for name in ("first", "second"):
        centre.do("centre_key", "add", name, **span)
    centre.act("module", "add", "sm-1", organisation="lightco", role="vending")
    centre.do("module", "challenge", "sm-1")
    centre.do("module", "challenge", "sm-1")
    centre.do("module", "register", "sm-1", proof=SM_1.answer(centre))
    centre.do("centre_key", "retire", "second", note="not needed")
    for version in ("1", "2"):
        centre.act("trust_list", "add", version)
    centre.act("country", "change", "KE", name="Republic of Kenya")
    return centre


CENTRE = made()
LAST_KEYED = max(
    index for index, (event, _) in enumerate(CENTRE.lines, 1) if event.kind in {SECRET, DESTROYED}
)
SIGNED = LAST_KEYED + 2  # the act ends with its entry and its request


FIRST = f"signing_key/{CENTRE.entry('centre_key', 'first').get('kid')}"


def acts(name: str) -> list[int]:
    """Return the indexes of the lines of the last act of a kind: register and step."""
    ids = [one.request.request_id for one in CENTRE.state.requests.values() if one.request.act == name]
    begin = next(
        index
        for index, (event, _) in enumerate(CENTRE.lines)
        if event.kind == "act.carried_out" and event.facts["request"] == ids[-1]
    )
    return [begin, *range(begin + 1, _end(begin) + 1)]


def _end(begin: int) -> int:
    return next(
        index for index in range(begin, len(CENTRE.lines)) if CENTRE.lines[index][0].kind == "request.closed"
    )


def test_what_a_head_vouches_for_and_what_anybody_works_out_again_is_taken() -> None:
    for signed in (len(CENTRE.lines), SIGNED):
        state = replayed(CENTRE.lines, signed)
        assert state.export() == CENTRE.state.export()


@pytest.mark.parametrize("signed", [0, 1, LAST_KEYED, SIGNED - 1])
def test_an_act_that_takes_keys_stands_whole_at_or_below_a_head(signed: int) -> None:
    assert "it keeps or destroys a secret, and the centre did not sign it" in refused(CENTRE.lines, signed)


@pytest.mark.parametrize(
    "name", ["centre_key.add", "centre_key.retire", "module.challenge", "module.register"]
)
def test_leaving_its_secrets_out_makes_no_act_another(name: str) -> None:
    lines = [*CENTRE.lines]
    begin, *rest = acts(name)
    for index in reversed(rest):
        if lines[index][0].kind in {SECRET, DESTROYED}:
            del lines[index]
    message = refused(lines, signed=begin)
    assert "only an unsealed centre does this, and it did not sign it" in message
    assert "if another version of this program wrote it, unseal with that" in message


def test_a_centre_without_keys_says_so_when_they_are_needed() -> None:
    centre = made()
    request_id = centre.ask("centre_key", "add", "third", begin=NOW, end=NOW + YEAR)
    centre.approve(request_id)
    with pytest.raises(CentreSealed):
        carried_without_keys(centre.state, request_id, centre.now)


def test_a_job_that_this_program_has_not_takes_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voltoken.kmc.keyless.JOBS", {})
    assert "only an unsealed centre does this" in refused(CENTRE.lines, SIGNED)


@pytest.mark.parametrize(
    "work",
    [Work(told="hush"), Work(keep={"x": b"y"}), Work(destroy=("exchange",))],
    ids=["told", "kept", "gone"],
)
def test_a_job_that_shows_or_keeps_something_takes_keys(monkeypatch: pytest.MonkeyPatch, work: Work) -> None:
    monkeypatch.setattr("voltoken.kmc.keyless.JOBS", {"trust": lambda *_: work})
    assert "only an unsealed centre does this" in refused(CENTRE.lines, SIGNED)


def with_facts(index: int, **facts: object) -> Lines:
    """Return the log with one line that says something else."""
    lines = [*CENTRE.lines]
    event, at = lines[index]
    lines[index] = replace(event, facts={**event.facts, **facts}), at
    return lines


@pytest.mark.parametrize(
    "facts",
    [{"files": {}}, {"files": {"C1.trust.2.json": "0" * 64}}, {"facts": {"digest": "0" * 64}}, {"facts": {}}],
    ids=["no file", "another file", "another fact", "no fact"],
)
def test_after_the_head_the_centre_found_out_what_anybody_finds_out(facts: Mapping[str, object]) -> None:
    lines = with_facts(acts("trust_list.add")[0], **facts)
    assert "without its keys no centre writes this" in refused(lines, SIGNED)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("exchange_key", exchange_public(bytes([7]) * 32).hex()),
        ("signing_key", KEY["mallory"]),
        ("role", "manufacturing"),
        ("firmware", "6.6.6"),
        ("identity", "0" * 64),
    ],
)
def test_a_module_is_what_its_proof_says_whoever_vouches(name: str, value: str) -> None:
    lines = CENTRE.lines
    carried, _, entry, _ = acts("module.register")
    (told, at), (line, _) = lines[carried], lines[entry]
    forged = [*lines]
    forged[carried] = replace(told, facts={**told.facts, "facts": {**told.facts["facts"], name: value}}), at
    forged[entry] = replace(line, facts={**line.facts, "values": {**line.facts["values"], name: value}}), at
    assert "something else than the proof says that people signed" in refused(forged)


def test_a_fact_beside_the_proof_is_refused_too() -> None:
    carried = acts("module.register")[0]
    facts = CENTRE.lines[carried][0].facts["facts"]
    assert "something else than" in refused(with_facts(carried, facts={**facts, "kind": "hsm"}))


@pytest.mark.parametrize(
    ("event", "name", "why"),
    [
        (Event(SECRET, {"name": "x", "sealed": "0"}), "country.add", "nothing to do with the secret x"),
        (Event(DESTROYED, {"name": "exchange"}), "country.add", "nothing to do with the secret exchange"),
        (Event(DESTROYED, {"name": "exchange"}), "centre_key.add", "nothing to do with the secret exchange"),
        (
            Event(DESTROYED, {"name": "signing_key/0"}),
            "centre_key.retire",
            "to do with the secret signing_key/0",
        ),
        (Event(SECRET, {"name": "vending_key/1"}), "centre_key.add", "to do with the secret vending_key/1"),
        (Event(SECRET, {"name": FIRST}), "centre_key.add", "in the place of signing_key/"),
    ],
    ids=["kept", "destroyed", "of another", "not there", "of another job", "replaced"],
)
def test_secrets_are_where_they_belong(event: Event, name: str, why: str) -> None:
    begin = acts(name)[0]
    at = CENTRE.lines[begin][1]
    assert why in refused([*CENTRE.lines[: begin + 1], (event, at), *CENTRE.lines[begin + 1 :]])


def test_rules_are_asked_again_where_no_head_vouches(monkeypatch: pytest.MonkeyPatch) -> None:
    def no(look: Any) -> None:
        raise look.refuse("state", "never again")

    begin = acts("trust_list.add")[0]
    approval, asked = begin - 1, begin - 2
    assert CENTRE.lines[asked][0].kind == "request.filed"
    assert CENTRE.lines[approval][0].kind == "request.approval"
    monkeypatch.setattr("voltoken.kmc.plans.ask_rules", no)
    monkeypatch.setattr("voltoken.kmc.engine.ask_rules", no)
    for index, last in ((asked, asked), (approval, approval), (begin, _end(begin))):
        message = refused(CENTRE.lines, signed=index)
        assert message.startswith(f"Line {last + 1} of the log was inserted or edited: never again.")
    assert replayed(CENTRE.lines).export() == CENTRE.state.export()


@pytest.mark.parametrize(
    ("register", "entry_id", "lacks"),
    [("person", "alice", "public_key"), ("person", "alice", "roles"), ("role", "officer", "actions")],
)
def test_an_entry_that_lacks_what_every_one_has_is_an_error_of_ours(
    register: str, entry_id: str, lacks: str
) -> None:
    centre = made()
    entry = centre.entry(register, entry_id)
    values = {name: value for name, value in entry.values.items() if name != lacks}
    centre.state.entries[register][entry_id] = replace(entry, values=values)
    with pytest.raises(CentreFileError, match="was edited"):
        (centre.state.person if register == "person" else centre.state.role)(entry_id)
