"""Vending keys with their life; the authorisations stand beside them.

The life of a key is that of NIST SP 800-57. No step leads from ``compromised`` to a state in which a key
makes credit; none leads out of ``deactivated`` but to an end. A deactivated or compromised key still moves
meters away, because that takes tokens under the old key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from voltoken.kmc.key_rules import (
    KEY_NEEDS,
    KEY_REASONS,
    act_has_come,
    attributes_fit,
    can_still_sell,
    ends_later,
    id_is_the_next,
    is_a_new_key,
    is_composed,
    is_generated,
    is_not_over,
    meters_are_counted,
)
from voltoken.kmc.keys import KEY_ID, VENDING_KEY
from voltoken.kmc.kinds import (
    BASE_DATE_KIND,
    DIGEST,
    EAS_KIND,
    FLAG,
    KCV,
    KEN_KIND,
    KRN_KIND,
    KT_KIND,
    LINE,
    MOMENT,
    SERVICE,
    SGC_KIND,
    Kind,
    choice,
    count,
    many,
    reference,
)
from voltoken.kmc.register import ADD, Field, Register, Step
from voltoken.kmc.registers.authorisations import AUTHORISATIONS, REFRESH_DAYS, REFRESH_DAYS_MAX

REASONS: Final[Mapping[str, str]] = KEY_REASONS

_BITS: Final = Kind("bits", "64 (DKGA02) or 160 (DKGA04)", lambda given: {64: 64, 160: 160}[int(given)])
_DKGA: Final = choice("02", "04")
_ASKED: Final = ("sgc", "krn", "kt", "base_date", "ken", "bits", "dkga", "eas", "act", "iut", "exp")
_LIMITS: Final = ("refresh_days", "ulm", "clm", "services")
_WHAT: Final = (*_ASKED, *_LIMITS, "clu", "test", "origin")
_MADE: Final = ("check_value", "check_algorithm")
_BROUGHT: Final = (*_WHAT, "transfer", *_MADE)
_LIVING: Final = ("pre_active", "active", "suspended", "deactivated")

KEYS: Final = Register(
    VENDING_KEY,
    "Vending keys: what each is, when it is good, and how far its life has come. The bytes are elsewhere.",
    (
        Field("sgc", reference("supply_group", SGC_KIND), "its supply group", required=True),
        Field("krn", KRN_KIND, "its revision number", required=True),
        Field("kt", KT_KIND, "type of the decoder keys made from it", required=True, shown=True),
        Field("base_date", BASE_DATE_KIND, "its TIDs count from there", required=True, shown=True),
        Field(
            "ken",
            KEN_KIND,
            "upper 8 bits of its last TID; 255: the last of the base date",
            default=255,
            shown=True,
        ),
        Field("bits", _BITS, "its length", required=True, shown=True),
        Field("dkga", _DKGA, "how decoder keys are made from it", required=True, shown=True),
        Field("eas", EAS_KIND, "encryption algorithms of the meters", required=True, shown=True),
        Field("act", MOMENT, "nothing is made under it before (ACT)", required=True),
        Field("iut", MOMENT, "nothing is made under it from then on (IUT)", required=True, shown=True),
        Field("exp", MOMENT, "nobody is given it from then on (EXP); nothing: IUT"),
        Field(
            "refresh_days",
            count(1, REFRESH_DAYS_MAX),
            "a module must be given it anew within so many days",
            default=REFRESH_DAYS,
        ),
        Field("ulm", count(), "the most units a module may make under it, in steps of 0.1", default=0),
        Field("clm", count(), "the most money, in steps of 0.00001", default=0),
        Field("services", many(SERVICE), "the credit it may make", default=()),
        Field("clu", count(0, 99), "its cluster: that of the supply group", default=0),
        Field(
            "test", FLAG, "made up, for tests: tokens under it are worth nothing", default=False, shown=True
        ),
        Field(
            "origin",
            choice("generate", "components", "transfer"),
            "made here, in a ceremony, or by another centre",
            default="generate",
        ),
        Field("ceremony", reference("ceremony"), "the ceremony that made it"),
        Field("transfer", reference("transfer"), "the transfer that brought it"),
        Field("check_value", KCV, "its check value", shown=True),
        Field("check_algorithm", LINE, "how the check value is computed"),
        Field("meters_left", count(), "how many meters were on it when it was destroyed"),
        Field("meters_list", DIGEST, "SHA-256 of the list of meters in which they were counted"),
        Field("note", LINE, "why it was suspended, compromised or destroyed"),
    ),
    {
        "requested": "asked for; there is no key yet",
        "withdrawn": "was never made",
        "pre_active": "made, and given to modules; it issues from its ACT on",
        "active": "in use",
        "suspended": "given to nobody for now",
        "deactivated": "moves meters away, and makes no credit any more",
        "compromised": "somebody may have it: it moves meters away, and goes only to modules that had it",
        "destroyed": "the centre has it no more",
        "destroyed_compromised": "was compromised, and the centre has it no more",
    },
    (
        Step(
            ADD,
            "ask for a key",
            (),
            "requested",
            (*_WHAT, "note"),
            rules=(id_is_the_next, *KEY_NEEDS, attributes_fit),
        ),
        Step("withdraw", "give up asking for it", ("requested",), "withdrawn", ("note",), job="destroy"),
        Step(
            "generate",
            "make it from random bytes",
            ("requested",),
            "pre_active",
            given=_MADE,
            approvals=1,
            job="generate",
            rules=(is_generated, *KEY_NEEDS, can_still_sell, is_a_new_key),
        ),
        Step(
            "compose",
            "take the key that a ceremony has made of components",
            ("requested",),
            "pre_active",
            ("ceremony",),
            _MADE,
            approvals=1,
            job="compose",
            rules=(is_composed, *KEY_NEEDS, is_a_new_key),
        ),
        Step("bring", "take in the key of another centre", given=_BROUGHT, target="pre_active", inner=True),
        Step(
            "bring_ended",
            "take in a key that only moves meters away",
            given=_BROUGHT,
            target="deactivated",
            inner=True,
        ),
        Step(
            "bring_compromised",
            "take in a key that was compromised at another centre",
            given=_BROUGHT,
            target="compromised",
            inner=True,
        ),
        Step(
            "activate",
            "put it into use",
            ("pre_active",),
            "active",
            rules=(act_has_come, is_not_over),
        ),
        Step(
            "limit",
            "change its limits",
            ("requested", *_LIVING),
            None,
            ("exp", *_LIMITS),
            approvals=1,
            rules=(attributes_fit,),
        ),
        Step("suspend", "give it to nobody for now", ("active",), "suspended", ("note",)),
        Step("resume", "put it into use again", ("suspended",), "active", approvals=1, rules=(is_not_over,)),
        Step(
            "deactivate",
            "end its credit: from now on it only moves meters away",
            ("pre_active", "active", "suspended"),
            "deactivated",
            ("note",),
            approvals=1,
        ),
        Step(
            "extend",
            "Vending Key Extension: its credit ends now, its key changes go on until a later IUT",
            ("active", "suspended", "deactivated"),
            "deactivated",
            ("iut", "exp", "note"),
            approvals=1,
            rules=(ends_later, is_not_over, attributes_fit),
        ),
        Step(
            "compromise",
            "say that somebody may have it",
            _LIVING,
            "compromised",
            ("note",),
            approvals=1,
            glass=True,
        ),
        Step(
            "extend_compromised",
            "let it move meters away until a later IUT",
            ("compromised",),
            None,
            ("iut", "exp", "note"),
            approvals=1,
            rules=(ends_later, is_not_over, attributes_fit),
        ),
        Step(
            "destroy",
            "destroy its bytes",
            ("pre_active", "deactivated"),
            "destroyed",
            ("meters_left", "meters_list", "note"),
            approvals=1,
            job="destroy",
            rules=(meters_are_counted,),
        ),
        Step(
            "destroy_compromised",
            "destroy its bytes, after a compromise",
            ("compromised",),
            "destroyed_compromised",
            ("meters_left", "meters_list", "note"),
            approvals=1,
            job="destroy",
            rules=(meters_are_counted,),
        ),
        Step(
            "found_compromised",
            "say that somebody may have it, after it was destroyed",
            ("destroyed",),
            "destroyed_compromised",
            ("note",),
            approvals=1,
        ),
    ),
    identifier=KEY_ID,
    terminal=frozenset({"withdrawn", "destroyed_compromised"}),
    secret_names=(f"{VENDING_KEY}/<id>",),
)

TABLES: Final = (KEYS, AUTHORISATIONS)
