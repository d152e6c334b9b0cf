/// The functions on PCI bus 0, by device (0–31) and function (0–7) number.
public final class PCIBus {
    /// The place of a function.
    public struct Place: Hashable, Comparable, Sendable {
        /// The device's number, 0 to 31.
        public let device: Int
        /// The function's number, 0 to 7.
        public let function: Int

        /// A place by its two numbers.
        public init(_ device: Int, _ function: Int) { (self.device, self.function) = (device, function) }

        public static func < (a: Place, b: Place) -> Bool { (a.device, a.function) < (b.device, b.function) }
    }

    private var places: [Place: PCIFunction] = [:]

    /// A bus without functions.
    public init() {}

    /// Plugs a function in.
    public func connect(_ function: PCIFunction, at place: Place) { places[place] = function }

    /// Returns the function at a place; nil where none is.
    public func function(at place: Place) -> PCIFunction? { places[place] }

    /// All functions, in the order in which a guest finds them.
    public var functions: [(place: Place, function: PCIFunction)] {
        places.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
