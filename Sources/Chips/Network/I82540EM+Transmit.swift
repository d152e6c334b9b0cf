import Wiring

extension I82540EM {
    /// The part that the transmitter has read of descriptors whose frame is not complete.
    struct Transmitter: Codable, Equatable, Sendable {
        /// The fields of a context descriptor: where checksums begin, end and go, and how to cut a long segment. Section 3.3.6.
        struct Context: Codable, Equatable, Sendable {
            var low: UInt64 = 0
            var high: UInt64 = 0

            var IPCSS: Int { Int(low & 0xFF) }
            var IPCSO: Int { Int(low >> 8 & 0xFF) }
            var IPCSE: Int { Int(low >> 16 & 0xFFFF) }
            var TUCSS: Int { Int(low >> 32 & 0xFF) }
            var TUCSO: Int { Int(low >> 40 & 0xFF) }
            var TUCSE: Int { Int(low >> 48) }
            var isTCP: Bool { high >> 24 & 1 != 0 }
            var isIPv4: Bool { high >> 25 & 1 != 0 }
            var HDRLEN: Int { Int(high >> 40 & 0xFF) }
            var MSS: Int { Int(high >> 48) }
        }

        /// For frames, and for long segments that are cut.
        var context = Context()
        var segmentContext = Context()
        var frame: [UInt8] = []
        /// POPTS of the first data descriptor of a frame.
        var options: UInt8 = 0
        var isTooLong = false

        /// A state from outside has no longer frame than there can be.
        var isWellFormed: Bool { frame.count <= I82540EM.longestSegment }
    }

    /// A segment that is to be cut, with its headers: what IPv4 can have, and Ethernet's own.
    static let longestSegment = 65536 + 64
    /// Descriptors for one event of the clock.
    private static let descriptorsAtOnce = 64
    /// Frames that are cut from one segment, at most: an MSS of a few bytes is none.
    private static let mostFrames = 256

    private enum Command {
        static let EOP: UInt8 = 1, IFCS: UInt8 = 2, IC: UInt8 = 4, TSE: UInt8 = 4, RS: UInt8 = 8, DEXT: UInt8 = 0x20,
            VLE: UInt8 = 0x40
        static let IDE: UInt8 = 0x80
    }
    private enum Option {
        static let IXSM: UInt8 = 1, TXSM: UInt8 = 2
    }

    /// TCTL.EN is set, and there are descriptors in a ring that makes sense.
    var mayTransmit: Bool {
        guard registers.isTransmitting, function.isBusMaster, registers.transmit.count > 0 else {
            return false
        }
        guard registers.transmit.isSound else {
            report("TDH or TDT is outside of the ring: nothing is transmitted")
            return false
        }
        return registers.transmit.available > 0
    }

    /// Carries out descriptors; where there are more, they go on when the cable has taken these.
    func transmit() {
        guard mayTransmit else { return }
        var bytes = 0
        for _ in 0..<Self.descriptorsAtOnce where registers.transmit.available > 0 {
            bytes += transmitDescriptor(at: registers.transmit.address)
        }
        guard registers.transmit.available > 0 else { return cause(I82540Registers.Cause.TXQE) }
        // 125 bytes in a microsecond.
        continueTransmitting(after: UInt64(bytes / 125))
    }

    /// Carries out one descriptor, advances the head, and returns how many bytes it was for.
    private func transmitDescriptor(at address: UInt64) -> Int {
        let (low, high) = (quadword(at: address), quadword(at: address &+ 8))
        let command = UInt8(truncatingIfNeeded: high >> 24)
        var count = 0
        if command & Command.DEXT != 0, high >> 20 & 15 == 0 {
            let context = Transmitter.Context(low: low, high: high)
            if command & Command.TSE != 0 { transmitter.segmentContext = context } else { transmitter.context = context }
        } else {
            let isLegacy = command & Command.DEXT == 0
            count = Int(high & (isLegacy ? 0xFFFF : 0xF_FFFF))
            let isSegment = !isLegacy && command & Command.TSE != 0
            if transmitter.frame.isEmpty, !isLegacy { transmitter.options = UInt8(truncatingIfNeeded: high >> 40) }
            append(low, count, limit: isSegment ? Self.longestSegment : Self.longestFrame)
            if command & Command.EOP != 0 { complete(command, high, isLegacy: isLegacy, isSegment: isSegment) }
        }
        registers.transmit.advance()
        if command & Command.RS != 0 {
            setQuadword(high | 1 << 32, at: address &+ 8)
            descriptorWasWrittenBack(isDelayed: command & Command.IDE != 0)
        }
        return count
    }

    private func append(_ address: UInt64, _ count: Int, limit: Int) {
        guard !transmitter.isTooLong, transmitter.frame.count + count <= limit else {
            transmitter.isTooLong = true
            return
        }
        let start = transmitter.frame.count
        transmitter.frame += [UInt8](repeating: 0, count: count)
        transmitter.frame.withUnsafeMutableBytes { bytes in
            memory.read(
                physical: address, into: UnsafeMutableRawBufferPointer(rebasing: bytes[start...]), by: .busMaster(name))
        }
    }

