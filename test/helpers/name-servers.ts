import type { TestCertificate } from "./certificates.ts";
import { freePort, type Running, start } from "./process.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { tool } from "./tools.ts";

/** A name server that others wrote; `await using` stops it. */
export interface RealNameServer extends AsyncDisposable {
  readonly port: number;
  /** The port of DNS over TLS; 0 without it. */
  readonly tlsPort: number;
  readonly process: Running;
}

/**
 * Starts dnsmasq with these options of its command line, such as `--address=/example.test/192.0.2.1`.
 * @param everyAddress listens on every address of the machine, such as 127.0.1.2, instead of 127.0.0.1 and ::1
 */
export async function startDnsmasq(
  { everyAddress = false }: { readonly everyAddress?: boolean },
  ...options: readonly string[]
): Promise<RealNameServer> {
  const { argv, cwd } = tool("dnsmasq", "newest");
  const port = await freePort();
  const server = start(
    [
      ...argv,
      "--keep-in-foreground",
      "--conf-file=/dev/null",
      "--no-resolv",
      "--no-hosts",
      "--pid-file=",
      "--log-facility=-",
      "--user=root",
      ...(everyAddress ? [] : ["--listen-address=127.0.0.1,::1", "--bind-interfaces"]),
      `--port=${port}`,
      ...options,
    ],
    cwd === undefined ? {} : { cwd },
  );
  await server.waitForOutput(/started, version/);
  return { port, tlsPort: 0, process: server, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Starts unbound with these lines of its section `server`, such as `local-zone: "example.test." static`. */
export async function startUnbound(
  lines: readonly string[],
  certificate: TestCertificate,
): Promise<RealNameServer> {
  await using resources = new AsyncDisposableStack();
  const { argv, cwd } = tool("unbound", "newest");
  const [port, tlsPort] = [await freePort(), await freePort()];
  const folder = resources.use(await temporaryFolder());
  const config = await folder.write(
    "unbound.conf",
    [
      "server:",
      ...[
        `directory: "${folder.path}"`,
        'chroot: ""',
        'username: ""',
        'pidfile: ""',
        "do-daemonize: no",
        "use-syslog: no",
        'logfile: ""',
        "verbosity: 1",
        'module-config: "iterator"',
        `interface: 127.0.0.1@${port}`,
        `interface: ::1@${port}`,
        `interface: 127.0.0.1@${tlsPort}`,
        `tls-port: ${tlsPort}`,
        `tls-service-pem: "${await folder.write("cert.pem", certificate.cert)}"`,
        `tls-service-key: "${await folder.write("key.pem", certificate.key)}"`,
        "access-control: 127.0.0.0/8 allow",
        "access-control: ::1/128 allow",
        "root-hints: /dev/null",
        ...lines,
      ].map((line) => `  ${line}`),
      "remote-control:",
      "  control-enable: no",
      "",
    ].join("\n"),
  );
  const server = resources.use(start([...argv, "-d", "-c", config], cwd === undefined ? {} : { cwd }));
  await server.waitForOutput(/start of service/);
  const owned = resources.move();
  return { port, tlsPort, process: server, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
