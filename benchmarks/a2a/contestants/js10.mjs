// The official JavaScript SDK 1.x, by its client; the commands are those of benchmarks/a2a/worker.py.
import { createInterface } from "node:readline";
import { AgentCard, SendMessageRequest } from "@a2a-js/sdk";
import { ClientFactory } from "@a2a-js/sdk/client";

const server = process.argv[2];
const SKILL = { id: "echo", name: "echo", description: "echoes", tags: ["test"] };

async function client(path) {
  const url = `${server}/10/${path}`;
  const card = {
    name: "bench",
    description: "pre-encoded frames",
    version: "1.0.0",
    supportedInterfaces: [{ url, protocolBinding: "JSONRPC", protocolVersion: "1.0" }],
    capabilities: { streaming: true },
    defaultInputModes: ["text/plain"],
    defaultOutputModes: ["text/plain"],
    skills: [SKILL],
  };
  return new ClientFactory().createFromAgentCard(AgentCard.fromJSON(card));
}

const REQUEST = SendMessageRequest.fromJSON({
  message: { messageId: "u1", role: "ROLE_USER", parts: [{ text: "go" }] },
});

function stopwatch() {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return { seconds: (performance.now() - wall) / 1e3, cpu: (user + system) / 1e6 };
  };
}

async function read(made) {
  let count = 0;
  for await (const _event of made.sendMessageStream(REQUEST)) count++;
  return count;
}

function checked(count, wanted) {
  if (count !== wanted) throw new Error(`${count} events came, not ${wanted}`);
  return count;
}

// Sleeps again and again; returns a function that stops it and says by how much it overslept.
function ticker() {
  let [worst, stopped, before] = [0, false, performance.now()];
  const tick = () => {
    const now = performance.now();
    worst = Math.max(worst, now - before - 1);
    before = now;
    if (!stopped) setTimeout(tick, 1);
  };
  setTimeout(tick, 1);
  return () => {
    stopped = true;
    return worst;
  };
}

const COMMANDS = {
  async stream({ events }) {
    const made = await client(`stream/${events}`);
    const watch = stopwatch();
    const count = await read(made);
    return { ...watch(), events: checked(count, events) };
  },
  async many({ streams, events }) {
    const made = await client(`stream/${events}`);
    const watch = stopwatch();
    const counts = await Promise.all(Array.from({ length: streams }, () => read(made)));
    const count = counts.reduce((sum, each) => sum + each, 0);
    return { ...watch(), events: checked(count, streams * events) };
  },
  async send({ calls }) {
    const made = await client("send");
    await made.sendMessage(REQUEST);
    const [watch, microseconds] = [stopwatch(), []];
    for (let call = 0; call < calls; call++) {
      const begin = performance.now();
      await made.sendMessage(REQUEST);
      microseconds.push(1e3 * (performance.now() - begin));
    }
    return { ...watch(), microseconds };
  },
  async paced({ events, microseconds }) {
    const made = await client(`paced/${events}/${microseconds}`);
    const watch = stopwatch();
    const count = await read(made);
    return { ...watch(), events: checked(count, events) };
  },
  async lag({ events, microseconds }) {
    let stop = ticker();
    await new Promise((resolve) => setTimeout(resolve, (events * microseconds) / 1e3));
    const idle_ms = stop();
    const made = await client(`paced/${events}/${microseconds}`);
    stop = ticker();
    await read(made);
    return { idle_ms, busy_ms: stop() };
  },
};

console.log("{}");
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  console.log(JSON.stringify(await COMMANDS[command.do](command.with)));
}
