import Testing

@testable import Session
@testable import swemu

/// A folder that is gone after the test.
final class TestFolder {
    let path: String

    init() {
        var template = Array("/tmp/swemu-test-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
    }

    deinit {
        for name in names { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    /// What is in it, in order.
    var names: [String] { Session.names(inFolder: path, withHidden: true) ?? [] }

    func write(_ bytes: [UInt8], to name: String) -> String {
        let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        _ = OutputDescriptor(file).writeAll(bytes)
        close(file)
        return "\(path)/\(name)"
    }

    func read(_ name: String) -> [UInt8]? { try? readFile("\(path)/\(name)", limit: 1 << 20).get() }
}
