/* A thread with a stack in an array of its own, `stacks`, and a copy without a limit. `DEEPEST`: calls that are in each other in the thread's fourth round. */
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
        fill(i == 3 ? DEEPEST : i % 4);
        change(&other);
    }
}

static void run_thread(void) {
    u64 *top = (u64 *)(stacks[0] + sizeof stacks[0]);
    *--top = 0;
    *--top = (u64)thread;
    top -= 6;
    other = top;
    for (int i = 0; i < 20; i++) change(&other);
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
