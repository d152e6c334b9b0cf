import Testing

@testable import Inspection
@testable import Session
@testable import swemu

/// Every option and device that QEMU's own help lists gets an answer that is meant for it.
@Suite struct QEMUOptionTests {
    /// A use of each option of QEMU 7.2 for x86, and of some that came later or went, with a part of the remedy; nil where it starts.
    static let options: [(line: String, remedy: String?)] = [
        ("-h", nil), ("-version", nil), ("-machine pc-i440fx-7.2,usb=off,vmport=off,dump-guest-core=off", nil), ("-M isapc", nil),
        ("-M microvm", "write -machine pc"), ("-M none", "write -machine pc"), ("-M pc-q35-7.2", "write -machine pc"),
        ("-M type=pc,accel=tcg,kernel_irqchip=on,mem-merge=off,nvdimm=off,hmat=off,graphics=off,smm=off", nil),
        ("-cpu qemu64,+ssse3,-apic,vendor=GenuineIntel", nil), ("-cpu Skylake-Client-v4", nil), ("-cpu z80", "known"),
        ("-accel tcg,thread=single,one-insn-per-tb=on", nil), ("-accel kvm,kernel-irqchip=split", nil), ("-accel hvf", nil),
        ("-accel fast", "write -accel tcg"), ("-smp 1", nil), ("-smp cpus=1", nil), ("-numa node,mem=64", "leave the option out"),
        ("-add-fd fd=3,set=2", "name the file"), ("-set drive.d.file=x", "-device"), ("-global VGA.vgamem_mb=16", nil),
        ("-global driver=PIIX4_PM,property=disable_s3,value=1", nil), ("-global kvm-pit.lost_tick_policy=discard", nil),
        ("-global x", "DRIVER.PROPERTY=VALUE"), ("-boot order=dc,menu=on,splash=s.bmp,splash-time=5,strict=on", nil),
        ("-boot n", "the CD-ROM drive (d)"), ("-boot reboot-timeout=-1", nil), ("-m 256", nil),
        ("-m size=1G,slots=2,maxmem=4G", nil),
        ("-m 0.25G", nil), ("-mem-path /dev/shm -mem-prealloc", nil), ("-k de", nil), ("-audio none", nil), ("-audio-help", nil),
        ("-audio driver=pa,model=hda", "no sound card"), ("-audiodev pa,id=a", nil), ("-soundhw all", "no sound card"),
        ("-name os,process=os,debug-threads=on", nil), ("-uuid 550e8400-e29b-41d4-a716-446655440000", nil), ("-fda a -fdb b", nil),
        ("-hda a -hdb b -hdc c -hdd d", nil), ("-cdrom a", nil), ("-hda fat:rw:folder", "mtools"),
        ("-cdrom http://h/a.iso", "fetch"),
        ("-drive file=nbd://h/x", "qemu-img"), ("-blockdev driver=file,node-name=a,filename=x -device ide-hd,drive=a", nil),
        ("-blockdev driver=nbd,node-name=a", "file, raw and qcow2"), ("-blockdev {}", "write -drive"),
        ("-drive file=a,format=raw,index=1,media=disk,cache=none,aio=threads,werror=report", nil),
        ("-drive file=a,cyls=20,heads=16,secs=63,trans=none", nil), ("-drive file=a,if=scsi", "write if=ide"),
        ("-drive file=a,if=virtio", "write if=ide"), ("-drive file=a,if=sd", "write if=ide"), ("-mtdblock a", "write -hda"),
        ("-sd a", "write -hda"), ("-snapshot", nil), ("-fsdev local,id=f,path=/", "mtools"),
        ("-virtfs local,path=/,mount_tag=x", "mtools"),
        ("-iscsi user=x", "write -hda"), ("-usb", "PS/2"), ("-usbdevice tablet", "PS/2"), ("-bt hci", "Bluetooth"),
        ("-display sdl,gl=on", nil), ("-display gtk,full-screen=on", nil), ("-display curses,charset=CP437", nil),
        ("-display none", nil), ("-display egl-headless", "-display sdl"), ("-display dbus", "-display sdl"),
        ("-display spice-app", "-display sdl"), ("-display vnc=:1", "-display sdl"), ("-nographic", nil),
        ("-spice port=1", "-display sdl"),
        ("-portrait", nil), ("-rotate 90", nil), ("-vga std", nil), ("-vga cirrus", nil), ("-vga none", nil),
        ("-vga qxl", "give -vga std"),
        ("-vga vmware", "give -vga std"), ("-full-screen", nil), ("-no-frame", nil), ("-alt-grab", nil), ("-ctrl-grab", nil),
        ("-no-quit", nil),
        ("-g 800x600x32", nil), ("-vnc :1", "-display sdl"), ("-vnc none", nil), ("-win2k-hack", nil), ("-no-fd-bootchk", nil),
        ("-no-acpi", nil), ("-no-hpet", nil), ("-acpitable file=x", "leave the option out"),
        ("-smbios type=0", "leave the option out"),
        ("-netdev user,id=n", nil), ("-nic none", nil), ("-nic user,model=e1000", nil),
        ("-net none", nil),
        ("-net nic -net user", nil), ("-smb /", "the host's network"), ("-tftp /", "tftp=FOLDER"),
        ("-redir tcp:1::2", "the host's network"), ("-chardev null,id=a -serial chardev:a", nil),
        ("-chardev socket,id=a,host=h,port=1,server=on,wait=off,telnet=on,nodelay=on -serial chardev:a", nil),
        ("-chardev socket,id=a,path=p,server=on -serial chardev:a", nil), ("-chardev socket,id=a", "add port="),
        ("-chardev udp,id=a,port=1", "socat"), ("-chardev msmouse,id=a", "socat"),
        ("-chardev vc,id=a,cols=80 -serial chardev:a", nil),
        ("-chardev ringbuf,id=a,size=1k -serial chardev:a", nil), ("-chardev file,id=a,path=x -serial chardev:a", nil),
        ("-chardev file,id=a,path=x,append=on", "begins anew"), ("-chardev file,id=a", "add path="),
        ("-chardev pipe,id=a,path=x -serial chardev:a", nil), ("-chardev pty,id=a -serial chardev:a", nil),
        ("-chardev stdio,id=a,mux=on,signal=off -serial chardev:a", nil), ("-chardev tty,id=a,path=/dev/ttyS0", "socat"),
        ("-chardev parallel,id=a,path=/dev/lp0", "socat"), ("-tpmdev emulator,id=t,chardev=c", "no TPM"), ("-bios b.bin", nil),
        ("-L . -bios b.bin", nil), ("-kernel k -append a=1 -initrd i", nil), ("-dtb d", "no device tree"),
        ("-shim s", "without one"),
        ("-compat deprecated-input=accept", nil), ("-serial tcp:h:1", nil), ("-serial tcp::1,server,nowait", nil),
        ("-serial telnet::1,server=on,wait=off", nil), ("-serial telnet:localhost:1,server", nil),
        ("-serial unix:p,server,nowait", nil),
        ("-serial pty", nil), ("-serial vc:80Cx24C", nil), ("-serial pipe:p", nil), ("-serial mon:stdio", nil),
        ("-serial none", nil),
        ("-serial mon:telnet::1,server=on", nil), ("-serial null -serial stdio", nil), ("-serial COM1", "use stdio"),
        ("-serial udp:1@h:2", "socat"), ("-serial con:", "socat"), ("-serial braille", "socat"), ("-parallel file:x", nil),
        ("-parallel none", nil), ("-parallel null", nil), ("-parallel /dev/parport0", "socat"), ("-debugcon file:x", nil),
        ("-monitor none", nil), ("-monitor null", nil), ("-monitor vc", nil), ("-monitor unix:m,server,nowait", nil),
        ("-pidfile p", "$!"), ("-singlestep", nil), ("-one-insn-per-tb", nil), ("-preconfig", "--stopped"), ("-s -S", nil),
        ("-overcommit mem-lock=on", nil), ("-gdb tcp:localhost:1234", nil), ("-gdb unix:g,server=on,wait=off", nil),
        ("-gdb none", nil),
        ("-chardev socket,id=g,path=g,server=on -gdb chardev:g", nil), ("-d int,cpu,exec,in_asm,nochain", nil),
        ("-d out_asm,op,op_opt,op_ind,mmu,fpu,pcall,page,plugin,strace,tid", nil), ("-d trace:ide_*", nil),
        ("-d unimp,guest_errors", nil),
        ("-d everything", "are known"), ("-D log", nil), ("-dfilter 0x8000..0x8fff", "--trace-range"), ("-seed 1", nil),
        ("-L .", nil),
        ("-enable-kvm", nil), ("-no-kvm", nil), ("-no-kvm-irqchip", nil), ("-enable-hax", nil), ("-xen-domid 1", "no hypervisor"),
        ("-xen-attach", "no hypervisor"), ("-no-reboot", nil), ("-no-shutdown", nil),
        ("-action reboot=shutdown,shutdown=poweroff", nil),
        ("-action panic=exit-failure", "reboot=shutdown"), ("-action reboot=shutdown,shutdown=pause", nil),
        ("-smp 4,maxcpus=8", nil), ("-smp 2,maxcpus=255,sockets=4,cores=1,threads=1", nil),
        ("-object memory-backend-ram,id=m,size=1G -machine memory-backend=m", nil), ("-object iothread,id=i", nil),
        ("-hda=a", "write -hda a"), ("-serial /dev/null", nil), ("-debugcon /dev/stdout", nil), ("-serial /dev/ttyS0", "socat"),
        ("-loadvm a", "--restore"), ("-daemonize", "&"), ("-rtc base=utc", nil),
        ("-rtc base=2024-02-29,clock=rt,driftfix=slew", nil), ("-rtc clock=vm", nil), ("-localtime", nil),
        ("-startdate now", "-rtc base="),
        ("-icount shift=auto,sleep=off", nil), ("-watchdog i6300esb", "--max-ticks"), ("-watchdog-action reset", nil),
        ("-echr 2", nil),
        ("-incoming tcp::1", "--restore"), ("-only-migratable", nil), ("-nodefaults", nil), ("-chroot /", "chroot FOLDER"),
        ("-runas u", "su USER"), ("-run-with async-teardown=on", nil), ("-sandbox on", nil), ("-readconfig f", "command line"),
        ("-writeconfig f", "command line"), ("-no-user-config", nil), ("-nodefconfig", nil),
        ("-trace enable=x", "--trace exceptions"),
        ("-plugin p.so", nil), ("-async-teardown", nil), ("-msg timestamp=on", nil), ("-dump-vmstate f", "--save"),
        ("-enable-sync-profile", nil), ("-object rng-random,id=r", "leave the option out"),
        ("-qtest unix:q", "leave the option out"),
        ("-prom-env x", "leave the option out"), ("-semihosting", "leave the option out"), ("-pflash f -pflash g", nil),
        ("-option-rom r.bin,bootindex=1", nil), ("-option-rom file=r.bin,bootindex=1", nil),
        ("-fw_cfg name=opt/a,string=x", nil), ("-fw_cfg opt/a,file=f", nil),
        ("-drive if=pflash,unit=1,file=v -drive if=pflash,unit=0,format=raw,readonly=on,file=c", nil),
        ("-drive if=pflash,unit=1,file=v", "unit=0"), ("-drive if=pflash,unit=2,file=v", "unit=1"), ("-device pc-testdev", nil),
        ("-tb-size 64", nil), ("-curses", nil),
        ("-sdl", nil), ("-std-vga", nil), ("-rtc-td-hack", nil), ("-tdf", nil), ("-balloon none", nil),
    ]

