// Contract 3.7: copyIn, symlinks, copyOut, copyOutCached, copyOutMax, copyOutTruncate.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const check = require('../harness/check');
const { section } = require('../harness/cases');
const { cat, collector, command, shell } = require('../harness/programs');

const into = section('3.7 copyIn', { profile: 'plain' });
const lenient = section('3.7 copyIn', { profile: 'lenient' });
const smallIn = section('3.7 copyIn', { profile: 'small' });
const out = section('3.7 copyOut', { profile: 'plain' });
const smallOut = section('3.7 copyOut', { profile: 'small' });

async function prints(judge, cmd, expected) {
  const result = await judge.one(cmd);
  check.fields(result, { status: 'Accepted' });
  check.equal(result.files.stdout, expected);
}

const noRun = { time: 0, memory: 0, runTime: 0, files: undefined, fileIds: undefined,
  exitStatus: 0 };

into('parents are made, modes are 0777', (judge) =>
  prints(judge, shell('cat a/b/c; stat -c %a a a/b a/b/c', {
    copyIn: { 'a/b/c': { content: 'x\n' } } }), 'x\n777\n777\n777\n'));

into('content, src and fileId side by side', async (judge) => {
  const src = path.join(judge.directory, 'source');
  fs.writeFileSync(src, 'src\n');
  const fileId = await judge.upload('f', 'cached\n');
  await prints(judge, shell('cat a b c d/e', { copyIn: { a: { content: 'content\n' }, b: { src },
    c: { fileId }, 'd/e': { content: 'deep\n' } } }), 'content\nsrc\ncached\ndeep\n');
  await judge.delete(`/file/${fileId}`);
});

into('an absolute path outside of the working directory', (judge) =>
  prints(judge, command(['/bin/cat', '/tmp/d/x'], {
    copyIn: { '/tmp/d/x': { content: 'there' } } }), 'there'));

into('a program that was copied in can be executed', (judge) =>
  prints(judge, command(['./prog'], { copyIn: {
    prog: { content: '#!/bin/sh\necho ran\n' } } }), 'ran\n'));

into('a hundred files', (judge) => {
  const names = Array.from({ length: 100 }, (_, index) => `d${index % 7}/f${index}`);
  const copyIn = Object.fromEntries(names.map((name) => [name, { content: `${name}\n` }]));
  return prints(judge, shell('cat d*/f* | sort', { copyIn }), `${names.sort().join('\n')}\n`);
});

into('a copy belongs to its run alone', async (judge) => {
  const src = path.join(judge.directory, 'shared');
  fs.writeFileSync(src, 'kept');
  await prints(judge, shell('echo changed >a; cat a', { copyIn: { a: { src } } }), 'changed\n');
  check.equal(fs.readFileSync(src, 'utf8'), 'kept');
});

into('an empty name of the target is survived', async (judge) => {
  const reply = await judge.post({ cmd: [cat('x', { copyIn: { '': { content: 'x' } } })] });
  check.holds([200, 400, 500].includes(reply.status), 'an answer', reply.status);
  check.fields(await judge.one(cat('x')), { status: 'Accepted' }, 'the next');
});

into('src that is missing is a File Error and no run', async (judge) => {
  const message = 'open /no/such/file: no such file or directory';
  check.fields(await judge.one(cat('x', { copyIn: { a: { src: '/no/such/file' } } })), {
    ...noRun, status: 'File Error', error: message,
    fileError: [{ name: 'a', type: 'CopyInOpenFile', message }] });
});

into('src that is a directory is a File Error', async (judge) => {
  const result = await judge.one(cat('x', { copyIn: { a: { src: '/usr' } } }));
  check.fields(result, { ...noRun, status: 'File Error' });
  check.equal(result.fileError,
    [{ name: 'a', type: 'CopyInCopyContent', message: result.error }]);
});

smallIn('a tmpfs that is full is a File Error', async (judge) => {
  const copyIn = { a: { content: 'x'.repeat(3 << 20) } };
  const result = await judge.one(cat('x', { copyIn }));
  check.fields(result, { ...noRun, status: 'File Error', error: /no space left on device$/ });
  check.equal(result.fileError,
    [{ name: 'a', type: 'CopyInCopyContent', message: result.error }]);
  check.fields(await judge.one(cat('x')), { status: 'Accepted' }, 'the next');
});

