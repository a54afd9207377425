import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readReport } from "../../src/groups/component-report.ts";

const read = (value: unknown) => readReport("sync-engine", value);

describe("readReport", () => {
  it("accepts a status alone and uses defaults for the rest", () => {
    expect(read({ status: "healthy" })).toEqual({
      status: "healthy",
      message: "",
      metrics: {},
      ttl: 60,
      critical: false,
    });
  });

  it("treats null as absent, as Go does", () => {
    const nulls = { message: null, error: null, metrics: null, ttl: null, critical: null, group: null };
    expect(read({ status: "healthy", ...nulls })).toEqual(read({ status: "healthy" }));
    expect(read({ status: null })).toHaveProperty("refused");
  });

  it("accepts all fields", () => {
    expect(
      read({
        status: "degraded",
        message: "queue is long",
        error: "timeout",
        metrics: { queue_depth: 17, rate: 0.5 },
        ttl: "1m30s",
        critical: true,
        group: "ecosystem",
      }),
    ).toEqual({
      status: "degraded",
      message: "queue is long: timeout",
      metrics: { queue_depth: 17, rate: 0.5 },
      ttl: 90,
      critical: true,
      group: "ecosystem",
    });
  });

  it("accepts a ComponentHealth as Go's encoding/json encodes it", () => {
    const sent = {
      Name: "sync-engine",
      Status: "Healthy",
      LastCheck: "2025-09-15T13:30:00.123456789Z",
      Message: "Connected",
      Error: null,
      Metrics: null,
    };
    expect(read(sent)).toMatchObject({ status: "healthy", message: "Connected", metrics: {} });
    expect(read({ ...sent, Status: "Unhealthy", Error: {} })).toMatchObject({ status: "unhealthy" });
  });

  it.each([
    { value: null, refused: 'body: got null, want a JSON object such as {"status": "healthy"}' },
    { value: [], refused: 'body: got a list, want a JSON object such as {"status": "healthy"}' },
    { value: {}, refused: "status: got nothing, want healthy, degraded, unhealthy or unknown" },
    { value: { status: "up" }, refused: 'status: got "up", want healthy, degraded, unhealthy or unknown' },
    {
      value: { status: "healthy", tll: "1m" },
      refused: 'body: got the key "tll", want status, message, error, metrics, ttl, critical, group',
    },
    {
      value: { status: "healthy", Status: "unhealthy" },
      refused: "status: got the key a second time, want each key once",
    },
    {
      value: { status: "healthy", name: "another" },
      refused: 'name: got "another", want sync-engine, as in the path, or none',
    },
    {
      value: { status: "healthy", ttl: "0s" },
      refused: 'ttl: got "0s", want a duration such as 30s, 2m, 1h30m or 500ms, from 1s to 1d',
    },
    {
      value: { status: "healthy", ttl: "2d" },
      refused: 'ttl: got "2d", want a duration such as 30s, 2m, 1h30m or 500ms, from 1s to 1d',
    },
    {
      value: { status: "healthy", ttl: 60 },
      refused: "ttl: got 60, want a duration such as 30s, 2m, 1h30m or 500ms, from 1s to 1d",
    },
    { value: { status: "healthy", message: 1 }, refused: "message: got 1, want text" },
    {
      value: { status: "healthy", message: "x".repeat(1001) },
      refused: "message: got 1001 characters, want at most 1000, including the error",
    },
    { value: { status: "healthy", error: { code: 1 } }, refused: "error: got an object, want text" },
    { value: { status: "healthy", metrics: [1] }, refused: "metrics: got a list, want an object of numbers" },
    { value: { status: "healthy", metrics: { a: "1" } }, refused: 'metrics.a: got "1", want a number' },
    {
      value: { status: "healthy", metrics: { "a b": 1 } },
      refused:
        'metrics: got the name "a b", want letters, digits, _, . and - (a letter or _ first), at most 64',
    },
    {
      value: {
        status: "healthy",
        metrics: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`m${i}`, i])),
      },
      refused: "metrics: got 33, want at most 32",
    },
    { value: { status: "healthy", critical: "yes" }, refused: 'critical: got "yes", want true or false' },
    { value: { status: "healthy", group: 1 }, refused: "group: got 1, want the name of a group" },
  ])("rejects $value", ({ value, refused }) => {
    expect(read(value)).toEqual({ refused });
  });

  it.each(["", "a b", "-a", "x".repeat(129), "a/b", "ä"])("rejects the name %j", (name) => {
    expect(readReport(name, { status: "healthy" })).toEqual({
      refused: expect.stringMatching(/^name: got ".*, want letters, digits/),
    });
  });

  it("never throws, and bounds its errors and what it accepts", () => {
    const field = fc.constantFrom("status", "Message", "metrics", "ttl", "critical", "group", "__proto__");
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(field, fc.oneof(fc.jsonValue(), fc.constantFrom("healthy", "1m", true))),
    );
    fc.assert(
      fc.property(anything, (value) => {
        const report = read(value);
        if ("refused" in report) {
          expect(report.refused.length).toBeLessThan(400);
        } else {
          expect(report.message.length).toBeLessThanOrEqual(1000);
          expect(Object.keys(report.metrics).length).toBeLessThanOrEqual(32);
        }
      }),
    );
  });
});
