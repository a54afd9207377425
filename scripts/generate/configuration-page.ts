import { VARIABLES_HELP } from "../../src/config/env/env.ts";
import { configSchema } from "../../src/config/schema.ts";
import { webSchema } from "../../src/config/web/schema.ts";
import { probers } from "../../src/probers/index.ts";
import { optionRows, type Schema } from "./option-rows.ts";

/** Pages with more about a section. */
const PAGES: Readonly<Record<string, string>> = {
  plugins: "plugins.md",
  heartbeats: "heartbeats.md",
  heartbeat_registration: "heartbeats.md",
  relays: "relay.md",
  actions: "actions.md",
  maintenance: "maintenance.md",
  groups: "groups.md",
  health: "reports.md",
  pages: "status-page.md",
  webhooks: "events.md",
  notify: "notify.md",
  lease: "leases.md",
  storage: "storage.md",
};

/** Text beside the descriptions in the schemas. */
const NOTES: Readonly<Record<string, string>> = {
  modules: "A file with heartbeats needs no modules.",
  targets:
    "Targets have memory: streaks, mode, thresholds. Other addresses can be probed through `/probe` with a module, as in blackbox_exporter.",
  heartbeat_registration: "Without this section nothing can register.",
};

/** Generates `docs/configuration.md` from the schemas and the list of variables. */
export function configurationPage(): string {
  const sections = Object.entries<Schema>(configSchema.properties).map(([name, schema]) =>
    section(name, schema),
  );
  const variables = VARIABLES_HELP.map(
    ({ name, fallback, meaning }) =>
      `| \`${name}\` | ${fallback === undefined ? "" : `\`${fallback}\``} | ${meaning} |`,
  );
  return `# Configuration

Generated from the schemas and the list of variables by \`npm run generate\`; edit there.

The exporter is configured by one YAML file, named by \`--config.file\`, or by environment variables alone. The file is strict:
an unknown key, a wrong type or a value out of range is an error with its line and column. All errors are reported at once.
\`--config.check\` checks the file and exits.

- Durations are numbers with units, which add up: \`30s\`, \`2m\`, \`1h30m\`, \`1d\`, \`1.5s\`, \`500us\`. The units are \`y\`, \`w\`, \`d\`, \`h\`,
  \`m\`, \`s\`, \`ms\`, \`us\` and \`ns\`; every duration of Prometheus and of Go is accepted. Intervals and timeouts are at least \`1ms\`.
- An empty value, \`~\` and \`null\` count as missing; in quotes they are text. Among names that you choose, such as those of headers,
  they are empty. In lists of modules they are dropped, as in blackbox_exporter; in other lists they are an error.
- Regular expressions have RE2 syntax, as in Prometheus: no look-around, no back-references.
- \`\${NAME}\` in a value is replaced by the environment variable; an unset variable is an error. \`$\${NAME}\` stands for \`\${NAME}\`.
  Beside the \`expect\` of a step, \`\${NAME}\` is first its group of that name.
- Secrets come from files (\`*_file\`, relative to the configuration; read again when they change) or variables. They are never
  shown by \`/config\`, \`debug=true\` or the log. A file of a module that is missing or empty is a warning, because a side-car may
  write it later: until it has a secret, probes fail with its name. In all other sections it is an error: a token that is missing
  must not open a route, and a message must not be lost for lack of a key.
- A module with a valid option that this exporter does not support, such as \`enable_http3: true\`, is off, with a warning: \`/probe\`
  answers 400 for it, and all other modules run. A target of such a module is an error.
- SIGHUP, \`POST /-/reload\` and \`--config.enable-auto-reload\` reload the file. An invalid file changes nothing, and is reported
  in the log, in the response and by \`heartbeat_exporter_config_last_reload_successful\`. An unchanged file costs milliseconds.
  A changed one is read in a thread of its own, and probes and scrapes continue meanwhile. Requests for a reload during a reload
  share the next one: each of them gets the outcome of a reload that read the file after the request. Programs on the same machine
  need [no token](http-api.md#reload-without-a-token) for it, unless \`control.reload\` is \`token\`.

Editors complete keys, show what they mean and underline mistakes: \`heartbeat-exporter config schema > exporter.schema.json\` writes
the JSON Schema (2020-12), which the npm package contains as \`schema/exporter.schema.json\`. With yaml-language-server, which is part
of the YAML extensions of most editors, the file begins with the line \`# yaml-language-server: $schema=exporter.schema.json\`.

Flags and commands are in [command-line.md](command-line.md).

## Sections

${sections.join("\n")}
## Environment variables

Without a file, environment variables describe one LLM target named \`llm\`, and machines that register on their first ping. If
only machines are described, there is no LLM target. With a file, all variables except \`MACHINE_*\`, \`CONTEXT_API_HOST\`,
\`CONTEXT_API_PORT\`, \`HEARTBEAT_STORAGE_PATH\`, \`HEARTBEAT_HEALTH_SOCKET\`, \`HEARTBEAT_INTERVAL_SECONDS\` and those of shards are ignored, and a warning
in the log lists them. \`GET /config\` shows the equivalent YAML, which can serve as a first file.

A variable with one of these prefixes that is unknown is named in a warning, with the one that was probably meant. Variables that
Kubernetes sets for Services are not. Errors and hints name the variables to set. Of \`HEARTBEAT_TIMEOUT\` and
\`HEARTBEAT_CHECK_INTERVAL\`, one that is set alone adjusts the default of the other, with a warning; if both are set, a timeout longer
than the interval is an error. Likewise in a file, targets without an \`interval\` follow a longer \`timeout\` of their module.

| variable | default | meaning |
|---|---|---|
${variables.join("\n")}

## File of \`--web.config.file\`

TLS and basic authentication, in exporter-toolkit's format, which Prometheus and its exporters use. The file is strict too. It
has no \`\${NAME}\`, and its paths are relative to its folder. The exporter checks it and the files that it names for changes every
five seconds; an invalid file changes nothing and is reported in the log. Turning HTTPS on or off and changing
\`client_auth_type\` take a restart. Passwords are hashed in a separate thread, each once, so scrapes do not wait for it. A request
with the control token needs no password, because it cannot carry both.

${table(webSchema)}`;
}

