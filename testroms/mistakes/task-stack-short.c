// The first stack of a task has its address, and not the four registers that the switch takes before it: the return takes a word beyond.
// expect: the return at ... change ... took it from the stack at ..., where no CALL had put it
// status: 10
// variants: -O2 | -O0
#include "kernel.h"
static u32 stack[256] __attribute__((aligned(16)));
static volatile u32 behind[16];
static u32 *first, *second;
__attribute__((naked, noinline)) static void change(u32 **from, u32 *to) {
    __asm__("mov 4(%esp), %eax\n mov 8(%esp), %edx\n push %ebp\n push %ebx\n push %esi\n push %edi\n mov %esp, (%eax)\n mov %edx, %esp\n pop %edi\n pop %esi\n pop %ebx\n pop %ebp\n ret");
}
static void other(void) { for (;;) change(&second, first); }
void kmain(void) {
    second = &stack[256];
    *--second = (u32)other;
    behind[0] = 0;
    change(&first, second);
}
