import Foundation
import Testing

@testable import Session
@testable import swemu

@Suite struct BochsConfigurationTests {
    private func words(_ text: String) throws -> (options: String, notes: [String]) {
        var notes: [String] = []
        let words = try BochsConfiguration(text: text).words { notes.append($0) }
        _ = try Run.parse(words)
        return (words.joined(separator: " "), notes)
    }

    @Test func theFileOfACourse() throws {
        let (options, notes) = try words(
            """
            # bochsrc of a course
            config_interface: textconfig
            display_library: x, options="gui_debug"
            megs: 32
            romimage: file=$BXSHARE/BIOS-bochs-latest, address=0xf0000
            vgaromimage: file=$BXSHARE/VGABIOS-lgpl-latest
            floppya: 1_44=a.img, status=inserted, write_protected=1
            ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
            ata0-master: type=disk, path="hd 60M.img", mode=flat, cylinders=121, heads=16, spt=63
            ata1-master: type=cdrom, path=os.iso, status=inserted
            boot: floppy, disk
            log: bochsout.txt
            mouse: enabled=0
            keyboard: keymap=, type=mf
            clock: sync=none, time0=946684800
            cpu: model=pentium, count=1, ips=50000000, reset_on_triple_fault=0
            com1: enabled=1, mode=file, dev=serial.txt
            port_e9_hack: enabled=1
            magic_break: enabled=1
            """)
        #expect(
            options
                == "--memory 32 --write-protect-diskettes --fda a.img --hda hd 60M.img --cdrom os.iso --boot ac --rtc 2000-01-01T00:00:00 "
                + "--cpu pentium --rate 50000000 --serial file:serial.txt --debugcon stdio"
                || options.contains("--fda a.img --write-protect-diskettes"), "\(options)")
        #expect(notes.count == 3, "\(notes)")
        #expect(notes.first?.hasPrefix("bochsrc.txt:5: romimage: left out; our own BIOS") == true)
    }

    @Test(arguments: [
        ("memory: guest=512, host=256", "--memory 512"), ("boot: cdrom,disk", "--boot dc"), ("boot: c", "--boot c"),
        ("pci: enabled=1, chipset=i440fx", "--machine pc"), ("i440fxsupport: enabled=0", "--machine isa"),
        ("ata0-slave: type=disk, path=b.img, mode=volatile", "--snapshot --hdb b.img"), ("ata1-slave: type=none", ""),
        ("floppyb: image=\"b.img\", status=ejected", "--fdb none --fdb b.img"), ("display_library: nogui", "--headless"),
        ("cpu: count=2", "--smp 2"), ("cpu: count=1:2:2", "--smp 4,sockets=1,cores=2,threads=2"), ("e1000: enabled=0", ""),
        ("e1000: enabled=1, mac=52:54:00:12:34:56, ethmod=slirp", "--nic user,mac=52:54:00:12:34:56"),
        ("e1000: ethmod=vnet, ethdev=\"/srv/tftp\"", "--nic user,tftp=/srv/tftp"),
        ("display_library: term", "--display terminal"), ("gdbstub: enabled=1, port=1234", "--gdb tcp::1234 --stopped"),
        ("com2: enabled=1, mode=socket-server, dev=localhost:8888", "--serial null --serial tcp:localhost:8888"),
        ("com1: enabled=0, mode=file, dev=x", ""), ("parport1: enabled=1, file=\"out.txt\"", "--parallel file:out.txt"),
        ("romimage: file=my.bin", "--bios my.bin"), ("boot: disk # the first one", "--boot c"), ("boot:floppy", "--boot a"),
        ("floppya: 1_44=a.img, status=inserted  # in drive A", "--fda a.img"),
        ("ata0-master: path=\"disk #1.img\"", "--hda disk #1.img"),
        ("ata2: enabled=false", ""), ("optromimage3: file=none", ""), ("optramimage4: file=none", ""), ("iodebug: all_rings=0", ""),
        ("parport1: enabled=true, file=none", ""), ("port_e9_hack: enabled=false, all_rings=false", ""),
        ("vgaromimage: file=vga.bin", ""), ("romimage: file=my.bin\nvgaromimage: file=vga.bin", "--bios my.bin --vga-rom vga.bin"),
        ("vgaromimage: file=$BXSHARE/VGABIOS-lgpl-latest\nromimage: my.bin", "--bios my.bin"),
        ("cpu: reset_on_triple_fault=true", "--reboot-on-triple-fault"), ("megs : 32", "--memory 32"),
        ("clock: sync=realtime, time0=local", "--speed real --rtc host"),
    ])
    func keys(line: String, options: String) throws { #expect(try words(line).options == options) }

    @Test func whatAGuestCouldNoticeIsSaid() throws {
        for line in [
            "ne2k: ioaddr=0x300, irq=9", "sb16: enabled=1", "e1000: ethmod=tuntap", "hello: world",
            "cpuid: mmx=1, sep=1", "optromimage2: file=x.rom, address=0xd0000",
            "vgaromimage: file=x\nusb_uhci: enabled=1",
        ] {
            #expect(try words(line).notes.count == 1, "\(line)")
        }
    }

    @Test(arguments: [
        "boot: tape", "ata0-master: type=disk, path=x, mode=vvfat", "com1: enabled=1, mode=mouse", "cpu: model=z80", "no colon",
        "#include \"x\"\nx",
    ])
    func mistakesAreSaidWithTheirPlace(text: String) {
        #expect { try BochsConfiguration(text: text).words { _ in } } throws: { $0 is UserError }
    }

    @Test func variablesOfTheEnvironmentStandForTheirValues() throws {
        setenv("SWEMU_TEST_FOLDER", "/srv/images", 1)
        defer { unsetenv("SWEMU_TEST_FOLDER") }
        #expect(try words("ata0-master: path=$SWEMU_TEST_FOLDER/a.img").options == "--hda /srv/images/a.img")
        #expect(try words("ata0-master: path=$SWEMU_NO_SUCH/a.img").options == "--hda $SWEMU_NO_SUCH/a.img")
    }

    @Test func aFileIsReadByDashF() throws {
        #expect(throws: UserError.self) { try QEMUSpelling.translate(["run", "-f", "/nonexistent/bochsrc.txt"]) }
    }
}
