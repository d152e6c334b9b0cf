import Board
import Debugging
import Inspection
import Processor

/// One session with gdb: answers packets about a machine that stands still, and says what is to happen when it shall go on. "Debugging with
/// GDB", appendix E, "GDB Remote Serial Protocol".
///
/// Knows bytes, not sockets: `answer(_:)` takes a packet's body and returns bodies. What gdb arms is kept beside the machine, what it reads has no
/// side effects, and with the session everything is gone.
public final class GDBStub {
    /// The outcome of a packet.
    public enum Answer: Equatable, Sendable {
        /// Replies, each a packet's body. Empty: the packet is not known here.
        case reply([[UInt8]])
        /// The machine goes on; the reply is `stopReply(for:)`, once it has stopped.
        case resume(Motion)
        /// gdb leaves, and the machine goes on.
        case detach
        /// gdb wants the end of the machine. `replies`: whether it waits for one.
        case kill(replies: Bool)
    }

    /// The way in which the machine is to go on.
    public enum Motion: Equatable, Sendable {
        case go
        case step
        /// Steps as long as the program counter is in the range: a line of source.
        case stepOut(of: Range<UInt64>)
        case stepBack
        case goBack

        /// It leads into the machine's past.
        public var isBackward: Bool { self == .stepBack || self == .goBack }
    }

    /// The ways back in time. Both answer where the machine is afterwards.
    public struct Past {
        /// Goes back by an instruction.
        public var stepBack: () -> StopReport
        /// Goes back to the last stop before.
        public var goBack: () -> StopReport

        /// Ways back that these functions go.
        public init(stepBack: @escaping () -> StopReport, goBack: @escaping () -> StopReport) {
            self.stepBack = stepBack
            self.goBack = goBack
        }
    }

    /// The machine's debugger.
    public let debugger: Debugger
    /// Commands that gdb passes on: `monitor info gdt`. The answer's lines.
    public var monitor: (String) -> [String] = { _ in ["there are no commands here"] }
    /// The bytes of a kernel that the firmware has not put into memory yet, by linear address: what gdb reads there. Reads change nothing.
    public var expected: [(range: Range<UInt64>, bytes: [UInt8])] = []
    /// `expected` is still to come.
    public var isExpecting: () -> Bool = { false }
    /// nil where the machine cannot go back; gdb is told so when it attaches.
    public var past: Past?
    /// The acknowledgements `+` and `-` are used; gdb switches them off.
    public private(set) var acknowledges = true

    /// The points that gdb has armed.
    var armed: [ArmedPoint: Int] = [:]
    /// Addresses are physical ones, as QEMU's `Qqemu.PhyMemMode` says.
    var usesPhysicalAddresses = false
    /// The description of the processor for gdb, and the form of packets.
    var description: TargetDescription
    /// gdb was shown code of 16 or 32 bits for a while and has not yet the registers of 64 bits again: `g` has as many as fit either way, and gdb
    /// asks for the others one by one.
    var answersShortly = false
    /// gdb lets only one thread go, as after `set scheduler-locking on`: the other processors execute nothing meanwhile.
    var isLocked = false
    /// The last stop reply, for `?`.
    private var lastStop = Array("S05".utf8)

    /// A processor with IA-32e mode is an x86-64 one from the beginning, whatever mode it is in, for gdb takes one description a session; with
    /// `is32Bit`, a kernel of 32 bits, it is an i386 one. In real mode that is an i8086, so that 16-bit code is disassembled as such.
    public init(_ debugger: Debugger, is32Bit: Bool = false) {
        self.debugger = debugger
        let hasLongMode = debugger.pc.cpu.model.features.hasLongMode
        description = hasLongMode && !is32Bit ? .x86_64 : debugger.view.isProtected ? .i386 : .i8086
    }

    var registers: GDBRegisters { description.registers }

    /// The registers that `g` answers. Eight of 64 bits are as long as sixteen of 32.
    private var registersOfG: ArraySlice<GDBRegister> {
        answersShortly && description == .x86_64 ? description.inPackets.prefix(8) : description.inPackets
    }

    /// `PacketSize`: what fits into a packet in both directions.
    static let packetSize = PacketReader.limit
    static let ok = Answer.reply([Array("OK".utf8)])
    static let unknown = Answer.reply([[]])

    /// A reply that says no: the numbers are errno's on Linux, which gdb prints.
    enum Refusal: String {
        case noMemory = "E0e"
        case badRequest = "E16"
        case noRoom = "E1c"
    }

    static func text(_ text: String) -> Answer { .reply([Array(text.utf8)]) }
    static func refuse(_ refusal: Refusal) -> Answer { text(refusal.rawValue) }

