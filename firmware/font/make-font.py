#!/usr/bin/env python3
"""Draws font/cp437-8x16.inc, -8x14.inc, -8x8-lower.inc and -8x8-upper.inc from the public-domain "misc-fixed" fonts of the X Window System.

    make-font.py FOLDER         FOLDER holds 8x13B.pcf.gz, 8x13.pcf.gz and 5x8.pcf.gz (Debian: xfonts-base)

Letters come from the fonts; line and block graphics are drawn here, so that they join up in every height. The built
tables are kept in the repository: the firmware's build does not need this script.
"""
import gzip, os, struct, sys

# Code page 437 as the PC's character generator has it: 00-1F and 7F are pictures too.
LOW = " ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼"
CP437 = LOW + "".join(map(chr, range(32, 127))) + "⌂" + bytes(range(128, 256)).decode("cp437")

# Pictures that misc-fixed lacks: eight columns, centred vertically.
PICTURES = {
    "☺": "01111110 10000001 10100101 10000001 10111101 10011001 10000001 01111110",
    "☻": "01111110 11111111 11011011 11111111 11000011 11100111 11111111 01111110",
    "♥": "01101100 11111110 11111110 11111110 01111100 00111000 00010000",
    "♦": "00010000 00111000 01111100 11111110 01111100 00111000 00010000",
    "♣": "00111000 00111000 01111100 11111110 11111110 01010100 00010000 00111000",
    "♠": "00010000 00111000 01111100 11111110 11111110 01010100 00010000 00111000",
    "•": "00011000 00111100 00111100 00011000",
    "○": "00111100 01100110 01000010 01000010 01100110 00111100",
    "♂": "00001111 00000111 00001101 01111000 11001100 11001100 11001100 01111000",
    "♀": "00111100 01100110 01100110 00111100 00011000 01111110 00011000 00011000",
    "♪": "00111111 00110011 00111111 00110000 00110000 01110000 11110000 11100000",
    "♫": "01111111 01100011 01111111 01100011 01100011 01100111 11100110 11000000",
    "☼": "00011000 11011011 00111100 11100111 11100111 00111100 11011011 00011000",
    "►": "10000000 11100000 11111000 11111110 11111000 11100000 10000000",
    "◄": "00000010 00001110 00111110 11111110 00111110 00001110 00000010",
    "↕": "00011000 00111100 01111110 00011000 00011000 01111110 00111100 00011000",
    "‼": "01100110 01100110 01100110 01100110 01100110 00000000 01100110",
    "▬": "01111110 01111110 01111110",
    "↨": "00011000 00111100 01111110 00011000 01111110 00111100 00011000 11111111",
    "∟": "11000000 11000000 11000000 11111110",
    "▲": "00010000 00111000 00111000 01111100 01111100 11111110",
    "▼": "11111110 01111100 01111100 00111000 00111000 00010000",
    "⌂": "00010000 00111000 01101100 11000110 11000110 11111110",
    "₧": "11110000 10011000 10010100 11111110 10010100 10010100 10010011",
    "⌐": "11111110 11000000 11000000 11000000",
    "⌠": "00001110 00011011 00011011 00011000 00011000 00011000 00011000 00011000",
    "⌡": "00011000 00011000 00011000 00011000 11011000 11011000 01110000",
    "■": "00111100 00111100 00111100 00111100",
}

# Lines leaving the middle: up, down, left, right; 1 single, 2 double.
BOX = {
    "│": "1100", "┤": "1110", "╡": "1120", "╢": "2210", "╖": "0210", "╕": "0120", "╣": "2220", "║": "2200", "╗": "0220",
    "╝": "2020", "╜": "2010", "╛": "1020", "┐": "0110", "└": "1001", "┴": "1011", "┬": "0111", "├": "1101", "─": "0011",
    "┼": "1111", "╞": "1102", "╟": "2201", "╚": "2002", "╔": "0202", "╩": "2022", "╦": "0222", "╠": "2202", "═": "0022",
    "╬": "2222", "╧": "1022", "╨": "2011", "╤": "0122", "╥": "0211", "╙": "2001", "╘": "1002", "╒": "0102", "╓": "0201",
    "╫": "2211", "╪": "1122", "┘": "1010", "┌": "0101",
}


