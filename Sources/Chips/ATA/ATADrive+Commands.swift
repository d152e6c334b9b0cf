import Wiring

/// The commands, each carried out once its BSY time is over (ATA/ATAPI-6, chapter 8).
extension ATADrive {
    func execute(_ command: ATACommand) {
        switch command {
        case .readSectors(let addressing): beginRead(addressing)
        case .writeSectors(let addressing): beginWrite(addressing)
        case .readMultiple(let addressing):
            guard state.multiple != 0 else { return fail(.ABRT) }
            beginRead(addressing)
        case .writeMultiple(let addressing):
            guard state.multiple != 0 else { return fail(.ABRT) }
            beginWrite(addressing)
        case .readDMA(let addressing): if dmaIsThere { beginRead(addressing) }
        case .writeDMA(let addressing): if dmaIsThere { beginWrite(addressing) }
        case .readVerify(let addressing): verify(addressing)
        case .seek:
            state.powerMode = .active
            guard let sector = address(.short), sector < store.sectorCount else { return fail(.IDNF) }
            complete()
        case .recalibrate:
            state.powerMode = .active
            complete()
        case .identifyDevice: offer(identity.block(capacity: store.sectorCount, state))
        case .setFeatures: setFeatures()
        case .setMultipleMode: setMultipleMode()
        case .initializeDeviceParameters: initializeDeviceParameters()
        case .flushCache: flushCache()
        case .readBuffer: offer(state.sectorBuffer)
        case .writeBuffer: ask(for: 1)
        case .readNativeMaxAddress(let addressing): readNativeMaxAddress(addressing)
        case .standby, .standbyImmediate: enter(.standby)
        case .idle, .idleImmediate: enter(.idle)
        case .sleep: enter(.sleep)
        case .checkPowerMode:
            state.sectorCount.set(state.powerMode == .standby ? 0x00 : state.powerMode == .idle ? 0x80 : 0xFF)
            complete()
        case .executeDeviceDiagnostic: beginReset(hardware: false, .diagnostic)
        case .nop, .optional: fail(.ABRT)
        case .unimplemented(let name): refuse(name)
        case .unknown:
            report("command \(hex(state.command)) is unknown; answered with ABRT")
            fail(.ABRT)
        }
    }

    private func refuse(_ name: String) {
        report("\(name) (\(hex(state.command))) is not emulated; answered with ABRT")
        fail(.ABRT)
    }

    /// A bus master is there for a DMA command, which is refused if not.
    private var dmaIsThere: Bool {
        if !hasDMA { refuse(ATACommand(code: state.command).name(code: state.command)) }
        return hasDMA
    }

    private func enter(_ mode: ATAPowerMode) {
        state.powerMode = mode
        complete()
    }

    /// Default sectors per track and heads of the CHS translation (ATA/ATAPI-5, 8.16).
    private func initializeDeviceParameters() {
        let sectors = UInt64(state.sectorCount.current)
        let heads = UInt64(state.device & 0x0F) + 1
        guard sectors != 0 else { return fail(.ABRT) }
        let cylinders = min(store.sectorCount / (heads * sectors), 65535)
        state.geometry = DiskGeometry(cylinders: cylinders, heads: heads, sectorsPerTrack: sectors)
        complete()
    }

    /// A power of two up to what IDENTIFY word 47 says; 0 turns the mode off. An unfit count turns it off, too, and is aborted.
    private func setMultipleMode() {
        let count = state.sectorCount.current
        state.multiple = 0
        guard count == 0 || (count.nonzeroBitCount == 1 && count <= ATADrive.maximumMultiple) else { return fail(.ABRT) }
        state.multiple = count
        complete()
    }

    private func setFeatures() {
        switch state.features.current {
        case 0x02: state.writeCache = true
        case 0x82:
            // Turning the cache off writes it out.
            state.writeCache = false
            return flushCache()
        case 0x03:
            // Transfer mode: PIO default, or flow control modes 0 to 4; multiword DMA modes 0 to 2 where there is DMA.
            let mode = state.sectorCount.current
            if hasDMA, (0x20...0x22).contains(mode) {
                state.dmaMode = mode
            } else if ![0x00, 0x01, 0x08, 0x09, 0x0A, 0x0B, 0x0C].contains(mode) {
                return fail(.ABRT)
            }
        case 0x55: state.lookAhead = false
        case 0xAA: state.lookAhead = true
        case 0x66: state.revertsOnReset = false
        case 0xCC: state.revertsOnReset = true
        default: return fail(.ABRT)
        }
        complete()
    }

    func flushCache() {
        do throws(BlockStoreError) {
            try store.flush()
            complete()
        } catch {
            report("FLUSH CACHE failed on the host: \(error)")
            fail(.ABRT, deviceFault: true)
        }
    }

    /// Not behind the Host Protected Area feature set, which IDENTIFY does not claim: the last address of the disk.
    private func readNativeMaxAddress(_ addressing: ATACommand.Addressing) {
        let last = store.sectorCount - 1
        setAddress(addressing == .short ? min(last, 0x0FFF_FFFE) : last, addressing, alwaysLBA: true)
        complete()
    }

    /// Reads in strides of 64 KBytes; only a stride with an error is gone through sector by sector.
    private func verify(_ addressing: ATACommand.Addressing) {
        guard prepare(addressing) else { return }
        var sectors = [UInt8](repeating: 0, count: 512 * 128)
        while state.sectorsLeft > 0 {
            let first = state.nextSector
            var count = min(128, state.sectorsLeft)
            var error = sectors.withUnsafeMutableBytes {
                readError(first, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<(512 * Int(count))]))
            }
            if error != nil, count > 1 {
                count = 1
                error = sectors.withUnsafeMutableBytes {
                    readError(first, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<512]))
                }
            }
            if let error { return failAtSector(error, addressing) }
            state.nextSector &+= count
            state.sectorsLeft &-= count
        }
        setAddress(state.nextSector &- 1, addressing)
        complete()
    }

    func readError(_ sector: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> BlockStoreError? {
        do throws(BlockStoreError) {
            try store.read(sector: sector, into: buffer)
            return nil
        } catch {
            return error
        }
    }

    func writeError(_ sector: UInt64, from buffer: UnsafeRawBufferPointer) -> BlockStoreError? {
        do throws(BlockStoreError) {
            try store.write(sector: sector, from: buffer)
            return nil
        } catch {
            return error
        }
    }

    /// Ends the command with the error of `sector` and its address in the registers.
    func failAtSector(_ error: BlockStoreError, _ addressing: ATACommand.Addressing) {
        setAddress(state.nextSector, addressing)
        let writing = state.transfer == .toDevice
        switch error {
        case .outOfRange: fail(.IDNF)
        case .readOnly: fail([.ABRT, .WP])
        case .host(let errno, let operation): failOnHost("\(operation) failed on the host (errno \(errno))", writing)
        case .damaged(let what), .refused(let what): failOnHost(what, writing)
        }
    }

    private func failOnHost(_ what: String, _ writing: Bool) {
        report("\(what); the guest sees \(writing ? "a device fault" : "an unreadable sector")")
        if writing { fail(.ABRT, deviceFault: true) } else { fail(.UNC) }
    }
}
