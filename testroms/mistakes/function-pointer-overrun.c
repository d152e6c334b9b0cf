// A name that is too long for its task runs over the function behind it. The call comes to zeros at the beginning of memory, which write over themselves.
// bits: 32 64
// expect: Memory that holds nothing but zeros is being executed, from ... the call at ... schedule ... went there
// status: 10
// variants: -O0 | -O2 -fno-inline
#include "kernel.h"
struct task { char name[8]; void (*run)(struct task *); u32 turns; };
static void work(struct task *task) { task->turns++; }
static struct task tasks[3] = {{"idle", work, 0}, {"disk", work, 0}, {"net", work, 0}};
__attribute__((noinline)) static void rename(struct task *task, const char *name) { for (volatile char *to = task->name; (*to++ = *name++);) ; }
__attribute__((noinline)) static void schedule(u32 round) { struct task *task = &tasks[round % 3]; task->run(task); __asm__ volatile(""); }
void kmain(void) {
    for (u32 round = 0; round < 1000; round++) {
        if (round == 100) rename(&tasks[2], "networking");
        schedule(round);
    }
}
