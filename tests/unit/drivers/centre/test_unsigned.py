"""Lines that no signed head vouches for: only what anybody can work out again is believed of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.drivers.centre import world
from tests.unit.drivers.centre.test_forgery import Lines, edited, inserted, number_of, refused_at, rewrite
from tests.unit.drivers.centre.world import Place, act, approve, ask, signed_by, signing_key, trust_list
from tests.unit.kmc.vault import Box
from voltoken import canonical, kmc
from voltoken.access import public_key_of
from voltoken.drivers.centre import Centre, last_head, read_log, verify_centre, write_identity
from voltoken.drivers.centre.lines import hash_of
from voltoken.drivers.centre.store import Beside
from voltoken.errors import CentreError, CentreSealed
from voltoken.kmc import JOBS, Event, Plan, State, Tools, Work, carried_event
from voltoken.kmc.papers import request_facts
from voltoken.security.keyload import (
    TrustedCentre,
    TrustList,
    answer_challenge,
    exchange_public,
    key_id,
    read_centre,
    write_module,
)

EVIL = public_key_of(world.seed_of("mallory"))


def append(place: Place, events: Sequence[Event], *, with_root: bool = False) -> None:
    """Put lines at the end of the log, as somebody does who can write the file."""

    def change(lines: Lines) -> Lines:
        for event in events:
            plain = Event(event.kind, json.loads(canonical.write(event.facts)), event.alarm)
            lines = inserted(plain)(lines)
        return lines

    rewrite(place, change, with_root=with_root)


def act_of(
    place: Place, request_id: str, facts: Mapping[str, Any], files: Mapping[str, str] | None = None
) -> tuple[Event, ...]:
    """Return the lines of an act with facts of one's own: who can read the file can make them."""
    with Centre.look(place.folder, world=place.world()) as centre:
        done = kmc.carry_out(centre.state, request_id, facts, centre.now())
    return carried_event(request_id, facts, files or {}), *done


@pytest.mark.parametrize("kept", [False, True])
def test_nobody_gets_a_key_of_his_own_among_those_of_the_centre(place: Place, *, kept: bool) -> None:
    with place.unsealed() as centre:
        signing_key(centre)
        request_id = ask(centre, "centre_key.add", "second", world.SPAN)
        approve(centre, request_id)
    carried, *done = act_of(place, request_id, {"kid": key_id(EVIL), "public_key": EVIL.hex()})
    secret = Event("secret.kept", {"name": f"signing_key/{key_id(EVIL)}", "sealed": "0" * 64})
    append(place, [carried, *([secret] if kept else []), *done])
    why = "keeps or destroys a secret" if kept else "only an unsealed centre does this"
    assert f"{why}, and " in refused_at(place)


@pytest.fixture(scope="module")
def _asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, str]:
    """A centre in which a module has proved its keys, and others have approved that it is registered."""
    place = world.make(tmp_path_factory.mktemp("asked") / "c1")
    box = Box("sm-1")
    with place.unsealed() as centre:
        signing_key(centre)
        world.country(centre)
        act(centre, "organisation.add", "lightco", {"name": "L", "country": "KE", "kinds": "utility"})
        act(centre, "organisation.accept", "lightco")
        act(centre, "module.add", "sm-1", {"organisation": "lightco", "role": "vending"})
        challenge = act(centre, "module.challenge", "sm-1").files["sm-1.challenge.json"]
        identity = read_centre(write_identity(centre)[1])
        proof = answer_challenge(
            challenge,
            write_module(box.identity, box.sign),
            exchange=box.exchange,
            sign=box.sign,
            trust=TrustList(1, centre.now(), (TrustedCentre.of(identity),)),
            now=centre.now(),
        )
        request_id = ask(centre, "module.register", "sm-1", {"proof": canonical.read(proof, len(proof))})
        approve(centre, request_id)
    return place, request_id


@pytest.fixture
def asked(_asked: tuple[Place, str], tmp_path: Path) -> tuple[Place, str]:
    from tests.unit.drivers.centre.conftest import _copy

    return _copy(_asked[0], tmp_path / "c1"), _asked[1]


OTHER = exchange_public(bytes([7]) * 32).hex()


