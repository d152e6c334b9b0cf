/* A kernel of 64 bits in an ELF64 file, which Multiboot enters in 32-bit code: it goes to long mode, has recursion, a structure and a global that
   changes, numbers that need 64 bits, and ends with 0 at port F4h. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned long u64;

__asm__(".section .multiboot,\"ax\"\n"
        ".align 4\n"
        ".long 0x1BADB002, 0, -0x1BADB002\n"
        ".code32\n"
        ".globl start\n"
        "start: mov $stack_top, %esp\n"
        "       movl $pointers + 7, pml4\n"
        "       movl $directory + 7, pointers\n"
        "       movl $0x87, directory\n"
        "       mov %cr4, %eax\n"
        "       or $0x620, %eax\n"
        "       mov %eax, %cr4\n"
        "       mov $pml4, %eax\n"
        "       mov %eax, %cr3\n"
        "       mov $0xC0000080, %ecx\n"
        "       rdmsr\n"
        "       or $0x100, %eax\n"
        "       wrmsr\n"
        "       mov %cr0, %eax\n"
        "       or $0x80000000, %eax\n"
        "       mov %eax, %cr0\n"
        "       lgdt gdt_pointer\n"
        "       ljmp $8, $long_mode\n"
        ".code64\n"
        "long_mode: xor %ebp, %ebp\n"
        "       mov %ebp, %ss\n"
        "       call kmain\n"
        "       hlt\n"
        ".data\n"
        ".align 8\n"
        "gdt:   .quad 0, 0x00209A0000000000\n"
        "gdt_pointer: .word 15\n"
        "       .long gdt\n"
        ".bss\n"
        ".align 4096\n"
        "pml4:  .space 4096\n"
        "pointers: .space 4096\n"
        "directory: .space 4096\n"
        "       .space 4096\n"
        "stack_top:\n"
        ".text\n");

struct point {
    long x, y;
    const char *name;
};

volatile u64 counter;
struct point origin = {3, 0x123456789ABCDEF, "origin"};

static void outb(u16 port, u8 value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }

u64 factorial(u64 n) {
    if (n <= 1) return 1;
    return n * factorial(n - 1);
}

u64 count(u64 to) {
    for (u64 i = 1; i <= to; i++) {
        counter += i << 32;
    }
    return counter;
}

void kmain(void) {
    u64 first = factorial(20);
    u64 second = count(10);
    origin.x = (long)(first + second);
    outb(0xF4, 0);
}
