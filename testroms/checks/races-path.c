// A list is changed under a lock, but for one path that forgets it.
// check: races
// options: --machine pc --smp 2
// bits: 32 64
// expect: (head) is ... nothing orders the two
// variants: -O0 | -O2
#include "smp.h"

struct node { struct node *next; };
static struct node nodes[64], *head;
static volatile u32 lock, alive, finished;

__attribute__((noinline)) static void push(struct node *node) {
    node->next = head;
    head = node;
}

__attribute__((noinline)) static void add(struct node *node, int urgent) {
    if (urgent) return push(node);
    while (exchange(&lock, 1)) pause();
    push(node);
    barrier();
    lock = 0;
}

void other(u32 number) {
    fetch_add(&alive, 1);
    for (int i = 0; i < 32; i++) add(&nodes[i], i == 31);
    fetch_add(&finished, number);
}

void kmain(void) {
    prepare();
    begin(1);
    while (!alive) pause();
    for (int i = 32; i < 64; i++) add(&nodes[i], 0);
    while (!finished) pause();
}
