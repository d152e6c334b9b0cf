// A recursion that goes deeper than the boot stack is: into the page tables, or whatever lies below.
// check: stack
// expect: a stack ran over its lower end: ... at 0008: ... deeper ... stack-lower-end.c: ... may go down to ... where boot_stack is ... called from: ... times
// variants: -O0
#define STACK_SIZE "2048"
#include "kernel.h"

static u32 reserve[4096] __attribute__((used));
volatile int depth;

__attribute__((noinline)) static int deeper(int n) {
    volatile char buffer[32];
    buffer[0] = (char)n;
    return n == 0 ? buffer[0] : deeper(n - 1) + buffer[0];
}

void kmain(void) { depth = deeper(45); }
