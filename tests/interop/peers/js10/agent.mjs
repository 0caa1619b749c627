// An agent on the official JavaScript SDK 1.x: `agent.mjs --jwks FILE [--legacy]`.
// `--legacy` serves the 0.3 dialect, too.
import { randomUUID } from "node:crypto";
import {
  AgentCard,
  Message,
  Task,
  TaskArtifactUpdateEvent,
  TaskStatusUpdateEvent,
  generateAgentCardSignature,
} from "@a2a-js/sdk";
import { AgentEvent, DefaultRequestHandler, InMemoryTaskStore } from "@a2a-js/sdk/server";
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
    return { messageId: randomUUID(), role: "ROLE_AGENT", parts: [{ text }], ...this.ids };
  }

  status(state, text) {
    const status = { state: `TASK_STATE_${state}`, timestamp: new Date().toISOString() };
    if (text !== undefined) status.message = this.message(text);
    this.bus.publish(AgentEvent.statusUpdate(TaskStatusUpdateEvent.fromJSON({ ...this.ids, status })));
  }

  artifact(artifactId, text, append = false, lastChunk = false) {
    const artifact = { artifactId, parts: [{ text }] };
    const event = { ...this.ids, artifact, append, lastChunk };
    this.bus.publish(AgentEvent.artifactUpdate(TaskArtifactUpdateEvent.fromJSON(event)));
  }
}

const SKILL = {
  async echo(updater, rest) {
    updater.artifact("answer", `echo: ${rest}`);
    updater.status("COMPLETED");
  },
  // The second message of "input".
  async answer(updater, rest) {
    updater.artifact("answer", `got: ${rest}`);
    updater.status("COMPLETED");
  },
  async long(updater, rest, isCanceled) {
    const end = Date.now() + 1000 * Number(rest);
    while (Date.now() < end && !isCanceled()) await seconds(0.01);
    if (!isCanceled()) updater.status("COMPLETED");
  },
  async stream(updater, rest) {
    for (let step = 0; step < Number(rest); step++) updater.status("WORKING", `step ${step}`);
    await SKILL.echo(updater, `stream ${rest}`);
  },
  async chunks(updater, rest) {
    const count = Number(rest);
    for (let step = 0; step < count; step++) {
      updater.artifact("chunks", `chunk ${step};`, step > 0, step === count - 1);
    }
    updater.status("COMPLETED");
  },
  async input(updater) {
    updater.status("INPUT_REQUIRED", "which one?");
  },
  async fail(updater) {
    updater.status("FAILED", "it failed");
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
    const text = userMessage.parts.map((part) => part.content?.value ?? "").join("\n");
    let [name, rest] = command(text);
    if (task) name = "answer";
    if (name === "echo" || name === "answer") rest = text;
    const updater = new Updater(bus, taskId, contextId);
    this.contexts.set(taskId, contextId);
    if (name === "msg") {
      const { messageId, role } = updater.message("");
      const parts = [{ text: `hello ${rest}` }];
      bus.publish(AgentEvent.message(Message.fromJSON({ messageId, role, contextId, parts })));
    } else {
      if (!task) {
        const status = { state: "TASK_STATE_SUBMITTED", timestamp: new Date().toISOString() };
        const history = [Message.toJSON(userMessage)];
        const made = Task.fromJSON({ id: taskId, contextId, status, history });
        bus.publish(AgentEvent.task(made));
      }
      updater.status("WORKING");
      await SKILL[name](updater, rest, () => this.canceled.has(taskId));
    }
    bus.finished();
  }

  async cancelTask(taskId, bus) {
    this.canceled.add(taskId);
    new Updater(bus, taskId, this.contexts.get(taskId)).status("CANCELED");
    bus.finished();
  }
}

// One of each kind, and some with what is empty.
function schemes() {
  const clientCredentials = {
    tokenUrl: "https://login.example/token",
    scopes: { read: "", write: "may write" },
  };
  const key = { location: "header", name: KEY_HEADER, description: "" };
  return {
    login: { httpAuthSecurityScheme: { scheme: "Bearer", bearerFormat: "JWT" } },
    key: { apiKeySecurityScheme: key },
    oauth: { oauth2SecurityScheme: { flows: { clientCredentials } } },
    open: { openIdConnectSecurityScheme: { openIdConnectUrl: "https://login.example/id" } },
    tls: { mtlsSecurityScheme: {} },
  };
}

function makeCard(url, legacy) {
  const versions = legacy ? ["1.0", "0.3"] : ["1.0"];
  return AgentCard.fromJSON({
    name: "js10",
    description: "An agent on @a2a-js/sdk 1.x, naïvely", // not ASCII: canonical forms differ
    version: "1.0.0",
    supportedInterfaces: versions.flatMap((protocolVersion) => [
      { url: `${url}/`, protocolBinding: "JSONRPC", protocolVersion },
      { url: `${url}/rest`, protocolBinding: "HTTP+JSON", protocolVersion },
    ]),
    provider: { organization: "Interop", url: "https://example" },
    capabilities: {
      streaming: true,
      extensions: [{ uri: "https://example/e", required: false, params: PARAMS }],
    },
    securitySchemes: schemes(),
    securityRequirements: [
      { schemes: { login: { list: [] } } },
      { schemes: { key: { list: [] }, oauth: { list: ["read"] } } },
    ],
    defaultInputModes: ["text/plain"],
    defaultOutputModes: ["text/plain"],
    skills: SKILLS.map((id) => ({ id, name: id, description: `does ${id}`, tags: ["test"] })),
  });
}

const { jwks, legacy } = options();
const app = express();
serve(app, async (url) => {
  const sign = generateAgentCardSignature(newKey(jwks), { alg: "ES256", kid: KEY_ID, typ: "JOSE" });
  const card = makeCard(url, legacy);
  const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), new Executor());
  const shared = {
    requestHandler,
    userBuilder: UserBuilder.noAuthentication,
    legacyCompat: { enabled: legacy },
  };
  // Of a card in the SDK's types it would sign no security scheme, and write each as
  // {"scheme": {"$case": ..., "value": ...}}, which is not of the protocol.
  const written = await sign(AgentCard.toJSON(card));
  const current = agentCardHandler({ agentCardProvider: async () => written });
  const old = agentCardHandler({ agentCardProvider: requestHandler, legacyCompat: { enabled: true } });
  app.use("/.well-known/agent-card.json", (request, response, next) => {
    const isOld = legacy && request.get("A2A-Version") !== "1.0";
    (isOld ? old : current)(request, response, next);
  });
  app.use("/rest", restHandler(shared));
  app.use(jsonRpcHandler(shared));
});
