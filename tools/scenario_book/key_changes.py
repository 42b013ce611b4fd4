"""Stories of key change sets: their sections, in every order and with everything in between."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tools.scenario_book.keys import crafted, key07, key11, number, seen_of
from tools.scenario_book.kit import Story, tell
from voltoken.sts import (
    ClearTamperCondition,
    InitiateMeterTestDisplay,
    Service,
    Set4thSectionDecoderKey,
    TransferCredit,
    key_change_sections,
)

_SOURCE = "sts_protocol 15.4"
_STA: dict[str, Any] = {"key": key07(), "credit": "10"}
_MISTY: dict[str, Any] = {"credit": "10"}


@tell(
    "Two sections (EA07, sample tables)",
    rule="A 64-bit key travels in two tokens; nothing changes before both are there, then everything does.",
    source=_SOURCE,
    **_STA,
)
def two_sections(s: Story) -> None:
    """The set of most meters in the field."""
    new = key07(2, ti="02", ken=200)
    first, second = s.sections(new)
    s.enter(first, "1stKCT", missing=[2], **seen_of(s.key))
    s.enter(second, "Accept", missing=[], credit="10", **seen_of(new))
    old = s.sale("10")
    s.key = new
    s.enter(old, "CRCError", "A token under the old key.")
    s.enter(s.sale("10"), "Accept", "A token under the new key.")
    s.end(memory=s.memory(s.t0), credit="20")


@tell(
    "Two sections, the second first (EA07, sample tables)",
    rule="Sections may come in any order.",
    source=_SOURCE,
    **_STA,
)
def two_sections_reversed(s: Story) -> None:
    """Slips are read from the bottom, too."""
    new = key07(2)
    first, second = s.sections(new)
    s.enter(second, "2ndKCT", missing=[1], **seen_of(s.key))
    s.enter(first, "Accept", missing=[], **seen_of(new))
    s.end(memory=s.memory(), credit="10")


@tell(
    "A section twice (EA07, sample tables)",
    rule="A section that comes again takes the place of the stored one, and the set stays incomplete.",
    source=_SOURCE,
    **_STA,
)
def a_section_twice(s: Story) -> None:
    """The first section of one set is replaced by that of another."""
    other, new = key07(2), key07(3)
    s.enter(s.sections(other)[0], "1stKCT", missing=[2])
    s.enter(s.sections(other)[0], "1stKCT", "The same once more.", missing=[2])
    first, second = s.sections(new)
    s.enter(first, "1stKCT", "The first section of another set.", missing=[2])
    s.enter(second, "Accept", "Only the later one counts.", **seen_of(new))
    s.end(memory=s.memory(), credit="10")


@tell(
    "Three sections bring a new supply group (EA07, sample tables)",
    rule="A first section that announces a third one completes with three, and the third carries the supply "
    "group.",
    source="sts_protocol 5 and 15.4",
    **_STA,
)
def three_sections(s: Story) -> None:
    """How a meter of Edition 2 learns its supply group."""
    new = key07(2, sgc="654321")
    first, second, third = s.sections(new, carry_sgc=True)
    s.enter(second, "2ndKCT", missing=[1])
    s.enter(first, "1stKCT", "It says that there are three.", missing=[3], **seen_of(s.key))
    s.enter(third, "Accept", missing=[], **seen_of(new))
    s.end(memory=s.memory(), credit="10", sgc="654321")


@tell(
    "Three sections, the third first (EA07, sample tables)",
    rule="A third section is kept until a first one has told whether it is wanted.",
    source="sts_protocol 5 and 15.4",
    **_STA,
)
def three_sections_third_first(s: Story) -> None:
    """The order that nobody expects."""
    new = key07(2, sgc="654321")
    first, second, third = s.sections(new, carry_sgc=True)
    s.enter(third, "3rdKCT", "A result without a number in the register.", missing=[1, 2])
    s.enter(first, "1stKCT", missing=[2])
    s.enter(second, "Accept", **seen_of(new))
    s.end(memory=s.memory(), credit="10", sgc="654321")


@tell(
    "Two sections do not bring a supply group (EA07, sample tables)",
    rule="A meter loads a supply group code only when the set carried one.",
    source=_SOURCE,
    **_STA,
)
def two_sections_keep_the_group(s: Story) -> None:
    """The key is that of another group all the same, because the code is inside it."""
    new = key07(2, sgc="654321")
    s.change(new, "The key of group 654321.", sgc="123456", krn=2)
    s.enter(s.sale("1"), "Accept", "Sold by the other group.")
    s.end(memory=s.memory(s.t0), credit="11", sgc="123456")


@tell(
    "A meter that takes two sections only (EA07, sample tables)",
    rule="An Edition 1 meter ignores the announcement of a third section and has no function for it.",
    source="sts_protocol 5 and 15.4; field_rules rule 10",
    profile="edition-1",
    **_STA,
)
def a_meter_of_two_sections(s: Story) -> None:
    """Why the planner sends three sections only where the model is known to take them."""
    new = key07(2, sgc="654321", ken=200)
    first, second, third = s.sections(new, carry_sgc=True)
    s.enter(third, "FunctionError", "No such token here.", missing=[])
    s.enter(first, "1stKCT", missing=[2])
    s.enter(second, "Accept", "Complete with two.", krn=2, sgc="123456", ken=255)
    s.enter(third, "CRCError", "Now it is under the wrong key, besides.")
    s.end(memory=s.memory(), credit="10")


@tell(
    "Four sections in any order",
    rule="A 128-bit key travels in four tokens, taken in any order, and they carry the supply group too.",
    source="sts_protocol 5 and 15.4",
    **_MISTY,
)
def four_sections_in_any_order(s: Story) -> None:
    """Each of the four comes first once, and last once."""
    orders = ((1, 2, 3, 4), (2, 4, 1, 3), (3, 1, 4, 2), (4, 3, 2, 1))
    for krn, order in enumerate(orders, 2):
        new = key11(krn, sgc=f"12345{krn}")
        tokens = dict(enumerate(s.sections(new), 1))
        for place, section in enumerate(order[:-1], 1):
            missing = sorted(order[place:])
            result = {1: "1stKCT", 2: "2ndKCT", 3: "3rdKCT", 4: "4thKCT"}[section]
            s.enter(tokens[section], result, missing=missing, **seen_of(s.key))
        s.enter(tokens[order[-1]], "Accept", missing=[], credit="10", **seen_of(new))
        s.key = new
    s.end(memory=s.memory(), credit="10")


@tell(
    "Sections of two sets",
    rule="Sections carry no mark of their set: mixed ones load a key that nobody planned, which the vending "
    "side "
    "can work out as long as it keeps both sets.",
    source="field_rules rule 3 and edge case 12",
    edge_case=12,
    **_MISTY,
)
def sections_of_two_sets(s: Story) -> None:
    """One outstanding set per meter, and this is why."""
    one, two = key11(2), key11(3)
    s.enter(s.sections(one)[0], "1stKCT", "From the first slip.", missing=[2, 3, 4])
    s.enter(s.sections(two)[1], "2ndKCT", "From the second slip.", missing=[3, 4])
    s.enter(s.sections(two)[2], "3rdKCT", missing=[4])
    mixed = replace(one, key=one.key[:4] + two.key[4:])
    s.enter(s.sections(two)[3], "Accept", "The meter cannot know.", **seen_of(mixed))
    credit = TransferCredit.of(Service.ELECTRICITY, 10, tid=s.t0, rnd=5)
    for key in (one, two):
        s.enter(number(credit, key), "CRCError", "Neither key is in the meter.")
    s.key = mixed
    s.change(two, "Recovery: a set under the mixed key.", krn=3)
    s.enter(s.sale("10"), "Accept", "The meter is on a planned key again.")
    s.end(memory=s.memory(s.t0), credit="20")


@tell(
    "Ten minutes for the next section",
    rule="An incomplete set is forgotten when the next section comes more than ten minutes after the last.",
    source=_SOURCE,
    **_MISTY,
)
def ten_minutes_for_the_next_section(s: Story) -> None:
    """One manufacturer's time; others have their own."""
    new = key11(2)
    first, second, third, fourth = s.sections(new)
    s.enter(first, "1stKCT", missing=[2, 3, 4])
    s.after(seconds=540)
    s.enter(second, "2ndKCT", "600 s later: in time.", missing=[3, 4])
    s.after(seconds=541)
    s.enter(third, "3rdKCT", "601 s later: the others are forgotten.", missing=[1, 2, 4], **seen_of(s.key))
    for token, result in ((fourth, "4thKCT"), (first, "1stKCT"), (second, "Accept")):
        s.enter(token, result)
    s.end(memory=s.memory(), credit="10", **seen_of(new))


