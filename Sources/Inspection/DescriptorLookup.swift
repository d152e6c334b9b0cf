import Processor
import Wiring

extension Descriptor {
    /// "a 32-bit code segment", "empty", "a 32-bit interrupt gate".
    package var kind: String {
        if raw == 0 { return "empty" }
        if !isSystem {
            let size = raw >> 53 & 1 != 0 ? "64-bit" : raw >> 54 & 1 != 0 ? "32-bit" : "16-bit"
            return isCode ? "a \(size) code segment" : type & 2 != 0 ? "a data segment" : "a read-only data segment"
        }
        let names = [
            "reserved", "a 16-bit TSS", "an LDT", "a busy 16-bit TSS", "a 16-bit call gate", "a task gate",
            "a 16-bit interrupt gate",
            "a 16-bit trap gate", "reserved", "a 32-bit TSS", "reserved", "a busy 32-bit TSS", "a 32-bit call gate", "reserved",
            "a 32-bit interrupt gate", "a 32-bit trap gate",
        ]
        let name = high == nil ? names[Int(type)] : names[Int(type)].replacing("32-bit", with: "64-bit")
        return name == "reserved" ? "of the reserved type \(type)" : name
    }
}

/// A table of the processor that lies in no page.
package struct UnmappedTable: Error, Equatable {
    let address: UInt64
}

/// The tables as they are now. SDM Vol. 3A, sections 3.5 and 6.10.
extension MachineView: SystemTables {
    package var idtr: DescriptorTableRegister { state.idtr }
    package var gdtr: DescriptorTableRegister { state.gdtr }
    package var ldtr: SegmentRegister { state.ldtr }
    package var tr: SegmentRegister { state.tr }
    package var cpl: UInt8 { state.cpl }
    package var isIA32e: Bool { state.operatingMode.isIA32e }

    /// Linear address of the handler that an interrupt or trap gate leads to. In IA-32e mode code has no base.
    package func handlerAddress(_ gate: Descriptor) -> UInt64 {
        let base = gate.high == nil ? DescriptorLookup(self, selector: gate.gateSelector).descriptor?.base ?? 0 : 0
        return systemAddress(base, gate.gateOffset)
    }

    /// SS:rSP that the TSS has for an inner level. With 0 in TR none was loaded, and what lies at address 0 is none.
    package func stackOfTSS(_ level: UInt8) throws(UnmappedTable) -> Result<InnerStack, DeliveryRefusal> {
        Selector(tr.selector).isNull ? .failure(.noStackInTSS(tr.selector)) : try innerStack(level)
    }

    /// RSP that the TSS of IA-32e mode has for an inner level, or for `IST` 1 to 7.
    package func stackOfTSSIA32e(_ level: UInt8, IST: UInt64) throws(UnmappedTable) -> Result<UInt64, DeliveryRefusal> {
        Selector(tr.selector).isNull ? .failure(.noStackInTSS(tr.selector)) : try innerStackIA32e(level, IST: IST)
    }

    package func readSystem(_ linear: UInt64, _ size: UInt64) throws(UnmappedTable) -> UInt64 {
        guard let value = self.linear(linear, Int(size)) else { throw UnmappedTable(address: linear) }
        return value
    }
}

/// Finding the descriptor of a selector, and what may be in the way.
package enum DescriptorLookup: Equatable {
    case found(Descriptor)
    case null
    /// The table ends before it, or there is none.
    case beyondLimit(table: String, limit: UInt64)
    /// The table's own memory is not mapped.
    case unmapped(table: String, address: UInt64)

    package init(_ view: MachineView, selector: UInt16) {
        let selector = Selector(selector)
        guard !selector.isNull else {
            self = .null
            return
        }
        let table = selector.isLocal ? "LDT" : "GDT"
        do throws(UnmappedTable) {
            guard var descriptor = try view.descriptor(selector) else {
                self = .beyondLimit(table: table, limit: selector.isLocal ? UInt64(view.ldtr.limit) : UInt64(view.gdtr.limit))
                return
            }
            if view.isIA32e, descriptor.isSystem, descriptor.raw != 0 {
                descriptor.high = try? view.readSystem(view.systemAddress(descriptor.address, 8), 8)
            }
            self = .found(descriptor)
        } catch {
            self = .unmapped(table: table, address: error.address)
        }
    }

    package var descriptor: Descriptor? {
        if case .found(let descriptor) = self { descriptor } else { nil }
    }
}
