/* A kernel with something to look at: structures, arrays, recursion, a global that changes. It ends with 0 at port F4h. */
typedef unsigned char u8;
typedef unsigned short u16;

__asm__(".section .multiboot\n"
        ".align 4\n"
        ".long 0x1BADB002, 0, -0x1BADB002\n"
        ".text\n"
        ".globl start\n"
        "start: mov $stack_top, %esp\n"
        "       xor %ebp, %ebp\n"
        "       call kmain\n"
        "       hlt\n"
        ".bss\n"
        ".space 4096\n"
        "stack_top:\n"
        ".text\n");

struct point {
    int x, y;
    const char *name;
};

volatile int counter;
struct point origin = {3, 4, "origin"};

static void outb(u16 port, u8 value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }

int factorial(int n) {
    if (n <= 1)
        return 1;
    return n * factorial(n - 1);
}

int square(struct point *p) {
    int sum = p->x * p->x + p->y * p->y;
    counter = sum;
    return sum;
}

int count(int to) {
    int total = 0;
    for (int i = 1; i <= to; i++) {
        total += i;
        counter = total;
    }
    return total;
}

void kmain(void) {
    int first = square(&origin);
    int second = count(10);
    int third = factorial(5);
    if (first == 25 && second == 55 && third == 120)
        outb(0xF4, 0);
    outb(0xF4, 1);
}
