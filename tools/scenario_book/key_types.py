"""Stories of key types: which key may follow which, and what each may be used for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tools.scenario_book.keys import key11, number
from tools.scenario_book.kit import Story, tell
from voltoken.sts import EA, DecoderKey, KeyType, Service, SetMaximumPowerLimit, TransferCredit

_SOURCE = "sts_protocol 10"
_FIRST = DecoderKey(bytes(range(16)), EA.MISTY1, kt=KeyType.DITK, test=True)
"""A key as a manufacturer loads it: made up, without a vending key behind it."""
_KEYS = {
    "DITK": _FIRST,
    "DDTK": key11(kt=KeyType.DDTK),
    "DUTK": key11(),
    "DCTK": key11(kt=KeyType.DCTK),
}
_NEXT = {
    "DITK": key11(2, kt=KeyType.DITK),
    "DDTK": key11(2, kt=KeyType.DDTK),
    "DUTK": key11(2),
    "DCTK": key11(2, kt=KeyType.DCTK),
}
_PERMITTED = (
    ("DITK", "DDTK"),
    ("DITK", "DUTK"),
    ("DITK", "DCTK"),
    ("DDTK", "DDTK"),
    ("DDTK", "DUTK"),
    ("DDTK", "DCTK"),
    ("DUTK", "DDTK"),
    ("DUTK", "DUTK"),
    ("DCTK", "DDTK"),
    ("DCTK", "DCTK"),
)
_FORBIDDEN = (
    ("DDTK", "DITK"),
    ("DUTK", "DITK"),
    ("DUTK", "DCTK"),
    ("DCTK", "DITK"),
    ("DCTK", "DUTK"),
)


def _permitted(old: str, new: str) -> Callable[[Story], None]:
    def telling(s: Story) -> None:
        after = _NEXT[new]
        s.change(after, f"From {old} to {new}.", kt=int(after.kt), krn=2, sgc="123457", ti="01")
        credit = TransferCredit.of(Service.ELECTRICITY, 10, tid=s.t0, rnd=5)
        if new == "DDTK":
            s.enter(credit, "DDTKError", "A default key takes no credit.")
            s.end(memory=s.memory(), credit="0")
        else:
            s.enter(credit, "Accept", "Credit under the new key.")
            s.end(memory=s.memory(s.t0), credit="10")

    return telling


def _forbidden(old: str, new: str) -> Callable[[Story], None]:
    def telling(s: Story) -> None:
        before, after = _KEYS[old], _NEXT[new]
        tokens = s.sections(after)
        for place, token in enumerate(tokens[:-1]):
            s.enter(token, ("1stKCT", "2ndKCT", "3rdKCT")[place], missing=list(range(place + 2, 5)))
        same: dict[str, Any] = {
            "kt": int(before.kt),
            "key_check_value": str(before.check_value),
            "missing": [],
        }
        s.enter(tokens[-1], "KeyTypeError", f"From {old} to {new} is forbidden; the set is dropped.", **same)
        s.enter(SetMaximumPowerLimit.of(5000, tid=s.t0, rnd=5), "Accept", "The old key is still there.")
        s.end(memory=s.memory(s.t0), credit="0", kt=int(before.kt))

    return telling


for _old, _new in _PERMITTED:
    tell(
        f"Key change {_old} to {_new}: permitted",
        name=f"key-change-{_old.lower()}-to-{_new.lower()}",
        rule=f"A meter with a {_old} may be given a {_new}"
        + (", where its tokens come on magnetic cards." if "DCTK" in (_old, _new) else "."),
        source=_SOURCE,
        key=_KEYS[_old],
        profile="card" if "DCTK" in (_old, _new) else "single-phase",
    )(_permitted(_old, _new))

for _old, _new in _FORBIDDEN:
    tell(
        f"Key change {_old} to {_new}: forbidden",
        name=f"key-change-{_old.lower()}-to-{_new.lower()}",
        rule=f"A meter with a {_old} refuses a {_new} with KeyTypeError when the set is complete, and "
        f"changes nothing.",
        source=_SOURCE,
        key=_KEYS[_old],
        profile="card" if "DCTK" in (_old, _new) else "single-phase",
    )(_forbidden(_old, _new))

tell(
    "A common key for a keypad meter",
    name="common-key-for-a-keypad-meter",
    rule="A common key goes with erasable magnetic cards only; a keypad meter refuses it, also under a DITK.",
    source=_SOURCE,
    key=_FIRST,
)(_forbidden("DITK", "DCTK"))


@tell(
    "A meter from the store",
    rule="A stock meter on a default key takes no credit: the key change set comes before the first sale.",
    source="field_rules rule 13 and edge case 17",
    edge_case=17,
    key=_KEYS["DDTK"],
)
def a_stock_meter(s: Story) -> None:
    """The slip for a new customer: key change first, credit second."""
    s.enter(s.sale("10"), "DDTKError", "Credit under the default key.", credit="0", memory=s.memory())
    s.enter(SetMaximumPowerLimit.of(5000, tid=s.t0, rnd=5), "Accept", "Management is allowed.")
    unique = key11()
    credit = number(TransferCredit.of(Service.ELECTRICITY, 10, tid=s.t0 + 1, rnd=5), unique)
    s.enter(credit, "CRCError", "The credit token of the slip, typed too early.")
    s.change(unique, "The key change set of the slip.", kt=2)
    s.enter(credit, "Accept", "Now in the order of the slip.", credit="10")
    s.end(memory=s.memory(s.t0, s.t0 + 1), credit="10")


@tell(
    "The manufacturer's key takes credit",
    rule="A DITK may encrypt credit and management; a meter knows no revision and no supply group of it.",
    source=_SOURCE,
    key=_FIRST,
)
def the_first_key(s: Story) -> None:
    """On the test bench of the factory."""
    s.enter(s.sale("10"), "Accept", "Credit.", kt=0, krn=None, sgc=None, ti=None)
    s.end(memory=s.memory(s.t0), credit="10")
