import Wiring

/// The PACKET command with PIO and with DMA data transfer (ATA/ATAPI-6, 8.23, 9.8 and 9.9).
extension CDROMDrive {
    /// The Interrupt Reason register (8.23.5).
    private enum Reason {
        /// C/D: the host hands over the packet.
        static let packet: UInt8 = 0x01
        /// I/O: the host takes data.
        static let dataIn: UInt8 = 0x02
        static let status: UInt8 = 0x03
    }

    /// Bytes that a bus master moves at a time: whole blocks of the disc.
    private static let dmaBlock = 31 * blockSize

    func beginPacket() {
        // Overlap was not offered, and DMA only where there is a bus master.
        guard state.features & 0x02 == 0, state.features & 0x01 == 0 || hasDMA else { return abort() }
        state.byteCountLimit = UInt64(state.byteCountHigh) << 8 | UInt64(state.byteCountLow)
        block.begin(count: CommandPacket.length)
        state.phase = .packet
        state.interruptReason = Reason.packet
        presentBlock(interrupt: false)
    }

    /// The command asked for DMA. Nobody writes the Features register while a command runs.
    private var usesDMA: Bool { hasDMA && state.features & 0x01 != 0 && (state.phase == .answer || state.phase == .medium) }

    var offersDMA: Bool { usesDMA && state.status & ATAStatus.BSY.rawValue != 0 && state.step == nil && !block.isFinished }
    var wantsDMA: Bool { false }

    func presentBlock(interrupt: Bool) {
        state.error = 0
        guard !usesDMA else {
            state.status = ATAStatus.BSY.rawValue
            return dmaRequested()
        }
        state.status = ATAStatus([.DRDY, .DSC, .DRQ]).rawValue
        if interrupt { setInterrupt(true) }
    }

    // MARK: Ends of packet commands

    /// Good status.
    func complete() {
        stopTransfer()
        state.error = 0
        end(ATAStatus([.DRDY, .DSC]))
    }

    /// CHECK CONDITION: the sense key is in the Error register, all of it waits for REQUEST SENSE.
    func check(_ sense: SCSISense) {
        state.sense = sense
        let packet = CommandPacket(state.packet)
        tell("PACKET \(packet.name)", error: "sense \(sense.text)")
        stopTransfer()
        state.error = sense.key << 4
        // What was not understood is told in the older way, too.
        if sense.key == SCSISense.invalidOperation.key { state.error |= ATAError.ABRT.rawValue }
        end(ATAStatus([.DRDY, .DSC, .ERR]))
    }

    private func end(_ status: ATAStatus) {
        state.interruptReason = Reason.status
        state.status = status.rawValue
        setInterrupt(true)
    }

    // MARK: Data

    /// Lets the host read `bytes`, or as many of them as it has allocated room for.
    func offer(_ bytes: [UInt8], allocated: Int) {
        state.answer = Array(bytes.prefix(allocated))
        state.offset = 0
        beginDataIn(UInt64(state.answer.count), .answer)
    }

    /// Lets the host read `count` blocks of the disc from block `first` on.
    func offerBlocks(_ first: UInt64, count: UInt64) {
        guard first <= blockCount, count <= blockCount - first else { return check(.outOfRange) }
        state.offset = first * Self.blockSize
        beginDataIn(count * Self.blockSize, .medium)
    }

    private func beginDataIn(_ bytes: UInt64, _ phase: Phase) {
        guard bytes > 0 else { return complete() }
        // A limit of 0 is aborted, as word 125 says. So is one that lets nothing through, because all blocks but the last are even.
        // A bus master needs no limit.
        state.phase = phase
        guard usesDMA || state.byteCountLimit > 1 || bytes == state.byteCountLimit else { return abort() }
        state.bytesLeft = bytes
        begin(.fetch, after: phase == .medium ? 20 : 5)
    }

    func fetchBlock() {
        var count = min(usesDMA ? Self.dmaBlock : state.byteCountLimit, UInt64(Self.blockCapacity), state.bytesLeft)
        if count < state.bytesLeft { count &= ~1 }
        guard count > 0 else { return abort() }
        block.begin(count: Int(count + 1) & ~1)
        block.bytes.initializeMemory(as: UInt8.self, repeating: 0)
        if state.phase == .medium {
            if let sense = notReady ?? readMedium(Int(count)) { return check(sense) }
        } else {
            block.bytes.copyBytes(from: state.answer.dropFirst(Int(min(state.offset, 4096))).prefix(Int(count)))
        }
        state.byteCountLow = UInt8(truncatingIfNeeded: count)
        state.byteCountHigh = UInt8(truncatingIfNeeded: count >> 8)
        state.interruptReason = Reason.dataIn
        presentBlock(interrupt: true)
    }

    /// The next `count` bytes of the disc into the block. A block may begin and end inside a sector, as the host's limit says.
    private func readMedium(_ count: Int) -> SCSISense? {
        guard let store, state.offset + UInt64(count) <= blockCount * Self.blockSize else { return .outOfRange }
        let skipped = Int(state.offset % 512)
        let sectors = (skipped + count + 511) / 512
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 512 * sectors, alignment: 16)
        defer { buffer.deallocate() }
        do throws(BlockStoreError) {
            try store.read(sector: state.offset / 512, into: buffer)
        } catch {
            report("\(error) on the host; the guest sees an unreadable block")
            return .unreadable
        }
        block.bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[skipped..<skipped + count]))
        return nil
    }

    // MARK: The data register

    var offersData: Bool { state.status & ATAStatus.DRQ.rawValue != 0 && state.phase != .packet }
    var wantsData: Bool { state.status & ATAStatus.DRQ.rawValue != 0 && state.phase == .packet }

    func blockWasWritten() {
        state.packet = Array((Array(block.bytes) + [UInt8](repeating: 0, count: CommandPacket.length)).prefix(CommandPacket.length))
        stopTransfer()
        begin(.packet, after: 5)
    }

    /// The host has taken the block: BSY until the next one is there, or the status.
    func blockWasRead() {
        guard state.phase == .answer || state.phase == .medium else {
            stopTransfer()
            state.status = ATAStatus([.DRDY, .DSC]).rawValue
            return
        }
        let moved = min(UInt64(state.byteCountHigh) << 8 | UInt64(state.byteCountLow), state.bytesLeft)
        state.bytesLeft -= moved
        state.offset += moved
        begin(state.bytesLeft > 0 ? .fetch : .finish, after: 2)
    }
}
