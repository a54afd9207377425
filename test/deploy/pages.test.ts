import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { blocksOf, PAGES } from "../docs/blocks.ts";
import { problemsOf } from "./chart.ts";

/** Kinds of the Prometheus operator, whose schema is in no API server: test/e2e/prometheus-operator.test.ts uses them. */
const OPERATOR = "monitoring.coreos.com/";

/** What the level `restricted` objects to on purpose, by page. */
const INTENDED: Readonly<Record<string, RegExp>> = {
  // It reads the logs of a node, which belong to root.
  "docs/recipes/log-heartbeats-in-kubernetes.md":
    /^DaemonSet\/log-heartbeats: restricted volume types \(volume "logs" .*, runAsUser=0 \([^)]*\)$/,
};

const blocks = PAGES.flatMap((page) => blocksOf(page)).filter(
  ({ language, text }) => language === "yaml" && /^apiVersion: /m.test(text) && !text.includes(OPERATOR),
);

/** A pod around containers of a page. */
const podOf = (containers: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "page", namespace: "monitoring" },
    spec: {
      containers: parse(containers) as unknown,
      volumes: [{ name: "config", configMap: { name: "page" } }],
    },
  });

describe("objects of Kubernetes in pages", () => {
  test("are found", () => {
    expect(blocks.length).toBeGreaterThan(0);
  });

  test.each(blocks)("$place", async ({ page, text }) => {
    const problems = (await problemsOf(text)).filter((line) => INTENDED[page]?.test(line) !== true);
    expect(problems).toEqual([]);
  });

  test("containers are those of a pod", async () => {
    const containers = blocksOf("docs/prometheus-operator.md").find(({ text }) =>
      /^- name: .*\n +image:/.test(text),
    );
    expect(containers).toBeDefined();
    const problems = await problemsOf(podOf(containers?.text ?? ""));
    expect(problems.filter((line) => !line.includes("restricted"))).toEqual([]);
  });
});
