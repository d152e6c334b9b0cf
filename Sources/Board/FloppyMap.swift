import Chips
import Wiring

/// The board's wiring of the floppy disk controller besides its ports and IRQ 6.
extension PC.Parts {
    /// The channel of the 8-bit DMA controller.
    private static let channel = 2

    func connectFloppy() {
        dma1.connect(fdc, to: Self.channel)
        fdc.DRQ = { [unowned dma1] in dma1.requestTransfer(channel: Self.channel, cycles: $0) }
    }
}

extension PC.Configuration {
    /// All stores that a guest may write to, by the numbers that snapshots have for them: the four disks, then the diskettes of drive A and those of
    /// drive B.
    public var writableStores: [(any BlockStore)?] {
        guard floppies.contains(where: { $0 != nil }) else { return disks }
        let none = [(any BlockStore)?](repeating: nil, count: max(0, 4 - disks.count))
        return disks + none + floppies.flatMap { $0?.stores ?? [] }
    }

    /// Numbers of them that are diskettes of drive A and of drive B, where such a drive is; nil for no floppy drive.
    var disketteCounts: [Int?]? { floppies.contains { $0 != nil } ? floppies.map { $0?.stores.count } : nil }

    /// Takes apart what `writableStores` and `disketteCounts` have put together. `diskettes` has to fit.
    mutating func setWritableStores(_ stores: [(any BlockStore)?], diskettes: [Int?]?) {
        guard let diskettes else { return disks = stores }
        disks = Array(stores.prefix(4))
        var rest = stores.dropFirst(4)
        floppies = diskettes.map { count in
            guard let count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return FloppyMedia(stores: rest.prefix(count).compactMap { $0 }, inserted: nil)
        }
    }
}

extension PC.Configuration {
    /// The firmware's orders of what to try: nothing of what the machine lacks, and nothing at all where only the hard disk is there.
    var bootOrderInCMOS: [UInt8] { numbers(of: bootOrder) }
    /// The firmware's orders for the first boot, where they are others.
    var firstBootOrderInCMOS: [UInt8] { bootOrderOnce.isEmpty ? bootOrderInCMOS : numbers(of: bootOrderOnce) }

    private func numbers(of order: [BootDevice]) -> [UInt8] {
        let hasFloppy = floppies.contains { $0 != nil }
        guard cdrom != nil || hasFloppy else { return [] }
        return order.filter { $0 == .hardDisk || ($0 == .cdrom ? cdrom != nil : hasFloppy) }.map(\.rawValue)
    }
}
