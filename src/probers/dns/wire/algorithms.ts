/** Algorithms of DNSSEC by their number, named as miekg/dns names them. */
export const algorithmNames: Readonly<Record<number, string>> = {
  1: "RSAMD5",
  2: "DH",
  3: "DSA",
  5: "RSASHA1",
  6: "DSA-NSEC3-SHA1",
  7: "RSASHA1-NSEC3-SHA1",
  8: "RSASHA256",
  10: "RSASHA512",
  12: "ECC-GOST",
  13: "ECDSAP256SHA256",
  14: "ECDSAP384SHA384",
  15: "ED25519",
  16: "ED448",
  252: "INDIRECT",
  253: "PRIVATEDNS",
  254: "PRIVATEOID",
};

/** Hashes of DS and NSEC3 records by their number. */
export const hashNames: Readonly<Record<number, string>> = {
  1: "SHA1",
  2: "SHA256",
  3: "GOST94",
  4: "SHA384",
  5: "SHA512",
};

/** Kinds of certificates by their number (RFC 4398). */
export const certificateNames: Readonly<Record<number, string>> = {
  1: "PKIX",
  2: "SPKI",
  3: "PGP",
  4: "IPIX",
  5: "ISPKI",
  6: "IPGP",
  7: "ACPKIX",
  8: "IACPKIX",
  253: "URI",
  254: "OID",
};
