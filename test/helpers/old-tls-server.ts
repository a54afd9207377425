import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  createHmac,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import type { TestCertificate } from "./certificates.ts";

/** Behaviour of an old server. */
export interface OldTlsOptions {
  /** Its certificate, with an RSA key. */
  readonly certificate: TestCertificate;
  /** The hash of the signature in the handshake. */
  readonly hash: "sha256" | "sha1";
  /** True if it supports secure renegotiation (RFC 5746), which OpenSSL 3 requires by default and OpenSSL always supports. */
  readonly secureRenegotiation: boolean;
  /** True if it ends the connection without a close_notify alert, as many old servers do. */
  readonly abruptEnd?: boolean;
}

/** Code points of TLS 1.2 (RFC 5246, RFC 4492). */
const TLS12 = Buffer.from([3, 3]);
const SUITE = Buffer.from([0xc0, 0x2f]); // ECDHE-RSA-AES128-GCM-SHA256
const P256 = Buffer.from([3, 0, 23]);
const RSA_SIGNATURE = { sha1: Buffer.from([2, 1]), sha256: Buffer.from([4, 1]) };
const RECORD = { changeCipherSpec: 20, alert: 21, handshake: 22, data: 23 };
const MESSAGE = {
  serverHello: 2,
  certificate: 11,
  keyExchange: 12,
  helloDone: 14,
  clientKey: 16,
  finished: 20,
};

const length16 = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length]), bytes]);
const length24 = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from([bytes.length >> 16, bytes.length >> 8, bytes.length]), bytes]);
const message = (type: number, body: Buffer): Buffer => Buffer.concat([Buffer.from([type]), length24(body)]);

/** The pseudorandom function of TLS 1.2 with SHA-256. */
function prf(secret: Buffer, label: string, seed: Buffer, size: number): Buffer {
  const hmac = (data: Buffer): Buffer => createHmac("sha256", secret).update(data).digest();
  const labelled = Buffer.concat([Buffer.from(label), seed]);
  let chain: Buffer = labelled;
  let made: Buffer = Buffer.alloc(0);
  while (made.length < size) {
    chain = hmac(chain);
    made = Buffer.concat([made, hmac(Buffer.concat([chain, labelled]))]);
  }
  return made.subarray(0, size);
}

/**
 * Makes a server of HTTP over TLS 1.2 whose handshake is that of servers older than OpenSSL can be made to act. It knows one
 * cipher suite, makes no session tickets, and answers each connection once, with `hello`.
 */
export function oldTlsServer(options: OldTlsOptions): Server {
  return createServer((socket) => {
    socket.on("error", () => undefined);
    serve(socket, options).catch(() => socket.destroy());
  });
}

interface Keys {
  readonly key: Buffer;
  readonly salt: Buffer;
}

