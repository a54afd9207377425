import type { CompileContext } from "../core/prober.ts";

/** A proxy that all requests of a module go through. */
export interface FixedProxy {
  readonly url: string;
  /** User and password, which must not be shown. */
  readonly secrets: readonly string[];
}

/** Compiles `proxy_url`. Problems do not quote the value, because it may contain a password. */
export function compileProxy(text: string | undefined, context: CompileContext): FixedProxy | undefined {
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  const want = "a URL such as http://proxy.example.com:3128";
  if (url === null || url.hostname === "" || !/^https?:$/.test(url.protocol)) {
    context.problem(["proxy_url"], "an invalid URL", want);
    return undefined;
  }
  // Node.js' agents would not use tls_config for the connection to the proxy.
  if (url.protocol === "https:") {
    context.problem(["proxy_url"], "a proxy over TLS", want);
    return undefined;
  }
  const { username, password } = url;
  return { url: url.href, secrets: [username, password].filter((part) => part !== "").flatMap(bothForms) };
}

/** Returns a part of a URL as it is written and decoded. */
function bothForms(part: string): readonly string[] {
  try {
    return [part, decodeURIComponent(part)];
  } catch {
    return [part];
  }
}
