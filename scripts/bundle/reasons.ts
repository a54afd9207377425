/**
 * The packages that modules of `src` import and whose code is in the bundle, with the reason for each. docs/packages.md shows them,
 * and its generation fails if one is missing or too many.
 */
export const REASONS: Readonly<Record<string, string>> = {
  "@kubernetes/client-node":
    "Reads kubeconfig files as kubectl does, with contexts, certificates, OIDC and exec credentials. Only that part is in the bundle",
  "@marcbachmann/cel-js":
    "Evaluates the CEL expressions of http modules, which blackbox_exporter has as well",
  ajv: "Validates the configuration and JSON answers of models by JSON Schema",
  bcryptjs: "Checks passwords of `--web.config.file`, in threads; needs no compiler",
  commander: "Parses the command line and prints its help",
  croner: "Computes times of cron expressions in time zones",
  "eventsource-parser": "Parses streams of server-sent events, in which models answer",
  express: "Routes HTTP requests",
  got: "Sends HTTP requests with redirects, proxies, timeouts per phase and HTTP/2",
  nodemailer: "Sends mail by SMTP",
  pino: "Writes the log",
  preact: "Renders the pages, on the server and in browsers",
  "preact-render-to-string": "Renders the pages on the server",
  "prom-client": "Collects the metrics of the process and of Node.js",
  re2js: "Matches regular expressions in linear time, so that no answer of a target can block the exporter",
  uplot: "Draws charts in browsers",
  ws: "Speaks WebSocket for its prober",
  yaml: "Parses YAML with the line and column of everything, for error texts",
};
