/* The kernel of docs/kernel-session.md: three tasks take turns, and one of them gets a name that is too long for it. */
#include "kernel.h"

struct task {
    char name[8];
    void (*run)(struct task *);
    u32 turns;
};

static void work(struct task *task) { task->turns++; }

static struct task tasks[3] = {{"idle", work, 0}, {"disk", work, 0}, {"net", work, 0}};

static void rename(struct task *task, const char *name) {
    char *to = task->name;
    while ((*to++ = *name++))
        ;
}

static void schedule(u32 round) {
    struct task *task = &tasks[round % 3];
    task->run(task);
}

void kmain(void) {
    for (u32 round = 0; round < 1000; round++) {
        if (round == 100) rename(&tasks[2], "networking");
        schedule(round);
    }
}
