; A program of 200 bytes for Linux, i386: "tray open" and "tray close" for /dev/sr0, which Debian's busybox cannot. Status 0: it went.
; ioctls CDROMEJECT and CDROMCLOSETRAY of linux/cdrom.h; System V ABI, ELF.
bits 32
org 0x08048000
header: db      0x7F, "ELF", 1, 1, 1, 0
        times   8 db 0
        dw      2, 3                            ; executable, i386
        dd      1, start, program - header, 0, 0
        dw      52, 32, 1, 0, 0, 0
program:
        dd      1, 0, header, header, end - header, end - header, 5, 0x1000

start:  mov     ebx, device
        mov     ecx, 0x800                      ; O_RDONLY, O_NONBLOCK: without a disc, too
        xor     edx, edx
        mov     eax, 5                          ; open
        int     0x80
        mov     ebx, eax
        test    eax, eax
        js      .end
        mov     ecx, 0x5309                     ; CDROMEJECT
        mov     esi, [esp + 8]
        cmp     byte [esi], 'c'
        jne     .ioctl
        mov     ecx, 0x5319                     ; CDROMCLOSETRAY
.ioctl: xor     edx, edx
        mov     eax, 54                         ; ioctl
        int     0x80
        mov     ebx, eax
        test    eax, eax
        jz      .end
        mov     ebx, 1
.end:   mov     eax, 1                          ; exit
        int     0x80
device: db      "/dev/sr0", 0
end:
