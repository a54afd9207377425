import { TYPES } from "./codes.ts";
import { type Cursor, FormatError, left, uint8, uint16 } from "./cursor.ts";
import {
  algorithm,
  announced,
  base64,
  bitmap,
  certificateKind,
  countedHex,
  countedUpperHex,
  eui48,
  eui64,
  type Field,
  groups64,
  hex,
  hexWords,
  ipv4,
  ipv6,
  name,
  nameHash,
  octets,
  quotedString,
  quotedStrings,
  readFields,
  salt,
  string,
  time32,
  time48,
  type,
  u8,
  u16,
  u32,
  upperGroups64,
  upperHex,
} from "./fields.ts";
import { relayField, securityGateway } from "./gateways.ts";
import { locationText } from "./location.ts";
import { domainNames } from "./names.ts";
import { prefixes } from "./prefixes.ts";
import { serviceParameters } from "./service-parameters.ts";

const KEY = [u16, u8, u8, base64];
const DIGEST = [u16, u8, u8, upperHex];
const ASSOCIATION = [u8, u8, u8];
const SIGNATURE = [type, u8, u8, u32, time32, time32, u16, name, base64];
const SERVICE = [u16, name, serviceParameters];

/** The fields of host identities (RFC 8005): lengths come first, and are not written. */
const hostIdentity: Field = {
  read(cursor) {
    const length = uint8(cursor);
    const kind = left(cursor) === 0 ? 0 : uint8(cursor);
    const keyLength = left(cursor) === 0 ? 0 : uint16(cursor);
    if (left(cursor) === 0) return [String(kind), "", ""];
    const identity = announced(cursor, length).toString("hex");
    if (left(cursor) < keyLength) throw new FormatError("a host identity ends too early");
    return [String(kind), identity, announced(cursor, keyLength).toString("base64"), ...domainNames(cursor)];
  },
  missing: ["0", "", ""],
};

/** The fields of the types that miekg/dns knows. Data of other types is written by RFC 3597. */
const LAYOUTS: Readonly<Record<string, readonly Field[]>> = {
  A: [ipv4],
  NS: [name],
  MD: [name],
  MF: [name],
  CNAME: [name],
  SOA: [name, name, u32, u32, u32, u32, u32],
  MB: [name],
  MG: [name],
  MR: [name],
  PTR: [name],
  HINFO: [quotedString, quotedString],
  MINFO: [name, name],
  MX: [u16, name],
  TXT: [quotedStrings],
  RP: [name, name],
  AFSDB: [u16, name],
  X25: [string],
  ISDN: [quotedString, quotedString],
  RT: [u16, name],
  "NSAP-PTR": [name],
  SIG: SIGNATURE,
  KEY,
  PX: [u16, name, name],
  GPOS: [string, string, string],
  AAAA: [ipv6],
  LOC: [u8, u8, u8, u8, u32, u32, u32],
  NXT: [name, bitmap],
  EID: [upperHex],
  NIMLOC: [upperHex],
  SRV: [u16, u16, u16, name],
  NAPTR: [u16, u16, quotedString, quotedString, quotedString, name],
  KX: [u16, name],
  CERT: [certificateKind, u16, algorithm, base64],
  DNAME: [name],
  APL: [prefixes],
  DS: DIGEST,
  SSHFP: [u8, u8, upperHex],
  IPSECKEY: [securityGateway],
  RRSIG: SIGNATURE,
  NSEC: [name, bitmap],
  DNSKEY: KEY,
  DHCID: [base64],
  NSEC3: [u8, u8, u16, salt, nameHash, bitmap],
  NSEC3PARAM: [u8, u8, u16, salt],
  TLSA: [...ASSOCIATION, hex],
  SMIMEA: [...ASSOCIATION, hexWords],
  HIP: [hostIdentity],
  NINFO: [quotedStrings],
  RKEY: KEY,
  TALINK: [name, name],
  CDS: DIGEST,
  CDNSKEY: KEY,
  OPENPGPKEY: [base64],
  CSYNC: [u32, u16, bitmap],
  ZONEMD: [u32, u8, u8, hex],
  SVCB: SERVICE,
  HTTPS: SERVICE,
  SPF: [quotedStrings],
  UINFO: [quotedString],
  UID: [u32],
  GID: [u32],
  NID: [u16, groups64],
  L32: [u16, ipv4],
  L64: [u16, upperGroups64],
  LP: [u16, name],
  EUI48: [eui48],
  EUI64: [eui64],
  NXNAME: [],
  TKEY: [name, time32, time32, u16, u16, countedHex, countedHex],
  TSIG: [name, time48, u16, countedUpperHex, u16, u16, countedHex],
  ANY: [],
  URI: [u16, u16, octets],
  CAA: [u8, string, octets],
  AVC: [quotedStrings],
  AMTRELAY: [relayField],
  RESINFO: [quotedStrings],
  TA: DIGEST,
  DLV: DIGEST,
};

const layouts = new Map(Object.entries(LAYOUTS).map(([type, fields]) => [TYPES[type] ?? 0, fields]));

/** Returns true if the data of a type has fields, so that it is not written by RFC 3597. */
export const hasFields = (type: number): boolean => layouts.has(type);

/**
 * Reads the data of a record with `hasFields` and returns its words. An empty one is that of a record in a dynamic update.
 * @throws FormatError if it is not well-formed
 */
export function recordData(cursor: Cursor, type: number): readonly string[] {
  const fields = layouts.get(type) ?? [];
  const words = left(cursor) === 0 ? fields.flatMap(({ missing }) => missing) : readFields(cursor, fields);
  if (left(cursor) > 0) throw new FormatError(`its data is ${left(cursor)} bytes too long`);
  return type === TYPES["LOC"] ? [locationText(words.map(Number))] : words;
}
