"""EA11, MISTY1 (RFC 2994): 128-bit key, 64-bit block, 8 rounds.

The block is four 16-bit words, a to d. FL mixes two words with key words by AND and OR, FO is a small
three-round network whose round function FI is two lookups in tables of 65 536 words around one XOR with a
key word: the output of FI's first half is laid out as its key is. Rounds are written out one after
another because that halves the time of a loop. Memory access depends on key and data: this is not
constant time.
"""

from __future__ import annotations

from array import array
from struct import Struct
from typing import Final

_WORDS: Final = Struct(">8H")

_S7: Final = (
    *(27, 50, 51, 90, 59, 16, 23, 84, 91, 26, 114, 115, 107, 44, 102, 73, 31, 36, 19, 108, 55, 46),
    *(63, 74, 93, 15, 64, 86, 37, 81, 28, 4, 11, 70, 32, 13, 123, 53, 68, 66, 43, 30, 65, 20),
    *(75, 121, 21, 111, 14, 85, 9, 54, 116, 12, 103, 83, 40, 10, 126, 56, 2, 7, 96, 41, 25, 18),
    *(101, 47, 48, 57, 8, 104, 95, 120, 42, 76, 100, 69, 117, 61, 89, 72, 3, 87, 124, 79, 98, 60),
    *(29, 33, 94, 39, 106, 112, 77, 58, 1, 109, 110, 99, 24, 119, 35, 5, 38, 118, 0, 49, 45, 122),
    *(127, 97, 80, 34, 17, 6, 71, 22, 82, 78, 113, 62, 105, 67, 52, 92, 88, 125),
)
_S9: Final = (
    *(451, 203, 339, 415, 483, 233, 251, 53, 385, 185, 279, 491, 307, 9, 45, 211, 199, 330, 55),
    *(126, 235, 356, 403, 472, 163, 286, 85, 44, 29, 418, 355, 280, 331, 338, 466, 15, 43, 48),
    *(314, 229, 273, 312, 398, 99, 227, 200, 500, 27, 1, 157, 248, 416, 365, 499, 28, 326, 125),
    *(209, 130, 490, 387, 301, 244, 414, 467, 221, 482, 296, 480, 236, 89, 145, 17, 303, 38, 220),
    *(176, 396, 271, 503, 231, 364, 182, 249, 216, 337, 257, 332, 259, 184, 340, 299, 430, 23, 113),
    *(12, 71, 88, 127, 420, 308, 297, 132, 349, 413, 434, 419, 72, 124, 81, 458, 35, 317, 423),
    *(357, 59, 66, 218, 402, 206, 193, 107, 159, 497, 300, 388, 250, 406, 481, 361, 381, 49, 384),
    *(266, 148, 474, 390, 318, 284, 96, 373, 463, 103, 281, 101, 104, 153, 336, 8, 7, 380, 183),
    *(36, 25, 222, 295, 219, 228, 425, 82, 265, 144, 412, 449, 40, 435, 309, 362, 374, 223, 485),
    *(392, 197, 366, 478, 433, 195, 479, 54, 238, 494, 240, 147, 73, 154, 438, 105, 129, 293, 11),
    *(94, 180, 329, 455, 372, 62, 315, 439, 142, 454, 174, 16, 149, 495, 78, 242, 509, 133, 253),
    *(246, 160, 367, 131, 138, 342, 155, 316, 263, 359, 152, 464, 489, 3, 510, 189, 290, 137, 210),
    *(399, 18, 51, 106, 322, 237, 368, 283, 226, 335, 344, 305, 327, 93, 275, 461, 121, 353, 421),
    *(377, 158, 436, 204, 34, 306, 26, 232, 4, 391, 493, 407, 57, 447, 471, 39, 395, 198, 156),
    *(208, 334, 108, 52, 498, 110, 202, 37, 186, 401, 254, 19, 262, 47, 429, 370, 475, 192, 267),
    *(470, 245, 492, 269, 118, 276, 427, 117, 268, 484, 345, 84, 287, 75, 196, 446, 247, 41, 164),
    *(14, 496, 119, 77, 378, 134, 139, 179, 369, 191, 270, 260, 151, 347, 352, 360, 215, 187, 102),
    *(462, 252, 146, 453, 111, 22, 74, 161, 313, 175, 241, 400, 10, 426, 323, 379, 86, 397, 358),
    *(212, 507, 333, 404, 410, 135, 504, 291, 167, 440, 321, 60, 505, 320, 42, 341, 282, 417, 408),
    *(213, 294, 431, 97, 302, 343, 476, 114, 394, 170, 150, 277, 239, 69, 123, 141, 325, 83, 95),
    *(376, 178, 46, 32, 469, 63, 457, 487, 428, 68, 56, 20, 177, 363, 171, 181, 90, 386, 456),
    *(468, 24, 375, 100, 207, 109, 256, 409, 304, 346, 5, 288, 443, 445, 224, 79, 214, 319, 452),
    *(298, 21, 6, 255, 411, 166, 67, 136, 80, 351, 488, 289, 115, 382, 188, 194, 201, 371, 393),
    *(501, 116, 460, 486, 424, 405, 31, 65, 13, 442, 50, 61, 465, 128, 168, 87, 441, 354, 328),
    *(217, 261, 98, 122, 33, 511, 274, 264, 448, 169, 285, 432, 422, 205, 243, 92, 258, 91, 473),
    *(324, 502, 173, 165, 58, 459, 310, 383, 70, 225, 30, 477, 230, 311, 506, 389, 140, 143, 64),
    *(437, 190, 120, 0, 172, 272, 350, 292, 2, 444, 162, 234, 112, 508, 278, 348, 76, 450),
)


