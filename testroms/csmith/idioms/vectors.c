/* Loops that compilers turn into MMX, SSE or scalar code, and vectors of the language; well-known sums over bytes. */
#include "idioms.h"

typedef uint8_t b16 __attribute__((vector_size(16)));
typedef int16_t w8 __attribute__((vector_size(16)));
typedef uint32_t d4 __attribute__((vector_size(16)));
typedef int32_t s4 __attribute__((vector_size(16)));
typedef uint64_t q2 __attribute__((vector_size(16)));
typedef float f4 __attribute__((vector_size(16)));
typedef double g2 __attribute__((vector_size(16)));

enum { N = 67 };
static uint8_t ab[N], bb[N], cb[N];
static int16_t aw[N], bw[N], cw[N];
static uint32_t ad[N], bd[N], cd[N];
static int64_t aq[N], bq[N], cq[N];
static float af[N], bf[N], cf[N];

#define LOOP(name, array, expression) static HOT void name(unsigned n) { for (unsigned i = 0; i < n; i++) array[i] = expression; }
LOOP(bytes, cb, (uint8_t)(ab[i] + bb[i])) LOOP(saturated, cb, (uint8_t)(ab[i] + bb[i] > 255 ? 255 : ab[i] + bb[i])) LOOP(byte_max, cb, ab[i] > bb[i] ? ab[i] : bb[i])
LOOP(mean, cb, (uint8_t)((ab[i] + bb[i] + 1) >> 1)) LOOP(words, cw, (int16_t)(aw[i] * bw[i])) LOOP(high, cw, (int16_t)(aw[i] * bw[i] >> 16))
LOOP(word_min, cw, aw[i] < bw[i] ? aw[i] : bw[i]) LOOP(doubles, cd, ad[i] * 5u - bd[i]) LOOP(products, cd, ad[i] * bd[i]) LOOP(shifted, cd, ad[i] >> (bd[i] & 31))
LOOP(widened, cd, (uint32_t)(ab[i] * 257 + aw[i])) LOOP(narrowed, cb, (uint8_t)(ad[i] >> 7)) LOOP(quads, cq, (int64_t)((uint64_t)aq[i] + (uint64_t)bq[i])) LOOP(chosen, cd, ad[i] > bd[i] ? ad[i] - bd[i] : bd[i] ^ 7u)
LOOP(floats, cf, af[i] * bf[i] + 0.5f) LOOP(quotients, cf, af[i] / (bf[i] * bf[i] + 1)) LOOP(to_float, cf, (float)(int32_t)ad[i]) LOOP(to_int, cd, (uint32_t)(int32_t)(af[i] * 3)) LOOP(float_max, cf, af[i] > bf[i] ? af[i] : bf[i])
static void (*const loops[])(unsigned) = { bytes, saturated, byte_max, mean, words, high, word_min, doubles, products, shifted, widened, narrowed, quads, chosen, floats, quotients, to_float, to_int, float_max };

static HOT uint32_t total(unsigned n) { uint32_t t = 0; for (unsigned i = 0; i < n; i++) t += ad[i] ^ ab[i]; return t; }
static HOT int32_t dot(unsigned n) { uint32_t t = 0; for (unsigned i = 0; i < n; i++) t += (uint32_t)(aw[i] * bw[i]); return (int32_t)t; }
static HOT unsigned differences(unsigned n) { unsigned t = 0; for (unsigned i = 0; i < n; i++) t += (unsigned)(ab[i] > bb[i] ? ab[i] - bb[i] : bb[i] - ab[i]); return t; }

