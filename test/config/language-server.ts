import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A problem that an editor underlines. */
export interface Diagnostic {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number } };
}

/** A running yaml-language-server, which editors use for YAML; `await using` ends it. */
export interface LanguageServer extends AsyncDisposable {
  /** Opens a text as the file at `uri` and returns its problems. */
  check(uri: string, text: string): Promise<readonly Diagnostic[]>;
  /** Returns the names that the server offers at a place of a text that was opened. */
  complete(uri: string, line: number, character: number): Promise<readonly string[]>;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: {
    readonly uri?: string;
    readonly diagnostics?: readonly Diagnostic[];
    readonly items?: readonly unknown[];
  };
  readonly result?: unknown;
}

/** Starts the server and speaks the Language Server Protocol with it over its standard streams. */
export async function startLanguageServer(): Promise<LanguageServer> {
  const program = fileURLToPath(
    new URL("../../node_modules/yaml-language-server/bin/yaml-language-server", import.meta.url),
  );
  const server = spawn(process.execPath, [program, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = new Map<string, (value: never) => void>();
  const send = (message: object): void => {
    const text = JSON.stringify({ jsonrpc: "2.0", ...message });
    server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  };
  const handle = ({ id, method, params, result }: Message): void => {
    if (method === "textDocument/publishDiagnostics")
      waiting.get(params?.uri ?? "")?.(params?.diagnostics as never);
    else if (method !== undefined && id !== undefined)
      send({
        id,
        result: method === "workspace/configuration" ? (params?.items ?? []).map(() => null) : null,
      });
    else if (id !== undefined) waiting.get(String(id))?.(result as never);
  };
  let received = Buffer.alloc(0);
  server.stdout.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    for (;;) {
      const end = received.indexOf("\r\n\r\n");
      const length = Number(
        /Content-Length: (\d+)/.exec(received.subarray(0, Math.max(0, end)).toString())?.[1],
      );
      if (end === -1 || received.length < end + 4 + length) return;
      handle(JSON.parse(received.subarray(end + 4, end + 4 + length).toString()) as Message);
      received = received.subarray(end + 4 + length);
    }
  });
  const answer = <T>(key: string): Promise<T> => new Promise<T>((resolve) => waiting.set(key, resolve));
  let ids = 0;
  const request = <T>(method: string, params: object): Promise<T> => {
    ids += 1;
    const result = answer<T>(String(ids));
    send({ id: ids, method, params });
    return result;
  };
  await request("initialize", { processId: process.pid, rootUri: null, capabilities: {} });
  send({ method: "initialized", params: {} });
  const settings = { yaml: { validate: true, schemaStore: { enable: false }, completion: true } };
  send({ method: "workspace/didChangeConfiguration", params: { settings } });
  return {
    check(uri, text) {
      const diagnostics = answer<readonly Diagnostic[]>(uri);
      const textDocument = { uri, languageId: "yaml", version: 1, text };
      send({ method: "textDocument/didOpen", params: { textDocument } });
      return diagnostics;
    },
    async complete(uri, line, character) {
      const params = { textDocument: { uri }, position: { line, character } };
      const { items } = await request<{ items: { label: string }[] }>("textDocument/completion", params);
      return items.map(({ label }) => label);
    },
    async [Symbol.asyncDispose]() {
      server.kill();
      await once(server, "exit");
    },
  };
}
