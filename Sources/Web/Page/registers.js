// Registers in every reading, flags with what they mean, and the stack.
import { machine, on, command } from "./machine.js";
import { byId, make } from "./words.js";

function readings(row) {
  const bits = BigInt(4 * row.value.length);
  const value = BigInt("0x" + row.value);
  const signed = value >> (bits - 1n) ? value - (1n << bits) : value;
  const digits = value.toString(2).padStart(Number(bits), "0");
  const bytes = row.value.match(/../g) ?? [];
  const text = bytes.map((byte) => { const code = parseInt(byte, 16); return code >= 32 && code < 127 ? String.fromCharCode(code) : "·"; }).join("");
  return { unsigned: value.toString(), signed: signed.toString(), binary: digits.replace(/(.{8})(?=.)/g, "$1 "), text, was: row.was + "h" };
}

export function showRegister(name) {
  const wanted = [name, "e" + name, "r" + name, { ah: "eax", al: "eax", bh: "ebx", bl: "ebx", ch: "ecx", cl: "ecx", dh: "edx", dl: "edx" }[name]];
  const row = wanted.map((name) => document.querySelector(`[data-register="${name}"]`)).find((row) => row);
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

let choose = () => {};

function drawRegisters(state) {
  const reading = byId("reading").value;
  const groups = state.registers.map((group) => make("table", { class: "registers" },
    make("caption", { class: "hidden" }, group.name + " registers"),
    make("tbody", {}, ...group.rows.map((row) => {
      const values = readings(row);
      const all = `${row.value}h = ${values.unsigned}${values.signed === values.unsigned ? "" : " = " + values.signed}, bits ${values.binary}`;
      return make("tr", { class: row.changed ? "changed" : null, tabindex: "-1", "data-register": row.name, title: all },
        make("th", { scope: "row" }, row.name),
        make("td", {}, make("button", { class: "link", type: "button", title: "show memory there; " + all, click: () => choose({ address: "0x" + row.value }) }, row.value),
          row.changed ? make("span", { class: "hidden" }, ` changed, was ${row.was}`) : null),
        make("td", { class: "reading" }, values[reading]));
    }))));
  byId("registers").replaceChildren(...groups);
}

function drawFlags(state) {
  const reasons = Object.fromEntries((state.happened?.flags ?? []).map((flag) => [flag.name.toLowerCase(), flag.reason]));
  byId("flags").replaceChildren(...state.flags.map((flag) => make("span",
    { class: `flag${flag.value ? " set" : ""}${flag.changed ? " changed" : ""}`, "data-register": flag.name, tabindex: "-1", role: "img",
      "aria-label": `${flag.words}${flag.changed ? ", changed" : ""}`, title: flag.words + (reasons[flag.name] ? `: ${reasons[flag.name]}` : "") },
    flag.name.toUpperCase(), make("b", {}, flag.value ? "1" : "0"))));
}

function drawStack(state) {
  byId("frames").replaceChildren(...state.frames.map((frame, depth) => make("li", {},
    make("button", { class: "link", type: "button", title: "show its code", click: () => command(`disassemble /10 ${frame.address}`) },
      frame.name ?? frame.address), depth === 0 ? " (here)" : "")));
  byId("frames").hidden = state.frames.length < 2;
  const old = Object.fromEntries((machine.before?.stack ?? []).map((row) => [row.address, row.value]));
  byId("stack").tBodies[0].replaceChildren(...state.stack.map((row) => make("tr",
    { class: row.address in old && old[row.address] !== row.value ? "changed" : null },
    make("th", { scope: "row" }, row.address.slice(2).padStart(8, "0")), make("td", { class: "note" }, "+" + row.offset),
    make("td", {}, row.value === null ? "no page"
      : make("button", { class: "link", type: "button", title: "show memory there", click: () => choose({ address: "0x" + row.value }) }, row.value)),
    make("td", { class: "note" }, row.note ?? (row.offset === 0 ? "top" : ""),
      row.value === null ? null : make("button", { class: "link quiet", type: "button", title: "back to the instruction that wrote it",
        click: () => command(`back-to write ${row.address} ${row.value.length / 2}`) }, "who?")))));
}

export function startRegisters(onChoice) {
  choose = onChoice;
  on("state", drawRegisters);
  on("state", drawFlags);
  on("state", drawStack);
  byId("reading").addEventListener("change", () => { if (machine.state) drawRegisters(machine.state); });
}
