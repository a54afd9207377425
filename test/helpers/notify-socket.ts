import { join } from "node:path";
import { start, waitUntil } from "./process.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A socket on which a service tells how it is, as systemd has one; `await using` closes it. */
export interface NotifySocket extends AsyncDisposable {
  /** The address, for `NOTIFY_SOCKET`. */
  readonly path: string;
  /** Returns the messages so far, each as its lines. */
  messages(): readonly (readonly string[])[];
  /** Waits for a message with a line after the first `from` messages, and returns it. */
  waitFor(line: string | RegExp, from?: number): Promise<readonly string[]>;
}

/** Node.js has no datagram sockets of Unix. A sender waits until the descriptor that it sends is closed. */
const LISTENER = `
import json, os, socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
print("ready", flush=True)
while True:
    data, descriptors, _, _ = socket.recv_fds(listener, 65536, 16)
    for descriptor in descriptors:
        os.close(descriptor)
    print(json.dumps(data.decode().split("\\n")), flush=True)
`;

/** Opens a {@link NotifySocket}. */
export async function openNotifySocket(): Promise<NotifySocket> {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder());
  const path = join(folder.path, "notify");
  const listener = resources.use(start(["python3", "-c", LISTENER, path]));
  await listener.waitForOutput(/ready/);
  const owned = resources.move();
  const messages = (): readonly (readonly string[])[] =>
    listener
      .stdout()
      .split("\n")
      .filter((line) => line.startsWith("["))
      .map((line) => JSON.parse(line) as string[])
      .filter((lines) => lines[0] !== "BARRIER=1");
  return {
    path,
    messages,
    waitFor: (wanted, from = 0) =>
      waitUntil(`the message ${wanted}`, () =>
        messages()
          .slice(from)
          .find((lines) =>
            lines.some((line) => (typeof wanted === "string" ? line === wanted : wanted.test(line))),
          ),
      ),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
