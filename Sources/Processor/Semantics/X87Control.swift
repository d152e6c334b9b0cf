import SoftFloat
import X86

/// FNINIT, FNCLEX, FLDCW, FNSTCW, FNSTSW, FNSTENV, FLDENV, FNSAVE, FRSTOR, FWAIT. SDM Vol. 1, sections 8.1.10 and 8.1.11, figures 8-9
/// to 8-12; Vol. 2A. The forms with N do not wait for a pending exception.
extension X87Unit {
    func fldcw() throws(Fault) {
        try reportPending()
        // Bits 15…13 and 7 are reserved; bit 6 reads as 1. SDM Vol. 1, figure 8-6.
        state.pointee.control = try environment.load16(0) & 0x1F3F | 0x40
        state.pointee.updateSummary()
    }

    func fnstcw() throws(Fault) { try environment.store16(state.pointee.control, 0) }

    func fnstsw() throws(Fault) {
        if isMemory {
            try environment.store16(state.pointee.status.rawValue, 0)
        } else {
            environment.setAX(state.pointee.status.rawValue)
        }
    }

    func fnop() throws(Fault) {
        try reportPending()
        notePointers()
    }

    func fnclex() {
        state.pointee.status.subtract(X87Status(rawValue: 0x7F))
        state.pointee.status.subtract(.summary)
    }

    /// Masks every exception afterwards.
    func fnstenv() throws(Fault) {
        try checkEnvironment()
        try storeEnvironment()
        state.pointee.control |= 0x3F
        state.pointee.updateSummary()
    }

    func fldenv() throws(Fault) {
        try reportPending()
        let image = try loadEnvironment()
        install(image)
    }

    /// The environment and the registers from ST(0) to ST(7); then as FNINIT.
    func fnsave() throws(Fault) {
        let start = environmentSize
        if environment.isContiguous(start &+ 80) {
            try environment.checkStore(0, start &+ 80)
        } else {
            try checkEnvironment()
            for register in UInt64(0)..<8 { try environment.checkRegisterStore(start &+ register &* 10) }
        }
        try storeEnvironment()
        for index in UInt8(0)..<8 {
            let offset = start &+ UInt64(truncatingIfNeeded: index) &* 10
            try environment.storeSignificand(st(index).significand, offset)
            try environment.store16(st(index).signExponent, offset &+ 8)
        }
        state.pointee.initialize()
    }

    func frstor() throws(Fault) {
        try reportPending()
        let image = try loadEnvironment()
        var loaded = state.pointee
        let top = X87Status(rawValue: image.status).top
        for index in UInt8(0)..<8 {
            let offset = environmentSize &+ UInt64(truncatingIfNeeded: index) &* 10
            loaded[top &+ index] = Extended(
                significand: try environment.load64(offset), signExponent: try environment.load16(offset &+ 8))
        }
        state.pointee = loaded
        install(image)
    }

    // MARK: The image of the environment

    private struct EnvironmentImage {
        var control: UInt16 = 0
        var status: UInt16 = 0
        var tags: UInt16 = 0
        var FIP: UInt32 = 0
        var FCS: UInt16 = 0
        var FOP: UInt16 = 0
        var FDP: UInt32 = 0
        var FDS: UInt16 = 0
    }

    private var isWide: Bool { instruction.operandSize != .word }
    private var environmentSize: UInt64 { isWide ? 28 : 14 }

    private func checkEnvironment() throws(Fault) {
        if environment.isContiguous(environmentSize) { return try environment.checkStore(0, environmentSize) }
        let part: UInt64 = isWide ? 4 : 2
        for offset in stride(from: 0, to: environmentSize, by: Int(truncatingIfNeeded: part)) {
            try environment.checkStore(offset, part)
        }
    }

    private func install(_ image: EnvironmentImage) {
        state.pointee.control = image.control & 0x1F3F | 0x40
        state.pointee.status = X87Status(rawValue: image.status)
        state.pointee.setTagWord(image.tags)
        state.pointee.FIP = UInt64(truncatingIfNeeded: image.FIP)
        state.pointee.FCS = image.FCS
        state.pointee.FOP = image.FOP & 0x7FF
        state.pointee.FDP = UInt64(truncatingIfNeeded: image.FDP)
        state.pointee.FDS = image.FDS
        state.pointee.updateSummary()
    }

