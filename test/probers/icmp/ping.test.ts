import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startExporter } from "../../helpers/exporter.ts";
import { run, waitUntil } from "../../helpers/process.ts";
import { detailOf, valueIn, verdictOf } from "../http/probe.ts";
import { newestPing, type PingFolder, probe, scriptedPing } from "./probe.ts";

const RTT = 'probe_icmp_duration_seconds{phase="rtt"}';

/** Returns the processes whose parent is `parent` and whose command contains `word`, those that have ended among them. */
function childrenOf(parent: number, word: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        // After the name of the program, which may contain anything.
        const [, ppid] = readFileSync(`/proc/${pid}/stat`, "utf8")
          .replace(/^.*\) /s, "")
          .split(" ");
        return (
          Number(ppid) === parent &&
          (word === "" || readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(word))
        );
      } catch {
        return false;
      }
    });
}

const launchers = (parent = process.pid): readonly number[] => childrenOf(parent, "launcher-process");

/** Returns the one launcher of this process. */
function launcher(): number {
  const [pid, ...others] = launchers();
  if (pid === undefined || others.length > 0) throw new Error(`${launchers().length} launchers`);
  return pid;
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("the ping of this machine", () => {
  let newest: PingFolder;
  beforeAll(async () => {
    newest = await newestPing();
  });
  afterAll(() => newest[Symbol.asyncDispose]());

  const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
    all?.some(({ address }) => address === "::1"),
  );

  test("is that of iputils", async () => {
    const { stdout } = await run(["ping", "-V"]);
    // Without it, no test of this prober can succeed: install iputils-ping.
    expect(stdout).toMatch(/iputils/);
  });

  test.each([
    ["127.0.0.1", "installed"],
    ["127.0.0.1", "newest"],
    ["::1", "installed"],
    ["::1", "newest"],
    ["localhost", "installed"],
  ])("%s replies (%s)", async (address, version) => {
    // The tests in a lab of networks have IPv6 everywhere.
    if (address === "::1" && !hasIpv6) return;
    const path = version === "newest" ? newest.searchPath : undefined;
    const result = await probe(address, { path });
    expect(detailOf(result)).toBe("");
    expect(valueIn(result, RTT)).toBeGreaterThan(0);
    expect(valueIn(result, RTT)).toBeLessThan(0.05);
    expect(valueIn(result, "probe_icmp_reply_hop_limit")).toBe(64);
    expect(valueIn(result, "probe_icmp_requests")).toBe(1);
  });

  test.each([0, 1, 15, 16, 1472, 65_507])("with a payload of %s bytes", async (payload_size) => {
    for (const path of [undefined, newest.searchPath])
      expect(detailOf(await probe("127.0.0.1", { path, options: { payload_size } }))).toBe("");
  });

  test("measures what it prints", async () => {
    const printed: unknown[] = [];
    const log = (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      if (message === "reply") printed.push(fields["rtt_ms"]);
    };
    const result = await probe("127.0.0.1", { log });
    expect((valueIn(result, RTT) ?? 0) * 1000).toBeCloseTo(Number(printed[0]), 6);
  });
});

