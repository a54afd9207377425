import { type Running, start } from "./process.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { type ToolVersion, tool } from "./tools.ts";

/** An alert in the form in which Prometheus sends it. */
export interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly startsAt?: string;
  /** The end of the alert; one in the past resolves it. */
  readonly endsAt?: string;
}

/** A real Alertmanager; `await using` stops it and removes its data. */
export interface Alertmanager extends AsyncDisposable {
  readonly url: string;
  readonly process: Running;
  /** Posts alerts as Prometheus does; rejects when Alertmanager refuses them. */
  post(alerts: readonly PostedAlert[]): Promise<void>;
  /** Returns the log lines of level warning or error. */
  warnings(): string[];
}

/** The configuration of an Alertmanager. */
export interface AlertmanagerOptions {
  readonly version: ToolVersion;
  /** The text of `alertmanager.yml`. Paths in it are relative to its folder. */
  readonly config: string;
  /** Other files in its folder, by relative name: templates, secrets. */
  readonly files?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** Starts an Alertmanager without a cluster on a free port of the loopback interface, and waits until it is ready. */
export async function startAlertmanager({
  version,
  config,
  files = {},
  args = [],
}: AlertmanagerOptions): Promise<Alertmanager> {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder());
  for (const [name, content] of Object.entries(files)) await folder.write(name, content);
  const file = await folder.write("alertmanager.yml", config);
  const { argv, cwd } = tool("alertmanager", version);
  const flags = [
    `--config.file=${file}`,
    `--storage.path=${folder.path}/data`,
    "--data.retention=8760h",
    "--web.listen-address=127.0.0.1:0",
    "--cluster.listen-address=",
  ];
  const server = resources.use(start([...argv, ...flags, ...args], cwd === undefined ? {} : { cwd }));
  const listening = await server.waitForOutput(/msg="?Listening on"?.*address=(127\.0\.0\.1:\d+)/);
  const url = `http://${listening[1]}`;
  await server.waitForHttp(`${url}/-/ready`);
  const owned = resources.move();
  return {
    url,
    process: server,
    post: async (alerts) => {
      const response = await fetch(`${url}/api/v2/alerts`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(alerts),
      });
      if (!response.ok) throw new Error(`/api/v2/alerts: ${response.status} ${await response.text()}`);
    },
    warnings: () =>
      server
        .output()
        .split("\n")
        .filter((line) => /\blevel=(warn|error)/i.test(line)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
