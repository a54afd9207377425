import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { text } from "../answers.ts";
import type { Case } from "../case.ts";

const plain = "hello, hello, hello, hello";
const gzipped = gzipSync(plain);
const brotli = brotliCompressSync(plain);
const zeros = "0".repeat(20_000);

/** Compressed bodies, with and without the option. */
export const compression: readonly Case[] = [
  {
    name: "gzip",
    verdict: "success",
    http: "{ compression: gzip, fail_if_body_not_matches_regexp: ['^hello'] }",
    answer: text(gzipped, { "Content-Encoding": "gzip" }),
  },
  {
    name: "gzip without the header",
    verdict: "success",
    http: "{ compression: gzip }",
    answer: text(gzipped),
  },
  {
    name: "gzip without the option",
    verdict: "success",
    answer: text(gzipped, { "Content-Encoding": "gzip" }),
  },
  {
    name: "gzip requested by a header",
    verdict: "success",
    http: "{ headers: { Accept-Encoding: gzip }, fail_if_body_matches_regexp: [hello] }",
    answer: text(gzipped, { "Content-Encoding": "gzip" }),
  },
  {
    name: "gzip with both",
    verdict: "success",
    http: '{ compression: gzip, headers: { accept-encoding: "br;q=0.5, gzip" } }',
    answer: text(gzipped, { "Content-Encoding": "gzip" }),
  },
  {
    name: "gzip of two members",
    verdict: "success",
    http: "{ compression: gzip, fail_if_body_not_matches_regexp: ['hellohello'] }",
    answer: text(Buffer.concat([gzipSync("hello"), gzipSync("hello")])),
  },
  {
    name: "gzip with garbage after it",
    verdict: "failure",
    http: "{ compression: gzip }",
    answer: text(Buffer.concat([gzipped, Buffer.from("garbage")])),
    differs: { "length-of-broken-bodies": ["probe_http_uncompressed_body_length: 26 -> 0"] },
  },
  {
    name: "truncated gzip",
    verdict: "failure",
    http: "{ compression: gzip }",
    answer: text(gzipped.subarray(0, gzipped.length - 10)),
  },
  {
    name: "truncated gzip with an expression",
    verdict: "failure",
    http: "{ compression: gzip, fail_if_body_matches_regexp: [never] }",
    answer: text(gzipped.subarray(0, gzipped.length - 10)),
  },
  {
    name: "gzip with a wrong checksum",
    verdict: "failure",
    http: "{ compression: gzip }",
    answer: text(Buffer.concat([gzipped.subarray(0, gzipped.length - 8), Buffer.alloc(8)])),
    differs: { "length-of-broken-bodies": ["probe_http_uncompressed_body_length: 26 -> 0"] },
  },
  { name: "gzip of an empty body", verdict: "failure", http: "{ compression: gzip }", answer: text("") },
  { name: "a body that is not gzip", verdict: "failure", http: "{ compression: gzip }", answer: text(plain) },
  {
    name: "gzip in chunks",
    verdict: "success",
    http: "{ compression: gzip }",
    answer: (_, reply) => (
      reply.writeHead(200), reply.write(gzipped.subarray(0, 12)), reply.end(gzipped.subarray(12))
    ),
  },
  {
    name: "gzip with HEAD",
    verdict: "failure",
    http: "{ compression: gzip, method: HEAD }",
    answer: text(gzipped),
  },
  {
    name: "gzip with status 204",
    verdict: "failure",
    http: "{ compression: gzip }",
    answer: (_, reply) => (reply.writeHead(204), reply.end()),
  },
  {
    name: "gzip of a redirect that is not followed",
    verdict: "failure",
    http: "{ compression: gzip, follow_redirects: false, valid_status_codes: [302] }",
    answer: (_, reply) => (reply.writeHead(302, { Location: "/" }), reply.end(gzipped)),
    differs: { "compressed-redirect": ["probe_success: 0 -> 1"] },
  },
  {
    name: "br",
    verdict: "success",
    http: "{ compression: br, fail_if_body_not_matches_regexp: ['^hello'] }",
    answer: text(brotli, { "Content-Encoding": "br" }),
  },
  {
    name: "truncated br",
    verdict: "failure",
    http: "{ compression: br }",
    answer: text(brotli.subarray(0, brotli.length - 4)),
  },
  { name: "a body that is not br", verdict: "failure", http: "{ compression: br }", answer: text(gzipped) },
  { name: "br of an empty body", verdict: "failure", http: "{ compression: br }", answer: text("") },
  {
    name: "br with garbage after it",
    verdict: "failure",
    http: "{ compression: br }",
    answer: text(Buffer.concat([brotli, Buffer.from("garbage")])),
    differs: { "br-with-garbage": ["probe_success: 0 -> 1"] },
  },
  {
    name: "deflate",
    verdict: "success",
    http: "{ compression: deflate, fail_if_body_not_matches_regexp: ['^hello'] }",
    answer: text(deflateRawSync(plain), { "Content-Encoding": "deflate" }),
  },
  {
    name: "deflate with the header of zlib",
    verdict: "failure",
    http: "{ compression: deflate }",
    answer: text(deflateSync(plain), { "Content-Encoding": "deflate" }),
  },
  {
    name: "truncated deflate",
    verdict: "failure",
    http: "{ compression: deflate }",
    answer: text(deflateRawSync(plain).subarray(0, 6)),
  },
  {
    name: "deflate with garbage after it",
    verdict: "success",
    http: "{ compression: deflate }",
    answer: text(Buffer.concat([deflateRawSync(plain), Buffer.from("garbage")])),
  },
  {
    name: "deflate of an empty body",
    verdict: "failure",
    http: "{ compression: deflate }",
    answer: text(""),
  },
  { name: "identity", verdict: "success", http: "{ compression: identity }", answer: text(plain) },
  {
    name: "identity for gzip",
    verdict: "success",
    http: "{ compression: identity }",
    answer: text(gzipped, { "Content-Encoding": "gzip" }),
  },
  {
    name: "compression GZIP in capitals",
    verdict: "success",
    http: "{ compression: GZIP, fail_if_body_not_matches_regexp: [hello] }",
    answer: text(gzipped),
  },
  {
    name: "compression BR in capitals",
    verdict: "success",
    http: "{ compression: BR }",
    answer: text(brotliCompressSync(plain)),
  },
  {
    name: "compression IDENTITY in capitals",
    verdict: "success",
    http: "{ compression: IDENTITY }",
    answer: text(plain),
  },
  { name: "an empty compression", verdict: "success", http: "{ compression: '' }", answer: text(plain) },
  {
    name: "a limit above the compressed and below the decompressed length",
    verdict: "failure",
    http: "{ compression: gzip, body_size_limit: 1KB }",
    answer: text(gzipSync(zeros)),
  },
  {
    name: "a limit of the decompressed length",
    verdict: "success",
    http: "{ compression: gzip, body_size_limit: 20000B }",
    answer: text(gzipSync(zeros)),
  },
  {
    name: "a limit with br",
    verdict: "failure",
    http: "{ compression: br, body_size_limit: 19999B }",
    answer: text(brotliCompressSync(zeros)),
  },
];