@pytest.mark.parametrize("with_root", [False, True])
def test_a_module_is_registered_with_the_keys_of_its_proof_and_no_others(
    asked: tuple[Place, str], *, with_root: bool
) -> None:
    place, request_id = asked
    stated = {"exchange_key": OTHER, "signing_key": EVIL.hex(), "role": "vending"}
    append(
        place,
        act_of(place, request_id, stated | {"firmware": "1.0", "identity": "0" * 64}),
        with_root=with_root,
    )
    message = refused_at(place)
    why = "something else than the proof says" if with_root else "only an unsealed centre does this"
    assert why in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("exchange_key", OTHER),
        ("signing_key", EVIL.hex()),
        ("role", "manufacturing"),
        ("firmware", "6.6.6"),
        ("identity", "0" * 64),
    ],
)
def test_not_even_with_the_root_key_is_a_registered_module_another_one(
    asked: tuple[Place, str], name: str, value: str
) -> None:
    place, request_id = asked
    with place.unsealed() as centre:
        centre.carry_out(request_id)
    assert verify_centre(place.folder).faults == ()

    def change(lines: Lines) -> Lines:
        for _, line in lines:
            facts = line["facts"]
            if facts.get("request") == request_id and line["kind"] == "act.carried_out":
                facts["facts"][name] = value
            if facts.get("request") == request_id and line["kind"] == "entry":
                facts["values"][name] = value
        return lines

    rewrite(place, change)
    assert "something else than the proof says" in refused_at(place)


LIMITED = {"actions": "person.*", "only": {"organisation": ["acme"]}, "most": {"units": 5}}


@pytest.mark.parametrize("with_root", [False, True])
@pytest.mark.parametrize("name", ["only", "most", "actions"])
def test_a_role_keeps_its_limits(place: Place, name: str, *, with_root: bool) -> None:
    with place.open() as centre:
        act(centre, "role.add", "clerk", LIMITED)

    def drop(lines: Lines) -> Lines:
        for _, line in lines:
            if line["kind"] == "entry" and line["facts"]["id"] == "clerk":
                del line["facts"]["values"][name]
        return lines

    rewrite(place, drop, with_root=with_root)
    why = "does not lead to" if with_root else "without its keys no centre writes this"
    assert why in refused_at(place)


@pytest.mark.parametrize("with_root", [False, True])
def test_a_person_keeps_the_public_key(place: Place, *, with_root: bool) -> None:
    with place.open() as centre:
        eve = {"name": "Eve", "roles": "auditor", "public_key": EVIL.hex()}
        act(centre, "person.add", "eve", eve)
    number = number_of(place, "entry", 11)
    rewrite(place, edited(number, values={"name": "Eve", "roles": ["auditor"]}), with_root=with_root)
    refused_at(place)


@pytest.mark.parametrize("with_root", [False, True])
def test_a_value_that_no_register_has_is_refused(place: Place, *, with_root: bool) -> None:
    with place.open() as centre:
        values = world.country(centre).entry.values
    number = number_of(place, "entry", 11)
    rewrite(place, edited(number, values={**values, "more": 1}), with_root=with_root)
    refused_at(place)


def test_a_field_of_another_version_may_be_missing_where_the_centre_has_signed(place: Place) -> None:
    with place.open() as centre:
        values = dict(world.country(centre).entry.values)
    number = number_of(place, "entry", 11)
    assert values.pop("regulator") is None
    rewrite(place, edited(number, values=values), with_root=False)
    assert "without its keys no centre writes this" in refused_at(place)
    rewrite(place, lambda lines: lines)
    assert verify_centre(place.folder).faults == ()


@pytest.mark.parametrize(
    "kind", ["centre.unsealed", "centre.backup", "centre.root_changed", "centre.restored"]
)
def test_a_line_that_only_an_unsealed_centre_writes_is_refused_after_the_last_head(
    place: Place, kind: str
) -> None:
    from voltoken.drivers.centre.lines import BACKED_UP

    kind = BACKED_UP if kind == "centre.backup" else kind
    with Centre.look(place.folder) as centre:
        root = centre.state.created["root"]
    append(place, [Event(kind, {"root": root})])
    number = kmc_lines(place)
    assert f"Line {number} was inserted: the centre did not sign it" in refused_at(place)


def kmc_lines(place: Place) -> int:
    """Return how many lines a file has that may not open."""
    with world.by_hand(place.file) as connection:
        return int(connection.execute("SELECT count(*) FROM log").fetchone()[0])


