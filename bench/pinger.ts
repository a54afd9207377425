/**
 * Pings at a steady rate over kept connections, in a process of its own so that its work is not counted as the
 * exporter's. Each message of the parent is a load; the answer tells what came of it. It writes plain HTTP/1.1 to its
 * sockets, because a client that costs more than the server would be what is measured.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** What the parent asks for. */
export interface PingLoad {
  readonly port: number;
  /** How many heartbeats ping in turn: `machine-0` and so on. */
  readonly machines: number;
  /** `most`: each connection pings again as soon as it is answered. */
  readonly perSecond: number | "most";
  readonly seconds: number;
}

/** What came of it. */
export interface PingReport {
  readonly sent: number;
  readonly answered: number;
  readonly tookSeconds: number;
  /** How long answers took, in milliseconds, each. */
  readonly latencies: readonly number[];
}

const CONNECTIONS = 50;
const TICK_MS = 5;
const PATIENCE_MS = 5_000;

async function run({ port, machines, perSecond, seconds }: PingLoad): Promise<PingReport> {
  if (perSecond === "most") return runClosed({ port, machines, perSecond, seconds });
  let [sent, answered] = [0, 0];
  const latencies: number[] = [];
  const waiting = new Map<Socket, number[]>();
  const open = async (): Promise<Socket> => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    waiting.set(socket, []);
    socket.setEncoding("latin1").on("data", (text: string) => {
      for (const part of text.split("HTTP/1.1 ").slice(1)) {
        const begin = waiting.get(socket)?.shift() ?? 0;
        if (!part.startsWith("200")) continue;
        answered += 1;
        latencies.push(performance.now() - begin);
      }
    });
    socket.on("error", () => {});
    await once(socket, "connect");
    return socket;
  };
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, open));

  const begin = performance.now();
  const total = perSecond * seconds;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(total, ((performance.now() - begin) / 1000) * perSecond);
      for (; sent < due; sent += 1) {
        const socket = sockets[sent % CONNECTIONS];
        if (socket === undefined) continue;
        waiting.get(socket)?.push(performance.now());
        socket.write(`GET /ping/machine-${sent % machines} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      }
      if (sent < total) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  const patience = performance.now() + PATIENCE_MS;
  const allAnswered = (): boolean => answered >= sent;
  while (!allAnswered() && performance.now() < patience)
    await new Promise((resolve) => setTimeout(resolve, 10));
  const tookSeconds = (performance.now() - begin) / 1000;
  for (const socket of sockets) socket.destroy();
  return { sent, answered, tookSeconds, latencies };
}

/** Keeps one ping in flight on each connection. */
async function runClosed({ port, machines, seconds }: PingLoad): Promise<PingReport> {
  let [sent, answered] = [0, 0];
  const latencies: number[] = [];
  const begin = performance.now();
  const isOver = (): boolean => performance.now() - begin >= seconds * 1000;
  const client = async (): Promise<void> => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    while (!isOver()) {
      const at = performance.now();
      socket.write(`GET /ping/machine-${sent % machines} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      sent += 1;
      const [data] = (await once(socket, "data")) as [Buffer];
      if (!data.toString("latin1").startsWith("HTTP/1.1 200")) continue;
      answered += 1;
      latencies.push(performance.now() - at);
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  return { sent, answered, tookSeconds: (performance.now() - begin) / 1000, latencies };
}

process.on("message", (load: PingLoad) => void run(load).then((report) => process.send?.(report)));
process.on("disconnect", () => process.exit());
