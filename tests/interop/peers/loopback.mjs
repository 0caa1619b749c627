// What the two JavaScript agents share: a free port, a key, a word when they are ready.
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

export const KEY_ID = "interop-1";
export const KEY_HEADER = "X-Interop-Key"; // of the card's scheme "key"
export const SKILLS = ["echo", "long", "stream", "chunks", "input", "msg", "fail", "raise"];

export function options() {
  const named = { jwks: { type: "string" }, legacy: { type: "boolean", default: false } };
  return parseArgs({ options: named }).values;
}

// A key of this process; its public half goes into the file `jwks`.
export function newKey(jwks) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = { ...publicKey.export({ format: "jwk" }), kid: KEY_ID, alg: "ES256", use: "sig" };
  writeFileSync(jwks, JSON.stringify({ keys: [key] }));
  return privateKey;
}

// Of an extension: what is empty, and numbers, which canonical forms write differently.
export const PARAMS = { none: "", list: [{}, "", 1], half: 0.5, small: 1e-7, big: 1e16, name: "ï" };

// A request needs both credentials when it says so itself.
function lock(request, response, next) {
  const isOpen = !request.get("x-interop-locked") || request.path.startsWith("/.well-known/");
  const isRight =
    request.get("authorization") === "Bearer interop" && request.get(KEY_HEADER) === "open sesame";
  if (isOpen || isRight) next();
  else response.status(401).end();
}

// Listens on a free port, has `mount(url)` add the routes, and says where it listens. Ends when
// standard input closes, which it does when the one who started this ends.
export function serve(app, mount) {
  app.use(lock);
  const server = app.listen(0, "127.0.0.1", async () => {
    const url = `http://127.0.0.1:${server.address().port}`;
    await mount(url);
    console.log(JSON.stringify({ url }));
  });
  process.stdin.on("end", () => process.exit(0)).resume();
}

// The first word of a request names what to do, the rest is its argument.
export function command(text) {
  const [name, ...rest] = text.trim().split(" ");
  return [name, rest.join(" ")];
}

export const seconds = (count) => new Promise((resolve) => setTimeout(resolve, 1000 * count));
