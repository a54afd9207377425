/** A DER element: its tag and the range of its content. */
interface Element {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

interface Attribute {
  readonly oid: string;
  readonly value: string;
}

/** Attributes known to Go, in the order in which it prints them. Only the last value of a `single` one is printed. */
const KNOWN: readonly { oid: string; name: string; single?: true }[] = [
  { oid: "2.5.4.5", name: "SERIALNUMBER", single: true },
  { oid: "2.5.4.3", name: "CN", single: true },
  { oid: "2.5.4.11", name: "OU" },
  { oid: "2.5.4.10", name: "O" },
  { oid: "2.5.4.17", name: "POSTALCODE" },
  { oid: "2.5.4.9", name: "STREET" },
  { oid: "2.5.4.7", name: "L" },
  { oid: "2.5.4.8", name: "ST" },
  { oid: "2.5.4.6", name: "C" },
];

/**
 * Formats subject and issuer of a certificate (DER) like Go's `pkix.Name.String()`, which blackbox_exporter uses for labels:
 * known attributes in a fixed order, several values of one joined by `+`, then the others in reverse order with their object
 * identifiers. Before Go 1.27 the values of these were hexadecimal.
 */
export function distinguishedNames(certificate: Buffer): { subject: string; issuer: string } {
  const [whole] = elements(certificate, 0, certificate.length);
  const [body] = whole === undefined ? [] : elements(certificate, whole.start, whole.end);
  if (body === undefined) return { subject: "", issuer: "" };
  const fields = elements(certificate, body.start, body.end);
  // Version 1 certificates have no version field, [0].
  const first = fields[0]?.tag === 0xa0 ? 1 : 0;
  return {
    issuer: formatName(attributes(certificate, fields[first + 2])),
    subject: formatName(attributes(certificate, fields[first + 4])),
  };
}

function formatName(all: readonly Attribute[]): string {
  const known = KNOWN.flatMap(({ oid, name, single }) => {
    const values = all.filter((each) => each.oid === oid).map(({ value }) => value);
    const shown = single === true ? values.slice(-1).filter((value) => value !== "") : values;
    return shown.length === 0 ? [] : [shown.map((value) => `${name}=${escapeValue(value)}`).join("+")];
  });
  const others = all
    .filter(({ oid }) => !KNOWN.some((each) => each.oid === oid))
    .map(({ oid, value }) => `${oid}=${escapeValue(value)}`);
  return [...known, ...others.toReversed()].join(",");
}

/** Escapes a value (RFC 2253, 2.4). */
const escapeValue = (value: string): string =>
  value.replace(/[,+"\\<>;]/g, "\\$&").replace(/^[ #]|(?<=.) $/g, "\\$&");

/** Parses Name ::= SEQUENCE OF (SET OF (SEQUENCE { type OID, value string })). */
function attributes(der: Buffer, name: Element | undefined): Attribute[] {
  if (name === undefined) return [];
  return elements(der, name.start, name.end).flatMap((set) =>
    elements(der, set.start, set.end).flatMap((pair) => {
      const [type, value] = elements(der, pair.start, pair.end);
      if (type === undefined || value === undefined) return [];
      return [{ oid: decodeOid(der.subarray(type.start, type.end)), value: decodeString(der, value) }];
    }),
  );
}

/** Parses the elements between `start` and `end`, up to the first incomplete one. */
function elements(der: Buffer, start: number, end: number): Element[] {
  const found: Element[] = [];
  let at = start;
  while (at + 2 <= end) {
    const tag = der[at] ?? 0;
    let length = der[at + 1] ?? 0;
    let from = at + 2;
    if (length > 0x80) {
      const size = length & 0x7f;
      if (size > 4 || from + size > end) break;
      length = der.readUIntBE(from, size);
      from += size;
    }
    if (from + length > end) break;
    found.push({ tag, start: from, end: from + length });
    at = from + length;
  }
  return found;
}

function decodeOid(bytes: Buffer): string {
  const parts: number[] = [];
  let value = 0;
  for (const byte of bytes) {
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (parts.length === 0)
      parts.push(Math.min(Math.floor(value / 40), 2), value - Math.min(Math.floor(value / 40), 2) * 40);
    else parts.push(value);
    value = 0;
  }
  return parts.join(".");
}

const BMP_STRING = 0x1e;
const T61_STRING = 0x14;

function decodeString(der: Buffer, { tag, start, end }: Element): string {
  const bytes = der.subarray(start, end);
  if (tag === BMP_STRING)
    return Buffer.from(bytes.subarray(0, bytes.length & ~1))
      .swap16()
      .toString("utf16le");
  return bytes.toString(tag === T61_STRING ? "latin1" : "utf8");
}
