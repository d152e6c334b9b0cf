; options: --serial stdio --serial-pace instant
; says: The quick brown fox jumps over the lazy dog
; The same with a transmitter that is always ready.
%include "uart-no-poll.asm"
