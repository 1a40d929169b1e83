// Contract 3.6, stdin and collectors.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const check = require('../harness/check');
const { section } = require('../harness/cases');
const { cat, collector, command, kMiB, pipeCollector, python, shell } =
  require('../harness/programs');

const test = section('3.6 stdin', { profile: 'plain' });
const collectors = section('3.6 collectors', { profile: 'plain' });

const md5Of = (data) => crypto.createHash('md5').update(data).digest('hex');
const withFiles = (...files) => ({ files });

async function prints(judge, cmd, expected) {
  const result = await judge.one(cmd);
  check.fields(result, { status: 'Accepted' });
  check.equal(result.files.stdout, expected);
}

test('content is a file that can be read twice', (judge) =>
  prints(judge, python('import os; a = os.read(0, 99); os.lseek(0, 0, 0); ' +
    'print(a == os.read(0, 99), len(a))', withFiles({ content: 'twice' }, collector('stdout'))),
  'True 5\n'));

test('content cannot be written', async (judge) => {
  const result = await judge.one(shell('echo x >&0 || echo x >/proc/self/fd/0 || exit 0; ' +
    'exit 9', withFiles({ content: 'sealed' }, collector('stdout'), collector('stderr'))));
  check.fields(result, { status: 'Accepted' });
});

test('content of 8 MiB arrives whole', (judge) => {
  const content = '0123456789abcde\n'.repeat((8 << 20) / 16);
  const script = 'import sys, hashlib; print(hashlib.md5(sys.stdin.buffer.read()).hexdigest())';
  return prints(judge, python(script, withFiles({ content }, collector('stdout'))),
    `${md5Of(content)}\n`);
});

test('content with NUL and non-ASCII text arrives', (judge) =>
  prints(judge, cat('a\0b é 😀'), 'a\0b é 😀'));

test('src is read where the server runs', async (judge) => {
  const src = path.join(judge.directory, 'stdin');
  fs.writeFileSync(src, 'from the host');
  await prints(judge, cat('', withFiles({ src }, collector('stdout'))), 'from the host');
});

test('src cannot be written through its descriptor', async (judge) => {
  const src = path.join(judge.directory, 'kept');
  fs.writeFileSync(src, 'kept');
  await judge.one(shell('echo x >&0; echo x >/proc/self/fd/0; truncate -s 0 /proc/self/fd/0',
    withFiles({ src }, collector('stdout'), collector('stderr'))));
  check.equal(fs.readFileSync(src, 'utf8'), 'kept');
});

test('/dev/stdin can be opened', (judge) => prints(judge, command(['/bin/cat', '/dev/stdin'],
  withFiles({ content: 'by name' }, collector('stdout'))), 'by name'));

for (const [kind, make] of [['file', collector], ['pipe', pipeCollector]]) {
  const both = (max) => withFiles({ content: '' }, make('stdout', max), make('stderr', max));

  collectors(`${kind}: exactly max is Accepted`, async (judge) => {
    const result = await judge.one(shell('printf 12345', both(5)));
    check.fields(result, { status: 'Accepted', files: { stdout: '12345', stderr: '' },
      fileError: undefined });
  });

  collectors(`${kind}: one more than max is Output Limit Exceeded with max and one`,
    async (judge) => {
      const result = await judge.one(shell('printf 1234567890', both(5)));
      check.fields(result, { status: 'Output Limit Exceeded', error: 'Output Limit Exceeded',
        exitStatus: 0, files: { stdout: '123456', stderr: '' } });
      check.equal(result.fileError, [{ name: 'stdout', type: 'CollectSizeExceeded',
        message: 'Output Limit Exceeded' }]);
    });

  collectors(`${kind}: max 0 and no output is Accepted`, async (judge) => {
    check.fields(await judge.one(shell(':', both(0))), { status: 'Accepted' });
  });

  collectors(`${kind}: max 0 and output is exceeded, with one byte`, async (judge) => {
    check.fields(await judge.one(shell('printf abc', both(0))), {
      status: 'Output Limit Exceeded', files: { stdout: 'a', stderr: '' } });
  });

  collectors(`${kind}: a negative max is always exceeded, content empty`, async (judge) => {
    const files = withFiles({ content: '' }, make('stdout', -1), make('stderr', 10));
    for (const script of [':', 'echo x']) {
      check.fields(await judge.one(shell(script, files)), { status: 'Output Limit Exceeded',
        files: { stdout: '', stderr: '' } }, script);
    }
  });

  collectors(`${kind}: two descriptors of one name share it, in order`, async (judge) => {
    const files = withFiles({ content: '' }, make('out', 100), make('out', 100));
    const script = 'echo 1; echo 2 >&2; echo 3; echo 4 >&2';
    const result = await judge.one(shell(script, files));
    check.fields(result, { status: 'Accepted', files: { out: '1\n2\n3\n4\n' } });
  });

  collectors(`${kind}: its name in copyOut is harmless`, async (judge) => {
    const cmd = shell('echo x', { ...both(10), copyOut: ['stdout', 'stderr'] });
    check.fields(await judge.one(cmd), { status: 'Accepted', fileError: undefined,
      files: { stdout: 'x\n', stderr: '' } });
  });

  collectors(`${kind}: its name in copyOutCached makes it a file id`, async (judge) => {
    const cmd = shell('echo x', { ...both(10), copyOutCached: ['stdout'] });
    const result = await judge.one(cmd);
    check.fields(result, { status: 'Accepted', files: { stderr: '' } });
    const id = result.fileIds.stdout;
    check.equal((await judge.get(`/file/${id}`)).body.toString(), 'x\n');
    await judge.delete(`/file/${id}`);
  });

  collectors(`${kind}: a name in both lists comes cached only`, async (judge) => {
    const cmd = shell('echo x', { ...both(10), copyOut: ['stdout'], copyOutCached: ['stdout'] });
    const result = await judge.one(cmd);
    check.fields(result, { status: 'Accepted', files: { stderr: '' } });
    check.equal(Object.keys(result.fileIds), ['stdout']);
    await judge.delete(`/file/${result.fileIds.stdout}`);
  });

  collectors(`${kind}: a megabyte is collected whole`, async (judge) => {
    const files = withFiles({ content: '' }, make('stdout', 2 * kMiB));
    const result = await judge.one(shell('yes 0123456789abcde | head -c 1048576', files));
    check.fields(result, { status: 'Accepted' });
    check.equal(result.files.stdout === '0123456789abcde\n'.repeat(1 << 16), true, 'content');
  });
}

