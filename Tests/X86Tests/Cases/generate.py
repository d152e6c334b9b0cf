#!/usr/bin/env python3
"""Writes bits16.txt, bits32.txt and bits64.txt: lines of "bytes | text".

The text is what the disassembly must print; it is written here, from the manual. The bytes are what nasm makes of the same text in
its own spelling, so neither side of a line comes from the code under test. Run again after a change: ./generate.py (needs nasm).
"""
import re
import subprocess
import tempfile

B = ["al", "cl", "dl", "bl", "ah", "ch", "dh", "bh"]
W = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"]
D = ["e" + r for r in W]
Q = ["r" + r for r in W] + ["r8", "r9", "r12", "r13", "r15"]
S = ["es", "cs", "ss", "ds", "fs", "gs"]
M16 = ["[bx+si]", "[bx+di]", "[bp+si]", "[bp+di]", "[si]", "[di]", "[bx]", "[0x1234]", "[bp]", "[bx+si+0x7f]", "[bp-0x80]", "[di+0x1234]",
       "[bp+di-0x1234]", "es:[bx]", "cs:[bp+1]", "ds:[bp+1]", "ss:[di]", "fs:[0x10]", "gs:[si-2]"]
M32 = ["[eax]", "[ecx]", "[edi]", "[ebp]", "[esp]", "[ebx+0x12]", "[ebp-4]", "[esi+0x12345678]", "[esp+8]", "[eax+ecx]", "[eax+ecx*2]",
       "[ebx+esi*4+0x10]", "[esp+ebp*8-0x200]", "[edx*8+0x1000]", "[ebp+eax*4]", "[0x12345678]", "es:[eax]", "cs:[ebp]", "ds:[esp+4]",
       "ss:[eax]", "fs:[0x10]", "gs:[edi+eax*2]"]
M64 = ["[rax]", "[rbp]", "[rsp]", "[r12]", "[r13]", "[r8+0x12]", "[rbp-4]", "[rsi+0x12345678]", "[rsp+8]", "[rax+rcx]", "[r8+r9*2]",
       "[rbx+r12*4+0x10]", "[rsp+rbp*8-0x200]", "[r15*8+0x1000]", "[r13+rax*4]", "fs:[rax]", "gs:[r10-8]", "[eax]", "[r9d+ecx*4]"]


