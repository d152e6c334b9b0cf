import Wiring

/// The commands: what happens when their last byte has come (82077AA datasheet, chapter 6).
extension I82077AA {
    /// The command that is in progress, or was the last one.
    var runningCommand: I82077Command? { registers.command.first.flatMap { I82077Command(code: $0) } }

    func parameter(_ index: Int) -> UInt8 { index < registers.command.count ? registers.command[index] : 0 }

    /// The drive of a command that names one.
    var commandDrive: Int { Int(parameter(1) & 3) }
    private var commandHead: UInt8 { parameter(1) >> 2 & 1 }

    /// The bits of a command's first byte: both sides of the cylinder, skip sectors with the other data mark.
    var isMultiTrack: Bool { parameter(0) & 0x80 != 0 }
    var skips: Bool { parameter(0) & 0x20 != 0 }

    /// ND of SPECIFY: no DMA.
    var usesPIO: Bool { registers.specify[1] & 1 != 0 }

    func execute() {
        guard let command = runningCommand else { return }
        switch command {
        case .version: finish([0x90])
        case .specify:
            registers.specify = [parameter(1), parameter(2)]
            finish([])
        case .senseDriveStatus: finish([driveStatus])
        case .senseInterruptStatus: senseInterruptStatus()
        case .recalibrate: recalibrate()
        case .seek: seek()
        case .relativeSeek: relativeSeek()
        case .configure:
            registers.configuration = parameter(2) & 0x7F
            registers.PRETRK = parameter(3)
            finish([])
        case .lock:
            registers.LOCK = parameter(0) & 0x80 != 0
            finish([registers.LOCK ? 0x10 : 0])
        case .perpendicularMode:
            // OW has to be set for D3 to D0 to be taken.
            let mask: UInt8 = parameter(1) & 0x80 != 0 ? 0x3F : 0x03
            registers.perpendicular = registers.perpendicular & ~mask | parameter(1) & mask
            finish([])
        case .dumpreg:
            finish(
                registers.PCN + registers.specify
                    + [
                        registers.EOT, (registers.LOCK ? 0x80 : 0) | registers.perpendicular, registers.configuration,
                        registers.PRETRK,
                    ])
        default: beginTransfer(command)
        }
    }

    /// The end of a command that does not interrupt: its result, if it has one.
    func finish(_ result: [UInt8]) {
        registers.result = result
        registers.phase = result.isEmpty ? .idle : .result
    }

    /// ST3 (8.4).
    private var driveStatus: UInt8 {
        let drive = drive(commandDrive)
        var status = parameter(1) & 0x07 | 0x28
        if drive?.isWriteProtected == true { status |= 0x40 }
        if drive?.state.cylinder == 0 { status |= 0x10 }
        return status
    }

    /// The end of a seek waits to be told. After a reset one interrupt stands for all four drives, but each seek has its own.
    var hasEndedSeek: Bool {
        registers.ended.contains { $0.map { $0 & 0xC0 != I82077ST0.pollChange.rawValue } ?? false }
    }

    private func senseInterruptStatus() {
        guard let number = registers.ended.firstIndex(where: { $0 != nil }), let status = registers.ended[number] else {
            return finish([I82077ST0.invalid.rawValue])
        }
        registers.ended[number] = nil
        setInterrupt(hasEndedSeek)
        finish([status, registers.PCN[number]])
    }

    // MARK: Seeks

    /// Step pulses of RECALIBRATE at most.
    private static let mostPulses = 79

    private func recalibrate() {
        let cylinder = Int(drive(commandDrive)?.state.cylinder ?? 0)
        beginSeek(Seek(deadline: 0, target: nil, pulses: -min(cylinder, Self.mostPulses), head: 0))
    }

    private func seek() {
        let target = parameter(2)
        let pulses = Int(target) - Int(registers.PCN[commandDrive])
        beginSeek(Seek(deadline: 0, target: target, pulses: pulses, head: commandHead))
    }

