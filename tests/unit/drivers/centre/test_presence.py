"""What a custodian types or is shown: in the moment it is asked, while that custodian is there, or never."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.unit.drivers.centre.test_ceremonies import House
from tests.unit.drivers.centre.world import Place, kinds
from tests.unit.kmc.ceremony.hall import PAPERS, PEOPLE, refused, seed_of
from voltoken.access import Request, public_key_of, sign_request
from voltoken.drivers.centre import create_centre, make_backup, read_backup, restore, verify_centre
from voltoken.drivers.centre.acts import expect
from voltoken.drivers.custody import SharesProvider
from voltoken.errors import ActRefused, ApprovalRefused, CentreSealed, FieldError
from voltoken.kmc import Founder
from voltoken.kmc.ceremony import RECORDED_BY, Action, practice_component

BACKUP: dict[str, Any] = {"script": "backup-shares", "vending_key": None, "bits": None, "threshold": 2}
DRY: dict[str, Any] = {"vending_key": None, "dry_run": True}
CAROLS = practice_component(1, 160).hex()


def held(folder: Path) -> Place:
    """Return a centre in which a first component (dry-1) and a first share (b1, dry-2) are next."""
    founders = [
        Founder(person, name, frozenset({role}), public_key_of(seed_of(person)))
        for person, (name, role) in PEOPLE.items()
    ]
    begun = Place(folder, (), "")
    now = begun.time()
    made = create_centre(folder, centre_id="C1", provider=SharesProvider(2, 3), founders=founders, now=now)
    place = Place(folder, made.shares, made.public_key)
    with place.unsealed() as centre:
        house = House(place, centre)
        house.plan("dry-1", **DRY)
        house.run("dry-1", until=Action.COMPONENT)
        house.plan("b1", **BACKUP)
        house.run("b1", until=Action.HAND_OUT)
        house.plan("dry-2", **BACKUP, dry_run=True)
        house.run("dry-2", until=Action.SHARE)
        place.time.pass_(minutes=1)
    return place


@pytest.fixture(scope="module")
def _held(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return held(tmp_path_factory.mktemp("held") / "c1")


@pytest.fixture
def place(_held: Place, tmp_path: Path) -> Place:
    """A closed centre with ceremonies in it."""
    shutil.copytree(_held.folder, tmp_path / "c1")
    place = Place(tmp_path / "c1", _held.shares, _held.public_key)
    place.time.moment = _held.time.moment
    return place


def drafted(house: House, entry_id: str) -> Request:
    """Return the request of the custodian whose turn it is, not filed."""
    turn = house.turn(entry_id)
    # Of the share it shows some check value: the right one is on paper, and not needed to ask.
    shown = {"check_value": str(house.entry(entry_id).get("record")[-1]["found"].get("check_value"))}
    evidence = shown if turn.action is Action.SHARE else house.evidence(turn, entry_id)
    values = {"number": turn.number, "evidence": evidence}
    return house.centre.draft(turn.person, "ceremony", RECORDED_BY[turn.action], entry_id, values)


def filed(house: House, entry_id: str) -> str:
    """File the request of the custodian whose turn it is, and go no further, as after a crash."""
    request = drafted(house, entry_id)
    house.centre.ask(request, sign_request(request, seed_of(request.maker)))
    return request.request_id


WAITING = pytest.mark.parametrize(
    "entry_id", ["dry-1", "b1", "dry-2"], ids=["component", "hand_out", "share"]
)


@WAITING
def test_nothing_of_it_is_filed_while_the_centre_is_sealed(place: Place, entry_id: str) -> None:
    with place.open() as centre:
        house, lines, before = House(place, centre), kinds(centre), centre.state.export()
        request = drafted(house, entry_id)
        with pytest.raises(CentreSealed, match="Nothing was filed") as caught:
            centre.ask(request, sign_request(request, seed_of(request.maker)))
        assert "carry-out" not in caught.value.message
        assert (kinds(centre), centre.state.export()) == (lines, before)
        assert request.request_id not in centre.state.requests


@WAITING
def test_a_request_that_a_crash_left_behind_is_worth_nothing(place: Place, entry_id: str) -> None:
    with place.unsealed() as centre:
        request_id = filed(House(place, centre), entry_id)
    with place.unsealed() as centre:
        secrets = dict(centre.state.secrets)
        error = refused(centre.carry_out, request_id, typed=CAROLS)
        assert error.reason == "not_present"
        assert "asks again" in error.message
        assert centre.state.secrets == secrets
        assert kinds(centre)[-1] == "act.refused"
        house = House(place, centre)
        done = centre.carry_out(filed(house, "b1"))  # who asks again is shown the share
        assert done.told.startswith("VS1-")
        assert done.told not in repr(done)
    assert verify_centre(place.folder).faults == ()


def test_a_request_of_the_living_centre_is_worth_nothing_in_a_copy(place: Place, tmp_path: Path) -> None:
    with place.unsealed() as centre:
        request_id = filed(House(place, centre), "b1")
        backup, root = read_backup(make_backup(centre)), centre.strongroom.root
        restore(backup, root, tmp_path / "copy", world=place.world())
        copy = Place(tmp_path / "copy", place.shares, place.public_key, place.time)
        with copy.unsealed() as other:
            assert refused(other.carry_out, request_id).reason == "not_present"


def test_whoever_unseals_the_centre_again_is_not_the_one_who_asked(place: Place) -> None:
    with place.unsealed() as centre:
        request_id = filed(House(place, centre), "b1")
        centre.seal()
        for share in place.shares[:2]:
            centre.unseal(share)
        assert refused(centre.carry_out, request_id).reason == "not_present"


def test_it_is_tried_once(place: Place) -> None:
    with place.unsealed() as centre:
        house = House(place, centre)
        request_id = filed(house, "dry-1")
        with pytest.raises(ActRefused) as caught:
            centre.carry_out(request_id, typed=PAPERS[0].hex())
        assert caught.value.reason == "component"
        assert refused(centre.carry_out, request_id, typed=CAROLS).reason == "not_present"
        again = filed(house, "dry-1")
        assert centre.carry_out(again, typed=CAROLS).entry.get("number") == 3
        with pytest.raises(ApprovalRefused, match="closed"):
            centre.carry_out(again, typed=CAROLS)


def test_a_forged_request_is_on_record_even_while_the_centre_is_sealed(place: Place) -> None:
    with place.open() as centre:
        request = drafted(House(place, centre), "b1")
        with pytest.raises(ApprovalRefused):
            centre.ask(request, sign_request(request, seed_of("chris")))
        assert kinds(centre)[-1] == "act.refused"


def test_a_component_that_is_not_typed_is_none(place: Place) -> None:
    with place.unsealed() as centre, pytest.raises(FieldError):
        centre.carry_out(filed(House(place, centre), "dry-1"))


def test_a_step_that_tells_nothing_may_wait(place: Place) -> None:
    here: set[str] = set()
    with place.open() as centre:
        values = {"reason": "the fire alarm rang"}
        request = centre.draft("olga", "ceremony", "abort", "b1", values)
        expect(here, request, sealed=True)
        assert here == set()
        centre.ask(request, sign_request(request, seed_of("olga")))
    with place.unsealed() as centre:
        assert centre.carry_out(request.request_id).entry.state == "aborted"
