#!/usr/bin/env node
// The fault suite of the judge: load, clients that vanish, kills, exhaustion, malformed input.
//
//   faults.js --binary ASSAY [--full] [--only TEXT]… [--sanitized] [--COUNT N]…
//
// --sanitized: the binary has a sanitizer, whose memory is not judged.
//
// The counts, with their short and their full values, are those of kCounts below. Every case
// starts a server of its own and ends with a look at the host: what was not there before is a
// failure. So it wants a host of its own. Lines and status are those of run.js.
//
// All load goes to the loopback address of those servers, is bounded in time and number, and ends
// by itself.
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { all } = require('./harness/cases');
const { Judge } = require('./harness/judge');
const { finish, runCase } = require('./harness/report');

const kCounts = {
  seconds: [4, 60],         // of load at twice the capacity
  clients: [60, 1000],      // that vanish
  kills: [8, 1000],         // of programs, zygotes and servers each
  idle: [300, 10000],       // connections that say nothing
  body: [32, 1024],         // MiB of a big request
  mutants: [400, 20000],    // malformed requests
};

function readOptions() {
  const counts = Object.fromEntries(Object.keys(kCounts).map((name) => [name, { type: 'string' }]));
  const { values } = parseArgs({ options: { ...counts, binary: { type: 'string' },
    full: { type: 'boolean' }, sanitized: { type: 'boolean' },
    only: { type: 'string', multiple: true, default: [] } } });
  if (!values.binary) throw new Error('--binary is needed');
  for (const [name, [short, full]] of Object.entries(kCounts)) {
    values[name] = values[name] === undefined ? (values.full ? full : short) : Number(values[name]);
    if (!Number.isInteger(values[name])) throw new Error(`--${name} is no number`);
  }
  return values;
}

async function main() {
  let options;
  try {
    options = readOptions();
  } catch (error) {
    process.stderr.write(`faults.js: ${error.message}\n`);
    process.exit(2);
  }
  for (const file of fs.readdirSync(path.join(__dirname, 'faults')).sort()) {
    require(path.join(__dirname, 'faults', file));
  }
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'judge-faults-'));
  const wanted = (one) => options.only.length === 0 ||
    options.only.some((text) => one.name.includes(text));
  for (const one of all.filter(wanted)) await runCase(one, new Judge({ ...options, directory }));
  fs.rmSync(directory, { recursive: true, force: true });
  process.exit(finish());
}

main();
