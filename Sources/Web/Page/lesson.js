// A lesson beside its machine: the text, and tasks with what came of each attempt.
import { on, send, machine } from "./machine.js";
import { byId, make, linked } from "./words.js";

// Words with `code` and *emphasis*.
function inline(text) {
  return text.split(/(`[^`]+`|\*[^*\n]+\*)/).map((part) => {
    if (part.startsWith("`")) return make("code", {}, part.slice(1, -1));
    return /^\*.+\*$/.test(part) ? make("em", {}, part.slice(1, -1)) : part;
  });
}

// Markdown as lessons use it: headings, paragraphs, lists, code that is indented or fenced.
function markdown(text) {
  const blocks = [];
  const lines = text.split("\n");
  for (let index = 0; index < lines.length;) {
    const start = index;
    if (!lines[index].trim()) { index += 1; continue; }
    if (lines[index].startsWith("```")) {
      index += 1;
      while (index < lines.length && lines[index] !== "```") index += 1;
      blocks.push(make("pre", { class: "sample" }, lines.slice(start + 1, index).join("\n")));
      index += 1;
    } else if (lines[index].startsWith("    ")) {
      while (index < lines.length && (lines[index].startsWith("    ") || (!lines[index].trim() && lines[index + 1]?.startsWith("    ")))) index += 1;
      blocks.push(make("pre", { class: "sample" }, lines.slice(start, index).map((line) => line.slice(4)).join("\n")));
    } else if (lines[index].startsWith("## ")) {
      blocks.push(make("h3", {}, lines[index].slice(3)));
      index += 1;
    } else if (lines[index].startsWith("- ")) {
      while (index < lines.length && lines[index].startsWith("- ")) index += 1;
      blocks.push(make("ul", {}, ...lines.slice(start, index).map((line) => make("li", {}, ...inline(line.slice(2))))));
    } else {
      while (index < lines.length && lines[index].trim() && !/^(```|    |## |- )/.test(lines[index])) index += 1;
      blocks.push(make("p", {}, ...inline(lines.slice(start, index).join(" "))));
    }
  }
  return blocks;
}

const prompts = {
  asm: ["your instructions", "try it"],
  commands: ["a command of the debugger", "do it"],
  answer: ["your answer", "answer"],
};

function taskForm(part) {
  const [label, verb] = prompts[part.gives];
  const id = `task-${part.task}`;
  const attributes = { id, spellcheck: "false", autocomplete: "off", "aria-describedby": `${id}-said` };
  const field = part.gives === "asm" ? make("textarea", { ...attributes, rows: "5" }) : make("input", attributes);
  const said = make("div", { id: `${id}-said`, class: "said", role: "status" });
  let shown = 0;
  const hint = make("button", {
    type: "button",
    click: () => { said.replaceChildren(make("p", { class: "note" }, ...inline(part.hints[Math.min(shown, part.hints.length - 1)] ?? "There is no hint for this one."))); shown += 1; send({ seen: { task: part.task, part: "hint" } }); },
  }, "hint");
  const solution = make("button", { type: "button", click: () => { said.replaceChildren(make("pre", { class: "sample" }, part.solution)); send({ seen: { task: part.task, part: "solution" } }); } }, "solution");
  const again = part.gives === "commands" ? make("button", { type: "button", click: () => send({ attempt: { task: part.task, text: "", again: true } }) }, "from the beginning") : null;
  const form = make("form", {
    submit: (event) => {
      event.preventDefault();
      said.replaceChildren(make("p", { class: "note" }, "…"));
      send({ attempt: { task: part.task, text: field.value } });
      if (part.gives === "commands") field.value = "";
    },
  }, make("label", { for: id }, label), field, make("div", { class: "inline" }, make("button", {}, verb), again, hint, solution));
  if (part.gives === "asm") {
    field.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.ctrlKey) form.requestSubmit(); });
  }
  return make("section", { class: `task${part.done ? " done" : ""}`, id: `${id}-box`, "aria-label": `task: ${part.title}` }, make("h3", {}, `Task: ${part.title}`), ...markdown(part.about), form, said);
}

function draw(lesson) {
  document.body.classList.toggle("with-lesson", Boolean(lesson));
  byId("lesson").hidden = !lesson;
  if (!lesson) return;
  byId("lesson-title").textContent = lesson.title;
  byId("lesson-text").replaceChildren(...lesson.parts.flatMap((part) => (part.text === undefined ? [taskForm(part)] : markdown(part.text))));
}

function told(message) {
  const id = `task-${message.task}`;
  byId(`${id}-box`).classList.toggle("done", message.right);
  byId(`${id}-said`).replaceChildren(
    make("p", { class: message.right ? "right" : "mistake" }, message.right ? "✓ Right." : "✗ Not yet."),
    ...message.lines.map((line) => make("p", {}, ...linked(line))));
}

export function startLesson() {
  on("hello", (hello) => draw(hello.lesson));
  on("attempt", told);
}
