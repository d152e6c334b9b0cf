// A list whose last element leads back into it: whoever goes through it never comes to an end.
// bits: 32 64
// expect: runs with interrupts off (IF = 0): nothing can end it. It follows pointers in a ring (mov ...): ... nodes ... the last element leads back to the first
// status: 12
// variants: -O2 | -O1 -DLONG
#include "kernel.h"
struct node { int value; struct node *next; };
static struct node nodes[8];
#ifdef LONG
#define COUNT 8
#else
#define COUNT 3
#endif
__attribute__((noinline)) static struct node *find(struct node *node, int value) { while (node && node->value != value) node = node->next; return node; }
void kmain(void) {
    for (int i = 0; i < COUNT; i++) nodes[i].next = &nodes[(i + 1) % COUNT];
    struct node *found = find(nodes, 7);
    outb(0xF4, found != 0);
}
