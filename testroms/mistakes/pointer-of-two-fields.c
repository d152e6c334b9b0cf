// A field of 32 bits is read as a pointer of 64: its upper half is the next field.
// bits: 64
// expect: The kernel read 700 ... at ... (mov ...); page directory pointer entry 01Ch at ... not present
// status: 10
// variants: -O2 | -O0
#include "kernel.h"
static volatile struct { u32 flags, list, count, other; } info = {1, 0x105000, 7, 9};
struct item { u32 value; };
void kmain(void) { struct item *item = *(struct item *volatile *)&info.list; outb(0xE9, item->value); }
