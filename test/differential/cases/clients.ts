import { redirect } from "../answers.ts";
import type { Case, Place } from "../case.ts";
import { acceptedCertificate, trusting } from "./trust.ts";

const client = ({ file }: Place): string =>
  `, cert_file: ${file("client.pem")}, key_file: ${file("client.key")}`;
const stranger = ({ file }: Place): string =>
  `, cert_file: ${file("stranger.pem")}, key_file: ${file("stranger.key")}`;

/** Client certificates, and unusable files of tls_config. */
export const clients: readonly Case[] = [
  {
    name: "a client certificate",
    verdict: "success",
    at: "clientWanted",
    http: (place) => trusting(client(place))(place),
  },
  {
    name: "an inline client certificate",
    verdict: "success",
    at: "clientWanted",
    http: (place) =>
      trusting(
        `, cert: ${JSON.stringify(place.certificates.client.cert)}, key: ${JSON.stringify(place.certificates.client.key)}`,
      )(place),
  },
  {
    name: "a client certificate with TLS 1.2",
    verdict: "success",
    at: "clientWanted12",
    http: (place) => trusting(client(place))(place),
  },
  {
    name: "no client certificate",
    verdict: "failure",
    at: "clientWanted",
    http: trusting(),
    ...acceptedCertificate,
  },
  { name: "no client certificate with TLS 1.2", verdict: "failure", at: "clientWanted12", http: trusting() },
  {
    name: "a client certificate that is not accepted",
    verdict: "failure",
    at: "clientWanted",
    http: (place) => trusting(stranger(place))(place),
    ...acceptedCertificate,
  },
  {
    name: "a client certificate on a redirect to another host",
    verdict: "success",
    at: "clientWanted",
    http: (place) => trusting(client(place))(place),
    answer: redirect(({ url }) => `${url("clientWanted", "localhost")}/1`),
  },
  {
    name: "a client certificate that the server does not request",
    verdict: "success",
    at: "https",
    http: (place) => trusting(client(place))(place),
  },

  {
    name: "a missing file with the authority",
    verdict: "failure",
    at: "https",
    http: ({ file }) => `{ tls_config: { ca_file: ${file("nothing.pem")} } }`,
  },
  {
    name: "a missing file with the authority on plain HTTP",
    verdict: "failure",
    http: ({ file }) => `{ tls_config: { ca_file: ${file("nothing.pem")} } }`,
  },
  {
    name: "a file without certificates as the authority",
    verdict: "failure",
    at: "https",
    http: ({ file }) => `{ tls_config: { ca_file: ${file("no-certificates.pem")} } }`,
  },
  {
    name: "a folder as the authority",
    verdict: "failure",
    at: "https",
    http: ({ file }) => `{ tls_config: { ca_file: ${file(".")} } }`,
  },
  {
    name: "a certificate and a key that do not match",
    verdict: "failure",
    at: "https",
    http: (place) =>
      trusting(`, cert_file: ${place.file("client.pem")}, key_file: ${place.file("stranger.key")}`)(place),
  },
  {
    name: "a certificate and a key that do not match on plain HTTP",
    verdict: "failure",
    http: (place) =>
      trusting(`, cert_file: ${place.file("client.pem")}, key_file: ${place.file("stranger.key")}`)(place),
  },
  {
    name: "a missing file with the client certificate",
    verdict: "failure",
    at: "https",
    http: (place) =>
      trusting(`, cert_file: ${place.file("nothing.pem")}, key_file: ${place.file("client.key")}`)(place),
  },
];
