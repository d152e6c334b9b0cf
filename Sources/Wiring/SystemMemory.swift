/// Physical memory as a bus master other than a processor sees it: the 8237A, a disk controller. Blocks may be of any length and cross from one
/// device to another; each device gets its part.
public protocol SystemMemory: AnyObject {
    /// Fills `buffer` with what is at `physical` and behind. Where nobody answers the bus floats: FFh.
    func read(physical: UInt64, into buffer: UnsafeMutableRawBufferPointer, by initiator: Initiator)
    /// Writes `buffer` at `physical` and behind; what nobody takes is lost. Processors hear of it, so that code decoded from there is dropped.
    func write(physical: UInt64, from buffer: UnsafeRawBufferPointer, by initiator: Initiator)
}