def pcf(path):
    """{code point: (ascent above the baseline, rows as lists of bits)} of a PCF font, and its ascent and descent."""
    d = gzip.open(path).read()
    tables = {t: (f, o) for t, f, _, o in (struct.unpack_from("<4I", d, 8 + 16 * i) for i in range(struct.unpack_from("<I", d, 4)[0]))}
    f, o = tables[4]                                            # metrics
    e = ">" if f & 4 else "<"
    if f & 0x100:
        n, = struct.unpack_from(e + "H", d, o + 4)
        metrics = [tuple(b - 128 for b in d[o + 6 + 5 * i:o + 11 + 5 * i]) for i in range(n)]
    else:
        n, = struct.unpack_from(e + "I", d, o + 4)
        metrics = [struct.unpack_from(e + "5h", d, o + 8 + 12 * i) for i in range(n)]
    f, o = tables[8]                                            # bitmaps
    e = ">" if f & 4 else "<"
    pad, msb = 1 << (f & 3), bool(f & 8)
    count, = struct.unpack_from(e + "I", d, o + 4)
    offsets = struct.unpack_from(e + "%dI" % count, d, o + 8)
    base = o + 8 + 4 * count + 16
    f, o = tables[32]                                           # encodings
    e = ">" if f & 4 else "<"
    b2a, b2z, b1a, b1z, _ = struct.unpack_from(e + "5H", d, o + 4)
    glyphs, at = {}, o + 14
    for b1 in range(b1a, b1z + 1):
        for b2 in range(b2a, b2z + 1):
            g, = struct.unpack_from(e + "H", d, at)
            at += 2
            if g == 0xFFFF:
                continue
            left, right, _, up, down = metrics[g]
            stride = (right - left + 8 * pad - 1) // (8 * pad) * pad
            rows = []
            for y in range(up + down):
                raw = d[base + offsets[g] + y * stride:][:stride]
                bits = "".join(format(b, "08b") if msb else format(b, "08b")[::-1] for b in raw)
                rows.append([0] * left + [int(c) for c in bits[:right - left]])
            glyphs[b1 << 8 | b2] = (up, rows)
    f, o = tables[2]                                            # accelerators
    e = ">" if f & 4 else "<"
    ascent, descent = struct.unpack_from(e + "2i", d, o + 12)
    return glyphs, ascent, descent


def letter(font, ch, height, top, shift):
    glyphs = font[0]
    if ord(ch) not in glyphs:
        return None
    up, rows = glyphs[ord(ch)]
    cell = [[0] * 8 for _ in range(height)]
    for y, row in enumerate(rows):
        at = top + font[1] - up + y
        if 0 <= at < height:
            for x, bit in enumerate(row):
                if 0 <= x + shift < 8:
                    cell[at][x + shift] = bit
    return cell


