// Contract 1.2: the table of status codes, and how a request is read.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const check = require('../harness/check');
const { section } = require('../harness/cases');
const { cat, collector, command, freshMark, idle, shell } = require('../harness/programs');
const { eventually, processesWith } = require('../harness/host');

const test = section('1.2 status codes', { profile: 'plain' });
const prefixed = section('1.2 status codes', { profile: 'prefixed' });
const narrow = section('1.2 status codes', { profile: 'narrow' });
const decision = section('1.2 File', { profile: 'plain' });

const files = (...list) => ({ cmd: [{ ...cat(''), files: list }] });
const copyIn = (map) => ({ cmd: [{ ...cat(''), copyIn: map }] });
// Two commands with a hole each, joined by `pipe`.
const joined = (pipe, changes = {}) => ({
  cmd: [{ ...cat(''), files: [{ content: '' }, null] }, { ...cat(''), files: [null] }],
  pipeMapping: [pipe], ...changes,
});

test('empty body', async (judge) => {
  await judge.refused('', 400, 'EOF');
  await judge.refused(' \n', 400, 'EOF');
});

test('cut-off JSON', async (judge) => {
  const whole = JSON.stringify({ cmd: [cat('x')] });
  for (const length of [1, 8, 20, whole.length - 1]) {
    await judge.refused(whole.slice(0, length), 400, 'unexpected EOF');
  }
});

test('wrong type', (judge) => judge.refused('{"cmd":[{"args":"x"}]}', 400,
  'json: cannot unmarshal string into Go struct field Cmd.cmd.args of type []string'));

test('no JSON', (judge) => judge.refusedLike('{x}', 400, /^invalid character 'x' /));

test('another value than an object', async (judge) => {
  await judge.refusedLike('[]', 400, /^json: cannot unmarshal array into Go value of type /);
  await judge.refusedLike('"x"', 400, /^json: cannot unmarshal string into Go value of type /);
});

test('no cmd', async (judge) => {
  for (const body of ['{}', 'null', '{"cmd":[]}', '{"cmd":null}', '{"requestId":"a"}']) {
    await judge.refused(body, 400, 'no cmd provided');
  }
});

const kTypes = {
  args: ['x', 1, [1], { a: 1 }], env: ['x', [1]], files: ['x', [1], ['x'], { a: {} }],
  tty: [1, 'true'], cpuLimit: ['1', true], clockLimit: ['1'], realCpuLimit: ['1'],
  memoryLimit: ['1', []], stackLimit: ['1'], procLimit: ['1'], cpuRateLimit: ['1'],
  cpuSetLimit: [0], strictMemoryLimit: [1], dataSegmentLimit: ['x'], addressSpaceLimit: [0],
  copyIn: [[], 'x', { a: 'x' }], copyOut: ['x', [1]], copyOutCached: ['x', [{}]],
  copyOutMax: ['1', -1], copyOutTruncate: [1], copyOutDir: [1],
};
for (const [name, values] of Object.entries(kTypes)) {
  test(`wrong type of ${name}`, async (judge) => {
    for (const value of values) {
      const body = { cmd: [{ ...cat('x'), [name]: value }] };
      await judge.refusedLike(body, 400, /^json: cannot unmarshal /);
    }
  });
}

for (const [name, value] of Object.entries({
  src: 1, content: [], fileId: true, name: 1, max: '1', pipe: 1, streamIn: 'x', streamOut: 0,
  symlink: {},
})) {
  test(`wrong type of ${name} in a File`, (judge) => judge.refusedLike(
    files({ content: '', [name]: value }), 400, /^json: cannot unmarshal /));
}

for (const [name, value] of Object.entries({
  in: 1, out: [], name: 1, max: 1.5, proxy: 'x', disableZeroCopy: 1,
})) {
  test(`wrong type of ${name} in a PipeMap`, (judge) => judge.refusedLike(
    joined({ in: { index: 0, fd: 1 }, out: { index: 1, fd: 0 }, [name]: value }), 400,
    /^json: cannot unmarshal /));
}

for (const [name, file] of [
  ['no key', {}], ['only name', { name: 'a' }], ['only max', { max: 1 }],
  ['only pipe', { pipe: true }], ['nulls', { src: null, content: null, fileId: null, name: 'a' }],
  ['streamIn over REST', { streamIn: true }], ['streamOut over REST', { streamOut: true }],
  ['symlink in files', { symlink: 'x' }],
]) {
  test(`file of no kind: ${name}`, (judge) =>
    judge.refusedLike(files(file), 400, /^file type is not valid for cmd: ./));
}

