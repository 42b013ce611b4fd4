"""What is known of a key is read as it was written, and nothing else is."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.security.desk import first_key, register
from voltoken import canonical
from voltoken.errors import FieldError
from voltoken.security import REGISTER_MEMBERS, KeyRegister, read_register, register_document

DOCUMENT = register_document(register())


@pytest.mark.parametrize("key", [register(), register(bits=64), first_key()], ids=["160", "64", "first-key"])
def test_a_register_is_read_as_it_was_written(key: KeyRegister) -> None:
    document = register_document(key)
    assert document.keys() == REGISTER_MEMBERS
    assert read_register(json.loads(canonical.write(document))) == key


@pytest.mark.parametrize("name", sorted(REGISTER_MEMBERS))
def test_no_member_may_be_missing_or_hold_something_else(name: str) -> None:
    with pytest.raises(FieldError):
        read_register({one: value for one, value in DOCUMENT.items() if one != name})
    others: list[object] = [{}, [[]], -1, 10**30, 0.5, "x" * 50, ["07", {}]]
    for other in others:
        if (name, other) not in _ALSO_GOOD:
            with pytest.raises(FieldError):
                read_register(DOCUMENT | {name: other})


_ALSO_GOOD = [
    ("check_value", "x" * 50),
    ("check_algorithm", "x" * 50),
    ("key_bits", -1),
    ("key_bits", 10**30),
]
"""What a register does not check by itself; whoever loads the key does."""


def test_an_unknown_restriction_is_not_read_as_none() -> None:
    with pytest.raises(FieldError) as caught:
        read_register(DOCUMENT | {"only_on_sundays": True})
    assert caught.value.field == "register"


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(anything, st.sampled_from(sorted(REGISTER_MEMBERS)))
def test_anything_is_a_register_or_a_field_error(value: Any, name: str) -> None:
    for document in (value, DOCUMENT | {name: value}):
        with suppress(FieldError):
            assert isinstance(read_register(document), KeyRegister)
