// Bytes in memory: what changed is lit, and whoever wrote a byte can be asked for.
import { machine, on, command, look } from "./machine.js";
import { byId, make } from "./words.js";

let old = new Map();
let selected = null;

function printable(byte) { return byte !== null && byte >= 32 && byte < 127 ? String.fromCharCode(byte) : byte === null ? " " : "·"; }

function hex(address) { return "0x" + address.toString(16); }

function select(address) {
  selected = address;
  for (const byte of document.querySelectorAll("#memory .byte")) {
    const isSelected = byte.dataset.address === selected;
    byte.setAttribute("aria-pressed", isSelected);
    byte.tabIndex = isSelected ? 0 : -1;
  }
  look({ address });
}

function draw(state) {
  const memory = state.memory;
  const hadFocus = byId("memory").contains(document.activeElement);
  byId("memory-mistake").textContent = memory.mistake ?? "";
  if (document.activeElement !== byId("memory-at")) byId("memory-at").value = memory.expression;
  const first = BigInt(memory.rows[0].address);
  if (selected === null || BigInt(selected) < first || BigInt(selected) >= first + 256n) selected = memory.rows[0].address;
  const now = new Map();
  byId("memory").tBodies[0].replaceChildren(...memory.rows.map((row) => {
    const start = BigInt(row.address);
    const cells = row.bytes.map((byte, column) => {
      const address = hex(start + BigInt(column));
      now.set(address, byte);
      const isChanged = old.has(address) && old.get(address) !== byte;
      return make("button", {
        class: `byte${isChanged ? " changed" : ""}${byte === 0 ? " zero" : ""}`, type: "button", "data-address": address, "aria-pressed": address === selected,
        tabindex: address === selected ? "0" : "-1", title: address, click: () => select(address),
      }, byte === null ? "--" : byte.toString(16).padStart(2, "0"));
    });
    return make("tr", {}, make("th", { scope: "row" }, row.address.slice(2).padStart(8, "0")),
      make("td", { class: "bytes" }, ...cells), make("td", { class: "letters" }, row.bytes.map(printable).join("")));
  }));
  old = now;
  if (hadFocus) byId("memory").querySelector(".byte[tabindex='0']")?.focus();
}

function scroll(bytes) {
  const rows = machine.state?.memory.rows;
  if (rows) look({ memory: hex(BigInt.asUintN(64, BigInt(rows[0].address) + BigInt(bytes))) });
}

function moved(event) {
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -16, ArrowDown: 16 }[event.key];
  if (event.key === "PageUp" || event.key === "PageDown") { scroll(event.key === "PageUp" ? -256 : 256); event.preventDefault(); }
  if (!step || selected === null) return;
  event.preventDefault();
  const bytes = [...document.querySelectorAll("#memory .byte")];
  const next = bytes[bytes.findIndex((byte) => byte.dataset.address === selected) + step];
  if (!next) return scroll(Math.sign(step) * 16);
  select(next.dataset.address);
  next.focus();
}

export function showMemory(expression) { selected = null; look({ memory: expression, address: expression }); }

export function startMemory() {
  on("state", draw);
  byId("memory-form").addEventListener("submit", (event) => { event.preventDefault(); showMemory(byId("memory-at").value); });
  byId("memory-up").addEventListener("click", () => scroll(-256));
  byId("memory-down").addEventListener("click", () => scroll(256));
  byId("writer").addEventListener("click", () => command(`back-to write ${selected}`));
  byId("reader").addEventListener("click", () => command(`back-to read ${selected}`));
  byId("watch").addEventListener("click", () => command(`watch w ${selected}`));
  byId("memory").addEventListener("keydown", moved);
}
