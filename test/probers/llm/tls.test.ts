import { createServer } from "node:https";
import { TLSSocket } from "node:tls";
import { expect, test } from "vitest";
import { catalogue } from "../../../src/catalogue/index.ts";
import { makeCertificate } from "../../helpers/certificates.ts";
import { ask, compile, completion, json, listen, type Options, reasonOf, valueOf } from "./support.ts";

const certificate = makeCertificate({ names: ["DNS:llm.example.com"] });
const elsewhere = makeCertificate({ names: ["DNS:other.example.com"] });

const rows: readonly { name: string; tls: NonNullable<Options["tls_config"]>; reason: string }[] = [
  { name: "no trusted CA", tls: {}, reason: "tls" },
  { name: "a different CA", tls: { ca: elsewhere.cert, server_name: "llm.example.com" }, reason: "tls" },
  { name: "a trusted CA but a different name", tls: { ca: certificate.cert }, reason: "tls" },
  {
    name: "a trusted CA and the right name",
    tls: { ca: certificate.cert, server_name: "llm.example.com" },
    reason: "ok",
  },
  { name: "no verification", tls: { insecure_skip_verify: true }, reason: "ok" },
  {
    name: "a maximum version that is too old",
    tls: { insecure_skip_verify: true, min_version: "TLS12", max_version: "TLS12" },
    reason: "tls",
  },
];

test.each(rows)("$name: $reason", async ({ tls, reason }) => {
  const resumed: boolean[] = [];
  const server = createServer({ ...certificate, minVersion: "TLSv1.3" }, (request, response) => {
    if (request.socket instanceof TLSSocket) resumed.push(request.socket.isSessionReused());
    json(completion("HEALTHY"))(response, "", request);
  });
  const address = (await listen(server)).replace("http:", "https:");
  const { module } = compile({ tls_config: tls });
  const results = [await ask(address, { module }), await ask(address, { module })];

  expect(results.map(reasonOf)).toEqual([reason, reason]);
  const lengths = results.map((result) => valueOf(result, catalogue.llmPhaseDuration, { phase: "tls" }));
  if (reason === "ok") expect(Math.min(...lengths.map((length) => length ?? 0))).toBeGreaterThan(0);
  else expect(lengths).toEqual([undefined, undefined]);
  // Session resumption would be faster than the handshake of a new client.
  expect(resumed).toEqual(reason === "ok" ? [false, false] : []);
});
