import Wiring

/// The register file as the processor sees it through ports 3B0h to 3DFh.
extension VGA {
    /// The meaning of an offset. Offsets of the mono block and of the colour block name the same registers.
    private enum Port {
        case attribute, attributeData
        case miscellaneousOutputOrInputStatus0, videoSubsystemEnable
        case sequencerIndex, sequencerData
        case DACMask, DACReadIndexOrState, DACWriteIndex, DACData
        case featureControl, miscellaneousOutput
        case graphicsIndex, graphicsData
        case CRTCIndex, CRTCData, inputStatus1OrFeatureControl
        case none
    }

    private func port(_ offset: Int) -> Port {
        switch offset {
        case 0x00: return .attribute
        case 0x01: return .attributeData
        case 0x02: return .miscellaneousOutputOrInputStatus0
        case 0x03: return .videoSubsystemEnable
        case 0x04: return .sequencerIndex
        case 0x05: return .sequencerData
        case 0x06: return .DACMask
        case 0x07: return .DACReadIndexOrState
        case 0x08: return .DACWriteIndex
        case 0x09: return .DACData
        case 0x0A: return .featureControl
        case 0x0C: return .miscellaneousOutput
        case 0x0E: return .graphicsIndex
        case 0x0F: return .graphicsData
        default: break
        }
        let isColour = registers.miscellaneousOutput.contains(.colour)
        switch offset {
        case 0x10...0x1F where isColour: return CRTCPort(offset & 0x0F)
        case 0x20...0x2F where !isColour: return CRTCPort(offset & 0x0F)
        default: return .none
        }
    }

    private func CRTCPort(_ low: Int) -> Port {
        switch low {
        case 0x04: .CRTCIndex
        case 0x05: .CRTCData
        case 0x0A: .inputStatus1OrFeatureControl
        default: .none
        }
    }

    public func read(offset: Int) -> UInt8 {
        if offset >= Self.dispiIndex { return UInt8(truncatingIfNeeded: read(offset: offset, width: .word)) }
        let value = peek(offset: offset)
        switch port(offset) {
        case .inputStatus1OrFeatureControl: registers.attributeExpectsData = false
        case .DACData: advanceDAC(reading: true)
        default: break
        }
        return value
    }

    public func peek(offset: Int) -> UInt8 {
        if offset >= Self.dispiIndex { return UInt8(truncatingIfNeeded: read(offset: offset, width: .word)) }
        func element(_ file: [UInt8], _ index: Int) -> UInt8 { index < file.count ? file[index] : 0 }
        switch port(offset) {
        case .attribute: return registers.attributeIndex
        case .attributeData: return element(registers.attribute, Int(registers.attributeIndex & 0x1F))
        case .miscellaneousOutputOrInputStatus0:
            // Bit 4, switch sense: a colour monitor. Bit 7: the vertical retrace interrupt.
            return 0x10 | (registers.retraceIsPending ? 0x80 : 0)
        case .videoSubsystemEnable: return registers.videoSubsystemEnable
        case .sequencerIndex: return registers.sequencerIndex
        case .sequencerData: return element(registers.sequencer, Int(registers.sequencerIndex))
        case .DACMask: return registers.DACMask
        case .DACReadIndexOrState: return registers.DACIsReading ? 0x03 : 0x00
        case .DACWriteIndex: return registers.DACWriteIndex
        case .DACData: return registers.DAC[3 * Int(registers.DACReadIndex) + Int(registers.DACComponent)]
        case .featureControl: return registers.featureControl
        case .miscellaneousOutput: return registers.miscellaneousOutput.rawValue
        case .graphicsIndex: return registers.graphicsIndex
        case .graphicsData: return element(registers.graphics, Int(registers.graphicsIndex))
        case .CRTCIndex: return registers.CRTCIndex
        case .CRTCData: return element(registers.CRTC, Int(registers.CRTCIndex))
        case .inputStatus1OrFeatureControl: return timing.inputStatus1(clock)
        case .none: return 0xFF
        }
    }

    public func write(offset: Int, value: UInt8) {
        switch port(offset) {
        case .attribute: writeAttribute(value)
        case .attributeData: break
        case .miscellaneousOutputOrInputStatus0:
            registers.miscellaneousOutput = .init(rawValue: value)
            pathChanged()
            timingChanged()
        case .videoSubsystemEnable: registers.videoSubsystemEnable = value & 1
        case .sequencerIndex: registers.sequencerIndex = value & 0x07
        case .sequencerData:
            let index = Int(registers.sequencerIndex)
            guard index < registers.sequencer.count else { return }
            registers.sequencer[index] = value & VGARegisters.sequencerMasks[index]
            if index == 1 { timingChanged() } else { pathChanged() }
        case .DACMask: registers.DACMask = value
        case .DACReadIndexOrState: (registers.DACReadIndex, registers.DACComponent, registers.DACIsReading) = (value, 0, true)
        case .DACWriteIndex: (registers.DACWriteIndex, registers.DACComponent, registers.DACIsReading) = (value, 0, false)
        case .DACData: writeDAC(value)
        case .featureControl, .miscellaneousOutput: break
        case .graphicsIndex: registers.graphicsIndex = value & 0x0F
        case .graphicsData:
            let index = Int(registers.graphicsIndex)
            guard index < registers.graphics.count else { return }
            registers.graphics[index] = value & VGARegisters.graphicsMasks[index]
            pathChanged()
        case .CRTCIndex: registers.CRTCIndex = value & 0x1F
        case .CRTCData:
            let index = Int(registers.CRTCIndex)
            registers.writeCRTC(index, value)
            if index == 0x11 { updateInterrupt() }
            // The cursor and the start address are written all the time and no timing follows from them.
            if !(0x0A...0x0F).contains(index) { timingChanged() }
        case .inputStatus1OrFeatureControl: registers.featureControl = value & 0x03
        case .none: break
        }
    }

    private func writeAttribute(_ value: UInt8) {
        defer { registers.attributeExpectsData.toggle() }
        guard registers.attributeExpectsData else { return registers.attributeIndex = value & 0x3F }
        let index = Int(registers.attributeIndex & 0x1F)
        guard index < registers.attribute.count else { return }
        registers.attribute[index] = value & VGARegisters.attributeMask(index)
    }

    private func writeDAC(_ value: UInt8) {
        registers.DACPending[Int(registers.DACComponent)] = value & (dispi.ENABLE.contains(.eightBitDAC) ? 0xFF : 0x3F)
        if registers.DACComponent == 2 {
            let first = 3 * Int(registers.DACWriteIndex)
            for component in 0..<3 { registers.DAC[first + component] = registers.DACPending[component] }
        }
        advanceDAC(reading: false)
    }

    private func advanceDAC(reading: Bool) {
        registers.DACComponent = (registers.DACComponent + 1) % 3
        guard registers.DACComponent == 0 else { return }
        if reading { registers.DACReadIndex &+= 1 } else { registers.DACWriteIndex &+= 1 }
    }
}

extension VGARegisters {
    /// A state that was put back has the shape that indices rely on.
    var isWellFormed: Bool {
        sequencer.count == 5 && CRTC.count == 0x19 && graphics.count == 9 && attribute.count == 0x15 && DAC.count == 768
            && DACPending.count == 3 && DACComponent < 3
    }
}
