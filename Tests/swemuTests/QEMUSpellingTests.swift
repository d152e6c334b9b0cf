import Foundation
import Testing

@testable import Inspection
@testable import Session
@testable import swemu

@Suite struct QEMUSpellingTests {
    /// QEMU's words and ours.
    static let pairs: [(String, String)] = [
        ("-m 64", "--memory 64"),
        ("-m size=64M,slots=2", "--memory 64M"),
        ("-m 1G", "--memory 1G"),
        ("-hda a.img -hdb b.img", "--hda a.img --hdb b.img"),
        ("-drive file=a.img,format=raw", "--format raw --hda a.img"),
        ("-drive file=a.img,format=raw,if=ide,index=1,media=disk", "--format raw --hdb a.img"),
        ("-hda a.img -drive format=raw,file=b.img", "--hda a.img --format raw --hdb b.img"),
        ("-drive file=a,,b.img", "--hda a,b.img"),
        ("-drive a.img,snapshot=on", "--snapshot --hda a.img"),
        ("-nographic", "--headless --serial stdio --monitor serial"), ("-nographic -monitor none", "--headless --serial stdio"),
        ("-nographic -serial null", "--headless --serial null"),
        ("-nic user", "--nic user"), ("-nic user,model=e1000,mac=52:54:00:00:00:07", "--nic user,mac=52:54:00:00:00:07"),
        (
            "-net nic,macaddr=52:54:00:00:00:07 -net user,tftp=a,,b,bootfile=k",
            "--nic user,tftp=a,,b,bootfile=k,mac=52:54:00:00:00:07"
        ),
        ("-device e1000,netdev=n,mac=52:54:00:00:00:07 -netdev user,id=n,tftp=d", "--nic user,tftp=d,mac=52:54:00:00:00:07"),
        ("-nic user -object filter-dump,id=f,netdev=n,file=x.pcap", "--net-dump x.pcap --nic user"),
        ("-net none", "--nic none"), ("-net nic", "--nic user"),
        ("-display none", "--headless"),
        ("-display curses", "--display terminal"), ("-curses", "--display terminal"),
        ("-display sdl,gl=on", "--display sdl"), ("-display gtk", "--display sdl"),
        ("-serial mon:stdio -serial none", "--serial stdio --serial null --monitor serial"),
        ("-serial file:out.txt -debugcon stdio", "--serial file:out.txt --debugcon stdio"),
        ("-serial unix:/tmp/s,server=on,wait=off", "--serial unix:/tmp/s"),
        ("-serial unix:/tmp/s", "--serial unix:/tmp/s,connect"),
        ("-serial tcp::4444,server=on -serial telnet:h:5,server,nowait", "--serial tcp::4444 --serial tcp:h:5"),
        ("-serial tcp:h:5", "--serial tcp:h:5,connect"), ("-serial vc", "--serial null"),
        ("-serial chardev:a -chardev file,id=a,path=x", "--serial file:x"),
        ("-chardev socket,id=s,host=h,port=7,server=on,wait=off -debugcon chardev:s", "--debugcon tcp:h:7"),
        ("-chardev file,id=d,path=e -device isa-debugcon,iobase=0xe9,chardev=d", "--debugcon file:e"),
        ("-chardev stdio,id=c -device isa-serial,chardev=c", "--serial stdio"),
        ("-drive if=none,id=a,file=a.img,format=raw -device ide-hd,drive=a", "--format raw --hda a.img"),
        ("-device ide-hd,drive=a,bus=ide.1,unit=1 -drive if=none,id=a,file=a.img", "--hdd a.img"),
        ("-drive if=none,id=a,file=a.iso -device ide-cd,drive=a", "--cdrom a.iso"),
        ("-hda x.img -drive if=none,id=a,file=a.img -device ide-hd,drive=a,bus=ide.0", "--hda x.img --hdb a.img"),
        ("-m 128M,slots=2 -enable-kvm -no-shutdown -icount shift=0", "--memory 128M"),
        ("-monitor stdio -monitor null", "--monitor stdio"),
        ("-monitor tcp:127.0.0.1:5555,server,nowait", "--monitor tcp:127.0.0.1:5555"),
        ("-qmp unix:q,server=on,wait=off", "--qmp unix:q"),
        ("-chardev stdio,mux=on,id=c -mon chardev=c -serial chardev:c", "--monitor serial --serial stdio"),
        ("-chardev socket,path=q,server=on,id=c -mon chardev=c,mode=control", "--qmp unix:q"), ("-monitor vc", ""),
        ("-boot once=d -cdrom a.iso", "--boot-once d --cdrom a.iso"), ("-M pc,accel=kvm:tcg,usb=off", "--machine pc"),
        ("-rtc base=utc,clock=host", "--rtc utc"), ("-cpu qemu32,+sse2", "--cpu pentium4"), ("-version", "--version"),
        ("-kernel k --nographic --enable-kvm", "--kernel k --headless --serial stdio --monitor serial"),
        ("-no-reboot -snapshot", "--no-reboot --snapshot"),
        ("-action reboot=shutdown", "--no-reboot"),
        ("-d guest_errors,unimp -D log.txt", "--log chips,chips,unmapped --log-file log.txt"),
        ("-s -S -hda a.img", "--gdb tcp::1234 --stopped --hda a.img"), ("-gdb tcp::9000", "--gdb tcp::9000"),
        ("-D log.txt -d int,in_asm", "--qemu-log int,in_asm --log-file log.txt --qemu-log-file log.txt"),
        ("-cpu pentium3 -bios b.bin", "--cpu pentium3 --bios b.bin"),
        ("-cpu 486", "--cpu 486"),
        ("-device isa-debug-exit,iobase=0xf4,iosize=4", "--isa-debug-exit 0xf4"),
        ("-device isa-debug-exit", "--isa-debug-exit 0x501"),
        ("-kernel k -append a=1 -initrd one,two", "--kernel k --append a=1 --initrd one --initrd two"),
        ("-M pc -accel tcg -nic none -boot order=c -smp 1 -vga std -monitor none", "--machine pc --smp 1 --nic none"),
        ("-nodefaults", "--nic none"), ("-nodefaults -nic user", "--nic user"),
        ("-machine pc,accel=tcg", "--machine pc"), ("-machine pc-i440fx-7.2", "--machine pc"), ("-M isapc", "--machine isa"),
        ("-cdrom a.iso -boot d", "--cdrom a.iso --boot d"), ("-boot order=dc,menu=on", "--boot dc --boot-menu"),
        ("-boot menu=on", "--boot-menu"),
        ("-hda a.img -cdrom b.iso -drive file=c.img", "--hda a.img --cdrom b.iso --hdb c.img"),
        ("-drive file=a.iso,media=cdrom,format=raw,readonly=on,index=2", "--cdrom a.iso"),
        ("-rtc base=2020-05-06T07:08:09,clock=vm", "--rtc 2020-05-06T07:08:09"),
        ("-fda a.img -fdb b.img -boot a", "--fda a.img --fdb b.img --boot a"), ("-boot order=ca", "--boot ca"),
        ("-drive file=a.img,if=floppy,format=raw,readonly=on", "--write-protect-diskettes --fda a.img"),
        (
            "-drive file=a.img,if=floppy,index=1 -drive file=b.img,if=floppy -drive file=c.img",
            "--fdb a.img --fda b.img --hda c.img"
        ),
        ("-rtc base=localtime", "--rtc host"),
        (
            "-drive if=pflash,file=v,unit=1 -drive if=pflash,format=raw,readonly=on,file=c,unit=0",
            "--pflash c,readonly --pflash v"
        ),
        ("-serial pty -parallel pipe:/tmp/p", "--serial pty --parallel pipe:/tmp/p"),
        ("-debugcon file:x -global isa-debugcon.iobase=0x402", "--debugcon file:x --debugcon-port 0x402"),
        (
            "-chardev stdio,id=d -device isa-debugcon,iobase=0x402,chardev=d",
            "--debugcon-port 0x402 --debugcon stdio"
        ),
        ("-chardev null,id=p -device isa-parallel,chardev=p", "--parallel null"),
        ("-drive if=none,id=f,file=a.img -device floppy,drive=f", "--fda a.img"),
        ("-blockdev file,node-name=f,filename=a -blockdev raw,node-name=d,file=f -device ide-hd,drive=d", "--format raw --hda a"),
        ("-M pc-1.2 -M pc-i440fx-7.2,acpi=on", "--machine pc --machine pc"), ("-gdb none", ""),
        ("run a.img --memory 3", "run a.img --memory 3"),
        ("a.img -h", "a.img -h"),
        ("disasm -m x", "disasm -m x"),
        ("a.img -- -m", "a.img -- -m"),
    ]

