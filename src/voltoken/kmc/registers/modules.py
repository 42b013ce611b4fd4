"""Security modules, which prove that they have the keys they are registered with, and where they vend.

A module is registered with its public keys for good: other keys are another module. The centre sends it a
challenge that only the holder of both private keys can answer. Installations say which modules run with which
vending system for which supply groups, and whom to call: a rollover needs all of them ready.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Final

from voltoken.errors import FieldError
from voltoken.kmc.kinds import (
    BASE_DATE_KIND,
    DIGEST,
    DOCUMENT,
    LINE,
    NAME,
    PUBLIC_KEY,
    SGC_KIND,
    choice,
    many,
    pattern,
    reference,
    text,
)
from voltoken.kmc.register import ADD, Field, Look, Register, Step
from voltoken.kmc.registers.products import certified_on
from voltoken.kmc.rules import has, in_state, member, of_member, own_key, sound_key, unique
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry
from voltoken.security.keyload import check_point

EXCHANGE_KEY: Final = pattern(
    "hex", r"04[0-9a-f]{128}", "a point of P-256, uncompressed: 130 hexadecimal digits in small letters"
)

MODULE_ID: Final = pattern(
    "id", r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", "1 to 40 letters, digits and _ . -, a letter or digit first"
)
"""What key files take as the id of a module, and lists of modules as well: no comma."""

REASONS: Final[Mapping[str, str]] = {
    "in_use": "the module belongs to another installation that runs",
    "other_module": "the proof is of another module than the one that was applied for",
}


def installations_of(state: State, sgc: str) -> Iterator[Entry]:
    """Yield the running installations that sell for a supply group: those to call before a rollover."""
    for entry in state.where("installation", state="running"):
        if sgc in entry.get("groups"):
            yield entry


def uncertified_modules(state: State, day: date) -> Iterator[Entry]:
    """Yield the registered modules whose product has no certificate on a day for the firmware they run."""
    firmware = {one.product.entry_id: one.product.get("firmware") for one in certified_on(state, day)}
    for entry in state.where("module", state="registered"):
        if entry.get("product") not in firmware or firmware[entry.get("product")] != entry.get("firmware"):
            yield entry


def _owner_may_run_it(look: Look) -> None:
    """The organisation is a member; manufacturing modules are for manufacturers only."""
    kinds = ("manufacturer",) if look.after.get("role") == "manufacturing" else ()
    member(look, "organisation", kinds)


def _product_is_a(kind: str, field: str) -> Callable[[Look], None]:
    """The product that a field names is of this kind, and was not withdrawn."""

    def rule(look: Look) -> None:
        if look.after.get(field) is None:
            return
        product = look.other("product", look.after.get(field))
        if product.get("kind") != kind:
            raise look.refuse("kind", f"{product} is a {product.get('kind')}, no {kind}.", field=field)
        if product.state == "withdrawn":
            raise look.refuse("standing", f"{product} is withdrawn.", field=field)

    return rule


def _modules_are_free(look: Look) -> None:
    """A module vends in one place."""
    wanted = set(look.after.get("modules"))
    for other in look.state.where("installation", state="running"):
        both = sorted(wanted & set(other.get("modules")))
        if both and other.entry_id != look.after.entry_id:
            raise look.refuse("in_use", f"module {both[0]} belongs to {other}. Take it from there first.")


def _is_the_same_module(look: Look) -> None:
    """What was proved is what was stated when the module was applied for, as far as it was."""
    for field in _STATED:
        stated = None if look.before is None else look.before.get(field)
        if stated is not None and look.after.get(field) != stated:
            raise look.refuse(
                "other_module", f"The proof shows another {field} than {look.after} was applied for with."
            )


def _is_on_the_curve(look: Look) -> None:
    """Keys can be wrapped under the key of the module."""
    value = look.after.get("exchange_key")
    if value is None:
        return
    try:
        check_point("exchange_key", bytes.fromhex(value))
    except FieldError:
        raise look.refuse("key", "exchange_key is no point of P-256.", field="exchange_key") from None


_STATED: Final = ("role", "exchange_key", "signing_key", "identity")
_PROVED: Final = (*_STATED, "firmware")
_KEYS: Final = (sound_key("signing_key"), _is_on_the_curve, unique("exchange_key"), own_key)
_IS_MODULE: Final = _product_is_a("module", "product")

MODULE: Final = Register(
    "module",
    "Security modules that keys can be sent to.",
    (
        Field("organisation", reference("organisation"), "who runs it", required=True, shown=True),
        Field("role", choice("vending", "manufacturing"), "what it issues", required=True, shown=True),
        Field("kind", text(40), "what it says it is, such as software", shown=True),
        Field("product", reference("product"), "what was certified, if it was"),
        Field("firmware", text(60), "its firmware", shown=True),
        Field("exchange_key", EXCHANGE_KEY, "the key under which keys are wrapped for it"),
        Field("signing_key", PUBLIC_KEY, "the key that signs its requests and receipts"),
        Field("identity", DIGEST, "SHA-256 of the document in which it says who it is"),
        Field("notes", LINE, "anything else"),
        Field("challenge", DOCUMENT, "the challenge that it was sent last"),
        Field("proof", DOCUMENT, "its answer"),
    ),
    {
        "applied": "its keys are known, but not that it has them",
        "challenged": "was sent a challenge",
        "registered": "has proved that it has its keys; keys can be sent to it",
        "suspended": "gets no keys, until restored",
        "refused": "was not registered",
        "retired": "is no longer used",
        "compromised": "its keys may be known to others",
    },
    (
        Step(
            ADD,
            "take in what a module says of itself",
            (),
            "applied",
            (
                *("organisation", "role", "kind", "product", "firmware"),
                *("exchange_key", "signing_key", "identity", "notes"),
            ),
            rules=(
                _owner_may_run_it,
                _IS_MODULE,
                *_KEYS,
            ),
        ),
        Step(
            "challenge",
            "make a challenge for it",
            ("applied", "challenged"),
            "challenged",
            given=("challenge",),
            job="challenge",
        ),
        Step(
            "register",
            "check its answer, and register it",
            ("challenged",),
            "registered",
            ("proof",),
            _PROVED,
            approvals=1,
            job="check_proof",
            rules=(has("proof"), _is_the_same_module, _owner_may_run_it, *_KEYS),
        ),
        Step("refuse", "do not register it", ("applied", "challenged"), "refused", approvals=1),
        Step(
            "change",
            "correct it",
            ("applied", "challenged", "registered", "suspended"),
            None,
            ("product", "notes"),
            approvals=1,
            rules=(_IS_MODULE,),
        ),
        Step("update", "note another firmware", ("registered", "suspended"), None, ("firmware",)),
        Step("suspend", "send it no keys", ("registered",), "suspended"),
        Step(
            "restore",
            "send it keys again",
            ("suspended",),
            "registered",
            approvals=1,
            rules=(_owner_may_run_it,),
        ),
        Step("retire", "end its use for good", ("registered", "suspended"), "retired", approvals=1),
        Step(
            "compromise",
            "its keys may be known to others",
            ("applied", "challenged", "registered", "suspended", "retired"),
            "compromised",
            approvals=1,
        ),
    ),
    identifier=MODULE_ID,
    terminal=frozenset({"refused", "compromised"}),
)

_INSTALLATION_FIELDS: Final = (
    *("organisation", "system", "version", "modules", "groups", "base_dates"),
    *("contact_name", "contact_phone", "contact_email"),
)
_INSTALLED: Final = (
    of_member("organisation", "vendor", "utility"),
    _product_is_a("vending_system", "system"),
    in_state("modules", "registered", "suspended"),
    in_state("groups", "active"),
    _modules_are_free,
)

INSTALLATION: Final = Register(
    "installation",
    "Where tokens are sold: system, version, modules, and whom to call.",
    (
        Field("organisation", reference("organisation"), "who sells", required=True, shown=True),
        Field("system", reference("product"), "the vending system", shown=True),
        Field("version", text(60), "its version", required=True, shown=True),
        Field("modules", many(reference("module")), "its modules", default=(), shown=True),
        Field("groups", many(reference("supply_group", SGC_KIND)), "what it sells for", default=()),
        Field("base_dates", many(BASE_DATE_KIND), "base dates that it is ready for", default=()),
        Field("contact_name", NAME, "whom to ask for", required=True, shown=True),
        Field("contact_phone", text(40), "where a call reaches them, at night too", required=True),
        Field("contact_email", LINE, "where mail reaches them"),
    ),
    {"running": "tokens are sold there", "closed": "no longer"},
    (
        Step(ADD, "register where tokens are sold", (), "running", _INSTALLATION_FIELDS, rules=_INSTALLED),
        Step("change", "note a change", ("running",), None, _INSTALLATION_FIELDS, rules=_INSTALLED),
        Step("close", "note its end", ("running",), "closed"),
    ),
    terminal=frozenset({"closed"}),
)

TABLES: Final = (MODULE, INSTALLATION)
