import { describe, expect, test } from "vitest";
import { CHART, helm, problemsOf, RELEASE, render } from "./chart.ts";
import { CHART_CASES } from "./chart-cases.ts";

describe("the chart renders what an API server accepts, at the level restricted, for", () => {
  test.each(CHART_CASES)("$name", async ({ values, check }) => {
    const chart = await render(values);
    expect(await problemsOf(chart.text)).toEqual([]);
    check(chart);
    for (const { metadata, kind } of chart.manifests.filter(({ kind }) => kind !== "Secret")) {
      expect({ kind, labels: metadata.labels }).toMatchObject({
        labels: { "app.kubernetes.io/instance": RELEASE.name },
      });
    }
  });

  test("a name of a release that is too long for the labels that Kubernetes makes of it", async () => {
    const name = "a".repeat(53);
    const { stdout } = await helm(["template", name, CHART]);
    expect(await problemsOf(stdout)).toEqual([]);
    const names = [...stdout.matchAll(/^ {2}name: (\S+)$/gm)].map(([, one = ""]) => one.length);
    expect(Math.max(...names)).toBeLessThanOrEqual(52 + "-test".length);
  });

  test("nothing else: the check finds unknown fields, broken references and privileges", async () => {
    const { text } = await render();
    const broken = text
      .replace("enableServiceLinks", "enableServiceLink")
      .replace("clusterIP: None", "clusterIP: nowhere")
      .replace("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true");
    expect((await problemsOf(broken)).join("\n")).toMatch(
      /Service.*clusterIP.*nowhere[^]*unknown field "spec\.template\.spec\.enableServiceLink"/,
    );
    const privileged = text.replaceAll("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true");
    expect(await problemsOf(privileged)).toMatchObject([
      expect.stringContaining("StatefulSet/hb-heartbeat-exporter: allowPrivilegeEscalation != false"),
      expect.stringContaining("Pod/hb-heartbeat-exporter-test: allowPrivilegeEscalation != false"),
    ]);
    const loose = text.replace("name: data, mountPath", "name: date, mountPath");
    expect((await problemsOf(loose)).join()).toContain('volumeMounts[0].name: Not found: "date"');
  });
});

test("the chart passes helm's linter, also with everything turned on", async () => {
  const { code, stdout } = await helm(["lint", CHART, "--strict", "--values", "-"], JSON.stringify({}));
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining("0 chart(s) failed") });
});
