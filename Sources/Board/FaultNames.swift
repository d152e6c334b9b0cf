import Processor

extension Fault {
    /// As the manual writes it: "#PF(2)", "#DE", "#GP(0018h)"; SDM Vol. 3A, table 6-1.
    public var name: String {
        let names: [UInt8: String] = [
            0: "#DE", 1: "#DB", 3: "#BP", 4: "#OF", 5: "#BR", 6: "#UD", 7: "#NM", 8: "#DF", 10: "#TS", 11: "#NP", 12: "#SS",
            13: "#GP",
            14: "#PF", 16: "#MF", 17: "#AC", 18: "#MC", 19: "#XM",
        ]
        let name = names[vector] ?? "interrupt \(vector)"
        guard hasErrorCode, vector != 8 else { return name }
        return errorCode < 10 ? "\(name)(\(errorCode))" : "\(name)(\(hexadecimal(UInt64(errorCode), digits: 4))h)"
    }
}
