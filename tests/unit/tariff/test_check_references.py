"""Codes of a document: given once, known where they are named, and never in a circle."""

from __future__ import annotations

import pytest

from tests.unit.tariff.papers import changed, line_of, more, priced, told
from voltoken.tariff.reading.check import check, load

ON = 'on = ["energy", "SERVICE"]'
LEVY = '[[levy]]\ncode = "{code}"\nname = "x"\nrate = 0.1\non = [{on}]\n'


def levies(**on: str) -> str:
    """Return the plain document with more levies, by code."""
    return more("".join(LEVY.format(code=code, on=words) for code, words in on.items()))


FAULTS = {
    "twice": (
        changed('code = "FUEL"', 'code = "VAT"'),
        'tax[1].code: "VAT" is the code of levy[1] already; give each part a code of its own.',
    ),
    "reserved": (
        changed('code = "FUEL"', 'code = "energy"'),
        'levy[1].code: "energy" has a meaning of its own here; give this part another code.',
    ),
    "unknown": (
        changed(ON, 'on = ["energy", "SERVCE"]'),
        'tax[1].on[2]: no part of this document has the code "SERVCE". Did you mean "SERVICE"?',
    ),
    "like no other": (
        changed(ON, 'on = ["xyz"]'),
        'tax[1].on[1]: no part of this document has the code "xyz". There are: FUEL, VAT, SERVICE, arrears.',
    ),
    "itself": (
        changed(ON, 'on = ["energy", "VAT"]'),
        'tax[1].on[2]: "VAT" cannot be reckoned on itself; leave it out.',
    ),
    "free units": (
        more('[[free]]\ncode = "F"\nname = "F"\nunits = 5').replace(ON, 'on = ["F"]'),
        (
            'tax[1].on[1]: "F" is a [[free]]; only a [[levy]] or [[tax]] or [[charge]] or '
            "[[debt]] can be named here."
        ),
    ),
    "an empty group": (
        changed('[[levy]]\ncode = "FUEL"\nname = "Fuel"\nper_unit = 0.12\n', "").replace(
            ON, 'on = ["levies"]'
        ),
        "tax[1].on[1]: there is no [[levy]] in this document; leave the word out.",
    ),
    "a charge collected elsewhere": (
        changed('per = "month"', 'per = "month"\ncollected = "meter"'),
        (
            'tax[1].on: "SERVICE" is collected at the meter, and this at the till; '
            "make one for each place, with a code of its own."
        ),
    ),
    "a levy collected elsewhere": (
        changed(ON, 'on = ["levies"]\ncollected = "meter"'),
        (
            'tax[1].on: "FUEL" is collected at the till, and this at the meter; '
            "make one for each place, with a code of its own."
        ),
    ),
    "two on each other": (
        levies(A='"B"', B='"A"'),
        "levy[2].on: these are reckoned on one another: A on B on A. Take one out of an `on`.",
    ),
    "a longer circle, entered from outside": (
        levies(Z='"C"', C='"energy", "A"', A='"FUEL", "B"', B='"C"'),
        "levy[3].on: these are reckoned on one another: C on A on B on C. Take one out of an `on`.",
    ),
    "several on their group": (
        levies(A='"levies"', B='"levies"', C='"levies"'),
        "levy[2].on: these are reckoned on one another: A on B on A. Take one out of an `on`.",
    ),
    "an unknown one inside a price": (
        priced('price = 1\nincludes = ["VTA"]'),
        'energy[1].includes[1]: no part of this document has the code "VTA". Did you mean "VAT"?',
    ),
    "a charge inside a price": (
        priced('price = 1\nincludes = ["SERVICE"]'),
        'energy[1].includes[1]: "SERVICE" is a [[charge]]; only a [[levy]] or [[tax]] can be named here.',
    ),
    "an amount inside a price": (
        priced('price = 1\nincludes = ["FUEL"]'),
        'energy[1].includes[1]: "FUEL" is an amount; only a share can be contained in a price.',
    ),
    "a tax inside a price that is not on it": (
        changed('per = "month"', 'per = "month"\nincludes = ["VAT"]').replace(ON, 'on = ["energy"]'),
        'charge[1].includes[1]: "VAT" is not reckoned on this; name this in its `on`, or leave it out here.',
    ),
    "a tax on a levy that is not inside": (
        levies(A='"energy"')
        .replace(ON, 'on = ["A"]')
        .replace("blocks = [", 'includes = ["VAT"]\nblocks = ['),
        'energy[1].includes[1]: "VAT" is not reckoned on this; name this in its `on`, or leave it out here.',
    ),
    "an order of what is not there": (
        more('[collection]\norder = ["SERVICE", "arears"]'),
        'collection.order[2]: no part of this document has the code "arears". Did you mean "arrears"?',
    ),
    "an order of taxes": (
        more('[collection]\norder = ["VAT"]'),
        'collection.order[1]: "VAT" is a [[tax]]; only a [[charge]] or [[debt]] can be named here.',
    ),
    "a name of what is not there": (
        more('[names.fr]\nVTA = "TVA"'),
        'names.fr.VTA: no part of this document has the code "VTA". Did you mean "VAT"?',
    ),
}


