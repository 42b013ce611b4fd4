/* The 66 bits of a token as 20 digits: ten digits each from two 64-bit halves, two digits a lookup. */
#include "reference.h"

static const uint64_t TEN_DIGITS = 10000000000;
static char pairs[100][2];

void digits_setup(void)
{
    for (int pair = 0; pair < 100; pair++)
        pairs[pair][0] = (char)('0' + pair / 10), pairs[pair][1] = (char)('0' + pair % 10);
}

static inline void four_digits(uint32_t value, char *digits)
{
    memcpy(digits, pairs[value / 100], 2);
    memcpy(digits + 2, pairs[value % 100], 2);
}

static inline void ten_digits(uint64_t value, char *digits)
{
    uint32_t eight = (uint32_t)(value % 100000000);
    memcpy(digits, pairs[value / 100000000], 2);
    four_digits(eight / 10000, digits + 2);
    four_digits(eight % 10000, digits + 6);
}

void digits_format(size_t n, const uint64_t *low, const uint8_t *top, char *digits)
{
    /* 2**64 is 1844674407 3709551616: the two upper bits are so many more of each half. */
    for (size_t row = 0; row < n; row++) {
        uint64_t lower = low[row] % TEN_DIGITS + top[row] * (uint64_t)3709551616;
        uint64_t upper = low[row] / TEN_DIGITS + top[row] * (uint64_t)1844674407 + lower / TEN_DIGITS;
        ten_digits(upper, digits + 20 * row);
        ten_digits(lower % TEN_DIGITS, digits + 20 * row + 10);
    }
}

/* Eight digits of text as a number: neighbours are joined, three times. */
static inline uint64_t eight_digits(uint64_t x)
{
    x = (x * 10 + (x >> 8)) & 0x00FF00FF00FF00FF;
    x = (x * 100 + (x >> 16)) & 0x0000FFFF0000FFFF;
    return (x * 10000 + (x >> 32)) & 0xFFFFFFFF;
}

static inline uint64_t not_digits(uint64_t x) /* x: text XOR '0's; the top bit of a byte tells */
{
    return (x | (x + 0x7676767676767676)) & 0x8080808080808080;
}

void digits_parse(size_t n, const char *digits, uint64_t *low, uint8_t *top)
{
    for (size_t row = 0; row < n; row++) {
        uint64_t first, second, last = 0;
        memcpy(&first, digits + 20 * row, 8);
        memcpy(&second, digits + 20 * row + 8, 8);
        memcpy((char *)&last + 4, digits + 20 * row + 16, 4);
        first ^= 0x3030303030303030, second ^= 0x3030303030303030, last ^= 0x3030303000000000;
        uint64_t faults = not_digits(first) | not_digits(second) | not_digits(last);
        uint64_t upper = eight_digits(first) * 100000000 + eight_digits(second); /* 16 digits */
        __extension__ unsigned __int128 number = (unsigned __int128)upper * 10000 + eight_digits(last);
        low[row] = (uint64_t)number;
        top[row] = faults ? 255 : (uint8_t)(number >> 64);
    }
}
