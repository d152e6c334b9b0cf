// Pages for ring 3 have U/S in the page table, and not in the directory.
// expect: Ring 3 was entered at ..., and that page is not ring 3's; page directory entry 000h at ... not for ring 3 (bit 2, U/S, is clear)
// status: 10
// variants: -O2 | -O0
#include "kernel.h"
static u32 directory[1024] __attribute__((aligned(4096))), pages[1024] __attribute__((aligned(4096)));
static u64 table[6];
static u32 tss[26];
static u8 user_stack[4096], kernel_stack[4096];
static void user(void) { for (;;) ; }
void kmain(void) {
    for (u32 i = 0; i < 1024; i++) pages[i] = i << 12 | 7;
    directory[0] = (u32)pages | 3;
    u32 at = (u32)tss;
    table[1] = 0x00CF9A000000FFFF; table[2] = 0x00CF92000000FFFF; table[3] = 0x00CFFA000000FFFF; table[4] = 0x00CFF2000000FFFF;
    table[5] = 0x0000890000000067ull | (u64)(at & 0xFFFFFF) << 16 | (u64)(at >> 24) << 56;
    tss[1] = (u32)(kernel_stack + sizeof kernel_stack);
    tss[2] = 16;
    struct { u16 limit; u32 base; } __attribute__((packed)) pointer = {sizeof table - 1, (u32)table};
    __asm__ volatile("lgdt %0\n mov $0x28, %%ax\n ltr %%ax\n mov %1, %%cr3\n mov %%cr0, %%eax\n or $0x80000000, %%eax\n mov %%eax, %%cr0" : : "m"(pointer), "r"(directory) : "eax");
    __asm__ volatile("push $0x23\n push %0\n push $2\n push $0x1B\n push %1\n iret" : : "r"(user_stack + sizeof user_stack), "r"(user));
}
