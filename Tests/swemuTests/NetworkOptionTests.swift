import Board
import Testing

@testable import Session
@testable import swemu

@Suite struct NetworkOptionTests {
    private func connection(_ words: String..., isUsual: Bool = false) throws -> NetworkConnection? {
        var configuration = PC.Configuration()
        try NetworkOptions.parse(words).plan(isUsual: isUsual)?.configure(&configuration)
        return configuration.network
    }

    private func refusal(_ option: String) -> String? {
        do {
            _ = try connection("--nic", option)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func thereIsACardUnlessItIsLeftOut() throws {
        #expect(try connection(isUsual: true) == NetworkConnection())
        #expect(try connection("--nic", "none", isUsual: true) == nil)
        #expect(try connection("--nic", "user") == NetworkConnection())
        #expect(try connection() == nil)
    }

    @Test func theUsualMachineHasOne() throws {
        #expect(try Run.parse(["disk.img"]).plan.network != nil)
        #expect(try Run.parse(["disk.img", "--machine", "isa"]).plan.network == nil)
        #expect(try Run.parse(["--restore", "run.snap"]).plan.network == nil, "the snapshot says it")
        #expect(throws: UserError.self) { try Run.parse(["disk.img", "--machine", "isa", "--net-dump", "x"]).plan }
    }

    @Test func addressAndBootFileAreTheUsers() throws {
        let given = try connection("--nic", "user,model=e1000,mac=02-00-00-00-00-0a,bootfile=boot/a.ipxe")
        #expect(given?.address == [2, 0, 0, 0, 0, 10] && given?.bootFile == "boot/a.ipxe")
    }

    @Test func mistakesAreSaidWithTheirRemedy() {
        for (option, remedy) in [
            ("tap", "write user"), ("user,mac=1:2:3", "six bytes"), ("user,mac=01:00:00:00:00:00", "the first one even"),
            ("user,model=ne2k", "write model=e1000"), ("user,foo=1", "are known"), ("user,tftp=/nowhere", "check the name"),
            ("user,bootfile=\(String(repeating: "x", count: 128))", "127 bytes"), ("none,mac=1", "write user"),
        ] { #expect(refusal(option)?.contains(remedy) == true, "\(option): \(refusal(option) ?? "taken")") }
    }

    @Test func theFilesOfAFolderAreReadAtOnce() throws {
        let folder = TestFolder()
        let (kernel, inner) = (folder.write([1, 2, 3], to: "kernel"), "\(folder.path)/sub")
        mkdir(inner, 0o755)
        _ = folder.write([4], to: "sub/initrd")
        defer {
            unlink("\(inner)/initrd")
            rmdir(inner)
        }
        let whole = try connection("--nic", "user,tftp=\(folder.path)")
        #expect(whole?.files == [.init("kernel", [1, 2, 3]), .init("sub/initrd", [4])])
        #expect(try connection("--nic", "user,tftp=\(kernel)")?.files == [.init("kernel", [1, 2, 3])])
    }
}
