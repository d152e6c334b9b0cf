// A terminal as programs on a serial line expect it: a grid of characters, the control sequences of ECMA-48 as xterm understands them, UTF-8, and the lines
// that have gone off the top.

const mostKept = 1000;
const mostParameters = 32;
const colours = ["#8a949e", "#ff8f9a", "#7fd494", "#ffd479", "#7fb8ff", "#e0a0ff", "#7fdfe0", "#ffffff"];
// VT100's line drawing, from "j" on.
const lineDrawing = { j: "┘", k: "┐", l: "┌", m: "└", n: "┼", q: "─", t: "├", u: "┤", v: "┴", w: "┬", x: "│", a: "▒", f: "°", g: "±", "`": "◆", "~": "·" };

// The colour of a number of 256: sixteen, a cube, greys.
function indexed(number) {
  if (number < 16) return colours[number & 7];
  if (number > 231) { const grey = 8 + 10 * (number - 232); return `rgb(${grey},${grey},${grey})`; }
  const part = (value) => (value ? 55 + 40 * value : 0);
  return `rgb(${part(Math.floor((number - 16) / 36))},${part(Math.floor((number - 16) / 6) % 6)},${part((number - 16) % 6)})`;
}

export class Terminal {
  constructor(columns, rows) {
    [this.columns, this.rows] = [columns, rows];
    // What is to be said to the other end, where it asks.
    this.answers = "";
    this.reset();
  }

  reset() {
    this.kept = [];
    this.lines = Array.from({ length: this.rows }, () => this.blank());
    [this.x, this.y, this.top, this.bottom] = [0, 0, 0, this.rows - 1];
    this.style = {};
    this.saved = null;
    this.other = null;
    [this.isWrapping, this.inserts, this.keysAreApplications, this.showsCursor, this.wraps] = [false, false, false, true, true];
    [this.drawsLines, this.state, this.sequence, this.pending, this.code] = [false, "text", "", 0, 0];
  }

  // Lines carry a number that changes with them, so that whoever shows them draws only those.
  blank() { return { cells: [], version: 0 }; }

  line() { const line = this.lines[this.y]; line.version += 1; return line; }

  resize(columns, rows) {
    if (columns === this.columns && rows === this.rows) return;
    while (this.lines.length > rows) {
      // Empty lines at the bottom go first, then lines at the top.
      if (this.y < this.lines.length - 1 && !this.lines.at(-1).cells.length) this.lines.pop();
      else { this.keep(this.lines.shift()); this.y = Math.max(0, this.y - 1); }
    }
    while (this.lines.length < rows) this.lines.push(this.blank());
    [this.columns, this.rows] = [columns, rows];
    [this.top, this.bottom, this.isWrapping, this.other] = [0, rows - 1, false, null];
    [this.x, this.y] = [Math.min(this.x, columns - 1), Math.min(this.y, rows - 1)];
  }

  keep(line) {
    if (this.other) return;
    this.kept.push(line);
    if (this.kept.length > mostKept) this.kept.shift();
  }

  // Takes bytes, each as a character of the same number.
  write(bytes) {
    for (const byte of bytes) this.take(byte.charCodeAt(0) & 255);
  }

  // UTF-8, RFC 3629; a byte that begins or continues nothing is taken for ISO 8859-1.
  take(byte) {
    if (this.pending) {
      if ((byte & 0xc0) === 0x80) {
        this.code = (this.code << 6) | (byte & 63);
        this.pending -= 1;
        if (!this.pending && this.code <= 0x10ffff) this.put(String.fromCodePoint(this.code));
        return;
      }
      this.pending = 0;
    }
    if (byte >= 0xc2 && byte < 0xe0) [this.pending, this.code] = [1, byte & 31];
    else if (byte >= 0xe0 && byte < 0xf0) [this.pending, this.code] = [2, byte & 15];
    else if (byte >= 0xf0 && byte < 0xf5) [this.pending, this.code] = [3, byte & 7];
    else this.put(String.fromCharCode(byte));
  }

  put(letter) {
    if (letter === "\x1b") { [this.state, this.sequence] = ["escape", ""]; return; }
    if (letter === "\x18" || letter === "\x1a") { this.state = "text"; return; }
    switch (this.state) {
      case "text": this.text(letter); break;
      case "escape": this.escape(letter); break;
      case "charset": this.drawsLines = letter === "0"; this.state = "text"; break;
      case "skip": this.state = "text"; break;
      // A title, or another string: up to BEL, or to ESC with a backslash.
      case "string": if (letter === "\x07") this.state = "text"; break;
      case "control":
        if (letter < " ") this.text(letter);
        else if (letter >= "@") { this.state = "text"; this.control(letter); }
        else if (this.sequence.length < 128) this.sequence += letter;
        break;
    }
  }