    /// Numbers of cylinders wrap around at 256.
    private func relativeSeek() {
        let pulses = parameter(0) & 0x40 != 0 ? Int(parameter(2)) : -Int(parameter(2))
        let target = registers.PCN[commandDrive] &+ UInt8(truncatingIfNeeded: pulses)
        beginSeek(Seek(deadline: 0, target: target, pulses: pulses, head: commandHead))
    }

    private func beginSeek(_ seek: Seek) {
        let number = commandDrive
        var seek = seek
        seek.deadline = clock.now &+ clock.ticks(microseconds: Self.seekTime(seek.pulses))
        registers.ended[number] = nil
        registers.seeks[number] = seek
        clock.schedule(seekEvents[number], at: seek.deadline)
        finish([])
    }

    /// Microseconds.
    private static func seekTime(_ pulses: Int) -> UInt64 { 30 + 20 * UInt64(abs(pulses)) }

    func seekIsDue(_ number: Int) {
        guard let seek = registers.seeks[number] else { return }
        registers.seeks[number] = nil
        drive(number)?.step(seek.pulses)
        var status: I82077ST0 = .SE
        if let target = seek.target {
            registers.PCN[number] = target
        } else {
            registers.PCN[number] = 0
            if drive(number)?.state.cylinder != 0 { status.formUnion([.EC, .abnormal]) }
        }
        registers.ended[number] = status.rawValue | seek.head << 2 | UInt8(number)
        setInterrupt(true)
    }

    // MARK: Commands that meet sectors

    private func beginTransfer(_ command: I82077Command) {
        registers.phase = .execution
        (registers.ST1, registers.ST2, registers.sectorsDone, registers.refusals) = (0, 0, 0, 0)
        (registers.hasSought, registers.isTerminated, registers.isServed) = (false, false, false)
        (registers.buffer, registers.position) = ([], 0)
        registers.head = commandHead
        // Reading and writing take what POLL and seeks had to tell as it is: only SENSE INTERRUPT STATUS takes it back.
        var delay = Self.firstSector
        switch command {
        case .readID, .formatTrack:
            (registers.C, registers.H, registers.R) = (registers.PCN[commandDrive], commandHead, 1)
        default:
            (registers.C, registers.H, registers.R) = (parameter(2), parameter(3), parameter(4))
            registers.EOT = parameter(6)
            delay += impliedSeek()
        }
        if command.writes, let drive = drive(commandDrive), drive.store != nil, drive.isWriteProtected {
            registers.ST1 = I82077ST1.NW.rawValue
            return end(.abnormal)
        }
        begin(.sector, after: delay)
    }

    /// EIS of CONFIGURE: goes to the command's cylinder. How long that takes, in microseconds.
    private func impliedSeek() -> UInt64 {
        let number = commandDrive
        guard I82077Configuration(rawValue: registers.configuration).contains(.EIS), registers.C != registers.PCN[number] else {
            return 0
        }
        let pulses = Int(registers.C) - Int(registers.PCN[number])
        drive(number)?.step(pulses)
        registers.PCN[number] = registers.C
        registers.hasSought = true
        return Self.seekTime(pulses)
    }

    /// The result phase of a command that met sectors, with its interrupt. `ending` is IC of ST0.
    func end(_ ending: I82077ST0, equipmentCheck: Bool = false) {
        cancelStep()
        var status = ending.union(registers.hasSought ? .SE : [])
        if equipmentCheck { status.formUnion(.EC) }
        registers.result = [
            status.rawValue | registers.head << 2 | UInt8(commandDrive), registers.ST1, registers.ST2, registers.C, registers.H,
            registers.R, runningCommand == .readID ? 2 : parameter(runningCommand == .formatTrack ? 2 : 5),
        ]
        registers.phase = .result
        (registers.buffer, registers.position, registers.isServed) = ([], 0, false)
        setInterrupt(true)
    }
}
