/* Stacks that no debug information describes, for a profile: assembly by hand, functions too short for a frame, handlers that come in between, tasks that
   change stacks in the middle of a function, a program in ring 3 that is left for good from a handler (32 bits). Who calls whom is in measures.py. */
#include "kernel.h"

#ifdef __x86_64__
#define A "%rax"
#define SP "%rsp"
#define BP "%rbp"
#define SAVE "push %rbp\n push %rbx\n push %r12\n push %r13\n"
#define RESTORE "pop %r13\n pop %r12\n pop %rbx\n pop %rbp\n"
#define SAVE_ALL "push %rax\n push %rcx\n push %rdx\n push %rsi\n push %rdi\n push %r8\n push %r9\n push %r10\n push %r11\n"
#define RESTORE_ALL "pop %r11\n pop %r10\n pop %r9\n pop %r8\n pop %rdi\n pop %rsi\n pop %rdx\n pop %rcx\n pop %rax\n"
#define IRET "iretq\n"
static u64 gates[256][2];
#else
#define A "%eax"
#define SP "%esp"
#define BP "%ebp"
#define SAVE "push %ebp\n push %ebx\n push %esi\n push %edi\n"
#define RESTORE "pop %edi\n pop %esi\n pop %ebx\n pop %ebp\n"
#define SAVE_ALL "pusha\n"
#define RESTORE_ALL "popa\n"
#define IRET "iret\n"
static u64 gates[256];
static u32 tss[26];
static u64 table[6] = {0, 0x00CF9A000000FFFF, 0x00CF92000000FFFF, 0x00CFFA000000FFFF, 0x00CFF2000000FFFF};
static u8 user_stack[1024], inner_stack[2048];
word kept;
#endif

static word other_stack[256];
word other;
volatile u32 total;

void leaf(void);
void by_hand(void);
void tiny(void);
void rounds(void);
void yield(void);
void handler(void);

#define FUNCTION(name) ".globl " #name "\n.type " #name ", @function\n" #name ": "

__asm__(".text\n"
        FUNCTION(leaf) "mov $50, %ecx\n 1: incl total\n dec %ecx\n jnz 1b\n ret\n"
        /* What it calls is called from the middle of its room; it has no frame. */
        FUNCTION(by_hand) "sub $72, " SP "\n push " A "\n call leaf\n pop " A "\n call leaf\n add $72, " SP "\n ret\n"
        /* Nothing but a prologue and an epilogue. */
        FUNCTION(tiny) "push " BP "\n mov " SP ", " BP "\n pop " BP "\n ret\n"
        FUNCTION(rounds) "push " BP "\n mov $100, %ebp\n 1: call tiny\n dec %ebp\n jnz 1b\n pop " BP "\n ret\n"
        /* The other stack comes in the middle, and it goes on there for a while. */
        FUNCTION(yield) SAVE "xchg " SP ", other\n mov $100, %ecx\n 1: dec %ecx\n jnz 1b\n call after\n" RESTORE "ret\n"
        FUNCTION(after) "mov $100, %ecx\n 1: dec %ecx\n jnz 1b\n ret\n"
        FUNCTION(handler) SAVE_ALL "call tick\n" RESTORE_ALL IRET);

__attribute__((noipa)) void tick(void) {
    total++;
    outb(0x20, 0x20);
}

__attribute__((noipa)) void one(void) {
    for (u32 i = 0; i < 20; i++) yield();
    total++;
}

__attribute__((noipa)) void two(void) {
    for (u32 i = 0; i < 7; i++) yield();
    total++;
}

__attribute__((noipa)) void second(void) {
    for (;;) two();
}

static void gate(u32 vector, void (*code)(void), u32 type) {
#ifdef __x86_64__
    gates[vector][0] = ((u64)code & 0xFFFF) | 8 << 16 | (u64)type << 40 | ((u64)code >> 16 & 0xFFFF) << 48;
    gates[vector][1] = (u64)code >> 32;
#else
    gates[vector] = ((u64)(word)code & 0xFFFF) | 8 << 16 | (u64)type << 40 | (u64)((word)code >> 16) << 48;
#endif
}

#ifndef __x86_64__
void system_stub(void);
void leave_stub(void);
void enter_user(void *code, void *stack);
void user(void);

__asm__(FUNCTION(system_stub) SAVE_ALL "call system\n" RESTORE_ALL "iret\n"
        /* As exit does: the stack on which the program was entered is taken again. */
        FUNCTION(leave_stub) "mov kept, %esp\n" RESTORE "ret\n"
        FUNCTION(enter_user) SAVE "mov %esp, kept\n mov 20(%esp), %eax\n mov 24(%esp), %ecx\n push $0x23\n push %ecx\n push $0x202\n push $0x1B\n push %eax\n iret\n"
        FUNCTION(user) "mov $20, %ebx\n 1: call below\n int $0x80\n dec %ebx\n jnz 1b\n int $0x81\n"
        FUNCTION(below) "mov $100, %ecx\n 1: dec %ecx\n jnz 1b\n ret\n");

__attribute__((noipa)) void system(void) {
    leaf();
    total++;
}
#endif

void kmain(void) {
    struct {
        u16 limit;
        word base;
    } __attribute__((packed)) idtr = {sizeof gates - 1, (word)gates};
    gate(0x20, handler, 0x8E);
    __asm__ volatile("lidt %0" : : "m"(idtr));
#ifndef __x86_64__
    struct {
        u16 limit;
        word base;
    } __attribute__((packed)) gdtr = {sizeof table - 1, (word)table};
    tss[1] = (u32)(inner_stack + sizeof inner_stack);
    tss[2] = 16;
    table[5] = 103 | (u64)((u32)tss & 0xFFFFFF) << 16 | (u64)0x89 << 40 | (u64)((u32)tss >> 24) << 56;
    gate(0x80, system_stub, 0xEE);
    gate(0x81, leave_stub, 0xEE);
    __asm__ volatile("lgdt %0\n ltr %w1\n mov %w2, %%ds\n mov %w2, %%es" : : "m"(gdtr), "r"(0x28), "r"(0x23));
#endif
    outb(0x20, 0x11);
    outb(0x21, 0x20);
    outb(0x21, 4);
    outb(0x21, 1);
    outb(0x21, 0xFE);
    outb(0x43, 0x34);
    outb(0x40, 60);
    outb(0x40, 0);
    word *top = &other_stack[256];
    *--top = 0;
    *--top = (word)second;
    other = (word)(top - 4);
    __asm__ volatile("sti");
    for (;;) {
        by_hand();
        rounds();
        one();
#ifndef __x86_64__
        enter_user(user, user_stack + sizeof user_stack);
#endif
    }
}