  text(letter) {
    switch (letter) {
      case "\r": this.x = 0; this.isWrapping = false; return;
      case "\n": case "\x0b": case "\x0c": this.down(); return;
      case "\b": this.x = Math.max(0, this.x - 1); this.isWrapping = false; return;
      case "\t": this.x = Math.min(this.columns - 1, (this.x | 7) + 1); return;
    }
    if (letter < " " || letter === "\x7f") return;
    if (this.isWrapping) { this.x = 0; this.down(); }
    const { cells } = this.line();
    while (cells.length < this.x) cells.push([" ", {}]);
    const shown = this.drawsLines ? lineDrawing[letter] ?? letter : letter;
    if (this.inserts) { cells.splice(this.x, 0, [shown, this.style]); cells.length = Math.min(cells.length, this.columns); } else cells[this.x] = [shown, this.style];
    this.isWrapping = this.wraps && this.x === this.columns - 1;
    if (this.x < this.columns - 1) this.x += 1;
  }

  down() {
    this.isWrapping = false;
    if (this.y === this.bottom) this.scroll(1);
    else if (this.y < this.rows - 1) this.y += 1;
  }

  // Moves the lines of the scrolling region up, or down with a negative count.
  scroll(count, top = this.top) {
    for (let step = 0; step < Math.min(Math.abs(count), this.rows); step += 1) {
      if (count > 0) {
        const [line] = this.lines.splice(top, 1);
        if (top === 0) this.keep(line);
        this.lines.splice(this.bottom, 0, this.blank());
      } else {
        this.lines.splice(this.bottom, 1);
        this.lines.splice(top, 0, this.blank());
      }
    }
  }

  escape(letter) {
    this.state = "text";
    switch (letter) {
      case "[": this.state = "control"; break;
      case "]": case "P": case "X": case "^": case "_": this.state = "string"; break;
      case "(": this.state = "charset"; break;
      case ")": case "*": case "+": case "#": case "%": case " ": this.state = "skip"; break;
      case "7": this.save(); break;
      case "8": this.restore(); break;
      case "D": this.down(); break;
      case "E": this.x = 0; this.down(); break;
      case "M": if (this.y === this.top) this.scroll(-1); else this.y = Math.max(0, this.y - 1); break;
      case "c": this.reset(); break;
    }
  }

  save() { this.saved = { x: this.x, y: this.y, style: this.style, drawsLines: this.drawsLines }; }
  restore() { this.go((this.saved?.x ?? 0), (this.saved?.y ?? 0)); this.style = this.saved?.style ?? {}; this.drawsLines = this.saved?.drawsLines ?? false; }
  go(x, y) { [this.x, this.y, this.isWrapping] = [Math.min(Math.max(x, 0), this.columns - 1), Math.min(Math.max(y, 0), this.rows - 1), false]; }

