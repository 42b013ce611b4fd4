/* DKGA04: HMAC-SHA-256 of sixteen meters at a time, one in each lane of a vector. The states after the
 * padded key are computed once, so that a key costs two compressions. Little-endian machines only. */
#include "reference.h"

enum { LANES = 16, DATA = 49, TI_AT = 11, PAN_AT = 27, PAN = 18 };

typedef uint32_t Word __attribute__((vector_size(4 * LANES)));

static uint32_t start[8], round_constants[64];
static Word inner[8], outer[8];
static uint8_t template[64]; /* the data of a meter, padded to the one block it fills */

#define ROTATE(x, count) ((x) >> (count) | (x) << (32 - (count)))

/* Take one block of every lane into the states; the block is used up as scratch. */
static inline void compress(Word state[8], Word block[16])
{
    Word a = state[0], b = state[1], c = state[2], d = state[3];
    Word e = state[4], f = state[5], g = state[6], h = state[7];
#pragma GCC unroll 64
    for (int i = 0; i < 64; i++) {
        if (i >= 16) {
            Word x = block[(i + 1) & 15], y = block[(i + 14) & 15];
            block[i & 15] += (ROTATE(x, 7) ^ ROTATE(x, 18) ^ x >> 3) + block[(i + 9) & 15]
                           + (ROTATE(y, 17) ^ ROTATE(y, 19) ^ y >> 10);
        }
        Word t = h + (ROTATE(e, 6) ^ ROTATE(e, 11) ^ ROTATE(e, 25)) + (g ^ (e & (f ^ g)))
               + round_constants[i] + block[i & 15];
        Word u = (ROTATE(a, 2) ^ ROTATE(a, 13) ^ ROTATE(a, 22)) + ((a & b) | (c & (a | b)));
        h = g, g = f, f = e, e = d + t;
        d = c, c = b, b = a, a = t + u;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static inline uint32_t load_word(const uint8_t *bytes)
{
    uint32_t word;
    memcpy(&word, bytes, 4);
    return __builtin_bswap32(word);
}

static void pad_state(Word state[8], const uint8_t *key, uint8_t pad)
{
    uint8_t padded[64] = {0};
    Word block[16];
    memcpy(padded, key, 20);
    for (int byte = 0; byte < 64; byte++)
        padded[byte] ^= pad;
    for (int word = 0; word < 16; word++)
        block[word] = (Word){0} + load_word(padded + 4 * word);
    for (int word = 0; word < 8; word++)
        state[word] = (Word){0} + start[word];
    compress(state, block);
}

void dkga04_setup(const uint32_t *initial, const uint32_t *constants, const uint8_t *vending_key,
                  const uint8_t *data)
{
    memcpy(start, initial, sizeof start);
    memcpy(round_constants, constants, sizeof round_constants);
    pad_state(inner, vending_key, 0x36);
    pad_state(outer, vending_key, 0x5C);
    memset(template, 0, sizeof template);
    memcpy(template, data, DATA);
    template[DATA] = 0x80;
    template[62] = (64 + DATA) * 8 >> 8, template[63] = (64 + DATA) * 8 & 255;
}

static void derive_lanes(size_t n, const char *pans, const uint8_t *tis, uint64_t *high, uint64_t *low)
{
    Word block[16], state[8];
    uint8_t text[64];
    for (int word = 0; word < 16; word++)
        block[word] = (Word){0} + load_word(template + 4 * word);
    memcpy(text, template, 64);
    for (size_t lane = 0; lane < n; lane++) {
        text[TI_AT] = (uint8_t)('0' + tis[lane] / 10), text[TI_AT + 1] = (uint8_t)('0' + tis[lane] % 10);
        memcpy(text + PAN_AT, pans + PAN * lane, PAN);
        for (int word = TI_AT / 4; word <= (PAN_AT + PAN - 1) / 4; word++)
            block[word][lane] = load_word(text + 4 * word);
    }
    memcpy(state, inner, sizeof state);
    compress(state, block);
    for (int word = 0; word < 16; word++)
        block[word] = word < 8 ? state[word] : (Word){0};
    block[8] += 0x80000000;
    block[15] += (64 + 32) * 8;
    memcpy(state, outer, sizeof state);
    compress(state, block);
    for (size_t lane = 0; lane < n; lane++) {
        high[lane] = (uint64_t)state[0][lane] << 32 | state[1][lane];
        low[lane] = (uint64_t)state[2][lane] << 32 | state[3][lane];
    }
}

void dkga04_derive(size_t n, const char *pans, const uint8_t *tis, uint64_t *high, uint64_t *low)
{
    for (size_t done = 0; done < n; done += LANES) {
        size_t left = n - done;
        derive_lanes(left < LANES ? left : LANES, pans + PAN * done, tis + done, high + done, low + done);
    }
}
