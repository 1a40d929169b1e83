// Contract 1.5: many requests over one WebSocket.
'use strict';

const check = require('../harness/check');
const { section } = require('../harness/cases');
const { eventually, processesWith } = require('../harness/host');
const { checkResults } = require('../harness/judge');
const { cat, collector, freshMark, idle, kSecond, shell } = require('../harness/programs');
const { frame, opcodes, open, rawSocket, Requests } = require('../harness/websocket');

const test = section('1.5 /ws', { profile: 'plain' });
const narrow = section('1.5 /ws', { profile: 'narrow' });
const guarded = section('1.5 /ws', { profile: 'guarded' });
const prefixed = section('1.5 /ws', { profile: 'prefixed' });

// Opens, calls use(socket), ends.
async function onSocket(judge, use, options) {
  const socket = await Requests.open(judge, options);
  try {
    return await use(socket);
  } finally {
    socket.end();
  }
}

const isRunning = (mark) => eventually(() => processesWith(mark).length === 1);
const isGone = (mark) => eventually(() => processesWith(mark).length === 0);

async function running(mark) {
  check.holds(await isRunning(mark), 'the program to run', processesWith(mark).length);
}
async function gone(mark) {
  check.holds(await isGone(mark), 'the program to be killed', processesWith(mark).length);
}

test('a request is answered with its id', (judge) => onSocket(judge, async (socket) => {
  socket.request({ requestId: 'one', cmd: [cat('x')] });
  const reply = await socket.reply();
  check.equal(reply.requestId, 'one');
  check.equal(checkResults(reply.results, 1)[0].files.stdout, 'x');
}));

test('a binary message is read like a text', (judge) => onSocket(judge, async (socket) => {
  socket.send(Buffer.from(JSON.stringify({ requestId: 'b', cmd: [cat('x')] })));
  check.equal((await socket.reply()).requestId, 'b');
}));

test('any Origin is accepted', async (judge) => {
  await onSocket(judge, async (socket) => {
    socket.request({ requestId: 'o', cmd: [cat('x')] });
    check.equal((await socket.reply()).requestId, 'o');
  }, { origin: 'http://elsewhere.example' });
});

for (const path of ['/ws', '/stream']) {
  test(`GET ${path} without an upgrade is 400`, async (judge) => {
    check.equal((await judge.get(path)).status, 400, 'status code');
  });
  test(`the upgrade of ${path} is answered with the right key`, async (judge) => {
    const connection = await rawSocket(judge, path);
    check.match(connection.upgrade, /\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/i);
    connection.destroy();
  });
}

test('replies come in the order of completion', (judge) => onSocket(judge, async (socket) => {
  if (require('node:os').cpus().length < 2) check.skip('one CPU is one worker');
  socket.request({ requestId: 'slow', cmd: [shell('sleep 2')] });
  socket.request({ requestId: 'quick', cmd: [cat('x')] });
  check.equal([(await socket.reply()).requestId, (await socket.reply()).requestId],
    ['quick', 'slow']);
}));

test('a hundred requests at once are all answered', (judge) => onSocket(judge, async (socket) => {
  const ids = Array.from({ length: 100 }, (_, index) => `r${index}`);
  for (const id of ids) socket.request({ requestId: id, cmd: [cat(id)] });
  const seen = [];
  while (seen.length < ids.length) {
    const reply = await socket.reply();
    check.equal(reply.results[0].files.stdout, reply.requestId, 'content');
    seen.push(reply.requestId);
  }
  check.equal(seen.sort(), ids.sort(), 'ids');
}), { seconds: 180 });

test('an empty requestId', (judge) => onSocket(judge, async (socket) => {
  for (const request of [{ cmd: [cat('x')] }, { requestId: '', cmd: [cat('x')] }]) {
    socket.request(request);
    check.equal((await socket.message()).data.toString(),
      '{"requestId":"","results":null,"error":"empty request id"}\n');
  }
}));

test('an id in flight', (judge) => onSocket(judge, async (socket) => {
  const mark = freshMark();
  socket.request({ requestId: 'X', cmd: [idle(mark)] });
  await running(mark);
  socket.request({ requestId: 'X', cmd: [cat('x')] });
  check.equal((await socket.message()).data.toString(),
    '{"requestId":"X","results":null,"error":"duplicated request id: \\"X\\""}\n');
  socket.request({ cancelRequestId: 'X' });
  check.equal((await socket.reply()).requestId, 'X');
}));