@pytest.mark.parametrize("with_root", [False, True])
def test_a_line_of_a_kind_that_nobody_knows_is_refused(place: Place, *, with_root: bool) -> None:
    append(place, [Event("centre.painted", {})], with_root=with_root)
    assert "no program of this version writes such a line" in refused_at(place)


def test_a_request_that_was_rejected_is_not_open_again_when_its_lines_are_called_otherwise(
    filled: Place,
) -> None:
    rejected = {number_of(filled, "request.approval", 4), number_of(filled, "request.closed", 5)}

    def rename(lines: Lines) -> Lines:
        for number in rejected:
            lines[number - 1][1]["kind"] = "note"
        return lines

    rewrite(filled, rename)
    assert "no program of this version writes such a line" in refused_at(filled)


@pytest.mark.parametrize("files", [{"../../x": "0" * 64}, {"": "0" * 64}, ["x"], None])
def test_a_file_that_was_made_is_never_named_like_a_path(filled: Place, files: object) -> None:
    rewrite(filled, edited(number_of(filled, "act.carried_out"), files=files))
    assert "names a file that no centre makes" in refused_at(filled)


@pytest.mark.parametrize("kind", ["act.carried_out", "entry", "request.filed", "request.approval"])
def test_no_line_says_more_than_it_has_to_say(filled: Place, kind: str) -> None:
    nth = {"entry": 11}.get(kind, 1)
    rewrite(filled, edited(number_of(filled, kind, nth), more=1))
    refused_at(filled)


def test_the_step_of_an_entry_is_the_one_that_was_asked_for(filled: Place) -> None:
    rewrite(filled, edited(number_of(filled, "entry", 11), step="withdraw"))
    assert "does not lead to" in refused_at(filled)


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (Event("secret.destroyed", {"name": "exchange"}), "nothing to do with the secret exchange"),
        (
            Event("secret.kept", {"name": "vending_key/1", "sealed": "0" * 64}),
            "nothing to do with the secret",
        ),
    ],
    ids=["destroyed", "kept"],
)
def test_an_act_without_a_job_touches_no_secret(filled: Place, event: Event, why: str) -> None:
    number = number_of(filled, "act.carried_out")  # the country
    rewrite(filled, inserted(event, after=number))
    assert why in refused_at(filled)


def test_a_job_keeps_no_secret_of_another_job(filled: Place) -> None:
    number = number_of(filled, "act.carried_out", 2)  # a signing key
    kept = Event("secret.kept", {"name": "vending_key/123456/1", "sealed": "0" * 64})
    rewrite(filled, inserted(kept, after=number))
    assert "nothing to do with the secret vending_key/123456/1" in refused_at(filled)


@pytest.mark.parametrize("work", [{"keep": {"vending_key/1": b"x"}}, {"destroy": ("exchange",)}], ids=str)
def test_a_job_that_touches_secrets_of_others_is_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch, work: dict[str, Any]
) -> None:
    facts = {"kid": key_id(EVIL), "public_key": EVIL.hex()}
    monkeypatch.setattr(
        "voltoken.drivers.centre.acts.JOBS", {"new_signing_key": lambda *_: Work(facts, **work)}
    )
    with place.unsealed() as centre, pytest.raises(CentreError, match="touches such a secret"):
        signing_key(centre)


def test_what_is_done_sealed_opens_again_when_anybody_can_work_it_out(place: Place) -> None:
    with place.unsealed() as centre:
        signing_key(centre)
        assert centre.unsigned == 0
    with place.open() as centre:
        before = centre.state.lines
        made = trust_list(centre)
        assert made.files
        act(centre, "role.withdraw", "approver")
        assert centre.unsigned == centre.state.lines - before > 0
        unsigned, export = centre.unsigned, centre.state.export()
    with Centre.look(place.folder) as centre:
        assert (centre.unsigned, centre.state.export()) == (unsigned, export)
    assert verify_centre(place.folder).faults == ()
    with place.unsealed() as centre:
        assert centre.unsigned == 0