async function serve(
  socket: Socket,
  { certificate, hash, secureRenegotiation, abruptEnd }: OldTlsOptions,
): Promise<void> {
  const records = recordsOf(socket);
  const transcript: Buffer[] = [];
  const exchange = createECDH("prime256v1");
  exchange.generateKeys();
  const random = randomBytes(32);
  const send = (type: number, content: Buffer): void =>
    void socket.write(Buffer.concat([Buffer.from([type]), TLS12, length16(content)]));
  const say = (type: number, body: Buffer): void => {
    const whole = message(type, body);
    transcript.push(whole);
    send(RECORD.handshake, whole);
  };

  const hello = await nextHandshake(records);
  transcript.push(hello);
  const clientRandom = hello.subarray(6, 38);
  const extensions = secureRenegotiation ? length16(Buffer.from([0xff, 0x01, 0, 1, 0])) : Buffer.alloc(0);
  say(
    MESSAGE.serverHello,
    Buffer.concat([TLS12, random, Buffer.from([0]), SUITE, Buffer.from([0]), extensions]),
  );
  const chain = certificate.cert.match(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----/g) ?? [];
  const listed = Buffer.concat(chain.map((pem) => length24(new X509Certificate(pem).raw)));
  say(MESSAGE.certificate, length24(listed));
  const point = exchange.getPublicKey();
  const parameters = Buffer.concat([P256, Buffer.from([point.length]), point]);
  const signature = sign(hash, Buffer.concat([clientRandom, random, parameters]), certificate.key);
  say(MESSAGE.keyExchange, Buffer.concat([parameters, RSA_SIGNATURE[hash], length16(signature)]));
  say(MESSAGE.helloDone, Buffer.alloc(0));

  const clientKey = await nextHandshake(records);
  transcript.push(clientKey);
  const shared = exchange.computeSecret(clientKey.subarray(5));
  const master = prf(shared, "master secret", Buffer.concat([clientRandom, random]), 48);
  const block = prf(master, "key expansion", Buffer.concat([random, clientRandom]), 40);
  const client: Keys = { key: block.subarray(0, 16), salt: block.subarray(32, 36) };
  const server: Keys = { key: block.subarray(16, 32), salt: block.subarray(36, 40) };
  const finished = (label: string): Buffer =>
    message(
      MESSAGE.finished,
      prf(master, label, createHash("sha256").update(Buffer.concat(transcript)).digest(), 12),
    );

  await records.next(); // ChangeCipherSpec
  const wanted = finished("client finished");
  const theirs = open(await records.next(), client, 0);
  if (!theirs.equals(wanted)) throw new Error("the client's Finished message is wrong");
  transcript.push(theirs);
  send(RECORD.changeCipherSpec, Buffer.from([1]));
  send(RECORD.handshake, seal(RECORD.handshake, finished("server finished"), server, 0));

  let request = "";
  for (let i = 1; !request.includes("\r\n\r\n"); i += 1)
    request += open(await records.next(), client, i).toString();
  const reply = Buffer.from("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello");
  send(RECORD.data, seal(RECORD.data, reply, server, 1));
  if (abruptEnd !== true) send(RECORD.alert, seal(RECORD.alert, Buffer.from([1, 0]), server, 2));
  socket.end();
}

interface TlsRecord {
  readonly type: number;
  readonly content: Buffer;
}

/** Splits the bytes of a connection into records. */
function recordsOf(socket: Socket): { next(): Promise<TlsRecord> } {
  const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let buffered = Buffer.alloc(0);
  const fill = async (size: number): Promise<void> => {
    while (buffered.length < size) {
      const { done, value } = await chunks.next();
      if (done === true) throw new Error("the connection ended");
      buffered = Buffer.concat([buffered, value]);
    }
  };
  return {
    async next() {
      await fill(5);
      const end = 5 + buffered.readUInt16BE(3);
      await fill(end);
      const record = { type: buffered[0] ?? 0, content: buffered.subarray(5, end) };
      buffered = buffered.subarray(end);
      if (record.type === RECORD.alert) throw new Error("the client refused");
      return record;
    },
  };
}

async function nextHandshake(records: { next(): Promise<TlsRecord> }): Promise<Buffer> {
  let whole = (await records.next()).content;
  while (whole.length < 4 + whole.readUIntBE(1, 3))
    whole = Buffer.concat([whole, (await records.next()).content]);
  return whole;
}

const header = (type: number, size: number, sequence: number): Buffer => {
  const bytes = Buffer.alloc(13);
  bytes.writeUInt32BE(sequence, 4);
  bytes[8] = type;
  TLS12.copy(bytes, 9);
  bytes.writeUInt16BE(size, 11);
  return bytes;
};

function seal(type: number, content: Buffer, { key, salt }: Keys, sequence: number): Buffer {
  const nonce = Buffer.alloc(8);
  nonce.writeUInt32BE(sequence, 4);
  const cipher = createCipheriv("aes-128-gcm", key, Buffer.concat([salt, nonce]));
  cipher.setAAD(header(type, content.length, sequence));
  return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

function open({ type, content }: TlsRecord, { key, salt }: Keys, sequence: number): Buffer {
  const decipher = createDecipheriv("aes-128-gcm", key, Buffer.concat([salt, content.subarray(0, 8)]));
  const body = content.subarray(8, -16);
  decipher.setAAD(header(type, body.length, sequence));
  decipher.setAuthTag(content.subarray(-16));
  return Buffer.concat([decipher.update(body), decipher.final()]);
}
