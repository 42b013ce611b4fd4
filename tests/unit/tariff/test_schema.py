"""The JSON schema of tariff documents: what is in order passes it, plain mistakes do not."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.unit.tariff.papers import PLAIN, changed, more, priced
from tests.unit.tariff.test_check import DOCUMENTS, FULL
from voltoken.tariff.reading.check import check
from voltoken.tariff.reading.fields import FIELDS, TABLES, Kind
from voltoken.tariff.reading.schema import schema

KNOWN = {
    *("$ref", "type", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum"),
    *("exclusiveMinimum", "exclusiveMaximum", "properties", "required", "additionalProperties"),
    *("patternProperties", "minProperties", "maxProperties", "items", "minItems", "maxItems"),
    *("uniqueItems", "oneOf", "dependentRequired"),
}
"""Words that ``misfits`` understands."""
SAID = {"title", "description", "default", "format", "$schema", "$id", "$defs"}
"""Words that only say something."""

TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
}


def misfits(value: Any, rule: Mapping[str, Any], root: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Yield what of a value breaks a schema: as much of draft 2020-12 as ours is made of."""
    assert set(rule) <= KNOWN | SAID, set(rule) - KNOWN - SAID
    if "$ref" in rule:
        yield from misfits(value, root["$defs"][rule["$ref"].removeprefix("#/$defs/")], root, at)
    allowed = TYPES.get(rule.get("type", ""), (object,))
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed and "type" in rule):
        yield f"{at}: type"
        return
    if "enum" in rule and value not in rule["enum"]:
        yield f"{at}: enum"
    if "oneOf" in rule and sum(not list(misfits(value, one, root, at)) for one in rule["oneOf"]) != 1:
        yield f"{at}: oneOf"
    if isinstance(value, str):
        yield from text_misfits(value, rule, at)
    elif isinstance(value, dict):
        yield from table_misfits(value, rule, root, at)
    elif isinstance(value, list):
        yield from list_misfits(value, rule, root, at)
    else:
        yield from number_misfits(value, rule, at)


def list_misfits(
    value: list[Any], rule: Mapping[str, Any], root: Mapping[str, Any], at: str
) -> Iterator[str]:
    """Yield what of a list breaks a schema."""
    if not rule["minItems"] <= len(value) <= rule["maxItems"]:
        yield f"{at}: items"
    if rule.get("uniqueItems") and len({json.dumps(item) for item in value}) < len(value):
        yield f"{at}: uniqueItems"
    for number, item in enumerate(value):
        yield from misfits(item, rule["items"], root, f"{at}[{number}]")


def number_misfits(value: Any, rule: Mapping[str, Any], at: str) -> Iterator[str]:
    """Yield whether a number is out of the bounds of a schema."""
    low, high = rule.get("minimum", value), rule.get("maximum", value)
    above, under = rule.get("exclusiveMinimum", value - 1), rule.get("exclusiveMaximum", value + 1)
    if not (low <= value <= high and above < value < under):
        yield f"{at}: bounds"


def text_misfits(value: str, rule: Mapping[str, Any], at: str) -> Iterator[str]:
    """Yield what of a text breaks a schema."""
    if not re.search(rule.get("pattern", ""), value):
        yield f"{at}: pattern"
    if not rule.get("minLength", 0) <= len(value) <= rule.get("maxLength", len(value)):
        yield f"{at}: length"
    if rule.get("format") == "date":
        try:
            date.fromisoformat(value)
        except ValueError:
            yield f"{at}: format"


