"""A compromise drill: what hangs on a key, a module or a centre, and what to do about it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.kmc.planning.town import (
    NOW,
    SGC,
    TODAY,
    authorise,
    file,
    key,
    meters,
    moment,
    pan,
    put,
    row,
    town,
)
from voltoken.errors import ActRefused
from voltoken.kmc.planning import (
    Drill,
    Subject,
    TokenList,
    WavePlan,
    change_plan,
    drill,
    read_tokens,
    report,
    values_of,
)
from voltoken.kmc.registers import REGISTERS
from voltoken.kmc.state import State

OLD, NEW = f"{SGC}/1", f"{SGC}/2"
METERS = meters(
    row(1), row(2, last_purchase="2026-11-15"), row(3, krn="2", base_date="14"), row(4, sgc="654321")
)


def tokens(*rows: str) -> TokenList:
    """Return a list of tokens."""
    return read_tokens(["pan,tid,sgc,krn,issued_at,module\n", *(f"{one}\n" for one in rows)])


def token(number: int, *, krn: int = 2, tid: int = 6_780_000, module: str = "m-1", at: str = "") -> str:
    """Return a row of a list of tokens; TID 6780000 of base date 2014 is the minute it says."""
    return f"{pan(number)},{tid},{SGC},{krn},{at or '2026-11-22T08:00:00Z'},{module}"


def two_keys() -> State:
    """Return a town in which m-1 has the second key as well."""
    state = town()
    key(state, NEW, "active", base_date="14")
    file(state, "m-1", 2, "lost", OLD, NEW)
    return state


def acts(state: State, found: Drill) -> list[str]:
    """Return what the plan asks the centre for."""
    return [one.act for one in change_plan(state, found) if one.act]


def text(state: State, found: Drill) -> str:
    """Return the whole report."""
    return "\n".join(report(state, found, change_plan(state, found)))


def test_of_a_key_everything_that_hangs_on_it_is_named() -> None:
    state = two_keys()
    found = drill(state, Subject.KEY, NEW, NOW, meters=METERS, tokens=tokens(token(1), token(2, krn=1)))
    assert found.keys == (NEW,)
    assert found.modules == ("m-1",)
    assert found.files == ("kmc-a.m-1.2",)
    assert found.groups == (SGC,)
    assert [one.pan for one in found.meters] == [pan(3)]
    assert [one.pan for one in found.tokens] == [pan(1)]
    assert found.clock is not None
    assert found.clock.days_to(100) == 9


def test_modules_that_are_authorised_count_as_well() -> None:
    state = two_keys()
    authorise(state, "all", "m-2", krns=[])
    assert drill(state, Subject.KEY, NEW, NOW).modules == ("m-1", "m-2")


def test_who_has_a_module_has_every_key_that_was_ever_in_a_file_for_it() -> None:
    state = two_keys()
    listed = tokens(
        token(1), token(2, krn=1, module="m-2"), token(3, krn=3, module="m-1"), token(4, krn=4, module="m-2")
    )
    found = drill(state, Subject.MODULE, "m-1", NOW, meters=METERS, tokens=listed)
    assert found.keys == (OLD, NEW)
    assert found.modules == ("m-1", "m-2")
    assert found.files == ("kmc-a.m-1.1", "kmc-a.m-1.2")
    assert [one.pan for one in found.meters] == [pan(1), pan(2), pan(3)]
    assert [one.pan for one in found.tokens] == [pan(1), pan(2), pan(3)]
    assert drill(state, Subject.MODULE, "m-2", NOW).keys == (OLD,)


def test_who_has_this_centre_has_every_key_in_it() -> None:
    state = two_keys()
    key(state, f"{SGC}/3", "requested")
    key(state, f"{SGC}/4", "destroyed")
    found = drill(state, Subject.CENTRE, "kmc-a", NOW)
    assert found.keys == (OLD, NEW)
    assert found.files == ("kmc-a.m-1.1", "kmc-a.m-1.2", "kmc-a.m-2.1")
    assert found.clock is None


def test_of_another_centre_it_is_what_went_there_and_what_came_from_it() -> None:
    state = two_keys()
    put(state, "centre", "kmc-b", "trusted")
    put(state, "transfer", "out-1", "sent", direction="out", centre="kmc-b", keys={OLD: {}})
    put(state, "transfer", "in-1", "received", direction="in", centre="kmc-b", keys=[{"ref": "654321/1"}])
    put(state, "transfer", "out-2", "sent", direction="out", centre="kmc-c", keys={NEW: {}})
    key(state, "654321/1", "active", transfer="in-1")
    put(state, "supply_group", "777777", "active", centre="kmc-b")
    found = drill(state, Subject.CENTRE, "kmc-b", NOW)
    assert found.keys == (OLD, "654321/1")
    assert found.groups == (SGC, "654321", "777777")


@pytest.mark.parametrize(
    ("subject", "name"),
    [(Subject.KEY, NEW), (Subject.KEY, f"{SGC}/3"), (Subject.MODULE, "m-9"), (Subject.CENTRE, "kmc-z")],
)
def test_what_the_centre_does_not_know_is_no_subject(subject: Subject, name: str) -> None:
    state = town()
    key(state, f"{SGC}/3", "requested")
    with pytest.raises(ActRefused) as refused:
        drill(state, subject, name, NOW)
    assert refused.value.reason == "unknown"


def test_tokens_that_should_not_be_are_found() -> None:
    state = two_keys()
    rows = [
        token(1),
        token(1, at="2026-11-22T09:00:00Z"),
        token(2, tid=6_700_000),
        token(3, module="m-2"),
        token(4, module="m-2"),
        token(5, tid=6_780_000 + 1440),
        token(6, tid=6_780_000 - 1440),
        token(7, tid=6_780_000 + 1441),
    ]
    found = {one.kind: one for one in drill(state, Subject.KEY, NEW, NOW, tokens=tokens(*rows)).findings}
    assert {kind: one.count for kind, one in found.items()} == {"twins": 2, "stranger": 2, "drift": 2}
    assert found["twins"].text.startswith("1 meters were sold")
    assert found["stranger"].text == "Module m-2 was never given 123456/2, and made tokens under it."


def test_a_token_under_a_key_that_nobody_knows_is_from_a_stranger() -> None:
    state = two_keys()
    found = drill(
        state,
        Subject.MODULE,
        "m-1",
        NOW,
        tokens=tokens(token(1, krn=9), token(2, krn=1, tid=17_000_000 % 16_777_216)),
    )
    assert [one.kind for one in found.findings] == ["stranger", "drift"]


def test_tokens_as_they_should_be_are_not_remarked_upon() -> None:
    found = drill(two_keys(), Subject.KEY, NEW, NOW, tokens=tokens(token(1), token(2)))
    assert found.findings == ()


def test_a_lost_key_is_marked_followed_and_destroyed_at_the_end() -> None:
    state = town()
    found = drill(state, Subject.KEY, OLD, NOW, meters=METERS)
    assert acts(state, found) == [
        "incident add",
        f"vending_key compromise {OLD}",
        "key_file add, for m-1",
        f"vending_key add {SGC}/3",
        "revision add",
        f"vending_key destroy_compromised {OLD}",
        "incident contain",
        "incident close",
    ]
    told = text(state, found)
    assert "Send m-1, m-2 a file" in told
    assert "2 meters are led away from 123456/1" in told
    assert "100 % led away after 9 days, on 2026-11-30." in told
    assert [one.number for one in change_plan(state, found)] == list(range(1, 10))


def test_the_next_number_is_one_that_no_meter_of_the_list_has() -> None:
    state = town()
    listed = meters(row(1), row(2, krn="2"), row(3, sgc="654321", krn="3"))
    assert f"vending_key add {SGC}/3" in acts(state, drill(state, Subject.KEY, OLD, NOW, meters=listed))


def test_meters_are_not_led_back_to_an_earlier_base_date() -> None:
    state = two_keys()
    found = acts(state, drill(state, Subject.KEY, NEW, NOW))
    assert f"vending_key add {SGC}/3" in found
    assert f"{OLD} is there" not in text(state, drill(state, Subject.KEY, NEW, NOW))


def test_a_key_that_nobody_knows_is_used_and_one_that_was_asked_for_is_made() -> None:
    state = town()
    key(state, NEW, "requested")
    assert f"vending_key generate {NEW}" in acts(state, drill(state, Subject.KEY, OLD, NOW))
    key(state, NEW, "pre_active")
    found = drill(state, Subject.KEY, OLD, NOW)
    assert f"vending_key generate {NEW}" not in acts(state, found)
    assert "123456/2 is there, and not known to anybody: use it." in text(state, found)
    assert "All meters are led away" in text(state, found)


def test_when_no_number_is_left_the_plan_says_so() -> None:
    state = town()
    for krn in range(2, 10):
        key(state, f"{SGC}/{krn}", "suspended")
    assert "All nine key revisions" in text(state, drill(state, Subject.KEY, OLD, NOW))


@pytest.mark.parametrize(
    ("stands", "there", "not_there"),
    [
        ("compromised", "vending_key destroy_compromised", "vending_key compromise"),
        ("destroyed", "vending_key found_compromised", "vending_key destroy_compromised"),
        ("destroyed_compromised", "revision add", "vending_key"),
    ],
)
def test_what_was_done_already_is_not_asked_for_again(stands: str, there: str, not_there: str) -> None:
    state = town()
    key(state, OLD, stands)
    key(state, NEW, "active")
    found = acts(state, drill(state, Subject.KEY, OLD, NOW))
    assert any(one.startswith(there) for one in found)
    assert not any(one.startswith(not_there) for one in found)


def test_a_lost_module_gets_nothing_more_and_its_keys_are_changed() -> None:
    state = two_keys()
    found = drill(state, Subject.MODULE, "m-1", NOW)
    assert acts(state, found)[:6] == [
        "incident add",
        "module compromise m-1",
        "authorisation withdraw auth-m-1",
        "module add",
        f"vending_key compromise {OLD}",
        "key_file add, for m-2",
    ]
    put(state, "module", "m-1", "compromised")
    put(state, "module", "m-2", "retired")
    again = acts(state, drill(state, Subject.MODULE, "m-1", NOW))
    assert "module compromise m-1" not in again
    assert not any(one.startswith("key_file") for one in again)


def test_many_modules_are_not_all_named() -> None:
    state = town()
    for number in range(3, 7):
        put(state, "module", f"m-{number}", "registered")
        file(state, f"m-{number}", 1, "loaded", OLD)
    assert "Send m-1, m-2, m-3 ... a file" in text(state, drill(state, Subject.KEY, OLD, NOW))


def test_a_lost_centre_has_a_new_root_and_a_new_list_of_centres() -> None:
    state = town()
    found = acts(state, drill(state, Subject.CENTRE, "kmc-a", NOW))
    assert found[1:4] == ["centre_key add", "centre_key compromise", "trust_list add"]
    put(state, "centre", "kmc-b", "trusted")
    put(state, "transfer", "out-1", "sent", direction="out", centre="kmc-b", keys={OLD: {}})
    put(state, "supply_group", "777777", "active", centre="kmc-b")
    found = acts(state, drill(state, Subject.CENTRE, "kmc-b", NOW))
    assert found[1:4] == ["centre suspend kmc-b", "trust_list add", "transfer take_over"]
    assert found.count("transfer take_over") == 1


def test_a_key_that_went_with_its_register_is_left_out_of_the_plan() -> None:
    state = town()
    found = drill(state, Subject.KEY, OLD, NOW)
    state.entries["vending_key"].clear()
    assert acts(state, found) == ["incident add", "incident contain", "incident close"]


def test_the_report_tells_everything_and_its_digest_is_in_the_incident() -> None:
    state = two_keys()
    listed = meters(row(3, krn="2", base_date="14"), row(4, krn="2", base_date="14", purchases="0"), "broken")
    found = drill(state, Subject.KEY, NEW, NOW, meters=listed, tokens=tokens(token(1), token(1)))
    told = text(state, found)
    assert told.startswith("vending key 123456/2, 2026-11-21 12:00 UTC, centre kmc-a\n")
    assert "Key files they are in: kmc-a.m-1.2." in told
    assert "100 % led away never, as things are." in told
    assert "2 tokens: 1 meters were sold" in told
    assert "cannot be read, and are not counted: 1." in told
    assert found.document["meters_by_key"] == {NEW: 2}
    values = values_of(found, title="Exercise of November", is_exercise=True)
    assert values["report"] == found.digest
    step = REGISTERS["incident"].step("add")
    assert set(values) <= set(step.fields)
    assert drill(state, Subject.KEY, NEW, NOW, meters=listed).digest != found.digest


def test_the_same_lists_give_the_same_report() -> None:
    def digest(**more: Any) -> str:
        return drill(two_keys(), Subject.KEY, NEW, NOW, meters=METERS, **more).digest

    assert digest() == digest(waves=WavePlan.at_once(TODAY))


def test_without_files_there_is_nothing_to_name() -> None:
    state = State(centre_id="kmc-a")
    key(state, OLD, "active", iut=moment("2028-01-01"))
    assert "Key files they are in: none." in text(state, drill(state, Subject.KEY, OLD, NOW))