    private func storeEnvironment() throws(Fault) {
        let x87 = state.pointee
        let tags = state.pointee.tagWord()
        var FIP = UInt32(truncatingIfNeeded: x87.FIP)
        var FDP = UInt32(truncatingIfNeeded: x87.FDP)
        // Real mode and virtual-8086 mode: linear addresses.
        if !environment.storesSelectors {
            FIP = FIP &+ UInt32(truncatingIfNeeded: x87.FCS) &<< 4
            FDP = FDP &+ UInt32(truncatingIfNeeded: x87.FDS) &<< 4
        }
        let FOP = UInt32(truncatingIfNeeded: x87.FOP & 0x7FF)
        switch (isWide, environment.storesSelectors) {
        case (true, true):
            try storeWords(x87.control, x87.status.rawValue, tags)
            try environment.store32(FIP, 12)
            try environment.store32(UInt32(truncatingIfNeeded: x87.FCS) | FOP &<< 16, 16)
            try environment.store32(FDP, 20)
            try environment.store32(UInt32(truncatingIfNeeded: x87.FDS) | 0xFFFF_0000, 24)
        case (true, false):
            try storeWords(x87.control, x87.status.rawValue, tags)
            try environment.store32(FIP & 0xFFFF | 0xFFFF_0000, 12)
            try environment.store32((FIP &>> 16) &<< 12 | FOP, 16)
            try environment.store32(FDP & 0xFFFF | 0xFFFF_0000, 20)
            try environment.store32((FDP &>> 16) &<< 12, 24)
        case (false, let selectors):
            try environment.store16(x87.control, 0)
            try environment.store16(x87.status.rawValue, 2)
            try environment.store16(tags, 4)
            try environment.store16(UInt16(truncatingIfNeeded: FIP), 6)
            try environment.store16(selectors ? x87.FCS : UInt16(truncatingIfNeeded: (FIP &>> 16) &<< 12 | FOP), 8)
            try environment.store16(UInt16(truncatingIfNeeded: FDP), 10)
            try environment.store16(selectors ? x87.FDS : UInt16(truncatingIfNeeded: (FDP &>> 16) &<< 12), 12)
        }
    }

    /// The three words in their 32-bit slots; the upper halves are stored as ones.
    private func storeWords(_ control: UInt16, _ status: UInt16, _ tags: UInt16) throws(Fault) {
        try environment.store32(UInt32(truncatingIfNeeded: control) | 0xFFFF_0000, 0)
        try environment.store32(UInt32(truncatingIfNeeded: status) | 0xFFFF_0000, 4)
        try environment.store32(UInt32(truncatingIfNeeded: tags) | 0xFFFF_0000, 8)
    }

    private func loadEnvironment() throws(Fault) -> EnvironmentImage {
        var image = EnvironmentImage()
        let step: UInt64 = isWide ? 4 : 2
        image.control = try environment.load16(0)
        image.status = try environment.load16(step)
        image.tags = try environment.load16(step &* 2)
        switch (isWide, environment.storesSelectors) {
        case (true, true):
            image.FIP = try environment.load32(12)
            let word = try environment.load32(16)
            image.FCS = UInt16(truncatingIfNeeded: word)
            image.FOP = UInt16(truncatingIfNeeded: word &>> 16)
            image.FDP = try environment.load32(20)
            image.FDS = try environment.load16(24)
        case (true, false):
            let word = try environment.load32(16)
            image.FOP = UInt16(truncatingIfNeeded: word)
            image.FIP = UInt32(truncatingIfNeeded: try environment.load16(12)) | (word &>> 12) &<< 16
            image.FDP = UInt32(truncatingIfNeeded: try environment.load16(20))
            image.FDP |= (try environment.load32(24) &>> 12) &<< 16
        case (false, let selectors):
            image.FIP = UInt32(truncatingIfNeeded: try environment.load16(6))
            let second = try environment.load16(8)
            image.FDP = UInt32(truncatingIfNeeded: try environment.load16(10))
            let fourth = try environment.load16(12)
            if selectors {
                (image.FCS, image.FDS) = (second, fourth)
            } else {
                image.FOP = second
                image.FIP |= (UInt32(truncatingIfNeeded: second) &>> 12) &<< 16
                image.FDP |= (UInt32(truncatingIfNeeded: fourth) &>> 12) &<< 16
            }
        }
        return image
    }
}
