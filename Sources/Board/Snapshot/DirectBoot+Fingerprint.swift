import Wiring

extension DirectBoot {
    /// Of everything that is put into memory, and how the processor starts: equal for the same kernel, modules and command line.
    var fingerprint: StateHash {
        var hash = StateHash()
        for piece in pieces {
            hash.combine(piece.address)
            hash.combine(piece.size)
            hash.combine(bytes: piece.bytes)
        }
        switch entry {
        case .protected(let eip, let eax, let ebx):
            for value in [32, UInt64(eip), UInt64(eax), UInt64(ebx)] { hash.combine(value) }
        case .real(let cs, let ip, let data, let sp, let dl):
            for value in [16, UInt64(cs), UInt64(ip), UInt64(data), UInt64(sp), UInt64(dl)] { hash.combine(value) }
        }
        if let screen { for value in [screen.width, screen.height, screen.bits] { hash.combine(UInt64(value)) } }
        return hash
    }
}

extension StateHash {
    /// Takes bytes in, eight at a time, and how many they are.
    mutating func combine(bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            let whole = bytes.count & ~7
            for offset in stride(from: 0, to: whole, by: 8) {
                combine(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            }
            for offset in whole..<bytes.count { combine(UInt64(bytes[offset])) }
        }
        combine(UInt64(bytes.count))
    }
}
