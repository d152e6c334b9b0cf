// A page table that is in use is freed; the next one who gets the page clears it.
// bits: 64
// expect: Page table entry 012h at 001 ... was 00612 ... present, until ... clear ... wrote 00000000h there
// status: 10
// variants: -O2 | -O0
#include "kernel.h"
extern volatile u64 pml4[], pointers[], directory[];
static volatile u64 table[512] __attribute__((aligned(4096)));
static void *free_page;
static void free(void *page) { free_page = page; }
static void *allocate(void) { return free_page; }
__attribute__((noinline)) static void clear(volatile u64 *page) { for (int i = 0; i < 512; i++) page[i] = 0; }
void kmain(void) {
    for (u64 i = 0; i < 512; i++) table[i] = 0x600000 + i * 4096 + 3;
    directory[3] = (word)table | 3;
    volatile u32 *user = (volatile u32 *)0x612000;
    *user = 5;
    free((void *)table);
    clear(allocate());
    __asm__ volatile("mov %%cr3, %%rax\n mov %%rax, %%cr3" : : : "rax", "memory");
    *user = 6;
}
