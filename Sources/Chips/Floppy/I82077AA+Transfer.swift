import Wiring

/// The execution phase of the commands that meet sectors, one sector after the other (82077AA datasheet, 6.1), and the way of their bytes.
extension I82077AA {
    /// The code of 512 bytes, the only sectors there are.
    private static let sizeCode: UInt8 = 2

    /// An ID field has come under the head that the command looks for, or cannot come.
    func meetSector() {
        guard let command = runningCommand, let drive = drive(commandDrive), let format = drive.format else {
            return end(.abnormal, equipmentCheck: true)
        }
        guard isReadable(drive, format) || command == .formatTrack else { return miss(.MA) }
        switch command {
        case .readID:
            registers.R = rotation(format)
            (registers.C, registers.H) = (drive.state.cylinder, registers.head)
            end([])
        case .formatTrack: meetTrackToFormat(drive, format)
        case .readTrack:
            guard let block = drive.block(head: registers.head, sector: UInt8(clamping: registers.sectorsDone &+ 1)) else {
                return miss(.MA)
            }
            // IDs are compared, but all sectors are read.
            if parameter(2) != drive.state.cylinder || parameter(3) != registers.head { registers.ST1 |= I82077ST1.ND.rawValue }
            meet(block, command, drive)
        default:
            guard let block = find(drive) else { return }
            meet(block, command, drive)
        }
    }

    /// The data rate is the diskette's, MFM is on, and the heads are over a track.
    private func isReadable(_ drive: FloppyDrive, _ format: DisketteFormat) -> Bool {
        isRateRight(format) && parameter(0) & 0x40 != 0 && drive.state.cylinder < format.cylinders && registers.head < format.heads
    }

    private func isRateRight(_ format: DisketteFormat) -> Bool {
        // QEMU's controller is at 500 kbit/s until it is told otherwise, and Bochs' has no rates, so that Bochs' BIOS never sets one.
        if !registers.isRateChosen, format.density == .high {
            report(
                "a \(format.name) diskette is accessed before a data rate is set (DSR, CCR): an 82077AA would be at 250 kbit/s",
                unit: "commands")
            return true
        }
        let isRight =
            switch registers.rate {
            case 0: format.density == .high
            case 1, 2: format.density == .double
            default: format.density == .extra
            }
        if !isRight {
            report(
                "a \(format.name) diskette is accessed at \([500, 300, 250, 1000][Int(registers.rate)]) kbit/s (DSR, CCR)",
                unit: "commands")
        }
        return isRight
    }

    /// The sector that is just under the head.
    private func rotation(_ format: DisketteFormat) -> UInt8 {
        let place = clock.cycles(of: 1_000_000) % Self.revolution
        return UInt8(1 + place * UInt64(format.sectorsPerTrack) / Self.revolution)
    }

    /// The sector C, H, R; nil when the command ends without it.
    private func find(_ drive: FloppyDrive) -> UInt64? {
        if registers.C != drive.state.cylinder {
            registers.ST2 |= (registers.C == 0xFF ? I82077ST2.BC : .WC).rawValue
        } else if registers.H == registers.head, parameter(5) == Self.sizeCode,
            let block = drive.block(head: registers.head, sector: registers.R)
        {
            return block
        }
        miss(.ND)
        return nil
    }

    /// The sector does not come in two revolutions.
    private func miss(_ reason: I82077ST1) {
        registers.ST1 |= reason.rawValue
        begin(.missing, after: 2 * Self.revolution)
    }

    private func meet(_ block: UInt64, _ command: I82077Command, _ drive: FloppyDrive) {
        if command.transfer == .toDevice { return serve([UInt8](repeating: 0, count: 512)) }
        if drive.isDeleted(block) != command.wantsDeletedMark, command != .readTrack {
            registers.ST2 |= I82077ST2.CM.rawValue
            if skips { return advance() }
        }
        guard let bytes = drive.read(block) else {
            registers.ST1 |= I82077ST1.DE.rawValue
            registers.ST2 |= I82077ST2.DD.rawValue
            return end(.abnormal)
        }
        if command.transfer == .toHost { serve(bytes) } else { sectorIsDone() }
    }

    /// FORMAT TRACK begins at the index hole and asks for C, H, R and N of one sector after the other.
    private func meetTrackToFormat(_ drive: FloppyDrive, _ format: DisketteFormat) {
        guard registers.sectorsDone < UInt16(parameter(3)) else { return end([]) }
        guard !registers.isTerminated else { return end([]) }
        serve([0, 0, 0, 0])
    }

    // MARK: The way of the bytes

    /// Gives the host what is in `bytes`, or lets it fill them.
    private func serve(_ bytes: [UInt8]) {
        registers.buffer = bytes
        registers.position = 0
        guard usesPIO else { return transferByDMA() }
        registers.isServed = true
        setInterrupt(true)
    }

    /// The host has moved a byte by PIO. INT goes down and up again for the next one, so that a host with a handler for each byte hears it.
    func byteWasMoved() {
        setInterrupt(false)
        guard registers.position >= registers.buffer.count else { return setInterrupt(true) }
        registers.isServed = false
        bufferIsDone()
    }

    /// Number of times that the DMA controller is asked: for the time of a real revolution.
    private static let mostRefusals: UInt16 = 1000

