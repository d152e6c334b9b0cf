/* A kernel of the higher half, which looks whether it was entered as loader.h says and whether its pages do what they promise, then starts the other
   processors there. It says TAP on port E9h, and ends with the number of failures at port F4h. */
#include "handover.h"

#define ID 0x20
#define EOI 0xB0
#define SPURIOUS 0xF0
#define COMMAND 0x300
#define TRAMPOLINE 0x8000
#define WINDOW 0xFFFFC00000000000ull
#define SHOOTDOWN 0x40
#define MOST 16

static u32 number, failures;

static void out(u16 port, u8 value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
static void say(const char *text) { while (*text) out(0xE9, (u8)*text++); }
static void say_number(u64 value) {
    if (value > 9) say_number(value / 10);
    out(0xE9, (u8)('0' + value % 10));
}
static void check(int good, const char *name) {
    failures += !good;
    say(good ? "ok " : "not ok ");
    say_number(++number);
    say(" - ");
    say(name);
    say("\n");
}
static u64 read_msr(u32 msr) {
    u32 low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (u64)high << 32 | low;
}
static volatile u32 *apic(u32 offset) { return (volatile u32 *)(DIRECT + 0xFEE00000 + offset); }
static void *direct(u64 physical) { return (void *)(DIRECT + physical); }
static void reload(void) { __asm__ volatile("mov %%cr3, %%rax\nmov %%rax, %%cr3" : : : "rax", "memory"); }

/* Exceptions: a page fault is noted, with the stack it came on, and goes on at `resume`; SHOOTDOWN reloads CR3. */
u64 caught, caught_address, caught_stack, resume;
volatile u32 acknowledged;
__asm__("page_fault:\n"
        "push %rax\n"
        "mov 8(%rsp), %rax\n"
        "mov %rax, caught(%rip)\n"
        "mov %cr2, %rax\n"
        "mov %rax, caught_address(%rip)\n"
        "mov %rsp, caught_stack(%rip)\n"
        "mov resume(%rip), %rax\n"
        "mov %rax, 16(%rsp)\n"
        "pop %rax\n"
        "add $8, %rsp\n"
        "iretq\n"
        "shootdown:\n"
        "push %rax\n"
        "mov %cr3, %rax\n"
        "mov %rax, %cr3\n"
        "mov $0xFFFF8000FEE000B0, %rax\n"
        "movl $0, (%rax)\n"
        "lock incl acknowledged(%rip)\n"
        "pop %rax\n"
        "iretq\n");
__asm__(".section .rodata\nconstant: .quad 0x1234\n.text\n");
extern const volatile u64 constant;
extern const u8 page_fault[], shootdown[], trampoline[], trampoline_end[], trampoline_tables[];

/* The error code of the page fault that an instruction raises; ~0 for none. RDX is its address. */
#define FAULT_OF(instruction, address) ({ \
    u64 place_ = (u64)(address); \
    caught = ~0ull; \
    __asm__ volatile("lea 1f(%%rip), %%rax\nmov %%rax, resume(%%rip)\n" instruction "\n1:" : "+d"(place_) : : "rax", "memory"); \
    caught; })
#define READ "mov (%%rdx), %%rax"
#define WRITE "movb $0, (%%rdx)"
#define GO "jmp *%%rdx"

static struct { u16 low, selector, kind, middle; u32 high, zero; } idt[256];
static u8 interrupt_stack[4096] __attribute__((aligned(16)));
static struct { u32 zero; u64 stacks[3], unused, ist[7]; u64 also; u16 more, map; } __attribute__((packed)) tss;
static u64 gdt[4] = {0, 0x00209A0000000000};
static u64 pages[2][512] __attribute__((aligned(4096))), window_tables[3][512] __attribute__((aligned(4096)));
static struct handover given;

static u64 physical(const void *place) {
    u64 *table = direct(given.tables);
    u64 address = (u64)place;
    for (u32 at = 39; at > 12; at -= 9) table = direct(table[address >> at & 511] & 0xFFFFFFFFFF000ull);
    return (table[address >> 12 & 511] & 0xFFFFFFFFFF000ull) + (address & 0xFFF);
}

static void gate(u32 vector, const void *handler, u32 stack) {
    u64 at = (u64)handler;
    idt[vector].low = (u16)at;
    idt[vector].selector = 8;
    idt[vector].kind = (u16)(0x8E00 | stack);
    idt[vector].middle = (u16)(at >> 16);
    idt[vector].high = (u32)(at >> 32);
}

struct __attribute__((packed)) pointer { u16 limit; u64 base; } gdt_pointer, idt_pointer;