    /// Answers a packet.
    public func answer(_ packet: [UInt8]) -> Answer {
        var cursor = PacketCursor(packet)
        guard let letter = cursor.byte() else { return Self.unknown }
        switch Character(UnicodeScalar(letter)) {
        case "?":
            // A new beginning: what an earlier session left is gone.
            disarmAll()
            lastStop = stopText("05")
            return .reply([lastStop])
        case "!": return Self.ok
        case "H": return chooseThread(&cursor)
        case "T": return thread(&cursor) == nil ? Self.refuse(.badRequest) : Self.ok
        case "g": return .reply([PacketWriter.hex(registersOfG.flatMap { $0.read(debugger.view) })])
        case "G": return writeAllRegisters(&cursor)
        case "p": return readRegister(&cursor)
        case "P": return writeRegister(&cursor)
        case "m": return readMemory(&cursor)
        case "M": return writeMemory(&cursor, isBinary: false)
        case "X": return writeMemory(&cursor, isBinary: true)
        case "Z": return arm(&cursor)
        case "z": return disarm(&cursor)
        case "c", "C", "s", "S": return goOn(letter, &cursor)
        case "b": return goBack(&cursor)
        case "v": return answerLong(&cursor)
        case "q": return answerQuery(&cursor)
        case "Q": return answerSetting(&cursor)
        case "D": return .detach
        case "k": return .kill(replies: false)
        case "R":
            restart()
            return .reply([])
        default: return Self.unknown
        }
    }

    /// A hard reset of the machine, for gdb's `run`.
    func restart() {
        debugger.pc.reset(.machine)
        debugger.onChange()
        lastStop = stopText("05")
    }

    /// The last stop reply again, with the registers of now.
    var currentStop: [UInt8] { stopText("05") }

    /// The debugger's numbers of what gdb has armed.
    public var armedNumbers: Set<Int> { Set(armed.values) }

    func stopUsingAcknowledgements() { acknowledges = false }

    // MARK: Going on

    /// `c`, `s` with an address, `C`, `S` with a signal, which means nothing to a machine.
    private func goOn(_ letter: UInt8, _ cursor: inout PacketCursor) -> Answer {
        if letter == UInt8(ascii: "C") || letter == UInt8(ascii: "S") {
            guard cursor.number() != nil else { return Self.refuse(.badRequest) }
            _ = cursor.skip(";")
        }
        if let address = cursor.number() {
            var state = debugger.pc.observed.state
            state.setLinearIP(address)
            debugger.pc.observed.state = state
            debugger.onChange()
        }
        return .resume(letter == UInt8(ascii: "c") || letter == UInt8(ascii: "C") ? .go : .step)
    }

    private func goBack(_ cursor: inout PacketCursor) -> Answer {
        guard past != nil else { return Self.unknown }
        if cursor.skip("s") { return .resume(.stepBack) }
        return cursor.skip("c") ? .resume(.goBack) : Self.unknown
    }

    /// Makes the machine go on, and comes back when it has stopped.
    public func move(_ motion: Motion) -> StopReport {
        // A step needs its turn alone, and has it without a change where it is the processor's anyway.
        if !motion.isBackward { debugger.hold(others: isLocked && motion == .go) }
        switch motion {
        case .go: return debugger.run()
        case .step:
            if isLocked { debugger.takeTurn() }
            return debugger.step()
        case .stepOut(let range):
            var count = 0
            while true {
                if isLocked { debugger.takeTurn() }
                let report = debugger.step()
                guard report.isDone, range.contains(debugger.view.linearIP) else { return report }
                count += 1
                // A loop within one line may be long.
                if count % 10_000 == 0, debugger.betweenSlices(debugger) { return StopReport(.asked, debugger.pc) }
            }
        case .stepBack: return past?.stepBack() ?? StopReport(.done, debugger.pc)
        case .goBack: return past?.goBack() ?? StopReport(.done, debugger.pc)
        }
    }

    /// Tells gdb of a stop. For a machine that has ended see `exitReply(status:)`.
    public func stopReply(for report: StopReport) -> [UInt8] {
        switch report.cause {
        case .asked, .budget, .lastTick: lastStop = stopText("02")
        case .done, .idle: lastStop = stopText("05")
        case .beginning: lastStop = stopText("05", "replaylog:begin;")
        case .ended(.tripleFault), .ended(.deadHalt): lastStop = stopText("0b")
        case .ended: lastStop = stopText("05")
        case .reached: lastStop = stopText("05", reason(report))
        }
        return lastStop
    }

    /// The machine is gone, with an exit status.
    public static func exitReply(status: UInt8) -> [UInt8] { Array("W".utf8) + PacketWriter.hex([status]) }

    /// Text that gdb prints while the machine runs.
    public static func console(_ text: String) -> [UInt8] { Array("O".utf8) + PacketWriter.hex(text.utf8) }

    /// `T`, the signal, the thread, and the registers that gdb asks for after every stop.
    private func stopText(_ signal: String, _ reason: String = "") -> [UInt8] {
        let view = debugger.view
        var text = "T\(signal)\(reason)thread:\(threadID(view.cpu));"
        for number in [registers.programCounter, registers.stackPointer, registers.framePointer] {
            let digits = PacketWriter.hex(registers.all[number].read(view))
            text += "\(hexDigits(UInt64(number), 2, uppercase: false)):\(String(decoding: digits, as: UTF8.self));"
        }
        return Array(text.utf8)
    }
}
