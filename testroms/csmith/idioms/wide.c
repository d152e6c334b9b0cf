/* 64-bit arithmetic on 32-bit registers: pairs with carries, SHLD and SHRD, libgcc's division, long numbers. */
#include "idioms.h"

#define TWO(name, type, expression) static HOT uint64_t name(type a, type b) { return (uint64_t)(expression); }
#define SHIFT(name, type, expression) static HOT uint64_t name(type a, unsigned n) { return (uint64_t)(expression); }
TWO(plus, uint64_t, a + b) TWO(minus, uint64_t, a - b) TWO(times, uint64_t, a * b) TWO(both, uint64_t, a & ~b)
TWO(divided, uint64_t, a / (b | 1)) TWO(rest, uint64_t, a % (b | 1))
TWO(signed_divided, int64_t, b == -1 || b == 0 ? a : a / b) TWO(signed_rest, int64_t, b == -1 || b == 0 ? 0 : a % b)
TWO(product, uint64_t, (uint64_t)(uint32_t)a * (uint32_t)b) TWO(signed_product, int64_t, (int64_t)(int32_t)a * (int32_t)b)
TWO(high, uint64_t, (uint64_t)(uint32_t)a * (uint32_t)b >> 32) TWO(signed_high, int64_t, (int64_t)(int32_t)a * (int32_t)b >> 32)
TWO(narrow_divided, uint64_t, a / ((uint32_t)b | 1)) TWO(narrow_rest, uint64_t, a % ((uint32_t)b | 1))
TWO(less, int64_t, a < b) TWO(below, uint64_t, a < b) TWO(greatest, int64_t, a > b ? a : b) TWO(lowest, uint64_t, a < b ? a : b)
TWO(compared, int64_t, (a > b) - (a < b)) TWO(same, uint64_t, a == b) TWO(not_greater, int64_t, a <= b ? b : a + 1u)
TWO(negated, uint64_t, -a + (b == 0)) TWO(absolute, int64_t, (a < 0 ? -(uint64_t)a : (uint64_t)a) ^ (uint64_t)b)
TWO(mean, uint64_t, (a & b) + ((a ^ b) >> 1)) TWO(carried, uint64_t, (a + b < a) + a) TWO(borrowed, uint64_t, a - (a < b))
SHIFT(left, uint64_t, a << (n & 63)) SHIFT(right, uint64_t, a >> (n & 63)) SHIFT(arithmetic, int64_t, a >> (n & 63))
SHIFT(rotated, uint64_t, a << (n & 63) | a >> (-n & 63)) SHIFT(rotated_right, uint64_t, a >> (n & 63) | a << (-n & 63))
SHIFT(bit, uint64_t, a >> (n & 63) & 1) SHIFT(with_bit, uint64_t, a | (uint64_t)1 << (n & 63)) SHIFT(without_bit, uint64_t, a & ~((uint64_t)1 << (n & 63)))
SHIFT(counted, uint64_t, __builtin_popcountll(a) + (a ? __builtin_clzll(a) * 64 + __builtin_ctzll(a) * 4096 : 0) + __builtin_parityll(a) + n)
SHIFT(swapped, uint64_t, __builtin_bswap64(a) + n) SHIFT(found, int64_t, __builtin_ffsll(a) + n) SHIFT(sign_bits, int64_t, __builtin_clrsbll(a) + n)

static uint64_t (*const of_two[])(uint64_t, uint64_t) = {
    plus, minus, times, both, divided, rest, (void *)signed_divided, (void *)signed_rest, product, (void *)signed_product, high,
    (void *)signed_high, narrow_divided, narrow_rest, (void *)less, below, (void *)greatest, lowest, (void *)compared, same,
    (void *)not_greater, negated, (void *)absolute, mean, carried, borrowed };
static uint64_t (*const of_shift[])(uint64_t, unsigned) = {
    left, right, (void *)arithmetic, rotated, rotated_right, bit, with_bit, without_bit, counted, swapped, (void *)found, (void *)sign_bits };

enum { WORDS = 12 };
static HOT uint32_t long_add(uint32_t *to, const uint32_t *a, const uint32_t *b) {
    uint32_t carry = 0;
    for (int i = 0; i < WORDS; i++) {
        uint32_t s = a[i] + b[i], c = s < a[i];
        to[i] = s + carry;
        carry = c | (to[i] < s);
    }
    return carry;
}
static HOT uint32_t long_subtract(uint32_t *to, const uint32_t *a, const uint32_t *b) {
    unsigned borrow = 0;
    for (int i = 0; i < WORDS; i++) {
        uint32_t d;
        unsigned first = __builtin_sub_overflow(a[i], b[i], &d);
        borrow = first | __builtin_sub_overflow(d, borrow, &to[i]);
    }
    return borrow;
}
static HOT uint32_t long_multiply(uint32_t *to, const uint32_t *a, uint32_t b) {
    uint64_t carry = 0;
    for (int i = 0; i < WORDS; i++) { carry += (uint64_t)a[i] * b; to[i] = (uint32_t)carry; carry >>= 32; }
    return (uint32_t)carry;
}
static HOT uint32_t long_divide(uint32_t *to, const uint32_t *a, uint32_t b) {
    uint64_t rest = 0;
    for (int i = WORDS - 1; i >= 0; i--) { rest = rest << 32 | a[i]; to[i] = (uint32_t)(rest / b); rest %= b; }
    return (uint32_t)rest;
}
static HOT uint64_t power(uint64_t base, uint64_t exponent, uint64_t modulus) {
    uint64_t result = 1;
    for (base %= modulus; exponent; exponent >>= 1, base = base * base % modulus)
        if (exponent & 1) result = result * base % modulus;
    return result;
}

int main(void) {
    for (unsigned f = 0; f < COUNT(of_two); f++) {
        for (int i = 0; i < 200; i++) add(of_two[f](argument(), argument()));
        char name[16];
        snprintf(name, sizeof name, "two-%02u", f);
        line(name);
    }
    for (unsigned f = 0; f < COUNT(of_shift); f++) {
        for (int i = 0; i < 200; i++) add(of_shift[f](argument(), random32()));
        char name[16];
        snprintf(name, sizeof name, "shift-%02u", f);
        line(name);
    }
    uint32_t a[WORDS], b[WORDS], c[WORDS];
    for (int i = 0; i < 200; i++) {
        for (int k = 0; k < WORDS; k++) { a[k] = (uint32_t)argument(); b[k] = (uint32_t)argument(); }
        add(long_add(c, a, b)); add_bytes(c, sizeof c);
        add(long_subtract(c, a, b)); add_bytes(c, sizeof c);
        add(long_multiply(c, a, b[0])); add_bytes(c, sizeof c);
        add(long_divide(c, a, b[1] | 1)); add_bytes(c, sizeof c);
        add(power(a[0], b[1] & 0xFFFF, b[0] | 1));
    }
    line("long");
    return 0;
}