static void load_tables(void) {
    __asm__ volatile("lgdt gdt_pointer(%rip)\n"
                     "push $8\n"
                     "lea 1f(%rip), %rax\n"
                     "push %rax\n"
                     "lretq\n"
                     "1: xor %eax, %eax\n"
                     "mov %eax, %ss\n"
                     "mov %eax, %ds\n"
                     "mov %eax, %es\n"
                     "lidt idt_pointer(%rip)\n");
}

static void own_tables(void) {
    u64 base = (u64)&tss;
    gdt[2] = 0x0000890000000067ull | (base & 0xFFFFFF) << 16 | (base >> 24 & 0xFF) << 56;
    gdt[3] = base >> 32;
    tss.ist[0] = (u64)(interrupt_stack + sizeof interrupt_stack);
    gate(14, page_fault, 1);
    gate(SHOOTDOWN, shootdown, 0);
    gdt_pointer = (struct pointer){sizeof gdt - 1, (u64)gdt};
    idt_pointer = (struct pointer){sizeof idt - 1, (u64)idt};
    load_tables();
    __asm__ volatile("mov $16, %%eax\nltr %%ax" : : : "rax");
}

/* WINDOW, one page, leads to pages[which]. */
static void turn_window(u32 which) { window_tables[2][0] = physical(pages[which]) | 3 | 1ull << 63; }

/* The other processors. */
u8 stacks[MOST][4096] __attribute__((aligned(16)));
volatile u32 begun;
static volatile u32 counted, gone, looks;
static volatile u64 seen[MOST], places[MOST];

__asm__(".code16\n"
        "trampoline: cli\n"
        "xor %ax, %ax\n"
        "mov %ax, %ds\n"
        "lgdtl 0x8000 + trampoline_gdt_pointer - trampoline\n"
        "mov $0x620, %eax\n"
        "mov %eax, %cr4\n"
        "mov 0x8000 + trampoline_tables - trampoline, %eax\n"
        "mov %eax, %cr3\n"
        "mov $0xC0000080, %ecx\n"
        "mov $0x900, %eax\n"
        "xor %edx, %edx\n"
        "wrmsr\n"
        "mov $0x80010033, %eax\n"
        "mov %eax, %cr0\n"
        "ljmpl $8, $0x8000 + trampoline_64 - trampoline\n"
        ".code64\n"
        "trampoline_64: movabs $other_start, %rax\n"
        "jmp *%rax\n"
        ".balign 8\n"
        "trampoline_gdt: .quad 0, 0x00209A0000000000\n"
        "trampoline_gdt_pointer: .word 15\n"
        ".long 0x8000 + trampoline_gdt - trampoline\n"
        "trampoline_tables: .long 0\n"
        "trampoline_end:\n"
        "other_start: mov $1, %eax\n"
        "lock xadd %eax, begun(%rip)\n"
        "inc %eax\n"
        "mov %eax, %edi\n"
        "shl $12, %rax\n"
        "lea stacks(%rax), %rsp\n"
        "push $0\n"
        "jmp other\n");

__attribute__((noreturn)) void other(u32 which) {
    load_tables();
    *apic(SPURIOUS) = 0x1FF;
    __asm__ volatile("lea (%%rip), %0" : "=r"(places[which]));
    for (u32 i = 0; i < 1000; i++) __asm__ volatile("lock incl %0" : "+m"(counted));
    seen[which] = *(volatile u64 *)WINDOW;
    __asm__ volatile("lock incl %0\nsti" : "+m"(gone));
    while (looks == 0) __asm__ volatile("pause" : : : "memory");
    seen[which] = *(volatile u64 *)WINDOW;
    __asm__ volatile("lock incl %0" : "+m"(gone));
    for (;;) __asm__ volatile("hlt");
}

static int within(volatile u32 *place, u32 wanted) {
    for (u32 i = 0; i < 20000000 && *place != wanted; i++) __asm__ volatile("pause");
    return *place == wanted;
}

