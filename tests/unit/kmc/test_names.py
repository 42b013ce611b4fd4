"""The names that the keys of a supply group have had go with them from centre to centre."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.kmc.test_centres_transfers import KEY, Pair, home
from tests.unit.kmc.test_keys import refused
from tests.unit.kmc.test_keys_rules import rewrite
from tests.unit.kmc.town import DAY, NOW
from tests.unit.kmc.vault import SGC, SM_1, UNIQUE, YEAR, Vault
from voltoken.errors import FieldError
from voltoken.kmc import NAMES, known_names, next_id, transfer_document
from voltoken.kmc.authorisations import agreement_id
from voltoken.kmc.names import Name, names_of, state_after
from voltoken.kmc.release import plan_release
from voltoken.security import KeyRef
from voltoken.security.keyload import exchange_public, parse

COPY: Mapping[str, Any] = {"moves_home": False}
SECOND, THIRD = f"{SGC}/2", f"{SGC}/3"
GONE: Mapping[str, Any] = {"meters_left": 0, "meters_list": "0" * 64}
LIVING = {"base_date": "14", "meters_left": None, "state": "active"}


@pytest.fixture
def pair() -> Pair:
    """Return two centres."""
    return Pair()


def destroy(centre: Vault, entry_id: str = KEY) -> None:
    """End a key on which no meter is left."""
    centre.do("vending_key", "deactivate", entry_id)
    centre.do("vending_key", "destroy", entry_id, **GONE)


def ask(centre: Vault, entry_id: str, **values: Any) -> None:
    """Ask for another key of the group."""
    krn = int(entry_id.partition("/")[2][0])
    centre.do("vending_key", "add", entry_id, **{**UNIQUE, "krn": krn, "act": centre.now, **values})


def states(centre: Vault) -> dict[str, str]:
    """Return the states of all keys of the group that a centre knows of, wherever they are."""
    return {name: said["state"] for name, said in known_names(centre.state, SGC).items()}


# What the finding was about: a compromise is not washed, and no name is made twice.


def test_a_compromised_key_is_given_to_no_module_of_the_new_home_and_its_name_is_burnt(pair: Pair) -> None:
    pair.one.do("vending_key", "compromise", KEY)
    pair.receive(pair.send())
    two = pair.two
    SM_1.register(two)
    two.authorise()
    with refused("nothing", "modules that had it before"):
        plan_release(two.state, "sm-1", two.now)
    with refused("state", "compromised"):
        two.do("vending_key", "destroy", KEY, **GONE)
    two.do("vending_key", "destroy_compromised", KEY, **GONE)
    with refused("name_taken", "never used again"):
        ask(two, f"{KEY}.2")


def test_names_that_were_burnt_or_are_in_meters_elsewhere_are_not_used_again(pair: Pair) -> None:
    one = pair.one
    for name in (SECOND, THIRD, f"{SGC}/4"):
        one.key(name, act=one.now)
    one.do("vending_key", "compromise", SECOND)
    one.do("vending_key", "destroy_compromised", SECOND, **GONE)
    one.do("vending_key", "deactivate", THIRD)
    one.do("vending_key", "destroy", THIRD)
    destroy(one, f"{SGC}/4")
    pair.receive(pair.send())
    assert states(pair.two) == {
        KEY: "pre_active",
        SECOND: "destroyed_compromised",
        THIRD: "destroyed",
        f"{SGC}/4": "destroyed",
    }
    with refused("name_taken", "told by transfer t2"):
        ask(pair.two, f"{SECOND}.2")
    with refused("name_taken", "no list of meters"):
        ask(pair.two, f"{THIRD}.2")
    with refused("key_id", f"{SGC}/4.2"):
        ask(pair.two, f"{SGC}/4")
    ask(pair.two, f"{SGC}/4.2")
    ask(pair.two, f"{SGC}/5")


def test_there_is_no_way_back_behind_a_base_date_of_another_centre(pair: Pair) -> None:
    pair.receive(pair.send())
    two = pair.two
    two.do("vending_key", "activate", KEY)
    names = {**pair.sent, f"{SGC}/9": {**LIVING, "state": "destroyed", "base_date": "35"}}
    rewrite(two, two.entry("transfer", "t2"), names=names)
    with refused("way_back", f"{SGC}/9"):
        ask(two, SECOND)


def test_the_home_of_a_group_moves_with_every_key_that_lives(pair: Pair) -> None:
    one = pair.one
    one.key(SECOND, act=one.now)
    with refused("left_behind", "leave krns empty"):
        pair.agreed(one, "out", krns="1")
    one.do("vending_key", "suspend", SECOND)
    with refused("left_behind", "suspended"):
        pair.agreed(one, "out")
    one.do("vending_key", "resume", SECOND)
    agreed = pair.agreed(one, "out")
    one.now = NOW + 3 * YEAR
    one.do("vending_key", "add", THIRD, **{**UNIQUE, "krn": 3, "iut": NOW + 5 * YEAR})
    with refused("agreed", "sign again"):
        one.ask("transfer", "send", agreed)
    with refused("left_behind", "over"):
        pair.agreed(one, "out")
    assert pair.agreed(one, "out", moves_home=False, krns="1,2")


def test_a_file_without_a_living_key_does_not_bring_the_home(pair: Pair) -> None:
    pair.one.key(SECOND, act=pair.one.now)
    data = pair.send()
    pair.two.now = pair.one.now
    entry_id = pair.agreed(pair.two, "in")
    request_id = pair.two.ask("transfer", "receive", entry_id, file=hashlib.sha256(data).hexdigest())
    pair.two.approve(request_id)
    facts = pair.two.work(request_id, data).facts
    with refused("left_behind", SECOND):
        pair.two.carry_out(request_id, {**facts, "keys": {KEY: facts["keys"][KEY]}})
    pair.two.carry_out(request_id, facts)
    assert home(pair.two) == "C2"


def test_a_file_is_good_for_the_agreement_that_it_was_made_for_alone(pair: Pair) -> None:
    """A file from before a compromise does not pass for the one that was agreed after it."""
    old = pair.send(**COPY)
    pair.one.do("vending_key", "compromise", KEY)
    pair.one.now += DAY
    new = pair.send(**COPY)
    assert parse(old).header.request_id != parse(new).header.request_id
    pair.two.now = pair.one.now
    entry_id = pair.agreed(pair.two, "in", **COPY)
    assert parse(new).header.request_id == agreement_id(pair.two.state, pair.two.entry("transfer", entry_id))
    request_id = pair.two.ask("transfer", "receive", entry_id, file=hashlib.sha256(old).hexdigest())
    with refused("other_file", "another agreement"):
        pair.two.work(request_id, old)
    pair.two.do("transfer", "receive", entry_id, new, file=hashlib.sha256(new).hexdigest())
    assert pair.two.entry("vending_key", KEY).state == "compromised"


# Agreeing


def test_what_changes_after_the_agreement_is_agreed_again(pair: Pair) -> None:
    one = pair.one
    agreed = pair.agreed(one, "out")
    one.do("vending_key", "compromise", KEY)
    with refused("names", "Draft it again"):
        one.ask("transfer", "send", agreed)
    for wrong in (
        {},
        {KEY: {**LIVING, "state": "suspended"}},
        {**known_names(one.state, SGC), SECOND: LIVING},
    ):
        with refused("names", SGC):
            pair.agreed(one, "out", names=wrong)
    assert pair.agreed(one, "out")


def test_an_agreement_is_between_two_centres_and_not_between_others_of_their_names(pair: Pair) -> None:
    entry = pair.one.entry("transfer", pair.agreed(pair.one, "out"))
    document = transfer_document(pair.one.state, entry)
    assert len({document["from_key"], document["to_key"]}) == 2
    assert document == transfer_document(
        pair.two.state, replace(entry, values={**entry.values, "direction": "in", "centre": "C1"})
    )
    pair.one.state.created = {
        **pair.one.state.created,
        "exchange_key": exchange_public(bytes(31) + b"1").hex(),
    }
    assert transfer_document(pair.one.state, entry)["from_key"] != document["from_key"]
    with refused("owner_signature"):
        pair.one.ask("transfer", "send", entry.entry_id)


def test_names_are_those_of_the_group(pair: Pair) -> None:
    pair.send()
    with refused("names", "654321/1"):
        pair.agreed(pair.two, "in", names={**pair.sent, "654321/1": LIVING})


@pytest.mark.parametrize("names", [{}, {KEY: {**LIVING, "state": "destroyed"}}], ids=["none", "destroyed"])
def test_only_keys_that_the_owner_has_signed_for_come(pair: Pair, names: Mapping[str, Any]) -> None:
    data = pair.send(**COPY)
    received = pair.receive(data, **COPY)
    other = pair.agreed(pair.two, "in", names=names, **COPY)
    request_id = pair.two.ask("transfer", "receive", other, file=received.get("file"))
    pair.two.approve(request_id)
    agreed = agreement_id(pair.two.state, pair.two.entry("transfer", other))
    with refused("brought", "owner has not signed"):
        pair.two.carry_out(request_id, {**received.values, "seq": 2, "request_id": agreed})


def test_a_taker_signs_for_no_less_than_is_known(pair: Pair) -> None:
    one, two = pair.one, pair.two
    one.do("vending_key", "compromise", KEY)
    pair.receive(pair.send(**COPY), **COPY)
    two.do("centre", "lose", "C1")
    for less in ({}, {KEY: LIVING}):
        with refused("names", KEY):
            pair.agreed(two, "take_over", names=less)
    more = {**known_names(two.state, SGC), SECOND: {**LIVING, "state": "compromised"}}
    two.do("transfer", "take_over", pair.agreed(two, "take_over", names=more))
    assert states(two) == {KEY: "compromised", SECOND: "compromised"}
    with refused("name_taken", "told by transfer"):
        ask(two, f"{SECOND}.2")


# News


def test_news_of_a_key_that_is_here_already_counts_when_it_does_not_come_along(pair: Pair) -> None:
    one, two = pair.one, pair.two
    for name in (SECOND, THIRD):
        one.key(name, act=one.now)
    pair.receive(pair.send(**COPY), **COPY)
    one.do("vending_key", "compromise", SECOND)
    one.do("vending_key", "destroy_compromised", SECOND, **GONE)
    destroy(one, THIRD)
    one.now += DAY
    pair.receive(pair.send(**COPY), **COPY)
    assert states(two) == {KEY: "pre_active", SECOND: "compromised", THIRD: "deactivated"}
    two.do("vending_key", "activate", KEY)
    one.do("vending_key", "compromise", KEY)
    one.now += DAY
    pair.receive(pair.send(**COPY), **COPY)
    assert states(two)[KEY] == "compromised"


def test_the_owner_can_say_of_a_lost_centre_that_a_key_was_compromised(pair: Pair) -> None:
    pair.receive(pair.send(**COPY), **COPY)
    two = pair.two
    two.do("centre", "lose", "C1")
    names = {KEY: {**LIVING, "state": "compromised"}}
    two.do("transfer", "take_over", pair.agreed(two, "take_over", names=names))
    assert (two.entry("vending_key", KEY).state, home(two)) == ("compromised", "C2")


def test_the_second_key_of_a_name_has_one_id_wherever_it_is(pair: Pair) -> None:
    one, two = pair.one, pair.two
    destroy(one)
    one.key(f"{KEY}.2", act=one.now)
    pair.receive(pair.send())
    assert two.state.entry("vending_key", KEY) is None
    assert two.entry("vending_key", f"{KEY}.2").state == "pre_active"
    assert next_id(two.state, KeyRef.parse(KEY)) == f"{KEY}.3"
    assert states(two) == {KEY: "destroyed", f"{KEY}.2": "pre_active"}


def test_a_name_that_was_taken_when_it_was_heard_of_last_is_free_by_the_news_of_the_transfer(
    pair: Pair,
) -> None:
    one, two = pair.one, pair.two
    one.key(SECOND, act=one.now)
    part = {"krns": "2", **COPY}
    pair.receive(pair.send(**part), **part)
    assert states(two) == {KEY: "active", SECOND: "pre_active"}
    destroy(one)
    one.key(f"{KEY}.2", act=one.now)
    one.now += DAY
    pair.receive(pair.send(**COPY), **COPY)
    assert states(two) == {KEY: "destroyed", f"{KEY}.2": "pre_active", SECOND: "pre_active"}


def test_a_key_that_was_destroyed_here_is_not_brought_back(pair: Pair) -> None:
    pair.receive(pair.send(**COPY), **COPY)
    destroy(pair.two)
    pair.one.now += DAY
    with refused("brought", "destroyed here"):
        pair.receive(pair.send(**COPY), **COPY)


def test_a_group_that_comes_home_brings_what_happened_to_its_names(pair: Pair) -> None:
    """There and back: what the other centre made and burnt counts at the first one too."""
    pair.receive(pair.send())
    one, two = pair.one, pair.two
    two.do("vending_key", "activate", KEY)
    two.key(SECOND, act=two.now)
    two.do("vending_key", "compromise", SECOND)
    two.do("vending_key", "destroy_compromised", SECOND, **GONE)
    pair.one, pair.two = two, one
    back = _back(pair)
    assert states(one) == {KEY: "active", SECOND: "destroyed_compromised"} == states(two)
    assert (home(one), back) == ("C1", "received")
    with refused("name_taken", "never used again"):
        ask(one, f"{SECOND}.2")


def _back(pair: Pair) -> str:
    """Take the group from the second centre to the first, where both were swapped before."""
    sender, receiver = pair.one, pair.two
    sender.now = receiver.now = max(sender.now, receiver.now) + DAY
    given = {"sgc": SGC, "agreed_on": f"{sender.now:%Y-%m-%d}", "names": known_names(sender.state, SGC)}
    for centre, other, direction in ((sender, "C1", "out"), (receiver, "C2", "in")):
        values = {**given, "direction": direction, "centre": other}
        centre.do("transfer", "add", "back", **centre.signed("transfer", "back", "lightco", values))
    sender.do("transfer", "send", "back")
    data = sender.files["C2.C1.1.klf.json"]
    return receiver.do("transfer", "receive", "back", data, file=hashlib.sha256(data).hexdigest()).state


# What is known


def test_the_last_word_counts_but_what_is_burnt_stays_burnt(pair: Pair) -> None:
    two = pair.two
    pair.receive(pair.send(**COPY), **COPY)
    first = two.entry("transfer", "t2")
    later = replace(first, entry_id="t1", since=first.since + DAY)
    heard = (
        (first, ("compromised", "active", "destroyed")),
        (later, ("active", "compromised", "destroyed_compromised")),
    )
    for entry, kinds in heard:
        said = {f"{SGC}/{krn}": {**LIVING, "state": state} for krn, state in enumerate(kinds, 2)}
        rewrite(two, entry, names=said)
    assert states(two) == {
        KEY: "pre_active",
        SECOND: "compromised",
        THIRD: "compromised",
        f"{SGC}/4": "destroyed_compromised",
    }


@pytest.mark.parametrize(
    ("here", "there", "after"),
    [
        ("active", "compromised", "compromised"),
        ("suspended", "destroyed_compromised", "compromised"),
        ("deactivated", "compromised", "compromised"),
        ("destroyed", "compromised", "destroyed_compromised"),
        ("compromised", "destroyed_compromised", ""),
        ("destroyed_compromised", "compromised", ""),
        ("pre_active", "deactivated", "deactivated"),
        ("suspended", "destroyed", "deactivated"),
        ("deactivated", "destroyed", ""),
        ("destroyed", "deactivated", ""),
        ("compromised", "deactivated", ""),
        ("active", "suspended", ""),
        ("requested", "compromised", ""),
    ],
)
def test_what_is_heard_of_a_key_never_makes_it_better(here: str, there: str, after: str) -> None:
    assert state_after(here, there) == after


def test_a_key_that_is_asked_for_does_not_hide_what_was_heard_of_its_name(pair: Pair) -> None:
    pair.receive(pair.send(**COPY), **COPY)
    entry = pair.two.entry("vending_key", KEY)
    rewrite(pair.two, pair.two.entry("transfer", "t2"), names={KEY: {**LIVING, "state": "compromised"}})
    for state, seen in (("withdrawn", "compromised"), ("destroyed", "destroyed")):
        rewrite(pair.two, replace(entry, state=state))
        (name,) = names_of(pair.two.state, SGC)
        assert (name.state, bool(name.told_by)) == (seen, state == "withdrawn")


def test_a_name_says_whose_it_is() -> None:
    name = Name(f"{KEY}.2", "active", "14", None)
    assert (str(name), name.ref) == (f"vending_key {KEY}.2", KeyRef.parse(KEY))
    assert str(Name(KEY, "active", "14", None, "t1")) == f"vending_key {KEY} (told by transfer t1)"


# How it is read


def test_names_are_read_as_they_are_or_out_of_the_draft(pair: Pair) -> None:
    entry = pair.one.entry("transfer", pair.agreed(pair.one, "out"))
    names = known_names(pair.one.state, SGC)
    assert NAMES.value("names", names) == names
    assert NAMES.value("names", transfer_document(pair.one.state, entry)) == names


@pytest.mark.parametrize(
    "given",
    [
        *("", [], None, {"123456": LIVING}, {KEY: "active"}, {KEY: None}, {1: LIVING}),
        {KEY: {}},
        {KEY: {**LIVING, "more": 1}},
        {KEY: {**LIVING, "state": "gone"}},
        {KEY: {**LIVING, "state": ["active"]}},
        {KEY: {**LIVING, "base_date": "15"}},
        {KEY: {**LIVING, "meters_left": -1}},
        {KEY: {**LIVING, "meters_left": True}},
        {"format": "voltoken-transfer/1"},
        {"format": "voltoken-transfer/1", "names": []},
        {"format": "voltoken-handover/1", "names": {}},
    ],
    ids=repr,
)
def test_what_are_no_names_is_refused(given: object) -> None:
    with pytest.raises(FieldError):
        NAMES.value("names", given)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.just("active") | st.just("14"),
        lambda inner: st.dictionaries(
            st.sampled_from([KEY, "state", "base_date", "meters_left", "format", "names"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        ),
        max_leaves=8,
    )
)
def test_whatever_is_given_as_names_is_read_or_refused(given: object) -> None:
    try:
        read = NAMES.value("names", given)
    except FieldError:
        return
    assert NAMES.value("names", read) == read
