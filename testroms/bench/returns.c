/* Nothing but calls of a function that returns, in ring 3 unless KERNEL is defined: the most that --profile can cost. */
#include "kernel.h"

void calls(void);
__asm__(".globl calls\n.type calls, @function\ncalls: mov $100, %ebx\n 1: call nothing\n dec %ebx\n jnz 1b\n jmp calls\n"
        ".globl nothing\n.type nothing, @function\nnothing: ret\n");

void kmain(void) {
#ifdef KERNEL
    calls();
#else
    static u64 table[] = {0, 0x00CF9A000000FFFF, 0x00CF92000000FFFF, 0x00CFFA000000FFFF, 0x00CFF2000000FFFF};
    static u8 stack[1024];
    struct {
        u16 limit;
        word base;
    } __attribute__((packed)) gdtr = {sizeof table - 1, (word)table};
    __asm__ volatile("lgdt %0\n mov %w1, %%ds\n mov %w1, %%es\n push %1\n push %2\n push $2\n push $0x1B\n push %3\n iret"
                     :
                     : "m"(gdtr), "r"(0x23), "r"(stack + sizeof stack), "r"(calls));
#endif
}
