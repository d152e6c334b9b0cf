// System calls by which a process gives rights up for good: seccomp(2), landlock(7), prctl(2). The C library's module does not offer them to Swift.
#ifdef __linux__
#include <linux/filter.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// Hosts with older headers may run newer kernels: landlock(7) gives the numbers, which are the same on all processors.
#define SANDBOX_LANDLOCK_CREATE 444
#define SANDBOX_LANDLOCK_ADD 445
#define SANDBOX_LANDLOCK_RESTRICT 446

/// The processor whose system calls these numbers are of: AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64.
#if defined(__x86_64__)
static const uint32_t sandbox_architecture = 0xC000003E;
#elif defined(__aarch64__)
static const uint32_t sandbox_architecture = 0xC00000B7;
#else
static const uint32_t sandbox_architecture = 0;
#endif

static inline int sandbox_renounce_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

/// For all threads of this process.
static inline int sandbox_install_filter(struct sock_filter *instructions, unsigned short count) {
    struct sock_fprog program = {count, instructions};
    return (int)syscall(SYS_seccomp, 1 /* SECCOMP_SET_MODE_FILTER */, 1 /* SECCOMP_FILTER_FLAG_TSYNC */, &program);
}

/// The version of Landlock's interface; negative without Landlock.
static inline int sandbox_landlock_version(void) { return (int)syscall(SANDBOX_LANDLOCK_CREATE, 0, 0, 1); }

/// A descriptor of rules about these rights, all of which are refused until a rule gives them.
static inline int sandbox_landlock_rules(uint64_t rights) {
    return (int)syscall(SANDBOX_LANDLOCK_CREATE, &rights, sizeof rights, 0);
}

/// Gives rights to the file or folder that `descriptor` is open on, and to all below it.
static inline int sandbox_landlock_allow(int rules, int descriptor, uint64_t rights) {
    struct __attribute__((packed)) {
        uint64_t rights;
        int32_t descriptor;
    } rule = {rights, descriptor};
    return (int)syscall(SANDBOX_LANDLOCK_ADD, rules, 1 /* LANDLOCK_RULE_PATH_BENEATH */, &rule, 0);
}

static inline int sandbox_landlock_restrict(int rules) { return (int)syscall(SANDBOX_LANDLOCK_RESTRICT, rules, 0); }
#endif
