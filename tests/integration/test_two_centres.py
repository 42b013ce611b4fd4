"""Two centres, three modules, one lost centre, end to end; and what the logs say of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.contract.sites import NOON, Post, new_id, new_meter, tid_now
from tests.integration.centres import (
    KEY,
    OTHER_KEY,
    SGC,
    UNITS,
    Land,
    Seat,
    lines,
    refusal,
    sell,
)
from voltoken.drivers.centre import World, make_backup, read_backup, restore, verify_centre
from voltoken.errors import ActRefused, KeyFileError, ModuleRefused
from voltoken.kmc import VendingKey, known_names
from voltoken.kmc.authorisations import AUTHORISED
from voltoken.meter import PROFILES, Meter, TokenResult
from voltoken.security import CreditRequest, KeyRef, MemoryVault, MeterId, Wanted
from voltoken.security.keyload import parse
from voltoken.sts import Service

pytestmark = pytest.mark.slow

SIGNED = ("signature", *AUTHORISED)
"""The fields of an authorisation, as they are given."""


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Land:
    land = Land.settle(tmp_path_factory.mktemp("land"))
    land.close()
    return land


@pytest.fixture
def land(settled: Land, tmp_path: Path) -> Iterator[Land]:
    """The day on which nothing has gone wrong yet."""
    with settled.copied(tmp_path / "land") as copied:
        yield copied


def lose_north(land: Land) -> None:
    """Lose north: its disk is gone, and south says so."""
    land.north.centre.close()
    shutil.rmtree(land.north.folder)
    land.south.do("centre.lose", "north", note="the house burned down")


def take_over(land: Land) -> bytes:
    """Have south take over the group with its owner, and return whom modules are to trust from then on."""
    south = land.south
    south.do("transfer.take_over", south.agree("take_over", "north", moves_home=True))
    south.do("vending_key.activate", KEY)
    return south.trust_list(2)


def adopt(seat: Seat, post: Post) -> int:
    """Register a module with a centre and give it the key of the group; returns the file's number."""
    seat.register(post)
    seat.authorise(post)
    return seat.supply(post)


@contextmanager
def refused(reason: str) -> Iterator[None]:
    """Expect a centre to refuse, or a module to reject a file."""
    with pytest.raises((ActRefused, KeyFileError)) as caught:
        yield
    assert isinstance(caught.value, ActRefused | KeyFileError)
    assert caught.value.reason == reason


def last_line(post: Post) -> tuple[str, bool, str]:
    """Return the last line of a module's log: its kind, whether it is an alarm, and the code in it."""
    found: dict[str, Any] = json.loads(list(post.keeper.audit())[-1].body)
    return found["kind"], found.get("alarm", False), found["facts"].get("code", "")


def files_of(post: Post) -> list[tuple[str, int]]:
    """Return centre and number of the files that a module has loaded, by its log."""
    found = [json.loads(one.body) for one in post.keeper.audit()]
    return [
        (one["facts"]["centre_id"], one["facts"]["number"])
        for one in found
        if one["kind"] == "keyfile.loaded"
    ]


def refusals(seat: Seat) -> list[tuple[str, str]]:
    """Return act and reason of everything that a centre has refused, by its log."""
    return [(line.facts["act"], line.facts["reason"]) for line in lines(seat, "act.refused")]


def made_for_the_group(seat: Seat, meter: MeterId) -> Meter:
    """Return a meter that was made with the key of the group, as a centre has it."""
    key = VendingKey.of(seat.entry("vending_key", KEY))
    register = key.register(
        act=key.act, iut=key.iut, ulm=0, clm=0, services=key.services, key_change_only=False
    )
    vault = MemoryVault()
    vault.put(register, seat.centre.secret(f"vending_key/{KEY}"))
    decoder_key = vault.decoder_key(Wanted(register, meter.ea, meter.pan, meter.ti))
    model = replace(PROFILES["single-phase"], lockout=None, tct=meter.tct)
    return Meter.new(meter.pan, decoder_key, model, filled_with=tid_now(minutes=-60))


def bought(post: Post, meter: MeterId, minutes: int) -> str:
    """Return a token for a meter, made so many minutes after noon."""
    tid = tid_now(minutes=minutes)
    request = CreditRequest(new_id(), meter, KeyRef.parse(KEY), Service.ELECTRICITY, 10, tid)
    return post.client("till").issue_credit(request).token.digits