const kBadTargets = {
  'a read-only place': { '/usr/x': { content: 'x' } },
  'an existing directory': { '/tmp': { content: 'x' } },
  'a name too long': { ['n'.repeat(300)]: { content: 'x' } },
};
for (const [name, copyIn] of Object.entries(kBadTargets)) {
  into(`a target that cannot be opened is a File Error: ${name}`, async (judge) => {
    const result = await judge.one(cat('x', { copyIn }));
    check.fields(result, { ...noRun, status: 'File Error', error: /./ });
    check.fields(result.fileError[0], { name: Object.keys(copyIn)[0], message: result.error,
      type: (type) => ['CopyInCreateFile', 'CopyInCreateDir'].includes(type) });
  });
  lenient(`--compat-copyin runs without a target that cannot be opened: ${name}`,
    async (judge) => {
      check.fields(await judge.one(cat('x', { copyIn })), { status: 'Accepted', error: undefined,
        fileError: undefined });
    });
}

into('symlinks are made as given', (judge) =>
  prints(judge, shell('readlink a; readlink d; cat c', { copyIn: { b: { content: 'x\n' },
    a: { symlink: '/no/such' }, c: { symlink: 'b' }, d: { symlink: '../up' } } }),
  '/no/such\n../up\nx\n'));

into('a symlink that cannot be made is a File Error', async (judge) => {
  const copyIn = { 'no/such/dir': { symlink: 'x' }, 'none/a': { symlink: 'y' },
    fine: { symlink: 'z' } };
  const result = await judge.one(cat('x', { copyIn }));
  check.fields(result, { ...noRun, status: 'File Error', error: 'symlink: 2 operations failed' });
  check.equal(result.fileError.map(({ name, type }) => `${name} ${type}`).sort(),
    ['no/such/dir Symlink', 'none/a Symlink']);
});

out('contents come in files', async (judge) => {
  const result = await judge.one(shell('echo one >a; mkdir d; echo two >d/b; echo x >/tmp/c', {
    copyOut: ['a', 'd/b', '/tmp/c'] }));
  check.fields(result, { status: 'Accepted', files: { '/tmp/c': 'x\n', a: 'one\n', 'd/b': 'two\n',
    stderr: '', stdout: '' } });
});

out('a host file of the read-only mounts can be read', async (judge) => {
  const result = await judge.one(shell(':', { copyOut: ['/usr/bin/env?'], copyOutMax: 10 }));
  check.fields(result, { status: 'File Error' });
  check.fields(result.fileError[0], { type: 'CopyOutSizeExceeded' });
});

out('? makes a missing file no error', async (judge) => {
  const result = await judge.one(shell('echo x >here', {
    copyOut: ['here?', 'none?'], copyOutCached: ['nothing?'] }));
  check.fields(result, { status: 'Accepted', fileError: undefined, fileIds: undefined,
    files: { here: 'x\n', stderr: '', stdout: '' } });
});

out('? hides any error of opening', async (judge) => {
  const result = await judge.one(shell('mkdir d; ln -s d l; mkfifo f', {
    copyOut: ['d?', 'l?', 'f?', '/dev/null?', 'd/x/y?'] }));
  check.fields(result, { status: 'Accepted', fileError: undefined });
});

out('? in copyOutCached works and is no part of the name', async (judge) => {
  const result = await judge.one(shell('echo x >a', { copyOutCached: ['a?'] }));
  check.fields(result, { status: 'Accepted' });
  check.equal(Object.keys(result.fileIds), ['a']);
  await judge.delete(`/file/${result.fileIds.a}`);
});

for (const [name, make, file] of [
  ['a symbolic link', 'echo x >a; ln -s a it', 'it'],
  ['a link to a host file', 'ln -s /etc/passwd it', 'it'],
  ['a fifo', 'mkfifo it', 'it'], ['a directory', 'mkdir it', 'it'],
  ['a socket', 'python3 -c "import socket; socket.socket(1).bind(\'it\')"', 'it'],
  ['a device', ':', '/dev/null'],
]) {
  out(`${name} is refused at once`, async (judge) => {
    const message = `${file} is not a regular file`;
    const result = await judge.one(shell(make, { copyOut: [file] }));
    check.fields(result, { status: 'File Error', error: message, exitStatus: 0,
      files: { stderr: '', stdout: '' },
      fileError: [{ name: file, type: 'CopyOutOpen', message }] });
  });
}

out('several errors are all told, the first is the error', async (judge) => {
  const result = await judge.one(shell('mkdir d', { copyOut: ['x', 'y'], copyOutCached: ['d'] }));
  check.fields(result, { status: 'File Error' });
  check.equal(result.fileError.map((each) => each.name).sort(), ['d', 'x', 'y']);
  check.equal(result.error, result.fileError[0].message);
});

