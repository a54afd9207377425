import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { currentMode, followMode, type ModeReport } from "../../src/client/index.ts";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { serveHttp, serveServer, type TestServer } from "../helpers/http-targets.ts";
import { waitUntil } from "../helpers/process.ts";

const TOKEN = "control-token-of-the-test";
const yamlFor = (host: string): string => `
control: { token_file: token }
modules: { web: { prober: http, timeout: 500ms } }
targets:
  - { name: web, module: web, target: "http://${host}", interval: 500ms, failover: { confidence_reduction: 0.3 } }
  - { name: plain, module: web, target: "http://${host}" }
`;

/** Starts a target with a settable status and an exporter that tracks its mode. */
async function begin(
  run: (exporter: ExporterProcess, target: { status: number }) => Promise<void>,
): Promise<void> {
  const target = { status: 200 };
  await using server = await serveHttp((_request, response) => void response.writeHead(target.status).end());
  await using exporter = await startExporter({ yaml: yamlFor(server.host), files: { token: TOKEN } });
  // Until then the mode is stale.
  await waitUntil("the first probe", async () => {
    const { stale } = await currentMode(exporter.url, { target: "web" });
    return !stale || undefined;
  });
  await run(exporter, target);
}

const force = (url: string, mode: string): Promise<Response> =>
  fetch(`${url}/config/force/${mode}?target=web`, {
    method: "POST",
    headers: { Authorization: `Bearer ${TOKEN}` },
  });

/** Starts a proxy to `to`, which may change. Requests for paths that `allows` rejects get 502. */
async function serveProxy(to: { url: string }, allows: (path: string) => boolean): Promise<TestServer> {
  return serveServer(
    createServer((request, response) => {
      const path = request.url ?? "";
      if (!allows(path)) return void response.writeHead(502).end();
      const headers = Object.fromEntries(
        Object.entries(request.headers).filter(([name]) => name !== "connection" && name !== "host"),
      ) as Record<string, string>;
      const leaving = new AbortController();
      response.on("close", () => leaving.abort());
      const forward = async (): Promise<void> => {
        const answer = await fetch(`${to.url}${path}`, { headers, signal: leaving.signal });
        response.writeHead(answer.status, Object.fromEntries(answer.headers));
        for await (const chunk of answer.body ?? []) response.write(chunk);
        response.end();
      };
      forward().catch(() => response.destroy());
    }),
  );
}

describe("followMode", () => {
  it("reports the mode at once and each change as it happens", async () => {
    await begin(async ({ url }, target) => {
      const changes: ModeReport[] = [];
      using follower = followMode(url, { onChange: (report) => void changes.push(report) });
      expect(follower.current()).toMatchObject({ mode: "primary", stale: true, policy: null });
      await waitUntil("the first report", () => changes.length > 0 || undefined);
      expect(changes).toEqual([
        {
          target: "web",
          mode: "primary",
          since: expect.any(Date),
          forced: false,
          stale: false,
          policy: {
            mode: "rule_based",
            confidenceReduction: 0.3,
            processWithLowerConfidence: true,
            maxDuration: "30m0s",
          },
        },
      ]);
      target.status = 503;
      await waitUntil("fallback", () => follower.current().mode === "fallback" || undefined);
      target.status = 200;
      await waitUntil("primary", () => follower.current().mode === "primary" || undefined);
      await force(url, "fallback");
      await waitUntil("force", () => (follower.current().forced && changes.length === 5) || undefined);
      expect(follower.current()).toMatchObject({ mode: "fallback", forced: true, stale: false });
      expect(changes.map(({ mode, forced }) => `${mode} ${forced}`)).toEqual([
        "primary false",
        "fallback false",
        "primary false",
        "primary true",
        "fallback true",
      ]);
      expect(await currentMode(url, { target: "web" })).toEqual(follower.current());
    });
  });

  it("keeps the last known mode as stale while the exporter is unreachable, then resumes", async () => {
    await begin(async (exporter, target) => {
      const proxied = { url: exporter.url };
      let open = true;
      await using proxy = await serveProxy(proxied, () => open);
      const changes: ModeReport[] = [];
      using follower = followMode(`http://${proxy.host}/`, {
        target: "web",
        staleAfterMs: 600,
        pollIntervalMs: 100,
        onChange: (report) => void changes.push(report),
      });
      target.status = 503;
      await waitUntil("fallback", () => follower.current().mode === "fallback" || undefined);
      open = false;
      for (const socket of proxy.sockets) socket.destroy();
      await waitUntil("staleness", () => follower.current().stale || undefined);
      expect(follower.current().mode).toBe("fallback");
      target.status = 200;
      await pause(1000);
      expect(follower.current()).toMatchObject({ mode: "fallback", stale: true });
      open = true;
      await waitUntil(
        "primary",
        () => (follower.current().mode === "primary" && !follower.current().stale) || undefined,
      );
      expect(changes.at(-1)).toMatchObject({ mode: "primary", stale: false });
    });
  });

  it("polls while no stream is available", async () => {
    await begin(async (exporter, target) => {
      const paths: string[] = [];
      await using proxy = await serveProxy(exporter, (path) => {
        paths.push(path);
        return !path.startsWith("/api/v1/events");
      });
      using follower = followMode(`http://${proxy.host}`, { pollIntervalMs: 50 });
      await waitUntil("the first report", () => !follower.current().stale || undefined);
      target.status = 503;
      await waitUntil("fallback", () => follower.current().mode === "fallback" || undefined);
      expect(follower.current()).toMatchObject({ target: "web", stale: false });
      // Attempts to open a stream back off, while polls go on.
      await waitUntil("polls to outnumber attempts of a stream", () => {
        const polls = paths.filter((path) => path.startsWith("/config/mode")).length;
        return (polls >= 10 && polls > 2 * (paths.length - polls)) || undefined;
      });
    });
  });

  it("can be iterated until it is aborted", async () => {
    await begin(async ({ url }, target) => {
      const leaving = new AbortController();
      const seen: string[] = [];
      for await (const { mode } of followMode(url, { target: "web", signal: leaving.signal })) {
        seen.push(mode);
        target.status = mode === "primary" ? 503 : 200;
        if (seen.length === 4) leaving.abort();
      }
      expect(seen).toEqual(["primary", "fallback", "primary", "fallback"]);
    });
  });

  it("reports errors and continues: no exporter, an unknown target, another server", async () => {
    await begin(async ({ url }) => {
      const errors: string[] = [];
      const onError = (error: unknown): void => void errors.push(String(error));
      using none = followMode("http://127.0.0.1:1", { onError, initial: "fallback" });
      expect(none.current()).toMatchObject({ mode: "fallback", stale: true });
      using wrong = followMode(url, { onError, target: "wep" });
      expect(wrong.current()).toMatchObject({ target: "wep", mode: "primary", stale: true });
      const wanted = ['target: got "wep"', "fetch failed"];
      await waitUntil(
        "errors of both",
        () => wanted.every((text) => errors.some((error) => error.includes(text))) || undefined,
      );
      await waitUntil("attempts that go on", () => errors.length >= 4 || undefined);
    });
    await expect(currentMode("http://127.0.0.1:1")).rejects.toThrow("fetch failed");
    await using other = await serveHttp((_request, response) => void response.end("<html>"));
    await expect(currentMode(`http://${other.host}`)).rejects.toThrow("got an answer without a mode");
  });
});
