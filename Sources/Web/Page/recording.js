// An exported page: states that were recorded, without a swemu behind them. Commands that move go from one to another.
import { machine, take, tell } from "./machine.js";
import { byId } from "./words.js";

let states = [];
let latest = 0;
let index = 0;

// The JSON of a recording, compressed (RFC 1950) and in base 64.
async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text.replace(/\s/g, "")), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

function show(next) {
  index = Math.min(Math.max(next, 0), states.length - 1);
  const { state } = states[index];
  // The picture may be that of an earlier state.
  let last = index;
  while (last > 0 && !states[last].screen && !states[last].dots) last -= 1;
  if (states[last].screen) take(states[last].screen);
  else if (states[last].dots) tell("dots", Uint8Array.from(atob(states[last].dots), (letter) => letter.charCodeAt(0)).buffer);
  take({ ...state, latest, past: index < states.length - 1 });
}

// The last state at a tick or before it.
function at(tick) {
  let found = 0;
  for (let number = 0; number < states.length; number += 1) if (states[number].state.tick <= tick) found = number;
  return found;
}

function command(line) {
  const [name, argument] = line.split(" ");
  const moves = { step: index + 1, next: index + 1, out: states.length - 1, continue: states.length - 1, "step-back": index - 1, "reverse-continue": 0 };
  if (name === "go-to") show(at(Number(argument)));
  else if (name in moves) {
    if (moves[name] < 0 || moves[name] >= states.length) return Promise.resolve({ ok: false, lines: ["the recording has no more steps there"] });
    show(moves[name]);
  } else return Promise.resolve({ ok: false, lines: [`this page is a recording: step, step-back, continue, reverse-continue and go-to are there; \`swemu serve\` has the rest`] });
  return Promise.resolve({ ok: true, lines: [] });
}

export async function startRecording(text) {
  const recording = await unpacked(text);
  states = recording.states;
  latest = Math.max(recording.latest, states.at(-1).state.tick);
  // There is nothing between the states that are here, and no need of checkpoints.
  const time = { ...recording.time, checkpoints: states.map((entry) => entry.state.tick) };
  for (const entry of states) entry.state.time = time;
  document.querySelector("#legend .checkpoint").textContent = "states in this page";
  machine.recording = { command };
  document.body.classList.add("recorded");
  take(recording.hello);
  byId("keys-note").textContent = "a recording";
  show(0);
}
