import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";
import { knownSecret } from "../../../src/core/secret.ts";
import { seconds } from "../../../src/core/units.ts";
import { send } from "../../../src/notify/delivery/http-client.ts";
import { certificates } from "../../differential/targets/certificates.ts";
import { oldServers } from "../../differential/targets/old-servers.ts";
import { startReceiver } from "../receiver.ts";

test.each([
  { name: "a wait that the receiver asks for", retryAfter: "7", wait: 7 },
  { name: "an hour for a longer wait", retryAfter: "9999999", wait: 3600 },
  { name: "no wait for words", retryAfter: "soon", wait: undefined },
])("returns $name", async ({ retryAfter, wait }) => {
  await using receiver = await startReceiver(() => ({ status: 429, retryAfter }));
  const request = {
    method: "POST",
    url: receiver.url,
    headers: {},
    timeout: seconds(5),
    tls: { insecureSkipVerify: false },
    maxBodyBytes: 0,
  };
  const reply = await send(request, new AbortController().signal, systemClock);
  expect(reply).toEqual({
    kind: "answer",
    status: 429,
    body: "",
    ...(wait === undefined ? {} : { retryAfter: wait }),
  });
});

const oldReceivers = [
  { at: "rsa1024", verified: "answer", skipped: "answer" },
  { at: "noRenegotiationInfo", verified: "answer", skipped: "answer" },
  { at: "sha1Handshake", verified: "answer", skipped: "answer" },
  { at: "rsaExchange", verified: "answer", skipped: "answer" },
  { at: "sha1", verified: "failed", skipped: "answer" },
  { at: "belowSha1", verified: "failed", skipped: "answer" },
  { at: "belowRsa512", verified: "failed", skipped: "answer" },
] as const;

test.each(oldReceivers)(
  "an old receiver, $at: verified $verified, else $skipped",
  async ({ at, verified, skipped }) => {
    const server = oldServers[at]((_, response) => response.end());
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const request = {
      method: "GET",
      url: `https://127.0.0.1:${port}/`,
      headers: {},
      timeout: seconds(5),
      maxBodyBytes: 0,
    };
    const settings = [
      { insecureSkipVerify: false, ca: knownSecret(certificates.root.cert) },
      { insecureSkipVerify: true },
    ];
    const replies = settings.map((tls) =>
      send({ ...request, tls }, new AbortController().signal, systemClock),
    );
    expect((await Promise.all(replies)).map(({ kind }) => kind)).toEqual([verified, skipped]);
  },
);
