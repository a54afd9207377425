import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A certificate and its private key, both in PEM. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** The fields of a certificate; each has a default. */
export interface CertificateRequest {
  /** Attributes in order: a dotted OID or one of the short names below, and the value. */
  readonly subject?: readonly (readonly [type: string, value: string])[];
  /** Alternative names, as `DNS:name` or `IP:address`. */
  readonly names?: readonly string[];
  /** A day ago by default. */
  readonly notBefore?: Date;
  /** In 30 days by default. */
  readonly notAfter?: Date;
  /** Marks it as a certificate authority. */
  readonly authority?: boolean;
  readonly serial?: Buffer;
  /** The certificate that signs it; without one it signs itself. */
  readonly issuer?: TestCertificate & { readonly subjectDer?: Buffer };
  /** The private key (PEM): of an earlier certificate, for cross-signing, or of another kind; a new P-256 key by default. */
  readonly key?: string;
  /** The hash that it is signed with; SHA-256 by default. Not used by Ed25519. */
  readonly hash?: "sha256" | "sha1" | "md5";
}

const DAY = 86_400_000;
const OIDS: Readonly<Record<string, string>> = {
  CN: "2.5.4.3",
  serialNumber: "2.5.4.5",
  C: "2.5.4.6",
  L: "2.5.4.7",
  ST: "2.5.4.8",
  street: "2.5.4.9",
  O: "2.5.4.10",
  OU: "2.5.4.11",
  postalCode: "2.5.4.17",
  emailAddress: "1.2.840.113549.1.9.1",
};

/** Signature algorithms by the kind of the signing key and the hash. */
const SIGNATURES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ec: { sha256: "1.2.840.10045.4.3.2", sha1: "1.2.840.10045.4.1" },
  rsa: { sha256: "1.2.840.113549.1.1.11", sha1: "1.2.840.113549.1.1.5", md5: "1.2.840.113549.1.1.4" },
  ed25519: { sha256: "1.3.101.112" },
};

/** Makes an X.509 v3 certificate, with a P-256 key by default, without calling openssl. */
export function makeCertificate(request: CertificateRequest = {}): TestCertificate & { subjectDer: Buffer } {
  const {
    subject = [["CN", "test"]],
    names = [],
    notBefore = new Date(Date.now() - DAY),
    notAfter = new Date(Date.now() + 30 * DAY),
    authority = false,
    serial = Buffer.concat([Buffer.from([1]), randomBytes(8)]),
    issuer,
    hash = "sha256",
  } = request;
  const key = request.key ?? newKey();
  const subjectDer = name(subject);
  const signer = createPrivateKey(issuer?.key ?? key);
  const kind = signer.asymmetricKeyType ?? "";
  const algorithmOid = SIGNATURES[kind]?.[hash];
  if (algorithmOid === undefined) throw new Error(`no signature of ${kind} with ${hash}`);
  const algorithm = sequence(oid(algorithmOid), ...(kind === "rsa" ? [der(0x05, Buffer.alloc(0))] : []));
  const extensions = [
    ...(authority ? [extension("2.5.29.19", sequence(der(0x01, Buffer.from([0xff]))))] : []),
    ...(names.length > 0 ? [extension("2.5.29.17", sequence(...names.map(alternativeName)))] : []),
  ];
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    issuer?.subjectDer ?? subjectDer,
    sequence(time(notBefore), time(notAfter)),
    subjectDer,
    createPublicKey(key).export({ type: "spki", format: "der" }),
    ...(extensions.length > 0 ? [der(0xa3, sequence(...extensions))] : []),
  );
  const signature = sign(kind === "ed25519" ? null : hash, body, signer);
  const certificate = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
    key,
    subjectDer,
  };
}

/** Makes a private RSA key (PEM) of so many bits. */
export const rsaKey = (bits: number): string =>
  generateKeyPairSync("rsa", { modulusLength: bits })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();

/** Makes a private key (PEM) on a named curve. */
export const curveKey = (namedCurve: string): string =>
  generateKeyPairSync("ec", { namedCurve }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();

function newKey(): string {
  return curveKey("prime256v1");
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, Buffer.concat(parts));

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((part) => {
    const groups = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return der(0x06, Buffer.from(bytes));
}

const name = (attributes: readonly (readonly [string, string])[]): Buffer =>
  sequence(
    ...attributes.map(([type, value]) =>
      der(0x31, sequence(oid(OIDS[type] ?? type), der(0x0c, Buffer.from(value)))),
    ),
  );

const extension = (id: string, value: Buffer): Buffer => sequence(oid(id), der(0x04, value));

function alternativeName(entry: string): Buffer {
  const [kind, value = ""] = entry.split(/:(.*)/s);
  return kind === "IP" ? der(0x87, Buffer.from(value.split(".").map(Number))) : der(0x82, Buffer.from(value));
}

function time(at: Date): Buffer {
  const text = `${at.toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`;
  const year = at.getUTCFullYear();
  return year >= 1950 && year < 2050 ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text));
}
