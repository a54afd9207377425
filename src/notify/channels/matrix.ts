import type { ChannelOptions } from "../../core/channel.ts";
import { escapeHtml } from "../../core/escape.ts";
import { isObject } from "../../core/json-object.ts";
import { boundedWait } from "../../core/retry-after.ts";
import { bytesOf, type HttpPreset, withLink } from "./preset.ts";

/**
 * A room of Matrix. The id of the message is that of the transaction, so a message that is sent again appears once. An event has
 * at most 65,536 bytes, here with the text twice.
 * https://spec.matrix.org/latest/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
 */
export const matrix: HttpPreset<ChannelOptions["matrix"]> = {
  limits: { title: 500, body: 20_000, size: (text) => bytesOf(JSON.stringify(escapeHtml(text))) },
  async request({ homeserver, room, token }, { title, body }, message) {
    const path = [room, "send", "m.room.message", message.id].map(encodeURIComponent).join("/");
    const text = withLink(body, message);
    return {
      method: "PUT",
      url: `${homeserver.replace(/\/$/, "")}/_matrix/client/v3/rooms/${path}`,
      headers: { authorization: `Bearer ${await token.reveal()}` },
      body: {
        msgtype: "m.text",
        body: `${title}\n${text}`,
        format: "org.matrix.custom.html",
        formatted_body: `<strong>${escapeHtml(title)}</strong><br>${escapeHtml(text).replaceAll("\n", "<br>")}`,
      },
    };
  },
  /** https://spec.matrix.org/latest/client-server-api/#rate-limiting */
  retryAfter(body) {
    const wait = isObject(body) ? body["retry_after_ms"] : undefined;
    return boundedWait(typeof wait === "number" ? wait / 1000 : undefined);
  },
};
