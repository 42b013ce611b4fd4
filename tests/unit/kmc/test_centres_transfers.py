"""Two centres: keys go over, a copy waits for the worst, and a lost centre is taken over."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from tests.unit.kmc.test_centres import told
from tests.unit.kmc.test_keys import refused
from tests.unit.kmc.test_keys_rules import rewrite
from tests.unit.kmc.town import DAY, NOW
from tests.unit.kmc.vault import MAKER, SGC, SM_1, SM_2, UNIQUE, YEAR, Vault, furnish, stocked_vault
from voltoken.errors import ActRefused, KeyFileError
from voltoken.kmc import Entry, known_names
from voltoken.kmc.authorisations import agreement_id
from voltoken.kmc.release import plan_release
from voltoken.kmc.transfers import Brought, brought_by, plan_transfer, trust_in
from voltoken.security import read_register, register_document

KEY = f"{SGC}/1"
MODULES = ((SM_1, "lightco"), (SM_2, "lightco"), (MAKER, "meterco"))


class Pair:
    """Two centres that trust each other. one: has the supply group; two: knows of it."""

    def __init__(self) -> None:
        self.one, self.two = (centre.copy() for centre in _acquainted())
        self.number = 0
        self.sent: Mapping[str, Any] = {}

    def agreed(self, centre: Vault, direction: str, **values: Any) -> str:
        """Note a transfer in one centre, signed by the owner; returns its id."""
        self.number += 1
        other = "C2" if centre is self.one else "C1"
        names = self.sent if direction == "in" else known_names(centre.state, SGC)
        given = {"direction": direction, "sgc": SGC, "centre": other, "names": names}
        given["agreed_on"] = f"{centre.now:%Y-%m-%d}"
        entry_id = f"t{self.number}"
        signed = centre.signed("transfer", entry_id, "lightco", {**given, **values})
        centre.do("transfer", "add", entry_id, **signed)
        return entry_id

    def send(self, **values: Any) -> bytes:
        """Let the first centre send the keys."""
        entry_id = self.agreed(self.one, "out", **values)
        self.sent = self.one.entry("transfer", entry_id).get("names")
        seq = self.one.do("transfer", "send", entry_id).get("seq")
        return self.one.files[f"C1.C2.{seq}.klf.json"]

    def receive(self, data: bytes, **values: Any) -> Entry:
        """Let the second centre take them in."""
        self.two.now = max(self.one.now, self.two.now)
        entry_id = self.agreed(self.two, "in", **values)
        return self.two.do("transfer", "receive", entry_id, data, file=hashlib.sha256(data).hexdigest())


def furnish_twin() -> Vault:
    """Return a second centre that has registered the group as being at home in the first."""
    twin = Vault("C2")
    furnish(twin)
    rewrite(twin, twin.entry("supply_group", SGC), centre="C1")
    return twin


@cache
def _acquainted() -> tuple[Vault, Vault]:
    one, two = stocked_vault(), furnish_twin()
    two.now = one.now
    one.do("centre", "add", "C2", **told(two))
    two.do("centre", "add", "C1", **told(one))
    return one, two


@pytest.fixture
def pair() -> Pair:
    """Return two centres."""
    return Pair()


def home(centre: Vault) -> str:
    """Return at which centre the group is at home, as a centre sees it."""
    return centre.entry("supply_group", SGC).get("centre") or centre.state.centre_id


def test_a_supply_group_moves_to_another_centre(pair: Pair) -> None:
    received = pair.receive(pair.send())
    key = pair.two.entry("vending_key", KEY)
    assert (received.state, received.get("seq"), list(received.get("keys"))) == ("received", 1, [KEY])
    assert (key.state, key.get("origin"), key.get("transfer")) == (
        "pre_active",
        "transfer",
        received.entry_id,
    )
    assert (home(pair.one), home(pair.two)) == ("C2", "C2")
    secret = f"vending_key/{KEY}"
    assert pair.two.secrets[secret] == pair.one.secrets[secret]
    with pytest.raises(ActRefused) as found:
        plan_release(pair.one.state, "sm-1", pair.one.now)
    assert "another centre" in found.value.message
    assert pair.two.do("vending_key", "activate", KEY).state == "active"


def test_nothing_of_what_was_asked_for_the_key_is_lost(pair: Pair) -> None:
    pair.receive(pair.send())
    one, two = (centre.entry("vending_key", KEY).values for centre in (pair.one, pair.two))
    differ = {name for name in one if one[name] != two[name]}
    assert one.keys() == two.keys()
    assert differ == {"origin", "transfer"}


def test_a_copy_releases_nothing_until_its_centre_is_taken_over(pair: Pair) -> None:
    """The whole rehearsal: a copy is kept, the home is lost, the owner signs, the copy serves the modules."""
    copy = {"moves_home": False}
    pair.receive(pair.send(**copy), **copy)
    one, two = pair.one, pair.two
    assert (home(one), home(two)) == ("C1", "C1")
    assert plan_release(one.state, "sm-1", one.now).keys
    for number, (box, owner) in enumerate(MODULES):
        box.register(two, owner)
        two.authorise(f"auth-{number}", module=box.module_id)
        with refused("nothing", "at home in another centre"):
            plan_release(two.state, box.module_id, two.now)
    with refused("trusted", "Only of a lost centre"):
        pair.agreed(two, "take_over")
    two.do("centre", "lose", "C1", note="a fire")
    with refused("home", "moves_home"):
        pair.agreed(two, "take_over", moves_home=False)
    taken = two.do("transfer", "take_over", pair.agreed(two, "take_over"))
    assert (taken.state, home(two)) == ("taken_over", "C2")
    for box, _ in MODULES:
        opened = box.open(two, two.release(box.module_id))
        assert opened.records[0].secret == one.secrets[f"vending_key/{KEY}"]
        assert (
            two.do("key_file", "confirm", f"C2.{box.module_id}.1", receipt=box.receipt(two, opened)).get(
                "seq"
            )
            == 1
        )


def test_a_key_that_another_centre_has_is_not_destroyed_uncounted(pair: Pair) -> None:
    pair.send(moves_home=False)
    pair.one.do("vending_key", "deactivate", KEY)
    with refused("not_counted", "another centre"):
        pair.one.ask("vending_key", "destroy", KEY)


def test_a_key_that_is_here_is_not_kept_twice_and_has_to_be_the_same(pair: Pair) -> None:
    copy = {"moves_home": False}
    pair.receive(pair.send(**copy), **copy)
    pair.one.now += DAY
    data = pair.send()
    entry_id = pair.agreed(pair.two, "in", agreed_on=f"{pair.one.now:%Y-%m-%d}")
    pair.two.now = pair.one.now
    request_id = pair.two.ask("transfer", "receive", entry_id, file=hashlib.sha256(data).hexdigest())
    assert pair.two.work(request_id, data).keep == {}
    pair.two.secrets[f"vending_key/{KEY}"] = bytes(20)
    with refused("brought", "another vending_key/123456/1"):
        pair.two.work(request_id, data)


def test_later_news_of_a_copied_key_is_taken_over(pair: Pair) -> None:
    copy = {"moves_home": False}
    pair.receive(pair.send(**copy), **copy)
    pair.one.do("vending_key", "limit", KEY, ulm=7)
    pair.one.now += DAY
    pair.receive(pair.send(**copy), **copy)
    assert (pair.two.entry("vending_key", KEY).state, pair.two.entry("vending_key", KEY).get("ulm")) == (
        "pre_active",
        7,
    )
    pair.one.do("vending_key", "extend", KEY, iut=NOW + 5 * YEAR)
    data = pair.send()
    received = pair.receive(data)
    key = pair.two.entry("vending_key", KEY)
    assert (received.get("seq"), key.state, key.get("iut")[:4]) == (3, "deactivated", "2031")


@pytest.mark.parametrize(("step", "state"), [("deactivate", "deactivated"), ("compromise", "compromised")])
def test_a_key_that_only_moves_meters_arrives_as_what_it_is(pair: Pair, step: str, state: str) -> None:
    pair.one.do("vending_key", step, KEY)
    pair.receive(pair.send())
    assert pair.two.entry("vending_key", KEY).state == state


def test_only_what_was_agreed_goes_over(pair: Pair) -> None:
    pair.one.key(f"{SGC}/2", act=pair.one.now)
    pair.one.do("vending_key", "add", f"{SGC}/3", **{**UNIQUE, "krn": 3, "act": pair.one.now})
    pair.one.do("vending_key", "suspend", f"{SGC}/2")
    entry = pair.one.entry("transfer", pair.agreed(pair.one, "out", moves_home=False))
    plan = plan_transfer(pair.one.state, entry, pair.one.now)
    assert [key.entry_id for key in plan.keys] == [KEY]
    assert [(str(one.ref), one.reason) for one in plan.left_out] == [(f"{SGC}/2", "suspended")]
    with refused("nothing", "suspended"):
        plan_transfer(pair.one.state, replace(entry, values={**entry.values, "krns": [2]}), pair.one.now)
    with refused("nothing", "it has none"):
        plan_transfer(pair.one.state, replace(entry, values={**entry.values, "krns": [3]}), pair.one.now)


def test_an_agreement_is_signed_by_the_owner_lately_and_used_once(pair: Pair) -> None:
    one = pair.one
    today = f"{one.now:%Y-%m-%d}"
    names = known_names(one.state, SGC)
    given = {"direction": "out", "sgc": SGC, "centre": "C2", "agreed_on": today, "names": names}
    with refused("owner_signature"):
        one.ask("transfer", "add", "t1", **one.signed("transfer", "t1", "powerco", given))
    signed = one.signed("transfer", "t1", "lightco", given)
    changed = {"moves_home": False, "krns": "1", "agreed_on": f"{NOW + DAY:%Y-%m-%d}", "names": {}}
    for name, value in changed.items():
        with refused("owner_signature"):
            one.ask("transfer", "add", "t1", **{**signed, name: value})
    for days in (-91, 2):
        other = {**given, "agreed_on": f"{one.now + days * DAY:%Y-%m-%d}"}
        with refused("agreed", "sign again"):
            one.ask("transfer", "add", "t1", **one.signed("transfer", "t1", "lightco", other))
    one.do("transfer", "add", "t1", **signed)
    with refused("agreed", "t1"):
        one.ask("transfer", "add", "t2", **signed)
    one.do("transfer", "abandon", "t1", note="not yet")
    assert one.do("transfer", "add", "t2", **signed).state == "planned"


def test_a_transfer_is_between_centres_that_trust_each_other(pair: Pair) -> None:
    entry_id = pair.agreed(pair.one, "out")
    pair.one.do("centre", "suspend", "C2")
    with refused("trusted", "suspended"):
        pair.one.ask("transfer", "send", entry_id)
    entry = pair.one.entry("transfer", entry_id)
    with refused("recipient", "suspended"):
        plan_transfer(pair.one.state, entry, pair.one.now)
    with refused("recipient", "not trusted"):
        trust_in(pair.one.state, entry, pair.one.now)
    del pair.one.state.entries["centre"]["C2"]
    with refused("unknown", "C2"):
        plan_transfer(pair.one.state, entry, pair.one.now)
    with refused("recipient", "not trusted"):
        trust_in(pair.one.state, entry, pair.one.now)


def test_a_centre_without_an_exchange_key_gets_no_keys(pair: Pair) -> None:
    plain = Vault("C3")
    plain.state.created = {
        name: value for name, value in plain.state.created.items() if name != "exchange_key"
    }
    furnish(plain)
    pair.one.do("centre", "add", "C3", **told(plain))
    entry = replace(pair.one.entry("transfer", pair.agreed(pair.one, "out")))
    with refused("recipient", "without an exchange key"):
        plan_transfer(pair.one.state, replace(entry, values={**entry.values, "centre": "C3"}), pair.one.now)


def test_a_group_goes_only_from_where_it_is_at_home(pair: Pair) -> None:
    with refused("home", "C1"):
        pair.agreed(pair.two, "out")
    with refused("home", "is at home in C1"):
        pair.agreed(pair.one, "in")


def test_each_direction_has_its_own_step(pair: Pair) -> None:
    entry_id = pair.agreed(pair.one, "out")
    for step in ("receive", "take_over"):
        with refused("direction", "out"):
            pair.one.ask("transfer", step, entry_id)
    entry_id = pair.agreed(pair.two, "in")
    with refused("direction", "in"):
        pair.two.ask("transfer", "send", entry_id)
    with refused("other_file", "SHA-256"):
        pair.two.ask("transfer", "receive", entry_id)


def test_a_file_is_received_once_and_is_the_one_that_was_named(pair: Pair) -> None:
    copy = {"moves_home": False}
    data = pair.send(**copy)
    pair.receive(data, **copy)
    pair.two.now += DAY
    entry_id = pair.agreed(pair.two, "in", **copy)
    digest = hashlib.sha256(data).hexdigest()
    request_id = pair.two.ask("transfer", "receive", entry_id, file=digest)
    pair.two.approve(request_id)
    with refused("other_file", "handed in"):
        pair.two.work(request_id)
    with pytest.raises(KeyFileError) as found:
        pair.two.work(request_id, data)
    assert found.value.reason == "replayed"
    agreed = agreement_id(pair.two.state, pair.two.entry("transfer", entry_id))
    facts = {**pair.two.entry("transfer", "t2").values}
    with refused("other_file", "another agreement"):
        pair.two.carry_out(request_id, {**facts, "seq": 2})
    facts["request_id"] = agreed
    with refused("other_file", "Number 1"):
        pair.two.carry_out(request_id, facts)
    with refused("other_file"):
        pair.two.carry_out(request_id, {**facts, "seq": 2, "digest": "0" * 64})


def test_a_file_of_somebody_else_is_not_opened(pair: Pair) -> None:
    data = pair.send(moves_home=False)
    before = pair.two
    for centre, reason in ((furnish(Vault("C3")), "untrusted"), (pair.one, "recipient")):
        changed = pair.two = before.copy()
        values = told(centre)
        rewrite(changed, changed.entry("centre", "C1"), identity=values["identity"])
        entry_id = pair.agreed(changed, "in", moves_home=False)
        request_id = changed.ask("transfer", "receive", entry_id, file=hashlib.sha256(data).hexdigest())
        changed.approve(request_id)
        if reason == "recipient":
            changed.secrets["exchange"] = bytes(31) + b"\x05"
        with pytest.raises(KeyFileError) as found:
            changed.work(request_id, data)
        assert found.value.reason == reason


def test_what_was_made_is_what_may_go_over(pair: Pair) -> None:
    entry_id = pair.agreed(pair.one, "out")
    request_id = pair.one.ask("transfer", "send", entry_id)
    pair.one.approve(request_id)
    facts = pair.one.work(request_id).facts
    with refused("plan", "keys"):
        pair.one.carry_out(request_id, {**facts, "keys": {}})


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"key": "654321/1"}, "not about"),
        ({"kt": 3}, "another type"),
        ({"clu": 5}, "another type or cluster"),
        ({"kt": 0, "dkga": None}, "another type"),
        ({"key": f"{SGC}/2"}, "not about"),
        ({"check_value": "ABCDEF"}, "another key"),
    ],
    ids=["group", "type", "cluster", "first key", "revision", "bytes"],
)
def test_a_key_that_does_not_fit_is_not_taken_in(pair: Pair, changed: dict[str, Any], word: str) -> None:
    data = pair.send(krns="1", moves_home=False)
    pair.receive(data, krns="1", moves_home=False)
    entry = pair.two.entry("transfer", "t2")
    document = {**entry.get("keys")[KEY], **changed}
    pair.two.now += DAY
    entry_id = pair.agreed(pair.two, "in", krns="1", moves_home=False)
    request_id = pair.two.ask("transfer", "receive", entry_id, file=entry.get("digest"))
    pair.two.approve(request_id)
    agreed = agreement_id(pair.two.state, pair.two.entry("transfer", entry_id))
    facts = {**entry.values, "seq": 2, "keys": {KEY: document}, "request_id": agreed}
    with refused("brought", word):
        pair.two.carry_out(request_id, facts)


def test_a_rehearsing_centre_takes_in_test_keys_only(pair: Pair) -> None:
    pair.two.state.rehearsal_days = -780
    data = pair.send()
    with refused("brought", "not marked test"):
        pair.receive(data)


def test_a_name_that_is_burnt_here_is_not_brought_back(pair: Pair) -> None:
    data = pair.send()
    burnt = replace(pair.one.entry("vending_key", KEY), state="destroyed_compromised")
    rewrite(pair.two, burnt)
    with refused("brought", "destroyed_compromised here"):
        pair.receive(data)


def test_what_was_brought_is_read_from_the_entry(pair: Pair) -> None:
    received = pair.receive(pair.send())
    (brought,) = brought_by(pair.two.state, received)
    assert isinstance(brought, Brought)
    assert register_document(brought.register) == received.get("keys")[KEY]
    assert read_register(received.get("keys")[KEY]) == brought.register
