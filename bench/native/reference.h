/* The C reference of the batch measurements: what a plain, careful C program needs for the same work.
 *
 * One thread, portable C11 with the vector types of GCC and Clang, table lookups as everyone would write
 * them. Columns are worked in chunks that stay in the cache; within a chunk each kernel runs over all rows.
 * All tables are static, filled once by the *_setup functions from what Python hands over. Nothing checks
 * its input: this is a yardstick, no library. Like the Python tables it is not constant-time.
 */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { CHUNK = 512 };

/* sta.c: EA07; one key for each block, in place. first, second, permutation: as in STATables. */
void sta_setup(const uint8_t *first, const uint8_t *second, const uint8_t *permutation);
void sta_encrypt(size_t n, const uint64_t *keys, uint64_t *blocks);
void sta_decrypt(size_t n, const uint64_t *keys, uint64_t *blocks);

/* misty1.c: EA11; the key of row i is high[i] || low[i]. s7, s9: the two S-boxes of RFC 2994. */
void misty1_setup(const uint16_t *s7, const uint16_t *s9);
void misty1_encrypt(size_t n, const uint64_t *high, const uint64_t *low, uint64_t *blocks);
void misty1_decrypt(size_t n, const uint64_t *high, const uint64_t *low, uint64_t *blocks);

/* des.c: DKGA02 under one vending key. sp: [8][64], S-boxes with P behind them; round_keys: 16 of 48 bits;
 * control: the CONTROLBlock with tariff index 00. pans: 18 digits each, back to back. */
void dkga02_setup(const uint32_t *sp, const uint64_t *round_keys, uint64_t vending_key, uint64_t control);
void dkga02_derive(size_t n, const char *pans, const uint8_t *tis, uint64_t *keys);

/* hmac.c: DKGA04 under one vending key. initial: the 8 words SHA-256 starts from; constants: its 64;
 * vending_key: 20 bytes; data: the 49 bytes to authenticate, with any tariff index and meter number. */
void dkga04_setup(const uint32_t *initial, const uint32_t *constants, const uint8_t *vending_key,
                  const uint8_t *data);
void dkga04_derive(size_t n, const char *pans, const uint8_t *tis, uint64_t *high, uint64_t *low);

/* digits.c: blocks of class 0 (top: the two bits above them) to 20 digits and back. digits_parse writes
 * the class as well, and a class above 3 where the text is no token. */
void digits_setup(void);
void digits_format(size_t n, const uint64_t *low, const uint8_t *top, char *digits);
void digits_parse(size_t n, const char *digits, uint64_t *low, uint8_t *top);

#endif
