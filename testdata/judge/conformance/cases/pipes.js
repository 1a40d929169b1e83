// Contract 1.2 PipeMap and 3.6: pipes between commands, with and without a proxy; tty.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const check = require('../harness/check');
const { section } = require('../harness/cases');
const { cat, collector, command, kMiB, kSecond, python, shell } = require('../harness/programs');

const test = section('3.6 pipeMapping', { profile: 'plain' });
const proxied = section('3.6 proxy', { profile: 'plain' });
const tty = section('3.6 tty', { profile: 'plain' });

const md5Of = (data) => crypto.createHash('md5').update(data).digest('hex');
const edge = (from, to, more = {}) =>
  ({ in: { index: from[0], fd: from[1] }, out: { index: to[0], fd: to[1] }, ...more });

// Writer and reader, the writer's stdout being the reader's stdin.
const pair = (writer, reader, more) => ({
  cmd: [
    { ...writer, files: [{ content: '' }, null, collector('stderr')] },
    { ...reader, files: [null, collector('stdout'), collector('stderr')] },
  ],
  pipeMapping: [edge([0, 1], [1, 0], more)],
});

// All three ways in which bytes can go.
const kWays = {
  plain: {}, proxy: { proxy: true }, 'copying proxy': { proxy: true, disableZeroCopy: true },
};

for (const [way, more] of Object.entries(kWays)) {
  test(`${way}: bytes arrive, then the end of file`, async (judge) => {
    const results = await judge.run(pair(shell('echo hello'), shell('cat; echo end'), more));
    check.equal(results.map((result) => result.status), ['Accepted', 'Accepted']);
    check.equal(results[1].files.stdout, 'hello\nend\n');
  });

  test(`${way}: megabytes arrive unharmed`, async (judge) => {
    const script = 'import sys, hashlib; d = sys.stdin.buffer.read(); ' +
      'print(len(d), hashlib.md5(d).hexdigest())';
    const size = 6 * kMiB;
    const results = await judge.run(pair(shell(`yes 0123456789 | head -c ${size}`), python(script),
      more));
    const line = '0123456789\n';
    const data = Buffer.alloc(size, line);
    check.equal(results[1].files.stdout, `${size} ${md5Of(data)}\n`);
  });

  test(`${way}: a conversation of two`, async (judge) => {
    const asks = 'i=0; while [ $i -lt 20 ]; do echo $i; read r || exit 3; ' +
      '[ "$r" = "$((i * 2))" ] || exit 4; i=$((i + 1)); done';
    const answers = 'while read n; do echo $((n * 2)); done';
    const files = [null, null, collector('stderr')];
    const results = await judge.run({
      cmd: [{ ...shell(asks), files }, { ...shell(answers), files }],
      pipeMapping: [edge([0, 1], [1, 0], more), edge([1, 1], [0, 0], more)] });
    check.equal(results.map((result) => [result.status, result.exitStatus]),
      [['Accepted', 0], ['Accepted', 0]]);
  });

  test(`${way}: descriptors of 3 and above`, async (judge) => {
    const three = [{ content: '' }, collector('stdout'), collector('stderr')];
    const results = await judge.run({
      cmd: [{ ...shell('echo up >/proc/self/fd/3'), files: [...three, null] },
        { ...shell('cat </proc/self/fd/4'), files: [...three, { content: '' }, null] }],
      pipeMapping: [edge([0, 3], [1, 4], more)] });
    check.equal(results.map((result) => result.status), ['Accepted', 'Accepted']);
    check.equal(results[1].files.stdout, 'up\n');
  });

  test(`${way}: a descriptor behind the list of files is added`, async (judge) => {
    const three = [{ content: '' }, collector('stdout'), collector('stderr')];
    const results = await judge.run({
      cmd: [{ ...shell('echo up >&3'), files: three }, { ...shell('cat <&3'), files: three }],
      pipeMapping: [edge([0, 3], [1, 3], more)] });
    check.equal(results[1].files.stdout, 'up\n');
  });

  test(`${way}: one command may talk to itself`, async (judge) => {
    const three = [{ content: '' }, collector('stdout'), collector('stderr')];
    const results = await judge.run({
      cmd: [{ ...shell('echo me >&4; exec 4>&-; read a <&3; echo $a'), files: three }, cat('x')],
      pipeMapping: [edge([0, 4], [0, 3], more)] });
    check.equal(results[0].files.stdout, 'me\n');
  });

  test(`${way}: three in a row`, async (judge) => {
    const results = await judge.run({
      cmd: [{ ...shell('echo 3; echo 1; echo 2'), files: [{ content: '' }, null] },
        { ...command(['/usr/bin/sort']), files: [null, null] },
        { ...command(['/usr/bin/head', '-n1']), files: [null, collector('stdout')] }],
      pipeMapping: [edge([0, 1], [1, 0], more), edge([1, 1], [2, 0], more)] });
    check.equal(results[2].files.stdout, '1\n');
  });
}

