import type { MessagePort } from "node:worker_threads";
import type { Formats } from "../document/formats.ts";
import { ConfigError } from "../document/problems.ts";
import { type ConfigDocument, parseConfig, redactedConfig } from "./config-document.ts";
import { encodeParts, type Part } from "./parts.ts";
import type { Calls, WorkerCall, WorkerReply } from "./protocol.ts";

/**
 * Reads one configuration for another thread.
 * @param port where calls arrive and replies go
 * @param formats those of the probers
 */
export function serveDocument(port: MessagePort, formats: Formats): void {
  let document: ConfigDocument | undefined;
  const opened = (): ConfigDocument => {
    if (document === undefined) throw new Error("the document is not open");
    return document;
  };
  const answerTo = ({ call, request }: WorkerCall): Calls[keyof Calls]["answer"] => {
    switch (call) {
      case "open":
        document = parseConfig(request, formats);
        return document.plugins();
      case "check": {
        const { raw, ...checked } = opened().check(request);
        return { ...checked, parts: encodeParts(raw) };
      }
      case "conclude":
        return opened().conclude(request.remarks, request.hints);
      case "redact":
        return redactedConfig(request.config, request.probers);
    }
  };
  port.on("message", (call: WorkerCall) => {
    const reply = replyTo(() => answerTo(call));
    port.postMessage(reply, transferable(reply));
  });
}

function replyTo(answer: () => Calls[keyof Calls]["answer"]): WorkerReply {
  try {
    return { kind: "answer", answer: answer() };
  } catch (error) {
    if (!(error instanceof ConfigError)) return { kind: "bug", error };
    return { kind: "invalid", problems: error.problems, hints: error.hints };
  }
}

/** Returns the memory of a reply that moves to the other thread without a copy. */
function transferable(reply: WorkerReply): readonly ArrayBuffer[] {
  const hasParts = reply.kind === "answer" && typeof reply.answer === "object" && "parts" in reply.answer;
  const parts: readonly Part[] = hasParts ? reply.answer.parts : [];
  return parts.map(({ json }) => json.buffer);
}
