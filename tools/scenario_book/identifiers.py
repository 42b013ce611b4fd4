"""Stories of digits: how they are typed, what a wrong one does, and numbers that are no token."""

from __future__ import annotations

from tools.scenario_book.keys import NEIGHBOUR, crafted, key11, number
from tools.scenario_book.kit import Story, tell
from voltoken.sts import Service, TransferCredit


@tell(
    "Ways to type the same digits",
    rule="Twenty digits are a token however they are grouped; anything else is no token.",
    source="sts_protocol 15.2 step 1",
    overrides={"lockout": None},
)
def ways_to_type(s: Story) -> None:
    """Blanks and hyphens do not matter, everything else does."""
    digits = s.sale("10").digits
    s.enter(digits[:19], "FormatError", "Nineteen digits.", credit="0")
    s.enter(digits + "0", "FormatError", "Twenty-one digits.")
    s.enter(f"O{digits[1:]}", "FormatError", "A letter.")
    s.enter("", "FormatError", "Nothing at all.")
    s.enter("-".join(digits[i : i + 4] for i in range(0, 20, 4)), "Accept", "Hyphens between the groups.")
    s.enter(f" {digits[:10]}  {digits[10:]} ", "UsedError", "The same digits with blanks.")
    s.end(memory=s.memory(s.t0), credit="10")


@tell(
    "A token that begins with a zero",
    rule="Leading zeros belong to a token: it has twenty digits, always.",
    source="sts_protocol 15.2 step 1; field_rules edge case 20 for meter numbers",
)
def leading_zeros(s: Story) -> None:
    """Spreadsheets lose the zero."""
    tid = next(tid for tid in range(s.t0, s.t0 + 500) if s.sale("10", tid).digits.startswith("0"))
    token = s.sale("10", tid)
    s.enter(token.digits[1:], "FormatError", "The zero was lost on the way.")
    s.enter(token, "Accept", "With its zero.", credit="10")
    s.end(memory=s.memory(tid), credit="10")


@tell(
    "Twenty digits beyond 66 bits",
    rule="A token has 66 bits: numbers from 2^66 are no tokens; 2^66 - 1 is one, of class 3, which has no "
    "function.",
    source="sts_protocol 15.2 steps 1 and 2",
)
def beyond_66_bits(s: Story) -> None:
    """The two numbers at the edge."""
    s.enter("7378 6976 2948 3820 6464", "FormatError", "2^66.")
    s.enter("9999 9999 9999 9999 9999", "FormatError", "The largest number of twenty digits.")
    s.enter("7378 6976 2948 3820 6463", "FunctionError", "2^66 - 1: every bit is 1, so the class is 3.")
    s.end(memory=s.memory(), credit="0")


@tell(
    "Class 3",
    rule="Class 3 is reserved; a meter has no function for it.",
    source="sts_protocol 15.2 step 2",
)
def class_3(s: Story) -> None:
    """The class is not encrypted: one wrong digit can make class 3 of a good token."""
    s.enter(crafted(3, 0, 0, None), "FunctionError", "Of class 3, with a right checksum.")
    s.end(memory=s.memory(), credit="0")


@tell(
    "One wrong digit",
    rule="A token with a wrong digit fails its checksum, and leaves no trace: the right digits are good "
    "afterwards.",
    source="sts_protocol 15.2 steps 2 and 5",
)
def one_wrong_digit(s: Story) -> None:
    """The commonest mistake of all."""
    token = s.sale("10")
    digits = token.digits
    wrong = f"{digits[:-1]}{(int(digits[-1]) + 1) % 10}"
    s.enter(wrong, "CRCError", "The last digit is one too many.", credit="0", memory=s.memory(), tests=[])
    s.enter(token, "Accept", "As printed.", credit="10")
    s.end(memory=s.memory(s.t0), credit="10")


