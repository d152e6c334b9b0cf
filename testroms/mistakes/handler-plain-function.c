// The timer's handler is a plain function of C: it ends with RET.
// expect: The handler of vector 32 ends with RET at ... tick ...: it takes EIP alone, and CS and EFLAGS stay on the stack
// status: 10 11 12 13 15 16
// variants: -O2 | -O0
#include "kernel.h"
struct gate { u16 low, selector; u8 zero, flags; u16 high; } __attribute__((packed));
static struct gate idt[256];
static volatile u32 ticks;
static void tick(void) { ticks++; outb(0x20, 0x20); }
void kmain(void) {
    struct { u16 limit; u32 base; } __attribute__((packed)) pointer = {sizeof idt - 1, (u32)idt};
    u32 at = (u32)tick;
    idt[0x20] = (struct gate){at, 8, 0, 0x8E, at >> 16};
    __asm__ volatile("lidt %0" : : "m"(pointer));
    u8 words[][2] = {{0x20, 0x11}, {0xA0, 0x11}, {0x21, 0x20}, {0xA1, 0x28}, {0x21, 4}, {0xA1, 2}, {0x21, 1}, {0xA1, 1}, {0x21, 0xFE}, {0xA1, 0xFF}, {0x43, 0x36}, {0x40, 0}, {0x40, 16}};
    for (u32 i = 0; i < sizeof words / 2; i++) outb(words[i][0], words[i][1]);
    __asm__ volatile("sti");
    while (ticks < 5) __asm__ volatile("hlt");
}