def texts(bits):
    regs = {8: B, 16: W, 32: D}
    mem = {16: M16 + M32[:6], 32: M32 + M16[:6], 64: M64}[bits]
    small = mem[:4] + mem[-3:]
    if bits == 64:
        regs = {8: ["al", "bl", "spl", "dil", "r8b", "r15b"], 16: W + ["r8w", "r14w"], 32: D + ["r9d", "r11d"], 64: Q}
    key = {8: "byte ptr ", 16: "word ptr ", 32: "dword ptr ", 64: "qword ptr "}
    widths = [8, 16, 32] + ([64] if bits == 64 else [])
    wide = widths[1:]

    for op in ["add", "or", "adc", "sbb", "and", "sub", "xor", "cmp", "mov", "test", "xchg", "xadd", "cmpxchg"]:
        for w in widths:
            r = regs[w]
            for i, m in enumerate(mem):
                x = r[i % len(r)]
                yield f"{op} {m}, {x}"
                if op not in ("test", "xchg", "xadd", "cmpxchg"):
                    yield f"{op} {x}, {m}"
            if op == "xchg":
                continue
            for i, a in enumerate(r):
                yield f"{op} {a}, {r[(i * 3 + 1) % len(r)]}"
    for op in ["add", "or", "adc", "sbb", "and", "sub", "xor", "cmp", "mov", "test"]:
        logic = op in ("and", "or", "xor", "test")
        for w in widths:
            for i, m in enumerate(small):
                yield f"{op} {key[w]}{m}, 0x12"
                if w > 8 and op not in ("mov", "test"):
                    top = (1 << w) - 0x10
                    yield f"{op} {key[w]}{m}, " + (hex(top) if logic else "-0x10")
                if w > 8:
                    yield f"{op} {key[w]}{m}, " + {16: "0x1234", 32: "0x12345678", 64: "0x12345678"}[w]
            for x in regs[w][:6]:
                # nasm writes MOV r64, imm as the shorter MOV r32, imm.
                if (op, w) != ("mov", 64):
                    yield f"{op} {x}, 0x34"
    for op in ["inc", "dec", "neg", "not", "mul", "imul", "div", "idiv"]:
        for w in widths:
            for m in small:
                yield f"{op} {key[w]}{m}"
            for x in regs[w]:
                yield f"{op} {x}"
    for op in ["rol", "ror", "rcl", "rcr", "shl", "shr", "sar"]:
        for w in widths:
            for m in small[::2]:
                for count in ["1", "5", "cl"]:
                    yield f"{op} {key[w]}{m}, {count}"
            for x in regs[w][:4]:
                yield f"{op} {x}, 1"
                yield f"{op} {x}, 0x1f"
                yield f"{op} {x}, cl"
    for op in ["shld", "shrd"]:
        for w in wide:
            for m in small[::2]:
                yield f"{op} {m}, {regs[w][1]}, 7"
                yield f"{op} {m}, {regs[w][2]}, cl"
            yield f"{op} {regs[w][0]}, {regs[w][3]}, 0x11"
    for w in wide:
        r = regs[w]
        for i, m in enumerate(small):
            x = r[i % len(r)]
            yield f"imul {x}, {m}"
            yield f"imul {x}, {m}, -3"
            yield f"imul {x}, {m}, 0x1234"
            yield f"lea {x}, {m}" if ":" not in m else f"imul {x}, {x}, 0x55"
            for op in ["bsf", "bsr"] + [f"cmov{c}" for c in CONDITIONS]:
                yield f"{op} {x}, {m}"
            for op in ["bt", "bts", "btr", "btc"]:
                yield f"{op} {m}, {x}"
                yield f"{op} {key[w]}{m}, 9"
            yield f"movzx {x}, byte ptr {m}"
            yield f"movsx {x}, byte ptr {m}"
            if w > 16:
                yield f"movzx {x}, word ptr {m}"
                yield f"movsx {x}, word ptr {m}"
            yield f"popcnt {x}, {m}"
            yield f"movbe {x}, {m}"
            yield f"movbe {m}, {x}"
        for x in r:
            yield f"movzx {x}, {regs[8][2]}"
            if w > 16:
                yield f"bswap {x}"
    for c in CONDITIONS:
        for m in small[:3]:
            yield f"set{c} byte ptr {m}"
        yield f"set{c} {regs[8][3]}"
        yield f"j{c} short 0x1010"
        yield f"j{c} near 0x1010"
    for w in widths:
        if bits == 64 and w == 32:
            continue
        if w > 8 and not (bits != 64 and w == 64):
            for m in small:
                yield f"push {key[w]}{m}"
                yield f"pop {key[w]}{m}"
            for x in regs[w]:
                yield f"push {x}"
                yield f"pop {x}"
    for s in S:
        if bits != 64 or s in ("fs", "gs"):
            yield f"push {s}"
            if s != "cs":
                yield f"pop {s}"
        for m in small[:3]:
            yield f"mov word ptr {m}, {s}"
            if s != "cs":
                yield f"mov {s}, word ptr {m}"
        if s != "cs":
            yield f"mov {s}, cx"
        yield f"mov dx, {s}"
    yield from ["push 0x12", "push -0x12", "ret", "ret 0x10", "retf", "retf 8", "int3", "int 0x80", "int1", "hlt", "cli", "sti", "cld", "std", "clc",
                "stc", "cmc", "lahf", "sahf", "nop", "pause", "leave", "enter 0x10, 3", "cpuid", "rdtsc", "rdmsr", "wrmsr", "rdpmc", "clts", "invd",
                "wbinvd", "sysenter", "sysexit", "rsm", "ud2", "xlatb", "wait", "in al, 0x60", "in eax, 0x60", "in ax, dx", "in al, dx",
                "in eax, dx", "out 0x80, al", "out 0x80, ax", "out dx, al", "out dx, ax", "out dx, eax", "jmp short 0x1000",
                "jmp near 0x1020", "call 0x1100", "loop 0x1000", "loope 0x1000", "loopne 0x1000"]
    for name in ["movs", "cmps", "stos", "lods", "scas", "ins", "outs"]:
        for suffix in "bwd" + ("q" if bits == 64 and name not in ("ins", "outs") else ""):
            yield name + suffix
            compares = name in ("cmps", "scas")
            yield ("repe " if compares else "rep ") + name + suffix
            if compares:
                yield "repne " + name + suffix
    if bits != 64:
        yield from ["daa", "das", "aaa", "aas", "aam", "aad", "aam 7", "aad 7", "into", "salc", "pusha" if bits == 16 else "pushad",
                    "popa" if bits == 16 else "popad", "jmp 0x1234:0x5678", "call 0x1234:0x5678"]
        for i, m in enumerate(small):
            for w in wide:
                for op in ["les", "lds", "lss", "lfs", "lgs", "bound"]:
                    yield f"{op} {regs[w][i]}, {m}"
            yield f"arpl {m}, {W[i]}"
        yield "arpl cx, dx"
        for cr in [0, 2, 3, 4]:
            yield f"mov cr{cr}, eax"
            yield f"mov edi, cr{cr}"
        for dr in range(8):
            yield f"mov dr{dr}, ecx"
            yield f"mov ebx, dr{dr}"
    else:
        yield from ["syscall", "swapgs", "mov cr0, rax", "mov cr8, r9", "mov rdi, cr3", "mov r10, cr8", "mov dr7, rdx", "mov r8, dr6",
                    "movsxd rax, ecx", "movsxd r8, dword ptr [rbx]", "cmpxchg16b xmmword ptr [rdi]", "cdqe", "cqo", "iretq", "pushfq", "popfq"]
    yield from ["cbw", "cwde", "cwd", "cdq", "cmpxchg8b qword ptr " + mem[0]]
    for m in small:
        yield from [f"lgdt {m}", f"sgdt {m}", f"lidt {m}", f"sidt {m}", f"lldt word ptr {m}", f"sldt word ptr {m}", f"ltr word ptr {m}",
                    f"str word ptr {m}", f"lmsw word ptr {m}", f"smsw word ptr {m}", f"invlpg {m}", f"verr word ptr {m}", f"verw word ptr {m}",
                    f"call far {m}", f"jmp far {m}", f"nop word ptr {m}", f"nop dword ptr {m}"]
        yield from [f"{op} {key[bits]}{m}" for op in ("call", "jmp")]
    for w in wide:
        # nasm leaves REX.W out of SLDT.
        yield from [f"{op} {regs[w][2]}" for op in ("smsw", "sldt", "str") if w < 64]
    yield from [f"{op} {regs[bits][i]}" for i in range(8) for op in ("call", "jmp")]
    yield from x87(small)
    yield from vectors(small, bits)
    for op in ["add", "or", "adc", "sbb", "and", "sub", "xor", "xadd", "cmpxchg", "bts", "btr", "btc"]:
        yield f"lock {op} {mem[1]}, {regs[32][3]}"
    for op in ["inc", "dec", "neg", "not"]:
        yield f"lock {op} dword ptr {mem[2]}"
    yield f"lock xchg {mem[1]}, {regs[16][3]}"


