/* Puts a kernel of 64 bits where it is linked, in the higher half, and enters it as boot loaders of today do (Limine's boot protocol): IA-32e mode, the
   kernel's segments by pages of 4 KB with the rights that its program headers ask for, all memory at DIRECT, write protection and execute-disable
   on, interrupts off, a stack and a GDT of the loader's. What includes this runs in 64-bit mode with low memory mapped one to one, and gives it memory. */
#include "handover.h"

#pragma GCC visibility push(hidden)
extern const u8 kernel_file[];
__asm__(".section .rodata\n.balign 16\nkernel_file: .incbin \"" KERNEL "\"\n.text\n");

#define WRITABLE 2ull
#define LARGE 0x80ull
#define NO_EXECUTE (1ull << 63)
#define POOL 0x100000

static u8 *pool; /* POOL bytes below 4 GB, on a page boundary */

static void *pages(u64 count) {
    u64 *place = (u64 *)pool;
    pool += count << 12;
    for (u64 i = 0; i < count << 9; i++) place[i] = 0;
    return place;
}

/* The entry for `address` in the table whose entries map 1 << shift bytes. */
static u64 *entry(u64 *table, u64 address, u32 shift) {
    for (u32 at = 39; at > shift; at -= 9) {
        u64 *next = &table[address >> at & 511];
        if (!*next) *next = (u64)pages(1) | WRITABLE | 1;
        table = (u64 *)(*next & 0xFFFFFFFFFF000ull);
    }
    return &table[address >> shift & 511];
}

struct segment {
    u32 type, flags;
    u64 offset, address, physical, file_size, memory_size, alignment;
};

static u64 load(u64 *tables) {
    const struct segment *segments = (const void *)(kernel_file + *(const u64 *)(kernel_file + 32));
    u64 first = 0;
    for (u32 i = 0; i < *(const u16 *)(kernel_file + 56); i++) {
        const struct segment *s = &segments[i];
        if (s->type != 1) continue;
        u64 count = (s->memory_size + 0xFFF) >> 12;
        u8 *to = pages(count);
        if (!first) first = (u64)to;
        for (u64 j = 0; j < s->file_size; j++) to[j] = kernel_file[s->offset + j];
        for (u64 j = 0; j < count; j++)
            *entry(tables, s->address + (j << 12), 12) =
                ((u64)to + (j << 12)) | 1 | (s->flags & 2 ? WRITABLE : 0) | (s->flags & 1 ? 0 : NO_EXECUTE);
    }
    return first;
}

static int has_gigabyte_pages(void) {
    u32 a = 0x80000001, b, c, d;
    __asm__("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
    return d >> 26 & 1;
}

static u64 segments_of_loader[] = {0, 0x00009A000000FFFF, 0x000093000000FFFF, 0x00CF9A000000FFFF, 0x00CF93000000FFFF, 0x00209A0000000000, 0x0000920000000000};
static struct handover handover;

__attribute__((noreturn)) static void enter(void) {
    u64 *tables = pages(1);
    for (u64 at = 0; at < 1ull << 32; at += has_gigabyte_pages() ? 1 << 30 : 1 << 21)
        *entry(tables, DIRECT + at, has_gigabyte_pages() ? 30 : 21) = at | LARGE | WRITABLE | NO_EXECUTE | 1;
    /* The loader's own pages, until the kernel has them no more. */
    for (u64 at = 0; at < 1ull << 32; at += 1 << 21) *entry(tables, at, 21) = at | LARGE | WRITABLE | 1;
    handover.kernel_physical = load(tables);
    handover.tables = (u64)tables;
    u64 stack = DIRECT + (u64)pages(4) + 0x4000;
    struct { u16 limit; u64 base; } __attribute__((packed)) pointer = {sizeof segments_of_loader - 1, DIRECT + (u64)segments_of_loader};
    __asm__ volatile("cli\n"
                     "mov $0xC0000080, %%ecx\n"
                     "rdmsr\n"
                     "or $0x900, %%eax\n"
                     "wrmsr\n"
                     "mov %%cr0, %%rax\n"
                     "or $0x10000, %%eax\n"
                     "mov %0, %%cr3\n"
                     "mov %%rax, %%cr0\n"
                     "lgdt %1\n"
                     "push $0x28\n"
                     "lea 1f(%%rip), %%rax\n"
                     "push %%rax\n"
                     "lretq\n"
                     "1: mov $0x30, %%eax\n"
                     "mov %%eax, %%ds\n"
                     "mov %%eax, %%es\n"
                     "mov %%eax, %%ss\n"
                     "mov %2, %%rsp\n"
                     "xor %%ebp, %%ebp\n"
                     "push $0\n"
                     "jmp *%3\n"
                     :
                     : "r"(tables), "m"(pointer), "r"(stack), "r"(*(const u64 *)(kernel_file + 24)), "D"(DIRECT + (u64)&handover)
                     : "rax", "rcx", "rdx", "memory");
    __builtin_unreachable();
}