describe("a ping that misbehaves", () => {
  test("is killed if it ignores signals", async () => {
    await using folder = await scriptedPing(
      `echo $$ > "\${0%/*}/pid"; trap '' INT TERM HUP; exec sleep 1000`,
    );
    const begun = performance.now();
    const result = await probe("10.2.0.2", { path: folder.searchPath, signal: AbortSignal.timeout(1000) });
    // The engine waits half a second after the deadline.
    expect(performance.now() - begun).toBeLessThan(1500);
    expect([verdictOf(result), detailOf(result)]).toEqual([
      "prober_unavailable",
      expect.stringMatching(/^ping did not start before the deadline/),
    ]);
    const pid = Number(await readFile(join(folder.path, "pid"), "utf8"));
    expect(pid).toBeGreaterThan(0);
    await waitUntil("the end of ping", () => (isAlive(pid) ? undefined : true));
    expect(childrenOf(launcher(), "")).toEqual([]);
  });

  test("is killed if it prints without an end", async () => {
    await using folder = await scriptedPing(`exec yes`);
    const result = await probe("10.2.0.2", { path: folder.searchPath });
    expect([verdictOf(result), detailOf(result)]).toEqual([
      "prober_unavailable",
      expect.stringMatching(/not that of iputils, or too old \(it printed: y\)/),
    ]);
  });

  test("is told apart from a target that is dead if something ends it", async () => {
    await using folder = await scriptedPing(`kill -TERM $$`);
    let runs = 0;
    const log = (message: string): void => void (runs += message === "starting ping" ? 1 : 0);
    const result = await probe("10.2.0.2", { path: folder.searchPath, log });
    expect([verdictOf(result), detailOf(result), runs]).toEqual([
      "prober_unavailable",
      "ping ended with SIGTERM",
      3,
    ]);
  });

  test("gets nothing of the exporter's environment, and its arguments without a shell", async () => {
    process.env["ICMP_TEST_SECRET"] = "hidden";
    await using folder = await scriptedPing(
      `env > "\${0%/*}/env"; printf '%s\\n' "$@" > "\${0%/*}/arguments"`,
    );
    await probe("fe80::1%$(reboot)", {
      path: folder.searchPath,
      options: { allowed_targets: ["fe80::/10"] },
    });
    await probe("10.2.0.2", { path: folder.searchPath });
    const env = await readFile(join(folder.path, "env"), "utf8");
    expect(
      env
        .split("\n")
        .map((line) => line.split("=")[0])
        .filter(
          (name) => name !== "" && name !== "PWD" && name !== "_" && name !== "SHLVL" && name !== "OLDPWD",
        ),
    ).toEqual(expect.arrayContaining(["LC_ALL", "PATH"]));
    expect(env).not.toContain("hidden");
    expect(readFileSync(`/proc/${launcher()}/environ`, "utf8")).not.toContain("hidden");
    const given = await readFile(join(folder.path, "arguments"), "utf8");
    expect(given.trim().split("\n").slice(-2)).toEqual(["--", "10.2.0.2"]);
  });

  test("is missing", async () => {
    await using folder = await scriptedPing("");
    const result = await probe("10.2.0.2", { path: `${folder.path}/none` });
    expect([verdictOf(result), detailOf(result)]).toEqual([
      "prober_unavailable",
      expect.stringMatching(/^there is no ping in PATH: install .*iputils-ping/),
    ]);
  });

  test("is not started if the deadline has passed", async () => {
    const result = await probe("127.0.0.1", { signal: AbortSignal.abort() });
    expect(verdictOf(result)).toBe("prober_unavailable");
  });
});

