"""Stories of the TID memory: what makes a token good once, and which tokens are too old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tools.scenario_book.keys import key11
from tools.scenario_book.kit import Story, tell
from voltoken.sts import TIDClock


@tell(
    "A token is good once",
    rule="An accepted token's TID is remembered, and a token with a remembered TID is refused, also after a "
    "power cut.",
    source="sts_protocol 15.2",
)
def a_token_is_good_once(s: Story) -> None:
    """Accept, then Used for ever."""
    token = s.sale("10")
    s.enter(token, "Accept", "Bought this minute.", credited="10", credit="10", relay="connected")
    s.enter(token, "UsedError", "The same slip again.", credited="0", credit="10", memory=s.memory(s.t0))
    s.cut()
    s.restore("The memory is non-volatile.", memory=s.memory(s.t0))
    s.enter(token, "UsedError", "The power cut changed nothing.")
    s.end(memory=s.memory(s.t0), credit="10")


@tell(
    "Sixty tokens, newest first, into a memory of fifty",
    rule="A memory of fifty TIDs takes fifty tokens in any order; what is then older than all of them is "
    "refused.",
    source="field_rules edge case 7; sts_protocol 15.2",
    edge_case=7,
    overrides={"lockout": None},
)
def sixty_tokens_newest_first(s: Story) -> None:
    """Fifty Accept, ten Old."""
    t = s.t0
    for age in range(50):
        s.enter(s.sale("1", t + 59 - age), "Accept", credit=str(age + 1))
    full = [[tid, 1] for tid in range(t + 10, t + 60)]
    for age in range(50, 60):
        s.enter(s.sale("1", t + 59 - age), "OldError", "Older than all fifty.", credit="50")
    s.end(memory=full, credit="50")


@tell(
    "Sixty tokens, oldest first",
    rule="Tokens entered in the order of their sale are all taken: only the oldest TIDs leave the memory.",
    source="sts_protocol 15.2",
)
def sixty_tokens_oldest_first(s: Story) -> None:
    """All sixty are taken."""
    for age in range(60):
        s.enter(s.sale("1", s.t0 + age), "Accept", credit=str(age + 1))
    s.end(memory=[[tid, 1] for tid in range(s.t0 + 10, s.t0 + 60)], credit="60")


@tell(
    "Sixty tokens, newest first, into a memory of a hundred",
    rule="Fifty TIDs are the least a meter must remember; one that remembers more refuses fewer.",
    source="sts_protocol 15.1",
    overrides={"memory_size": 100},
)
def a_larger_memory(s: Story) -> None:
    """None of the sixty is too old."""
    for age in range(60):
        s.enter(s.sale("1", s.t0 + 59 - age), "Accept")
    s.end(memory=s.memory(*range(s.t0, s.t0 + 60)), credit="60")


@tell(
    "A memory of three, to see it work",
    rule="A new TID takes the place of the smallest one, and whatever is smaller than the smallest is "
    "refused.",
    source="sts_protocol 15.2",
    overrides={"memory_size": 3},
)
def a_memory_of_three(s: Story) -> None:
    """A memory small enough to follow by eye; the standard demands fifty."""
    t = s.t0
    s.enter(s.sale("1", t + 10), "Accept", memory=s.memory(t + 10))
    s.enter(s.sale("1", t + 30), "Accept", memory=s.memory(t + 10, t + 30))
    s.enter(
        s.sale("1", t + 20), "Accept", "In between is good.", memory=[[t + 10, 1], [t + 20, 1], [t + 30, 1]]
    )
    s.enter(s.sale("1", t + 9), "OldError", "Smaller than the smallest.")
    s.enter(s.sale("1", t + 10), "UsedError", "The smallest itself is used, not old.")
    s.enter(s.sale("1", t + 11), "Accept", "One more than the smallest.")
    s.end(memory=[[t + 11, 1], [t + 20, 1], [t + 30, 1]], credit="4")


@tell(
    "Tokens older than the meter",
    rule="A new meter's memory is filled with the TID of its manufacture: earlier tokens are old, that TID "
    "is used.",
    source="sts_protocol 15.1",
)
def tokens_older_than_the_meter(s: Story) -> None:
    """The memory of a new meter refuses everything before its manufacture."""
    s.enter(s.sale("10", s.fill - 1), "OldError", "Sold a minute before the meter was made.")
    s.enter(s.sale("10", s.fill), "UsedError", "Sold in the minute it was made.")
    s.enter(s.sale("10", s.fill + 1), "Accept", "Sold a minute later.")
    s.end(memory=s.memory(s.fill + 1), credit="10")


@tell(
    "Two different tokens with one TID",
    rule="A meter takes at most one token for a TID, whatever the other one says.",
    source="field_rules edge case 2; sts_protocol 15.2",
    edge_case=2,
)
def two_contents_one_tid(s: Story) -> None:
    """The module must refuse to make the second; the meter refuses to take it."""
    s.enter(s.sale("10"), "Accept")
    s.enter(s.sale("100"), "UsedError", "Ten times the amount, same minute.", credit="10")
    s.end(memory=s.memory(s.t0), credit="10")


@tell(
    "The module burned down, and the sale was issued again",
    rule="What may have been issued is issued again under the same TID, so that the meter takes one of both.",
    source="field_rules rule 6 and edge case 3",
    edge_case=3,
)
def issued_twice_after_a_fire(s: Story) -> None:
    """Same amount and TID, other random number: other digits, one credit."""
    s.enter(s.sale("25.6", rnd=2), "Accept", "The first answer did get through after all.", credited="25.6")
    s.enter(s.sale("25.6", rnd=9), "UsedError", "Other digits, same TID.", credit="25.6")
    s.end(memory=s.memory(s.t0), credit="25.6")


@tell(
    "The shop's clock was a year ahead",
    rule="Tokens of a wrong clock leave the meter usable: TIDs between the remembered ones are good.",
    source="field_rules rule 7 and edge case 5, seen from the meter",
    edge_case=5,
)
def a_clock_a_year_ahead(s: Story) -> None:
    """A meter has no clock and cannot see that a TID lies ahead."""
    ahead = s.t0 + 525_600
    s.enter(s.sale("10", ahead), "Accept", "Sold with the year wrong.")
    s.enter(s.sale("10", s.t0 + 5), "Accept", "Sold after the clock was put right.")
    s.enter(s.sale("10", ahead), "UsedError", "The early one is still remembered.")
    s.end(memory=s.memory(s.t0 + 5, ahead), credit="20")


@tell(
    "A burst of sales across midnight",
    rule="Only the minute 00:01 is kept for special tokens; all others are sold, and the meter takes all of "
    "them.",
    source="field_rules edge case 6; sts_protocol 8",
    edge_case=6,
    begins=datetime(2026, 3, 1, 23, 57, tzinfo=UTC),
)
def sales_across_midnight(s: Story) -> None:
    """Six sales, then the free token of the day."""
    clock, sold, last = s.clock, [], None
    for _ in range(6):
        last = clock.next_tid(last, s.begins)
        sold.append(int(last))
    t = s.t0
    if sold != [t, t + 1, t + 2, t + 3, t + 5, t + 6]:
        raise ValueError("23:57, 23:58, 23:59, 00:00, 00:02, 00:03")
    for tid in sold:
        s.enter(s.sale("1", tid), "Accept")
    s.enter(s.sale("5", t + 4), "Accept", "The free token of the new day, 00:01.", credited="5")
    s.end(memory=s.memory(*range(t, t + 7)), credit="11")


@tell(
    "The free token of the day, claimed at two tills",
    rule="A free token takes the reserved TID of its day, so a second one is used; fifty tokens later it is "
    "old.",
    source="field_rules edge case 8; sts_protocol 8",
    edge_case=8,
    overrides={"lockout": None},
)
def the_free_token_twice(s: Story) -> None:
    """One allowance a day, whoever hands it out."""
    free = int(s.clock.special_tid_on(s.begins))
    s.enter(s.sale("50", free), "Accept", "The month's free energy.", credit="50")
    s.enter(s.sale("50", free, rnd=8), "UsedError", "Claimed again at another till.")
    for minute in range(50):
        s.enter(s.sale("1", s.t0 + minute), "Accept")
    s.enter(s.sale("50", free, rnd=8), "OldError", "Fifty tokens later it is forgotten, and too old.")
    s.end(memory=[[s.t0 + minute, 1] for minute in range(50)], credit="100")


@tell(
    "A site moves from local time to UTC, with a floor",
    rule="A clock that goes back two hours repeats minutes; a floor above the last TID keeps them apart.",
    source="field_rules rule 7 and edge case 19",
    edge_case=19,
)
def from_local_time_to_utc(s: Story) -> None:
    """Two hours of sales, the move, and two more sales that share no TID."""
    local = TIDClock(s.clock.base_date, timedelta(hours=2))
    last = int(local.tid_at(s.begins))
    s.enter(s.sale("10", last - 60), "Accept", "An hour ago, by local time.")
    s.enter(s.sale("10", last), "Accept", "The last sale by local time.")
    first = last + 1
    s.enter(s.sale("10", first), "Accept", "The first sale by UTC takes the floor.", credited="10")
    s.enter(s.sale("10", first + 1), "Accept", "The next follows it.")
    s.end(memory=s.memory(last - 60, last, first, first + 1), credit="40")


@tell(
    "A site moves from local time to UTC, without a floor",
    rule="Without a floor the repeated minutes give TIDs that the meter has seen: the customer has paid for "
    "nothing.",
    source="field_rules rule 7 and edge case 19",
    edge_case=19,
)
def from_local_time_to_utc_without_a_floor(s: Story) -> None:
    """What the floor is for."""
    local = TIDClock(s.clock.base_date, timedelta(hours=2))
    noon = int(local.tid_at(s.begins))
    s.enter(s.sale("10", noon), "Accept", "Sold at 13:00 UTC, counted as 15:00.")
    s.after(hours=2)
    s.enter(s.sale("10", noon, rnd=7), "UsedError", "Sold at 15:00 UTC, counted as 15:00 once more.")
    s.end(memory=s.memory(noon), credit="10")


@tell(
    "The last token before the key expires, and the first one after",
    rule="A TID whose upper eight bits are the KEN is good, one more is not; key changes stay allowed.",
    source="field_rules edge case 14; sts_protocol 12",
    edge_case=14,
    key=key11(ken=97),
    begins=datetime(2026, 3, 10, 12, 0, tzinfo=UTC),
    overrides={"lockout": None},
)
def the_key_expires(s: Story) -> None:
    """KEN 97 ends with TID 0x61FFFF."""
    last = (97 << 16) + 0xFFFF
    s.enter(s.sale("10", last), "Accept", "TID >> 16 equals the KEN.")
    s.enter(s.sale("10", last + 1), "KeyExpiredError", "One minute too late.", credit="10")
    new = key11(2, ken=255)
    parts = s.sections(new)
    for token, result in zip(parts, ("1stKCT", "2ndKCT", "3rdKCT", "Accept"), strict=True):
        s.enter(token, result, "An expired key still opens the way to its successor.")
    s.key = new
    s.enter(s.sale("10", last + 1), "Accept", "The same minute under the new key.", ken=255, krn=2)
    s.end(memory=s.memory(last, last + 1), credit="20")


@tell(
    "A meter that knows no key expiry",
    rule="Key expiry is optional in a meter; one without it takes tokens of any time.",
    source="sts_protocol 12",
    key=key11(ken=97),
    overrides={"key_expiry": False},
)
def no_key_expiry(s: Story) -> None:
    """The same token as in the story of the expiring key."""
    late = (97 << 16) + 0x10000
    s.enter(s.sale("10", late), "Accept", "TID >> 16 is one more than the KEN.", credited="10")
    s.end(memory=s.memory(late), credit="10")
