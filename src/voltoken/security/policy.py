"""The rules of a security module: what must hold before a token is made. Everything else is refused.

``RULES`` lists, for each kind of request, the rules in the order in which they are asked. A rule looks at
one ``Case`` and returns its own ``Refusal`` or nothing. Reaching the end of the list is the only way to a
token. Rules about key changes are in ``changes``; sealing, rates, repeated requests and used TIDs are the
business of ``software``, because they are about the module, not about the request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final, cast

from voltoken.security.cases import Case, counted, shown, tid_today
from voltoken.security.refusals import Refusal
from voltoken.security.requests import CreditRequest, ManagementRequest, VerifyRequest
from voltoken.security.values import ModuleRole
from voltoken.sts import EA, KeyType, rules

_MINUTE: Final = timedelta(minutes=1)
Rule = Callable[[Case], Refusal | None]


def _timed(case: Case) -> CreditRequest | ManagementRequest:
    """Return the request of a case in whose table of rules only requests with a TID are."""
    return cast(CreditRequest | ManagementRequest, case.request)


def manufacturing_makes_no_credit(case: Case) -> Refusal | None:
    """Role: credit comes from vending modules."""
    return case.refuse("role.credit") if case.settings.role is ModuleRole.MANUFACTURING else None


def first_keys_are_for_initial_changes(case: Case) -> Refusal | None:
    """Key type: a first key (DITK) encrypts nothing but an initial key change."""
    if case.register.kt is KeyType.DITK:
        return case.refuse("key.first", key=str(case.register.ref))
    return None


def default_keys_make_no_credit(case: Case) -> Refusal | None:
    """Key type: a default key (VDDK) is for meters in stock."""
    if case.register.kt not in rules.CREDIT_KEY_TYPES:
        return case.refuse("key.default_credit", key=str(case.register.ref))
    return None


def common_keys_need_cards(case: Case) -> Refusal | None:
    """Carrier: a common key goes with magnetic cards."""
    if case.register.kt is KeyType.DCTK and not case.meter.tct.is_magnetic_card:
        return case.refuse("key.carrier", key=str(case.register.ref), tct=str(case.meter.tct))
    return None


def the_key_knows_the_algorithm(case: Case) -> Refusal | None:
    """Encryption algorithm: the key is authorised for the meter's."""
    if case.meter.ea not in case.register.eas:
        return case.refuse(
            "key.algorithm",
            key=str(case.register.ref),
            ea=case.meter.ea.value,
            eas=" and ".join(sorted(f"EA{one.value}" for one in case.register.eas)),
        )
    return None


def sta_needs_tables(case: Case) -> Refusal | None:
    """EA07 needs its tables."""
    return case.refuse("meter.no_tables") if case.meter.ea is EA.STA and case.tables is None else None


def sample_tables_are_for_tests(case: Case) -> Refusal | None:
    """Sample tables: no real meter takes what they make."""
    real = not (case.meter.test or case.client.test_meters)
    if real and case.meter.ea is EA.STA and case.tables is not None and case.tables.is_sample:
        return case.refuse("meter.sample_tables")
    return None


def the_key_moves_meters_only(case: Case) -> Refusal | None:
    """Authorisation: a key that is for key changes alone makes no other token."""
    if case.register.key_change_only:
        return case.refuse("key.change_only", key=str(case.register.ref))
    return None


def the_service_is_allowed(case: Case) -> Refusal | None:
    """Subclass set: the key may make this kind of credit."""
    request = cast(CreditRequest, case.request)
    if request.service not in case.register.services:
        return case.refuse("key.service", key=str(case.register.ref), subclass=int(request.service))
    return None


def the_key_is_active(case: Case) -> Refusal | None:
    """ACT: not before the activation."""
    register = case.register
    if case.now < register.act:
        return case.refuse("key.not_active", key=str(register.ref), act=shown(register.act))
    return None


def the_key_may_still_issue(case: Case) -> Refusal | None:
    """IUT: nothing after issued-until."""
    register = case.register
    if case.now > register.iut:
        return case.refuse("key.issued_until", key=str(register.ref), iut=shown(register.iut))
    return None


