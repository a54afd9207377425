import { HEALTH_PROMPT, HEALTH_WORD } from "../../config/env/variables.ts";
import { createNames } from "../import/names.ts";
import { type Draft, HEADER, lines, scalar } from "./draft.ts";
import { AnswerError, type Ask, answerOf, listOf, NONE, type Question, readUrl } from "./question.ts";

const API_URL: Question<URL> = {
  flag: "--url",
  text: "What is the base URL of the LLM's API?",
  fallback: "http://127.0.0.1:11434/v1",
  read: readUrl,
};

/** A model and the API that it is asked through. */
interface Model {
  readonly model: string;
  readonly url: string;
}

/** Small models of APIs that have no others by their names. */
const USUAL_MODELS: Readonly<Record<string, string>> = {
  "api.openai.com": "gpt-4o-mini",
  "api.anthropic.com": "claude-haiku-4-5",
};

const modelsQuestion = (first: URL): Question<readonly Model[]> => ({
  flag: "--model",
  text: "Which models, the preferred one first, separated by commas? One of another API is MODEL@URL.",
  fallback: USUAL_MODELS[first.hostname] ?? "llama3.2",
  read(answer) {
    const models = listOf(answer).map((item): Model => {
      const [, model = item, url] = /^(.+)@(https?:.*)$/i.exec(item) ?? [];
      return { model, url: url === undefined ? addressOf(first) : addressOf(readUrl(url)) };
    });
    if (models.length === 0 || models.some(({ model }) => /\s/.test(model)))
      throw new AnswerError("the names of models, such as gpt-4o-mini");
    return models;
  },
});

const addressOf = (url: URL): string => url.href.replace(/\/$/, "");

/** Where a key is. */
type KeyPlace =
  | { readonly kind: "none" }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "file"; readonly path: string };

const KEY_FORM =
  "the name of a variable such as OPENAI_API_KEY, the path of a file, or none; not the key itself";

function readKeyPlace(text: string): KeyPlace {
  if (text === NONE) return { kind: "none" };
  if (/^[A-Z_][A-Z0-9_]*$/.test(text)) return { kind: "variable", name: text };
  if (/[/\\]/.test(text) && !/\s/.test(text)) return { kind: "file", path: text };
  throw new AnswerError(KEY_FORM);
}

/** The variables that the documentation of APIs names. */
const USUAL_KEYS: Readonly<Record<string, string>> = {
  "api.openai.com": "OPENAI_API_KEY",
  "api.anthropic.com": "ANTHROPIC_API_KEY",
  "generativelanguage.googleapis.com": "GEMINI_API_KEY",
  "openrouter.ai": "OPENROUTER_API_KEY",
  "api.groq.com": "GROQ_API_KEY",
  "api.mistral.ai": "MISTRAL_API_KEY",
  "api.deepseek.com": "DEEPSEEK_API_KEY",
  "api.together.ai": "TOGETHER_API_KEY",
  "api.cohere.com": "COHERE_API_KEY",
  "api.x.ai": "XAI_API_KEY",
};

const keysQuestion = (urls: readonly string[]): Question<readonly KeyPlace[]> => ({
  flag: "--key",
  text: `Where is the API key of ${urls.map((url) => new URL(url).host).join(", ")}: in which variable or file?`,
  fallback: answerOf(urls.map((url) => USUAL_KEYS[new URL(url).hostname] ?? NONE)),
  read(answer) {
    const items = answer.split(/[;,]/).map((item) => item.trim());
    if (items.length > urls.length)
      throw new AnswerError(`one answer for each API, of which there are ${urls.length}`);
    const places = items.map(readKeyPlace);
    return urls.map((_url, i) => places[i] ?? { kind: "none" });
  },
});

const BUDGET: Question<number | undefined> = {
  flag: "--budget",
  text: "How many tokens may the probes of each API use per day?",
  fallback: "300k",
  read(answer) {
    if (answer === NONE) return undefined;
    const [, digits = "", unit = ""] = /^([0-9]{1,9})\s*([kKmM]?)$/.exec(answer) ?? [];
    const tokens = Number(digits) * { k: 1000, m: 1_000_000, "": 1 }[unit.toLowerCase() as "k" | "m" | ""];
    if (tokens >= 1) return tokens;
    throw new AnswerError("a number of tokens such as 300k or 2M, or none");
  },
};

