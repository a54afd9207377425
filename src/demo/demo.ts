import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createStandIn } from "./stand-in.ts";

/** A running demonstration. */
export interface Demo {
  /** A configuration that probes the demonstration's servers. */
  readonly yaml: string;
}

/**
 * Starts the servers that the demonstration probes, two simulated LLMs and a small service, on free ports of the loopback address.
 * They do not keep the process running.
 * Rejects with the error of the system if this machine has no loopback address, or no free port.
 */
export async function startDemo(): Promise<Demo> {
  const standIn = createStandIn();
  const backup = createStandIn({ faults: false });
  const service = createServer((_req, res) => {
    res.writeHead(200, { "Content-Type": "application/json" }).end('{"status":"ok"}\n');
  });
  const [llmPort, backupPort, servicePort] = await Promise.all([
    listen(standIn),
    listen(backup),
    listen(service),
  ]);
  return { yaml: demoYaml(llmPort, backupPort, servicePort) };
}

/**
 * Returns the text for the terminal, which says that the targets are simulated and what to try.
 * @param command the words that start the exporter
 */
export const demoNotice = (url: string, command: string): string => `
This is a demonstration, because nothing is configured: the exporter probes two simulated LLMs and a small service that
it runs itself. The first LLM fails for 6 of every 20 seconds. Three failures in a row switch its mode to fallback, and
the route to the other LLM; two successes switch the mode back to primary, and three seconds later the route. The log
below shows each change. Open ${url} in a browser, or try:

  curl ${url}/status?target=demo-llm         # health and mode of the first LLM
  curl ${url}/config/mode?target=demo-llm    # its mode, as an application asks for it
  curl ${url}/route/demo                     # which of two LLMs to use now, and why
  curl ${url}/metrics                        # the metrics that Prometheus scrapes
  curl ${url}/config                         # this configuration, as a file to start from

To probe your own LLM or services:

  HEARTBEAT_LLM_URL=http://127.0.0.1:11434/v1 HEARTBEAT_LLM_MODEL=llama3.2 ${command}
  ${command === "npm start" ? "npm start --" : command} --config.file=exporter.yml

`;

const demoYaml = (llmPort: number, backupPort: number, servicePort: number): string => `modules:
  demo_chat:
    prober: llm
    timeout: 1s
    llm:
      api: openai
      prompt: "System health check. Respond with: HEALTHY"
      expect: { word: HEALTHY }
  demo_http:
    prober: http
    timeout: 1s
targets:
  - name: demo-llm
    module: demo_chat
    target: http://127.0.0.1:${llmPort}/v1
    model: demo-model
    interval: 1s
    failover: {}
  - name: demo-backup
    module: demo_chat
    target: http://127.0.0.1:${backupPort}/v1
    model: demo-model
    interval: 1s
    failover: {}
  - name: demo-service
    module: demo_http
    target: http://127.0.0.1:${servicePort}/health
    interval: 1s
    schedule: interval
routes:
  - name: demo
    order: [demo-llm, demo-backup]
    prefer_back_after: 3s
    min_dwell: 1s
`;

const listen = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      // The exporter may still find a reason not to start.
      server.unref();
      resolve((server.address() as AddressInfo).port);
    });
  });
