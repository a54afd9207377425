import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { ask, compile, completion, detailOf, json, type Options, reasonOf, serve } from "./support.ts";

const KEY = "sk-very-secret";

describe("access", () => {
  const rows: readonly {
    name: string;
    options: Options;
    configured: boolean;
    host?: string;
    reason: string;
  }[] = [
    { name: "without a key to any target", options: {}, configured: false, reason: "ok" },
    { name: "with a key to a configured target", options: { api_key: KEY }, configured: true, reason: "ok" },
    {
      name: "with a key to any target",
      options: { api_key: KEY },
      configured: false,
      reason: "forbidden_target",
    },
    {
      name: "with headers to any target",
      options: { headers: { a: KEY } },
      configured: false,
      reason: "forbidden_target",
    },
    {
      name: "with a key to an allowed address",
      options: { api_key: KEY, allowed_targets: ["127.0.0.0/8"] },
      configured: false,
      reason: "ok",
    },
    {
      name: "with a key to an allowed name",
      options: { api_key: KEY, allowed_targets: ["localhost"] },
      configured: false,
      host: "localhost",
      reason: "ok",
    },
    {
      name: "with a key to a host that is not allowed",
      options: { api_key: KEY, allowed_targets: ["api.example.com"] },
      configured: false,
      reason: "forbidden_target",
    },
    {
      name: "with a key to a name that resolves to an address that is not allowed",
      options: { api_key: KEY, allowed_targets: ["10.0.0.0/8"] },
      configured: false,
      host: "localhost",
      reason: "forbidden_target",
    },
    {
      name: "with a key to a configured target that is not in the list",
      options: { api_key: KEY, allowed_targets: ["api.example.com"] },
      configured: true,
      reason: "ok",
    },
  ];
  test.each(rows)("$name: $reason", async ({ options, configured, host, reason }) => {
    let asked = 0;
    const address = await serve((response, body, request) => {
      asked++;
      json(completion("HEALTHY"))(response, body, request);
    });
    const url = host === undefined ? address : address.replace("127.0.0.1", host);
    const result = await ask(url, { options, target: { configured } });
    expect(`${reasonOf(result)} ${detailOf(result)}`).toMatch(new RegExp(`^${reason} `));
    expect(asked).toBe(reason === "ok" ? 1 : 0);
  });

  test.each([
    "http://169.254.169.254/v1",
    "http://[fe80::1]/v1",
    "http://0xa9fea9fe/v1",
    "http://[::ffff:169.254.169.254]/",
  ])("to %s is refused, configured or not", async (address) => {
    for (const configured of [true, false]) {
      expect(reasonOf(await ask(address, { target: { configured }, timeout: 500 }))).toBe("forbidden_target");
    }
  });
});

describe("a secret is not shown", () => {
  test("even if the server repeats it", async () => {
    for (const status of [200, 401, 500]) {
      const address = await serve((response, body, request) => {
        const key = String(request.headers.authorization);
        json(status === 200 ? completion(key) : { error: { message: key } }, status)(response, body, request);
      });
      const lines: unknown[] = [];
      const result = await ask(address, {
        options: { api_key: KEY },
        log: (...line) => void lines.push(line),
      });
      expect(result.outcome.ok).toBe(false);
      expect(detailOf(result)).toContain("<secret>");
      expect(inspect([result, lines], { depth: 10 })).not.toContain(KEY);
    }
  });
  test("when a module is printed", () => {
    const { module } = compile({ api_key: KEY, headers: { a: KEY } });
    expect(inspect(module, { depth: 10 })).not.toContain(KEY);
    expect(JSON.stringify(module)).not.toContain(KEY);
  });
  test("a credential sent in clear text to another machine is a warning", async () => {
    const warned = async (address: string, options: Options): Promise<boolean> => {
      const lines: string[] = [];
      await ask(address, { options, timeout: 50, log: (message) => void lines.push(message) });
      return lines.some((line) => line.includes("clear text"));
    };
    expect(await warned("http://llm.invalid/v1", { api_key: KEY })).toBe(true);
    expect(await warned("http://llm.invalid/v1", {})).toBe(false);
    expect(await warned("https://llm.invalid/v1", { api_key: KEY })).toBe(false);
    expect(await warned("http://localhost:1/v1", { api_key: KEY })).toBe(false);
    expect(await warned("http://[::1]:1/v1", { api_key: KEY })).toBe(false);
  });
});