    @Test func translations() throws {
        for (theirs, ours) in Self.pairs {
            let translated = try QEMUSpelling.translate(theirs.split(separator: " ").map(String.init), displayROMFolders: [])
            #expect(translated.joined(separator: " ") == ours, "\(theirs)")
        }
    }

    @Test func refusals() {
        let cases: [(String, String)] = [
            ("-hd a", "did you mean -hda?"),
            ("-nographics", "did you mean -nographic?"),
            ("-drive file=a,media=cdrom,index=0", "secondary master"), ("-boot x", "the CD-ROM drive (d)"),
            ("-nic tap", "write user for tap"), ("-nic user,model=rtl8139", "write model=e1000"),
            ("-net nic -nic user", "there is one"),
            ("-netdev user,id=a -device e1000,netdev=b", "add -netdev user,id=b"),
            ("-nic user,hostfwd=tcp::1-:2", "leave hostfwd= out"),
            ("-netdev user", "write -netdev user,id=NAME"), ("-drive if=none,file=a", "no id"),
            ("-drive if=none,id=x,file=a", "add -device ide-hd,drive=x"), ("-device ide-hd,drive=x", "add -drive if=none"),
            ("-device ide-hd,drive=a,bus=ide.2 -drive if=none,id=a,file=a", "there are ide.0 and ide.1"),
            ("-serial chardev:x", "add -chardev"), ("-drive file=a,if=virtio", "write if=ide"), ("-cpu z80", "known: 486"),
            ("-M q35", "write -machine pc"),
            ("-device e1000e", "write -device e1000"),
            ("-drive format=raw", "write -drive file="),
            ("-drive file=a,index=4", "four drives"),
            ("-drive file=a,foo=1", "are known"), ("-drive file=a,if=floppy,index=2", "two floppy drives"),
            ("-fda a -fda b", "two images for one drive"),
            ("-m", "see swemu help run"),
            ("-serial udp:h:1", "socat"), ("-serial /dev/ttyS0", "socat"), ("-d nothing", "are known"),
            ("-display vnc=:0", "use -display sdl"),
            ("-gdb", "see swemu help run"),
        ]
        for (words, remedy) in cases {
            do {
                let translated = try QEMUSpelling.translate(words.split(separator: " ").map(String.init))
                Issue.record("\(words) became \(translated)")
            } catch let error as UserError {
                #expect(error.status == .usage)
                #expect(error.description.contains(remedy), "\(words): \(error)")
            } catch {
                Issue.record("\(words): \(error)")
            }
        }
    }

