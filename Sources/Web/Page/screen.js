// The guest's screen: characters that can be selected, or dots on a canvas; and consoles on serial lines.
import { machine, on, send } from "./machine.js";
import { byId, make } from "./words.js";

let palette = [];
let cursorAt = null;

function drawRow(line, row) {
  const spans = [];
  for (let start = 0; start < row.text.length;) {
    const attribute = row.attributes.slice(2 * start, 2 * start + 2);
    let end = start + 1;
    while (end < row.text.length && row.attributes.slice(2 * end, 2 * end + 2) === attribute) end += 1;
    const value = parseInt(attribute, 16);
    const span = make("span", {}, row.text.slice(start, end));
    span.style.color = palette[value & 15];
    const background = (value >> 4) & 7;
    if (background) span.style.backgroundColor = palette[background];
    spans.push(span);
    start = end;
  }
  line.replaceChildren(...spans);
}

function drawText(message) {
  const text = byId("text");
  palette = message.palette;
  byId("dots").hidden = true;
  text.hidden = false;
  text.style.setProperty("--columns", message.columns);
  text.style.setProperty("--rows", message.count);
  while (text.children.length > message.count) text.lastChild.remove();
  while (text.children.length < message.count) text.append(make("div"));
  for (const row of message.rows) drawRow(text.children[row.row], row);
  for (const old of text.querySelectorAll(".cursor")) old.remove();
  cursorAt = message.cursor;
  if (cursorAt) {
    const mark = make("i", { class: "cursor", "aria-hidden": "true" });
    mark.style.setProperty("--column", cursorAt[0]);
    text.children[cursorAt[1]]?.append(mark);
  }
}

// A picture of dots comes as a band of rows, compressed.
let drawing = Promise.resolve();
function drawDots(data) {
  drawing = drawing.then(async () => {
    const [, width, height, first, count, isTube] = new Uint16Array(data, 0, 7);
    const stream = new Blob([data.slice(14)]).stream().pipeThrough(new DecompressionStream("deflate"));
    const dots = new Uint8Array(await new Response(stream).arrayBuffer());
    const canvas = byId("dots");
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    canvas.style.aspectRatio = isTube ? "4 / 3" : `${width} / ${height}`;
    canvas.hidden = false;
    byId("text").hidden = true;
    const context = canvas.getContext("2d");
    const band = context.createImageData(width, count);
    for (let dot = 0; dot < width * count; dot += 1) {
      band.data.set([dots[3 * dot], dots[3 * dot + 1], dots[3 * dot + 2], 255], 4 * dot);
    }
    context.putImageData(band, 0, first);
  });
}

// A console: lines of text, the usual control characters, and the colours of ANSI. Old lines go.
const consoles = {};
const mostLines = 1000;
let shown = "screen";

function consoleNamed(name) { return (consoles[name] ??= { lines: [[]], column: 0, style: "", escape: null, isFresh: true }); }

function put(target, character) {
  if (target.escape !== null) return escape(target, character);
  const line = target.lines.at(-1);
  switch (character) {
    case "\x1b": target.escape = ""; return;
    case "\r": target.column = 0; return;
    case "\n":
      target.lines.push([]);
      if (target.lines.length > mostLines) target.lines.shift();
      target.column = 0;
      return;
    case "\b": target.column = Math.max(0, target.column - 1); return;
    case "\t": target.column = (target.column | 7) + 1; return;
    case "\x07": case "\0": return;
  }
  while (line.length < target.column) line.push([" ", ""]);
  line[target.column] = [character, target.style];
  target.column += 1;
}

