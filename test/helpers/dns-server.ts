import { createSocket } from "node:dgram";
import { once } from "node:events";
import dnsPacket, { type Answer } from "dns-packet";

/** The reply to one question: addresses, an error code, or none at all. */
export type DnsReply =
  | readonly string[]
  | "NXDOMAIN"
  | "SERVFAIL"
  | "REFUSED"
  /** The server never answers. */
  | "silence"
  /** The server answers after so many milliseconds. */
  | { readonly after: number; readonly addresses: readonly string[] };

/** A real name server on loopback, over UDP, that answers as a test says. */
export interface DnsServer extends AsyncDisposable {
  readonly port: number;
  /** `name type` of each question, in order. */
  readonly questions: readonly string[];
}

const RCODES = { NXDOMAIN: 3, SERVFAIL: 2, REFUSED: 5 } as const;

/** @param replyTo the addresses of a name, of both IP versions; those of the other version than was asked are left out */
export async function startDnsServer(
  replyTo: (name: string) => DnsReply,
  { address = "127.0.0.1", port = 0 } = {},
): Promise<DnsServer> {
  const socket = createSocket("udp4");
  const questions: string[] = [];
  const timers = new Set<NodeJS.Timeout>();
  socket.on("message", (message, from) => {
    const query = dnsPacket.decode(message);
    const question = query.questions?.[0];
    if (question === undefined) return;
    questions.push(`${question.name} ${question.type}`);
    const reply = replyTo(question.name.toLowerCase());
    if (reply === "silence") return;
    const send = (rcode: number, addresses: readonly string[]): void => {
      const wanted = addresses.filter((each) => each.includes(":") === (question.type === "AAAA"));
      const answers = wanted.map(
        (data): Answer => ({
          name: question.name,
          type: question.type === "AAAA" ? "AAAA" : "A",
          ttl: 60,
          data,
        }),
      );
      const flags = dnsPacket.RECURSION_DESIRED | dnsPacket.RECURSION_AVAILABLE | rcode;
      socket.send(
        dnsPacket.encode({ type: "response", id: query.id ?? 0, flags, questions: [question], answers }),
        from.port,
        from.address,
      );
    };
    if (typeof reply === "string") send(RCODES[reply], []);
    else if ("after" in reply) timers.add(setTimeout(() => send(0, reply.addresses), reply.after));
    else send(0, reply);
  });
  socket.bind(port, address);
  await once(socket, "listening");
  return {
    port: socket.address().port,
    questions,
    [Symbol.asyncDispose]: async () => {
      for (const timer of timers) clearTimeout(timer);
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}
