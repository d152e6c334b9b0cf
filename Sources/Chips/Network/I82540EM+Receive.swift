import Wiring

extension I82540EM {
    private enum Status {
        static let DD: UInt8 = 1, EOP: UInt8 = 2, IXSM: UInt8 = 4, VP: UInt8 = 8, TCPCS: UInt8 = 0x20, IPCS: UInt8 = 0x40
    }
    private enum Errors {
        static let TCPE: UInt8 = 0x20, IPE: UInt8 = 0x40
    }

    /// A frame comes by the cable, without its check sequence.
    public func receive(_ frame: [UInt8]) {
        guard isLinkUp, registers.isReceiving, (14...Self.longestFrame).contains(frame.count) else {
            return
        }
        var frame = frame
        if frame.count < Self.shortestFrame { frame += [UInt8](repeating: 0, count: Self.shortestFrame - frame.count) }
        registers.count(.TPR)
        registers.count(bytes: frame.count + 4, .TORL)
        guard accepts(frame) else { return }
        guard packetBufferBytes + frame.count <= Self.packetBufferSize else {
            registers.count(.MPC)
            report("a frame was lost: the guest gave no descriptors for those before it", unit: "frames lost")
            return cause(I82540Registers.Cause.RXO)
        }
        keep(frame)
        storeFrames()
    }

    /// Puts a frame behind the others that wait for descriptors.
    func keep(_ frame: [UInt8]) {
        guard (Self.shortestFrame...Self.longestFrame).contains(frame.count),
            packetBufferBytes + frame.count <= Self.packetBufferSize
        else { return }
        packetBuffer.append(frame)
        packetBufferBytes += frame.count
    }

    /// Moves frames to memory as long as there are descriptors.
    func storeFrames() {
        guard registers.isReceiving, function.isBusMaster else { return }
        while let frame = packetBuffer.first {
            guard registers.receive.isSound else {
                if registers.receive.count > 0 { report("RDH or RDT is outside of the ring: nothing is received") }
                return
            }
            guard store(frame) else { return }
            packetBuffer.removeFirst()
            packetBufferBytes -= frame.count
        }
    }

    /// Moves one frame to memory; false where there are too few descriptors.
    private func store(_ frame: [UInt8]) -> Bool {
        var bytes = frame
        var (status, special): (UInt8, UInt16) = (0, 0)
        let (checks, errors) = offloadedChecks(frame)
        status |= checks
        if registers.CTRL & I82540Registers.Control.VME != 0, frame.word(at: 12) == UInt16(truncatingIfNeeded: registers.VET) {
            special = frame.word(at: 14)
            bytes.removeSubrange(12..<16)
            status |= Status.VP
        }
        let packetChecksum = FrameChecks.sum(bytes[min(Int(registers.RXCSUM & 0xFF), bytes.count)...])
        if registers.RCTL & I82540Registers.Receive.SECRC == 0 {
            let sequence = FrameChecks.sequence(bytes)
            for byte in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: sequence >> UInt32(8 * byte))) }
        }
        let size = registers.bufferSize
        guard (bytes.count + size - 1) / size <= Int(registers.receive.available) else { return false }
        var place = 0
        while place < bytes.count {
            let piece = bytes[place..<min(place + size, bytes.count)]
            place = piece.endIndex
            let isLast = place == bytes.count
            let address = registers.receive.address
            let buffer = quadword(at: address)
            piece.withUnsafeBytes { memory.write(physical: buffer, from: $0, by: .busMaster(name)) }
            let word =
                UInt64(piece.count) | UInt64(packetChecksum) << 16
                | UInt64(status | Status.DD | (isLast ? Status.EOP : 0)) << 32 | UInt64(errors) << 40 | UInt64(special) << 48
            setQuadword(word, at: address &+ 8)
            registers.receive.advance()
        }
        count(frame)
        frameWasStored()
        let threshold = registers.receive.count >> (1 + min(registers.RCTL >> 8 & 3, 2))
        if registers.receive.available <= threshold { cause(I82540Registers.Cause.RXDMT0) }
        return true
    }

    private func count(_ frame: [UInt8]) {
        registers.count(.GPRC)
        registers.count(bytes: frame.count + 4, .GORCL)
        registers.count(.PRC64, plus: 4 * I82540Registers.sizeClass(frame.count + 4))
        if frame[..<6].allSatisfy({ $0 == 0xFF }) { registers.count(.BPRC) } else if frame[0] & 1 != 0 { registers.count(.MPRC) }
    }

    /// RXCSUM's checks of IPv4, TCP and UDP: bits of status and errors. Section 3.2.9.
    private func offloadedChecks(_ frame: [UInt8]) -> (status: UInt8, errors: UInt8) {
        let wantsIP = registers.RXCSUM & 0x100 != 0, wantsTCP = registers.RXCSUM & 0x200 != 0
        let ignored = (Status.IXSM, UInt8(0))
        guard wantsIP || wantsTCP, frame.word(at: 12) == 0x0800, frame[14] >> 4 == 4 else { return ignored }
        let (header, total) = (Int(frame[14] & 15) * 4, Int(frame.word(at: 16)))
        guard header >= 20, total >= header, 14 + total <= frame.count else { return ignored }
        var (status, errors): (UInt8, UInt8) = (0, 0)
        if wantsIP {
            status |= Status.IPCS
            if FrameChecks.sum(frame[14..<14 + header]) != 0xFFFF { errors |= Errors.IPE }
        }
        let isFragment = frame.word(at: 20) & 0x3FFF != 0
        let segment = frame[14 + header..<14 + total]
        let checksumPlace: Int? = frame[23] == 6 ? 16 : frame[23] == 17 ? 6 : nil
        if wantsTCP, !isFragment, let checksumPlace, segment.count > checksumPlace + 1 {
            // UDP may go without a checksum.
            let isChecked = frame[23] == 6 || frame.word(at: segment.startIndex + checksumPlace) != 0
            status |= isChecked ? Status.TCPCS : 0
            let start = FrameChecks.pseudoHeader(frame[14...], length: segment.count)
            if isChecked, FrameChecks.sum(segment, from: start) != 0xFFFF { errors |= Errors.TCPE }
        }
        return (status, errors)
    }

    // MARK: Memory

    func quadword(at address: UInt64) -> UInt64 {
        withUnsafeTemporaryAllocation(byteCount: 8, alignment: 8) { bytes in
            memory.read(physical: address, into: bytes, by: .busMaster(name))
            return UInt64(littleEndian: bytes.load(as: UInt64.self))
        }
    }

    func setQuadword(_ value: UInt64, at address: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { memory.write(physical: address, from: $0, by: .busMaster(name)) }
    }
}
