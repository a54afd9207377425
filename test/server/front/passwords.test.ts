import { request } from "node:http";
import bcrypt from "bcryptjs";
import { describe, expect, onTestFinished, test } from "vitest";
import { seconds } from "../../../src/core/units.ts";
import { createPasswords } from "../../../src/server/front/passwords.ts";
import { manualClock } from "../../helpers/clock.ts";
import { startExporter } from "../../helpers/exporter.ts";
import { valueOf } from "../../helpers/exposition.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

const RIGHT = "open sesame";
const HASH = bcrypt.hashSync(RIGHT, 4);

function setUp() {
  const clock = manualClock();
  const passwords = createPasswords(clock);
  onTestFinished(() => passwords.stop());
  const { signal } = new AbortController();
  const check = (password: string, guesser = "a") =>
    passwords.matches({ password, hash: HASH, guesser, signal });
  const fail = async (times: number, guesser = "a"): Promise<void> => {
    for (let i = 0; i < times; i += 1) await check(`guess ${guesser} ${Math.random()}`, guesser);
  };
  return { clock, passwords, check, fail };
}

/** Returns the value of a promise, or `pending` if it has none after the thread has had time to give one. */
const now = async <T>(promise: Promise<T>): Promise<T | "pending"> =>
  Promise.race([promise, new Promise<"pending">((resolve) => void setTimeout(resolve, 300, "pending"))]);

describe("guesses", () => {
  test("wait from the sixth in a row on, twice as long each time, and not for two seconds more", async () => {
    const { clock, check, fail } = setUp();
    await fail(5);
    for (const delay of [0.25, 0.5, 1, 2, 2, 2]) {
      const next = check(`guess ${delay} ${Math.random()}`);
      clock.advance(seconds(delay - 0.01));
      expect(await now(next)).toBe("pending");
      clock.advance(seconds(0.02));
      expect(await next).toBe(false);
    }
  });

  test("of one client do not slow down another, nor the same client with a password that was right before", async () => {
    const { check, fail } = setUp();
    expect(await check(RIGHT)).toBe(true);
    await fail(5);
    const guess = check("another guess");
    expect(await check("a right one would pass", "b")).toBe(false);
    expect(await check(RIGHT)).toBe(true);
    expect(await check(RIGHT, "b")).toBe(true);
    expect(await now(guess)).toBe("pending");
  });

  test("are refused while five of a client wait; a right one among them passes in its turn, and ends the wait", async () => {
    const { clock, check, fail } = setUp();
    await fail(5);
    const waiting = [check("1"), check(RIGHT), check("3"), check("4"), check("5")];
    expect(await check("6")).toBe("slowed");
    clock.advance(seconds(0.25));
    expect(await waiting[0]).toBe(false);
    clock.advance(seconds(0.5));
    expect(await Promise.all(waiting)).toEqual([false, true, false, false, false]);
  });

  test("of clients that went away are not checked", async () => {
    const { clock, passwords, check, fail } = setUp();
    await fail(5);
    const gone = Array.from({ length: 5 }, () => new AbortController());
    const left = gone.map(({ signal }, i) =>
      passwords.matches({ password: `gone ${i}`, hash: HASH, guesser: "a", signal }),
    );
    for (const each of gone) each.abort();
    expect(await Promise.all(left)).toEqual(Array.from({ length: 5 }, () => "slowed"));
    const next = check(RIGHT);
    clock.advance(seconds(0.25));
    expect(await next).toBe(true);
  });

  test("are forgotten after some minutes", async () => {
    const { clock, check, fail } = setUp();
    await fail(8 - 3);
    clock.advance(seconds(301));
    await fail(4);
    expect(await check("one more")).toBe(false);
  });

  test("are bounded in total: others are refused, and those who have guessed least are first", async () => {
    const { clock, check, fail } = setUp();
    for (let i = 0; i < 20; i += 1) await fail(5, `g${i}`);
    const waiting = Array.from({ length: 100 }, (_, i) => check(`w${i}`, `g${i % 20}`));
    expect(await check("new", "another")).toBe("busy");
    clock.advance(seconds(0.25));
    await Promise.race(waiting);
    expect(await check(RIGHT, "another")).toBe(true);
    const over = await Promise.all(waiting.map((one) => now(one)));
    expect(over).toContain("pending");
  });
});

test("a right password is forgotten with its web configuration", async () => {
  const { passwords, check, fail } = setUp();
  expect(await check(RIGHT)).toBe(true);
  passwords.forget();
  await fail(5);
  expect(await now(check(RIGHT))).toBe("pending");
});

test("a first right password passes beside guesses from 40 addresses, which are counted and logged without them", async () => {
  const hash = bcrypt.hashSync(RIGHT, 8);
  await using folder = await temporaryFolder();
  const file = await folder.write("web.yml", `basic_auth_users: { prometheus: "${hash}" }\n`);
  await using exporter = await startExporter({ yaml: "modules: {}\n", args: [`--web.config.file=${file}`] });
  const { port } = new URL(exporter.url);
  const progress = { guesses: 0, isOver: false };
  const ask = (password: string, localAddress: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const auth = `prometheus:${password}`;
      const sent = request({
        host: "127.0.0.1",
        port,
        path: "/metrics?collect[]=exporter",
        auth,
        localAddress,
        agent: false,
      });
      sent.on("response", (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode ?? 0));
      });
      sent.on("error", reject);
      sent.end();
    });
  const guess = async (client: number): Promise<void> => {
    while (!progress.isOver) {
      await ask(`secret guess ${client} ${progress.guesses}`, `127.0.1.${client + 1}`);
      progress.guesses += 1;
    }
  };
  const guessing = Promise.all(Array.from({ length: 40 }, (_, client) => guess(client)));
  while (progress.guesses < 60) await new Promise((resolve) => void setTimeout(resolve, 50));
  const before = progress.guesses;
  expect(await ask(RIGHT, "127.0.0.1")).toBe(200);
  // The check that ran, and answers that were on their way.
  expect(progress.guesses - before).toBeLessThan(10);
  progress.isOver = true;
  await guessing;
  const headers = { Authorization: `Basic ${Buffer.from(`prometheus:${RIGHT}`).toString("base64")}` };
  const text = await exporter.get("/metrics?collect[]=exporter", headers);
  const refused = valueOf(text, "heartbeat_exporter_auth_failures_total", {
    guard: "web",
    credentials: "wrong",
  });
  expect(refused).toBe(progress.guesses);
  const output = exporter.process.output();
  // One line a minute for each of at most ten sources, of hundreds of guesses.
  const lines = output.match(/requests were refused because of their credentials/gu) ?? [];
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.length).toBeLessThanOrEqual(10);
  expect(output).not.toContain("secret guess");
});
