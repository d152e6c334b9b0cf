import Foundation
import Processor
import Recompiler
import Wiring
import X86

/// Random programs on two machines that must not differ: one executes one instruction per block and stops wherever it likes, the other
/// runs long chained blocks. After some thousand instructions processor, time, pins and all of RAM are compared.
///
/// The machines live on from program to program, so blocks of the one are dropped, reused and relinked under the next.
public final class Lockstep {
    /// The place where the two came apart, or what went wrong.
    public struct Failure: Error, CustomStringConvertible {
        public let seed: UInt64
        public let place: RandomProgram.Place
        /// Of the comparison that failed; the one before was equal.
        public let tick: UInt64
        public let what: String
        public var description: String { "program \(seed) (\(place)), tick \(tick): \(what)" }
    }

    public let engine: Engine
    private let one: Side
    private let other: Side
    /// Instructions executed by each machine; iterations of repeated ones count.
    public private(set) var executed: UInt64 = 0
    public private(set) var programs = 0
    /// Programs that ended in shutdown.
    public private(set) var shutdowns = 0

    /// One of the two machines, with a timer that interrupts it.
    final class Side {
        let machine: FlatMachine
        private var timer: Clock.Event?
        private var random = RandomNumbers(seed: 0)
        /// Ticks that passed in HLT.
        var skipped: UInt64 = 0
        var isDown = false

        private var recompiler: Recompiler?

        init(_ engine: Engine) {
            machine = FlatMachine(model: .max, megabytes: 1)
            machine.hasConsole = false
            machine.lowersINTR = true
            recompiler = engine.use(on: machine.cpu)
            timer = machine.clock.register("timer") { [unowned self] in tick() }
        }

        func load(_ program: RandomProgram) {
            machine.cpu.reset()
            machine.cpu.setINTR(false)
            program.image.withUnsafeBytes { bytes in
                guard let image = bytes.baseAddress else { return }
                machine.memory.copyMemory(from: image, byteCount: min(bytes.count, machine.size))
            }
            machine.cpu.memoryWritten(physical: 0, count: machine.size)
            machine.cpu.state = program.state
            random = RandomNumbers(seed: program.seed ^ 0x7133)
            isDown = false
            schedule()
        }

        private func schedule() {
            guard let timer else { return }
            machine.clock.schedule(timer, at: machine.clock.now &+ 1 &+ UInt64(random.below(random.oneIn(8) ? 20 : 400)))
        }

        /// An interrupt, or now and then an NMI, which no flag holds back.
        private func tick() {
            machine.interruptVector = UInt8(0x20 + random.below(16))
            if random.oneIn(4) { machine.cpu.raiseNMI() } else { machine.cpu.setINTR(true) }
            schedule()
        }

        /// Goes on until `tick`, or until shutdown. False when time stands still.
        func advance(to tick: UInt64) -> Bool {
            let clock = machine.clock
            var idle = 0
            while clock.now < tick {
                let before = clock.now
                switch machine.cpu.run(until: tick) {
                case .shutdown:
                    isDown = true
                    return true
                case .halted:
                    let next = min(tick, max(clock.now, clock.cells.pointee.nextDeadline))
                    skipped &+= next &- clock.now
                    clock.skip(to: next)
                case .deadline, .requested, .yielded, .leftTranslation, .stopped: break
                }
                clock.fireDueEvents()
                idle = clock.now == before ? idle + 1 : 0
                if idle > 100 { return false }
            }
            return true
        }
    }

    public init(_ engine: Engine = .blocks) {
        self.engine = engine
        one = Side(.oneByOne)
        other = Side(engine)
    }

    /// Instructions that the other machine ran as translated code.
    public var recompiledInstructions: UInt64 { other.machine.cpu.nativeStatistics.instructions }

    /// Runs a program for `ticks` at most, comparing every `interval`.
    public func run(_ program: RandomProgram, ticks: UInt64 = 40_000, interval: UInt64 = 5000) throws {
        for side in [one, other] { side.load(program) }
        programs += 1
        let start = one.machine.clock.now
        let skipped = one.skipped
        var random = RandomNumbers(seed: program.seed ^ 0x5109)
        var tick = start
        defer { executed &+= one.machine.clock.now &- start &- (one.skipped &- skipped) }
        while tick < start + ticks, !one.isDown {
            let goal = min(tick + interval, start + ticks)
            // Stopping in between must make no difference.
            while tick < goal {
                tick = min(goal, tick + 1 + UInt64(random.below(random.oneIn(4) ? 10 : 4000)))
                guard one.advance(to: tick) else {
                    throw failure(program, start, "time stands still with blocks of one instruction")
                }
                if one.isDown { break }
            }
            guard other.advance(to: one.isDown ? one.machine.clock.now : goal) else {
                throw failure(program, start, "time stands still with \(engine)")
            }
            // A machine that goes down at this tick may have reached it without having tried the next instruction.
            if one.isDown && !other.isDown { _ = other.advance(to: goal) }
            if let difference { throw failure(program, start, difference) }
        }
        if one.isDown { shutdowns += 1 }
        // Both go on at the same time.
        let now = max(one.machine.clock.now, other.machine.clock.now)
        for side in [one, other] { side.machine.clock.skip(to: now) }
    }