    @Test func eachOptionStartsOrIsRefusedWithARemedy() {
        for (line, remedy) in Self.options where line != "-h" {
            do {
                let words = try QEMUSpelling.translate(line.split(separator: " ").map(String.init))
                if !words.contains("--version") { _ = try Run.parse(words) }
                #expect(remedy == nil, "\(line) became \(words)")
            } catch {
                let text = (error as? UserError)?.description ?? Run.message(for: error)
                #expect(remedy.map { text.contains($0) } ?? false, "\(line): \(text)")
                #expect(!text.contains("no such part") && !text.contains("\n"), "\(line): \(text)")
            }
        }
    }

    /// The devices of QEMU 7.2's `-device help` without the processors, which `-cpu` names.
    static let devices = """
        AC97 AMDVI-PCI ES1370 VGA acpi-erst adlib am53c974 amd-iommu ati-vga bochs-display ccid-card-emulated \
        ccid-card-passthru cirrus-vga cs4231a ctucan_pci cxl-downstream cxl-rp cxl-type3 cxl-upstream dc390 e1000 \
        e1000-82544gc e1000-82545em e1000e edu floppy guest-loader gus hda-duplex hda-micro hda-output hv-syndbg \
        hyperv-testdev i2c-ddc i6300esb i8042 i82550 i82551 i82557a i82557b i82557c i82558a i82558b i82559a i82559b i82559c \
        i82559er i82562 i82801 i82801b11-bridge ib700 ich9-ahci ich9-intel-hda ich9-usb-ehci1 ich9-usb-ehci2 ich9-usb-uhci1 \
        ich9-usb-uhci2 ich9-usb-uhci3 ich9-usb-uhci4 ich9-usb-uhci5 ich9-usb-uhci6 ide-cd ide-hd intel-hda intel-iommu ioh3420 \
        ipmi-bmc-extern ipmi-bmc-sim ipoctal232 isa-applesmc isa-cirrus-vga isa-debug-exit isa-debugcon isa-fdc isa-ide \
        isa-ipmi-bt isa-ipmi-kcs isa-parallel isa-serial isa-vga ivshmem-doorbell ivshmem-plain kvaser_pci loader lsi53c810 \
        lsi53c895a mc146818rtc megasas megasas-gen2 mioe3680_pci mptsas1068 ne2k_isa ne2k_pci nec-usb-xhci nvdimm nvme nvme-ns \
        nvme-subsys pc-dimm pc-testdev pci-bridge pci-bridge-seat pci-ipmi-bt pci-ipmi-kcs pci-ohci pci-serial pci-serial-2x \
        pci-serial-4x pci-testdev pcie-pci-bridge pcie-root-port pcm3680_pci pcnet piix3-ide piix3-usb-uhci piix4-ide \
        piix4-usb-uhci pvpanic pvpanic-pci pvrdma pvscsi pxb pxb-cxl pxb-pcie qemu-xhci qxl qxl-vga ramfb rocker rtl8139 sb16 \
        scsi-block scsi-cd scsi-generic scsi-hd sd-card sdhci-pci secondary-vga sga smbus-ipmi tpci200 tpm-crb tpm-tis tulip \
        u2f-passthru usb-audio usb-bot usb-braille usb-ccid usb-ehci usb-host usb-hub usb-kbd usb-mouse usb-mtp usb-net \
        usb-redir usb-serial usb-storage usb-tablet usb-uas usb-wacom-tablet vfio-pci vfio-pci-igd-lpc-bridge \
        vfio-pci-nohotplug vhost-scsi vhost-scsi-pci vhost-scsi-pci-non-transitional vhost-scsi-pci-transitional \
        vhost-user-blk vhost-user-blk-pci vhost-user-blk-pci-non-transitional vhost-user-blk-pci-transitional \
        vhost-user-fs-device vhost-user-fs-pci vhost-user-gpio-device vhost-user-gpio-pci vhost-user-gpu vhost-user-gpu-pci \
        vhost-user-i2c-device vhost-user-i2c-pci vhost-user-input vhost-user-input-pci vhost-user-rng vhost-user-rng-pci \
        vhost-user-scsi vhost-user-scsi-pci vhost-user-scsi-pci-non-transitional vhost-user-scsi-pci-transitional \
        vhost-user-vga vhost-user-vsock-device vhost-user-vsock-pci vhost-user-vsock-pci-non-transitional vhost-vsock-device \
        vhost-vsock-pci vhost-vsock-pci-non-transitional virtconsole virtio-9p-device virtio-9p-pci \
        virtio-9p-pci-non-transitional virtio-9p-pci-transitional virtio-balloon-device virtio-balloon-pci \
        virtio-balloon-pci-non-transitional virtio-balloon-pci-transitional virtio-blk-device virtio-blk-pci \
        virtio-blk-pci-non-transitional virtio-blk-pci-transitional virtio-crypto-device virtio-crypto-pci virtio-gpu-device \
        virtio-gpu-gl-pci virtio-gpu-pci virtio-input-host-device virtio-input-host-pci virtio-iommu-device virtio-iommu-pci \
        virtio-keyboard-device virtio-keyboard-pci virtio-mem virtio-mem-pci virtio-mouse-device virtio-mouse-pci \
        virtio-net-device virtio-net-pci virtio-net-pci-non-transitional virtio-net-pci-transitional virtio-pmem \
        virtio-pmem-pci virtio-rng-device virtio-rng-pci virtio-rng-pci-non-transitional virtio-rng-pci-transitional \
        virtio-scsi-device virtio-scsi-pci virtio-scsi-pci-non-transitional virtio-scsi-pci-transitional virtio-serial-device \
        virtio-serial-pci virtio-serial-pci-non-transitional virtio-serial-pci-transitional virtio-tablet-device \
        virtio-tablet-pci virtio-vga virtio-vga-gl virtserialport vmbus-bridge vmcoreinfo vmgenid vmmouse vmware-svga vmxnet3 \
        x-pci-proxy-dev x3130-upstream xio3130-downstream
        """

    @Test func eachDeviceIsAddedOrThereOrRefusedWithARemedy() {
        #expect(Self.devices.split(separator: " ").count > 200)
        for device in Self.devices.split(separator: " ") {
            do {
                _ = try QEMUSpelling.translate(["-drive", "if=none,id=d,file=x", "-device", "\(device),drive=d"])
            } catch {
                let text = (error as? UserError)?.description ?? "\(error)"
                // A device that takes no drive has left it alone.
                #expect(!text.contains("can be added") || Self.unheardOf.contains(String(device)), "\(device): \(text)")
            }
        }
    }

    /// Devices that nobody brings from a course or a kernel: what can be added is said.
    static let unheardOf: Set<String> = [
        "acpi-erst", "ctucan_pci", "edu", "hv-syndbg", "hyperv-testdev", "i2c-ddc", "ipmi-bmc-extern", "ipmi-bmc-sim",
        "isa-applesmc",
        "isa-ipmi-bt", "isa-ipmi-kcs", "kvaser_pci", "mioe3680_pci", "pci-ipmi-bt", "pci-ipmi-kcs", "pcm3680_pci",
        "smbus-ipmi", "virtio-crypto-device", "virtio-crypto-pci",
    ]
}
