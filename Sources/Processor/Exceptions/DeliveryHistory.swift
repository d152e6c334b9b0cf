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
    /// Remembers a delivery. `state` is what it found.
    func remember(_ delivery: Delivery, from state: UnsafeMutablePointer<CPUState>, cr2: UInt64, rsp: UInt64, ss: UInt16) {
        var signature = UInt64(delivery.fault.vector) &<< 32 | UInt64(delivery.fault.errorCode)
        let values = (
            delivery.rip, cr2, rsp, state.pointee.rax, state.pointee.rbx, state.pointee.rcx, state.pointee.rdx, state.pointee.rsi,
            state.pointee.rdi, state.pointee.rbp, UInt64(delivery.cs)
        )
        func mix(_ value: UInt64) { signature = (signature ^ value) &* 0x9E37_79B9_7F4A_7C15 ^ (signature &>> 29) }
        mix(values.0)
        mix(values.1)
        mix(values.2)
        mix(values.3)
        mix(values.4)
        mix(values.5)
        mix(values.6)
        mix(values.7)
        mix(values.8)
        mix(values.9)
        mix(values.10)
        history.note(
            DeliveryHistory.Record(delivery: delivery, cr2: cr2, rsp: rsp, ss: ss, isProtected: isProtectedMode),
            signature: signature)
    }
}
