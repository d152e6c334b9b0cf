/* Loaded before the C library: sends SIGKILL to its own process at write number KILL_AT of a disk image (pwrite), counting from 1, before the
   write or, when KILL_AFTER is set, behind it. With KILL_AT 0 it says instead which write was the first to carry a sector of the byte V ("data
   WRITE V"), and at the end how many writes there were. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long count, limit = -1;

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("KILL_AT");
    limit = text ? atol(text) : -1;
}

__attribute__((destructor)) static void end(void) {
    if (limit == 0) fprintf(stderr, "writes: %ld\n", count);
}

/* Sectors of one repeated byte are the workload's. */
static void look(const unsigned char *bytes, size_t size) {
    static char seen[256];
    for (size_t start = 0; start + 512 <= size; start += 512) {
        unsigned char value = bytes[start];
        if (value == 0 || seen[value] || memcmp(bytes + start, bytes + start + 1, 511) != 0) continue;
        seen[value] = 1;
        fprintf(stderr, "data %ld %d\n", count, value);
    }
}

static ssize_t counted(const char *name, int file, const void *buffer, size_t size, off_t offset) {
    ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, name);
    int is_last = ++count == limit;
    if (limit == 0) look(buffer, size);
    if (is_last && !getenv("KILL_AFTER")) kill(getpid(), SIGKILL);
    ssize_t result = real(file, buffer, size, offset);
    if (is_last) kill(getpid(), SIGKILL);
    return result;
}

ssize_t pwrite(int file, const void *buffer, size_t size, off_t offset) {
    return counted("pwrite", file, buffer, size, offset);
}
ssize_t pwrite64(int file, const void *buffer, size_t size, off_t offset) {
    return counted("pwrite64", file, buffer, size, offset);
}
