import Chips
import Processor
import Wiring

/// A machine's state at one tick, in memory; of RAM only what was changed afterwards.
struct Checkpoint {
    let tick: UInt64
    private let skipped: UInt64
    /// Of each processor.
    private let processors: [(state: CPUState, history: DeliveryHistory)]
    private let turn: PC.Turn
    private let ending: PC.Ending?
    /// Each puts back one chip's state.
    private let chips: [() -> Void]
    private let chipBytes: Int
    let input: InputGate.State
    /// By drive.
    private let writes: [SectorWrites?]
    /// Inputs that had entered.
    let inputCount: Int
    /// Taken because somebody changed the machine here, which running again from before does not.
    let isChange: Bool
    /// RAM here, as far as it was written before the next checkpoint.
    let pages: PageCopies

    init(_ pc: PC, inputCount: Int, isChange: Bool = false) {
        tick = pc.clock.now
        skipped = pc.clock.skipped
        processors = pc.processors.map { ($0.state, $0.history) }
        turn = pc.turn
        ending = pc.ending
        let kept = pc.parts.chips.map(\.kept)
        chips = kept.map(\.putBack)
        chipBytes = kept.reduce(0) { $0 + $1.bytes }
        input = pc.input.state
        writes = pc.configuration.writableStores.map { ($0 as? any OverlaidStore)?.writes }
        self.inputCount = inputCount
        self.isChange = isChange
        pages = PageCopies(pc.memory)
    }

    /// Bytes of the host it takes, about. Sectors are shared with the disk until they are written again, and not counted.
    var byteCount: Int { pages.byteCount + chipBytes }

    /// Puts everything but RAM back, which has to be in place.
    func putBack(_ pc: PC) {
        pc.clock.restart(at: tick, skipped: skipped)
        for chip in chips { chip() }
        for (store, writes) in zip(pc.configuration.writableStores, writes) {
            if let writes { (store as? any OverlaidStore)?.writes = writes }
        }
        pc.input.state = input
        pc.putBack(processors.map(\.state), turn: turn, ending: ending)
        for (cpu, kept) in zip(pc.processors, processors) { cpu.history = kept.history }
    }
}

extension Chip {
    /// The state as it is now, to be put back later, and how much of the host's memory that takes.
    fileprivate var kept: (putBack: () -> Void, bytes: Int) {
        let state = state
        return ({ [unowned self] in self.state = state }, (state as? VGA.State)?.byteCount ?? 512)
    }
}
