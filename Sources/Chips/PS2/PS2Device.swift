/// A keyboard or mouse as the 8042 knows it: a serial link that carries one byte at a time in either direction.
public protocol PS2Device: AnyObject {
    /// A byte waits for the controller.
    var hasOutput: Bool { get }
    /// The byte the controller clocks in; nil when there is none.
    func takeOutput() -> UInt8?
    /// A byte from the controller.
    func receive(_ byte: UInt8)
    /// Set by the controller; called when `hasOutput` became true.
    var onOutput: (() -> Void)? { get set }
}

/// The replies of a device to one command: short, and dropped when the next command arrives.
struct PS2Replies: Codable, Equatable, Sendable {
    static let acknowledge: UInt8 = 0xFA
    static let resend: UInt8 = 0xFE
    static let selfTestPassed: UInt8 = 0xAA

    private(set) var bytes: [UInt8] = []

    // The longest answer of any command is a mouse's EBh: five bytes.
    private static let capacity = 16

    mutating func append(_ byte: UInt8) {
        if bytes.count < Self.capacity { bytes.append(byte) }
    }
    mutating func makeSane() { bytes = Array(bytes.prefix(Self.capacity)) }
    mutating func removeAll() { bytes = [] }
    mutating func removeFirst() -> UInt8? { bytes.isEmpty ? nil : bytes.removeFirst() }
}