def test_modules_of_a_lost_centre_go_on_selling_with_the_one_that_takes_over(land: Land) -> None:
    north, south, a, b, c = land.north, land.south, land.a, land.b, land.c
    assert north.supply(a) == 2
    sell(a, 600)
    sell(c, 10, OTHER_KEY)
    lose_north(land)
    sell(a, 1)  # a module asks no centre before it sells
    new_list = take_over(land)
    for post in (a, b):
        post.keeper.set_trust(new_list, by="kim")
        assert adopt(south, post) == 1  # the numbers of south are its own, whatever north had given
    assert refusal(a, UNITS - 600) == "limit.units"  # what was made under north's file counts on
    sell(a, UNITS - 601)
    assert refusal(a, 1) == "limit.units"
    sell(b, UNITS)
    sell(c, 10, OTHER_KEY)  # south's own module has noticed nothing, and now gets the key as well
    south.authorise(c)
    assert south.supply(c) == 2
    sell(c, 10)
    assert files_of(a) == [("north", 1), ("north", 2), ("south", 1)]
    assert files_of(b) == [("north", 1), ("south", 1)]
    assert files_of(c) == [("south", 1), ("south", 2)]
    assert all(post.keeper.verify_audit().sound for post in land.posts)


def test_the_log_of_the_centre_says_how_the_group_came_to_it(land: Land) -> None:
    lose_north(land)
    take_over(land)
    south = land.south
    told = [
        (line.facts["register"], line.facts["step"], line.facts["state"])
        for line in lines(south, "entry")
        if line.facts["id"] in {"north", SGC, KEY} or line.facts["register"] in {"transfer", "trust_list"}
    ]
    assert told == [
        ("centre", "add", "trusted"),
        ("supply_group", "add", "applied"),
        ("supply_group", "allocate", "active"),
        ("transfer", "add", "planned"),
        ("transfer", "receive", "received"),
        ("vending_key", "after transfer.receive", "pre_active"),
        ("centre", "lose", "lost"),
        ("transfer", "add", "planned"),
        ("transfer", "take_over", "taken_over"),
        ("supply_group", "after transfer.take_over", "active"),
        ("vending_key", "activate", "active"),
        ("trust_list", "add", "current"),
    ]
    found = verify_centre(south.folder)
    assert (found.faults, found.fingerprint) == ((), south.centre.state.fingerprint())


def test_a_meter_takes_tokens_from_before_and_after_the_loss(land: Land) -> None:
    meter = new_meter()
    tokens = [bought(land.a, meter, 0)]
    real = made_for_the_group(land.north, meter)
    lose_north(land)
    land.b.keeper.set_trust(take_over(land), by="kim")
    adopt(land.south, land.b)
    tokens.append(bought(land.b, meter, 1))
    assert [real.enter(one, NOON).result for one in tokens] == [TokenResult.ACCEPT] * 2


def test_a_file_that_was_on_its_way_when_its_centre_was_lost_is_rejected(land: Land) -> None:
    for_a, for_b = (land.north.release(post) for post in (land.a, land.b))
    lose_north(land)
    land.a.keeper.load_key_file(for_a, by="kim")  # nobody has told this module anything yet
    new_list = take_over(land)
    land.b.keeper.set_trust(new_list, by="kim")
    with refused("untrusted"):
        land.b.keeper.load_key_file(for_b, by="kim")
    assert last_line(land.b) == ("keyfile.refused", True, "untrusted")
    sell(land.b, 10)  # what it had before stays good until its date


def test_a_list_that_still_names_the_lost_centre_comes_too_late(land: Land) -> None:
    lose_north(land)
    land.a.keeper.set_trust(take_over(land), by="kim")
    with pytest.raises(ModuleRefused, match="higher version"):
        land.a.keeper.set_trust(land.old_list, by="kim")
    assert last_line(land.a) == ("trust.refused", True, "custody.trust_version")
    assert [one.centre_id for one in land.a.keeper.trusted().centres] == ["south"]


def restored_north(land: Land, backup: bytes) -> Seat:
    """Bring north back from a backup in another place, with its shares."""
    found = read_backup(backup)
    unsealing = found.unsealing()
    root = [unsealing.offer(share) for share in land.north.shares[1:]][-1].root
    assert root is not None
    twin = Seat(land.folder / "elsewhere" / "north", land.clock, land.north.shares)
    twin.folder.parent.mkdir()
    with root:
        restore(found, root, twin.folder, world=World(clock=land.clock))
    twin.open()
    return twin


