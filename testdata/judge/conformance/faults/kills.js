// kill -9 of programs, of the processes that hold slots, and of the server, at random moments.
'use strict';

const check = require('../harness/check');
const { section } = require('../harness/cases');
const host = require('../harness/host');
const { cat, freshMark, idle, shell } = require('../harness/programs');
const { leavesNothing, recovers, serving } = require('../harness/server');

const test = section('kill -9', { profile: 'fault', seconds: 3600 });

const any = (list) => list[Math.floor(Math.random() * list.length)];

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

test('of a program: its run is Signalled, the next is well', (judge) =>
  leavesNothing(() => serving(judge, [], async (client) => {
    for (let round = 0; round < judge.kills; ++round) {
      const mark = freshMark();
      const running = client.one(idle(mark));
      await host.eventually(() => host.processesWith(mark).length === 1);
      host.processesWith(mark).forEach(kill);
      check.fields(await running, { status: 'Signalled', exitStatus: 9 });
      check.fields(await client.one(cat('x')), { status: 'Accepted' }, 'the next');
    }
  })));

// Keeps runs going while hurt() is called; every request must be answered somehow.
async function underFire(client, rounds, hurt) {
  let firing = true;
  const odd = [];
  const clients = Array.from({ length: 3 }, async () => {
    while (firing) {
      const reply = await client.post({ cmd: [shell('sleep 0.02; echo x')] });
      if (![200, 500].includes(reply.status)) odd.push(`${reply.status} ${reply.body}`);
    }
  });
  for (let round = 0; round < rounds; ++round) {
    await host.pause(Math.random() * 60);
    hurt();
  }
  firing = false;
  await Promise.all(clients);
  check.equal(odd.slice(0, 3), [], 'other answers');
}

// Without the one that makes the slots: the server ends with it, see below.
const isKeeper = (pid) => host.readProc(pid, 'comm') === 'assay-slots\n';

test('of a slot or what runs in it: requests are answered, slots replaced', (judge) =>
  leavesNothing(() => serving(judge, [], async (client) => {
    await recovers(client, 'before');
    await underFire(client, judge.kills, () => {
      const children = host.descendants(client.pid).filter((pid) => !isKeeper(pid));
      if (children.length > 0) kill(any(children));
    });
    await recovers(client, 'after it');
    for (let round = 0; round < 10; ++round) {
      check.fields(await client.one(cat('x')), { status: 'Accepted' }, `run ${round} after it`);
    }
  })));

test('of the slot keeper: the server says so and ends, nothing is left', (judge) =>
  leavesNothing(() => serving(judge, [], async (client, daemon) => {
    const mark = freshMark();
    client.post({ cmd: [idle(mark)] }).catch(() => {});
    await host.eventually(() => host.processesWith(mark).length === 1);
    kill(host.descendants(client.pid).find(isKeeper));
    check.equal((await daemon.exit).code, 4, 'exit code');
    check.match(daemon.stderr, /the slot keeper died/, 'stderr');
    check.holds(await host.eventually(() => host.processesWith(mark).length === 0, 30000),
      'no program left', host.processesWith(mark));
  }, { mayEnd: true })));

test('of the server: nothing of it or its programs is left after a restart', (judge) =>
  leavesNothing(async () => {
    const mark = freshMark();
    for (let round = 0; round < judge.kills; ++round) {
      await serving(judge, [], async (client, daemon) => {
        const cmds = [idle(mark), cat('x'), shell(`sleep ${mark} & exec setsid sleep ${mark}`)];
        for (let count = 0; count < 4; ++count) {
          client.post({ cmd: [any(cmds)] }).catch(() => {});
        }
        client.upload('left', 'behind').catch(() => {});
        await host.pause(Math.random() * 200);
        daemon.signal('SIGKILL');
        await daemon.exit;
      }, { mayEnd: true });
    }
    check.holds(await host.eventually(() => host.processesWith(mark).length === 0, 30000),
      'no program left', host.processesWith(mark));
    await serving(judge, [], (client) => recovers(client, 'after the restart'));
  }));

test('of the server while it starts', (judge) => leavesNothing(async () => {
  const { spawn } = require('node:child_process');
  const { mortal } = require('../harness/daemon');
  const { kListen } = require('../harness/profiles');
  for (let round = 0; round < judge.kills; ++round) {
    const child = spawn(...mortal(judge.binary, ['serve-judge', ...kListen]), { stdio: 'ignore' });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    await host.pause(Math.random() * 60);
    child.kill('SIGKILL');
    await ended;
  }
  await serving(judge, [], (client) => recovers(client, 'after them'));
}));
