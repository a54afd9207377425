import { beforeAll, describe, expect, test } from "vitest";
import { grpcCases } from "./cases/grpc/index.ts";
import { grpcFiles } from "./cases/grpc/tls.ts";
import { expectationOf, type KindExporters, startKinds } from "./kinds.ts";
import { type GrpcPlace, startGrpcPlace } from "./targets/grpc.ts";

const all = Object.values(grpcCases).flat();
const own = new Map(all.flatMap(({ name, serve }) => (serve === undefined ? [] : [[name, serve] as const])));

let exporters: KindExporters<GrpcPlace>;
beforeAll(async () => {
  await using resources = new AsyncDisposableStack();
  const place = resources.use(await startGrpcPlace(own));
  exporters = resources.use(await startKinds(all, place, { files: grpcFiles }));
  const owned = resources.move();
  return () => owned.disposeAsync();
});

describe.each(Object.entries(grpcCases))("%s", (_, group) => {
  test.concurrent.each(group.map((each) => [each.name, each] as const))("%s", async (_name, each) => {
    expect(await exporters.compare(each)).toEqual(expectationOf(each));
  });
});
