import { getEventListeners } from "node:events";
import type { LookupFunction } from "node:net";
import { describe, expect, test } from "vitest";
import { ForbiddenAddressError } from "../../../src/core/network.ts";
import {
  guardedLookup,
  lookupAll,
  ownLookup,
  pinnedLookup,
  resolutionOf,
  type SystemLookup,
} from "../../../src/probers/network/resolve.ts";

/** Calls a lookup function and resolves with what it calls back. */
const answerOf = (
  lookup: LookupFunction,
  hostname: string,
  options: Parameters<LookupFunction>[1] = {},
): Promise<readonly unknown[]> =>
  new Promise((resolve) => lookup(hostname, options, (...answer) => resolve(answer)));

/** A resolver that gives every name these addresses, in the form that is asked for. */
const resolverOf =
  (...addresses: readonly string[]): SystemLookup =>
  (_host, _options, done) =>
    process.nextTick(
      done,
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );

const failing =
  (error: Error): SystemLookup =>
  (_host, _options, done) =>
    process.nextTick(done, error, []);

describe("a resolution", () => {
  const { signal } = new AbortController();

  test("has every address, in the order of the resolver", async () => {
    const found = ["2001:db8::1", "192.0.2.1", "192.0.2.2"];
    expect(await lookupAll("a.example", signal, resolverOf(...found))).toEqual(found);
    expect(await lookupAll("127.0.0.1", signal, ownLookup)).toEqual(["127.0.0.1"]);
  });

  test.each([
    ["no name", "", resolverOf("192.0.2.1"), "the address has no host"],
    [
      "an unknown name",
      "a.example",
      failing(Object.assign(new Error("queryA ENOTFOUND"), { code: "ENOTFOUND" })),
      "a.example is unknown to the resolver",
    ],
    [
      "servers that do not answer",
      "a.example",
      failing(Object.assign(new Error("no answer"), { code: "EAI_AGAIN" })),
      "no answer (EAI_AGAIN)",
    ],
    [
      "a name that is none",
      `${"x".repeat(300)}.example`,
      ownLookup,
      "xxx.example is unknown to the resolver",
    ],
  ] as const)("of %s fails with dns and says so", async (_, host, resolver, detail) => {
    expect(await lookupAll(host, signal, resolver)).toEqual({
      ok: false,
      reason: "dns",
      detail: expect.stringContaining(detail) as string,
    });
  });

  test("is abandoned at the deadline, and does not begin after it", async () => {
    const controller = new AbortController();
    const asked: string[] = [];
    const silent: SystemLookup = (host) => {
      asked.push(host);
      controller.abort();
    };
    const late = { reason: "dns", detail: "the resolver did not answer for a.example before the deadline" };
    expect(await lookupAll("a.example", controller.signal, silent)).toMatchObject(late);
    expect(await lookupAll("a.example", controller.signal, silent)).toMatchObject(late);
    expect(asked).toEqual(["a.example"]);
  });

  test("leaves nothing behind at the signal", async () => {
    const controller = new AbortController();
    await lookupAll("a.example", controller.signal, resolverOf("192.0.2.1"));
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  test.each([
    [undefined, { seconds: 2, protocol: 0, hash: 0 }],
    ["192.0.2.1", { seconds: 2, protocol: 4, hash: expect.any(Number) as number }],
    ["2001:db8::1", { seconds: 2, protocol: 6, hash: expect.any(Number) as number }],
  ])("that led to %s has the facts %o", (ip, facts) => {
    expect(resolutionOf(2, ip)).toEqual(facts);
  });
});

describe("the exporter's own resolver", () => {
  test("gives a list, also an empty one for a name that is none", async () => {
    const answer = (host: string) =>
      new Promise((resolve) => ownLookup(host, { all: true }, (...given) => resolve(given)));
    expect(await answer("127.0.0.1")).toEqual([null, [{ address: "127.0.0.1", family: 4 }]]);
    expect(await answer("")).toEqual([expect.objectContaining({ code: "ENOTFOUND" }), []]);
  });
});

describe("a lookup function for addresses that were checked", () => {
  const v6 = { address: "2001:db8::1", family: 6 };
  const v4 = { address: "192.0.2.1", family: 4 };
  const lookup = pinnedLookup("A.example", [v6.address, v4.address]);

  test.each([
    ["all", { all: true }, [null, [v6, v4]]],
    ["all of any version", { all: true, family: 0 }, [null, [v6, v4]]],
    ["all of version 4", { all: true, family: 4 }, [null, [v4]]],
    ["all of version 6", { all: true, family: 6 }, [null, [v6]]],
    ["one", {}, [null, v6.address, 6]],
    ["one in so many words", { all: false }, [null, v6.address, 6]],
    ["one of version 4", { family: 4 }, [null, v4.address, 4]],
    ["one of version 6", { family: 6 }, [null, v6.address, 6]],
  ] as const)("gives %s", async (_, options, answer) => {
    expect(await answerOf(lookup, "a.EXAMPLE", options)).toEqual(answer);
  });

  test.each([
    [4, v6.address],
    [6, v4.address],
  ] as const)("fails for version %d if no address has it", async (family, address) => {
    const [error, found] = await answerOf(pinnedLookup("a.example", [address]), "a.example", { family });
    expect(error).toEqual(new Error(`a.example has no IPv${family} address`));
    expect(found).toEqual([]);
  });

  test("accepts an address as URLs have it, and no other host", async () => {
    const pinned = pinnedLookup(v6.address, [v6.address]);
    for (const host of [v6.address, `[${v6.address}]`, "2001:DB8::1"])
      expect(await answerOf(pinned, host)).toEqual([null, v6.address, 6]);
    expect(await answerOf(pinned, "a.example", { all: true })).toEqual([
      new ForbiddenAddressError(`a.example is not the host that was checked, ${v6.address}`),
      [],
    ]);
  });
});

describe("a lookup function that checks addresses", () => {
  const refuses = (ip: string): string | undefined =>
    ip.startsWith("169.") ? `${ip} is refused` : undefined;
  const mixed = resolverOf("169.254.1.1", "192.0.2.1", "169.254.1.2", "2001:db8::1");

  test("leaves out those that are refused", async () => {
    const lookup = guardedLookup(refuses, mixed);
    expect(await answerOf(lookup, "a.example", { all: true })).toEqual([
      null,
      [
        { address: "192.0.2.1", family: 4 },
        { address: "2001:db8::1", family: 6 },
      ],
    ]);
    for (const options of [{}, { all: false }])
      expect(await answerOf(lookup, "a.example", options)).toEqual([null, "192.0.2.1", 4]);
  });

  test("asks for all of them, although one is wanted", async () => {
    expect(await answerOf(guardedLookup(refuses, ownLookup), "127.0.0.1")).toEqual([null, "127.0.0.1", 4]);
  });

  test.each([
    ["all are refused", resolverOf("169.254.1.1", "169.254.1.2"), "169.254.1.1 is refused"],
    ["there is none", resolverOf(), "a.example has no address"],
  ])("fails with the first reason if %s", async (_, resolver, message) => {
    expect(await answerOf(guardedLookup(refuses, resolver), "a.example", { all: true })).toEqual([
      new ForbiddenAddressError(message),
      [],
    ]);
  });

  test("passes on the error of the resolver", async () => {
    const error = new Error("no answer");
    expect(await answerOf(guardedLookup(refuses, failing(error)), "a.example", { all: true })).toEqual([
      error,
      [],
    ]);
  });
});