/** Returns the API that a server at this address probably speaks. */
function apiOf({ hostname, pathname, port }: URL): string {
  if (hostname === "api.anthropic.com") return "anthropic";
  if (hostname === "generativelanguage.googleapis.com" && !pathname.includes("/openai")) return "gemini";
  if (hostname === "api.cohere.com" && !pathname.includes("/compatibility")) return "cohere";
  return port === "11434" && !/\/v1\/?$/.test(pathname) ? "ollama" : "openai";
}

/** Returns the name of a server, or that of its API where it has only a number. */
const serverOf = ({ hostname }: URL, api: string): string =>
  hostname === "localhost" || /^[\d.]+$|^\[/.test(hostname) ? api : hostname.replace(/^api\./, "");

/** Asks for what a team with models begins with. */
export async function draftForModels(ask: Ask): Promise<Draft> {
  const models = await ask(modelsQuestion(await ask(API_URL)));
  const urls = [...new Set(models.map(({ url }) => url))];
  const keys = await ask(keysQuestion(urls));
  const budget = await ask(BUDGET);
  const moduleName = createNames();
  const apis = urls.map((url, i) => {
    const api = apiOf(new URL(url));
    return {
      url,
      api,
      name: moduleName(serverOf(new URL(url), api)),
      key: keys[i] ?? { kind: "none" as const },
    };
  });
  const targetName = createNames();
  const targets = models.map((one) => ({
    ...one,
    name: targetName(one.model),
    module: apis.find(({ url }) => url === one.url)?.name ?? "",
  }));
  const [first] = targets;
  return {
    text: `${HEADER}
modules:
${apis.map((api, i) => moduleText(api, budget, i === 0)).join("")}
# Their name is the label target of all series.
targets:
${targets.map((target, i) => targetText(target, i === 0)).join("")}
# Applications work in the mode of a target, primary or fallback: GET /config/mode?target=${first?.name ?? ""}
${routeText(targets.map(({ name }) => name))}`,
    variables: new Map(
      apis.flatMap(({ key, url }) =>
        key.kind === "variable" ? [[key.name, `the API key of ${new URL(url).host}`] as const] : [],
      ),
    ),
    tryOut: "probe",
  };
}

interface Api {
  readonly api: string;
  readonly name: string;
  readonly key: KeyPlace;
}

/** Returns the module of an API. Only the first one has comments, which hold for all. */
const moduleText = ({ api, name, key }: Api, budget: number | undefined, isFirst: boolean): string =>
  lines(isFirst, [
    `  ${scalar(name)}:`,
    "    prober: llm",
    "    # Longest duration of a probe; reasoning models need more.",
    "    timeout: 20s",
    ...(budget === undefined
      ? []
      : [
          "    # Probes pause when it is used up. What they use: heartbeat-exporter estimate --config.file=FILE",
          `    budget: { tokens: ${budget}, per: day }`,
        ]),
    "    llm:",
    `      api: ${api}`,
    ...keyLines(key),
    `      prompt: ${scalar(HEALTH_PROMPT)}`,
    "      # A model that answers something else is available and unhealthy.",
    `      expect: { word: ${HEALTH_WORD} }`,
  ]);

function keyLines(key: KeyPlace): readonly string[] {
  switch (key.kind) {
    case "none":
      return [];
    case "variable":
      return [
        "      # From the environment, so that the key does not stand here.",
        `      api_key: \${${key.name}}`,
      ];
    case "file":
      return ["      # Read again when it changes.", `      api_key_file: ${scalar(key.path)}`];
  }
}

const targetText = (
  { name, module, url, model }: Model & { name: string; module: string },
  isFirst: boolean,
): string =>
  lines(isFirst, [
    `  - name: ${scalar(name)}`,
    `    module: ${scalar(module)}`,
    `    target: ${scalar(url)}`,
    `    model: ${scalar(model)}`,
    "    interval: 1m",
    "    # Three failures in a row switch to fallback, two successes back to primary.",
    "    failover: true",
  ]);

const routeText = (names: readonly string[]): string =>
  names.length < 2
    ? ""
    : `
# The first usable one, in this order, for applications and load balancers: GET /route/chat
routes:
  - name: chat
    order:
${names.map((name) => `      - ${scalar(name)}\n`).join("")}`;
