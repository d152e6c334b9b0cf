extension UserNetwork {
    /// A file on its way to a client. RFC 1350, and blksize and tsize of RFC 2347 to 2349.
    struct Transfer: Codable, Equatable, Sendable {
        var clientPort: UInt16
        /// Ours.
        var port: UInt16
        var file: UInt32
        var blockSize: UInt16
        /// The block that was sent last, counted from 1; 0 while the options are not acknowledged.
        var block: UInt32 = 0

        var isWellFormed: Bool { UserNetwork.blockSizes.contains(Int(blockSize)) }
    }

    /// An answer with 1468 bytes fills an Ethernet frame.
    static let blockSizes = 8...1468
    private static let usualBlockSize = 512
    /// Transfers at a time; the oldest one ends for one more.
    static let mostTransfers = 8
    private static let firstPort: UInt16 = 49152

    private enum Code {
        static let read: UInt16 = 1, write: UInt16 = 2, data: UInt16 = 3, acknowledgment: UInt16 = 4, error: UInt16 = 5,
            options: UInt16 = 6
    }

    /// A read request: name, mode, and options by name and value, each with a zero behind.
    func beginTransfer(_ packet: InternetPacket) {
        guard packet.payload.count >= 2 else { return }
        let words = packet.payload[2...].split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard packet.payload.word(at: 0) == Code.read else {
            return fail(packet, 2, "files here are only read")
        }
        let name = String((words.first ?? "").drop { $0 == "/" })
        guard let number = files.firstIndex(where: { $0.name == name }) else {
            return fail(packet, 1, "no such file")
        }
        var transfer = Transfer(
            clientPort: packet.source.port, port: Self.firstPort &+ transferNumber & 0x3FFF,
            file: UInt32(truncatingIfNeeded: number),
            blockSize: UInt16(Self.usualBlockSize))
        transferNumber &+= 1
        var accepted: [UInt8] = []
        func accept(_ option: String, _ value: Int) { accepted += Array(option.utf8) + [0] + Array(String(value).utf8) + [0] }
        let options = words.dropFirst(2)
        for (option, value) in zip(options, options.dropFirst()).enumerated().filter({ $0.offset % 2 == 0 }).map(\.element) {
            switch option.lowercased() {
            case "blksize":
                guard let size = Int(value), size >= Self.blockSizes.lowerBound else { continue }
                let taken = min(size, Self.blockSizes.upperBound)
                transfer.blockSize = UInt16(truncatingIfNeeded: taken)
                accept(option, taken)
            case "tsize": accept(option, files[number].contents.count)
            default: break
            }
        }
        // A client that asks once more begins once more.
        transfers.removeAll { $0.clientPort == transfer.clientPort }
        if transfers.count == Self.mostTransfers { transfers.removeFirst() }
        if accepted.isEmpty {
            transfer.block = 1
            sendBlock(transfer, packet)
        } else {
            answer(packet, from: transfer.port, [0, UInt8(Code.options)] + accepted)
        }
        transfers.append(transfer)
    }

    /// A client's answer to a block; false where nobody waits for one at this port.
    func continueTransfer(_ packet: InternetPacket) -> Bool {
        guard
            let index = transfers.firstIndex(where: {
                $0.port == packet.destination.port && $0.clientPort == packet.source.port
            }), packet.payload.count >= 4, files.indices.contains(Int(transfers[index].file))
        else { return false }
        switch packet.payload.word(at: 0) {
        case Code.acknowledgment:
            let acknowledged = packet.payload.word(at: 2)
            if acknowledged == UInt16(truncatingIfNeeded: transfers[index].block) {
                guard Self.start(of: transfers[index].block, transfers[index]) <= files[Int(transfers[index].file)].contents.count
                else {
                    transfers.remove(at: index)
                    return true
                }
                transfers[index].block &+= 1
            } else {
                // Of the block before: the last one got lost.
                guard transfers[index].block > 0, acknowledged &+ 1 == UInt16(truncatingIfNeeded: transfers[index].block) else {
                    return true
                }
            }
            sendBlock(transfers[index], packet)
        case Code.error: transfers.remove(at: index)
        default: break
        }
        return true
    }

    /// Computes where the block behind `block` begins: beyond the file's end where `block` was the last one.
    private static func start(of block: UInt32, _ transfer: Transfer) -> Int { Int(block) * Int(transfer.blockSize) }

    private func sendBlock(_ transfer: Transfer, _ packet: InternetPacket) {
        let contents = files[Int(transfer.file)].contents
        let start = min(max(0, Int(transfer.block) - 1) * Int(transfer.blockSize), contents.count)
        var message: [UInt8] = [0, UInt8(Code.data), 0, 0]
        message.setWord(UInt16(truncatingIfNeeded: transfer.block), at: 2)
        answer(packet, from: transfer.port, message + contents[start..<min(start + Int(transfer.blockSize), contents.count)])
    }

    private func fail(_ packet: InternetPacket, _ code: UInt8, _ words: String) {
        answer(packet, [0, UInt8(Code.error), 0, code] + Array(words.utf8) + [0])
    }
}
