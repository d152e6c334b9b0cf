/* Values of every kind, a function that is inlined, one that calls itself, and callers whose call is the last of its line. */
#include "kernel.h"

struct task {
    char name[8];
    float load;
    int number;
};

struct task tasks[2] = {{"idle", 1.5f, 3}, {"shell", 2.5f, 4}};
unsigned char mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
long double extended = 3.25L;
double negative = -7.75;
float row[3] = {1.5f, 2.5f, 3.5f};
_Complex double rotation = 1.0 + 2.0i;
volatile int total;

static inline __attribute__((always_inline)) int tripled(int x) { return x * 3; }

__attribute__((noinline)) int factorial(int n) {
    if (n < 2)
        return 1;
    return n * factorial(n - 1);
}

__attribute__((noinline)) void die(int n) {
    total += n;
    __asm__ volatile("ud2");
}

__attribute__((noinline)) void outer(int n) {
    die(n);
    total++;
}

void kmain(void) {
    total = tripled(total + 5);
    total += tripled(total);
    total += factorial(4);
    __asm__ volatile("fninit; fld1; fldpi");
    outer(total);
    total++;
}
