import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { makeCertificate } from "../helpers/certificates.ts";
import { startExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { startWebsocketServer } from "../helpers/websocket-servers.ts";

/** Probes real servers with `websocket.yml`. */
export async function testWebsocket(): Promise<void> {
  const { cert, key } = makeCertificate({ names: ["DNS:localhost"] });
  await using feed = await startWebsocketServer();
  await using chat = await startWebsocketServer(
    (socket, { headers }) => {
      socket.send(JSON.stringify({ type: "welcome", session: headers.authorization?.slice(-4) }));
      socket.on("message", (data: Buffer) => {
        const { type, session } = JSON.parse(data.toString()) as Record<string, string>;
        socket.send(JSON.stringify({ type: type === "ping" && session === "test" ? "pong" : "error" }));
      });
    },
    { tls: { cert, key } },
  );
  await using graphql = await startWebsocketServer(
    (socket, { headers }) => {
      socket.on("message", (data: Buffer) => {
        const known = headers.origin === "https://app.example.com" && data.includes("connection_init");
        socket.send(JSON.stringify({ type: known ? "connection_ack" : "error" }));
      });
    },
    {
      options: {
        handleProtocols: (offered) => (offered.has("graphql-transport-ws") ? "graphql-transport-ws" : false),
      },
    },
  );
  const yaml = readFileSync(new URL("../../examples/websocket.yml", import.meta.url), "utf8")
    .replace("feed.example.com:8080", `localhost:${feed.port}`)
    .replace("chat.example.com", `localhost:${chat.port}`)
    .replace("api.example.com", `localhost:${graphql.port}`)
    .replace("/run/secrets/chat", "chat")
    .replace("http_config:", "http_config:\n        tls_config: { ca_file: ca.pem }");
  await using exporter = await startExporter({ yaml, files: { chat: "token-of-the-test", "ca.pem": cert } });
  const text = await exporter.get("/metrics");
  for (const target of ["feed", "chat", "graphql"])
    expect([target, valueOf(text, "probe_success", { target })]).toEqual([target, 1]);
}
