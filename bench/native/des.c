/* DKGA02: DES of the meter's block under one vending key, by eight lookups a round. Rows are worked several
 * at a time, so that the lookups of one fill the waits of another. */
#include "reference.h"

enum { ROWS = 3 };

typedef struct { uint32_t odd, even; } RoundKey; /* for S-boxes 2 4 6 8 and 1 3 5 7, six bits in each byte */

static uint32_t boxes[8][64];
static RoundKey keys_of_rounds[16];
static uint64_t mask, control_block;

static inline uint32_t rotate_left(uint32_t value, int count)
{
    return value << count | value >> (32 - count);
}

void dkga02_setup(const uint32_t *sp, const uint64_t *round_keys, uint64_t vending_key, uint64_t control)
{
    mask = vending_key;
    control_block = control;
    /* Both halves are held rotated left by one: then the windows of the expansion lie on multiples of 4. */
    for (int box = 0; box < 8; box++)
        for (int in = 0; in < 64; in++)
            boxes[box][in] = rotate_left(sp[64 * box + in], 1);
    for (int number = 0; number < 16; number++) {
        RoundKey key = {0, 0};
        for (int box = 0; box < 8; box += 2) {
            key.even |= (uint32_t)(round_keys[number] >> (42 - 6 * box) & 63) << (24 - 4 * box);
            key.odd |= (uint32_t)(round_keys[number] >> (36 - 6 * box) & 63) << (24 - 4 * box);
        }
        keys_of_rounds[number] = key;
    }
}

static inline uint32_t round_of(uint32_t half, RoundKey key)
{
    uint32_t odd = half ^ key.odd, even = rotate_left(half, 28) ^ key.even;
    return boxes[0][even >> 24 & 63] ^ boxes[2][even >> 16 & 63]
         ^ boxes[4][even >> 8 & 63] ^ boxes[6][even & 63]
         ^ boxes[1][odd >> 24 & 63] ^ boxes[3][odd >> 16 & 63]
         ^ boxes[5][odd >> 8 & 63] ^ boxes[7][odd & 63];
}

/* Transpose the 8 by 8 bits of a word: bit i of byte j becomes bit j of byte i. */
static inline uint64_t transpose(uint64_t x)
{
    uint64_t t = (x ^ x >> 7) & 0x00AA00AA00AA00AA;
    x ^= t ^ t << 7;
    t = (x ^ x >> 14) & 0x0000CCCC0000CCCC;
    x ^= t ^ t << 14;
    t = (x ^ x >> 28) & 0x00000000F0F0F0F0;
    return x ^ t ^ t << 28;
}

/* Every other byte of a word, from the lowest up; and back. */
static inline uint32_t even_bytes(uint64_t x)
{
    x &= 0x00FF00FF00FF00FF;
    x = (x | x >> 8) & 0x0000FFFF0000FFFF;
    return (uint32_t)(x | x >> 16);
}

static inline uint64_t spread_bytes(uint32_t half)
{
    uint64_t x = half;
    x = (x | x << 16) & 0x0000FFFF0000FFFF;
    return (x | x << 8) & 0x00FF00FF00FF00FF;
}

/* The initial permutation is a transposition: the left half is the even bit columns of the block, the right
 * half the odd ones, each column read from the last byte to the first. */
static inline void encrypt(uint64_t blocks[ROWS])
{
    uint32_t left[ROWS], right[ROWS];
    for (int row = 0; row < ROWS; row++) {
        uint64_t columns = transpose(__builtin_bswap64(blocks[row]));
        left[row] = rotate_left(even_bytes(columns), 1);
        right[row] = rotate_left(even_bytes(columns >> 8), 1);
    }
    for (int number = 0; number < 16; number += 2) {
        for (int row = 0; row < ROWS; row++)
            left[row] ^= round_of(right[row], keys_of_rounds[number]);
        for (int row = 0; row < ROWS; row++)
            right[row] ^= round_of(left[row], keys_of_rounds[number + 1]);
    }
    for (int row = 0; row < ROWS; row++) {
        uint64_t even = spread_bytes(rotate_left(right[row], 31));
        uint64_t odd = spread_bytes(rotate_left(left[row], 31));
        blocks[row] = __builtin_bswap64(transpose(even | odd << 8));
    }
}

/* Eight digits of text as eight hexadecimal digits. */
static inline uint64_t eight_digits(const char *text)
{
    uint64_t x;
    memcpy(&x, text, 8);
    x = __builtin_bswap64(x) & 0x0F0F0F0F0F0F0F0F;
    return even_bytes(x | x >> 4);
}

static inline uint64_t block_of(const char *pan, uint8_t ti)
{
    uint64_t meter = eight_digits(pan + 1) << 32 | eight_digits(pan + 9);
    return meter ^ control_block ^ (uint64_t)(ti / 10 << 4 | ti % 10) << 28;
}

void dkga02_derive(size_t n, const char *pans, const uint8_t *tis, uint64_t *keys)
{
    for (size_t done = 0; done < n; done += ROWS) {
        size_t group = n - done < ROWS ? n - done : ROWS;
        uint64_t blocks[ROWS] = {0}, encrypted[ROWS];
        for (size_t row = 0; row < group; row++)
            blocks[row] = block_of(pans + 18 * (done + row), tis[done + row]);
        memcpy(encrypted, blocks, sizeof blocks);
        encrypt(encrypted);
        for (size_t row = 0; row < group; row++)
            keys[done + row] = encrypted[row] ^ blocks[row] ^ mask;
    }
}