@pytest.mark.parametrize(
    "facts",
    [
        {"facts": {"digest": "0" * 64, "fingerprint": "0000"}},
        {"files": {}},
        {"files": {"C1.trust.1.json": "0" * 64}},
        {"files": {"C1.trust.2.json": hash_of(b"")}},
    ],
    ids=["facts", "no file", "another file", "another name"],
)
def test_what_is_done_sealed_is_worked_out_again(place: Place, facts: dict[str, Any]) -> None:
    with place.unsealed() as centre:
        signing_key(centre)
    with place.open() as centre:
        trust_list(centre)
    number = number_of(place, "act.carried_out", 2)
    with Centre.look(place.folder) as centre:
        told = [line.facts for line in read_log(centre, number)]
    if "facts" in facts:  # and the entry fits
        values = {**told[1]["values"], **facts["facts"]}
        rewrite(place, edited(number + 1, values=values), with_root=False)
    rewrite(place, edited(number, **facts), with_root=False)
    assert "without its keys no centre writes this" in refused_at(place)


def test_a_sealed_centre_destroys_nothing(filled: Place) -> None:
    with filled.unsealed() as centre:
        kid = signing_key(centre, "third").entry.get("kid")
    with filled.open() as centre:
        request_id = ask(centre, "centre_key.retire", "third", {"note": "not needed"})
        approve(centre, request_id)
        before = centre.state.lines
        with pytest.raises(CentreSealed):
            centre.carry_out(request_id)
        assert centre.state.lines == before
    carried, *done = act_of(filled, request_id, {})
    gone = Event("secret.destroyed", {"name": f"signing_key/{kid}"})
    append(filled, [carried, *done])
    assert "only an unsealed centre does this" in refused_at(filled)
    rewrite(filled, lambda lines: lines[: -len(done)], with_root=False)
    append(filled, [gone, *done])
    assert "it keeps or destroys a secret, and the centre did not sign it" in refused_at(filled)


def test_a_sealed_centre_does_nothing_that_it_could_not_show(
    filled: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def job(state: State, plan: Plan, tools: Tools) -> Work:
        work = JOBS["trust"](state, plan, tools)
        return Work(work.facts, files={**work.files, "drawn.txt": tools.chance(8)})

    monkeypatch.setattr("voltoken.drivers.centre.acts.JOBS", {"trust": job})
    with filled.open() as centre, pytest.raises(CentreSealed):
        trust_list(centre, 2)


@pytest.mark.parametrize(
    "beside",
    [Beside(sealed={"x": b"y"}), Beside(destroyed=("exchange",)), Beside(meta={"root": "{}"})],
    ids=["kept", "destroyed", "root"],
)
def test_no_secret_is_written_without_a_head(place: Place, beside: Beside) -> None:
    with place.open() as centre:
        with pytest.raises(CentreSealed):
            centre.store.commit([Event("act.refused", {})], centre.now(), None, beside)
        assert centre.unsigned == 0
        assert last_head(centre).seq == centre.state.lines


def test_a_request_that_the_rules_forbid_cannot_be_put_into_the_file_by_its_maker(place: Place) -> None:
    with place.open() as centre:
        world.country(centre)
        given = {"name": "Acme", "country": "KE", "kinds": "utility"}
        request = world.draft(centre, "organisation.add", "acme", given)
    body = {**request.body, "values": {**request.body["values"], "country": "XX"}}
    wrong = replace(request, body=body)
    append(place, [Event("request.filed", request_facts(wrong, signed_by("ada", wrong.signed_bytes())))])
    assert "there is no country XX" in refused_at(place)


def test_an_approval_that_the_rules_forbid_cannot_be_put_into_the_file(place: Place) -> None:
    with place.open() as centre:
        request_id = ask(centre, "role.withdraw", "approver")
        request = centre.state.requests[request_id].request
        approval = world.said(request, "ben", centre.now())
    facts = kmc.approval_facts(request_id, approval)
    append(place, [Event("request.approval", facts)])
    with place.open() as centre:  # a genuine one is worth what it is worth
        assert centre.state.requests[request_id].approvals == (approval,)
    append(place, [Event("request.approval", facts)])
    assert "ben has approved" in refused_at(place)


def test_lines_after_the_last_head_can_be_cut_off_and_a_witness_notices(place: Place, tmp_path: Path) -> None:
    from voltoken.drivers.journal import FileWitness

    witness = tmp_path / "witness.jsonl"
    with place.unsealed() as centre:
        act(centre, "person.suspend", "cem")
        FileWitness(witness).send(centre.head())
    with world.by_hand(place.file) as connection:
        connection.execute("DELETE FROM heads WHERE seq > 13")
        connection.execute("DELETE FROM log WHERE seq > 13")
    assert verify_centre(place.folder).faults == ()
    assert verify_centre(place.folder, witness=witness).faults
