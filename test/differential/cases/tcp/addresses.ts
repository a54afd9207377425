import type { Conversations } from "../../targets/conversations.ts";
import { at, type TcpCase, tcp } from "./tcp-case.ts";

const portOf = (place: Conversations): string => place.at("greets", "").slice(1);

/** Targets and the choice of an address. */
export const addresses: readonly TcpCase[] = [
  { name: "name", verdict: "success", module: tcp(), target: at("greets", "localhost") },
  { name: "unknown name", verdict: "failure", module: tcp(), target: "does-not-exist.invalid:80" },
  { name: "no port", verdict: "failure", module: tcp(), target: "localhost" },
  { name: "empty host", verdict: "failure", module: tcp(), target: at("greets", "") },
  { name: "empty port", verdict: "failure", module: tcp(), target: "127.0.0.1:" },
  { name: "port 0", verdict: "failure", module: tcp(), target: "127.0.0.1:0" },
  { name: "port above the highest", verdict: "failure", module: tcp(), target: "127.0.0.1:65536" },
  { name: "negative port", verdict: "failure", module: tcp(), target: "127.0.0.1:-1" },
  {
    name: "port with a sign",
    verdict: "success",
    module: tcp(),
    target: (place) => `127.0.0.1:+${portOf(place)}`,
  },
  {
    name: "port with zeros",
    verdict: "success",
    module: tcp(),
    target: (place) => `127.0.0.1:000${portOf(place)}`,
  },
  { name: "unknown service", verdict: "failure", module: tcp(), target: "127.0.0.1:nosuchservice" },
  { name: "service by name", verdict: "failure", module: tcp(), target: "127.0.0.1:imap3" },
  { name: "URL", verdict: "failure", module: tcp(), target: (place) => `tcp://${place.at("greets")}` },
  {
    name: "path after the port",
    verdict: "failure",
    module: tcp(),
    target: (place) => `${place.at("greets")}/`,
  },
  { name: "IPv4 in brackets", verdict: "success", module: tcp(), target: at("greets", "[127.0.0.1]") },
  { name: "IPv6 without brackets", verdict: "failure", module: tcp(), target: at("greets", "::1") },
  { name: "IPv6 where nothing listens", verdict: "failure", module: tcp(), target: at("greets", "[::1]") },
  { name: "IPv4-mapped IPv6", verdict: "success", module: tcp(), target: at("greets", "[::ffff:127.0.0.1]") },
  {
    name: "bracket without its other",
    verdict: "failure",
    module: tcp(),
    target: at("greets", "[127.0.0.1"),
  },
  {
    name: "bracket in the port",
    verdict: "failure",
    module: tcp(),
    target: (place) => `127.0.0.1:${portOf(place)}]`,
  },
  { name: "text after the bracket", verdict: "failure", module: tcp(), target: at("greets", "[127.0.0.1]x") },
  { name: "space in the host", verdict: "failure", module: tcp(), target: at("greets", "local host") },
  {
    name: "prefer IPv4",
    verdict: "success",
    module: tcp("{ preferred_ip_protocol: ip4 }"),
    target: at("greets", "localhost"),
  },
  {
    name: "IPv6 alone, for an IPv4 address",
    verdict: "failure",
    module: tcp("{ preferred_ip_protocol: ip6, ip_protocol_fallback: false }"),
    target: at("greets"),
  },
  {
    name: "IPv4 alone",
    verdict: "success",
    module: tcp("{ preferred_ip_protocol: ip4, ip_protocol_fallback: false }"),
    target: at("greets"),
  },
  {
    name: "source address",
    verdict: "success",
    module: tcp("{ source_ip_address: 127.0.0.9 }"),
    target: at("greets"),
  },
  {
    name: "source address of another machine",
    verdict: "failure",
    module: tcp("{ source_ip_address: 192.0.2.1 }"),
    target: at("greets"),
  },
  {
    name: "source address of the other version",
    verdict: "failure",
    module: tcp("{ source_ip_address: '::1' }"),
    target: at("greets"),
  },
  {
    name: "empty source address",
    verdict: "success",
    module: tcp("{ source_ip_address: '' }"),
    target: at("greets"),
  },
];
