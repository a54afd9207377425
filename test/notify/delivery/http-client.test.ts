import { expect, test } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";
import { seconds } from "../../../src/core/units.ts";
import { send } from "../../../src/notify/delivery/http-client.ts";
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
