; What is written, by whomever, and what is read and not used: copies of memory that nobody wrote, saved registers, XOR and SUB of a register with
; itself, masked bytes, a byte of a word, what a frame of an interrupt leaves, what the boot loader brought, the BIOS's own memory, a cleared page.
; check: uninit
%include "mistake.inc"
start:  LOAD_GDT
        mov     esi, 0x250000                                   ; copied, never used
        mov     edi, 0x260000
        mov     ecx, 256
        cld
        rep     movsd
        mov     eax, [0x250000]
        push    eax
        pop     ecx
        xchg    ecx, edx
        xor     edx, edx
        jz      .one
.one:   mov     eax, [0x250004]
        sub     eax, eax
        jnz     $
        mov     eax, [0x250008]                                 ; one byte of it is known
        mov     al, 7
        cmp     al, 7
        jne     $
        and     eax, 0xFF
        cmp     eax, 7
        jne     $
        mov     byte [0x250011], 3
        movzx   eax, byte [0x250011]
        mov     ebx, [0x100000 + eax * 4]
        mov     edi, 0x270000
        mov     ecx, 1024
        xor     eax, eax
        rep     stosd
        mov     eax, [0x270FFC]
        test    eax, eax
        jnz     $
        cmp     word [0x413], 0
        je      $
        cmp     dword [data], 0x12345678
        jne     $
        GATE    3, handler
        lidt    [idt_pointer]
        int3
        pusha
        popa
        mov     eax, [esp - 12]                                 ; an old frame
        test    eax, eax
        jz      .two
.two:   pushf
        pop     eax
        test    eax, 2
        jz      $
        mov     eax, [0x250020]
        cmp     eax, 1                                          ; flags that nobody looks at
        cmp     ebx, ebx
        jne     $
        in      al, 0x61
        test    al, al
        js      .three
.three: cpuid
        test    eax, eax
        js      .four
.four:  xor     eax, eax
        out     0xF4, al
handler:
        iretd
data    dd      0x12345678
