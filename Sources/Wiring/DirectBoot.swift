/// A program that is put into memory and started in place of a boot sector: what a boot loader would have left behind.
public struct DirectBoot: Sendable {
    /// Bytes for a stretch of physical memory.
    public struct Piece: Sendable {
        /// The physical address of the first byte.
        public var address: UInt64
        /// The bytes from there on.
        public var bytes: [UInt8]
        /// Bytes in memory; zeros follow `bytes` up to here.
        public var size: UInt64

        /// A piece of memory; without `size` it is as long as its bytes.
        public init(address: UInt64, bytes: [UInt8], size: UInt64? = nil) {
            self.address = address
            self.bytes = bytes
            self.size = max(size ?? 0, UInt64(bytes.count))
        }

        /// One past its last byte.
        public var end: UInt64 { address &+ size }
    }

    /// The processor's state at the start. Interrupts are off; registers that are not named are 0.
    public enum Entry: Equatable, Sendable {
        /// 32-bit protected mode without paging, all segments flat and writable, GDTR and IDTR empty: the machine state of the
        /// Multiboot specification, section 3.2.
        case protected(eip: UInt32, eax: UInt32, ebx: UInt32)
        /// Real-address mode. DS, ES, FS, GS and SS have `data`.
        case real(cs: UInt16, ip: UInt16, data: UInt16, sp: UInt16, dl: UInt8)
    }

    /// A picture of direct colours in a linear frame buffer.
    public struct GraphicsMode: Equatable, Sendable {
        /// Width in dots.
        public var width: UInt16
        /// Height in dots.
        public var height: UInt16
        /// Bits of a dot: 15, 16, 24 or 32.
        public var bits: UInt16

        /// A mode of this size.
        public init(width: UInt16, height: UInt16, bits: UInt16) {
            self.width = width
            self.height = height
            self.bits = bits
        }

        /// Bytes from one line to the next.
        public var pitch: UInt64 { UInt64(width) * UInt64((bits + 7) / 8) }
    }

    /// In the order in which they are written.
    public var pieces: [Piece]
    /// The processor's state at the program's first instruction.
    public var entry: Entry
    /// The screen at the entry; nil is what the BIOS left, text of 80×25.
    public var screen: GraphicsMode?

    /// Linux's parts, for firmware that takes them one by one and starts the kernel its own way.
    public var linux: Linux?

    /// A program of these pieces.
    public init(pieces: [Piece], entry: Entry, screen: GraphicsMode? = nil, linux: Linux? = nil) {
        self.pieces = pieces
        self.entry = entry
        self.screen = screen
        self.linux = linux
    }

    /// The parts of a Linux kernel, each where the setup part expects it.
    public struct Linux: Sendable {
        /// The setup part with the boot sector, at its real-mode address.
        public var setup: Piece
        /// The protected-mode part.
        public var kernel: Piece
        /// The initial RAM disk; nil without one.
        public var initrd: Piece?
        /// The command line, with a zero at its end.
        public var commandLine: Piece

        /// The parts of a kernel.
        public init(setup: Piece, kernel: Piece, initrd: Piece?, commandLine: Piece) {
            (self.setup, self.kernel, self.initrd, self.commandLine) = (setup, kernel, initrd, commandLine)
        }
    }
}

/// The place where a display adapter has its linear frame buffer, and what fits there.
public struct LinearFrameBuffer: Equatable, Sendable {
    /// Physical addresses of the buffer.
    public var range: Range<UInt64>
    /// Dots in a line, at most.
    public var largestWidth: UInt16
    /// Lines, at most.
    public var largestHeight: UInt16

    /// A buffer with room for pictures up to this size.
    public init(range: Range<UInt64>, largestWidth: UInt16, largestHeight: UInt16) {
        self.range = range
        self.largestWidth = largestWidth
        self.largestHeight = largestHeight
    }

    /// Tells whether the adapter can show `mode`.
    public func fits(_ mode: DirectBoot.GraphicsMode) -> Bool {
        (1...largestWidth).contains(mode.width) && (1...largestHeight).contains(mode.height)
            && mode.pitch * UInt64(mode.height) <= UInt64(range.count)
    }
}

/// A PC's memory map (INT 15h, AX=E820h), below 4 GB.
public struct GuestMemoryMap: Equatable, Sendable {
    /// A range of addresses with its use.
    public struct Entry: Equatable, Sendable {
        /// Physical addresses.
        public var range: Range<UInt64>
        /// Usable as RAM (type 1), or reserved (type 2).
        public var isUsable: Bool

        /// A range with its use.
        public init(_ range: Range<UInt64>, isUsable: Bool) {
            self.range = range
            self.isUsable = isUsable
        }
    }

    /// By rising address, without overlaps.
    public var entries: [Entry]

    /// A map of these entries.
    public init(_ entries: [Entry]) { self.entries = entries }

    /// Tells whether all of `range` is RAM that nobody else uses.
    public func isUsable(_ range: Range<UInt64>) -> Bool {
        entries.contains { $0.isUsable && $0.range.lowerBound <= range.lowerBound && range.upperBound <= $0.range.upperBound }
    }

    /// End of the RAM that begins at 1 MB; 1 MB itself when there is none.
    public var extendedEnd: UInt64 {
        entries.first { $0.isUsable && $0.range.lowerBound == 0x10_0000 }?.range.upperBound ?? 0x10_0000
    }

    /// End of the RAM that begins at 0.
    public var conventionalEnd: UInt64 { entries.first { $0.isUsable && $0.range.lowerBound == 0 }?.range.upperBound ?? 0 }
}
