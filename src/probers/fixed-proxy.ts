import type { CompileContext } from "../core/prober.ts";

/** A proxy that all requests of a module go through. */
export interface FixedProxy {
  readonly url: string;
  /** What must not be shown of it. */
  readonly secrets: readonly string[];
}

/** Reads `proxy_url`, whose value may hold a password and so is never quoted. */
export function compileProxy(text: string | undefined, context: CompileContext): FixedProxy | undefined {
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  const want = "an address such as http://proxy.example.com:3128";
  if (url === null || url.hostname === "" || !/^https?:$/.test(url.protocol)) {
    context.problem(["proxy_url"], "something else", want);
    return undefined;
  }
  // Node.js' agents would trust other certificates there than tls_config says.
  if (url.protocol === "https:") {
    context.problem(["proxy_url"], "a proxy that is spoken to over TLS", want);
    return undefined;
  }
  const { username, password } = url;
  return { url: url.href, secrets: [username, password].filter((part) => part !== "").flatMap(bothForms) };
}

/** As it stands in the URL, and as it is meant. */
function bothForms(part: string): readonly string[] {
  try {
    return [part, decodeURIComponent(part)];
  } catch {
    return [part];
  }
}
