// A copy without a limit goes over the return address of its caller, and the return goes to what was copied.
// bits: 32 64
// expect: the stack at 001 ... where the call at ... had put 001 ... which has been overwritten by ... copy
// status: 10
// variants: -O2 | -O0 | -Os -fomit-frame-pointer
#include "kernel.h"
__attribute__((noinline)) static void copy(char *to, const char *from) {
    while (*from) *(volatile char *)to++ = *from++;
}
__attribute__((noinline)) static int greet(const char *name) {
    char line[16];
    copy(line, name);
    return ((volatile char *)line)[0];
}
void kmain(void) { greet("a name that is much longer than anybody has thought of, and longer still, and longer"); }
