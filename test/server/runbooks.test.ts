import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LocalExporter, startLocalExporter } from "../helpers/exporter.ts";
import { heldProber } from "../helpers/stand-in-prober.ts";
import { pages, runbookOf } from "../pack/rules.ts";

const HTML = { headers: { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" } };

describe("/runbooks", () => {
  let exporter: LocalExporter;
  beforeAll(async () => {
    const { prober } = heldProber();
    exporter = await startLocalExporter({
      yaml: "modules: { held: { prober: held } }",
      probers: [prober],
      routePrefix: "/hb",
    });
  });
  afterAll(() => exporter[Symbol.asyncDispose]());

  const fetchPath = (path: string, options: RequestInit = {}): Promise<Response> =>
    fetch(`${exporter.url}/hb${path}`, options);

  test.each(pages())("serves %s as a page and as Markdown", async (name) => {
    const markdown = await fetchPath(`/runbooks/${name}`);
    expect(markdown.status).toBe(200);
    expect(markdown.headers.get("Content-Type")).toBe("text/markdown; charset=utf-8");
    expect(await markdown.text()).toBe(runbookOf(name));
    const page = await fetchPath(`/runbooks/${name}`, HTML);
    expect(page.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
    const html = await page.text();
    expect(html).toContain(`<h1>${name}</h1>`);
    expect(html.match(/<h2>/g)).toHaveLength(4);
    expect(html.match(/<pre>/g)).toHaveLength(2);
    // No Markdown is left outside of code.
    expect(html.replaceAll(/<(pre|code|style)>.*?<\/\1>/gs, "")).not.toMatch(/`|^#|^- |\]\(|\*\*/m);
    for (const [, path = ""] of html.matchAll(/href="([^"]*)"/g))
      expect({ path, status: (await fetch(new URL(path, exporter.url), HTML)).status }).toEqual({
        path,
        status: 200,
      });
  });

  test("lists all of them", async () => {
    expect((await (await fetchPath("/runbooks/")).text()).trim().split("\n")).toEqual(
      [...pages()].toSorted(),
    );
    const html = await (await fetchPath("/runbooks/", HTML)).text();
    for (const name of pages()) expect(html).toContain(`<a href="/hb/runbooks/${name}">${name}</a>`);
    expect(await (await fetchPath("/", HTML)).text()).toContain('href="/hb/runbooks/"');
  });

  test("allows pages no scripts, no requests and no frames", async () => {
    const { headers } = await fetchPath("/runbooks/HeartbeatMissed", HTML);
    expect(headers.get("Content-Security-Policy")).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]{44}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
    expect(headers.get("Vary")).toContain("Accept");
  });

  test.each([
    "/runbooks/NoSuchAlert",
    "/runbooks/HeartbeatMissed.md",
    "/runbooks/..%2F..%2Fpackage",
    "/runbooks/..%2frunbooks%2fHeartbeatMissed",
    "/runbooks/%2e%2e%2falerting",
    "/runbooks/HeartbeatMissed%00",
    "/runbooks/<script>alert(1)</script>",
    "/runbooks/constructor",
  ])("refuses %s", async (path) => {
    const response = await fetchPath(path, HTML);
    expect(response.status).toBe(404);
    expect(response.headers.get("Content-Type")).toContain("text/plain");
  });
});
