"""Key changes: what may lead where, and the tokens of it.

A key change tells the new decoder key to whoever knows the old one, and its sections carry no mark of the
set they belong to. Nearly every rule here follows from these two facts, or from a third: after a roll-over
the meter remembers no token, so every key it held before is dangerous for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from voltoken.security.cases import Case, ChangeCase, approved, hash_of, tid_today
from voltoken.security.policy import OF_EVERY_KEY, OF_ITS_TIME, Rule, common_keys_need_cards
from voltoken.security.records import KeyMove
from voltoken.security.refusals import Refusal
from voltoken.security.requests import InitialKeyChangeRequest
from voltoken.security.values import KeyRef, ModuleRole
from voltoken.sts import EA, TI, KeyType, rules

SET_SIZES: Final = {EA.STA: (2, 3), EA.DEA: (2, 3), EA.MISTY1: (4,)}
"""How many tokens a set may have, by the meter's algorithm."""


def first_keys_are_for_manufacturing(case: ChangeCase) -> Refusal | None:
    """Role: what leads away from a first key is made by manufacturing modules alone."""
    initial = isinstance(case.change, InitialKeyChangeRequest)
    if initial and case.settings.role is not ModuleRole.MANUFACTURING:
        return case.refuse("role.initial_key_change")
    if initial and case.register.kt is not KeyType.DITK:
        return case.refuse("key.no_first", key=str(case.register.ref))
    if not initial and case.register.kt is KeyType.DITK:
        return case.refuse("key.first", key=str(case.register.ref))
    return None


def the_set_has_its_size(case: ChangeCase) -> Refusal | None:
    """Two or three tokens for 64-bit keys, four for 128-bit ones."""
    sizes = SET_SIZES[case.meter.ea]
    if case.change.tokens not in sizes:
        return case.refuse(
            "change.tokens",
            ea=case.meter.ea.value,
            allowed=" or ".join(map(str, sizes)),
            tokens=case.change.tokens,
        )
    return None


def the_key_types_follow(case: ChangeCase) -> Refusal | None:
    """KT: the standard's table of what may follow what."""
    if not rules.may_change_key_type(case.register.kt, case.new.kt):
        return case.refuse("change.key_type", current=case.register.kt.name, new=case.new.kt.name)
    return None


def clusters_stay_apart(case: ChangeCase) -> Refusal | None:
    """CLU: both keys are in one cluster."""
    if case.register.clu != case.new.clu:
        return case.refuse(
            "change.cluster",
            key=str(case.register.ref),
            clu=case.register.clu,
            new_key=str(case.new.ref),
            new_clu=case.new.clu,
        )
    return None


def the_new_key_takes_meters_in(case: ChangeCase) -> Refusal | None:
    """Authorisation: a key that is for leaving is not entered."""
    if case.new.key_change_only:
        return case.refuse("change.new_change_only", new_key=str(case.new.ref))
    return None


def the_new_key_has_not_expired(case: ChangeCase) -> Refusal | None:
    """KEN: an expired key may be left, never entered. Neither may one whose TIDs have run out."""
    needed = tid_today(case.new, case.now)
    if needed is None:
        return case.refuse("key.base_date", key=str(case.new.ref), year=case.new.base_date.instant.year)
    if not case.new.ken.admits(needed):
        return case.refuse(
            "change.new_expired", new_key=str(case.new.ref), ken=int(case.new.ken), needed=needed >> 16
        )
    return None


def the_base_date_goes_on(case: ChangeCase) -> Refusal | None:
    """BDT: never back."""
    before, after = case.register.base_date.instant, case.new.base_date.instant
    if after < before:
        return case.refuse("change.base_date_back", before=before.year, after=after.year)
    return None


def a_roll_over_takes_another_key(case: ChangeCase) -> Refusal | None:
    """RO: under the same key, used tokens would be good again."""
    return case.refuse("change.roll_over_same_key") if case.roll_over and case.same_key else None


def nobody_returns_across_a_roll_over(case: ChangeCase) -> Refusal | None:
    """RO: no key that the meter held before a roll-over, whatever the return would carry.

    What a mixture was made of never became the meter's key: it may still be led there.
    """
    moves = case.history()
    this = case.move()
    if moves and moves[-1].same_set(this):
        return None
    torn = [found for one in this.sections if (found := case.state.move(one)) is not None]
    held: set[tuple[KeyRef, TI]] = set()
    barred: set[tuple[KeyRef, TI]] = set()
    for move in (*moves, this):
        held.add(move.start)
        if move.roll_over:
            barred |= held
        if not any(move.same_set(one) for one in torn):
            held.add(move.end)
    if this.end in barred:
        return case.refuse("change.returns", new_key=str(this.new_key), new_ti=str(this.new_ti))
    return None


