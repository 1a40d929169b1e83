// Contract 1.3: the routes of the file store.
'use strict';

const check = require('../harness/check');
const { section } = require('../harness/cases');
const { eventually } = require('../harness/host');
const { kJson, multipart } = require('../harness/judge');
const { cat, collector, command, shell } = require('../harness/programs');

const test = section('1.3 files', { profile: 'plain' });

// Uploads, calls use(id), deletes.
async function withFile(judge, name, content, use) {
  const id = await judge.upload(name, content);
  try {
    return await use(id);
  } finally {
    await judge.delete(`/file/${id}`);
  }
}

async function postFile(judge, body, type) {
  const headers = type === undefined ? {} : { 'Content-Type': type };
  return judge.request('POST', '/file', { headers, body });
}

test('POST /file answers an id of 8 characters', async (judge) => {
  const { body, type } = multipart('file', 'a.txt', 'content');
  const reply = await postFile(judge, body, type);
  check.equal(reply.status, 200, 'status code');
  check.equal(reply.headers['content-type'], kJson, 'Content-Type');
  check.match(reply.body.toString(), /^"[A-Z2-7]{8}"$/, 'body');
  await judge.delete(`/file/${JSON.parse(reply.body)}`);
});

test('ids differ', async (judge) => {
  const ids = [];
  for (let i = 0; i < 20; ++i) ids.push(await judge.upload('same', 'same'));
  check.equal(new Set(ids).size, 20, 'different ids');
  for (const id of ids) await judge.delete(`/file/${id}`);
});

for (const [given, name] of [['a.txt', 'a.txt'], ['dir/sub/b.txt', 'b.txt'], ['/etc/passwd',
  'passwd'], ['../../c', 'c'], ['with blank.txt', 'with blank.txt'], ['naïve 漢.txt',
  'naïve 漢.txt']]) {
  test(`the name of ${given} is ${name}`, (judge) =>
    withFile(judge, given, 'x', async (id) => check.equal((await judge.list())[id], name)));
}

test('GET /file is an object from id to name, keys sorted', async (judge) => {
  const ids = [];
  for (const name of ['x', 'y', 'z']) ids.push(await judge.upload(name, name));
  const reply = await judge.get('/file');
  check.equal(reply.headers['content-type'], kJson, 'Content-Type');
  const list = JSON.parse(reply.body);
  check.equal(ids.map((id) => list[id]), ['x', 'y', 'z']);
  check.equal(Object.keys(list), Object.keys(list).sort(), 'order of keys');
  for (const id of ids) await judge.delete(`/file/${id}`);
});

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

test('GET /file/:id answers the bytes, its length and Accept-Ranges', (judge) =>
  withFile(judge, 'b.bin', everyByte, async (id) => {
    const reply = await judge.get(`/file/${id}`);
    check.equal([reply.status, reply.body.equals(everyByte)], [200, true]);
    check.equal(reply.headers['content-length'], '256', 'Content-Length');
    check.equal(reply.headers['accept-ranges'], 'bytes', 'Accept-Ranges');
  }));

test('a file of 5 MiB comes back whole', async (judge) => {
  const content = Buffer.alloc(5 << 20, everyByte);
  await withFile(judge, 'big', content, async (id) => {
    check.holds((await judge.get(`/file/${id}`)).body.equals(content), 'the same bytes', 'others');
  });
});

test('an empty file is one', (judge) => withFile(judge, 'e', '', async (id) => {
  const reply = await judge.get(`/file/${id}`);
  check.equal([reply.status, reply.headers['content-length']], [200, '0']);
}));

