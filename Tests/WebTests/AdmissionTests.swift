import Testing

@testable import Web

@Suite struct AdmissionTests {
    private let token = Admission.makeToken()

    private func admission(isOpen: Bool = false) -> Admission {
        let admission = Admission(token: token, isOpen: isOpen)
        admission.listens(on: "127.0.0.1", port: 8086)
        return admission
    }

    @Test func whoKnowsTheTokenGetsFiles() {
        #expect(admission().file("/\(token)/", host: ["127.0.0.1:8086"]) == "")
        #expect(admission().file("/\(token)/page.js?x", host: ["localhost:8086"]) == "page.js")
        for uri in ["/", "", "/\(token)", "/x\(token)/", "//", "/\(token.dropLast())0x/", "/\(token.uppercased())x/", "*"] {
            #expect(admission().file(uri, host: ["127.0.0.1:8086"]) == nil, "\(uri)")
        }
    }

    @Test func otherNamesAreRefused() {
        for host in [
            [], ["evil.example:8086"], ["127.0.0.1:80"], ["127.0.0.1"], ["127.0.0.1:8086", "127.0.0.1:8086"], ["10.0.0.1:8086"],
        ] {
            #expect(admission().file("/\(token)/", host: host) == nil, "\(host)")
        }
        #expect(admission(isOpen: true).file("/\(token)/", host: ["10.0.0.1:8086"]) == "")
        #expect(admission(isOpen: true).file("/\(token)/", host: ["evil.example:8086"]) == nil)
    }

    @Test func socketsWantThePagesOrigin() {
        let uri = "/\(token)/socket"
        let host = ["127.0.0.1:8086"]
        #expect(admission().admits(socket: uri, host: host, origin: ["http://127.0.0.1:8086"]))
        for origin in [[], ["null"], ["http://evil.example"], ["https://127.0.0.1:8086"], ["http://localhost:8086"]] {
            #expect(!admission().admits(socket: uri, host: host, origin: origin), "\(origin)")
        }
        #expect(!admission().admits(socket: "/\(token)/page.js", host: host, origin: ["http://127.0.0.1:8086"]))
    }

    @Test func tokensDiffer() {
        #expect(Admission.makeToken().utf8.count == 32)
        #expect(Admission.makeToken() != Admission.makeToken())
    }

    @Test func everyFileIsThere() {
        for name in ["", "style.css", "icon.svg"] + PageFile.scripts {
            #expect(PageFile.named(name)?.bytes.isEmpty == false, "\(name)")
        }
        #expect(PageFile.named("../Package.swift") == nil)
    }
}

@Suite struct SinglePageTests {
    @Test func nothingIsAskedForFromOutside() {
        let page = SinglePage.html(title: "a<b", recording: "AAAA")
        #expect(page.contains("<title>a&lt;b – swemu</title>"))
        for word in [" src=", "href=\"style.css\"", "href=\"icon.svg\"", "\nimport ", "\nexport "] {
            #expect(!page.contains(word), "\(word)")
        }
        #expect(page.contains("default-src 'none'"))
        #expect(page.contains("const { machine, on, send } = machine_js;"))
    }
}