CONDITIONS = ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"]


def x87(mem):
    for i, m in enumerate(mem):
        for op in ["add", "mul", "com", "comp", "sub", "subr", "div", "divr"]:
            yield f"f{op} dword ptr {m}"
            yield f"f{op} qword ptr {m}"
            yield f"fi{op} word ptr {m}"
            yield f"fi{op} dword ptr {m}"
        for size in ["dword", "qword"]:
            yield from [f"{op} {size} ptr {m}" for op in ("fld", "fst", "fstp")]
        yield from [f"{op} tbyte ptr {m}" for op in ("fld", "fstp", "fbld", "fbstp")]
        yield from [f"{op} {size} ptr {m}" for op in ("fild", "fist", "fistp", "fisttp") for size in ("word", "dword")]
        yield from [f"{op} qword ptr {m}" for op in ("fild", "fistp", "fisttp")]
        yield from [f"{op} {m}" for op in ("fldenv", "fnstenv", "frstor", "fnsave")]
        yield from [f"{op} word ptr {m}" for op in ("fldcw", "fnstcw", "fnstsw")]
    for i in range(8):
        for op in ["fadd", "fmul", "fsub", "fsubr", "fdiv", "fdivr"]:
            yield f"{op} st(0), st({i})"
            if i:
                yield f"{op} st({i}), st(0)"
            yield f"{op}p st({i}), st(0)"
        yield from [f"{op} st({i})" for op in ("fcom", "fcomp", "fld", "fxch", "ffree", "fst", "fstp", "fucom", "fucomp", "ffreep")]
        yield from [f"{op} st(0), st({i})" for op in ("fcomi", "fcomip", "fucomi", "fucomip", "fcmovb", "fcmove", "fcmovbe", "fcmovu",
                                                      "fcmovnb", "fcmovne", "fcmovnbe", "fcmovnu")]
    yield from """fnop fchs fabs ftst fxam fld1 fldl2t fldl2e fldpi fldlg2 fldln2 fldz f2xm1 fyl2x fptan fpatan fxtract fprem1 fdecstp
        fincstp fprem fyl2xp1 fsqrt fsincos frndint fscale fsin fcos fucompp fcompp fnclex fninit""".split()
    yield "fnstsw ax"


