// Discs and diskettes, of those that swemu was started with; and text for the guest's keyboard, in the layout that the guest believes it to have.
import { on, command, send, tell } from "./machine.js";
import { byId, make } from "./words.js";

async function change(drive, value) {
  const answer = await command((value === "" ? `eject ${drive}` : `insert ${drive} ${Number(value) + 1}`).replace("  ", " ").trim());
  if (!answer.ok) tell("mistake", { text: answer.lines.join(" ") });
}

let shown = "";
function draw(state) {
  const now = JSON.stringify(state.drives);
  // A list that is open stays.
  if (now === shown) return;
  shown = now;
  byId("drives").replaceChildren(...state.drives.map(({ drive, name, media, inserted }) => make("label", { class: "drive" }, name, " ",
    make("select", { title: "what is in the drive; a change comes when the machine runs", change: (event) => change(drive, event.target.value) },
      make("option", { value: "", selected: inserted === null }, "empty"),
      ...media.map((medium, index) => make("option", { value: String(index), selected: inserted === index }, medium))))));
}

function type(text) { send({ type: text.replaceAll("\r", ""), layout: byId("layout").value }); }

function startTyping() {
  const layout = byId("layout");
  on("hello", (hello) => {
    if (layout.children.length || !hello.layouts) return;
    layout.replaceChildren(...hello.layouts.map((name) => make("option", { value: name }, name)));
    try { layout.value = localStorage.getItem("swemu-layout") ?? "us"; } catch { /* A browser may refuse to keep anything. */ }
    if (!layout.value) layout.value = "us";
  });
  layout.addEventListener("change", () => { try { localStorage.setItem("swemu-layout", layout.value); } catch { /* As above. */ } });
  byId("type-form").addEventListener("submit", (event) => {
    event.preventDefault();
    type(byId("type-text").value);
    byId("type-text").value = "";
  });
  for (const button of document.querySelectorAll("[data-key]")) {
    button.addEventListener("click", () => {
      const names = button.dataset.key.split(" ");
      for (const key of names) send({ key, down: true });
      for (const key of names.reverse()) send({ key, down: false });
    });
  }
  byId("screen").addEventListener("paste", (event) => type(event.clipboardData.getData("text")));
}

export function startDrives() {
  on("state", draw);
  startTyping();
}