describe("the launcher", () => {
  test("starts one process for each of many probes, and keeps neither processes nor descriptors", async () => {
    await probe("127.0.0.1");
    const pid = launcher();
    const descriptors = (): number => readdirSync(`/proc/${pid}/fd`).length;
    const before = descriptors();
    const signal = AbortSignal.timeout(60_000);
    const results = await Promise.all(Array.from({ length: 200 }, () => probe("127.0.0.1", { signal })));
    expect(new Set(results.map(detailOf))).toEqual(new Set([""]));
    expect(launcher()).toBe(pid);
    await waitUntil("the end of its children", () => (childrenOf(pid, "").length === 0 ? true : undefined));
    expect(descriptors()).toBe(before);
  });

  test("ends waiting runs at their deadline, without having started them", async () => {
    await using folder = await scriptedPing(`echo $$ >> "\${0%/*}/started"; exec sleep 1000`);
    const signal = AbortSignal.timeout(300);
    const settings = { path: folder.searchPath, signal };
    const results = await Promise.all(Array.from({ length: 400 }, () => probe("10.2.0.2", settings)));
    expect(new Set(results.map(verdictOf))).toEqual(new Set(["prober_unavailable"]));
    const started = (await readFile(join(folder.path, "started"), "utf8")).trim().split("\n").map(Number);
    expect(started.length).toBeLessThan(400);
    await waitUntil("the end of all", () => (started.some(isAlive) ? undefined : true));
  });

  test("is replaced after it was killed, and its probes are made again, once", async () => {
    await using folder = await scriptedPing("exec sleep 1000");
    await probe("127.0.0.1");
    const pid = launcher();
    const signal = AbortSignal.timeout(60_000);
    const failing = probe("10.2.0.2", { path: folder.searchPath, signal });
    await waitUntil("the run", () => (childrenOf(pid, "").length > 0 ? true : undefined));
    // A service manager sends SIGTERM to all processes of a service; the exporter decides.
    process.kill(pid, "SIGTERM");
    process.kill(pid, "SIGINT");
    expect(isAlive(pid)).toBe(true);
    const others = Promise.all(Array.from({ length: 50 }, () => probe("127.0.0.1", { signal })));
    process.kill(pid, "SIGKILL");
    expect(new Set((await others).map(detailOf))).toEqual(new Set([""]));
    const next = launcher();
    expect(next).not.toBe(pid);
    expect((await probe("127.0.0.1")).outcome.ok).toBe(true);
    await waitUntil("the second run", () => (childrenOf(next, "").length > 0 ? true : undefined));
    process.kill(next, "SIGKILL");
    const result = await failing;
    expect([verdictOf(result), detailOf(result)]).toEqual([
      "prober_unavailable",
      expect.stringMatching(/the process that starts it ended with SIGKILL/),
    ]);
    expect((await probe("127.0.0.1")).outcome.ok).toBe(true);
  });

  test.each(["SIGKILL", "SIGTERM"] as const)("ends with the exporter, and its runs too: %s", async (how) => {
    await using folder = await scriptedPing(
      // The check at load pings the loopback interface.
      `case "$*" in *10.2.0.2) ;; *) exit 0 ;; esac; echo $$ > "\${0%/*}/pid"; trap '' TERM INT HUP PIPE; exec sleep 1000`,
    );
    await using exporter = await startExporter({
      yaml: "modules: { icmp: { prober: icmp, timeout: 30s } }",
      env: { PATH: folder.searchPath },
    });
    void fetch(`${exporter.url}/probe?module=icmp&target=10.2.0.2`).catch(() => undefined);
    const pid = await waitUntil("the run", async () => {
      const text = await readFile(join(folder.path, "pid"), "utf8").catch(() => "");
      return Number(text) || undefined;
    });
    const [started] = launchers(exporter.process.pid);
    if (started === undefined) throw new Error("no launcher");
    expect(isAlive(started)).toBe(true);
    exporter.process.kill(how);
    await waitUntil("the end of both", () => (isAlive(pid) || isAlive(started) ? undefined : true));
  });
});

test("no more processes run than probes may run at once", async () => {
  await using folder = await scriptedPing(`case "$*" in *10.2.*) exec sleep 1000 ;; esac`);
  await using exporter = await startExporter({
    yaml: "modules: { icmp: { prober: icmp, timeout: 4s } }\nlimits: { max_concurrent_probes: 8 }",
    env: { PATH: folder.searchPath },
  });
  const probes = Array.from({ length: 60 }, (_, i) =>
    exporter.get(`/probe?module=icmp&target=10.2.0.${i + 1}`),
  );
  let most = 0;
  let isOver = false;
  const all = Promise.all(probes).finally(() => {
    isOver = true;
  });
  await waitUntil("the end of all probes", () => {
    for (const pid of launchers(exporter.process.pid)) most = Math.max(most, childrenOf(pid, "").length);
    return isOver || undefined;
  });
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(8);
  const texts = await all;
  expect(texts.some((text) => text.includes('reason="queue_timeout"'))).toBe(true);
});

test("a machine without ping is told once at each load, however many modules there are", async () => {
  await using folder = await scriptedPing("echo pong");
  const modules = Array.from({ length: 5 }, (_, i) => `m${i}: { prober: icmp }`);
  await using exporter = await startExporter({
    yaml: `modules: { ${modules.join(", ")} }`,
    env: { PATH: folder.searchPath },
  });
  const said = exporter.process.output().match(/no icmp module can probe on this machine/g);
  expect(said).toHaveLength(1);
  const text = await exporter.get("/probe?module=m1&target=10.2.0.2");
  expect(text).toContain('probe_failure_reason{reason="prober_unavailable"} 1');
});
