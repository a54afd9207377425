import { startDnsmasq } from "../test/helpers/name-servers.ts";
import { compareCost } from "./cost.ts";
import { withPeers } from "./peers.ts";

const MODULES = `modules:
  plain: { prober: dns, dns: { query_name: example.test, query_type: A } }
  judged: { prober: dns, dns: { query_name: example.test, query_type: A, validate_answer_rrs: { fail_if_not_matches_regexp: ['\\tA\\t192\\.0\\.2\\.1$'] } } }
`;

/** CPU per probe over UDP, with and without a rule, against blackbox_exporter in the same run and in turns with it. */
export async function dnsCost(): Promise<void> {
  await using server = await startDnsmasq({ everyAddress: true }, "--address=/example.test/192.0.2.1");
  const { port } = server;
  // Each its own address, or those that overlap would share one probe.
  const targetOf = (i: number): string => `127.0.${1 + ((i >> 8) & 63)}.${i & 255}:${port}`;
  await withPeers(async (ours, theirs) => {
    for (const module of ["plain", "judged"])
      await compareCost(ours, theirs, { module, bounds: { 16: "none", calm: "none" }, targetOf });
  }, MODULES);
}
