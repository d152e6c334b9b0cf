// A monitor in a kernel waits for a character on COM1, and nobody has sent one.
// bits: 32 64
// expect: asks port 03FDh again and again, which reads 60h: bit 0 stays clear, and is set when a byte has come on the serial line: nothing has come
// status: 16
// variants: -O0 | -O2
#include "kernel.h"
static inline u8 inb(u16 port) { u8 value; __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port)); return value; }
static u8 get(void) { while (!(inb(0x3FD) & 1)) ; return inb(0x3F8); }
void kmain(void) { for (;;) outb(0x3F8, get()); }
