import { expect, it } from "vitest";
import { requestFor, requestForAddress } from "../../src/engine/probe-request.ts";
import { guardProber } from "../../src/plugins/guard.ts";
import { heartbeatLogProber } from "../../src/probers/heartbeat-log/prober.ts";
import { httpProber } from "../../src/probers/http/prober.ts";
import { icmpProber } from "../../src/probers/icmp/prober.ts";
import { kubernetesLeaseProber } from "../../src/probers/kubernetes-lease/prober.ts";
import { llmProber } from "../../src/probers/llm/prober.ts";
import { heldProber, moduleOf, targetOf } from "../helpers/stand-in-prober.ts";

const plugin = guardProber(heldProber().prober, "held.ts");

it.each([
  { what: "http", prober: httpProber, address: "https://user@One.example:81/a", share: "one.example" },
  { what: "http", prober: httpProber, address: "[::1]:81", share: "[::1]" },
  { what: "icmp", prober: icmpProber, address: "2001:db8::1", share: "2001:db8::1" },
  { what: "icmp", prober: icmpProber, address: "fe80::1%eth0", share: "fe80::1%eth0" },
  { what: "icmp", prober: icmpProber, address: "::ffff:192.0.2.1", share: "::ffff:192.0.2.1" },
  { what: "icmp", prober: icmpProber, address: "192.0.2.1", share: "192.0.2.1" },
  { what: "llm", prober: llmProber, address: "http://one.example/v1", share: "one.example" },
  { what: "heartbeat_log", prober: heartbeatLogProber, address: "logs/one.log", share: "module m" },
  { what: "heartbeat_log", prober: heartbeatLogProber, address: "https://one.example/l", share: "module m" },
  { what: "kubernetes_lease", prober: kubernetesLeaseProber, address: "kcp/syncer", share: "module m" },
  { what: "a plugin", prober: plugin, address: "http://one.example", share: "module m" },
])("the slots of $what for $address are those of $share", ({ prober, address, share }) => {
  const module = moduleOf(prober, { name: "m" });
  expect(requestFor(targetOf(module, { address })).slotUser.share).toBe(share);
  expect(requestForAddress({ address, configured: false }, module).slotUser.share).toBe(share);
});
