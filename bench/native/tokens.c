/* Tokens end to end: credit for electricity, class 0, subclass 0, made and read in chunks of rows. */
#include "reference.h"

static const uint64_t CLASS = (uint64_t)3 << 27;
static uint16_t crc_tables[6][256];

static uint16_t crc_update(uint16_t crc, uint8_t byte)
{
    crc ^= byte;
    for (int bit = 0; bit < 8; bit++)
        crc = (uint16_t)(crc >> 1 ^ (crc & 1 ? 0xA001 : 0));
    return crc;
}

/* The CRC of class, subclass and data is the XOR of what each byte contributes; the preset and the byte of
 * the class, which is 0, go with the first. */
void tokens_setup(void)
{
    for (int place = 0; place < 6; place++)
        for (int value = 0; value < 256; value++) {
            uint16_t crc = place ? 0 : 0xFFFF;
            for (int byte = 6; byte >= 0; byte--)
                crc = crc_update(crc, byte == place ? (uint8_t)value : 0);
            crc_tables[place][value] = __builtin_bswap16(crc);
        }
    digits_setup();
}

static inline uint16_t crc_of(uint64_t data)
{
    return crc_tables[0][data & 255] ^ crc_tables[1][data >> 8 & 255] ^ crc_tables[2][data >> 16 & 255]
         ^ crc_tables[3][data >> 24 & 255] ^ crc_tables[4][data >> 32 & 255] ^ crc_tables[5][data >> 40];
}

static void pack(size_t n, const int64_t *rnds, const int64_t *tids, const int64_t *amounts, uint64_t *blocks)
{
    for (size_t row = 0; row < n; row++) {
        uint64_t data = (uint64_t)rnds[row] << 40 | (uint64_t)tids[row] << 16 | (uint64_t)amounts[row];
        blocks[row] = data << 16 | crc_of(data);
    }
}

/* Make way for the class, which is 0, and write the digits. */
static void finish(size_t n, uint64_t *blocks, char *digits)
{
    uint8_t top[CHUNK];
    for (size_t row = 0; row < n; row++) {
        top[row] = (uint8_t)(blocks[row] >> 27 & 3);
        blocks[row] &= ~CLASS;
    }
    digits_format(n, blocks, top, digits);
}

/* Read digits to encrypted blocks; a row that is no token of class 0 gets a fault. */
static void begin(size_t n, const char *digits, uint64_t *blocks, uint8_t *faults)
{
    uint8_t top[CHUNK];
    digits_parse(n, digits, blocks, top);
    for (size_t row = 0; row < n; row++) {
        faults[row] = top[row] > 3 || blocks[row] & CLASS;
        blocks[row] = (blocks[row] & ~CLASS) | (uint64_t)(top[row] & 3) << 27;
    }
}

static void unpack(size_t n, const uint64_t *blocks, int64_t *rnds, int64_t *tids, int64_t *amounts,
                   uint8_t *faults)
{
    for (size_t row = 0; row < n; row++) {
        uint64_t data = blocks[row] >> 16;
        faults[row] |= data >> 44 || crc_of(data) != (uint16_t)blocks[row];
        uint64_t kept = faults[row] ? 0 : data;
        rnds[row] = kept >> 40 & 15;
        tids[row] = kept >> 16 & 0xFFFFFF;
        amounts[row] = kept & 0xFFFF;
    }
}

#define EACH_CHUNK(at, m) for (size_t at = 0, m; m = n - at < CHUNK ? n - at : CHUNK, at < n; at += CHUNK)

void encode_ea07(size_t n, const uint64_t *keys, const int64_t *rnds, const int64_t *tids,
                 const int64_t *amounts, char *digits)
{
    uint64_t blocks[CHUNK];
    EACH_CHUNK(at, m) {
        pack(m, rnds + at, tids + at, amounts + at, blocks);
        sta_encrypt(m, keys + at, blocks);
        finish(m, blocks, digits + 20 * at);
    }
}

void encode_ea11(size_t n, const uint64_t *high, const uint64_t *low, const int64_t *rnds,
                 const int64_t *tids, const int64_t *amounts, char *digits)
{
    uint64_t blocks[CHUNK];
    EACH_CHUNK(at, m) {
        pack(m, rnds + at, tids + at, amounts + at, blocks);
        misty1_encrypt(m, high + at, low + at, blocks);
        finish(m, blocks, digits + 20 * at);
    }
}

void issue_ea07(size_t n, const char *pans, const uint8_t *tis, const int64_t *rnds, const int64_t *tids,
                const int64_t *amounts, char *digits)
{
    uint64_t keys[CHUNK];
    EACH_CHUNK(at, m) {
        dkga02_derive(m, pans + 18 * at, tis + at, keys);
        encode_ea07(m, keys, rnds + at, tids + at, amounts + at, digits + 20 * at);
    }
}

void issue_ea11(size_t n, const char *pans, const uint8_t *tis, const int64_t *rnds, const int64_t *tids,
                const int64_t *amounts, char *digits)
{
    uint64_t high[CHUNK], low[CHUNK];
    EACH_CHUNK(at, m) {
        dkga04_derive(m, pans + 18 * at, tis + at, high, low);
        encode_ea11(m, high, low, rnds + at, tids + at, amounts + at, digits + 20 * at);
    }
}

void decode_ea07(size_t n, const char *digits, const uint64_t *keys, int64_t *rnds, int64_t *tids,
                 int64_t *amounts, uint8_t *faults)
{
    uint64_t blocks[CHUNK];
    EACH_CHUNK(at, m) {
        begin(m, digits + 20 * at, blocks, faults + at);
        sta_decrypt(m, keys + at, blocks);
        unpack(m, blocks, rnds + at, tids + at, amounts + at, faults + at);
    }
}

void decode_ea11(size_t n, const char *digits, const uint64_t *high, const uint64_t *low, int64_t *rnds,
                 int64_t *tids, int64_t *amounts, uint8_t *faults)
{
    uint64_t blocks[CHUNK];
    EACH_CHUNK(at, m) {
        begin(m, digits + 20 * at, blocks, faults + at);
        misty1_decrypt(m, high + at, low + at, blocks);
        unpack(m, blocks, rnds + at, tids + at, amounts + at, faults + at);
    }
}