def the_base_date_has_a_tid_for_today(case: Case) -> Refusal | None:
    """BDT: today lies between the base date and its last TID."""
    register = case.register
    if tid_today(register, case.now) is None:
        return case.refuse("key.base_date", key=str(register.ref), year=register.base_date.instant.year)
    return None


def the_tid_is_of_its_kind(case: Case) -> Refusal | None:
    """TID: the minute 00:01 is for special tokens, and they have no other."""
    request = _timed(case)
    if request.tid.is_reserved is not request.special:
        return case.refuse("tid.not_reserved" if request.special else "tid.reserved", tid=int(request.tid))
    return None


def the_tid_is_near_the_clock(case: Case) -> Refusal | None:
    """TID window: it lies neither far behind nor far ahead of the module's clock."""
    request = _timed(case)
    minutes = (case.now - case.register.base_date.instant) // _MINUTE - request.tid
    behind, ahead = case.settings.tid_behind // _MINUTE, case.settings.tid_ahead // _MINUTE
    if minutes > behind:
        return case.refuse("tid.behind", tid=int(request.tid), minutes=minutes, most=behind)
    if -minutes > ahead:
        return case.refuse("tid.ahead", tid=int(request.tid), minutes=-minutes, most=ahead)
    return None


def the_key_has_not_expired(case: Case) -> Refusal | None:
    """KEN of the key: the token's TID is not beyond it."""
    request, register = _timed(case), case.register
    if not register.ken.admits(request.tid):
        return case.refuse(
            "key.expired", key=str(register.ref), ken=int(register.ken), needed=request.tid >> 16
        )
    return None


def the_meter_has_not_expired(case: Case) -> Refusal | None:
    """KEN in the meter: it would refuse a token beyond it."""
    request, ken = _timed(case), case.meter.ken
    if ken is None or ken.admits(request.tid):
        return None
    return case.refuse("meter.expired", ken=int(ken), needed=request.tid >> 16)


def the_limits_are_kept(case: Case) -> Refusal | None:
    """ULM and CLM: what was made under the key, and this, is not more than it may make."""
    request, register = cast(CreditRequest, case.request), case.register
    used = case.state.usage(register.ref)
    units, money = counted(request)
    for code, asked, so_far, limit in (
        ("limit.units", units, used.units, register.ulm),
        ("limit.money", money, used.money, register.clm),
    ):
        if asked and so_far + asked > limit:
            left = max(limit - so_far, 0)
            return case.refuse(code, key=str(register.ref), left=left, asked=asked, limit=limit)
    return None


OF_EVERY_KEY: Final[tuple[Rule, ...]] = (
    the_key_knows_the_algorithm,
    sta_needs_tables,
    sample_tables_are_for_tests,
)
OF_ITS_TIME: Final[tuple[Rule, ...]] = (the_key_is_active, the_key_may_still_issue)
OF_A_TID: Final[tuple[Rule, ...]] = (
    the_base_date_has_a_tid_for_today,
    the_tid_is_of_its_kind,
    the_tid_is_near_the_clock,
    the_key_has_not_expired,
    the_meter_has_not_expired,
)

RULES: Final[Mapping[type, tuple[Rule, ...]]] = {
    CreditRequest: (
        manufacturing_makes_no_credit,
        first_keys_are_for_initial_changes,
        default_keys_make_no_credit,
        common_keys_need_cards,
        *OF_EVERY_KEY,
        the_key_moves_meters_only,
        the_service_is_allowed,
        *OF_ITS_TIME,
        *OF_A_TID,
        the_limits_are_kept,
    ),
    ManagementRequest: (
        first_keys_are_for_initial_changes,
        common_keys_need_cards,
        *OF_EVERY_KEY,
        the_key_moves_meters_only,
        *OF_ITS_TIME,
        *OF_A_TID,
    ),
    VerifyRequest: (first_keys_are_for_initial_changes, the_key_knows_the_algorithm, sta_needs_tables),
}
"""The rules for each kind of request with a key, but for key changes, which are in ``changes``."""


def first_refusal(case: Case, asked: tuple[Rule, ...]) -> Refusal | None:
    """Ask the rules in turn and return the first refusal."""
    for rule in asked:
        refusal = rule(case)
        if refusal is not None:
            return refusal
    return None