  control(letter) {
    const isPrivate = this.sequence.startsWith("?");
    const numbers = this.sequence.replace(/^[?>=!]/, "").split(/[;:]/).slice(0, mostParameters).map((text) => (text === "" ? undefined : Number.parseInt(text, 10) || 0));
    // Never more than there is room for.
    const count = Math.min(Math.max(numbers[0] ?? 1, 1), Math.max(this.columns, this.rows));
    switch (letter) {
      case "A": this.go(this.x, Math.max(this.y - count, this.y >= this.top ? this.top : 0)); break;
      case "B": case "e": this.go(this.x, Math.min(this.y + count, this.y <= this.bottom ? this.bottom : this.rows - 1)); break;
      case "C": case "a": this.go(this.x + count, this.y); break;
      case "D": this.go(this.x - count, this.y); break;
      case "E": this.go(0, this.y + count); break;
      case "F": this.go(0, this.y - count); break;
      case "G": case "`": this.go((numbers[0] ?? 1) - 1, this.y); break;
      case "d": this.go(this.x, (numbers[0] ?? 1) - 1); break;
      case "H": case "f": this.go((numbers[1] ?? 1) - 1, (numbers[0] ?? 1) - 1); break;
      case "J": this.eraseScreen(numbers[0] ?? 0); break;
      case "K": this.eraseLine(numbers[0] ?? 0); break;
      case "L": if (this.y >= this.top && this.y <= this.bottom) this.scroll(-count, this.y); break;
      case "M": if (this.y >= this.top && this.y <= this.bottom) this.remove(count); break;
      case "P": this.line().cells.splice(this.x, count); break;
      case "@": this.line().cells.splice(this.x, 0, ...Array.from({ length: this.x < this.line().cells.length ? count : 0 }, () => [" ", {}])); this.line().cells.length = Math.min(this.line().cells.length, this.columns); break;
      case "X": { const { cells } = this.line(); for (let index = this.x; index < Math.min(this.x + count, cells.length); index += 1) cells[index] = [" ", {}]; break; }
      case "S": this.scroll(count); break;
      case "T": this.scroll(-count); break;
      case "m": this.attributes(numbers); break;
      case "r": if (!isPrivate) this.region((numbers[0] ?? 1) - 1, (numbers[1] ?? this.rows) - 1); break;
      case "s": this.save(); break;
      case "u": this.restore(); break;
      case "h": case "l": for (const number of numbers) this.mode(isPrivate, number, letter === "h"); break;
      case "n": if (numbers[0] === 6) this.answer(`\x1b[${this.y + 1};${this.x + 1}R`); else if (numbers[0] === 5) this.answer("\x1b[0n"); break;
      case "c": if (!this.sequence.startsWith(">")) this.answer("\x1b[?6c"); break;
      case "t": if (numbers[0] === 18) this.answer(`\x1b[8;${this.rows};${this.columns}t`); break;
    }
  }

  answer(text) { if (this.answers.length < 256) this.answers += text; }

  // Lines go out of the region below the cursor; they are not kept.
  remove(count) {
    for (let step = 0; step < Math.min(count, this.bottom - this.y + 1); step += 1) {
      this.lines.splice(this.y, 1);
      this.lines.splice(this.bottom, 0, this.blank());
    }
  }

  region(top, bottom) {
    if (top < 0 || bottom >= this.rows || top >= bottom) [this.top, this.bottom] = [0, this.rows - 1];
    else [this.top, this.bottom] = [top, bottom];
    this.go(0, 0);
  }

  eraseLine(what) {
    const { cells } = this.line();
    if (what === 0) cells.length = Math.min(cells.length, this.x);
    else if (what === 2) cells.length = 0;
    else for (let index = 0; index <= Math.min(this.x, cells.length - 1); index += 1) cells[index] = [" ", {}];
  }

  eraseScreen(what) {
    if (what === 3) { this.kept = []; return; }
    const [first, last] = what === 0 ? [this.y + 1, this.rows] : what === 1 ? [0, this.y] : [0, this.rows];
    for (let row = first; row < last; row += 1) this.lines[row] = this.blank();
    if (what < 2) this.eraseLine(what);
  }

  mode(isPrivate, number, isOn) {
    if (!isPrivate) { if (number === 4) this.inserts = isOn; return; }
    if (number === 1) this.keysAreApplications = isOn;
    else if (number === 7) this.wraps = isOn;
    else if (number === 25) this.showsCursor = isOn;
    else if (number === 47 || number === 1047 || number === 1049) this.alternate(isOn);
  }

  // The screen of programs that have it to themselves; what was there comes back behind them.
  alternate(isOn) {
    if (isOn === Boolean(this.other)) return;
    if (isOn) {
      this.save();
      this.other = this.lines;
      this.lines = Array.from({ length: this.rows }, () => this.blank());
    } else {
      this.lines = this.other;
      this.other = null;
      this.restore();
    }
  }

  attributes(numbers) {
    const style = { ...this.style };
    for (let index = 0; index < numbers.length; index += 1) {
      const number = numbers[index] ?? 0;
      if (number === 0) for (const name of Object.keys(style)) delete style[name];
      else if (number === 1) style.bold = true;
      else if (number === 4) style.underlined = true;
      else if (number === 7) style.reversed = true;
      else if (number === 22) delete style.bold;
      else if (number === 24) delete style.underlined;
      else if (number === 27) delete style.reversed;
      else if (number === 39) delete style.ink;
      else if (number === 49) delete style.ground;
      else if (number >= 30 && number <= 37) style.ink = colours[number - 30];
      else if (number >= 40 && number <= 47) style.ground = colours[number - 40];
      else if (number >= 90 && number <= 97) style.ink = colours[number - 90];
      else if (number >= 100 && number <= 107) style.ground = colours[number - 100];
      else if (number === 38 || number === 48) {
        const name = number === 38 ? "ink" : "ground";
        if (numbers[index + 1] === 5) { style[name] = indexed((numbers[index + 2] ?? 0) & 255); index += 2; } else if (numbers[index + 1] === 2) {
          style[name] = `rgb(${[2, 3, 4].map((part) => (numbers[index + part] ?? 0) & 255).join(",")})`;
          index += 4;
        }
      }
    }
    this.style = style;
  }
}

