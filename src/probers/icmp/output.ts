/** A reply of the target. */
export interface EchoReply {
  readonly from: string;
  /** Number of the echo request that it answers, from 1 on. */
  readonly sequence: number;
  /** Bytes of the ICMP message: the payload and 8. */
  readonly bytes: number;
  readonly hopLimit: number | undefined;
  /** Round-trip time in milliseconds; absent if the payload has no room for a timestamp. */
  readonly milliseconds: number | undefined;
  /** Why it is not the reply that was wanted, if it is not. */
  readonly flaw: string | undefined;
}

/** An ICMP error about an echo request. */
export interface IcmpError {
  /** The router, or this machine, that sent it. */
  readonly from: string;
  readonly text: string;
}

/** What `ping` of iputils printed. */
export interface PingOutput {
  /** True once it is ready to send. */
  readonly begun: boolean;
  /** Number of echo requests sent. */
  readonly sent: number;
  /** The first reply. */
  readonly reply: EchoReply | undefined;
  readonly errors: readonly IcmpError[];
  /** Lines on its standard error, without its name. */
  readonly complaints: readonly string[];
  /** Lines that iputils does not print. */
  readonly unknown: readonly string[];
}

// With a colon after the parenthesis, it is the line of busybox, BSD, macOS or inetutils.
const HEADER = /^PING \S+ ?\(\S+\)(?: from \S+ \S*:)? (?:\d+\(\d+\) bytes of data\.|\d+ data bytes)$/;
const REPLY =
  /^(\d{1,9}) bytes from ([0-9A-Fa-f:.]+(?:%[^ ]+)?): icmp_seq=(\d{1,9})(?: ttl=(\d{1,3}))?(?: time=(\d{1,12}(?:\.\d{1,6})?) ms)?((?: \([A-Za-z !]+\))*)$/;
const ERROR = /^From ([0-9A-Fa-f:.]+(?:%[^ ]+)?):? icmp_seq=\d+ (.+)$/;
/** Messages about which packets to send otherwise, which the kernel heeds. They are no errors. */
const ADVICE = /^(?:\(BAD CHECKSUM\))?(?:Redirect|Source Quench)/;
const UNANSWERED = /^no answer yet for icmp_seq=(\d{1,9})$/;
const WRONG_DATA = /^wrong data byte #\d+ should be .+$/;
/** The bytes of a reply with wrong data. */
const DUMP = /^#\d+\t(?:[0-9a-f]{1,2} )+$/;
const TITLE = /^--- .+ ping statistics ---$/;
const STATISTICS =
  /^(\d{1,9}) packets transmitted, (\d{1,9}) received(?:, \+\d+ (?:corrupted|duplicates|errors))*(?:, [\d.]+% packet loss)?(?:, time \d+ms)?$/;
const TIMES = /^rtt min\/avg\/max\/mdev = (\d+\.\d+)\/\d+\.\d+\/\d+\.\d+\/\d+\.\d+ ms(?:, .+)?$/;
const PIPE = /^(?:, )?pipe \d+(?:, .+)?$/;

/** Most errors that are kept. */
const MOST_ERRORS = 10;

/** Reads the output of `ping` of iputils (2015 to 2025, `-n -O`, in English). Lines that it does not print are kept apart. */
export function parsePing(stdout: string, stderr: string): PingOutput {
  let begun = false;
  let sent = 0;
  let received = 0;
  let reply: EchoReply | undefined;
  const errors: IcmpError[] = [];
  const unknown: string[] = [];
  for (const line of linesOf(stdout)) {
    const replied = parseReply(line);
    const error = ERROR.exec(line);
    const unanswered = UNANSWERED.exec(line);
    const statistics = STATISTICS.exec(line);
    const times = TIMES.exec(line);
    if (HEADER.test(line)) begun = true;
    else if (replied !== undefined) {
      reply ??= replied;
      sent = Math.max(sent, replied.sequence);
    } else if (error !== null) {
      const [, from = "", text = ""] = error;
      if (!ADVICE.test(text) && errors.length < MOST_ERRORS) errors.push({ from, text });
    } else if (unanswered !== null) sent = Math.max(sent, Number(unanswered[1]) + 1);
    else if (statistics !== null) {
      sent = Number(statistics[1]);
      received = Number(statistics[2]);
    } else if (times !== null) {
      // To the microsecond, whereas the line of the reply is rounded. It is about all replies, of which there is mostly one.
      if (reply?.milliseconds !== undefined && received === 1)
        reply = { ...reply, milliseconds: Number(times[1]) };
    } else if (WRONG_DATA.test(line)) {
      if (reply !== undefined) reply = { ...reply, flaw: reply.flaw ?? line };
    } else if (!DUMP.test(line) && !TITLE.test(line) && !PIPE.test(line)) unknown.push(line);
  }
  return { begun, sent, reply, errors, complaints: complaintsOf(stderr), unknown };
}

const linesOf = (text: string): readonly string[] => text.split(/\r?\n/).filter((line) => line !== "");

function parseReply(line: string): EchoReply | undefined {
  const match = REPLY.exec(line);
  if (match === null) return undefined;
  const [, bytes, from = "", sequence, ttl, time, remarks = ""] = match;
  if (Number(sequence) === 0) return undefined;
  return {
    from,
    sequence: Number(sequence),
    bytes: Number(bytes),
    hopLimit: ttl === undefined ? undefined : Number(ttl),
    milliseconds: time === undefined ? undefined : Number(time),
    // (DUP!), (BAD CHECKSUM!), (DIFFERENT ADDRESS!), (truncated)
    flaw: remarks === "" ? undefined : remarks.trim(),
  };
}

/** Returns the lines of an output of errors, without the name of the program and what it prints beside an error. */
const complaintsOf = (stderr: string): readonly string[] =>
  linesOf(stderr)
    .map((line) => line.replace(/^(?!usage:)[^ :]+: /i, ""))
    .filter((line) => !/^(?:socktype: |warning: )/i.test(line));
