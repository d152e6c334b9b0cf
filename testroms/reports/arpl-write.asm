; status: 10
; ARPL on a read-only segment where RPL has to rise: #GP, and no IDT.
%define RPL 3
%include "arpl-no-write.asm"
