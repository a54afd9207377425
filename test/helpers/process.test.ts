import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";

import { seconds } from "../../src/core/units.ts";
import { freePort, run, start, waitUntil } from "./process.ts";

const node = (script: string): string[] => [process.execPath, "-e", script];
const forever = "setInterval(() => {}, 1000);";

test("run returns exit code and output", async () => {
  const echo = "process.stdin.pipe(process.stdout); console.error('heard'); process.exitCode = 3;";
  expect(await run(node(echo), { input: "hello" })).toStrictEqual({
    code: 3,
    signal: null,
    stdout: "hello",
    stderr: "heard\n",
  });
});

test("run kills a process that misses its deadline", async () => {
  expect(await run(node(forever), { deadline: seconds(0.2) })).toMatchObject({ signal: "SIGKILL" });
});

test("run rejects for a missing program", async () => {
  await expect(run(["/nowhere/program"])).rejects.toThrow("ENOENT");
});

test("waitForOutput returns the match, and stdout the output so far", async () => {
  await using child = start(node(`console.log('port 17'); ${forever}`));
  expect((await child.waitForOutput(/port (\d+)/))[1]).toBe("17");
  expect(child.stdout()).toBe("port 17\n");
});

test("waitForOutput rejects when the process ends, and quotes its last output", async () => {
  await using child = start(node("console.error('bad flag'); process.exit(2);"));
  await expect(child.waitForOutput(/ready/)).rejects.toThrow(/ended \(code 2\)[\s\S]*bad flag/);
});

test("waitForOutput rejects at the deadline", async () => {
  await using child = start(node(forever));
  await expect(child.waitForOutput(/ready/, seconds(0.1))).rejects.toThrow("waited in vain for output");
});

test("waitForHttp accepts a 2xx status by default", async () => {
  const script = `
    let asked = 0;
    require('http').createServer((_, response) => { response.statusCode = ++asked < 3 ? 503 : 200; response.end(); })
      .listen(0, '127.0.0.1', function () { console.log('at ' + this.address().port); });`;
  await using child = start(node(script));
  const port = (await child.waitForOutput(/at (\d+)/))[1];
  const url = `http://127.0.0.1:${port}/`;
  await expect(child.waitForHttp(url, (response) => response.status === 503)).resolves.toBeUndefined();
  await expect(child.waitForHttp(url)).resolves.toBeUndefined();
});

test("stop terminates a process, even a stopped one", async () => {
  const child = start(node(`process.on('SIGTERM', () => process.exit(7)); console.log('up'); ${forever}`));
  await child.waitForOutput(/up/);
  child.kill("SIGSTOP");
  expect(await child.stop()).toStrictEqual({ code: 7, signal: null });
});

test("stop kills a process that ignores SIGTERM", async () => {
  const child = start(node(`process.on('SIGTERM', () => {}); console.log('up'); ${forever}`));
  await child.waitForOutput(/up/);
  expect(await child.stop(seconds(0.1))).toStrictEqual({ code: null, signal: "SIGKILL" });
});

test("waitUntil returns the first value", async () => {
  let asked = 0;
  expect(await waitUntil("three", () => (++asked < 3 ? undefined : asked))).toBe(3);
});

test("a free port can be listened on, is given once, and is none that the kernel gives", async () => {
  const ports = [await freePort(), await freePort()];
  const servers = await Promise.all(
    ports.map(async (port) => {
      const server = createServer().listen(port, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  expect(new Set(ports).size).toBe(2);
  for (const port of ports) expect(port).toBeLessThan(32_768);
  for (const server of servers) server.close();
});