def test_a_centre_that_comes_back_from_a_backup_gives_numbers_that_are_used(land: Land) -> None:
    backup = make_backup(land.north.centre)
    assert [land.north.supply(post) for post in (land.a, land.b)] == [2, 2]
    twin = restored_north(land, backup)
    with twin.centre:
        second = twin.release(land.a)
        assert parse(second).header.seq == 2
        with refused("replayed"):
            land.a.keeper.load_key_file(second, by="kim")
        assert last_line(land.a) == ("keyfile.refused", True, "replayed")
        assert [line.alarm for line in lines(twin, "centre.restored")] == [True]
        assert twin.supply(land.b) == 3  # the request of a module tells it the number


def test_nothing_of_a_restored_centre_counts_once_modules_trust_it_no_more(land: Land) -> None:
    twin = restored_north(land, make_backup(land.north.centre))
    with twin.centre:
        lose_north(land)
        land.b.keeper.set_trust(take_over(land), by="kim")
        with refused("untrusted"):
            land.b.keeper.load_key_file(twin.release(land.b), by="kim")
        with pytest.raises(ModuleRefused, match="north"):
            land.b.keeper.begin_key_load("north", [KeyRef.parse(KEY)], by="kim")


def test_a_copy_gives_nothing_to_anybody_while_the_home_lives(land: Land) -> None:
    south = land.south
    south.do("vending_key.activate", KEY)
    south.authorise(land.c)
    with refused("left_out"):
        south.release(land.c)
    with refused("trusted"):
        south.agree("take_over", "north", moves_home=True)
    assert refusals(south) == [("key_file.add", "left_out"), ("transfer.add", "trusted")]
    assert refusal(land.c, 10) == "key.unknown"


def test_a_module_that_has_not_proved_itself_is_refused_whatever_it_signs(land: Land) -> None:
    land.south.do("module.add", "a", organisation="lakeside", role="vending")
    with refused("document"):
        land.south.supply(land.a)


def test_nothing_is_taken_over_without_the_owner_of_the_meters(land: Land) -> None:
    lose_north(land)
    south = land.south
    agreed = {"direction": "take_over", "sgc": SGC, "centre": "north", "moves_home": True}
    with refused("owner_signature"):
        agreed |= {"agreed_on": f"{NOON:%Y-%m-%d}", "names": known_names(south.centre.state, SGC)}
        south.do("transfer.add", "own", **agreed, signature="00" * 64)
    assert refusals(south) == [("transfer.add", "owner_signature")]
    assert south.entry("supply_group", SGC).get("centre") == "north"


def test_a_living_centre_hands_a_group_over_and_gives_out_its_keys_no_more(land: Land) -> None:
    north, south, a = land.north, land.south, land.a
    sell(a, 600)
    land.clock.now += timedelta(days=1)
    south.receive(north, north.send(south, moves_home=True), moves_home=True)
    homes = [seat.entry("supply_group", SGC).get("centre") for seat in land.seats]
    assert homes == ["south", None]
    with refused("left_out"):
        north.release(a)
    with refused("home"):
        north.send(south, moves_home=True)
    south.do("vending_key.activate", KEY)
    with pytest.raises(ModuleRefused, match="belongs to north"):
        adopt(south, a)  # both are on the list that the module has, and neither rules over the other's keys
    assert last_line(a) == ("keyfile.refused", True, "custody.other_centre")
    a.keeper.delete_key(KeyRef.parse(KEY), by="kim", reason="the group has moved")
    assert south.supply(a) == 2
    assert refusal(a, UNITS - 599) == "limit.units"
    sell(a, UNITS - 600)
    assert refusals(north) == [("key_file.add", "left_out"), ("transfer.add", "home")]
    assert [verify_centre(seat.folder).faults for seat in land.seats] == [(), ()]


def test_the_owner_has_to_sign_again_for_the_new_home(land: Land) -> None:
    north, south = land.north, land.south
    land.clock.now += timedelta(days=1)
    south.receive(north, north.send(south, moves_home=True), moves_home=True)
    south.do("vending_key.activate", KEY)
    south.register(land.a)
    old = north.entry("authorisation", f"a.{SGC}")
    with refused("owner_signature"):
        south.do("authorisation.add", old.entry_id, **{name: old.get(name) for name in SIGNED})
    with refused("left_out"):
        south.release(land.a)
    south.authorise(land.a)
    assert parse(south.release(land.a)).header.kmc_id == "south"