function section(name: string, schema: Schema): string {
  const entry = entryOf(schema);
  const page = PAGES[name];
  const texts = [
    schema.description,
    entry.schema === schema ? undefined : entry.schema?.description,
    NOTES[name],
    page === undefined ? undefined : `See [${page}](${page}).`,
  ];
  const text = texts.filter((one) => one !== undefined).join(" ");
  const options = entry.schema === undefined ? "" : `\n${table(entry.schema)}`;
  const ofProbers = name === "modules" ? `\n${proberOptions()}` : "";
  return `### \`${name}${entry.suffix}\`\n\n${text}\n${options}${ofProbers}`;
}

/** Returns the schema of the options of a section: of its entries, or of the section itself. */
function entryOf(schema: Schema): { readonly suffix: string; readonly schema: Schema | undefined } {
  const { items, additionalProperties: named } = schema;
  if (items !== undefined)
    return { suffix: "[]", schema: items.properties === undefined ? undefined : items };
  if (typeof named === "object") return { suffix: ".<name>", schema: named };
  return { suffix: "", schema };
}

const proberOptions = (): string =>
  probers
    .map(
      ({ kind, schema }) =>
        `#### Options of prober \`${kind}\`\n\nUnder \`modules.<name>.${kind}\`.\n\n${table(schema)}`,
    )
    .join("\n");

const table = (schema: object): string =>
  `| option | type | default | meaning |\n|---|---|---|---|\n${optionRows(schema).join("\n")}\n`;
