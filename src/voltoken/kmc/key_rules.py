"""The rules of vending keys and of authorisations: what has to hold before a step of theirs is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from voltoken.errors import RuleError
from voltoken.kmc.authorisations import FULL_USE, authorisation_document, owner_has_signed
from voltoken.kmc.keys import UNMADE, VendingKey, all_of, moment_of, ref_of
from voltoken.kmc.names import names_of, next_id, why_name_is_taken
from voltoken.kmc.register import Look
from voltoken.kmc.release import KEY_FILE, TRANSFER
from voltoken.sts import BaseDate, KeyCheckValue, KeyType, rules

KEY_TYPES: Final[Mapping[str, KeyType]] = {
    "default": KeyType.DDTK,
    "unique": KeyType.DUTK,
    "common": KeyType.DCTK,
}
"""The kinds of supply groups and the type of their keys."""

KEY_REASONS: Final[Mapping[str, str]] = {
    "key_id": "the id of a key is not its supply group and revision, or not the next of that name",
    "group": "the supply group is not in use, has keys of another type, or is in another cluster",
    "not_home": "the supply group is at home in another centre",
    "attributes": "attributes of a key do not go together",
    "over": "the key is over, or would be before it could be used",
    "way_back": "an earlier base date than that of a key the group has had: used tokens would be good again",
    "name_taken": "the key revision number is in use, or may still be in meters",
    "rehearsal": "a centre that rehearses has keys marked test, and no others",
    "same_key": "the key has the check value of another key of the group",
    "origin": "the key was asked for to be made in another way",
    "check_value": "a check value is not the one that was to be expected",
    "not_yet": "the key is not active yet (ACT)",
    "not_later": "an extension ends later than what it extends",
    "not_counted": "modules were given the key, and nobody has said how many meters are left on it",
    "meters_left": "meters are left that only tokens under this key can move away",
    "owner_signature": "the signature is not that of the present owner of the supply group",
    "default_key": "a vending module gets a default key only to move meters away from it",
    "period": "two moments are the wrong way round, or over",
}
"""Why these rules refuse a step."""


def id_is_the_next(look: Look) -> None:
    """The id says which key it is; the second key of a name says so too."""
    expected = next_id(look.state, ref_of(look.after))
    if look.after.entry_id != expected:
        raise look.refuse("key_id", f"This key is asked for as {expected}.", expected=expected)


def group_takes_it(look: Look) -> None:
    """The supply group is in use, at home here, and of the kind and cluster of the key."""
    group = look.other("supply_group", look.after.get("sgc"))
    if group.state != "active":
        raise look.refuse("group", f"{group} is {group.state}; it has to be active.")
    if group.get("centre") not in (None, "", look.state.centre_id):
        raise look.refuse(
            "not_home", f"{group} is at home in centre {group.get('centre')}. Ask for the key there."
        )
    kt = KEY_TYPES[group.get("kind")]
    if look.after.get("kt") != kt:
        raise look.refuse(
            "group", f"{group} is a {group.get('kind')} group: its keys have KT {kt:d}.", kt=int(kt)
        )
    if look.after.get("clu") != (group.get("cluster") or 0):
        raise look.refuse("group", f"{group} is in cluster {group.get('cluster') or 0}; clu says otherwise.")


def attributes_fit(look: Look) -> None:
    """Length, generation and encryption algorithms, dates and limits go together. Raises FieldError too."""
    key = VendingKey.of(look.after)
    try:
        for ea in sorted(key.eas):
            rules.check_derivation(key.dkga, key.bits, ea)
    except RuleError as error:
        raise look.refuse("attributes", error.message) from None
    replace(key, check_value=KeyCheckValue("000000", "")).register(
        act=key.act, iut=key.iut, ulm=key.ulm, clm=key.clm, services=key.services, key_change_only=False
    )
    if not key.act < key.exp <= key.iut:
        raise look.refuse("attributes", "EXP lies between activation (ACT) and end (IUT).", field="exp")
    if key.act < key.base_date.instant:
        begin = key.base_date.instant
        raise look.refuse(
            "attributes",
            f"Base date {key.base_date} begins on {begin:%Y-%m-%d}, and ACT is before it.",
            field="act",
        )
    if key.kt is KeyType.DDTK and (key.ulm or key.clm or key.services):
        raise look.refuse("attributes", "A default key makes no credit: leave ulm, clm and services empty.")


def is_not_over(look: Look) -> None:
    """IUT has not come."""
    iut = moment_of(look.after, "iut")
    if look.now >= iut:
        raise look.refuse(
            "over", f"The key is over since {iut:%Y-%m-%d} (IUT). Ask for one that lasts longer."
        )


def can_still_sell(look: Look) -> None:
    """A new key is not one whose TIDs are used up; keys of old base dates come from where they are."""
    key = VendingKey.of(look.after)
    if key.kt is not KeyType.DDTK and look.now >= key.credit_end:
        raise look.refuse(
            "over",
            f"TIDs of base date {key.base_date} with KEN {key.ken:d} ended on {key.credit_end:%Y-%m-%d}. "
            "Take a later base date.",
        )


def leads_no_way_back(look: Look) -> None:
    """No key of the group that was ever made, here or elsewhere, has a later base date.

    After a roll-over a meter has forgotten which tokens it took; going back makes them good again.
    Source: field rule 4.
    """
    own = BaseDate(look.after.get("base_date"))
    for other in names_of(look.state, look.after.get("sgc")):
        its = BaseDate(other.base_date)
        if other.entry_id != look.after.entry_id and other.state not in UNMADE and its.instant > own.instant:
            raise look.refuse(
                "way_back",
                f"{other} has base date {its}. After that roll-over there is no way back to {own}.",
                other=other.entry_id,
            )


def name_is_free(look: Look) -> None:
    """No other key of this name lives, and none may still be in a meter."""
    fault = why_name_is_taken(look.state, ref_of(look.after), look.after.entry_id)
    if fault:
        raise look.refuse("name_taken", fault)


def is_a_test_in_rehearsal(look: Look) -> None:
    """A centre whose clock is turned back has keys marked test only."""
    if look.state.rehearsal_days and look.after.get("test") is not True:
        raise look.refuse(
            "rehearsal", "This centre rehearses on another day. Mark the key as test.", field="test"
        )


def is_a_new_key(look: Look) -> None:
    """No key of the group ever had this check value: two revisions with the same bytes are one key."""
    for other in all_of(look.state, look.after.get("sgc")):
        value = other.get("check_value")
        if (
            other.entry_id != look.after.entry_id
            and value is not None
            and value == look.after.get("check_value")
        ):
            raise look.refuse("same_key", f"{other} has the same check value, {value}. Make the key again.")


def is_generated(look: Look) -> None:
    """The key was asked for to be generated, not to be composed in a ceremony."""
    if look.after.get("origin") != "generate":
        raise look.refuse("origin", "This key was asked for to be composed in a ceremony: step compose.")


def is_composed(look: Look) -> None:
    """The key was asked for to be composed, and a ceremony has done so by its own rules."""
    from voltoken.kmc.ceremony import check_composes  # its registers and these name one another

    if look.after.get("origin") != "components":
        raise look.refuse("origin", "This key was asked for to be generated: step generate.")
    check_composes(look, str(look.after.get("ceremony")))
    expected = look.other("ceremony", str(look.after.get("ceremony"))).get("check_value")
    found = look.after.get("check_value")
    if look.facts and found != expected:
        raise look.refuse(
            "check_value", f"The ceremony made a key with {expected}; the one kept has {found}."
        )


def act_has_come(look: Look) -> None:
    """A key is active from its ACT on."""
    act = moment_of(look.after, "act")
    if look.now < act:
        raise look.refuse(
            "not_yet", f"ACT is {act:%Y-%m-%d %H:%M} UTC. Modules have the key before; wait for it."
        )


def ends_later(look: Look) -> None:
    """A Vending Key Extension moves IUT on, and nothing else."""
    before, after = look.before, look.after
    if before is None or moment_of(after, "iut") <= moment_of(before, "iut"):
        raise look.refuse("not_later", "Give an IUT that is later than the present one.", field="iut")


def meters_are_counted(look: Look) -> None:
    """Nobody destroys a key that meters still need, nor one that is out without saying how many there are."""
    files = (*look.state.of(KEY_FILE), *look.state.where(TRANSFER, direction="out"))
    given_out = any(look.after.entry_id in (file.get("keys") or {}) for file in files)
    left = look.after.get("meters_left")
    if given_out and (left is None or look.after.get("meters_list") is None):
        raise look.refuse(
            "not_counted",
            "Modules or another centre were given this key. Count the meters on it: give meters_left, "
            "and as meters_list the SHA-256 of the list.",
        )
    if left and look.now < moment_of(look.after, "iut"):
        raise look.refuse(
            "meters_left",
            f"{left} meters are on this key and can only be moved away with it, until its IUT.",
            meters=left,
        )


def owner_is_member(look: Look) -> None:
    """The owner of the supply group is a member: whoever is suspended gets nothing new."""
    group = look.other("supply_group", str(look.after.get("sgc")))
    owner = look.other("organisation", str(group.get("owner")))
    if owner.state != "member":
        raise look.refuse(
            "standing", f"{owner} is {owner.state}; the owner of {group} has to be a member.", field="sgc"
        )


def owner_signed(look: Look) -> None:
    """The present owner of the supply group has signed it."""
    document = authorisation_document(look.state, look.after)
    sgc = look.after.get("sgc")
    if not owner_has_signed(look.state, sgc, document, look.after.get("signature")):
        raise look.refuse(
            "owner_signature",
            f"This is not a signature of the owner of supply group {sgc} under this authorisation. "
            "He signs exactly these values, for this centre and this id.",
        )


def use_fits(look: Look) -> None:
    """Key changes need no credit limits, and a vending module has default keys for key changes only."""
    group = look.other("supply_group", look.after.get("sgc"))
    module = look.other("module", look.after.get("module"))
    full = look.after.get("use") == FULL_USE
    if full and group.get("kind") == "default" and module.get("role") == "vending":
        raise look.refuse("default_key", f"{module} sells: authorise {group} for key_change_only.")
    if not full and (look.after.get("ulm") or look.after.get("clm") or look.after.get("services")):
        raise look.refuse("attributes", "key_change_only makes no credit: leave ulm, clm and services empty.")


def period_fits(look: Look) -> None:
    """It ends after it begins, and after now."""
    begin, end = moment_of(look.after, "begin"), moment_of(look.after, "end")
    if end <= begin or end <= look.now:
        raise look.refuse("period", f"It would end on {end:%Y-%m-%d}: give an end after begin and after now.")


def is_over(look: Look) -> None:
    """Its end has come."""
    end = moment_of(look.after, "end")
    if look.now < end:
        raise look.refuse("period", f"It is good until {end:%Y-%m-%d}. Withdraw it to end it before.")


KEY_NEEDS: Final = (group_takes_it, is_not_over, leads_no_way_back, name_is_free, is_a_test_in_rehearsal)
"""What a key needs when it is asked for, and still needs when it is made."""