def _word_table(row: list[int], offsets: list[int]) -> array[int]:
    """Return a table of 2**16 words, row after row: each row is the same words XOR the row's offset.

    A row is one long integer of 16-bit words, so that a whole row takes one XOR: 1 ms for a table that
    takes 40 ms word by word.
    """
    base = int.from_bytes(array("H", row).tobytes(), "little")
    table = array("H")
    for offset in offsets:
        repeated = int.from_bytes((array("H", [offset]) * len(row)).tobytes(), "little")
        table.frombytes((base ^ repeated).to_bytes(2 * len(row), "little"))
    return table


_FI: Final[list[array[int]]] = []
"""The two halves of FI, made when the first cipher is. They hold constants, nothing of any key."""


def fi_tables() -> list[array[int]]:
    """Return the tables of FI's first and second half, 2**16 words each. The first call makes them."""
    if not _FI:
        # First half, addressed by (nine bits, seven bits); its result is (seven bits, nine bits), and it
        # is the XOR of what the seven bits and what the nine bits contribute.
        first = _word_table(
            [(seven ^ place) << 9 | place for place, seven in enumerate(_S7)],
            [(nine & 127) << 9 | nine for nine in _S9],
        )
        # Second half, addressed by (seven bits, nine bits).
        second = _word_table(list(_S9), [seven << 9 | seven for seven in range(128)])
        _FI[:] = first, second
    return _FI


