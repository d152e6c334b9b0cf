import Chips
import Formats
import Screen
import Wiring

/// `--film`: an animated PNG of the run. Frames are taken at fixed ticks of the virtual clock, so the same run gives the same file.
package struct Film {
    private let path: String
    private let output: OutputDescriptor
    /// The loss of a film that could not be written to its end, in words.
    private(set) var loss: String?
    private let interval: UInt64
    private let milliseconds: Int
    private let size: FrameSize?
    private var animation: AnimatedPNG?
    /// The frame that is not written yet, because how long it stays is not known.
    private var pending: (frame: PixelFrame, milliseconds: Int)?
    /// The tick of the next frame.
    private(set) var next: UInt64

    init(_ path: String, _ plan: ScreenPlan, rate: UInt64, from tick: UInt64 = 0) throws {
        guard path != "-", !isPipe(path) else {
            throw UserError(.outputFile, "a film is completed at its beginning", "--film \(path)", remedy: "name a file")
        }
        let descriptor = openForOutput(path)
        guard descriptor >= 0 else { throw OutputFile.refusal(path, errno) }
        self.path = path
        output = OutputDescriptor(descriptor)
        interval = max(1, rate / UInt64(plan.filmRate))
        milliseconds = 1000 / plan.filmRate
        size = plan.filmSize
        // What was before a restored machine's first tick is not in this film.
        let first = plan.filmFrom
        next = tick > first ? first + (tick - first + interval - 1) / interval * interval : first
    }

    /// Takes a frame when its tick has come.
    mutating func take(from vga: VGA, at tick: UInt64) {
        guard tick >= next else { return }
        let steps = (tick - next) / interval + 1
        next += steps * interval
        let frame = vga.pixelFrame(), shown = milliseconds * Int(min(steps, 1 << 32))
        if let last = pending, last.frame == frame {
            pending?.milliseconds += shown
        } else {
            writePending()
            pending = (frame, shown)
        }
    }

    private mutating func writePending() {
        guard let pending else { return }
        self.pending = nil
        var animation = animation ?? start(pending.frame)
        // A frame lasts 65 seconds at most; a longer one is shown again.
        var rest = pending.milliseconds
        repeat {
            write(animation.add(pending.frame, milliseconds: min(rest, 65_000)))
            rest -= 65_000
        } while rest > 0
        self.animation = animation
    }

    private mutating func write(_ bytes: [UInt8]) {
        guard loss == nil, let reason = output.writeAll(bytes) else { return }
        loss = OutputFile.loss(of: path, reason)
    }

    private mutating func start(_ frame: PixelFrame) -> AnimatedPNG {
        let animation = AnimatedPNG(width: size?.width ?? frame.width, height: size?.height ?? frame.height)
        write(animation.header)
        return animation
    }

    /// Writes what is left and the number of frames.
    mutating func finish() {
        writePending()
        if let animation {
            write(AnimatedPNG.trailer)
            if lseek(output.number, 0, SEEK_SET) == 0 {
                write(animation.header)
            } else {
                loss = loss ?? OutputFile.loss(of: path, errno)
            }
        }
        if close(output.number) != 0 { loss = loss ?? OutputFile.loss(of: path, errno) }
    }
}
