import Testing
import Wiring

@testable import Chips

/// The network inside the machine, asked as guests ask it.
@Suite struct UserNetworkTests {
    private final class Rig {
        let clock = Clock(rate: 100_000_000)
        let network: UserNetwork
        let complaints = Complaints()
        var frames: [[UInt8]] = []

        init(files: [UserNetwork.File] = [], bootFile: String = "") {
            network = UserNetwork(clock: clock, files: files, bootFile: bootFile)
            network.diagnostics = complaints
            network.onFrame = { [unowned self] in frames.append($0) }
        }

        /// What comes back for a frame.
        func ask(_ frame: [UInt8]) -> [[UInt8]] {
            frames = []
            network.take(frame)
            clock.run(20_000)
            return frames
        }

        func ask(_ payload: [UInt8], to address: UInt32, port: UInt16, from own: UInt16 = 4000) -> InternetPacket? {
            let guest = NetworkEnd(station: UserNetworkTests.own, address: 0x0A00_020F, port: own)
            let frame = InternetPacket.datagram(from: guest, to: network.end(address, port: port), number: 1, payload)
            return ask(frame).first.flatMap { InternetPacket(frame: $0) }
        }
    }

    private static let own: [UInt8] = [0x52, 0x54, 0, 0x12, 0x34, 0x56]
    private static let gateway: UInt32 = 0x0A00_0202, nameServer: UInt32 = 0x0A00_0203

    private static func packet(_ kind: InternetPacket.Kind, to address: UInt32, _ payload: [UInt8], on network: UserNetwork)
        -> [UInt8]
    {
        InternetPacket.frame(
            kind, from: NetworkEnd(station: own, address: 0x0A00_020F), to: network.end(address), number: 7, payload)
    }

    @Test func whoHasTheGatewayIsTold() {
        let rig = Rig()
        let request: [UInt8] = [0, 1, 8, 0, 6, 4, 0, 1] + Self.own + [10, 0, 2, 15, 0, 0, 0, 0, 0, 0, 10, 0, 2]
        let frame = [UInt8](repeating: 0xFF, count: 6) + Self.own + [8, 6] + request
        let reply = rig.ask(frame + [2])
        #expect(reply.count == 1 && reply[0][..<6] == Self.own[...] && reply[0][20...21] == [0, 2])
        #expect(Array(reply[0][22..<32]) == [0x52, 0x55, 10, 0, 2, 2, 10, 0, 2, 2])
        #expect(rig.ask(frame + [99]).isEmpty && rig.ask(frame + [15]).isEmpty, "nobody else is there")
    }

    @Test func aPingComesBackAfterATenthOfAMillisecond() throws {
        let rig = Rig()
        var echo: [UInt8] = [8, 0, 0, 0, 1, 2, 3, 4, 5]
        echo.setWord(~FrameChecks.sum(echo[...]), at: 2)
        rig.network.take(Self.packet(.ICMP, to: Self.gateway, echo, on: rig.network))
        rig.clock.run(9_999)
        #expect(rig.frames.isEmpty)
        rig.clock.run(1)
        let reply = try #require(rig.frames.first.flatMap { InternetPacket(frame: $0) })
        #expect(reply.payload[0] == 0 && reply.payload[4...] == echo[4...] && FrameChecks.sum(reply.payload[...]) == 0xFFFF)
        // The world outside is not there, and that is said.
        let refused = try #require(rig.ask(Self.packet(.ICMP, to: 0x0808_0808, echo, on: rig.network)).first)
        #expect(InternetPacket(frame: refused)?.payload.prefix(2) == [3, 0])
        #expect(rig.complaints.list.first?.message.contains("8.8.8.8") == true)
        echo[8] ^= 1
        #expect(rig.ask(Self.packet(.ICMP, to: Self.gateway, echo, on: rig.network)).isEmpty, "a damaged one is none")
    }

    private static func configuration(_ kind: UInt8?, _ options: [UInt8] = [], isToAll: Bool = false) -> [UInt8] {
        var message = [UInt8](repeating: 0, count: 240)
        (message[0], message[1], message[2], message[10]) = (1, 1, 6, isToAll ? 0x80 : 0)
        message.setDoubleword(0x1122_3344, at: 4)
        message.replaceSubrange(28..<34, with: own)
        message.setDoubleword(0x6382_5363, at: 236)
        return message + (kind.map { [53, 1, $0] } ?? []) + options + [255]
    }