@tell(
    "Tests between the sections",
    rule="Class 1 tokens and refused tokens leave an incomplete set as it is.",
    source="sts_protocol 15.4; field_rules rule 12",
    **_MISTY,
)
def tests_between_the_sections(s: Story) -> None:
    """A field worker looks at the display half way."""
    new = key11(2)
    tokens = s.sections(new)
    s.enter(tokens[0], "1stKCT")
    s.enter(
        InitiateMeterTestDisplay.of([4]), "Accept", "Key revision and type.", shows=["1.2"], missing=[2, 3, 4]
    )
    s.enter(tokens[1], "2ndKCT")
    s.enter(s.sale("1", s.fill), "UsedError", "A used token.", missing=[3, 4])
    s.enter(tokens[2], "3rdKCT")
    s.enter(tokens[3], "Accept", **seen_of(new))
    s.end(memory=s.memory(), credit="10")


@tell(
    "Other tokens between the sections",
    rule="Any other accepted token drops an incomplete set: credit as well as management.",
    source="sts_protocol 15.4; field_rules rule 12",
    **_MISTY,
)
def other_tokens_between_the_sections(s: Story) -> None:
    """The set has to be entered from the start."""
    new = key11(2)
    tokens = s.sections(new)
    s.enter(tokens[0], "1stKCT")
    s.enter(s.sale("1"), "Accept", "A credit token.", missing=[])
    s.enter(tokens[1], "2ndKCT", "The first section is gone.", missing=[1, 3, 4])
    s.enter(ClearTamperCondition(rnd=5, tid=s.t0 + 1), "Accept", "A management token.", missing=[])
    s.enter(tokens[2], "3rdKCT", missing=[1, 2, 4])
    for place, result in ((0, "1stKCT"), (1, "2ndKCT"), (3, "Accept")):
        s.enter(tokens[place], result)
    s.end(memory=s.memory(s.t0, s.t0 + 1), credit="11", **seen_of(new))


