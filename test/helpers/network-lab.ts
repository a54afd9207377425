import { connect, createServer } from "node:net";
import { type Running, run, start } from "./process.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/**
 * Three machines of their own network namespaces: `probing`, which exporters run on, `router` and `target`.
 *
 *     probing 10.1.0.1 ---- 10.1.0.2 router 10.2.0.1 ---- 10.2.0.2 target
 *           fd01::1         fd01::2         fd02::1       fd02::2
 *
 * The packets of the second link have at most 1280 bytes. `target` has further addresses, 10.2.0.3 to 10.2.0.9 and fd02::3 to
 * fd02::9, so that a test can have one whose path nobody has measured. What the router does with others:
 *
 * | | |
 * |---|---|
 * | 10.1.0.100, fd01::100 | addresses of the first link that nothing has |
 * | 10.3.0.0/16, fd03::/64 | dropped without a word |
 * | 10.4.0.0/16, fd04::/64 | unreachable |
 * | 10.5.0.0/16, fd05::/64 | prohibited |
 *
 * There is no route to other addresses.
 */
export interface NetworkLab extends AsyncDisposable {
  /** The command, before its arguments, that runs a program on a machine. */
  readonly on: Readonly<Record<Machine, readonly string[]>>;
  /** Returns the URL at which this process reaches a server on the loopback interface of `probing`. */
  readonly reach: (url: string) => Promise<string>;
  /** Runs a shell script on a machine and returns its output. */
  readonly sh: (machine: Machine, script: string) => Promise<string>;
}

/** A machine of the lab. */
export type Machine = "probing" | "router" | "target";

/** Names on `probing`. */
const HOSTS = `127.0.0.1 localhost
::1 localhost
10.2.0.2 both.lab four.lab
fd02::2 both.lab six.lab
`;

/** Runs in the namespaces of `probing`; the arguments are the files for /etc/hosts and /etc/resolv.conf. */
const SETUP = `set -e
mount --bind "$1" /etc/hosts
mount --bind "$2" /etc/resolv.conf
# They end with this shell, even if it is killed.
remain='while kill -0 $0 2> /dev/null; do sleep 1; done'
unshare -n sh -c "$remain" $$ & router=$!
unshare -n sh -c "$remain" $$ & target=$!
for pid in $router $target; do
  until [ "$(readlink /proc/$pid/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.01; done
done
on() { pid=$1; shift; nsenter -t $pid -n "$@"; }
set_all() { on $1 sh -c 'for file in /proc/sys/net/'"$2"'; do echo '"$3"' > $file; done'; }
for pid in $$ $router $target; do
  on $pid ip link set lo up
  # Addresses are usable at once.
  set_all $pid 'ipv6/conf/*/accept_dad' 0
  set_all $pid 'ipv4/conf/*/rp_filter' 0
done
ip link add near type veth peer name near netns $router
on $router ip link add far type veth peer name far netns $target
set_all $router ipv4/ip_forward 1
set_all $router ipv6/conf/all/forwarding 1
# ICMP errors are not limited in number.
set_all $router ipv4/icmp_ratelimit 0
set_all $router ipv6/icmp/ratelimit 0
for pid in $router $target; do set_all $pid ipv4/icmp_msgs_per_sec 100000; done
address() { on $1 ip address add $3 dev $2; }
address $$ near 10.1.0.1/24; address $$ near 10.1.0.5/24; address $$ near fd01::1/64
address $router near 10.1.0.2/24; address $router near fd01::2/64
address $router far 10.2.0.1/24; address $router far fd02::1/64
for n in 2 3 4 5 6 7 8 9; do address $target far 10.2.0.$n/24; address $target far fd02::$n/64; done
for pid in $$ $router; do on $pid ip link set near up; done
for pid in $router $target; do on $pid ip link set far mtu 1280 up; done
for net in 10.2.0.0/16 10.3.0.0/16 10.4.0.0/16 10.5.0.0/16; do ip route add $net via 10.1.0.2; done
for net in fd02::/64 fd03::/64 fd04::/64 fd05::/64; do ip -6 route add $net via fd01::2; done
on $target ip route add default via 10.2.0.1
on $target ip -6 route add default via fd02::1
for kind in 'blackhole 10.3.0.0/16' 'unreachable 10.4.0.0/16' 'prohibit 10.5.0.0/16'; do on $router ip route add $kind; done
for kind in 'blackhole fd03::/64' 'unreachable fd04::/64' 'prohibit fd05::/64'; do on $router ip -6 route add $kind; done
# Routes and neighbours are there with the first reply.
for n in 1 2 3 4 5 6 7 8 9 10; do ping -4 -c 1 -w 1 10.2.0.2 > /dev/null && ping -6 -c 1 -w 1 fd02::2 > /dev/null && break; done
echo ready $$ $router $target
wait
`;

