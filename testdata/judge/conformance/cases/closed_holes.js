// What go-judge v1.12.2 gets wrong and this server, on purpose, does not.
'use strict';

const check = require('../harness/check');
const { section } = require('../harness/cases');
const host = require('../harness/host');
const { cat, collector, command, python, shell } = require('../harness/programs');
const { Requests, Stream } = require('../harness/websocket');

const test = section('closed hole', { profile: 'plain' });
const narrow = section('closed hole', { profile: 'narrow' });
const filtered = section('2.3 seccomp.yaml', { profile: 'filtered' });

const pipes = (...list) => ({
  cmd: [{ ...cat(''), files: [{ content: '' }, null] }, { ...cat(''), files: [null] }],
  pipeMapping: list,
});

for (const [name, pipe, number] of [
  ['fd of in', { in: { index: 0, fd: -1 }, out: { index: 1, fd: 0 } }, -1],
  ['fd of out', { in: { index: 0, fd: 1 }, out: { index: 1, fd: -7 } }, -7],
  ['index of in', { in: { index: -1, fd: 1 }, out: { index: 1, fd: 0 } }, -1],
  ['index of out', { in: { index: 0, fd: 1 }, out: { index: -2, fd: 0 } }, -2],
]) {
  test(`a negative ${name} is 400 and the server lives on`, async (judge) => {
    await judge.refused(pipes(pipe), 400, `pipe: index out of range ${number}`);
    check.fields(await judge.one(cat('x')), { status: 'Accepted' }, 'the next');
  });
}

test('a negative fd on /ws and /stream leaves the server alive', async (judge) => {
  const request = pipes({ in: { index: 0, fd: -1 }, out: { index: 1, fd: 0 } });
  const socket = await Requests.open(judge);
  socket.request({ requestId: 'n', ...request });
  const stream = await Stream.open(judge);
  stream.start(request);
  await stream.closeCode();
  await Promise.race([socket.message().catch(() => {}), socket.closeCode()]);
  socket.end();
  check.fields(await judge.one(cat('x')), { status: 'Accepted' }, 'the next');
});

test('a huge fd is refused and the server lives on', async (judge) => {
  for (const fd of [100000, 2147483647, 9223372036854775807n]) {
    const text = JSON.stringify(pipes({ in: { index: 0, fd: 'FD' }, out: { index: 1, fd: 0 } }))
      .replace('"FD"', String(fd));
    const reply = await judge.post(text);
    check.holds([400, 500].includes(reply.status), 'a refusal', [reply.status, `${reply.body}`]);
    check.fields(await judge.one(cat('x')), { status: 'Accepted' }, 'the next');
  }
});

const kMake = 'import ctypes; c = ctypes.CDLL(None)\n' +
  'a = c.shmget(4711, 4096, 0o1666), c.semget(4711, 1, 0o1666), c.msgget(4711, 0o1666)\n' +
  'print(all(i >= 0 for i in a))';
const kLook = 'import ctypes; c = ctypes.CDLL(None)\n' +
  'print(c.shmget(4711, 0, 0), c.semget(4711, 0, 0), c.msgget(4711, 0))\n' +
  'print(sum(len(open("/proc/sysvipc/" + k).readlines()) - 1 for k in ("shm", "sem", "msg")))';

narrow('System V objects do not survive', async (judge) => {
  for (let round = 0; round < 3; ++round) {
    check.equal((await judge.one(python(kMake))).files.stdout, 'True\n', 'making them');
    check.equal((await judge.one(python(kLook))).files.stdout, '-1 -1 -1\n0\n', 'a run later');
  }
});

narrow('POSIX message queues do not survive', async (judge) => {
  const open = (flags) => python('import ctypes, os; c = ctypes.CDLL(None, use_errno=True)\n' +
    `q = c.mq_open(b"/left", ${flags}, 0o666, None)\n` +
    'print("open" if q >= 0 else os.strerror(ctypes.get_errno()))');
  const made = await judge.one(open('os.O_CREAT | os.O_RDWR'));
  if (made.files.stdout !== 'open\n') check.skip(`mq_open: ${made.files.stdout.trim()}`);
  check.equal((await judge.one(open('os.O_RDWR'))).files.stdout, 'No such file or directory\n');
});

narrow('abstract sockets and ports do not survive', async (judge) => {
  const bind = 'import socket\na = socket.socket(1); a.bind("\\0left"); a.listen()\n' +
    'try:\n b = socket.socket(2); b.bind(("0.0.0.0", 47110)); b.listen()\n' +
    'except OSError as e: print(e)\n';
  for (let round = 0; round < 3; ++round) {
    const script = `${bind}import os\nif os.fork() == 0:\n import time; time.sleep(1000)\n`;
    check.fields(await judge.one(python(script)), { status: 'Accepted',
      files: { stdout: '', stderr: '' } });
  }
});

test('cgroup directories do not leak', async (judge) => {
  const rounds = judge.full ? 200 : 40;
  await judge.one(cat('x'));
  const before = host.cgroups();
  const script = 'for i in 1 2 3 4 5 6 7 8; do setsid sleep 1000 & done; exit 0';
  for (let round = 0; round < rounds; ++round) {
    check.fields(await judge.one(shell(script)), { status: 'Accepted' });
  }
  check.equal(await host.lasting(before, host.cgroups), [], 'directories that stayed');
}, { seconds: 180 });

test('leftovers of a run are dead when it is answered or soon after', async (judge) => {
  const script = 'for i in 1 2 3 4 5 6 7 8; do setsid sleep 76543.21 & done; exit 0';
  check.fields(await judge.one(shell(script)), { status: 'Accepted' });
  check.holds(await host.eventually(() => host.processesWith('76543.21').length === 0),
    'no process left', host.processesWith('76543.21'));
});

test('a program cannot change the file behind a fileId', async (judge) => {
  const fileId = await judge.upload('f', 'original');
  const script = 'echo x >&0; echo x >/proc/self/fd/0; chmod 777 /proc/self/fd/0';
  await judge.one(shell(script, { files: [{ fileId }, collector('stdout'), collector('stderr')] }));
  check.equal((await judge.get(`/file/${fileId}`)).body.toString(), 'original');
  await judge.delete(`/file/${fileId}`);
});

test('a fifo in the place of a collector\'s name does not hang the server', async (judge) => {
  check.fields(await judge.one(shell('rm stdout; mkfifo stdout', { copyOut: ['stdout'] })), {
    status: 'Accepted' });
});

filtered('a forbidden system call is Dangerous Syscall', async (judge) => {
  check.fields(await judge.one(command(['/bin/mkdir', 'd'])), {
    status: 'Dangerous Syscall', exitStatus: 31 });
  check.fields(await judge.one(cat('x')), { status: 'Accepted' }, 'others');
});

filtered('action errno makes the call fail', async (judge) => {
  check.fields(await judge.one(command(['/bin/ln', '-s', 'a', 'b'])), {
    status: 'Nonzero Exit Status', exitStatus: 1 });
});