test('the reader\'s end without a proxy is SIGPIPE for the writer', async (judge) => {
  const results = await judge.run(pair(command(['/usr/bin/yes']), shell('read a; echo $a')));
  check.fields(results[0], { status: 'Signalled', exitStatus: 13 });
  check.fields(results[1], { status: 'Accepted', files: { stderr: '', stdout: 'y\n' } });
});

for (const [way, more] of Object.entries(kWays).slice(1)) {
  proxied(`${way}: a writer whose reader is gone is drained, no SIGPIPE`, async (judge) => {
    const results = await judge.run(pair(shell('head -c 3000000 /dev/zero; echo $? >&2'),
      shell('read a; exit 0'), more));
    check.fields(results[0], { status: 'Accepted', files: { stderr: '0\n' } });
  });

  proxied(`${way}: name keeps what went through, among the writer's files`, async (judge) => {
    const results = await judge.run(pair(shell('echo told'), cat(''),
      { ...more, name: 'talk', max: 100 }));
    check.equal(results[0].files, { stderr: '', talk: 'told\n' });
    check.equal(results[1].files, { stderr: '', stdout: 'told\n' });
  });

  proxied(`${way}: above max the first bytes are kept, all go on, no error`, async (judge) => {
    const results = await judge.run(pair(shell('printf 1234567890'), cat(''),
      { ...more, name: 'talk', max: 4 }));
    check.fields(results[0], { status: 'Accepted', fileError: undefined });
    check.equal(results[0].files.talk.slice(0, 4), '1234', 'kept');
    check.equal(results[0].files.talk.length, 4, 'bytes kept');
    check.equal(results[1].files.stdout, '1234567890');
  });

  proxied(`${way}: max 0 keeps nothing`, async (judge) => {
    const results = await judge.run(pair(shell('printf abc'), cat(''), { ...more, name: 'talk' }));
    check.fields(results[0], { status: 'Accepted' });
    check.equal([results[0].files.talk, results[1].files.stdout], ['', 'abc']);
  });

  proxied(`${way}: megabytes beyond max go on`, async (judge) => {
    const results = await judge.run(pair(shell('head -c 5000000 /dev/zero'),
      command(['/usr/bin/wc', '-c']), { ...more, name: 'talk', max: 1000 }));
    check.equal([results[0].files.talk.length, results[1].files.stdout], [1000, '5000000\n']);
  });

  proxied(`${way}: what a gone reader did not take is kept too`, async (judge) => {
    const results = await judge.run(pair(shell('sleep 0.5; echo late'), shell('exec 0<&-; exit 0'),
      { ...more, name: 'talk', max: 100 }));
    check.fields(results[0], { status: 'Accepted' });
    check.equal(results[0].files.talk, 'late\n');
  });

  proxied(`${way}: its name in copyOutCached makes it a file id`, async (judge) => {
    const body = pair(shell('echo told'), cat(''), { ...more, name: 'talk', max: 100 });
    body.cmd[0].copyOutCached = ['talk'];
    const [writer] = await judge.run(body);
    check.fields(writer, { status: 'Accepted' });
    check.equal((await judge.get(`/file/${writer.fileIds?.talk}`)).body.toString(), 'told\n');
    await judge.delete(`/file/${writer.fileIds.talk}`);
  });

  proxied(`${way}: a slow reader gets all`, async (judge) => {
    const results = await judge.run(pair(shell('head -c 300000 /dev/zero'),
      shell('sleep 0.5; wc -c'), { ...more, name: 'talk', max: 1 << 20 }));
    check.equal([results[0].files.talk.length, results[1].files.stdout], [300000, '300000\n']);
  });
}

test('name without proxy keeps nothing', async (judge) => {
  const results = await judge.run(pair(shell('echo x'), cat(''), { name: 'talk', max: 100 }));
  check.equal(results[0].files, { stderr: '' });
});

