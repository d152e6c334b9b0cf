// A function has an array that is larger than the stack: it lies over what is below the stack.
// bits: 32 64
// expect: makes room for 2400 ... bytes of variables on the stack: ... was 001 ... and became ... belongs elsewhere (static, or allocated), or the stack is too small
// status: 10 16
// options: --max-ticks 12M
// variants: -O2 | -O0
#define STACK_SIZE "4096"
#include "kernel.h"
__attribute__((noinline)) static int sum(int n) {
    volatile int squares[600000];
    int total = 0;
    for (int i = 0; i < 600000; i++) squares[i] = i * n;
    for (int i = 0; i < 600000; i++) total += squares[i];
    return total;
}
void kmain(void) { outb(0xE9, (u8)sum(3)); }
