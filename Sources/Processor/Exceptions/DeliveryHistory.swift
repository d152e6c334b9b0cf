/// The processor's memory of interrupts and exceptions for whoever looks into the machine: no part of its state, and written only where one
/// is delivered.
public struct DeliveryHistory: Sendable {
    /// A delivery, with the registers it found.
    public struct Record: Sendable {
        /// The delivery.
        public let delivery: CPU.Delivery
        /// CR2, ESP and SS before the delivery.
        public let cr2: UInt64
        /// RSP before the delivery.
        public let rsp: UInt64
        /// SS before the delivery.
        public let ss: UInt16
        /// The processor was in protected mode.
        public let isProtected: Bool
        /// The place where the handler's way back is, and the privilege level it runs at.
        public let frame: Frame
        /// The privilege level that the handler runs at.
        public let handlerCPL: UInt8
    }

    /// The words from which an IRET can end a handler.
    public enum Frame: Equatable, Sendable {
        /// The saved EIP is at this linear address; CS and EFLAGS follow, in words of so many bytes.
        case stack(linear: UInt64, wordSize: UInt64)
        /// The link to the interrupted task is in the TSS that this selector names.
        case task(UInt16)
    }

    /// Records that are kept.
    public static let capacity = 64
    private var ring: [Record] = []
    private var next = 0
    /// Deliveries by vector: exceptions and INT n on one hand, interrupts from outside on the other.
    public private(set) var exceptions = [UInt64](repeating: 0, count: 256)
    /// Deliveries of interrupts from outside, by vector.
    public private(set) var interrupts = [UInt64](repeating: 0, count: 256)
    /// Number of times that the last exception came again, from the same instruction with the same registers, without another one between.
    public private(set) var repetitions: UInt64 = 0
    /// The one that the others repeat.
    public private(set) var repeated: Record?
    private var lastSignature: UInt64 = 0
    /// All deliveries so far.
    public private(set) var count: UInt64 = 0
    /// Deliveries whose handler has not ended with IRET, oldest first, and behind them what was there before: to take one away costs nothing that way.
    private var stack: [Record] = []
    /// Number of records of `stack` that count.
    private var depth = 0
    /// The ones that are no longer in the middle of `unreturned`, which has `capacity` elements at most.
    public private(set) var unreturnedLost: UInt64 = 0

    init() {
        ring.reserveCapacity(Self.capacity)
        stack.reserveCapacity(Self.capacity)
    }

    /// Deliveries whose handler has not ended with IRET, oldest first. One that was left otherwise stays until its frame is written over by another;
    /// whoever asks has to look whether the frame is still on the stack.
    public var unreturned: [Record] { Array(stack[..<depth]) }

    /// The last deliveries, oldest first.
    public var recent: [Record] { Array(ring[next...] + ring[..<next]) }

    /// `signature` stands for everything that makes an exception the same as the one before.
    mutating func note(_ record: Record, signature: UInt64) {
        let vector = Int(record.delivery.fault.vector)
        count &+= 1
        switch record.delivery.source {
        case .external:
            interrupts[vector] &+= 1
        case .exception:
            exceptions[vector] &+= 1
            if signature == lastSignature {
                repetitions &+= 1
            } else {
                (repetitions, repeated, lastSignature) = (0, record, signature)
            }
        case .software, .trap:
            exceptions[vector] &+= 1
            repetitions = 0
        }
        if ring.count < Self.capacity {
            ring.append(record)
        } else {
            ring[next] = record
            next = next &+ 1 == Self.capacity ? 0 : next &+ 1
        }
        enter(record)
    }

    // MARK: Handlers that have not returned

    @inline(__always)
    private mutating func enter(_ record: Record) {
        // A stack grows down: what lies a little below the new frame was left, and what lies there is overwritten.
        while depth > 0, Self.isJustBelow(stack[depth &- 1].frame, record.frame) { dropLast() }
        if depth == Self.capacity {
            take(Self.capacity / 2)
            unreturnedLost &+= 1
        }
        if depth < stack.count { stack[depth] = record } else { stack.append(record) }
        depth &+= 1
    }

