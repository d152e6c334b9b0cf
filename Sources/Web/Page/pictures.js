// Ways from box to box: of an address, of an interrupt. The boxes and their words come from swemu; the page lays them out.
import { on, look, machine } from "./machine.js";
import { byId, make, linked } from "./words.js";

const signs = { passed: "✓", failed: "✗", plain: "" };
const said = { passed: "passed", failed: "ends here", plain: "" };

function draw(id, picture) {
  byId(id).replaceChildren(...picture.boxes.map((box) => make("li", { class: box.verdict },
    make("strong", {}, box.title, signs[box.verdict] ? make("span", { class: "verdict" }, ` ${signs[box.verdict]}`, make("span", { class: "hidden" }, said[box.verdict])) : null),
    ...box.lines.map((line) => make("span", {}, ...linked(line))))));
  const input = byId(`${id}-at`);
  if (document.activeElement !== input) input.value = picture.expression;
  byId(`${id}-end`).textContent = picture.mistake ?? `${picture.title}: ${picture.end}`;
  byId(`${id}-end`).className = picture.mistake || picture.boxes.some((box) => box.verdict === "failed") ? "mistake" : "";
}

export function startPictures() {
  on("state", (state) => {
    draw("path", state.path);
    draw("interrupt", state.interrupt);
    const addresses = state.next?.addresses ?? [];
    const width = state.registers[0].rows[0].name[0];
    const usual = [["next instruction", `cs:${width}ip`], ["top of the stack", `ss:${width}sp`]];
    const choices = [...usual, ...addresses.map((address) => [address.name, address.expression])];
    byId("path-choices").replaceChildren(...choices.map(([name, expression]) =>
      make("button", { type: "button", title: expression, click: () => look({ address: expression }) }, name)));
  });
  for (const [id, part] of [["path", "address"], ["interrupt", "interrupt"]]) {
    byId(`${id}-form`).addEventListener("submit", (event) => {
      event.preventDefault();
      look({ [part]: byId(`${id}-at`).value });
    });
  }
}
