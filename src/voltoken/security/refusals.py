"""Every reason for which a security module refuses, each with a code of its own.

The codes are the interface: they stand in answers, logs and counters, and never change their meaning.
``sts6`` is the nearest result code of the module interface STS 600-8-6 as public implementations use it;
it is for people who know those numbers. What can be mended by waiting is ``retry_safe``: the same request
may be sent again under the same id, because nothing was made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from voltoken.errors import (
    ModuleLimit,
    ModuleOutcomeUnknown,
    ModuleRefused,
    ModuleUnavailable,
    SecurityModuleError,
)


class RefusalKind(NamedTuple):
    """What is common to all refusals of one code.

    text: the sentence, with the names of its details in braces. error: what it is raised as.
    """

    text: str
    error: type[SecurityModuleError] = ModuleRefused
    sts6: str = ""


_CLOSED: Final = ModuleUnavailable
_LIMIT: Final = ModuleLimit

REFUSALS: Final[Mapping[str, RefusalKind]] = {
    "module.sealed": RefusalKind(
        "The module is sealed. Unseal it with its shares, passphrase or PIN; until then it makes test "
        "tokens of class 1 only.",
        _CLOSED,
    ),
    "module.journal": RefusalKind(
        "The journal cannot be written, so nothing is made. Look at the disk of the module.", _CLOSED, "45"
    ),
    "module.outcome_unknown": RefusalKind(
        "It is not known whether the request was carried out. Ask this module for its result, under the same "
        "id, before anything else.",
        ModuleOutcomeUnknown,
    ),
    "module.clock": RefusalKind(
        "The module's clock stands {minutes} minutes before the last line of its log. Set it right; until "
        "then nothing is made.",
        _CLOSED,
        "44",
    ),
    "module.failed": RefusalKind("The module could not make the token: {why}", _CLOSED, "01"),
    "module.away": RefusalKind("The module cannot be reached: {why}", _CLOSED),
    "module.busy": RefusalKind(
        "Too many requests are waiting for the module. Ask again under the same id in a moment.", _CLOSED
    ),
    "client.unknown": RefusalKind("The client {client} is not known to this module."),
    "client.act": RefusalKind("The client {client} has no right to {act} here."),
    "client.supply_group": RefusalKind("The client {client} has no right to supply group {sgc}."),
    "client.rate": RefusalKind(
        "The client {client} has used up its rate of {rate} tokens a second. Ask again under the same id "
        "in a moment.",
        _LIMIT,
    ),
    "request.conflict": RefusalKind(
        "The request id {used} was used for another request. Ids are never used twice."
    ),
    "role.credit": RefusalKind("A manufacturing module makes no credit."),
    "role.initial_key_change": RefusalKind("Only a manufacturing module changes a meter's first key (DITK)."),
    "key.unknown": RefusalKind("The key {key} is not loaded in this module.", sts6="28"),
    "key.first": RefusalKind("{key} is a first key (DITK): it makes initial key changes only.", sts6="05"),
    "key.no_first": RefusalKind("{key} is no first key (DITK).", sts6="05"),
    "key.default_credit": RefusalKind(
        "{key} is a default key (VDDK) and never makes credit: bring the meter to its unique key first.",
        sts6="80",
    ),
    "key.carrier": RefusalKind(
        "{key} is a common key (VCDK): it goes with magnetic cards (TCT 01) only, not with TCT {tct}.",
        sts6="05",
    ),
    "key.algorithm": RefusalKind("{key} is not for EA{ea}; it is for {eas}.", sts6="40"),
    "key.service": RefusalKind("{key} may not make credit of subclass {subclass}.", sts6="48"),
    "key.change_only": RefusalKind(
        "{key} is authorised for key changes away from it, and for nothing else.", sts6="48"
    ),
    "key.not_active": RefusalKind("{key} is not active before {act}.", sts6="43"),
    "key.issued_until": RefusalKind(
        "{key} was to be used until {iut}. Have it loaded again with a later date.", sts6="42"
    ),
    "key.base_date": RefusalKind(
        "{key} counts from {year}, and there is no TID for today on that base date. Move the meter to a "
        "key with another base date.",
        sts6="41",
    ),
    "key.expired": RefusalKind(
        "{key} has expired: its KEN is {ken} and the token needs {needed}. Move the meter to another key.",
        sts6="41",
    ),
    "meter.expired": RefusalKind(
        "The meter's key has expired: it holds KEN {ken} and the token needs {needed}. Give the meter a new "
        "KEN by key change.",
        sts6="41",
    ),
    "meter.sample_tables": RefusalKind(
        "EA07 runs on the sample tables, and real meters refuse such tokens: a customer would have paid for "
        "nothing. Load licensed tables; meters flagged virtual or test may go on."
    ),
    "meter.no_tables": RefusalKind("The module has no EA07 tables, and the meter needs them."),
    "tid.behind": RefusalKind(
        "TID {tid} lies {minutes} minutes behind the module's clock; at most {most} are allowed.", sts6="44"
    ),
    "tid.ahead": RefusalKind(
        "TID {tid} lies {minutes} minutes ahead of the module's clock; at most {most} are allowed. One of "
        "the clocks is wrong.",
        sts6="44",
    ),
    "tid.reserved": RefusalKind(
        "TID {tid} is the minute 00:01, kept for special tokens; an ordinary token takes 00:02."
    ),
    "tid.not_reserved": RefusalKind("TID {tid} is not the minute 00:01, and special tokens have no other."),
    "tid.claimed": RefusalKind(
        "For this meter and base date TID {tid} has a token already, under another request id. A second one "
        "needs a recovery approval of {request}, {hash}."
    ),
    "limit.units": RefusalKind(
        "{key} may make {left} more steps of 0.1 here, and {asked} were asked for. Its limit is {limit}.",
        _LIMIT,
        "31",
    ),
    "limit.money": RefusalKind(
        "{key} may make {left} more steps of 0.00001 here, and {asked} were asked for. Its limit is {limit}.",
        _LIMIT,
        "31",
    ),
    "change.tokens": RefusalKind("A key change for EA{ea} takes {allowed} tokens, not {tokens}.", sts6="85"),
    "change.key_type": RefusalKind("A meter with a {current} cannot be given a {new}.", sts6="29"),
    "change.cluster": RefusalKind(
        "{key} is in cluster {clu} and {new_key} in cluster {new_clu}: no key change leads across.", sts6="29"
    ),
    "change.new_expired": RefusalKind(
        "{new_key} has expired: its KEN is {ken} and today needs {needed}. It may be left, never entered.",
        sts6="41",
    ),
    "change.new_change_only": RefusalKind(
        "{new_key} is authorised for key changes away from it; no meter is brought to it.", sts6="29"
    ),
    "change.base_date_back": RefusalKind(
        "A meter on base date {before} cannot go back to {after}: its used tokens would be good again.",
        sts6="29",
    ),
    "change.roll_over_same_key": RefusalKind(
        "A roll-over under the same key makes all used tokens good again. Choose another key revision.",
        sts6="29",
    ),
    "change.returns": RefusalKind(
        "The meter held {new_key} with tariff index {new_ti} before a roll-over: going back makes the tokens "
        "it used then good again.",
        sts6="29",
    ),
    "change.test_to_live": RefusalKind(
        "{key} is a test or published key and {new_key} is live: whoever knows the old key would learn the "
        "new one from the tokens.",
        sts6="29",
    ),
    "change.live_to_test": RefusalKind(
        "{new_key} is a test or published key: no paying meter is led from {key} to it, for there is no way "
        "back. Clients whose meters are all for tests may do so.",
        sts6="29",
    ),
    "change.outstanding": RefusalKind(
        "The meter was given a set to {other}, made under the same key. Sections of two sets load a key "
        "that nobody knows. Have the first one entered, or approve a recovery: {request}, {hash}.",
        sts6="29",
    ),
    "change.sections": RefusalKind("The sections {sections} do not make a key: {why}", sts6="29"),
    "change.unapproved": RefusalKind(
        "A change away from mixed sections needs an approval of {request}, {hash}."
    ),
    "verify.unknown": RefusalKind(
        "The token is not one that this module has on record. Looking further needs the right verify_unknown."
    ),
    "verify.meter_cap": RefusalKind(
        "{most} unknown tokens were tried on this meter today. Somebody is guessing.", _LIMIT
    ),
    "verify.client_cap": RefusalKind(
        "The client {client} has tried {most} unknown tokens today. Somebody is guessing.", _LIMIT
    ),
    "verify.not_ours": RefusalKind(
        "The token was not made under this meter's key, or a digit is wrong.", sts6="03"
    ),
    "custody.zeroised": RefusalKind(
        "The module was zeroised: its keys and its root key are destroyed for good. Its log can still be "
        "checked with voltoken sm audit verify. Make a new module with voltoken sm init."
    ),
    "custody.live_key": RefusalKind(
        "This is a software module, for tests and pilots, and {key} is a live key. Set "
        "accept_non_sts_compliant_module in the module's settings to take the risk knowingly."
    ),
    "custody.rehearsal": RefusalKind(
        "{key} is not a test key, and the module is in rehearsal: its clock is not the time. Load test keys "
        "only, or make another module for live ones."
    ),
    "custody.published": RefusalKind("The key {key} is published. Load it as a test key or not at all."),
    "custody.taken": RefusalKind("{key} is loaded already. Delete it first."),
    "custody.check_value": RefusalKind(
        "The check value is {found}, and {expected} was expected: a component is wrong."
    ),
    "custody.role": RefusalKind("A {role} module takes no key of type {kt}."),
    "custody.algorithms": RefusalKind("The file is not loaded. {key} goes with no such algorithms: {why}"),
    "custody.default_key": RefusalKind(
        "The file is not loaded. {key} is a default key (VDDK): it is for manufacturing modules; a vending "
        "module takes one for key changes only."
    ),
    "custody.other_key": RefusalKind(
        "The file is not loaded. {key} is known here with other bytes; its check value is {known}. Find "
        "out which one is right. If it is the new one, a keeper deletes the old one first: voltoken sm keys "
        "delete"
    ),
    "custody.lasting": RefusalKind(
        "The file is not loaded. {key} is known here with another {names}, and no file changes what a key "
        "is. A keeper deletes it first: voltoken sm keys delete"
    ),
    "custody.credit_back": RefusalKind(
        "The file is not loaded. {key} is for key changes only in this module, and credit never comes back "
        "by a file. A keeper deletes it first: voltoken sm keys delete"
    ),
    "custody.other_centre": RefusalKind(
        "The file is not loaded. {key} belongs to {owner}: a file of {centre} neither changes nor revokes "
        "it, nor brings it back. If its supply group has moved, a keeper deletes the key (voltoken sm keys "
        "delete; its counters stay) and loads the file again. If a centre was lost, have the module trust a "
        "list without it (voltoken sm trust), and load the file again."
    ),
    "custody.untrusted": RefusalKind(
        "The centre {centre} is not trusted now; trusted are: {names}. Trust it first: voltoken sm trust"
    ),
    "custody.trust_version": RefusalKind(
        "The list of trust has version {version}, and {known} is in force. A new list has a higher version."
    ),
    "custody.not_in_hsm": RefusalKind(
        "A {bits}-bit vending key cannot be hidden in a hardware token: one decoder key and one DES "
        "operation give it away. Have it kept wrapped by the token and used in the process instead."
    ),
}
"""Every refusal, by its code."""

LIMIT: Final = frozenset(code for code, kind in REFUSALS.items() if kind.error is ModuleLimit)
"""The codes that a cap or a rate gives."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a module did not do what was asked. Make it with ``refuse``.

    code: one of ``REFUSALS``, or another module's own, which counts as a rule of that module.
    """

    code: str
    message: str
    request_id: str | None = None
    detail: Mapping[str, str | int | bool | None] = field(default_factory=dict)

    @property
    def retry_safe(self) -> bool:
        """Whether the same request may be sent again later under the same id."""
        return self.kind in (ModuleUnavailable, ModuleLimit)

    @property
    def kind(self) -> type[SecurityModuleError]:
        """What it is raised as."""
        return REFUSALS[self.code].error if self.code in REFUSALS else ModuleRefused

    def error(self) -> SecurityModuleError:
        """Return the refusal as the exception that methods for a single request raise."""
        kind = self.kind
        detail: dict[str, Any] = dict(self.detail)
        if kind is ModuleUnavailable or kind is ModuleOutcomeUnknown:
            return kind(self.message, refusal=self.code, **detail)
        raised = ModuleLimit if kind is ModuleLimit else ModuleRefused
        return raised(self.code, self.message, retry_safe=self.retry_safe, **detail)


def refuse(code: str, request_id: str | None = None, **detail: str | int | bool | None) -> Refusal:
    """Return the refusal of a code. detail: what its sentence names."""
    return Refusal(code, REFUSALS[code].text.format_map(detail), request_id, detail)
