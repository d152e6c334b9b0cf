/* Two tasks that change places on stacks of their own, for a profile: compiled without frame pointers and without call frame information. */
#include "kernel.h"

static u32 stack[1024];
static u32 *tops[2];
volatile u32 total;

__attribute__((naked, noinline)) void change(u32 **from, u32 *to) {
    __asm__("mov 4(%esp), %eax\n mov 8(%esp), %edx\n push %ebp\n push %ebx\n push %esi\n push %edi\n mov %esp, (%eax)\n mov %edx, %esp\n"
            "pop %edi\n pop %esi\n pop %ebx\n pop %ebp\n ret");
}

__attribute__((noinline)) void inner(u32 count) {
    for (u32 i = 0; i < count; i++) total += i;
}

__attribute__((noinline)) void outer(u32 count) {
    inner(count);
    total++;
}

__attribute__((noinline)) void first(void) {
    for (;;) {
        outer(1000);
        change(&tops[1], tops[0]);
    }
}

__attribute__((noinline)) void second(u32 number) {
    inner(2000);
    total += number;
}

void kmain(void) {
    u32 *top = &stack[1024];
    *--top = 0;
    *--top = (u32)first;
    tops[1] = top - 4;
    for (u32 i = 0;; i++) {
        change(&tops[0], tops[1]);
        second(i);
    }
}
