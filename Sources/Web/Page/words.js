// Small pieces of the page: elements, and texts whose numbers are links.

export function byId(id) { return document.getElementById(id); }

// An element with attributes and children; handlers are attributes that are functions.
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (key.startsWith("aria-") && value != null) element.setAttribute(key, String(value));
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

const registers = "[ER]?(?:AX|BX|CX|DX|SI|DI|BP|SP|IP)|[ABCD][HL]|R(?:8|9|1[0-5])D?|E?FLAGS|[CDEFGS]S|CR[0-4]|[CPAZSTIDO]F";
const linkable = new RegExp(`\\b(?:0x([0-9a-f]{3,16})|([0-9A-F]{4,16})h|(${registers}))\\b`, "g");

let choose = () => {};
// What a number or a register does when it is clicked.
export function onChoice(listener) { choose = listener; }

// A text as nodes; numbers and registers in it are buttons that show where they lead.
export function linked(text) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(linkable)) {
    nodes.push(text.slice(end, found.index));
    const number = found[1] ?? found[2];
    const title = number ? "show memory there" : "show this register";
    const choice = number ? { address: "0x" + number.toLowerCase() } : { register: found[3].toLowerCase() };
    nodes.push(make("button", { class: "link", type: "button", title, click: () => choose(choice) }, found[0]));
    end = found.index + found[0].length;
  }
  nodes.push(text.slice(end));
  return nodes;
}

// A part of a picture; attributes that are null are left out.
export function drawn(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value != null) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

// Attributes of a part of a picture that can be chosen: it shows its memory, if it has an address.
export function told(address) {
  if (!address) return { role: "img", tabindex: "-1" };
  const show = () => choose({ address });
  return { role: "button", tabindex: "-1", click: show, keydown: (event) => { if (event.key === "Enter" || event.key === " ") { show(); event.preventDefault(); } } };
}

// Width of a letter in pictures.
let width = 0;
export function letterWidth() {
  if (width) return width;
  const context = document.createElement("canvas").getContext("2d");
  context.font = `13px ${getComputedStyle(document.documentElement).getPropertyValue("--mono")}`;
  width = context.measureText("0".repeat(50)).width / 50;
  return width;
}

// Draws a picture anew; the part that had the focus has it again.
export function keepFocus(pane, selector, draw) {
  const index = [...pane.querySelectorAll(selector)].indexOf(document.activeElement);
  draw();
  const parts = [...pane.querySelectorAll(selector)];
  const current = parts[Math.max(0, Math.min(index, parts.length - 1))];
  current?.setAttribute("tabindex", "0");
  if (index >= 0) current?.focus({ preventScroll: true });
}

// 1234567 as "1 234 567".
export function grouped(number) { return String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f"); }

// Moves the focus among the children of a list that have `selector`, with the arrow keys; one of them is in the order of Tab.
export function roving(list, selector) {
  list.addEventListener("keydown", (event) => {
    const items = [...list.querySelectorAll(selector)];
    const index = items.indexOf(event.target.closest(selector));
    const step = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1, Home: -index, End: items.length - 1 - index }[event.key];
    if (index < 0 || step === undefined) return;
    const next = items[Math.min(Math.max(index + step, 0), items.length - 1)];
    for (const item of items) item.setAttribute("tabindex", item === next ? 0 : -1);
    next.focus();
    event.preventDefault();
  });
}
