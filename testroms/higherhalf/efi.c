/* The loader as an EFI application. UEFI Specification 2.10, sections 4.3, 4.4, 7.2 and 7.4.6. */
#include "loader.h"

#define EFI __attribute__((ms_abi))
#define LOADER_DATA 2
#define BELOW 1 /* AllocateMaxAddress */

struct boot_services {
    u8 header[24];
    void *levels[2];
    u64 EFI (*allocate_pages)(u32 kind, u32 memory, u64 count, u64 *address);
    void *free_pages;
    u64 EFI (*get_memory_map)(u64 *size, void *map, u64 *key, u64 *entry_size, u32 *version);
    void *others[21];
    u64 EFI (*exit_boot_services)(void *image, u64 key);
};
struct system_table {
    u8 parts[96];
    struct boot_services *boot;
};

EFI u64 efi_main(void *image, struct system_table *table) {
    static u8 map[0x8000];
    u64 address = 0xFFFFFFFF, size, key, entry_size;
    u32 version;
    u64 status = table->boot->allocate_pages(BELOW, LOADER_DATA, POOL >> 12, &address);
    if (status) return status;
    pool = (u8 *)address;
    do {
        size = sizeof map;
        status = table->boot->get_memory_map(&size, map, &key, &entry_size, &version);
        if (status) return status;
    } while (table->boot->exit_boot_services(image, key));
    enter();
}
