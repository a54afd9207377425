import { format, inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { knownSecret, redactAddress, redactUrls, Secret, secretsOf } from "../../src/core/secret.ts";

describe("redactAddress", () => {
  it.each([
    ["http://user:hunter22@host/path", "http://<secret>@host/path"],
    ["http://user:hunt@er22@host/path", "http://<secret>@host/path"],
    ["user:hunter22@host:80/path", "<secret>@host:80/path"],
    ["HTTPS://hunter22@host", "HTTPS://<secret>@host"],
    ["http://host/@path?mail=a@b#c@d", "http://host/@path?mail=<secret>#<secret>"],
    ["host?mail=a@b", "host?mail=<secret>"],
    [
      "https://host/x?api_key=hunter22&api-version=2024-06-01&y=",
      "https://host/x?api_key=<secret>&api-version=2024-06-01&y=",
    ],
    ["host:80/x?hunter22&&a=b=c", "host:80/x?<secret>&&a=<secret>"],
    ["host/x?version=hunter22%2Fsecret", "host/x?version=<secret>"],
    ["https://host/a/0e4ab5b6-d1c5-4b3c-9b1e-1f2d3c4b5a69/b", "https://host/a/<secret>/b"],
    ["https://api.telegram.org/bot123:abc/getMe", "https://api.telegram.org/<secret>/getMe"],
    ["https://host/services/T1/B2/aB3dE5fG7hI9jK1lM3nO5", "https://host/services/T1/B2/<secret>"],
    [
      "https://host/shop-web-5d4f8c7b9-abcde/health.html",
      "https://host/shop-web-5d4f8c7b9-abcde/health.html",
    ],
    ["/var/log/a?.log", "/var/log/a?.log"],
    [
      "/var/log/containers/a-0123456789abcdef0123456789abcdef.log",
      "/var/log/containers/a-0123456789abcdef0123456789abcdef.log",
    ],
    ["@abstract", "@abstract"],
    ["kcp/syncer", "kcp/syncer"],
    ["http://host/x?#", "http://host/x?"],
    ["http:/me:hunter22@host/x", "http:/<secret>@host/x"],
    ["http:///me:hunter22@host/x", "http:///<secret>@host/x"],
    ["http://host:8080", "http://host:8080"],
    ["", ""],
  ])("redacts %j as %j", (address, shown) => {
    expect(redactAddress(address)).toBe(shown);
  });
});

describe("redactUrls", () => {
  it.each([
    [
      "no connection to https://u:hunter22@h/x?k=v#f: refused",
      "no connection to https://<secret>@h/x?k=<secret>#<secret> refused",
    ],
    ['see "http://h/?a=b" and ws://u@h', 'see "http://h/?a=<secret>" and ws://<secret>@h'],
    ["GET https://h/x?api-version=2024-06-01&k=v", "GET https://h/x?api-version=2024-06-01&k=<secret>"],
    ["^https?://a/?b=c", "^https?://a/?b=c"],
    ["nothing", "nothing"],
  ])("redacts %j as %j", (text, shown) => {
    expect(redactUrls(text)).toBe(shown);
  });
});

describe("secretsOf", () => {
  it("returns each secret part as written, decoded and encoded, the longest first", () => {
    const secrets = secretsOf("http://me:p%40ssw%22rd@h/?api_key=k1k2&page=abcdefgh&n=1234");
    expect(secrets).toEqual(secrets.toSorted((a, b) => b.length - a.length));
    for (const one of [
      "me:p%40ssw%22rd",
      'p@ssw"rd',
      String.raw`p@ssw\"rd`,
      btoa('me:p@ssw"rd'),
      "k1k2",
      "abcdefgh",
    ])
      expect(secrets).toContain(one);
    // Too short to be looked for in other texts.
    for (const one of ["me", "1234"]) expect(secrets).not.toContain(one);
  });

  it.each<[part: string, address: string, texts: readonly string[]]>([
    ["a user of 4 characters", "http://abcd@h/", ["abcd"]],
    ["a shorter one", "http://abc@h/", []],
    ["a user and a password, each where it is long enough", "http://abc:defg@h/", ["abc:defg", "defg"]],
    ["a value without a name, of 4 characters", "http://h/?abcd", ["abcd"]],
    ["a shorter one", "http://h/?abc", []],
    ["a value with the name of a credential", "http://h/?sid=abcd", ["abcd"]],
    ["one with a colon, as a whole", "http://h/?token=abcd:efgh", ["abcd:efgh"]],
    ["a value of 8 characters with another name", "http://h/?page=abcdefgh", ["abcdefgh"]],
    ["a shorter one", "http://h/?page=abcdefg", []],
    ["a value that is public", "http://h/?version=2024-06-01", []],
    ["a fragment of 8 characters", "http://h/#abcdefgh", ["abcdefgh"]],
    ["a shorter one", "http://h/#abcdefg", []],
    ["a part of a path", "http://h/bot1:abc/x", ["bot1:abc"]],
    ["spaces in both spellings", "http://h/?key=a+b%20c", ["a+b%20c", "a+b c", "a b c"]],
    ["what is not valid percent-encoding", "http://h/?key=100%zz", ["100%zz"]],
    ["letters that are not ASCII", "http://h/?key=%C3%BCber", ["%C3%BCber", "\u00fcber"]],
  ])("has %s", (_part, address, texts) => {
    const encoded = texts.map((text) => Buffer.from(text).toString("base64"));
    expect(secretsOf(address).toSorted()).toEqual([...texts, ...encoded].toSorted());
  });

  it.each(["http://h/path", "h:80", "/run/x.sock", "http://h/?version=2&full=true"])(
    "is empty for %s",
    (address) => {
      expect(secretsOf(address)).toEqual([]);
    },
  );
});

describe("a secret", () => {
  it("is revealed on request alone, and read again each time", async () => {
    expect(await knownSecret("hunter22").reveal()).toBe("hunter22");
    let reads = 0;
    const secret = new Secret(async () => `value ${(reads += 1)}`);
    expect([await secret.reveal(), await secret.reveal()]).toEqual(["value 1", "value 2"]);
  });

  it.each<[string, (secret: Secret) => string]>([
    ["a text", (secret) => String(secret)],
    ["JSON", (secret) => JSON.stringify({ secret })],
    ["a log", (secret) => format("%s %o %j", secret, secret, secret)],
    ["inspection", (secret) => inspect({ secret }, { showHidden: true, depth: 9 })],
  ])("does not print itself in %s", (_name, print) => {
    const text = print(knownSecret("hunter22"));
    expect(text).toContain("<secret>");
    expect(text).not.toContain("hunter22");
  });
});
