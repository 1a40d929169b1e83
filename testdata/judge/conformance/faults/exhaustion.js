// A host that has no more: descriptors, shared memory, disk, process ids.
'use strict';

const fs = require('node:fs');

const check = require('../harness/check');
const { section } = require('../harness/cases');
const host = require('../harness/host');
const { multipart } = require('../harness/judge');
const { cat, pipeCollector, shell } = require('../harness/programs');
const { leavesNothing, recovers, serving } = require('../harness/server');

const test = section('exhaustion', { profile: 'fault', seconds: 300 });

// What programs may have cannot be more than what the server has.
const kFewFiles = ['--open-file-limit', '64'];

test('no more descriptors: errors while it lasts, well again after it', (judge) =>
  leavesNothing(() => serving(judge, kFewFiles, async (client) => {
    await recovers(client, 'before');
    const hoard = Array.from({ length: 300 }, () => client.connect());
    for (const connection of hoard) {
      connection.send('GET /version HTTP/1.1\r\nHost: x\r\n\r\n');
    }
    await host.pause(300);
    const cpu = () => Number(host.readProc(client.pid, 'stat').split(') ')[1].split(' ')[11]);
    const begin = cpu();
    await host.pause(1000);
    check.holds(cpu() - begin < 80, 'a server that waits, not one that spins', cpu() - begin);
    for (const connection of hoard) connection.destroy();
    await recovers(client, 'after it');
  }, { wrapper: 'ulimit -n 100' })));

test('few descriptors: many files at once are an error, not an end', (judge) =>
  leavesNothing(() => serving(judge, kFewFiles, async (client) => {
    const files = Array.from({ length: 200 }, (_, index) => pipeCollector(`c${index}`, 10));
    const reply = await client.post({ cmd: [{ ...cat('x'), files }] });
    check.holds([200, 500].includes(reply.status), 'an answer', reply.status);
    await recovers(client, 'after it');
  }, { wrapper: 'ulimit -n 100' })));

// In a mount namespace of its own, so that nobody else sees the small file system.
const onSmall = (judge, place) =>
  `if [ -z "$SMALL" ]; then SMALL=1 exec unshare --mount /bin/sh -c ` +
  `'mount -t tmpfs -o size=2m small "${place}" && exec "$@"' sh "$@"; fi`;

async function fullStore(judge, place, flags) {
  if (process.getuid() !== 0) check.skip('not root');
  fs.mkdirSync(place, { recursive: true });
  await leavesNothing(() => serving(judge, flags, async (client) => {
    await recovers(client, 'before');
    const { body, type } = multipart('file', 'big', Buffer.alloc(3 << 20, 'x'));
    const headers = { 'Content-Type': type };
    const reply = await client.request('POST', '/file', { headers, body });
    check.equal([reply.status, reply.body.length], [500, 0], 'an upload');
    check.equal(await client.list(), {}, 'files left of it');
    const files = [{ content: '' }, pipeCollector('stdout', 4 << 20)];
    const run = await client.post({ cmd: [shell('head -c 3000000 /dev/zero', { files })] });
    check.holds([200, 500].includes(run.status), 'an answer', run.status);
    if (run.status === 200) {
      const [result] = JSON.parse(run.body);
      check.holds(result.status !== 'Accepted' || result.files.stdout.length === 3000000,
        'no Accepted run with a part of its output', result.status);
    }
    const filled = [];
    for (let count = 0; count < 40; ++count) {
      const more = multipart('file', `f${count}`, Buffer.alloc(100 << 10, 'x'));
      const each = await client.request('POST', '/file', {
        headers: { 'Content-Type': more.type }, body: more.body });
      check.holds([200, 500].includes(each.status), '200 or 500', each.status);
      if (each.status === 200) filled.push(JSON.parse(each.body));
    }
    check.holds(filled.length > 5 && filled.length < 40, 'some refused', filled.length);
    const full = await client.post({ cmd: [cat('x', { copyOutCached: ['stdout'] })] });
    check.holds([200, 500].includes(full.status), 'an answer when full', full.status);
    for (const id of filled) {
      check.equal((await client.delete(`/file/${id}`)).status, 200, 'DELETE when full');
    }
    await recovers(client, 'after it');
  }, { wrapper: onSmall(judge, place) }));
}

test('a full /dev/shm', (judge) => fullStore(judge, '/dev/shm', []));

test('a full disk below --dir', (judge) =>
  fullStore(judge, `${judge.directory}/store`, ['--dir', `${judge.directory}/store`]));

test('no more process ids: errors while it lasts, well again after it', async (judge) => {
  const parent = '/sys/fs/cgroup/pids';
  if (process.getuid() !== 0 || !fs.existsSync(`${parent}/cgroup.procs`)) {
    check.skip('no writable pids controller of cgroup v1');
  }
  const group = `${parent}/judge-faults-${process.pid}`;
  await leavesNothing(async () => {
    fs.mkdirSync(group);
    try {
      await serving(judge, [], async (client) => {
        await recovers(client, 'before');
        fs.writeFileSync(`${group}/pids.max`, fs.readFileSync(`${group}/pids.current`, 'utf8'));
        for (let count = 0; count < 6; ++count) {
          const reply = await client.post({ cmd: [cat('x'), shell('/bin/true; echo x')] });
          check.holds([200, 500].includes(reply.status), 'an answer', reply.status);
        }
        fs.writeFileSync(`${group}/pids.max`, 'max');
        await recovers(client, 'after it');
      }, { wrapper: `echo $$ >${group}/cgroup.procs` });
    } finally {
      await host.eventually(() => {
        try {
          fs.rmdirSync(group);
          return true;
        } catch {
          return false;
        }
      });
    }
  });
});
