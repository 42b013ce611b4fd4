"""Stories of the lockout: the waiting time after wrong tokens, which makes guessing useless."""

from __future__ import annotations

from datetime import timedelta

from tools.scenario_book.kit import Story, tell

_WRONG = "3333 3333 3333 3333 3333"
"""Of class 0, and made by nobody: without its checksum being right, it is no token of any meter."""
_TEST = "0000 0000 0001 5099 7584"
_SOURCE = "sts_protocol 15.5; field_rules rule 1"


@tell(
    "The waiting time doubles",
    rule="The third refusal in a row locks the keypad for 10 s, and each further one for twice as long, to "
    "1280 s.",
    source=_SOURCE,
)
def the_waiting_time_doubles(s: Story) -> None:
    """Ten wrong tokens take 42 minutes; the next ones 21 minutes each."""
    s.pace = timedelta()
    s.enter(_WRONG, "CRCError", "The first.", lockout_s=0)
    s.enter(_WRONG, "CRCError", "The second.", lockout_s=0)
    for delay in (10, 20, 40, 80, 160, 320, 640, 1280, 1280):
        s.enter(_WRONG, "CRCError", f"Refused, and {delay} s to wait.", lockout_s=delay)
        s.enter(_WRONG, "lockout", "At once: not even looked at, and not counted.", lockout_s=delay)
        s.after(seconds=delay - 1)
        s.enter(s.sale("10"), "lockout", "A good token a second too early.", lockout_s=1, credit="0")
        s.after(seconds=1)
    s.enter(s.sale("10"), "Accept", "In time.", lockout_s=0)
    s.enter(_WRONG, "CRCError", "An accepted token has ended the count.", lockout_s=0)
    s.end(memory=s.memory(s.t0), credit="10")


@tell(
    "Tests go on during a lockout",
    rule="Class 1 tokens stay usable while meter specific tokens are locked out.",
    source=_SOURCE,
)
def tests_during_a_lockout(s: Story) -> None:
    """A locked keypad must still be able to show what is wrong."""
    s.pace = timedelta()
    for _ in range(3):
        s.enter(_WRONG, "CRCError")
    s.enter(_TEST, "Accept", "A test works.", tests=[1], lockout_s=10)
    s.enter("12", "lockout", "What is no token is locked out too.", lockout_s=10)
    s.after(seconds=10)
    s.enter(s.sale("10"), "Accept", "Ten seconds later.")
    s.end(memory=s.memory(s.t0), credit="10")


@tell(
    "Each way in has a lockout of its own",
    rule="Failures are counted for each entry path, so that nobody can block the keypad from elsewhere.",
    source=_SOURCE,
)
def a_lockout_for_each_path(s: Story) -> None:
    """Somebody sends nonsense from afar; the customer at the keypad does not notice."""
    s.pace = timedelta()
    for delay in (0, 0, 10):
        s.enter(_WRONG, "CRCError", path="remote", lockout_s=delay)
    s.enter(s.sale("1"), "lockout", "The remote path is locked.", path="remote", lockout_s=10)
    s.enter(s.sale("1"), "Accept", "The keypad is not.", path="keypad", lockout_s=0, credit="1")
    s.enter(s.sale("1", s.t0 + 1), "lockout", "And its success does not free the other.", path="remote")
    s.after(seconds=10)
    s.enter(s.sale("1", s.t0 + 1), "Accept", path="remote", credit="2")
    s.end(memory=s.memory(s.t0, s.t0 + 1), credit="2")


@tell(
    "A power cut ends the lockout",
    rule="In meters that count in volatile memory a power cycle ends the lockout.",
    source=_SOURCE,
)
def a_power_cut_ends_the_lockout(s: Story) -> None:
    """As one manufacturer's guide has it."""
    s.pace = timedelta()
    for _ in range(3):
        s.enter(_WRONG, "CRCError")
    s.cut()
    s.restore(lockout_s=0)
    s.enter(_WRONG, "CRCError", "The count has begun anew.", lockout_s=0)
    s.enter(s.sale("10"), "Accept")
    s.end(memory=s.memory(s.t0), credit="10")


@tell(
    "A lockout that survives the power cut",
    rule="The safer meter keeps the count in its non-volatile memory: a power cycle gives no new tries.",
    source=_SOURCE,
    profile="strict",
)
def a_lockout_that_survives(s: Story) -> None:
    """Otherwise a timer switch guesses three tokens a second."""
    s.pace = timedelta()
    for _ in range(3):
        s.enter(_WRONG, "CRCError")
    s.cut()
    s.after(seconds=4)
    s.restore(lockout_s=6)
    s.enter(s.sale("10"), "lockout", "Four of the ten seconds have passed.", lockout_s=6)
    s.after(seconds=6)
    s.enter(_WRONG, "CRCError", "The fourth in a row.", lockout_s=20)
    s.after(seconds=20)
    s.enter(s.sale("10"), "Accept")
    s.end(memory=s.memory(s.t0), credit="10")


@tell(
    "What counts and what does not",
    rule="Every refusal of a meter specific token counts but that of a full register, whose token is good.",
    source=_SOURCE,
    credit="999999.9",
)
def what_counts(s: Story) -> None:
    """Old, used and malformed tokens count, overflows do not."""
    s.pace = timedelta()
    for minute in range(4):
        s.enter(s.sale("10", s.t0 + minute), "OverflowError", "Good, but too much.", lockout_s=0)
    s.enter(s.sale("10", s.fill), "UsedError", "The first that counts.", lockout_s=0)
    s.enter(s.sale("10", s.fill - 1), "OldError", "The second.", lockout_s=0)
    s.enter("77", "FormatError", "The third.", lockout_s=10)
    s.end(memory=s.memory(), credit="999999.9", lockout_s=10)
