/// The functions on PCI bus 0, by device (0–31) and function (0–7) number.
public final class PCIBus {
    /// The place of a function.
    public struct Place: Hashable, Comparable, Sendable {
        public let device: Int
        public let function: Int

        public init(_ device: Int, _ function: Int) { (self.device, self.function) = (device, function) }

        public static func < (a: Place, b: Place) -> Bool { (a.device, a.function) < (b.device, b.function) }
    }

    private var places: [Place: PCIFunction] = [:]

    public init() {}

    /// Plugs a function in.
    public func connect(_ function: PCIFunction, at place: Place) { places[place] = function }

    public func function(at place: Place) -> PCIFunction? { places[place] }

    /// All functions, in the order in which a guest finds them.
    public var functions: [(place: Place, function: PCIFunction)] {
        places.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
