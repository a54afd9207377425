import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createKeyShares,
  firstShares,
  GROUP_NAMES,
  type Group,
  groupList,
  sharesIn,
  withShare,
} from "../../src/network/key-shares.ts";

describe("the shares of a first handshake", () => {
  it.each<[readonly Group[], readonly Group[]]>([
    [GROUP_NAMES, ["X25519MLKEM768", "X25519"]],
    [["X25519MLKEM768", "P-256"], ["X25519MLKEM768"]],
    [["X25519", "X25519MLKEM768"], ["X25519"]],
    [["P-256"], ["P-256"]],
  ])("of %s are %s", (groups, shares) => {
    expect(firstShares(groups)).toEqual(shares);
  });

  it("are marked in the list for OpenSSL, which keeps its order with another share", () => {
    expect(groupList(GROUP_NAMES, firstShares(GROUP_NAMES))).toBe(
      "*X25519MLKEM768:*X25519:P-256:P-384:P-521",
    );
    expect(withShare("*X25519MLKEM768:*X25519:P-256", "X25519")).toBe("X25519MLKEM768:*X25519:P-256");
    expect(sharesIn("X25519MLKEM768:*X25519:P-256")).toEqual(["X25519"]);
  });
});

describe("later handshakes", () => {
  const shares: readonly Group[] = ["X25519MLKEM768", "X25519"];

  it("send the share that the server chose", () => {
    const known = createKeyShares(shares);
    expect(known.choice("a")).toBeUndefined();
    known.record("a", "X25519");
    expect([known.choice("a"), known.choice("b")]).toEqual(["X25519", undefined]);
  });

  it("send all shares to a server that chose a group without one", () => {
    const known = createKeyShares(shares);
    known.record("a", "P-256");
    expect(known.choice("a")).toBeUndefined();
  });

  it("send all shares again once the choice has changed, whatever follows", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom<Group>(...GROUP_NAMES)), (groups) => {
        const known = createKeyShares(shares);
        for (const group of ["X25519", "P-256", ...groups] as const) known.record("a", group);
        expect(known.choice("a")).toBeUndefined();
      }),
    );
  });
});
