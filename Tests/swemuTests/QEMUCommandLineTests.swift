import ArgumentParser
import Testing

@testable import Session
@testable import swemu

/// Command lines as Makefiles of courses and of hobby systems have them: each starts a machine, or is refused with what to do instead.
@Suite struct QEMUCommandLineTests {
    /// The line, and a part of its remedy; nil where it starts.
    static let lines: [(line: String, remedy: String?)] = [
        (
            "-serial mon:stdio -drive file=fs.img,index=1,media=disk,format=raw -drive file=os.img,index=0,media=disk,format=raw -smp 2 -m 512",
            nil
        ),
        (
            "-nographic -drive file=fs.img,index=1,media=disk,format=raw -drive file=os.img,index=0,media=disk,format=raw -smp 2 -m 512",
            nil
        ),
        ("-drive file=os.img,index=0,media=disk,format=raw -smp 2 -m 256", nil),
        ("-fda os-image.bin", nil),
        ("-s -fda os-image.bin -d guest_errors,int", nil),
        ("-fda floppy.img", nil),
        ("-fda floppy.img -boot a", nil),
        ("-fda floppy.img -boot a -s -soundhw pcspk", nil),
        ("-debugcon stdio -m 32 -fda floppy.img", nil),
        ("-debugcon stdio -m 32 -hda os.img", nil),
        ("-drive file=os.img,format=raw,if=floppy", nil),
        ("-drive format=raw,file=floppy.img,if=floppy -m size=1M,maxmem=1M -serial stdio -name Native", nil),
        (
            "-drive file=floppy.img,if=floppy,media=disk,format=raw -drive file=os.img,media=disk,format=raw -boot menu=on -serial mon:stdio -m 1",
            nil
        ),
        (
            "-cdrom os.iso -vga virtio -m 2G -smp 4 -accel tcg,thread=multi,tb-size=1024 -cpu max -rtc base=localtime -net none -display cocoa",
            "give -vga std"
        ),
        (
            "-machine q35 -cpu qemu64 -m 256M -nographic -cdrom os.iso -boot d -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=0x04",
            "write -machine pc"
        ),
        ("-drive format=raw,file=os.img", nil),
        ("-drive file=os.img,index=0,media=disk,format=raw -serial mon:stdio -gdb tcp::26000 -D qemu.log", nil),
        ("-drive file=os.img,index=0,media=disk,format=raw -serial mon:stdio -gdb tcp::26000 -D qemu.log -S", nil),
        ("-nographic -drive file=os.img,index=0,media=disk,format=raw -serial mon:stdio -gdb tcp::26000 -D qemu.log -smp 1", nil),
        ("-serial mon:stdio -hdb fs.img os.img -smp 1 -m 512", nil),
        ("-S -s -parallel stdio -hda os.img -serial null", nil),
        ("-no-reboot -parallel stdio -hda os.img -serial null", nil),
        ("-S -no-reboot -monitor stdio -hda os.img", nil),
        ("-S -s -d in_asm -D q.log -parallel stdio -hda os.img -serial null", nil),
        ("-parallel stdio -hda os.img -drive file=fs.img,media=disk,cache=writeback -serial null", nil),
        ("-device isa-debug-exit -drive file=os.img,format=raw,index=0,media=disk -m 4 -net none -nographic -monitor null", nil),
        ("-hda os.img -m 4 -net none -nographic -monitor null", nil),
        ("-hda os.img -m 4 -net none -serial stdio", nil),
        ("-drive file=os.img,format=raw,if=ide,index=0,media=disk", nil),
        ("-cdrom os.iso", nil),
        ("-cdrom os.iso -m 512 -monitor stdio", nil),
        ("-cdrom os.iso -boot d -nographic", nil),
        ("-cdrom os.iso -hda fs.img -boot d -m 512M -serial stdio -display gtk", nil),
        ("-cdrom os.iso -serial stdio -device sb16 -net nic,model=pcnet -m 4096", "no sound card"),
        ("-cdrom os.iso -device isa-debug-exit,iobase=0xf4,iosize=0x04", nil),
        ("-cdrom os.iso -m size=500M -device isa-debug-exit,iobase=0xf4,iosize=0x04 -serial stdio -sdl -accel hax", nil),
        ("-kernel kernel.elf", nil),
        ("-kernel kernel.elf -monitor stdio -m 32 -d int", nil),
        (
            "-kernel kernel.elf -append bench -display none -vga std -serial file:log.txt -drive file=os.img,format=raw,if=ide,index=0",
            nil
        ),
        (
            "-kernel kernel.elf -serial stdio -hda os.img -netdev user,id=f1,hostfwd=tcp:127.0.0.1:8000-:8000 -device rtl8139,netdev=f1 -object filter-dump,id=ff1,netdev=f1,file=dump.dat -device isa-debug-exit,iobase=0xf4,iosize=0x04",
            "leave hostfwd= out"
        ),
        ("-kernel kernel.elf -hda os.img -serial stdio -no-reboot -display none", nil),
        ("-kernel kernel.elf -S -s -serial tcp::4444,server=on", nil),
        (
            "-nodefaults -device pc-testdev -device isa-debug-exit,iobase=0xf4,iosize=0x4 -vnc none -serial stdio -device pci-testdev -machine accel=tcg -kernel kernel.elf -smp 1 -cpu max",
            nil
        ),
        ("-no-reboot -no-shutdown -d int,cpu_reset -D qemu.log -kernel kernel.elf -nographic", nil),
        ("-drive format=raw,file=os.img -device isa-debug-exit,iobase=0xf4,iosize=0x04 -serial stdio -display none", nil),
        ("-chardev stdio,id=char0,logfile=serial.log,signal=off -serial chardev:char0 -kernel kernel.elf -display none", nil),
        ("-enable-kvm -cpu host -kernel kernel.elf -serial stdio -display none", nil),
        ("-machine pc -accel kvm -accel tcg -kernel kernel.elf -serial stdio -display none", nil),
        ("-machine pc,accel=kvm:tcg -kernel kernel.elf -serial stdio -display none", nil),
        ("-drive id=disk,file=os.img,if=none,format=raw -device ide-hd,drive=disk -serial stdio -display none", nil),
        (
            "-drive id=disk,file=os.img,if=none,format=raw -device piix3-ide,id=ide -device ide-hd,drive=disk,bus=ide.0 -serial stdio",
            nil
        ),
        ("-drive file=os.img,if=virtio,format=raw -serial stdio -display none", "drives are IDE"),
        ("-kernel kernel.elf -usb -device usb-mouse -serial stdio -display none", "there is no USB"),
        ("-kernel kernel.elf -audiodev none,id=a -machine pcspk-audiodev=a -serial stdio -display none", nil),
        ("-kernel kernel.elf -icount shift=0 -serial stdio -display none", nil),
        ("-kernel kernel.elf -monitor telnet:127.0.0.1:5555,server,nowait -serial stdio -display none", nil),
        ("-kernel kernel.elf -qmp unix:qmp.sock,server,nowait -serial stdio -display none", nil),
        ("-kernel kernel.elf -serial pty -display none", nil),
        ("-kernel kernel.elf -serial none -debugcon file:e9.txt -global isa-debugcon.iobase=0xe9 -display none", nil),
        ("-kernel kernel.elf -chardev file,id=dbg,path=e9.txt -device isa-debugcon,iobase=0xe9,chardev=dbg -display none", nil),
        ("-kernel kernel.elf -vga std -k en-us -name test -pidfile p.pid -display none -serial stdio", "$!"),
        ("-kernel kernel.elf -display curses", nil),
        ("-kernel kernel.elf -curses", nil),
        ("-kernel kernel.elf -display vnc=:1 -serial stdio", "-display sdl"),
        ("-kernel kernel.elf -vnc :1 -serial stdio", "-display sdl"),
        ("-kernel kernel.elf -m 128M,slots=2 -serial stdio -display none", nil),
        ("-kernel kernel.elf -m 0.5G -serial stdio -display none", nil),
        ("-kernel kernel.elf -initrd os.img -serial stdio -display none -boot c", nil),
        ("-hda os.img -boot order=c,menu=off -serial stdio -display none", nil),
        ("-hda os.img -boot once=d -cdrom os.iso -serial stdio -display none", nil),
        ("-boot order=dca -cdrom os.iso -serial stdio -display none", nil),
        ("-hda os.img -snapshot -readconfig x.cfg -serial stdio", "on the command line"),
        ("-kernel kernel.elf -trace events=x -serial stdio -display none", "--trace exceptions"),
        ("-kernel kernel.elf -no-acpi -no-hpet -serial stdio -display none", nil),
        ("-kernel kernel.elf -full-screen -serial stdio -display none", nil),
        ("-kernel kernel.elf -rtc base=2024-01-01T00:00:00,clock=vm -serial stdio -display none", nil),
        ("-kernel kernel.elf -uuid 550e8400-e29b-41d4-a716-446655440000 -serial stdio -display none", nil),
        ("-kernel kernel.elf -action panic=none,reboot=shutdown -serial stdio -display none", nil),
        ("-kernel kernel.elf --no-reboot --display none --serial stdio", nil),
    ]

