// Two processors that call the same function, each on its stack.
#include "smp.h"

static volatile u32 alive, done;

__attribute__((noinline)) static u32 work(u32 number) {
    for (u32 i = 0; i < 1000; i++) fetch_add(&done, 1);
    return number;
}

void other(u32 number) {
    fetch_add(&alive, 1);
    work(number);
    for (;;) pause();
}

void kmain(void) {
    prepare();
    begin(1);
    while (!alive) pause();
    work(0);
    while (done < 2000) pause();
}
