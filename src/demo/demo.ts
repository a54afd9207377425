import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createStandIn } from "./stand-in.ts";

export interface Demo {
  /** A configuration that probes what the demonstration runs. */
  readonly yaml: string;
  stop(): void;
}

/** Starts what the demonstration probes, on free ports of this machine only: an imitation of an LLM, and a small service. */
export async function startDemo(): Promise<Demo> {
  const standIn = createStandIn();
  const service = createServer((_req, res) => {
    res.writeHead(200, { "Content-Type": "application/json" }).end('{"status":"ok"}\n');
  });
  const [llmPort, servicePort] = await Promise.all([listen(standIn), listen(service)]);
  return {
    yaml: demoYaml(llmPort, servicePort),
    stop() {
      for (const server of [standIn, service]) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

/** What is said on the console, so that nobody takes the demonstration for the real thing. */
export const demoNotice = (address: string): string => `
This is a demonstration: nothing is configured, so the exporter probes an imitation of an LLM and a small service
that it runs itself. The imitation goes bad for six seconds in every twenty; watch the failover:

  curl ${address}/status
  curl ${address}/config/mode
  curl ${address}/metrics

To probe something real:

  HEARTBEAT_LLM_URL=http://127.0.0.1:11434/v1 HEARTBEAT_LLM_MODEL=llama3.2 npm start
  npm start -- --config.file=exporter.yml

This configuration as a file to start from: curl ${address}/config
`;

const demoYaml = (llmPort: number, servicePort: number): string => `modules:
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
  - name: demo-service
    module: demo_http
    target: http://127.0.0.1:${servicePort}/health
    interval: 1s
    schedule: interval
`;

const listen = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
