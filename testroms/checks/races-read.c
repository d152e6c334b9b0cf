// What one processor writes under a lock another one reads without it.
// check: races
// options: --machine pc --smp 2
// bits: 32 64
// expect: (balance) is read by processor 0 and was ... by processor 1, and nothing orders the two at 0008: ... look ... races-read.c:14) on processor 0
// variants: -O0 | -O2
#include "smp.h"

static volatile u32 lock, alive, finished;
static volatile u32 balance;

__attribute__((noinline)) static u32 look(void) {
    // The line that is told.
    return balance;
}

void other(u32 number) {
    for (int i = 0; i < 32; i++) {
        while (exchange(&lock, 1)) pause();
        balance += 3;
        barrier();
        lock = 0;
    }
    alive = 1;
    fetch_add(&finished, number);
}

void kmain(void) {
    prepare();
    begin(1);
    for (u32 i = 0; i < 6000; i++) pause();
    look();
    while (!alive || !finished) pause();
}
