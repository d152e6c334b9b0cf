// A kernel in C that forgets a page's old translation, of one function in many: the report names both by function and line.
// check: stale-tlb
// expect: (window+0x5) is read through a translation ... at 0008: ... look ... stale-tlb.c:17) ... written: page table entry ... remap ... stale-tlb.c:13)
// variants: -O0 | -O2
#include "kernel.h"

static u32 directory[1024] __attribute__((aligned(4096)));
static u32 table[1024] __attribute__((aligned(4096)));
static volatile u8 window[4096] __attribute__((aligned(4096)));
static volatile u8 page[4096] __attribute__((aligned(4096)));

__attribute__((noinline)) static void remap(volatile void *linear, volatile void *physical, int invalidates) {
    ((volatile u32 *)table)[(word)linear >> 12] = (word)physical | 3;
    if (invalidates) __asm__ volatile("invlpg (%0)" : : "r"(linear) : "memory");
}

__attribute__((noinline)) static int look(volatile u8 *address) { return address[5]; }

void kmain(void) {
    for (u32 i = 0; i < 1024; i++) table[i] = i << 12 | 3;
    directory[0] = (word)table | 3;
    __asm__ volatile("mov %0, %%cr3; mov %%cr0, %%eax; or $0x80000000, %%eax; mov %%eax, %%cr0" : : "r"(directory) : "eax", "memory");
    look(window);
    remap(window, page, 1);
    look(window);
    remap(window, window, 0);
    look(window);
}
