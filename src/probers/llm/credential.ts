import { describe } from "./failure.ts";
import { isUsableKey, type LlmModule, UNUSABLE_KEY } from "./options.ts";

/** The headers that carry what is secret, and the secrets in them; or why there are none. */
export type Credential =
  | { readonly headers: Readonly<Record<string, string>>; readonly secrets: readonly string[] }
  | { readonly problem: string };

/** Reads the key and the headers of a module. */
export async function credentialOf(module: LlmModule): Promise<Credential> {
  try {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(module.headers)) headers[name] = await value.reveal();
    const secrets = [...Object.values(headers), ...(module.proxy?.secrets ?? [])];
    if (module.key === undefined) return { headers, secrets };
    const key = await module.key.reveal();
    if (!isUsableKey(key)) return { problem: `the key is ${UNUSABLE_KEY}` };
    return { headers: { ...module.format.credential(key), ...headers }, secrets: [key, ...secrets] };
  } catch (error) {
    return { problem: `the key cannot be read: ${describe(error)}` };
  }
}
