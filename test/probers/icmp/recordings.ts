/** The output of one run of a `ping`. */
export interface Recording {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code: number;
}

const statistics = (target: string, rest: string): string => `\n--- ${target} ping statistics ---\n${rest}\n`;

const replied = (header: string, target: string, reply: string, time: string): Recording => ({
  stdout: `${header}
${reply} time=${time} ms
${statistics(target, `1 packets transmitted, 1 received, 0% packet loss, time 0ms\nrtt min/avg/max/mdev = ${time}/${time}/${time}/0.000 ms`)}`,
  code: 0,
});

const V4 = "PING 10.2.0.2 (10.2.0.2) 28(56) bytes of data.";
const REPLY = "36 bytes from 10.2.0.2: icmp_seq=1 ttl=63";

const refused = (header: string, target: string, error: string): Recording => ({
  stdout: `${header}
${error}
${statistics(target, "1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms\n")}`,
  code: 1,
});

/** Outputs of iputils 20221126 and 20250605, `-n -O -c 1 -w 300 -s 28`, for replies. */
export const replies = {
  IPv4: replied(V4, "10.2.0.2", REPLY, "0.057"),
  "IPv6, 20221126": replied(
    "PING fd02::2(fd02::2) 28 data bytes",
    "fd02::2",
    "36 bytes from fd02::2: icmp_seq=1 ttl=63",
    "0.043",
  ),
  "IPv6, 20250605": replied(
    "PING fd02::2 (fd02::2) 28 data bytes",
    "fd02::2",
    "36 bytes from fd02::2: icmp_seq=1 ttl=63",
    "0.066",
  ),
  "a source address": replied(
    "PING 10.2.0.2 (10.2.0.2) from 10.1.0.5 : 28(56) bytes of data.",
    "10.2.0.2",
    REPLY,
    "0.333",
  ),
  "an IPv6 source address": replied(
    "PING fd02::2(fd02::2) from fd01::1 : 28 data bytes",
    "fd02::2",
    "36 bytes from fd02::2: icmp_seq=1 ttl=63",
    "0.067",
  ),
  "an IPv6 zone": replied(
    "PING fe80::2%near(fe80::2%near) 28 data bytes",
    "fe80::2%near",
    "36 bytes from fe80::2%near: icmp_seq=1 ttl=64",
    "0.066",
  ),
} as const satisfies Record<string, Recording>;

/** The second of two requests is answered; the time of the reply is rounded, the one below is not. */
export const secondReply: Recording = {
  stdout: `${V4}
no answer yet for icmp_seq=1
36 bytes from 10.2.0.2: icmp_seq=2 ttl=63 time=123 ms
${statistics("10.2.0.2", "2 packets transmitted, 1 received, 50% packet loss, time 1008ms\nrtt min/avg/max/mdev = 122.734/122.734/122.734/0.000 ms")}`,
  code: 0,
};

/** A slow reply to the first of two requests, and at once one to the second, before the program ended. */
export const twoReplies: Recording = {
  stdout: `${V4}
no answer yet for icmp_seq=1
36 bytes from 10.2.0.2: icmp_seq=1 ttl=63 time=1009 ms
36 bytes from 10.2.0.2: icmp_seq=2 ttl=63 time=1.02 ms
${statistics("10.2.0.2", "2 packets transmitted, 2 received, 0% packet loss, time 1008ms\nrtt min/avg/max/mdev = 1.021/505.010/1009.000/503.989 ms, pipe 2")}`,
  code: 0,
};

/** A payload without a timestamp. */
export const untimed: Recording = {
  stdout: `PING 10.2.0.2 (10.2.0.2) 8(36) bytes of data.
16 bytes from 10.2.0.2: icmp_seq=1 ttl=63
${statistics("10.2.0.2", "1 packets transmitted, 1 received, 0% packet loss, time 0ms\n")}`,
  code: 0,
};