    /// The last descriptor of a frame: checksums go in, a long segment is cut, and it leaves.
    private func complete(_ command: UInt8, _ high: UInt64, isLegacy: Bool, isSegment: Bool) {
        let (frame, options) = (transmitter.frame, transmitter.options)
        let isTooLong = transmitter.isTooLong
        (transmitter.frame, transmitter.options, transmitter.isTooLong) = ([], 0, false)
        guard !isTooLong else { return report("a frame that is longer than the chip can send is lost", unit: "frames lost") }
        guard frame.count >= 14 else { return report("a frame without a whole Ethernet header is lost", unit: "frames lost") }
        if command & Command.IFCS == 0 {
            report("a frame is sent without IFCS: on a cable its last four bytes are its check sequence, and nobody takes it")
        }
        let tag = command & Command.VLE != 0 && registers.CTRL & I82540Registers.Control.VME != 0 ? UInt16(high >> 48) : nil
        if isSegment { return cut(frame, options, tag) }
        var bytes = frame
        if isLegacy {
            if command & Command.IC != 0 { insertChecksum(&bytes, Int(high >> 40 & 0xFF), 0, at: Int(high >> 16 & 0xFF)) }
        } else {
            let context = transmitter.context
            if options & Option.TXSM != 0 { insertChecksum(&bytes, context.TUCSS, context.TUCSE, at: context.TUCSO) }
            if options & Option.IXSM != 0 { insertChecksum(&bytes, context.IPCSS, context.IPCSE, at: context.IPCSO) }
        }
        send(bytes, tag)
    }

    /// Sums from `start` to `end` inclusive (0: to the frame's end), what is at `place` with it, and puts the checksum there.
    private func insertChecksum(_ frame: inout [UInt8], _ start: Int, _ end: Int, at place: Int) {
        let end = end == 0 ? frame.count : min(end + 1, frame.count)
        guard start < end, place + 1 < frame.count else {
            return report("a checksum that is to go outside of its frame is left out")
        }
        let sum = ~FrameChecks.sum(frame[start..<end])
        // 0 says that there is none.
        frame.setWord(sum == 0 ? 0xFFFF : sum, at: place)
    }

    /// Cuts a long segment into frames of MSS bytes, each with the headers changed as they have to be. Section 3.5.
    private func cut(_ segment: [UInt8], _ options: UInt8, _ tag: UInt16?) {
        let context = transmitter.segmentContext
        let header = context.HDRLEN
        let payload = segment.count - header
        let transport = context.TUCSS
        guard context.MSS > 0, header >= 14, payload > 0, context.IPCSS + (context.isIPv4 ? 20 : 40) <= header,
            transport + (context.isTCP ? 20 : 8) <= header, (payload + context.MSS - 1) / context.MSS <= Self.mostFrames
        else { return report("a long segment that does not fit its context descriptor is lost", unit: "segments lost") }
        registers.count(.TSCTC)
        for (number, start) in stride(from: 0, to: payload, by: context.MSS).enumerated() {
            let piece = segment[header + start..<header + min(start + context.MSS, payload)]
            var frame = Array(segment[..<header]) + piece
            let isLast = start + piece.count == payload
            if context.isIPv4 {
                frame.setWord(UInt16(truncatingIfNeeded: frame.count - context.IPCSS), at: context.IPCSS + 2)
                frame.setWord(frame.word(at: context.IPCSS + 4) &+ UInt16(truncatingIfNeeded: number), at: context.IPCSS + 4)
            } else {
                frame.setWord(UInt16(truncatingIfNeeded: frame.count - context.IPCSS - 40), at: context.IPCSS + 4)
            }
            let length = frame.count - transport
            if context.isTCP {
                frame.setDoubleword(frame.doubleword(at: transport + 4) &+ UInt32(truncatingIfNeeded: start), at: transport + 4)
                // FIN and PSH belong to the last one.
                if !isLast { frame[transport + 13] &= ~0x09 }
            } else {
                frame.setWord(UInt16(truncatingIfNeeded: length), at: transport + 4)
            }
            if options & Option.TXSM != 0, context.TUCSO + 1 < frame.count {
                // The driver's sum of the pseudo-header is without a length.
                let pseudo = UInt32(frame.word(at: context.TUCSO)) + UInt32(truncatingIfNeeded: length)
                frame.setWord(FrameChecks.sum([], from: pseudo), at: context.TUCSO)
                insertChecksum(&frame, transport, context.TUCSE, at: context.TUCSO)
            }
            if options & Option.IXSM != 0 { insertChecksum(&frame, context.IPCSS, context.IPCSE, at: context.IPCSO) }
            send(frame, tag)
        }
    }

    /// Sends a frame by the cable, or back to itself.
    private func send(_ frame: [UInt8], _ tag: UInt16?) {
        var frame = frame
        if let tag {
            let type = UInt16(truncatingIfNeeded: registers.VET)
            frame.insert(
                contentsOf: [UInt8(type >> 8), UInt8(truncatingIfNeeded: type), UInt8(tag >> 8), UInt8(truncatingIfNeeded: tag)],
                at: 12)
        }
        if frame.count < Self.shortestFrame { frame += [UInt8](repeating: 0, count: Self.shortestFrame - frame.count) }
        registers.count(.TPT)
        registers.count(bytes: frame.count + 4, .TOTL)
        registers.count(.GPTC)
        registers.count(bytes: frame.count + 4, .GOTCL)
        registers.count(.PTC64, plus: 4 * I82540Registers.sizeClass(frame.count + 4))
        if frame[..<6].allSatisfy({ $0 == 0xFF }) { registers.count(.BPTC) } else if frame[0] & 1 != 0 { registers.count(.MPTC) }
        if registers.RCTL & I82540Registers.Receive.loopback != 0 || PHY[I82540PHY.control] & I82540PHY.loopback != 0 {
            receive(frame)
        } else if isLinkUp {
            onFrame?(frame)
        }
    }
}