@tell(
    "A maker who keeps the sections",
    rule="Makers differ: some meters keep an incomplete set whatever is entered in between.",
    source="field_rules rule 12",
    overrides={"pending_dropped_by_tokens": False},
    **_MISTY,
)
def a_maker_who_keeps_the_sections(s: Story) -> None:
    """The same story in a meter of another make."""
    new = key11(2)
    tokens = s.sections(new)
    s.enter(tokens[0], "1stKCT")
    s.enter(s.sale("1"), "Accept", missing=[2, 3, 4])
    for place, result in ((1, "2ndKCT"), (2, "3rdKCT"), (3, "Accept")):
        s.enter(tokens[place], result)
    s.end(memory=s.memory(s.t0), credit="11", **seen_of(new))


@tell(
    "Sections with impossible content (EA07, sample tables)",
    rule="A KRN outside 1 to 9, a TI over 99 or a supply group over 999999 gives RangeError.",
    source=_SOURCE,
    overrides={"lockout": None},
    **_STA,
)
def impossible_sections(s: Story) -> None:
    """Authentic and wrong: only a faulty module makes them."""
    for krn in (0, 10):
        s.enter(crafted(2, 3, krn << 36 | 2 << 32, s.key), "RangeError", f"KRN {krn}.", missing=[])
    s.enter(crafted(2, 4, 100 << 32, s.key), "RangeError", "TI 100.", missing=[])
    s.enter(crafted(2, 8, 1_000_000 << 20, s.key), "RangeError", "Supply group 1000000.", missing=[])
    s.end(memory=s.memory(), credit="10", **seen_of(s.key))


@tell(
    "A supply group code beyond 999999 in four sections",
    rule="What makes a set impossible is seen when it is complete: RangeError, and the set is dropped.",
    source=_SOURCE,
    **_MISTY,
)
def an_impossible_supply_group(s: Story) -> None:
    """Each half of the code is possible, together they are not."""
    first, second, third, fourth = key_change_sections(key11(2))
    if not isinstance(fourth, Set4thSectionDecoderKey):
        raise TypeError(fourth)
    s.enter(first, "1stKCT")
    s.enter(second, "2ndKCT")
    s.enter(third, "3rdKCT")
    s.enter(Set4thSectionDecoderKey(0xFFF, fourth.nkmo1), "RangeError", missing=[], **seen_of(s.key))
    s.enter(fourth, "4thKCT", "The set was dropped.", missing=[1, 2, 3])
    s.end(memory=s.memory(), credit="10")
