/* The loader as a kernel that Multiboot starts: what a BIOS machine has. */
#define u8 kernel_h_u8
#define u16 kernel_h_u16
#define u32 kernel_h_u32
#define u64 kernel_h_u64
#include "kernel.h"
#undef u8
#undef u16
#undef u32
#undef u64
#include "loader.h"

static u8 memory[POOL] __attribute__((aligned(4096)));

void kmain(void) {
    pool = memory;
    enter();
}
