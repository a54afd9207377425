import { defined } from "../../core/defined.ts";
import type { Objection, ProbeTarget } from "../../core/prober.ts";
import { fill, type PromptValues } from "./judge/prompt.ts";
import type { LlmModule } from "./options.ts";
import type { Question } from "./questions.ts";
import { isObject } from "./wire/json.ts";
import type { WireRequest } from "./wire/types.ts";

/** What is sent, the credential aside. */
export interface LlmRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Model to ask for: the target's own, or the module's. */
export const requestedModel = (target: ProbeTarget, module: LlmModule): string | undefined =>
  target.model ?? module.model;

/** Builds the request of one question, or says why the target cannot be asked. */
export function prepare(
  target: ProbeTarget,
  module: LlmModule,
  question: Question,
  values: PromptValues,
): LlmRequest | Objection {
  const model = requestedModel(target, module);
  const { api, abilities } = module.format;
  if (model === undefined && abilities.needsModel) {
    return { part: "model", want: `the name of a model, without which ${api} cannot be asked` };
  }
  const wire = module.format.request({
    ...defined({ model }),
    ...(question.system === undefined ? {} : { system: fill(question.system, values) }),
    prompt: fill(question.prompt, values),
    stream: module.stream,
    maxTokens: module.maxTokens,
    tools: module.questions.tools,
    special: module.special,
  });
  const url = endpoint(target.address, module, wire);
  if (!(url instanceof URL)) return url;
  return {
    url,
    headers: {
      "user-agent": "heartbeat-exporter",
      "content-type": "application/json",
      accept: module.stream ? ACCEPT[module.format.framing] : ACCEPT.none,
      // Compression would hold tokens back.
      "accept-encoding": "identity",
      ...wire.headers,
    },
    body: JSON.stringify(merged(wire.body, module.extraBody)),
  };
}

const ACCEPT = {
  sse: "text/event-stream, application/json",
  json_lines: "application/x-ndjson, application/json",
  none: "application/json",
} as const satisfies Record<LlmModule["format"]["framing"], string>;

/** `fields` with `more` over them, object by object; null takes a field away. */
function merged(
  fields: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const all: Record<string, unknown> = { ...fields };
  for (const [name, value] of Object.entries(more)) {
    const before = all[name];
    if (value === null) delete all[name];
    else all[name] = isObject(before) && isObject(value) ? merged(before, value) : value;
  }
  return all;
}

function endpoint(address: string, module: LlmModule, wire: WireRequest): URL | Objection {
  const url = URL.parse(address);
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    return { part: "target", want: "an http or https URL such as http://127.0.0.1:8080/v1" };
  }
  // The address is shown in many places, a key is not.
  if (url.username !== "" || url.password !== "")
    return { part: "target", want: "an URL without user and password, which belong into headers" };
  const base = url.pathname.replace(/\/+$/, "");
  url.pathname = module.path === undefined ? `${rootOf(base, wire)}${wire.path}` : `${base}${module.path}`;
  for (const [name, value] of Object.entries({ ...wire.query, ...module.query }))
    url.searchParams.set(name, value);
  url.hash = "";
  return url;
}

/** What stands before the path of the API. */
function rootOf(base: string, { root = "", prefix = "" }: WireRequest): string {
  if (prefix !== "") return base.endsWith(prefix) ? base : `${base}${prefix}`;
  return base === "" ? root : base;
}

/** `url` as it may be shown: its query may hold what should not have been put there. */
export const shown = (url: URL): string => `${url.origin}${url.pathname}`;
