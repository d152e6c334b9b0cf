// A driver waits for the wrong bit of the keyboard controller's status.
// expect: asks port 0064h again and again, which reads ... bit 1 stays clear, and is set only while the keyboard controller has not taken what was written last
// status: 16
// variants: -O0 | -O2
#include "kernel.h"
static inline u8 inb(u16 port) { u8 value; __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port)); return value; }
void kmain(void) { while (!(inb(0x64) & 2)) ; outb(0xE9, inb(0x60)); }