test('an id may be used again after its reply', (judge) => onSocket(judge, async (socket) => {
  for (let round = 0; round < 3; ++round) {
    socket.request({ requestId: 'again', cmd: [cat('x')] });
    check.fields(await socket.reply(), { requestId: 'again', error: undefined });
  }
}));

test('a failure of the request', (judge) => onSocket(judge, async (socket) => {
  socket.request({ requestId: 'f', cmd: [{ ...cat(''), files: [{ fileId: 'X' }] }] });
  check.equal((await socket.message()).data.toString(),
    '{"requestId":"f","results":[],"error":"file does not exists with id: \\"X\\""}\n');
}));

test('an empty cmd', (judge) => onSocket(judge, async (socket) => {
  for (const cmd of [[], undefined]) {
    socket.request({ requestId: 'e', cmd });
    check.equal((await socket.message()).data.toString(), '{"requestId":"e","results":[]}\n');
  }
}));

test('cancelling an unknown id is ignored', (judge) => onSocket(judge, async (socket) => {
  socket.request({ cancelRequestId: 'nobody' });
  socket.request({ requestId: 'after', cmd: [cat('x')] });
  check.equal((await socket.reply()).requestId, 'after');
}));

test('cancelling a running request kills it', (judge) => onSocket(judge, async (socket) => {
  const mark = freshMark();
  socket.request({ requestId: 'run', cmd: [idle(mark)] });
  await running(mark);
  socket.request({ cancelRequestId: 'run' });
  const reply = await socket.reply();
  check.equal(reply.requestId, 'run');
  check.fields(checkResults(reply.results, 1)[0], { status: 'Signalled', exitStatus: 9 });
  await gone(mark);
}));

test('a cancelled run without clockLimit is Time Limit Exceeded', (judge) =>
  onSocket(judge, async (socket) => {
    const mark = freshMark();
    socket.request({ requestId: 'run', cmd: [idle(mark, { clockLimit: 0, cpuLimit: 60e9 })] });
    await running(mark);
    socket.request({ cancelRequestId: 'run' });
    check.fields((await socket.reply()).results[0], {
      status: 'Time Limit Exceeded', exitStatus: 9 });
  }));

narrow('cancelling a queued request answers for it', (judge) => onSocket(judge, async (socket) => {
  const mark = freshMark();
  socket.request({ requestId: 'first', cmd: [idle(mark)] });
  await running(mark);
  socket.request({ requestId: 'waits', cmd: [cat('x')] });
  socket.request({ cancelRequestId: 'waits' });
  check.equal((await socket.message()).data.toString(),
    '{"requestId":"waits","results":[],"error":"request cancelled before execute"}\n');
  socket.request({ cancelRequestId: 'first' });
  check.fields(await socket.reply(), { requestId: 'first' });
}));

narrow('one worker answers in the order of the requests', (judge) =>
  onSocket(judge, async (socket) => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    for (const id of ids) socket.request({ requestId: id, cmd: [cat(id)] });
    const seen = [];
    for (let i = 0; i < ids.length; ++i) seen.push((await socket.reply()).requestId);
    check.equal(seen, ids);
  }));

narrow('queue full', (judge) => onSocket(judge, async (socket) => {
  const mark = freshMark();
  socket.request({ requestId: 'first', cmd: [idle(mark)] });
  await running(mark);
  for (let i = 0; i < 515; ++i) socket.request({ requestId: `w${i}`, cmd: [cat('x')] });
  const refused = [await socket.reply(), await socket.reply(), await socket.reply()];
  for (const reply of refused) {
    check.fields(reply, { results: [], error: 'worker queue is full' });
  }
}), { seconds: 120 });

for (const [name, text] of [
  ['garbage', 'garbage'], ['JSON cut off', '{"requestId":"a"'], ['an empty message', ''],
  ['a wrong type', '{"requestId":1}'],
  ['a bad kind of file', JSON.stringify({ requestId: 'a', cmd: [{ files: [{}] }] })],
]) {
  test(`${name} drops the connection with no close frame`, async (judge) => {
    await onSocket(judge, async (socket) => {
      socket.send(text);
      check.equal(await socket.closeCode(), 1006, 'close code');
    });
    const connection = await rawSocket(judge, '/ws');
    connection.send(frame(1, text));
    check.equal(opcodes(await connection.closed()), [], 'frames before the end');
  });
}

