// Three processors that do all right: locks by XCHG, by LOCK CMPXCHG and with tickets, a lock that is looked at before it is taken, a flag that hands data over, a
// barrier, data of each processor's own (in the same eight bytes, too), a counter by LOCK XADD, a message with data, and what was before the start.
// check: races
// options: --machine pc --smp 3
// bits: 32 64
// variants: -O0 | -O2
#include "message.h"

#define ROUNDS 40
static u32 before_start = 7, total, checked, ticketed, compared, tested, own[MOST], sum, message, handled;
static volatile u8 bytes[8];
static volatile u32 lock, compare_lock, test_lock, next_ticket, now_serving, ready, alive, finished, atomic, arrived, sense, seen;
static u32 data[16], posts[8];

static void take(void) { while (exchange(&lock, 1)) pause(); }
static void give(void) { barrier(); lock = 0; }

static void count(u32 number) {
    for (int i = 0; i < ROUNDS; i++) {
        take();
        total++;
        give();
        u32 mine = fetch_add(&next_ticket, 1);
        while (now_serving != mine) pause();
        ticketed++;
        barrier();
        now_serving++;
        while (!__sync_bool_compare_and_swap(&compare_lock, 0, 1)) pause();
        compared++;
        barrier();
        compare_lock = 0;
        do {
            while (test_lock) pause();
        } while (exchange(&test_lock, 1));
        tested++;
        barrier();
        test_lock = 0;
        own[number]++;
        bytes[number]++;
        fetch_add(&atomic, 1);
    }
}

/* A barrier that all three pass, twice. */
static void meet(u32 number) {
    for (u32 round = 0; round < 2; round++) {
        u32 turn = !sense;
        posts[number + 4 * round] = number + round;
        if (fetch_add(&arrived, 1) == 2) {
            arrived = 0;
            barrier();
            sense = turn;
        } else {
            while (sense != turn) pause();
        }
        for (int i = 0; i < 3; i++) fetch_add(&seen, posts[i + 4 * round]);
    }
}

void received(void) {
    handled = message + 1;
    end_of_interrupt();
}

void other(u32 number) {
    listen();
    sum += before_start;
    fetch_add(&alive, 1);
    if (number == 1) {
        while (!ready) pause();
        for (int i = 0; i < 16; i++) sum += data[i];
        barrier();
        ready = 2;
    }
    count(number);
    meet(number);
    if (number == 2) {
        __asm__ volatile("sti; hlt; cli" : : : "memory");
        sum += handled;
    }
    fetch_add(&finished, 1);
}

void kmain(void) {
    prepare();
    for (int i = 0; i < 3; i++) before_start += i;
    set_gate();
    for (u32 number = 1; number < 3; number++) {
        begin(number);
        while (alive != number) pause();
    }
    for (int i = 0; i < 16; i++) data[i] = i;
    barrier();
    ready = 1;
    while (ready != 2) pause();
    count(0);
    meet(0);
    for (u32 i = 0; i < 20000; i++) pause();
    message = 5;
    send(0x4040, 2);
    while (finished != 2) pause();
    checked = total + ticketed + compared + tested + own[1] + own[2] + bytes[1] + handled;
}
