/* What the programs of this folder share: arguments that reach the edges, and a sum of all results. No result depends on an address. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define HOT __attribute__((noinline, noclone))
#define COUNT(array) (sizeof(array) / sizeof *(array))

static uint32_t random_state = 0x9E3779B9u;
static uint64_t sum = 1469598103934665603u;

static inline uint32_t random32(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

/* One of the numbers at which something changes, one beside it, or any: of any width up to 64 bits. */
static HOT uint64_t argument(void) {
    uint32_t kind = random32();
    uint64_t number = (uint64_t)random32() << 32 | random32();
    if ((kind & 3) == 0) return number >> (kind >> 8 & 63);
    uint64_t edge = (uint64_t)1 << (kind >> 8 & 63);
    if ((kind & 3) == 1) return edge + (uint64_t)(int64_t)((int)(kind >> 16 & 7) - 4);
    if ((kind & 3) == 2) return (uint64_t)(int64_t)((int)(kind >> 16 & 15) - 8);
    return number;
}

static inline void add(uint64_t value) {
    sum = (sum ^ value) * 1099511628211u;
}

static inline void add_bytes(const void *bytes, unsigned count) {
    for (unsigned i = 0; i < count; i++) add(((const uint8_t *)bytes)[i]);
}

/* Prints the sum since the last line under the name of what made it. */
static void line(const char *name) {
    printf("%s=%08x%08x\n", name, (unsigned)(sum >> 32), (unsigned)sum);
    sum = 1469598103934665603u;
}
