import Wiring

/// The packet commands (SPC-2, MMC-3, and SFF-8020i for hosts that are older).
extension CDROMDrive {
    static let blockSize: UInt64 = 2048

    /// The disc that can be read now.
    var store: (any BlockStore)? { state.isOpen ? nil : state.medium.map { media[$0] } }
    /// Blocks of it.
    var blockCount: UInt64 { min((store?.sectorCount ?? 0) / 4, 1 << 32) }

    /// The reason why nothing can be read now: a change that was not told yet, or no disc.
    var notReady: SCSISense? {
        if let attention = state.attention {
            state.attention = nil
            return attention
        }
        return store != nil ? nil : state.isOpen ? .trayOpen : .noMedium
    }

    func perform(_ packet: CommandPacket) {
        if let onRequest {
            let range = packet.range
            onRequest(
                ATARequest(drive: 0, command: "PACKET \(packet.name)", sector: range?.first, count: range?.count, error: nil))
        }
        state.powerMode = .active
        guard let operation = packet.operation else {
            report("packet command \(hex(packet.code)) is not emulated; answered with \(SCSISense.invalidOperation.text)")
            return check(state.attention.map(takeAttention) ?? .invalidOperation)
        }
        if operation != .requestSense { state.sense = .none }
        if !operation.ignoresAttention, let attention = state.attention { return check(takeAttention(attention)) }
        if operation.needsMedium, let sense = notReady { return check(sense) }
        perform(operation, packet)
    }

    private func takeAttention(_ attention: SCSISense) -> SCSISense {
        state.attention = nil
        return attention
    }

    private func perform(_ operation: CommandPacket.Operation, _ packet: CommandPacket) {
        switch operation {
        case .testUnitReady, .setCDSpeed: complete()
        case .requestSense: requestSense(packet)
        case .inquiry:
            // No vital product data.
            guard packet.byte(1) & 1 == 0, packet.byte(2) == 0 else { return check(.invalidField) }
            offer(CDROMAnswers.inquiry, allocated: packet.word(3))
        case .modeSense6, .modeSense10: modeSense(packet, isShort: operation == .modeSense6)
        case .startStopUnit: startStopUnit(packet)
        case .preventAllowMediumRemoval:
            state.isLocked = packet.byte(4) & 1 != 0
            complete()
        case .readCapacity: offer(CDROMAnswers.capacity(blockCount), allocated: 8)
        case .read10, .read12: if let range = packet.range { offerBlocks(range.first, count: range.count) }
        case .seek10: packet.long(2) < blockCount ? complete() : check(.outOfRange)
        case .readCD: readCD(packet)
        case .readTOC: readTOC(packet)
        case .getConfiguration: getConfiguration(packet)
        case .getEventStatusNotification: getEventStatus(packet)
        case .readDiscInformation: offer(CDROMAnswers.discInformation, allocated: packet.word(7))
        case .readTrackInformation: readTrackInformation(packet)
        case .mechanismStatus:
            offer([0, state.isOpen ? 0x10 : 0, 0, 0, 0, 1, 0, 0], allocated: packet.word(8))
        }
    }

    /// A UNIT ATTENTION that waits is told here, too, and is over then (SPC-2, 7.20).
    private func requestSense(_ packet: CommandPacket) {
        var sense = state.sense
        if sense == .none, let attention = state.attention { sense = takeAttention(attention) }
        state.sense = .none
        offer(CDROMAnswers.sense(sense), allocated: Int(packet.byte(4)))
    }

    private func modeSense(_ packet: CommandPacket, isShort: Bool) {
        let control = packet.byte(2) >> 6
        guard control != 3 else { return check(.savingNotSupported) }
        guard let pages = CDROMAnswers.pages(packet.byte(2) & 0x3F, isLocked: state.isLocked, changeable: control == 1) else {
            return check(.invalidField)
        }
        // Medium type, SFF-8020i table 65: 120-mm data disc, no disc, tray open.
        let type: UInt8 = state.isOpen ? 0x71 : store == nil ? 0x70 : 0x01
        let header: [UInt8] =
            isShort
            ? [UInt8(truncatingIfNeeded: pages.count + 3), type, 0, 0]
            : [0, UInt8(truncatingIfNeeded: pages.count + 6), type, 0, 0, 0, 0, 0]
        offer(header + pages, allocated: isShort ? Int(packet.byte(4)) : packet.word(7))
    }

