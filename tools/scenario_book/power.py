"""Stories of power cuts: before, between and after the writes of the memory."""

from __future__ import annotations

from tools.scenario_book.keys import key07, key11, seen_of
from tools.scenario_book.kit import Story, tell

_SOURCE = "field_rules edge case 13"
_KEY_RULE = "Whenever the power fails, the meter has the old key or the new one, never half of each."
_CREDIT_RULE = "Whenever the power fails, a token is used and its credit is there, or neither."


def _cut_at(writes: int, *, loaded: bool) -> None:
    """Put the story of one cut point of a key change with roll-over into the book."""

    def telling(s: Story) -> None:
        old, new = s.key, key11(2)
        tokens = s.sections(new, roll_over=True)
        for token, result in zip(tokens[:3], ("1stKCT", "2ndKCT", "3rdKCT"), strict=True):
            s.enter(token, result)
        s.fuse(writes, f"The power will fail after {writes} more writes.")
        s.enter(tokens[3], "not ready", "The fourth section; the lamp goes out.", powered=False)
        key = new if loaded else old
        memory = s.memory(base=0) if loaded else s.memory()
        s.restore(
            "The new key is there." if loaded else "The old key is there.", memory=memory, **seen_of(key)
        )
        s.act("wait", missing=[], credit="10")
        if loaded:
            s.key = new
        else:
            s.change(new, "The whole set once more.", roll_over=True)
        s.enter(s.sale("1"), "Accept", "Credit under the new key.")
        s.end(memory=s.memory(s.t0, base=0), credit="11")

    tell(
        f"The power fails after {writes} writes of a key change",
        name=f"key-change-cut-after-{writes}-writes",
        rule=_KEY_RULE,
        source=_SOURCE,
        edge_case=13,
        credit="10",
    )(telling)


for _writes in range(5):
    _cut_at(_writes, loaded=_writes > 0)


@tell(
    "The power fails between the sections",
    rule="After a power cut an incomplete key change set is forgotten, and the old key stays.",
    source=_SOURCE + "; rule 12",
    edge_case=13,
    credit="10",
)
def power_cuts_between_sections(s: Story) -> None:
    """After each of the first three sections."""
    new = key11(2)
    tokens = s.sections(new)
    results = ("1stKCT", "2ndKCT", "3rdKCT")
    for stop in (1, 2, 3):
        for token, result in zip(tokens[:stop], results[:stop], strict=True):
            s.enter(token, result)
        s.cut()
        s.restore(missing=[], memory=s.memory(), **seen_of(s.key))
    s.enter(tokens[3], "4thKCT", "Only the fourth is there now.", missing=[1, 2, 3])
    for token, result in zip(tokens[:3], ("1stKCT", "2ndKCT", "Accept"), strict=True):
        s.enter(token, result)
    s.end(memory=s.memory(), credit="10", **seen_of(new))


@tell(
    "A maker whose sections survive the power cut",
    rule="Makers differ: some meters keep an incomplete key change set through a power cut.",
    source="field_rules rule 12 and edge case 13",
    edge_case=13,
    profile="strict",
    credit="10",
)
def sections_that_survive(s: Story) -> None:
    """The same cut in a meter of another make."""
    new = key11(2)
    tokens = s.sections(new)
    s.enter(tokens[0], "1stKCT")
    s.enter(tokens[1], "2ndKCT")
    s.cut()
    s.restore(missing=[3, 4], **seen_of(s.key))
    s.enter(tokens[2], "3rdKCT")
    s.enter(tokens[3], "Accept", **seen_of(new))
    s.end(memory=s.memory(), credit="10")