/** A script for `target`, which then ignores IPv4 echo requests until it got one. */
export const LOSE_ONE = `
count() { awk '/^Icmp:/ { echos = $10 } END { print echos }' /proc/net/snmp; }
ignore() { echo $1 > /proc/sys/net/ipv4/icmp_echo_ignore_all; }
before=$(count)
ignore 1
( for n in $(seq 1000); do [ $(count) = $before ] || break; sleep 0.02; done; ignore 0 ) > /dev/null 2>&1 &
`;

/** Passes connections to a Unix socket on to a port of the loopback interface. */
const RELAY = `const { connect, createServer } = require("node:net");
const [socket, port] = process.argv.slice(1);
createServer((from) => {
  const to = connect(Number(port), "127.0.0.1");
  for (const each of [from, to]) each.on("error", () => { from.destroy(); to.destroy(); });
  from.pipe(to).pipe(from);
}).listen(socket, () => console.log("ready"));
`;

/**
 * Starts a lab, as root or in a user namespace.
 * @throws Error if the machine lacks a program or a kernel feature that it needs; a test without its lab fails
 */
export async function startNetworkLab(): Promise<NetworkLab> {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder());
  const hosts = await folder.write("hosts", HOSTS);
  // Nothing listens there, so that other names are unknown at once.
  const resolver = await folder.write("resolv.conf", "nameserver 127.0.0.1\n");
  const isRoot = process.getuid?.() === 0;
  const namespaces = isRoot ? "-nm" : "-rnm";
  const holder = resources.use(start(["unshare", namespaces, "sh", "-c", SETUP, "sh", hosts, resolver]));
  const pids = await ready(holder);
  // With the namespace of mounts, nsenter would start the program in the root folder.
  const enter = (pid: string | undefined): readonly string[] => [
    "nsenter",
    "-t",
    String(pid),
    "-n",
    "-m",
    ...(isRoot ? [] : ["-U", "--preserve-credentials"]),
    "--",
    "env",
    "-C",
    process.cwd(),
  ];
  const on = { probing: enter(pids[1]), router: enter(pids[2]), target: enter(pids[3]) };
  const sockets = resources.use(new AsyncDisposableStack());
  let relays = 0;
  const owned = resources.move();
  return {
    on,
    async reach(url) {
      const { port } = new URL(url);
      relays += 1;
      const socket = `${folder.path}/${relays}`;
      const relay = sockets.use(
        start([...on.probing, process.execPath, "-e", RELAY, socket, port], { env: {} }),
      );
      await relay.waitForOutput(/ready/);
      const server = createServer((from) => {
        const to = connect(socket);
        for (const each of [from, to])
          each.on("error", () => {
            from.destroy();
            to.destroy();
          });
        from.pipe(to).pipe(from);
      });
      sockets.defer(() => void server.close());
      await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
      const address = server.address();
      if (address === null || typeof address === "string") throw new Error("a TCP server without a port");
      return `http://127.0.0.1:${address.port}`;
    },
    async sh(machine, script) {
      const { code, stdout, stderr } = await run([...on[machine], "sh", "-c", script]);
      if (code !== 0) throw new Error(`${script} ended with ${code}\n${stderr}`);
      return stdout;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function ready(holder: Running): Promise<RegExpExecArray> {
  try {
    return await holder.waitForOutput(/ready (\d+) (\d+) (\d+)/);
  } catch (error) {
    throw new Error(
      "no network namespaces: these tests need ip (iproute2), unshare and nsenter (util-linux), ping (iputils), and root or user namespaces",
      { cause: error },
    );
  }
}
