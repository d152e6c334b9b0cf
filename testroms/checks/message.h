/* A processor that takes messages of vector 40h: received() is called for each, and ends with the EOI. */
#include "smp.h"

void received(void);

#ifdef __x86_64__
static u64 idt[512];
__asm__("handler: push %rax; push %rcx; push %rdx; push %rsi; push %rdi; push %r8; push %r9; push %r10; push %r11; call received\n"
        "pop %r11; pop %r10; pop %r9; pop %r8; pop %rdi; pop %rsi; pop %rdx; pop %rcx; pop %rax; iretq");
#else
static u64 idt[256];
__asm__("handler: pusha; call received; popa; iret");
#endif
extern u8 handler[];

static void set_gate(void) {
    word where = (word)handler;
#ifdef __x86_64__
    idt[2 * 0x40] = (where & 0xFFFF) | 8 << 16 | 0x8E0000000000 | (where & 0xFFFF0000) << 32;
#else
    idt[0x40] = (where & 0xFFFF) | 8 << 16 | 0x8E0000000000 | (u64)(where & 0xFFFF0000) << 32;
#endif
}

/* Loads the table and opens the local APIC of the processor that runs. */
static void listen(void) {
    struct { u16 limit; word base; } __attribute__((packed)) table = {sizeof idt - 1, (word)idt};
    __asm__ volatile("lidt %0" : : "m"(table));
    LOCAL_APIC[0xF0 / 4] = 0x1FF;
}

static inline void end_of_interrupt(void) { LOCAL_APIC[0xB0 / 4] = 0; }