@tell(
    "Every cut point of a key change in turn (EA07, sample tables)",
    rule=_KEY_RULE,
    source=_SOURCE,
    edge_case=13,
    key=key07(),
    credit="10",
)
def every_cut_point_of_two_sections(s: Story) -> None:
    """Four writes: the note of what is to be done, the key, the sections, the end of the note."""
    for writes in range(4):
        old, new = s.key, key07(writes + 2)
        first, second = s.sections(new)
        s.enter(second, "2ndKCT")
        s.fuse(writes)
        s.enter(first, "not ready", powered=False)
        s.restore(missing=[], **seen_of(new if writes else old))
        if writes:
            s.key = new
    s.enter(s.sale("1"), "Accept", "Under the last of the keys.", krn=5)
    s.end(memory=s.memory(s.t0), credit="11")


@tell(
    "The power fails again while the meter wakes up",
    rule="Finishing an interrupted change may itself be interrupted, any number of times.",
    source=_SOURCE,
    edge_case=13,
    credit="10",
)
def power_fails_while_waking_up(s: Story) -> None:
    """A thunderstorm."""
    new = key11(2)
    tokens = s.sections(new, roll_over=True)
    for token, result in zip(tokens[:3], ("1stKCT", "2ndKCT", "3rdKCT"), strict=True):
        s.enter(token, result)
    s.fuse(1)
    s.enter(tokens[3], "not ready", "It is noted what is to be done, and nothing is done.", powered=False)
    for writes in (0, 1, 2, 3):
        s.fuse(writes)
        s.act("restore", f"Lost again after {writes} writes.", powered=False)
    s.restore("At last.", memory=s.memory(base=0), missing=[], **seen_of(new))
    s.key = new
    s.enter(s.sale("1"), "Accept")
    s.end(memory=s.memory(s.t0, base=0), credit="11")


@tell(
    "Every cut point of a credit token in turn",
    rule=_CREDIT_RULE,
    source="sts_protocol 15.2 step 5; field_rules edge case 13",
    edge_case=13,
    credit="10",
)
def every_cut_point_of_a_credit_token(s: Story) -> None:
    """Five writes: the note, TIDs, credit, history, the end of the note."""
    first = s.sale("1")
    s.fuse(0)
    s.enter(first, "not ready", "Before the first write.", powered=False)
    s.restore("Nothing has happened.", credit="10", memory=s.memory())
    s.enter(first, "Accept", "The token is still good.", credit="11")
    taken = [s.t0]
    for writes in (1, 2, 3, 4):
        tid = s.t0 + writes
        s.fuse(writes)
        s.enter(s.sale("1", tid), "not ready", powered=False)
        taken.append(tid)
        s.restore("It is done after all.", credit=str(11 + writes), memory=s.memory(*taken))
        s.enter(s.sale("1", tid), "UsedError", "Once only.")
    s.end(memory=s.memory(*taken), credit="15")


@tell(
    "The power fails while energy is used",
    rule="What is drawn and what it costs is written together: a power cut loses both or neither.",
    source="sts_protocol 15.1",
    credit="10",
)
def the_power_fails_in_use(s: Story) -> None:
    """Less than one interval is at stake."""
    s.use("2", "2", credit="8", total="2")
    s.fuse(0)
    s.act(
        "use",
        "Not written, so not drawn.",
        given={"quantity": "2", "seconds": 3600},
        powered=False,
        served="0",
    )
    s.restore(credit="8", total="2", relay="connected")
    s.use("2", "2", credit="6", total="4")
    s.end(memory=s.memory(), credit="6")


@tell(
    "Without power",
    rule="Without power a meter takes no token, and keeps what it knows.",
    source="sts_protocol 15.1",
    credit="10",
)
def without_power(s: Story) -> None:
    """No display, no keypad."""
    token = s.sale("1")
    s.cut()
    s.act("enter", "Nobody is at home.", given={"token": token.grouped}, powered=False)
    s.act("press", given={"code": "37"}, powered=False)
    s.after(days=30)
    s.restore("A month later.", credit="10", memory=s.memory(), relay="connected")
    s.enter(token, "Accept", credit="11")
    s.end(memory=s.memory(s.t0), credit="11")