prefixed('src outside the prefix drops the connection', (judge) =>
  onSocket(judge, async (socket) => {
    socket.request({ requestId: 'a', cmd: [{ ...cat(''), files: [{ src: '/etc/passwd' }] }] });
    check.equal(await socket.closeCode(), 1006, 'close code');
  }));

test('a dropped connection takes its running work with it', (judge) =>
  onSocket(judge, async (socket) => {
    const mark = freshMark();
    socket.request({ requestId: 'run', cmd: [idle(mark)] });
    await running(mark);
    socket.send('garbage');
    check.equal(await socket.closeCode(), 1006, 'close code');
    await gone(mark);
  }));

test('a client that goes away takes its running work with it', async (judge) => {
  for (const leave of [(socket) => socket.end(), (socket) => socket.ws.close()]) {
    const mark = freshMark();
    const socket = await Requests.open(judge);
    socket.request({ requestId: 'run', cmd: [idle(mark)] });
    await running(mark);
    leave(socket);
    await gone(mark);
  }
});

narrow('a client that goes away takes its queued work with it', async (judge) => {
  const mark = freshMark();
  const first = await Requests.open(judge);
  first.request({ requestId: 'first', cmd: [idle(mark)] });
  await running(mark);
  const second = await Requests.open(judge);
  const never = freshMark();
  second.request({ requestId: 'never', cmd: [shell(`echo x >/tmp/x; sleep ${never}`)] });
  second.end();
  first.end();
  await gone(mark);
  check.fields(await judge.one(cat('x')), { status: 'Accepted' });
  check.equal(processesWith(never), [], 'its programs');
});

test('a ping is answered', async (judge) => {
  const socket = await open(judge, '/ws');
  const answered = new Promise((resolve) => socket.ws.once('pong', resolve));
  socket.ws.ping('data');
  check.equal((await answered).toString(), 'data');
  socket.end();
});

test('a close frame is answered with one', async (judge) => {
  const connection = await rawSocket(judge, '/ws');
  connection.send(frame(8, Buffer.from([3, 232])));
  check.equal(opcodes(await connection.closed()), [8], 'frames');
});

test('a message in fragments is one', async (judge) => {
  const connection = await rawSocket(judge, '/ws');
  const text = JSON.stringify({ requestId: 'f', cmd: [] });
  const parts = [frame(1, text.slice(0, 9)), frame(9, 'ping'), frame(0, text.slice(9))];
  parts[0][0] &= 0x7f;
  connection.send(Buffer.concat(parts));
  while (!connection.received().includes('"results":[]')) await connection.changed();
  connection.destroy();
});

test('the server pings after 50 s and drops after 60 s without a pong', async (judge) => {
  const began = Date.now();
  const connection = await rawSocket(judge, '/ws');
  while (opcodes(connection.received()).length === 0) await connection.changed();
  check.equal(opcodes(connection.received()), [9], 'frames');
  const pinged = (Date.now() - began) / 1000;
  await connection.closed();
  const dropped = (Date.now() - began) / 1000;
  check.holds(pinged > 48 && pinged < 58, 'a ping near 50 s', pinged);
  check.holds(dropped > 58 && dropped < 90, 'a drop near 60 s', dropped);
}, { full: true, seconds: 120 });

test('a client that answers pings stays', async (judge) => {
  await onSocket(judge, async (socket) => {
    await new Promise((resolve) => setTimeout(resolve, 70000));
    socket.request({ requestId: 'late', cmd: [cat('x')] });
    check.equal((await socket.reply()).requestId, 'late');
  });
}, { full: true, seconds: 120 });

test('a reply of megabytes is one message', (judge) => onSocket(judge, async (socket) => {
  const content = 'x'.repeat(3 << 20);
  const files = [{ content }, collector('stdout', 4 << 20)];
  socket.request({ requestId: 'big', cmd: [{ ...cat(''), files, cpuLimit: 20 * kSecond }] });
  check.equal((await socket.reply()).results[0].files.stdout.length, content.length);
}));

guarded('the token is asked for', async (judge) => {
  const trusted = judge.with({ Authorization: 'Bearer T0k3n-for-tests' });
  await onSocket(trusted, async (socket) => {
    socket.request({ requestId: 'a', cmd: [cat('x')] });
    check.equal((await socket.reply()).requestId, 'a');
  });
  let status = 0;
  try {
    await Requests.open(judge);
  } catch (error) {
    status = error.message;
  }
  check.equal(status, 'Unexpected server response: 401');
});
