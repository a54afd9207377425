import { FORMATS } from "../../config/document/formats.ts";
import { isName } from "../../core/names.ts";
import { DURATION_FORM, parseDuration } from "../../core/units.ts";
import { createNames } from "../import/names.ts";
import { CHANNEL } from "./channel.ts";
import { type Draft, HEADER, lines, scalar } from "./draft.ts";
import { AnswerError, type Ask, listOf, NONE, type Question, readUrl } from "./question.ts";

const NAME_FORM = "names of letters, digits, _, - and ., separated by commas";

const MACHINES: Question<readonly string[]> = {
  flag: "--machine",
  text: "Which machines ping, separated by commas?",
  fallback: "nas",
  read(answer) {
    const names = listOf(answer);
    if (!names.every(isName)) throw new AnswerError(`${NAME_FORM}, or none`);
    return [...new Set(names)];
  },
};

/** A cron job as lines of YAML. */
interface Job {
  readonly name: string;
  readonly schedule: readonly string[];
}

const PERIODS: Readonly<Record<string, string>> = { hourly: "1h", daily: "1d", weekly: "7d" };

const JOBS: Question<readonly Job[]> = {
  flag: "--job",
  text: "Which cron jobs ping, such as: backup daily, photos 6h, report 0 7 * * 1?",
  fallback: "backup daily",
  read: (answer) => listOf(answer).map(readJob),
};

function readJob(item: string): Job {
  const [, name = "", time = "daily"] = /^(\S+)(?:\s+(.*))?$/.exec(item) ?? [];
  if (!isName(name)) throw new AnswerError(NAME_FORM);
  if (isCron(time))
    return { name, schedule: [`schedule: ${JSON.stringify(time)}`, `timezone: ${localZone()}`] };
  const every = PERIODS[time.toLowerCase()] ?? time;
  if ((parseDuration(every) ?? 0) > 0) return { name, schedule: [`every: ${every}`] };
  throw new AnswerError(
    `after the name hourly, daily, weekly, ${DURATION_FORM}, or five fields of cron such as 0 3 * * *`,
  );
}

/** Cron follows the clock of its machine, which is probably like this one's. */
const localZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

function isCron(text: string): boolean {
  const check = FORMATS["cron"];
  return check !== undefined && check(text);
}

const PAGES: Question<readonly URL[]> = {
  flag: "--page",
  text: "Which web pages are to be watched, separated by commas?",
  fallback: NONE,
  read: (answer) => listOf(answer).map(readUrl),
};

/** Asks for what someone with machines and pages at home begins with. */
export async function draftForHomelab(ask: Ask): Promise<Draft> {
  const machines = await ask(MACHINES);
  const jobs = await ask(JOBS);
  const pages = await ask(pagesAfter(machines.length + jobs.length));
  const channel = await ask(CHANNEL);
  const nameOf = createNames();
  const taken = [...machines, ...jobs.map(({ name }) => name)].map(nameOf);
  const [ofMachines, ofJobs] = [taken.slice(0, machines.length), taken.slice(machines.length)];
  const heartbeats = [
    ...ofMachines.map(machineText),
    ...jobs.map(({ schedule }, i) => jobText(ofJobs[i] ?? "", schedule, i)),
  ];
  return {
    text: [HEADER, heartbeatsText(heartbeats), pagesText(pages, nameOf), channel?.lines ?? ""]
      .filter((part) => part !== "")
      .join(""),
    variables: channel?.variables ?? new Map(),
    tryOut: pages.length === 0 ? "config check" : "probe",
  };
}

/** Without any heartbeat there has to be a page. */
const pagesAfter = (heartbeats: number): typeof PAGES => ({
  ...PAGES,
  read(answer) {
    const pages = PAGES.read(answer);
    if (pages.length === 0 && heartbeats === 0)
      throw new AnswerError("at least one page, as there is neither a machine nor a job");
    return pages;
  },
});

const heartbeatsText = (entries: readonly string[]): string =>
  entries.length === 0
    ? ""
    : `
# They ping the exporter, which notices their silence. To demand a token of pings, see heartbeat_registration.
heartbeats:
${entries.join("")}`;

const machineText = (name: string, i: number): string =>
  lines(i === 0, [
    `  # Every minute, by cron: curl -fsS http://EXPORTER:8091/ping/${name}`,
    `  - name: ${scalar(name)}`,
    "    kind: machine",
    "    timeout: 3m",
  ]);

const jobText = (name: string, schedule: readonly string[], i: number): string =>
  lines(i === 0, [
    `  # After success: JOB && curl -fsS http://EXPORTER:8091/ping/${name}`,
    `  - name: ${scalar(name)}`,
    "    kind: job",
    ...schedule.map((line) => `    ${line}`),
    "    # How late it may be.",
    "    grace: 1h",
  ]);

const pagesText = (pages: readonly URL[], nameOf: (text: string) => string): string =>
  pages.length === 0
    ? ""
    : `
modules:
  # A page is well if its status is 2xx.
  http_2xx:
    prober: http
    timeout: 10s

targets:
${pages
  .map(
    ({ href }) => `  - name: ${scalar(nameOf(href))}
    module: http_2xx
    target: ${scalar(href)}
    schedule: interval
    interval: 1m
`,
  )
  .join("")}`;
