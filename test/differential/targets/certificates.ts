import { makeCertificate, type TestCertificate } from "../../helpers/certificates.ts";

const DAY = 86_400_000;
/** Rounded to seconds, because certificates have no fractions. */
const now = Math.floor(Date.now() / 1000) * 1000;
const inDays = (days: number): Date => new Date(now + days * DAY);

/** Names of the valid certificates. */
export const names = [
  "DNS:localhost",
  "DNS:www.example.com",
  "DNS:*.wild.example",
  "IP:127.0.0.1",
  "IP:127.0.0.2",
];

const root = makeCertificate({ subject: [["CN", "root"]], authority: true, notAfter: inDays(300) });
const otherRoot = makeCertificate({ subject: [["CN", "other root"]], authority: true });
const oldRoot = makeCertificate({ subject: [["CN", "old root"]], authority: true, notAfter: inDays(5) });
const between = makeCertificate({
  subject: [["CN", "between"]],
  authority: true,
  notAfter: inDays(20),
  issuer: root,
});
const crossed = makeCertificate({
  subject: [["CN", "root"]],
  authority: true,
  notAfter: inDays(3),
  issuer: oldRoot,
  key: root.key,
});
const leaf = makeCertificate({ subject: [["CN", "leaf"]], names, notAfter: inDays(100), issuer: root });
const deepLeaf = makeCertificate({ subject: [["CN", "deep"]], names, notAfter: inDays(90), issuer: between });

/** The certificates of all targets, new in each run. */
export const certificates = {
  root,
  otherRoot,
  /** Both roots of the cross-signed chain. */
  bothRoots: root.cert + oldRoot.cert,
  good: leaf,
  expired: makeCertificate({ names, notBefore: inDays(-20), notAfter: inDays(-10), issuer: root }),
  future: makeCertificate({ names, notBefore: inDays(10), notAfter: inDays(20), issuer: root }),
  wrongHost: makeCertificate({ names: ["DNS:other.example"], issuer: root }),
  noNames: makeCertificate({ subject: [["CN", "localhost"]], issuer: root }),
  selfSigned: makeCertificate({ subject: [["CN", "alone"]], names, notAfter: inDays(50) }),
  chain: { cert: deepLeaf.cert + between.cert, key: deepLeaf.key },
  gap: { cert: deepLeaf.cert, key: deepLeaf.key },
  crossed: { cert: leaf.cert + crossed.cert, key: leaf.key },
  expiredInChain: chainWithExpired(),
  fancy: makeCertificate({
    subject: [
      ["C", "DE"],
      ["O", 'Example, "Ltd" + Co'],
      ["OU", "one"],
      ["OU", "two"],
      ["L", "München"],
      ["street", "#1 road"],
      ["postalCode", "01234"],
      ["serialNumber", "7"],
      ["emailAddress", "someone@example.com"],
      ["1.2.3.4", "unknown + type"],
      ["2.5.4.12", "Chief"],
      ["CN", " led by a space"],
    ],
    names,
    serial: Buffer.from("00ff00ff00ff00ff", "hex"),
    issuer: root,
  }),
  client: makeCertificate({ subject: [["CN", "client"]], issuer: root }),
  strangeClient: makeCertificate({ subject: [["CN", "stranger"]], issuer: otherRoot }),
} as const satisfies Record<string, TestCertificate | string>;

/** Makes a valid leaf together with an expired certificate that no chain needs. */
function chainWithExpired(): TestCertificate {
  const expired = makeCertificate({
    subject: [["CN", "expired"]],
    authority: true,
    notBefore: inDays(-30),
    notAfter: inDays(-20),
    issuer: root,
  });
  return { cert: leaf.cert + expired.cert, key: leaf.key };
}
