/// A chip of the board, as every one is: a name, a state that can be kept and put back, and power-on.
///
/// `State` is a plain value with the datasheet's register names. It holds everything the chip remembers and nothing it can
/// derive; restoring it also restores the levels of the chip's output wires and its deadlines on the clock.
public protocol Chip: AnyObject {
    /// A plain value with the datasheet's register names.
    associatedtype State: Codable & Equatable & Sendable
    /// Short name, unique on a board, for logs and snapshots: "pic1", "pit", "ide0".
    var name: String { get }
    /// All that the chip remembers.
    var state: State { get set }
    /// Does what the RESET line does.
    func reset()
}
