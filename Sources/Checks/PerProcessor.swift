/// A value for each processor, which is read and changed in its place: an array would cost a check's time in copies and reference counts.
struct PerProcessor<Value> {
    /// SAFETY: `count` values, initialized here and given back in `deallocate`; numbers are those of the machine's processors.
    private let values: UnsafeMutablePointer<Value>
    private let count: Int

    init(repeating value: Value, count: Int) {
        self.count = count
        values = .allocate(capacity: count)
        values.initialize(repeating: value, count: count)
    }

    init(count: Int, _ make: (Int) -> Value) {
        self.count = count
        values = .allocate(capacity: count)
        for number in 0..<count { (values + number).initialize(to: make(number)) }
    }

    func deallocate() {
        values.deinitialize(count: count)
        values.deallocate()
    }

    var indices: Range<Int> { 0..<count }

    @inline(__always)
    subscript(_ number: Int) -> Value {
        @inline(__always) unsafeAddress { UnsafePointer(values + number) }
        @inline(__always) nonmutating unsafeMutableAddress { values + number }
    }
}
