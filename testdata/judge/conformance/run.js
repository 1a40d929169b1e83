#!/usr/bin/env node
// The conformance suite of the judge: each row of the wire contract is a case.
//
//   run.js --binary ASSAY [--full] [--only TEXT]… [--profile NAME]   starts its servers itself
//   run.js --profile NAME --directory DIR --address HOST:PORT --pid PID [--binary ASSAY]
//                                          asks a server that was started with these flags:
//   run.js --profile NAME --directory DIR --flags                     one a line
//   run.js --profiles                                                 the names, one a line
//
// Prints a line for each case, `ok NAME`, `not ok NAME: expected … got …` or `skip NAME: REASON`,
// and their numbers at last. Status 0 when none failed, 2 for a wrong command line.
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { all } = require('./harness/cases');
const { Daemon } = require('./harness/daemon');
const { Judge } = require('./harness/judge');
const { names, prepare } = require('./harness/profiles');
const { finish, runCase, tell } = require('./harness/report');

function chosen(options) {
  return all.filter((one) =>
    (!options.profile || one.profile === options.profile) && (options.full || !one.full) &&
    (options.only.length === 0 || options.only.some((text) => one.name.includes(text))));
}

// What a case gets: a client, and what the runner knows of the server.
const clientOf = (context, options) =>
  new Judge({ ...context, binary: options.binary, full: options.full });

async function runProfile(profile, cases, options, root) {
  const directory = path.join(root, profile);
  const flags = prepare(profile, directory);
  if (profile === 'own') {
    for (const one of cases) await runCase(one, clientOf({ directory }, options));
    return;
  }
  let server = null;
  for (const one of cases) {
    try {
      if (!server || server.process.exitCode !== null || server.process.signalCode !== null) {
        server = await Daemon.start(options.binary, flags, { directory });
      }
    } catch (error) {
      tell('not ok', one.name, `expected a server got ${error.message}`);
      continue;
    }
    await runCase(one, clientOf({ address: server.address, pid: server.pid, directory }, options));
    const { exitCode, signalCode } = server.process;
    if (exitCode !== null || signalCode !== null) {
      tell('not ok', `${one.name} (server)`, `expected it to live on got its end, ` +
        `${exitCode ?? signalCode}: ${server.stderr.slice(-600)}`);
    }
  }
  const ended = await server?.stop();
  if (ended && ended.code !== 0) {
    tell('not ok', `SIGTERM ends the server, profile ${profile}`,
      `expected exit code 0 got ${ended.code ?? ended.signal}: ${server.stderr.slice(-600)}`);
  }
}

async function runAgainst(options) {
  const context = { address: options.address, pid: Number(options.pid),
    directory: options.directory };
  for (const one of chosen(options)) await runCase(one, clientOf(context, options));
}

async function runWithOwnServers(options) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'judge-conformance-'));
  try {
    const cases = chosen(options);
    for (const profile of names) {
      const mine = cases.filter((one) => one.profile === profile);
      if (mine.length > 0) await runProfile(profile, mine, options, root);
    }
  } finally {
    fs.rmSync(root, { recursive: true, force: true });
  }
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      address: { type: 'string' }, binary: { type: 'string' }, directory: { type: 'string' },
      flags: { type: 'boolean' }, full: { type: 'boolean' }, pid: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] }, profile: { type: 'string' },
      profiles: { type: 'boolean' },
    },
  });
  const asked = values.profiles || values.flags || values.address || values.binary;
  if (!asked) throw new Error('one of --binary, --address, --flags and --profiles is needed');
  return values;
}

async function main() {
  let options;
  try {
    options = readOptions();
  } catch (error) {
    process.stderr.write(`run.js: ${error.message}\n`);
    process.exit(2);
  }
  if (options.profiles) return void process.stdout.write(`${names.join('\n')}\n`);
  if (options.flags) {
    return void process.stdout.write(`${prepare(options.profile, options.directory).join('\n')}\n`);
  }
  for (const file of fs.readdirSync(path.join(__dirname, 'cases')).sort()) {
    require(path.join(__dirname, 'cases', file));
  }
  await (options.address ? runAgainst(options) : runWithOwnServers(options));
  process.exit(finish());
}

main();
