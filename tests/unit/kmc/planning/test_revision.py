"""A revision from the new key to the end of the old one: where each step stands, and what is in the way."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.kmc.planning.town import NOW, SGC, authorise, file, key, meters, moment, put, row, town
from voltoken.errors import ActRefused
from voltoken.kmc.planning import Hold, MeterList, RevisionPlan, Standing, Target, WavePlan, plan_revision
from voltoken.kmc.state import State
from voltoken.sts import BaseDate

OLD, NEW = f"{SGC}/1", f"{SGC}/2"
BLOCKER = "Installation shop is not ready for base date 2014: ask Jane, +254 700 000000."


def plan(state: State, listed: MeterList | None = None, waves: WavePlan | None = None) -> RevisionPlan:
    """Return the plan to the second key, on base date 2014."""
    old, new = state.entry("vending_key", OLD), state.entry("vending_key", NEW)
    assert old is not None
    target = Target(NEW, BaseDate.BD2014, new)
    return plan_revision(state, old, target, NOW, meters=listed, waves=waves)


def standing(found: RevisionPlan) -> dict[str, str]:
    """Return where each step stands."""
    return {step.name: step.standing.value for step in found.steps}


def step(found: RevisionPlan, name: str) -> tuple[str, str, str]:
    """Return where a step stands, its detail, and what to ask for."""
    one = next(step for step in found.steps if step.name == name)
    return one.standing.value, one.detail, one.act


def new_key(state: State, stands: str, **values: Any) -> None:
    """Put the second key there."""
    key(state, NEW, stands, **{"base_date": "14", "dkga": "04", "bits": 160, "eas": ["07", "11"]} | values)


def ready() -> State:
    """Return a town whose new key is active in all modules, and whose installation is ready."""
    state = town()
    new_key(state, "active")
    for module in ("m-1", "m-2"):
        authorise(state, f"new-{module}", module, krns=[2])
        file(state, module, 2, "loaded", OLD, NEW)
    shop = state.entry("installation", "shop")
    assert shop is not None
    put(state, "installation", "shop", "running", **{**shop.values, "base_dates": ["93", "14"]})
    return state


def test_before_anything_is_done_the_first_step_is_to_ask_for_the_key() -> None:
    found = plan(town())
    assert found.is_rollover
    assert standing(found) == {
        "make": "now",
        **dict.fromkeys(("authorise", "release", "load", "activate", "credit_stop", "meters"), "later"),
        "end": "later",
        "destroy": "later",
    } | {"credit_stop": "done"}
    assert step(found, "make") == ("now", "123456/2 is not asked for", "vending_key add 123456/2")
    assert [one.number for one in found.steps] == list(range(1, 10))
    assert {one.module: one.old for one in found.modules} == {"m-1": Hold.LOADED, "m-2": Hold.LOADED}
    assert found.meters is None


@pytest.mark.parametrize(("origin", "act"), [("generate", "generate"), ("components", "compose")])
def test_a_key_that_was_asked_for_is_made_as_it_was_asked_for(origin: str, act: str) -> None:
    state = town()
    new_key(state, "requested", origin=origin)
    found = plan(state)
    assert step(found, "make") == ("now", "it is requested", f"vending_key {act} {NEW}")
    assert step(found, "activate") == ("later", "", "")


def test_each_module_is_authorised_sent_and_heard_of() -> None:
    state = town()
    new_key(state, "pre_active")
    found = plan(state)
    assert step(found, "authorise") == (
        "now",
        "0 of 2 modules authorised; not m-1, m-2",
        "authorisation add, for m-1",
    )
    assert "Module m-1 has no authorisation for 123456/2: nothing is signed for it." in found.blockers
    authorise(state, "new-m-1", "m-1", krns=[2])
    authorise(state, "new-m-2", "m-2", krns=[])
    file(state, "m-1", 2, "loaded", OLD, NEW)
    found = plan(state)
    assert step(found, "authorise") == ("done", "2 of 2 modules authorised", "")
    assert step(found, "release") == ("now", "1 of 2 modules sent; not m-2", "key_file add, for m-2")
    file(state, "m-2", 2, "released", OLD, NEW)
    found = plan(state)
    assert step(found, "load") == ("now", "1 of 2 modules loaded; not m-2", "key_file confirm, from m-2")
    assert "Module m-2 was sent the new key; its receipt is missing." in found.blockers
    file(state, "m-2", 2, "loaded", OLD, NEW)
    assert step(plan(state), "activate") == ("now", "from 2024-01-01 (ACT)", f"vending_key activate {NEW}")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"use": "key_change_only", "ulm": 0, "services": []}, "is for key changes only"),
        ({"end": moment("2026-11-01")}, "ended on 2026-11-01"),
        ({"krns": [1]}, "nothing is signed for it"),
    ],
)
def test_an_authorisation_that_does_not_do_is_told(values: dict[str, Any], said: str) -> None:
    state = town()
    new_key(state, "pre_active")
    authorise(state, "new", "m-1", **{"krns": [2]} | values)
    assert any("Module m-1" in one and said in one for one in plan(state).blockers)


def test_the_better_of_two_authorisations_counts() -> None:
    state = town()
    new_key(state, "pre_active")
    authorise(state, "a", "m-1", end=moment("2026-11-01"))
    authorise(state, "b", "m-1")
    authorise(state, "c", "m-1", use="key_change_only", ulm=0, services=[])
    assert not any("Module m-1" in one for one in plan(state).blockers)


def test_a_forged_authorisation_is_none() -> None:
    state = town()
    new_key(state, "pre_active")
    entry = authorise(state, "new", "m-1")
    put(state, "authorisation", "new", "granted", **{**entry.values, "ulm": 9_000_000})
    assert any("not signed by the present owner" in one for one in plan(state).blockers)


def test_with_the_new_key_everywhere_meters_are_led_on() -> None:
    state = ready()
    listed = meters(row(1), row(2, krn="2", base_date="14"), row(3, last_purchase="2026-11-15"))
    found = plan(state, listed)
    assert not found.blockers
    assert standing(found) == {
        **dict.fromkeys(("make", "authorise", "release", "load", "activate", "credit_stop"), "done"),
        "meters": "now",
        "end": "later",
        "destroy": "later",
    }
    assert step(found, "meters") == ("now", "1 of 3 meters are on the new key", "")
    assert found.clock is not None
    assert [found.clock.days_to(percent) for percent in (33, 34, 100)] == [0, 4, 9]
    assert plan(state, listed, WavePlan.at_once(NOW.date().replace(day=30))).clock != found.clock
    assert step(plan(state), "meters") == ("now", "no list of meters was given", "")


def test_rows_that_cannot_be_read_keep_a_revision_open() -> None:
    found = plan(ready(), meters(row(2, krn="2", base_date="14"), "broken"))
    assert step(found, "meters")[:2] == (
        "now",
        "1 of 1 meters are on the new key; 1 rows of the list cannot be read",
    )
    assert found.blockers == ("1 row of the list of meters cannot be read; their meters are in no plan.",)
    two = plan(ready(), meters(row(2, krn="2", base_date="14"), "broken", "too"))
    assert two.blockers[0].startswith("2 rows of the list")


def test_at_the_end_the_old_key_is_destroyed_with_the_list_as_evidence() -> None:
    state = ready()
    key(state, OLD, "deactivated", iut=moment("2026-11-01"))
    file(state, "m-1", 3, "loaded", OLD, key_change_only=True)
    file(state, "m-2", 3, "loaded", OLD, iut=moment("2026-11-01"))
    listed = meters(row(1, krn="2", base_date="14"))
    found = plan(state, listed)
    assert {name for name, stands in standing(found).items() if stands != "done"} == {"destroy"}
    assert step(found, "destroy") == (
        "now",
        "it is deactivated",
        f"vending_key destroy {OLD} meters_left=0 meters_list={listed.digest}",
    )
    key(state, OLD, "compromised", iut=moment("2026-11-01"))
    assert step(plan(state), "destroy")[2] == f"vending_key destroy_compromised {OLD}"
    key(state, OLD, "destroyed", iut=moment("2026-11-01"))
    assert set(standing(plan(state, listed)).values()) == {Standing.DONE}


def test_the_old_key_is_not_destroyed_while_a_meter_is_on_it() -> None:
    state = ready()
    key(state, OLD, "deactivated", iut=moment("2026-11-01"))
    for module in ("m-1", "m-2"):
        file(state, module, 3, "loaded", OLD, key_change_only=True)
    found = plan(state, meters(row(1)))
    assert step(found, "end")[0] == "done"
    assert step(found, "destroy")[0] == "later"
    assert "meters_left" not in step(found, "destroy")[2]


def test_credit_under_the_old_key_stops_when_the_last_module_has_heard_of_it() -> None:
    state = ready()
    key(state, OLD, "active", base_date="14", ken=255)
    new_key(state, "active")
    old, new = state.entry("vending_key", OLD), state.entry("vending_key", NEW)
    assert old is not None
    target = Target(NEW, BaseDate.BD2014, new)
    found = plan_revision(state, old, target, NOW)
    assert not found.is_rollover
    assert step(found, "credit_stop") == (
        "now",
        "it makes credit until 2030-01-01",
        f"vending_key deactivate {OLD}",
    )
    old = key(state, OLD, "deactivated", base_date="14")
    assert step(plan_revision(state, old, target, NOW), "credit_stop") == (
        "now",
        "the key is deactivated; m-1, m-2 may sell until the next file",
        "key_file add, for m-1",
    )
    for module in ("m-1", "m-2"):
        file(state, module, 3, "released", OLD, key_change_only=True)
    assert step(plan_revision(state, old, target, NOW), "credit_stop")[0] == "done"


def test_the_way_back_is_refused_even_before_the_key_is_there() -> None:
    state = town()
    old = key(state, OLD, "active", base_date="14")
    with pytest.raises(ActRefused) as refused:
        plan_revision(state, old, Target(NEW, BaseDate.BD1993), NOW)
    assert refused.value.reason == "way_back"
    new = key(state, NEW, "requested", base_date="93")
    with pytest.raises(ActRefused) as refused:
        plan_revision(state, old, Target(NEW, BaseDate.BD1993, new), NOW)
    assert refused.value.reason == "way_back"


def test_who_is_not_ready_for_a_rollover_is_named_with_whom_to_call() -> None:
    state = town()
    put(state, "product", "old-box", "certified", edition=1)
    put(state, "product", "new-box", "certified", edition=2)
    put(state, "module", "m-1", "suspended", product="old-box")
    put(state, "module", "m-2", "registered", product="new-box")
    put(state, "installation", "other", "running", modules=[], groups=["654321"], base_dates=[])
    found = plan(state).blockers
    assert BLOCKER in found
    assert "Module m-1 is of edition 1, which cannot set the roll-over bit. Replace it." in found
    assert "Module m-1 is suspended and gets no keys. Restore or replace it." in found
    assert not any("m-2" in one or "other" in one for one in found)


def test_a_group_that_nobody_sells_for_has_nobody_to_ask() -> None:
    state = State(centre_id="kmc-a")
    key(state, OLD, "active")
    found = plan(state)
    assert found.blockers == ("No module is known that sells for supply group 123456. Register modules.",)
    assert step(found, "authorise")[1] == "0 of 0 modules authorised"


def test_modules_that_are_no_longer_used_do_not_count() -> None:
    state = town()
    put(state, "module", "m-2", "retired", product=None)
    file(state, "m-9", 1, "loaded", OLD)
    put(state, "installation", "second", "running", modules=["m-3"], groups=[SGC], base_dates=["14"])
    put(state, "module", "m-3", "registered", product=None)
    assert [(one.module, one.old, one.until) for one in plan(state).modules][1:] == [
        ("m-3", Hold.NEVER, None)
    ]


def test_what_a_module_holds_is_what_its_receipts_say() -> None:
    state = town()

    def held() -> Hold:
        return plan(state).modules[0].old

    file(state, "m-1", 2, "lost", revoked=[OLD])
    file(state, "m-1", 3, "released", revoked=[OLD])
    assert held() is Hold.LOADED
    file(state, "m-1", 3, "loaded", revoked=[OLD])
    assert held() is Hold.REVOKED
    file(state, "m-1", 4, "released", OLD)
    assert held() is Hold.SENT
    file(state, "m-1", 4, "loaded", OLD)
    file(state, "m-1", 5, "released", OLD)
    assert held() is Hold.LOADED
    file(state, "m-1", 5, "lost", OLD)
    file(state, "m-1", 4, "lost", OLD)
    assert held() is Hold.REVOKED


def test_meters_that_cannot_follow_are_counted() -> None:
    state = ready()
    new_key(state, "active", eas=["11"])
    listed = meters(
        row(1),
        row(2, ea="11"),
        row(3, base_date="14"),
        row(4, krn="3"),
        row(5, krn="3"),
        row(6, sgc="654321"),
        row(7, purchases="0"),
    )
    found = plan(state, listed)
    assert found.meters is not None
    assert (found.meters.old, found.meters.new, found.meters.foreign) == (4, 0, 1)
    assert found.blockers == (
        "1 meter is in the list with another base date than the key has: find out which is right.",
        "Meters of the group are on other keys: 2 on 123456/3. They need a revision of their own.",
        "3 meters are with EA07, which the new key is not for; no token changes the algorithm.",
        "1 meter is reached by no wave, no purchase and no visit.",
    )


def test_a_common_key_is_for_cards_only() -> None:
    state = ready()
    key(state, OLD, "active", kt=3)
    new_key(state, "active", kt=3)
    found = plan(state, meters(row(1), row(2, tct="01")))
    assert found.blockers == ("1 meter is without magnetic cards, and the new key is a common one.",)


def test_a_key_that_ends_before_the_last_meter_is_away_is_told() -> None:
    state = ready()
    key(state, OLD, "active", iut=moment("2026-11-27"))
    found = plan(state, meters(row(1), row(2, last_purchase="2026-11-15")))
    (told,) = found.blockers
    assert told.startswith("1 meter is still on the old key when key changes end on 2026-11-27 (IUT).")


def test_nothing_is_made_under_a_suspended_key() -> None:
    state = ready()
    key(state, OLD, "suspended")
    found = plan(state, meters(row(1)))
    assert "1 meter is on the old key, which is suspended: nothing can be made under it." in found.blockers