class MISTY1:
    """EA11 under one key. Holds the key schedule; drop the object to drop it.

    key: 16 bytes, canonical order.
    """

    __slots__ = ("_keys",)

    def __init__(self, key: bytes) -> None:
        f1, f2 = _FI or fi_tables()
        a, b, c, d, e, f, g, h = _WORDS.unpack(key)
        self._keys: tuple[int, ...] = (
            *(a, b, c, d, e, f, g, h),
            *(f2[f1[a] ^ b], f2[f1[b] ^ c], f2[f1[c] ^ d], f2[f1[d] ^ e]),
            *(f2[f1[e] ^ f], f2[f1[f] ^ g], f2[f1[g] ^ h], f2[f1[h] ^ a]),
        )

    def encrypt(self, block: int) -> int:
        """Encrypt a 64-bit block."""
        k0, k1, k2, k3, k4, k5, k6, k7, p0, p1, p2, p3, p4, p5, p6, p7 = self._keys
        f1, f2 = _FI
        a, b, c, d = block >> 48, block >> 32 & 0xFFFF, block >> 16 & 0xFFFF, block & 0xFFFF
        b ^= a & k0
        a ^= b | p6
        d ^= c & p2
        c ^= d | k4
        t = f2[f1[a ^ k0] ^ p5] ^ b
        u = f2[f1[b ^ k2] ^ p1] ^ t
        t = f2[f1[t ^ k7] ^ p3] ^ u
        c ^= u ^ k4
        d ^= t
        t = f2[f1[c ^ k1] ^ p6] ^ d
        u = f2[f1[d ^ k3] ^ p2] ^ t
        t = f2[f1[t ^ k0] ^ p4] ^ u
        a ^= u ^ k5
        b ^= t
        b ^= a & k1
        a ^= b | p7
        d ^= c & p3
        c ^= d | k5
        t = f2[f1[a ^ k2] ^ p7] ^ b
        u = f2[f1[b ^ k4] ^ p3] ^ t
        t = f2[f1[t ^ k1] ^ p5] ^ u
        c ^= u ^ k6
        d ^= t
        t = f2[f1[c ^ k3] ^ p0] ^ d
        u = f2[f1[d ^ k5] ^ p4] ^ t
        t = f2[f1[t ^ k2] ^ p6] ^ u
        a ^= u ^ k7
        b ^= t
        b ^= a & k2
        a ^= b | p0
        d ^= c & p4
        c ^= d | k6
        t = f2[f1[a ^ k4] ^ p1] ^ b
        u = f2[f1[b ^ k6] ^ p5] ^ t
        t = f2[f1[t ^ k3] ^ p7] ^ u
        c ^= u ^ k0
        d ^= t
        t = f2[f1[c ^ k5] ^ p2] ^ d
        u = f2[f1[d ^ k7] ^ p6] ^ t
        t = f2[f1[t ^ k4] ^ p0] ^ u
        a ^= u ^ k1
        b ^= t
        b ^= a & k3
        a ^= b | p1
        d ^= c & p5
        c ^= d | k7
        t = f2[f1[a ^ k6] ^ p3] ^ b
        u = f2[f1[b ^ k0] ^ p7] ^ t
        t = f2[f1[t ^ k5] ^ p1] ^ u
        c ^= u ^ k2
        d ^= t
        t = f2[f1[c ^ k7] ^ p4] ^ d
        u = f2[f1[d ^ k1] ^ p0] ^ t
        t = f2[f1[t ^ k6] ^ p2] ^ u
        a ^= u ^ k3
        b ^= t
        b ^= a & k4
        a ^= b | p2
        d ^= c & p6
        c ^= d | k0
        return c << 48 | d << 32 | a << 16 | b

    def decrypt(self, block: int) -> int:
        """Decrypt a 64-bit block."""
        k0, k1, k2, k3, k4, k5, k6, k7, p0, p1, p2, p3, p4, p5, p6, p7 = self._keys
        f1, f2 = _FI
        c, d, a, b = block >> 48, block >> 32 & 0xFFFF, block >> 16 & 0xFFFF, block & 0xFFFF
        a ^= b | p2
        b ^= a & k4
        c ^= d | k0
        d ^= c & p6
        t = f2[f1[c ^ k7] ^ p4] ^ d
        u = f2[f1[d ^ k1] ^ p0] ^ t
        t = f2[f1[t ^ k6] ^ p2] ^ u
        a ^= u ^ k3
        b ^= t
        t = f2[f1[a ^ k6] ^ p3] ^ b
        u = f2[f1[b ^ k0] ^ p7] ^ t
        t = f2[f1[t ^ k5] ^ p1] ^ u
        c ^= u ^ k2
        d ^= t
        a ^= b | p1
        b ^= a & k3
        c ^= d | k7
        d ^= c & p5
        t = f2[f1[c ^ k5] ^ p2] ^ d
        u = f2[f1[d ^ k7] ^ p6] ^ t
        t = f2[f1[t ^ k4] ^ p0] ^ u
        a ^= u ^ k1
        b ^= t
        t = f2[f1[a ^ k4] ^ p1] ^ b
        u = f2[f1[b ^ k6] ^ p5] ^ t
        t = f2[f1[t ^ k3] ^ p7] ^ u
        c ^= u ^ k0
        d ^= t
        a ^= b | p0
        b ^= a & k2
        c ^= d | k6
        d ^= c & p4
        t = f2[f1[c ^ k3] ^ p0] ^ d
        u = f2[f1[d ^ k5] ^ p4] ^ t
        t = f2[f1[t ^ k2] ^ p6] ^ u
        a ^= u ^ k7
        b ^= t
        t = f2[f1[a ^ k2] ^ p7] ^ b
        u = f2[f1[b ^ k4] ^ p3] ^ t
        t = f2[f1[t ^ k1] ^ p5] ^ u
        c ^= u ^ k6
        d ^= t
        a ^= b | p7
        b ^= a & k1
        c ^= d | k5
        d ^= c & p3
        t = f2[f1[c ^ k1] ^ p6] ^ d
        u = f2[f1[d ^ k3] ^ p2] ^ t
        t = f2[f1[t ^ k0] ^ p4] ^ u
        a ^= u ^ k5
        b ^= t
        t = f2[f1[a ^ k0] ^ p5] ^ b
        u = f2[f1[b ^ k2] ^ p1] ^ t
        t = f2[f1[t ^ k7] ^ p3] ^ u
        c ^= u ^ k4
        d ^= t
        a ^= b | p6
        b ^= a & k0
        c ^= d | k4
        d ^= c & p2
        return a << 48 | b << 32 | c << 16 | d
