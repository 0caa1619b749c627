// An agent on the official JavaScript SDK 0.3: `agent.mjs --jwks FILE`.
import { randomUUID, sign } from "node:crypto";
import { DefaultRequestHandler, InMemoryTaskStore } from "@a2a-js/sdk/server";
import {
  UserBuilder,
  agentCardHandler,
  jsonRpcHandler,
  restHandler,
} from "@a2a-js/sdk/server/express";
import express from "express";
import {
  KEY_HEADER,
  KEY_ID,
  PARAMS,
  SKILLS,
  command,
  newKey,
  options,
  seconds,
  serve,
} from "./loopback.mjs";

// What one execution publishes.
class Updater {
  constructor(bus, taskId, contextId) {
    Object.assign(this, { bus, ids: { taskId, contextId } });
  }

  message(text) {
    const parts = [{ kind: "text", text }];
    return { kind: "message", messageId: randomUUID(), role: "agent", parts, ...this.ids };
  }

  status(state, text, final = false) {
    const status = { state, timestamp: new Date().toISOString() };
    if (text !== undefined) status.message = this.message(text);
    this.bus.publish({ kind: "status-update", ...this.ids, status, final });
  }

  artifact(artifactId, text, append = false, lastChunk = false) {
    const artifact = { artifactId, parts: [{ kind: "text", text }] };
    this.bus.publish({ kind: "artifact-update", ...this.ids, artifact, append, lastChunk });
  }
}

const SKILL = {
  async echo(updater, rest) {
    updater.artifact("answer", `echo: ${rest}`);
    updater.status("completed", undefined, true);
  },
  // The second message of "input".
  async answer(updater, rest) {
    updater.artifact("answer", `got: ${rest}`);
    updater.status("completed", undefined, true);
  },
  async long(updater, rest, isCanceled) {
    const end = Date.now() + 1000 * Number(rest);
    while (Date.now() < end && !isCanceled()) await seconds(0.01);
    if (!isCanceled()) updater.status("completed", undefined, true);
  },
  async stream(updater, rest) {
    for (let step = 0; step < Number(rest); step++) updater.status("working", `step ${step}`);
    await SKILL.echo(updater, `stream ${rest}`);
  },
  async chunks(updater, rest) {
    const count = Number(rest);
    for (let step = 0; step < count; step++) {
      updater.artifact("chunks", `chunk ${step};`, step > 0, step === count - 1);
    }
    updater.status("completed", undefined, true);
  },
  async input(updater) {
    updater.status("input-required", "which one?", true);
  },
  async fail(updater) {
    updater.status("failed", "it failed", true);
  },
  async raise() {
    throw new Error("the executor raised");
  },
};

// Does what the first word of the request says; see tests/interop/README.md.
class Executor {
  canceled = new Set();
  contexts = new Map();

  async execute(context, bus) {
    const { taskId, contextId, task, userMessage } = context;
    const text = userMessage.parts.map((part) => part.text ?? "").join("\n");
    let [name, rest] = command(text);
    if (task) name = "answer";
    if (name === "echo" || name === "answer") rest = text;
    const updater = new Updater(bus, taskId, contextId);
    this.contexts.set(taskId, contextId);
    if (name === "msg") {
      const { kind, messageId, role } = updater.message("");
      const parts = [{ kind: "text", text: `hello ${rest}` }];
      bus.publish({ kind, messageId, role, contextId, parts });
    } else {
      if (!task) {
        const status = { state: "submitted", timestamp: new Date().toISOString() };
        bus.publish({ kind: "task", id: taskId, contextId, status, history: [userMessage] });
      }
      updater.status("working");
      await SKILL[name](updater, rest, () => this.canceled.has(taskId));
    }
    bus.finished();
  }

  async cancelTask(taskId, bus) {
    this.canceled.add(taskId);
    new Updater(bus, taskId, this.contexts.get(taskId)).status("canceled", undefined, true);
    bus.finished();
  }
}

// One of each kind, and some with what is empty.
function schemes() {
  const clientCredentials = {
    tokenUrl: "https://login.example/token",
    scopes: { read: "", write: "may write" },
  };
  return {
    login: { type: "http", scheme: "Bearer", bearerFormat: "JWT" },
    key: { type: "apiKey", in: "header", name: KEY_HEADER, description: "" },
    oauth: { type: "oauth2", flows: { clientCredentials } },
    open: { type: "openIdConnect", openIdConnectUrl: "https://login.example/id" },
    tls: { type: "mutualTLS" },
  };
}

function makeCard(url) {
  return {
    name: "js03",
    description: "An agent on @a2a-js/sdk 0.3, naïvely", // not ASCII: canonical forms differ
    version: "1.0.0",
    protocolVersion: "0.3.0",
    url: `${url}/`,
    preferredTransport: "JSONRPC",
    additionalInterfaces: [
      { url: `${url}/`, transport: "JSONRPC" },
      { url: `${url}/rest`, transport: "HTTP+JSON" },
    ],
    provider: { organization: "Interop", url: "https://example" },
    capabilities: {
      streaming: true,
      extensions: [{ uri: "https://example/e", required: false, params: PARAMS }],
    },
    securitySchemes: schemes(),
    security: [{ login: [] }, { key: [], oauth: ["read"] }],
    defaultInputModes: ["text/plain"],
    defaultOutputModes: ["text/plain"],
    skills: SKILLS.map((id) => ({ id, name: id, description: `does ${id}`, tags: ["test"] })),
  };
}

// JSON with sorted keys, which is RFC 8785 in this language.
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

// This SDK signs nothing; others sign the card as it is, and so does this.
function signed(card, key) {
  const base64 = (data) => Buffer.from(data).toString("base64url");
  const header = base64(JSON.stringify({ alg: "ES256", kid: KEY_ID, typ: "JOSE" }));
  const input = Buffer.from(`${header}.${base64(canonical(card))}`);
  const signature = sign("sha256", input, { key, dsaEncoding: "ieee-p1363" });
  return { ...card, signatures: [{ protected: header, signature: base64(signature) }] };
}

const app = express();
serve(app, async (url) => {
  const card = signed(makeCard(url), newKey(options().jwks));
  const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), new Executor());
  const shared = { requestHandler, userBuilder: UserBuilder.noAuthentication };
  app.use("/.well-known/agent-card.json", agentCardHandler({ agentCardProvider: requestHandler }));
  app.use("/rest", restHandler(shared));
  app.use(jsonRpcHandler(shared));
});
