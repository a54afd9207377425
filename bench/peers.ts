import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startBlackbox } from "../test/helpers/blackbox.ts";
import { startExporter } from "../test/helpers/exporter.ts";
import { bundled } from "./bundled.ts";

/** The targets of the benchmarks; `await using` ends them. */
export interface Targets extends AsyncDisposable {
  readonly http: string;
  readonly https: string;
  /** Host and port of a server that greets in a line. */
  readonly tcp: string;
  /** How long each streamed answer took the server since the last call, in milliseconds. */
  took(): Promise<number[]>;
  /** The same for `/slow`. */
  slow(): Promise<number[]>;
}

export async function startTargets(): Promise<Targets> {
  const child: ChildProcess = fork(fileURLToPath(new URL("targets.ts", import.meta.url)));
  const [{ http, https, tcp }] = (await once(child, "message")) as [Record<"http" | "https" | "tcp", number>];
  const times = async (): Promise<{ took: number[]; slow: number[] }> => {
    child.send("times");
    const [each] = (await once(child, "message")) as [{ took: number[]; slow: number[] }];
    return each;
  };
  return {
    http: `http://127.0.0.1:${http}/`,
    https: `https://127.0.0.1:${https}/`,
    tcp: `127.0.0.1:${tcp}`,
    took: async () => (await times()).took,
    slow: async () => (await times()).slow,
    async [Symbol.asyncDispose]() {
      child.kill();
    },
  };
}

/** An exporter under measurement. */
export interface Peer {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
}

const MODULES = `modules:
  plain: { prober: http, http: { preferred_ip_protocol: ip4 } }
  connect: { prober: tcp, tcp: { preferred_ip_protocol: ip4 } }
  banner: { prober: tcp, tcp: { preferred_ip_protocol: ip4, query_response: [{ expect: "^SSH-2.0-" }] } }
  tls: { prober: http, http: { preferred_ip_protocol: ip4, enable_http2: false, tls_config: { insecure_skip_verify: true } } }
`;

/** Ours, from the bundle that people run, and blackbox_exporter with the same modules, run by `measure` side by side. */
export async function withPeers(
  measure: (ours: Peer, theirs: Peer) => Promise<void>,
  modules: string = MODULES,
): Promise<void> {
  await using bundle = await bundled();
  await using exporter = await startExporter({ yaml: modules, ...bundle.options });
  await using blackbox = await startBlackbox({ version: "newest", config: modules });
  await measure(
    { name: "ours", url: exporter.url, pid: exporter.process.pid },
    { name: "blackbox_exporter", url: blackbox.url, pid: blackbox.process.pid },
  );
}

/** The address that probes `target` with `module`. */
export const probeUrl = ({ url }: Peer, module: string, target: string): string =>
  `${url}/probe?module=${module}&target=${encodeURIComponent(target)}`;
