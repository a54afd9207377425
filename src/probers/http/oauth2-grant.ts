import { createPrivateKey, randomUUID, sign } from "node:crypto";
import { promisify } from "node:util";
import type { CompileContext } from "../../core/prober.ts";
import { knownSecret, type Secret } from "../../core/secret.ts";
import { basicAuthorization, reveal } from "../http-credentials.ts";
import type { HttpOptions } from "./schema.ts";
import { type Failure, failure } from "./transport/steps.ts";

/** The part of a token request that shows which client it is from. */
export interface ClientProof {
  readonly grantType: string;
  readonly parameters: readonly (readonly [name: string, value: string])[];
  /** The Authorization header, if the proof is not among the parameters. */
  readonly authorization: string | undefined;
}

/** A grant of OAuth 2.0. */
export interface Grant {
  /** Returns the proofs to try, the preferred one first. */
  proofs(now: number): Promise<{ readonly ok: true; readonly proofs: readonly ClientProof[] } | Failure>;
}

type Oauth2Options = NonNullable<HttpOptions["oauth2"]>;

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/** Compiles the grant of `oauth2` and reports contradictions. As in blackbox_exporter, an unknown type means client credentials. */
export function compileGrant(options: Oauth2Options, context: CompileContext): Grant {
  const type = options.grant_type || "client_credentials";
  if (type === JWT_BEARER) return assertionGrant(options, context);
  if (type !== "client_credentials") {
    const text = `is ${JSON.stringify(type)}, which means client_credentials as in blackbox_exporter`;
    context.warn(["oauth2", "grant_type"], text);
  }
  const secret = secretOption(options, "client_secret", context) ?? knownSecret("");
  return {
    async proofs() {
      const revealed = await reveal(secret, "oauth2.client_secret_file");
      return revealed.ok ? { ok: true, proofs: secretProofs(options.client_id, revealed.value) } : revealed;
    },
  };
}

/** Returns the secret under `key` or in its file. Both are a problem. */
function secretOption(
  options: Oauth2Options,
  key: "client_secret" | "client_certificate_key",
  context: CompileContext,
): Secret | undefined {
  const { [key]: inline, [`${key}_file` as const]: file } = options;
  if (inline && file) {
    context.problem(["oauth2", `${key}_file`], `${key} and ${key}_file`, "at most one of them");
  }
  if (file) return context.secretFile(file, ["oauth2", `${key}_file`]);
  return inline ? knownSecret(inline) : undefined;
}

/** Returns the places of the secret (RFC 6749, 2.3.1). Servers differ, so the header is tried before the form. */
function secretProofs(clientId: string, secret: string): readonly ClientProof[] {
  const grantType = "client_credentials";
  const inForm = [
    ["client_id", clientId] as const,
    ...(secret === "" ? [] : [["client_secret", secret] as const]),
  ];
  const pair = `${formEncoded(clientId)}:${formEncoded(secret)}`;
  return [
    { grantType, parameters: [], authorization: basicAuthorization(pair) },
    { grantType, parameters: inForm, authorization: undefined },
  ];
}

/** Encodes a text as RFC 6749, 2.3.1 requires. */
const formEncoded = (text: string): string => new URLSearchParams({ _: text }).toString().slice("_=".length);

const ALGORITHMS = { RS256: "RSA-SHA256", RS384: "RSA-SHA384", RS512: "RSA-SHA512" } as const;

/** Validity of an assertion, in seconds; that of blackbox_exporter. */
const ASSERTION_LIFETIME = 600;

/** The grant by an assertion, a JWT that is signed with the client's key (RFC 7523). */
function assertionGrant(options: Oauth2Options, context: CompileContext): Grant {
  const { client_id: clientId, client_certificate_key_id: kid, signature_algorithm: algorithm } = options;
  const alg = algorithm || "RS256";
  const key = secretOption(options, "client_certificate_key", context);
  if (key === undefined) {
    context.problem(
      ["oauth2", "client_certificate_key"],
      "nothing",
      "the key of the client, in client_certificate_key or client_certificate_key_file",
    );
  }
  return {
    async proofs(now) {
      const revealed = await reveal(key ?? knownSecret(""), "oauth2.client_certificate_key_file");
      if (!revealed.ok) return revealed;
      const header = { alg, typ: "JWT", ...(kid ? { kid } : {}) };
      const issued = Math.floor(now);
      const claims = {
        iss: options.iss || clientId,
        sub: clientId,
        aud: options.audience || options.token_url,
        jti: randomUUID(),
        iat: issued,
        exp: issued + ASSERTION_LIFETIME,
        ...(options.scopes?.length ? { scope: options.scopes.join(" ") } : {}),
        ...options.claims,
      };
      const assertion = await signed(header, claims, ALGORITHMS[alg], revealed.value);
      if (assertion === undefined)
        return failure("auth", "no token: oauth2.client_certificate_key is not an RSA key in PEM");
      const parameters = [["assertion", assertion] as const];
      return { ok: true, proofs: [{ grantType: JWT_BEARER, parameters, authorization: undefined }] };
    },
  };
}

const signAsync = promisify(sign);

/** Returns a signed JWT (RFC 7519), or `undefined` if the key cannot sign. Errors may quote the key, so they are not shown. */
async function signed(
  header: object,
  claims: object,
  algorithm: string,
  pem: string,
): Promise<string | undefined> {
  const encoded = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType !== "rsa") return undefined;
    const signature = await signAsync(algorithm, Buffer.from(encoded), key);
    return `${encoded}.${signature.toString("base64url")}`;
  } catch {
    return undefined;
  }
}