def test_keys_lead_to_test_keys(case: ChangeCase) -> Refusal | None:
    """Whoever knows the old key learns the new one."""
    known = case.register.test or any(
        (found := case.state.move(one)) is not None
        and (register := case.state.register(found.new_key)) is not None
        and register.test
        for one in case.change.sections
    )
    if known and not case.new.test:
        return case.refuse("change.test_to_live", key=str(case.register.ref), new_key=str(case.new.ref))
    return None


def live_keys_lead_to_live_keys(case: ChangeCase) -> Refusal | None:
    """No set leads back from a key that everybody knows: a paying meter would be lost to it."""
    # A request may say that its meter is for tests; here the settings of the module have to say so.
    if case.new.test and not (case.register.test or case.client.test_meters):
        return case.refuse("change.live_to_test", key=str(case.register.ref), new_key=str(case.new.ref))
    return None


def one_set_at_a_time(case: ChangeCase) -> Refusal | None:
    """A meter that was given a set under the key it has gets that set again, and no other.

    The set is made again bit for bit, because nothing in it is random. A recovery needs an approval. What
    the meter has entered the module cannot see: a set there and one back count as entered both.
    """
    this = case.move()
    if case.change.sections or approved(case):
        return None
    for move in reversed(case.history()):
        if move.end == this.start:
            return None  # the meter came to its key by this set, so older ones are dead
        if move.start == this.start and not move.same_set(this):
            other = f"{move.new_key} with tariff index {move.new_ti}"
            return case.refuse("change.outstanding", other=other, request=case.request_id, hash=hash_of(case))
    return None


def mixtures_are_of_this_meter(case: ChangeCase) -> Refusal | None:
    """Sections: of at least two sets, given to this meter under the key it had, by keys that are loaded."""
    ids = case.change.sections
    if not ids:
        return None
    shown_ids = " ".join(ids)
    for request_id in ids:
        move = case.state.move(request_id)
        why = _why_no_section(case, request_id, move)
        if why:
            return case.refuse("change.sections", sections=shown_ids, why=why)
    moves = [one for one in map(case.state.move, ids) if one is not None]
    if all(one.same_set(moves[0]) for one in moves):
        return case.refuse("change.sections", sections=shown_ids, why="They are of one and the same set.")
    return None


def _why_no_section(case: ChangeCase, request_id: str, move: KeyMove | None) -> str:
    """Return why a set cannot have given the meter a section, empty when it can."""
    if move is None or move.meter.pan != case.meter.pan or move.meter.ea is not case.meter.ea:
        return f"{request_id} gave this meter no set."
    if move.start != (case.change.key, case.meter.ti):
        return (
            f"The set of {request_id} was not made under {case.change.key} with tariff index {case.meter.ti}."
        )
    register = case.state.register(move.new_key)
    if register is None or register.check_value.value != move.check_value:
        return f"{move.new_key} is not loaded any more as it was for {request_id}."
    if not case.client.may_use(move.new_key.sgc):
        return f"{request_id} is not of this client's supply groups."
    return ""


def mixtures_are_approved(case: ChangeCase) -> Refusal | None:
    """Leading a meter away from a mixture of two sets needs an approval."""
    if case.change.sections and not approved(case):
        return case.refuse("change.unapproved", request=case.request_id, hash=hash_of(case))
    return None


ChangeRule = Callable[[ChangeCase], Refusal | None]


def _of_the_new_key(rule: Rule) -> ChangeRule:
    """Return a rule that asks of the new key what rule asks of the present one."""

    def asked(case: ChangeCase) -> Refusal | None:
        settings, client, request = case.settings, case.client, case.request
        return rule(Case(case.state, settings, client, request, case.now, case.tables, case.new))

    asked.__doc__ = f"Of the new key, too. {rule.__doc__}"
    asked.__name__ = f"new_{rule.__name__}"
    return asked


CHANGE_RULES: Final[tuple[ChangeRule, ...]] = (
    first_keys_are_for_manufacturing,
    *OF_EVERY_KEY,
    common_keys_need_cards,
    *(_of_the_new_key(rule) for rule in (*OF_EVERY_KEY[:1], common_keys_need_cards)),
    the_set_has_its_size,
    the_key_types_follow,
    clusters_stay_apart,
    the_new_key_takes_meters_in,
    *OF_ITS_TIME,
    *(_of_the_new_key(rule) for rule in OF_ITS_TIME),
    the_new_key_has_not_expired,
    the_base_date_goes_on,
    a_roll_over_takes_another_key,
    nobody_returns_across_a_roll_over,
    test_keys_lead_to_test_keys,
    live_keys_lead_to_live_keys,
    one_set_at_a_time,
    mixtures_are_of_this_meter,
    mixtures_are_approved,
)
"""The rules about key changes, in the order in which they are asked."""


def first_change_refusal(case: ChangeCase) -> Refusal | None:
    """Ask the rules in turn and return the first refusal."""
    for rule in CHANGE_RULES:
        refusal = rule(case)
        if refusal is not None:
            return refusal
    return None
