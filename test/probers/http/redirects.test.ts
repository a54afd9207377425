import type { IncomingMessage, ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { serveHttp } from "../../helpers/http-targets.ts";
import { temporaryFile } from "./files.ts";
import { detailOf, probe, valueIn, verdictOf } from "./probe.ts";

/** A request that the server received. */
interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

async function recorded(request: IncomingMessage, into: Seen[]): Promise<void> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  into.push({ method: request.method, url: request.url, headers: request.headers, body });
}

const redirect = (response: ServerResponse, status: number, location: string): void => {
  response.writeHead(status, { Location: location }).end();
};

/** Redirects `/3` to `/2` and so on; `/0` is the final response. */
const countdown = (request: IncomingMessage, response: ServerResponse): void => {
  const left = Number(request.url?.slice(1));
  if (left === 0) response.end("there");
  else redirect(response, 302, `/${left - 1}`);
};

test.each([
  [1, "success", 1, 200],
  [10, "success", 10, 200],
  [11, "redirect", 11, 302],
  [15, "redirect", 11, 302],
])("%i redirects: %s", async (count, verdict, counted, status) => {
  await using server = await serveHttp(countdown);
  const result = await probe(`${server.host}/${count}`);
  expect(verdictOf(result)).toBe(verdict);
  expect(valueIn(result, "probe_http_redirects")).toBe(counted);
  expect(valueIn(result, "probe_http_status_code")).toBe(status);
});

test.each([301, 302, 303, 307, 308])("a redirect with %i that is not followed is counted", async (status) => {
  await using server = await serveHttp((_, response) => redirect(response, status, "/there"));
  const options = { follow_redirects: false, valid_status_codes: [status] };
  const result = await probe(server.host, options);
  expect(verdictOf(result)).toBe("success");
  expect(valueIn(result, "probe_http_redirects")).toBe(1);
  expect(verdictOf(await probe(server.host, { follow_redirects: false }))).toBe("redirect");
});

test("the body of a redirect that is not followed is not read, and fails its expressions", async () => {
  await using server = await serveHttp((_, response) => {
    response.writeHead(302, { Location: "/x" }).end("moved");
  });
  const result = await probe(server.host, {
    follow_redirects: false,
    valid_status_codes: [302],
    fail_if_body_matches_regexp: ["never"],
  });
  expect(verdictOf(result)).toBe("body_mismatch");
  expect(valueIn(result, "probe_failed_due_to_regex")).toBe(1);
  expect(valueIn(result, "probe_http_uncompressed_body_length")).toBe(0);
});

test("a 302 without Location and a 300 are final responses", async () => {
  await using server = await serveHttp((request, response) => {
    response.writeHead(request.url === "/302" ? 302 : 300, request.url === "/302" ? {} : { Location: "/x" });
    response.end("here");
  });
  for (const status of [302, 300]) {
    const result = await probe(`${server.host}/${status}`, { valid_status_codes: [status] });
    expect(verdictOf(result)).toBe("success");
    expect(valueIn(result, "probe_http_redirects")).toBe(0);
    expect(valueIn(result, "probe_http_uncompressed_body_length")).toBe(4);
  }
});

test.each([
  ["ftp://example.com/", 1],
  ["http://[", 0],
  ["http://:0x/", 0],
])("a redirect to %s cannot be followed", async (location, counted) => {
  await using server = await serveHttp((_, response) => redirect(response, 302, location));
  const result = await probe(server.host, { valid_status_codes: [302] });
  expect(verdictOf(result)).toBe("redirect");
  expect(valueIn(result, "probe_http_status_code")).toBe(0);
  expect(valueIn(result, "probe_http_redirects")).toBe(counted);
});

