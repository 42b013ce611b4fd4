"""Circuits of substitutions: right for every input, small, repeatable, and silent about the tables."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltoken.sts import SAMPLE_TABLES, STATables
from voltoken.sts.ciphers import sta_circuit
from voltoken.sts.ciphers.sta_circuit import KEY, ONES, Circuit, Operation, synthesise

Pair = tuple[Sequence[int], Sequence[int]]

SAME = list(range(16))
SUBSTITUTIONS = st.permutations(SAME)


@pytest.fixture
def little_effort(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop searching early; the circuits are larger and no less right."""
    monkeypatch.setattr(sta_circuit, "_EFFORT", 20_000)


def made_up(seed: int) -> STATables:
    """Return a made-up set; the same for a seed."""
    source = random.Random(seed)
    return STATables(source.sample(SAME, 16), source.sample(SAME, 16), source.sample(range(64), 64))


def substituted(circuit: Circuit, data: int, key_bit: int) -> int:
    """Return what a circuit makes of one nibble."""
    results = circuit.evaluate([*(data >> bit & 1 for bit in range(4)), key_bit, 1])
    return sum(result << bit for bit, result in enumerate(results))


def is_right(circuit: Circuit, pair: Pair) -> bool:
    """Say whether a circuit substitutes all nibbles as the tables do."""
    return all(
        substituted(circuit, data, key_bit) == pair[key_bit][data] for data in SAME for key_bit in (0, 1)
    )


@pytest.mark.parametrize("tables", [SAMPLE_TABLES, made_up(1)], ids=["sample", "made up"])
def test_circuits_of_tables_are_right_and_small(tables: STATables) -> None:
    encryption, decryption = tables.circuits()
    first, second = tables.substitution_1, tables.substitution_2
    # The bit of the plain key is 1 where that of the complemented key is 0.
    assert is_right(encryption, (second, first))
    assert all(substituted(decryption, second[data], 0) == data for data in SAME)
    assert all(substituted(decryption, first[data], 1) == data for data in SAME)
    assert max(len(encryption.steps), len(decryption.steps)) <= 43
    assert max(encryption.pool_size, decryption.pool_size) <= 12


@pytest.mark.usefixtures("little_effort")
@settings(max_examples=25)
@given(SUBSTITUTIONS, SUBSTITUTIONS)
def test_any_two_substitutions_have_a_circuit(first: list[int], second: list[int]) -> None:
    assert is_right(synthesise((first, second)), (first, second))


@pytest.mark.usefixtures("little_effort")
@pytest.mark.parametrize(
    "pair",
    [(SAME, SAME), (SAME, SAME[::-1]), ([value ^ 5 for value in SAME], SAME), (SAME[::-1], SAME[::-1])],
)
def test_substitutions_that_do_little_have_circuits_of_a_few_steps(pair: Pair) -> None:
    circuit = synthesise(pair)
    assert is_right(circuit, pair)
    assert len(circuit.steps) <= 5


@pytest.mark.usefixtures("little_effort")
@settings(max_examples=20)
@given(SUBSTITUTIONS, SUBSTITUTIONS)
def test_results_are_in_the_pool_and_the_ones_are_left_alone(first: list[int], second: list[int]) -> None:
    circuit = synthesise((first, second))
    assert len(set(circuit.results)) == 4
    assert all(ONES < slot <= ONES + circuit.pool_size for slot in circuit.results)
    targets = [target for *_, target in circuit.steps]
    assert ONES not in targets
    assert max(targets) == ONES + circuit.pool_size


@pytest.mark.usefixtures("little_effort")
def test_the_same_tables_give_the_same_circuit() -> None:
    tables = made_up(2)
    pair = tables.substitution_1, tables.substitution_2
    assert synthesise(pair) == synthesise(pair)


def test_gates_that_nobody_uses_are_left_out_and_slots_used_again() -> None:
    gates = [
        (Operation.OR, 0, 1),
        (Operation.AND, 0, 1),
        (Operation.XOR, 7, 2),
        (Operation.XOR, 8, KEY),
        (Operation.XOR, 3, ONES),
    ]
    circuit = sta_circuit._straight_line(gates, [9, 10, 8, 2])
    assert circuit.evaluate([0b0011, 0b0101, 0b1100, 0b1000, 0b0001, 0b1111]) == [
        0b1100,
        0b0111,
        0b1101,
        0b1100,
    ]
    assert len(circuit.steps) == 5  # four gates in use, and a copy of input 2
    assert circuit.pool_size == 4


def test_a_circuit_is_checked_against_its_tables(
    little_effort: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = synthesise((SAME, SAME))
    monkeypatch.setattr(sta_circuit, "_straight_line", lambda *_: wrong)
    with pytest.raises(RuntimeError, match="fault of the program"):
        synthesise((SAME, SAME[::-1]))


def test_circuits_belong_to_their_tables_and_are_made_once(little_effort: None) -> None:
    tables = made_up(3)
    assert tables.circuits() is tables.circuits()


def test_a_circuit_shows_its_size_only() -> None:
    step = (Operation.AND, 0, 1, 6)
    assert repr(Circuit((step, step), (6, 7, 8, 9), 4)) == "Circuit(2 operations)"