test('file of no kind in copyIn', async (judge) => {
  for (const file of [{}, null, { name: 'a' }]) {
    await judge.refusedLike(copyIn({ a: file }), 400, /^file type is not valid for cmd: ./);
  }
});

test('a collector is no source of copyIn, and the server survives it', async (judge) => {
  const reply = await judge.post(copyIn({ a: { name: 'a', max: 1 } }));
  check.holds([200, 400, 500].includes(reply.status), 'an answer', reply.status);
  check.fields(await judge.one(cat('x')), { status: 'Accepted' });
});

for (const id of ['AAAAAAAA', '', '.', '..', '../../etc/passwd', '/etc/passwd', 'a"b']) {
  test(`unknown fileId ${JSON.stringify(id)}`, async (judge) => {
    // Quotes in an id are doubly escaped: by the message and by JSON.
    const message = `file does not exists with id: ${JSON.stringify(id)}`;
    await judge.refused(files({ fileId: id }, collector('stdout')), 500, message);
    await judge.refused(copyIn({ a: { fileId: id } }), 500, message);
  });
}

test('src missing in files', async (judge) => {
  const why = 'pipe: open file /no/such/file: open /no/such/file: no such file or directory';
  await judge.refused(files({ src: '/no/such/file' }), 500, why);
  const two = { cmd: [cat(''), { ...cat(''), files: [{ src: '/no/such/file' }] }] };
  await judge.refused(two, 500, `prepare fds: prepareCmdFd: ${why}`);
});

for (const [name, pipe, index] of [
  ['in, behind the last', { in: { index: 2, fd: 1 }, out: { index: 1, fd: 0 } }, 2],
  ['out, behind the last', { in: { index: 0, fd: 1 }, out: { index: 7, fd: 0 } }, 7],
]) {
  test(`pipe index outside cmd: ${name}`, (judge) =>
    judge.refused(joined(pipe), 500, `pipe: index out of range ${index}`));
}

test('pipe on a filled fd', async (judge) => {
  const pipe = { in: { index: 0, fd: 0 }, out: { index: 1, fd: 0 } };
  await judge.refused(joined(pipe), 500, 'pipe: fd already occupied 0 0');
  const other = { cmd: [cat(''), cat('')],
    pipeMapping: [{ in: { index: 0, fd: 3 }, out: { index: 1, fd: 2 } }] };
  await judge.refused(other, 500, 'pipe: fd already occupied 1 2');
});

test('two pipes on one fd', async (judge) => {
  const pipe = { in: { index: 0, fd: 1 }, out: { index: 1, fd: 0 } };
  const reply = await judge.post({ ...joined(pipe), pipeMapping: [pipe, pipe] });
  check.equal(reply.status, 500, `status code (body ${reply.body})`);
});

test('collector in a missing directory', (judge) => judge.refused(
  files({ content: '' }, collector('a/b')), 500,
  'container: a/b: open a/b: no such file or directory'));

test('hole not filled', async (judge) => {
  const hole = { cmd: [cat(''), { ...cat(''), files: [{ content: '' }, null] }] };
  await judge.refused(hole, 500, 'null file for index/fd: 1/1');
  // A pipe on fd 3 makes a hole of each fd before it that has no file.
  const gap = joined({ in: { index: 0, fd: 1 }, out: { index: 1, fd: 3 } });
  await judge.refused(gap, 500, 'null file for index/fd: 1/0');
});

test('with one cmd, pipeMapping is ignored', async (judge) => {
  const body = { cmd: [cat('x')], pipeMapping: [{ in: { index: 7, fd: 9 }, out: { index: 8 } }] };
  check.fields((await judge.run(body))[0], { status: 'Accepted' });
});

test('with one cmd, a hole is an Internal Error', async (judge) => {
  const [result] = await judge.run(files({ content: '' }, null, collector('stderr')));
  check.fields(result, { status: 'Internal Error', error: /./ });
});

test('requestId is ignored', async (judge) => {
  for (const requestId of ['', 'same', 'same']) {
    check.fields((await judge.run({ requestId, cmd: [cat('x')] }))[0], { status: 'Accepted' });
  }
});

