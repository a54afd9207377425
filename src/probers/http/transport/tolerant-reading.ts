import type { Socket } from "node:net";
import { beginsWithPlainHead, createHeadReader, type HeadReader } from "./response-head.ts";

/** Bytes of the first piece in which a plain head is looked for. */
const MOST_OF_FIRST = 16 * 1024;

/**
 * Mends the heads of the responses that arrive on a socket, before node:http parses them. Called with the event `socket` of a
 * request, when node:http listens for data; its listener is put back as soon as the final head has passed, which is at once for
 * nearly all responses.
 */
export function mendResponseHeads(socket: Socket): void {
  const [parse, ...others] = socket.listeners("data");
  // Node.js would have changed, and reads heads by itself then.
  if (parse === undefined || others.length > 0) return;
  const pass = (chunk: Buffer): void => void Reflect.apply(parse, socket, [chunk]);
  let reader: HeadReader | undefined;

  const onData = (chunk: Buffer): void => {
    if (reader === undefined && beginsWithPlainHead(chunk.toString("latin1", 0, MOST_OF_FIRST))) {
      giveBack();
      return pass(chunk);
    }
    reader ??= createHeadReader();
    const passed = Buffer.from(reader.read(chunk.toString("latin1")), "latin1");
    if (reader.isOver()) giveBack();
    return passed.length > 0 ? pass(passed) : undefined;
  };
  const onEnd = (): void => {
    const rest = reader?.rest() ?? "";
    if (rest !== "") pass(Buffer.from(rest, "latin1"));
  };
  const giveBack = (): void => {
    socket.off("end", onEnd);
    socket.on("data", parse as (chunk: Buffer) => void);
    socket.off("data", onData);
  };
  socket.on("data", onData);
  socket.off("data", parse as (chunk: Buffer) => void);
  socket.prependListener("end", onEnd);
}