    @Test func eachStartsOrIsRefusedWithARemedy() {
        for (line, remedy) in Self.lines {
            do {
                let words = try QEMUSpelling.translate(line.split(separator: " ").map(String.init))
                _ = try Run.parse(words)
                #expect(remedy == nil, "\(line) became \(words)")
            } catch {
                let text = (error as? UserError)?.description ?? Run.message(for: error)
                #expect(remedy.map { text.contains($0) } ?? false, "\(line): \(text)")
                #expect(!text.contains("is none"), "\(text)")
            }
        }
    }

    @Test func listsAreAnswered() {
        for option in ["-cpu", "-machine", "-device", "-accel", "-display", "-d"] {
            for word in ["help", "?"] {
                do {
                    let words = try QEMUSpelling.translate([option, word])
                    Issue.record("\(option) \(word) became \(words)")
                } catch let answer as QEMUSpelling.Answer {
                    #expect(answer.text.contains("\n  "))
                    #expect(option != "-cpu" || answer.text.contains("\n  pentium4\n"))
                } catch { Issue.record("\(option): \(error)") }
            }
        }
        #expect(throws: QEMUSpelling.Answer.self) { try QEMUSpelling.translate(["run", "--cpu", "help"]) }
    }

    @Test(arguments: [
        ("qemu32", "pentium4"), ("kvm32", "pentium4"), ("coreduo", "core2"), ("n270", "core2"), ("host", "max"), ("max", "max"),
        ("qemu64", "x86-64"), ("qemu64-v1", "x86-64"), ("486-v1", "486"), ("Opteron_G5-v1", "x86-64"), ("Conroe", "core2"),
        ("Nehalem", "nehalem"), ("Haswell-noTSX-v2", "max"), ("EPYC", "max"), ("athlon", "pentium3"),
        ("486", "486"),
    ])
    func processors(theirs: String, ours: String) throws {
        let (model, why) = try QEMUProcessor.model(of: theirs)
        #expect(model == ours)
        #expect((why == nil) == (theirs.lowercased() == ours))
    }

    @Test func sizesMayHaveAFraction() {
        #expect(MemorySize(argument: "0.5G")?.bytes == 512 << 20)
        #expect(MemorySize(argument: "1.25G")?.bytes == 1280 << 20)
        for text in ["0.5.5G", ".5G", "5.G", "1e3", "-1", "0.0000000001G", "99999999999.5T"] {
            #expect(MemorySize(argument: text) == nil, "\(text)")
        }
    }
}