narrow('queue full', async (judge) => {
  const kWaiting = 512;
  const mark = freshMark();
  const body = JSON.stringify({ cmd: [idle(mark)] });
  const first = judge.connect();
  const request = `POST /run HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const connections = [first];
  try {
    first.send(request);
    check.holds(await eventually(() => processesWith(mark).length === 1), 'one program to run',
      processesWith(mark).length);
    const replies = [];
    for (let sent = 0; sent < kWaiting + 8; ++sent) {
      const connection = judge.connect();
      connections.push(connection);
      connection.send(request);
      connection.reply('POST').then((reply) => replies.push(reply), () => {});
    }
    await eventually(() => replies.length >= 8, 30000);
    check.equal(replies.length, 8, 'refused of 520 behind one that runs');
    for (const reply of replies) {
      check.equal([reply.status, reply.body.toString()], [500, '"worker queue is full"']);
    }
  } finally {
    for (const connection of connections) connection.destroy();
  }
  check.holds(await eventually(() => processesWith(mark).length === 0), 'nothing left to run',
    processesWith(mark).length);
  check.fields(await judge.one(cat('x')), { status: 'Accepted' }, 'after it');
}, { seconds: 120 });

prefixed('src outside -src-prefix', async (judge) => {
  const prefixes = `([${judge.directory}/allowed ${judge.directory}/further])`;
  const outside = ['/etc/passwd', `${judge.directory}/allowed-not/text`,
    `${judge.directory}/allowed/escape`, `${judge.directory}/allowed/../allowed-not/text`,
    judge.directory, '/'];
  for (const src of outside) {
    const message = `file (${src}) does not under ${prefixes}`;
    await judge.refused(files({ src }, collector('stdout')), 400, message);
    await judge.refused(copyIn({ a: { src } }), 400, message);
  }
});

prefixed('src missing, with -src-prefix', async (judge) => {
  const src = path.join(judge.directory, 'allowed/missing');
  const message = `lstat ${src}: no such file or directory`;
  await judge.refused(files({ src }, collector('stdout')), 400, message);
  await judge.refused(copyIn({ a: { src } }), 400, message);
});

prefixed('src below any of the prefixes is served', async (judge) => {
  for (const name of ['allowed', 'further']) {
    const src = path.join(judge.directory, name, 'text');
    const cmd = command(['/bin/cat', '-', 'a'], { copyIn: { a: { src } },
      files: [{ src }, collector('stdout'), collector('stderr')] });
    check.equal((await judge.one(cmd)).files.stdout, `from ${name}\n`.repeat(2));
  }
});

// The order in which the kind of a File is decided, first to last.
async function readsAs(judge, file, expected) {
  const cmd = { ...cat(''), files: [file, collector('stdout'), collector('stderr')] };
  check.equal((await judge.one(cmd)).files.stdout, expected, JSON.stringify(file));
}

decision('src comes before content', async (judge) => {
  const src = path.join(judge.directory, 'source');
  fs.writeFileSync(src, 'SRC');
  await readsAs(judge, { src, content: 'CONTENT', fileId: 'NONE', name: 'n', max: 1 }, 'SRC');
});

decision('content comes before fileId, even when empty', async (judge) => {
  await readsAs(judge, { content: 'CONTENT', fileId: 'NONE', name: 'n', max: 1 }, 'CONTENT');
  await readsAs(judge, { content: '', fileId: 'NONE' }, '');
});

decision('fileId comes before a collector', async (judge) => {
  const fileId = await judge.upload('f', 'CACHED');
  await readsAs(judge, { fileId, name: 'n', max: 1 }, 'CACHED');
  await judge.delete(`/file/${fileId}`);
});

decision('a key that is null is not there', (judge) =>
  readsAs(judge, { src: null, content: 'CONTENT' }, 'CONTENT'));

decision('symlink comes first in copyIn', async (judge) => {
  const a = { symlink: 'to', src: '/no/such', content: 'x' };
  const cmd = shell('readlink a', { copyIn: { a } });
  check.equal((await judge.one(cmd)).files.stdout, 'to\n');
});

decision('streamIn and streamOut do not count beside another kind', (judge) =>
  readsAs(judge, { content: 'CONTENT', streamIn: true, streamOut: true }, 'CONTENT'));
