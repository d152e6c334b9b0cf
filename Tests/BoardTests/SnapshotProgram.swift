import Disks
import Wiring

@testable import Board

/// A short program in which saving is hard: repeated instructions, interrupt shadows, traps, timer interrupts at odd moments, a sector read
/// and a sector written word by word.
enum SnapshotProgram {
    /// Ticks until only the timer is left.
    static let length: UInt64 = 1150

    /// At F000:0000. The timer interrupts every 168 ticks at 1 MHz.
    static let code: [UInt8] = [
        // cli; xor ax,ax; mov ds,ax; mov es,ax; mov ss,ax; mov sp,7000h
        0xFA, 0x31, 0xC0, 0x8E, 0xD8, 0x8E, 0xC0, 0x8E, 0xD0, 0xBC, 0x00, 0x70,
        // mov word [20h],timer; mov word [22h],0F000h
        0xC7, 0x06, 0x20, 0x00, 0xE5, 0x00, 0xC7, 0x06, 0x22, 0x00, 0x00, 0xF0,
        // mov word [4],trap; mov word [6],0F000h
        0xC7, 0x06, 0x04, 0x00, 0xF0, 0x00, 0xC7, 0x06, 0x06, 0x00, 0x00, 0xF0,
        // mov word [1D8h],disk; mov word [1DAh],0F000h
        0xC7, 0x06, 0xD8, 0x01, 0xF5, 0x00, 0xC7, 0x06, 0xDA, 0x01, 0x00, 0xF0,
        // mov al,11h; out 20h,al; mov al,8; out 21h,al; mov al,4; out 21h,al
        0xB0, 0x11, 0xE6, 0x20, 0xB0, 0x08, 0xE6, 0x21, 0xB0, 0x04, 0xE6, 0x21,
        // mov al,1; out 21h,al; mov al,0FAh; out 21h,al; mov al,11h; out 0A0h,al
        0xB0, 0x01, 0xE6, 0x21, 0xB0, 0xFA, 0xE6, 0x21, 0xB0, 0x11, 0xE6, 0xA0,
        // mov al,70h; out 0A1h,al; mov al,2; out 0A1h,al; mov al,1; out 0A1h,al
        0xB0, 0x70, 0xE6, 0xA1, 0xB0, 0x02, 0xE6, 0xA1, 0xB0, 0x01, 0xE6, 0xA1,
        // mov al,0BFh; out 0A1h,al; mov al,34h; out 43h,al; mov al,200; out 40h,al
        0xB0, 0xBF, 0xE6, 0xA1, 0xB0, 0x34, 0xE6, 0x43, 0xB0, 0xC8, 0xE6, 0x40,
        // mov al,0; out 40h,al; mov si,7C00h; mov di,600h; mov cx,9
        0xB0, 0x00, 0xE6, 0x40, 0xBE, 0x00, 0x7C, 0xBF, 0x00, 0x06, 0xB9, 0x09, 0x00,
        // cld; rep movsb; sti; nop; mov ax,ss; mov ss,ax; mov sp,7000h
        0xFC, 0xF3, 0xA4, 0xFB, 0x90, 0x8C, 0xD0, 0x8E, 0xD0, 0xBC, 0x00, 0x70,
        // push word 7302h; popf; inc bx; push word 7202h; popf; fninit; fldpi
        0x68, 0x02, 0x73, 0x9D, 0x43, 0x68, 0x02, 0x72, 0x9D, 0xDB, 0xE3, 0xD9, 0xEB,
        // fldl2e; fmulp; mov dx,1F7h; ready: in al,dx; test al,80h; jnz ready
        0xD9, 0xEA, 0xDE, 0xC9, 0xBA, 0xF7, 0x01, 0xEC, 0xA8, 0x80, 0x75, 0xFB,
        // mov dx,1F2h; mov al,1; out dx,al; inc dx; out dx,al; inc dx; mov al,0; out dx,al; inc dx
        0xBA, 0xF2, 0x01, 0xB0, 0x01, 0xEE, 0x42, 0xEE, 0x42, 0xB0, 0x00, 0xEE, 0x42,
        // out dx,al; inc dx; mov al,0E0h; out dx,al; inc dx; mov al,20h; out dx,al; wait1: in al,dx; test al,8
        0xEE, 0x42, 0xB0, 0xE0, 0xEE, 0x42, 0xB0, 0x20, 0xEE, 0xEC, 0xA8, 0x08,
        // jz wait1; mov dx,1F0h; mov di,800h; mov cx,256; rep insw
        0x74, 0xFB, 0xBA, 0xF0, 0x01, 0xBF, 0x00, 0x08, 0xB9, 0x00, 0x01, 0xF3, 0x6D,
        // mov dx,1F2h; mov al,1; out dx,al; mov dx,1F7h; mov al,30h; out dx,al; wait2: in al,dx
        0xBA, 0xF2, 0x01, 0xB0, 0x01, 0xEE, 0xBA, 0xF7, 0x01, 0xB0, 0x30, 0xEE, 0xEC,
        // test al,8; jz wait2; mov dx,1F0h; mov si,600h; mov cx,256
        0xA8, 0x08, 0x74, 0xFB, 0xBA, 0xF0, 0x01, 0xBE, 0x00, 0x06, 0xB9, 0x00, 0x01,
        // rep outsw; mov dx,1F7h; wait3: in al,dx; test al,80h; jnz wait3; mov dx,3F8h
        0xF3, 0x6F, 0xBA, 0xF7, 0x01, 0xEC, 0xA8, 0x80, 0x75, 0xFB, 0xBA, 0xF8, 0x03,
        // mov al,'S'; out dx,al; idle: hlt; jmp idle; timer: inc word [500h]; push ax; mov al,20h
        0xB0, 0x53, 0xEE, 0xF4, 0xEB, 0xFD, 0xFF, 0x06, 0x00, 0x05, 0x50, 0xB0, 0x20,
        // out 20h,al; pop ax; iret; trap: inc word [502h]; iret; disk: inc word [504h]
        0xE6, 0x20, 0x58, 0xCF, 0xFF, 0x06, 0x02, 0x05, 0xCF, 0xFF, 0x06, 0x04, 0x05,
        // push ax; push dx; mov dx,1F7h; in al,dx; mov al,20h; out 0A0h,al; out 20h,al; pop dx
        0x50, 0x52, 0xBA, 0xF7, 0x01, 0xEC, 0xB0, 0x20, 0xE6, 0xA0, 0xE6, 0x20, 0x5A,
        // pop ax; iret
        0x58, 0xCF,
    ]

