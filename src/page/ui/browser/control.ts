import { visible } from "../../../core/escape.ts";
import type { Command, CommandOutcome } from "../context.ts";
import type { Site } from "../view.ts";
import { askForToken } from "./token-dialog.ts";

/** Longest wait for the answer to a command: a probe may take its whole timeout. */
const TIMEOUT_MS = 120_000;

const LONGEST_TEXT = 300;

/**
 * Returns what sends commands. It asks for the control token once, and keeps it in the memory of this document alone: it is
 * gone when the tab is closed or reloaded.
 */
export function createSender(
  { base, controlSetting }: Site,
  onDone: () => void,
): (command: Command) => Promise<CommandOutcome> {
  let token: string | undefined;
  return async ({ method, path }) => {
    token ??= await askForToken(controlSetting);
    if (token === undefined) return { ok: false, text: "Not sent: no token was given." };
    try {
      const response = await fetch(`${base}${path}`, {
        method,
        headers: { Authorization: `Bearer ${token}`, Accept: "application/json" },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await response.text();
      if (response.status === 401) {
        token = undefined;
        return { ok: false, text: "The exporter refused the token. Try again with another one." };
      }
      onDone();
      return { ok: response.ok, text: response.ok ? "Done." : reasonOf(text, response.status) };
    } catch {
      return { ok: false, text: "The exporter did not answer; it may or may not have done it." };
    }
  };
}

/** Returns the error text of an answer. */
function reasonOf(text: string, status: number): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === "string") return visible(error).slice(0, LONGEST_TEXT);
  } catch {
    // No JSON: the text itself is the reason.
  }
  return `${status}: ${visible(text.trim()).slice(0, LONGEST_TEXT)}`;
}
