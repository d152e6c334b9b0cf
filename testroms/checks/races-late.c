// Data is handed over by a flag and by a message, and a part of it written afterwards.
// check: races
// options: --machine pc --smp 2
// bits: 32 64
// expect: (late) is ... nothing orders the two | (later) is ... nothing orders the two
// variants: -O0 | -O2
#include "message.h"

static volatile u32 early, late, later, flag, alive, finished, sum;

void received(void) {
    sum += early + later;
    end_of_interrupt();
}

void other(u32 number) {
    listen();
    fetch_add(&alive, 1);
    while (!flag) pause();
    sum += early + late;
    fetch_add(&alive, 1);
    __asm__ volatile("sti; hlt; cli" : : : "memory");
    fetch_add(&finished, number);
}

void kmain(void) {
    prepare();
    set_gate();
    begin(1);
    while (!alive) pause();
    early = 1;
    flag = 1;
    late = 2;
    while (alive != 2) pause();
    for (u32 i = 0; i < 5000; i++) pause();
    early = 3;
    send(0x4040, 1);
    later = 4;
    while (!finished) pause();
}