static void processors(u32 others) {
    u64 *pml4 = direct(given.tables);
    /* The trampoline's page, one to one, by tables that WINDOW has no use for: 2 MB at 0. */
    static u64 low[2][512] __attribute__((aligned(4096)));
    low[1][0] = 0x83;
    low[0][0] = physical(low[1]) | 3;
    pml4[0] = physical(low[0]) | 3;
    u8 *to = direct(TRAMPOLINE);
    for (u32 i = 0; i < (u32)(trampoline_end - trampoline); i++) to[i] = trampoline[i];
    *(u32 *)(to + (trampoline_tables - trampoline)) = (u32)given.tables;
    *apic(SPURIOUS) = 0x1FF;
    *apic(COMMAND) = 0xC4500;
    *apic(COMMAND) = 0xC4600 | TRAMPOLINE >> 12;
    check(within(&gone, others), "the other processors come to the higher half");
    check(begun == others && counted == 1000 * others, "and count together");
    int good = 1;
    for (u32 i = 1; i <= others; i++) good &= seen[i] == 'A' && places[i] >> 31 == 0x1FFFFFFFF;
    check(good, "they see what the tables say");
    pml4[0] = 0;
    turn_window(1);
    *apic(COMMAND) = 0xC4000 | SHOOTDOWN;
    check(within(&acknowledged, others), "an interrupt reaches all of them in 64-bit mode");
    gone = 0;
    looks = 1;
    good = within(&gone, others);
    for (u32 i = 1; i <= others; i++) good &= seen[i] == 'B';
    check(good, "and takes the page away from their TLBs");
}

static u32 count_processors(void) {
    u8 others; /* The board says it in CMOS register 5Fh. */
    out(0x70, 0x5F);
    __asm__ volatile("inb $0x71, %0" : "=a"(others));
    return others;
}

void kmain(struct handover *from) {
    given = *from;
    u64 cr0, flags, rip;
    u16 cs, ss;
    __asm__ volatile("mov %%cr0, %0\npushf\npop %1\nlea (%%rip), %2\nmov %%cs, %3\nmov %%ss, %4" : "=r"(cr0), "=r"(flags), "=r"(rip), "=r"(cs), "=r"(ss));
    check(rip >> 31 == 0x1FFFFFFFF, "the code runs in the topmost 2 GB");
    check(cs == 0x28 && ss == 0x30, "segments are the loader's");
    check((cr0 >> 16 & 1) && (read_msr(0xC0000080) & 0xD00) == 0xD00 && !(flags >> 9 & 1), "CR0.WP, EFER.NXE, LMA and LME are set, IF is clear");
    own_tables();
    u64 *pml4 = direct(given.tables);
    pml4[0] = 0;
    reload();
    check(FAULT_OF(READ, 0x1000) == 0 && caught_address == 0x1000, "the low half is gone");
    check(caught_stack >= (u64)interrupt_stack && caught_stack < (u64)interrupt_stack + sizeof interrupt_stack, "an exception comes on its IST stack");
    check(FAULT_OF(WRITE, (u64)&constant) == 3, "constants are not written");
    check(FAULT_OF(WRITE, (u64)page_fault) == 3, "code is not written");
    check(FAULT_OF(GO, (u64)pages) == 0x11, "data are not executed");
    check(FAULT_OF(GO, DIRECT + given.kernel_physical) == 0x11, "nor is anything by the direct map");
    check(FAULT_OF(WRITE, (u64)pages) == ~0ull, "data are written");
    check(physical((void *)0xFFFFFFFF80000000) == given.kernel_physical, "the tables lead to the kernel's first page");
    *(u64 *)direct(physical((const void *)&constant)) = 0x5678;
    check(constant == 0x5678, "the direct map leads to the same memory");
    u64 *third = direct(pml4[DIRECT >> 39 & 511] & 0xFFFFFFFFFF000ull);
    u32 a = 0x80000001, b, c, d;
    __asm__("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
    check((third[0] >> 7 & 1) == (d >> 26 & 1), "its pages have 1 GB where there are such");
    check(FAULT_OF(READ, WINDOW) == 0, "a page that is not there");
    pages[0][0] = 'A';
    pages[1][0] = 'B';
    pml4[WINDOW >> 39 & 511] = physical(window_tables[0]) | 3;
    window_tables[0][0] = physical(window_tables[1]) | 3;
    window_tables[1][0] = physical(window_tables[2]) | 3;
    turn_window(0);
    check(FAULT_OF(READ, WINDOW) == ~0ull && *(volatile u64 *)WINDOW == 'A', "is there when its entry says so, without INVLPG");
    check(FAULT_OF(GO, WINDOW) == 0x11, "and is not executed");
    turn_window(1);
    __asm__ volatile("invlpg (%0)" : : "r"(WINDOW) : "memory");
    check(*(volatile u64 *)WINDOW == 'B', "INVLPG shows what it was changed to");
    turn_window(0);
    __asm__ volatile("invlpg (%0)" : : "r"(WINDOW) : "memory");
    if (count_processors()) processors(count_processors());
    say("1..");
    say_number(number);
    say("\n");
    __asm__ volatile("outb %0, $0xF4" : : "a"((u8)failures));
    for (;;) __asm__ volatile("hlt");
}
