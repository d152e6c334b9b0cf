// The IDT is a variable of the function that loads it; the next functions use its memory.
// expect: The stack (ESP ... ) has grown over the IDT at ... and has overwritten it
// status: 10
// variants: -O0 | -O2 -fno-inline
#include "kernel.h"
struct gate { u16 low, selector; u8 zero, flags; u16 high; } __attribute__((packed));
static void handler(void) { outb(0xF4, 1); for (;;) ; }
__attribute__((noinline)) static void install(void) {
    struct gate idt[32];
    u32 at = (u32)handler;
    for (int i = 0; i < 32; i++) idt[i] = (struct gate){at, 8, 0, 0x8E, at >> 16};
    struct { u16 limit; u32 base; } __attribute__((packed)) pointer = {sizeof idt - 1, (u32)idt};
    __asm__ volatile("lidt %0" : : "m"(pointer), "m"(idt));
}
__attribute__((noinline)) static void work(void) { volatile u32 numbers[256]; for (int i = 0; i < 256; i++) numbers[i] = i; }
void kmain(void) { install(); work(); __asm__ volatile("ud2"); }
