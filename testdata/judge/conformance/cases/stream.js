// Contract 1.6: one command group over a WebSocket, its streams interactive.
'use strict';

const os = require('node:os');

const check = require('../harness/check');
const { section } = require('../harness/cases');
const { eventually, processesWith } = require('../harness/host');
const { checkResults } = require('../harness/judge');
const { cat, collector, freshMark, idle, kSecond, shell } = require('../harness/programs');
const { frame, opcodes, rawSocket, Requests, Stream } = require('../harness/websocket');

const test = section('1.6 /stream', { profile: 'plain' });
const narrow = section('1.6 /stream', { profile: 'narrow' });

const streamed = { files: [{ streamIn: true }, { streamOut: true }, { streamOut: true }] };
const onTty = { ...streamed, tty: true };

async function onStream(judge, use) {
  const stream = await Stream.open(judge);
  try {
    return await use(stream);
  } finally {
    stream.end();
  }
}

const started = async (mark) => check.holds(
  await eventually(() => processesWith(mark).length === 1), 'the program to run', mark);
const gone = async (mark) => check.holds(
  await eventually(() => processesWith(mark).length === 0), 'the program to be killed', mark);

test('output, then the result, then the end without a close frame', (judge) =>
  onStream(judge, async (stream) => {
    stream.start({ cmd: [shell('echo out; echo err >&2; exit 3', streamed)] });
    const { outputs, results } = await stream.finish();
    check.equal(outputs, { '0/1': 'out\n', '0/2': 'err\n' });
    checkResults(results, 1);
    check.fields(results[0], { status: 'Nonzero Exit Status', exitStatus: 3 });
  }));

test('the same, frame by frame', async (judge) => {
  const connection = await rawSocket(judge, '/stream');
  const request = { requestId: 'ignored', cmd: [shell('echo x', streamed)] };
  connection.send(frame(2, `\x01${JSON.stringify(request)}`));
  const data = await connection.closed();
  check.equal(opcodes(data), [2, 2], 'frames');
  check.match(data.toString('latin1'), /\x02\x01x\n/, 'output');
  check.match(data.toString('latin1'), /\x01\{"requestId":"","results":\[\{.*\}\]\}\n$/, 'result');
});

test('input is read', (judge) => onStream(judge, async (stream) => {
  stream.start({ cmd: [shell('read a; echo "got $a"', streamed)] });
  stream.input(0, 0, 'li');
  stream.input(0, 0, 'ne\n');
  const { outputs, results } = await stream.finish();
  check.equal(outputs, { '0/1': 'got line\n' });
  check.fields(results[0], { status: 'Accepted' });
}));

test('a conversation', (judge) => onStream(judge, async (stream) => {
  stream.start({ cmd: [shell('while read a; do echo "<$a>"; done', streamed)] });
  for (const word of ['one', 'two', 'three']) {
    stream.input(0, 0, `${word}\n`);
    await stream.until(new RegExp(`<${word}>`));
  }
  stream.cancel();
  check.fields((await stream.finish()).results[0], { status: 'Signalled', exitStatus: 9 });
}));

test('text messages count like binary ones', (judge) => onStream(judge, async (stream) => {
  stream.send(`\x01${JSON.stringify({ cmd: [shell('read a; echo $a', streamed)] })}`);
  stream.send('\x03\x00text\n');
  check.equal((await stream.finish()).outputs, { '0/1': 'text\n' });
}));

test('output of megabytes comes whole, in chunks up to 32 KiB, before the result', (judge) =>
  onStream(judge, async (stream) => {
    stream.start({ cmd: [shell('yes 0123456789abcde | head -c 2097152', streamed)] });
    let total = 0;
    for (;;) {
      const next = await stream.next();
      if (next.results) break;
      check.holds(next.output.length <= 32 << 10, '32 KiB at most', next.output.length);
      total += next.output.length;
    }
    check.equal(total, 2 << 20, 'bytes of output');
  }));

test('output keeps bytes that are not UTF-8', (judge) => onStream(judge, async (stream) => {
  stream.start({ cmd: [shell('printf "\\377\\000\\376"', streamed)] });
  check.equal((await stream.finish()).outputs['0/1'], '\xff\x00\xfe');
}));

