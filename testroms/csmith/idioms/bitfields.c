/* Bitfields, packed structures, unions: narrow reads and writes that overlap wider ones. */
#include "idioms.h"

struct fields { unsigned a : 1; signed b : 3; unsigned c : 7; signed d : 13; unsigned e : 8; unsigned long long f : 33; signed long long g : 31; unsigned h : 32; };
struct __attribute__((packed)) tight { uint8_t a; uint32_t b; signed c : 5; unsigned d : 19; uint16_t e; uint64_t f; int8_t g; };
union views { uint64_t q; uint32_t d[2]; uint16_t w[4]; uint8_t b[8]; int8_t s[8]; struct { unsigned low : 12, middle : 20, high : 4; } f; };

static HOT void fill(struct fields *p, uint64_t v) {
    p->a = v & 1; p->b = (int)(v >> 1 & 3) - 2; p->c = v >> 4 & 127; p->d = (int)(v >> 11 & 4095) - 2048; p->e = v >> 24 & 255; p->f = v & 0x1FFFFFFFF; p->g = (long long)(v >> 40); p->h = (unsigned)v;
}
static HOT uint64_t read(const struct fields *p) {
    return p->a + (uint64_t)(long long)p->b * 3 + p->c * 5u + (uint64_t)(long long)p->d * 7 + p->e * 11u + p->f * 13u + (uint64_t)p->g * 17 + p->h;
}
static HOT void change(struct fields *p, unsigned n) {
    p->a ^= n & 1; p->c += n; p->e -= n; p->f += n; p->f <<= n & 7; p->h |= n; p->b = p->d < 0 ? -1 : 1; p->d = p->d / 2; p->g >>= n & 3;
    if (p->c > p->e) p->e = p->c;
}
static HOT struct tight packed(uint64_t v, struct tight t) {
    t.a = (uint8_t)v; t.b = (uint32_t)(v >> 3) + t.e; t.c = (int)(v >> 7 & 15) - 8; t.d = v >> 13 & 0x7FFFF; t.e ^= (uint16_t)(v >> 21); t.f = v * 3 + t.b; t.g = (int8_t)(t.f >> 8);
    return t;
}
static HOT uint64_t overlapped(uint64_t v, unsigned n) {
    union views u = { v };
    u.b[n & 7] = (uint8_t)(n >> 8); u.w[n >> 3 & 3] += (uint16_t)n; u.s[1] = (int8_t)(u.s[2] >> 1); u.f.middle ^= n; u.d[1] -= u.d[0]; u.f.high = u.b[0];
    return u.q + (uint64_t)(int64_t)u.s[n >> 4 & 7];
}
static HOT uint32_t halves(uint32_t v) {        /* byte registers: AH and AL, and what lies around them */
    uint8_t low = (uint8_t)v, high = (uint8_t)(v >> 8);
    low += high; high ^= low; low = (uint8_t)(low - 3); high = (uint8_t)(high << 1 | low >> 7);
    return (v & 0xFFFF0000) | (uint32_t)high << 8 | low;
}
static HOT int64_t extended(int8_t a, uint8_t b, int16_t c, uint16_t d) { return (int64_t)a * d + (int64_t)c * b - (int64_t)(a + b) + ((int64_t)c << 20); }

int main(void) {
    struct fields f[4];
    struct tight t;
    memset(f, 0, sizeof f);
    memset(&t, 0, sizeof t);
    for (int i = 0; i < 500; i++) {
        fill(&f[i & 3], argument()); change(&f[i & 3], random32() & 0xFFFF); add(read(&f[i & 3]));
        t = packed(argument(), t); add(t.f + t.b + t.d + (uint64_t)(int64_t)t.c + t.e + (uint64_t)(int64_t)t.g);
    }
    line("fields");
    for (int i = 0; i < 500; i++) {
        add(overlapped(argument(), random32())); add(halves((uint32_t)argument()));
        add((uint64_t)extended((int8_t)argument(), (uint8_t)argument(), (int16_t)argument(), (uint16_t)argument()));
    }
    line("views");
    return 0;
}
