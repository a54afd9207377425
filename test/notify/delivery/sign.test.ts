import { describe, expect, test } from "vitest";
import { timestamp } from "../../../src/core/units.ts";
import { signatureHeaders } from "../../../src/notify/delivery/sign.ts";
import { run } from "../../helpers/process.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

const BODY = Buffer.from('{"event":"machine.offline","text":"\u00e4\u{1f4a5}"}');
const SIGNED = { id: "evt_1", body: BODY, at: timestamp(1_757_943_000.9) };

/** Computes a digest with openssl, independently of the code under test. */
async function openssl(content: Buffer, key: string, form: readonly string[]): Promise<Buffer> {
  await using folder = await temporaryFolder();
  const file = await folder.write("body", "");
  const { writeFile, readFile } = await import("node:fs/promises");
  await writeFile(file, content);
  const out = `${file}.out`;
  const { code, stderr } = await run([
    "openssl",
    "dgst",
    "-sha256",
    ...form,
    key,
    "-binary",
    "-out",
    out,
    file,
  ]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return readFile(out);
}

const hmac = (content: Buffer, key: string): Promise<Buffer> => openssl(content, key, ["-hmac"]);

describe("a signature", () => {
  test("equals openssl's for the same bytes", async () => {
    const headers = signatureHeaders(SIGNED, "a key");
    expect(headers).toEqual({
      "X-Webhook-Signature": `sha256=${(await hmac(BODY, "a key")).toString("hex")}`,
      "webhook-id": "evt_1",
      "webhook-timestamp": "1757943000",
      "webhook-signature": `v1,${(await hmac(Buffer.concat([Buffer.from("evt_1.1757943000."), BODY]), "a key")).toString("base64")}`,
    });
  });

  test("is made with both keys during a rotation", async () => {
    const headers = signatureHeaders(SIGNED, "new", "old");
    const [newer, older] = (headers["webhook-signature"] ?? "").split(" ");
    expect(newer).toBe(signatureHeaders(SIGNED, "new")["webhook-signature"]);
    expect(older).toBe(signatureHeaders(SIGNED, "old")["webhook-signature"]);
    expect(headers["X-Webhook-Signature"]).toBe(`sha256=${(await hmac(BODY, "new")).toString("hex")}`);
    expect(headers["X-Webhook-Signature-Previous"]).toBe(
      `sha256=${(await hmac(BODY, "old")).toString("hex")}`,
    );
  });

  test("decodes a key in the format of Standard Webhooks", () => {
    const key = `whsec_${Buffer.from("a key").toString("base64")}`;
    expect(signatureHeaders(SIGNED, key)).toEqual(signatureHeaders(SIGNED, "a key"));
  });

  // The test vector of the Standard Webhooks libraries.
  test("equals the test vector of the Standard Webhooks libraries", () => {
    const headers = signatureHeaders(
      {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        body: Buffer.from('{"test": 2432232314}'),
        at: timestamp(1614265330),
      },
      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    );
    expect(headers["webhook-signature"]).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  });
});
