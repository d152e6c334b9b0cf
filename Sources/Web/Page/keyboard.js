// Keys, text and the mouse for the guest's screen. Keys are told by where they are on the keyboard; names are QEMU's.
import { machine, on, send } from "./machine.js";
import { byId } from "./words.js";

const names = {
  Enter: "ret", Space: "spc", Escape: "esc", Backspace: "backspace", Tab: "tab", Minus: "minus", Equal: "equal", BracketLeft: "bracket_left",
  BracketRight: "bracket_right", Semicolon: "semicolon", Quote: "apostrophe", Backquote: "grave_accent", Backslash: "backslash", Comma: "comma",
  Period: "dot", Slash: "slash", IntlBackslash: "less", CapsLock: "caps_lock", ShiftLeft: "shift", ShiftRight: "shift_r", ControlLeft: "ctrl",
  ControlRight: "ctrl_r", AltLeft: "alt", AltRight: "alt_r", MetaLeft: "meta_l", MetaRight: "meta_r", ContextMenu: "menu", NumLock: "num_lock",
  ScrollLock: "scroll_lock", PrintScreen: "print", Pause: "pause", Insert: "insert", Delete: "delete", Home: "home", End: "end", PageUp: "pgup",
  PageDown: "pgdn", ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right", NumpadAdd: "kp_add", NumpadSubtract: "kp_subtract",
  NumpadMultiply: "kp_multiply", NumpadDivide: "kp_divide", NumpadDecimal: "kp_decimal", NumpadEnter: "kp_enter",
};

function nameOf(code) {
  if (/^Key[A-Z]$/.test(code)) return code.slice(3).toLowerCase();
  if (/^Digit\d$/.test(code)) return code.slice(5);
  if (/^Numpad\d$/.test(code)) return "kp_" + code.slice(6);
  if (/^F([1-9]|1[0-2])$/.test(code)) return code.toLowerCase();
  return names[code];
}

const down = new Set();

function release() {
  for (const name of down) send({ key: name, down: false });
  down.clear();
}

function pressed(event) {
  if (machine.recording) return;
  const name = nameOf(event.code);
  if (event.ctrlKey && event.altKey && /^(Control|Alt)/.test(event.code)) {
    release();
    // To what comes behind the screen, so that Tab goes on from there.
    byId("type-text").focus();
    event.preventDefault();
    return;
  }
  // Text is pasted, not pressed.
  if (!name || (event.ctrlKey && event.code === "KeyV")) return;
  send(event.repeat ? { key: name, repeat: true } : { key: name, down: true });
  down.add(name);
  event.preventDefault();
  event.stopPropagation();
}

function released(event) {
  const name = nameOf(event.code);
  if (!name || !down.delete(name)) return;
  send({ key: name, down: false });
  event.preventDefault();
}

function moved(event) {
  if (document.pointerLockElement !== byId("screen")) return;
  const buttons = (event.buttons & 1) | (event.buttons & 2) | (event.buttons & 4);
  send({ mouse: { dx: event.movementX, dy: event.movementY, wheel: Math.sign(event.deltaY ?? 0), buttons } });
}

export function startKeyboard() {
  const screen = byId("screen");
  screen.addEventListener("keydown", pressed);
  screen.addEventListener("keyup", released);
  screen.addEventListener("blur", release);
  for (const kind of ["mousemove", "mousedown", "mouseup", "wheel"]) screen.addEventListener(kind, moved, { passive: true });
  byId("mouse").addEventListener("click", () => { screen.focus(); screen.requestPointerLock?.(); });
  const note = byId("keys-note");
  screen.addEventListener("focus", () => { note.textContent = "keys go to the guest; Ctrl+Alt gives them back"; });
  screen.addEventListener("blur", () => { note.textContent = "click it, and keys go to the guest"; });
  on("connection", () => down.clear());
}
