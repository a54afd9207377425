import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { createFollower, pause } from "../../src/client/follower.ts";
import { currentMode, followMode } from "../../src/client/index.ts";
import { serveHttp, serveTcp } from "../helpers/http-targets.ts";
import { waitUntil } from "../helpers/process.ts";
import { expectNoLeak } from "../helpers/resources.ts";

const MODE = { target: "web", current_mode: "primary", forced: false, stale: false };

/** A server of modes without a stream, which counts requests. */
async function serveModes() {
  const counts = { modes: 0 };
  const server = await serveHttp((request, response) => {
    const isMode = (request.url ?? "").startsWith("/config/mode");
    if (isMode) counts.modes += 1;
    response.writeHead(isMode ? 200 : 404, { "Content-Type": "application/json" });
    response.end(JSON.stringify(isMode ? { ...MODE, mode_since: new Date(counts.modes).toISOString() } : {}));
  });
  return { counts, url: `http://${server.host}`, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

test("a follower leaves nothing when it has ended, and its signal has no more listeners the longer it follows", async () => {
  await using server = await serveModes();
  const leaving = new AbortController();
  const follow = async (): Promise<void> => {
    const before = server.counts.modes;
    using follower = followMode(server.url, { signal: leaving.signal, pollIntervalMs: 1, onError: () => {} });
    for await (const { stale } of follower) if (!stale) break;
    await waitUntil("a few polls", () => server.counts.modes > before + 3 || undefined);
  };
  await expectNoLeak(follow, () => ({ listeners: listenersOf(leaving.signal) }));

  using follower = followMode(server.url, { signal: leaving.signal, pollIntervalMs: 1, onError: () => {} });
  const polled = async (more: number): Promise<number> => {
    const before = server.counts.modes;
    await waitUntil("polls", () => server.counts.modes > before + more || undefined);
    return listenersOf(leaving.signal);
  };
  const few = await polled(5);
  expect(await polled(50)).toBeLessThanOrEqual(few + 5);
  follower.close();
});

test("requests leave no listener on their signal and no timer", async () => {
  await using server = await serveModes();
  const { signal } = new AbortController();
  await expectNoLeak(
    async () => {
      expect(await currentMode(server.url, { signal, timeoutMs: 60_000 })).toMatchObject({ mode: "primary" });
    },
    () => ({ listeners: listenersOf(signal) }),
  );
});

test("pauses and iterations leave no listener on the signal", async () => {
  const { signal } = new AbortController();
  for (let i = 0; i < 5; i += 1) await pause(1, signal);
  expect(listenersOf(signal)).toBe(0);

  const follower = createFollower<{ readonly stale: boolean; readonly count: number }>({
    initial: { stale: true, count: 0 },
    isSame: (a, b) => a.count === b.count,
    signal,
    staleAfterMs: 60_000,
    onChange: () => {},
    onError: () => {},
  });
  const reports = follower.iterate();
  for (let count = 1; count <= 5; count += 1) {
    const next = reports.next();
    await new Promise(setImmediate);
    follower.update({ stale: false, count });
    expect((await next).value).toEqual({ stale: false, count });
  }
  expect(listenersOf(signal)).toBe(0);
  follower.end();
});

test.each([
  ["a signal that does not abort", new AbortController().signal],
  ["no signal", undefined],
])("a request with %s ends after timeoutMs", async (_name, signal) => {
  await using silent = await serveTcp(() => {});
  const options = { timeoutMs: 50, ...(signal === undefined ? {} : { signal }) };
  await expect(currentMode(`http://${silent.host}`, options)).rejects.toMatchObject({ name: "TimeoutError" });
});

test("a request ends when its signal aborts, before timeoutMs", async () => {
  const leaving = new AbortController();
  await using silent = await serveTcp(() => leaving.abort());
  const request = currentMode(`http://${silent.host}`, { signal: leaving.signal, timeoutMs: 60_000 });
  await expect(request).rejects.toMatchObject({ name: "AbortError" });
});
