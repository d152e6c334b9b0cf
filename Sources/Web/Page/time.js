// The line of time: what happened when, and a handle to be there.
import { machine, on, command, send } from "./machine.js";
import { byId, make, grouped } from "./words.js";

let isMoving = false;
let wanted = null;
// The handle is in somebody's hand.
let isHeld = false;
let range = { earliest: 0, latest: 1, rate: 1 };

function place(tick) { return `${(100 * (tick - range.earliest)) / Math.max(1, range.latest - range.earliest)}%`; }

// To a moment. While swemu is on its way only the last wish counts.
export async function goTo(tick) {
  wanted = Math.max(range.earliest, Math.round(tick));
  byId("time-note").textContent = `going to tick ${grouped(wanted)}`;
  if (isMoving) return;
  isMoving = true;
  while (wanted !== null) {
    const tick = wanted;
    wanted = null;
    if (machine.head?.running) send({ pause: true });
    const answer = await command(`go-to ${tick}`);
    if (!answer.ok) byId("time-note").textContent = answer.lines.join(" ");
  }
  isMoving = false;
  if (machine.head) drawHead(machine.head);
}

function drawHead(head) {
  const time = machine.state?.time;
  range = { earliest: time?.earliest ?? 0, latest: Math.max(head.latest, head.tick, 1), rate: machine.hello?.rate ?? 1 };
  const slider = byId("time");
  slider.min = range.earliest;
  slider.max = range.latest;
  slider.disabled = time?.kept === false;
  if (isMoving) return;
  if (!isHeld) slider.value = head.tick;
  slider.setAttribute("aria-valuetext", `tick ${head.tick} of ${range.latest}`);
  if (document.activeElement !== byId("time-at")) byId("time-at").value = head.tick;
  const seconds = (head.tick / range.rate).toFixed(6);
  byId("time-note").textContent = time?.kept === false ? "no way back: the guest writes to its images"
    : `${seconds} s${head.past ? `, past: the present is tick ${grouped(range.latest)}` : ""}`;
}

function drawMarks(state) {
  const marks = state.time.events.map(([tick, kind, text]) => [tick, kind, text])
    .concat(state.time.checkpoints.map((tick) => [tick, "checkpoint", "checkpoint"]));
  // One mark for each two thousandth of the line and each kind.
  const cells = new Map();
  for (const [tick, kind, text] of marks) {
    if (tick < range.earliest || tick > range.latest) continue;
    cells.set(kind + Math.round((2000 * (tick - range.earliest)) / (range.latest - range.earliest)), [tick, kind, text]);
  }
  byId("marks").replaceChildren(...[...cells.values()].map(([tick, kind, text]) => {
    const mark = make("i", { class: kind, title: `${text}, tick ${grouped(tick)}`, click: () => goTo(tick) });
    mark.style.left = place(tick);
    return mark;
  }));
}

function eventFrom(direction) {
  const { tick, time } = machine.state;
  const ticks = time.events.map((event) => event[0]).filter((event) => (direction < 0 ? event < tick : event > tick));
  if (!ticks.length) { byId("time-note").textContent = direction < 0 ? "nothing is known before" : "nothing is known behind"; return; }
  goTo(direction < 0 ? Math.max(...ticks) : Math.min(...ticks));
}

export function startTime() {
  on("head", drawHead);
  on("state", drawMarks);
  const slider = byId("time");
  slider.addEventListener("input", () => goTo(Number(slider.value)));
  slider.addEventListener("pointerdown", () => { isHeld = true; });
  for (const kind of ["pointerup", "pointercancel", "blur"]) slider.addEventListener(kind, () => { isHeld = false; });
  slider.addEventListener("change", () => { isHeld = false; if (Number(slider.value) !== machine.head?.tick) goTo(Number(slider.value)); });
  byId("time-at").addEventListener("change", (event) => { const tick = Number(event.target.value); if (Number.isFinite(tick)) goTo(tick); });
  byId("event-back").addEventListener("click", () => eventFrom(-1));
  byId("event-forward").addEventListener("click", () => eventFrom(1));
}
