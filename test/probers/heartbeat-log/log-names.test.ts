import { describe, expect, test } from "vitest";
import {
  beforeNumber,
  compareOrders,
  containerLog,
  parseLogName,
  rotationOf,
  withoutContainerId,
} from "../../../src/probers/heartbeat-log/log-names.ts";

describe("the date in the name of a log", () => {
  test.each([
    ["app-2026-11-29.log", "app.log", "app-*.log", [20261129]],
    ["log-20261129.txt", "log.txt", "log-*.txt", [20261129]],
    ["log-20261129_001.txt", "log.txt", "log-*.txt", [20261129, 1]],
    ["app.log-20261129", "app.log", "app.log-*", [20261129]],
    ["app.log-20261129-1796000000", "app.log", "app.log-*", [20261129, 1796000000]],
    ["app.log.2026-11-29", "app.log", "app.log.*", [20261129]],
    ["app.log.2026-11-29-13", "app.log", "app.log.*", [20261129, 13]],
    ["app-2026-11-29.24.log", "app.log", "app-*.log", [20261129, 24]],
    ["app_2026_11_29T13-45-00.log", "app.log", "app_*.log", [20261129, 13, 45, 0]],
    ["app-2026112913.log", "app.log", "app-*.log", [20261129, 13]],
    ["2026-11-29.log", ".log", "*.log", [20261129]],
    ["2026/11/29/app.log", "/app.log", "*/app.log", [20261129]],
    ["app-2026-11.log", "app.log", "app-*.log", [202611]],
    ["app-29.11.2026.log", "app.log", "app-*.log", []],
  ])("%s", (name, stem, pattern, order) => {
    expect(parseLogName(name)).toEqual({ stem, pattern, order, isDated: true });
  });

  test.each([
    "app.log",
    "worker-1.log",
    "order-10000001.log",
    "app-2026-13-29.log",
    "v1.20.log",
    "app-1796000000.log",
  ])("%s has none", (name) => {
    expect(parseLogName(name)).toEqual({ stem: name, pattern: name, order: [], isDated: false });
  });

  test("orders the files of a log", () => {
    const names = ["a-2026-11-29.log", "a-2026-11-28.10.log", "a-2026-11-29.1.log", "a-2026-11-28.9.log"];
    const orders = names.map((name) => parseLogName(name).order);
    expect(orders.toSorted(compareOrders)).toEqual([
      [20261128, 9],
      [20261128, 10],
      [20261129],
      [20261129, 1],
    ]);
  });
});

test.each([
  ["app.log", "app.log.1", "sure"],
  ["app.log", "app.log.2.gz", "sure"],
  ["app.log", "app.log.gz", "sure"],
  ["app.log", "app.log-20261129", "sure"],
  ["app.log", "app-20261129.log.xz", "sure"],
  ["app.log", "app.1.log", "possible"],
  ["worker.log", "worker-1.log", "possible"],
  ["app.log", "app.log", undefined],
  ["app.log", "apps.log", undefined],
  ["app.log", "app.log.bak", undefined],
  ["app", "app.1", "sure"],
])("of %s, %s is a rotated file: %s", (base, name, sureness) => {
  expect(rotationOf(base, name)).toBe(sureness);
});

test("the numbers of rotations, the layout of the kubelet and identities of containers are told", () => {
  expect([beforeNumber("/v/app.log.1"), beforeNumber("/v/app.log"), beforeNumber("/v/.1")]).toEqual([
    "/v/app.log",
    undefined,
    undefined,
  ]);
  expect(containerLog("/var/log/pods/shop_web-1_0a-b/app/12.log")).toEqual({
    folder: "/var/log/pods/shop_web-1_0a-b/app/",
    restarts: 12,
  });
  expect(containerLog("/var/log/workers/1.log")).toBeUndefined();
  expect(withoutContainerId(`/c/web_shop_app-${"0a".repeat(32)}.log`)).toBe("/c/web_shop_app-*.log");
  expect(withoutContainerId("/c/web_shop_app-0a0a.log")).toBeUndefined();
});
