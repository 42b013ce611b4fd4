"""EA07 for many keys and blocks at once, bitsliced: a plane of bits per bit of the block, a word per 64 tokens.

The two substitution tables and the key bit that chooses between them are one boolean circuit
(``ciphers.sta_circuit``), which runs on all sixteen nibbles of thousands of tokens with one numpy call
per gate. A round is one gather of rows and one run of the circuit: the gather permutes the bits of the
block and fetches the sixteen planes of the key that the round looks at, so that keys never rotate.

The same instructions run on the same addresses whatever keys and blocks are: no memory access and no
branch depends on a secret, unlike in the scalar cipher.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from voltoken.sts.batch.kernels.planes import SCRATCH_ROWS, transpose
from voltoken.sts.batch.kernels.types import U64
from voltoken.sts.ciphers.sta import decryption_key_bit, encryption_key_bit, inverse
from voltoken.sts.ciphers.sta_circuit import KEY, ONES, Circuit, Operation
from voltoken.sts.ciphers.sta_tables import STATables

_ROUNDS: Final = 16
_WIDTH: Final = 384
"""Words in a plane of a full chunk: 24 576 tokens, whose planes together stay in 1 MiB of L2."""

_CALLS: Final = {
    Operation.AND: np.bitwise_and,
    Operation.OR: np.bitwise_or,
    Operation.XOR: np.bitwise_xor,
}
_ONES: Final = np.array(0xFFFFFFFFFFFFFFFF, dtype=np.uint64)

Route = npt.NDArray[np.intp]
"""Numbers of the rows of ``_Bench.pool`` that a round gathers."""


class PlaneSTA:
    """EA07 for many keys at once, under one set of tables.

    tables: the set to run on; its circuits are made when the first object is and kept with the tables.
    Holds no key. Buffers belong to a call, so that threads may share an object.
    """

    __slots__ = ("_decryption", "_encryption")

    def __init__(self, tables: STATables) -> None:
        encrypting, decrypting = tables.circuits()
        back = inverse(tables.permutation)
        # A gather says where a row comes from, so it takes the inverse of the permutation it does.
        # Encryption permutes after it substitutes: not before the first round, but after the last.
        natural = range(64)
        self._encryption = _Direction(encrypting, (natural, *[back] * _ROUNDS), encryption_key_bit)
        self._decryption = _Direction(
            decrypting, (*[tables.permutation] * _ROUNDS, natural), decryption_key_bit
        )

    def encrypt(self, keys: U64, blocks: U64) -> U64:
        """Encrypt block i under key i; both in canonical order as in ``ciphers.sta``.

        keys, blocks: contiguous, one-dimensional, of one length of at least 1. Returns a new array.
        """
        return self._encryption.run(keys, blocks)

    def decrypt(self, keys: U64, blocks: U64) -> U64:
        """Decrypt block i under key i; the inverse of ``encrypt`` and shaped like it."""
        return self._decryption.run(keys, blocks)


class _Bench:
    """The rows that a chunk of 64 * width tokens is worked on in.

    pool: the planes of the block, in natural order at first and wherever the circuit leaves them after;
        then the planes of the key; then room for intermediate results.
    gathered: the inputs of the circuit: four bit positions of the data and the key, sixteen nibbles each.
    """

    __slots__ = ("gathered", "pool", "program", "scratch")

    def __init__(self, circuit: Circuit, width: int) -> None:
        pool_rows = _pool_row(circuit.pool_size)
        rows = _aligned_rows(pool_rows + SCRATCH_ROWS, width)
        self.pool, self.scratch = rows[:pool_rows], rows[pool_rows:]
        self.gathered = self.scratch[:80]
        slots = [self.gathered[16 * slot : 16 * slot + 16] for slot in range(KEY + 1)]
        slots.append(_ONES)
        for number in range(circuit.pool_size):
            slots.append(self.pool[_pool_row(number) : _pool_row(number) + 16])
        self.program = [
            (_CALLS[operation], slots[left], slots[right], slots[target])
            for operation, left, right, target in circuit.steps
        ]


def _pool_row(number: int) -> int:
    """Return the first row of a slot of the pool; the key's 64 rows stand between the fourth and fifth."""
    return 16 * number + (64 if number >= 4 else 0)


def _aligned_rows(count: int, width: int) -> U64:
    """Return rows of words that begin at a multiple of 64 bytes, as long vector instructions like best."""
    words = np.empty(count * width + 7, np.uint64)
    address: int = words.__array_interface__["data"][0]
    first = -address % 64 // 8
    return words[first : first + count * width].reshape(count, width)


class _Direction:
    """One direction of the cipher: the circuit and the way of the rows.

    sources: for each round and for the end, where each of the block's 64 bits comes from.
    """

    __slots__ = ("_circuit", "_last", "_routes")

    def __init__(
        self, circuit: Circuit, sources: Sequence[Sequence[int]], key_bit: Callable[[int, int], int]
    ) -> None:
        self._circuit = circuit
        # Before the first round bit b is row b; later it is where the circuit has put it.
        rows = [[*range(64)]]
        made = [_pool_row(slot - ONES - 1) for slot in circuit.results]
        rows += [[made[bit % 4] + bit // 4 for bit in range(64)]] * _ROUNDS
        places = [4 * nibble + bit for bit in range(4) for nibble in range(16)]
        self._routes = [
            np.array(
                [
                    *[rows[number][sources[number][place]] for place in places],
                    *[64 + key_bit(4 * nibble, number) for nibble in range(16)],
                ],
                np.intp,
            )
            for number in range(_ROUNDS)
        ]
        self._last = np.array([rows[_ROUNDS][source] for source in sources[_ROUNDS]], np.intp)

    def run(self, keys: U64, blocks: U64) -> U64:
        """Return block i worked on under key i."""
        size = len(blocks)
        result = np.empty(size, np.uint64)
        full = 64 * _WIDTH
        bench = None
        for start in range(0, size, full):
            stop = min(start + full, size)
            width = -(-(stop - start) // 64)
            if bench is None or bench.pool.shape[1] != width:
                bench = _Bench(self._circuit, width)
            self._run_chunk(bench, keys[start:stop], blocks[start:stop], result[start:stop])
        return result

    def _run_chunk(self, bench: _Bench, keys: U64, blocks: U64, result: U64) -> None:
        pool, gathered, program = bench.pool, bench.gathered, bench.program
        for words, planes in ((blocks, pool[:64]), (keys, pool[64:128])):
            flat = planes.reshape(-1)
            flat[: len(words)] = words
            flat[len(words) :] = 0
            transpose(planes, bench.scratch)
        for route in self._routes:
            pool.take(route, 0, gathered, "clip")  # "clip" spares a copy; every number is in range
            for call, left, right, target in program:
                call(left, right, target)
        done = gathered[:64]
        pool.take(self._last, 0, done, "clip")
        transpose(done, pool)
        result[:] = done.reshape(-1)[: len(result)]
