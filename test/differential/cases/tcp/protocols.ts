import { at, secured, steps, type TcpCase, TRUSTING } from "./tcp-case.ts";

/** Protocols as people monitor them. */
export const protocols: readonly TcpCase[] = [
  {
    name: "SSH",
    verdict: "success",
    module: steps(
      "{ expect: '^SSH-2.0-([^ -]+)(?: (.*))?$', send: SSH-2.0-blackbox-ssh-check, labels: [{ name: ssh_version, value: '${1}' }, { name: ssh_comments, value: '${2}' }] }",
    ),
    target: at("ssh"),
  },
  {
    name: "SMTP with STARTTLS",
    verdict: "success",
    module: steps(
      String.raw`{ expect: "^220 ([^ ]+) ESMTP(.*)$" }, { send: "EHLO prober\r" }, { expect: "^250[ -]STARTTLS" }, { send: "STARTTLS\r" }, { expect: "^220" }, { starttls: true }, { send: "EHLO prober\r" }, { expect: "^250[ -]AUTH" }, { send: "QUIT\r" }`,
      `, ${TRUSTING}`,
    ),
    target: at("smtp"),
    ...secured,
  },
  {
    name: "IRC",
    verdict: "success",
    module: steps(
      "{ send: NICK prober }, { send: USER prober prober prober :prober }, { expect: 'PING :([^ ]+)', send: 'PONG ${1}' }, { expect: '^:[^ ]+ 001' }",
    ),
    target: at("irc"),
  },
  {
    name: "Redis",
    verdict: "success",
    module: steps("{ send: AUTH hunter22 }, { expect: '^\\+OK' }, { send: PING }, { expect: '^\\+PONG$' }"),
    target: at("redis"),
  },
];