out('a file error leaves the other files', async (judge) => {
  const result = await judge.one(shell('echo x >a; echo y', { copyOut: ['a', 'none'] }));
  check.fields(result, { status: 'File Error', files: { a: 'x\n', stderr: '', stdout: 'y\n' } });
});

out('copyOutMax is the size that is still allowed', async (judge) => {
  const result = await judge.one(shell('printf 12345 >a', { copyOut: ['a'], copyOutMax: 5 }));
  check.fields(result, { status: 'Accepted' });
  check.equal(result.files.a, '12345');
});

out('above copyOutMax nothing is returned', async (judge) => {
  for (const list of ['copyOut', 'copyOutCached']) {
    const result = await judge.one(shell('printf 123456 >a', { [list]: ['a'], copyOutMax: 5 }));
    check.fields(result, { status: 'File Error', exitStatus: 0, fileIds: undefined,
      files: { stderr: '', stdout: '' } }, list);
    check.fields(result.fileError[0], { name: 'a', type: 'CopyOutSizeExceeded',
      message: result.error });
  }
});

out('copyOutMax is for each file and does not bound collectors', async (judge) => {
  const result = await judge.one(shell('printf 12345 >a; printf 12345 >b; printf 1234567', {
    copyOut: ['a', 'b'], copyOutMax: 5 }));
  check.fields(result, { status: 'Accepted' });
});

out('copyOutTruncate keeps the first bytes and is still a File Error', async (judge) => {
  const result = await judge.one(shell('printf 123456 >a', { copyOut: ['a'], copyOutMax: 5,
    copyOutTruncate: true }));
  check.fields(result, { status: 'File Error', exitStatus: 0 });
  check.equal(result.files.a, '12345');
  check.fields(result.fileError[0], { name: 'a', type: 'CopyOutSizeExceeded' });
});

out('copyOutTruncate keeps the first bytes of a cached file', async (judge) => {
  const result = await judge.one(shell('printf 123456 >a', { copyOutCached: ['a'], copyOutMax: 5,
    copyOutTruncate: true }));
  check.fields(result, { status: 'File Error' });
  check.equal((await judge.get(`/file/${result.fileIds?.a}`)).body.toString(), '12345');
  await judge.delete(`/file/${result.fileIds.a}`);
});

out('copyOutTruncate does nothing to a file within the limit', async (judge) => {
  const result = await judge.one(shell('printf 12345 >a', { copyOut: ['a'], copyOutMax: 5,
    copyOutTruncate: true }));
  check.fields(result, { status: 'Accepted', fileError: undefined });
  check.equal(result.files.a, '12345');
});

smallOut('copyOutMax 0 is copy-out-limit', async (judge) => {
  const fits = await judge.one(shell('head -c 4096 /dev/zero >a', { copyOut: ['a'] }));
  check.fields(fits, { status: 'Accepted' }, '4096 bytes');
  const over = await judge.one(shell('head -c 4097 /dev/zero >a', { copyOut: ['a'] }));
  check.fields(over, { status: 'File Error' }, '4097 bytes');
  const asked = await judge.one(shell('head -c 4097 /dev/zero >a', { copyOut: ['a'],
    copyOutMax: 5000 }));
  check.fields(asked, { status: 'Accepted' }, 'with a copyOutMax above');
});

out('copyOut and copyOutCached of one name come back cached only', async (judge) => {
  const result = await judge.one(shell('echo x >a', { copyOut: ['a'], copyOutCached: ['a'] }));
  check.fields(result, { status: 'Accepted', files: { stderr: '', stdout: '' } });
  check.equal(Object.keys(result.fileIds), ['a']);
  await judge.delete(`/file/${result.fileIds.a}`);
});

out('a file that grows without end is bounded', async (judge) => {
  const files = [{ content: '' }, collector('stdout'), collector('stderr')];
  const result = await judge.one(shell('(while :; do echo x; done) >a & sleep 0.2', { files,
    copyOut: ['a'], copyOutMax: 10 }));
  check.fields(result, { status: 'File Error' });
  check.fields(result.fileError[0], { name: 'a', type: 'CopyOutSizeExceeded' });
});

out('copyOut of a file below a linked directory', async (judge) => {
  const result = await judge.one(shell('mkdir d; echo x >d/f; ln -s d l; ln -s / r', {
    copyOut: ['l/f', 'r/etc/passwd?'] }));
  check.fields(result, { status: 'Accepted' });
  check.equal(result.files['l/f'], 'x\n');
  check.equal(result.files['r/etc/passwd'], undefined, 'a host file');
});
