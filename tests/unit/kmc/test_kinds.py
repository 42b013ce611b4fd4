"""Kinds of values: what each takes, that the plain form stays as it is, and that nothing else passes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import pytest

from voltoken.errors import FieldError
from voltoken.kmc import REGISTERS, kinds
from voltoken.kmc.kinds import Kind

NOT_PLAIN: tuple[Any, ...] = (1.5, b"x", object(), {1}, 1j, [[]], {1: 2}, True, float("nan"))

ACCEPTED: list[tuple[Kind, Any, Any]] = [
    (kinds.text(), "  Nairobi ", "Nairobi"),
    (kinds.IDENT, "SM-1_a.b,c", "SM-1_a.b,c"),
    (kinds.WORD, "alice.b-1", "alice.b-1"),
    (kinds.count(1, 5), "5", 5),
    (kinds.count(-3), "-3", -3),
    (kinds.count(), 0, 0),
    (kinds.choice("a", "b"), "b", "b"),
    (kinds.many(kinds.IDENT), "b, a,", ["a", "b"]),
    (kinds.many(kinds.IDENT), ("b", "a"), ["a", "b"]),
    (kinds.many(kinds.IDENT), [], []),
    (kinds.many(kinds.count()), "10,9", [9, 10]),
    (kinds.reference("country", kinds.COUNTRY_CODE), "KE", "KE"),
    (kinds.FLAG, "yes", True),
    (kinds.FLAG, "false", False),
    (kinds.FLAG, True, True),
    (kinds.DAY, "2026-11-21", "2026-11-21"),
    (kinds.MOMENT, "2026-11-21T08:00:00+02:00", "2026-11-21T06:00:00.000000Z"),
    (kinds.MOMENT, "2026-11-21T06:00:00.000000Z", "2026-11-21T06:00:00.000000Z"),
    (kinds.MOMENT, datetime(2026, 11, 21, tzinfo=UTC), "2026-11-21T00:00:00.000000Z"),
    (kinds.SGC_KIND, "000001", "000001"),
    (kinds.KRN_KIND, "9", 9),
    (kinds.KEN_KIND, 255, 255),
    (kinds.KT_KIND, "2", 2),
    (kinds.BASE_DATE_KIND, "14", "14"),
    (kinds.DKGA_KIND, "04", "04"),
    (kinds.EAS_KIND, "EA11, 07", ["07", "11"]),
    (kinds.SERVICE, "Electricity", "electricity"),
    (kinds.PAN, "600727000000000009", "600727000000000009"),
    (kinds.PUBLIC_KEY, "0a" * 32, "0a" * 32),
    (kinds.SIGNATURE, "0a" * 64, "0a" * 64),
    (kinds.DIGEST, "0a" * 32, "0a" * 32),
    (kinds.KCV, "0A1B2C", "0A1B2C"),
    (kinds.COUNTRY_CODE, "KE", "KE"),
    (kinds.DOCUMENT, MappingProxyType({"b": (1, None), "a": "x"}), {"a": "x", "b": [1, None]}),
]

NUMBERS: tuple[Any, ...] = ("0", 6, "1.0", "1e0", 1.0, True, "", None, "9" * 30)
EMPTY: tuple[Any, ...] = ("", ",", [])
FLAGS: tuple[Any, ...] = ("maybe", 1, 0, None, [], {})
CHOICES: tuple[Any, ...] = ("c", "", None, ["a"])
LISTS: tuple[Any, ...] = ("a,a", ["a", "a"], [1], {"a": 1}, 5, None, b"a")
REFUSED: list[tuple[Kind, Any]] = [
    *((kinds.text(5), value) for value in ("", "   ", "too long", "a\nb", 5, None)),
    *((kinds.IDENT, value) for value in ("", "-a", "a b", "a" * 41, "ä", "a\n", 5)),
    *((kinds.WORD, value) for value in ("Alice", "", "a,b")),
    *((kinds.count(1, 5), value) for value in NUMBERS),
    *((kinds.choice("a", "b"), value) for value in CHOICES),
    *((kinds.many(kinds.IDENT), value) for value in LISTS),
    *((kinds.many(kinds.IDENT, least=1), value) for value in EMPTY),
    (kinds.many(kinds.count()), ["1", 1]),
    (kinds.many(kinds.DOCUMENT), [{}, {}]),
    (kinds.many(kinds.count()), list(range(kinds.LIST_MAX + 1))),
    *((kinds.FLAG, value) for value in FLAGS),
    *((kinds.DAY, value) for value in ("2026-02-30", "21.11.2026", "20261121", 5, None)),
    *((kinds.MOMENT, value) for value in ("2026-11-21", "2026-11-21T08:00:00", "soon", 5, None)),
    (kinds.MOMENT, datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=2)))),
    *((kinds.SGC_KIND, value) for value in ("12345", 123456, "12345x", None)),
    *((kinds.KRN_KIND, value) for value in ("0", 10, True, 1.0, "x", None)),
    *((kinds.KEN_KIND, value) for value in (-1, 256, True, "x")),
    *((kinds.KT_KIND, value) for value in (0, 4, True, "x", None)),
    *((kinds.BASE_DATE_KIND, value) for value in ("15", 5, None)),
    *((kinds.DKGA_KIND, value) for value in ("05", 4, None)),
    *((kinds.EAS_KIND, value) for value in ("", [], "08", [7], ["07", "EA07"], 5, None)),
    *((kinds.SERVICE, value) for value in ("tea", 1, None)),
    *((kinds.PAN, value) for value in ("6.00727E+17", "600727000000000000", 600727000000000009)),
    *((kinds.PUBLIC_KEY, value) for value in ("0A" * 32, "0a" * 31, None)),
    *((kinds.KCV, value) for value in ("0a1b2c", "0A1B2", None)),
    *((kinds.COUNTRY_CODE, value) for value in ("ke", "KEN", 404)),
    *((kinds.DOCUMENT, value) for value in ({"a": 1.5}, {1: 2}, [1], "{}", None, {"a": 1 << 70})),
]


@pytest.mark.parametrize(
    ("kind", "given", "plain"),
    ACCEPTED,
    ids=[f"{number}-{row[0].name}" for number, row in enumerate(ACCEPTED)],
)
def test_what_is_given_is_read_to_one_plain_value_that_stays_as_it_is(
    kind: Kind, given: Any, plain: Any
) -> None:
    found = kind.value("field", given)
    assert found == plain
    assert found.__class__ is plain.__class__
    assert kind.value("field", found) == plain


@pytest.mark.parametrize(
    ("kind", "given"), REFUSED, ids=[f"{number}-{row[0].name}" for number, row in enumerate(REFUSED)]
)
def test_what_a_kind_does_not_take_is_refused_with_what_it_takes(kind: Kind, given: Any) -> None:
    with pytest.raises(FieldError) as error:
        kind.value("thing", given)
    assert error.value.field == "thing"
    assert error.value.allowed


ALL_KINDS = {
    (register.name, field.name): field.kind for register in REGISTERS.values() for field in register.fields
}


@pytest.mark.parametrize("kind", ALL_KINDS.values(), ids=[".".join(names) for names in ALL_KINDS])
def test_no_field_of_any_register_takes_what_is_no_plain_value(kind: Kind) -> None:
    for given in NOT_PLAIN:
        if given is True and kind is kinds.FLAG:
            continue
        with pytest.raises(FieldError):
            kind.value("field", given)


def test_a_kind_that_names_entries_says_of_which_register() -> None:
    kind = kinds.many(kinds.reference("country", kinds.COUNTRY_CODE), least=2)
    assert (kind.refers, kind.many, kind.name) == ("country", True, "CC,...")
    assert "at least 2" in kind.allowed
