import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ConfigError } from "../../config/document/problems.ts";
import { loadConfigText } from "../../config/load.ts";
import { REDACTED } from "../../core/secret.ts";
import { configDeps } from "../load-config.ts";
import { CommandError, codeOf, EXIT, type Shell } from "../shell.ts";
import { draftForBlackbox } from "./blackbox.ts";
import type { Draft } from "./draft.ts";
import { draftForHomelab } from "./homelab.ts";
import { draftForModels } from "./models.ts";
import { PROFILES, type Profile } from "./profile.ts";
import { canAsk, openPrompt, type Prompt } from "./prompt.ts";
import { AnswerError, type Ask, answerOf, type Question } from "./question.ts";

/** The flags of `heartbeat-exporter init`. */
export interface InitFlags {
  readonly profile?: Profile;
  /** A path, or `-` for standard output. */
  readonly output: string;
  readonly force: boolean;
  /** The answers by their flags. */
  readonly answers: ReadonlyMap<string, readonly string[]>;
}

const DRAFTS: Readonly<Record<Profile, (ask: Ask) => Promise<Draft>>> = {
  blackbox: draftForBlackbox,
  models: draftForModels,
  homelab: draftForHomelab,
};

/** The flags that only one profile has. */
const FLAGS_OF: Readonly<Record<Profile, readonly string[]>> = {
  blackbox: ["--blackbox.file", "--address", "--module"],
  models: ["--url", "--model", "--key", "--budget"],
  homelab: ["--machine", "--job", "--page"],
};

/** Gathers answers, writes the configuration that follows from them, and says what comes next. Resolves to the exit code. */
export async function runInit(flags: InitFlags, shell: Shell): Promise<number> {
  const { output, force } = flags;
  if (output !== "-" && !force && existsSync(output)) throw existing(output);
  const prompt = canAsk() ? openPrompt() : undefined;
  let draft: Draft;
  try {
    const answered = new Set<string>();
    const ask = asker(flags, prompt, answered, shell);
    const profile = flags.profile ?? profileOf(flags) ?? (await ask(profileQuestion(prompt)));
    draft = await DRAFTS[profile](ask);
    const unused = [...flags.answers.keys()].find((flag) => !answered.has(flag));
    if (unused !== undefined)
      throw new CommandError(`${unused}: has no meaning with --for=${profile} and the other flags`, "usage");
  } finally {
    prompt?.close();
  }
  const text = draft.text.replaceAll("config.file=FILE", `config.file=${nameOf(output)}`);
  const holdsSecrets = await checkDraft({ ...draft, text }, output, shell);
  if (draft.folder !== undefined && draft.folder !== dirname(resolve(nameOf(output))))
    shell.err(`warning: relative paths in ${nameOf(output)} do not start at ${draft.folder} any more\n`);
  if (output === "-") shell.out(text);
  else write(output, text, { force, holdsSecrets });
  const next = nextSteps(draft, output);
  if (output === "-") shell.err(next);
  else
    shell.out(
      `${output} is written${holdsSecrets ? ", for you alone, because it holds what may be secret" : ""}. Next:\n${next}`,
    );
  return EXIT.good;
}

/** Returns the profile that the answers belong to, if they belong to one. */
function profileOf({ answers }: InitFlags): Profile | undefined {
  const found = PROFILES.filter((profile) => FLAGS_OF[profile].some((flag) => answers.has(flag)));
  return found.length === 1 ? found[0] : undefined;
}

const profileQuestion = (prompt: Prompt | undefined): Question<Profile> => ({
  flag: "--for",
  text: `What do you begin with?
  blackbox  you have a blackbox.yml
  models    you or your team use LLMs
  homelab   you have machines, cron jobs and web pages
One of them:`,
  fallback: prompt === undefined ? "" : "models",
  read(answer) {
    const word = answer.toLowerCase();
    const profile = PROFILES.find((one) => word !== "" && one.startsWith(word));
    if (profile === undefined) throw new AnswerError(PROFILES.join(", ").replace(/, (?=\w+$)/, " or "));
    return profile;
  },
});

/** Answers questions by flags, on the terminal, or by their defaults. */
function asker({ answers }: InitFlags, prompt: Prompt | undefined, answered: Set<string>, shell: Shell): Ask {
  return async (question) => {
    const { flag, text, fallback } = question;
    answered.add(flag);
    const given = answers.get(flag);
    if (given !== undefined || prompt === undefined) {
      const reading = readAnswer(question, given === undefined ? fallback : answerOf(given));
      if (reading.ok) return reading.value;
      throw new CommandError(`${flag}: ${reading.want}`, "usage");
    }
    for (;;) {
      const line = (await prompt.ask(`${text} [${fallback}] `)).trim();
      const reading = readAnswer(question, line === "" ? fallback : line);
      if (reading.ok) return reading.value;
      shell.err(`${reading.want}\n`);
    }
  };
}

type Reading<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly want: string };

function readAnswer<Value>(question: Question<Value>, answer: string): Reading<Value> {
  try {
    return { ok: true, value: question.read(answer.trim()) };
  } catch (error) {
    if (error instanceof AnswerError) return { ok: false, want: error.message };
    throw error;
  }
}

/**
 * Checks a draft with stand-ins for its variables.
 * @returns true if it holds something secret
 */
async function checkDraft({ text, variables }: Draft, output: string, shell: Shell): Promise<boolean> {
  const standIns = Object.fromEntries([...variables.keys()].map((name) => [name, "http://localhost/x"]));
  try {
    const config = loadConfigText(text, nameOf(output), { ...shell.env, ...standIns }, configDeps);
    for (const warning of config.warnings) shell.err(`warning: ${warning}\n`);
    return (await config.redacted()).includes(REDACTED);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new CommandError(
      `nothing was written, because the result would be invalid:\n${error.message}`,
      "failed",
      {
        cause: error,
      },
    );
  }
}

const nameOf = (output: string): string => (output === "-" ? "exporter.yml" : output);

const existing = (output: string): CommandError =>
  new CommandError(`${output} exists: pass --force to replace it, or another --output`);

function write(
  output: string,
  text: string,
  { force, holdsSecrets }: { readonly force: boolean; readonly holdsSecrets: boolean },
): void {
  const mode = holdsSecrets ? 0o600 : 0o644;
  try {
    writeFileSync(output, text, { mode, flag: force ? "w" : "wx" });
    // A file that existed has kept its mode.
    if (holdsSecrets) chmodSync(output, mode);
  } catch (error) {
    if (codeOf(error) === "EEXIST") throw existing(output);
    throw new CommandError(`${output}: cannot be written: ${codeOf(error)}`, "failed", { cause: error });
  }
}

function nextSteps({ variables, tryOut }: Draft, output: string): string {
  const file = nameOf(output);
  const word = /[^\w./-]/.test(file) ? `'${file.replaceAll("'", "'\\''")}'` : file;
  return [
    ...[...variables].map(([name, meaning]) => `  export ${name}=...  # ${meaning}`),
    `  heartbeat-exporter ${tryOut} --config.file=${word}`,
    `  heartbeat-exporter --config.file=${word}`,
  ]
    .map((line) => `${line}\n`)
    .join("");
}
