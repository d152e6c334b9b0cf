// A thread's stack in an array of its own, which a deep call leaves at its lower end.
// bits: 64
// check: stack
// expect: a stack ran over its lower end: RSP is ... at 0008: ... fill ... threads.h: ... where stacks is
// variants: -O2 -fno-inline
#include "kernel.h"

__asm__(".section .bss.below,\"aw\",@nobits; .space 4096; .text");
#define DEEPEST 14
static u8 stacks[1][1024] __attribute__((aligned(16), section(".bss.stacks")));
#include "threads.h"

void kmain(void) {
    run_thread();
    name_of(text, 16);
}
