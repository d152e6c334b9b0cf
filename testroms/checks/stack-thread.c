// A thread's stack in an array of its own, which a deep call leaves at its lower end.
// bits: 64
// check: stack
// expect: a stack ran over its lower end: RSP is ... at 0008: ... fill ... stack-thread.c: ... where stacks is
// variants: -O2 -fno-inline
#include "kernel.h"

__asm__(".section .bss.below,\"aw\",@nobits; .space 4096; .text");
static u8 stacks[1][1024] __attribute__((aligned(16), section(".bss.stacks")));
static u64 *other;
static volatile int rounds;

__attribute__((naked, noipa)) void change(u64 **to) {
    __asm__("push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15; xchg %rsp, (%rdi); pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp; ret");
}

__attribute__((noinline)) static void fill(int n) {
    volatile u8 room[64];
    room[0] = (u8)n;
    if (n > 0) fill(n - 1);
    rounds += room[0];
}

static void thread(void) {
    for (int i = 0;; i++) {
        fill(i == 3 ? 14 : i % 4);
        change(&other);
    }
}

__attribute__((noinline)) static void copy(char *to, const char *from, u64 count) {
    for (u64 i = 0; i < count; i++) ((volatile char *)to)[i] = from[i];
}

static const u64 text[8];

__attribute__((noinline)) static int name_of(const u64 *text, u64 count) {
    char name[16];
    copy(name, (const char *)text, count);
    return ((volatile char *)name)[3];
}

void kmain(void) {
    u64 *top = (u64 *)(stacks[0] + sizeof stacks[0]);
    *--top = 0;
    *--top = (u64)thread;
    top -= 6;
    other = top;
    for (int i = 0; i < 20; i++) change(&other);
    name_of(text, 16);
}
