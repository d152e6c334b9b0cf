/* Calls a program's main (compiled as `program`) as often as the argument says, each time from the same data, so that all of it becomes hot. The
   programs print their results; each round prints the same. */
#include <stdlib.h>
#include <string.h>

extern char __data_start[], _end[]; /* all variables of the program, .data and .bss: put there by the linker */
extern int program(int count, char **arguments);

int main(int count, char **arguments) {
    size_t size = (size_t)(_end - __data_start);
    char *first = malloc(size);
    memcpy(first, __data_start, size);
    for (int rounds = count > 1 ? atoi(arguments[1]) : 1; rounds > 0; rounds--) {
        program(1, arguments);
        memcpy(__data_start, first, size);
    }
    return 0;
}
