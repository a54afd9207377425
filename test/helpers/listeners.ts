import { existsSync, lstatSync } from "node:fs";
import { type IncomingHttpHeaders, type RequestOptions, request } from "node:http";
import { request as httpsRequest } from "node:https";
import { runMain } from "./exporter.ts";
import type { Running } from "./process.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A configuration without targets. */
export const MODULES = "modules: { http_2xx: { prober: http, timeout: 5s } }\n";

/** A response with its whole body. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Sends a request to an address or, with `socketPath`, to a unix socket. */
export function send(
  options: RequestOptions & { readonly ca?: string; readonly servername?: string },
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = (options.ca === undefined ? request : httpsRequest)(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body: Buffer.concat(chunks) });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Gets a path from a URL as the exporter logs it: `http://HOST:PORT` or `unix://PATH`. */
export const get = (
  url: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> => send({ ...placeOf(url), path, headers });

/** Returns where a URL of the log leads. */
export function placeOf(url: string): RequestOptions {
  if (url.startsWith("unix://")) return { socketPath: url.slice("unix://".length) };
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ""), port };
}

/** Returns the URLs of all listeners in the log. */
export const urlsOf = (process: Running): readonly string[] =>
  [...process.output().matchAll(/ listens".*? address=(\S+)/g)].map(([, url = ""]) => url);

/** Reports whether there is a socket at a path. */
export const isSocket = (path: string): boolean => existsSync(path) && lstatSync(path).isSocket();

/** Runs an exporter that cannot start. Returns its exit code and what it wrote to standard error. */
export async function failedStart(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly text: string }> {
  await using folder = await temporaryFolder();
  const config = await folder.write("exporter.yml", MODULES);
  await using run = runMain([`--config.file=${config}`, ...args], env);
  const { code } = await run.exited;
  return { code, text: run.stderr() };
}
