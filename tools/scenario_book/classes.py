"""Stories of class 1: tests and displays for every meter, which leave no trace."""

from __future__ import annotations

from tools.scenario_book.keys import NEIGHBOUR, crafted, key11
from tools.scenario_book.kit import Story, tell
from voltoken.sts import ClearTamperCondition, InitiateMeterTestDisplay, MeterPAN

_OF_MAKER_07 = MeterPAN.build("07", "00000123")
_LOAD_SWITCH = "0000 0000 0001 5099 7584"


@tell(
    "Displays for every meter",
    rule="Class 1 tokens of manufacturer 0 work in every meter, any number of times, and change nothing.",
    source="sts_protocol 4.2",
    credit="12.5",
)
def displays_for_every_meter(s: Story) -> None:
    """What a field worker types first."""
    s.enter(InitiateMeterTestDisplay.of([3]), "Accept", "Consumption.", tests=[3], shows=["0.0 kWh"])
    s.enter(InitiateMeterTestDisplay.of([3]), "Accept", "Again, as often as one likes.", tests=[3])
    s.enter(
        InitiateMeterTestDisplay.of([4]), "Accept", "Key revision and key type.", tests=[4], shows=["1.2"]
    )
    s.enter(InitiateMeterTestDisplay.of([5]), "Accept", "Tariff index.", tests=[5], shows=["01"])
    s.enter(InitiateMeterTestDisplay.of([4, 5]), "Accept", "Two in one token.", tests=[4, 5])
    s.enter(InitiateMeterTestDisplay.of([16]), "Accept", "Supply group.", tests=[16], shows=["123457"])
    s.end(memory=s.memory(), credit="12.5")


@tell(
    "The load switch test of the manuals",
    rule="The public test number opens and closes the switch of a connected meter and leaves it as it was.",
    source="sts_protocol 4.2",
    credit="10",
)
def the_load_switch_test(s: Story) -> None:
    """These twenty digits are printed in the manuals of real meters."""
    s.enter(_LOAD_SWITCH, "Accept", "It clicks twice.", tests=[1], relay="connected", credit="10")
    s.use("1", "1", "The supply is there as before.", relay="connected")
    s.end(memory=s.memory(), credit="9", relay="connected")


@tell(
    "The load switch test at zero credit",
    rule="The load switch test never closes a switch that has a reason to be open, and nothing of it "
    "persists.",
    source="field_rules edge case 16",
    edge_case=16,
)
def load_switch_test_without_credit(s: Story) -> None:
    """A public number must not be a way to free energy."""
    s.enter(_LOAD_SWITCH, "Accept", "It ends open.", relay="disconnected", reasons=["credit"], tests=[1])
    s.use("1", "0", "Nothing flows.")
    s.cut()
    s.restore(relay="disconnected", reasons=["credit"])
    s.enter(_LOAD_SWITCH, "Accept", "Also after a power cut.", relay="disconnected")
    s.end(memory=s.memory(), credit="0", total="0")


@tell(
    "The load switch test after a tamper",
    rule="The load switch test does not undo a disconnection for tampering.",
    source="field_rules edge case 16",
    edge_case=16,
    credit="10",
)
def load_switch_test_after_a_tamper(s: Story) -> None:
    """Credit is there, the tamper condition is stronger."""
    s.act("tamper", "The cover is opened.", given={"kind": "cover"}, tamper=True, relay="disconnected")
    s.enter(_LOAD_SWITCH, "Accept", "It ends open.", relay="disconnected", reasons=["tamper"], tests=[1])
    s.use("1", "0", "Nothing flows.")
    s.enter(ClearTamperCondition(rnd=5, tid=s.t0), "Accept", "The utility's answer.", relay="connected")
    s.end(memory=s.memory(s.t0), credit="10", tamper=False)


@tell(
    "Every test at once",
    rule="Test 0 has all bits set and carries out every test that the meter has.",
    source="sts_protocol 4.2",
    credit="10",
)
def every_test_at_once(s: Story) -> None:
    """A single-phase meter has no unbalance limit and no water factor to show."""
    mine = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 15, 16, 17, 18]
    s.enter(InitiateMeterTestDisplay.of([0]), "Accept", "The 2-digit form.", tests=mine)
    s.enter(InitiateMeterTestDisplay.of([0], "0000"), "Accept", "The 4-digit form.", tests=mine)
    s.enter(InitiateMeterTestDisplay.of([11]), "FunctionError", "Alone, a test it does not have.", tests=[])
    s.enter(InitiateMeterTestDisplay.of([11, 4]), "Accept", "With one that it has.", tests=[4])
    s.end(memory=s.memory(), credit="10", relay="connected")


@tell(
    "A maker with a 2-digit code",
    rule="A meter takes class 1 tokens of its own maker and of maker 0, and refuses those of others.",
    source="sts_protocol 4.2 and 15.2 step 2",
    pan=_OF_MAKER_07,
    key=key11(pan=_OF_MAKER_07),
)
def a_maker_with_two_digits(s: Story) -> None:
    """The meter's maker is 07."""
    s.enter(InitiateMeterTestDisplay.of([4], "00"), "Accept", "For every maker.", tests=[4])
    s.enter(InitiateMeterTestDisplay.of([4], "07"), "Accept", "For this maker.", tests=[4])
    s.enter(InitiateMeterTestDisplay.of([4], "08"), "MfrCodeError", "For another.", tests=[], lockout_s=0)
    s.enter(InitiateMeterTestDisplay.of([4], "0000"), "Accept", "The long form, for every maker.", tests=[4])
    s.enter(InitiateMeterTestDisplay.of([4], "0007"), "MfrCodeError", "0007 is another maker than 07.")
    s.end(memory=s.memory(), credit="0")


@tell(
    "A maker with a 4-digit code",
    rule="A meter whose maker has four digits compares them in the long form of class 1.",
    source="sts_protocol 4.2 and 15.2 step 2",
    pan=NEIGHBOUR,
    key=key11(pan=NEIGHBOUR),
)
def a_maker_with_four_digits(s: Story) -> None:
    """The meter's maker is 0100."""
    if NEIGHBOUR.mfr_code != "0100":
        raise ValueError(NEIGHBOUR)
    s.enter(InitiateMeterTestDisplay.of([4], "0000"), "Accept", "For every maker.", tests=[4])
    s.enter(InitiateMeterTestDisplay.of([4], "0100"), "Accept", "For this maker.", tests=[4])
    s.enter(InitiateMeterTestDisplay.of([4], "0101"), "MfrCodeError", "For another.", tests=[])
    s.enter(InitiateMeterTestDisplay.of([4], "00"), "Accept", "The short form, for every maker.", tests=[4])
    s.enter(InitiateMeterTestDisplay.of([4], "10"), "MfrCodeError", "The short form, for another maker.")
    s.end(memory=s.memory(), credit="0")


@tell(
    "Class 1 tokens that go wrong",
    rule="A class 1 token with a wrong checksum gives CRCError, a reserved subclass FunctionError; neither "
    "counts.",
    source="sts_protocol 4.2 and 15.2 step 2",
)
def class_1_that_goes_wrong(s: Story) -> None:
    """Four refusals in a row, and no lockout, because tests prove nothing about the meter's key."""
    for last in "5671":
        s.enter(f"0000 0000 0001 5099 758{last}", "CRCError", "A digit is wrong.", lockout_s=0)
    for subclass in (2, 3, 15):
        s.enter(crafted(1, subclass, 0, None), "FunctionError", f"Subclass {subclass}.", lockout_s=0)
    s.end(memory=s.memory(), credit="0")
