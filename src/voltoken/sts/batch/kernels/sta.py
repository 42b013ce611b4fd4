"""EA07 for many keys and blocks at once, bitsliced: one plane for each bit of the blocks and of the keys.

The two substitutions and the key bit that chooses between them are one boolean circuit
(``ciphers.sta_circuit``). It runs on the sixteen nibbles of thousands of tokens at once, one numpy call
an operation. A round is one gather of rows and one run of the circuit: the gather permutes the bits of the
block and fetches the sixteen planes of the key that the round looks at, so that keys never rotate.

The same instructions touch the same addresses whatever keys and blocks are. Neither memory access nor
branches depend on a secret, unlike in the scalar cipher.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from voltoken.sts.batch.kernels.planes import SCRATCH_ROWS, transpose
from voltoken.sts.batch.kernels.types import U64, slices
from voltoken.sts.ciphers.sta import decryption_key_bit, encryption_key_bit, inverse
from voltoken.sts.ciphers.sta_circuit import KEY, ONES, Circuit, Operation
from voltoken.sts.ciphers.sta_tables import STATables

_ROUNDS: Final = 16
_BITS: Final = range(64)
_NIBBLES: Final = range(16)

_CHUNK: Final = 64 * 384
"""Tokens at a time. A plane has a bit for each, 3 KiB; what a round touches stays in 1 MiB of L2."""

_CALLS: Final = {
    Operation.AND: np.bitwise_and,
    Operation.OR: np.bitwise_or,
    Operation.XOR: np.bitwise_xor,
}
_ALL_ONES: Final = np.array((1 << 64) - 1, np.uint64)


class PlaneSTA:
    """EA07 for many keys at once, under one set of tables.

    tables: the set to run on; it keeps its circuits, which are found when first asked for.
    Holds no key. Buffers belong to a call, so threads may share an object.
    """

    __slots__ = ("_decryption", "_encryption", "_tables")

    def __init__(self, tables: STATables) -> None:
        self._tables = tables
        self._encryption: _Direction | None = None
        self._decryption: _Direction | None = None

    def encrypt(self, keys: U64, blocks: U64) -> U64:
        """Encrypt block i under key i, both in canonical order as in ``ciphers.sta``.

        keys, blocks: contiguous, one-dimensional, of one length of at least 1. Returns a new array.
        """
        if self._encryption is None:
            # Bits go to the places that the permutation names, so they come from those of its inverse.
            permute = inverse(self._tables.permutation)
            circuit = self._tables.circuits()[0]
            self._encryption = _Direction(circuit, encryption_key_bit, _BITS, permute, permute)
        return self._encryption.run(keys, blocks)

    def decrypt(self, keys: U64, blocks: U64) -> U64:
        """Decrypt block i under key i; shaped as ``encrypt``, which it undoes."""
        if self._decryption is None:
            permute = self._tables.permutation
            circuit = self._tables.circuits()[1]
            self._decryption = _Direction(circuit, decryption_key_bit, permute, permute, _BITS)
        return self._decryption.run(keys, blocks)


class _Direction:
    """One direction of the cipher: a circuit and the routes of the rows around it.

    key_bit: (bit position of a nibble, round) -> bit of the plain key that chooses its substitution.
    first, between, last: from where each bit of the block comes before, between and after the rounds.
    """

    __slots__ = ("_circuit", "_last", "_routes")

    def __init__(
        self,
        circuit: Circuit,
        key_bit: Callable[[int, int], int],
        first: Sequence[int],
        between: Sequence[int],
        last: Sequence[int],
    ) -> None:
        self._circuit = circuit
        inputs = [4 * nibble + bit for bit in range(4) for nibble in _NIBBLES]
        results = [_pool_row(circuit.results[bit % 4] - ONES - 1) + bit // 4 for bit in _BITS]
        routes = np.empty((_ROUNDS, 80), np.intp)
        routes[0, :64] = [first[bit] for bit in inputs]
        routes[1:, :64] = [results[between[bit]] for bit in inputs]
        routes[:, 64:] = [
            [64 + key_bit(4 * nibble, number) for nibble in _NIBBLES] for number in range(_ROUNDS)
        ]
        self._routes = [*routes]
        self._last = np.array([results[bit] for bit in last], np.intp)

    def run(self, keys: U64, blocks: U64) -> U64:
        """Return each block after 16 rounds under its key."""
        done = np.empty(len(blocks), np.uint64)
        bench = _Bench(self._circuit, min(len(blocks), _CHUNK))
        for rows in slices(len(blocks), _CHUNK):
            if rows.stop - rows.start < bench.tokens:
                bench = _Bench(self._circuit, rows.stop - rows.start)
            self._run_chunk(bench, keys[rows], blocks[rows], done[rows])
        return done

    def _run_chunk(self, bench: _Bench, keys: U64, blocks: U64, done: U64) -> None:
        pool, inputs = bench.pool, bench.inputs
        bench.spread(blocks, pool[:64])
        bench.spread(keys, pool[64:128])
        for route in self._routes:
            pool.take(route, 0, inputs, "clip")  # "clip" spares a copy; every number is in range
            for call, left, right, target in bench.program:
                call(left, right, target)
        planes = inputs[:64]
        pool.take(self._last, 0, planes, "clip")
        transpose(planes, pool)
        done[:] = planes.reshape(-1)[: len(done)]


class _Bench:
    """The rows of words on which a chunk of tokens is worked.

    pool: the planes of the blocks, which the first slots of the circuit's pool take the place of; those of
        the keys; and further slots of the pool.
    inputs: four bits of the data and one of the key, sixteen nibbles each, gathered from the pool.
    program: the circuit's steps as numpy calls on these rows.
    """

    __slots__ = ("_scratch", "inputs", "pool", "program", "tokens")

    def __init__(self, circuit: Circuit, tokens: int) -> None:
        self.tokens = tokens
        pool_rows = _pool_row(circuit.pool_size)
        rows = _aligned_rows(pool_rows + SCRATCH_ROWS, -(-tokens // 64))
        self.pool, self._scratch = rows[:pool_rows], rows[pool_rows:]
        self.inputs = self._scratch[:80]
        slots = [
            *[self.inputs[16 * slot : 16 * slot + 16] for slot in range(KEY + 1)],
            _ALL_ONES,
            *[self.pool[row : row + 16] for row in map(_pool_row, range(circuit.pool_size))],
        ]
        self.program = [
            (_CALLS[operation], slots[left], slots[right], slots[target])
            for operation, left, right, target in circuit.steps
        ]

    def spread(self, words: U64, planes: U64) -> None:
        """Turn words into planes; where there are too few, zeros stand in."""
        flat = planes.reshape(-1)
        flat[: len(words)] = words
        flat[len(words) :] = 0
        transpose(planes, self._scratch)


def _pool_row(slot: int) -> int:
    """Return the row of the pool where a slot begins; the keys stand after the first four."""
    return 16 * slot + (0 if slot < 4 else 64)


def _aligned_rows(count: int, width: int) -> U64:
    """Return rows of words from a multiple of 64 bytes on, because long vectors are slow across lines."""
    words = np.empty(count * width + 7, np.uint64)
    address: int = words.__array_interface__["data"][0]
    first = -address % 64 // 8
    return words[first : first + count * width].reshape(count, width)
