/* Shifts, rotations, bits, division and comparisons of 8, 16 and 32 bits; divisions by constants, which are multiplications. */
#include "idioms.h"

#define EACH(X) X(int8_t, uint8_t, 8) X(int16_t, uint16_t, 16) X(int32_t, uint32_t, 32)
#define FUNCTIONS(type, utype, bits)                                                                                \
    static HOT type left_##type(type a, unsigned n) { return (type)((utype)a << (n & (bits - 1))); }                 \
    static HOT type right_##type(type a, unsigned n) { return (type)(a >> (n & (bits - 1))); }                       \
    static HOT utype logical_##type(utype a, unsigned n) { return (utype)(a >> (n & (bits - 1))); }                  \
    static HOT utype rotated_##type(utype a, unsigned n) { return (utype)(a << (n & (bits - 1)) | a >> (-n & (bits - 1))); } \
    static HOT utype rotated_right_##type(utype a, unsigned n) { return (utype)(a >> (n & (bits - 1)) | a << (-n & (bits - 1))); } \
    static HOT type divided_##type(type a, type b) { return b == 0 || b == -1 ? a : (type)(a / b); }                  \
    static HOT type rest_##type(type a, type b) { return b == 0 || b == -1 ? 0 : (type)(a % b); }                     \
    static HOT utype unsigned_divided_##type(utype a, utype b) { return (utype)(a / (utype)(b | 1)); }                \
    static HOT utype unsigned_rest_##type(utype a, utype b) { return (utype)(a % (utype)(b | 1)); }                   \
    static HOT uint32_t constants_##type(type a, utype b) {                                                          \
        return (uint32_t)(a / 3) + (uint32_t)(a / 7) * 3u + (uint32_t)(a % 10) * 5u + (uint32_t)(a / -5) * 7u + (uint32_t)(a / 16) * 11u \
            + (uint32_t)(a % 8) * 13u + b / 3u + b / 7u * 17u + b % 10u * 19u + b / 100u * 23u + b / 127u + b % 60u;  \
    }                                                                                                               \
    static HOT uint32_t compared_##type(type a, type b) {                                                            \
        return (uint32_t)(a < b) | (uint32_t)(a <= b) << 1 | (uint32_t)(a == b) << 2 | (uint32_t)((utype)a < (utype)b) << 3 \
            | (uint32_t)((utype)a <= (utype)b) << 4 | (uint32_t)((a & b) == 0) << 5 | (uint32_t)(a < 0) << 6           \
            | (uint32_t)((type)((utype)a - (utype)b) < 0) << 7 | (uint32_t)((utype)(a + (uint32_t)b) < (utype)a) << 8; \
    }                                                                                                               \
    static HOT type chosen_##type(type a, type b, type c) {                                                          \
        type low = a < b ? a : b, high = a > b ? a : b;                                                              \
        type middle = c < low ? low : c > high ? high : c;                                                           \
        utype other = (utype)a >= (utype)c ? (utype)b : (utype)c;                                                    \
        return (type)((utype)middle ^ other);                                                                        \
    }                                                                                                               \
    static HOT int order_##type(type a, type b) { return (a > b) - (a < b) + 4 * ((a > 0) - (a < 0)); }               \
    static HOT utype extended_##type(utype a) { return (utype)((uint32_t)(int32_t)(type)a >> 3) + (utype)(int8_t)a; }  \
    static HOT void step_##type(type *p, unsigned n) { p[n & 3]++; p[n >> 2 & 3]--; p[n >> 4 & 3] = (type)-(utype)p[n & 3]; p[n >> 6 & 3] = (type)~p[1]; } \
    static HOT void test_##type(void) {                                                                              \
        type p[4] = { 0, 1, 2, 3 };                                                                                  \
        for (int i = 0; i < 300; i++) {                                                                              \
            type a = (type)argument(), b = (type)argument(), c = (type)argument();                                   \
            unsigned n = random32();                                                                                 \
            add((utype)left_##type(a, n)); add((utype)right_##type(a, n)); add(logical_##type((utype)a, n));         \
            add(rotated_##type((utype)a, n)); add(rotated_right_##type((utype)a, n));                                \
            add((utype)divided_##type(a, b)); add((utype)rest_##type(a, b));                                         \
            add(unsigned_divided_##type((utype)a, (utype)b)); add(unsigned_rest_##type((utype)a, (utype)b));         \
            add(constants_##type(a, (utype)b)); add(compared_##type(a, b)); add((utype)chosen_##type(a, b, c));      \
            add((uint64_t)order_##type(a, b)); add(extended_##type((utype)a));                                       \
            for (int k = 0; k < 4; k++) p[k] = (type)(p[k] & 63);                                                    \
            step_##type(p, n); add_bytes(p, sizeof p);                                                               \
        }                                                                                                           \
        line(#type);                                                                                                \
    }
EACH(FUNCTIONS)

static uint32_t set[32];
static HOT int has(unsigned i) { return set[i >> 5 & 31] >> (i & 31) & 1; }
static HOT void put(unsigned i) { set[i >> 5 & 31] |= 1u << (i & 31); }
static HOT void take(unsigned i) { set[i >> 5 & 31] &= ~(1u << (i & 31)); }
static HOT void flip(unsigned i) { set[i >> 5 & 31] ^= 1u << (i & 31); }
static HOT int taken(unsigned i) { int was = has(i); take(i); return was; }
static HOT uint32_t counted(uint32_t a) {
    return (uint32_t)__builtin_popcount(a) + (uint32_t)(a ? __builtin_clz(a) * 64 + __builtin_ctz(a) * 4096 : 7) + (uint32_t)__builtin_ffs((int)a) * 65536u
        + ((uint32_t)__builtin_parity(a) << 24) + (uint32_t)__builtin_clrsb((int)a) * 3u;
}
static HOT uint32_t swapped(uint32_t a) { return __builtin_bswap32(a) ^ __builtin_bswap16((uint16_t)a); }
static HOT uint32_t lowest(uint32_t a) { return (a & -a) ^ (a & (a - 1)) ^ (a ^ (a - 1)) ^ (a | (a + 1)); }
static HOT uint32_t parts(uint32_t a) { return (a & 0xFF) * (a >> 8 & 0xFF) + (a >> 16 & 0xFF) * (uint32_t)(uint8_t)(a >> 24) + (uint8_t)(a + (a >> 8)); }
static HOT uint32_t atomics(volatile uint32_t *p, volatile uint64_t *q, uint32_t a) {
    uint32_t was = __sync_fetch_and_add(p, a) ^ __sync_lock_test_and_set(p, a * 3u);
    was += __sync_bool_compare_and_swap(p, a * 3u, a) + __sync_val_compare_and_swap(p, 0, 7);
    was ^= __sync_fetch_and_or(p, a >> 1) + __sync_and_and_fetch(p, ~(a << 3)) + __sync_sub_and_fetch(p, 5);
    uint64_t expected = *q;
    was += (uint32_t)__sync_bool_compare_and_swap(q, expected, expected * 3 + a) + (uint32_t)__sync_bool_compare_and_swap(q, a, 0);
    return was ^ (uint32_t)*q ^ (uint32_t)(*q >> 32);
}

int main(void) {
#define CALL(type, utype, bits) test_##type();
    EACH(CALL)
    static volatile uint32_t cell;
    static volatile uint64_t pair;
    for (int i = 0; i < 400; i++) {
        uint32_t a = (uint32_t)argument();
        put(a); flip(a >> 5); take(a >> 9);
        add((uint64_t)has(a >> 7) + 2u * (uint64_t)taken(a >> 3)); add(counted(a)); add(swapped(a)); add(lowest(a)); add(parts(a));
    }
    add_bytes(set, sizeof set);
    line("bits");
    for (int i = 0; i < 400; i++) add(atomics(&cell, &pair, (uint32_t)argument()));
    line("atomics");
    return 0;
}
