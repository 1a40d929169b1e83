// Contract 1.2, the fields of Cmd one by one, and 3.2, what a program finds inside.
'use strict';

const fs = require('node:fs');

const check = require('../harness/check');
const { section } = require('../harness/cases');
const { eventually, isUnified, limitOf, processesWith, readProc } = require('../harness/host');
const { head } = require('../harness/judge');
const {
  cat, collector, command, freshMark, idle, kMiB, kPath, kSecond, pipeCollector, python, shell,
  spin,
} = require('../harness/programs');

const test = section('1.2 Cmd', { profile: 'plain' });
const inside = section('3.2 inside', { profile: 'plain' });
const small = section('3.2 inside', { profile: 'small' });
const rated = section('1.2 Cmd', { profile: 'rated' });
const pinned = section('2.1 cpuset', { profile: 'pinned' });
const credentials = section('3.2 identity', { profile: 'credentials' });

const kExtra = 16 << 10;

async function prints(judge, cmd, expected, what) {
  const result = await judge.one(cmd);
  check.fields(result, { status: 'Accepted' }, what);
  check.equal(result.files.stdout, expected, what);
}

test('args arrive as they are', (judge) => {
  const args = ['', ' a b ', '"', "'", '\\', '*', '$HOME', 'é', '\n', '-n', '%s'];
  return prints(judge, shell('for a; do printf "%s|" "$a"; done', {
    args: ['/bin/sh', '-c', 'for a; do printf "%s|" "$a"; done', 'sh', ...args],
  }), `${args.join('|')}|`);
});

test('empty args are an Internal Error, and the next run is well', async (judge) => {
  for (const args of [[], null, undefined]) {
    check.fields(await judge.one({ ...cat('x'), args }), { status: 'Internal Error', error: /./ });
    check.fields(await judge.one(cat('x')), { status: 'Accepted' }, 'the next');
  }
});

test('env is all there is, in its order', async (judge) => {
  const env = ['B=2', 'A=1', 'A=again', 'EMPTY=', 'BLANK=a b=c'];
  await prints(judge, command(['/usr/bin/env'], { env }), `${env.join('\n')}\n`);
  await prints(judge, command(['/usr/bin/env'], { env: [] }), '', 'empty');
  await prints(judge, command(['/usr/bin/env'], { env: undefined }), '', 'absent');
});

test('files may be absent', async (judge) => {
  check.fields(await judge.one(command(['/bin/true'], { files: undefined })), {
    status: 'Accepted', files: undefined });
  check.fields(await judge.one(command(['/bin/sh', '-c', 'exit 3'], { files: [] })), {
    status: 'Nonzero Exit Status', exitStatus: 3 });
});

test('files are fd 0, 1, 2 and so on, and no others are open', async (judge) => {
  const script = 'cat <&3; cat <&5; echo six >&6; ls /proc/self/fd';
  const cmd = shell(script, { files: [{ content: '' }, collector('stdout'), collector('stderr'),
    { content: 'three\n' }, { content: '' }, { content: 'five\n' }, collector('six')] });
  const result = await judge.one(cmd);
  // 7 is the directory that ls reads.
  check.equal(result.files.stdout, 'three\nfive\n0\n1\n2\n3\n4\n5\n6\n7\n');
  check.equal(result.files.six, 'six\n');
});

test('tens of descriptors are handed over', async (judge) => {
  const many = Array.from({ length: 60 }, (_, index) => ({ content: `${index};` }));
  const script = 'import os; print("".join(os.read(n, 9).decode() for n in range(3, 63)))';
  const cmd = python(script, { files: [{ content: '' }, collector('stdout'), collector('stderr'),
    ...many] });
  await prints(judge, cmd, `${many.map((file) => file.content).join('')}\n`);
});

test('cpuLimit ends a program that computes', async (judge) => {
  const result = await judge.one(spin({ cpuLimit: 0.3 * kSecond }));
  check.fields(result, { status: 'Time Limit Exceeded', exitStatus: 9, error: undefined });
  check.holds(result.time > 0.3 * kSecond, 'time above the limit', result.time);
});

test('cpuLimit 0 means zero', async (judge) => {
  check.fields(await judge.one(cat('x', { cpuLimit: 0 })), { status: 'Time Limit Exceeded' });
  check.fields(await judge.one(cat('x', { cpuLimit: undefined })), {
    status: 'Time Limit Exceeded' }, 'absent');
});

