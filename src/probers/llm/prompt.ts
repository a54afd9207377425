import { randomInt } from "node:crypto";

/** What to write where the random value of a probe shall stand. */
export const NONCE = "{{nonce}}";

/** Seed 0's health prompt. */
export const DEFAULT_PROMPT = "System health check. Respond with: HEALTHY";

/** Whether `text` differs from probe to probe. */
export const hasNonce = (text: string): boolean => text.includes(NONCE);

/** `text` with every `{{nonce}}` replaced. */
export const withNonce = (text: string, nonce: string): string => text.replaceAll(NONCE, () => nonce);

/**
 * A new random value: eight digits, which models repeat reliably and which mean nothing in a regular expression.
 * Caches that answer for a dead model have not seen it.
 */
export const newNonce = (): string => String(randomInt(10_000_000, 100_000_000));
