import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/config/document/problems.ts";
import { loadConfigText } from "../../src/config/load.ts";
import { deps } from "./stand-ins.ts";

const problemsOf = (yaml: string): readonly string[] => {
  try {
    loadConfigText(yaml.replace("TOKEN", import.meta.filename), "a.yml", {}, deps);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split("\n");
    throw error;
  }
};

describe("a file without modules", () => {
  test.each([
    ["heartbeats", "heartbeats: [{ name: a }]"],
    ["registration", "heartbeat_registration: { token: hush-hush }"],
    ["a group of components", "groups: [{ name: g, components: [a] }]"],
    ["relays", 'relays: [{ name: r, url: "http://x", token_file: TOKEN }]'],
    ["actions", "actions: [{ name: b, match: { alertname: X }, run: [/bin/true], token_file: TOKEN }]"],
    ["control of components", "control: {}"],
    ["no targets beside heartbeats", "targets: []\nheartbeats: [{ name: a }]"],
    ["nothing under modules beside heartbeats", "modules:\nheartbeats: [{ name: a }]"],
  ])("loads with %s", (_, yaml) => {
    expect(problemsOf(yaml)).toEqual([]);
  });

  test.each([
    ["a heartbeat", "heartbeats: [{ name: a, timeot: 1m }]", "heartbeats[0].timeot"],
    ["registration", "heartbeat_registration: { tokn: x }", "heartbeat_registration.tokn"],
    ["a relay", "relays: [{ name: r }]", "relays[0]"],
    ["a group", "groups: [{ name: g, components: [a], labels: 1 }]", "groups[0].labels"],
  ])("is not the problem if %s is wrong", (_, yaml, path) => {
    const problems = problemsOf(yaml);
    expect(problems).not.toEqual([]);
    for (const problem of problems) expect(problem).toContain(`: ${path}`);
  });

  test.each([
    ["targets", 'targets: [{ name: t, module: m, target: "http://x" }]'],
    [
      "targets beside heartbeats",
      'heartbeats: [{ name: a }]\ntargets: [{ name: t, module: m, target: "x" }]',
    ],
    ["nothing to do", "limits: {}"],
    ["empty lists", "heartbeats: []\ntargets: []"],
  ])("is a problem with %s", (_, yaml) => {
    expect(problemsOf(yaml)).toContainEqual(expect.stringContaining("modules: got nothing, want a map"));
  });
});
