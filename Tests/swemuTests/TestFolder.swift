import Testing

@testable import swemu

/// A folder that is gone after the test.
final class TestFolder {
    let path: String

    init() {
        var template = Array("/tmp/swemu-test-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
    }

    deinit {
        guard let directory = opendir(path) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            unlink("\(path)/\(name)")
        }
        closedir(directory)
        rmdir(path)
    }

    func write(_ bytes: [UInt8], to name: String) -> String {
        let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        writeAll(file, bytes)
        close(file)
        return "\(path)/\(name)"
    }

    func read(_ name: String) -> [UInt8]? { try? readFile("\(path)/\(name)", limit: 1 << 20).get() }
}
