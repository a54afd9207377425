import { expect, test } from "vitest";
import { grpcProber } from "../../../src/probers/grpc/prober.ts";
import type { SystemLookup } from "../../../src/probers/network/resolve.ts";
import { startHealthServer } from "../../helpers/grpc-servers.ts";
import { CLOSED_PORT } from "../../helpers/http-targets.ts";
import { detailOf, seriesOf, verdictOf } from "../../helpers/probing.ts";
import { compile, probe } from "./probe.ts";

/** A resolver that knows addresses of every name. */
const resolving =
  (...addresses: readonly string[]): SystemLookup =>
  (_host, _options, done) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );

test("another address is used if the chosen one refuses, and the series are about it", async () => {
  await using server = await startHealthServer(() => 1, { host: "127.0.0.1" });
  const settings = { resolver: resolving("::1", "127.0.0.1") };
  const result = await probe(`two.example:${server.port}`, {}, settings);
  expect(verdictOf(result)).toBe("success");
  expect(seriesOf(result).get("probe_ip_protocol")).toBe(4);
  expect(seriesOf(result).get("probe_ip_addr_hash")).toBe(3_668_918_509);
});

test("no other address is used without ip_protocol_fallback", async () => {
  await using server = await startHealthServer(() => 1, { host: "127.0.0.1" });
  const settings = { resolver: resolving("::1", "127.0.0.1") };
  const result = await probe(`two.example:${server.port}`, { ip_protocol_fallback: false }, settings);
  expect(verdictOf(result)).toBe("connect");
  expect(seriesOf(result).get("probe_ip_protocol")).toBe(6);
});

test("a failure names each address", async () => {
  const result = await probe(
    `two.example:${CLOSED_PORT}`,
    {},
    { resolver: resolving("127.0.0.1", "127.0.0.2") },
  );
  expect(detailOf(result)).toContain("(127.0.0.1)");
  expect(detailOf(result)).toContain("(127.0.0.2)");
  expect(seriesOf(result).get("probe_grpc_status_code")).toBe(14);
});

test("an address that must not be probed is not used, also not after others refused", async () => {
  const both = { resolver: resolving("127.0.0.1", "169.254.169.254") };
  const refused = await probe(`two.example:${CLOSED_PORT}`, { preferred_ip_protocol: "ip4" }, both);
  expect(verdictOf(refused)).toBe("connect");
  expect(detailOf(refused)).not.toContain("169.254");
  const only = await probe(`one.example:${CLOSED_PORT}`, {}, { resolver: resolving("169.254.169.254") });
  expect(verdictOf(only)).toBe("forbidden_target");
  const allowed = { allowed_targets: ["other.example"] };
  expect(verdictOf(await probe(`127.0.0.1:${CLOSED_PORT}`, allowed))).toBe("forbidden_target");
});

test("a configured target has to be a host with or without a port", () => {
  const { module } = compile({});
  const objection = (address: string, configured = true): string | undefined =>
    grpcProber.objection({ address, configured }, module)?.want;
  for (const address of ["db:50051", "db", "[::1]:1", "https://db:1/"])
    expect(objection(address)).toBeUndefined();
  for (const address of ["grpc://db:1", "dns:///db:1", "a b", "db:x", "unix:///run/x"])
    expect(objection(address)).toBe("a host with or without a port");
  expect(objection("a b", false)).toBeUndefined();
});
