/* A kernel for an editor's debugger: it adds squares up and says so on COM1. Its command line chooses what else it does: "spin" for ever, "flood" COM1,
   "die" of an instruction that is none, without an IDT. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;

__asm__(".section .multiboot\n"
        ".align 4\n"
        ".long 0x1BADB002, 0, -0x1BADB002\n"
        ".text\n"
        ".globl start\n"
        "start: mov $stack_top, %esp\n"
        "       xor %ebp, %ebp\n"
        "       push %ebx\n"
        "       call kmain\n"
        "       hlt\n"
        "undefined: mov $0xF4, %edx\n"
        "       mov $3, %eax\n"
        "       out %al, %dx\n"
        ".bss\n"
        ".space 4096\n"
        "stack_top:\n"
        ".text\n");

extern u8 undefined[];
volatile u32 total, ticks;
static u16 gate[32][4];
static u32 gdt[4] = {0, 0, 0x0000FFFF, 0x00CF9A00};

static void outb(u16 port, u8 value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }

static u8 inb(u16 port) {
    u8 value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void say(const char *text) {
    for (; *text; text++) {
        while (!(inb(0x3FD) & 0x20))
            ;
        outb(0x3F8, *text);
    }
}

__attribute__((noinline)) u32 square(u32 number) {
    u32 result = number * number;
    return result;
}

__attribute__((noinline)) void tick(void) { ticks++; }

__attribute__((noinline)) void die(void) { __asm__ volatile("ud2"); }

/* Vector 6 goes on at `undefined`. */
static void install(void) {
    struct {
        u16 limit;
        u32 base;
    } __attribute__((packed)) idtr = {sizeof gate - 1, (u32)gate}, gdtr = {sizeof gdt - 1, (u32)gdt};
    gate[6][0] = (u32)undefined;
    gate[6][1] = 8;
    gate[6][2] = 0x8E00;
    gate[6][3] = (u32)undefined >> 16;
    __asm__ volatile("lgdt %0\n ljmp $8, $1f\n 1: lidt %1" : : "m"(gdtr), "m"(idtr));
}

void kmain(u32 *info) {
    const char *word = (const char *)info[4];
    for (const char *at = word; *at; at++)
        if (*at == ' ')
            word = at + 1;
    if (word[0] == 's')
        for (;;)
            tick();
    if (word[0] == 'f')
        for (;;)
            say("a flood of lines, each of which the editor is told of\n");
    if (word[0] == 'd')
        die();
    for (u32 number = 1; number <= 4; number++) {
        total += square(number);
        tick();
    }
    say("squares done\n");
    install();
    die();
}
