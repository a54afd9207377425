import { expect, test } from "vitest";
import { openLeases } from "../../../src/probers/kubernetes-lease/api.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

test.each(["https", "http"])(
  "the name of an API server over %s is resolved without getaddrinfo",
  async (scheme) => {
    await using folder = await temporaryFolder();
    const kubeconfig = await folder.write(
      "kube.json",
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        "current-context": "c",
        contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
        clusters: [
          {
            name: "c",
            cluster: { server: `${scheme}://api.cluster.invalid:6443`, "insecure-skip-tls-verify": true },
          },
        ],
        users: [{ name: "u", user: { token: "t" } }],
      }),
    );
    const leases = openLeases({ kubeconfig });
    const answer = await leases.read({ name: "x" }, AbortSignal.timeout(20_000));
    leases.close();
    expect(answer).toMatchObject({ kind: "failed", reason: "dns" });
    // The words of the exporter's resolver; those of getaddrinfo name it.
    expect(JSON.stringify(answer)).toMatch(/unknown to the resolver|gave no answer about/);
  },
);
