// The same in 64 bits, where the copy goes through XMM registers.
// bits: 64
// check: uninit
// expect: a branch depends on memory that nobody has written since power-on at 0008: ... decide ... uninit.c: ... it comes from 00400008h, read at 0008: ...
// variants: -O0 | -O2
#include "uninit.c"
