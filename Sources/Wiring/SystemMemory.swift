/// Physical memory as a bus master other than the processor sees it: the 8237, a bus-mastering disk.
public protocol SystemMemory: AnyObject {
    func read(physical: UInt64) -> UInt8
    /// Tells the processor, too, so that code which was decoded from these bytes is dropped.
    func write(physical: UInt64, value: UInt8)
}
