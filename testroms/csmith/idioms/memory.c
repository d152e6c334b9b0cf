/* Copies, fills and searches: structures of many sizes (REP MOVS where the compiler likes it), the C library's string functions, sorting. */
#include <stdlib.h>
#include "idioms.h"

static uint8_t from[4096 + 64], to[4096 + 64];
#define SIZES(X) X(1) X(2) X(3) X(4) X(5) X(7) X(8) X(11) X(15) X(16) X(17) X(31) X(32) X(33) X(48) X(63) X(64) X(65) X(100) X(127) X(128) X(129) X(255) X(256) X(500) X(1000)
#define COPY(n)                                                                                                     \
    struct s##n { uint8_t b[n]; };                                                                                  \
    static HOT void copy_##n(void *t, const void *f) { memcpy(t, f, sizeof(struct s##n)); }                          \
    static HOT void value_##n(struct s##n *t, const struct s##n *f) { *t = *f; }                                     \
    static HOT void clear_##n(void *t, int v) { memset(t, 0, n); memset((uint8_t *)t + n, v, n); }                   \
    static HOT int equal_##n(const void *a, const void *b) { return memcmp(a, b, n) == 0; }
SIZES(COPY)
#define CALL(n) { unsigned a = random32() & 63, b = random32() & 63;                                                 \
    copy_##n(to + a, from + b); add(to[a + n - 1]); clear_##n(to + b, (int)a); add(to[b + n]);                        \
    value_##n((struct s##n *)(void *)(to + 2000), (const struct s##n *)(const void *)(from + a)); add((uint64_t)equal_##n(to + 2000, from + b)); }

static HOT void copy_words(uint32_t *t, const uint32_t *f, unsigned n) { for (unsigned i = 0; i < n; i++) t[i] = f[i]; }
static HOT void fill_halves(uint16_t *t, uint16_t v, unsigned n) { while (n--) *t++ = v; }
static HOT void reversed(uint8_t *t, const uint8_t *f, unsigned n) { while (n--) *t++ = f[n]; }
static HOT unsigned length(const char *s) { const char *p = s; while (*p) p++; return (unsigned)(p - s); }
static HOT int sign(int x) { return (x > 0) - (x < 0); }
static int ascending(const void *a, const void *b) { uint32_t x, y; memcpy(&x, a, 4); memcpy(&y, b, 4); return (x > y) - (x < y); }

static HOT void strings(void) {
    char a[160], b[160], *end;
    unsigned n = random32() % 100, shift = random32() & 15;
    for (unsigned i = 0; i < n; i++) a[shift + i] = (char)("abcdefgh "[random32() % 9]);
    a[shift + n] = 0;
    memcpy(b, a + shift, n + 1);
    char *s = a + shift, wanted = (char)('a' + (random32() & 7));
    if (n && (random32() & 1)) b[random32() % n] = wanted;
    add(strlen(s)); add(length(s)); add((uint64_t)sign(strcmp(s, b))); add((uint64_t)sign(strncmp(s, b, n / 2))); add((uint64_t)sign(memcmp(s, b, n)));
    end = strchr(s, wanted); add(end ? (uint64_t)(end - s) : 999);
    end = strrchr(s, wanted); add(end ? (uint64_t)(end - s) : 999);
    end = strstr(s, (char[]){ wanted, 'c', 0 }); add(end ? (uint64_t)(end - s) : 999);
    end = memchr(s, wanted, n); add(end ? (uint64_t)(end - s) : 999);
    add(strspn(s, "abcd")); add(strcspn(s, "gh "));
    add((uint64_t)(stpcpy(b, s) - b)); strncat(b, "tail of it" + random32() % 11, 10); add_bytes(b, (unsigned)strlen(b));
    for (end = strtok(b, " "); end; end = strtok(NULL, " ")) add(strlen(end));
}
static HOT void numbers(void) {
    char text[80];
    double x = (double)(int32_t)random32() / (double)((random32() & 0xFFF) + 1);
    uint64_t v = argument();
    add_bytes(text, (unsigned)snprintf(text, sizeof text, "%lld %llu %llx %08x %d", (long long)v, (unsigned long long)v, (unsigned long long)v, (unsigned)v, (int)v));
    add(strtoull(text, NULL, 10)); add((uint64_t)atoi(text));
    add_bytes(text, (unsigned)snprintf(text, sizeof text, "%.17g %.3f %a %10.2e", x, x, x, x));
    double back = strtod(text, NULL);
    add((uint64_t)(back == x));
}

int main(void) {
    for (unsigned i = 0; i < sizeof from; i++) from[i] = (uint8_t)random32();
    for (int i = 0; i < 80; i++) { SIZES(CALL) }
    add_bytes(to, sizeof to);
    line("structures");
    for (int i = 0; i < 150; i++) {
        unsigned n = random32() % 1000, a = random32() % 1000, b = random32() % 1000;
        memmove(to + a, to + b, n); memcpy(to + 2048 + a, from + b, n); memset(to + b, (int)n, n / 2);
        copy_words((uint32_t *)(void *)to + a / 4, (const uint32_t *)(const void *)from + b / 4, n / 4);
        fill_halves((uint16_t *)(void *)to + a / 2, (uint16_t)b, n / 8);
        reversed(to + a, from + b, n / 4);
        add((uint64_t)sign(memcmp(to + a, from + b, n)));
        if (i % 10 == 0) add_bytes(to, sizeof to);
    }
    line("moves");
    for (int i = 0; i < 300; i++) strings();
    line("strings");
    for (int i = 0; i < 100; i++) numbers();
    line("numbers");
    static uint32_t list[500];
    for (int i = 0; i < 3; i++) {
        for (unsigned k = 0; k < COUNT(list); k++) list[k] = random32() >> (k & 31);
        qsort(list, COUNT(list), 4, ascending);
        add_bytes(list, sizeof list);
        for (int k = 0; k < 50; k++) { uint32_t key = list[random32() % COUNT(list)]; add(*(uint32_t *)bsearch(&key, list, COUNT(list), 4, ascending)); }
    }
    line("sorted");
    return 0;
}
