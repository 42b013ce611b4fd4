"""Custodians at the keyboard: what they type or are shown, nobody can do later in their place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.e2e import kmc_site
from tests.e2e.kmc_site import CENTRE, SHARES, Site, acting, turn
from tests.e2e.sessions import ask
from voltoken.drivers.centre import Centre, read_person_key
from voltoken.kmc import ceremony

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="a centre needs Linux or macOS"),
]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A centre in which carol is to be shown her share, for practice."""
    monkeypatch.chdir(tmp_path)
    site = Site()
    kmc_site.make_people()
    kmc_site.found(site)
    site.both(
        *("ceremony", "add", "dry-1", "--script", "backup-shares", "--purpose", "Practice"),
        *("--dry-run", "yes", "--threshold", "2", "--officer", "alice", "--auditor", "fay"),
        *("--custodians", "carol,dan,eve"),
    )
    site.act("alice", "ceremony", "begin", "dry-1")
    turn(site, "alice", "dry-1", "place=Hall", "present=6")
    turn(site, "fay", "dry-1", "machine=LK-7", "offline=yes")
    turn(site, "alice", "dry-1", *SHARES)
    return site


def test_a_share_is_shown_to_its_custodian_in_an_unsealed_centre_and_never_waits(site: Site) -> None:
    do = ("ceremony", "do", "centre", "dry-1", *acting("carol"))
    said = site.refused(*do, says="Nothing was filed")
    assert said.endswith("Unseal the centre, and ask again: add --unseal prompt --unseal prompt")
    assert "carry-out" not in said
    with Centre.look(CENTRE) as centre:
        assert all(filed.outcome for filed in centre.state.requests.values())
    answer = site.kmc(*do, *SHARES)
    assert "VS1-" in answer.out
    assert "shown once" in answer.err


def test_nobody_carries_out_what_a_custodian_asked_for_before_the_power_failed(site: Site) -> None:
    with Centre.open(CENTRE) as centre:
        for number in (1, 3):
            centre.unseal(Path(f"shares/share-{number}.txt").read_text().strip())
        entry = centre.state.entry("ceremony", "dry-1")
        assert entry is not None
        next_turn = ceremony.next_turn(entry)
        assert next_turn is not None
        values = {"number": next_turn.number, "evidence": {}}
        request = centre.draft("carol", "ceremony", "hand_out", "dry-1", values)
        key = read_person_key(Path("carol.key"), None)
        centre.ask(request, key.sign(request.signed_bytes()))
    words = ("carry-out", "centre", request.request_id, *SHARES)
    said = site.refused(*words, says="carol asks again", reason="not_present")
    assert "VS1-" not in said
    assert ask("kmc", *words, "--typed", "file:carol.key").code == 2
    assert "VS1-" in site.kmc("ceremony", "do", "centre", "dry-1", *SHARES, *acting("carol")).out


def test_the_help_says_which_steps_are_done_in_person() -> None:
    said = " ".join(ask("kmc", "ceremony", "do", "--help").out.split())
    assert "in the moment you ask, or never" in said
