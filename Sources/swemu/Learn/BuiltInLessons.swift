/// The lessons that the program brings, in the order in which they are learned.
enum BuiltInLessons {
    static var all: [(name: String, bytes: [UInt8])] {
        [
            ("registers.md", PackageResources.registers_md),
            ("parts.md", PackageResources.parts_md),
            ("flags.md", PackageResources.flags_md),
            ("jumps.md", PackageResources.jumps_md),
            ("memory.md", PackageResources.memory_md),
            ("segments.md", PackageResources.segments_md),
            ("stack.md", PackageResources.stack_md),
            ("calls.md", PackageResources.calls_md),
            ("services.md", PackageResources.services_md),
            ("interrupts.md", PackageResources.interrupts_md),
            ("protected.md", PackageResources.protected_md),
            ("descriptors.md", PackageResources.descriptors_md),
            ("exceptions.md", PackageResources.exceptions_md),
            ("paging.md", PackageResources.paging_md),
            ("privilege.md", PackageResources.privilege_md),
            ("devices.md", PackageResources.devices_md),
            ("dma.md", PackageResources.dma_md),
            ("races.md", PackageResources.races_md),
            ("past.md", PackageResources.past_md),
            ("kernel.md", PackageResources.kernel_md),
        ]
    }
}
