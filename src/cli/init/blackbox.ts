import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isMap, parseDocument } from "yaml";
import { alternatives, suggestion } from "../../config/document/describe.ts";
import { decodeText } from "../../core/decode-text.ts";
import { readOnce } from "../../files/once.ts";
import { createNames } from "../import/names.ts";
import { codeOf } from "../shell.ts";
import { CHANNEL } from "./channel.ts";
import { type Draft, HEADER, scalar } from "./draft.ts";
import { AnswerError, type Ask, listOf, NONE, type Question } from "./question.ts";

/** The modules of blackbox_exporter as their file has them. */
interface BlackboxFile {
  readonly path: string;
  readonly text: string;
  readonly modules: readonly string[];
}

/** Where the file is: here, or where packages of blackbox_exporter have it. */
const PLACES = ["blackbox.yml", "/etc/prometheus/blackbox.yml", "/etc/blackbox_exporter/blackbox.yml"];

const fileQuestion = (): Question<BlackboxFile> => ({
  flag: "--blackbox.file",
  text: "Where is your blackbox.yml?",
  fallback: PLACES.find(existsSync) ?? "blackbox.yml",
  read: readBlackboxFile,
});

function readBlackboxFile(path: string): BlackboxFile {
  let text: string;
  try {
    text = decodeText(readOnce(path));
  } catch (error) {
    throw new AnswerError(`a file that can be read (${path}: ${codeOf(error)})`);
  }
  const document = parseDocument(text);
  const modules: unknown = document.get("modules");
  const keys = document.errors.length === 0 && isMap(document.contents) ? document.contents.items : [];
  if (!isMap(modules) || keys.length !== 1)
    throw new AnswerError(`a file of blackbox_exporter, with modules and nothing else (${path})`);
  return { path, text, modules: modules.items.map(({ key }) => String(key)) };
}

const ADDRESSES: Question<readonly string[]> = {
  flag: "--address",
  text: "Which addresses does the exporter watch by itself, separated by commas? Prometheus can ask for any others.",
  fallback: NONE,
  read: listOf,
};

const moduleQuestion = (names: readonly string[]): Question<string> => ({
  flag: "--module",
  text: `Which module probes them: ${alternatives(names)}?`,
  fallback: names.includes("http_2xx") ? "http_2xx" : (names[0] ?? ""),
  read(name) {
    if (names.includes(name)) return name;
    throw new AnswerError(`a module of the file: ${alternatives(names)}${suggestion(name, names)}`);
  },
});

/** Asks for what a user of blackbox_exporter begins with. The text of the file stays as it is, with its comments. */
export async function draftForBlackbox(ask: Ask): Promise<Draft> {
  const { path, text, modules } = await ask(fileQuestion());
  const addresses = await ask(ADDRESSES);
  const module = addresses.length === 0 ? "" : await ask(moduleQuestion(modules));
  const channel = await ask(CHANNEL);
  const nameOf = createNames();
  const targets = addresses.map(
    (address) => `  - name: ${scalar(nameOf(address))}
    module: ${scalar(module)}
    target: ${scalar(address)}
    schedule: interval
    interval: 1m
`,
  );
  const ownText = text.replace(/^---[^\n]*\n/, "").trimEnd();
  return {
    text: `${HEADER}
# The modules of ${path}, unchanged. Prometheus asks for /probe?target=ADDRESS&module=NAME as before.

${ownText}

# The exporter probes these by its own clock, shows them at / and exposes them at /metrics. Their name is the label target.
${targets.length === 0 ? "targets: []\n" : `targets:\n${targets.join("")}`}${channel?.lines ?? ""}`,
    variables: channel?.variables ?? new Map(),
    // Options with files end like this.
    ...(/_file:\s*["']?[^\s"'/]/.test(text) ? { folder: dirname(resolve(path)) } : {}),
    tryOut: addresses.length === 0 ? "config check" : "probe",
  };
}
