// A structure whose one member nobody sets, in memory that a kernel took from the end of its own: found where it is looked at, though it was copied.
// check: uninit
// expect: a branch depends on memory that nobody has written since power-on at 0008: ... decide ... uninit.c: ... it comes from 00400008h, read at 0008: ... called from: ... kmain
// variants: -O0 | -O2
#include "kernel.h"

struct thread {
    u32 id, state, priority, next;
};

volatile int chosen;

__attribute__((noinline)) static struct thread *make(u32 id) {
    struct thread *thread = (struct thread *)0x400000;
    thread->id = id;
    thread->state = 1;
    thread->next = 0;
#ifdef SETS_ALL
    thread->priority = 2;
#endif
    return thread;
}

__attribute__((noipa)) static void decide(struct thread *thread) {
    if (thread->priority > 3) chosen = 1; else chosen = 2;
}

void kmain(void) {
    struct thread copy = *make(7);
    decide(&copy);
    if (copy.id != 7 || copy.state != 1) outb(0xF4, 1);
}
