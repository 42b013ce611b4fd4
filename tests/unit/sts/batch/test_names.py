"""The codes of token types."""

from __future__ import annotations

import pytest

from tests.unit.sts.batch.judge import code_of
from voltoken.errors import FieldError
from voltoken.sts import batch
from voltoken.sts.layouts import LAYOUTS, Layout


@pytest.mark.parametrize("row", LAYOUTS, ids=lambda row: f"{row.name} {row.key_bits}")
def test_the_code_of_every_type(row: Layout) -> None:
    assert batch.code_of(row.token_class, row.subclass) == code_of(row)


@pytest.mark.parametrize(("token_class", "subclass"), [(0, 8), (1, 2), (2, 11), (3, 0), (-1, 0), (0, 16)])
def test_there_is_no_code_for_what_has_no_layout(token_class: int, subclass: int) -> None:
    with pytest.raises(FieldError, match="class and subclass of a public token type"):
        batch.code_of(token_class, subclass)