    private func configure(_ rig: Rig, _ message: [UInt8]) throws -> InternetPacket? {
        let (client, everybody) = (
            NetworkEnd(station: Self.own, address: 0, port: 68), NetworkEnd(station: UserNetwork.broadcast, address: .max, port: 67)
        )
        return rig.ask(InternetPacket.datagram(from: client, to: everybody, number: 1, message)).first.flatMap {
            InternetPacket(frame: $0)
        }
    }

    @Test func aLeaseIsOfferedAndGiven() throws {
        let rig = Rig(bootFile: "boot/kernel")
        let offer = try #require(try configure(rig, Self.configuration(1)))
        #expect(offer.payload[0] == 2 && offer.payload.doubleword(at: 4) == 0x1122_3344 && offer.destination.port == 68)
        #expect(offer.payload.doubleword(at: 16) == 0x0A00_020F && offer.payload.doubleword(at: 20) == Self.gateway)
        #expect(offer.payload[108..<120].elementsEqual("boot/kernel\0".utf8))
        #expect(Array(offer.payload[240..<243]) == [53, 1, 2] && offer.destination.station == Self.own)
        let answer = try #require(
            try configure(rig, Self.configuration(3, [50, 4, 10, 0, 2, 15, 54, 4, 10, 0, 2, 2], isToAll: true)))
        #expect(answer.payload[242] == 5 && answer.destination.station == UserNetwork.broadcast)
        let options = Array(answer.payload[243...])
        for option: [UInt8] in [
            [1, 4, 255, 255, 255, 0], [3, 4, 10, 0, 2, 2], [6, 4, 10, 0, 2, 3], [51, 4, 0, 1, 0x51, 0x80], [54, 4, 10, 0, 2, 2],
        ] { #expect(options.firstRange(of: option) != nil, "\(option)") }
        let refusal = try #require(try configure(rig, Self.configuration(3, [50, 4, 192, 168, 0, 1])))
        #expect(refusal.payload[242] == 6 && refusal.payload.doubleword(at: 16) == 0)
        #expect(try configure(rig, Self.configuration(3, [54, 4, 10, 0, 2, 4])) == nil, "another server was chosen")
        #expect(try configure(rig, Self.configuration(nil))?.payload.doubleword(at: 16) == 0x0A00_020F, "BOOTP")
        #expect(try configure(rig, Self.configuration(7)) == nil)
    }

    /// Fetches a file block by block, and gives the first answer and what came.
    private func fetch(_ rig: Rig, _ name: String, _ options: String = "") -> (first: [UInt8], contents: [UInt8]) {
        let request = [0, 1] + Array("\(name)\0octet\0\(options)".utf8)
        guard var answer = rig.ask(request, to: Self.gateway, port: 69) else { return ([], []) }
        let first = answer.payload
        var contents: [UInt8] = []
        for _ in 0..<200_000 {
            let block: UInt16 = answer.payload[1] == 6 ? 0 : answer.payload.word(at: 2)
            guard answer.payload[1] != 5 else { break }
            if answer.payload[1] == 3 { contents += answer.payload[4...] }
            let port = answer.source.port
            // A lost acknowledgment is sent once more, and its block comes once more.
            if block % 7 == 3,
                let again = rig.ask([0, 4, UInt8((block - 1) >> 8), UInt8((block - 1) & 0xFF)], to: Self.gateway, port: port)
            {
                #expect(again.payload == answer.payload)
            }
            guard let next = rig.ask([0, 4, UInt8(block >> 8), UInt8(block & 0xFF)], to: Self.gateway, port: port) else { break }
            answer = next
        }
        return (first, contents)
    }

    @Test func filesComeByTFTP() {
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let rig = Rig(files: [.init("kernel", bytes), .init("sub/even", Array(bytes[..<1024])), .init("empty", [])])
        #expect(fetch(rig, "kernel").contents == bytes)
        let options = fetch(rig, "/kernel", "tsize\00\0blksize\09000\0windowsize\08\0")
        #expect(options.first == [0, 6] + Array("tsize\0100000\0blksize\01468\0".utf8) && options.contents == bytes)
        #expect(fetch(rig, "sub/even").contents == Array(bytes[..<1024]), "two whole blocks and an empty one")
        #expect(fetch(rig, "empty").contents.isEmpty && fetch(rig, "empty").first == [0, 3, 0, 1])
        #expect(fetch(rig, "../kernel").first.prefix(4) == [0, 5, 0, 1] && fetch(rig, "").first.prefix(4) == [0, 5, 0, 1])
        #expect(rig.ask([0, 2] + Array("new\0octet\0".utf8), to: Self.gateway, port: 69)?.payload.prefix(4) == [0, 5, 0, 2])
        #expect(rig.ask([0, 4, 0, 9], to: Self.gateway, port: 50000)?.payload.prefix(2) == [3, 3], "a port where nobody is")
    }

