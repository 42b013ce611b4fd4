"""Products, and the way of each from an application to a certificate and to its end.

A laboratory tests what is in the scope of its accreditation, as long as that lasts, and nothing of its own.
Nobody who works for the maker takes in its report or gives the certificate.
A certificate is for one product of one firmware; another firmware is another product.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from voltoken import canonical
from voltoken.kmc.kinds import DAY, DIGEST, EAS_KIND, LINE, NAME, choice, count, many, reference, text
from voltoken.kmc.register import ADD, Field, Look, Register, Step
from voltoken.kmc.rules import check_impartial, day_of, has, member, over, unique, yet_to_come
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry

MAKERS: Final[Mapping[str, str]] = {
    "meter": "manufacturer",
    "module": "module_maker",
    "vending_system": "vendor",
}
"""The kinds of products, with the kind of organisation that each is of."""
CARRIERS: Final = ("numeric", "magnetic_card", "smart_card", "virtual")
"""How tokens reach a product."""
OPEN: Final = ("applied", "testing", "reported")
"""States of a certification that has not come to its end."""

REASONS: Final[Mapping[str, str]] = {
    "not_ready": "the product is not ready to be tested",
    "in_test": "the product is being certified already",
    "interest": "a laboratory would test a product of its own organisation",
    "accreditation": "the laboratory is not accredited today, or was suspended or closed after its report",
    "scope": "the product is not in the scope of the laboratory's accreditation",
    "result": "the laboratory's report does not say that",
}


@dataclass(frozen=True, slots=True)
class Certified:
    """A product on the list of what is certified. certificate: its number. until: the last day of it."""

    product: Entry
    certificate: str
    until: date


def certified_on(state: State, day: date) -> Iterator[Certified]:
    """Yield the products with a certificate on a day, in order of certification."""
    for entry in state.where("certification", state="certified"):
        product = state.entry("product", entry.get("product"))
        until = canonical.read_day(entry.get("valid_until"))
        if product is not None and until is not None and day <= until:
            yield Certified(product, entry.get("certificate"), until)


def _maker_makes_such(look: Look) -> None:
    """The organisation is a member that makes products of this kind."""
    member(look, "organisation", (MAKERS[look.after.get("kind")],))


def _is_not_in_test(look: Look) -> None:
    """No certification of the product is open."""
    product = look.after.get("product") or look.after.entry_id
    for other in look.state.where("certification", product=product):
        if other.entry_id != look.after.entry_id and other.state in OPEN:
            raise look.refuse("in_test", f"{other} of product {product} is {other.state}. Let it end first.")


def _product_is_ready(look: Look) -> None:
    """The product is ready, or has a certificate that is to be renewed, and its maker is still a member."""
    product = look.other("product", look.after.get("product"))
    if product.state not in ("ready", "certified"):
        raise look.refuse("not_ready", f"{product} is {product.state}; it has to be ready.")
    maker = look.other("organisation", product.get("organisation"))
    if maker.state != "member":
        raise look.refuse("standing", f"{maker} is {maker.state}; it has to be a member.", field="product")


def _laboratory_may_test(look: Look) -> None:
    """The laboratory is accredited today, for such products, and tests nothing of its own."""
    laboratory = look.other("laboratory", str(look.after.get("laboratory")))
    product = look.other("product", look.after.get("product"))
    expires = day_of(laboratory, "expires")
    if laboratory.state != "accredited" or expires is None or expires < look.now.date():
        raise look.refuse(
            "accreditation", f"{laboratory} is {laboratory.state}, until {expires}; it tests nothing today."
        )
    if laboratory.get("organisation") == product.get("organisation"):
        raise look.refuse("interest", f"{laboratory} and {product} are of one organisation.")
    in_scope = product.get("kind") in laboratory.get("scope")
    if not in_scope or product.get("edition") not in laboratory.get("editions"):
        raise look.refuse(
            "scope",
            f"{laboratory} is not accredited for {product}: a {product.get('kind')} of edition "
            f"{product.get('edition')}.",
        )


def _decides_for_others(look: Look) -> None:
    """Nobody decides on a product of the organisation they work for."""
    product = look.other("product", look.after.get("product"))
    check_impartial(look, product.get("organisation"))


def _report_is_good(look: Look) -> None:
    """Nobody has stopped the laboratory since its report, which was only taken in while it was accredited.

    Its accreditation may be over by now: "expired" is never said of a laboratory that was suspended.
    """
    laboratory = look.other("laboratory", str(look.after.get("laboratory")))
    if laboratory.state not in ("accredited", "expired"):
        raise look.refuse(
            "accreditation", f"{laboratory} is {laboratory.state}; its report is worth nothing."
        )


def _report_says_pass(look: Look) -> None:
    """Only a product that passed is certified."""
    if look.after.get("result") != "pass":
        raise look.refuse("result", f"The report of {look.after} says {look.after.get('result')}, not pass.")


def _certify(look: Look) -> tuple[Entry, ...]:
    return (look.moved(look.other("product", look.after.get("product")), "certified"),)


def _lose(look: Look) -> tuple[Entry, ...]:
    product = look.other("product", look.after.get("product"))
    renewed = look.state.where("certification", product=product.entry_id, state="certified")
    if any(other.entry_id != look.after.entry_id for other in renewed):
        return ()
    return (look.moved(product, "ready"),)


_PRODUCT_FIELDS: Final = ("model", "edition", "firmware", "carriers", "eas", "notes")

PRODUCT: Final = Register(
    "product",
    "Meters, security modules and vending systems, each of one firmware.",
    (
        Field("organisation", reference("organisation"), "who makes it", required=True, shown=True),
        Field("kind", choice(*MAKERS), "what it is", required=True, shown=True),
        Field("model", NAME, "its name", required=True, shown=True),
        Field("edition", count(1, 2), "edition of the standard", required=True, shown=True),
        Field("firmware", text(60), "its firmware or version", required=True, shown=True),
        Field("carriers", many(choice(*CARRIERS)), "how tokens reach it", default=()),
        Field("eas", EAS_KIND, "the encryption algorithms it knows"),
        Field("notes", LINE, "anything else"),
    ),
    {
        "development": "can still change",
        "ready": "will not change any more; codes and tests can begin",
        "certified": "has a certificate",
        "withdrawn": "is no longer made",
    },
    (
        Step(
            ADD,
            "register a product",
            (),
            "development",
            ("organisation", "kind", *_PRODUCT_FIELDS),
            rules=(_maker_makes_such,),
        ),
        Step("change", "correct it", ("development",), None, _PRODUCT_FIELDS),
        Step("ready", "say that it will not change", ("development",), "ready", rules=(_maker_makes_such,)),
        Step("reopen", "change it after all", ("ready",), "development", rules=(_is_not_in_test,)),
        Step("certify", "gets its certificate", ("ready", "certified"), "certified", inner=True),
        Step("lose", "loses its certificate", ("certified",), "ready", inner=True),
        Step(
            "withdraw",
            "end it for good",
            ("development", "ready"),
            "withdrawn",
            approvals=1,
            rules=(_is_not_in_test,),
        ),
    ),
    terminal=frozenset({"withdrawn"}),
)

CERTIFICATION: Final = Register(
    "certification",
    "Certifications, from the application to the certificate and its end.",
    (
        Field("product", reference("product"), "what is certified", required=True, shown=True),
        Field("laboratory", reference("laboratory"), "who tests it", shown=True),
        Field("report", DIGEST, "SHA-256 of the laboratory's report"),
        Field("report_number", NAME, "what the laboratory calls its report"),
        Field("result", choice("pass", "fail"), "what the report says", shown=True),
        Field("certificate", NAME, "number of the certificate", shown=True),
        Field("valid_until", DAY, "the last day of the certificate", shown=True),
        Field("reason", LINE, "why it failed, was cancelled or withdrawn"),
    ),
    {
        "applied": "the maker has asked for it",
        "testing": "a laboratory tests the product",
        "reported": "the laboratory has reported",
        "certified": "the certificate is good until its last day",
        "failed": "the product has not passed",
        "cancelled": "the maker gave up",
        "withdrawn": "the certificate was taken back",
        "expired": "the last day of the certificate is over",
    },
    (
        Step(ADD, "apply", (), "applied", ("product",), rules=(_product_is_ready, _is_not_in_test)),
        Step(
            "test",
            "give it to a laboratory",
            ("applied", "testing"),
            "testing",
            ("laboratory",),
            approvals=1,
            rules=(has("laboratory"), _laboratory_may_test),
        ),
        Step(
            "report",
            "take in the report",
            ("testing",),
            "reported",
            ("report", "report_number", "result"),
            rules=(
                has("report", "report_number", "result"),
                _decides_for_others,
                _laboratory_may_test,
            ),
        ),
        Step(
            "certify",
            "give the certificate",
            ("reported",),
            "certified",
            ("certificate", "valid_until"),
            approvals=1,
            rules=(
                has("certificate", "valid_until"),
                _decides_for_others,
                _report_is_good,
                _report_says_pass,
                _product_is_ready,
                unique("certificate"),
                yet_to_come("valid_until"),
            ),
            follow=(_certify,),
        ),
        Step(
            "fail",
            "end it without certificate",
            ("testing", "reported"),
            "failed",
            ("reason",),
            approvals=1,
            rules=(has("reason"),),
        ),
        Step("cancel", "give up", ("applied", "testing"), "cancelled", ("reason",)),
        Step(
            "withdraw",
            "take the certificate back",
            ("certified",),
            "withdrawn",
            ("reason",),
            approvals=1,
            rules=(has("reason"),),
            follow=(_lose,),
        ),
        Step(
            "expire",
            "note that the certificate is over",
            ("certified",),
            "expired",
            rules=(over("valid_until"),),
            follow=(_lose,),
        ),
    ),
    terminal=frozenset({"failed", "cancelled", "withdrawn", "expired"}),
)

TABLES: Final = (PRODUCT, CERTIFICATION)
