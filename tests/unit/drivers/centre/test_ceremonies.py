"""Whole ceremonies in a centre on a disk: components, shares of the root key, minutes; with real jobs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unit.drivers.centre.world import Place
from tests.unit.kmc.ceremony.hall import CUSTODIANS, PAPERS, PEOPLE, Hall, joined, seed_of
from voltoken.access import Verdict, approve_request, public_key_of, sign_request
from voltoken.drivers.centre import Centre, check_secrets, create_centre, verify_centre
from voltoken.drivers.custody import SharesProvider
from voltoken.errors import VoltokenError
from voltoken.kmc import Entry, Founder, Work
from voltoken.security import Share, combine


class House(Hall):
    """The hall, in a centre on a disk."""

    def __init__(self, place: Place, centre: Centre) -> None:
        self.place, self.centre, self.state = place, centre, centre.state
        self.components, self.shares, self.work = PAPERS, {}, Work()

    def ask(self, person: str, step: str, entry_id: str, **values: Any) -> str:
        """File a request and return its id."""
        register, _, name = step.rpartition(".")
        self.place.time.moment += timedelta(minutes=1)
        request = self.centre.draft(person, register or "ceremony", name, entry_id, values)
        self.centre.ask(request, sign_request(request, seed_of(person)))
        return request.request_id

    def approve(self, person: str, request_id: str) -> None:
        """Approve a request."""
        request = self.state.requests[request_id].request
        now = self.centre.now()
        self.centre.approve(
            request_id, approve_request(request, person, Verdict.APPROVE, "", now, seed_of(person))
        )

    def carry_out(self, request_id: str, typed: str = "", facts: Mapping[str, Any] | None = None) -> Entry:
        """Carry a request out."""
        assert facts is None  # the jobs find them
        done = self.centre.carry_out(request_id, typed=typed)
        self.work = Work(files=done.files, told=done.told)
        return done.entry

    def approved(self, step: str, entry_id: str, **values: Any) -> Entry:
        """Ask for a step of any register, have it approved, and carry it out."""
        request_id = self.ask("olga", step, entry_id, **values)
        if self.state.requests[request_id].request.needs:
            self.approve("otto", request_id)
        return self.carry_out(request_id)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    founders = [
        Founder(person, name, frozenset({role}), public_key_of(seed_of(person)))
        for person, (name, role) in PEOPLE.items()
    ]
    place = Place(tmp_path / "c1", (), "")
    made = create_centre(
        place.folder,
        centre_id="C1",
        provider=SharesProvider(2, 3),
        founders=founders,
        now=place.time(),
    )
    return Place(place.folder, made.shares, made.public_key)


def test_three_custodians_make_a_key_that_nobody_has_seen(place: Place) -> None:
    with place.unsealed() as centre:
        house = House(place, centre)
        house.approved("country.add", "KE", name="Kenya")
        house.approved("organisation.add", "lightco", name="Light", country="KE", kinds="utility")
        house.approved("organisation.accept", "lightco")
        group = {"name": "town", "kind": "unique", "owner": "lightco", "country": "KE"}
        house.approved("supply_group.add", "123456", **group)
        house.approved("supply_group.allocate", "123456")
        key = {"sgc": "123456", "krn": 2, "kt": 2, "base_date": "14", "bits": 160, "dkga": "04", "eas": "07"}
        dates = {"act": "2026-04-01T00:00:00+00:00", "iut": "2030-01-01T00:00:00+00:00"}
        house.approved("vending_key.add", "123456/2", **key, **dates, origin="components")
        house.plan()
        house.run()
        assert {*centre.state.secrets} == {"exchange", "vending_key/123456/2"}
        assert centre.secret("vending_key/123456/2") == joined(PAPERS)
        house.finish()
        assert [*house.work.files] == ["k1.minutes.json", "k1.minutes.html"]
        made = house.approved("vending_key.compose", "123456/2", ceremony="k1")
        assert made.state == "pre_active"
        assert check_secrets(centre) == 2
        papers = {*centre.papers()}
    with Centre.look(place.folder) as centre:
        assert {*centre.papers()} == papers
        assert centre.state.entry("ceremony", "k1").state == "done"  # type: ignore[union-attr]
    for file in place.folder.iterdir():
        data = file.read_bytes()
        for component in (*PAPERS, joined(PAPERS)):
            assert component not in data
            assert component.hex().encode() not in data.lower()


def test_custodians_hold_shares_of_the_root_key_that_bring_it_back(place: Place) -> None:
    with place.unsealed() as centre:
        house = House(place, centre)
        root = centre.strongroom.root.reveal()
        house.plan("b1", script="backup-shares", vending_key=None, bits=None, threshold=2)
        house.run("b1")
        house.finish("b1")
        assert {*centre.state.secrets} == {"exchange"}
        assert combine([Share.parse(house.shares[name]) for name in CUSTODIANS[:2]]) == root
    assert verify_centre(place.folder).faults == ()
    for file in place.folder.iterdir():
        for share in house.shares.values():
            assert share.encode() not in file.read_bytes()


def test_a_centre_that_is_sealed_holds_no_component(place: Place) -> None:
    with place.open() as centre:
        house = House(place, centre)
        house.plan("dry-1", vending_key=None, dry_run=True)
        with pytest.raises(VoltokenError, match="sealed"):
            house.run("dry-1")
