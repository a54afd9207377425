import { redirect } from "../answers.ts";
import type { Case, Place } from "../case.ts";
import { knownAndValid, trusting } from "./trust.ts";

const client = ({ file }: Place): string =>
  `, cert_file: ${file("client.pem")}, key_file: ${file("client.key")}`;
const stranger = ({ file }: Place): string =>
  `, cert_file: ${file("stranger.pem")}, key_file: ${file("stranger.key")}`;

/** Client certificates, and files of TLS that cannot be used. */
export const clients: readonly Case[] = [
  {
    name: "a client certificate",
    verdict: "success",
    at: "clientWanted",
    http: (place) => trusting(client(place))(place),
  },
  {
    name: "a client certificate in the text",
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
    ...knownAndValid,
  },
  { name: "no client certificate with TLS 1.2", verdict: "failure", at: "clientWanted12", http: trusting() },
  {
    name: "a client certificate that is not accepted",
    verdict: "failure",
    at: "clientWanted",
    http: (place) => trusting(stranger(place))(place),
    ...knownAndValid,
  },
  {
    name: "a client certificate on a redirect to another host",
    verdict: "success",
    at: "clientWanted",
    http: (place) => trusting(client(place))(place),
    answer: redirect(({ url }) => `${url("clientWanted", "localhost")}/1`),
  },
  {
    name: "a client certificate that nobody wants",
    verdict: "success",
    at: "https",
    http: (place) => trusting(client(place))(place),
  },

  {
    name: "an authority that is missing",
    verdict: "failure",
    at: "https",
    http: ({ file }) => `{ tls_config: { ca_file: ${file("nothing.pem")} } }`,
  },
  {
    name: "an authority that is missing on plain HTTP",
    verdict: "failure",
    http: ({ file }) => `{ tls_config: { ca_file: ${file("nothing.pem")} } }`,
  },
  {
    name: "an authority without certificates",
    verdict: "failure",
    at: "https",
    http: ({ file }) => `{ tls_config: { ca_file: ${file("no-certificates.pem")} } }`,
  },
  {
    name: "an authority that is a folder",
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
    name: "a client certificate that is missing",
    verdict: "failure",
    at: "https",
    http: (place) =>
      trusting(`, cert_file: ${place.file("nothing.pem")}, key_file: ${place.file("client.key")}`)(place),
  },
];