test('clockLimit ends a program that sleeps', async (judge) => {
  const result = await judge.one(idle('1000', { clockLimit: 0.4 * kSecond }));
  check.fields(result, { status: 'Time Limit Exceeded', exitStatus: 9 });
  check.holds(result.runTime >= 0.4 * kSecond, 'runTime at the limit or above', result.runTime);
  check.holds(result.time < 0.4 * kSecond, 'little CPU time', result.time);
});

test('clockLimit 0 is cpuLimit', async (judge) => {
  const cmd = idle('1000', { clockLimit: 0, cpuLimit: 0.4 * kSecond });
  const result = await judge.one(cmd);
  check.fields(result, { status: 'Time Limit Exceeded', exitStatus: 9 });
});

test('realCpuLimit wins over clockLimit', async (judge) => {
  const cmd = idle('1000', { clockLimit: 50 * kSecond, realCpuLimit: 0.4 * kSecond });
  const result = await judge.one(cmd);
  check.fields(result, { status: 'Time Limit Exceeded', exitStatus: 9 });
  check.holds(result.runTime < 40 * kSecond, 'the shorter limit', result.runTime);
  const longer = idle('0.5', { clockLimit: 0.1 * kSecond, realCpuLimit: 50 * kSecond });
  check.fields(await judge.one(longer), { status: 'Accepted' }, 'a longer one');
});

test('memoryLimit ends a program that takes more', async (judge) => {
  const limit = 64 * kMiB;
  const result = await judge.one(python('b = b"x" * (200 << 20)', { memoryLimit: limit }));
  check.fields(result, { status: 'Memory Limit Exceeded' });
  check.holds(result.memory > limit, 'memory above the limit', result.memory);
});

test('memoryLimit 0 means zero', async (judge) => {
  check.fields(await judge.one(cat('x', { memoryLimit: 0 })), { status: 'Memory Limit Exceeded' });
  check.fields(await judge.one(cat('x', { memoryLimit: undefined })), {
    status: 'Memory Limit Exceeded' }, 'absent');
});

test('memory counts every process of the run', async (judge) => {
  const script = "python3 -c 'b = bytearray(60 << 20); import time; time.sleep(0.3)' & " +
    "python3 -c 'b = bytearray(60 << 20); import time; time.sleep(0.3)'; wait";
  const result = await judge.one(shell(script));
  check.fields(result, { status: 'Accepted' });
  check.holds(result.memory > 64 * kMiB, 'more than one process has', result.memory);
});

test('time counts children that nobody waits for', async (judge) => {
  const result = await judge.one(shell('(while :; do :; done) & sleep 2'));
  check.fields(result, { status: 'Accepted' });
  check.holds(result.time > 0.2 * kSecond, 'CPU time of the child', result.time);
});

const shownLimit = (flag, cmd) => shell(`ulimit ${flag}`, cmd);

test('stackLimit is RLIMIT_STACK', (judge) =>
  prints(judge, shownLimit('-s', { stackLimit: 20 * kMiB }), `${20 * 1024}\n`));

test('stackLimit 0 leaves the server\'s own', (judge) => {
  const own = limitOf(judge.pid, 'Max stack size');
  const expected = own === 'unlimited' ? own : String(Number(own) / 1024);
  return prints(judge, shownLimit('-s', { stackLimit: 0 }), `${expected}\n`);
});

test('stackLimit is capped to memory and extra', (judge) =>
  prints(judge, shownLimit('-s', { stackLimit: 1024 * kMiB, memoryLimit: 64 * kMiB }),
    `${(64 * kMiB + kExtra) / 1024}\n`));

test('procLimit bounds processes', async (judge) => {
  const script = 'for i in 1 2 3 4 5 6 7 8 9; do sleep 0.2 & done; wait; echo all';
  const few = await judge.one(shell(script, { procLimit: 4 }));
  check.holds(few.files.stdout === '', 'a shell that cannot fork', few);
  await prints(judge, shell(script, { procLimit: 12 }), 'all\n', 'with enough');
});

test('procLimit 0 means no fork', async (judge) => {
  const result = await judge.one(shell('/bin/true; echo forked', { procLimit: 0 }));
  check.holds(!result.files?.stdout?.includes('forked'), 'no second process', result);
});