    /// LoEj moves the tray; a power condition leaves it alone (MMC-3, 6.47).
    private func startStopUnit(_ packet: CommandPacket) {
        let starts = packet.byte(4) & 1 != 0
        guard packet.byte(4) >> 4 == 0, packet.byte(4) & 2 != 0 else { return complete() }
        guard !starts, !state.isOpen, state.isLocked else {
            setTray(open: !starts)
            return complete()
        }
        check(.removalPrevented)
    }

    private func setTray(open: Bool) {
        guard open != state.isOpen else { return }
        state.isOpen = open
        guard state.medium != nil else { return }
        mediumCame(!open)
    }

    private func mediumCame(_ came: Bool) {
        guard came else {
            state.events.remove(.newMedia)
            state.events.insert(.mediaRemoval)
            return
        }
        state.attention = .mediumChanged
        state.events.insert(.newMedia)
    }

    /// Only user data, the 2048 bytes of mode 1 (MMC-3, 6.20).
    private func readCD(_ packet: CommandPacket) {
        guard let range = packet.range else { return }
        // Expected sector type: any, or mode 1.
        guard [0, 2].contains(packet.byte(1) >> 2 & 7) else { return check(.wrongTrackMode) }
        guard packet.byte(10) & 7 == 0 else { return check(.invalidField) }
        switch packet.byte(9) & 0xFE {
        case 0x00: range.first < blockCount ? complete() : check(.outOfRange)
        case 0x10: offerBlocks(range.first, count: range.count)
        default:
            report("READ CD asks for more than user data (\(hex(packet.byte(9)))), which is not emulated")
            check(.invalidField)
        }
    }

    /// Older hosts have the format in the last byte (SFF-8020i, 10.8.25).
    private func readTOC(_ packet: CommandPacket) {
        let format = packet.byte(2) & 0x0F != 0 ? packet.byte(2) & 0x0F : packet.byte(9) >> 6
        let inMSF = packet.byte(1) & 2 != 0
        let answer: [UInt8]? =
            switch format {
            case 0: CDROMAnswers.TOC(blocks: blockCount, from: packet.byte(6), inMSF: inMSF)
            case 1: CDROMAnswers.sessions(inMSF: inMSF)
            default: nil
            }
        guard let answer else { return check(.invalidField) }
        offer(answer, allocated: packet.word(7))
    }

    private func readTrackInformation(_ packet: CommandPacket) {
        let number = packet.long(2)
        let isKnown =
            switch packet.byte(1) & 3 {
            case 0: number < blockCount
            case 1: number == 1
            default: number == 1
            }
        guard isKnown else { return check(.invalidField) }
        offer(CDROMAnswers.trackInformation(blocks: blockCount), allocated: packet.word(7))
    }

    private func getConfiguration(_ packet: CommandPacket) {
        let kind = packet.byte(1) & 3
        guard kind != 3 else { return check(.invalidField) }
        let answer = CDROMAnswers.configuration(
            blocks: store == nil ? nil : blockCount, isLocked: state.isLocked, from: packet.word(2), onlyCurrent: kind == 1,
            onlyOne: kind == 2)
        offer(answer, allocated: packet.word(7))
    }

    /// Polled, for the media class (MMC-3, 6.7). One event is told and forgotten, if there is room for it.
    private func getEventStatus(_ packet: CommandPacket) {
        guard packet.byte(1) & 1 != 0 else { return check(.invalidField) }
        let supported: UInt8 = 0x10
        let allocated = packet.word(7)
        guard packet.byte(4) & supported != 0 else { return offer([0, 2, 0x80, supported], allocated: allocated) }
        var code: UInt8 = 0
        for (event, number) in [(Events.ejectRequest, UInt8(1)), (.mediaRemoval, 3), (.newMedia, 2)]
        where code == 0 && state.events.contains(event) {
            code = number
            if allocated > 4 { state.events.remove(event) }
        }
        let isPresent = state.medium != nil && !state.isOpen
        let status: UInt8 = (state.isOpen ? 1 : 0) | (isPresent ? 2 : 0)
        offer([0, 6, 4, supported, code, status, 0, 0], allocated: allocated)
    }

    // MARK: The outside

    var tray: CDROMTray { CDROMTray(medium: state.medium, isOpen: state.isOpen, isLocked: state.isLocked) }

    /// Somebody puts medium `number` in and closes the tray, or with nil takes out what is in it and leaves the tray open.
    func changeMedium(to number: Int?) {
        guard number.map({ media.indices.contains($0) }) ?? true else { return }
        guard state.isOpen || !state.isLocked else {
            state.events.insert(.ejectRequest)
            return report("the tray's button was pressed while the guest has locked it")
        }
        if store != nil { mediumCame(false) }
        state.medium = number
        state.isOpen = number == nil
        if number != nil { mediumCame(true) }
    }
}
