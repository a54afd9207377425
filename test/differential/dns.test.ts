import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { makeCertificate } from "../helpers/certificates.ts";
import { type NameServer, startNameServer } from "../helpers/name-server.ts";
import { startDnsmasq, startUnbound } from "../helpers/name-servers.ts";
import type { DnsCase, DnsPlace } from "./cases/dns/case.ts";
import { dnsCases } from "./cases/dns/index.ts";
import { DNSMASQ_OPTIONS, UNBOUND_DATA } from "./cases/dns/servers.ts";
import { differences, verdictOf } from "./compare.ts";
import { expectationOf, type KindExporters, startKinds } from "./kinds.ts";

const certificate = makeCertificate({ names: ["DNS:localhost", "IP:127.0.0.1"] });
const byLabel = new Map(dnsCases.map((each) => [each.label, each]));

let nameServers: readonly NameServer[];
let exporters: KindExporters<DnsPlace>;
beforeAll(async () => {
  await using resources = new AsyncDisposableStack();
  const serve = async (address: string): Promise<NameServer> =>
    resources.use(
      await startNameServer(
        (query, responder) => byLabel.get(query.name.split(".")[0] ?? "")?.respond(query, responder),
        { address, tls: certificate },
      ),
    );
  const [server, server6, unbound, dnsmasq] = await Promise.all([
    serve("127.0.0.1"),
    serve("::1"),
    startUnbound(UNBOUND_DATA, certificate).then((each) => resources.use(each)),
    startDnsmasq({}, ...DNSMASQ_OPTIONS).then((each) => resources.use(each)),
  ]);
  const slow = resources.use(await startSlowly(server.tlsPort));
  nameServers = [server, server6];
  const place: DnsPlace = {
    port: server.port,
    port6: server6.port,
    tlsPort: server.tlsPort,
    slowTlsPort: (slow.address() as AddressInfo).port,
    unbound: unbound.port,
    unboundTls: unbound.tlsPort,
    dnsmasq: dnsmasq.port,
  };
  exporters = resources.use(await startKinds(dnsCases, place, { files: { "ca.pem": certificate.cert } }));
  const owned = resources.move();
  return () => owned.disposeAsync();
});

/** Starts a server that passes connections on to a port after a while. */
async function startSlowly(port: number): Promise<Server> {
  const server = createServer((socket) => {
    setTimeout(() => {
      const onward = connect(port, "127.0.0.1");
      for (const each of [socket, onward]) each.on("error", () => undefined);
      socket.pipe(onward).pipe(socket);
    }, 2200);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** Returns the queries of a case that the servers have received so far, without their ids. */
const queriesOf = ({ label }: DnsCase): readonly { transport: string; content: string }[] =>
  nameServers
    .flatMap(({ received }) => received)
    .filter(({ name }) => name.split(".")[0] === label)
    .map(({ transport, content }) => ({ transport, content: content.subarray(2).toString("hex") }));

/** Probes with both exporters, and returns the verdict of blackbox_exporter and the differences, also of what they sent. */
async function compare(each: DnsCase): Promise<readonly (string | number)[]> {
  const earlier = queriesOf(each).length;
  const before = await exporters.probe("theirs", each);
  const theirs = queriesOf(each).slice(earlier);
  const after = await exporters.probe("ours", each);
  const ours = queriesOf(each).slice(earlier + theirs.length);
  const lines = differences(before, after, { slow: false, agent: false });
  if (!isDeepStrictEqual(theirs, ours)) {
    const text = (queries: typeof ours): string => queries.map(({ transport }) => transport).join(", ");
    lines.push(`queries: ${text(theirs)} -> ${text(ours)}`);
    if (new Set([...theirs, ...ours].map(({ content }) => content)).size > 1)
      lines.push("content of the queries");
  }
  return [verdictOf(before.text) ?? before.status, ...lines.toSorted()];
}

describe.concurrent("dns", () => {
  test.each(dnsCases.map((each) => [each.name, each] as const))("%s", async (_name, each) => {
    expect(await compare(each)).toEqual(expectationOf(each));
  });
});

test("the cases have different names, and there are at least 80", () => {
  expect(byLabel.size).toBe(dnsCases.length);
  expect(dnsCases.length).toBeGreaterThanOrEqual(80);
});