#define LOAD(type, name, source) type name; memcpy(&name, source, 16);
static HOT void of_language(unsigned at) {
    LOAD(b16, x, ab + at) LOAD(b16, y, bb + at) LOAD(w8, v, aw + at) LOAD(w8, w, bw + at) LOAD(d4, d, ad + at) LOAD(d4, e, bd + at) LOAD(q2, q, aq + at) LOAD(q2, r, bq + at)
    b16 p = (x + y) ^ (b16)(x > y), m = __builtin_shuffle(x, y & 15);
    w8 h = v * w + (w8)(v < w) * 3 - (v >> 3);
    d4 s = (d << (e & 31)) + (d >> 5) - (d4)(d == e), t = __builtin_shuffle(d, e, (d4){ 7, 2, 5, 0 });
    s4 less = (s4)d > (s4)e, g = (less & (s4)d) | (~less & (s4)e);
    q2 k = (q + r) ^ (q >> 9) ^ (q2)(q > r);
    add_bytes(&p, 16); add_bytes(&m, 16); add_bytes(&h, 16); add_bytes(&s, 16); add_bytes(&t, 16); add_bytes(&g, 16); add_bytes(&k, 16);
    f4 f = { af[at], af[at + 1], af[at + 2], af[at + 3] }, z = f * f + 1.25f, n = (f4)((s4)f & (f < z)) - z;
    g2 c = { af[at], bf[at] }, o = c * c - c / (c * c + 1.0);
    add_bytes(&n, 16); add_bytes(&o, 16);
}

static HOT uint32_t crc32(const uint8_t *p, unsigned n) {
    uint32_t c = ~0u;
    while (n--) { c ^= *p++; for (int k = 0; k < 8; k++) c = c >> 1 ^ (c & 1 ? 0xEDB88320u : 0); }
    return ~c;
}
static HOT uint32_t adler(const uint8_t *p, unsigned n) { uint32_t a = 1, b = 0; while (n--) { a = (a + *p++) % 65521; b = (b + a) % 65521; } return b << 16 | a; }
static HOT void tea(uint32_t v[2], const uint32_t k[4]) {
    uint32_t s = 0;
    for (int i = 0; i < 32; i++) { v[0] += ((v[1] << 4 ^ v[1] >> 5) + v[1]) ^ (s + k[s & 3]); s += 0x9E3779B9u; v[1] += ((v[0] << 4 ^ v[0] >> 5) + v[0]) ^ (s + k[s >> 11 & 3]); }
}
#define TURN(x, n) ((x) << (n) | (x) >> (32 - (n)))
static HOT void quarters(uint32_t s[16]) {
#define QUARTER(a, b, c, d) s[a] += s[b]; s[d] = TURN(s[d] ^ s[a], 16); s[c] += s[d]; s[b] = TURN(s[b] ^ s[c], 12); s[a] += s[b]; s[d] = TURN(s[d] ^ s[a], 8); s[c] += s[d]; s[b] = TURN(s[b] ^ s[c], 7);
    for (int i = 0; i < 10; i++) { QUARTER(0, 4, 8, 12) QUARTER(1, 5, 9, 13) QUARTER(2, 6, 10, 14) QUARTER(3, 7, 11, 15) QUARTER(0, 5, 10, 15) QUARTER(1, 6, 11, 12) QUARTER(2, 7, 8, 13) QUARTER(3, 4, 9, 14) }
}

int main(void) {
    for (unsigned f = 0; f < COUNT(loops); f++) {
        for (int i = 0; i < 30; i++) {
            for (unsigned k = 0; k < N; k++) {
                uint64_t v = argument();
                ab[k] = (uint8_t)v; aw[k] = (int16_t)v; ad[k] = (uint32_t)v; aq[k] = (int64_t)v; af[k] = (float)(int32_t)v / 256;
                v = v * 0x9E3779B97F4A7C15u + k;
                bb[k] = (uint8_t)(v >> 9); bw[k] = (int16_t)(v >> 17); bd[k] = (uint32_t)(v >> 23); bq[k] = (int64_t)v; bf[k] = (float)(int16_t)(v >> 40) / 3;
            }
            loops[f](N - (unsigned)(i & 7));
            add(total(N)); add((uint64_t)dot(N - 3)); add(differences(N - 1)); of_language((unsigned)i & 31);
        }
        add_bytes(cb, sizeof cb); add_bytes(cw, sizeof cw); add_bytes(cd, sizeof cd); add_bytes(cq, sizeof cq); add_bytes(cf, sizeof cf);
        char name[16];
        snprintf(name, sizeof name, "loop-%02u", f);
        line(name);
    }
    uint32_t state[16];
    for (unsigned k = 0; k < 16; k++) state[k] = random32();
    for (int i = 0; i < 100; i++) { quarters(state); tea(state, state + 4); add(crc32((uint8_t *)state, 64)); add(adler((uint8_t *)state, 60)); }
    line("sums");
    return 0;
}
