"""The rules of transfers: that the owner has agreed, of what is sent and what comes, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from voltoken import canonical
from voltoken.kmc.authorisations import agreement_id, owner_has_signed, transfer_document
from voltoken.kmc.file_rules import check_made
from voltoken.kmc.keys import KEPT
from voltoken.kmc.names import BURNT, known_names
from voltoken.kmc.register import Look
from voltoken.kmc.release import TRANSFER
from voltoken.kmc.signing_keys import CENTRE
from voltoken.kmc.transfers import brought_by, keys_to_go, last_received, plan_transfer, told_of, trust_in
from voltoken.kmc.values import Entry

AGREED_DAYS: Final = 90
"""So old may the agreement on a transfer be, in days."""
LOST: Final = ("lost", "retired", "compromised")
"""States of another centre in which its supply groups can be taken over."""

TRANSFER_REASONS: Final[Mapping[str, str]] = {
    "trusted": "the centre is not trusted, or is not lost",
    "direction": "the step is for a transfer in another direction",
    "home": "the supply group is at home in another centre than the transfer says",
    "agreed": "the agreement is too old, lies ahead, or was used before",
    "other_file": "the file is another than the one that was named, or has a number that was received before",
    "brought": "a key in the file is not one that the transfer is about, or does not fit here",
    "names": "the agreement names the keys that the group has had otherwise than they are known here",
    "left_behind": "the group would be at home elsewhere, and a living key of it stay behind",
}
"""Why these rules refuse a step."""


def transfer_is_agreed(look: Look) -> None:
    """The owner has signed this transfer, lately, and for once."""
    after = look.after
    document = transfer_document(look.state, after)
    sgc = str(after.get("sgc"))
    if not owner_has_signed(look.state, sgc, document, str(after.get("signature"))):
        raise look.refuse(
            "owner_signature",
            f"This is not a signature of the owner of supply group {sgc} under this transfer.",
        )
    agreed, today = canonical.read_day(after.get("agreed_on")), look.now.date()
    if agreed is None or not today - timedelta(days=AGREED_DAYS) <= agreed <= today + timedelta(days=1):
        raise look.refuse("agreed", f"It was agreed on {agreed}. Let the owner sign again.")
    for other in look.state.of(TRANSFER):
        same = transfer_document(look.state, other) == document
        if same and other.entry_id != after.entry_id and other.state != "abandoned":
            raise look.refuse(
                "agreed", f"{other} was made with this agreement. Let the owner sign one of another day."
            )


def names_are_true(look: Look) -> None:
    """The owner has signed for every key that the group has had, as this centre knows of them.

    What comes from another centre is believed: the owner has signed what that centre knows.
    """
    direction, sgc = look.after.get("direction"), str(look.after.get("sgc"))
    names, known = look.after.get("names"), known_names(look.state, sgc)
    wrong = {name for name in names if not name.startswith(f"{sgc}/")}
    if direction == "out":
        wrong |= {name for name in known.keys() | names.keys() if known.get(name) != names.get(name)}
    if direction == "take_over":
        wrong |= {name for name, said in known.items() if _is_less(said["state"], names.get(name))}
    if wrong:
        raise look.refuse(
            "names",
            f"This centre knows otherwise of {', '.join(sorted(wrong)[:5])} than the agreement says. "
            "Draft it again, and let the owner sign that.",
        )


def _is_less(known: str, said: Mapping[str, object] | None) -> bool:
    """Whether an agreement leaves out a key, or that it was compromised."""
    return said is None or (known in BURNT and said["state"] not in BURNT)


def nothing_stays_behind(look: Look) -> None:
    """The home of a group moves with all keys of it that are kept."""
    if not look.after.get("moves_home"):
        return
    if look.after.get("krns"):
        raise look.refuse(
            "left_behind", "The home of a group moves with all its keys: leave krns empty, or the home here."
        )
    if look.after.get("direction") != "out":
        return
    _, left_out = keys_to_go(look.state, look.after, look.now)
    if left_out:
        said = "; ".join(f"{one.ref}: {one.text}" for one in left_out)
        raise look.refuse(
            "left_behind", f"Not every key can go over: {said}. Resume or destroy them, or the home stays."
        )


def home_is(look: Look) -> None:
    """The supply group is at home where the transfer says."""
    group = look.other("supply_group", str(look.after.get("sgc")))
    home = group.get("centre") or look.state.centre_id
    outward = look.after.get("direction") == "out"
    expected = look.state.centre_id if outward else look.after.get("centre")
    if home != expected:
        raise look.refuse("home", f"{group} is at home in {home}, and the transfer is from {expected}.")


def other_centre_fits(look: Look) -> None:
    """Keys go to and come from trusted centres; what is taken over was at home in one that is lost."""
    centre = look.other(CENTRE, str(look.after.get("centre")))
    taking = look.after.get("direction") == "take_over"
    if taking and centre.state not in LOST:
        raise look.refuse(
            "trusted", f"{centre} is {centre.state}. Only of a lost centre something is taken over."
        )
    if not taking and centre.state != "trusted":
        raise look.refuse("trusted", f"{centre} is {centre.state}; it has to be trusted.")
    if taking and not look.after.get("moves_home"):
        raise look.refuse("home", "A take-over moves the home of the supply group: moves_home is yes.")


def goes_out(look: Look) -> None:
    """It is a transfer to another centre; what was made is what was planned."""
    _is(look, "out")
    check_made(look, plan_transfer(look.state, look.after, look.now))


def comes_in(look: Look) -> None:
    """It is a transfer from another centre; what was opened is what was agreed, and is new."""
    _is(look, "in")
    trust_in(look.state, look.after, look.now)
    if look.after.get("file") is None:
        raise look.refuse("other_file", "Give as file the SHA-256 of the file of the other centre.")
    if not look.facts:
        return
    if look.facts.get("request_id") != agreement_id(look.state, look.after):
        raise look.refuse("other_file", "The file was made for another agreement than this one.")
    last = last_received(look.state, str(look.after.get("centre")))
    if look.facts.get("digest") != look.after.get("file") or int(look.facts["seq"]) <= last:
        raise look.refuse(
            "other_file", f"Number {last} of this centre was received; this is {look.facts['seq']}."
        )
    brought = brought_by(look.state, look.after)
    for fault in (one.fault(look) for one in brought):
        if fault:
            raise look.refuse("brought", fault)
    kept = {name for name, said in look.after.get("names").items() if said["state"] in KEPT}
    missing = kept - {one.entry_id for one in brought}
    if look.after.get("moves_home") and missing:
        raise look.refuse("left_behind", f"The file brings the home of the group without {min(missing)}.")


def is_taken_over(look: Look) -> None:
    """It is a take-over."""
    _is(look, "take_over")


def _is(look: Look, direction: str) -> None:
    if look.after.get("direction") != direction:
        raise look.refuse("direction", f"{look.after} is {look.after.get('direction')}, not {direction}.")


def home_moves(look: Look) -> tuple[Entry, ...]:
    """The supply group is at home in the other centre, or here, from now on."""
    if not look.after.get("moves_home"):
        return ()
    group = look.other("supply_group", str(look.after.get("sgc")))
    outward = look.after.get("direction") == "out"
    return (look.moved(group, centre=look.after.get("centre") if outward else None),)


def keys_arrive(look: Look) -> tuple[Entry, ...]:
    """Keys that came are entries of the register, or the entries they have as the home centre says now.

    Others of which the home centre says more than was known here follow.
    """
    brought = brought_by(look.state, look.after)
    told = told_of(look, [one.entry_id for one in brought])
    return (*(one.entry(look) for one in brought), *told)


def news_arrives(look: Look) -> tuple[Entry, ...]:
    """What the owner says of keys when a group is taken over holds here too."""
    return told_of(look)
