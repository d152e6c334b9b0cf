// The same with the member set: nothing is found.
// check: uninit
// variants: -O0 | -O2
#define SETS_ALL
#include "uninit.c"
