/* Ways through code: setjmp, jump tables, computed goto, function pointers, recursion, variable arguments, structures by value, alloca, tail calls. */
#include <alloca.h>
#include <setjmp.h>
#include <stdarg.h>
#include "idioms.h"

static jmp_buf back;
static HOT void deep(unsigned n, unsigned at) {
    if (n == at) longjmp(back, (int)n + 1);
    if (n < at) deep(n + 1, at);
    add(n);
}
static HOT unsigned jumped(unsigned depth) {
    volatile unsigned before = depth * 3;
    int came = setjmp(back);
    if (came == 0) { before++; deep(0, depth); }
    return before + (unsigned)came * 1000u;
}
static HOT uint32_t table(unsigned n, uint32_t a) {
    switch (n) {
    case 0: return a + 1;
    case 1: return a * 3;
    case 2: return a ^ 0x55;
    case 3: return a >> 3;
    case 4: return -a;
    case 5: return ~a;
    case 6: return a % 7;
    case 9: return a << 4;
    case 10: return __builtin_bswap32(a);
    case 250: return a | 1;
    case 100000: return a & 15;
    default: return n;
    }
}
static HOT uint32_t interpreted(const uint8_t *code, uint32_t a) {
    static const void *const targets[] = { &&stop, &&increment, &&twice, &&invert, &&loop, &&swap };
    uint32_t b = 1, rounds = 9;
    goto *targets[*code++];
increment: a += b; goto *targets[*code++];
twice:     a = a << 1 | a >> 31; goto *targets[*code++];
invert:    a = ~a; goto *targets[*code++];
swap:      { uint32_t t = a; a = b; b = t; } goto *targets[*code++];
loop:      if (rounds--) code -= 4; goto *targets[*code++];
stop:      return a ^ b;
}
static HOT uint64_t listed(const char *kinds, ...) {
    va_list list;
    uint64_t total = 0;
    va_start(list, kinds);
    for (; *kinds; kinds++)
        switch (*kinds) {
        case 'i': total += (uint64_t)va_arg(list, int); break;
        case 'q': total ^= va_arg(list, uint64_t); break;
        case 'd': total += (uint64_t)(int64_t)va_arg(list, double); break;
        default: total *= 3;
        }
    va_end(list);
    return total;
}
struct three { uint32_t a, b, c; };
struct large { uint32_t part[40]; };
static HOT struct three by_value(struct three x, struct three y) { struct three r = { x.a + y.c, x.b ^ y.b, x.c - y.a }; return r; }
static HOT struct large large_by_value(struct large x, unsigned n) { x.part[n % 40] += n; x.part[(n + 7) % 40] ^= x.part[n % 40]; return x; }
static HOT unsigned ackermann(unsigned m, unsigned n) { return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1)); }
static HOT unsigned even(unsigned n);
static HOT unsigned odd(unsigned n) { return n == 0 ? 0 : even(n - 1); }
static HOT unsigned even(unsigned n) { return n == 0 ? 1 : odd(n - 1); }
static HOT uint32_t on_stack(unsigned n) {
    uint8_t *room = alloca(n + 1), array[n / 2 + 1];
    for (unsigned i = 0; i <= n; i++) room[i] = (uint8_t)(i * n);
    for (unsigned i = 0; i <= n / 2; i++) array[i] = room[n - i];
    return array[n / 4] * 256u + room[n / 3];
}
static HOT uint32_t one(uint32_t a) { return a + 1; }
static HOT uint32_t two(uint32_t a) { return a ^ a >> 3; }
static HOT uint32_t three(uint32_t a) { return a * 5; }
static HOT uint32_t composed(uint32_t (*const *f)(uint32_t), unsigned n, uint32_t a) { while (n--) a = f[n % 3](a); return a; }
static HOT uint32_t with_nested(uint32_t a) { uint32_t total = 0; for (uint32_t i = 0; i < 5; i++) { if ((a >> i & 3) == 3) continue; if (total > 1u << 30) break; total += a >> i; } return total; }
static HOT unsigned collatz(unsigned n) { unsigned steps = 0; while (n > 1 && steps < 300) { n = n & 1 ? 3 * n + 1 : n >> 1; steps++; } return steps; }
static HOT uint32_t __attribute__((regparm(3))) in_registers(uint32_t a, uint32_t b, uint32_t c) { return (a | b) - (b & c) + (uint32_t)(a < c); }
static HOT uint32_t __attribute__((stdcall)) callee_pops(uint32_t a, uint32_t b) { return a * 2 + b; }
static HOT uint32_t __attribute__((fastcall)) fast(uint32_t a, uint32_t b, uint32_t c) { return a * 3 + b - c; }
static HOT uint32_t frames(uint32_t a) { volatile uint8_t room[300]; room[a % 300] = (uint8_t)a; return room[a % 300] + in_registers(a, a >> 1, a << 1) + callee_pops(a, 7) + fast(a, 3, a >> 5); }

int main(void) {
    for (unsigned i = 0; i < 300; i++) add(jumped(random32() % 40));
    line("setjmp");
    for (unsigned i = 0; i < 500; i++) add(table(i % 14 == 13 ? 250 : i % 14 == 12 ? 100000 : i % 14, (uint32_t)argument()));
    line("tables");
    for (unsigned i = 0; i < 200; i++) {
        uint8_t code[12];
        for (unsigned k = 0; k < 10; k++) code[k] = (uint8_t[]){ 1, 2, 3, 5 }[random32() & 3];
        code[8] = 4; code[11] = 0; code[10] = 2;
        add(interpreted(code, (uint32_t)argument()));
    }
    line("goto");
    for (unsigned i = 0; i < 200; i++) add(listed("iqdxiqq", (int)argument(), argument(), (double)(int32_t)random32() / 3, (int)i, argument(), argument()));
    line("arguments");
    struct large large = { { 0 } };
    struct three t = { 1, 2, 3 };
    for (unsigned i = 0; i < 300; i++) { t = by_value(t, (struct three){ random32(), i, t.a }); large = large_by_value(large, random32()); add(t.a ^ t.b ^ t.c); }
    add_bytes(&large, sizeof large);
    line("values");
    uint32_t (*const f[])(uint32_t) = { one, two, three };
    for (unsigned i = 0; i < 200; i++) {
        uint32_t a = (uint32_t)argument();
        add(odd(a & 63)); add(on_stack(a & 255)); add(composed(f, a & 31, a)); add(with_nested(a)); add(collatz(a & 0xFFFF)); add(frames(a));
    }
    add(ackermann(2, 30));
    line("calls");
    return 0;
}
