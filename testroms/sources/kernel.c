/* A kernel for looking at variables: structures, arrays, enumerations, bit fields, inlined and frameless functions, and interrupts that come to ring 0 and
   ring 3. Its last function stops in a handler with everything below it on two stacks. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long word;

#ifdef __x86_64__
#define FRAME_WORDS "push %rax\n push %rcx\n push %rdx\n push %rbx\n push %rbp\n push %rsi\n push %rdi\n"
#define FRAME_BACK "pop %rdi\n pop %rsi\n pop %rbp\n pop %rbx\n pop %rdx\n pop %rcx\n pop %rax\n add $16, %rsp\n iretq\n"
#define CALL_HANDLER "mov %rsp, %rdi\n call handle\n"
#define FRAME_POINTER "%rbp"
#else
#define FRAME_WORDS "pusha\n"
#define FRAME_BACK "popa\n add $8, %esp\n iret\n"
#define CALL_HANDLER "push %esp\n call handle\n add $4, %esp\n"
#define FRAME_POINTER "%ebp"
#endif

__asm__(".section .multiboot\n"
        ".align 4\n"
        ".long 0x1BADB002, 0, -0x1BADB002\n"
        ".text\n"
        ".globl start, stub, common\n"
        ".type common, @function\n"
#ifdef __x86_64__
        ".code32\n"
#endif
        "start: mov $stack_top, %esp\n"
        "       xor %ebp, %ebp\n"
#ifdef __x86_64__
        "       call enter_long\n"
        ".code64\n"
        "long_start: mov $stack_top, %rsp\n"
        "       xor %ebp, %ebp\n"
#endif
        "       call kmain\n"
        "       hlt\n"
        "stub:  push $0\n"
        "       push $0x30\n"
        "       jmp common\n"
        "common:\n" FRAME_WORDS CALL_HANDLER FRAME_BACK
        ".size common, . - common\n"
        ".bss\n"
        ".align 16\n"
        ".space 8192\n"
        "stack_top:\n"
        ".space 4096\n"
        "user_top:\n"
        ".space 4096\n"
        "ring0_top:\n"
        ".text\n");

#ifdef __x86_64__
__asm__(".code32\n"
        "enter_long: mov $tables, %edi\n"
        "  lea 4096(%edi), %eax\n or $7, %eax\n mov %eax, (%edi)\n"
        "  lea 8192(%edi), %eax\n or $7, %eax\n mov %eax, 4096(%edi)\n"
        "  movl $0x87, 8192(%edi)\n movl $0x200087, 8200(%edi)\n"
        "  mov %edi, %cr3\n mov %cr4, %eax\n or $0x20, %eax\n mov %eax, %cr4\n"
        "  mov $0xC0000080, %ecx\n rdmsr\n or $0x100, %eax\n wrmsr\n"
        "  mov %cr0, %eax\n or $0x80000000, %eax\n mov %eax, %cr0\n"
        "  lgdt first_gdt\n ljmp $8, $long_start\n"
        ".align 8\n"
        "first_entries: .quad 0, 0x00AF9A000000FFFF, 0x00CF92000000FFFF\n"
        "first_gdt: .word 23\n .long first_entries\n"
        ".bss\n .align 4096\n tables: .space 12288\n .text\n .code64\n");
#endif

extern u8 stub[], user_top[], ring0_top[];

enum state { IDLE, READY = 3, SLEEPING };
enum rights { READ = 1, WRITE = 2, RUN = 4 };
struct list {
    struct list *next, *previous;
};
struct task {
    char name[16];
    enum state state;
    enum rights rights;
    int (*run)(struct task *, int);
    struct task *parent;
    struct {
        u16 low : 5;
        signed int level : 3;
        u32 rest;
    };
    union {
        u32 whole;
        u8 bytes[4];
    } mark;
    struct list list;
    short table[2][3];
};

static int idle(struct task *task, int ticks) { return ticks + task->state; }

struct task tasks[3] = {
    {"idle", IDLE, READ, idle, 0, {.low = 17, .level = -2, .rest = 7}, {0x01020304}, {&tasks[1].list, &tasks[2].list}, {{1, 2, 3}, {-4, 5, 6}}},
    {"init", READY, READ | RUN, idle, &tasks[0], {.low = 1}, {0x41424344}, {0, 0}, {{0}}},
    {"a \"quoted\"\n", SLEEPING, 0, 0, &tasks[1], {.low = 31, .level = 3}, {0}, {0, 0}, {{0}}},
};
struct task *current = &tasks[1];
int negative = -5;
unsigned positive = 5;
long long wide = -1234567890123;
double ratio = 2.5;
float half = 0.5f;
_Bool truth = 1;
char letter = 'A';
u8 octet = 200;
const char *message = "hello, kernel";
int numbers[20] = {1, 2, 2, 2, 3};
volatile u32 stopped_at;

static u16 gate[256 * sizeof(word)];
static unsigned long long gdt[8];
static u32 tss[32];

__attribute__((noinline)) void stop_here(word *frame) { stopped_at = frame[0]; }

/* Without a frame pointer or debug information of frames where the test says so. */
__attribute__((noinline)) void handle(word *frame) {
    word saved = frame[1];
    stop_here(frame);
    frame[1] = saved;
}

