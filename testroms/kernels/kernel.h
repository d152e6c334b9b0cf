/* A kernel that Multiboot starts, for guests of one C file: it calls kmain with segments of its own, and ends with 0 at port F4h. In 64 bits 1 GB is
   mapped one to one by pages of 2 MB. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef __UINTPTR_TYPE__ word;

static inline void outb(u16 port, u8 value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }

#ifndef STACK_SIZE
#define STACK_SIZE "16384"
#endif

#ifdef __x86_64__
/* From 32-bit code to compatibility mode, with the tables at pml4, SSE, and a GDT that has 64-bit code. */
#define LONG_MODE \
        "       mov %cr4, %eax\n" \
        "       or $0x620, %eax\n" \
        "       mov %eax, %cr4\n" \
        "       mov $pml4, %eax\n" \
        "       mov %eax, %cr3\n" \
        "       mov $0xC0000080, %ecx\n" \
        "       rdmsr\n" \
        "       or $0x100, %eax\n" \
        "       wrmsr\n" \
        "       mov %cr0, %eax\n" \
        "       or $0x80000000, %eax\n" \
        "       mov %eax, %cr0\n" \
        "       lgdt gdt_pointer\n"

__asm__(".section .multiboot,\"ax\"\n"
        ".align 4\n"
        ".long 0x1BADB002, 0, -0x1BADB002\n"
        ".code32\n"
        ".globl start\n"
        "start: mov $boot_stack_top, %esp\n"
        "       movl $pointers + 7, pml4\n"
        "       movl $directory + 7, pointers\n"
        "       mov $directory, %edi\n"
        "       mov $0x87, %eax\n"
        "1:     mov %eax, (%edi)\n"
        "       add $8, %edi\n"
        "       add $0x200000, %eax\n"
        "       cmp $0x40000087, %eax\n"
        "       jne 1b\n"
        LONG_MODE
        "       ljmp $8, $long_mode\n"
        ".code64\n"
        "long_mode: mov $boot_stack_top, %rsp\n"
        "       xor %ebp, %ebp\n"
        "       mov $16, %eax\n"
        "       mov %eax, %ss\n"
        "       mov %eax, %ds\n"
        "       mov %eax, %es\n"
        "       call kmain\n"
        "       xor %eax, %eax\n"
        "       out %al, $0xF4\n"
        "       hlt\n"
        ".data\n"
        ".align 8\n"
        "gdt:   .quad 0, 0x00209A0000000000, 0x0000920000000000\n"
        "gdt_pointer: .word 23\n"
        "       .long gdt\n"
        ".bss\n"
        ".align 4096\n"
        "pml4:  .space 4096\n"
        "pointers: .space 4096\n"
        "directory: .space 4096\n"
        "boot_stack: .space " STACK_SIZE "\n"
        "boot_stack_top:\n"
        ".text\n");
#else
__asm__(".section .multiboot,\"ax\"\n"
        ".align 4\n"
        ".long 0x1BADB002, 0, -0x1BADB002\n"
        ".globl start\n"
        "start: mov $boot_stack_top, %esp\n"
        "       lgdt gdt_pointer\n"
        "       ljmp $8, $1f\n"
        "1:     mov $16, %eax\n"
        "       mov %eax, %ss\n"
        "       mov %eax, %ds\n"
        "       mov %eax, %es\n"
        "       xor %ebp, %ebp\n"
        "       call kmain\n"
        "       xor %eax, %eax\n"
        "       out %al, $0xF4\n"
        "       hlt\n"
        ".data\n"
        ".align 8\n"
        "gdt:   .quad 0, 0x00CF9A000000FFFF, 0x00CF92000000FFFF\n"
        "gdt_pointer: .word 23\n"
        "       .long gdt\n"
        ".bss\n"
        ".align 4096\n"
        "boot_stack: .space " STACK_SIZE "\n"
        "boot_stack_top:\n"
        ".text\n");
#endif