    @Test(arguments: [
        "-hda a.img -drive file=b.img,index=0", "--hda a.img --hda b.img", "--hda=a.img -hda b.img", "-hdb a -drive file=b,index=1",
    ])
    func twoImagesForOneDriveAreRefused(line: String) {
        let words = line.split(separator: " ").map(String.init)
        #expect { try QEMUSpelling.translate(words) } throws: { "\($0)".hasPrefix("two images for one drive") }
    }

    /// QEMU gives the display a BIOS, without which another firmware shows nothing.
    @Test func theDisplayOfAnotherFirmwareHasABIOS() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("display-rom-\(UInt64.random(in: 0 ... .max))")
            .path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["vgabios-stdvga.bin", "vgabios-isavga.bin", "bios.bin"] {
            #expect(FileManager.default.createFile(atPath: folder + "/" + name, contents: nil))
        }
        func words(_ words: String) throws -> String {
            try QEMUSpelling.translate(words.split(separator: " ").map(String.init), displayROMFolders: []).joined(separator: " ")
        }
        #expect(try words("-bios \(folder)/bios.bin") == "--bios \(folder)/bios.bin --vga-rom \(folder)/vgabios-stdvga.bin")
        #expect(try words("-L \(folder) -bios bios.bin -M isapc").hasSuffix("--machine isa --vga-rom \(folder)/vgabios-isavga.bin"))
        #expect(try words("-bios b.bin --vga-rom v.bin") == "--bios b.bin --vga-rom v.bin")
        #expect(try words("-bios b.bin") == "--bios b.bin")
    }
}