test('each has its own limits, one that ends does not stop the other', async (judge) => {
  const results = await judge.run({ cmd: [
    shell('sleep 1000', { clockLimit: 0.3 * kSecond }), shell('sleep 1; echo done')] });
  check.fields(results[0], { status: 'Time Limit Exceeded' });
  check.fields(results[1], { status: 'Accepted', files: { stderr: '', stdout: 'done\n' } });
});

test('both start together', async (judge) => {
  const results = await judge.run(pair(shell('sleep 0.3; echo a'), shell('read a; echo $a')));
  check.holds(results[1].runTime > 0.2 * kSecond, 'a reader that waited', results[1].runTime);
});

test('a file error of one leaves the other running', async (judge) => {
  const body = pair(cat(''), shell('cat; echo end'));
  body.cmd[0].copyIn = { a: { src: '/no/such/file' } };
  const results = await judge.run(body);
  check.equal(results.map((result) => result.status), ['File Error', 'Accepted']);
  check.equal(results[1].files.stdout, 'end\n');
});

test('an exec failure of one is the end of file of the other', async (judge) => {
  const results = await judge.run(pair(command(['/no/such']), shell('cat; echo end')));
  check.equal(results.map((result) => result.status), ['Internal Error', 'Accepted']);
  check.equal(results[1].files.stdout, 'end\n');
});

const onTty = (script, first, more = {}) => shell(script, { tty: true,
  files: [first, collector('stdout'), collector('stderr')], clockLimit: 3 * kSecond, ...more });

tty('the first collector gets all output, later names do not appear', async (judge) => {
  const result = await judge.one(onTty('echo out; echo err >&2', { content: '' }));
  check.fields(result, { status: 'Accepted', files: { stdout: 'out\r\nerr\r\n' } });
});

tty('descriptors are a terminal', async (judge) => {
  const result = await judge.one(onTty('for i in 0 1 2; do test -t $i && echo $i; done',
    { content: '' }));
  check.equal(result.files.stdout, '0\r\n1\r\n2\r\n');
});

tty('content is typed in: echoed, read, translated', async (judge) => {
  const result = await judge.one(onTty('read a; echo "got $a"', { content: 'typed\n' }));
  check.fields(result, { status: 'Accepted', files: { stdout: 'typed\r\ngot typed\r\n' } });
});

tty('content has no end: cat runs to its limit', async (judge) => {
  const result = await judge.one(onTty('cat', { content: 'a\n' }, { clockLimit: kSecond }));
  check.fields(result, { status: 'Time Limit Exceeded', files: { stdout: 'a\r\na\r\n' } });
});

tty('^D in content is the end', async (judge) => {
  const end = await judge.one(onTty('cat; echo end', { content: 'a\n\x04' }));
  check.fields(end, { status: 'Accepted' }, '^D');
  check.match(end.files.stdout, /end\r\n$/, '^D');
});

tty('it is the controlling terminal, without a name', async (judge) => {
  const script = 'tty; read -r a </proc/self/stat; set -- $a; test $7 != 0 && echo controlled';
  const result = await judge.one(onTty(script, { content: '' }));
  check.equal(result.files.stdout, 'not a tty\r\ncontrolled\r\n');
});

tty('src is a plain file', async (judge) => {
  const src = path.join(judge.directory, 'typed');
  fs.writeFileSync(src, 'plain\n');
  const files = [{ content: '' }, collector('stdout'), collector('stderr'), { src }];
  const result = await judge.one(shell('test -t 3 || echo no terminal; cat <&3', {
    tty: true, files }));
  check.fields(result, { status: 'Accepted', files: { stdout: 'no terminal\r\nplain\r\n' } });
});

tty('src at fd 0 can be no controlling terminal: Internal Error', async (judge) => {
  const src = path.join(judge.directory, 'typed');
  fs.writeFileSync(src, 'plain\n');
  check.fields(await judge.one(onTty('cat', { src })), {
    status: 'Internal Error', error: /inappropriate ioctl for device$/i });
});

tty('a collector over its max is Output Limit Exceeded', async (judge) => {
  const result = await judge.one(shell('printf 1234567890', { tty: true,
    files: [{ content: '' }, collector('stdout', 4)] }));
  check.fields(result, { status: 'Output Limit Exceeded', files: { stdout: '12345' } });
});
