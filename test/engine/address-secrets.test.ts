import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { catalogue } from "../../src/catalogue/index.ts";
import { failed, type ProbeResult } from "../../src/core/prober.ts";
import type { LogLine } from "../../src/core/result.ts";
import { seconds } from "../../src/core/units.ts";
import { withoutAddressSecrets } from "../../src/engine/address-secrets.ts";

const SECRET = "s3cr3t-t0ken";
const ADDRESS = `https://api.test/v1?key=${SECRET}`;

/** Texts as probers and targets write them: with the secret, encoded in another way, and without it. */
const texts = fc.oneof(
  fc.string(),
  fc.constantFrom(
    ADDRESS,
    `got ${ADDRESS} twice: ${ADDRESS}`,
    `"${SECRET}"`,
    `Basic ${Buffer.from(SECRET).toString("base64")}`,
    "api.test",
  ),
);

/** Fields of a line of the log: any plain data. */
const { fields } = fc.letrec((tie) => ({
  fields: fc.dictionary(fc.string(), tie("value"), { maxKeys: 4 }),
  value: fc.oneof(
    { depthSize: "small" },
    texts,
    fc.double(),
    fc.boolean(),
    fc.constantFrom(null, undefined),
    fc.array(tie("value"), { maxLength: 3 }),
    tie("fields"),
  ),
})) as unknown as { fields: fc.Arbitrary<Record<string, unknown>> };

const outputs = fc.record({
  detail: texts,
  label: texts,
  warning: texts,
  lines: fc.array(fc.record({ message: texts, fields }), { maxLength: 4 }),
});

describe("withoutAddressSecrets", () => {
  it("leaves no form of a secret in any text, everything else as it was, and its input unchanged", () => {
    fc.assert(
      fc.property(outputs, ({ detail, label, warning, lines }) => {
        const probed: ProbeResult = {
          outcome: failed("connect", detail),
          samples: [
            { metric: catalogue.probeFailureReason, value: 1, labels: { reason: label } },
            { metric: catalogue.probeSuccess, value: 0 },
          ],
          warnings: [{ topic: "topic", message: warning }],
        };
        const log: LogLine[] = lines.map((line) => ({ at: seconds(0.5), ...line }));
        const before = structuredClone({ probed, log });

        const output = withoutAddressSecrets({ address: ADDRESS, configured: true }, { probed, log });

        const shown = JSON.stringify(output);
        for (const form of [SECRET, Buffer.from(SECRET).toString("base64")])
          expect(shown).not.toContain(form);
        expect({ probed, log }).toEqual(before);
        expect(JSON.parse(shown)).toEqual(JSON.parse(hidden(JSON.stringify({ probed, log }))));
      }),
    );
  });

  it("copies nothing that has no secret", () => {
    const samples = [{ metric: catalogue.probeFailureReason, value: 1, labels: { reason: "connect" } }];
    const log: LogLine[] = [{ at: seconds(0), message: "resolved", fields: { addresses: ["127.0.0.1"] } }];
    const probed: ProbeResult = { outcome: failed("connect", "refused"), samples };
    const output = withoutAddressSecrets({ address: ADDRESS, configured: true }, { probed, log });
    expect(output.log).toBe(log);
    expect(output.probed.samples[0]).toBe(samples[0]);
  });

  it("returns the output itself if the address has no secret", () => {
    const output = { probed: { outcome: failed("connect", "refused"), samples: [] }, log: [] };
    expect(withoutAddressSecrets({ address: "https://api.test/v1", configured: true }, output)).toBe(output);
  });
});

/** Returns a text with every form of the secret replaced: the whole address, its parameter, and that in Base64. */
const hidden = (text: string): string =>
  text.replaceAll(SECRET, "<secret>").replaceAll(Buffer.from(SECRET).toString("base64"), "<secret>");
