// Instructions with breakpoints, and what the last one did.
import { machine, on, command, look } from "./machine.js";
import { byId, make, linked, roving } from "./words.js";

// The instruction that the keyboard has chosen, by its address.
let chosen = null;

export function toggleBreakpoint(address) {
  const row = machine.state?.code.find((row) => row.address === address);
  if (row) command(row.point === null ? `break ${address}` : `delete ${row.point}`);
}

// The chosen instruction, or the next one.
export function chosenInstruction() { return chosen ?? machine.state?.code.find((row) => row.next)?.address; }

function registerValue(name) {
  for (const group of machine.state.registers) for (const row of group.rows) if (row.name === name) return row.value;
}

// An instruction, with values of registers to hover over.
function operands(text) {
  return text.split(/\b([er]?(?:ax|bx|cx|dx|si|di|bp|sp)|r(?:8|9|1[0-5]))\b/).map((part, index) => {
    const value = index % 2 ? registerValue(part) ?? registerValue("e" + part) : undefined;
    return value === undefined ? part : make("span", { class: "register", title: `${part} = ${value}h before it` }, part);
  });
}

function line(row, isChosen) {
  const dot = make("button", {
    class: "dot", type: "button", tabindex: isChosen ? "0" : "-1", "aria-pressed": row.point !== null, "data-address": row.address,
    "aria-label": `${row.text ?? "no page"}, at ${row.place}${row.next ? ", next" : ""}: breakpoint`, title: "breakpoint (F2)",
    click: () => toggleBreakpoint(row.address), focus: () => { chosen = row.address; },
    keydown: (event) => { if (event.key === "Enter") { command(`until ${row.address}`); event.preventDefault(); } },
  });
  const parts = [
    dot, make("span", { class: "place" }, row.place), make("span", { class: "bytes" }, row.bytes),
    make("span", { class: "text" }, ...(row.text === null ? ["(no page is here)"] : operands(row.text))),
  ];
  if (row.note) parts.push(make("span", { class: "note" }, row.note));
  return make("li", { class: row.next ? "next" : null, "aria-current": row.next ? "step" : null, "data-address": row.address }, ...parts);
}

function drawCode(state) {
  const list = byId("code");
  const hadFocus = list.contains(document.activeElement);
  const next = state.code.find((row) => row.next)?.address;
  if (!state.code.some((row) => row.address === chosen) || !hadFocus) chosen = null;
  const current = chosen ?? next;
  const lines = [];
  for (const row of state.code) {
    if (row.source) lines.push(make("li", { class: "source" }, row.source));
    lines.push(line(row, row.address === current));
  }
  list.replaceChildren(...lines);
  if (hadFocus) list.querySelector(".dot[tabindex='0']")?.focus();
  const points = state.points.map((point) => make("li", {}, point.text, " ",
    make("button", { type: "button", click: () => command(`delete ${point.number}`), "aria-label": `delete breakpoint ${point.number}` }, "delete")));
  byId("points").replaceChildren(...(points.length ? points : [make("li", { class: "note" }, "none; click beside an instruction")]));
}

// The sentence: what an instruction does, why each flag is as it is, and the exception it ends with.
function explanation(what) {
  const parts = [make("p", { class: "instruction" }, make("code", {}, what.text ?? "no page is here"), " ", make("span", { class: "note" }, "at " + what.place))];
  if (what.actions.length) parts.push(make("ul", {}, ...what.actions.map((text) => make("li", {}, ...linked(text)))));
  const told = what.flags.filter((flag) => !flag.undefined);
  if (told.length) {
    parts.push(make("ul", { class: "flags" }, ...told.map((flag) => make("li", { class: flag.changed ? "changed" : null },
      ...linked(flag.name), ` = ${flag.value ? 1 : 0}${flag.changed ? " (changed)" : ""}: `, ...linked(flag.reason)))));
  }
  const open = what.flags.filter((flag) => flag.undefined);
  if (open.length) parts.push(make("p", { class: "note" }, `${open.map((flag) => flag.name).join(", ")}: ${open[0].reason}`));
  if (what.fault) {
    parts.push(make("p", { class: "fault" }, `raises ${what.fault.name}: `, ...linked(what.fault.check)));
    parts.push(make("ul", {}, ...what.fault.delivery.map((text) => make("li", {}, ...linked(text)))));
  }
  for (const address of what.addresses) {
    parts.push(make("details", {}, make("summary", {}, "the way of ", make("code", {}, address.name)),
      make("ul", {}, ...address.lines.map((text) => make("li", {}, ...linked(text)))),
      make("button", { type: "button", click: () => look({ address: address.expression }) }, "draw it")));
  }
  if (what.operation.length) {
    parts.push(make("details", {}, make("summary", {}, "the manual's operation"), make("pre", {}, what.operation.join("\n"))));
  }
  return parts;
}

function drawSentence(state) {
  byId("reason").textContent = state.reason.join(" ");
  const reasonOnly = (state.past ? "The machine is in its past. " : "") + "F7 executes the next instruction, and this tells what it did and why.";
  byId("happened").replaceChildren(...(state.happened ? explanation(state.happened)
    : [make("p", { class: "note" }, state.running ? "The machine runs." : state.reason.length ? "" : reasonOnly)]));
  const waits = state.halted && !state.running && !state.ended;
  byId("next-title").hidden = byId("next").hidden = !state.next && !waits;
  byId("next").replaceChildren(...(state.next ? explanation(state.next) : waits ? [make("p", {}, "The processor is halted and waits for an interrupt.")] : []));
}

export function startCode() {
  on("state", drawCode);
  on("state", drawSentence);
  on("head", (head) => { if (head.kind === "running" && head.running) byId("code").classList.add("stale"); else byId("code").classList.remove("stale"); });
  roving(byId("code"), ".dot");
}
