/* EA07 by lookups: substitution and permutation of a byte are one entry of a table, chosen by the byte's
 * two key bits. Rows are worked several at a time, so that the lookups of one fill the waits of another. */
#include "reference.h"

enum { ROWS = 3 };

typedef uint64_t Tables[8][4][256]; /* byte position, key bits, byte */

static Tables encryption, decryption;
static uint64_t permute[8][256], permute_back[8][256];

static uint64_t rotate_left(uint64_t value, int count) { return value << count | value >> (64 - count); }
static uint64_t rotate_right(uint64_t value, int count) { return value >> count | value << (64 - count); }

static void build(Tables tables, uint64_t spread[8][256], const uint8_t *pair[2], const uint8_t *permutation)
{
    for (int byte = 0; byte < 8; byte++)
        for (int value = 0; value < 256; value++) {
            spread[byte][value] = 0;
            for (int bit = 0; bit < 8; bit++)
                spread[byte][value] |= (uint64_t)(value >> bit & 1) << permutation[8 * byte + bit];
        }
    for (int byte = 0; byte < 8; byte++)
        for (int select = 0; select < 4; select++)
            for (int value = 0; value < 256; value++) {
                int substituted = pair[select & 1][value & 15] | pair[select >> 1][value >> 4] << 4;
                tables[byte][select][value] = spread[byte][substituted];
            }
}

void sta_setup(const uint8_t *first, const uint8_t *second, const uint8_t *permutation)
{
    uint8_t first_back[16], second_back[16], back[64];
    for (int value = 0; value < 16; value++) {
        first_back[first[value]] = (uint8_t)value;
        second_back[second[value]] = (uint8_t)value;
    }
    for (int bit = 0; bit < 64; bit++)
        back[permutation[bit]] = (uint8_t)bit;
    const uint8_t *forward[2] = {first, second}, *backward[2] = {second_back, first_back};
    build(encryption, permute_back, forward, permutation);
    build(decryption, permute, backward, back);
}

/* One round for each row; the key bits that choose stand at the top of each nibble of key. */
static inline void round_of(Tables tables, const uint64_t key[ROWS], uint64_t block[ROWS])
{
    for (int row = 0; row < ROWS; row++) {
        uint64_t in = block[row], out = 0;
        uint64_t select = (key[row] >> 3 & 0x0101010101010101) | (key[row] >> 6 & 0x0202020202020202);
        for (int byte = 0; byte < 8; byte++)
            out |= tables[byte][select >> 8 * byte & 3][in >> 8 * byte & 255];
        block[row] = out;
    }
}

static inline uint64_t apply(uint64_t spread[8][256], uint64_t block)
{
    uint64_t out = 0;
    for (int byte = 0; byte < 8; byte++)
        out |= spread[byte][block >> 8 * byte & 255];
    return out;
}

static void encrypt_rows(const uint64_t keys[ROWS], uint64_t blocks[ROWS])
{
    uint64_t key[ROWS];
    for (int row = 0; row < ROWS; row++)
        key[row] = rotate_right(~keys[row], 12);
    for (int number = 0; number < 16; number++) {
        round_of(encryption, key, blocks);
        for (int row = 0; row < ROWS; row++)
            key[row] = rotate_left(key[row], 1);
    }
}

static void decrypt_rows(const uint64_t keys[ROWS], uint64_t blocks[ROWS])
{
    uint64_t key[ROWS];
    for (int row = 0; row < ROWS; row++) {
        key[row] = rotate_left(keys[row], 3);
        blocks[row] = apply(permute, blocks[row]);
    }
    for (int number = 0; number < 16; number++) {
        round_of(decryption, key, blocks);
        for (int row = 0; row < ROWS; row++)
            key[row] = rotate_right(key[row], 1);
    }
    for (int row = 0; row < ROWS; row++)
        blocks[row] = apply(permute_back, blocks[row]);
}

/* Run rows through a function in groups; the last group is filled up with zeros. */
static inline void in_groups(size_t n, const uint64_t *keys, uint64_t *blocks,
                             void (*run)(const uint64_t *, uint64_t *))
{
    size_t done = 0;
    for (; done + ROWS <= n; done += ROWS)
        run(keys + done, blocks + done);
    if (done < n) {
        uint64_t last_keys[ROWS] = {0}, last_blocks[ROWS] = {0};
        memcpy(last_keys, keys + done, (n - done) * 8);
        memcpy(last_blocks, blocks + done, (n - done) * 8);
        run(last_keys, last_blocks);
        memcpy(blocks + done, last_blocks, (n - done) * 8);
    }
}

void sta_encrypt(size_t n, const uint64_t *keys, uint64_t *blocks)
{
    in_groups(n, keys, blocks, encrypt_rows);
}

void sta_decrypt(size_t n, const uint64_t *keys, uint64_t *blocks)
{
    in_groups(n, keys, blocks, decrypt_rows);
}
