/* Conversions between integers and floating point, comparisons, rounding, arithmetic: by x87 or SSE as the compiler was told. Results count bit by bit,
   except that all NaNs are one. */
#include <math.h>
#include "idioms.h"

static void add_float(float x) { uint32_t bits; memcpy(&bits, &x, 4); add(x != x ? 1 : bits); }
static void add_double(double x) { uint64_t bits; memcpy(&bits, &x, 8); add(x != x ? 1 : bits); }
static void add_long(long double x) { uint8_t bytes[16] = { 0 }; memcpy(bytes, &x, 10); if (x == x) add_bytes(bytes, 10); else add(1); }

static HOT double any_double(void) {
    uint32_t kind = random32();
    if (kind & 1) return (double)(int64_t)argument();
    if (kind & 2) return (double)(int32_t)random32() / (double)((random32() & 0xFFFF) + 1);
    uint64_t bits = argument();
    double x;
    memcpy(&x, &bits, 8);
    return x;
}
/* A number that fits into the integer. */
static HOT double within(double limit) {
    double x = any_double();
    if (!(fabs(x) < limit)) x = (double)(int32_t)random32() / 2147483648.0 * limit;
    return x;
}

#define FROM(name, type) static HOT void name(type a) { add_float((float)a); add_double((double)a); add_long((long double)a); }
FROM(from_s8, int8_t) FROM(from_u8, uint8_t) FROM(from_s16, int16_t) FROM(from_u16, uint16_t) FROM(from_s32, int32_t) FROM(from_u32, uint32_t) FROM(from_s64, int64_t) FROM(from_u64, uint64_t)
#define TO(name, type) static HOT type name(double a) { return (type)a; } static HOT type name##_float(float a) { return (type)a; } \
    static HOT type name##_long(long double a) { return (type)a; }
TO(to_s8, int8_t) TO(to_u8, uint8_t) TO(to_s16, int16_t) TO(to_u16, uint16_t) TO(to_s32, int32_t) TO(to_u32, uint32_t) TO(to_s64, int64_t) TO(to_u64, uint64_t)
#define TO_CALL(name, low, limit) { double x = within(limit); if (x < low) x = -x; \
    add((uint64_t)name(x)); add((uint64_t)name##_float((float)(x / 2))); add((uint64_t)name##_long(x)); }

static HOT unsigned compared(double a, double b) {
    return (unsigned)(a < b) | (unsigned)(a <= b) << 1 | (unsigned)(a == b) << 2 | (unsigned)(a != b) << 3 | (unsigned)(a > b) << 4 | (unsigned)!(a >= b) << 5
        | (unsigned)__builtin_isunordered(a, b) << 6 | (unsigned)__builtin_isless(a, b) << 7 | (unsigned)__builtin_islessgreater(a, b) << 8;
}
static HOT unsigned compared_float(float a, float b) { return a < b ? 1 : a > b ? 2 : a == b ? 3 : 4; }
static HOT unsigned compared_long(long double a, long double b) { return a < b ? 1 : a > b ? 2 : a == b ? 3 : 4; }
static HOT double chosen(double a, double b, double c) { return a < b ? c : a > c ? b : a; }
static HOT double arithmetic(double a, double b) { return (a + b) * (a - b) / (b * b + 1.5); }
static HOT float arithmetic_float(float a, float b) { return (a + b) * (a - b) / (b * b + 1.5f); }
static HOT long double arithmetic_long(long double a, long double b) { return (a + b) * (a - b) / (b * b + 1.5L); }
static HOT double rounded(double a, int how) {
    switch (how % 6) {
    case 0: return floor(a);
    case 1: return ceil(a);
    case 2: return trunc(a);
    case 3: return rint(a);
    case 4: return round(a);
    default: return fmod(a, 3.25);
    }
}
static HOT int64_t to_nearest(double a) { return lrint(a / 4) + llrint(a / 3); }
static HOT unsigned classified(double a) {
    return (unsigned)(isnan(a) != 0) | (unsigned)(isinf(a) != 0) << 1 | (unsigned)(isnormal(a) != 0) << 2 | (unsigned)(signbit(a) != 0) << 3 | (unsigned)fpclassify(a) << 4;
}
static HOT double polynomial(const double *c, int n, double x) {
    double y = 0;
    while (n--) y = y * x + c[n];
    return y;
}
static HOT void matrix(double r[4][4], double a[4][4], double b[4][4]) {
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) {
            double s = 0;
            for (int k = 0; k < 4; k++) s += a[i][k] * b[k][j];
            r[i][j] = s;
        }
}
static HOT unsigned mandelbrot(double x, double y) {
    double a = 0, b = 0;
    unsigned n = 0;
    for (; n < 60 && a * a + b * b < 4; n++) { double t = a * a - b * b + x; b = 2 * a * b + y; a = t; }
    return n;
}

int main(void) {
    for (int i = 0; i < 200; i++) {
        uint64_t v = argument();
        from_s8((int8_t)v); from_u8((uint8_t)v); from_s16((int16_t)v); from_u16((uint16_t)v); from_s32((int32_t)v); from_u32((uint32_t)v); from_s64((int64_t)v); from_u64(v);
    }
    line("from");
    for (int i = 0; i < 200; i++) {
        TO_CALL(to_s8, -128, 127) TO_CALL(to_u8, 0, 255) TO_CALL(to_s16, -32768, 32767) TO_CALL(to_u16, 0, 65535)
        TO_CALL(to_s32, -2147483648., 2147483647.) TO_CALL(to_u32, 0, 4294967295.) TO_CALL(to_s64, -9.2e18, 9.2e18) TO_CALL(to_u64, 0, 1.8e19)
    }
    line("to");
    for (int i = 0; i < 300; i++) {
        double a = any_double(), b = i & 7 ? any_double() : a, c = any_double();
        add(compared(a, b)); add(compared_float((float)a, (float)b)); add(compared_long(a, b)); add(classified(a));
        add_double(chosen(a, b, c)); add_double(fmin(a, b)); add_double(fmax(a, b)); add_double(copysign(a, b)); add_double(fabs(a)); add_double(-a);
    }
    line("compared");
    for (int i = 0; i < 300; i++) {
        double a = any_double(), b = any_double();
        add_double(arithmetic(a, b)); add_float(arithmetic_float((float)a, (float)b)); add_long(arithmetic_long(a, b));
        add_double(sqrt(fabs(a))); add_float(sqrtf((float)fabs(a))); add_double(rounded(a, i)); add((uint64_t)to_nearest(within(2e9)));
        int exponent;
        add_double(frexp(a, &exponent)); add(isfinite(a) ? (uint64_t)exponent : 0); add_double(ldexp(a, (int)(random32() & 63) - 32));
    }
    line("arithmetic");
    static double m[3][4][4], c[8];
    for (int i = 0; i < 100; i++) {
        for (int k = 0; k < 32; k++) m[k >> 4][k >> 2 & 3][k & 3] = within(1000);
        for (int k = 0; k < 8; k++) c[k] = within(10);
        matrix(m[2], m[0], m[1]);
        for (int k = 0; k < 16; k++) add_double(m[2][k >> 2][k & 3]);
        add_double(polynomial(c, 8, within(2)));
        add(mandelbrot(within(2), within(2)));
    }
    line("loops");
    return 0;
}