rated('cpuRateLimit slows a program down', async (judge) => {
  if (!isUnified() && !fs.existsSync('/sys/fs/cgroup/cpu/cpu.cfs_quota_us')) {
    check.skip('the kernel has no CPU bandwidth control');
  }
  const script = 'import time\nwhile time.process_time() < 0.5: pass';
  const slow = await judge.one(python(script, { cpuRateLimit: 200 }));
  check.fields(slow, { status: 'Accepted' });
  check.holds(slow.runTime > 3 * slow.time, 'runTime above 3 times time', slow);
});

// Where the kernel shows the rate of the group that a process is in: "quota period".
function rateOf(pid) {
  const groups = readProc(pid, 'cgroup').split('\n').map((line) => line.split(':'));
  const own = groups.find(([, controllers]) =>
    isUnified() ? controllers === '' : controllers.split(',').includes('cpu'));
  const mounted = isUnified() ? '/sys/fs/cgroup' : `/sys/fs/cgroup/${own[1]}`;
  const read = (name) => fs.readFileSync(`${mounted}${own[2]}/${name}`, 'utf8').trim();
  return isUnified() ? read('cpu.max') : `${read('cpu.cfs_quota_us')} ${read('cpu.cfs_period_us')}`;
}

rated('cpuRateLimit is kept in periods of --cpu-cfs-period', async (judge) => {
  if (!isUnified() && !fs.existsSync('/sys/fs/cgroup/cpu/cpu.cfs_quota_us')) {
    check.skip('the kernel has no CPU bandwidth control');
  }
  const mark = freshMark();
  const connection = judge.connect();
  const body = JSON.stringify({ cmd: [idle(mark, { cpuRateLimit: 200 })] });
  connection.send(head('POST', '/run', { Host: 'x', 'Content-Length': body.length }) + body);
  check.holds(await eventually(() => processesWith(mark).length === 1), 'a program', mark);
  check.equal(rateOf(processesWith(mark)[0]), '10000 50000', 'quota and period');
  connection.destroy();
});

test('cpuRateLimit is ignored without --enable-cpu-rate', async (judge) => {
  check.fields(await judge.one(cat('x', { cpuRateLimit: 1 })), { status: 'Accepted' });
});

const kAllowed = 'grep Cpus_allowed_list /proc/self/status | cut -f2';

test('cpuSetLimit pins the program', (judge) =>
  prints(judge, shell(kAllowed, { cpuSetLimit: '0' }), '0\n'));

test('a bad cpuSetLimit is an Internal Error', async (judge) => {
  for (const cpuSetLimit of ['4095', 'x', '3-1']) {
    check.fields(await judge.one(cat('x', { cpuSetLimit })), {
      status: 'Internal Error', error: /^execve: cgroup: failed to set cpuset limit: ./ });
  }
  check.fields(await judge.one(cat('x')), { status: 'Accepted' }, 'the next');
});

pinned('an element of --cpuset pins its worker', (judge) =>
  prints(judge, shell(kAllowed), '0\n'));

for (const name of ['strictMemoryLimit', 'dataSegmentLimit']) {
  test(`${name} sets RLIMIT_DATA`, async (judge) => {
    const expected = `${(64 * kMiB + kExtra) / 1024}\n`;
    await prints(judge, shownLimit('-d', { memoryLimit: 64 * kMiB, [name]: true }), expected);
    const off = await judge.one(shownLimit('-d', { memoryLimit: 64 * kMiB, [name]: false }));
    check.holds(off.files.stdout !== expected, 'another limit without it', off.files.stdout);
  });
}

test('addressSpaceLimit sets RLIMIT_AS', async (judge) => {
  const expected = `${(64 * kMiB + kExtra) / 1024}\n`;
  await prints(judge, shownLimit('-v', { memoryLimit: 64 * kMiB, addressSpaceLimit: true }),
    expected);
  await prints(judge, shownLimit('-v', { memoryLimit: 64 * kMiB }), 'unlimited\n', 'without');
});

test('copyOutDir is accepted and ignored', async (judge) => {
  check.fields(await judge.one(cat('x', { copyOutDir: '/tmp/judge-conformance-none' })), {
    status: 'Accepted' });
  check.equal(fs.existsSync('/tmp/judge-conformance-none'), false);
});

