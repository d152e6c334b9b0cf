/* What the loader gives the kernel, its pointer in RDI. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

/* Where all physical memory below 4 GB is mapped, writable and not executable: by pages of 1 GB where the processor has them. */
#define DIRECT 0xFFFF800000000000ull

struct handover {
    u64 kernel_physical; /* of the kernel's first page; its segments lie behind one another as linked */
    u64 tables;          /* physical address of the PML4 */
};