/** Replies that are not those that were wanted. */
export const flawed = {
  "another address": {
    stdout: `PING 0.0.0.0 (127.0.0.1) 28(56) bytes of data.
36 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.228 ms
${statistics("0.0.0.0", "1 packets transmitted, 1 received, 0% packet loss, time 0ms\nrtt min/avg/max/mdev = 0.228/0.228/0.228/0.000 ms")}`,
    code: 0,
  },
  "another address, said": {
    stdout: `${V4}
36 bytes from 10.2.0.7: icmp_seq=1 ttl=63 time=0.228 ms (DIFFERENT ADDRESS!)
${statistics("10.2.0.2", "1 packets transmitted, 1 received, 0% packet loss, time 0ms\nrtt min/avg/max/mdev = 0.228/0.228/0.228/0.000 ms")}`,
    code: 0,
  },
  truncated: {
    stdout: `${V4}
20 bytes from 10.2.0.2: icmp_seq=1 ttl=63 (truncated)
${statistics("10.2.0.2", "1 packets transmitted, 1 received, 0% packet loss, time 0ms\nrtt min/avg/max/mdev = 0.228/0.228/0.228/0.000 ms")}`,
    code: 0,
  },
  "a longer payload": replied(V4, "10.2.0.2", "40 bytes from 10.2.0.2: icmp_seq=1 ttl=63", "0.228"),
  "other data": {
    stdout: `${V4}
36 bytes from 10.2.0.2: icmp_seq=1 ttl=63 time=0.228 ms
wrong data byte #16 should be 0x10 but was 0x61
#16\t61 11 12 13 14 15 16 17 18 19 1a 1b 
${statistics("10.2.0.2", "1 packets transmitted, 1 received, 0% packet loss, time 0ms\nrtt min/avg/max/mdev = 0.228/0.228/0.228/0.000 ms")}`,
    code: 0,
  },
  "a wrong checksum": {
    stdout: `${V4}
36 bytes from 10.2.0.2: icmp_seq=1 ttl=63 time=0.228 ms (BAD CHECKSUM!)
${statistics("10.2.0.2", "1 packets transmitted, 0 received, +1 corrupted, 100% packet loss, time 0ms\n")}`,
    code: 1,
  },
} as const satisfies Record<string, Recording>;

