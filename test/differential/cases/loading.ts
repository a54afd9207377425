import { conversationLoading } from "./tcp/loading.ts";

/** A configuration that both exporters check. */
export interface LoadCase {
  readonly name: string;
  /** The whole file, or the options of an http module in braces. */
  readonly yaml: string;
  /** The verdict of blackbox_exporter. */
  readonly theirs: "accepted" | "refused";
  /** An anchor of docs/blackbox-differences.md, if the verdict of this exporter differs. */
  readonly differs?: string;
}

const refused = (name: string, yaml: string): LoadCase => ({ name, yaml, theirs: "refused" });
const accepted = (name: string, yaml: string): LoadCase => ({ name, yaml, theirs: "accepted" });
const stricter = (name: string, yaml: string, differs: string): LoadCase => ({
  ...accepted(name, yaml),
  differs,
});
const broader = (name: string, yaml: string, differs: string): LoadCase => ({
  ...refused(name, yaml),
  differs,
});

const basic = "basic_auth: { username: u, password: p }";
const oauth2 = (more: string): string =>
  `{ oauth2: { client_id: c, client_secret: s, token_url: "http://127.0.0.1/"${more} } }`;

/** Valid and invalid configurations. */
export const loading: readonly LoadCase[] = [
  accepted("a prober alone", "{}"),
  refused("an unknown option", "{ colour: blue }"),
  refused("an unknown option of tls_config", "{ tls_config: { colour: blue } }"),
  refused(
    "an unknown option of a header rule",
    "{ fail_if_header_matches: [{ header: a, regexp: b, colour: c }] }",
  ),
  refused("an unknown option of a module", "modules: { m: { prober: http, colour: blue } }"),
  refused("an unknown option of the file", "modules: { m: { prober: http } }\ncolour: blue"),
  refused("a syntax error", "modules: { m: { prober: http"),
  refused("a key twice", "modules: { m: { prober: http, timeout: 1s, timeout: 2s } }"),
  refused("a module twice", "modules:\n  m: { prober: http }\n  m: { prober: http }"),
  refused("a list in place of modules", "modules: [{ prober: http }]"),
  refused("a text in place of a module", "modules: { m: http }"),
  refused("a text in place of options", "modules: { m: { prober: http, http: yes please } }"),

  refused("a status that is not a number", "{ valid_status_codes: [ok] }"),
  stricter("a status with a fraction", "{ valid_status_codes: [200.5] }", "unknown-words"),
  broader("a class of statuses", "{ valid_status_codes: [2xx] }", "status-classes"),
  broader("a range of statuses", '{ valid_status_codes: ["200-399"] }', "status-classes"),
  broader("any status", "{ valid_status_codes: [any] }", "status-classes"),
  refused("statuses that are not a list", "{ valid_status_codes: ok }"),
  refused("an invalid timeout", "modules: { m: { prober: http, timeout: soon } }"),
  refused("a timeout without a unit", "modules: { m: { prober: http, timeout: 5 } }"),
  stricter("a timeout of 0", "modules: { m: { prober: http, timeout: 0s } }", "timeouts"),
  stricter("a timeout below 0", "modules: { m: { prober: http, timeout: -1s } }", "timeouts"),
  stricter("a timeout with a fraction", "modules: { m: { prober: http, timeout: 1.5s } }", "timeouts"),
  broader("a timeout of a day", "modules: { m: { prober: http, timeout: 1d } }", "timeouts"),
  refused("an invalid boolean", "{ fail_if_ssl: maybe }"),
  accepted(
    "booleans of YAML 1.1",
    "{ fail_if_ssl: off, fail_if_not_ssl: yes, follow_redirects: on, enable_http2: n }",
  ),

  refused("an invalid expression over the body", "{ fail_if_body_matches_regexp: ['('] }"),
  refused("an invalid expression that must match", "{ fail_if_body_not_matches_regexp: ['a', '*'] }"),
  refused("an expression with a look-ahead", "{ fail_if_body_matches_regexp: ['(?=a)'] }"),
  refused("an expression with a back-reference", "{ fail_if_body_matches_regexp: ['(a)\\1'] }"),
  refused("an invalid expression over a header", "{ fail_if_header_matches: [{ header: a, regexp: '[' }] }"),
  refused(
    "an invalid expression that a header must match",
    "{ fail_if_header_not_matches: [{ header: a, regexp: '[' }] }",
  ),
  refused("a header rule without a header", "{ fail_if_header_matches: [{ regexp: a }] }"),
  refused("a header rule without an expression", "{ fail_if_header_not_matches: [{ header: a }] }"),
  refused(
    "a header rule with an empty header",
    "{ fail_if_header_not_matches: [{ header: '', regexp: a }] }",
  ),
  refused("an invalid CEL expression", "{ fail_if_body_json_matches_cel: 'body.' }"),
  refused("a CEL expression with a non-ASCII name", "{ fail_if_body_json_matches_cel: 'body.ä == 1' }"),
  refused("a CEL expression with an unknown name", "{ fail_if_body_json_not_matches_cel: 'unknown == 1' }"),
  refused("a CEL expression with an unknown function", "{ fail_if_body_json_matches_cel: 'f(body)' }"),
  stricter(
    "a CEL expression that is not boolean",
    "{ fail_if_body_json_matches_cel: '1 + 1' }",
    "never-succeeding",
  ),
  refused("an empty CEL expression", "{ fail_if_body_json_matches_cel: '' }"),

  refused("body and body_file", "{ body: a, body_file: b }"),
  refused("basic_auth and bearer_token", `{ ${basic}, bearer_token: a }`),
  refused("basic_auth and authorization", `{ ${basic}, authorization: { credentials: a } }`),
  refused(
    "basic_auth and oauth2",
    `{ ${basic}, oauth2: { client_id: c, client_secret: s, token_url: "http://a/" } }`,
  ),
  refused("authorization and bearer_token", "{ authorization: { credentials: a }, bearer_token: b }"),
  refused("bearer_token and bearer_token_file", "{ bearer_token: a, bearer_token_file: /b }"),
  refused("two passwords", "{ basic_auth: { username: u, password: p, password_file: /p } }"),
  refused("two users", "{ basic_auth: { username: u, username_file: /u } }"),
  refused("two credentials", "{ authorization: { credentials: a, credentials_file: /b } }"),
  refused("authorization with the type Basic", "{ authorization: { type: basic, credentials: a } }"),
  refused("two client secrets", oauth2(", client_secret_file: /s")),
  refused("oauth2 without a client", '{ oauth2: { client_secret: s, token_url: "http://a/" } }'),
  refused("oauth2 without token_url", "{ oauth2: { client_id: c, client_secret: s } }"),
  accepted("oauth2 without a secret", '{ oauth2: { client_id: c, token_url: "http://127.0.0.1/" } }'),
  refused("oauth2 with no_proxy alone", oauth2(", no_proxy: a")),
  refused("an unknown option of oauth2", oauth2(", colour: blue")),
  stricter(
    "a missing file with credentials",
    "{ authorization: { credentials_file: /nothing/here } }",
    "files-of-secrets",
  ),
  stricter(
    "a missing file with a password",
    "{ basic_auth: { username: u, password_file: /nothing/here } }",
    "files-of-secrets",
  ),

  refused("a reserved header in http_headers", "{ http_headers: { user-agent: { values: [a] } } }"),
  refused("Authorization in http_headers", "{ http_headers: { Authorization: { secrets: [a] } } }"),
  refused("an unknown kind of http_headers", "{ http_headers: { X-A: { value: a } } }"),
  stricter("a header with a line break", '{ headers: { X-A: "a\\nb" } }', "never-succeeding"),
  stricter("a header name with a space", "{ headers: { 'X A': b } }", "never-succeeding"),
  stricter("a method with a space", "{ method: 'GO THERE' }", "never-succeeding"),
  refused("headers that are a list", "{ headers: [a] }"),

  refused("an invalid size", "{ body_size_limit: huge }"),
  refused("a size without a unit", "{ body_size_limit: 10 }"),
  accepted("sizes with units", "{ body_size_limit: 1.5MiB }"),
  accepted("a size of 0", "{ body_size_limit: 0 }"),
  refused(
    "compression and another Accept-Encoding",
    "{ compression: gzip, headers: { Accept-Encoding: br } }",
  ),
  refused(
    "compression with a weight of 0",
    "{ compression: gzip, headers: { accept-encoding: 'gzip;q=0' } }",
  ),
  accepted("compression with any encoding", "{ compression: br, headers: { Accept-Encoding: '*' } }"),
  stricter("an unknown compression", "{ compression: zstd }", "never-succeeding"),
  stricter("an unknown protocol", "{ preferred_ip_protocol: v6 }", "unknown-words"),
  refused("HTTP/3 beside HTTP/2", "{ enable_http2: true, enable_http3: true }"),
  stricter("HTTP/3", "{ enable_http2: false, enable_http3: true }", "http3"),

  refused("an unknown version of TLS", "{ tls_config: { min_version: TLS14 } }"),
  stricter(
    "a minimum above the maximum",
    "{ tls_config: { min_version: TLS13, max_version: TLS12 } }",
    "never-succeeding",
  ),
  refused("two authorities", "{ tls_config: { ca: a, ca_file: /b } }"),
  refused("two certificates", "{ tls_config: { cert: a, cert_file: /b, key: c } }"),
  refused("two keys", "{ tls_config: { cert: a, key: b, key_file: /c } }"),
  refused("a certificate without a key", "{ tls_config: { cert_file: /a } }"),
  refused("a key without a certificate", "{ tls_config: { key_file: /a } }"),

  refused("no_proxy without a proxy", "{ no_proxy: a }"),
  refused(
    "proxy_url and proxy_from_environment",
    '{ proxy_url: "http://a:1", proxy_from_environment: true }',
  ),
  refused("no_proxy and proxy_from_environment", "{ no_proxy: a, proxy_from_environment: true }"),
  refused("proxy_connect_header without a proxy", "{ proxy_connect_header: { X-A: [b] } }"),
  refused(
    "proxy_connect_header that is not a list",
    '{ proxy_url: "http://a:1", proxy_connect_header: { X-A: { b: c } } }',
  ),
  refused("a proxy that is not a URL", '{ proxy_url: "http://a:b:c" }'),
  stricter("a proxy with another scheme", '{ proxy_url: "socks5://127.0.0.1:1" }', "proxy-schemes"),

  stricter("a module of another prober", "modules: { m: { prober: icmp } }", "other-probers"),
  stricter(
    "options of another prober",
    "modules: { m: { prober: http, dns: { query_name: a } } }",
    "other-probers",
  ),
  stricter("an unknown prober", "modules: { m: { prober: gopher } }", "wrong-probers"),
  stricter("no prober", "modules: { m: { timeout: 1s } }", "wrong-probers"),
  refused("an empty file", ""),
  stricter("a variable that is not set", "{ headers: { X-A: '${NO_SUCH_VARIABLE}' } }", "variables"),
  broader("allowed_targets", "{ allowed_targets: [127.0.0.1] }", "further-options"),
  broader(
    "targets",
    "modules: { m: { prober: http } }\ntargets: [{ name: t, module: m, target: 'http://127.0.0.1/' }]",
    "further-options",
  ),
  ...conversationLoading,
];
