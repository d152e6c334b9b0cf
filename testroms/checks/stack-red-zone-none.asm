; The interrupt has a stack of its own (IST): the red zone stays whole. Nor is it a mistake to write below RSP and not read it again.
; check: stack
%define STACK_OF_TIMER 1
%include "stack-red-zone.asm"