/** Reports of routers and of the kernel, by the text that the detail of the failure contains. */
export const reports: readonly (readonly [
  text: string,
  reason: "connect" | "too_large",
  recording: Recording,
])[] = [
  [
    "Destination Host Unreachable (from 10.1.0.2)",
    "connect",
    refused(V4, "10.2.0.2", "From 10.1.0.2 icmp_seq=1 Destination Host Unreachable"),
  ],
  [
    "Packet filtered (from 10.1.0.2)",
    "connect",
    refused(V4, "10.2.0.2", "From 10.1.0.2 icmp_seq=1 Packet filtered"),
  ],
  [
    "Time to live exceeded (from 10.1.0.2)",
    "connect",
    refused(V4, "10.2.0.2", "From 10.1.0.2 icmp_seq=1 Time to live exceeded"),
  ],
  [
    "Frag needed and DF set (mtu = 1280) (from 10.1.0.2)",
    "too_large",
    refused(V4, "10.2.0.2", "From 10.1.0.2 icmp_seq=1 Frag needed and DF set (mtu = 1280)"),
  ],
  [
    "Destination unreachable: No route (from fd01::2)",
    "connect",
    refused(
      "PING fd04::1(fd04::1) 28 data bytes",
      "fd04::1",
      "From fd01::2 icmp_seq=1 Destination unreachable: No route",
    ),
  ],
  [
    "Destination unreachable: Address unreachable (from fe80::1%near)",
    "connect",
    refused(
      "PING fd04::1(fd04::1) 28 data bytes",
      "fd04::1",
      "From fe80::1%near icmp_seq=1 Destination unreachable: Address unreachable",
    ),
  ],
  [
    "Time exceeded: Hop limit (from fd01::2)",
    "connect",
    refused(
      "PING fd02::2 (fd02::2) 28 data bytes",
      "fd02::2",
      "From fd01::2 icmp_seq=1 Time exceeded: Hop limit",
    ),
  ],
  [
    "Packet too big: mtu=1280 (from fd01::2)",
    "too_large",
    refused(
      "PING fd02::2 (fd02::2) 1400 data bytes",
      "fd02::2",
      "From fd01::2 icmp_seq=1 Packet too big: mtu=1280",
    ),
  ],
  [
    "local error: message too long, mtu=1500 (on this machine)",
    "too_large",
    {
      stdout: `${V4}\n${statistics("10.2.0.2", "1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms\n")}`,
      stderr: "ping: local error: message too long, mtu=1500\n",
      code: 1,
    },
  ],
  [
    "sendmsg: Message too long (on this machine)",
    "too_large",
    {
      stdout: `${V4}\n${statistics("10.2.0.2", "1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms\n")}`,
      stderr: "/usr/bin/ping: sendmsg: Message too long\n",
      code: 1,
    },
  ],
  [
    "connect: Network is unreachable (on this machine)",
    "connect",
    { stderr: "ping: connect: Network is unreachable\n", code: 2 },
  ],
  [
    "bind: Cannot assign requested address (on this machine)",
    "connect",
    { stderr: "ping: bind: Cannot assign requested address\n", code: 2 },
  ],
  [
    "bind icmp socket: Cannot assign requested address",
    "connect",
    { stderr: "ping: bind icmp socket: Cannot assign requested address\n", code: 2 },
  ],
  [
    "Do you want to ping broadcast?",
    "connect",
    {
      stderr: "ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules\n",
      code: 2,
    },
  ],
  [
    "socket: Address family not supported by protocol",
    "connect",
    { stderr: "ping: socket: Address family not supported by protocol\n", code: 2 },
  ],
  [
    "sendmsg: Operation not permitted (on this machine)",
    "connect",
    {
      stdout: `${V4}\n${statistics("10.2.0.2", "2 packets transmitted, 0 received, 100% packet loss, time 1019ms\n")}`,
      stderr: "ping: sendmsg: Operation not permitted\nping: sendmsg: Operation not permitted\n",
      code: 1,
    },
  ],
];

/** Three requests without a reply, stopped by a signal. */
export const silent: Recording = {
  stdout: `${V4}
no answer yet for icmp_seq=1
no answer yet for icmp_seq=2
${statistics("10.2.0.2", "3 packets transmitted, 0 received, 100% packet loss, time 2032ms\n")}`,
  code: 1,
};

/** A host that a router redirects to another one; it replies. */
export const redirected: Recording = {
  stdout: `${V4}
From 10.1.0.2: icmp_seq=1 Redirect Host(New nexthop: 10.1.0.3)
36 bytes from 10.2.0.2: icmp_seq=1 ttl=63 time=0.228 ms
${statistics("10.2.0.2", "1 packets transmitted, 1 received, 0% packet loss, time 0ms\nrtt min/avg/max/mdev = 0.228/0.228/0.228/0.000 ms")}`,
  code: 0,
};

/** Two replies to one request. */
export const duplicated: Recording = {
  stdout: `${V4}
36 bytes from 10.2.0.2: icmp_seq=1 ttl=63 time=0.228 ms
36 bytes from 10.2.0.2: icmp_seq=1 ttl=62 time=0.301 ms (DUP!)
${statistics("10.2.0.2", "1 packets transmitted, 1 received, +1 duplicates, 0% packet loss, time 0ms\nrtt min/avg/max/mdev = 0.228/0.264/0.301/0.036 ms")}`,
  code: 0,
};

