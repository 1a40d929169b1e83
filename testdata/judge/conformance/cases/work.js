// Real work: what judges and graders do all day.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');

const check = require('../harness/check');
const { section } = require('../harness/cases');
const { cat, collector, command, kMiB, kSecond, python, shell } = require('../harness/programs');

const test = section('work', { profile: 'plain', seconds: 600 });
const mounted = section('work', { profile: 'mounted', seconds: 300 });

const compiler = (source, changes = {}) => command(
  ['/usr/bin/g++', '-O1', '-o', 'prog', 'prog.cpp'], {
    copyIn: { 'prog.cpp': { content: source } }, copyOutCached: ['prog'], memoryLimit: 1 << 30,
    cpuLimit: 60 * kSecond, clockLimit: 300 * kSecond, ...changes });

async function compiled(judge, source) {
  const result = await judge.one(compiler(source));
  check.fields(result, { status: 'Accepted' }, 'compiling');
  check.match(result.fileIds.prog, /^[A-Z2-7]{8}$/, 'id of the program');
  return result.fileIds.prog;
}

// Calls work(n) for n below `count`, `width` at a time.
async function inParallel(count, width, work) {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

const kAddition = '#include <iostream>\nint main() { long long a, b; std::cin >> a >> b; ' +
  'std::cout << a + b << std::endl; }\n';

const running = (fileId, input, changes = {}) => command(['./prog'], {
  copyIn: { prog: { fileId } }, files: [{ content: input }, collector('stdout'),
    collector('stderr')], ...changes });

test('C++ is compiled to a cached file and run on many inputs', async (judge) => {
  const fileId = await compiled(judge, kAddition);
  await inParallel(judge.full ? 1000 : 40, 4, async (n) => {
    const result = await judge.one(running(fileId, `${n} ${n * n}\n`));
    check.fields(result, { status: 'Accepted', files: { stderr: '', stdout: `${n + n * n}\n` } });
  });
  check.equal((await judge.delete(`/file/${fileId}`)).status, 200, 'DELETE');
});

test('a compile error is a Nonzero Exit Status with its text', async (judge) => {
  const result = await judge.one(compiler('int main() { return x; }\n', {
    copyOutCached: ['prog?'] }));
  check.fields(result, { status: 'Nonzero Exit Status', exitStatus: 1, fileIds: undefined });
  check.match(result.files.stderr, /error: .x. was not declared/, 'stderr');
});

test('verdicts of compiled programs', async (judge) => {
  const fileId = await compiled(judge,
    '#include <cstdlib>\n#include <cstring>\n#include <unistd.h>\n' +
    'volatile int zero; int deep(int n) { volatile char a[4096]; a[0] = n; ' +
    'return n ? deep(n - 1) + a[0] : 0; }\n' +
    'int main(int, char** v) { switch (v[1][0]) {\n' +
    "case 'r': return 7; case 'a': abort();\n" +
    "case 's': return *reinterpret_cast<volatile int*>(8);\n" +
    "case 'f': return v[1][0] / zero; case 't': for (;;) zero = 0;\n" +
    "case 'd': return deep(1 << 20);\n" +
    "case 'm': for (;;) memset(malloc(1 << 20), 1, 1 << 20); case 'p': pause(); } }\n");
  const limits = { cpuLimit: 0.5 * kSecond, clockLimit: 10 * kSecond, memoryLimit: 64 * kMiB,
    stackLimit: 8 * kMiB };
  for (const [letter, status, exitStatus] of [
    ['r', 'Nonzero Exit Status', 7], ['a', 'Signalled', 6], ['s', 'Signalled', 11],
    ['f', 'Signalled', 8], ['t', 'Time Limit Exceeded', 9], ['d', 'Signalled', 11],
    ['m', 'Memory Limit Exceeded', 9],
  ]) {
    const cmd = running(fileId, '', { ...limits, args: ['./prog', letter] });
    check.fields(await judge.one(cmd), { status, exitStatus }, letter);
  }
  const paused = running(fileId, '', { ...limits, args: ['./prog', 'p'],
    clockLimit: 0.5 * kSecond });
  check.fields(await judge.one(paused), { status: 'Time Limit Exceeded', exitStatus: 9 }, 'p');
  await judge.delete(`/file/${fileId}`);
});

const kGuess = '#include <iostream>\nint main() { int l = 0, h = 1000; std::string s; for (;;) { ' +
  'int m = (l + h) / 2; std::cout << m << std::endl; if (!(std::cin >> s)) return 1; ' +
  'if (s == "=") return 0; if (s == "<") l = m + 1; else h = m - 1; } }\n';
const kJudge = 'import sys\nsecret = int(open("secret").read())\nfor turn in range(12):\n' +
  ' g = int(input())\n print("=" if g == secret else "<" if g < secret else ">", flush=True)\n' +
  ' if g == secret:\n  print("found", turn + 1, file=sys.stderr); sys.exit(0)\nsys.exit(1)\n';

test('an interactive pair talks through proxies', async (judge) => {
  const fileId = await compiled(judge, kGuess);
  for (const secret of [0, 37, 500, 1000]) {
    const [program, interactor] = await judge.run({
      cmd: [
        running(fileId, '', { files: [null, null, collector('stderr')] }),
        python(kJudge, { files: [null, null, collector('stderr')],
          copyIn: { secret: { content: String(secret) } } }),
      ],
      pipeMapping: [[0, 1, 'asked'], [1, 0, 'told']].map(([from, to, name]) => ({
        in: { index: from, fd: 1 }, out: { index: to, fd: 0 }, proxy: true, name, max: 4096 })) });
    check.equal([program.status, interactor.status], ['Accepted', 'Accepted']);
    check.match(interactor.files.stderr, /^found \d+\n$/, 'stderr');
    check.match(program.files.asked, new RegExp(`^500\n([^]*\n)?${secret}\n$|^500\n$`), 'asked');
    check.match(interactor.files.told, /=\n$/, 'told');
  }
  await judge.delete(`/file/${fileId}`);
});

test('a Python program', async (judge) => {
  const script = 'import json, sys, math\nd = json.load(sys.stdin)\nprint(math.fsum(d["a"]))';
  const cmd = command(['/usr/bin/python3', 'main.py'], {
    copyIn: { 'main.py': { content: script } },
    files: [{ content: JSON.stringify({ a: [1, 2, 3.5] }) }, collector('stdout'),
      collector('stderr')] });
  const result = await judge.one(cmd);
  check.fields(result, { status: 'Accepted', files: { stderr: '', stdout: '6.5\n' } });
});

const kMain = 'import java.util.*; public class Main { public static void main(String[] a) { ' +
  'Scanner s = new Scanner(System.in); long t = 0; while (s.hasNextLong()) t += s.nextLong(); ' +
  'System.out.println(t); } }';

mounted('a Java program', async (judge) => {
  if (!fs.existsSync('/usr/bin/javac')) check.skip('javac is not installed');
  const room = { memoryLimit: 4 * 1024 * kMiB, procLimit: 200, cpuLimit: 120 * kSecond,
    clockLimit: 250 * kSecond, env: ['PATH=/usr/bin:/bin', 'LANG=C.UTF-8'] };
  const made = await judge.one(command(['/usr/bin/javac', '-J-Xmx256m', 'Main.java'], {
    ...room, copyIn: { 'Main.java': { content: kMain } }, copyOutCached: ['Main.class'] }));
  check.fields(made, { status: 'Accepted' }, `javac: ${made.files?.stderr}`);
  const fileId = made.fileIds['Main.class'];
  const result = await judge.one(command(['/usr/bin/java', '-Xmx256m', 'Main'], { ...room,
    copyIn: { 'Main.class': { fileId } },
    files: [{ content: '1 2 3\n40\n' }, collector('stdout'), collector('stderr')] }));
  check.fields(result, { status: 'Accepted', files: { stderr: '', stdout: '46\n' } });
  await judge.delete(`/file/${fileId}`);
});

test('50 parallel copyIns of 1.5 MB', async (judge) => {
  await inParallel(50, 50, async (n) => {
    const content = crypto.randomBytes(750000).toString('hex');
    const md5 = crypto.createHash('md5').update(content).digest('hex');
    const result = await judge.one(command(['/usr/bin/md5sum', 'data', 'other'], {
      copyIn: { data: { content }, other: { content: String(n) } } }));
    check.fields(result, { status: 'Accepted' });
    check.equal(result.files.stdout.split(' ')[0], md5, `content of ${n}`);
  });
});

test('copyIn and exec of one binary, again and again: no ETXTBSY', async (judge) => {
  const fileId = await judge.upload('true', fs.readFileSync('/bin/true'));
  await inParallel(judge.full ? 10000 : 300, 4, async () => {
    const result = await judge.one(running(fileId, ''));
    check.fields(result, { status: 'Accepted', error: undefined });
  });
  await judge.delete(`/file/${fileId}`);
}, { seconds: 1200 });

test('the example of the README', async (judge) => {
  const [result] = await judge.run({ cmd: [{
    args: ['/usr/bin/g++', 'a.cc', '-o', 'a'], env: ['PATH=/usr/bin:/bin'],
    files: [{ content: '' }, { name: 'stdout', max: 10240 }, { name: 'stderr', max: 10240 }],
    cpuLimit: 10 * kSecond, memoryLimit: 512 * kMiB, procLimit: 50,
    copyIn: { 'a.cc': { content: kAddition } }, copyOut: ['stdout', 'stderr'],
    copyOutCached: ['a'] }] });
  check.fields(result, { status: 'Accepted', exitStatus: 0, files: { stderr: '', stdout: '' } });
  await judge.delete(`/file/${result.fileIds.a}`);
});

test('requests as hydrojudge sends them', async (judge) => {
  const proc = (execute, changes) => ({
    args: execute, env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'HOME=/w'],
    files: [{ content: '1 2' }, { name: 'stdout', max: 8 * kMiB },
      { name: 'stderr', max: 64 << 10 }],
    cpuLimit: 20 * kSecond, clockLimit: 60 * kSecond, memoryLimit: 512 * kMiB,
    strictMemoryLimit: false, addressSpaceLimit: false, stackLimit: 256 * kMiB, procLimit: 64,
    copyOutMax: 8 * kMiB, copyIn: {}, copyOut: [], copyOutCached: [], ...changes });
  const [made] = await judge.run({ cmd: [proc(['/usr/bin/g++', 'foo.cc', '-o', 'foo'], {
    copyIn: { 'foo.cc': { content: kAddition } }, copyOut: ['extra?'],
    copyOutCached: ['foo', '/w/foo?', 'stdout', 'stderr'] })] });
  check.fields(made, { status: 'Accepted', files: undefined });
  check.equal(Object.keys(made.fileIds), ['/w/foo', 'foo', 'stderr', 'stdout']);
  const [ran] = await judge.run({ cmd: [proc(['foo'], {
    copyIn: { foo: { fileId: made.fileIds.foo } }, copyOutCached: ['stdout'] })] });
  check.fields(ran, { status: 'Accepted', files: { stderr: '' } });
  const answer = await judge.get(`/file/${ran.fileIds.stdout}`);
  check.equal(answer.body.toString(), '3\n');
  for (const id of [...Object.values(made.fileIds), ran.fileIds.stdout]) {
    check.equal((await judge.delete(`/file/${id}`)).status, 200, 'DELETE');
  }
});

test('an answer of megabytes goes through the store from run to run', async (judge) => {
  const first = await judge.one(shell('yes 0123456789abcde | head -c 8388608 >big', {
    copyOutCached: ['big'] }));
  const result = await judge.one(command(['/usr/bin/wc', '-c'], { files: [
    { fileId: first.fileIds.big }, collector('stdout'), collector('stderr')] }));
  check.equal(result.files.stdout, '8388608\n');
  await judge.delete(`/file/${first.fileIds.big}`);
  check.fields(await judge.one(cat('x')), { status: 'Accepted' });
});
