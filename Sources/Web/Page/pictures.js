// Ways from box to box: of an address, of an interrupt. The boxes and their words come from swemu; the page lays them out, as SVG.
import { on, look } from "./machine.js";
import { byId, make, roving, drawn, told, letterWidth, keepFocus } from "./words.js";
import { startColumns } from "./columns.js";

const signs = { passed: " ✓", failed: " ✗", plain: "" };
const said = { passed: ", passed", failed: ", ends here", plain: "" };
const [lineHeight, gap, padding, longest] = [17, 34, 10, 36];

// A line in pieces of `longest` letters at most, broken between words.
function broken(line) {
  const pieces = [""];
  for (const word of line.split(" ")) {
    const piece = pieces.at(-1);
    if (piece && piece.length + 1 + word.length > longest) pieces.push(word);
    else pieces[pieces.length - 1] = piece ? `${piece} ${word}` : word;
  }
  return pieces;
}

// Boxes with their places: from left to right, and in rows where there is no room.
function placed(boxes, width) {
  let [x, y, height] = [1, 1, 0];
  const rows = [[]];
  for (const box of boxes) {
    const lines = [box.title + signs[box.verdict], ...box.lines.flatMap(broken)];
    const size = { width: Math.ceil(letterWidth() * Math.max(...lines.map((line) => line.length))) + 2 * padding, height: lines.length * lineHeight + 12 };
    if (x > 1 && x + size.width > width) {
      [x, y, height] = [1, y + height + gap, 0];
      rows.push([]);
    }
    rows.at(-1).push({ box, lines, x, y, ...size });
    x += size.width + gap;
    height = Math.max(height, size.height);
  }
  return rows;
}

function arrow(from, to, isSameRow, below) {
  const start = `M ${from.x + from.width} ${from.y + 20}`;
  if (isSameRow) return `${start} H ${to.x - 7}`;
  return `M ${from.x + 20} ${from.y + from.height} V ${below + gap / 2} H ${to.x + 20} V ${to.y - 7}`;
}

function draw(id, picture) {
  const rows = placed(picture.boxes, Math.max(280, byId(id).clientWidth - 2));
  const all = rows.flat();
  const parts = [];
  for (const [number, row] of rows.entries()) {
    const bottom = Math.max(0, ...row.map((item) => item.y + item.height));
    for (const [index, item] of row.entries()) {
      const next = row[index + 1] ?? rows[number + 1]?.[0];
      if (next) parts.push(drawn("path", { class: "arrow", d: arrow(item, next, Boolean(row[index + 1]), bottom), "marker-end": `url(#${id}-tip)` }));
    }
  }
  for (const item of all) {
    const { box, lines } = item;
    parts.push(drawn("g", { class: `box ${box.verdict}`, "aria-label": `${box.title}${said[box.verdict]}: ${box.lines.join("; ")}`, ...told(box.address) },
      drawn("rect", { x: item.x, y: item.y, width: item.width, height: item.height, rx: 8 }),
      ...lines.map((line, index) => drawn("text", { x: item.x + padding, y: item.y + 19 + index * lineHeight, class: index ? null : "head" }, line))));
  }
  const width = Math.max(1, ...all.map((item) => item.x + item.width)) + 2;
  const height = Math.max(1, ...all.map((item) => item.y + item.height)) + 2;
  const tip = drawn("marker", { id: `${id}-tip`, viewBox: "0 0 8 8", refX: 1, refY: 4, markerWidth: 4, markerHeight: 4, orient: "auto" }, drawn("path", { class: "tip", d: "M 0 0 L 8 4 L 0 8 z" }));
  const image = drawn("svg", { class: "way", width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-labelledby": `${id}-name ${id}-about` },
    drawn("title", { id: `${id}-name` }, picture.title ?? picture.expression),
    drawn("desc", { id: `${id}-about` }, `${picture.end ?? ""}. Arrow keys go from box to box, Enter shows the memory of one.`), drawn("defs", {}, tip), ...parts);
  keepFocus(byId(id), ".box", () => byId(id).replaceChildren(picture.boxes.length ? image : ""));
  const input = byId(`${id}-at`);
  if (document.activeElement !== input) input.value = picture.expression;
  byId(`${id}-end`).textContent = picture.mistake ?? `${picture.title}: ${picture.end}`;
  byId(`${id}-end`).className = picture.mistake || picture.boxes.some((box) => box.verdict === "failed") ? "mistake" : "";
}

export function startPictures() {
  let last = null;
  const drawBoth = (state) => {
    last = state;
    draw("path", state.path);
    draw("interrupt", state.interrupt);
  };
  on("state", (state) => {
    drawBoth(state);
    const addresses = state.next?.addresses ?? [];
    const width = state.registers[0].rows[0].name[0];
    const usual = [["next instruction", `cs:${width}ip`], ["top of the stack", `ss:${width}sp`]];
    const choices = [...usual, ...addresses.map((address) => [address.name, address.expression])];
    byId("path-choices").replaceChildren(...choices.map(([name, expression]) =>
      make("button", { type: "button", title: expression, click: () => look({ address: expression }) }, name)));
  });
  on("width", () => { if (last) drawBoth(last); });
  for (const [id, part] of [["path", "address"], ["interrupt", "interrupt"]]) {
    byId(`${id}-form`).addEventListener("submit", (event) => {
      event.preventDefault();
      look({ [part]: byId(`${id}-at`).value });
    });
  }
  roving(byId("path"), ".box");
  roving(byId("interrupt"), ".box");
  startColumns();
}
