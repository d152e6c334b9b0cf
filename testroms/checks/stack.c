// A kernel of 64 bits in C whose copy without a limit goes over a return address; threads in arrays of their own, with a switch in assembly.
// bits: 64
// check: stack
// expect: a return address was overwritten at 0008: ... name_of ... pushed by the call at: 0008: ... overwritten by: mov ... at 0008: ... copy ... stack.c:
// variants: -O2 -fno-inline
#include "kernel.h"

static u8 stacks[1][1024] __attribute__((aligned(16)));
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
        fill(i % 4);
        change(&other);
    }
}

__attribute__((noinline)) static void copy(char *to, const char *from, u64 count) {
    for (u64 i = 0; i < count; i++) ((volatile char *)to)[i] = from[i];
}

static const u64 text[8];
static u64 long_text[8];
void done(void);
__asm__("done: xor %eax, %eax; out %al, $0xF4; hlt");

__attribute__((noinline)) static int name_of(const u64 *text, u64 count) {
    char name[16];
    copy(name, (const char *)text, count);
    return ((volatile char *)name)[3];
}

void kmain(void) {
    for (int i = 0; i < 8; i++) long_text[i] = (u64)done;
    u64 *top = (u64 *)(stacks[0] + sizeof stacks[0]);
    *--top = 0;
    *--top = (u64)thread;
    top -= 6;
    other = top;
    for (int i = 0; i < 20; i++) change(&other);
    name_of(text, 16);
    name_of(long_text, 48);
}
