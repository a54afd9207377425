import { startZone } from "../differential/targets/zone.ts";
import { startHealthServer } from "../helpers/grpc-servers.ts";
import { serveConduct, talks } from "../helpers/line-servers.ts";
import { startWebsocketServer } from "../helpers/websocket-servers.ts";

/** Targets of the dashboard of network probes: `mail` (tcp), `ledger` (grpc), `resolver` (dns), `router` (icmp), `feed` (websocket). */
export interface NetworkTargets extends AsyncDisposable {
  /** Returns lines for `modules:`; `more` is added to the options of each, such as `, probe_details: true`. */
  readonly modules: (more?: string) => string;
  /** Lines for `targets:`. */
  readonly targets: string;
}

/** The serving statuses in the answers of the health service. */
const SERVING = 1;
const NOT_SERVING = 2;

/** Starts a server of each kind. `mail` and `ledger` are unwell while `isBroken` says so. */
export async function startNetworkTargets(isBroken: () => boolean = () => false): Promise<NetworkTargets> {
  await using resources = new AsyncDisposableStack();
  const greets = talks("220 mail.example.com ESMTP\r\n");
  const mail = resources.use(
    await serveConduct((socket) => (isBroken() ? void socket.destroy() : greets(socket))),
  );
  const ledger = resources.use(await startHealthServer(() => (isBroken() ? NOT_SERVING : SERVING)));
  const zone = resources.use(await startZone());
  const feed = resources.use(await startWebsocketServer());
  const owned = resources.move();
  const ip4 = "preferred_ip_protocol: ip4";
  const module = (name: string, prober: string, options: string, more: string): string =>
    `  ${name}: { prober: ${prober}, timeout: 1s${more}, ${prober}: { ${options} } }\n`;
  const target = (name: string, kind: string, address: string): string =>
    `  - { name: ${name}, module: ${kind}, target: "${address}", interval: 1s, failure_threshold: 2, expected_duration: 2s, slo_objective: 0.99 }\n`;
  return {
    modules: (more = "") =>
      module("banner", "tcp", `${ip4}, query_response: [{ expect: "^220 " }]`, more) +
      module("health", "grpc", ip4, more) +
      module("zone", "dns", `${ip4}, query_name: example.com, query_type: SOA`, more) +
      module("echo", "icmp", ip4, more) +
      module("upgrade", "websocket", ip4, more),
    targets:
      target("mail", "banner", mail.address) +
      target("ledger", "health", `127.0.0.1:${ledger.port}`) +
      target("resolver", "zone", `127.0.0.1:${zone.port}`) +
      target("router", "echo", "127.0.0.1") +
      target("feed", "upgrade", `ws://127.0.0.1:${feed.port}/`),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