def vectors(mem, bits):
    mmx = """packssdw packsswb packuswb paddb paddd paddsb paddsw paddusb paddusw paddw pand pandn pcmpeqb pcmpeqd pcmpeqw pcmpgtb pcmpgtd
        pcmpgtw pmaddwd pmulhw pmullw por pslld psllq psllw psrad psraw psrld psrlq psrlw psubb psubd psubsb psubsw psubusb psubusw psubw
        punpckhbw punpckhdq punpckhwd pxor pavgb pavgw pmaxsw pmaxub pminsw pminub pmulhuw psadbw paddq pmuludq psubq pshufb phaddw phaddd
        phaddsw pmaddubsw phsubw phsubd phsubsw psignb psignw psignd pmulhrsw pabsb pabsw pabsd""".split()
    for i, op in enumerate(mmx):
        m = mem[i % len(mem)]
        yield from [f"{op} mm{i % 8}, mm{(i + 3) % 8}", f"{op} mm1, {m}", f"{op} xmm{i % 8}, xmm{(i + 5) % 8}", f"{op} xmm2, {m}"]
    xmm = """punpcklbw punpckldq punpcklwd punpcklqdq punpckhqdq addps addpd mulps mulpd subps subpd minps minpd divps divpd maxps maxpd sqrtps
        sqrtpd andps andpd andnps andnpd orps orpd xorps xorpd unpcklps unpcklpd unpckhps unpckhpd rsqrtps rcpps movaps movapd movups movupd
        movdqa movdqu cvtdq2ps cvtps2dq cvttps2dq cvttpd2dq cvtpd2dq cvtpd2ps haddps haddpd hsubps hsubpd addsubps addsubpd movsldup
        movshdup ptest packusdw pcmpeqq pcmpgtq pminsb pminsd pminuw pminud pmaxsb pmaxsd pmaxuw pmaxud pmulld pmuldq phminposuw""".split()
    for i, op in enumerate(xmm):
        m = mem[i % len(mem)]
        yield from [f"{op} xmm{i % 8}, xmm{(i + 3) % 8}", f"{op} xmm1, {m}"]
    for i, op in enumerate("movaps movapd movups movupd movdqa movdqu movntps movntpd movntdq".split()):
        yield f"{op} {mem[i % len(mem)]}, xmm{i % 8}"
    for i, op in enumerate("addss mulss subss minss divss maxss sqrtss rsqrtss rcpss ucomiss comiss cvtss2sd insertps".split()):
        last = ", 0x12" if op == "insertps" else ""
        yield from [f"{op} xmm{i % 8}, xmm1{last}", f"{op} xmm3, dword ptr {mem[i % len(mem)]}{last}"]
    for i, op in enumerate("addsd mulsd subsd minsd divsd maxsd sqrtsd ucomisd comisd cvtsd2ss cvtps2pd cvtdq2pd movddup".split()):
        yield from [f"{op} xmm{i % 8}, xmm1", f"{op} xmm3, qword ptr {mem[i % len(mem)]}"]
    for i, op in enumerate("pmovsxbw pmovsxwd pmovsxdq pmovzxbw pmovzxwd pmovzxdq".split()):
        yield from [f"{op} xmm{i}, xmm1", f"{op} xmm3, qword ptr {mem[i % len(mem)]}"]
    for i, op in enumerate("pmovsxbd pmovsxwq pmovzxbd pmovzxwq".split()):
        yield f"{op} xmm3, dword ptr {mem[i % len(mem)]}"
    for i, op in enumerate("shufps shufpd cmpps cmppd pshufd pshufhw pshuflw palignr roundps roundpd blendps blendpd pblendw dpps dppd mpsadbw "
                           "pcmpestrm pcmpestri pcmpistrm pcmpistri".split()):
        yield from [f"{op} xmm{i % 8}, xmm4, 3", f"{op} xmm5, {mem[i % len(mem)]}, 0x21"]
    for i, op in enumerate("psrlw psraw psllw psrld psrad pslld psrlq psllq".split()):
        yield from [f"{op} mm{i}, 3", f"{op} xmm{i}, 0x13"]
    m = mem[1]
    yield from ["psrldq xmm1, 4", "pslldq xmm6, 0xc", f"movss xmm1, dword ptr {m}", f"movss dword ptr {m}, xmm1", f"movsd xmm1, qword ptr {m}",
                f"movsd qword ptr {m}, xmm1", "movss xmm1, xmm2", "movsd xmm1, xmm2", f"movlps xmm1, qword ptr {m}",
                f"movlps qword ptr {m}, xmm1", "movhlps xmm1, xmm2", "movlhps xmm1, xmm2", f"movhps xmm1, qword ptr {m}",
                f"movhpd qword ptr {m}, xmm1", f"movlpd xmm1, qword ptr {m}", "movmskps eax, xmm1", "movmskpd ecx, xmm7",
                f"movnti {m}, eax", "movd xmm1, eax", "movd eax, xmm1", "movd mm1, ecx", "movd ecx, mm1", f"movd xmm1, dword ptr {m}",
                f"movq xmm1, qword ptr {m}", f"movq qword ptr {m}, xmm1", f"movq mm1, {m}", f"movq {m}, mm1", "movq mm1, mm2",
                "movq2dq xmm1, mm2", "movdq2q mm1, xmm2", f"movntq {m}, mm3", "pmovmskb eax, mm1", "pmovmskb eax, xmm1",
                "pinsrw mm1, ecx, 2", "pextrw ecx, mm1, 2", "pinsrw xmm1, ecx, 2", "pextrw ecx, xmm1, 2", f"pinsrw xmm1, word ptr {m}, 2",
                "pshufw mm1, mm2, 0x1b", f"pextrb byte ptr {m}, xmm1, 2", f"pextrd dword ptr {m}, xmm1, 2", f"extractps dword ptr {m}, xmm1, 2",
                f"pinsrb xmm1, byte ptr {m}, 2", f"pinsrd xmm1, dword ptr {m}, 2", "cvtpi2ps xmm1, mm2", "cvtpi2pd xmm1, mm2",
                "cvtsi2ss xmm1, eax", "cvtsi2sd xmm1, ecx", "cvttps2pi mm1, xmm2", "cvtpd2pi mm1, xmm2", "cvttss2si eax, xmm1",
                "cvtsd2si edx, xmm1", f"cmpss xmm1, dword ptr {m}, 3", f"lddqu xmm1, {m}", f"movntdqa xmm1, {m}",
                f"roundss xmm1, dword ptr {m}, 1", f"roundsd xmm1, qword ptr {m}, 1", "maskmovq mm1, mm2", "maskmovdqu xmm1, xmm2", "emms",
                f"fxsave {m}", f"fxrstor {m}", f"ldmxcsr dword ptr {m}", f"stmxcsr dword ptr {m}", f"clflush byte ptr {m}", "lfence", "mfence",
                "sfence", "monitor", "mwait", f"prefetchnta byte ptr {m}", f"prefetcht0 byte ptr {m}", f"prefetcht1 byte ptr {m}",
                f"prefetcht2 byte ptr {m}", "crc32 eax, bl", "crc32 eax, cx", "crc32 edx, ecx", f"crc32 eax, byte ptr {m}",
                "pblendvb xmm1, xmm2, xmm0", "blendvps xmm1, xmm2, xmm0", "blendvpd xmm1, xmm2, xmm0"]
    if bits == 64:
        yield from ["movq xmm9, r10", "movq rax, xmm12", "cvtsi2sd xmm8, r9", "cvttsd2si r9, xmm8", "pextrq rax, xmm1, 1", "pinsrq xmm1, r8, 1",
                    "addps xmm8, xmm15", "crc32 rax, r9", "paddb mm1, [r9]", f"fxsave64 {m}"]


