"""What is the same for all tables: names, texts, and reasons that are listed."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

import voltoken.kmc
from tests.unit.kmc.refusals import why
from tests.unit.kmc.town import Town
from voltoken import canonical
from voltoken.errors import ActRefused
from voltoken.kmc import REASONS, REGISTERS, plans, rules
from voltoken.kmc.reasons import ENGINE_REASONS
from voltoken.kmc.register import Look
from voltoken.kmc.rules import RULE_REASONS

SOURCES = sorted(Path(voltoken.kmc.__file__).parent.rglob("*.py"))
NAME = re.compile(r"[a-z][a-z0-9_]*")
FIRST = (
    *("person", "role", "organisation", "country", "supply_group", "mfr_code", "serial_range", "product"),
    *("certification", "laboratory", "module", "installation", "practice", "assessment", "vending_key"),
    *("authorisation", "key_file", "centre", "transfer", "ceremony", "revision", "incident"),
)


def test_all_registers_of_the_issue_are_there() -> None:
    assert set(FIRST) <= set(REGISTERS)


@pytest.mark.parametrize("name", REGISTERS)
def test_names_are_words_and_texts_are_sentences_for_people(name: str) -> None:
    register = REGISTERS[name]
    assert register.text[0].isupper()
    assert register.text.endswith(".")
    for word in (name, *register.states, *(step.name for step in register.steps)):
        assert NAME.fullmatch(word), word
    for field in register.fields:
        assert NAME.fullmatch(field.name), field.name
    texts = [field.text for field in register.fields] + [step.text for step in register.steps]
    texts += register.states.values()
    for text in texts:
        assert text, name
        assert not text.removesuffix("...").endswith("."), text


@pytest.mark.parametrize("name", REGISTERS)
def test_what_stands_in_a_field_without_being_given_is_a_plain_value(name: str) -> None:
    for field in REGISTERS[name].fields:
        canonical.write({"default": field.default})


@pytest.mark.parametrize("word", REASONS)
def test_a_reason_has_one_sentence_about_it(word: str) -> None:
    assert NAME.fullmatch(word)
    assert len(REASONS[word]) > 10
    assert not REASONS[word].endswith(".")


def test_no_two_subjects_say_different_things_of_one_reason() -> None:
    said: dict[str, set[str]] = {}
    names = [path.stem for path in SOURCES if path.parent.name == "registers"]
    subjects = [import_module(f"voltoken.kmc.registers.{name}") for name in names if name != "__init__"]
    tables = [getattr(subject, "REASONS", {}) for subject in subjects]
    assert sum(map(bool, tables)) > 5
    for table in (ENGINE_REASONS, RULE_REASONS, *tables):
        for word, text in table.items():
            said.setdefault(word, set()).add(text)
    assert {word: texts for word, texts in said.items() if len(texts) > 1} == {}


def test_every_reason_that_the_room_raises_is_in_the_table() -> None:
    raised = re.compile(r'(?:ActRefused|(?:look\.|_)refuse)\(\s*"([a-z_]+)"\s*,')
    found = {word for path in SOURCES for word in raised.findall(path.read_text(encoding="utf-8"))}
    assert found, "the pattern finds none"
    assert found <= set(REASONS), sorted(found - set(REASONS))


def look(town: Town) -> Look:
    """Return a look at an act in a town."""
    request = town.state.requests[town.ask("person", "change", "dave", phone="1")].request
    return plans.look_at(town.state, request, town.now, {})


def test_a_rule_about_a_field_that_is_empty_has_nothing_to_say(town: Town) -> None:
    found = look(town)
    for rule in (
        rules.in_state("organisation", "member"),
        rules.in_state("height", "tall"),
        rules.sound_key("height"),
        rules.in_order("height", "phone"),
        rules.yet_to_come("height"),
        rules.unique("height"),
    ):
        rule(found)
    assert why(lambda: rules.over("height")(found)) == "early"


def test_a_rule_of_kinds_asks_for_any_of_them(town: Town) -> None:
    town.act("person", "change", "dave", organisation="lightco")
    found = look(town)
    rules.of_member("organisation")(found)
    rules.of_member("organisation", "utility", "vendor")(found)
    assert why(lambda: rules.of_member("organisation", "vendor")(found)) == "kind"


def test_an_entry_that_is_not_there_is_named(town: Town) -> None:
    with pytest.raises(ActRefused) as error:
        look(town).other("country", "XX")
    assert error.value.detail == {"reason": "unknown", "entry": "person dave", "step": "change"}
