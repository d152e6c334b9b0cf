import Formats

/// The messages of the Debug Adapter Protocol over a link: "Content-Length: N", an empty line, N bytes of JSON. DAP 1.66, "Base Protocol".
package final class DAPLink {
    /// The reason why a client cannot be understood any more: where its next message begins is not known.
    struct Lost: Error, CustomStringConvertible {
        let description: String
    }

    private let link: GDBLink
    private var received: [UInt8] = []
    private var lastSequence: UInt64 = 0
    /// Bytes of the guest's output that a slow client was not told of.
    private var omitted = 0

    /// Bytes of a message's head, and of its content, at most.
    private static let longestHead = 4096, longestContent = 1 << 24
    /// Bytes that wait for a client from which on the guest's output is left out.
    private static let crowded = 1 << 20

    package init(_ link: GDBLink) { self.link = link }

    var isConnected: Bool { link.isConnected }
    package var descriptors: [Int32] { link.descriptors }
    package var invitation: String { link.invitation }
    /// The address alone, without gdb's words.
    var place: String { link.invitation.replacing("target remote ", with: "") }

    package func connect() -> Bool { link.connect() }
    func hangUp() { link.hangUp() }

    // MARK: From the client

    /// The next message, if it is whole. Throws where the stream cannot be followed, or is no JSON.
    func next() throws -> JSON? {
        link.flush()
        if let bytes = link.take() { received += bytes }
        guard let head = received.firstRange(of: Array("\r\n\r\n".utf8)) else {
            guard received.count <= Self.longestHead else {
                throw Lost(description: "no message begins with \(received.count) bytes of head")
            }
            return nil
        }
        let lines = String(decoding: received[..<head.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let field = lines.first { $0.lowercased().hasPrefix("content-length:") }
        guard head.lowerBound <= Self.longestHead, let length = field.flatMap({ Int($0.dropFirst(15).drop { $0 == " " }) }),
            (0...Self.longestContent).contains(length)
        else { throw Lost(description: "a message's head wants Content-Length, of 0 to \(Self.longestContent)") }
        guard received.count - head.upperBound >= length else { return nil }
        let content = Array(received[head.upperBound..<head.upperBound + length])
        received.removeFirst(head.upperBound + length)
        return try JSONReader.read(content)
    }

    // MARK: To the client

    func event(_ name: String, _ body: [(String, JSON)] = []) {
        send([("type", .text("event")), ("event", .text(name)), ("body", .object(body))])
    }

    func response(to request: DAPRequest, _ body: [(String, JSON)] = []) {
        send([
            ("type", .text("response")), ("request_seq", .number(request.sequence)), ("success", .boolean(true)),
            ("command", .text(request.command)), ("body", .object(body)),
        ])
    }

    /// A refusal: one line for the user.
    func refusal(of request: DAPRequest, _ line: String) {
        let error: [(String, JSON)] = [("id", .number(1)), ("format", .text(line)), ("showUser", .boolean(true))]
        send([
            ("type", .text("response")), ("request_seq", .number(request.sequence)), ("success", .boolean(false)),
            ("command", .text(request.command)), ("message", .text(line)), ("body", .object([("error", .object(error))])),
        ])
    }

    /// Text for the client's console. `category` is "console", "important", "stdout" or "stderr".
    func output(_ text: String, _ category: String = "console") {
        guard link.waiting < Self.crowded else {
            omitted += text.utf8.count
            return
        }
        if omitted > 0 {
            let line = "(\(omitted) bytes of output were left out: they were not read in time)\n"
            omitted = 0
            output(line)
        }
        event("output", [("category", .text(category)), ("output", .text(text))])
    }

    private func send(_ members: [(String, JSON)]) {
        lastSequence += 1
        let content = Array(JSON.object([("seq", .number(lastSequence))] + members).line.utf8)
        link.send(Array("Content-Length: \(content.count)\r\n\r\n".utf8) + content)
    }
}

/// A client's request.
struct DAPRequest {
    let sequence: UInt64
    let command: String
    let arguments: JSON

    /// Nil for a message that is no request.
    init?(_ message: JSON) {
        guard message["type"]?.text == "request", let command = message["command"]?.text else { return nil }
        self.command = command
        sequence = UInt64(max(0, message["seq"]?.integer ?? 0))
        arguments = message["arguments"] ?? .object([])
    }

    subscript(_ name: String) -> JSON? { arguments[name] }
}