    private func failure(_ program: RandomProgram, _ start: UInt64, _ what: String) -> Failure {
        Failure(seed: program.seed, place: program.place, tick: one.machine.clock.now &- start, what: what)
    }

    /// What is not the same on both machines; nil when they are equal.
    private var difference: String? {
        if one.isDown != other.isDown { return "one machine is down: \(one.isDown), the other: \(other.isDown)" }
        if one.machine.clock.now != other.machine.clock.now {
            return "time is \(one.machine.clock.now) and \(other.machine.clock.now)"
        }
        if one.machine.ferr != other.machine.ferr { return "FERR#" }
        let (a, b) = (one.machine.cpu.state, other.machine.cpu.state)
        if a != b {
            var words: [String] = []
            for (first, second) in zip(Mirror(reflecting: a).children, Mirror(reflecting: b).children) {
                let (left, right) = ("\(first.value)", "\(second.value)")
                if left != right { words.append("\(first.label ?? "") is \(left) and \(right)") }
            }
            return words.joined(separator: "; ")
        }
        guard memcmp(one.machine.memory, other.machine.memory, one.machine.size) != 0 else { return nil }
        let address = (0..<one.machine.size).first { one.machine.read($0) != other.machine.read($0) } ?? 0
        return "[\(String(address, radix: 16))] is \(one.machine.read(address)) and \(other.machine.read(address))"
    }
}

extension Lockstep {
    /// The first instructions of a program, one to a line.
    public static func trace(_ program: RandomProgram, count: Int) -> [String] {
        let side = Side(.oneByOne)
        side.load(program)
        return (0..<count).map { _ in
            let line = side.nextInstruction
            if !side.advance(to: side.machine.clock.now + 1) || side.isDown { return line + " !" }
            return line
        }
    }

    /// Looks for the first instruction after which a failing program differs, on fresh machines; nil when those agree.
    public static func locate(_ program: RandomProgram, ticks: UInt64 = 40_000, engine: Engine) -> String? {
        var interval: UInt64 = 1000
        var last: Failure?
        while interval > 0 {
            do {
                try Lockstep(engine).run(program, ticks: last.map { $0.tick + interval } ?? ticks, interval: interval)
                return last.map { "\($0)\n\(locate(program, in: $0.tick - 1000..<$0.tick, engine) ?? "only in one piece")" }
            } catch let failure as Failure {
                last = failure
            } catch { return nil }
            if interval == 1 { break }
            interval = interval > 10 ? 10 : 1
        }
        guard let last else { return nil }
        // The instruction before the difference, as one machine sees it.
        let side = Side(.oneByOne)
        side.load(program)
        _ = side.advance(to: last.tick - 1)
        return "\(last)\n\(side.nextInstruction)"
    }
}

extension Lockstep {
    /// The same for a difference that goes away with comparisons in between: both machines run through `ticks` up to the tick that is looked for.
    private static func locate(_ program: RandomProgram, in ticks: Range<UInt64>, _ engine: Engine) -> String? {
        var (low, high) = (ticks.lowerBound, ticks.upperBound)
        var last: Failure?
        while high - low > 1 {
            let middle = (low + high) / 2
            do {
                try Lockstep(engine).run(program, ticks: middle, interval: 1000)
                low = middle
            } catch let failure as Failure {
                (last, high) = (failure, middle)
            } catch { return nil }
        }
        guard let last else { return nil }
        let lines = trace(program, count: Int(high)).suffix(12)
        return "\(last)\n" + lines.joined(separator: "\n")
    }
}

extension Lockstep.Side {
    /// The place where execution is, the instruction there, and what it depends on. Paging is left out.
    var nextInstruction: String {
        let state = machine.cpu.state
        let linear = Int((state.cs.base &+ state.rip) & (state.efer.contains(.LMA) ? 0x1F_FFFF : 0xFFFF_FFFF))
        let physical =
            linear < RandomProgram.Layout.codeAlias ? linear : linear - RandomProgram.Layout.codeAlias + RandomProgram.Layout.code
        let bytes = (0..<15).compactMap { physical + $0 < machine.size ? machine.read(physical + $0) : nil }
        let features = CPUModel.max.features.instructions
        let codeSize: CodeSize = state.operatingMode == .bits64 ? .bits64 : state.cs.isBig ? .bits32 : .bits16
        let instruction = Decoder(codeSize: codeSize, features: features).decode(bytes)
        let hex = bytes.prefix(Int(instruction.length)).map { String($0, radix: 16) }.joined(separator: " ")
        let name = Table.row(of: instruction)?.mnemonic ?? "\(instruction.operation)"
        return
            "\(state.cs.selector):\(String(state.rip, radix: 16)) \(hex) \(name) flags \(String(state.eflags.rawValue, radix: 16)) "
            + "sp \(String(state.rsp, radix: 16)) \(state.activity) \(state.shadow)"
    }
}
