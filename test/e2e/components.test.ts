import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { followEvents } from "../helpers/events.ts";
import { type ExporterProcess, startExporter, terminate } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { waitUntil } from "../helpers/process.ts";
import { httpReceiver } from "../helpers/receivers.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const report = async ({ url }: ExporterProcess, body: object): Promise<number> => {
  const init = { method: "PUT", headers: { Authorization: "Bearer own" }, body: JSON.stringify(body) };
  return (await fetch(`${url}/api/v1/components/sync`, init)).status;
};
/** Returns the lines of the log about changes of status, without their times. */
const linesOf = ({ process }: ExporterProcess): readonly string[] =>
  process
    .output()
    .split("\n")
    .filter((line) => /"(target|group|component) is /.test(line))
    .map((line) => line.replace(/^time=\S+ /, ""));

/** The silence is told within a second or so after one second, the ttl. */
const SILENT = /silent for \d+s, was healthy/;

describe("a component that reports itself to a real exporter", () => {
  it("is an event, a webhook, a line and series, each once, also over restarts", async () => {
    await using receiver = await httpReceiver();
    await using store = await temporaryFolder();
    const options = {
      yaml: `
modules: {}
components: { token_file: own }
groups: [{ name: all, components: [sync] }]
webhooks: [{ name: app, url: "http://127.0.0.1:${receiver.port}/hook", events: [component, group] }]
`,
      files: { own: "own\n" },
      args: [`--storage.path=${join(store.path, "store")}`],
    };
    const bodies = () => receiver.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    const unhealthy = { status: "unhealthy", message: "no disk", ttl: "1h", metrics: { queue_depth: 17 } };
    const first = await startExporter(options);
    await using stream = await followEvents(first.url, { query: "?type=component&target=sync" });
    await stream.next(({ event }) => event === "snapshot");
    expect(await report(first, unhealthy)).toBe(200);
    const change = {
      component: "sync",
      from: "unknown",
      to: "unhealthy",
      cause: "reported",
      detail: "no disk",
    };
    expect((await stream.next(({ event }) => event === "component")).data).toMatchObject(change);
    await waitUntil("both webhooks", async () => (bodies().length >= 2 ? true : undefined));
    expect(bodies()[0]).toMatchObject({ type: "component", ...change });
    expect(bodies()[1]).toMatchObject({
      type: "group",
      group: "all",
      to: "unhealthy",
      detail: "unhealthy: sync",
    });
    const page = await first.get("/metrics");
    const value = (name: string, labels: Record<string, string>) =>
      valueOf(page, name, { component: "sync", ...labels });
    expect(value("heartbeat_component_value", { name: "queue_depth" })).toBe(17);
    expect(value("heartbeat_component_status", { status: "unhealthy" })).toBe(1);
    expect(linesOf(first)).toEqual([
      'level=warn msg="component is unhealthy" component=sync from=unknown reason=reported detail="no disk"',
      'level=warn msg="group is unhealthy" group=all from=unknown detail="unhealthy: sync"',
    ]);
    expect(first.process.output()).not.toContain("Bearer");
    await terminate(first);
    await first[Symbol.asyncDispose]();

    const second = await startExporter(options);
    expect(await report(second, { ...unhealthy, message: "still no disk" })).toBe(200);
    // A later change shows that the same status was not told before it.
    expect(await report(second, { status: "healthy", ttl: "1s" })).toBe(200);
    await waitUntil("the silence", async () =>
      bodies().some(({ cause }) => cause === "silent") ? true : undefined,
    );
    const told = (await second.json("/api/v1/events?format=json&type=component"))["events"] as object[];
    expect(told).toMatchObject([
      change,
      { from: "unhealthy", to: "healthy", cause: "reported" },
      { from: "healthy", to: "unknown", cause: "silent", detail: expect.stringMatching(SILENT) as string },
    ]);
    const lines = linesOf(second).filter((line) => line.includes("component is"));
    expect(lines.map((line) => line.replace(SILENT, "SILENT"))).toEqual([
      'level=info msg="component is healthy" component=sync from=unhealthy reason=reported',
      'level=warn msg="component is unknown" component=sync from=healthy reason=silent detail="SILENT"',
    ]);
    second.process.kill("SIGKILL");
    await second[Symbol.asyncDispose]();
  });

  it("does not fall silent while the exporter is stopped", async () => {
    await using exporter = await startExporter({
      yaml: "modules: {}\ncomponents: { token_file: own }\n",
      files: { own: "own\n" },
    });
    expect(await report(exporter, { status: "healthy", ttl: "4s" })).toBe(200);
    await waitUntil("the first event", async () => (linesOf(exporter).length === 1 ? true : undefined));
    exporter.process.kill("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 6000));
    exporter.process.kill("SIGCONT");
    expect(await report(exporter, { status: "healthy", ttl: "1h" })).toBe(200);
    expect(linesOf(exporter)).toHaveLength(1);
    const { events } = await exporter.json("/api/v1/events?format=json&type=component");
    expect(events).toMatchObject([{ to: "healthy" }]);
  });
});
