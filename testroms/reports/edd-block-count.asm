; says: 42h 04 01 0002 00000000
; says: 43h 04 01 0002
; says: 42h-one-beyond 04 0000
; says: 02h 04 03
; disk: 10321920
; options: --debugcon stdio
; INT 13h that runs past the end of the disk: AH is an error, the packet says how many blocks were done.
%include "dev.inc"
pk: db 16,0
.n: dw 4
.o: dw 0xc000,0
.l: dq 20160-2
%macro GO 1
    mov word [pk.n],4
    mov dword [pk.l],20160-2
    mov si,pk
    mov ax,%1
    mov dl,0x80
    int 0x13
    pushf
    H8 ah
    popf
    setc al
    H8 al
    H16 [pk.n]
%endmacro
main:
    mov dword [0xc000],0x55555555
    T "42h"
    GO 0x4200
    H32 [0xc000]
    T "43h"
    GO 0x4300
    T "44h"
    GO 0x4400
    T "42h-one-beyond"
    mov word [pk.n],1
    mov dword [pk.l],20160
    mov si,pk
    mov ah,0x42
    mov dl,0x80
    int 0x13
    H8 ah
    H16 [pk.n]
    T "02h"       ; the old call: AL = sectors transferred
    mov ax,0x0205
    mov bx,0xc000
    mov cx,0x133d  ; cylinder 19, sector 61 of 63, last head
    mov dx,0x0f80
    int 0x13
    H8 ah
    H8 al
    mov ax,0x0401
    mov cx,0x143d
    mov dx,0x0080
    int 0x13
    H8 ah
    H8 al
    jmp finish
