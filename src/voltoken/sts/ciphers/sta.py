"""EA07, the standard transfer algorithm (IEC 62055-41 clause 6.5.4): 64-bit key, 64-bit block.

A substitution-permutation network of 16 rounds. In each round every nibble of the block goes through one
of two substitution tables, chosen by one bit of the key; then the 64 bits are permuted; then the key
rotates by one. The tables are a value (``sta_tables``).

How it is fast: substitution and permutation of one byte are one lookup in a table of 256 entries, one of
four for each byte position, chosen by the byte's two key bits. A key schedule is the list of the tables
that each round uses, so that a round is eight lookups and no key arithmetic. Which tables those are
follows from the key bits linearly and is itself looked up, a key byte at a time. Memory access depends on
key and data: this is not constant time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from voltoken.sts.ciphers.sta_tables import STATables

_KEY: Final = (1 << 64) - 1
_Tables = tuple[list[int], ...]
_Choices = list[tuple[list[int], ...]]
_Schedule = list[tuple[tuple[list[int], ...], tuple[list[int], ...]]]


class STA:
    """EA07 under one key. Holds the key schedules; drop the object to drop them.

    key: 64-bit integer, canonical order. tables: the set to run on.
    """

    __slots__ = ("_decrypt_rounds", "_encrypt_rounds", "_key", "tables")

    def __init__(self, key: int, tables: STATables) -> None:
        self.tables = tables
        self._key = key
        self._encrypt_rounds: _Schedule | None = None
        self._decrypt_rounds: _Schedule | None = None

    def encrypt(self, block: int) -> int:
        """Encrypt a 64-bit block."""
        rounds = self._encrypt_rounds
        if rounds is None:
            rounds = self._encrypt_rounds = self.tables.encryption().schedule(self._key ^ _KEY)
        for (t0, t1, t2, t3), (t4, t5, t6, t7) in rounds:
            a, b, c, d, e, f, g, h = block.to_bytes(8, "little")
            block = t0[a] | t1[b] | t2[c] | t3[d] | t4[e] | t5[f] | t6[g] | t7[h]
        return block

    def decrypt(self, block: int) -> int:
        """Decrypt a 64-bit block."""
        lookup = self.tables.decryption()
        rounds = self._decrypt_rounds
        if rounds is None:
            rounds = self._decrypt_rounds = lookup.schedule(self._key)
        # A round substitutes after it permutes; the tables do it the other way round. So the first
        # permutation goes in front, and the one too many behind is taken back.
        block = _permute(block, lookup.permute)
        for (t0, t1, t2, t3), (t4, t5, t6, t7) in rounds:
            a, b, c, d, e, f, g, h = block.to_bytes(8, "little")
            block = t0[a] | t1[b] | t2[c] | t3[d] | t4[e] | t5[f] | t6[g] | t7[h]
        return _permute(block, lookup.permute_back)


class Lookup:
    """The lookup tables for one direction under one set of tables.

    pair: substitutions for a key bit of 0 and of 1. permutation: what a round does after substituting.
    key_bit: (bit position of a nibble, round) -> key bit that chooses its substitution.
    """

    __slots__ = ("_high", "_key_bytes", "_low", "permute", "permute_back")

    def __init__(
        self,
        pair: tuple[Sequence[int], Sequence[int]],
        permutation: Sequence[int],
        key_bit: Callable[[int, int], int],
    ) -> None:
        self.permute = _permutation_tables(permutation)
        self.permute_back = _permutation_tables(inverse(permutation))
        substitutions = [
            [low | high << 4 for high in pair[select >> 1] for low in pair[select & 1]] for select in range(4)
        ]
        # One list per byte position and choice of substitutions, then, for each choice that eight key
        # bits can make, the four lists it means.
        lists = [[[table[value] for value in chosen] for chosen in substitutions] for table in self.permute]
        self._low = _choices(lists[:4])
        self._high = _choices(lists[4:])
        self._key_bytes = _schedule_tables(key_bit)

    def schedule(self, key: int) -> _Schedule:
        """Return the tables of the 16 rounds under key."""
        t0, t1, t2, t3, t4, t5, t6, t7 = self._key_bytes
        a, b, c, d, e, f, g, h = key.to_bytes(8, "little")
        bits = t0[a] | t1[b] | t2[c] | t3[d] | t4[e] | t5[f] | t6[g] | t7[h]
        chosen = bits.to_bytes(32, "little")
        low, high = self._low, self._high
        return [(low[x], high[y]) for x, y in zip(chosen[::2], chosen[1::2], strict=True)]


def inverse(table: Sequence[int]) -> tuple[int, ...]:
    """Return the inverse of a permutation of 0 to n - 1."""
    inverse = [0] * len(table)
    for source, target in enumerate(table):
        inverse[target] = source
    return tuple(inverse)


def _combinations(places: Sequence[int]) -> list[int]:
    """Return, for each number of len(places) bits, the OR of the places whose bit is set."""
    table = [0]
    for place in places:
        table += [entry | place for entry in table]
    return table


def _permutation_tables(permutation: Sequence[int]) -> _Tables:
    """Return, for each byte of a block, where its bits go."""
    places = [1 << target for target in permutation]
    return tuple(_combinations(places[start : start + 8]) for start in range(0, 64, 8))


def _permute(block: int, tables: _Tables) -> int:
    permuted = 0
    for table in tables:
        permuted |= table[block & 255]
        block >>= 8
    return permuted


def _choices(lists: list[list[list[int]]]) -> _Choices:
    """Return, for each value of eight key bits, the table each of four byte positions uses."""
    l0, l1, l2, l3 = lists
    return [(l0[bits & 3], l1[bits >> 2 & 3], l2[bits >> 4 & 3], l3[bits >> 6]) for bits in range(256)]


def encryption_key_bit(place: int, number: int) -> int:
    """Return which bit of the complemented key chooses, in round number, for the nibble at bit place.

    The key is rotated right by 12 before the first round and left by 1 after each; a nibble looks at
    its highest bit.
    """
    return (place + 3 + 12 - number) % 64


def decryption_key_bit(place: int, number: int) -> int:
    """Return which key bit chooses, in decryption round number, for the nibble at bit place.

    The plain key is rotated right by 1 after each round; a nibble looks at its lowest bit.
    """
    return (place + number) % 64


def _schedule_tables(key_bit: Callable[[int, int], int]) -> _Tables:
    """Return, for each key byte and value, the choices it makes: 16 rounds of 16 nibbles as 256 bits."""
    places = [0] * 64
    for number in range(16):
        for nibble in range(16):
            places[key_bit(4 * nibble, number)] |= 1 << 16 * number + nibble
    return tuple(_combinations(places[start : start + 8]) for start in range(0, 64, 8))
