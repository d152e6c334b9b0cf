import Wiring

/// QEMU's firmware configuration device, fw_cfg: numbered items that tell firmware what machine it is in. QEMU, docs/specs/fw_cfg.
///
/// Offsets: 0–1 the selector, a word; 1 the data, read byte by byte; 4–11 the address register of the DMA interface, big-endian, whose lower half
/// starts a transfer. Not emulated: items that can be written.
public final class FirmwareConfiguration: Chip, PortDevice {
    public struct State: Codable, Equatable, Sendable {
        /// The number of the item, as it was written.
        public var selector: UInt16 = 0
        /// Bytes of the item that were read.
        public var offset: UInt32 = 0
        /// Upper half of the address of a transfer.
        public var addressHigh: UInt32 = 0
    }

    /// A named item. Its number is its place among the names in alphabetical order.
    public struct File: Codable, Equatable, Sendable {
        /// The name, as in "etc/e820".
        public var name: String
        /// The bytes.
        public var contents: [UInt8]

        /// An item under a name.
        public init(_ name: String, _ contents: [UInt8]) { (self.name, self.contents) = (name, contents) }

        /// Bytes of a name without the zero behind it, at most.
        public static let longestName = 55
    }

    private struct Control: OptionSet {
        let rawValue: UInt32
        static let error = Self(rawValue: 0x01), read = Self(rawValue: 0x02), skip = Self(rawValue: 0x04)
        static let select = Self(rawValue: 0x08), write = Self(rawValue: 0x10)
    }

    /// Numbers of items: "QEMU", the features of the device, the directory of files, and the first file.
    public static let signature: UInt16 = 0x00, identity: UInt16 = 0x01, directory: UInt16 = 0x19, firstFile: UInt16 = 0x20
    private static let DMASignature = Array("QEMU CFG".utf8)
    /// Zeros that a transfer moves at most behind the end of an item: a structure where no memory is asks for 4 GBytes of them.
    private static let mostZeros = 65536

    public let name: String
    /// Takes reports of what the guest does wrong, and of what is not emulated.
    public weak var diagnostics: (any DiagnosticSink)?
    /// Makes the contents of a file by the time that it is read, where they depend on what the firmware has set up.
    public var amend: ((_ name: String, _ contents: [UInt8]) -> [UInt8])?
    private let items: [UInt16: [UInt8]]
    private let fileNames: [String]
    private let memory: any SystemMemory
    public var state = State()

    /// `items` by their numbers, beside which there are the signature, the identity and `files`.
    public init(name: String = "fw_cfg", items: [UInt16: [UInt8]], files: [File], memory: any SystemMemory) {
        self.name = name
        self.memory = memory
        var items = items
        items[Self.signature] = Array("QEMU".utf8)
        // Bit 0: the data port, bit 1: the DMA interface.
        items[Self.identity] = [3, 0, 0, 0]
        var directory = Self.bigEndian(UInt32(truncatingIfNeeded: files.count))
        let files = files.sorted { $0.name < $1.name }
        fileNames = files.map(\.name)
        for (index, file) in files.enumerated() {
            let number = Self.firstFile &+ UInt16(truncatingIfNeeded: index)
            items[number] = file.contents
            directory += Self.bigEndian(UInt32(truncatingIfNeeded: file.contents.count))
            directory += [UInt8(number >> 8), UInt8(truncatingIfNeeded: number), 0, 0]
            let text = Array(file.name.utf8.prefix(File.longestName))
            directory += text + [UInt8](repeating: 0, count: File.longestName + 1 - text.count)
        }
        items[Self.directory] = directory
        self.items = items
    }

    public func reset() { state = State() }

    /// The item that is selected; bit 14 only asks to write.
    private var item: [UInt8] {
        let number = state.selector & ~0x4000
        guard let contents = items[number] else { return [] }
        let file = Int(number) - Int(Self.firstFile)
        return fileNames.indices.contains(file) ? amend?(fileNames[file], contents) ?? contents : contents
    }

    public func peek(offset: Int) -> UInt8 {
        switch offset {
        case 1: next ?? 0
        case 4...11: Self.DMASignature[offset - 4]
        default: 0
        }
    }

    public func read(offset: Int) -> UInt8 {
        guard offset == 1 else { return peek(offset: offset) }
        guard let next else { return 0 }
        state.offset &+= 1
        return next
    }

    private var next: UInt8? {
        let item = item
        return state.offset < item.count ? item[Int(state.offset)] : nil
    }

    public func write(offset: Int, value: UInt8) {}

    public func write(offset: Int, width: AccessWidth, value: UInt32) {
        switch (offset, width) {
        case (0, .word): select(UInt16(truncatingIfNeeded: value))
        case (4, .doubleword): state.addressHigh = value.byteSwapped
        case (8, .doubleword):
            transfer(UInt64(state.addressHigh) << 32 | UInt64(value.byteSwapped))
            state.addressHigh = 0
        default: break
        }
    }

    private func select(_ number: UInt16) {
        state.selector = number
        state.offset = 0
    }

    /// Carries out the access structure at `address`: control, length and address, big-endian; writes back whether it failed.
    private func transfer(_ address: UInt64) {
        var words = [UInt32](repeating: 0, count: 4)
        words.withUnsafeMutableBytes { memory.read(physical: address, into: $0, by: .busMaster(name)) }
        let (control, length) = (Control(rawValue: words[0].byteSwapped), words[1].byteSwapped)
        if control.contains(.select) { select(UInt16(truncatingIfNeeded: control.rawValue >> 16)) }
        var result: Control = []
        if control.contains(.read) {
            let target = UInt64(words[2].byteSwapped) << 32 | UInt64(words[3].byteSwapped)
            result = move(length, to: target) ? [] : .error
        } else if control.contains(.skip) {
            advance(length)
        } else if control.contains(.write) {
            result = .error
        }
        withUnsafeBytes(of: result.rawValue.byteSwapped) { memory.write(physical: address, from: $0, by: .busMaster(name)) }
    }

    /// Copies `length` bytes of the item; zeros follow its end. False where those were too many, and some were not written, or where addresses end
    /// before: a structure where no memory is has such an address.
    private func move(_ length: UInt32, to address: UInt64) -> Bool {
        guard UInt64.max - address >= UInt64(length) else {
            diagnostics?.report(
                Diagnostic(chip: "fw_cfg", message: "a transfer goes beyond the last address, and is left out", isUnbidden: true))
            return false
        }
        let item = item
        let start = min(Int(state.offset), item.count)
        let bytes = item[start..<min(start + Int(length), item.count)]
        bytes.withUnsafeBytes { memory.write(physical: address, from: $0, by: .busMaster(name)) }
        let missing = Int(length) - bytes.count
        if missing > 0 {
            let zeros = [UInt8](repeating: 0, count: min(missing, Self.mostZeros))
            zeros.withUnsafeBytes { memory.write(physical: address &+ UInt64(bytes.count), from: $0, by: .busMaster(name)) }
        }
        advance(length)
        guard missing > Self.mostZeros else { return true }
        diagnostics?.report(
            Diagnostic(
                chip: "fw_cfg", message: "a transfer of \(length) bytes of an item that has \(bytes.count) is cut short",
                isUnbidden: true))
        return false
    }

    private func advance(_ count: UInt32) {
        let (end, isBeyond) = state.offset.addingReportingOverflow(count)
        state.offset = isBeyond ? .max : end
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
}
