; IRQ 2, by which the second 8259A's requests come, is masked.
; expect: the second 8259A has lines open (port A1h is FEh), and its requests come through IRQ 2 of the first one, which is masked (port 21h is FFh); clear bit 2 of port 21h
; status: 12
%define MASK 0xFF
%include "rtc-not-read.asm"
