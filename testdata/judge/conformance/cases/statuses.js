// Contract 3.3: which status a run gets, rule by rule; 1.2, the fields of Result.
'use strict';

const check = require('../harness/check');
const { section } = require('../harness/cases');
const { eventually, isUnified, processesWith } = require('../harness/host');
const {
  cat, collector, idle, kMiB, kSecond, pipeCollector, python, shell, spin,
} = require('../harness/programs');

const test = section('3.3 status', { profile: 'plain' });
const small = section('3.3 status', { profile: 'small' });
const result12 = section('1.2 Result', { profile: 'plain' });

const kGreedy = 'b = bytearray(400 << 20)';

test('exit 0 is Accepted', async (judge) => {
  check.fields(await judge.one(cat('x')), { status: 'Accepted', exitStatus: 0, error: undefined,
    fileError: undefined, fileIds: undefined });
});

test('another exit status is Nonzero Exit Status', async (judge) => {
  for (const code of [1, 42, 255]) {
    check.fields(await judge.one(shell(`exit ${code}`)), {
      status: 'Nonzero Exit Status', exitStatus: code, error: undefined });
  }
});

for (const [name, number] of [['SEGV', 11], ['ABRT', 6], ['TERM', 15], ['FPE', 8], ['INT', 2],
  ['ALRM', 14], ['USR1', 10]]) {
  test(`death by SIG${name} is Signalled`, async (judge) => {
    check.fields(await judge.one(shell(`kill -${name} $$`)), {
      status: 'Signalled', exitStatus: number, error: undefined });
  });
}

test('death by SIGSYS is Dangerous Syscall', async (judge) => {
  check.fields(await judge.one(shell('kill -SYS $$')), {
    status: 'Dangerous Syscall', exitStatus: 31 });
});

test('death by SIGXFSZ is Output Limit Exceeded', async (judge) => {
  check.fields(await judge.one(shell('kill -XFSZ $$')), {
    status: 'Output Limit Exceeded', exitStatus: 25 });
});

small('a file above output-limit is Output Limit Exceeded', async (judge) => {
  const cmd = python('import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\n' +
    'f = open("big", "wb")\nfor i in range(3): f.write(b"x" * (1 << 20)); f.flush()');
  check.fields(await judge.one(cmd), { status: 'Output Limit Exceeded', exitStatus: 25 });
});

test('SIGKILL of itself is Signalled when clockLimit is given', async (judge) => {
  check.fields(await judge.one(shell('kill -KILL $$')), { status: 'Signalled', exitStatus: 9 });
});

test('SIGKILL of itself is Time Limit Exceeded without clockLimit', async (judge) => {
  check.fields(await judge.one(shell('kill -KILL $$', { clockLimit: 0 })), {
    status: 'Time Limit Exceeded', exitStatus: 9 });
});

test('SIGXCPU of itself goes the same way', async (judge) => {
  check.fields(await judge.one(shell('kill -XCPU $$')), { status: 'Signalled', exitStatus: 24 });
  check.fields(await judge.one(shell('kill -XCPU $$', { clockLimit: 0 })), {
    status: 'Time Limit Exceeded', exitStatus: 24 });
});

test('time above cpuLimit is Time Limit Exceeded even after exit 0', async (judge) => {
  // Ends by itself, far over its limit, before anybody looks: or is killed. Both read the same.
  const script = 'import time\nwhile time.process_time() < 0.06: pass';
  const result = await judge.one(python(script, { cpuLimit: 0.01 * kSecond }));
  check.fields(result, { status: 'Time Limit Exceeded' });
  check.holds(result.time > 0.01 * kSecond, 'time above the limit', result.time);
});

test('memory above memoryLimit beats time above cpuLimit', async (judge) => {
  check.fields(await judge.one(cat('x', { cpuLimit: 0, memoryLimit: 0 })), {
    status: 'Memory Limit Exceeded' });
});

test('memory above memoryLimit beats a file error', async (judge) => {
  const result = await judge.one(shell('exit 0', { memoryLimit: 0, copyOut: ['missing'] }));
  check.fields(result, { status: 'Memory Limit Exceeded' });
});

test('time above cpuLimit beats a non-zero exit', async (judge) => {
  check.fields(await judge.one(shell('exit 3', { cpuLimit: 1 })), {
    status: 'Time Limit Exceeded' });
});

test('time above cpuLimit beats a collector over its max', async (judge) => {
  const files = [{ content: '' }, collector('stdout', 1), collector('stderr')];
  check.fields(await judge.one(shell('echo long', { files, cpuLimit: 1 })), {
    status: 'Time Limit Exceeded' });
});

test('a collector over its max is Output Limit Exceeded', async (judge) => {
  const files = [{ content: '' }, collector('stdout', 4), collector('stderr')];
  const result = await judge.one(shell('echo longer', { files }));
  check.fields(result, { status: 'Output Limit Exceeded', exitStatus: 0,
    error: 'Output Limit Exceeded' });
  check.fields(result.fileError[0], { name: 'stdout', type: 'CollectSizeExceeded' });
});

test('after a non-zero exit, fileError is filled and the status stays', async (judge) => {
  const files = [{ content: '' }, collector('stdout', 4), collector('stderr')];
  const over = await judge.one(shell('echo longer; exit 5', { files }));
  check.fields(over, { status: 'Nonzero Exit Status', exitStatus: 5, error: undefined });
  check.fields(over.fileError?.[0], { name: 'stdout', type: 'CollectSizeExceeded' });
  const missing = await judge.one(shell('exit 6', { copyOut: ['none'] }));
  check.fields(missing, { status: 'Nonzero Exit Status', exitStatus: 6, error: undefined });
  check.fields(missing.fileError?.[0], { name: 'none', type: 'CopyOutOpen' });
});

