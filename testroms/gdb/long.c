/* A kernel of 64 bits in an ELF64 file, which Multiboot enters in 32-bit code: it goes to long mode, has recursion, a structure and a global that
   changes, numbers that need 64 bits, and ends with 0 at port F4h. */
#include "kernel.h"

struct point {
    long x, y;
    const char *name;
};

volatile u64 counter;
struct point origin = {3, 0x123456789ABCDEF, "origin"};

u64 factorial(u64 n) {
    if (n <= 1) return 1;
    return n * factorial(n - 1);
}

u64 count(u64 to) {
    for (u64 i = 1; i <= to; i++) {
        counter += i << 32;
    }
    return counter;
}

void kmain(void) {
    u64 first = factorial(20);
    u64 second = count(10);
    origin.x = (long)(first + second);
    outb(0xF4, 0);
}