function escape(target, character) {
  target.escape += character;
  if (target.escape === "[" || (target.escape[0] === "[" && /[0-9;?]/.test(character) && target.escape.length < 32)) return;
  const sequence = target.escape;
  target.escape = null;
  if (sequence[0] !== "[") return;
  const numbers = sequence.slice(1, -1).split(";").map(Number);
  const line = target.lines.at(-1);
  if (character === "m") {
    for (const number of numbers) {
      if (number === 0) target.style = "";
      else if (number === 1) target.style += " bold";
      else if (number >= 30 && number <= 37) target.style = target.style.replace(/ ?colour\d/, "") + ` colour${number - 30}`;
      else if (number >= 90 && number <= 97) target.style = target.style.replace(/ ?colour\d/, "") + ` colour${number - 90}`;
    }
  } else if (character === "K") line.length = Math.min(line.length, target.column);
  else if (character === "J" && numbers[0] >= 2) [target.lines, target.column] = [[[]], 0];
  else if (character === "C") target.column += numbers[0] || 1;
  else if (character === "D") target.column = Math.max(0, target.column - (numbers[0] || 1));
}

function drawConsole() {
  const target = consoles[shown];
  const terminal = byId("terminal");
  if (!target?.isFresh) return;
  target.isFresh = false;
  const isAtEnd = terminal.scrollTop + terminal.clientHeight >= terminal.scrollHeight - 30;
  terminal.replaceChildren(...target.lines.map((line) => {
    const row = make("div");
    for (let start = 0; start < line.length;) {
      const style = line[start]?.[1] ?? "";
      let text = "";
      while (start < line.length && (line[start]?.[1] ?? "") === style) { text += line[start]?.[0] ?? " "; start += 1; }
      row.append(style ? make("span", { class: style.trim() }, text) : text);
    }
    return row;
  }));
  if (isAtEnd) terminal.scrollTop = terminal.scrollHeight;
}

let isDue = false;
function take(name, bytes) {
  const target = consoleNamed(name);
  for (const character of bytes) put(target, character);
  target.isFresh = true;
  if (name !== shown) byId(`tab-${name}`).classList.add("fresh");
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => { isDue = false; drawConsole(); });
}

function show(name) {
  shown = name;
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const isShown = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", isShown);
    tab.tabIndex = isShown ? 0 : -1;
  }
  byId(`tab-${name}`).classList.remove("fresh");
  byId("panel-screen").hidden = name !== "screen";
  byId("panel-console").hidden = name === "screen";
  byId("panel-console").setAttribute("aria-labelledby", `tab-${name}`);
  if (name === "screen") return;
  byId("terminal").replaceChildren();
  consoleNamed(name).isFresh = true;
  drawConsole();
}

// Keys of a console go down its line.
function typed(event) {
  const line = ["COM1", "COM2"].indexOf(shown);
  if (line < 0 || event.altKey || event.metaKey) return;
  const named = { Enter: "\r", Backspace: "\x7f", Escape: "\x1b", ArrowUp: "\x1b[A", ArrowDown: "\x1b[B", ArrowRight: "\x1b[C", ArrowLeft: "\x1b[D" };
  let text = named[event.key] ?? (event.key.length === 1 ? event.key : "");
  if (event.ctrlKey) text = /^[a-z]$/.test(event.key) && event.key !== "c" ? String.fromCharCode(event.key.charCodeAt(0) - 96) : "";
  if (!text) return;
  send({ line, text });
  event.preventDefault();
}

export function startScreen() {
  on("screen", drawText);
  on("dots", drawDots);
  on("console", (message) => take(message.name, message.bytes));
  on("hello", (message) => {
    for (const name of Object.keys(consoles)) delete consoles[name];
    for (const console of message.consoles) if (console.bytes) take(console.name, console.bytes);
  });
  const tabs = [...document.querySelectorAll("[role=tab]")];
  for (const tab of tabs) {
    tab.addEventListener("click", () => show(tab.id.slice(4)));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
      show(next.id.slice(4));
      next.focus();
    });
  }
  byId("terminal").addEventListener("keydown", typed);
  byId("terminal").addEventListener("paste", (event) => {
    send({ line: ["COM1", "COM2"].indexOf(shown), text: event.clipboardData.getData("text").replaceAll("\n", "\r") });
  });
}