test('input keeps bytes that are not UTF-8', (judge) => onStream(judge, async (stream) => {
  stream.start({ cmd: [shell('head -c 3 | od -An -tx1', streamed)] });
  stream.input(0, 0, Buffer.from([0xff, 0, 0xfe]));
  check.equal((await stream.finish()).outputs['0/1'], ' ff 00 fe\n');
}));

test('streams, collectors and pipes side by side', (judge) => onStream(judge, async (stream) => {
  stream.start({
    cmd: [shell('read a; echo $a; echo told >&2; echo kept >&3', { files: [{ streamIn: true },
      null, { streamOut: true }, collector('kept')] }),
    shell('cat', { files: [null, { streamOut: true }] })],
    pipeMapping: [{ in: { index: 0, fd: 1 }, out: { index: 1, fd: 0 } }] });
  stream.input(0, 0, 'through\n');
  const { outputs, results } = await stream.finish();
  check.equal(outputs, { '0/2': 'told\n', '1/1': 'through\n' });
  check.equal(checkResults(results, 2)[0].files, { kept: 'kept\n' });
}));

test('indices and descriptors up to 15', (judge) => onStream(judge, async (stream) => {
  const files = Array.from({ length: 16 }, () => ({ content: '' }));
  files[15] = { streamOut: true };
  const idles = Array.from({ length: 3 }, () => cat('x'));
  stream.start({ cmd: [...idles, { ...shell('echo far >/proc/self/fd/15'), files }] });
  check.equal((await stream.finish()).outputs, { '3/15': 'far\n' });
}));

test('without any stream the result comes alone', (judge) => onStream(judge, async (stream) => {
  stream.start({ cmd: [cat('x')] });
  const { outputs, results } = await stream.finish();
  check.equal([outputs, results[0].files.stdout], [{}, 'x']);
}));

test('an input after the end of the program is no harm', (judge) =>
  onStream(judge, async (stream) => {
    stream.start({ cmd: [shell('exec 0<&-; echo closed; sleep 0.5', streamed)] });
    await stream.until(/closed/);
    stream.input(0, 0, 'nobody reads\n');
    const last = await stream.next();
    check.fields(last.results?.[0], { status: 'Accepted' });
  }));

test('cancel kills the run and its result is sent', (judge) => onStream(judge, async (stream) => {
  const mark = freshMark();
  stream.start({ cmd: [idle(mark, streamed)] });
  await started(mark);
  stream.cancel();
  check.fields((await stream.finish()).results[0], { status: 'Signalled', exitStatus: 9 });
  await gone(mark);
}));

test('there is no end of input but the end of the run', (judge) =>
  onStream(judge, async (stream) => {
    stream.start({ cmd: [cat('', { ...streamed, clockLimit: kSecond })] });
    stream.input(0, 0, 'x\n');
    stream.input(0, 0, '');
    const { outputs, results } = await stream.finish();
    check.equal(outputs, { '0/1': 'x\n' });
    check.fields(results[0], { status: 'Time Limit Exceeded', exitStatus: 9 });
  }));

test('tty: echo, translation and end of file by ^D', (judge) => onStream(judge, async (stream) => {
  stream.start({ cmd: [shell('echo ready; cat; echo end', onTty)] });
  await stream.until(/ready\r\n/);
  stream.input(0, 0, 'line\n');
  await stream.until(/line\r\n[^]*line\r\n/);
  stream.input(0, 0, '\x04');
  const { outputs, results } = await stream.finish();
  check.match(Object.values(outputs).join(''), /end\r\n$/, 'output');
  check.fields(results[0], { status: 'Accepted' });
}));

test('tty: ^C is SIGINT', (judge) => onStream(judge, async (stream) => {
  stream.start({ cmd: [shell('echo ready; exec sleep 1000', onTty)] });
  await stream.until(/ready\r\n/);
  stream.input(0, 0, '\x03');
  check.fields((await stream.finish()).results[0], { status: 'Signalled', exitStatus: 2 });
}));

test('tty: resize sets rows and columns', (judge) => onStream(judge, async (stream) => {
  stream.start({ cmd: [shell('echo ready; read a; stty size', onTty)] });
  await stream.until(/ready\r\n/);
  stream.resize({ index: 0, fd: 0, rows: 33, cols: 77, x: 0, y: 0 });
  stream.input(0, 0, '\n');
  const { outputs } = await stream.finish();
  check.match(Object.values(outputs).join(''), /33 77\r\n/, 'output');
}));