    /// An IRET took its frame from `frame`.
    mutating func noteReturn(from frame: Frame) {
        if depth > 0, stack[depth &- 1].frame == frame { return dropLast() }
        guard let index = stack[..<depth].lastIndex(where: { $0.frame == frame }) else { return }
        while depth > index &+ 1, Self.isJustBelow(stack[depth &- 1].frame, frame) { dropLast() }
        if depth == index &+ 1 { dropLast() } else { take(index) }
    }

    @inline(__always)
    private mutating func dropLast() {
        depth &-= 1
        // Behind the gap in the middle the number of those that are gone is no longer known.
        if depth <= Self.capacity / 2 { unreturnedLost = 0 }
    }

    /// Takes one from among the others.
    private mutating func take(_ index: Int) {
        stack.remove(at: index)
        depth &-= 1
    }

    /// Tells whether a frame is at another's place or less than a page below it.
    private static func isJustBelow(_ frame: Frame, _ other: Frame) -> Bool {
        switch (frame, other) {
        case (.stack(let low, _), .stack(let high, _)): low <= high && high &- low < 0x1000
        case (.task(let old), .task(let new)): old == new
        default: false
        }
    }
}

/// A delivery that failed: what was to be delivered, and the exception that its checks raised.
public struct FailedDelivery: Equatable, Sendable {
    /// The exception or interrupt that was to be delivered.
    public let delivering: Fault
    /// Its cause.
    public let source: CPU.Source
    /// The exception that the delivery's checks raised.
    public let raised: Fault
    /// CR2 when the delivery began.
    public let cr2: UInt64
}

extension CPU {
    /// Remembers a delivery. `state` is what it found. A loop of page faults became 5 % slower by this, one of INT n 1 %.
    func remember(
        _ delivery: Delivery, from state: UnsafeMutablePointer<CPUState>, cr2: UInt64, rsp: UInt64, ss: UInt16,
        frame: DeliveryHistory.Frame
    ) {
        var signature: UInt64 = 0
        if case .exception = delivery.source { signature = Self.signature(delivery, state, cr2: cr2, rsp: rsp) }
        history.note(
            DeliveryHistory.Record(
                delivery: delivery, cr2: cr2, rsp: rsp, ss: ss, isProtected: isProtectedMode, frame: frame,
                handlerCPL: state.pointee.cpl),
            signature: signature)
    }

    /// The frame at the top of the stack, below an error code.
    func frame(_ wordSize: UInt64, hasErrorCode: Bool = false) -> DeliveryHistory.Frame {
        let state = core.state
        guard wordSize != 0 else { return .task(state.pointee.tr.selector) }
        let pointer = state.pointee.rsp &+ (hasErrorCode ? wordSize : 0)
        let base = core.pointee.mode.contains(.code64) ? 0 : state.pointee.ss.base
        return .stack(linear: core.wrapped(base &+ (pointer & core.pointee.stackMask)), wordSize: wordSize)
    }

    /// Everything that makes an exception the same as another: vector, code, place, addresses and registers.
    private static func signature(
        _ delivery: Delivery, _ state: UnsafeMutablePointer<CPUState>, cr2: UInt64, rsp: UInt64
    ) -> UInt64 {
        var signature = UInt64(delivery.fault.vector) &<< 32 | UInt64(delivery.fault.errorCode)
        func mix(_ value: UInt64) { signature = (signature ^ value) &* 0x9E37_79B9_7F4A_7C15 ^ (signature &>> 29) }
        mix(delivery.rip)
        mix(UInt64(delivery.cs))
        mix(cr2)
        mix(rsp)
        mix(state.pointee.rax)
        mix(state.pointee.rbx)
        mix(state.pointee.rcx)
        mix(state.pointee.rdx)
        mix(state.pointee.rsi)
        mix(state.pointee.rdi)
        mix(state.pointee.rbp)
        return signature
    }
}
