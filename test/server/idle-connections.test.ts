import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { closeIdleConnections } from "../../src/server/front/idle-connections.ts";

const REQUEST = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
/** A request that is answered later than the connection would be closed. */
const SLOW = REQUEST.replace("/", "/slow");
const SLOW_MS = 500;

/** Starts a server, sends a request over a connection, and waits for its answer. */
async function connected(): Promise<
  { server: Server; client: Socket; received: () => string } & AsyncDisposable
> {
  const server = createServer({ keepAliveTimeout: 50, keepAliveTimeoutBuffer: 0 }, (req, res) => {
    setTimeout(() => res.end("OK"), req.url === "/slow" ? SLOW_MS : 0);
  });
  closeIdleConnections(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1").setEncoding("utf8");
  let text = "";
  client.on("data", (part: string) => {
    text += part;
  });
  client.on("error", () => {});
  client.write(REQUEST);
  await once(client, "data");
  return {
    server,
    client,
    received: () => text,
    async [Symbol.asyncDispose]() {
      client.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

describe("an idle connection", () => {
  it("is closed after its timeout", async () => {
    await using world = await connected();
    await once(world.client, "close");
    expect(world.received().match(/200 OK/g)).toHaveLength(1);
  });

  it("is not closed if a request waits in it when the timeout is noticed", async () => {
    await using world = await connected();
    const [socket] = (await new Promise<Socket[]>((resolve) => {
      world.server.once("timeout", (timedOut: Socket) => {
        // As if it had arrived while the process was stopped.
        world.client.write(SLOW);
        resolve([timedOut]);
      });
    })) as [Socket];
    await once(world.client, "data");
    expect(world.received().match(/200 OK/g)).toHaveLength(2);
    expect(socket.destroyed).toBe(false);
  });
});
