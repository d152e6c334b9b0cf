// The guest's screen: characters that can be selected, or dots on a canvas; and consoles on serial lines.
import { machine, on, send } from "./machine.js";
import { byId, make } from "./words.js";
import { Terminal, TerminalView, spoken } from "./terminal.js";

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

// Consoles: a terminal for each line.
const consoles = {};
let shown = "screen";
let view = null;
let size = [80, 24];

function consoleNamed(name) { return (consoles[name] ??= new Terminal(...size)); }

// As many columns and rows as there is room for, and at least those that a guest takes for granted.
function measure() {
  const terminal = byId("terminal");
  if (!terminal.clientWidth) return;
  const probe = make("span", {}, "0".repeat(40));
  terminal.append(probe);
  const { width, height } = probe.getBoundingClientRect();
  probe.remove();
  if (!width || !height) return;
  size = [Math.max(80, Math.floor(((terminal.clientWidth - 18) * 40) / width)), Math.max(24, Math.floor((terminal.clientHeight - 16) / height))];
  for (const console of Object.values(consoles)) console.resize(...size);
}

let isDue = false;
function take(name, bytes, isOld) {
  const target = consoleNamed(name);
  target.write(bytes);
  // Of several pages the one where somebody types answers; what was asked before is answered already.
  if (target.answers) {
    const line = ["COM1", "COM2"].indexOf(name);
    if (!isOld && name === shown && line >= 0 && document.activeElement === byId("terminal")) send({ line, text: target.answers });
    target.answers = "";
  }
  if (name !== shown) byId(`tab-${name}`).classList.add("fresh");
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => { isDue = false; if (consoles[shown]) view.draw(consoles[shown]); });
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
  byId("terminal").setAttribute("aria-label", `console ${name === "E9" ? "of port E9" : `${name}; what is typed goes to the guest; Shift and Tab leave it`}`);
  measure();
  view.draw(consoleNamed(name));
  byId("terminal").scrollTop = byId("terminal").scrollHeight;
}

// Keys of a console go down its line.
function typed(event) {
  const line = ["COM1", "COM2"].indexOf(shown);
  const text = line < 0 ? "" : spoken(event, consoleNamed(shown));
  if (!text) return;
  send({ line, text });
  event.currentTarget.scrollTop = event.currentTarget.scrollHeight;
  event.preventDefault();
}

export function startScreen() {
  view = new TerminalView(byId("terminal"));
  on("width", () => { measure(); if (shown !== "screen") view.draw(consoleNamed(shown)); });
  on("screen", drawText);
  on("dots", drawDots);
  on("console", (message) => take(message.name, message.bytes));
  on("hello", (message) => {
    for (const name of Object.keys(consoles)) delete consoles[name];
    for (const console of message.consoles) if (console.bytes) take(console.name, console.bytes, true);
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