test('several commands are answered in their order', async (judge) => {
  const results = await judge.run({ cmd: [shell('sleep 0.3; echo a'), shell('echo b'),
    shell('echo c; exit 4')] });
  check.equal(results.map((result) => result.files.stdout), ['a\n', 'b\n', 'c\n']);
  check.equal(results.map((result) => result.exitStatus), [0, 0, 4]);
});

test('commands of one request have directories of their own', async (judge) => {
  const results = await judge.run({ cmd: [0, 1].map((n) => shell(
    `echo ${n} >mine; echo x >/tmp/mine-${n}; sleep 0.5; ls . /tmp; cat mine`)) });
  results.forEach((result, n) =>
    check.equal(result.files.stdout, `.:\nmine\nstderr\nstdout\n\n/tmp:\nmine-${n}\n${n}\n`));
});

for (const [name, script, expected] of [
  ['the working directory is /w', 'pwd', '/w\n'],
  ['umask is 0', 'umask', '0000\n'],
  ['its own session', 'read -r a </proc/self/stat; set -- $a; test $1 = $6 && echo yes', 'yes\n'],
  ['no new privileges', 'grep NoNewPrivs /proc/self/status', 'NoNewPrivs:\t1\n'],
  ['no capability', 'grep -E "Cap(Inh|Prm|Eff|Amb)" /proc/self/status | cut -f2 | sort -u',
    '0000000000000000\n'],
  ['host name', 'cat /proc/sys/kernel/hostname', 'executor_server\n'],
  ['domain name', 'cat /proc/sys/kernel/domainname', 'executor_server\n'],
  ['user and group 0 without --container-cred-start', 'id -u; id -g', '0\n0\n'],
  ['no network but loopback', 'ls /sys/class/net 2>/dev/null || cut -d: -f1 /proc/net/dev | ' +
    'tail -n +3 | tr -d " "', 'lo\n'],
  ['links of /dev', 'for i in fd stdin stdout stderr; do readlink /dev/$i; done',
    '/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\n'],
  ['devices', 'cd /dev; for i in null urandom random zero full; do test -c $i && echo $i; done',
    'null\nurandom\nrandom\nzero\nfull\n'],
  ['no core file', 'ulimit -c', '0\n'],
  ['open files are bounded', 'ulimit -n', '256\n'],
  ['CPU seconds are whole and one more', 'ulimit -t', '11\n'],
  ['the size of files is bounded', 'ulimit -f', `${(256 << 20) / 512}\n`],
  ['the root is read-only', 'touch /x 2>/dev/null || echo refused', 'refused\n'],
  ['/usr is read-only', 'touch /usr/x 2>/dev/null || echo refused', 'refused\n'],
  ['/w and /tmp can be written', 'touch /w/x /tmp/x && echo done', 'done\n'],
  ['/proc shows its own processes only', 'ls -d /proc/[0-9]* | wc -l | ' +
    '{ read n; test $n -lt 8 && echo few; }', 'few\n'],
  ['/proc/kcore and /proc/keys are masked', 'cat /proc/kcore /proc/keys 2>/dev/null | wc -c',
    '0\n'],
]) {
  inside(name, (judge) => prints(judge, shell(script), expected));
}

inside('kill 1 does nothing', async (judge) => {
  const result = await judge.one(shell('kill -TERM 1; kill -KILL 1; kill -INT 1; echo here'));
  check.fields(result, { status: 'Accepted' });
  check.equal(result.files.stdout, 'here\n');
  check.fields(await judge.one(cat('x')), { status: 'Accepted' }, 'the next');
});

inside('a new run finds /w and /tmp empty', async (judge) => {
  for (let round = 0; round < 4; ++round) {
    const script = 'ls -A /w /tmp; mkdir -p .a/b; echo x >.a/b/c; touch /tmp/x; chmod 0 .a';
    await prints(judge, shell(script), '/tmp:\n\n/w:\nstderr\nstdout\n');
  }
});

inside('all processes end with the first one', async (judge) => {
  const mark = '98765.4321';
  await prints(judge, shell(`sleep ${mark} & setsid sleep ${mark} & echo started`), 'started\n');
  check.holds(await eventually(() => processesWith(mark).length === 0), 'none of them left',
    processesWith(mark));
});