    @Test func blockNumbersGoRound() {
        let bytes = [UInt8](repeating: 0x5A, count: 70_000 * 8 + 3)
        let rig = Rig(files: [.init("long", bytes)])
        #expect(fetch(rig, "long", "blksize\08\0").contents == bytes)
    }

    @Test func noNameIsKnown() throws {
        let rig = Rig()
        let question: [UInt8] = [0xAB, 0xCD, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 7] + Array("example".utf8) + [0, 0, 1, 0, 1]
        let answer = try #require(rig.ask(question, to: Self.nameServer, port: 53))
        #expect(Array(answer.payload[..<8]) == [0xAB, 0xCD, 0x81, 0x83, 0, 1, 0, 0] && answer.payload.count == question.count)
        #expect(answer.source.address == Self.nameServer)
    }

    @Test func nobodyListens() throws {
        let rig = Rig()
        var segment = [UInt8](repeating: 0, count: 20)
        segment.setWord(1234, at: 0)
        segment.setWord(80, at: 2)
        segment.setDoubleword(999, at: 4)
        (segment[12], segment[13]) = (0x50, 2)
        let reply = try #require(
            rig.ask(Self.packet(.TCP, to: Self.gateway, segment, on: rig.network)).first.flatMap { InternetPacket(frame: $0) })
        #expect(reply.payload[13] == 0x14 && reply.payload.doubleword(at: 8) == 1000 && reply.payload.word(at: 2) == 1234)
    }

    @Test func noiseIsHarmlessAndStatesGoOn() {
        let file = UserNetwork.File("kernel", [UInt8](repeating: 1, count: 5000))
        let rig = Rig(files: [file], bootFile: "kernel")
        var noise = Noise(seed: 1000)
        let seeds: [[UInt8]] = [
            Self.packet(.ICMP, to: Self.gateway, [8, 0, 0xF7, 0xFF, 0, 0, 0, 0], on: rig.network),
            InternetPacket.datagram(
                from: NetworkEnd(station: Self.own, address: 0x0A00_020F, port: 9), to: rig.network.end(Self.gateway, port: 69),
                number: 1,
                [0, 1] + Array("kernel\0octet\0blksize\099\0".utf8)),
            InternetPacket.datagram(
                from: NetworkEnd(station: Self.own, address: 0, port: 68),
                to: NetworkEnd(station: UserNetwork.broadcast, address: .max, port: 67), number: 1, Self.configuration(1)),
        ]
        for round in 0..<20_000 {
            var frame = noise.element(of: seeds)
            for _ in 0..<noise.below(4) { frame[noise.below(frame.count)] = noise.byte() }
            rig.network.take(noise.below(5) == 0 ? Array(frame.prefix(noise.below(frame.count + 1))) : frame)
            if noise.bool() { rig.clock.run(UInt64(noise.below(3000))) }
            if round % 500 == 0 {
                let copy = Rig(files: [file], bootFile: "kernel")
                copy.clock.skip(to: rig.clock.now)
                copy.network.state = rig.network.state
                #expect(copy.network.state == rig.network.state)
            }
        }
        // A state from elsewhere speaks of files and blocks that are not there.
        var state = UserNetwork.State()
        state.transfers = [
            .init(clientPort: 4000, port: 50000, file: 77, blockSize: 512),
            .init(clientPort: 4000, port: 50001, file: 0, blockSize: 512),
        ]
        state.deliveries = (0..<1000).map { _ in .init(tick: 0, frame: [UInt8](repeating: 0, count: 3000)) }
        rig.network.state = state
        for port: UInt16 in [50000, 50001] {
            for block: UInt8 in [0, 1, 0xFF] { _ = rig.ask([0, 4, block, block], to: Self.gateway, port: port) }
        }
    }
}
