"""The C reference of the measurements does the same work as the scalar path, so its time means something."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from bench import batch_processes, batch_sizes, paths, scalar
from bench.native.reference import INSTALL, Reference, build, compiler
from bench.rows import Lists, Rows, deriver, rows
from voltoken.sts import EA, SAMPLE_TABLES, TI, MeterPAN, TokenCipher, TokenNumber

ALGORITHMS = (EA.STA, EA.MISTY1)

pytestmark = pytest.mark.slow  # a compiler runs


@pytest.fixture(scope="module")
def native() -> Reference:
    """Build the reference; without a compiler there is none, which in CI is a failure."""
    command = compiler()
    if command is None:
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(f"no C compiler; {INSTALL}")
        pytest.skip(f"no C compiler; {INSTALL}")
    return build(command)


@pytest.fixture(scope="module")
def given() -> Rows:
    """Random meters and credits; a number that fills neither the chunks nor the vectors of C."""
    return rows(2_999)


def scalar_tokens(ea: EA, given: Rows) -> list[str]:
    lists = Lists.of(given)
    tokens, _ = scalar.issue(deriver(ea), lists.pan, lists.ti, (lists.rnd, lists.tid, lists.amount))
    return tokens


@pytest.mark.parametrize("ea", ALGORITHMS)
def test_c_issues_the_tokens_of_the_scalar_path(native: Reference, given: Rows, ea: EA) -> None:
    tokens, _ = native.issuer(ea, given)()
    assert tokens.astype(str).tolist() == scalar_tokens(ea, given)


@pytest.mark.parametrize("ea", ALGORITHMS)
def test_c_derives_encodes_and_reads_as_the_scalar_path_does(native: Reference, given: Rows, ea: EA) -> None:
    few = given.head(50)
    one, lists = deriver(ea), Lists.of(few)
    meters = zip(lists.pan, lists.ti, strict=True)
    keys = [one.derive(MeterPAN(pan), TI(f"{ti:02d}")) for pan, ti in meters]
    words = np.stack(native.keys(ea, few), axis=1).astype(">u8")
    assert [row.tobytes() for row in words] == [key.key for key in keys]

    tokens, _ = native.encoder(ea, few)()
    ciphers = [TokenCipher(key, SAMPLE_TABLES) for key in keys]
    read = scalar.decode_all(ciphers, tokens.astype(str).tolist())
    assert [column.tolist() for column in native.decoder(ea, few)()] == [list(column) for column in read]


@pytest.mark.parametrize("ea", ALGORITHMS)
def test_c_reads_back_what_it_wrote(native: Reference, given: Rows, ea: EA) -> None:
    for column, wanted in zip(native.decoder(ea, given)(), (given.rnd, given.tid, given.amount), strict=True):
        assert np.array_equal(column, wanted)


def test_c_writes_and_reads_every_kind_of_number(native: Reference) -> None:
    edges = [0, 1, 9_999_999_999, 10**10, 10**19, (1 << 64) - 1, 1 << 64, (3 << 64) + 5, (1 << 66) - 1]
    low = np.array([number & (1 << 64) - 1 for number in edges], np.uint64)
    top = np.array([number >> 64 for number in edges], np.uint8)
    (digits,) = native.formatter(low, top)()
    assert digits.astype(str).tolist() == [TokenNumber(number).digits for number in edges]
    read_low, read_top = native.parser(digits)()
    assert np.array_equal(read_low, low)
    assert np.array_equal(read_top, top)


def test_c_sees_what_is_no_token(native: Reference) -> None:
    wrong = np.array([b"7378697629483820646/", b":0000000000000000000", b"73786976294838206464"], "S20")
    _, top = native.parser(wrong)()
    assert min(top.tolist()) > 3


@pytest.mark.parametrize(("name", "ways", "ea"), batch_sizes.WORK, ids=[work[0] for work in batch_sizes.WORK])
@pytest.mark.parametrize("form", batch_sizes.FORMS)
@pytest.mark.parametrize("size", [1, 5, 300])
def test_both_ways_of_a_figure_come_to_the_same(form: str, name: str, ways: Any, ea: EA, size: int) -> None:
    given = rows(size)
    data = Lists.of(given) if form == "lists" else given
    both = ways(ea, data, data)
    paths.check(name, both.batch(), both.scalar())


def test_a_worker_of_the_figure_of_processes_makes_its_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_processes, "_given", rows(100))
    assert batch_processes._issue(20, 90) == 70
