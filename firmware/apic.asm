; Processors with a local APIC: virtual wire mode, so that the 8259A's interrupts reach them. MultiProcessor Specification 1.4, 3.6.2.2;
; SDM Vol. 3A, chapter "Advanced Programmable Interrupt Controller". Where CPUID shows none, nothing is done.

APIC_SVR        equ 0xFEE000F0
APIC_LINT0      equ 0xFEE00350
APIC_LINT1      equ 0xFEE00360

apic_init:
        call    apic_detect
        jz      .none
        mov     eax, 0x1FF              ; software enabled, spurious vector FFh
        mov     edx, APIC_SVR
        call    physical_write
        mov     eax, 0x700              ; ExtINT
        mov     edx, APIC_LINT0
        call    physical_write
        mov     eax, 0x400              ; NMI
        mov     edx, APIC_LINT1
        call    physical_write
.none:
        ret

; ZF = 0 where CPUID shows a local APIC. Changes EAX, EBX, ECX, EDX.
apic_detect:
        pushfd                          ; CPUID is there when EFLAGS.ID can be changed
        pop     eax
        mov     ecx, eax
        xor     eax, 1 << 21
        push    eax
        popfd
        pushfd
        pop     eax
        push    ecx
        popfd
        xor     eax, ecx
        test    eax, 1 << 21
        jz      .none
        xor     eax, eax
        cpu     586
        cpuid
        test    eax, eax
        jz      .none
        mov     eax, 1
        cpuid
        cpu     386
        test    edx, 1 << 9             ; APIC
.none:
        ret

; The double word at physical address EDX = EAX, in one access: the block move does it.
physical_write:
        push    es
        mov     bp, sp
        push    eax
        movzx   ebx, sp                 ; SS = 0: its address
        mov     cx, 24                  ; the descriptor table
.zero:
        push    word 0
        loop    .zero
        mov     si, sp
        push    ss
        pop     es
        mov     word [es:si+GDT_SOURCE], 0xFFFF
        mov     [es:si+GDT_SOURCE+2], ebx
        mov     byte [es:si+GDT_SOURCE+5], 0x93
        mov     word [es:si+GDT_TARGET], 0xFFFF
        mov     [es:si+GDT_TARGET+2], edx
        mov     byte [es:si+GDT_TARGET+5], 0x93
        shr     edx, 24
        mov     [es:si+GDT_TARGET+7], dl
        mov     ah, 0x87
        mov     cx, 2
        int     0x15
        mov     sp, bp
        pop     es
        ret
