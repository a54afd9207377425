import { defined } from "../../core/defined.ts";
import { type Failure, failed, type Objection, type ProbeTarget } from "../../core/prober.ts";
import { isShared } from "./hosted-apis.ts";
import { fill, type PromptValues } from "./judge/prompt.ts";
import { mergeFields } from "./merge-fields.ts";
import type { LlmModule } from "./options.ts";
import type { Question } from "./questions.ts";
import type { RequestSettings, WireEndpoint } from "./wire/types.ts";

/** The content of a request, without the credential. */
export interface LlmRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Returns the model to ask for: the target's own, or else the module's. */
export const requestedModel = (target: ProbeTarget, module: LlmModule): string | undefined =>
  target.model ?? module.model;

/** Returns false if the requests of a format with a field for the model have none: no model is set, or `extra_body` removes it. */
export function namesModel(target: ProbeTarget, module: LlmModule): boolean {
  const { fields, abilities } = module.format;
  if (fields["model"] === undefined || abilities.namesDeployment === true) return true;
  // OpenRouter takes a list of models instead.
  if (Object.hasOwn(module.extraBody, "models")) return true;
  return requestedModel(target, module) !== undefined && module.extraBody["model"] !== null;
}

/** Returns the URL that every request of a probe goes to, or the part of the target that rules a request out. */
export function endpointOf(target: ProbeTarget, module: LlmModule): URL | Objection {
  const { api, abilities } = module.format;
  const settings = settingsOf(target, module);
  if (settings.model === undefined && abilities.needsModel) {
    return { part: "model", want: `the name of a model, which ${api} needs` };
  }
  const url = URL.parse(target.address);
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    return { part: "target", want: "an http or https URL such as http://127.0.0.1:8080/v1" };
  }
  // Addresses are shown in many places, keys never.
  if (url.username !== "" || url.password !== "")
    return { part: "target", want: "a URL without user and password (use api_key or headers)" };
  // A deployment in the path, as Azure has them, stands for its model.
  const inPath = `${url.pathname}${module.path ?? ""}`.includes("/deployments/");
  if (!namesModel(target, module) && isShared(url.hostname) && !inPath)
    return { part: "model", want: `the name of a model, which ${url.hostname} needs` };
  const endpoint = module.format.endpoint(settings);
  const base = url.pathname.replace(/\/+$/, "");
  const route = module.path === undefined ? routeIn(base, endpoint) : undefined;
  if (route !== undefined)
    return { part: "target", want: `the base URL of the API, without ${route} (or the option path)` };
  url.pathname =
    module.path === undefined ? `${rootOf(base, endpoint)}${endpoint.path}` : `${base}${module.path}`;
  for (const [name, value] of Object.entries({ ...endpoint.query, ...module.query }))
    url.searchParams.set(name, value);
  url.hash = "";
  return url;
}

/** Returns the route of the API at the end of `base`, to which requests would add it once more. */
function routeIn(base: string, { prefix, root = "", path }: WireEndpoint): string | undefined {
  // A single segment, such as /chat, may be the name of a gateway.
  const isTelling = path.lastIndexOf("/") > 0;
  return [...(isTelling ? [path] : []), `${prefix ?? root}${path}`].find((route) => base.endsWith(route));
}

/** Returns the outcome of a probe whose target is refused by `endpointOf`. */
export const outcomeOfObjection = ({ part, want }: Objection): Failure<"bad_request"> =>
  failed("bad_request", `the ${part} is not ${want}`);

/** Builds the request of one question. */
export function prepare(
  target: ProbeTarget,
  module: LlmModule,
  question: Question,
  values: PromptValues,
): LlmRequest {
  const request = module.format.request({
    ...settingsOf(target, module),
    ...(question.system === undefined ? {} : { system: fill(question.system, values) }),
    prompt: fill(question.prompt, values),
    maxTokens: module.maxTokens,
    tools: module.questions.tools,
  });
  return {
    headers: {
      "content-type": "application/json",
      accept: module.stream ? ACCEPT[module.format.framing] : ACCEPT.none,
      // Compression would delay tokens.
      "accept-encoding": "identity",
      ...request.headers,
    },
    body: JSON.stringify(mergeFields(request.body, module.extraBody)),
  };
}

/** Returns `url` as it may be shown: without its query, which may contain secrets. */
export const withoutQuery = (url: URL): string => `${url.origin}${url.pathname}`;

const settingsOf = (target: ProbeTarget, module: LlmModule): RequestSettings => ({
  ...defined({ model: requestedModel(target, module) }),
  stream: module.stream,
  special: module.special,
});

/** Returns what to put before the path of the API. */
function rootOf(base: string, { root = "", prefix = "" }: WireEndpoint): string {
  if (prefix !== "") return base.endsWith(prefix) ? base : `${base}${prefix}`;
  return base === "" ? root : base;
}

const ACCEPT = {
  sse: "text/event-stream, application/json",
  json_lines: "application/x-ndjson, application/json",
  none: "application/json",
} as const satisfies Record<LlmModule["format"]["framing"], string>;
