// Two processors begin on the same stack.
// check: races
// options: --machine pc --smp 3
// bits: 32 64
// expect: (other_stacks ... is written by processor 2 and was ... by processor 1, and nothing orders the two
#include "smp.h"

static volatile u32 alive, finished;

__attribute__((noinline)) static void work(u32 number) { fetch_add(&finished, number); }

void other(u32 number) {
    fetch_add(&alive, 1);
    for (u32 i = 0; i < 2; i++) work(1);
    for (;;) __asm__ volatile("cli; hlt");
}

void kmain(void) {
    prepare();
    begin(1);
    while (alive != 1) pause();
    send(0x4500, 2);
    send(0x4608, 2);
    while (finished != 4) pause();
}
