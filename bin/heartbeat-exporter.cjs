#!/usr/bin/env node
"use strict";
// Starts the program of the package. Any Node.js may run this file, so that an old one ends with a sentence instead of a
// syntax error: it uses nothing that old ones cannot parse.

var path = require("path");

var engine = require("../package.json").engines.node;
var needed = /(\d+)\.(\d+)/.exec(engine);
var present = /^v(\d+)\.(\d+)/.exec(process.version);

/**
 * V8's options, which take effect only before it starts. Half of the young generation that it has by default is enough for some dozen
 * probes at a time; one thread collects it with less work than several; garbage is collected when the heap has grown by 40%; and
 * the program may ask for a collection, which ends its start.
 */
var OPTIONS = [
  "--max-semi-space-size=8",
  "--heap-growing-percent=40",
  "--no-parallel-scavenge",
  "--expose-gc",
];

var major = Number(present[1]);
if (major < Number(needed[1]) || (major === Number(needed[1]) && Number(present[2]) < Number(needed[2]))) {
  console.error(
    "heartbeat-exporter needs Node.js " +
      needed[0] +
      " or newer, but " +
      process.execPath +
      " is " +
      process.version,
  );
  process.exitCode = 1;
} else {
  start(path.join(__dirname, "../dist/main.js"));
}

/** Becomes the program. Sockets that systemd passes would be closed on the way, and Windows has no such call. */
function start(program) {
  var own = process.argv.slice(2);
  if (process.platform === "win32" || process.env.LISTEN_FDS !== undefined) {
    process.argv[1] = program;
    // As `node PROGRAM` does: `import()` would be a syntax error to the oldest ones.
    require("module").runMain(program);
    return;
  }
  // One area of memory for all threads: each area of its own would keep a megabyte or two.
  var env = Object.assign({ MALLOC_ARENA_MAX: "1" }, process.env);
  // Options of the command line take precedence over NODE_OPTIONS, so these leave out what stands there.
  var options = OPTIONS.filter(function (option) {
    return (process.env.NODE_OPTIONS || "").replace(/_/g, "-").indexOf(option.split("=")[0]) === -1;
  });
  process.execve(process.execPath, [process.execPath].concat(process.execArgv, options, program, own), env);
}
