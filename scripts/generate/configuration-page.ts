import { VARIABLES_HELP } from "../../src/config/env/env.ts";
import { configSchema, moduleSchema, targetSchema } from "../../src/config/schema.ts";
import { heartbeatSchema, registrationSchema } from "../../src/config/sections/heartbeats-schema.ts";
import { webSchema } from "../../src/config/web/schema.ts";
import { probers } from "../../src/probers/index.ts";
import { optionRows } from "./option-rows.ts";

/** `docs/configuration.md`: flags, file and environment, from where each is defined. */
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

Generated from the schemas, the command line and the list of variables by \`npm run generate\`; edit there.

One YAML file, named by \`--config.file\`, or environment variables alone. The file is strict: an unknown key, a wrong type or a
value out of range is an error with its line and column, and all of them are reported at once. \`--config.check\` does only
that.

- Durations are those of Prometheus: \`30s\`, \`2m\`, \`1h30m\`, \`1d\`, \`500ms\`.
- Regular expressions are those of RE2, as in Prometheus: no look-around, no back-references.
- \`\${NAME}\` in a value is replaced by the environment variable; one that is not set is an error. \`$\${NAME}\` is a literal.
- Secrets come from files (\`*_file\`, relative to the configuration; read again when they change) or variables, and are never
  shown: not by \`/config\`, not by \`debug=true\`, not in the log.
- SIGHUP, \`POST /-/reload\` and \`--config.enable-auto-reload\` load the file anew. A bad file changes nothing; the log, the
  answer and \`heartbeat_exporter_config_last_reload_successful\` say so.

## Command line

Flags and commands are in [command-line.md](command-line.md).

### File of \`--web.config.file\`

exporter-toolkit's file for TLS and basic authentication, as Prometheus and its exporters read it. It is strict like the other
one, knows no \`\${NAME}\`, and its paths are relative to its folder. It and the files that it names are looked at every five
seconds; a bad one leaves everything as it was, and the log says so. HTTPS itself and \`client_auth_type\` change by a restart
only. Passwords are hashed by a thread of their own, once each: a scrape does not pay for it. A request with the control token
needs no password, as it can carry only one of the two.

${table(webSchema)}
## File

### \`modules.<name>\`

How to probe. The prober's own options stand under a key of its name.

${table(moduleSchema)}
${kinds.join("\n")}
### \`targets[]\`

What is probed, with memory: streaks, mode, thresholds. Addresses that are not listed can be probed through \`/probe\` with a
module, as in blackbox_exporter.

${table(targetSchema)}
### \`heartbeats[]\`

What pings \`/ping/<name>\`, see [heartbeats](heartbeats.md). A file with heartbeats needs no \`modules\`.

${table(heartbeatSchema)}
### \`heartbeat_registration\`

Lets heartbeats that are not configured become known by their first ping. Without this key there is no registration.

${table(registrationSchema)}
### The rest

${table(root)}
## Environment variables

Without a file they describe one LLM target, named \`llm\`, and machines that register by their first ping; where only the
latter are described there is no LLM target. With a file all but those of \`MACHINE_\` and \`CONTEXT_API_HOST\` and
\`CONTEXT_API_PORT\` are ignored, and the log says so. \`GET /config\` shows what they amount to as YAML: a file to start from.

| variable | default | meaning |
|---|---|---|
${variables.join("\n")}
`;
}

const table = (schema: object): string =>
  `| option | type | default | meaning |\n|---|---|---|---|\n${optionRows(schema).join("\n")}\n`;
