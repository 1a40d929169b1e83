// Requests that nobody should send: malformed, huge, slow, many.
'use strict';

const check = require('../harness/check');
const { section } = require('../harness/cases');
const host = require('../harness/host');
const { head } = require('../harness/judge');
const { cat, collector, command } = require('../harness/programs');
const { leavesNothing, recovers, serving } = require('../harness/server');

const test = section('input', { profile: 'fault', seconds: 1200 });

// xorshift32: the same mutants in every run.
function numbers(seed) {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const kSeed = JSON.stringify({ requestId: 'é', cmd: [{ ...command(['/bin/true']),
  copyIn: { a: { content: 'x' }, l: { symlink: 'a' } }, copyOut: ['a?'], copyOutCached: [],
  copyOutMax: 10, tty: false }],
pipeMapping: [{ in: { index: 0, fd: 1 }, out: { index: 0, fd: 0 }, proxy: true, name: 'p',
  max: 1 }] });

const kTokens = ['{', '}', '[', ']', ',', ':', '"', '\\', 'null', 'true', '-1', '1e999', '0.5',
  '18446744073709551616', '\\ud800', '\\u0000', '\xff', '\xc3', '\0', '""', '{}', '[]', '\n'];

function mutant(next) {
  let text = kSeed;
  for (let edits = 1 + next(3); edits > 0; --edits) {
    const at = next(text.length);
    const cut = next(8);
    const token = next(3) === 0 ? String.fromCharCode(next(256)) : kTokens[next(kTokens.length)];
    text = text.slice(0, at) + (next(5) === 0 ? '' : token) + text.slice(at + cut);
  }
  return Buffer.from(text, 'latin1');
}

const kMonsters = {
  'arrays in arrays': '['.repeat(1 << 20),
  'objects in objects': '{"a":'.repeat(1 << 18),
  'a closed nest': '['.repeat(20000) + ']'.repeat(20000),
  'an unknown deep field': `{"x":${'['.repeat(20000)}${']'.repeat(20000)},"cmd":[]}`,
  'a number of a million digits': `{"cmd":[{"cpuLimit":${'9'.repeat(1 << 20)}}]}`,
  'a million commands': `{"cmd":[${'{},'.repeat(1 << 20)}{}]`,
  'a million pipes': `{"cmd":[{},{}],"pipeMapping":[${'{},'.repeat(1 << 18)}{}]}`,
  'a key of a megabyte': `{"${'k'.repeat(1 << 20)}":1}`,
  'NUL bytes': '\0'.repeat(1 << 16),
  'a byte order mark': '\xef\xbb\xbf{}',
  'an endless string': `{"cmd":[{"args":["${'a'.repeat(1 << 22)}`,
  'a million args': `{"cmd":[{"args":["/bin/true"${',"a"'.repeat(1 << 18)}]}]}`,
  'an argument of a megabyte': JSON.stringify({
    cmd: [command(['/bin/true', 'a'.repeat(1 << 20)])] }),
  'NUL in an argument': JSON.stringify({ cmd: [command(['/bin/true', 'a\0b'])] }),
  'NUL in a path': JSON.stringify({ cmd: [cat('', { copyIn: { 'a\0b': { content: '' } } })] }),
  'largest numbers': JSON.stringify({ cmd: [cat('', { procLimit: 'N', memoryLimit: 'N',
    cpuLimit: 'N', clockLimit: 'N', stackLimit: 'N', copyOutMax: 'N', cpuRateLimit: 'N' })] })
    .replaceAll('"N"', '18446744073709551615'),
  'a thousand descriptors': JSON.stringify({ cmd: [command(['/bin/true'], {
    files: Array(1000).fill({ content: '' }) })] }),
};

async function isAnswered(client, body, what) {
  const reply = await client.post(body);
  check.holds([200, 400, 413, 500].includes(reply.status), 'an answer', reply.status, what);
}

for (const [name, text] of Object.entries(kMonsters)) {
  test(name, (judge) => serving(judge, [], async (client) => {
    await isAnswered(client, Buffer.from(text, 'latin1'), name);
    await recovers(client, 'after it');
  }));
}

test('mutants of a request are all answered', (judge) => leavesNothing(() =>
  serving(judge, [], async (client) => {
    const next = numbers(20260731);
    for (let count = 0; count < judge.mutants; ++count) {
      const body = mutant(next);
      await isAnswered(client, body, `mutant ${count}, ${body.toString('latin1')}`);
    }
    await recovers(client, 'after them');
  })));

const kHttp = {
  'no HTTP': 'hello\r\n\r\n', 'a bad version': 'GET / HTTP/9.9\r\nHost: x\r\n\r\n',
  'a bad length': 'POST /run HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
  'two lengths': 'POST /run HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n' +
    'Content-Length: 2\r\n\r\n{}',
  'a bad chunk': 'POST /run HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n',
  'a huge chunk': 'POST /run HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n' +
    'ffffffffffffffff\r\n',
  'a line of a megabyte': `GET /${'a'.repeat(1 << 20)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  'a header of a megabyte': `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(1 << 20)}\r\n\r\n`,
  'ten thousand headers': `GET / HTTP/1.1\r\nHost: x\r\n${'X: y\r\n'.repeat(10000)}\r\n`,
  'NUL bytes': '\0'.repeat(1000), 'TLS': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
};
test('requests that are no HTTP are refused or dropped', (judge) =>
  leavesNothing(() => serving(judge, [], async (client) => {
    for (const [name, text] of Object.entries(kHttp)) {
      const connection = client.connect();
      connection.send(Buffer.from(text, 'latin1'));
      await Promise.race([connection.reply().catch(() => {}), host.pause(3000)]);
      const data = connection.received().toString('latin1');
      check.holds(!/^HTTP\/1\.1 200/.test(data), 'no success', data.slice(0, 80), name);
      connection.destroy();
      await recovers(client, name);
    }
  })));

// `mebibytes` of `piece` as the content of a file, sent while the socket takes it.
async function sendBig(client, mebibytes, before, piece, after) {
  const connection = client.connect();
  const length = before.length + mebibytes * piece.length + after.length;
  connection.send(head('POST', '/run', { Host: 'x', 'Content-Length': length }) + before);
  for (let count = 0; count < mebibytes && !connection.ended; ++count) {
    if (connection.received().length > 0) break;  // refused early
    if (!connection.socket.write(piece)) {
      await Promise.race([new Promise((resolve) => connection.socket.once('drain', resolve)),
        connection.changed()]);
    }
  }
  connection.send(after);
  const reply = await connection.reply().catch((error) => ({ status: 0, error }));
  connection.destroy();
  return reply;
}

const kPiece = Buffer.alloc(1 << 20, 'x');
const [kBefore, kAfter] = JSON.stringify({ cmd: [command(['/usr/bin/wc', '-c'], {
  files: [{ content: '@' }, collector('stdout')] })] }).split('@');

test('a big body is run or refused, its memory is given back', (judge) =>
  leavesNothing(() => serving(judge, [], async (client) => {
    await recovers(client, 'before');
    const before = host.memoryOf(client.pid);
    const reply = await sendBig(client, judge.body, kBefore, kPiece, kAfter);
    check.holds([200, 413, 500].includes(reply.status), 'an answer', reply);
    if (reply.status === 200) {
      const [result] = JSON.parse(reply.body);
      if (result.status === 'Accepted') {
        check.equal(result.files.stdout, `${judge.body << 20}\n`, 'bytes that arrived');
      }
    }
    await recovers(client, 'after it');
    const returned = judge.sanitized || await host.eventually(() =>
      host.memoryOf(client.pid) < before + (48 << 20));
    check.holds(returned, 'memory given back', { before, after: host.memoryOf(client.pid) });
  })));

test('--body-limit refuses a bigger body without reading it into memory', (judge) =>
  leavesNothing(() => serving(judge, ['--body-limit', '1m'], async (client) => {
    const reply = await sendBig(client, judge.body, kBefore, kPiece, kAfter);
    check.holds(reply.status === 413 || reply.status === 0, '413 or a closed connection', reply);
    const memory = host.memoryOf(client.pid);
    check.holds(judge.sanitized || memory < 48 << 20, 'little memory', memory);
    await recovers(client, 'after it');
  })));

test('slow clients do not keep others from being served', (judge) =>
  leavesNothing(() => serving(judge, [], async (client) => {
    const slow = Array.from({ length: Math.min(judge.idle, 500) }, () => client.connect());
    const text = head('POST', '/run', { Host: 'x', 'Content-Length': 100, X: 'y'.repeat(100) });
    for (let at = 0; at < 20; ++at) {
      for (const connection of slow) connection.send(text[at]);
      check.fields(await client.one(cat('x')), { status: 'Accepted' });
    }
    for (const connection of slow) connection.destroy();
  })));

test('idle connections cost little and are given back', (judge) =>
  leavesNothing(() => serving(judge, [], async (client) => {
    await recovers(client, 'before');
    const before = { descriptors: host.descriptors(client.pid), memory: host.memoryOf(client.pid) };
    const own = Number(host.limitOf(process.pid, 'Max open files')) - 100;
    const count = Math.min(judge.idle, own);
    const idle = [];
    for (let at = 0; at < count; ++at) {
      idle.push(client.connect());
      if (at % 50 === 49) await new Promise((resolve) => idle[at].socket.once('connect', resolve));
    }
    check.fields(await client.one(cat('x')), { status: 'Accepted' });
    const memory = (host.memoryOf(client.pid) - before.memory) / count;
    check.holds(judge.sanitized || memory < 64 << 10, '64 KiB a connection at most', memory);
    for (const connection of idle) connection.destroy();
    const back = await host.eventually(() =>
      host.descriptors(client.pid) <= before.descriptors + 4);
    check.holds(back, `about ${before.descriptors} descriptors`, host.descriptors(client.pid));
    if (count < judge.idle) check.skip(`${count} only, of ${judge.idle}: raise ulimit -n`);
  }, { wrapper: `ulimit -n ${judge.idle + 500} 2>/dev/null || ulimit -n $(ulimit -Hn)` })));
