// A kernel of 64 bits in C whose copy without a limit goes over a return address; threads in arrays of their own, with a switch in assembly.
// bits: 64
// check: stack
// expect: a return address was overwritten at 0008: ... name_of ... pushed by the call at: 0008: ... overwritten by: mov ... at 0008: ... copy ... threads.h:
// variants: -O2 -fno-inline
#include "kernel.h"

#define DEEPEST 3
static u8 stacks[1][1024] __attribute__((aligned(16)));
#include "threads.h"

static u64 long_text[8];
void done(void);
__asm__("done: xor %eax, %eax; out %al, $0xF4; hlt");

void kmain(void) {
    for (int i = 0; i < 8; i++) long_text[i] = (u64)done;
    run_thread();
    name_of(text, 16);
    name_of(long_text, 48);
}