test('tty: resize and input without index and fd mean 0', (judge) =>
  onStream(judge, async (stream) => {
    stream.start({ cmd: [shell('echo ready; read a; stty size', onTty)] });
    await stream.until(/ready\r\n/);
    stream.resize({ rows: 11, cols: 22 });
    stream.input(0, 0, '\n');
    const { outputs } = await stream.finish();
    check.match(Object.values(outputs).join(''), /11 22\r\n/, 'output');
  }));

const run = (cmd) => `\x01${JSON.stringify({ cmd: [cmd] })}`;

for (const [name, message] of [
  ['input', '\x03\x00x'], ['resize', '\x02{}'], ['cancel', '\x04'], ['an unknown type', '\x09x'],
  ['type 0', '\x00'], ['an empty message', ''], ['garbage', 'garbage'],
  ['exec with bad JSON', '\x01{"cmd":['],
  ['exec with a bad kind of file', '\x01{"cmd":[{"files":[{}]}]}'],
  ['a stream at fd 16', run({ ...cat(''), files: [...Array(16).fill({ content: '' }),
    { streamOut: true }] })],
]) {
  test(`${name} first drops the connection with no close frame`, async (judge) => {
    const connection = await rawSocket(judge, '/stream');
    connection.send(frame(2, Buffer.from(message, 'latin1')));
    check.equal(opcodes(await connection.closed()), [], 'frames before the end');
  });
}

for (const [name, message] of [
  ['input for a descriptor that is no streamIn', '\x03\x01x'],
  ['input for an index that is none', '\x03\x50x'], ['input without its byte', '\x03'],
  ['resize without a tty', '\x02{"rows":1,"cols":1}'],
  ['resize of a descriptor that is no streamIn', '\x02{"fd":1,"rows":1,"cols":1}'],
  ['resize with bad JSON', '\x02{'], ['an unknown type', '\x09'], ['an empty message', ''],
  ['exec twice', run(cat('x'))],
]) {
  test(`${name} drops the connection and kills the run`, async (judge) => {
    const mark = freshMark();
    const stream = await Stream.open(judge);
    stream.start({ cmd: [idle(mark, streamed)] });
    await started(mark);
    stream.send(Buffer.from(message, 'latin1'));
    check.equal(await stream.closeCode(), 1006, 'close code');
    check.equal(stream.messages.length, 0, 'messages before the end');
    await gone(mark);
  });
}

test('a client that goes away kills the run', async (judge) => {
  for (const leave of [(stream) => stream.end(), (stream) => stream.ws.close()]) {
    const mark = freshMark();
    const stream = await Stream.open(judge);
    stream.start({ cmd: [idle(mark, streamed)] });
    await started(mark);
    leave(stream);
    await gone(mark);
  }
});

narrow('runs are outside the queue and the parallelism limit', async (judge) => {
  const marks = [freshMark(), freshMark(), freshMark(), freshMark()];
  const busy = await Requests.open(judge);
  busy.request({ requestId: 'busy', cmd: [idle(marks[0])] });
  await started(marks[0]);
  const streams = [];
  for (const mark of marks.slice(1)) {
    const stream = await Stream.open(judge);
    stream.start({ cmd: [idle(mark, streamed)] });
    streams.push(stream);
    await started(mark);
  }
  check.equal(processesWith(marks[0]).length, 1, 'the queued run goes on');
  for (const stream of streams) stream.end();
  busy.end();
  for (const mark of marks) await gone(mark);
}, { seconds: 90 });

test('many streams at once do not take each other\'s place', async (judge) => {
  const streams = await Promise.all(Array.from({ length: 3 * os.cpus().length }, () =>
    Stream.open(judge)));
  const script = 'pwd >mine; ls; read a; echo $a';
  for (const stream of streams) stream.start({ cmd: [shell(script, streamed)] });
  streams.forEach((stream, index) => stream.input(0, 0, `${index}\n`));
  for (const [index, stream] of streams.entries()) {
    check.equal((await stream.finish()).outputs, { '0/1': `mine\n${index}\n` });
  }
}, { seconds: 120 });
