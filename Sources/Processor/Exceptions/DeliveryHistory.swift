/// What the processor remembers of interrupts and exceptions for whoever looks into the machine: no part of its state, and written only where one
/// is delivered.
public struct DeliveryHistory: Sendable {
    /// A delivery, with the registers it found.
    public struct Record: Sendable {
        public let delivery: CPU.Delivery
        /// CR2, ESP and SS before the delivery.
        public let cr2: UInt64
        public let rsp: UInt64
        public let ss: UInt16
        /// Whether the processor was in protected mode.
        public let isProtected: Bool
    }

    /// Records that are kept.
    static let capacity = 64
    private var ring: [Record] = []
    private var next = 0
    /// Deliveries by vector: exceptions and INT n on one hand, interrupts from outside on the other.
    public private(set) var exceptions = [UInt64](repeating: 0, count: 256)
    public private(set) var interrupts = [UInt64](repeating: 0, count: 256)
    /// How often the last exception came again, from the same instruction with the same registers, without another one between.
    public private(set) var repetitions: UInt64 = 0
    private var lastSignature: UInt64 = 0

    init() { ring.reserveCapacity(Self.capacity) }

    /// The last deliveries, oldest first.
    public var recent: [Record] { Array(ring[next...] + ring[..<next]) }

    /// `signature` stands for everything that makes an exception the same as the one before.
    mutating func note(_ record: Record, signature: UInt64) {
        let vector = Int(record.delivery.fault.vector)
        switch record.delivery.source {
        case .external:
            interrupts[vector] &+= 1
        case .exception:
            exceptions[vector] &+= 1
            repetitions = signature == lastSignature ? repetitions &+ 1 : 0
            lastSignature = signature
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
    }
}

/// A delivery that failed: what was to be delivered, and the exception that its checks raised.
public struct FailedDelivery: Equatable, Sendable {
    public let delivering: Fault
    public let source: CPU.Source
    public let raised: Fault
    /// CR2 when the delivery began.
    public let cr2: UInt64
}

extension CPU {
    /// Remembers a delivery. `state` is what it found. A loop of page faults became 5 % slower by this, one of INT n 1 %.
    func remember(_ delivery: Delivery, from state: UnsafeMutablePointer<CPUState>, cr2: UInt64, rsp: UInt64, ss: UInt16) {
        var signature: UInt64 = 0
        if case .exception = delivery.source { signature = Self.signature(delivery, state, cr2: cr2, rsp: rsp) }
        history.note(
            DeliveryHistory.Record(delivery: delivery, cr2: cr2, rsp: rsp, ss: ss, isProtected: isProtectedMode),
            signature: signature)
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
