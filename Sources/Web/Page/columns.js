// Memory in columns of places: the stack at an interrupt and the address space, with the highest address on top, and the descriptor tables. As SVG, not to scale.
import { on, look } from "./machine.js";
import { byId, roving, drawn, told, letterWidth, keepFocus } from "./words.js";

const [cellHeight, lineHeight, between, padding] = [24, 17, 60, 8];

function marked(cell) { return cell.marks.length ? `◂ ${cell.marks.join(", ")}` : ""; }

// The column's places and texts side by side, with their widths.
function measured(column) {
  const letter = letterWidth();
  const wide = (texts) => Math.ceil(letter * Math.max(0, ...texts.map((text) => text.length)));
  const lines = [(column.now ? "▸ " : "") + column.title + (column.now ? " (now)" : ""), ...column.lines, ...(column.obstacle ? [`✗ ${column.obstacle}`] : [])];
  const place = wide(column.cells.map((cell) => cell.place)) + padding;
  const cell = wide(column.cells.map((cell) => cell.text)) + 2 * padding;
  const marks = wide(column.cells.map(marked)) + padding;
  return { column, lines, place, cell, width: Math.max(place + cell + marks, wide(lines)) };
}

function draw(id, picture) {
  const pane = byId(id);
  if (!picture) { pane.replaceChildren(); return; }
  const room = pane.clientWidth - 2;
  const columns = picture.columns.map(measured);
  // Side by side where there is room, or one below the other; arrows need them side by side.
  const isStacked = !picture.arrows.length && columns.reduce((sum, { width }) => sum + width + between, -between) > room;
  let [x, y, bottom] = [1, 1, 0];
  const parts = [];
  const rights = [];
  for (const item of columns) {
    const { column, lines, place, cell } = item;
    if (isStacked) [x, y] = [1, bottom ? bottom + 20 : 1];
    lines.forEach((line, index) => parts.push(drawn("text", { x, y: y + 14 + index * lineHeight, class: index === 0 ? "head" : line.startsWith("✗") ? "wrong" : "quiet" }, line)));
    const top = y + lines.length * lineHeight + 6;
    item.cells = column.cells.map((_, index) => top + index * cellHeight);
    column.cells.forEach((entry, index) => {
      const at = item.cells[index];
      const words = `${column.title}: ${entry.place} ${entry.text}${entry.kind === "written" ? ", pushed" : ""}${entry.marks.length ? `, ${entry.marks.join(", ")} points here` : ""}`;
      parts.push(drawn("g", { class: `cell ${entry.kind}`, "aria-label": words, ...told(entry.address) },
        drawn("text", { x, y: at + 17, class: "quiet" }, entry.place),
        drawn("rect", { x: x + place, y: at, width: cell, height: cellHeight - 2, rx: 3 }),
        drawn("text", { x: x + place + padding, y: at + 16 }, entry.text),
        drawn("text", { x: x + place + cell + padding / 2, y: at + 16, class: "mark" }, marked(entry))));
    });
    [item.left, item.right] = [x, x + item.width];
    rights.push(x + item.width);
    bottom = Math.max(bottom, top + column.cells.length * cellHeight);
    x += item.width + between;
  }
  for (const [from, to] of picture.arrows) {
    const [start, end] = [columns[0].right + 4, columns[1].left - 6];
    const [high, low] = [columns[0].cells[from] + 11, columns[1].cells[to] + 11];
    parts.push(drawn("path", { class: "arrow", d: `M ${start} ${high} C ${start + 25} ${high} ${end - 25} ${low} ${end} ${low}` }));
  }
  const width = Math.max(...rights, 1) + 2;
  const height = bottom + 4;
  const image = drawn("svg", { class: "columns", width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-labelledby": `${id}-name ${id}-about` },
    drawn("title", { id: `${id}-name` }, picture.title),
    drawn("desc", { id: `${id}-about` }, `${picture.columns.map((column) => column.title).join("; ")}. Not to scale. Arrow keys go from place to place, Enter shows the memory there.`), ...parts);
  keepFocus(pane, ".cell", () => pane.replaceChildren(image));
}

export function startColumns() {
  let last = null;
  const drawBoth = (state) => {
    last = state;
    draw("frame", state.frame);
    draw("map", state.map);
    draw("tables", state.tables);
  };
  on("state", drawBoth);
  on("width", () => { if (last) drawBoth(last); });
  // Map and tables take swemu longer than all the rest: only who sees it asks for it.
  roving(byId("frame"), ".cell");
  roving(byId("map"), ".cell");
  roving(byId("tables"), ".cell");
  on("view", (view) => look({ map: view === "all" }));
  on("hello", () => look({ map: document.documentElement.dataset.view === "all" }));
}