static inline __attribute__((always_inline)) int twice(int number) {
    int doubled = number * 2;
    __asm__ volatile("int $0x30" : : "r"(doubled) : "memory");
    return doubled;
}

__attribute__((noinline)) int calculate(int first, int second, struct task *task) {
    int sum = first + second;
    for (int round = 0; round < 1; round++) {
        int product = first * second + round;
        sum += twice(product);
    }
    return sum + task->state;
}

__attribute__((noinline)) int recurse(int depth) {
    if (depth == 0)
        return calculate(6, 7, current);
    return recurse(depth - 1) + depth;
}

__attribute__((noinline)) void user(int value) {
    int local = value + 1;
    __asm__ volatile("int $0x30" : : "r"(local) : "memory");
    for (;;)
        ;
}

__asm__(".type user_start, @function\nuser_start: xor %ebp, %ebp\n"
#ifdef __x86_64__
        "mov $41, %edi\n"
#else
        "push $41\n"
#endif
        "call user\n .size user_start, . - user_start\n");
extern u8 user_start[];

static void set_gate(int vector, u8 *handler) {
    word address = (word)handler;
    u16 *entry = gate + vector * sizeof(word);
    entry[0] = address;
    entry[1] = 8;
    entry[2] = 0xEE00;
    entry[3] = address >> 16;
}

static void install(void) {
    struct {
        u16 limit;
        word base;
    } __attribute__((packed)) idtr = {sizeof gate - 1, (word)gate}, gdtr = {sizeof gdt - 1, (word)gdt};
#ifdef __x86_64__
    gdt[1] = 0x00AF9A000000FFFF;
    gdt[3] = 0x00AFFA000000FFFF;
    *(word *)(tss + 1) = (word)ring0_top;
#else
    gdt[1] = 0x00CF9A000000FFFF;
    gdt[3] = 0x00CFFA000000FFFF;
    tss[1] = (word)ring0_top;
    tss[2] = 0x10;
#endif
    gdt[2] = 0x00CF92000000FFFF;
    gdt[4] = 0x00CFF2000000FFFF;
    word base = (word)tss;
    gdt[5] = 0x0000890000000067ULL | (unsigned long long)(base & 0xFFFFFF) << 16 | (unsigned long long)(base >> 24 & 0xFF) << 56;
    set_gate(0x30, stub);
    __asm__ volatile("lgdt %0\n lidt %1" : : "m"(gdtr), "m"(idtr));
#ifdef __x86_64__
    __asm__ volatile("push $8\n lea 1f(%%rip), %%rax\n push %%rax\n lretq\n 1: mov $0x10, %%eax\n mov %%eax, %%ss\n mov %%eax, %%ds\n"
                     " mov $0x28, %%eax\n ltr %%ax" : : : "rax", "memory");
#else
    __asm__ volatile("ljmp $8, $1f\n 1: mov $0x10, %%eax\n mov %%eax, %%ss\n mov %%eax, %%ds\n mov %%eax, %%es\n mov $0x28, %%eax\n ltr %%ax"
                     : : : "eax", "memory");
#endif
}

void kmain(void) {
    int result;
    install();
    result = recurse(2);
    numbers[19] = result;
#ifdef __x86_64__
    __asm__ volatile("push $0x23\n push $user_top\n push $2\n push $0x1B\n push $user_start\n iretq");
#else
    __asm__ volatile("mov $0x23, %%eax\n mov %%eax, %%ds\n mov %%eax, %%es\n push $0x23\n push $user_top\n push $2\n push $0x1B\n push $user_start\n iret" : : : "eax");
#endif
}