def table_misfits(
    value: Mapping[str, Any], rule: Mapping[str, Any], root: Mapping[str, Any], at: str
) -> Iterator[str]:
    """Yield what of a table breaks a schema."""
    for key in rule.get("required", ()):
        if key not in value:
            yield f"{at}: {key} required"
    for key, others in rule.get("dependentRequired", {}).items():
        if key in value and not set(others) <= value.keys():
            yield f"{at}: {key} alone"
    if not rule.get("minProperties", 0) <= len(value) <= rule.get("maxProperties", len(value)):
        yield f"{at}: size"
    for key, item in value.items():
        fits = [one for name, one in rule.get("properties", {}).items() if name == key]
        fits += [one for name, one in rule.get("patternProperties", {}).items() if re.search(name, key)]
        rest = rule.get("additionalProperties", True)
        if not fits and rest is False:
            yield f"{at}.{key}: unknown"
        fits = fits or ([rest] if isinstance(rest, dict) else [])
        for one in fits:
            yield from misfits(item, one, root, f"{at}.{key}")


def seen(text: str) -> Any:
    """Return a document as an editor sees it: days are texts, numbers are numbers."""
    return json.loads(json.dumps(tomllib.loads(text), default=str))


def faults(text: str) -> list[str]:
    """Return what of a document breaks the schema."""
    whole = schema()
    return list(misfits(seen(text), whole, whole))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_the_examples_pass(path: Path) -> None:
    assert faults(path.read_text(encoding="utf-8")) == []


def test_documents_in_order_pass() -> None:
    for text in (PLAIN, FULL):
        assert check(text) == ()
        assert faults(text) == []


TAKE = "{ share = 0.50 }"
BROKEN = {
    "an unknown key": (changed("rate = 0.15", "rat = 0.15"), ".tax[0].rat: unknown"),
    "an unknown table": (changed("[money]", "[cash]"), ".cash: unknown"),
    "the tariff index": (changed("[money]", "tariff_index = 1\n[money]"), ".tariff.tariff_index: unknown"),
    "a missing key": (changed('zone = "Africa/Johannesburg"\n', ""), ".tariff: zone required"),
    "another format": (changed("voltoken-tariff/1", "voltoken-tariff/2"), ".format: enum"),
    "a quoted number": (changed("rate = 0.15", 'rate = "0.15"'), ".tax[0].rate: type"),
    "a percentage": (changed("rate = 0.15", "rate = 15"), ".tax[0].rate: bounds"),
    "a price of nothing": (priced("price = 0"), ".energy[0].price: bounds"),
    "a word": (changed('per = "month"', 'per = "week"'), ".charge[0].per: enum"),
    "a code": (changed('code = "VAT"', 'code = "V A T"'), ".tax[0].code: pattern"),
    "a zone": (changed("Africa/Johannesburg", "Johannesburg"), ".tariff.zone: pattern"),
    "a day": (changed("valid_from = 2024-07-01", 'valid_from = "July"'), ".tariff.valid_from: format"),
    "empty text": (changed('name = "Fuel"', 'name = ""'), ".levy[0].name: length"),
    "an empty list": (changed('["energy", "SERVICE"]', "[]"), ".tax[0].on: items"),
    "an item twice": (changed('["energy", "SERVICE"]', '["energy", "energy"]'), ".tax[0].on: uniqueItems"),
    "one of several": (changed("[[tax]]", "[tax]"), ".tax: type"),
    "two prices": (priced("price = 1\nblocks = [{ price = 1 }]"), ".energy[0]: oneOf"),
    "no price": (priced("when = {}"), ".energy[0]: oneOf"),
    "sold at": (priced("price = 1\nsold_at = 1"), ".energy[0]: sold_at alone"),
    "an amount and a rate": (
        changed("per_unit = 0.12", "per_unit = 0.12\nrate = 0.1\non = ['energy']"),
        ".levy[0]: oneOf",
    ),
    "an amount once": (changed("per_unit = 0.12", "once = 5"), ".levy[0]: once alone"),
    "an amount once and by unit": (
        changed("per_unit = 0.12", "per_unit = 0.12\nonce = 5\nfrom_units = 9"),
        ".levy[0]: oneOf",
    ),
    "a currency": (changed('"ZAR"', '"zar"'), ".money.currency: pattern"),
    "a rate of nothing": (changed('on = ["energy", "SERVICE"]', ""), ".tax[0]: rate alone"),
    "an amount how often": (changed('per = "month"', ""), ".charge[0]: amount alone"),
    "how often of nothing": (changed("take = { share = 0.25 }", 'per = "month"'), ".debt[0]: per alone"),
    "a share of what": (changed(TAKE, '{ of = "rest" }'), ".charge[0].take: of alone"),
    "a month": (changed("per_unit = 0.12", "per_unit = { 2024-13 = 1 }"), ".levy[0].per_unit: oneOf"),
    "no months": (changed("per_unit = 0.12", "per_unit = {}"), ".levy[0].per_unit: oneOf"),
    "too much": (changed("per_unit = 0.12", "per_unit = 1e12"), ".levy[0].per_unit: oneOf"),
    "part of a month": (more("[period]\ndays = 1.5\nstarts = 2024-07-01"), ".period.days: type"),
    "a period without a beginning": (more("[period]\ndays = 30"), ".period: days alone"),
    "rates": (
        changed('currency = "ZAR"', 'currency = "ZAR"\nrates = [{ from = 2024-01-01, rate = 1 }]'),
        ".money: rates alone",
    ),
    "true": (changed(TAKE, '{ whole = "yes" }'), ".charge[0].take.whole: type"),
    "hours": (
        priced('sold_at = 1\ntimes = [{ name = "x", price = 1, hours = ["6-8"] }]'),
        ".energy[0].times[0].hours[0]: pattern",
    ),
    "a language": (more('[names.French]\nVAT = "TVA"'), ".names.French: unknown"),
    "a name": (more("[names.fr]\nVAT = 5"), ".names.fr.VAT: type"),
}


