import Debugging
import Formats
import Session

#if Web
    import Board
    import Debugging
    import Screen
    import Web

    /// A machine under its debugger, driven by pages in browsers: commands of the debugger's table, input for the guest, and what is to be seen of it.
    ///
    /// Commands are carried out one by one. Looks and the guest's input are taken between the slices of a running machine.
    final class WebSession {
        private(set) var session: DebugSession
        private let mailbox: Mailbox
        private let title: String
        /// A lesson that the pages show beside its machine.
        private(set) var lesson: WebLesson?
        private var clients: [Int: WebClient] = [:]
        /// Commands that nobody has carried out, with who sent them.
        private var commands: [(client: Int, request: JSON)] = []
        private static let mostCommands = 64
        /// The user wants the machine to run.
        private var isRunning: Bool
        /// A command is to end now.
        private var isInterrupted = false
        private var hasBegun = false
        private var isCarryingOut = false
        private var pace: WebPace
        private var consoles: WebConsoles
        private var history: WebHistory
        private var nextLook: UInt64 = 0
        private var nextPicture: UInt64 = 0
        private var nextTelling: UInt64 = 0
        private var report: StopReport?

        init(_ session: DebugSession, _ mailbox: Mailbox, title: String, stopped: Bool, lesson: WebLesson? = nil) {
            (self.session, self.mailbox, self.title, self.lesson) = (session, mailbox, title, lesson)
            isRunning = !stopped
            consoles = WebConsoles(session)
            history = WebHistory(session)
            pace = WebPace(session.host)
            join()
        }

        /// Listens to the machine.
        private func join() {
            session.debugger.slice = 250_000
            session.put = { _ in }
            session.wantsStop = { [unowned self] in lookWhileRunning() }
            session.commands.onStop = { [unowned self] in report = $0 }
        }

        /// Another machine takes this one's place.
        private func replace(by next: DebugSession) {
            (session, report, isRunning) = (next, nil, false)
            consoles = WebConsoles(next)
            history = WebHistory(next)
            pace = WebPace(next.host)
            join()
            for number in clients.keys { clients[number]?.look.top = 0 }
        }

        /// Serves until the user of this host ends it, and returns the exit status. `close` ends the connections.
        func serve(_ close: () -> Void) -> Int32 {
            while !session.isOver, Signals.pending == nil {
                read()
                if !commands.isEmpty {
                    let (client, request) = commands.removeFirst()
                    carryOut(request, of: client)
                } else if isRunning, hasBegun {
                    run()
                } else {
                    waitForInput([mailbox.descriptor], milliseconds: 100)
                    session.attend()
                }
            }
            for number in clients.keys { send([("kind", .text("over"))], to: number) }
            close()
            let verdict = session.close()
            session.host.say(verdict)
            return verdict.status
        }

        // MARK: The machine

        /// Lets it run until somebody wants something else.
        private func run() {
            pace.begin()
            tell()
            report = session.move(by: "continue")
            session.host.flush()
            switch report?.cause {
            case .asked: return
            // Nothing is due; a key may come.
            case .idle:
                if isRunning { waitForInput([mailbox.descriptor], milliseconds: 50) }
                tell()
                return
            default: isRunning = false
            }
            show()
        }

        /// Serves the pages between two slices; true when the machine is to stop for a moment.
        private func lookWhileRunning() -> Bool {
            let time = hostNanoseconds()
            history.take()
            if time >= nextLook {
                nextLook = time + 4_000_000
                read()
                tell()
            }
            pace.wait(for: mailbox.descriptor) { isInterrupted || !commands.isEmpty }
            return isInterrupted || (!isCarryingOut && (!isRunning || !commands.isEmpty))
        }

        // MARK: From the pages

        private func read() {
            for event in mailbox.take() {
                switch event {
                case .opened(let number): welcome(number)
                case .closed(let number): clients[number] = nil
                case .message(let number, let bytes):
                    guard clients[number] != nil else { continue }
                    guard let message = try? JSONReader.read(bytes) else {
                        send([("kind", .text("mistake")), ("text", .text("a message is JSON"))], to: number)
                        continue
                    }
                    take(message, from: number)
                }
            }
        }

        private func welcome(_ number: Int) {
            clients[number] = WebClient()
            let commands = CommandTable.commands.map { command in
                JSON.object([
                    ("name", .text(command.name)), ("arguments", .text(command.arguments)), ("what", .text(command.what)),
                    ("example", .text(command.example)), ("group", .text(command.group.rawValue)),
                ])
            }
            send(
                [
                    ("kind", .text("hello")), ("title", .text(title)), ("rate", .number(session.host.pc.clock.rate)),
                    ("commands", .list(commands)), ("layouts", .list(KeyLayout.allCases.map { .text($0.rawValue) })),
                    ("consoles", .list(consoles.backlog)), ("lesson", lesson?.json ?? .null),
                ], to: number)
            hasBegun = true
            show(number)
            sendPicture(number)
        }

        private func take(_ message: JSON, from number: Int) {
            if message["command"] != nil || message["attempt"] != nil {
                if commands.count < Self.mostCommands { commands.append((number, message)) }
            } else if message["pause"] != nil {
                (isRunning, isInterrupted) = (false, isCarryingOut)
                if !isCarryingOut { show() }
            } else if let seen = message["seen"] {
                lesson?.note(seen)
            } else if let look = message["look"] {
                clients[number]?.look.take(look)
                show(number)
            } else if let words = message["complete"]?.text {
                let found = CommandTable.completions(of: words, in: session.commands).prefix(40)
                send([("kind", .text("completions")), ("of", .text(words)), ("lines", .list(found.map { .text($0) }))], to: number)
            } else {
                if let mistake = WebInput(session.host.pc).take(message) {
                    send([("kind", .text("mistake")), ("text", .text(mistake))], to: number)
                }
            }
        }

        /// Carries out a command, answers it, and shows what became of the machine.
        private func carryOut(_ request: JSON, of number: Int) {
            if let attempt = request["attempt"] { return tryOut(attempt, of: number) }
            var line = request["command"]?.text ?? ""
            // Lessons write commands as one types them in a terminal.
            if lesson != nil, line.hasPrefix(":") { line.removeFirst() }
            let sequence = UInt64(max(0, request["seq"]?.integer ?? 0))
            var lines: [String] = []
            session.put = { if lines.count < 2000 { lines.append($0) } }
            // A command that only looks leaves the reason of the last stop as it is.
            let before = report
            (isInterrupted, isCarryingOut, report) = (false, true, nil)
            // The machine runs in a loop of its own, so that it can be looked at.
            let isContinue = ["continue", "c", "run", "cont"].contains(line)
            let isRight = isContinue || session.commands.execute(line)
            isCarryingOut = false
            if isContinue { isRunning = session.host.pc.ending == nil }
            if report != nil { isRunning = false } else if !isRunning { report = before }
            session.put = { _ in }
            session.host.flush()
            // The state comes first: who has the reply knows what became of the machine.
            show()
            send(
                [
                    ("kind", .text("reply")), ("to", .number(sequence)), ("command", .text(line)), ("ok", .boolean(isRight)),
                    ("lines", .list(lines.map { .text($0) })),
                ], to: number)
        }

        /// Tries what somebody gave for a task of the lesson.
        private func tryOut(_ attempt: JSON, of number: Int) {
            (isInterrupted, isCarryingOut) = (false, true)
            let answer = lesson?.answer(attempt)
            isCarryingOut = false
            guard let answer else { return }
            if let machine = lesson?.machine.session, machine !== session { replace(by: machine) } else { join() }
            for number in clients.keys { send([("kind", .text("attempt"))] + answer, to: number) }
            show()
        }

        // MARK: To the pages

        /// Tells pages of a running machine: pictures thirty times a second, numbers four times.
        private func tell() {
            let time = hostNanoseconds()
            consoles.flush { message in for number in clients.keys { send(message, to: number) } }
            if time >= nextPicture {
                for number in clients.keys { sendPicture(number) }
                // Pictures take a tenth of the time at most.
                nextPicture = time + max(33_000_000, 9 * (hostNanoseconds() - time))
            }
            guard time >= nextTelling else { return }
            nextTelling = time + 250_000_000
            let state = WebState(session, report, isRunning: isRunning || isCarryingOut, history)
            for number in clients.keys { send(state.running, to: number) }
        }

        /// The whole state, for all pages.
        private func show() {
            history.take()
            consoles.flush { message in for number in clients.keys { send(message, to: number) } }
            for number in clients.keys {
                show(number)
                sendPicture(number)
            }
        }

        private func show(_ number: Int) {
            guard var client = clients[number], mailbox.isReady(number) else { return }
            send(WebState(session, report, isRunning: isRunning, history).whole(&client.look), to: number)
            clients[number]?.look = client.look
        }

        private func sendPicture(_ number: Int) {
            guard mailbox.isReady(number), let picture = clients[number]?.screen.picture(of: session.host.pc.vga) else { return }
            switch picture {
            case .text(let message): send(message, to: number)
            case .dots(let bytes): mailbox.send(bytes, to: number)
            }
        }

        private func send(_ members: [(String, JSON)], to number: Int) {
            guard let sequence = clients[number]?.nextSequence() else { return }
            mailbox.send(JSON.object([("seq", .number(sequence))] + members).line, to: number)
        }
    }

    /// The server's knowledge of a page.
    struct WebClient {
        var look = WebLook()
        var screen = WebScreen()
        private var sequence: UInt64 = 0

        mutating func nextSequence() -> UInt64 {
            sequence += 1
            return sequence
        }
    }
#endif
