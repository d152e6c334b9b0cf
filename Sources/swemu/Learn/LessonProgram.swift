import Executables

/// The program of a lesson's machine: what the lesson says, with a beginning that boots and the student's part in its place.
struct LessonProgram {
    /// A disk image, or an ELF file.
    let bytes: [UInt8]
    /// Nil where the file has them itself.
    let symbols: SymbolTable?

    /// Sectors behind the first one, which the beginning loads.
    private static let sectors = 15

    init(_ machine: Lesson.Machine, student: String) throws {
        let marker = "YOURS"
        let lines = machine.source.split(separator: "\n", omittingEmptySubsequences: false)
        let place = lines.firstIndex { $0.trimmingSpaces == marker }
        let before = lines[..<(place ?? lines.endIndex)].joined(separator: "\n")
        let after = place.map { lines[($0 + 1)...].joined(separator: "\n") } ?? ""
        if machine.kind == .c {
            let head = Self.kernelHead + before + "\n"
            bytes = try Toolchain.kernel(head + student + "\n" + after, hidden: head.count { $0 == "\n" })
            symbols = nil
            return
        }
        var head = machine.kind == .real ? Self.realHead : Self.realHead + Self.protectedHead
        if machine.isDual { head += Self.secondHead }
        head += before + "\nyours:\n"
        let source = place == nil ? head.replacing("\nyours:\n", with: "\n") : head + student + "\nyours_end:\n" + after
        let whole = source + "\ntimes \(512 * (Self.sectors + 1)) - ($ - $$) db 0\n"
        let (bytes, symbols) = try Toolchain.program(whole, hidden: head.count { $0 == "\n" })
        self.bytes = bytes
        self.symbols = SymbolTable(
            symbols.filter { !$0.name.hasPrefix("boot_") }.map { SymbolTable.Symbol(label: $0.name, address: $0.address) })
    }

    /// Loads the rest of the program behind itself and goes to `start`. The BIOS's drive number is in DL.
    private static let realHead = """
        bits 16
        org 0x7c00
            jmp 0:boot_begin
        boot_begin:
            xor ax, ax
            mov ds, ax
            mov es, ax
            mov ss, ax
            mov sp, 0x7c00
            mov ax, 0x0200 + \(sectors)
            mov bx, 0x7e00
            mov cx, 2
            xor dh, dh
            int 0x13
            jmp boot_ready
        times 510 - ($ - $$) db 0
            dw 0xaa55
        boot_ready:
            xor ax, ax
            xor bx, bx
            xor cx, cx
            xor dx, dx
            xor si, si
            xor di, di
            xor bp, bp

        """

    /// Loads all data segments of protected mode with selector 10h.
    private static let flatData = (["mov ax, 0x10"] + ["ds", "es", "ss", "fs", "gs"].map { "mov \($0), ax" }).joined(
        separator: "\n    ")

    /// Switches to protected mode with flat segments of 4 GB: 08h code, 10h data. SDM Vol. 3A, section 9.9.1.
    private static let protectedHead = """
            cli
            lgdt [boot_gdtr]
            mov eax, cr0
            or al, 1
            mov cr0, eax
            jmp 8:boot_protected
        boot_gdt:
            dq 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
        boot_gdtr:
            dw 23
            dd boot_gdt
        bits 32
        boot_protected:
            \(flatData)
            mov esp, 0x90000
            xor eax, eax

        """

    /// Starts the second processor, which comes to protected mode in the same way. The program behind `boot_second` is at 8000h, where a start-up
    /// message can send it. SDM Vol. 3A, section 9.4.4.
    private static let secondHead = """
            mov dword [0xfee000f0], 0x1ff
            mov dword [0xfee00310], 0x01000000
            mov dword [0xfee00300], 0x00004500
            mov dword [0xfee00310], 0x01000000
            mov dword [0xfee00300], 0x00004608
            jmp start
        times 0x400 - ($ - $$) db 0
        bits 16
        boot_second:
            cli
            xor ax, ax
            mov ds, ax
            lgdt [boot_gdtr]
            mov eax, cr0
            or al, 1
            mov cr0, eax
            jmp 8:boot_second_protected
        bits 32
        boot_second_protected:
            \(flatData)
            mov esp, 0x80000
            xor eax, eax
            jmp second

        """

    /// A Multiboot header and the call of `kmain`. Multiboot Specification 0.6.96, section 3.1.
    private static let kernelHead = """
        typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32;
        __attribute__((section(".text.head"), used)) static const u32 multiboot[3] = { 0x1badb002, 0, 0u - 0x1badb002 };
        static u8 stack[8192] __attribute__((aligned(16), used));
        void kmain(void);
        __asm__(".globl start\\n.weak kmain\\nstart: movl $stack + 8192, %esp\\n movl $kmain, %eax\\n testl %eax, %eax\\n"
                " jz done\\n call *%eax\\n.globl done\\ndone: cli\\n hlt\\n jmp done\\n");
        static inline void outb(u16 port, u8 value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }

        """
}

extension Substring {
    /// Without spaces at both ends.
    var trimmingSpaces: Substring {
        let start = drop { $0 == " " || $0 == "\t" }
        return start[..<(start.lastIndex { $0 != " " && $0 != "\t" }.map { start.index(after: $0) } ?? start.startIndex)]
    }
}