@tell(
    "The meter next door",
    rule="A token for another meter is under another key and shows up as a wrong checksum.",
    source="sts_protocol 15.2 step 2",
)
def the_meter_next_door(s: Story) -> None:
    """Right digits, wrong house."""
    token = TransferCredit.of(Service.ELECTRICITY, 10, tid=s.t0, rnd=5)
    s.enter(number(token, key11(pan=NEIGHBOUR)), "CRCError", "Sold to the neighbour.")
    s.enter(number(token, key11(ti="02")), "CRCError", "Sold under another tariff index.")
    s.after(minutes=1)
    s.enter(number(token, key11(2)), "CRCError", "Sold under the next key revision.")
    s.after(minutes=1)
    s.enter(number(token, key11()), "Accept", "Sold to this meter.")
    s.end(memory=s.memory(s.t0), credit="10")


@tell(
    "Subclasses that are reserved",
    rule="A subclass without a function gives FunctionError before any look at the TID.",
    source="sts_protocol 15.2 step 4 and 4.1, 4.3",
    overrides={"lockout": None},
)
def reserved_subclasses(s: Story) -> None:
    """Authentic tokens that nobody has defined, with a TID of zero, which would be old."""
    for subclass in (8, 15):
        s.enter(crafted(0, subclass, 0, s.key), "FunctionError", f"Class 0, subclass {subclass}: reserved.")
    for subclass in (11, 15):
        s.enter(
            crafted(2, subclass, 0, s.key), "FunctionError", f"Class 2, subclass {subclass}: proprietary."
        )
    s.end(memory=s.memory(), credit="0")


@tell(
    "A sale of 1,700.1 kWh",
    rule="From 1,638.4 kWh the step of a token is 1 kWh, rounded up for the customer: meter and ledger book "
    "1,700.4.",
    source="field_rules rule 9 and edge case 18; sts_protocol 6",
    edge_case=18,
)
def a_sale_of_1700_kwh(s: Story) -> None:
    """The first amounts on each side of a step, and the sale of the edge case."""
    t = s.t0
    s.enter(s.sale("1638.3", t), "Accept", "The last amount in steps of 0.1 kWh.", credited="1638.3")
    s.enter(s.sale("1638.4", t + 1), "Accept", "The first in steps of 1 kWh.", credited="1638.4")
    s.enter(s.sale("1700.1", t + 2), "Accept", "Rounded up to the grid 1638.4 + n.", credited="1700.4")
    s.enter(s.sale("18022.4", t + 3), "Accept", "The first in steps of 10 kWh.", credited="18022.4")
    s.enter(s.sale("0", t + 4), "Accept", "Nothing is an amount too.", credited="0")
    s.end(memory=s.memory(t, t + 1, t + 2, t + 3, t + 4), credit="22999.5")


@tell(
    "The register is full",
    rule="A token that would overflow the register is refused and not used up: after some use it is good.",
    source="field_rules edge case 15; sts_protocol 15.2 steps 4 and 5",
    edge_case=15,
    credit="999990",
)
def the_register_is_full(s: Story) -> None:
    """The register of this model ends at 999,999.9 kWh."""
    token = s.sale("50")
    s.enter(token, "OverflowError", "It would be 1,000,040 kWh.", credit="999990", memory=s.memory())
    s.enter(s.sale("9.9", s.t0 + 1), "Accept", "Just full is not too full.", credit="999999.9")
    s.enter(s.sale("0.1", s.t0 + 2), "OverflowError", "One step too much.", lockout_s=0)
    s.use("50", "50", "Some is used.", seconds=36_000, credit="999949.9")
    s.enter(token, "Accept", "The same token as at first.", credit="999999.9")
    s.enter(token, "UsedError", "Now it is used.")
    s.end(memory=s.memory(s.t0, s.t0 + 1), credit="999999.9")


@tell(
    "Credit for another kind of meter",
    rule="Credit of a service that the meter does not sell is refused as without function, and not used up.",
    source="sts_protocol 4.1 and 15.2 step 4",
)
def credit_of_another_service(s: Story) -> None:
    """Water for an electricity meter, authentic all the same."""
    for service in (Service.WATER, Service.TIME):
        s.enter(TransferCredit.of(service, 10, tid=s.t0, rnd=5), "FunctionError", f"{service.name.title()}.")
    s.enter(s.sale("10"), "Accept", "The TID is still free.")
    s.end(memory=s.memory(s.t0), credit="10")