def nasm(text):
    """The same instruction in nasm's spelling."""
    text = text.replace("tbyte ptr", "tword").replace("xmmword ptr", "oword").replace(" ptr ", " ")
    text = re.sub(r"\b([c-gs]s):\[", r"[\1:", text)
    text = re.sub(r"st\((\d)\)", r"st\1", text)
    text = text.replace("salc", "db 0xd6").replace("int1", "db 0xf1")
    text = re.sub(r"^(j\w+|loop\w*|call) (short |near )?0x(1\w\w\w)$", lambda m: f"{m[1]} {m[2] or ''}$+0x{int(m[3], 16) - 0x1000:x}", text)
    if text in ("aam", "aad"):
        return text
    if text.startswith(("blendv", "pblendv")):
        text = text.replace(", xmm0", "")
    if text.startswith("cmpxchg8b") or text.startswith("cmpxchg16b") or text.startswith(("clflush", "prefetch", "movddup")):
        text = re.sub(r"\b(byte|qword|oword) ", "", text)
    return text


def assemble(bits, lines):
    """Bytes of each line; None where nasm refuses."""
    source = [f"bits {bits}", "default abs"]
    for number, line in enumerate(lines):
        source += [f"s{number}: {nasm(line)}", f"e{number}: times 15-(e{number}-s{number}) db 0", f"db e{number}-s{number}"]
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/a.asm", "w") as file:
            file.write("\n".join(source) + "\n")
        run = subprocess.run(["nasm", "-w-all", "-f", "bin", "-o", folder + "/a", folder + "/a.asm"], capture_output=True, text=True)
        if run.returncode != 0:
            bad = {(int(m) - 3) // 3 for m in re.findall(r"a\.asm:(\d+): error", run.stderr)}
            for number in sorted(bad):
                print(bits, "refused:", lines[number], "|", nasm(lines[number]))
            return assemble(bits, [line for number, line in enumerate(lines) if number not in bad])
        code = open(folder + "/a", "rb").read()
    return [(code[16 * n: 16 * n + code[16 * n + 15]], line) for n, line in enumerate(lines)]


def main():
    for bits in (16, 32, 64):
        lines = list(dict.fromkeys(texts(bits)))
        cases = dict.fromkeys((code.hex(" "), re.sub(r"^(j\w+) (short|near) ", r"\1 ", line)) for code, line in assemble(bits, lines))
        with open(f"bits{bits}.txt", "w") as file:
            file.writelines(f"{code} | {line}\n" for code, line in cases)
        print(bits, len(cases))


main()
