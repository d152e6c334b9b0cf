/* Further processors for guests of one C file: begin(n) lets processor n begin in other(n), on a stack of its own, by INIT and SIPI. */
#include "kernel.h"

#define LOCAL_APIC ((volatile u32 *)0xFEE00000)
#define MOST 4

void other(u32 number);

u8 other_stacks[MOST][8192] __attribute__((aligned(16)));
u32 starting; /* the number of the processor that begins */
extern u8 trampoline[], trampoline_end[];

static inline void pause(void) { __asm__ volatile("pause" : : : "memory"); }
static inline void barrier(void) { __asm__ volatile("" : : : "memory"); }
static inline u32 exchange(volatile u32 *place, u32 value) {
    __asm__ volatile("xchg %0, %1" : "+r"(value), "+m"(*place) : : "memory");
    return value;
}
static inline u32 fetch_add(volatile u32 *place, u32 value) {
    __asm__ volatile("lock xadd %0, %1" : "+r"(value), "+m"(*place) : : "memory");
    return value;
}

/* Runs at 8000h: real mode, then as the kernel has it. */
__asm__(".text\n"
        ".code16\n"
        "trampoline: cli\n"
        "       xor %ax, %ax\n"
        "       mov %ax, %ds\n"
        "       lgdtl 0x8000 + trampoline_pointer - trampoline\n"
        "       mov %cr0, %eax\n"
        "       or $1, %eax\n"
        "       mov %eax, %cr0\n"
        "       ljmpl $8, $other_32\n"
        "trampoline_pointer: .word 23\n"
        "       .long trampoline_gdt\n"
        "trampoline_end:\n"
        ".align 8\n"
        "trampoline_gdt: .quad 0, 0x00CF9A000000FFFF, 0x00CF92000000FFFF\n"
        ".code32\n"
        "other_32: mov $16, %eax\n"
        "       mov %eax, %ss\n"
        "       mov %eax, %ds\n"
        "       mov %eax, %es\n"
#ifdef __x86_64__
        LONG_MODE
        "       ljmp $8, $other_64\n"
        ".code64\n"
        "other_64: mov starting, %edi\n"
        "       lea 1(%rdi), %eax\n"
        "       shl $13, %eax\n"
        "       lea other_stacks(%rax), %rsp\n"
        "       xor %ebp, %ebp\n"
#else
        "       mov starting, %eax\n"
        "       lea 1(%eax), %edx\n"
        "       shl $13, %edx\n"
        "       lea other_stacks(%edx), %esp\n"
        "       xor %ebp, %ebp\n"
        "       push %eax\n"
#endif
        "       call other\n"
        "1:     cli\n"
        "       hlt\n"
        "       jmp 1b\n");

static inline void send(u32 command, u32 number) {
    LOCAL_APIC[0x310 / 4] = number << 24;
    LOCAL_APIC[0x300 / 4] = command;
}

static void prepare(void) {
    volatile u8 *to = (volatile u8 *)0x8000;
    for (u32 i = 0; i < (u32)(trampoline_end - trampoline); i++) to[i] = trampoline[i];
#ifdef __x86_64__
    extern volatile u64 pointers[];
    static volatile u64 high[512] __attribute__((aligned(4096)));
    high[(0xFEE00000 >> 21) & 511] = 0xFEE00000 | 0x93;
    pointers[3] = (word)high | 3;
#endif
    LOCAL_APIC[0xF0 / 4] = 0x1FF;
}

/* Each processor has to say that it is there before the next one begins. */
static void begin(u32 number) {
    starting = number;
    send(0x4500, number);
    send(0x4608, number);
}
