// A server for one case, and the proof that the case left nothing behind.
'use strict';

const { Daemon } = require('./daemon');
const { Judge } = require('./judge');
const check = require('./check');
const host = require('./host');
const { kListen } = require('./profiles');
const { cat } = require('./programs');

// What must be as before: groups, mounts, files, System V objects, processes called like ours.
const traces = () => [
  ...host.cgroups(), ...host.mounts(), ...host.temporaryFiles(), ...host.systemVObjects(),
  ...host.pids().filter((pid) => host.readProc(pid, 'comm').startsWith('assay') &&
    host.stateOf(pid) !== 'Z').map((pid) => `process ${pid}`),
];

async function leavesNothing(use) {
  const before = traces();
  const value = await use();
  check.equal(await host.lasting(before, traces, 30000), [], 'what stayed on the host');
  return value;
}

// Starts `binary serve-judge FLAGS` in place of which `wrapper` may put a whole command line; calls
// use(client, daemon); stops it, which must succeed while `mayEnd` is false.
async function serving(judge, flags, use, { wrapper, mayEnd = false } = {}) {
  const words = ['serve-judge', ...kListen, ...flags];
  const daemon = wrapper ?
    await Daemon.launch('/bin/sh', ['-c', `${wrapper}\nexec "$@"`, 'sh', judge.binary, ...words],
      { directory: judge.directory }) :
    await Daemon.launch(judge.binary, words, { directory: judge.directory });
  try {
    return await use(new Judge({ ...judge, address: daemon.address, pid: daemon.pid }), daemon);
  } finally {
    const ended = await daemon.stop();
    if (!mayEnd && ended.code !== 0) {
      check.fail('the server to end with 0',
        check.show({ ...ended, err: daemon.stderr.slice(-600) }));
    }
  }
}

// Keeps asking until a run is Accepted: a server that was hurt recovers.
async function recovers(client, what) {
  let last = null;
  const well = await host.eventually(async () => {
    last = await client.post({ cmd: [cat('x')] }).catch((error) => error);
    return last.status === 200 && JSON.parse(last.body)[0].status === 'Accepted';
  }, 30000);
  check.holds(well, 'an Accepted run', last?.body?.toString() ?? String(last), what);
}

module.exports = { leavesNothing, recovers, serving };
