import fc from "fast-check";
import { expect, test } from "vitest";
import { clientSource } from "../../src/server/client-source.ts";

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["::1", "0:0:0:0::/64"],
  ["::", "0:0:0:0::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["2001:db8:0:0:1:2:3:4", "2001:db8:0:0::/64"],
  ["2001:DB8:0001::", "2001:db8:1:0::/64"],
  ["1:2:3:4:5:6:7:8", "1:2:3:4::/64"],
  ["64:ff9b::192.0.2.7", "64:ff9b:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  [undefined, "unix socket"],
])("the source of %s is %s", (address, source) => {
  expect(clientSource(address)).toBe(source);
});

test("all addresses of one network of IPv6 are one source, and those of two are two", () => {
  const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 });
  const text = (all: readonly number[]): string =>
    // As the operating system writes it: with `::` for zeros.
    new URL(`http://[${all.map((group) => group.toString(16)).join(":")}]/`).hostname.slice(1, -1);
  fc.assert(
    fc.property(groups, groups, groups, groups, (network, other, host, second) => {
      const source = clientSource(text([...network, ...host]));
      expect(clientSource(text([...network, ...second]))).toBe(source);
      expect(clientSource(text([...other, ...host])) === source).toBe(String(other) === String(network));
    }),
  );
});
