import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CONTEXT_API_ROUTES, METHODS, ROUTES } from "../../src/server/route-table.ts";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";

const CONFIG = `
control: { token: control-token-of-the-test }
modules: { http_2xx: { prober: http, timeout: 1s } }
targets: [{ name: shop, module: http_2xx, target: "http://127.0.0.1:1" }]
heartbeats: [{ name: sample }]
groups: [{ name: shops, members: [shop] }]
pages: [{ path: /public, groups: [shops] }]
`;
let exporter: ExporterProcess;
beforeAll(async () => {
  exporter = await startExporter({ yaml: CONFIG });
});
afterAll(() => exporter[Symbol.asyncDispose]());

/** Every route with each of its methods, and paths beside them. */
const REQUESTS = [
  ...[...ROUTES, ...CONTEXT_API_ROUTES].flatMap((route) =>
    METHODS.filter((method) => route[method] !== undefined).map(
      (method) =>
        [method === "all" ? "GET" : method.toUpperCase(), route.path.replaceAll(/:\w+/g, "shop")] as const,
    ),
  ),
  ["GET", "/probe?target=shop&debug=true"],
  ["GET", "/ping/sample"],
  ["GET", "/ping/"],
  ["PUT", "/ping/sample"],
  ["GET", "/public"],
  ["GET", "/public.json"],
  ["GET", "/badge/shop.svg"],
  ["GET", "/no/such/route"],
  ["GET", "/%zz"],
  ["PUT", "/metrics"],
] as const;

/** Returns the sources of a policy by directive. */
const directives = (policy: string): ReadonlyMap<string, string> =>
  new Map(
    policy.split(";").map((one) => {
      const [name = "", ...sources] = one.trim().split(" ");
      return [name, sources.join(" ")];
    }),
  );

describe.each(["text/html", "application/json", "*/*"])("with Accept: %s", (accept) => {
  test.each(REQUESTS)("%s %s tells browsers what they may do with the answer", async (method, path) => {
    const answer = await fetch(exporter.url + path, {
      method,
      headers: { Accept: accept },
      redirect: "manual",
    });
    await answer.body?.cancel();
    const { headers } = answer;
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    const policy = directives(headers.get("content-security-policy") ?? "");
    expect(policy.get("default-src")).toBe("'none'");
    expect(headers.get("content-security-policy")).not.toMatch(/unsafe-|\*/);
    expect(policy.get("script-src") ?? "'none'").toMatch(/^'(?:none|self)'$/);
    expect(policy.get("frame-ancestors")).toBe("'none'");
    expect(policy.get("base-uri")).toBe("'none'");
    expect(policy.get("form-action")).toMatch(/^'(?:none|self)'$/);
  });
});

test("an answer to what is no HTTP has nothing that a browser would show", async () => {
  const socket = connect(Number(new URL(exporter.url).port), "127.0.0.1");
  socket.end("no HTTP\r\n\r\n");
  let text = "";
  for await (const part of socket.setEncoding("latin1")) text += String(part);
  expect(text).toBe("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
});
