// One processor counts with LOCK INC, the other one with INC.
// check: races
// options: --machine pc --smp 2
// bits: 32 64
// expect: (counter) is changed by processor ... and was changed by processor ... what ... may be lost
#include "smp.h"

static volatile u32 counter, alive, finished;

void other(u32 number) {
    fetch_add(&alive, 1);
    for (int i = 0; i < 50; i++) __asm__ volatile("lock incl %0" : "+m"(counter));
    fetch_add(&finished, number);
}

void kmain(void) {
    prepare();
    begin(1);
    while (!alive) pause();
    for (int i = 0; i < 50; i++) __asm__ volatile("incl %0" : "+m"(counter));
    while (!finished) pause();
}
