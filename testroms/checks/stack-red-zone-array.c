// A function has an array, in a frame or below RSP in the red zone, and writes past its end by a constant index: over its return address, with the address of
// another function.
// bits: 64
// check: stack
// expect: a return address was overwritten at 0008: ... fill ... pushed by the call at: 0008: ... overwritten by: mov ... at 0008: ... fill
// variants: -O1 -fomit-frame-pointer -mred-zone | -O2 -fomit-frame-pointer -mred-zone -DPLAIN
#include "kernel.h"

void done(void);
__asm__("done: xor %eax, %eax; out %al, $0xF4; hlt");

__attribute__((noinline)) void fill(word value) {
    volatile word numbers[4];
#ifdef PLAIN
    numbers[0] = 1;
#else
    for (int i = 0; i < 4; i++) numbers[i] = i;
#endif
    numbers[5] = value;
}

void kmain(void) { fill((word)done); }
