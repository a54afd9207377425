import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHosts } from "../../src/network/hosts-file.ts";
import { parseResolvConf, searchedNames } from "../../src/network/resolv-conf.ts";

describe("parseHosts", () => {
  it("reads names in any case, aliases, comments and several addresses of one name", () => {
    const hosts = parseHosts(
      "# none\n127.0.0.1 localhost Me.example. # here\n::1\tlocalhost\nbad name\n10.0.0.1\n",
    );
    expect(Object.fromEntries(hosts)).toEqual({
      localhost: ["127.0.0.1", "::1"],
      "me.example": ["127.0.0.1"],
    });
  });

  it("takes any text", () => {
    const property = fc.property(fc.string(), (text) => void parseHosts(text));
    expect(() => fc.assert(property)).not.toThrow();
  });
});

describe("parseResolvConf", () => {
  it("reads what a cluster writes", () => {
    const text =
      "search ns.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n";
    expect(parseResolvConf(text)).toEqual({
      servers: ["10.96.0.10"],
      search: ["ns.svc.cluster.local", "svc.cluster.local", "cluster.local"],
      ndots: 5,
      timeout: 5,
      attempts: 2,
    });
  });

  it.each([
    ["nothing", "", { servers: ["127.0.0.1"], search: [], ndots: 1, timeout: 5, attempts: 2 }],
    ["the last of search and domain", "search a b\ndomain c.\n", { search: ["c"] }],
    ["the root as the only domain", "search .\n", { search: [] }],
    [
      "at most three servers",
      "nameserver 1.1.1.1\nnameserver ::1\nnameserver 2.2.2.2\nnameserver 3.3.3.3\n",
      { servers: ["1.1.1.1", "::1", "2.2.2.2"] },
    ],
    [
      "numbers beyond the limits",
      "options ndots:99 timeout:0 attempts:77\n",
      { ndots: 15, timeout: 1, attempts: 5 },
    ],
    [
      "options without numbers, and comments",
      "; x\n# y\noptions edns0 trust-ad rotate ndots:2\nnameserver not-an-ip\n",
      { servers: ["127.0.0.1"], ndots: 2 },
    ],
  ])("reads %s", (_title, text, wanted) => {
    expect(parseResolvConf(text)).toMatchObject(wanted);
  });

  it("takes any text", () => {
    const property = fc.property(fc.string(), (text) => void parseResolvConf(text));
    expect(() => fc.assert(property)).not.toThrow();
  });
});

describe("searchedNames", () => {
  const search = ["svc.local", "local"];
  it.each([
    { name: "db", ndots: 1, names: ["db.svc.local", "db.local", "db"] },
    { name: "db.ns", ndots: 1, names: ["db.ns", "db.ns.svc.local", "db.ns.local"] },
    {
      name: "api.example.com",
      ndots: 5,
      names: ["api.example.com.svc.local", "api.example.com.local", "api.example.com"],
    },
    { name: "api.example.com.", ndots: 5, names: ["api.example.com"] },
    { name: "db", ndots: 0, names: ["db", "db.svc.local", "db.local"] },
  ])("looks up $name with ndots:$ndots as $names", ({ name, ndots, names }) => {
    expect(searchedNames(name, { search, ndots })).toEqual(names);
  });
});
