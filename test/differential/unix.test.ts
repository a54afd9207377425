import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { unixCases } from "./cases/unix.ts";
import { expectationOf, type KindExporters, startKinds } from "./kinds.ts";
import { certificates } from "./targets/certificates.ts";
import { type Sockets, startSockets } from "./targets/conversations.ts";

let exporters: KindExporters<Sockets>;
beforeAll(async () => {
  const folder = await temporaryFolder();
  const place = await startSockets(folder.path);
  exporters = await startKinds(unixCases, place, { files: { "root.pem": certificates.root.cert } });
  return async () => {
    await exporters[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  };
});

describe.concurrent("unix", () => {
  test.each(unixCases.map((each) => [each.name, each] as const))("%s", async (_name, each) => {
    expect(await exporters.compare(each)).toEqual(expectationOf(each));
  });
});
