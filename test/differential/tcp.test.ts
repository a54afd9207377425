import { beforeAll, describe, expect, test } from "vitest";
import { tcpCases } from "./cases/tcp/index.ts";
import { expectationOf, type KindExporters, startKinds } from "./kinds.ts";
import { certificates } from "./targets/certificates.ts";
import { type Conversations, startConversations } from "./targets/conversations.ts";

let exporters: KindExporters<Conversations>;
beforeAll(async () => {
  const place = await startConversations();
  exporters = await startKinds(tcpCases, place, {
    files: {
      "root.pem": certificates.root.cert,
      "client.pem": certificates.client.cert,
      "client.key": certificates.client.key,
    },
  });
  return async () => {
    await exporters[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  };
});

describe.concurrent("tcp", () => {
  test.each(tcpCases.map((each) => [each.name, each] as const))("%s", async (_name, each) => {
    expect(await exporters.compare(each)).toEqual(expectationOf(each));
  });
});

test("there are at least 60 cases, each with a name of its own", () => {
  expect(tcpCases.length).toBeGreaterThanOrEqual(60);
  expect(new Set(tcpCases.map(({ name }) => name)).size).toBe(tcpCases.length);
});
