"""Manufacturer codes and the serial numbers given out under each, so that no meter number exists twice.

A meter number is code, serial of eight digits and check digits: with a code of two digits behind 600727, with
one of four behind 0000 (IEC 62055-41 clause 6.1.2, ``voltoken.sts.pan``). The codes 00 and 0100 stand for
every maker in public tests; they and 0000, their long form, are given to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from voltoken.kmc.kinds import LINE, pattern, reference
from voltoken.kmc.register import ADD, Field, Look, Register, Step
from voltoken.kmc.rules import in_order, in_state, member
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry
from voltoken.sts import MeterPAN

RESERVED: Final = frozenset({"00", "0000", "0100"})
"""Codes of meters that certification tests make up."""

REASONS: Final[Mapping[str, str]] = {
    "reserved": "the manufacturer code stands for every maker in public tests",
    "same_code": "the manufacturer code was given out before, in this form or with two zeros before it",
    "no_product": "the manufacturer has no meter that is ready or certified",
    "overlap": "serial numbers were given out before",
    "range_id": "the id of a range is its code and its first serial, 0001-00100000",
}

MFR_CODE_KIND: Final = pattern("MFR", r"[0-9]{2}|[0-9]{4}", "two digits (07) or four (0001)")
SERIAL: Final = pattern("serial", r"[0-9]{8}", "a serial number of eight digits, zeros before it")


def range_of(state: State, pan: MeterPAN) -> Entry | None:
    """Return the serial range that a meter's number was given out in, None when it was in none."""
    for entry in state.where("serial_range", mfr_code=str(pan.mfr_code)):
        if entry.get("first") <= pan.serial <= entry.get("last"):
            return entry
    return None


def _is_new(look: Look) -> None:
    """No code is given out twice, nor in its other form."""
    code = look.after.entry_id
    if code in RESERVED:
        raise look.refuse("reserved", f"{code} stands for every maker in public tests. Give another code.")
    twin = f"00{code}" if len(code) == 2 else code.removeprefix("00")
    if twin != code and look.state.entry("mfr_code", twin) is not None:
        raise look.refuse("same_code", f"{code} is {twin} in its other form, and that was given out before.")


def _has_a_product(look: Look) -> None:
    """The manufacturer is a member, and has a meter that is ready or certified."""
    maker = member(look, "manufacturer", ("manufacturer",))
    meters = look.state.where("product", organisation=maker.entry_id, kind="meter")
    if not any(product.state in ("ready", "certified") for product in meters):
        raise look.refuse(
            "no_product", f"{maker} has no meter that is ready. Codes are given with a product."
        )


def _id_is_its_beginning(look: Look) -> None:
    """The id of a range says where it begins."""
    whole = f"{look.after.get('mfr_code')}-{look.after.get('first')}"
    if look.after.entry_id != whole:
        raise look.refuse("range_id", f"The id of this range is {whole}: its code and its first serial.")


def _is_free(look: Look) -> None:
    """No serial of a range was given out before."""
    first, last = look.after.get("first"), look.after.get("last")
    for other in look.state.where("serial_range", mfr_code=look.after.get("mfr_code")):
        if first <= other.get("last") and other.get("first") <= last:
            taken = f"{other.get('first')} to {other.get('last')}"
            raise look.refuse("overlap", f"{taken} were given out before. Begin after the last one.")


MFR_CODE: Final = Register(
    "mfr_code",
    "Manufacturer codes, of two digits (first edition) or four.",
    (
        Field("manufacturer", reference("organisation"), "who makes the meters", required=True, shown=True),
        Field("notes", LINE, "anything else"),
    ),
    {"allocated": "meters are made with it", "withdrawn": "no more meters; it is never given again"},
    (
        Step(
            ADD,
            "give a code to a manufacturer with a product",
            (),
            "allocated",
            ("manufacturer", "notes"),
            approvals=1,
            rules=(_is_new, _has_a_product),
        ),
        Step("withdraw", "end it for good", ("allocated",), "withdrawn", approvals=1),
    ),
    identifier=MFR_CODE_KIND,
    terminal=frozenset({"withdrawn"}),
)

SERIAL_RANGE: Final = Register(
    "serial_range",
    "Serial numbers given out under a manufacturer code.",
    (
        Field("mfr_code", reference("mfr_code", MFR_CODE_KIND), "the code", required=True, shown=True),
        Field("first", SERIAL, "the first serial number", required=True, shown=True),
        Field("last", SERIAL, "the last serial number", required=True, shown=True),
        Field("product", reference("product"), "the meter that they are for"),
        Field("notes", LINE, "anything else"),
    ),
    {"allocated": "meters may be made with these numbers", "exhausted": "all of them are used"},
    (
        Step(
            ADD,
            "give out a range of serial numbers",
            (),
            "allocated",
            ("mfr_code", "first", "last", "product", "notes"),
            approvals=1,
            rules=(
                _id_is_its_beginning,
                in_order("first", "last"),
                in_state("mfr_code", "allocated"),
                in_state("product", "ready", "certified"),
                _is_free,
            ),
        ),
        Step("exhaust", "note that all are used", ("allocated",), "exhausted"),
    ),
    identifier=pattern(
        "range", r"([0-9]{2}|[0-9]{4})-[0-9]{8}", "code and first serial, such as 0001-00100000"
    ),
    terminal=frozenset({"exhausted"}),
)

TABLES: Final = (MFR_CODE, SERIAL_RANGE)
