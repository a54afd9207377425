import { type Running, start } from "./process.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { type ToolVersion, tool } from "./tools.ts";

/** A real blackbox_exporter; `await using` stops it. */
export interface BlackboxExporter extends AsyncDisposable {
  readonly url: string;
  readonly process: Running;
  /** Returns the text of `/probe` for a target. `parameters` adds others, such as `debug` or `hostname`. */
  probe(target: string, module: string, parameters?: Readonly<Record<string, string>>): Promise<string>;
}

/** Starts a blackbox_exporter on a free port of the loopback interface. `config` is the text of its configuration file. */
export async function startBlackbox(options: {
  readonly version: ToolVersion;
  readonly config: string;
  readonly args?: readonly string[];
  /** Environment variables to add to those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** A command that becomes the program in its arguments. */
  readonly command?: readonly string[];
  /** Returns the URL at which this process reaches the exporter, if it is not its own. */
  readonly reach?: (url: string) => Promise<string>;
}): Promise<BlackboxExporter> {
  await using resources = new AsyncDisposableStack();
  const { command = [], reach } = options;
  const argv = [...command, ...tool("blackbox_exporter", options.version).argv];
  const folder = resources.use(await temporaryFolder());
  const config = await folder.write("blackbox.yml", options.config);
  const server = resources.use(
    start([...argv, `--config.file=${config}`, "--web.listen-address=127.0.0.1:0", ...(options.args ?? [])], {
      env: { ...process.env, ...options.env },
    }),
  );
  const listening = await server.waitForOutput(/msg="Listening on".*address=(127\.0\.0\.1:\d+)/);
  const own = `http://${listening[1]}`;
  const url = reach === undefined ? own : await reach(own);
  await server.waitForHttp(`${url}/-/healthy`);
  const owned = resources.move();
  return {
    url,
    process: server,
    probe: async (target, module, parameters = {}) => {
      const query = new URLSearchParams({ target, module, ...parameters }).toString();
      const response = await fetch(`${url}/probe?${query}`);
      const text = await response.text();
      if (!response.ok) throw new Error(`/probe?${query}: ${response.status} ${text}`);
      return text;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