    func transferByDMA() {
        let wanted = registers.buffer.count - registers.position
        guard wanted > 0 else { return bufferIsDone() }
        let start = registers.position
        let isOpen = I82077DOR(rawValue: registers.DOR).contains(.DMAGATE)
        let done = isOpen ? min(max(DRQ(wanted), 0), wanted) : 0
        // A cycle that only verifies moves nothing.
        registers.position = start + done
        if done == wanted || registers.isTerminated { return bufferIsDone() }
        registers.refusals &+= 1
        guard registers.refusals < Self.mostRefusals else {
            registers.ST1 |= I82077ST1.OR.rawValue
            report("the DMA controller did not serve the FIFO in time: is its channel programmed and unmasked?")
            return end(.abnormal)
        }
        begin(.transfer, after: 200)
    }

    /// The host has had or given a whole sector, or as much of it as it wanted before TC. The rest is zero.
    private func bufferIsDone() {
        guard let command = runningCommand, let drive = drive(commandDrive) else { return end(.abnormal, equipmentCheck: true) }
        if command == .formatTrack { return format(drive) }
        guard command.transfer == .toDevice else { return sectorIsDone() }
        guard let block = drive.block(head: registers.head, sector: registers.R) else { return miss(.ND) }
        if command.isScan { return scan(command, block, drive) }
        guard drive.write(block, registers.buffer) else {
            report("the host did not take a sector that was written; the guest sees an equipment check", unit: "sectors lost")
            return end(.abnormal, equipmentCheck: true)
        }
        drive.mark(block, deleted: command == .writeDeletedData)
        sectorIsDone()
    }

    private func format(_ drive: FloppyDrive) {
        let id = registers.buffer
        // TC before all four bytes: nothing is written.
        guard id.count == 4, registers.position == 4 else { return end([]) }
        if id[0] == drive.state.cylinder, id[1] == registers.head, id[3] == Self.sizeCode, parameter(2) == Self.sizeCode,
            let block = drive.block(head: registers.head, sector: id[2])
        {
            guard drive.write(block, [UInt8](repeating: parameter(5), count: 512)) else {
                return end(.abnormal, equipmentCheck: true)
            }
            drive.mark(block, deleted: false)
        } else {
            report("FORMAT TRACK wants a sector that the image has no room for; it is lost", unit: "sectors lost")
        }
        registers.sectorsDone &+= 1
        begin(.sector, after: Self.nextSector)
    }

    // MARK: From sector to sector

    private func sectorIsDone() {
        registers.sectorsDone &+= 1
        let command = runningCommand
        let isCounted = command == .verify && parameter(1) & 0x80 != 0
        // A sector with the other mark is the last one; VERIFY counts its own where EC says so.
        if registers.isTerminated || registers.ST2 & I82077ST2.CM.rawValue != 0 && !skips
            || isCounted && registers.sectorsDone >= max(UInt16(parameter(8)), 1)
        {
            moveOn()
            return end([])
        }
        advance()
    }

    /// The next sector; End of Cylinder where there is none and the host did not say that it has enough.
    private func advance() {
        let command = runningCommand
        if command == .readTrack {
            registers.R &+= 1
            guard registers.sectorsDone < UInt16(registers.EOT) else { return end([]) }
        } else if !moveOn() {
            if command == .verify, parameter(1) & 0x80 == 0 { return end([]) }
            if command?.isScan == true {
                registers.ST2 |= I82077ST2.SN.rawValue
                return end([])
            }
            registers.ST1 |= I82077ST1.EN.rawValue
            return end(.abnormal)
        }
        begin(.sector, after: Self.nextSector)
    }

    /// C, H and R of the sector behind this one (table 6-2); false where that is not the command's any more.
    @discardableResult private func moveOn() -> Bool {
        let step = runningCommand?.isScan == true ? max(parameter(8) & 3, 1) : 1
        guard registers.R == registers.EOT || step == 2 && registers.R &+ 1 == registers.EOT else {
            registers.R &+= step
            return true
        }
        registers.R = 1
        guard isMultiTrack else {
            registers.C &+= 1
            return false
        }
        registers.H ^= 1
        guard registers.head == 0 else {
            registers.C &+= 1
            return false
        }
        registers.head = 1
        return true
    }

    /// SCAN: the host's bytes against the sector's, where FFh on either side fits all (6.1.6).
    private func scan(_ command: I82077Command, _ block: UInt64, _ drive: FloppyDrive) {
        guard let bytes = drive.read(block) else {
            registers.ST1 |= I82077ST1.DE.rawValue
            registers.ST2 |= I82077ST2.DD.rawValue
            return end(.abnormal)
        }
        let pairs = zip(bytes, registers.buffer).filter { $0.0 != 0xFF && $0.1 != 0xFF && $0.0 != $0.1 }
        let isMet =
            switch command {
            case .scanLowOrEqual: pairs.allSatisfy { $0.0 < $0.1 }
            case .scanHighOrEqual: pairs.allSatisfy { $0.0 > $0.1 }
            default: pairs.isEmpty
            }
        if isMet {
            if pairs.isEmpty { registers.ST2 |= I82077ST2.SH.rawValue }
            return end([])
        }
        guard !registers.isTerminated else {
            registers.ST2 |= I82077ST2.SN.rawValue
            moveOn()
            return end([])
        }
        registers.sectorsDone &+= 1
        advance()
    }
}

extension I82077AA: I8237A.Peripheral {
    public func dmaRead() -> UInt16 {
        guard registers.position < registers.buffer.count else { return 0xFF }
        registers.position += 1
        return UInt16(registers.buffer[registers.position - 1])
    }

    public func dmaWrite(_ value: UInt16) {
        guard registers.position < registers.buffer.count else { return }
        registers.buffer[registers.position] = UInt8(truncatingIfNeeded: value)
        registers.position += 1
    }

    /// TC: the sector is finished, and with it the command.
    public func dmaTerminalCount() { registers.isTerminated = true }
}