test('Last-Modified is the time of the upload', (judge) => withFile(judge, 'a', 'x', async (id) => {
  const text = (await judge.get(`/file/${id}`)).headers['last-modified'];
  check.match(text, /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
  check.holds(Math.abs(Date.now() - Date.parse(text)) < 60000, 'now', text);
}));

for (const [name, type] of Object.entries({
  'a.css': 'text/css; charset=utf-8', 'a.gif': 'image/gif', 'a.htm': 'text/html; charset=utf-8',
  'a.html': 'text/html; charset=utf-8', 'a.jpeg': 'image/jpeg', 'a.jpg': 'image/jpeg',
  'a.js': 'text/javascript; charset=utf-8', 'a.json': 'application/json',
  'a.pdf': 'application/pdf', 'a.png': 'image/png', 'a.svg': 'image/svg+xml',
  'a.txt': 'text/plain; charset=utf-8', 'a.wasm': 'application/wasm', 'a.webp': 'image/webp',
  'A.PNG': 'image/png', 'a.b.html': 'text/html; charset=utf-8',
})) {
  test(`the content type of ${name}`, (judge) => withFile(judge, name, 'plain', async (id) =>
    check.equal((await judge.get(`/file/${id}`)).headers['content-type'], type)));
}

// The one type for which the host's own table of types, where there is one, has another answer.
test('the content type of a.xml', (judge) => withFile(judge, 'a.xml', '<a/>', async (id) =>
  check.match((await judge.get(`/file/${id}`)).headers['content-type'],
    /^(text\/xml; charset=utf-8|application\/xml)$/)));

for (const [name, content, type] of [
  ['text', 'hello\n', 'text/plain; charset=utf-8'],
  ['nothing', '', 'text/plain; charset=utf-8'],
  ['UTF-8 text', 'é漢', 'text/plain; charset=utf-8'],
  ['a page', '<html><body>', 'text/html; charset=utf-8'],
  ['a PNG', '\x89PNG\r\n\x1a\n', 'image/png'],
  ['a PDF', '%PDF-1.4', 'application/pdf'],
  ['a gzip file', '\x1f\x8b\x08', 'application/x-gzip'],
  ['a program', '\x7fELF\x02\x01\x01\0\0', 'application/octet-stream'],
  ['bytes', '\x00\x01\x02', 'application/octet-stream'],
]) {
  const bytes = Buffer.from(content, name === 'UTF-8 text' ? 'utf8' : 'latin1');
  test(`without an extension the content type is sniffed: ${name}`, (judge) =>
    withFile(judge, 'noextension', bytes, async (id) =>
      check.equal((await judge.get(`/file/${id}`)).headers['content-type'], type)));
}

for (const [name, disposition] of [
  ['plain.txt', 'attachment; filename="plain.txt"'],
  ['a b.txt', 'attachment; filename="a b.txt"'],
  ['naïve.txt', "attachment; filename*=UTF-8''na%C3%AFve.txt"],
  ['漢字.cpp', "attachment; filename*=UTF-8''%E6%BC%A2%E5%AD%97.cpp"],
]) {
  test(`Content-Disposition of ${name}`, (judge) => withFile(judge, name, 'x', async (id) =>
    check.equal((await judge.get(`/file/${id}`)).headers['content-disposition'], disposition)));
}

test('a name cannot add a header or leave its quotes', async (judge) => {
  const given = "x'%0d%0aInjected: yes%0d%0a%22; filename=%22y";
  const disposition = `form-data; name="file"; filename*=UTF-8''${given.slice(2)}`;
  const body = `--b\r\nContent-Disposition: ${disposition}\r\n\r\nx\r\n--b--\r\n`;
  const reply = await postFile(judge, body, 'multipart/form-data; boundary=b');
  check.holds([200, 400].includes(reply.status), 'an answer', reply.status);
  if (reply.status !== 200) return;
  const id = JSON.parse(reply.body);
  const got = await judge.get(`/file/${id}`);
  check.equal(got.headers.injected, undefined, 'injected header');
  check.equal((await judge.list())[id] !== undefined, true, 'it is listed');
  await judge.delete(`/file/${id}`);
});

for (const [range, part, from] of [
  ['bytes=2-4', 'cde', 'bytes 2-4/10'], ['bytes=0-0', 'a', 'bytes 0-0/10'],
  ['bytes=-3', 'hij', 'bytes 7-9/10'], ['bytes=7-', 'hij', 'bytes 7-9/10'],
  ['bytes=5-100', 'fghij', 'bytes 5-9/10'], ['bytes=-100', 'abcdefghij', 'bytes 0-9/10'],
]) {
  test(`Range: ${range}`, (judge) => withFile(judge, 'a.txt', 'abcdefghij', async (id) => {
    const reply = await judge.get(`/file/${id}`, { Range: range });
    check.equal([reply.status, reply.body.toString()], [206, part]);
    check.equal(reply.headers['content-range'], from, 'Content-Range');
    check.equal(reply.headers['content-length'], String(part.length), 'Content-Length');
  }));
}

test('a range behind the end is 416', (judge) =>
  withFile(judge, 'a.txt', 'abcdefghij', async (id) => {
    const reply = await judge.get(`/file/${id}`, { Range: 'bytes=10-12' });
    check.equal([reply.status, reply.headers['content-range']], [416, 'bytes */10']);
  }));

test('several ranges come as multipart/byteranges', (judge) =>
  withFile(judge, 'a.txt', 'abcdefghij', async (id) => {
    const reply = await judge.get(`/file/${id}`, { Range: 'bytes=0-1,8-9' });
    check.equal(reply.status, 206, 'status code');
    check.match(reply.headers['content-type'], /^multipart\/byteranges; boundary=/, 'type');
    check.match(reply.body.toString(), /bytes 0-1\/10\r\n[^]*\r\n\r\nab\r\n[^]*\r\n\r\nij\r\n--/);
  }));

for (const path of ['/file/AAAAAAAA', '/file/..%2f..%2fetc%2fpasswd', '/file/%2e%2e', '/file/..',
  '/file/.', '/file/%2fetc%2fpasswd', '/file/a%00b', '/file/aaaaaaaa', `/file/${'A'.repeat(4000)}`,
]) {
  test(`${path.slice(0, 40)} is not found`, async (judge) => {
    for (const method of ['GET', 'DELETE']) {
      const reply = await judge.request(method, path);
      check.equal(reply.status, 404, `${method}, status code`);
    }
  });
}

test('an unknown id has an empty body', async (judge) => {
  for (const method of ['GET', 'DELETE']) {
    const reply = await judge.request(method, '/file/AAAAAAAA');
    check.equal([reply.status, reply.body.length], [404, 0], method);
  }
});

test('DELETE answers 200 with an empty body, once', async (judge) => {
  const id = await judge.upload('a', 'x');
  const first = await judge.delete(`/file/${id}`);
  check.equal([first.status, first.body.length], [200, 0], 'the first');
  const second = await judge.delete(`/file/${id}`);
  check.equal([second.status, second.body.length], [404, 0], 'the second');
  check.equal((await judge.get(`/file/${id}`)).status, 404, 'GET');
  check.equal((await judge.list())[id], undefined, 'listed');
});

for (const [name, body, type] of [
  ['another field', multipart('other', 'a.txt', 'x').body, multipart('', '', '').type],
  ['a field without a filename', multipart('file', undefined, 'x').body,
    multipart('', '', '').type],
  ['no multipart', 'content', 'application/octet-stream'],
  ['no content type', 'content', undefined],
  ['JSON', '{}', 'application/json'],
  ['no boundary', 'content', 'multipart/form-data'],
  ['an empty body', '', multipart('', '', '').type],
  ['a body cut off', multipart('file', 'a', 'xyz').body.subarray(0, 120),
    multipart('', '', '').type],
]) {
  test(`POST /file with ${name} is 400 with an empty body`, async (judge) => {
    const before = Object.keys(await judge.list());
    const reply = await postFile(judge, body, type);
    check.equal([reply.status, reply.body.length], [400, 0]);
    check.equal(Object.keys(await judge.list()).filter((id) => !before.includes(id)), [],
      'new files');
  });
}

test('fields before the file are passed over', async (judge) => {
  const part = (name, more, text) =>
    `--b\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${text}\r\n`;
  const body = `${part('note', '', 'x')}${part('other', '; filename="o"', 'O')}` +
    `${part('file', '; filename="f"', 'F')}--b--\r\n`;
  const reply = await postFile(judge, body, 'multipart/form-data; boundary=b');
  check.equal(reply.status, 200, 'status code');
  const id = JSON.parse(reply.body);
  check.equal((await judge.get(`/file/${id}`)).body.toString(), 'F');
  await judge.delete(`/file/${id}`);
});

test('a quoted boundary and a preamble are read', async (judge) => {
  const body = 'preamble\r\n--a b\r\nContent-Disposition: form-data; name="file"; ' +
    'filename="f"\r\n\r\nline\r\n--a bc\r\n\r\n--a b--\r\nepilogue';
  const reply = await postFile(judge, body, 'multipart/form-data; boundary="a b"');
  check.equal(reply.status, 200, 'status code');
  const id = JSON.parse(reply.body);
  check.equal((await judge.get(`/file/${id}`)).body.toString(), 'line\r\n--a bc\r\n');
  await judge.delete(`/file/${id}`);
});

test('an uploaded file is stdin and copyIn of a run', (judge) =>
  withFile(judge, 'f', everyByte, async (fileId) => {
    const cmd = command(['/usr/bin/cmp', '-', 'copy'], { copyIn: { copy: { fileId } },
      files: [{ fileId }, collector('stdout'), collector('stderr')] });
    check.fields(await judge.one(cmd), { status: 'Accepted' });
  }));

test('a program cannot write to the file it got as stdin', (judge) =>
  withFile(judge, 'f', 'original', async (fileId) => {
    const script = 'echo x >&0; echo x >/proc/self/fd/0; exit 0';
    await judge.one(shell(script, {
      files: [{ fileId }, collector('stdout'), collector('stderr')] }));
    check.equal((await judge.get(`/file/${fileId}`)).body.toString(), 'original');
  }));

test('copyOutCached files are listed, served and deleted', async (judge) => {
  const result = await judge.one(shell('printf "\\377\\000binary" >out', {
    copyOutCached: ['out', 'stdout'] }));
  check.fields(result, { status: 'Accepted' });
  check.equal(Object.keys(result.fileIds), ['out', 'stdout'], 'fileIds');
  const id = result.fileIds.out;
  check.match(id, /^[A-Z2-7]{8}$/, 'id');
  check.equal((await judge.list())[id], 'out', 'name');
  check.equal((await judge.get(`/file/${id}`)).body.toString('latin1'), '\xff\0binary');
  check.equal((await judge.one(cat('', {
    files: [{ fileId: result.fileIds.stdout }, collector('stdout')] }))).status, 'Accepted');
  for (const each of Object.values(result.fileIds)) {
    check.equal((await judge.delete(`/file/${each}`)).status, 200, 'DELETE');
  }
});

test('what is not cached leaves nothing in the store', async (judge) => {
  const before = Object.keys(await judge.list());
  await judge.one(shell('echo x >a; echo y', { copyOut: ['a'],
    files: [{ content: 'c' }, { name: 'p', max: 100, pipe: true }, collector('stderr')] }));
  const added = async () => Object.keys(await judge.list()).filter((id) => !before.includes(id));
  await eventually(async () => (await added()).length === 0);
  check.equal(await added(), [], 'new files');
});

test('a download goes on when its file is deleted', async (judge) => {
  const content = Buffer.alloc(8 << 20, everyByte);
  const id = await judge.upload('big', content);
  const connection = judge.connect();
  connection.send(`GET /file/${id} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await connection.changed();
  connection.socket.pause();
  check.equal((await judge.delete(`/file/${id}`)).status, 200, 'DELETE');
  connection.socket.resume();
  check.holds((await connection.reply()).body.equals(content), 'all its bytes', 'others');
  connection.destroy();
});
