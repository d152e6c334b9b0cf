// Two processors count without a lock.
// check: races
// options: --machine pc --smp 2
// bits: 32 64
// expect: (counter) is ... by processor ... and was ... by processor ... nothing orders the two at 0008: ... count ... races-counter.c:14) on processor ... the other: ... count ... races-counter.c:14)
// variants: -O0 | -O2
#include "smp.h"

static volatile u32 counter, alive, finished;

__attribute__((noinline)) static void count(void) {
    for (int i = 0; i < 100; i++)
        // The line that is told.
        counter++;
}

void other(u32 number) {
    fetch_add(&alive, 1);
    count();
    fetch_add(&finished, number);
}

void kmain(void) {
    prepare();
    begin(1);
    while (!alive) pause();
    count();
    while (!finished) pause();
}