@pytest.mark.parametrize(("text", "message"), FAULTS.values(), ids=list(FAULTS))
def test_a_code_that_leads_nowhere_is_told_once(text: str, message: str) -> None:
    assert told(text) == [message]


def test_two_circles_are_two_faults() -> None:
    faults = check(levies(A='"B"', B='"A"', C='"D"', D='"C"'))
    assert [fault.where for fault in faults] == ["levy[2].on", "levy[4].on"]


def test_a_tax_is_inside_a_price_by_way_of_a_levy_inside_it() -> None:
    text = levies(A='"energy"').replace(ON, 'on = ["A"]')
    assert check(text.replace("blocks = [", 'includes = ["VAT", "A"]\nblocks = [')) == ()


def test_a_levy_may_contain_a_tax_on_it() -> None:
    assert (
        check(changed("per_unit = 0.12", 'per_unit = 0.12\nincludes = ["VAT"]').replace(ON, 'on = ["FUEL"]'))
        == ()
    )


def test_names_may_be_given_of_all_parts_and_of_energy() -> None:
    names = 'VAT = "TVA"\nFUEL = "f"\nSERVICE = "s"\narrears = "a"\nF = "g"\nenergy = "e"'
    text = more(f'[[free]]\ncode = "F"\nname = "F"\nunits = 5\n[names.fr]\n{names}')
    assert set(load(text).names["fr"]) == {"VAT", "FUEL", "SERVICE", "arrears", "F", "energy"}


UNKNOWABLE = {
    "a code that is missing": (changed('code = "SERVICE"\n', ""), "charge[1].code"),
    "a code that is none": (changed('code = "SERVICE"', 'code = "my service"'), "charge[1].code"),
    "a code that cannot be read": (changed('code = "SERVICE"', "code = SERVICE"), "charge[1].code"),
    "a table that is misspelt": (changed("[[charge]]", "[[chargge]]"), "chargge"),
    "a table that is none": (changed("[[charge]]", "[charge]"), "charge"),
    "a header that cannot be read": (changed("[[charge]]", "[[charge"), ""),
}


@pytest.mark.parametrize(("text", "where"), UNKNOWABLE.values(), ids=list(UNKNOWABLE))
def test_a_code_that_may_be_what_is_missing_is_not_told(text: str, where: str) -> None:
    assert [fault.where for fault in check(text)] == [where]


def test_parts_that_are_collected_elsewhere_do_not_stand_in_the_way() -> None:
    meter = 'collected = "meter"'
    text = changed("per_unit = 0.12", f"per_unit = 0.12\n{meter}") + f"{meter}\n"
    assert told(text.replace(ON, 'on = ["FUEL"]')) == []


def test_a_group_of_a_table_with_a_fault_is_not_called_empty() -> None:
    text = changed("[[levy]]", "[levy]").replace(ON, 'on = ["levies"]')
    assert [fault.where for fault in check(text)] == ["levy"]


def test_the_line_is_that_of_the_name() -> None:
    text = changed(ON, 'on = [\n    "energy",\n    "SERVCE",\n]')
    assert [fault.line for fault in check(text)] == [line_of('"SERVCE"', text)]