@pytest.mark.parametrize(("text", "misfit"), BROKEN.values(), ids=list(BROKEN))
def test_plain_mistakes_do_not_pass(text: str, misfit: str) -> None:
    assert misfit in faults(text)
    assert check(text) != ()


def test_it_is_of_the_draft_and_can_be_written() -> None:
    made = schema()
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert made["$id"] == "urn:voltoken:schema:voltoken-tariff:1"
    assert json.loads(json.dumps(made)) == made


def test_it_is_a_new_one_each_time() -> None:
    schema()["$defs"]["energy"]["oneOf"].clear()
    schema()["$defs"]["debt"]["dependentRequired"]["per"].clear()
    assert schema()["$defs"]["energy"]["oneOf"] == [
        {"required": [key]} for key in ("price", "blocks", "times")
    ]
    assert schema()["$defs"]["debt"]["dependentRequired"]["per"] == ["instalment"]


def test_every_key_says_what_it_means() -> None:
    made = schema()
    for name, table in {"": made, **made["$defs"]}.items():
        assert table["description"] == TABLES[name]
        assert table["additionalProperties"] is False
        for key, rule in table.get("properties", {}).items():
            assert rule["title"] == key
            assert rule["description"] == FIELDS[name][key].meaning
            assert rule["description"].endswith(".")


def test_defaults_are_shown_as_they_are_written() -> None:
    tables = schema()["$defs"]
    assert tables["tariff"]["properties"]["resource"]["default"] == "electricity"
    assert tables["period"]["properties"]["counts"]["default"] == ["bought"]
    assert tables["levy"]["properties"]["from_units"]["default"] == 0
    assert tables["free"]["properties"]["claim"]["default"] is False
    assert "default" not in tables["tariff"]["properties"]["sources"]
    assert "default" not in tables["money"]["properties"]["places"]


def test_every_table_that_a_key_names_is_there() -> None:
    named = {
        known.table for fields in FIELDS.values() for known in fields.values() if known.kind is Kind.TABLE
    }
    assert named | {""} == set(TABLES)
    assert named - {"names"} | {""} == set(FIELDS)
