/**
 * The least that a program of Node.js does to answer `/probe?target=URL` by a request over a new connection: no modules, no
 * deadline, no phases, no rules, no metrics but a text as long as that of a probe.
 */
import { createServer, get as getPlain } from "node:http";
import { get as getSecure } from "node:https";
import type { AddressInfo } from "node:net";

/** As long as an answer of the exporter. */
const ANSWER = `probe_success 1\n${"# as many bytes as the metrics of a probe\n".repeat(100)}`;

const server = createServer((req, res) => {
  const target = new URL(req.url ?? "/", "http://localhost").searchParams.get("target") ?? "";
  const get = target.startsWith("https:") ? getSecure : getPlain;
  const request = get(target, { agent: false, rejectUnauthorized: false }, (response) => {
    response.resume().on("end", () => {
      res.writeHead(200, { "Content-Type": "text/plain" }).end(ANSWER);
    });
  });
  request.on("error", (error) => res.writeHead(502).end(String(error)));
});
server.listen(0, "127.0.0.1", () => {
  console.log(`listens on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
