"""Stories of roll-over: from one base date to the next, and why there is no way back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tools.scenario_book.keys import key11, number
from tools.scenario_book.kit import BEGINS, Story, tell
from voltoken.sts import (
    BaseDate,
    ClearTamperCondition,
    Service,
    TIDClock,
    TransferCredit,
    key_change_sections,
)

_OLD = key11(1, BaseDate.BD1993)
_NEW = key11(2)
_TODAY = int(TIDClock(BaseDate.BD2014).tid_at(BEGINS))
_SETUP: dict[str, Any] = {"key": _OLD, "made": datetime(2023, 6, 1, tzinfo=UTC), "credit": "3"}
_USED = int(TIDClock(BaseDate.BD1993).tid_at(datetime(2024, 11, 1, 12, 0, tzinfo=UTC)))


@tell(
    "A meter of base date 1993, today",
    rule="Since 24 November 2024 nothing can be sold under a key of base date 1993: credit and management "
    "wait for "
    "a key change with roll-over.",
    source="sts_protocol 13; field_rules edge case 9",
    edge_case=9,
    **_SETUP,
)
def a_1993_meter_today(s: Story) -> None:
    """It can be helped at any time."""
    s.act("tamper", "Somebody opens the cover.", given={"kind": "cover"}, tamper=True, relay="disconnected")
    credit = TransferCredit.of(Service.ELECTRICITY, 10, tid=_TODAY, rnd=5)
    clear = ClearTamperCondition(rnd=5, tid=_TODAY + 1)
    s.enter(number(credit, _NEW), "CRCError", "Sold under today's key, which the meter has not got.")
    s.enter(number(clear, _NEW), "CRCError", "Management likewise.")
    s.enter(credit, "OldError", "Under the meter's key, with a TID counted from 2014.")
    s.change(
        _NEW, "With roll-over: the memory is emptied.", roll_over=True, memory=s.memory(base=0), credit="3"
    )
    s.enter(credit, "Accept", "Today's credit.", credit="13", relay="disconnected")
    s.enter(clear, "Accept", "Today's management.", tamper=False, relay="connected")
    s.end(memory=s.memory(_TODAY, _TODAY + 1, base=0), credit="13", krn=2)


@tell(
    "From 1993 to 2014 without roll-over",
    rule="A change to a later base date without roll-over leaves TIDs in the memory that no new token "
    "exceeds; a "
    "second set with roll-over, to another key, repairs it.",
    source="field_rules edge case 10",
    edge_case=10,
    **_SETUP,
)
def without_roll_over(s: Story) -> None:
    """The commonest mistake of a migration."""
    s.change(_NEW, "The roll-over bit was forgotten.", memory=s.memory(), krn=2)
    s.enter(s.sale("10", _TODAY), "OldError", "Every new token is too old.", credit="3")
    repaired = key11(3)
    s.change(repaired, "The same way once more, with roll-over.", roll_over=True, memory=s.memory(base=0))
    s.enter(s.sale("10", _TODAY), "Accept", credit="13")
    s.end(memory=s.memory(_TODAY, base=0), credit="13", krn=3)


@tell(
    "Back to a key from before the roll-over",
    rule="After a roll-over the used tokens of every earlier key are good again, so planner and module "
    "refuse the "
    "way back; the meter would not.",
    source="field_rules rule 4 and edge case 11",
    edge_case=11,
    **_SETUP,
)
def back_before_the_roll_over(s: Story) -> None:
    """What the planner prevents, shown in a meter that nobody protects."""
    used = s.sale("500", _USED)
    s.enter(used, "Accept", "Bought in 2024.", credit="503")
    s.enter(used, "UsedError")
    s.change(_NEW, roll_over=True, memory=s.memory(base=0))
    s.enter(used, "CRCError", "Under the new key it is nothing.")
    s.change(_OLD, "Back to the old key, without roll-over.", memory=s.memory(base=0), krn=1)
    s.enter(used, "Accept", "The used token is good again: 500 kWh for nothing.", credit="1003")
    s.end(memory=s.memory(_USED, base=0), credit="1003")


@tell(
    "From 2014 to 2035",
    rule="Base date 2014 ends on 24 November 2045 at 20:15; the way on is the same as in 2024.",
    source="sts_protocol 13",
    begins=datetime(2045, 11, 24, 20, 15, tzinfo=UTC),
    made=datetime(2044, 1, 1, tzinfo=UTC),
)
def from_2014_to_2035(s: Story) -> None:
    """The last minute of a base date, and the minutes after."""
    s.enter(s.sale("10", 0xFFFFFF), "Accept", "Sold in the last minute.", credit="10")
    new = key11(2, BaseDate.BD2035)
    s.change(new, "With roll-over.", roll_over=True, memory=s.memory(base=0))
    tid = int(s.clock.tid_at(s.now))
    s.enter(s.sale("10", tid), "Accept", "The first sale of the new count.", credit="20")
    s.end(memory=s.memory(tid, base=0), credit="20", krn=2)


@tell(
    "Roll-over with the same key",
    rule="A roll-over that brings the same key would make every used token good again; a careful meter "
    "refuses it.",
    source="sts_protocol 5 and 15.4",
)
def roll_over_with_the_same_key(s: Story) -> None:
    """KeyTypeError, and nothing changes."""
    token = s.sale("10")
    s.enter(token, "Accept", credit="10")
    tokens = s.sections(s.key, roll_over=True)
    for place, result in enumerate(("1stKCT", "2ndKCT", "3rdKCT", "KeyTypeError")):
        s.enter(tokens[place], result)
    s.enter(token, "UsedError", "The memory is as it was.", missing=[])
    s.end(memory=s.memory(s.t0), credit="10")


@tell(
    "Roll-over with the same key, in a careless meter",
    rule="Where a meter takes a roll-over without a new key, the vending side must never send one.",
    source="sts_protocol 15.4; field_rules rule 4",
    overrides={"refuses_same_key_roll_over": False},
)
def roll_over_in_a_careless_meter(s: Story) -> None:
    """Why the rule is there."""
    token = s.sale("10")
    s.enter(token, "Accept", credit="10")
    s.change(s.key, roll_over=True, memory=s.memory(base=0))
    s.enter(token, "Accept", "Credit for nothing.", credit="20")
    s.end(memory=s.memory(s.t0, base=0), credit="20")


@tell(
    "A token from the drawer",
    rule="A key change keeps the credit and ends all tokens not yet entered: the slip says so before the "
    "numbers.",
    source="sts_protocol 13; field_rules rule 14",
    credit="7.5",
)
def a_token_from_the_drawer(s: Story) -> None:
    """Enter what you have before you change the key."""
    drawer = s.sale("10")
    s.change(key11(2), credit="7.5", memory=s.memory())
    s.enter(drawer, "CRCError", "It was good this morning.", credit="7.5")
    s.end(memory=s.memory(), credit="7.5")


@tell(
    "Another tariff index is another key",
    rule="The tariff index is inside the decoder key: it changes by a key change and no other way.",
    source="field_rules rule 11",
)
def another_tariff_index(s: Story) -> None:
    """Same supply group, same revision, other index, other key."""
    new = key11(ti="07")
    s.enter(
        number(TransferCredit.of(Service.ELECTRICITY, 10, tid=s.t0, rnd=5), new), "CRCError", "Too early."
    )
    for section, result in zip(
        key_change_sections(new), ("1stKCT", "2ndKCT", "3rdKCT", "Accept"), strict=True
    ):
        s.enter(section, result)
    s.key = new
    s.enter(s.sale("10"), "Accept", ti="07", krn=1, sgc="123457")
    s.end(memory=s.memory(s.t0), credit="10")
