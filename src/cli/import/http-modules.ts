import { redactAddress } from "../../core/secret.ts";
import type { Secrets } from "./secrets.ts";
import type { Path } from "./source.ts";

/** Modules of prober `http`, of which targets with the same settings share one. */
export interface HttpModules {
  /** Returns the name of the module with these settings. */
  nameFor(settings: Readonly<Record<string, unknown>>, timeout: string | undefined): string;
  all(): Readonly<Record<string, object>>;
}

/** Creates modules without any. */
export function createHttpModules(): HttpModules {
  const names = new Map<string, string>();
  const modules: Record<string, object> = {};
  return {
    nameFor(http, timeout) {
      const module = {
        prober: "http",
        ...(timeout === undefined ? {} : { timeout }),
        ...(Object.keys(http).length === 0 ? {} : { http }),
      };
      const key = JSON.stringify(module);
      const known = names.get(key);
      if (known !== undefined) return known;
      const name = names.size === 0 ? "http" : `http_${names.size + 1}`;
      names.set(key, name);
      modules[name] = module;
      return name;
    },
    all: () => modules,
  };
}

/** Header names that usually carry credentials. */
const CONFIDENTIAL = /authorization|cookie|token|secret|password|api[-_]?key/i;

/** Returns the headers of an `http` module, with secrets kept out. */
export function httpHeaders(
  headers: Readonly<Record<string, unknown>>,
  secrets: Secrets,
  path: Path,
): Readonly<Record<string, unknown>> {
  const plain: Record<string, string> = {};
  const files: Record<string, object> = {};
  let authorization: object | undefined;
  for (const [name, value] of Object.entries(headers)) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const [, scheme, credentials] = /^([\w-]+) +(\S.*)$/.exec(text) ?? [];
    const place = [...path, name];
    if (name.toLowerCase() === "authorization" && credentials !== undefined) {
      authorization = { type: scheme, ...secrets.option("credentials", credentials, "CREDENTIALS", place) };
    } else if (!CONFIDENTIAL.test(name)) plain[name] = text;
    else {
      const header = secrets.header(text, `HEADER_${name}`, place);
      if (typeof header === "string") plain[name] = header;
      else files[name] = { files: [header.file] };
    }
  }
  return {
    ...(authorization === undefined ? {} : { authorization }),
    ...(Object.keys(plain).length === 0 ? {} : { headers: plain }),
    ...(Object.keys(files).length === 0 ? {} : { http_headers: files }),
  };
}

/** Returns the address of a target; a password in it becomes a reference. */
export function targetAddress(url: string, secrets: Secrets, name: string, path: Path): string {
  const [, scheme = "", userinfo, rest = ""] = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*@)?(.*)$/is.exec(url) ?? [];
  if (userinfo === undefined || redactAddress(url) === url) return url;
  const [user = "", ...password] = userinfo.slice(0, -1).split(":");
  if (password.length === 0) return url;
  return `${scheme}${user}:${secrets.reference(password.join(":"), `${name}_PASSWORD`, path)}@${rest}`;
}