/** A reply with IP options, which are printed after it. */
export const withIpOptions: Recording = {
  stdout: `${V4}
36 bytes from 10.2.0.2: icmp_seq=1 ttl=63 time=0.228 ms
NOP
RR: \t10.1.0.1
\t10.2.0.2
${statistics("10.2.0.2", "1 packets transmitted, 1 received, 0% packet loss, time 0ms\nrtt min/avg/max/mdev = 0.228/0.228/0.228/0.000 ms")}`,
  code: 0,
};

/** The clock of the machine was set back and forth. */
export const clockSet: Recording = {
  ...replied(V4, "10.2.0.2", REPLY, "3600123.456"),
  stderr: "ping: Warning: time of day goes back (-3600000000us), taking countermeasures\n",
};

const BUSYBOX_USAGE = `BusyBox v1.38.0 (Debian 1:1.38.0-3+b1) multi-call binary.

Usage: ping [OPTIONS] HOST

Send ICMP ECHO_REQUESTs to HOST
`;

/** Programs that are not the ping of iputils, and one that may not open a socket. Their reason is `prober_unavailable`. */
export const unavailable: readonly (readonly [name: string, advice: RegExp, recording: Recording])[] = [
  [
    "busybox",
    /not that of iputils.*iputils-ping/,
    { stderr: `ping: invalid option -- 'O'\n${BUSYBOX_USAGE}`, code: 1 },
  ],
  [
    "busybox that takes the options",
    /not that of iputils.*iputils-ping/,
    {
      stdout: `PING 10.2.0.2 (10.2.0.2): 28 data bytes
36 bytes from 10.2.0.2: seq=0 ttl=64 time=0.046 ms
${statistics("10.2.0.2", "1 packets transmitted, 1 packets received, 0% packet loss\nround-trip min/avg/max = 0.046/0.046/0.046 ms")}`,
      code: 0,
    },
  ],
  [
    "macOS",
    /not that of iputils/,
    {
      stderr: "ping: invalid option -- O\nusage: ping [-AaDdfnoQqRrv] [-c count] [-G sweepmaxsize]\n",
      code: 64,
    },
  ],
  [
    "macOS that takes the options",
    /not that of iputils/,
    {
      stdout: `PING 10.2.0.2 (10.2.0.2): 28 data bytes
36 bytes from 10.2.0.2: icmp_seq=0 ttl=64 time=0.046 ms
${statistics("10.2.0.2", "1 packets transmitted, 1 packets received, 0.0% packet loss\nround-trip min/avg/max/stddev = 0.046/0.046/0.046/nan ms")}`,
      code: 0,
    },
  ],
  [
    "GNU inetutils",
    /not that of iputils/,
    {
      stderr: "ping: invalid option -- 'O'\nTry 'ping --help' or 'ping --usage' for more information.\n",
      code: 64,
    },
  ],
  [
    "iputils without a capability",
    /may not send ICMP packets.*ping_group_range.*setcap.*NET_RAW/,
    {
      stderr:
        "ping: socktype: SOCK_RAW\nping: socket: Operation not permitted\nping: => missing cap_net_raw+p capability or setuid?\n",
      code: 2,
    },
  ],
  [
    "old iputils without a capability",
    /may not send ICMP packets.*ping_group_range/,
    { stderr: "ping: icmp open socket: Operation not permitted\n", code: 2 },
  ],
  ["a program that prints something", /not that of iputils/, { stdout: "pong\n", code: 0 }],
  [
    "a program that only prints its usage",
    /not that of iputils/,
    { stderr: "usage: ping [-AaDdfnoQqRrv] [-c count]\n", code: 64 },
  ],
  [
    "a broken program",
    /ping ended with code 127: error while loading shared libraries: libidn2.so.0/,
    {
      stderr:
        "ping: error while loading shared libraries: libidn2.so.0: cannot open shared object file: No such file or directory\n",
      code: 127,
    },
  ],
  ["a program that prints nothing", /ping ended with code 3/, { code: 3 }],
];
