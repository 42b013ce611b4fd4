"""Rules that registers have in common: of a state, a kind, a day, of what is taken.

Each function here makes a rule for a table; what is asked is in its arguments.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

from voltoken import canonical
from voltoken.access import fingerprint
from voltoken.errors import FieldError
from voltoken.kmc.register import Look, Rule
from voltoken.kmc.values import Entry

RULE_REASONS: Final[Mapping[str, str]] = {
    "standing": "an entry that is named is not in a state in which it may be used for this",
    "kind": "an organisation or product is not of the kind that the act takes",
    "empty": "a field is not filled in that this step needs",
    "taken": "the value belongs to another entry, or did once",
    "order": "two days or numbers are the wrong way round",
    "past": "a day that has to come is over",
    "early": "a day that has to be over has not come yet",
    "own_case": "whoever asks or approves is the person that it is about, or works for that organisation",
    "key": "a public key is none that can sign, or none that keys can be wrapped under",
}
"""Why rules refuse that several registers have."""


def in_state(field: str, *states: str) -> Rule:
    """The entries that a field names are in one of these states."""

    def rule(look: Look) -> None:
        one = look.register.field(field)
        value = look.after.get(field)
        if one is None or value is None:
            return
        for entry_id in value if one.kind.many else (value,):
            named = look.other(one.kind.refers, str(entry_id))
            if named.state not in states:
                raise look.refuse(
                    "standing", f"{named} is {named.state}; it has to be {' or '.join(states)}.", field=field
                )

    return rule


def has(*fields: str) -> Rule:
    """These fields are filled in when the step is taken."""

    def rule(look: Look) -> None:
        empty = [field for field in fields if look.after.get(field) in (None, "")]
        if empty:
            raise look.refuse("empty", f"{look.step.name} needs {', '.join(empty)}.", field=empty[0])

    return rule


def unique(*fields: str) -> Rule:
    """No other entry of the register, in whatever state, has the same in any of these fields."""

    def rule(look: Look) -> None:
        for other in look.state.of(look.after.register):
            if other.entry_id == look.after.entry_id:
                continue
            for field in fields:
                if look.after.get(field) is not None and other.get(field) == look.after.get(field):
                    raise look.refuse("taken", f"{field} is that of {other}. Give another.", field=field)

    return rule


OWN_KEYS: Final[Mapping[str, str]] = {
    "person": "public_key",
    "organisation": "owner_key",
    "module": "signing_key",
}
"""Where the public keys stand with which others than the centre sign, by register."""


def own_key(look: Look) -> None:
    """A key signs for one entry alone: for one person, one organisation or one module, in whatever state."""
    field = OWN_KEYS[look.after.register]
    value = look.after.get(field)
    if value is None:
        return
    for register, name in OWN_KEYS.items():
        for other in look.state.of(register):
            is_self = (register, other.entry_id) == (look.after.register, look.after.entry_id)
            if not is_self and other.get(name) == value:
                raise look.refuse("taken", f"{field} is the {name} of {other}. Give another.", field=field)


def sound_key(field: str) -> Rule:
    """A public key is one that signatures can be checked with."""

    def rule(look: Look) -> None:
        value = look.after.get(field)
        if value is None:
            return
        try:
            fingerprint(bytes.fromhex(value))
        except FieldError:
            raise look.refuse("key", f"{field} is not the public key of Ed25519.", field=field) from None

    return rule


def in_order(first: str, last: str) -> Rule:
    """One field is not after another: days, or texts of one length."""

    def rule(look: Look) -> None:
        low, high = look.after.get(first), look.after.get(last)
        if low is not None and high is not None and low > high:
            raise look.refuse("order", f"{first} {low} is after {last} {high}.", field=last)

    return rule


def yet_to_come(field: str) -> Rule:
    """A day is today or later."""

    def rule(look: Look) -> None:
        day = day_of(look.after, field)
        if day is not None and day < look.now.date():
            raise look.refuse("past", f"{field} {day} is over. Give a day that comes.", field=field)

    return rule


def over(field: str) -> Rule:
    """A day has passed."""

    def rule(look: Look) -> None:
        day = day_of(look.after, field)
        if day is None or day >= look.now.date():
            raise look.refuse("early", f"{look.after} is good until {field} {day}.", field=field)

    return rule


def member(look: Look, field: str, kinds: Collection[str] = ()) -> Entry:
    """Return the organisation that a field names; it is a member, and of one of these kinds.

    Raises ActRefused (``standing``, ``kind``).
    """
    organisation = look.other("organisation", str(look.after.get(field)))
    if organisation.state != "member":
        raise look.refuse(
            "standing", f"{organisation} is {organisation.state}; it has to be a member.", field=field
        )
    if kinds and not set(kinds) & set(organisation.get("kinds")):
        raise look.refuse("kind", f"{organisation} is no {' or '.join(sorted(kinds))}.", field=field)
    return organisation


def of_member(field: str, *kinds: str) -> Rule:
    """The organisation that a field names is a member, and of one of these kinds, if there are any."""

    def rule(look: Look) -> None:
        member(look, field, kinds)

    return rule


def check_impartial(look: Look, organisation: str) -> None:
    """Check that nobody who asks or approves works for an organisation. Raises ActRefused (``own_case``)."""
    for person_id in (look.by, *look.approvers):
        person = look.state.entry("person", person_id)
        if person is not None and person.get("organisation") == organisation:
            raise look.refuse(
                "own_case", f"{person_id} works for {organisation}, and does not decide about it."
            )


def day_of(entry: Entry, field: str) -> date | None:
    """Return the day in a field, None where there is none."""
    return canonical.read_day(entry.get(field))