for (const [name, args, env, pattern] of [
  ['no PATH', ['cat'], ['A=1'],
    /^execve: handle: cat: no PATH environment variable provided for look up$/],
  ['not in PATH', ['no-such-program'], [kPath],
    /^execve: handle: no-such-program: executable file not found in \$PATH$/],
  ['no such file', ['/no/such'], [kPath],
    isUnified() ? /no such file or directory$/ :
      /^start: \/no\/such: execve: no such file or directory$/],
]) {
  inside(`argv[0]: ${name} is an Internal Error`, async (judge) => {
    const result = await judge.one({ ...cat(''), args, env });
    check.fields(result, { status: 'Internal Error', error: pattern });
    check.fields(await judge.one(cat('x')), { status: 'Accepted' }, 'the next');
  });
}

inside('argv[0]: what is no program is an Internal Error', async (judge) => {
  for (const args of [['/w'], ['./text']]) {
    const result = await judge.one({ ...cat(''), args, copyIn: { text: { content: 'x\n' } } });
    check.fields(result, { status: 'Internal Error', error: /execve/ });
  }
});

const kSays = (text) => ({ content: `#!/bin/sh\necho ${text}\n` });

inside('argv[0]: an executable in the working directory comes before PATH', (judge) =>
  prints(judge, command(['cat'], { copyIn: { cat: kSays('own') } }), 'own\n'));

inside('argv[0]: a path is used as it is, from the working directory', async (judge) => {
  const copyIn = { 'd/prog': kSays('below') };
  await prints(judge, command(['d/prog'], { copyIn }), 'below\n');
  await prints(judge, command(['./d/prog'], { copyIn, env: [] }), 'below\n', 'without PATH');
});

inside('argv[0]: the last PATH counts', (judge) =>
  prints(judge, command(['prog'], { env: ['PATH=/usr/bin', 'PATH=/tmp/bin'],
    copyIn: { '/tmp/bin/prog': kSays('last') } }), 'last\n'));

inside('argv[0] itself arrives as it was given', (judge) =>
  prints(judge, command(['sh', '-c', 'tr "\\0" "|" </proc/$$/cmdline | cut -d"|" -f1']), 'sh\n'));

small('open-file-limit, output-limit and extra-memory-limit hold', (judge) =>
  prints(judge, shell('ulimit -n; ulimit -f; ulimit -d', {
    memoryLimit: 64 * kMiB, dataSegmentLimit: true }),
  `32\n2048\n${(64 * kMiB + (64 << 10)) / 1024}\n`));

small('tmp-fs-param bounds /w', async (judge) => {
  const result = await judge.one(shell('head -c 900000 /dev/zero >a; ' +
    'for i in 1 2 3; do head -c 900000 a >b$i || exit 7; done', {
    files: [{ content: '' }, pipeCollector('stdout'), pipeCollector('stderr')] }));
  check.fields(result, { status: 'Nonzero Exit Status', exitStatus: 7 });
  check.match(result.files.stderr, /No space left on device/, 'stderr');
});

credentials('programs have the uid and gid 1000', (judge) =>
  prints(judge, shell('id -u; id -g; id -G'), '1000\n1000\n1000\n'));

credentials('on the host they have a user of their own', async (judge) => {
  const mark = '87654.3210';
  const running = judge.one(idle(mark, { clockLimit: 5 * kSecond }));
  check.holds(await eventually(() => processesWith(mark).length === 1), 'one program', 'none');
  const uid = Number(/^Uid:\s+(\d+)/m.exec(readProc(processesWith(mark)[0], 'status'))[1]);
  check.holds(uid > 65535, 'a uid that no user of the host has', uid);
  await running;
});

credentials('copied-in files can be written by the program', (judge) =>
  prints(judge, shell('echo more >>a; rm a; echo new >a; cat a; mkdir d/e && ls d', {
    copyIn: { a: { content: 'x\n' }, 'd/f': { content: '' } } }), 'new\ne\nf\n'));

credentials('a new run finds nothing of the one before', async (judge) => {
  for (let round = 0; round < 3; ++round) {
    await prints(judge, shell('ls -A /w /tmp; mkdir d; chmod 0 d; touch /tmp/x'),
      '/tmp:\n\n/w:\nstderr\nstdout\n');
  }
});
