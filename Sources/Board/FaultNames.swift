import Processor

extension Fault {
    /// As the manual writes it: "#PF(2)", "#DE", "#GP(0018h)"; SDM Vol. 3A, table 6-1.
    public var name: String {
        let name = mnemonic ?? "interrupt \(vector)"
        guard hasErrorCode, vector != 8 else { return name }
        return errorCode < 10 ? "\(name)(\(errorCode))" : "\(name)(\(hexadecimal(UInt64(errorCode), digits: 4))h)"
    }
}
