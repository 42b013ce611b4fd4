"""The JSON schema of a tariff document, for editors; made from the table of fields.

It follows draft 2020-12. A schema cannot say everything that ``check`` finds: what passes it may still have
faults, but what ``check`` passes always passes it. Days are texts in it, because editors see TOML dates so.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from voltoken.tariff.document import FORMAT
from voltoken.tariff.reading.fields import (
    FIELDS,
    LANGUAGE,
    MONTH,
    MONTHS_MAX,
    NUMBER_MAX,
    TABLES,
    Field,
    Kind,
)

_ID: Final = f"urn:voltoken:schema:{FORMAT.replace('/', ':')}"
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def _one_of(*keys: str) -> list[dict[str, Any]]:
    return [{"required": [key]} for key in keys]


_EXTRA: Final[Mapping[str, Any]] = {
    "oneOf": _one_of("per_unit", "rate", "once"),
    "dependentRequired": {"rate": ["on"], "on": ["rate"], "once": ["from_units"]},
}
_TOGETHER: Final[Mapping[str, Mapping[str, Any]]] = {
    "period": {"dependentRequired": {"days": ["starts"], "starts": ["days"]}},
    "money": {"dependentRequired": {"rates": ["prices_in"]}},
    "energy": {
        "oneOf": _one_of("price", "blocks", "times"),
        "dependentRequired": {"sold_at": ["times"]},
    },
    "levy": _EXTRA,
    "tax": _EXTRA,
    "charge": {"oneOf": _one_of("amount", "rate"), "dependentRequired": {"amount": ["per"]}},
    "debt": {
        "dependentRequired": {key: ["instalment"] for key in ("per", "accrues", "accrues_max")},
    },
    "take": {"dependentRequired": {"of": ["share"], "at_least": ["share"]}},
}
"""What keys of a table say together, as far as a schema can tell."""


def schema() -> dict[str, Any]:
    """Return the JSON schema of the format, a new one each time."""
    document = _table("")
    title = f"Tariff document ({FORMAT})"
    return {
        "$schema": _DIALECT,
        "$id": _ID,
        "title": title,
        **document,
        "$defs": {name: _table(name) for name in FIELDS if name} | {"names": _names()},
    }


def _table(name: str) -> dict[str, Any]:
    fields = FIELDS[name]
    made: dict[str, Any] = {
        "description": TABLES[name],
        "type": "object",
        "additionalProperties": False,
        "properties": {key: _field(key, known) for key, known in fields.items()},
    }
    if required := [key for key, known in fields.items() if known.required]:
        made["required"] = required
    return made | copy.deepcopy(dict(_TOGETHER.get(name, {})))


def _field(key: str, known: Field) -> dict[str, Any]:
    one = _value(known)
    if known.many:
        one = {"type": "array", "items": one, "minItems": 1, "maxItems": known.many}
        if known.kind is not Kind.TABLE:
            one["uniqueItems"] = True
    made: dict[str, Any] = {"title": key, "description": known.meaning, **one}
    match known.default:
        case None:
            pass
        case Fraction():
            made["default"] = known.default.numerator
        case tuple():
            if known.default:
                made["default"] = list(known.default)
        case _:
            made["default"] = known.default
    return made


def _value(known: Field) -> dict[str, Any]:
    """Return the schema of one value."""
    match known.kind:
        case Kind.TABLE:
            return {"$ref": f"#/$defs/{known.table}"}
        case Kind.YES:
            return {"type": "boolean"}
        case Kind.DAY:
            return {"type": "string", "format": "date"}
        case Kind.WHOLE:
            return {"type": "integer", **_bounds(known)}
        case Kind.NUMBER:
            return {"type": "number", **_bounds(known)}
        case Kind.MONTHLY:
            number = {"type": "number", **_bounds(known)}
            by_month = {
                "type": "object",
                "patternProperties": {_whole(MONTH): number},
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": MONTHS_MAX,
            }
            return {"oneOf": [number, by_month]}
    if known.words:
        return {"type": "string", "enum": list(known.words)}
    if known.pattern:
        return {"type": "string", "pattern": _whole(known.pattern)}
    return {"type": "string", "minLength": 1, "maxLength": known.long}


def _bounds(known: Field) -> dict[str, Any]:
    named = {
        "minimum": known.low,
        "maximum": known.high,
        "exclusiveMinimum": -NUMBER_MAX if known.low is known.above is None else known.above,
        "exclusiveMaximum": NUMBER_MAX if known.high is known.under is None else known.under,
    }
    return {word: bound for word, bound in named.items() if bound is not None}


def _whole(pattern: str) -> str:
    """Return a pattern that must fit a text from its beginning to its end."""
    return f"^(?:{pattern})$"


def _names() -> dict[str, Any]:
    """Return the schema of names by language and code; the codes are those of the document."""
    words = {"type": "object", "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 100}}
    return {
        "description": TABLES["names"],
        "type": "object",
        "patternProperties": {_whole(LANGUAGE): words},
        "additionalProperties": False,
    }
