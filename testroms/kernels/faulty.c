/* A kernel in C that divides by zero three calls deep: its post-mortem has to name the functions and the lines. */
__asm__(".section .multiboot\n"
        ".align 4\n"
        ".long 0x1BADB002, 0, -0x1BADB002\n"
        ".text\n"
        ".globl start\n"
        "start: mov $stack_top, %esp\n"
        "       xor %ebp, %ebp\n"
        "       push $0\n"
        "       call kmain\n"
        ".bss\n"
        ".space 4096\n"
        "stack_top:\n"
        ".text\n");

volatile int result;

__attribute__((noinline)) int divide(int a, int b)
{
    return a / b;
}

__attribute__((noinline)) int compute(int n)
{
    int sum = 0;
    for (int i = n; i >= 0; i--)
        sum += divide(100, i);
    return sum;
}

void kmain(void)
{
    result = compute(3);
}
