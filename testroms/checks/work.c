// Work for --speed: calls, loops, copies, a sort, and page-wise accesses.
#include "kernel.h"

static u32 numbers[4096];
static u8 from[65536], to[65536];

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

void kmain(void) {
    u32 seed = 1;
    for (int round = 0; round < 12; round++) {
        for (int i = 0; i < 4096; i++) numbers[i] = seed = mix(seed);
        sort(numbers, 4096);
        for (int i = 0; i < 65536; i++) from[i] = (u8)(i ^ seed);
        for (int i = 0; i < 65536; i++) to[i] = from[65535 - i];
    }
}