test('a missing copyOut after exit 0 is File Error', async (judge) => {
  const result = await judge.one(shell('exit 0', { copyOut: ['none'] }));
  check.fields(result, { status: 'File Error', exitStatus: 0,
    error: 'open none: no such file or directory' });
  check.equal(result.fileError, [{ name: 'none', type: 'CopyOutOpen',
    message: 'open none: no such file or directory' }]);
});

test('OOM of a child alone is Memory Limit Exceeded', async (judge) => {
  const result = await judge.one(shell(`python3 -c '${kGreedy}'; exit 0`, {
    memoryLimit: 64 * kMiB }));
  check.fields(result, { status: 'Memory Limit Exceeded' });
});

test('a fork bomb ends and the next run is well', async (judge) => {
  const bomb = python('import os\nwhile 1:\n try: os.fork()\n except OSError: pass',
    { cpuLimit: kSecond, procLimit: 20 });
  check.fields(await judge.one(bomb), { status: 'Time Limit Exceeded' });
  check.fields(await judge.one(cat('x')), { status: 'Accepted' }, 'the next');
});

test('CPU of many processes adds up to the limit', async (judge) => {
  const result = await judge.one(shell('for i in 1 2 3 4; do (while :; do :; done) & done; wait',
    { cpuLimit: 0.5 * kSecond }));
  check.fields(result, { status: 'Time Limit Exceeded', exitStatus: 9 });
});

test('a program that ignores signals ends at its limit', async (judge) => {
  check.fields(await judge.one(shell('trap "" TERM INT XCPU HUP; while :; do :; done', {
    cpuLimit: 0.3 * kSecond })), { status: 'Time Limit Exceeded', exitStatus: 9 });
});

test('a stopped program ends at its clock limit', async (judge) => {
  check.fields(await judge.one(shell('kill -STOP $$', { clockLimit: 0.4 * kSecond })), {
    status: 'Time Limit Exceeded', exitStatus: 9 });
});

result12('time, memory and runTime are measured', async (judge) => {
  const script = 'import time\nb = bytearray(40 << 20)\n' +
    'while time.process_time() < 0.3: pass\ntime.sleep(0.3)';
  const result = await judge.one(python(script));
  check.fields(result, { status: 'Accepted' });
  check.holds(result.time > 0.25 * kSecond, 'time near 0.3 s or above', result.time);
  check.holds(result.runTime > 0.55 * kSecond, 'runTime of 0.6 s or above', result.runTime);
  check.holds(result.memory > 40 * kMiB, 'memory above 40 MiB', result.memory);
});

result12('procPeak is there on cgroup v2 alone', async (judge) => {
  const config = JSON.parse((await judge.get('/config')).body);
  const result = await judge.one(shell('sleep 0.1 & sleep 0.1 & wait'));
  if (config.runnerConfig.cgroupType === 2 && isUnified()) {
    check.holds(result.procPeak >= 3, 'procPeak of 3 or more', result.procPeak);
  } else {
    check.equal(result.procPeak, undefined, 'procPeak');
  }
});

result12('empty output is an empty string, not left out', async (judge) => {
  check.equal((await judge.one(shell(':'))).files, { stdout: '', stderr: '' });
});

result12('collectors are returned whenever the program was started', async (judge) => {
  const slow = await judge.one(spin({ cpuLimit: 0.1 * kSecond }));
  check.equal(slow.files, { stdout: '', stderr: '' }, 'Time Limit Exceeded');
  const partial = await judge.one(shell('echo so far; sleep 1000', { clockLimit: 0.5 * kSecond }));
  check.fields(partial, { status: 'Time Limit Exceeded' });
  check.equal(partial.files.stdout, 'so far\n');
  const signalled = await judge.one(shell('echo out; echo err >&2; kill -SEGV $$'));
  check.equal(signalled.files, { stdout: 'out\n', stderr: 'err\n' }, 'Signalled');
});

result12('collectors are returned empty when the program cannot be started', async (judge) => {
  const result = await judge.one({ ...cat('x'), args: ['/no/such'] });
  check.fields(result, { status: 'Internal Error', files: { stdout: '', stderr: '' } });
  const piped = await judge.one({ ...cat('x'), args: ['/no/such'],
    files: [{ content: '' }, pipeCollector('stdout')] });
  check.fields(piped, { status: 'Internal Error', files: { stdout: '' } }, 'pipes');
});

result12('fileIds of what was made are there after a failure', async (judge) => {
  const result = await judge.one(shell('echo x >a; exit 9', { copyOutCached: ['a'] }));
  check.fields(result, { status: 'Nonzero Exit Status', exitStatus: 9 });
  check.match(result.fileIds?.a, /^[A-Z2-7]{8}$/, 'fileIds.a');
  check.equal((await judge.delete(`/file/${result.fileIds.a}`)).status, 200, 'DELETE');
});

result12('a cancelled run of a client that is gone is not waited for', async (judge) => {
  const connection = judge.connect();
  const body = JSON.stringify({ cmd: [idle('54321.0123')] });
  connection.send(`POST /run HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  const running = () => processesWith('54321.0123').length;
  check.holds(await eventually(() => running() === 1), 'one program', running());
  connection.destroy();
  check.holds(await eventually(() => running() === 0), 'none after the client has gone', running());
});
