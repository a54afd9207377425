import type { ProbeTarget } from "../../core/prober.ts";
import type { LlmModule } from "./options.ts";
import { withNonce } from "./prompt.ts";
import type { WireRequest } from "./wire/types.ts";

/** An address that cannot be asked, and what it should be. */
export interface NoUrl {
  readonly want: string;
}

/** What is sent, the credential aside. */
export interface Prepared {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Model to ask for: the target's own, or the module's. */
export const requestedModel = (target: ProbeTarget, module: LlmModule): string | undefined =>
  target.model ?? module.model;

/** Builds the request of one probe, or says why the target's address cannot be asked. */
export function prepare(target: ProbeTarget, module: LlmModule, nonce: string): Prepared | NoUrl {
  const model = requestedModel(target, module);
  const wire = module.format.request({
    ...(model === undefined ? {} : { model }),
    ...(module.system === undefined ? {} : { system: withNonce(module.system, nonce) }),
    prompt: withNonce(module.prompt, nonce),
    stream: module.stream,
    maxTokens: module.maxTokens,
    maxTokensField: module.maxTokensField,
  });
  const url = endpoint(target.address, module, wire);
  if (!(url instanceof URL)) return url;
  const body = Object.entries({ ...wire.body, ...module.extraBody }).filter(([, value]) => value !== null);
  return {
    url,
    headers: {
      "user-agent": "heartbeat-exporter",
      "content-type": "application/json",
      accept: module.stream ? "text/event-stream, application/json" : "application/json",
      // Compression would hold tokens back.
      "accept-encoding": "identity",
      ...wire.headers,
    },
    body: JSON.stringify(Object.fromEntries(body)),
  };
}

function endpoint(address: string, module: LlmModule, wire: WireRequest): URL | NoUrl {
  const url = URL.parse(address.includes("://") ? address : `http://${address}`);
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    return { want: "an http or https URL such as http://127.0.0.1:8080/v1" };
  }
  // The address is shown in many places, a key is not.
  if (url.username !== "" || url.password !== "")
    return { want: "an URL without user and password, which belong into headers" };
  const base = url.pathname.replace(/\/+$/, "");
  url.pathname =
    module.path === undefined
      ? `${base === "" ? (wire.root ?? "") : base}${wire.path}`
      : `${base}${module.path}`;
  for (const [name, value] of Object.entries({ ...wire.query, ...module.query }))
    url.searchParams.set(name, value);
  url.hash = "";
  return url;
}

/** `url` as it may be shown: its query may hold what should not have been put there. */
export const shown = (url: URL): string => `${url.origin}${url.pathname}`;
