// Work for --speed, one kind for each word that it is compiled with, and for observers.py, FOREVER.
#include "kernel.h"

static u32 numbers[4096];
static u8 from[65536], to[65536];
static volatile u32 total;

#if defined(CALLS)
#define ROUNDS 300

__attribute__((noipa)) static u32 fibonacci(u32 n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

static void work(void) { total += fibonacci(18); }
#elif defined(COPIES)
#define ROUNDS 240

__attribute__((noipa)) static void *copy(void *to, const void *from, word count) {
    void *start = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
    return start;
}

static void work(void) {
    for (int i = 0; i < 16384; i++) ((volatile u32 *)to)[i] = ((volatile u32 *)from)[i];
    copy(to, from, 8192);
    __asm__ volatile("rep stosl" : : "D"(numbers), "c"(4096), "a"(7) : "memory");
}
#elif defined(STACK)
#define ROUNDS 240

__attribute__((noipa)) static u32 deep(u32 n, u32 a, u32 b, u32 c) {
    volatile u32 local[4] = {a, b, c, n};
    return n == 0 ? local[1] : deep(n - 1, local[1], local[2], local[0]) + local[3];
}

static void work(void) {
    for (u32 i = 0; i < 40; i++) total += deep(60, 1, 2, i);
}
#elif defined(RECORDS)
#define ROUNDS 400

static volatile struct {
    u8 kind, flags;
    u16 length;
    u32 value, next;
} records[2048];

static void work(void) {
    for (u32 i = 0; i < 2048; i++) {
        u32 at = i * 7 & 2047;
        records[at].kind = (u8)i;
        records[at].flags |= 2;
        records[at].length += 3;
        records[at].value = records[at].next ^ i;
        records[at].next = i * 13 & 2047;
    }
}
#elif defined(FLOATS)
#define ROUNDS 400

static double a[1024], b[1024];

static void work(void) {
    double sum = 0;
    for (int i = 0; i < 1024; i++) {
        a[i] = a[i] * 0.5 + i;
        b[i] = a[i] / (b[i] + 1);
        sum += b[i];
    }
    total += (u32)sum;
    for (int i = 0; i < 1024; i++) numbers[i] = (u32)a[i] ^ 5;
}
#elif defined(PORTS)
#define ROUNDS 300

static void work(void) {
    for (int i = 0; i < 1024; i++) {
        u8 value;
        __asm__ volatile("inb $0x21, %0" : "=a"(value));
        total += value;
        outb(0x80, (u8)i);
    }
    for (int i = 0; i < 4096; i++) numbers[i] += total;
}
#else
#define ROUNDS 12

__attribute__((noinline)) static u32 mix(u32 x) { return (x ^ x >> 13) * 0x5BD1E995u + 0x1B873593u; }

__attribute__((noinline)) static void sort(u32 *a, int n) {
    for (int gap = n / 2; gap > 0; gap /= 2)
        for (int i = gap; i < n; i++) {
            u32 x = a[i];
            int j = i;
            for (; j >= gap && a[j - gap] > x; j -= gap) a[j] = a[j - gap];
            a[j] = x;
        }
}

static void work(void) {
    static u32 seed = 1;
    for (int i = 0; i < 4096; i++) numbers[i] = seed = mix(seed);
    sort(numbers, 4096);
    for (int i = 0; i < 65536; i++) from[i] = (u8)(i ^ seed);
    for (int i = 0; i < 65536; i++) to[i] = from[65535 - i];
}
#endif

void kmain(void) {
#ifdef FOREVER
    for (;;) work();
#else
    for (int round = 0; round < ROUNDS; round++) work();
#endif
}
