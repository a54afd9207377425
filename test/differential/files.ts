import { certificates } from "./targets/certificates.ts";
import { oldCertificates } from "./targets/old-servers.ts";

/** Files for the modules, by name. */
export const files: Readonly<Record<string, string>> = {
  "root.pem": certificates.root.cert,
  "other-root.pem": certificates.otherRoot.cert,
  "no-certificates.pem": "nothing\n",
  "client.pem": certificates.client.cert,
  "client.key": certificates.client.key,
  "stranger.pem": certificates.strangeClient.cert,
  "stranger.key": certificates.strangeClient.key,
  "old-client.pem": oldCertificates.sha1Client.cert,
  "old-client.key": oldCertificates.sha1Client.key,
  "user.txt": "user\n",
  "password.txt": "  pass word\n",
  "token.txt": "token from a file\n",
  "changing-token.txt": "first",
  "header.txt": "header from a file\n",
  "header-other.txt": "another one",
  "client-secret.txt": "client secret\n",
  "body.txt": "body from a file\n",
  "empty.txt": "",
  "changing-body.txt": "first",
};
