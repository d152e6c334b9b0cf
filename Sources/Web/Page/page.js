// Puts the page together: tools, keys, commands, views, the address.
import { machine, on, command, connect, send, look, tell } from "./machine.js";
import { byId, make, grouped, onChoice } from "./words.js";
import { startScreen } from "./screen.js";
import { startKeyboard } from "./keyboard.js";
import { startDrives } from "./drives.js";
import { startCode, toggleBreakpoint, chosenInstruction } from "./code.js";
import { startRegisters, showRegister } from "./registers.js";
import { startPictures } from "./pictures.js";
import { startTime, goTo } from "./time.js";
import { startMemory, showMemory } from "./memory.js";
import { startLesson } from "./lesson.js";
import { startRecording } from "./recording.js";

function run() { if (machine.head?.running) send({ pause: true }); else command("continue"); }

// What is clicked in a text: an address, or a register.
function choose(choice) {
  if (choice.address) showMemory(choice.address);
  if (choice.register) showRegister(choice.register);
}

// MARK: Commands

const typed = [];
let typedIndex = 0;

function say(text, kind) {
  const log = byId("log");
  log.append(make("div", { class: kind ?? "answer" }, text));
  while (log.children.length > 500) log.firstChild.remove();
  log.scrollTop = log.scrollHeight;
}

async function carryOut(line) {
  say("> " + line, "asked");
  const answer = await command(line);
  for (const text of answer.lines) say(text, answer.ok ? "answer" : "mistake");
}

function startCommands() {
  const input = byId("command");
  byId("command-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const line = input.value.trim();
    if (!line) return;
    typed.push(line);
    typedIndex = typed.length;
    input.value = "";
    carryOut(line);
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || !typed.length) return;
    typedIndex = Math.min(Math.max(typedIndex + step, 0), typed.length);
    input.value = typed[typedIndex] ?? "";
    event.preventDefault();
  });
  input.addEventListener("input", () => { if (input.value.includes(" ")) send({ complete: input.value }); });
  on("completions", (message) => byId("commands").replaceChildren(...message.lines.map((line) => make("option", { value: line }))));
  on("hello", (hello) => {
    byId("commands").replaceChildren(...hello.commands.map((row) => make("option", { value: row.name }, row.what)));
    byId("help-commands").replaceChildren(make("dl", { class: "keys" }, ...hello.commands.flatMap((row) =>
      [make("dt", {}, `${row.name} ${row.arguments}`), make("dd", {}, `${row.what}; as in: ${row.example}`)])));
  });
}

// MARK: Keys

function pressed(event) {
  const isTyping = event.target.matches("input, select, textarea, #screen, #terminal");
  const key = (event.shiftKey ? "Shift+" : "") + event.key;
  const actions = {
    F5: run, "Shift+F5": () => command("reverse-continue"), F7: () => command("step"), F11: () => command("step"), "Shift+F7": () => command("step-back"),
    "Shift+F11": () => command("out"), F8: () => command("next"), F10: () => command("next"), F9: () => command("out"),
    F2: () => toggleBreakpoint(chosenInstruction()),
  };
  const letters = { "?": () => byId("help-box").showModal(), "Shift+?": () => byId("help-box").showModal(), ":": () => byId("command").focus(), "Shift+:": () => byId("command").focus() };
  // The guest's screen has all keys to itself.
  if (event.target.closest("#screen") || event.ctrlKey || event.altKey || event.metaKey) return;
  const action = actions[key] ?? (isTyping ? undefined : letters[key]);
  if (!action) return;
  event.preventDefault();
  action();
}

// MARK: What is shown

function show(view) {
  document.documentElement.dataset.view = view;
  for (const button of document.querySelectorAll("#views [data-view]")) button.setAttribute("aria-pressed", button.dataset.view === view);
  remember("view", view);
  tell("view", view);
  tell("width");
}

