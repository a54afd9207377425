import { generateKeyPairSync } from "node:crypto";
import type { RequestListener } from "node:http";
import { createServer as createHttpsServer, type ServerOptions } from "node:https";
import type { Server } from "node:net";
import type { TLSSocket } from "node:tls";
import { curveKey, makeCertificate, rsaKey, type TestCertificate } from "../../helpers/certificates.ts";
import { type OldTlsOptions, oldTlsServer } from "../../helpers/old-tls-server.ts";
import { certificates, names } from "./certificates.ts";

const { root } = certificates;
const leaf = (request: Parameters<typeof makeCertificate>[0]): TestCertificate & { subjectDer: Buffer } =>
  makeCertificate({ names, issuer: root, ...request });
const authority = (name: string, request: Parameters<typeof makeCertificate>[0]): typeof root =>
  makeCertificate({ subject: [["CN", name]], authority: true, issuer: root, ...request });
const below = (issuer: typeof root, request: Parameters<typeof makeCertificate>[0] = {}): TestCertificate => {
  const { cert, key } = leaf({ ...request, issuer });
  return { cert: cert + issuer.cert, key };
};

const key1024 = rsaKey(1024);
const key2048 = rsaKey(2048);
const ed25519 = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();

/** The root's name, key and a SHA-1 signature of another root: a chain may lead through it or end before it. */
const rootSignedBySha1 = makeCertificate({
  subject: [["CN", "root"]],
  authority: true,
  issuer: certificates.otherRoot,
  key: root.key,
  hash: "sha1",
});

/** Certificates of a kind that was common once, each below the root if its name does not say otherwise. */
export const oldCertificates = {
  rsa1024: leaf({ key: key1024 }),
  rsa2048: leaf({ key: key2048 }),
  rsa512: leaf({ key: rsaKey(512) }),
  rsa1024Alone: makeCertificate({ names, key: key1024 }),
  belowRsa1024: below(authority("short", { key: rsaKey(1024) })),
  belowRsa512: below(authority("tiny", { key: rsaKey(512) })),
  sha1: leaf({ hash: "sha1" }),
  sha1OfRsa: below(authority("rsa", { key: rsaKey(2048) }), { hash: "sha1" }),
  md5OfRsa: below(authority("old", { key: rsaKey(2048) }), { hash: "md5", key: key2048 }),
  belowSha1: below(authority("weak", { hash: "sha1" })),
  sha1Alone: makeCertificate({ names, hash: "sha1" }),
  sha1AboveRoot: { cert: certificates.good.cert + rootSignedBySha1.cert, key: certificates.good.key },
  sha1Client: makeCertificate({ subject: [["CN", "client"]], issuer: root, key: rsaKey(1024), hash: "sha1" }),
  p224: leaf({ key: curveKey("secp224r1") }),
  p521: leaf({ key: curveKey("secp521r1") }),
  secp256k1: leaf({ key: curveKey("secp256k1") }),
  ed25519: leaf({ key: ed25519 }),
} as const satisfies Record<string, TestCertificate>;

const DHE = { dhparam: "auto" } as const;
const anything = (ciphers = "DEFAULT"): Pick<ServerOptions, "ciphers"> => ({
  ciphers: `${ciphers}:@SECLEVEL=0`,
});
const only12 = { maxVersion: "TLSv1.2" } as const;
const { rsa1024, rsa2048 } = oldCertificates;

const node =
  (options: ServerOptions) =>
  (handle: RequestListener): Server =>
    createHttpsServer({ ...anything(), ...options }, handle);
const byHand = (options: Partial<OldTlsOptions>) => (): Server =>
  oldTlsServer({ certificate: rsa2048, hash: "sha256", secureRenegotiation: true, ...options });

/** A server that wants to renegotiate after the handshake, as those do that ask for a client certificate late. */
const renegotiating = (handle: RequestListener): Server =>
  createHttpsServer({ ...rsa2048, ...only12 }, (request, response) => {
    (request.socket as TLSSocket).renegotiate({}, () => handle(request, response));
  });

/** Servers with certificates, versions or handshakes of former times. */
export const oldServers = {
  ...(Object.fromEntries(
    Object.entries(oldCertificates).map(([name, certificate]) => [name, node(certificate)]),
  ) as Record<keyof typeof oldCertificates, ReturnType<typeof node>>),
  noRenegotiationInfo: byHand({ secureRenegotiation: false }),
  noRenegotiationInfoRsa1024: byHand({ secureRenegotiation: false, certificate: rsa1024 }),
  renegotiationInfo: byHand({}),
  sha1Handshake: byHand({ hash: "sha1" }),
  sha1HandshakeOld: byHand({ hash: "sha1", secureRenegotiation: false, certificate: rsa1024 }),
  abruptEnd: byHand({ abruptEnd: true }),
  renegotiating,
  rsaTls10: node({ ...rsa1024, minVersion: "TLSv1", maxVersion: "TLSv1" }),
  rsaTls11: node({ ...rsa2048, minVersion: "TLSv1", maxVersion: "TLSv1.1" }),
  sha1Tls10: node({ ...oldCertificates.sha1, minVersion: "TLSv1", maxVersion: "TLSv1" }),
  rsa1024Tls12: node({ ...rsa1024, ...only12 }),
  ecdheCbc: node({ ...rsa2048, ...only12, ...anything("ECDHE-RSA-AES128-SHA") }),
  ecdheCbc256: node({ ...rsa2048, ...only12, ...anything("ECDHE-RSA-AES256-SHA") }),
  ecdheCbcSha256: node({ ...rsa2048, ...only12, ...anything("ECDHE-RSA-AES128-SHA256") }),
  ecdheCbcSha384: node({ ...rsa2048, ...only12, ...anything("ECDHE-RSA-AES256-SHA384") }),
  chacha: node({ ...rsa2048, ...only12, ...anything("ECDHE-RSA-CHACHA20-POLY1305") }),
  rsaExchange: node({ ...rsa2048, ...only12, ...anything("AES128-SHA") }),
  rsaExchangeGcm: node({ ...rsa2048, ...only12, ...anything("AES256-GCM-SHA384") }),
  dhe: node({ ...rsa2048, ...only12, ...DHE, ...anything("DHE-RSA-AES128-GCM-SHA256") }),
  dheCbc: node({ ...rsa2048, ...only12, ...DHE, ...anything("DHE-RSA-AES128-SHA") }),
  p256Only: node({ ...rsa2048, ...only12, ecdhCurve: "prime256v1" }),
  p521Only: node({ ...rsa2048, ecdhCurve: "secp521r1" }),
  x448Only: node({ ...rsa2048, ecdhCurve: "X448" }),
  // OpenSSL would not offer its chain to a client that names its signatures, as Go does.
  md5: byHand({ certificate: oldCertificates.md5OfRsa }),
  clientWantedOld: node({ ...rsa2048, ...only12, ca: root.cert, requestCert: true }),
  sha1Only: node({ ...rsa2048, ...only12, sigalgs: "RSA+SHA1" }),
} as const;