// Shows a terminal in an element, a line each; what has not changed stays, and so does what somebody selects in it.
export class TerminalView {
  constructor(element) { [this.element, this.shown] = [element, new WeakMap()]; }

  draw(terminal) {
    const { element } = this;
    const isAtEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - 30;
    const lines = [...terminal.kept, ...terminal.lines];
    // The lines below the last one that has something are no use before there is something above.
    while (!terminal.other && lines.length > terminal.kept.length + terminal.y + 1 && !lines.at(-1).cells.length) lines.pop();
    let place = element.firstChild;
    for (const line of lines) {
      let known = this.shown.get(line);
      if (!known) this.shown.set(line, known = { row: document.createElement("div"), version: -1 });
      const hasCursor = terminal.showsCursor && line === terminal.lines[terminal.y];
      const version = hasCursor ? `${line.version}|${terminal.x}` : line.version;
      if (known.version !== version) {
        known.row.replaceChildren(...this.pieces(line.cells, hasCursor ? terminal.x : -1));
        known.version = version;
      }
      if (known.row === place) place = place.nextSibling;
      else element.insertBefore(known.row, place);
    }
    while (place) { const next = place.nextSibling; place.remove(); place = next; }
    if (isAtEnd) element.scrollTop = element.scrollHeight;
  }

  pieces(cells, cursor) {
    const pieces = [];
    const end = Math.max(cells.length, cursor + 1);
    for (let start = 0; start < end;) {
      const style = cells[start]?.[1];
      let text = "";
      const first = start;
      do { text += cells[start]?.[0] ?? " "; start += 1; } while (start < end && start !== cursor && first !== cursor && cells[start]?.[1] === style);
      pieces.push(this.piece(text, style ?? {}, first === cursor));
    }
    return pieces;
  }

  piece(text, style, isCursor) {
    if (!isCursor && !Object.keys(style).length) return document.createTextNode(text);
    const span = document.createElement("span");
    span.textContent = text;
    if (isCursor) span.className = "here";
    if (style.bold) span.style.fontWeight = "bold";
    if (style.underlined) span.style.textDecoration = "underline";
    const [ink, ground] = style.reversed ? [style.ground ?? "#0c1014", style.ink ?? "#d8dee4"] : [style.ink, style.ground];
    if (ink) span.style.color = ink;
    if (ground) span.style.backgroundColor = ground;
    // Light grounds want dark letters.
    if (ground && !ink) span.style.color = "#0c1014";
    return span;
  }
}

const keys = { Enter: "\r", Backspace: "\x7f", Escape: "\x1b", Tab: "\t", Delete: "\x1b[3~", Insert: "\x1b[2~", PageUp: "\x1b[5~", PageDown: "\x1b[6~" };
const arrows = { ArrowUp: "A", ArrowDown: "B", ArrowRight: "C", ArrowLeft: "D", Home: "H", End: "F" };

// What a key says down the line; "" for nothing.
export function spoken(event, terminal) {
  if (event.metaKey || (event.key === "Tab" && event.shiftKey)) return "";
  if (arrows[event.key]) return (terminal.keysAreApplications ? "\x1bO" : "\x1b[") + arrows[event.key];
  if (keys[event.key]) return keys[event.key];
  if (event.key.length !== 1) return "";
  if (event.ctrlKey && event.altKey) return event.getModifierState?.("AltGraph") ? event.key : "";
  if (event.ctrlKey) {
    // Ctrl-V pastes, and Ctrl-C copies where something is selected.
    if (/^v$/i.test(event.key) || event.shiftKey || (event.key === "c" && !getSelection().isCollapsed)) return "";
    const code = event.key === " " ? 0 : event.key.toUpperCase().charCodeAt(0) - 64;
    return code >= 0 && code < 32 ? String.fromCharCode(code) : "";
  }
  return (event.altKey ? "\x1b" : "") + event.key;
}
