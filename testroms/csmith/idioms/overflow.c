/* The overflow builtins: every width of both operands and of the result, and each way in which code uses the answer. */
#include "idioms.h"

#define TYPES(X, ...) X(int8_t, __VA_ARGS__) X(uint8_t, __VA_ARGS__) X(int16_t, __VA_ARGS__) X(uint16_t, __VA_ARGS__) \
    X(int32_t, __VA_ARGS__) X(uint32_t, __VA_ARGS__) X(int64_t, __VA_ARGS__) X(uint64_t, __VA_ARGS__)

static unsigned overflows;

/* op, type: store the answer; branch on it; choose by it; count it with the flags still in use; keep only the answer. */
#define SAME(type, op)                                                                                              \
    static HOT int op##_store_##type(type a, type b, type *r) { return __builtin_##op##_overflow(a, b, r); }        \
    static HOT type op##_branch_##type(type a, type b) {                                                            \
        type r;                                                                                                     \
        if (__builtin_##op##_overflow(a, b, &r)) { overflows++; return (type)(a ^ b); }                             \
        return r;                                                                                                   \
    }                                                                                                               \
    static HOT type op##_choose_##type(type a, type b, type c) {                                                    \
        type r;                                                                                                     \
        return __builtin_##op##_overflow(a, b, &r) ? c : r;                                                         \
    }                                                                                                               \
    static HOT unsigned op##_count_##type(const type *a, type b, unsigned n, uint8_t *which) {                      \
        unsigned count = 0;                                                                                         \
        for (unsigned i = 0; i < n; i++) { type r; count += which[i] = __builtin_##op##_overflow(a[i], b, &r); }    \
        return count;                                                                                               \
    }                                                                                                               \
    static HOT _Bool op##_only_##type(type a, type b) { return __builtin_##op##_overflow_p(a, b, (type)0); }        \
    static HOT int op##_chain_##type(type a, type b, type c, type *r) {                                             \
        return __builtin_##op##_overflow(a, b, r) | __builtin_##op##_overflow(*r, c, r) << 1;                       \
    }                                                                                                               \
    static HOT void op##_test_##type(void) {                                                                        \
        type list[16], r = 0;                                                                                       \
        uint8_t which[16];                                                                                          \
        for (int i = 0; i < 150; i++) {                                                                             \
            type a = (type)argument(), b = (type)argument(), c = (type)argument();                                  \
            list[i & 15] = a;                                                                                       \
            add((uint64_t)op##_store_##type(a, b, &r)); add((uint64_t)r);                                           \
            add((uint64_t)op##_branch_##type(a, b));                                                                \
            add((uint64_t)op##_choose_##type(a, b, c));                                                             \
            add(op##_only_##type(a, b));                                                                            \
            add((uint64_t)op##_chain_##type(a, b, c, &r)); add((uint64_t)r);                                        \
            if ((i & 15) == 15) { add(op##_count_##type(list, b, 16, which)); add_bytes(which, 16); }               \
        }                                                                                                           \
        line(#op "-" #type);                                                                                        \
    }
TYPES(SAME, add)
TYPES(SAME, sub)
TYPES(SAME, mul)

/* Operands and result of different types: the compiler widens, narrows and compares signs. */
#define MIXED(op, left, right, result)                                                                              \
    static HOT int op##_##left##_##right##_##result(left a, right b, result *r) {                                   \
        return __builtin_##op##_overflow(a, b, r);                                                                  \
    }
#define MIXED_CALL(op, left, right, result) {                                                                       \
        result r;                                                                                                   \
        add((uint64_t)op##_##left##_##right##_##result((left)argument(), (right)argument(), &r)); add((uint64_t)r); }
#define MIXES(M, op) M(op, int32_t, uint32_t, int32_t) M(op, uint32_t, int32_t, uint32_t) M(op, int64_t, uint32_t, int32_t)  \
    M(op, uint64_t, int64_t, int64_t) M(op, int64_t, int64_t, uint64_t) M(op, uint64_t, int32_t, uint64_t)                  \
    M(op, int8_t, uint8_t, int8_t) M(op, uint8_t, int16_t, uint16_t) M(op, int32_t, int32_t, uint32_t)                      \
    M(op, int16_t, int32_t, int8_t) M(op, uint32_t, uint32_t, uint64_t) M(op, int32_t, uint64_t, int16_t)                   \
    M(op, int32_t, int32_t, int64_t) M(op, uint32_t, uint32_t, int32_t) M(op, uint16_t, uint16_t, int32_t)
MIXES(MIXED, add)
MIXES(MIXED, sub)
MIXES(MIXED, mul)

static HOT uint32_t allocate(uint32_t count, uint32_t size) {        /* as calloc guards itself */
    uint32_t bytes, total;
    if (__builtin_mul_overflow(count, size, &bytes) || __builtin_add_overflow(bytes, 16u, &total)) return 0;
    return total;
}

static HOT uint32_t decimal(const char *text, int *bad) {             /* as strtoul does it */
    uint32_t value = 0;
    *bad = 0;
    for (; *text; text++)
        if (__builtin_mul_overflow(value, 10u, &value) || __builtin_add_overflow(value, (uint32_t)(*text - '0'), &value)) *bad = 1;
    return value;
}

static HOT int32_t saturated(int32_t a, int32_t b) {
    int32_t r;
    if (!__builtin_mul_overflow(a, b, &r)) return r;
    return (a ^ b) < 0 ? INT32_MIN : INT32_MAX;
}

#define CALL(type, op) op##_test_##type();
int main(void) {
    TYPES(CALL, add)
    TYPES(CALL, sub)
    TYPES(CALL, mul)
    for (int i = 0; i < 120; i++) { MIXES(MIXED_CALL, add) }
    line("add-mixed");
    for (int i = 0; i < 120; i++) { MIXES(MIXED_CALL, sub) }
    line("sub-mixed");
    for (int i = 0; i < 120; i++) { MIXES(MIXED_CALL, mul) }
    line("mul-mixed");
    for (int i = 0; i < 300; i++) {
        char text[24];
        int bad;
        add(allocate((uint32_t)argument(), (uint32_t)argument()));
        unsigned length = random32() % 12, at = 0;
        while (at < length) text[at++] = (char)('0' + random32() % 10);
        text[at] = 0;
        add(decimal(text, &bad)); add((uint64_t)bad);
        add((uint64_t)saturated((int32_t)argument(), (int32_t)argument()));
    }
    add(overflows);
    line("uses");
    return 0;
}