collectors('file: the program sees it as a file of its directory', async (judge) => {
  const result = await judge.one(shell('echo x; cp stdout d; cat d; stat -c %a stdout; ls'));
  check.fields(result, { status: 'Accepted' });
  check.equal(result.files.stdout, 'x\nx\n777\nd\nstderr\nstdout\n');
});

collectors('pipe: nothing is seen in the directory', async (judge) => {
  const files = withFiles({ content: '' }, pipeCollector('stdout'), pipeCollector('stderr'));
  check.equal((await judge.one(shell('ls -A; echo end', files))).files.stdout, 'end\n');
});

collectors('file: what was opened is read, whatever the program does to the name',
  async (judge) => {
    const script = 'echo written; rm stdout; echo other >stdout; ln -s /etc/passwd stderr2';
    check.equal((await judge.one(shell(script))).files.stdout, 'written\n');
    const linked = await judge.one(shell('echo safe; ln -sf /etc/passwd stdout'));
    check.equal(linked.files.stdout, 'safe\n', 'a link in its place');
  });

collectors('file: a program may truncate it', async (judge) => {
  check.equal((await judge.one(shell('echo first; : >stdout; echo "after" >>stdout'))).files.stdout,
    'after\n');
});

collectors('file: an absolute name works and is the key', async (judge) => {
  const files = withFiles({ content: '' }, collector('/tmp/out'), collector('stderr'));
  const result = await judge.one(shell('echo x; cat /tmp/out >&2', files));
  check.equal(result.files, { '/tmp/out': 'x\n', stderr: 'x\n' });
});

collectors('file: a device without end holds nothing to collect', async (judge) => {
  const files = withFiles({ content: '' }, collector('/dev/zero', Number.MAX_SAFE_INTEGER));
  const result = await judge.one(shell('echo x', files));
  check.fields(result, { status: 'Accepted', files: { '/dev/zero': '' } });
});

test('src: a directory of the host is no input', (judge) =>
  judge.refused({ cmd: [shell('ls /proc/self/fd/0/..', withFiles({ src: '/usr' }))] }, 500,
    'pipe: open file /usr: open /usr: is a directory'));

collectors('file: a directory that copyIn makes is not there yet', async (judge) => {
  const cmd = shell('echo x', { copyIn: { 'd/f': { content: '' } },
    ...withFiles({ content: '' }, collector('d/out')) });
  await judge.refused({ cmd: [cmd] }, 500,
    'container: d/out: open d/out: no such file or directory');
});

collectors('file: only output-limit stops a writer', async (judge) => {
  const files = withFiles({ content: '' }, collector('stdout', 10), collector('stderr'));
  const result = await judge.one(shell('head -c 3000000 /dev/zero; echo $? >&2', files));
  check.fields(result, { status: 'Output Limit Exceeded' });
  check.equal(result.files.stderr, '0\n');
});

collectors('pipe: a writer beyond max is drained, never blocked or signalled', async (judge) => {
  const files = withFiles({ content: '' }, pipeCollector('stdout', 10), pipeCollector('stderr'));
  const result = await judge.one(shell('head -c 3000000 /dev/zero; echo $? >&2', files));
  check.fields(result, { status: 'Output Limit Exceeded' });
  check.equal([result.files.stdout.length, result.files.stderr], [11, '0\n']);
});

collectors('pipe: a child that keeps it open does not delay the answer', async (judge) => {
  const files = withFiles({ content: '' }, pipeCollector('stdout'), pipeCollector('stderr'));
  const result = await judge.one(shell('sleep 1000 & setsid sleep 1000 & echo end', files));
  check.fields(result, { status: 'Accepted' });
  check.equal(result.files.stdout, 'end\n');
});

collectors('pipe and file side by side', async (judge) => {
  const files = withFiles({ content: '' }, pipeCollector('stdout'), collector('stderr'),
    pipeCollector('three'), collector('four'));
  const result = await judge.one(shell('for i in 1 2 3 4; do echo $i >&$i; done', files));
  check.equal(result.files, { four: '4\n', stderr: '2\n', stdout: '1\n', three: '3\n' });
});

collectors('a collector may stand at fd 0', async (judge) => {
  const files = withFiles(collector('zero'), collector('stdout'), collector('stderr'));
  check.equal((await judge.one(shell('echo x >&0', files))).files.zero, 'x\n');
});
