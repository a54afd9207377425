import { openAllowed } from "../../../src/probers/heartbeat-log/allowed-files.ts";

/** Opens a file if it is in `root`, and returns its beginning; otherwise the reason of the refusal. */
export async function contentOrReason(path: string, root: string): Promise<string> {
  const opened = await openAllowed(path, [root]);
  if ("reason" in opened) return opened.reason;
  const { buffer, bytesRead } = await opened.handle.read(Buffer.alloc(4096), 0, 4096, 0);
  await opened.handle.close();
  return buffer.toString("utf8", 0, bytesRead);
}