def box(spec, height):
    up, down, left, right = map(int, spec)
    cell = [[0] * 8 for _ in range(height)]
    mid = height // 2 - (1 if height < 14 else 0)
    if height == 8:
        mid = 3
    vertical, horizontal = max(up, down), max(left, right)
    columns = [3, 4] if vertical < 2 else [2, 5]
    lines = [mid] if horizontal < 2 else [mid - 1, mid + 1]
    first, last = lines[0], lines[-1]
    for n, kind in enumerate((up, down)):
        if not kind:
            continue
        for c in columns:
            start, end = (0, last) if n == 0 else (first, height - 1)
            if horizontal == 2:                 # open the corners of double lines
                outer = (right and not left and c == columns[0]) or (left and not right and c == columns[-1])
                through = up and down
                if n == 0:
                    end = last if outer or (vertical < 2 and not through) else first
                else:
                    start = first if outer or (vertical < 2 and not through) else last
                if vertical < 2 and through:
                    start, end = 0, height - 1
                elif through and vertical == 2 and ((not right and c == 5) or (not left and c == 2)):
                    start, end = 0, height - 1
            for y in range(start, end + 1):
                cell[y][c] = 1
    for n, kind in enumerate((left, right)):
        if not kind:
            continue
        for y in lines:
            start, end = (0, columns[-1]) if n == 0 else (columns[0], 7)
            if vertical == 2:
                if horizontal < 2:
                    if not (up and down):
                        start, end = (0, 5) if n == 0 else (2, 7)
                    elif left and right:
                        start, end = 0, 7
                    else:
                        start, end = (0, 2) if n == 0 else (5, 7)
                else:
                    outer = (down and not up and y == lines[0]) or (up and not down and y == lines[-1])
                    if outer:
                        start, end = (0, columns[-1]) if n == 0 else (columns[0], 7)
                    else:
                        start, end = (0, columns[0]) if n == 0 else (columns[-1], 7)
            for x in range(start, end + 1):
                cell[y][x] = 1
    return cell


def block(ch, height):
    half = height // 2
    pattern = {
        "█": lambda x, y: 1, "▄": lambda x, y: y >= half, "▀": lambda x, y: y < half, "▌": lambda x, y: x < 4, "▐": lambda x, y: x >= 4,
        "░": lambda x, y: (x + 2 * (y & 1)) % 4 == 1, "▒": lambda x, y: (x + y) & 1, "▓": lambda x, y: (x + 2 * (y & 1)) % 4 != 1,
        "◘": lambda x, y: not (2 <= x <= 5 and half - 2 <= y <= half + 1), "◙": lambda x, y: (x in (0, 7) or not half - 4 <= y <= half + 3)
        or (2 <= x <= 5 and half - 2 <= y <= half + 1 and not (3 <= x <= 4 and half - 1 <= y <= half)),
    }.get(ch)
    return pattern and [[int(bool(pattern(x, y))) for x in range(8)] for y in range(height)]


def picture(ch, height):
    if ch not in PICTURES:
        return None
    rows = PICTURES[ch].split()
    cell = [[0] * 8 for _ in range(height)]
    top = {"⌠": height - len(rows), "⌡": 0}.get(ch, (height - len(rows)) // 2)     # the integral's halves join up
    for y, row in enumerate(rows):
        cell[top + y] = [int(c) for c in row]
    return cell


def glyph(ch, height, fonts, top, shift):
    if ch in BOX:
        return box(BOX[ch], height)
    for drawn in (block(ch, height), picture(ch, height)):
        if drawn:
            return drawn
    for font in fonts:
        cell = letter(font, ch, height, top, shift)
        if cell:
            return cell
    raise SystemExit("no glyph for %r" % ch)


def main(folder):
    big = [pcf(os.path.join(folder, n)) for n in ("8x13B.pcf.gz", "8x13.pcf.gz")]
    small = [pcf(os.path.join(folder, "5x8.pcf.gz"))]
    here = os.path.dirname(os.path.abspath(__file__))
    for height, fonts, top, shift in ((16, big, 1, 0), (14, big, 0, 0), (8, small, 0, 1)):
        lines = []
        for code, ch in enumerate(CP437):
            rows = [int("".join(map(str, r)), 2) for r in glyph(ch, height, fonts, top, shift)]
            lines.append("        db " + ",".join("0x%02X" % r for r in rows) + "  ; %02X\n" % code)
        parts = (("", 0, 256),) if height > 8 else (("-lower", 0, 128), ("-upper", 128, 256))
        for part, first, end in parts:
            with open(os.path.join(here, "cp437-8x%d%s.inc" % (height, part)), "w") as f:
                f.write("; Code page 437, 8x%d, one character a line. Drawn by make-font.py; public domain, see FONT-LICENSE.\n" % height)
                f.writelines(lines[first:end])


main(sys.argv[1])
