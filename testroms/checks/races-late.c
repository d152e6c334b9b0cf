// Data is handed over by a flag and by a message, and a part of it written afterwards.
// check: races
// options: --machine pc --smp 2
// bits: 32 64
// expect: (late) is ... nothing orders the two | (later) is ... nothing orders the two
// variants: -O0 | -O2
#include "smp.h"

static volatile u32 early, late, later, flag, alive, finished, sum;
#ifdef __x86_64__
static u64 idt[512];
#else
static u64 idt[256];
#endif

void received(void) {
    sum += early + later;
    LOCAL_APIC[0xB0 / 4] = 0;
}
#ifdef __x86_64__
__asm__("handler: push %rax; push %rcx; push %rdx; push %rsi; push %rdi; push %r8; push %r9; push %r10; push %r11; call received\n"
        "pop %r11; pop %r10; pop %r9; pop %r8; pop %rdi; pop %rsi; pop %rdx; pop %rcx; pop %rax; iretq");
#else
__asm__("handler: pusha; call received; popa; iret");
#endif
extern u8 handler[];

void other(u32 number) {
    struct { u16 limit; word base; } __attribute__((packed)) table = {sizeof idt - 1, (word)idt};
    __asm__ volatile("lidt %0" : : "m"(table));
    LOCAL_APIC[0xF0 / 4] = 0x1FF;
    fetch_add(&alive, 1);
    while (!flag) pause();
    sum += early + late;
    fetch_add(&alive, 1);
    __asm__ volatile("sti; hlt; cli" : : : "memory");
    fetch_add(&finished, number);
}

void kmain(void) {
    prepare();
    word where = (word)handler;
#ifdef __x86_64__
    idt[2 * 0x40] = (where & 0xFFFF) | 8 << 16 | 0x8E0000000000 | (where & 0xFFFF0000) << 32;
#else
    idt[0x40] = (where & 0xFFFF) | 8 << 16 | 0x8E0000000000 | (u64)(where & 0xFFFF0000) << 32;
#endif
    begin(1);
    while (!alive) pause();
    early = 1;
    flag = 1;
    late = 2;
    while (alive != 2) pause();
    for (u32 i = 0; i < 5000; i++) pause();
    early = 3;
    send(0x4040, 1);
    later = 4;
    while (!finished) pause();
}
