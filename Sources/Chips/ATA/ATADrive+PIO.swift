import Wiring

/// The PIO data-in and data-out protocols and DMA (ATA/ATAPI-6, 9.5 to 9.7), and the address registers. In DMA a bus master moves the block while the
/// drive stays busy, and the one interrupt comes at the end.
extension ATADrive {
    // MARK: Addresses

    /// The sector that the registers name, or `nil` when the CHS translation has no such sector.
    func address(_ addressing: ATACommand.Addressing) -> UInt64? {
        let low = UInt64(state.LBALow.current), mid = UInt64(state.LBAMid.current), high = UInt64(state.LBAHigh.current)
        if addressing == .extended {
            var address = UInt64(state.LBAHigh.previous) << 40 | UInt64(state.LBAMid.previous) << 32
            address |= UInt64(state.LBALow.previous) << 24 | high << 16 | mid << 8 | low
            return address
        }
        let head = UInt64(state.device & 0x0F)
        if usesLBA { return head << 24 | high << 16 | mid << 8 | low }
        return state.geometry.block(cylinder: high << 8 | mid, head: head, sector: low)
    }

    private var usesLBA: Bool { state.device & 0x40 != 0 }

    /// Puts `sector` into the address registers, in the form that the host used.
    func setAddress(_ sector: UInt64, _ addressing: ATACommand.Addressing, alwaysLBA: Bool = false) {
        func byte(_ value: UInt64, _ shift: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: value >> shift) }
        guard addressing == .extended || usesLBA || alwaysLBA else {
            let name = state.geometry.name(ofBlock: sector)
            state.LBALow.set(byte(name.sector, 0))
            state.LBAMid.set(byte(name.cylinder, 0))
            state.LBAHigh.set(byte(name.cylinder, 8))
            state.device = state.device & 0xF0 | byte(name.head, 0) & 0x0F
            return
        }
        state.LBALow = ATAPair(current: byte(sector, 0), previous: addressing == .extended ? byte(sector, 24) : 0)
        state.LBAMid = ATAPair(current: byte(sector, 8), previous: addressing == .extended ? byte(sector, 32) : 0)
        state.LBAHigh = ATAPair(current: byte(sector, 16), previous: addressing == .extended ? byte(sector, 40) : 0)
        if addressing == .short { state.device = state.device & 0xF0 | byte(sector, 24) & 0x0F }
    }

    /// Takes address and count from the registers. False, and the command ended with IDNF, when any of the sectors does not exist.
    func prepare(_ addressing: ATACommand.Addressing) -> Bool {
        state.powerMode = .active
        let count = UInt64(state.sectorCount.current)
        switch addressing {
        case .short: state.sectorsLeft = count == 0 ? 256 : count
        case .extended:
            let long = UInt64(state.sectorCount.previous) << 8 | count
            state.sectorsLeft = long == 0 ? 65536 : long
        }
        guard let first = address(addressing) else {
            fail(.IDNF)
            return false
        }
        state.nextSector = first
        guard first < store.sectorCount, state.sectorsLeft <= store.sectorCount - first else {
            state.nextSector = max(first, store.sectorCount)
            failAtSector(.outOfRange(sector: first, count: state.sectorsLeft), addressing)
            return false
        }
        return true
    }

    private var runningCommand: (addressing: ATACommand.Addressing, blockSectors: UInt64) {
        switch ATACommand(code: state.command) {
        case .readDMA(let addressing), .writeDMA(let addressing): (addressing, UInt64(Self.dmaSectors))
        case .readMultiple(let addressing), .writeMultiple(let addressing): (addressing, max(1, UInt64(state.multiple)))
        case .readSectors(let addressing), .writeSectors(let addressing): (addressing, 1)
        default: (.short, 1)
        }
    }

    // MARK: DMA

    private var usesDMA: Bool {
        switch ATACommand(code: state.command) {
        case .readDMA, .writeDMA: hasDMA
        default: false
        }
    }

    // Busy, and nothing to do: the block waits.
    var offersDMA: Bool { usesDMA && state.transfer == .toHost && isWaiting }
    var wantsDMA: Bool { usesDMA && state.transfer == .toDevice && isWaiting }
    private var isWaiting: Bool { state.status & ATAStatus.BSY.rawValue != 0 && state.step == nil && !block.isFinished }

    /// The time for moving a block: a disk of 250 MBytes a second.
    private func dmaTime(_ sectors: UInt64) -> UInt64 { 5 + 2 * sectors }

    // MARK: Data-in

    func beginRead(_ addressing: ATACommand.Addressing) {
        guard prepare(addressing) else { return }
        begin(.fetch, after: usesDMA ? dmaTime(min(state.sectorsLeft, UInt64(Self.dmaSectors))) : 5)
    }

    func fetchBlock() {
        let (addressing, blockSectors) = runningCommand
        let sectors = min(blockSectors, state.sectorsLeft)
        let first = state.nextSector
        block.begin(count: 512 * Int(sectors))
        if let error = readError(first, into: block.bytes) {
            return failInBlock(error, addressing) { readError($0, into: $1) }
        }
        state.transfer = .toHost
        presentBlock(interrupt: true)
    }

    /// Lets the host read `bytes`, the whole answer of a command.
    func offer(_ bytes: [UInt8]) {
        block.begin(with: bytes)
        state.sectorsLeft = 1
        state.transfer = .toHost
        presentBlock(interrupt: true)
    }

    private func presentBlock(interrupt: Bool) {
        state.error = 0
        guard !usesDMA else {
            state.status = ATAStatus([.BSY, .DSC]).rawValue
            return dmaRequested()
        }
        state.status = ATAStatus([.DRDY, .DSC, .DRQ]).rawValue
        if interrupt { setInterrupt(true) }
    }

    // MARK: Data-out

    func beginWrite(_ addressing: ATACommand.Addressing) {
        guard prepare(addressing) else { return }
        guard !store.isReadOnly else {
            state.transfer = .toDevice
            return failAtSector(.readOnly, addressing)
        }
        ask(for: min(runningCommand.blockSectors, state.sectorsLeft))
    }

    /// Asks the host for a DRQ block. The first one comes without an interrupt.
    func ask(for sectors: UInt64, interrupt: Bool = false) {
        block.begin(count: 512 * Int(sectors))
        // A bus master may stop half-way: then the rest is not what was there before.
        if usesDMA { block.bytes.initializeMemory(as: UInt8.self, repeating: 0) }
        state.transfer = .toDevice
        presentBlock(interrupt: interrupt)
    }

    func storeBlock() {
        if ATACommand(code: state.command) == .writeBuffer {
            state.sectorBuffer = Array(block.bytes)
            return complete()
        }
        let (addressing, blockSectors) = runningCommand
        let first = state.nextSector
        if let failure = writeError(first, from: UnsafeRawBufferPointer(block.bytes)) {
            return failInBlock(failure, addressing) { writeError($0, from: UnsafeRawBufferPointer($1)) }
        }
        advancePastBlock(addressing)
        // Without a write cache what was written is kept when the command ends.
        if state.sectorsLeft == 0 { return state.writeCache ? complete() : flushCache() }
        ask(for: min(blockSectors, state.sectorsLeft), interrupt: true)
    }

    /// Ends the command at the first sector of the block that fails by itself; `move` tries one.
    private func failInBlock(
        _ error: BlockStoreError, _ addressing: ATACommand.Addressing,
        move: (UInt64, UnsafeMutableRawBufferPointer) -> BlockStoreError?
    ) {
        for place in stride(from: 0, to: block.count, by: 512) {
            let sector = UnsafeMutableRawBufferPointer(rebasing: block.bytes[place..<place + 512])
            if let error = move(state.nextSector, sector) { return failAtSector(error, addressing) }
            state.nextSector &+= 1
        }
        // None fails a second time: the first one stands for the block.
        state.nextSector &-= UInt64(block.count / 512)
        failAtSector(error, addressing)
    }

    /// Counts the current block as done; the registers name the last sector moved and how many are left.
    private func advancePastBlock(_ addressing: ATACommand.Addressing) {
        let sectors = UInt64(block.count / 512)
        state.nextSector &+= sectors
        state.sectorsLeft &-= min(sectors, state.sectorsLeft)
        state.sectorCount.set(UInt8(truncatingIfNeeded: state.sectorsLeft))
        setAddress(state.nextSector &- 1, addressing)
    }

    // MARK: The data register

    var offersData: Bool { state.transfer == .toHost && state.status & ATAStatus.DRQ.rawValue != 0 }
    var wantsData: Bool { state.transfer == .toDevice && state.status & ATAStatus.DRQ.rawValue != 0 }

    func blockWasWritten() { begin(.store, after: usesDMA ? dmaTime(UInt64(block.count / 512)) : 5) }

    /// The host has taken the block: BSY until the next one is there; after the last one the drive is ready without an interrupt.
    func blockWasRead() {
        switch ATACommand(code: state.command) {
        case .readSectors, .readMultiple: advancePastBlock(runningCommand.addressing)
        case .readDMA:
            advancePastBlock(runningCommand.addressing)
            guard state.sectorsLeft > 0 else { return complete() }
            return begin(.fetch, after: dmaTime(min(state.sectorsLeft, UInt64(Self.dmaSectors))))
        default: state.sectorsLeft = 0
        }
        guard state.sectorsLeft == 0 else { return begin(.fetch, after: 2) }
        stopTransfer()
        state.status = ATAStatus([.DRDY, .DSC]).rawValue
    }
}
