import { describe, expect, it } from "vitest";
import { type ExporterProcess, startExporter, terminate } from "../helpers/exporter.ts";
import { parseExposition } from "../helpers/exposition.ts";
import { waitUntil } from "../helpers/process.ts";
import { httpReceiver, type ReceivedRequest } from "../helpers/receivers.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const TOKEN = "shared-token-of-the-test";
const authorization = { Authorization: `Bearer ${TOKEN}` };

const FIXED = { group: "", source: "push", kind: "machine" };

interface Event {
  readonly event: string;
  readonly machine: Readonly<Record<string, unknown>>;
}

/** Returns a heartbeat's last event of this kind as received, without what must differ between two machines. */
function eventOf(received: readonly ReceivedRequest[], event: string, name: string): Event | undefined {
  const found = received
    .map(({ body }) => JSON.parse(body) as Event)
    .findLast((one) => one.event === event && one.machine["name"] === name);
  if (found === undefined) return undefined;
  const { id: _id, name: _name, last_seen: _seen, ...machine } = found.machine;
  return { event, machine };
}

describe("a machine that registers itself", () => {
  it("has the payloads, the facts and the series of a configured one, also after a restart", async () => {
    await using receiver = await httpReceiver();
    const yaml = `
heartbeats:
  - name: configured
    timeout: 1s
    hostname: web.example.com
    owner: web
    description: Shop, front
    labels: { team: shop, tier: front }
heartbeat_registration: { token: ${TOKEN}, timeout: 1s }
webhooks:
  - { name: machines, url: "http://127.0.0.1:${receiver.port}/", events: [machine.offline, machine.online] }
`;
    const query = new URLSearchParams({
      hostname: "web.example.com",
      "labels.team": "shop",
      "labels.tier": "front",
    });
    const body = { owner: "web", description: "Shop, front" };
    const machines = ["configured", "by-query-and-body", "by-failure"];
    const bothEvents = (event: string, name: string) =>
      waitUntil(`${event} of ${name}`, () => eventOf(receiver.received, event, name));
    const samePayloads = async (event: string) => {
      const wanted = await bothEvents(event, "configured");
      expect(wanted.machine).toMatchObject({ hostname: "web.example.com", description: "Shop, front" });
      for (const name of machines) expect(await bothEvents(event, name)).toEqual(wanted);
    };

    const sameFacts = async (exporter: ExporterProcess) => {
      const shown = async (name: string) => {
        const { hostname, owner, description, labels, kind, timeout } = await exporter.json(
          `/heartbeats/${name}`,
        );
        return { hostname, owner, description, labels, kind, timeout };
      };
      for (const name of machines) expect(await shown(name)).toEqual(await shown("configured"));
      const { series } = parseExposition(await exporter.get("/metrics"));
      const info = series
        .filter(({ name }) => name === "heartbeat_info")
        .map(({ labels: { heartbeat = "", ...labels } }) => [heartbeat, labels] as const);
      const labels = { ...FIXED, hostname: "web.example.com", owner: "web", team: "shop", tier: "front" };
      expect(Object.fromEntries(info)).toEqual(Object.fromEntries(machines.map((name) => [name, labels])));
    };

    await using folder = await temporaryFolder();
    const args = [`--storage.path=${folder.path}/state.db`];
    await using first = await startExporter({ yaml, args });
    const post = async (path: string, json: string) => {
      const headers = { ...authorization, "Content-Type": "application/json" };
      const answer = await fetch(`${first.url}/ping/${path}`, { method: "POST", headers, body: json });
      expect([answer.status, await answer.text()]).toEqual([200, "OK"]);
    };
    await first.get("/ping/configured", authorization);
    await post(`by-query-and-body?${query.toString()}`, JSON.stringify(body));
    // Its first ping announces it, so its facts must be known by then.
    const all = { ...body, hostname: "web.example.com", labels: { team: "shop", tier: "front" } };
    await post("by-failure/fail", JSON.stringify(all));
    await samePayloads("machine.offline");
    await sameFacts(first);
    expect(first.process.output()).not.toContain(TOKEN);
    await terminate(first);

    await using second = await startExporter({ yaml, args });
    await sameFacts(second);
    for (const name of machines) await second.get(`/ping/${name}`, authorization);
    await samePayloads("machine.online");
  });
});
