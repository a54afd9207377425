import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import dnsPacket, { type Answer, type DecodedPacket } from "dns-packet";
import { certificates } from "./certificates.ts";

const TTL = 300;
const soa = {
  mname: "ns1.example.com",
  rname: "hostmaster.example.com",
  serial: 2026113001,
  refresh: 7200,
  retry: 900,
  expire: 1_209_600,
  minimum: 300,
};

/** The records of the zone `example.com`, and one name of a cluster. */
const RECORDS: readonly Answer[] = [
  { name: "example.com", type: "SOA", ttl: TTL, data: soa },
  { name: "example.com", type: "NS", ttl: TTL, data: "ns1.example.com" },
  { name: "example.com", type: "NS", ttl: TTL, data: "ns2.example.com" },
  { name: "example.com", type: "MX", ttl: TTL, data: { preference: 10, exchange: "mail.example.com" } },
  { name: "example.com", type: "TXT", ttl: TTL, data: 'v=spf1 include:"mail".example.com -all' },
  { name: "www.example.com", type: "A", ttl: TTL, data: "192.0.2.1" },
  { name: "www.example.com", type: "AAAA", ttl: TTL, data: "2001:db8::1" },
  { name: "kubernetes.default.svc.cluster.local", type: "A", ttl: 5, data: "10.96.0.1" },
];

/** An authoritative name server on loopback. */
export interface ZoneServer extends AsyncDisposable {
  /** The port for UDP and TCP. */
  readonly port: number;
  /** The port for TLS. */
  readonly tlsPort: number;
}

/** Starts an authoritative server for the zone `example.com`, over UDP, TCP and TLS. */
export async function startZone(): Promise<ZoneServer> {
  const sockets = new Set<Socket>();
  const serve = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    let received = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const reply = replyTo(received.subarray(2, 2 + received.readUInt16BE(0)));
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      socket.write(Buffer.concat([length, reply]));
      received = received.subarray(2 + received.readUInt16BE(0));
    });
  };
  const tcp = createServer(serve).listen(0, "127.0.0.1");
  await once(tcp, "listening");
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket("udp4");
  udp.on("message", (message, from) => udp.send(replyTo(message), from.port, from.address));
  udp.bind(port, "127.0.0.1");
  await once(udp, "listening");
  const tls = createTlsServer(certificates.good, serve).listen(0, "127.0.0.1");
  tls.on("tlsClientError", () => undefined);
  await once(tls, "listening");
  return {
    port,
    tlsPort: (tls.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      udp.close();
      for (const server of [tcp, tls]) server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function replyTo(message: Buffer): Buffer {
  const query: DecodedPacket = dnsPacket.decode(message);
  const question = query.questions?.[0];
  const name = question?.name.toLowerCase() ?? "";
  const known = RECORDS.filter((record) => record.name === name);
  const answers = known.filter(({ type }) => String(question?.type) === "ANY" || type === question?.type);
  const authority = answers.length > 0 ? [] : RECORDS.slice(0, 1);
  const rcode = known.length > 0 ? 0 : 3;
  const recursion = query.flag_rd ? dnsPacket.RECURSION_DESIRED : 0;
  return Buffer.from(
    dnsPacket.encode({
      type: "response",
      id: query.id ?? 0,
      flags: dnsPacket.AUTHORITATIVE_ANSWER | recursion | rcode,
      questions: question === undefined ? [] : [question],
      answers,
      authorities: authority,
    }),
  );
}