function remember(name, value) { try { localStorage.setItem("swemu-" + name, value); } catch { /* A browser may refuse to keep anything. */ } }
function recall(name) { try { return localStorage.getItem("swemu-" + name); } catch { return null; } }

function theme(value) {
  document.documentElement.style.colorScheme = value ?? "";
  if (value) remember("theme", value);
}

let lastHead = null;
function drawHead(head) {
  byId("mode").textContent = head.mode;
  byId("tick").textContent = grouped(head.tick);
  const state = head.ended ? "ended" : head.running ? (head.halted ? "runs, halted" : "runs") : head.past ? "stopped, in the past" : head.halted ? "stopped, halted" : "stopped";
  if (byId("status").textContent !== state) byId("status").textContent = state;
  document.body.dataset.state = head.ended ? "ended" : head.running ? "running" : "stopped";
  const now = performance.now();
  if (head.running && lastHead && head.instructions >= lastHead.instructions && now > lastHead.at) {
    byId("speed").textContent = `${((head.instructions - lastHead.instructions) / (now - lastHead.at) / 1000).toFixed(1)} MIPS`;
  } else if (!head.running) byId("speed").textContent = "–";
  lastHead = { instructions: head.instructions, at: now };
  byId("run").disabled = head.running || head.ended;
  byId("pause").disabled = !head.running;
}

// MARK: The address: #t=52851&sel=0x504&irq=irq1

function writeAddress(state) {
  const parts = new URLSearchParams();
  if (!state.running) parts.set("t", state.tick);
  if (state.path.expression !== "cs:eip") parts.set("sel", state.path.expression);
  if (state.interrupt.expression !== "irq0") parts.set("irq", state.interrupt.expression);
  history.replaceState(null, "", "#" + parts.toString());
}

const opened = new URLSearchParams(location.hash.slice(1));

function readAddress() {
  const parts = opened;
  if (parts.has("sel")) look({ address: parts.get("sel"), memory: parts.get("sel") });
  if (parts.has("irq")) look({ interrupt: parts.get("irq") });
  const tick = Number(parts.get("t"));
  if (parts.has("t") && Number.isFinite(tick)) goTo(tick);
}

function start() {
  onChoice(choose);
  startScreen();
  startKeyboard();
  startDrives();
  startCode();
  startRegisters(choose);
  startPictures();
  startTime();
  startMemory();
  startCommands();
  startLesson();
  on("head", drawHead);
  on("state", writeAddress);
  on("hello", (hello) => { byId("title").textContent = hello.title; document.title = `${hello.title} – swemu`; });
  on("connection", (isThere) => {
    document.body.classList.toggle("lost", !isThere);
    if (!isThere) byId("status").textContent = "no connection to swemu; trying again";
  });
  on("mistake", (message) => say(message.text, "mistake"));
  let isNarrowing = 0;
  addEventListener("resize", () => { clearTimeout(isNarrowing); isNarrowing = setTimeout(() => tell("width"), 100); });
  on("over", () => { byId("status").textContent = "swemu has ended"; });
  document.addEventListener("keydown", pressed);
  byId("run").addEventListener("click", run);
  byId("pause").addEventListener("click", run);
  byId("help").addEventListener("click", () => byId("help-box").showModal());
  for (const button of document.querySelectorAll("[data-command]")) button.addEventListener("click", () => command(button.dataset.command));
  for (const button of document.querySelectorAll("#views [data-view]")) button.addEventListener("click", () => show(button.dataset.view));
  byId("theme").addEventListener("click", () => {
    const now = document.documentElement.style.colorScheme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    theme(now === "dark" ? "light" : "dark");
  });
  show(recall("view") ?? "all");
  theme(recall("theme"));
  let isFirst = true;
  on("state", () => { if (isFirst) { isFirst = false; readAddress(); } });
  const recorded = byId("recording");
  if (recorded) startRecording(recorded.textContent); else connect();
}

start();
