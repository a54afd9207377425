// A prober for Redis: connects, sends PING and expects PONG.
import { defineProber, failed, gauge, NETWORK_REASONS, sample, succeeded } from "heartbeat-exporter/plugin";

const pingDuration = gauge("probe_redis_ping_duration_seconds", "Time from PING to the reply");

export default defineProber<{ password_file?: string }, { password?: { reveal(): Promise<string> } }>({
  kind: "redis",
  schema: {
    type: "object",
    properties: { password_file: { type: "string", description: "File with the password." } },
    additionalProperties: false,
  },
  costly: false,
  metrics: [pingDuration],
  reasons: [...NETWORK_REASONS, "timeout", "network", "content_mismatch"],
  compile: ({ password_file: file }, context) =>
    file === undefined ? {} : { password: context.secretFile(file, ["password_file"]) },
  // Without this, anyone could have the password sent to a server of their own by `?target=`.
  configuredOnly: ({ password }) => password !== undefined,
  objection: ({ address }) =>
    /^[^:/]+:\d+$/.test(address) ? undefined : { part: "target", want: "host:port" },
  async probe({ address }, { password }, { signal, clock, log, network }) {
    const [host = "", port] = address.split(":");
    const login = password === undefined ? "" : `AUTH ${JSON.stringify(await password.reveal())}\r\n`;
    const started = clock.monotonic();
    const opened = await network.connect({ host, port: Number(port) });
    if (!opened.ok) return { outcome: opened, samples: [] };
    const { socket } = opened;
    try {
      let reply = "";
      socket.write(`${login}PING\r\n`);
      for await (const chunk of socket) {
        reply += String(chunk);
        if (/^(\+PONG|-.*)\r\n$/m.test(reply)) break;
      }
      log("received", { reply });
      if (!reply.includes("+PONG")) return { outcome: failed("content_mismatch", reply), samples: [] };
      const duration = clock.monotonic() - started;
      return { outcome: succeeded, samples: [sample(pingDuration, duration)] };
    } catch (error) {
      const reason = signal.aborted ? "timeout" : "network";
      return { outcome: failed(reason, String(error)), samples: [] };
    } finally {
      socket.destroy();
    }
  },
});