    /// A machine with the program as its firmware, and a disk of 64 sectors under an overlay.
    static func machine(_ change: (inout PC.Configuration) -> Void = { _ in }) throws -> PC {
        try MachineTests.machine(code) {
            $0.memoryBytes = 1 << 20
            $0.ticksPerSecond = 1_000_000
            $0.disks = [Overlay(over: disk())]
            change(&$0)
        }
    }

    static func disk() -> MemoryStore { MemoryStore(bytes: (0..<64 * 512).map { UInt8(truncatingIfNeeded: $0 / 512 &* 7 &+ $0) }) }

    /// The machine's snapshot as the bytes of a file.
    static func save(_ pc: PC) throws -> [UInt8] {
        let file = File()
        try pc.save { piece in
            file.bytes += piece
            return true
        }
        return file.bytes
    }

    /// A new machine with the state of `bytes`.
    static func restore(_ bytes: [UInt8], verifies: Bool = true, _ change: (inout PC.Configuration) -> Void = { _ in }) throws -> PC
    {
        let snapshot = try Snapshot(source: source(bytes))
        var configuration = PC.Configuration()
        configuration.disks = [Overlay(over: disk())]
        change(&configuration)
        let pc = try PC(snapshot.configuration(configuration))
        try snapshot.restore(pc, verifies: verifies)
        return pc
    }

    static func source(_ bytes: [UInt8]) -> (Int) -> [UInt8] {
        let file = File()
        file.bytes = bytes
        return { count in
            let start = file.position
            file.position = min(start + count, file.bytes.count)
            return Array(file.bytes[start..<file.position])
        }
    }

    final class File {
        var bytes: [UInt8] = []
        var position = 0
    }
}
