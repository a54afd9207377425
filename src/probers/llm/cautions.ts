import type { ProbeTarget } from "../../core/prober.ts";
import { isShared } from "./hosted-apis.ts";
import type { LlmModule } from "./options.ts";
import { endpointOf } from "./request.ts";

/** Returns a warning about a target that is allowed and questionable. */
export function caution(target: ProbeTarget, module: LlmModule): string | undefined {
  const url = endpointOf(target, module);
  if (!(url instanceof URL)) return undefined;
  return (
    clearTextWarning(url, module) ?? missingKeyWarning(url, module) ?? otherApiWarning(target, url, module)
  );
}

/** Returns true if requests of the module carry a secret. */
export function hasCredential({ key, headers }: LlmModule): boolean {
  return key !== undefined || Object.keys(headers).length > 0;
}

const LOOPBACK = /^(?:localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Warns about a credential that is sent without encryption to another machine. */
export function clearTextWarning(url: URL, module: LlmModule): string | undefined {
  if (url.protocol !== "http:" || LOOPBACK.test(url.hostname)) return undefined;
  return hasCredential(module)
    ? "the module's credential is sent in clear text, because the target is not https"
    : undefined;
}

/** Warns about an API that refuses every request without a key. */
function missingKeyWarning(url: URL, module: LlmModule): string | undefined {
  return hasCredential(module) || Object.keys(module.query).length > 0 || !isShared(url.hostname)
    ? undefined
    : `${url.hostname} refuses requests without a key, and the module has none (api_key_file)`;
}

/** The end of a base URL of OpenAI's API, or of a version of another one. */
const VERSION = /\/(?:v\d+(?:beta)?|openai)\/?$/;

/** Warns about the base URL of another API of the same server, such as Ollama's `/v1`. */
function otherApiWarning(
  { address }: ProbeTarget,
  url: URL,
  { format, path }: LlmModule,
): string | undefined {
  const end = VERSION.exec(URL.parse(address)?.pathname ?? "")?.[0];
  const doubled = end === undefined ? undefined : `${end.replace(/\/$/, "")}${prefixOf(format)}`;
  return path !== undefined ||
    doubled === undefined ||
    prefixOf(format) === "" ||
    !url.pathname.includes(`${doubled}/`)
    ? undefined
    : `requests go to ${url.pathname}, which ${format.api} does not have; the address must not end in ${end}`;
}

const prefixOf = (format: LlmModule["format"]): string =>
  format.endpoint({ model: "m", stream: true, special: {} }).prefix ?? "";
