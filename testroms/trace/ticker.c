/* A kernel that sleeps until its timer has come five times, and switches off. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;

__asm__(".section .multiboot\n"
        ".align 4\n"
        ".long 0x1BADB002, 0, -0x1BADB002\n"
        ".text\n"
        ".globl start, timer_stub\n"
        "start: mov $stack_top, %esp\n"
        "       call kmain\n"
        "       hlt\n"
        "timer_stub: pusha\n"
        "       call timer\n"
        "       popa\n"
        "       iret\n"
        ".bss\n"
        ".space 4096\n"
        "stack_top:\n"
        ".text\n");

extern u8 timer_stub[];
static volatile u32 ticks;
static u16 gates[48][4];
static u32 gdt[4] = {0, 0, 0x0000FFFF, 0x00CF9A00};

static void outb(u16 port, u8 value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }

void timer(void) {
    ticks++;
    outb(0x20, 0x20);
}

void kmain(void) {
    struct {
        u16 limit;
        u32 base;
    } __attribute__((packed)) idtr = {sizeof gates - 1, (u32)gates}, gdtr = {sizeof gdt - 1, (u32)gdt};
    gates[0x20][0] = (u32)timer_stub;
    gates[0x20][1] = 8;
    gates[0x20][2] = 0x8E00;
    gates[0x20][3] = (u32)timer_stub >> 16;
    __asm__ volatile("lgdt %0\n ljmp $8, $1f\n 1: lidt %1" : : "m"(gdtr), "m"(idtr));
    outb(0x20, 0x11);
    outb(0x21, 0x20);
    outb(0x21, 4);
    outb(0x21, 1);
    outb(0x21, 0xFE);
    outb(0x43, 0x34);
    outb(0x40, 11932 & 255);
    outb(0x40, 11932 >> 8);
    while (ticks < 5)
        __asm__ volatile("sti\n hlt\n cli");
    outb(0xF4, 0);
}
