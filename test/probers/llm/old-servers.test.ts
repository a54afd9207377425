import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { oldServerRows } from "../../differential/cases/old-servers.ts";
import { certificates } from "../../differential/targets/certificates.ts";
import { oldServers } from "../../differential/targets/old-servers.ts";
import { ask, compile, completion, type Options, reasonOf } from "./support.ts";

type TlsConfig = NonNullable<Options["tls_config"]>;

/** Verdicts of blackbox_exporter, to which test/differential compares the prober http. */
const rows = oldServerRows.flatMap(([at, verified, skipped, old = [verified, skipped]]) => {
  const configs: readonly (readonly [string, TlsConfig, string | number])[] = [
    ["verified", { ca: certificates.root.cert }, verified],
    ["not verified", { insecure_skip_verify: true }, skipped],
    ["verified, from TLS 1.0 on", { ca: certificates.root.cert, min_version: "TLS10" }, old[0]],
    ["not verified, from TLS 1.0 on", { insecure_skip_verify: true, min_version: "TLS10" }, old[1]],
  ];
  return configs.map(([how, tls, verdict]) => ({
    name: `${at}, ${how}`,
    at,
    tls,
    reached: verdict === "success",
  }));
});

test.each(rows)("$name: reached $reached", async ({ at, tls, reached }) => {
  const server = oldServers[at]((request, response) => {
    request.resume();
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(completion("HEALTHY")));
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const reason = reasonOf(
    await ask(`https://127.0.0.1:${port}`, { module: compile({ tls_config: tls }).module }),
  );
  // Servers by hand answer "hello", which is no completion.
  if (reached) expect(["ok", "malformed", "wrong_answer"]).toContain(reason);
  else expect(reason).toBe("tls");
});
