import { VARIABLES_HELP } from "../../src/config/env/env.ts";
import { configSchema, moduleSchema, targetSchema } from "../../src/config/schema.ts";
import { heartbeatSchema, registrationSchema } from "../../src/config/sections/heartbeats-schema.ts";
import { webSchema } from "../../src/config/web/schema.ts";
import { probers } from "../../src/probers/index.ts";
import { optionRows } from "./option-rows.ts";

/** Returns `docs/configuration.md`: the options of the file and the environment variables. */
export function configurationPage(): string {
  const {
    modules: _modules,
    targets: _targets,
    heartbeats: _heartbeats,
    heartbeat_registration: _registration,
    ...rest
  } = configSchema.properties;
  const root = { ...configSchema, properties: rest };
  const kinds = probers.map(
    ({ kind, schema }) =>
      `### Options of prober \`${kind}\`\n\nUnder \`modules.<name>.${kind}\`.\n\n${table(schema)}`,
  );
  const variables = VARIABLES_HELP.map(
    ({ name, fallback, meaning }) =>
      `| \`${name}\` | ${fallback === undefined ? "" : `\`${fallback}\``} | ${meaning} |`,
  );
  return `# Configuration

Generated from the schemas and the list of variables by \`npm run generate\`; edit there.

The exporter is configured by one YAML file, named by \`--config.file\`, or by environment variables alone. The file is strict:
an unknown key, a wrong type or a value out of range is an error with its line and column, and all errors are reported at once.
\`--config.check\` only checks the file.

- Durations are Prometheus durations: \`30s\`, \`2m\`, \`1h30m\`, \`1d\`, \`500ms\`.
- Regular expressions are RE2, as in Prometheus: no look-around, no back-references.
- \`\${NAME}\` in a value is replaced by the environment variable; an unset variable is an error. \`$\${NAME}\` is the literal text.
- Secrets come from files (\`*_file\`, relative to the configuration; read again when they change) or variables. \`/config\`,
  \`debug=true\` and the log never show them.
- SIGHUP, \`POST /-/reload\` and \`--config.enable-auto-reload\` reload the file. An invalid file changes nothing; the log, the
  response and \`heartbeat_exporter_config_last_reload_successful\` report it.

## Command line

Flags and commands are in [command-line.md](command-line.md).

### File of \`--web.config.file\`

The file for TLS and basic authentication of exporter-toolkit, as for Prometheus and its exporters. It is strict too, does not
expand \`\${NAME}\`, and its paths are relative to its folder. The exporter checks it, and the files that it names, every five
seconds; an invalid file changes nothing, and the log reports it. Turning HTTPS on or off, and \`client_auth_type\`, need a
restart. A separate thread hashes each password once, so that scrapes are not delayed. A request with the control token needs no
password, as a request can carry only one of them.

${table(webSchema)}
## File

### \`modules.<name>\`

How to probe. The options of a prober are under the key of its kind.

${table(moduleSchema)}
${kinds.join("\n")}
### \`targets[]\`

The targets to probe, with state: streaks, mode, thresholds. Any other address can be probed through \`/probe\` with a module,
as in blackbox_exporter.

${table(targetSchema)}
### \`heartbeats[]\`

The heartbeats that ping \`/ping/<name>\`, see [heartbeats](heartbeats.md). A file with heartbeats needs no \`modules\`.

${table(heartbeatSchema)}
### \`heartbeat_registration\`

Allows heartbeats that are not configured to register with their first ping. Without this key they cannot.

${table(registrationSchema)}
### The rest

${table(root)}
## Environment variables

Without a file they configure one LLM target, named \`llm\`, and machines that register with their first ping, or only the
machines. With a file, all variables except \`MACHINE_*\`, \`CONTEXT_API_HOST\` and \`CONTEXT_API_PORT\` are ignored, and the log
reports it. \`GET /config\` shows the equivalent YAML, which you can use as a first file.

| variable | default | meaning |
|---|---|---|
${variables.join("\n")}
`;
}

const table = (schema: object): string =>
  `| option | type | default | meaning |\n|---|---|---|---|\n${optionRows(schema).join("\n")}\n`;
