// The machine as the page knows it. State is here and nowhere else; panes are functions of it. It comes over a socket, or from a recording.

export const machine = {
  hello: null,      // names, commands
  state: null,      // the machine as it stood last
  head: null,       // tick, mode and the like, while it runs, too
  before: null,     // the state before
  recording: null,  // states of an exported page
};

const listeners = {};
export function on(kind, listener) { (listeners[kind] ??= []).push(listener); }
export function tell(kind, message) { for (const listener of listeners[kind] ?? []) listener(message); }

let socket = null;
let sequence = 0;
const answers = new Map();

export function send(message) {
  if (socket?.readyState !== WebSocket.OPEN) return false;
  sequence += 1;
  socket.send(JSON.stringify({ seq: sequence, ...message }));
  return true;
}

// Has a command of the debugger carried out; what it answered.
export function command(line) {
  if (machine.recording) return machine.recording.command(line);
  if (!send({ command: line })) return Promise.resolve({ ok: false, lines: ["there is no connection to swemu"] });
  return new Promise((resolve) => answers.set(sequence, resolve));
}

// Where this page looks: memory, address, interrupt, code.
export function look(parts) { send({ look: parts }); }

export function take(message) {
  switch (message.kind) {
    case "hello": machine.hello = message; break;
    case "state":
      machine.before = machine.state;
      machine.state = message;
      machine.head = message;
      tell("head", message);
      break;
    case "running":
      machine.head = message;
      tell("head", message);
      break;
    case "reply":
      answers.get(message.to)?.(message);
      answers.delete(message.to);
      break;
  }
  tell(message.kind, message);
}

export function connect() {
  const address = new URL("socket", location.href);
  address.protocol = "ws:";
  address.hash = "";
  socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => tell("connection", true);
  socket.onmessage = (event) => {
    if (typeof event.data === "string") take(JSON.parse(event.data));
    else tell("dots", event.data);
  };
  socket.onclose = () => {
    for (const answer of answers.values()) answer({ ok: false, lines: ["the connection to swemu was lost"] });
    answers.clear();
    tell("connection", false);
    setTimeout(connect, 2000);
  };
}