test.each([
  [301, "POST", "GET", ""],
  [302, "PUT", "GET", ""],
  [303, "POST", "GET", ""],
  [302, "HEAD", "HEAD", ""],
  [307, "POST", "POST", "data"],
  [308, "PUT", "PUT", "data"],
])("%i after %s is followed with %s", async (status, method, followed, body) => {
  const seen: Seen[] = [];
  await using server = await serveHttp(async (request, response) => {
    await recorded(request, seen);
    if (request.url === "/") redirect(response, status, "/next");
    else response.end();
  });
  const headers = { "Content-Type": "text/plain", "X-Kept": "yes" };
  const result = await probe(server.host, {
    method,
    headers,
    ...(method === "HEAD" ? {} : { body: "data" }),
  });
  expect(verdictOf(result)).toBe("success");
  expect(seen[1]).toMatchObject({ method: followed, url: "/next", body, headers: { "x-kept": "yes" } });
  if (followed === "GET") expect(seen[1]?.headers["content-type"]).toBeUndefined();
});

test("a 307 is final if the body is a file", async () => {
  const file = temporaryFile("data");
  await using server = await serveHttp((_, response) => redirect(response, 307, "/next"));
  const result = await probe(server.host, { method: "POST", body_file: file, valid_status_codes: [307] });
  expect(verdictOf(result)).toBe("success");
  expect(valueIn(result, "probe_http_redirects")).toBe(0);
});

test("relative redirects keep the Host header, absolute ones set their own; Referer has the resolved address", async () => {
  const seen: Seen[] = [];
  await using server = await serveHttp(async (request, response) => {
    await recorded(request, seen);
    if (request.url === "/a") redirect(response, 302, "/b");
    else if (request.url === "/b") redirect(response, 302, `http://localhost:${server.port}/c`);
    else response.end();
  });
  const result = await probe(`http://localhost:${server.port}/a`, {
    preferred_ip_protocol: "ip4",
    headers: { host: "www.example.com" },
  });
  expect(verdictOf(result)).toBe("success");
  expect(seen.map(({ headers }) => [headers.host, headers.referer])).toEqual([
    ["www.example.com", undefined],
    ["www.example.com", `http://${server.host}/a`],
    [`localhost:${server.port}`, `http://${server.host}/b`],
  ]);
});

test("other hosts receive the headers, but no credentials", async () => {
  const seen: Seen[] = [];
  await using other = await serveHttp(async (request, response) => {
    await recorded(request, seen);
    response.end();
  });
  await using server = await serveHttp(async (request, response) => {
    await recorded(request, seen);
    if (request.url === "/") redirect(response, 302, "/again");
    else redirect(response, 302, `http://${other.host}/`);
  });
  await probe(server.host, {
    basic_auth: { username: "u", password: "p" },
    headers: { Cookie: "a=b", "X-Plain": "1" },
    http_headers: { "X-Value": { values: ["2"] }, "X-Secret": { secrets: ["3"] } },
  });
  const shown = seen.map(({ headers }) => [
    headers.authorization,
    headers.cookie,
    headers["x-plain"],
    headers["x-value"],
    headers["x-secret"],
  ]);
  const own = ["Basic dTpw", "a=b", "1", "2", "3"];
  expect(shown).toEqual([own, own, [undefined, undefined, "1", "2", undefined]]);
});

test("a redirect to a metadata address or out of allowed_targets is refused", async () => {
  let reached = false;
  await using other = await serveHttp((_, response) => {
    reached = true;
    response.end();
  });
  await using server = await serveHttp((request, response) => {
    redirect(
      response,
      302,
      request.url === "/metadata" ? "http://169.254.169.254/" : `http://${other.host}/`,
    );
  });
  const metadata = await probe(`${server.host}/metadata`);
  expect(verdictOf(metadata)).toBe("forbidden_target");
  expect(detailOf(metadata)).toContain("169.254.169.254");
  const options = { allowed_targets: [server.host] };
  expect(verdictOf(await probe(`${server.host}/other`, options, { configured: true }))).toBe(
    "forbidden_target",
  );
  expect(reached).toBe(false);
});

test("phases are summed over redirects, including resolve", async () => {
  await using server = await serveHttp(countdown);
  const result = await probe(`${server.host}/3`);
  const phase = (name: string) => valueIn(result, `probe_http_duration_seconds{phase="${name}"}`) ?? -1;
  expect(phase("connect")).toBeGreaterThan(0);
  expect(phase("processing")).toBeGreaterThan(0);
  expect(phase("transfer")).toBeGreaterThan(0);
  expect(phase("tls")).toBe(0);
});
