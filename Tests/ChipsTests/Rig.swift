import Foundation
import Testing
import Wiring

/// Numbers that look random and are the same in every run (SplitMix64).
struct Noise {
    var seed: UInt64

    mutating func next() -> UInt64 {
        seed &+= 0x9E37_79B9_7F4A_7C15
        var z = seed
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next()) }
    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
    mutating func bool() -> Bool { next() & 1 != 0 }
    mutating func element<T>(of list: [T]) -> T { list[below(list.count)] }
}

extension Clock {
    /// Lets `ticks` pass, with every event at its own tick.
    func run(_ ticks: UInt64) {
        let end = now + ticks
        while cells.pointee.nextDeadline <= end {
            skip(to: max(now, cells.pointee.nextDeadline))
            fireDueEvents()
        }
        skip(to: end)
    }
}

final class Complaints: DiagnosticSink {
    var list: [Diagnostic] = []
    func report(_ diagnostic: Diagnostic) { list.append(diagnostic) }
}

/// One operation of a random guest and its host.
enum Operation {
    case write(Int, UInt8)
    case read(Int)
    case wait(UInt64)
    case host(UInt64)
}

/// Drives a chip with random accesses, and now and then continues a copy of it, made from its state alone, beside the original.
struct Fuzz<C: Chip & PortDevice> {
    var offsets: Range<Int>
    var longestWait = 5000
    var rate: UInt64 = 100_000_000
    var make: (Clock) -> C
    /// Something from outside: a key, a byte, an input line.
    var host: (C, UInt64) -> Void = { _, _ in }
    var wires: (C) -> [Bool] = { _ in [] }

    private func operation(_ noise: inout Noise) -> Operation {
        switch noise.below(100) {
        case ..<45: .write(offsets.lowerBound + noise.below(offsets.count), noise.byte())
        case ..<85: .read(offsets.lowerBound + noise.below(offsets.count))
        case ..<95: .wait(UInt64(noise.below(longestWait)))
        default: .host(noise.next())
        }
    }

    private func perform(_ operation: Operation, _ chip: C, _ clock: Clock) -> UInt8? {
        switch operation {
        case .write(let offset, let value):
            chip.write(offset: offset, value: value)
        case .read(let offset):
            let peeked = chip.peek(offset: offset)
            let value = chip.read(offset: offset)
            #expect(peeked == value, "\(chip.name): peek and read of offset \(offset) differ")
            return value
        case .wait(let ticks): clock.run(ticks)
        case .host(let number): host(chip, number)
        }
        return nil
    }

    func run(operations: Int = 100_000, seed: UInt64) throws {
        let clock = Clock(rate: rate)
        let chip = make(clock)
        var noise = Noise(seed: seed)
        var done = 0
        while done < operations {
            for _ in 0..<2000 { _ = perform(operation(&noise), chip, clock) }
            done += 2000
            try compareWithCopy(chip, clock, &noise)
            done += 500
        }
    }

    private func compareWithCopy(_ chip: C, _ clock: Clock, _ noise: inout Noise) throws {
        let saved = try JSONDecoder().decode(C.State.self, from: JSONEncoder().encode(chip.state))
        #expect(saved == chip.state)
        let clock2 = Clock(rate: rate)
        let copy = make(clock2)
        clock2.skip(to: clock.now)
        copy.state = saved
        #expect(copy.state == saved, "\(chip.name): state changed while being restored")
        #expect(wires(copy) == wires(chip), "\(chip.name): wires after restoring")
        for step in 0..<500 {
            let operation = operation(&noise)
            let first = perform(operation, chip, clock)
            let second = perform(operation, copy, clock2)
            guard first == second, wires(chip) == wires(copy) else {
                Issue.record("\(chip.name): copy differs at step \(step), \(operation): \(first as Any) and \(second as Any)")
                return
            }
        }
        #expect(copy.state == chip.state, "\(chip.name): copy went another way")
    }
}
